"""Step 17: differentiated measures, with counters of consecutive years per unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from jiqun.engine.indices.exact import Ints, divided
from jiqun.engine.indices.scheme import Measure, Scheme

TEN_THOUSANDTH = 10_000  # steps of a price in one 元


@dataclass(frozen=True, slots=True)
class Waiver:
    """A decision that spares one unit the measures, never the grade, until a day."""

    unit: str
    decision: str
    commitment: str
    until: date


@dataclass(frozen=True, slots=True)
class Applied:
    """One measure as it meets one unit; ``waiver`` names the decision that suspends it."""

    measure: Measure
    years: int
    waiver: str = ""


def streaks(
    ids: Sequence[str],
    grades: Sequence[str],
    *,
    history: Mapping[int, Mapping[str, str]],
    year: int,
) -> Ints:
    """Return for how many consecutive years, this one included, each unit has had its grade.

    The key of a unit survives a change of name. A year without a grade ends the count: it is
    not known that the unit had the grade then.

    Args:
        ids: keys of the units.
        grades: of ``year``.
        history: grades of earlier years by key.
        year: the year of ``grades``.
    """
    found = np.ones(len(ids), dtype=np.int64)
    for at, (unit, grade) in enumerate(zip(ids, grades, strict=True)):
        back = year - 1
        while history.get(back, {}).get(unit) == grade:
            found[at] += 1
            back -= 1
    return found


def applied(
    scheme: Scheme, grade: str, *, years: int, on: date, waiver: Waiver | None = None
) -> list[Applied]:
    """Return the measures that meet a unit: of each factor, operation and grade the strongest.

    Where several steps of one measure have been reached, the one of most years holds; where
    several surcharges overlap, the highest is taken (宁波 实施细则).

    Args:
        scheme: whose measures.
        grade: that the unit is managed as.
        years: consecutive years in it.
        on: the day asked about.
        waiver: of this unit, if any.
    """
    best: dict[tuple[str, str], Measure] = {}
    for one in scheme.measures:
        if one.grade != grade or one.years > years:
            continue
        key = (one.factor, one.op)
        held = best.get(key)
        if held is None or _strength(one) > _strength(held):
            best[key] = one
    spared = waiver.decision if waiver is not None and on <= waiver.until else ""
    return [Applied(one, years, spared) for one in best.values()]


def _strength(measure: Measure) -> tuple[float, int]:
    return (measure.value or 0.0, measure.years)


def surcharge(electricity: Ints, price: float) -> Ints:
    """Return a surcharge in fen: Wh × 元/kWh (at most four decimals), rounded half up.

    Args:
        electricity: Wh of the twelve months, shape (n,).
        price: 元 per kWh.
    """
    steps = round(price * TEN_THOUSANDTH)
    # Wh × 10⁻⁴ 元/kWh = 10⁻⁷ 元 = 10⁻⁵ fen.
    return divided(electricity * steps, 100_000)
