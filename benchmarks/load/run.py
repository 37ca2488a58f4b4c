"""A county's burst and its rush, against the server as it is deployed, on both databases.

``python -m benchmarks.load.run`` makes a demo county in a temporary folder, starts granian (WSGI)
on the loopback address and a generator in a second process, and prints a table for the read-me.
``--find`` looks for the highest rate without errors and with p99 below two seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from tests.conformance.postgres import running

ROOT = Path(__file__).resolve().parents[2]
TICKS = os.sysconf("SC_CLK_TCK")
BURST = {"read": 26.0, "write": 3.0}
RUSH = {"read": 830.0 - 170.0, "write": 170.0}
MOST_P99 = 2_000.0


@contextmanager
def served(
    environment: dict[str, str], workers: int
) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Run the server as the deploy guide does; yield its port and process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    process = subprocess.Popen(
        [str(Path(sys.executable).parent / "granian"), "--interface", "wsgi", "--host", "127.0.0.1",
         "--port", str(port), "--workers", str(workers), "--blocking-threads", "2", "--no-ws", "--backlog", "2048",
         "--log-level", "warning", "config.wsgi:application"],
        cwd=ROOT, env=environment,
    )  # fmt: skip
    try:
        for _ in range(600):
            time.sleep(0.1)
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5).close()
                break
            except OSError:
                continue
        yield port, process
    finally:
        process.terminate()
        process.wait()


def cpu_of(root: int) -> float:
    """CPU seconds of a process and all below it, those that have ended and were reaped included."""
    parents: dict[int, int] = {}
    used: dict[int, float] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        pid = int(path.parent.name)
        parents[pid] = int(fields[1])
        used[pid] = sum(map(int, fields[11:15])) / TICKS
    total, below = 0.0, {root}
    while below:
        total += sum(used.get(pid, 0.0) for pid in below)
        below = {pid for pid, parent in parents.items() if parent in below}
    return total


def percentile(times: list[float], share: float) -> float:
    """Nearest-rank percentile in milliseconds."""
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def measure(plan: dict[str, Any], processes: list[int]) -> dict[str, Any]:
    """Send one plan and return the figures of reads and writes together with the CPU of the server."""
    before = sum(map(cpu_of, processes))
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("generator.py"))],
        input=json.dumps(plan), capture_output=True, text=True, check=True,
    )  # fmt: skip
    used = sum(map(cpu_of, processes)) - before
    told = json.loads(done.stdout)
    found: dict[str, Any] = {"seconds": told["seconds"], "late": told["latest_start_ms"]}
    total = sum(len(one["times"]) for one in told["kinds"].values())
    found |= {"cpu": used / total * 1000, "own": told["own_cpu_s"], "rate": total / told["seconds"]}
    for kind in ("read", "write"):
        mine = {name: one for name, one in told["kinds"].items() if name.startswith(kind)}
        times = [each for one in mine.values() for each in one["times"]]
        statuses: Counter[str] = sum((Counter(one["statuses"]) for one in mine.values()), Counter())
        bad = {name: count for name, count in statuses.items() if name not in {"200", "302"}}
        found[kind] = {"count": len(times), "errors": bad, "p50": percentile(times, 0.5),
                       "p95": percentile(times, 0.95), "p99": percentile(times, 0.99)}  # fmt: skip
    found["pages"] = {name: [round(percentile(one["times"], q)) for q in (0.5, 0.95, 0.99)]
                      for name, one in sorted(told["kinds"].items())}  # fmt: skip
    return found


def row(name: str, database: str, plan: dict[str, Any], found: dict[str, Any]) -> str:
    """One line of the read-me's table."""
    parts = [
        name,
        database,
        f"{plan['rates']['read']:.0f} + {plan['rates']['write']:.0f}",
        f"{found['rate']:.0f}",
    ]
    for kind in ("read", "write"):
        one = found[kind]
        parts.append(f"{one['p50']:.0f} / {one['p95']:.0f} / {one['p99']:.0f}")
    errors = found["read"]["errors"] | found["write"]["errors"]
    parts += [str(errors or 0), f"{found['cpu']:.1f}"]
    return "| " + " | ".join(parts) + " |"


