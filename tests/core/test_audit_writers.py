"""Many writers at once, closing a day among them, and a verification shared by processes."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection, connections

from jiqun.core.access import Viewer
from jiqun.core.audit import append, record
from jiqun.core.audit.roots import close_days
from jiqun.core.audit.verify import Report, verify_log
from jiqun.core.models.audit import AuditEntry

Run = Callable[..., list[object]]


def _apart(works: list[Callable[[], object]]) -> list[object]:
    """Run each piece of work in a thread with a connection of its own; an error is its result."""
    results: list[object] = [None] * len(works)

    def one(number: int) -> None:
        try:
            results[number] = works[number]()
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            results[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one, args=(number,)) for number in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def _make_tables() -> None:
    with connection.schema_editor() as editor:
        for model in apps.get_models():
            if model._meta.app_label in {"auth", "contenttypes", "core"} and not model._meta.proxy:
                editor.create_model(model)


@pytest.fixture
def run(transactional_db: None, tmp_path: Path) -> Iterator[Run]:
    """Run work in threads. On SQLite over a file as in production: the tests' own lies in memory."""
    if connection.vendor != "sqlite":
        yield _apart
        return
    entry = connections.settings["default"]
    name, entry["NAME"] = entry["NAME"], str(tmp_path / "log.sqlite3")
    assert entry["OPTIONS"] == settings.DATABASES["default"]["OPTIONS"]
    try:
        assert _apart([_make_tables]) == [None]
        yield _apart
    finally:
        entry["NAME"] = name


def _write(number: int, times: int = 12) -> int:
    for step in range(times):
        record(Viewer(name=f"w{number}"), "x.y", target=f"a:{step % 2}")
        record(Viewer(name=f"w{number}"), "x.y", target=f"own:{number}")
    return number


def _report(outcome: object) -> Report:
    assert isinstance(outcome, Report), outcome
    return outcome


def test_many_writers_at_once_lose_nothing_and_break_no_chain(run: Run) -> None:
    assert run([lambda number=number: _write(number) for number in range(4)]) == [0, 1, 2, 3]
    report = _report(run([verify_log])[0])
    assert (report.broken, report.entries, report.chains) == (0, 96, 6)


def test_a_verification_shared_by_processes_finds_the_same(run: Run) -> None:
    assert "fork" in multiprocessing.get_all_start_methods()
    run([lambda: [_write(number) for number in range(3)]])
    alone, shared = (_report(run([lambda jobs=jobs: verify_log(jobs=jobs)])[0]) for jobs in (1, 2))
    assert (shared.entries, shared.chains, shared.ok) == (72, 5, True)
    run([lambda: AuditEntry.objects.filter(target="own:2").update(reason="x")])
    alone, shared = (_report(run([lambda jobs=jobs: verify_log(jobs=jobs)])[0]) for jobs in (1, 2))
    assert alone.broken == shared.broken == 12
    assert {one.where for one in alone.breaks} == {one.where for one in shared.breaks}


def test_no_entry_slips_into_a_day_that_is_being_closed(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock passes midnight while four write and one closes; every entry is under its root."""
    midnight = (
        int(datetime(2026, 3, 1, 16, tzinfo=UTC).timestamp()) * 1_000_000
    )  # 24:00 in Shanghai
    ticks = iter(range(midnight - 60_000, midnight + 10**9, 1000))
    lock = threading.Lock()

    def clock() -> int:
        with lock:
            return next(ticks)

    monkeypatch.setattr(append, "now_micros", clock)
    monkeypatch.setattr("jiqun.core.audit.roots.now_micros", clock)

    def close() -> int:
        return sum(len(close_days()) for _ in range(40))

    works: list[Callable[[], object]] = [
        lambda number=number: _write(number) for number in range(4)
    ]
    outcome = run([*works, close, close])
    assert outcome[:4] == [0, 1, 2, 3]
    assert set(map(type, [*outcome[4:], *run([close])])) == {int}, outcome
    report = _report(run([verify_log])[0])
    assert report.ok, report.breaks
    assert report.last_closed == date(2026, 3, 1)
    assert report.entries == 97, "96 that were written, and one closing"
    assert report.entries - report.open_entries > 0
