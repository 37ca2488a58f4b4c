"""Verbs about parcels: what is read, who may, four eyes, what the database refuses, reminders."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from jiqun.core.models.notices import Notice
from jiqun.engine.land.clock.events import Kind, Milestone
from jiqun.engine.land.clock.status import Phase
from jiqun.errors import JiqunError
from jiqun.modules.land.models import Parcel, ParcelEvent, ParcelProposal
from jiqun.modules.land.parcels import guards
from jiqun.modules.land.parcels.appending import Entry
from jiqun.modules.land.parcels.contract import deal_of
from jiqun.modules.land.parcels.firm.actions import hand_in
from jiqun.modules.land.parcels.measured import measured, verdict
from jiqun.modules.land.parcels.office.actions import (
    confirm_proposal,
    drop_proposal,
    open_parcel,
    propose_event,
    record_event,
)
from jiqun.modules.land.parcels.reckoning import reckon, tax_years
from jiqun.modules.land.parcels.reminding import remind
from tests.modules.parcels.county import P1, P2, SOLD, THIS_YEAR, County

M = Milestone
CONTRACT, HANDOVER = SOLD + dt.timedelta(8), SOLD + dt.timedelta(30)
WAN = 1_000_000


def refused(expected: str, verb: Any, /, **given: Any) -> JiqunError:
    with pytest.raises(JiqunError) as said, transaction.atomic():
        verb(**given)
    assert said.value.code == expected, said.value.message_zh
    return said.value


def test_slips_are_named_and_stay_unknown(county: County) -> None:
    deal = county.deal(P2)
    assert {(one.column, one.value) for one in deal.problems} == {
        ("investment", "约300万元/亩"), ("plot_ratio", "2.5-1.0"), ("deal_day", "2024年13月5日"),
    }  # fmt: skip
    assert all(P2 in one.message_zh and one.remedy_zh for one in deal.problems)
    assert deal.day() is None
    assert deal.values["investment"] is None
    assert county.deal(P1).problems == ()


def test_what_the_notice_lacks_has_to_be_said(county: County) -> None:
    error = refused("E-INPUT", county.opened, code=P2)
    assert [one.column for one in error.fields] == ["deal_day"]
    made = county.opened(P2, deal_day=SOLD, bond_fen=50 * WAN)
    assert (made.bond_fen, county.stands(made).state.deal) == (50 * WAN, SOLD)
    refused("E-LAND-PARCEL-TWICE", county.opened, code=P2, deal_day=SOLD)
    refused("E-INPUT", county.opened, code=P1, bond_fen=1)  # the notice says otherwise


def test_only_the_office_in_charge_and_the_holder_act(county: County) -> None:
    refused("E-FORBIDDEN", open_parcel, viewer=county.viewer("stranger"), deal=county.deal(),
            department=county.offices["away"].pk)  # fmt: skip
    parcel = county.opened()
    entry = Entry(Kind.EVIDENCE, SOLD, "合成1", M.CONTRACT, papers=("commitment",))
    for name in ("stranger", "firm", "rival"):
        for verb in (record_event, propose_event):
            refused("E-FORBIDDEN", verb, viewer=county.viewer(name), parcel=parcel, entry=entry)
    refused("E-FORBIDDEN", hand_in, viewer=county.viewer("rival"), parcel=parcel, entry=entry)
    hand_in(viewer=county.viewer("firm"), parcel=parcel, entry=entry)
    closed = replace(entry, kind=Kind.CLOSED)
    refused("E-INPUT", hand_in, viewer=county.viewer("firm"), parcel=parcel, entry=closed)


def test_the_engine_decides_and_its_words_are_kept(county: County) -> None:
    parcel = county.opened()
    said = refused(
        "E-LAND-EVENT",
        county.does,
        parcel=parcel,
        kind=Kind.REACHED,
        day=CONTRACT,
        about="contract",
    )
    assert "缺少" in said.message_zh
    assert ParcelEvent.objects.count() == 1
    refused(
        "E-INPUT",
        county.does,
        parcel=parcel,
        kind=Kind.CLOSED,
        day=timezone.localdate() + dt.timedelta(1),
    )


def test_what_weighs_takes_two_officials(county: County) -> None:
    parcel = county.opened()
    county.reach(parcel, CONTRACT, HANDOVER)
    county.asks(parcel, M.START, 6)
    assert county.stands(parcel).phase is Phase.EXTENSION_REQUESTED
    today = timezone.localdate()
    granted = Entry(Kind.EXTENSION_GRANTED, today, "合成批复", M.START, 6)
    maker, other = county.viewer("maker"), county.viewer("other")
    refused("E-LAND-FOUR-EYES", record_event, viewer=maker, parcel=parcel, entry=granted)
    made = propose_event(viewer=maker, parcel=parcel, entry=granted)
    refused("E-LAND-PROPOSED", propose_event, viewer=other, parcel=parcel, entry=granted)
    assert county.stands(parcel).phase is Phase.EXTENSION_REQUESTED, (
        "a proposal counts for nothing yet"
    )
    refused("E-FORBIDDEN", confirm_proposal, viewer=maker, proposal=made)
    before = county.stands(parcel).milestones[2].deadline
    event = confirm_proposal(viewer=other, proposal=made)
    assert (event.made_by_id, event.confirmed_by_id) == (maker.user_id, other.user_id)
    after = county.stands(parcel).milestones[2].deadline
    assert before is not None
    assert after is not None
    assert (after.day - before.day).days in range(181, 185)
    refused("E-LAND-SETTLED", drop_proposal, viewer=other, proposal=made)


def test_a_part_of_the_bond_goes_back_once(county: County) -> None:
    parcel = county.opened()
    county.reach(parcel, CONTRACT, HANDOVER, HANDOVER + dt.timedelta(200))
    today = timezone.localdate()
    refused(
        "E-LAND-EVENT",
        county.does,
        parcel=parcel,
        kind=Kind.BOND_RETURNED,
        day=today,
        about="start",
        fen=1,
    )
    county.does(parcel, Kind.BOND_RETURNED, today, "start", fen=30 * WAN)
    assert county.stands(parcel).bond_left == 70 * WAN
    refused(
        "E-LAND-EVENT",
        county.does,
        parcel=parcel,
        kind=Kind.BOND_RETURNED,
        day=today,
        about="start",
        fen=30 * WAN,
    )
    unknown = county.opened(P2, deal_day=SOLD)
    refused(
        "E-LAND-BOND-UNKNOWN",
        county.does,
        parcel=unknown,
        kind=Kind.BOND_RETURNED,
        day=today,
        about="start",
        fen=1,
    )


@pytest.fixture
def guarded(county: County) -> Iterator[County]:
    guards.install_guards(connection)
    yield county
    guards.remove_guards(connection)


def test_the_database_refuses_by_itself(guarded: County) -> None:
    parcel = guarded.opened()
    guarded.reach(parcel, CONTRACT, HANDOVER, HANDOVER + dt.timedelta(200))
    event = guarded.does(parcel, Kind.BOND_RETURNED, timezone.localdate(), "start", fen=30 * WAN)
    rows = ParcelEvent.objects.filter(parcel=parcel)

    def another(**changed: Any) -> None:
        copy = ParcelEvent.objects.get(pk=event.pk)
        copy.pk, copy.seq, copy.milestone, copy.fen = None, 99, "completion", 40 * WAN
        copy._state.adding = True
        for name, value in changed.items():
            setattr(copy, name, value)
        copy.save()

    changes: list[Any] = [
        lambda: rows.update(document="x"), rows.delete, lambda: Parcel.objects.update(bond_fen=1),
        lambda: another(milestone="start"), lambda: another(seq=event.seq), lambda: another(fen=70 * WAN + 1),
        lambda: another(confirmed_by_id=event.made_by_id), lambda: another(confirmed_by_id=None),
        lambda: another(fen=None), lambda: another(document=""), lambda: another(kind="perhaps"),
        lambda: ParcelProposal.objects.update(settled_by_id=event.made_by_id),
    ]  # fmt: skip
    for change in changes:
        with pytest.raises(IntegrityError), transaction.atomic():
            change()
    another()  # the rest of the bond is there


def test_the_vector_of_tax_gap_and_short_investment(county: County) -> None:
    """30 亩, 15 agreed, 9, 12 and 14 paid: gaps 180, 90, 30 万元; 240 of 300 invested: 20 % short."""
    parcel = county.opened()
    county.reach(
        parcel, CONTRACT, HANDOVER, HANDOVER + dt.timedelta(100), dt.date(THIS_YEAR - 4, 2, 1)
    )
    county.does(parcel, Kind.CHECKED, dt.date(THIS_YEAR - 4, 3, 1), "completion", outcome="met")
    county.does(parcel, Kind.REACHED, dt.date(THIS_YEAR - 4, 6, 1), "production")
    deal = deal_of(parcel)
    found = measured(county.store, county.viewer("maker"), parcel, deal)
    made = reckon(county.stands(parcel), deal, found)
    assert made.years == (THIS_YEAR - 3, THIS_YEAR - 2, THIS_YEAR - 1)
    assert made.gap is not None
    assert made.gap.gaps == (180 * WAN, 90 * WAN, 30 * WAN)
    assert [round(float(rate or 0), 3) for rate in made.gap.rates] == [0.6, 0.8, 0.933]
    assert made.gap.complete
    short = {standard.code: one for standard, one in made.shortages}
    assert (short["investment"].ratio, short["investment"].damages) == (Fraction(1, 5), 180 * WAN)
    assert [one.fen for one in made.bond] == [30 * WAN, 40 * WAN, 30 * WAN]
    rates = {one.standard.code: one.met for one in verdict(parcel, deal, found).items}
    assert rates == {"investment": False, "tax": False, "plot_ratio": True, "green": None}
    assert "自然资源" in found.why["green"][0]
    own = measured(county.store, county.viewer("firm"), parcel, deal)
    assert own.taxes == found.taxes


def test_the_window_counts_full_years_that_are_over() -> None:
    today = dt.date(2026, 6, 1)
    assert tax_years(dt.date(2023, 1, 1), 3, today=today) == (2023, 2024, 2025)
    assert tax_years(dt.date(2024, 1, 2), 3, today=today) == (2025,)


def test_reminders_go_to_firm_and_office_once(county: County) -> None:
    parcel = county.opened()
    county.reach(parcel, CONTRACT, HANDOVER)
    due = county.stands(parcel).milestones[2].deadline
    assert due is not None
    ninety, thirty = due.day - dt.timedelta(90), due.day - dt.timedelta(30)
    assert remind(ninety - dt.timedelta(1)) == 0
    assert [remind(ninety), remind(ninety), remind(ninety + dt.timedelta(7))] == [3, 0, 0]
    assert [remind(thirty), remind(thirty)] == [3, 0]
    told = set(Notice.objects.values_list("user__username", flat=True))
    assert told == {"firm", "maker", "other"}
    assert remind(due.day + dt.timedelta(1)) == 0, "what is late is no reminder"
