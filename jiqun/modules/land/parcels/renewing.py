"""When a parcel's term ends, and whether it could be renewed by agreement: the test of the tenure pack.

Source: methods 2.4 (last grades, milestones, no veto); the rules are a proposal ◆, the price is the
one assessed then.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from jiqun.engine.indices.evaluate import BY_VETO
from jiqun.engine.land.clock.days import add_months
from jiqun.engine.land.clock.events import Milestone
from jiqun.engine.land.clock.status import Phase
from jiqun.engine.land.tenure import Renewal, renewal
from jiqun.facts.store.store import Store
from jiqun.modules.land.batch.computing import rows_of
from jiqun.modules.land.batch.history import final_run, history_of
from jiqun.modules.land.models import Batch
from jiqun.modules.land.parcels.clock import Standing
from jiqun.modules.land.parcels.contract import Deal
from jiqun.rules.land.read import in_force, tenure_rules
from jiqun.rules.loader import Pack

FAILED = frozenset(
    {Phase.BREACHED, Phase.MEASURE, Phase.RESUMED, Phase.OVERDUE, Phase.PARTIALLY_MET}
)
LATER = 9999  # a year after every evaluation


@dataclass(frozen=True, slots=True)
class Renewing:
    """What the test of a renewal rests on, and its answer.

    Attributes:
        ends: last day of the term, None where handover or term is not known.
        grades: (year, grade) of the last evaluations, latest first; None for a year without one.
        milestones: whether every milestone up to full production was met; None while some are open.
        vetoed: whether a veto decided the last evaluation here; None without one.
        answer: of the engine.
        pack: the rules.
    """

    ends: date | None
    grades: tuple[tuple[int, str | None], ...]
    milestones: bool | None
    vetoed: bool | None
    answer: Renewal
    pack: Pack


def term_end(one: Standing, deal: Deal) -> date | None:
    """Return the last day of the term, which runs from the handover."""
    handover, years = one.state.reached.get(Milestone.HANDOVER), deal.number("term")
    if handover is None or not years:
        return None
    return add_months(handover, round(years * 12))


def renewing(facts: Store, one: Standing, deal: Deal) -> Renewing:
    """Return the test of a renewal as of the day that a parcel stands; what is unknown stays unknown."""
    parcel, pack = one.parcel, in_force("tenure", one.today)
    rules = tenure_rules(pack)
    around = [parcel.place[:size] for size in range(2, len(parcel.place) + 1)]
    history = history_of(facts, around, LATER, [parcel.firm])
    mine = {year: grades[parcel.firm] for year, grades in history.items() if parcel.firm in grades}
    newest = max(history, default=0)
    grades = tuple(
        (year, mine.get(year)) for year in range(newest, newest - rules.renewal_count, -1) if newest
    )
    met, vetoed = _milestones(one), _vetoed(facts, around, parcel.firm)
    answer = renewal([grade for _, grade in grades], milestones_met=met, vetoed=vetoed, rules=rules)
    return Renewing(term_end(one, deal), grades, met, vetoed, answer, pack)


def _milestones(one: Standing) -> bool | None:
    phases = [at.phase for at in one.milestones if at.milestone is not Milestone.TRANSFER]
    if any(phase in FAILED for phase in phases):
        return False
    return True if all(phase is Phase.MET for phase in phases) else None


def _vetoed(facts: Store, around: list[str], firm: str) -> bool | None:
    last = Batch.objects.announced_before(around, LATER).order_by("-year", "-pk").first()
    run = final_run(last) if last else ""
    if not run:
        return None
    found = rows_of(facts, run).filter(pl.col("firm") == firm)["decisive"]
    return None if found.is_empty() else found[0] == str(BY_VETO)
