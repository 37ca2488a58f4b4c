"""One installation in a folder of its own, its server, and the hand that kills it."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.conformance.crash_clients import Client, Sender

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PATIENCE = 60.0
People = list[dict[str, str]]


def environment(folder: Path, **more: str) -> dict[str, str]:
    """The settings of an installation in ``folder``."""
    plain = {key: value for key, value in os.environ.items() if not key.startswith("JIQUN_")}
    return plain | {
        "JIQUN_VAR": str(folder), "JIQUN_RATE_LIMITS": "off", "JIQUN_MFA": "off", "PYTHONPATH": str(ROOT),
        "JIQUN_LOG_LEVEL": "CRITICAL", "OPENBLAS_NUM_THREADS": "1", "DJANGO_SETTINGS_MODULE": "config.settings",
    } | more  # fmt: skip


def setup(word: str, given: dict[str, str]) -> Any:
    """Run ``crash_setup.py`` and return what it says."""
    done = subprocess.run([sys.executable, str(HERE / "crash_setup.py"), word], cwd=ROOT, env=given,
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def members(group: int) -> list[int]:
    """Processes of a group that still run, the leader first; a zombie runs no more."""
    found: list[int] = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, own = path.read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(own) == group and state not in "ZX":
            found.append(int(path.parent.name))
    return sorted(found, key=lambda one: (one != group, one))


@dataclass
class Site:
    """The server of one installation. Use it as a context; it ends with everything it started."""

    given: dict[str, str]
    application: str = "config.wsgi:application"
    group: int = 0
    kills: dict[str, int] = field(default_factory=lambda: {"group": 0, "worker": 0, "starting": 0})

    def __enter__(self) -> Site:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.log = Path(self.given["JIQUN_VAR"]).parent / f"server-{self.port}.log"
        self.keeper = subprocess.Popen(
            [sys.executable, str(HERE / "crash_keeper.py"), str(self.port), self.application],
            env=self.given, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=self.log.open("ab"), text=True, bufsize=1,
        )  # fmt: skip
        return self

    def __exit__(self, *_: object) -> None:
        self.end()
        assert self.keeper.stdin
        self.keeper.stdin.close()
        self.keeper.wait(PATIENCE)
        if self.keeper.stdout:
            self.keeper.stdout.close()

    def start(self, *, wait: bool = True) -> None:
        """Start a server, and wait until it answers."""
        assert self.keeper.stdin
        assert self.keeper.stdout
        self.keeper.stdin.write("start\n")
        self.group = int(self.keeper.stdout.readline())
        if wait:
            assert self.answers(), self.log.read_text()[-2000:]

    def answers(self) -> bool:
        """Wait until the server answers; False when it has ended."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=5):
                    return True
            except OSError:
                if not members(self.group):
                    return False
                time.sleep(0.03)
        raise TimeoutError("the server neither answers nor ends")

    def census(self) -> dict[str, Any]:
        """Count what the clients may have written; the server has to be dead."""
        assert self.keeper.stdin
        assert self.keeper.stdout
        path = self.log.with_suffix(".json")
        self.keeper.stdin.write(f"census {path}\n")
        assert self.keeper.stdout.readline() == "counted\n", self.log.read_text()[-2000:]
        return json.loads(path.read_text("utf-8"))

    def end(self) -> None:
        """Kill what is left of the server."""
        if self.group and members(self.group):
            self._kill(self.group)

    def _kill(self, group: int) -> None:
        os.killpg(group, signal.SIGKILL)
        while members(group):
            time.sleep(0.005)

    def kill(self, kind: str) -> None:
        """Kill the whole group, or the worker alone, whom its parent replaces if it can."""
        worker = members(self.group)[1:]
        if kind == "worker" and worker:
            os.kill(worker[0], signal.SIGKILL)
            self.kills["worker"] += 1
            if self.answers():
                return
        else:
            self.kills[kind] += 1
        self.end()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the clients know and what is there."""

    clients: list[Client]
    there: dict[str, Any]
    kills: dict[str, int]
    seconds: float

    @property
    def acknowledged(self) -> dict[str, list[str]]:
        """Names of the writes that the server has acknowledged."""
        return {
            kind: [name for one in self.clients for name in getattr(one, kind)]
            for kind in ("imports", "views")
        }

    @property
    def lost(self) -> list[str]:
        """Acknowledged writes that are not whole in the database and the store."""
        told, there = self.acknowledged, self.there
        written = {one["file_name"]: one for one in there["imports"] if one["state"] == "applied"}
        gone = [name for name in told["views"] if name not in there["views"]]
        for name in told["imports"]:
            rows = [f"{name}-{number}" in there["facts"] for number in (0, 1)]
            one = written.get(f"{name}.csv")
            if one is None or not all(rows) or f"import:{one['key']}" not in there["applied"]:
                gone.append(name)
        return gone

    @property
    def doubled(self) -> list[str]:
        """What is there more than once: imports of one file, facts, views, entries of applying."""
        files: dict[str, int] = {}
        for one in self.there["imports"]:
            files[one["file_name"]] = files.get(one["file_name"], 0) + 1
        counted = {**files, **self.there["facts"], **self.there["views"], **self.there["applied"]}
        return [name for name, times in counted.items() if times > 1]

    def line(self) -> str:
        """The figures in one line."""
        told = self.acknowledged
        seen = sum((one.seen for one in self.clients), Counter[str]())
        return (
            f"kills {sum(self.kills.values())} {self.kills} · acknowledged {len(told['imports'])} imports + "
            f"{len(told['views'])} views · lost {len(self.lost)} · doubled {len(self.doubled)} · "
            f"retries that would have doubled {self.there['repeated']} · log entries "
            f"{self.there['log']['entries']}, breaks {self.there['log']['broken']} · "
            f"{self.seconds:.0f} s · {dict(seen)}"
        )  # fmt: skip


def _until_answered(clients: list[Client]) -> None:
    """Wait until this server has answered a write, so that a slow machine does not kill idle ones."""
    before, end = _answers(clients), time.monotonic() + PATIENCE
    while _answers(clients) == before and time.monotonic() < end:
        time.sleep(0.02)


def _answers(clients: list[Client]) -> int:
    return sum(one.seen.total() - one.seen["away"] for one in clients)


def storm(
    site: Site,
    people: People,
    kills: int,
    *,
    keys: bool = True,
    least: int = 0,
    also: Callable[[], None] | None = None,
) -> Outcome:
    """Let six clients write while the server is killed ``kills`` times, then count.

    A slow machine acknowledges less between two kills: it is killed on, up to twice as often, until
    ``least`` imports have been acknowledged.
    ``also`` is called before every second kill; it may kill something else.
    """
    begun, dice, stop = time.monotonic(), random.Random(1), threading.Event()
    site.start()
    clients = [
        Client(Sender(site.port, one), number, stop, keys) for number, one in enumerate(people)
    ]
    for one in clients:
        one.start()
    for turn in range(2 * kills):
        if turn >= kills and sum(len(one.imports) for one in clients) >= least:
            break
        starting = not members(site.group)
        if starting:
            site.start(wait=turn % 10 != 9)
        if turn % 10 != 9:
            _until_answered(clients)
        time.sleep(dice.uniform(0.05, 0.6))
        if also is not None and turn % 2:
            also()
            time.sleep(dice.uniform(0.15, 0.8))
        kind = "worker" if turn % 5 == 2 else "starting" if starting and turn % 10 == 9 else "group"
        site.kill(kind)
    if not members(site.group):
        site.start()
    stop.set()
    for one in clients:
        one.join(PATIENCE * 2)
    site.end()
    return Outcome(clients, site.census(), site.kills, time.monotonic() - begun)
