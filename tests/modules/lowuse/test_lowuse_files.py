"""A parcel's file from opening to closing, what is refused on the way, and who sees it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from jiqun.core.access import Role, Viewer
from jiqun.core.models import AuditEntry
from jiqun.errors import JiqunError
from jiqun.masters.models import Membership, Organisation
from jiqun.masters.viewers import viewer_of
from jiqun.modules.land.lowuse import actions as verbs
from jiqun.modules.land.lowuse.actions import Found, Noted, Plan, Result
from jiqun.modules.land.lowuse.cases import entries_of, files_of, state_sums, the_file
from jiqun.modules.land.models import LandFile
from jiqun.modules.land.states.lowuse import ENDED, STATES, TABLE, Event, State, after
from tests.modules.lowuse.hamlet import F1, F2, PLACE, TOWN

pytestmark = pytest.mark.django_db
FOUND = Found(
    "P1", TOWN, 20_000, "low", "合成1号地块", F1, "合成企业1", {"run": "u1", "reasons": []}
)
People = dict[str, Viewer]


@pytest.fixture
def people() -> People:
    """Two officials of one bureau, one of another bureau, one of another place, two firms."""
    made: People = {}
    for name, office, place, role, firm in (
        ("one", "bureau", PLACE, Role.ANALYST, ""), ("two", "bureau", PLACE, Role.ANALYST, ""),
        ("other", "second", PLACE, Role.ANALYST, ""), ("away", "third", "9902", Role.ANALYST, ""),
        ("firm", "firm", PLACE, Role.FIRM, F1), ("rival", "rival", PLACE, Role.FIRM, F2),
    ):  # fmt: skip
        user = User.objects.create(username=name)
        organisation, _ = Organisation.objects.get_or_create(
            name=f"合成{office}",
            defaults={"kind": "firm" if firm else "bureau", "place": place, "firm": firm},
        )
        Membership.objects.create(user=user, organisation=organisation, role=role.value)
        who = viewer_of(user)
        made[name] = replace(who, purpose="办理低效用地" if who.official else "")
    return made


def _office() -> int:
    return Organisation.objects.get(name="合成bureau").pk


def _opened(people: People) -> LandFile:
    return verbs.open_land_file(viewer=people["one"], office=_office(), found=FOUND)


def _noted() -> Noted:
    return Noted(timezone.localdate(), "照片〔2026〕1号", "现场与筛查一致")


def _plan() -> Plan:
    return Plan("improve", "合成副县长", timezone.localdate() + dt.timedelta(days=100))


def _decided(people: People) -> LandFile:
    made = _opened(people)
    verbs.verify_land_file(viewer=people["one"], land_file=made, noted=_noted())
    verbs.plan_land_file(viewer=people["one"], land_file=made, plan=_plan(), words="工业上楼，两期")
    made.refresh_from_db()
    return verbs.decide_land_file(
        viewer=people["two"], land_file=made, agreed=True, words="同意方案"
    )


def _code(call: Callable[[], object]) -> tuple[str, list[str]]:
    with pytest.raises(JiqunError) as refused, transaction.atomic():
        call()
    return refused.value.code, [one.column for one in refused.value.fields]


def test_from_found_to_closed_with_two_people(people: People) -> None:
    one, two, made = people["one"], people["two"], _decided(people)
    verbs.check_land_file(viewer=one, land_file=made, noted=_noted())
    verbs.talk_land_file(viewer=one, land_file=made, noted=_noted())
    verbs.answer_land_file(viewer=people["firm"], land_file=made, words="我们年底前完成二期")
    result = Result(8_000, 32_000_000, 118_000_000)
    reported = verbs.report_land_file(viewer=one, land_file=made, result=result, noted=_noted())
    closed = verbs.close_land_file(viewer=two, land_file=reported, agreed=True, words="同意销号")
    assert (closed.state, closed.released_m2, closed.tax_after_fen) == (
        State.CLOSED,
        8_000,
        118_000_000,
    )
    events = [entry.event for entry in entries_of(two, closed)]
    assert events == [
        "open",
        "verify",
        "plan",
        "decide",
        "check",
        "talk",
        "answer",
        "report",
        "close",
    ]
    logged = AuditEntry.objects.filter(target=f"land_file:{closed.key}").values_list(
        "action", flat=True
    )
    assert len(logged) == len(events)
    assert state_sums(two)[State.CLOSED] == {
        "files": 1,
        "released": 8_000,
        "before": 32_000_000,
        "after": 118_000_000,
    }
    assert state_sums(people["away"]) == {}
    # The parcel may have a new file now, and this one goes nowhere.
    assert verbs.open_land_file(viewer=one, office=_office(), found=FOUND).state == State.FOUND
    assert (
        _code(lambda: verbs.talk_land_file(viewer=one, land_file=closed, noted=_noted()))[0]
        == "E-LAND-LOWUSE-STATE"
    )


def test_nobody_decides_the_own_plan_or_closes_the_own_report(people: People) -> None:
    one, made = people["one"], _opened(people)
    verbs.verify_land_file(viewer=one, land_file=made, noted=_noted())
    planned = verbs.plan_land_file(viewer=one, land_file=made, plan=_plan(), words="工业上楼")
    for stale, code in ((planned, "E-FORBIDDEN"), (made, "E-LAND-LOWUSE-FOUR-EYES")):
        assert _code(lambda stale=stale: verbs.decide_land_file(
            viewer=one, land_file=stale, agreed=True, words="同意方案"))[0] == code  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        LandFile.objects.filter(pk=made.pk).update(state=State.DECIDED, decided_by=one.user_id)
    decided = verbs.decide_land_file(
        viewer=people["two"], land_file=planned, agreed=True, words="同意方案"
    )
    verbs.check_land_file(viewer=one, land_file=decided, noted=_noted())
    reported = verbs.report_land_file(
        viewer=one, land_file=decided, result=Result(0, 0, 0), noted=_noted()
    )
    for stale, code in ((reported, "E-FORBIDDEN"), (decided, "E-LAND-LOWUSE-FOUR-EYES")):
        assert _code(lambda stale=stale: verbs.close_land_file(
            viewer=one, land_file=stale, agreed=True, words="同意销号"))[0] == code  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        LandFile.objects.filter(pk=made.pk).update(state=State.CLOSED, closed_by=one.user_id)
    back = verbs.close_land_file(
        viewer=people["two"], land_file=reported, agreed=False, words="面积请复核"
    )
    assert back.state == State.PROGRESS


def test_a_plan_that_is_sent_back_may_be_withdrawn_but_not_a_decided_one(people: People) -> None:
    one, two, made = people["one"], people["two"], _opened(people)
    verbs.verify_land_file(viewer=one, land_file=made, noted=_noted())
    planned = verbs.plan_land_file(viewer=one, land_file=made, plan=_plan(), words="工业上楼")
    back = verbs.decide_land_file(viewer=two, land_file=planned, agreed=False, words="成本没有写明")
    assert back.state == State.VERIFIED
    assert (
        verbs.withdraw_land_file(viewer=one, land_file=back, words="企业已扩建").state
        == State.WITHDRAWN
    )
    decided = _decided(people)
    assert (
        _code(lambda: verbs.withdraw_land_file(viewer=one, land_file=decided, words="企业已扩建"))[
            0
        ]
        == "E-LAND-LOWUSE-STATE"
    )


@pytest.mark.parametrize(
    ("call", "columns"),
    [
        (lambda who, one: verbs.verify_land_file(viewer=who, land_file=one, noted=Noted(words="短")),
         ["words", "on", "document"]),
        (lambda who, one: verbs.talk_land_file(
            viewer=who, land_file=one, noted=Noted(timezone.localdate() + dt.timedelta(days=1), "1号", "约谈企业")),
         ["on"]),
        (lambda who, one: verbs.plan_land_file(
            viewer=who, land_file=one, plan=Plan("fly", " ", dt.date(2020, 1, 1)), words="两期实施"),
         ["tool", "responsible", "due"]),
        (lambda who, one: verbs.report_land_file(
            viewer=who, land_file=one, result=Result(20_001, None, -1), noted=_noted()),
         ["released", "tax_before", "tax_after"]),
        (lambda who, one: verbs.open_land_file(
            viewer=who, office=one.office_id, found=replace(FOUND, verdict="not")), ["parcel", "parcel"]),
    ],
)  # fmt: skip
def test_everything_that_is_wrong_is_said_at_once(
    people: People, call: Any, columns: list[str]
) -> None:
    made = _opened(people)
    assert _code(lambda: call(people["one"], made)) == ("E-INPUT", columns)


def test_only_the_office_in_charge_and_only_the_own_firm(people: People) -> None:
    made = _opened(people)
    for name in ("other", "away", "firm"):
        assert _code(lambda name=name: verbs.verify_land_file(
            viewer=people[name], land_file=made, noted=_noted()))[0] == "E-FORBIDDEN"  # fmt: skip
    for name in ("one", "rival"):
        assert _code(lambda name=name: verbs.answer_land_file(
            viewer=people[name], land_file=made, words="我们有意见"))[0] == "E-FORBIDDEN"  # fmt: skip
    assert _code(lambda: verbs.open_land_file(
        viewer=people["one"], office=Organisation.objects.get(name="合成second").pk, found=FOUND
    ))[0] == "E-FORBIDDEN"  # fmt: skip


def test_who_sees_a_file(people: People) -> None:
    made = _opened(people)
    for name, sees in (
        ("one", True),
        ("other", True),
        ("firm", True),
        ("rival", False),
        ("away", False),
    ):
        assert [one.key for one in files_of(people[name])] == ([made.key] if sees else []), name
    without = replace(people["one"], purpose="")
    assert files_of(without) == []
    assert _code(lambda: the_file(without, made.key))[0] == "E-LAND-LOWUSE-FILE"


def test_the_table_is_the_whole_machine() -> None:
    for state in State:
        for event in Event:
            if (state, event) in TABLE:
                assert after(state, event) == TABLE[state, event]
            else:
                with pytest.raises(JiqunError):
                    after(state, event)
    assert not [key for key in TABLE if key[0] in ENDED]
    assert set(STATES) == set(State)
