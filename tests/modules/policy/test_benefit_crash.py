"""The payment server dies between any two statements while six clients send at least once."""

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
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.crash_site import environment
from tests.conformance.postgres import running
from tests.nightly import NIGHTLY

pytestmark = pytest.mark.slow
HERE = Path(__file__).resolve()
ROOT = HERE.parents[3]
SCRIPT = HERE.with_name("crash_pay.py")
CLIENTS, PER_BATCH, AMOUNT = 6, 2, 12_345
PATIENCE = 120.0


def run(word: str, given: dict[str, str], *more: str) -> Any:
    """Run the script for one answer."""
    done = subprocess.run([sys.executable, str(SCRIPT), word, *more], cwd=ROOT, env=given,
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@dataclass
class Storm:
    """Six clients, each with its own batches; each sends a request until it is answered."""

    path: str
    batches: list[str]
    lost: int = 0
    answers: Counter[str] = field(default_factory=Counter[str])
    exported: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    settled: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    unexpected: list[str] = field(default_factory=list[str])

    def start(self) -> list[threading.Thread]:
        """Let every client begin."""
        threads = [
            threading.Thread(target=self._client, args=(n,), daemon=True) for n in range(CLIENTS)
        ]
        for one in threads:
            one.start()
        return threads

    def _client(self, number: int) -> None:
        for batch in self.batches[number::CLIENTS]:
            self._until({"verb": "approve", "who": "approver", "batch": batch})
            made = self._until(
                {"verb": "export", "who": "payer", "batch": batch, "key": f"pay-{batch}"}
            )
            self.exported[batch] = made
            self.settled[batch] = self._until({"verb": "answer", "who": "payer", "batch": batch,
                                               "file": made["file"], "key": f"answer-{batch}"})  # fmt: skip

    def _until(self, asked: dict[str, Any]) -> dict[str, Any]:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                answer = self._ask(asked)
            except (OSError, ValueError):
                self.lost += 1
                time.sleep(0.02)
                continue
            self.answers[str(asked["verb"])] += 1
            # Approved by an earlier sending whose answer was lost: there is nothing left to approve.
            if answer.get("refused") == "E-POLICY-NOTHING" and asked["verb"] == "approve":
                return {}
            if "result" not in answer:
                self.unexpected.append(f"{asked} {answer}")
                return {}
            return answer["result"]
        self.unexpected.append(f"{asked} was never answered")
        return {}

    def _ask(self, asked: dict[str, Any]) -> dict[str, Any]:
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(30)
            link.connect(self.path)
            link.sendall(json.dumps(asked).encode() + b"\n")
            with link.makefile() as lines:
                return json.loads(lines.readline())


@contextmanager
def keeper(path: str, given: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """The process that forks the servers."""
    with subprocess.Popen([sys.executable, str(SCRIPT), "serve", path], cwd=ROOT, env=given, text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # fmt: skip
        yield process
        assert process.stdin
        process.stdin.close()


def storm(
    folder: Path, given: dict[str, str], *, kills: int, count: int, most: int
) -> tuple[Storm, Any, int]:
    """Let servers die after a random number of statements until ``kills`` have; then let one live."""
    batches = run("prepare", given, str(count))
    path, dice, died = str(folder / "pay.sock"), random.Random(5), 0
    found = Storm(path, batches)
    with keeper(path, given) as process:
        assert process.stdin
        assert process.stdout
        threads: list[threading.Thread] = []
        while died < kills:
            process.stdin.write(f"{dice.randint(1, most)}\n")
            process.stdin.flush()
            int(process.stdout.readline())
            threads = threads or found.start()
            assert process.stdout.readline() == "gone\n"
            died += 1
            if not any(one.is_alive() for one in threads):
                break
        process.stdin.write("0\n")
        process.stdin.flush()
        last = int(process.stdout.readline())
        for one in threads:
            one.join(PATIENCE)
        with suppress(ProcessLookupError):
            os.kill(last, signal.SIGKILL)
        process.stdout.readline()
    return found, run("census", given), died


def check(found: Storm, there: Any, died: int, *, kills: int, count: int) -> None:
    """What has to hold: nothing lost, nothing twice, every fen accounted for."""
    sys.stdout.write(
        f"\nkills {died} · answered {dict(found.answers)} · lost answers {found.lost} · "
        f"paid cases {len(there['paid'])} · "
        f"retries that would have paid twice {there['repeated']} · transfers {there['transfers']} · sum of legs "
        f"{there['legs']} · log {there['log_entries']} entries, broken {there['log_broken']}\n"
    )
    assert found.unexpected == []
    assert died == kills, "the clients were done before the servers had died: prepare more batches"
    assert (there["legs"], there["breaks"], there["log_broken"]) == (0, [], 0)
    assert set(there["paid"].values()) == {1}
    assert set(there["payments"].values()) == {1}
    assert len(there["paid"]) == count * PER_BATCH
    assert there["states"] == {"paid": count * PER_BATCH}
    assert there["files"] == {batch: made["digest"] for batch, made in found.exported.items()}
    assert all(one["counts"] == {"matched": PER_BATCH} for one in found.settled.values())
    total = count * PER_BATCH * AMOUNT
    assert there["balance"] == {
        "treasury": -total,
        "available": 0,
        "reserved": 0,
        "transit": 0,
        "paid": total,
    }


def test_no_kill_loses_or_doubles_a_payment(tmp_path: Path) -> None:
    kills, count = (60, 96) if NIGHTLY else (12, 18)
    given = environment(tmp_path / "var")
    check(*storm(tmp_path, given, kills=kills, count=count, most=260), kills=kills, count=count)


@pytest.mark.skipif(not NIGHTLY, reason="on PostgreSQL every night")
def test_no_kill_loses_or_doubles_a_payment_on_postgresql(tmp_path: Path) -> None:
    with running() as base:
        given = environment(tmp_path / "var", JIQUN_DATABASE_URL=base.url)
        check(*storm(tmp_path, given, kills=60, count=96, most=260), kills=60, count=96)
