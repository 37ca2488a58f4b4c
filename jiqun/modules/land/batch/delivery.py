"""What the bureaux have delivered for a batch whose sheets were not sent: counts by figure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import cast

import polars as pl

from jiqun.core.access import MINIMUM_FIRMS, Viewer, may_see_firm_rows
from jiqun.core.lawful.gate import state_of
from jiqun.engine.indices.scheme import quantities_of
from jiqun.facts.store.store import Store
from jiqun.modules.land.evaluation.findings import Choice, choice_of, gathered_for, scheme_for
from jiqun.modules.land.models import Batch
from jiqun.modules.land.register import HELD, PURPOSE


@dataclass(frozen=True, slots=True)
class Delivered:
    """How many firms have a figure, and how many lack it; None for one to four that are hidden.

    ``newest`` is the latest day that its facts speak of; None where there is none, and for land,
    which the land table or the land check gives.
    """

    name: str
    have: int | None
    lack: int | None
    newest: date | None


@lru_cache(maxsize=8)
def _counted(
    facts: Store, snapshot: str, place: str, choice: Choice, consents: str
) -> tuple[int, tuple[tuple[str, int, date | None], ...]]:
    del consents  # what the gate opens; part of the cache's key
    found = gathered_for(facts, snapshot, place, choice)
    names = quantities_of(scheme_for(choice.version, choice.year).groups)
    newest = dict(found.figures.group_by("indicator").agg(pl.col("as_of").max()).iter_rows())
    rows = tuple(
        (
            name,
            int(found.units.figures[name].known.sum()) if name in found.units.figures else 0,
            None if name == "land" else cast("date | None", newest.get(HELD[name][0])),
        )
        for name in names
    )
    return found.firms.height, rows


def delivered(facts: Store, viewer: Viewer, batch: Batch) -> tuple[int, list[Delivered]]:
    """Return how many firms are to be evaluated, and the state of each figure that the rules use.

    Without a purpose, counts of one to four firms are hidden on both sides.
    """
    choice = choice_of(facts, batch.place, batch.rules, batch.year)
    total, rows = _counted(facts, facts.snapshot().id, batch.place, choice, state_of(PURPOSE))
    open_ = may_see_firm_rows(viewer)
    found: list[Delivered] = []
    for name, have, newest in rows:
        few = any(0 < count < MINIMUM_FIRMS for count in (have, total - have))
        shown = (have, total - have) if open_ or not few else (None, None)
        found.append(Delivered(name, *shown, newest))
    return total, found
