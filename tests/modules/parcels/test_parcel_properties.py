"""Whatever is pressed, in whatever order: no day is lost, no fen of the bond is paid twice."""

from __future__ import annotations

import datetime as dt
from random import Random

from django.db import transaction
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jiqun.engine.land.clock.events import Kind, Milestone
from jiqun.errors import JiqunError
from jiqun.modules.land.models import Parcel, ParcelEvent
from jiqun.modules.land.models.parcels import BOND
from jiqun.modules.land.parcels.clock import offers
from jiqun.modules.land.parcels.kinds import ABOUT
from tests.modules.parcels.county import PAPERS, SOLD, County

WAN = 1_000_000
ADAM = [*ABOUT, *[Kind.REACHED] * 6, *[Kind.BOND_RETURNED] * 4, Kind.CHECKED, Kind.CHECKED]


def press(county: County, parcel: Parcel, chance: Random, day: dt.date, number: int) -> bool:
    """Press a button: mostly one that the page offers, now and then any."""
    one = county.stands(parcel)
    open_ = offers(one, ADAM) if chance.random() < 0.8 else {}
    kind = chance.choice([*open_] or ADAM)
    about = chance.choice(open_.get(kind) or [str(at) for at in Milestone])
    milestone = about if "milestone" in ABOUT[kind].asks else ""
    part = one.terms.part(Milestone(milestone)) if milestone in set(Milestone) else None
    try:
        with transaction.atomic():
            county.does(
                parcel, kind, day, milestone, document=f"合成{number}", months=chance.randint(1, 12),
                outcome=chance.choice(["met", "met", "breached"]), cause="utilities",
                stop=about if kind is Kind.CLOCK_RESUMED else "", papers=PAPERS,
                fen=chance.choice([part, part, 40 * WAN]) if kind in BOND else None,
            )  # fmt: skip
    except JiqunError:
        return False
    return True


@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.integers(0, 2**32))
def test_no_day_is_lost_and_no_fen_paid_twice(county: County, seed: int) -> None:
    with transaction.atomic():
        parcel = county.opened()
        chance, day, done = Random(seed), SOLD, 1
        for number in range(24):
            day = min(day + dt.timedelta(days=chance.randint(0, 90)), dt.date.today())  # noqa: DTZ011
            done += press(county, parcel, chance, day, number)
        _holds(county, parcel, done)
        transaction.set_rollback(True)


def _holds(county: County, parcel: Parcel, done: int) -> None:
    rows = ParcelEvent.objects.of([parcel.pk])[parcel.pk]
    assert [one.seq for one in rows] == list(range(1, done + 1)), "each accepted verb is one event"
    paid = (
        ParcelEvent.objects.filter(parcel=parcel, kind__in=BOND).aggregate(all=Sum("fen"))["all"]
        or 0
    )
    one = county.stands(parcel)
    assert 0 <= paid <= (parcel.bond_fen or 0)
    assert paid == one.state.settled
    for at in one.milestones:
        if at.deadline is not None and at.deadline.base < at.deadline.nominal:
            moved = (at.deadline.day - at.deadline.nominal).days
            assert moved == at.deadline.stopped, (
                "a deadline moves by exactly the days that the clock stood"
            )