def county(folder: Path, firms: int) -> None:
    """Make the demo county's store once for both databases."""
    environment = {**os.environ, "JIQUN_VAR": str(folder)}
    for words in (
        ["demo", str(folder / "county"), "--firms", str(firms)],
        ["load", str(folder / "county")],
        ["run"],
    ):
        subprocess.run([sys.executable, "-m", "jiqun.cli", *words], cwd=ROOT, env=environment, check=True,
                       stdout=subprocess.DEVNULL)  # fmt: skip


def bench(database: str, folder: Path, arguments: argparse.Namespace) -> None:
    """Run all loads against one database."""
    var = folder / database
    shutil.copytree(folder / "county-var" / "store", var / "store")
    # The server's own defaults keep every commit; only the tests' cluster does without fsync.
    with running() if database == "postgresql" else nullcontext() as server:
        environment = {
            **os.environ,
            "JIQUN_VAR": str(var),
            "JIQUN_MFA": "off",
            "JIQUN_DATABASE_URL": server.url if server else "",
        }
        made = subprocess.run([sys.executable, "-m", "benchmarks.load.prepare"], cwd=ROOT, env=environment, check=True,
                              capture_output=True, text=True)  # fmt: skip
        base = json.loads(made.stdout)
        with served(environment, arguments.workers) as (port, process):
            processes = [process.pid, *([server.pid] if server else [])]

            def load(name: str, rates: dict[str, float], seconds: float) -> dict[str, Any]:
                plan = {**base, "host": "127.0.0.1", "port": port, "rates": rates, "seconds": seconds,
                        "connections": arguments.connections}  # fmt: skip
                found = measure(plan, processes)
                if name:
                    print(row(name, database, plan, found), flush=True)
                    print(
                        "  ",
                        json.dumps(found["pages"]),
                        f"generator {found['own']:.0f} s CPU",
                        file=sys.stderr,
                        flush=True,
                    )
                return found

            load("", {"read": 10.0, "write": 2.0}, 5)  # warm: imports, caches, connections
            load("burst", BURST, arguments.burst)
            if arguments.find:
                highest(load)
            load("rush", RUSH, arguments.rush)


def highest(load: Any) -> None:
    """Print the highest rate with the rush's mix that has no error and p99 below two seconds."""
    low, high = 0.0, 1.0
    for _ in range(5):
        share = (low + high) / 2
        found = load("", {kind: rate * share for kind, rate in RUSH.items()}, 15)
        good = not found["read"]["errors"] and not found["write"]["errors"]
        good = good and max(found["read"]["p99"], found["write"]["p99"]) < MOST_P99
        low, high = (share, high) if good else (low, share)
    if low:
        load("highest", {kind: rate * low for kind, rate in RUSH.items()}, 30)


def main() -> None:
    """Read the arguments and run."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--databases", default="sqlite,postgresql")
    reader.add_argument("--burst", type=float, default=180, help="seconds of the burst")
    reader.add_argument("--rush", type=float, default=60, help="seconds of the rush")
    reader.add_argument("--workers", type=int, default=4)
    reader.add_argument("--connections", type=int, default=128)
    reader.add_argument("--firms", type=int, default=3000)
    reader.add_argument("--folder", type=Path, default=None, help="a disk to measure on")
    reader.add_argument("--find", action="store_true")
    arguments = reader.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        folder = Path(name)
        folder.chmod(0o755)
        county(folder / "county-var", arguments.firms)
        print("| load | database | due/s: reads + writes | answered/s | reads p50/p95/p99 ms "
              "| writes p50/p95/p99 ms | errors | CPU ms per request |")  # fmt: skip
        print("|---" * 8 + "|")
        for database in arguments.databases.split(","):
            bench(database, folder, arguments)


if __name__ == "__main__":
    main()
