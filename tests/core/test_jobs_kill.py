"""Workers that are killed, stopped and raced: a job is tried again, and never runs twice at once."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("worker_process.py")
ROOT = SCRIPT.parents[2]
PATIENCE = 60.0
pytestmark = pytest.mark.slow
Workers = list[subprocess.Popen[bytes]]


class Machine:
    """One installation's folder, and the workers that were started on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.workers: Workers = []
        self.environment = {
            **os.environ, "JIQUN_VAR": str(folder), "JIQUN_DATABASE_URL": "", "PYTHONPATH": str(ROOT),
        }  # fmt: skip

    def prepare(self, jobs: int, seconds: float) -> None:
        command = [sys.executable, str(SCRIPT), "prepare", str(jobs), str(seconds)]
        subprocess.run(command, env=self.environment, cwd=ROOT, check=True)

    def work(self) -> subprocess.Popen[bytes]:
        worker = subprocess.Popen(
            [sys.executable, str(SCRIPT), "work"], env=self.environment, cwd=ROOT
        )
        self.workers.append(worker)
        return worker

    def jobs(self) -> list[tuple[str, int, str | None]]:
        """State, attempts and error of every job."""
        with closing(sqlite3.connect(self.folder / "jiqun.sqlite3", timeout=20)) as base:
            return base.execute(
                "SELECT state, attempts, error FROM core_job ORDER BY id"
            ).fetchall()

    def log(self) -> list[tuple[str, int, float]]:
        """What the job wrote: word, process, moment."""
        path = self.folder / "log.txt"
        lines = path.read_text().splitlines() if path.exists() else []
        return [(word, int(process), float(at)) for word, process, at in map(str.split, lines)]

    def until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, (self.jobs(), self.log())
            time.sleep(0.05)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    made = Machine(tmp_path)
    yield made
    for worker in made.workers:
        if worker.poll() is None:
            worker.send_signal(signal.SIGCONT)
            worker.kill()
        worker.wait()


def test_a_killed_worker_s_job_is_done_by_another(machine: Machine) -> None:
    machine.prepare(1, 1.5)
    first = machine.work()
    machine.until(lambda: len(machine.log()) == 1)
    first.kill()
    second = machine.work()
    machine.until(lambda: machine.jobs()[0][0] == "done")
    assert machine.jobs() == [("done", 2, None)]
    assert [(word, process) for word, process, _ in machine.log()] == [
        ("begin", first.pid), ("begin", second.pid), ("end", second.pid),
    ]  # fmt: skip


def test_a_job_that_kills_every_worker_fails_with_its_reason(machine: Machine) -> None:
    machine.prepare(1, 30)
    for number in (1, 2):
        worker = machine.work()
        machine.until(lambda number=number: len(machine.log()) == number)
        worker.kill()
        worker.wait()
    machine.work()
    machine.until(lambda: machine.jobs()[0][0] == "failed")
    assert "E-JOB-LOST" in str(machine.jobs()[0][2])
    assert len(machine.log()) == 2


def test_a_stopped_worker_keeps_its_job(machine: Machine) -> None:
    """Stopped by the system, a process is silent but alive: nobody may start its job again."""
    machine.prepare(1, 1.5)
    first = machine.work()
    machine.until(lambda: len(machine.log()) == 1)
    first.send_signal(signal.SIGSTOP)
    machine.work()
    time.sleep(4)
    assert [state for state, *_ in machine.jobs()] == ["running"]
    assert len(machine.log()) == 1
    first.send_signal(signal.SIGCONT)
    machine.until(lambda: machine.jobs()[0][0] == "done")
    assert {process for _, process, _ in machine.log()} == {first.pid}


def test_two_workers_share_the_queue_and_do_nothing_twice(machine: Machine) -> None:
    machine.prepare(12, 0.1)
    machine.work()
    machine.work()
    machine.until(lambda: all(state == "done" for state, *_ in machine.jobs()))
    assert [attempts for _, attempts, _ in machine.jobs()] == [1] * 12
    assert [word for word, *_ in machine.log()].count("begin") == 12


def test_a_worker_that_is_told_to_end_gives_its_job_back(machine: Machine) -> None:
    machine.prepare(1, 30)
    worker = machine.work()
    machine.until(lambda: len(machine.log()) == 1)
    worker.terminate()
    assert worker.wait(PATIENCE) == 0
    assert machine.jobs() == [("waiting", 0, None)]
