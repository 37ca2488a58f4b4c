"""Daily roots: closing days, once and in order."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from jiqun.core.access import Viewer
from jiqun.core.audit import append, record
from jiqun.core.audit.canonical import DIGESTS, day_number, number_of
from jiqun.core.audit.merkle import tree_root
from jiqun.core.audit.roots import close_day, close_days, open_days
from jiqun.core.audit.verify import verify_log
from jiqun.core.models.audit import AuditEntry, AuditRoot
from jiqun.errors import JiqunError
from tests.core.auditlog import Clock

pytestmark = pytest.mark.django_db
WHO = Viewer(name="合成")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch, datetime(2026, 3, 1, 1, tzinfo=UTC))


def test_days_are_those_of_shanghai() -> None:
    for text, day in (
        ("2026-03-01T15:59:59.999999", "2026-03-01"),
        ("2026-03-01T16:00:00", "2026-03-02"),
    ):
        at = datetime.fromisoformat(text).replace(tzinfo=UTC)
        micros = (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
        assert day_number(micros) == number_of(date.fromisoformat(day))


def test_a_root_is_over_the_entries_of_its_day(clock: Clock) -> None:
    made = [record(WHO, "x.y", target=f"a:{number % 2}") for number in range(5)]
    clock.forward(days=1)
    late = record(WHO, "x.y", target="a:0")
    (root,) = close_days()
    assert (root.day, root.entries, root.chains) == (date(2026, 3, 1), 5, 2)
    in_order = sorted(made, key=lambda entry: entry.pk)
    leaves = b"".join(bytes.fromhex(entry.digest) for entry in in_order)
    assert root.root == tree_root(leaves, DIGESTS["sha256"]).hex()
    assert late.digest not in root.root
    assert verify_log().ok


def test_days_are_closed_in_order_without_gaps_and_once(clock: Clock) -> None:
    record(WHO, "x.y", target="a:1")
    clock.forward(days=4)
    assert open_days() == [date(2026, 3, day) for day in (1, 2, 3, 4)]
    assert close_day(date(2026, 3, 3)).day == date(2026, 3, 3)
    assert [root.entries for root in AuditRoot.objects.order_by("day")] == [1, 0, 0]
    assert close_day(date(2026, 3, 3)).seal == AuditRoot.objects.get(day="2026-03-03").seal
    assert [root.day.day for root in close_days()] == [4]
    assert close_days() == []
    roots = list(AuditRoot.objects.order_by("day"))
    assert [root.previous for root in roots] == ["", *(root.seal for root in roots[:-1])]
    assert AuditEntry.objects.filter(action="core.close_day").count() == 4
    assert verify_log().ok


@pytest.mark.parametrize("ahead", [0, 1])
def test_a_day_that_is_not_over_is_not_closed(clock: Clock, ahead: int) -> None:
    record(WHO, "x.y", target="a:1")
    with pytest.raises(JiqunError) as caught:
        close_day(date(2026, 3, 1) + timedelta(days=ahead))
    assert caught.value.code == "E-AUDIT-DAY-OPEN"


def test_there_is_no_root_before_the_first_entry(clock: Clock) -> None:
    assert close_days() == []
    with pytest.raises(JiqunError) as caught:
        close_day(date(2026, 2, 1))
    assert caught.value.code == "E-AUDIT-DAY-OPEN"


def test_a_clock_that_goes_back_into_a_closed_day_does_not_write_into_it(clock: Clock) -> None:
    record(WHO, "x.y", target="a:1")
    clock.forward(days=1)
    close_days()
    clock.forward(days=-1)
    entry = record(WHO, "x.y", target="a:1")
    assert entry.at == datetime(2026, 3, 1, 16, tzinfo=UTC)
    assert append.now_micros() < number_of(date(2026, 3, 2)) * 86_400_000_000
    clock.forward(days=2)
    close_days()
    assert verify_log().ok


def test_roots_with_another_digest_than_their_entries(clock: Clock, settings: object) -> None:
    record(WHO, "x.y", target="a:1")
    settings.AUDIT_HASH = "sm3"  # type: ignore[attr-defined]
    record(WHO, "x.y", target="a:1")
    clock.forward(days=1)
    (root,) = close_days()
    assert root.algorithm == "sm3"
    assert verify_log().ok
