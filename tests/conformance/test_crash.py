"""The server is killed again and again while six clients write: nothing lost, nothing twice."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from tests.conformance.crash_clients import Answer, Sender
from tests.conformance.crash_disk import PAGE, filled, small_disk
from tests.conformance.crash_site import Outcome, People, Site, environment, setup, storm
from tests.conformance.postgres import running

pytestmark = pytest.mark.slow
KILLS = 52
BACKENDS = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() LIMIT 1"
FAULTY = "tests.conformance.crash_app:application"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, People]:
    """An empty installation with six officials; each test takes a copy."""
    folder = tmp_path_factory.mktemp("prepared")
    return folder, setup("prepare", environment(folder))


@pytest.fixture
def folder(prepared: tuple[Path, People], tmp_path: Path) -> Path:
    return Path(shutil.copytree(prepared[0], tmp_path / "var"))


@pytest.fixture
def people(prepared: tuple[Path, People]) -> People:
    return prepared[1]


def _tell(line: str) -> None:
    """The figures, shown by ``pytest -s``."""
    sys.stdout.write(f"\n{line}\n")


def _sound(found: Outcome) -> None:
    """What has to hold whatever was killed."""
    there = found.there
    assert [one.unexpected for one in found.clients if one.unexpected] == []
    assert there["log"]["broken"] == 0, there["log"]["breaks"]
    assert there["whole"] == "ok"
    for one in there["batches"]:
        assert one["received"] == one["accepted"] + one["quarantined"] + one["duplicate"] == 4
    assert {one["state"] for one in there["imports"]} == {"applied"}


def test_fifty_kills_lose_nothing_and_double_nothing(folder: Path, people: People) -> None:
    with Site(environment(folder)) as site:
        found = storm(site, people, KILLS, least=51)
    _tell(found.line())
    _sound(found)
    assert sum(found.kills.values()) >= 50
    told = found.acknowledged
    assert len(told["imports"]) > 50
    assert len(told["views"]) > 20
    assert (found.lost, found.doubled) == ([], [])
    assert len(found.there["imports"]) == len(found.there["batches"]) == len(told["imports"])
    assert sum(found.there["facts"].values()) == 2 * len(told["imports"])
    assert found.there["refused"] == len(told["imports"])
    assert len(found.there["views"]) == len(told["views"])


def test_a_client_without_keys_is_found_out(folder: Path, people: People) -> None:
    """The test of the test: the answer comes late, the client sends again without a key."""
    with Site(environment(folder, CRASH_PLANT="answer-late"), FAULTY) as site:
        found = storm(site, people, 3, keys=False)
    _tell(found.line())
    assert found.doubled


def test_with_keys_the_same_late_answers_double_nothing(folder: Path, people: People) -> None:
    with Site(environment(folder, CRASH_PLANT="answer-late"), FAULTY) as site:
        found = storm(site, people, 4)
    _tell(found.line())
    _sound(found)
    assert found.there["repeated"] > 0
    assert (found.lost, found.doubled) == ([], [])


def test_a_server_that_acknowledges_too_early_is_found_out(folder: Path, people: People) -> None:
    with Site(environment(folder, CRASH_PLANT="acknowledge-early"), FAULTY) as site:
        found = storm(site, people, 4)
    _tell(found.line())
    assert found.lost


def test_postgresql_loses_nothing_when_its_backends_are_killed_too(tmp_path: Path) -> None:
    """A backend that is killed makes PostgreSQL end all others and recover from its log."""
    killed: list[int] = []

    with running() as base:
        given = environment(tmp_path / "var", JIQUN_DATABASE_URL=base.url)
        people: People = setup("prepare", given)

        def kill_a_backend() -> None:
            with suppress(psycopg.OperationalError), psycopg.connect(base.url) as link:
                for (pid,) in link.execute(BACKENDS):
                    os.kill(pid, signal.SIGKILL)
                    killed.append(pid)

        with Site(given) as site:
            found = storm(site, people, 6, also=kill_a_backend)
    _tell(f"backends {len(killed)} · {found.line()}")
    assert killed
    _sound(found)
    assert (found.lost, found.doubled) == ([], [])


LEAVE = (0, 0, 4, 12, 24, 40, 64)  # pages: each step of a request runs out of room in turn
PAGES = ("/data/", "/data/chain_record/", "/data/imports/", "/audit/roots/")


def _clear(answer: Answer, *good: int) -> bool:
    """Say whether a request succeeded; if not, it has to be told clearly, in JSON or as a page."""
    if answer.status in good:
        return True
    assert answer.status == 507, answer
    text = answer.text
    if text.startswith("{"):
        told = answer.json
        text = "".join(map(str, told.values()))
        assert told["message_en"]
        assert told["hint_en"]
    assert "E-DISK-FULL" in text or "E-STORE-FULL" in text
    assert "磁盘" in text
    assert "腾出空间" in text
    return False


def _once(sender: Sender, name: str) -> tuple[bool, bool]:
    """Import a file and save a view; say which of both succeeded."""
    planned = sender.plan(name, key=name)
    done = _clear(planned, 200) and _clear(sender.apply(planned.json["key"]), 200)
    return done, _clear(sender.view(name), 302)


def test_a_full_disk_is_said_clearly_and_harms_nothing(
    prepared: tuple[Path, People], tmp_path: Path
) -> None:
    failed = read = 0
    with small_disk(tmp_path / "small", "24m") as disk:
        var = Path(shutil.copytree(prepared[0], disk / "var"))
        with Site(environment(var)) as site:
            site.start()
            sender = Sender(site.port, prepared[1][0])
            assert _once(sender, "before") == (True, True)
            for number, pages in enumerate(LEAVE):
                with filled(disk, leave=pages * PAGE):
                    failed += _once(sender, f"F{number}").count(False)
                    read += sum(_clear(sender.page(path), 200) for path in PAGES)
                assert _once(sender, f"F{number}") == (True, True)
            site.kill("group")
            there = site.census()
    _tell(f"failed clearly {failed} of {2 * len(LEAVE)}, read {read} of {len(PAGES) * len(LEAVE)}")
    assert failed >= 4
    names = ["before", *(f"F{number}" for number in range(len(LEAVE)))]
    assert there["whole"] == "ok"
    assert there["log"]["broken"] == 0
    assert there["facts"] == {f"{name}-{row}": 1 for name in names for row in (0, 1)}
    assert there["views"] == dict.fromkeys(names, 1)
    assert sorted(one["file_name"] for one in there["imports"]) == sorted(f"{n}.csv" for n in names)
    assert {one["state"] for one in there["imports"]} == {"applied"}
    assert all(
        one["received"] == one["accepted"] + one["quarantined"] + one["duplicate"]
        for one in there["batches"]
    )
