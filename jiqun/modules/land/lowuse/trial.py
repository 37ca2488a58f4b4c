"""Other thresholds over the parcels of a stored screening: what would change, and nothing is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from jiqun.core.access import MINIMUM_FIRMS, Viewer, may_see_firm_rows
from jiqun.engine.land.screening import Compare, Criteria, Group
from jiqun.errors import JiqunError, Problem
from jiqun.modules.land.lowuse.findings import judged, rules_of, thresholds_of
from jiqun.modules.land.lowuse.selectors import ScreenView
from jiqun.modules.land.lowuse.words import LOW

PREFIX = "screen."


@dataclass(frozen=True, slots=True)
class Trial:
    """Thresholds asked for, the parcels under them, and what could not be read.

    Attributes:
        values: every threshold of the screening as tried.
        changed: those that differ from the stored screening.
        after: the rows under them; the stored ones where nothing differs.
        gained: parcels that become low-efficient.
        lost: parcels that no longer are.
    """

    values: Mapping[str, float]
    changed: Mapping[str, float]
    after: pl.DataFrame
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    problems: tuple[Problem, ...]


def tried(view: ScreenView, given: Mapping[str, str]) -> Trial:
    """Screen again under the thresholds that an address asks for; what cannot be is said and left out."""
    now = view.pack.values(thresholds_of(view.run))
    asked: dict[str, float] = {}
    problems: list[Problem] = []
    for name in (one for one in now if one.startswith(PREFIX)):
        text = str(given.get(name, "")).strip()[:30]
        if not text:
            continue
        try:
            value = float(text)
            view.pack.values({name: value})
        except ValueError:
            problems.append(
                Problem(
                    "E-PARAMETER",
                    f"“{text}”不是数",
                    f"“{text}” is no number",
                    column=name,
                    value=text,
                )
            )
        except JiqunError as error:
            problems += error.fields
        else:
            asked[name] = value
    changed = {name: value for name, value in asked.items() if value != now[name]}
    after = view.frame
    if changed:
        after = judged(view.frame, rules_of(view.run, changed)[1])
    before_low, after_low = _low(view.frame), _low(after)
    values = {name: value for name, value in (now | asked).items() if name.startswith(PREFIX)}
    return Trial(
        values, changed, after, tuple(sorted(after_low - before_low)), tuple(sorted(before_low - after_low)),
        tuple(problems),
    )  # fmt: skip


def _low(frame: pl.DataFrame) -> set[str]:
    return set(frame.filter(pl.col("verdict") == LOW)["parcel"])


def tells(trial: Trial, who: Viewer) -> bool:
    """Whether counts under the trial may be shown: without a purpose not where one to four parcels move.

    Otherwise a row of trials would find, by halving, the figure of a single parcel.
    """
    if may_see_firm_rows(who):
        return True
    return all(not 0 < len(one) < MINIMUM_FIRMS for one in (trial.gained, trial.lost))


def facts_in(rules: Criteria, code: str) -> tuple[Compare, ...]:
    """Return the comparisons of a criterion, in order."""
    return tuple(
        one for each in rules.criteria if each.code == code for one in comparisons(each.when)
    )


def comparisons(node: Compare | Group) -> list[Compare]:
    """Return the comparisons of a condition, in order."""
    if isinstance(node, Compare):
        return [node]
    return [one for part in node.parts for one in comparisons(part)]
