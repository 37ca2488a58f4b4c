"""The whole evaluation in the order that the rules prescribe, with every step kept as a column.

Eligibility and land come from outside (:mod:`land`); here follow group, indicators, frozen
benchmarks, items (missing rule, floor, cap), sum, bonuses, rank, quota, absolute bounds, vetoes,
T and 不定等级. Measures are in :mod:`measures`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jiqun.engine.indices.exact import Flags, Ints, digest
from jiqun.engine.indices.freeze import Frozen, freeze
from jiqun.engine.indices.grade import (
    NONE,
    Places,
    Ranked,
    bonus_points,
    bounded,
    columns_of,
    decided,
    is_last,
    rank_and_grade,
    small,
    veto_flags,
)
from jiqun.engine.indices.quantities import Figure
from jiqun.engine.indices.scheme import INDEFINITE, OUTSIDE, SPECIAL_T, Group, Scheme
from jiqun.engine.indices.score import Item, Scored, needed, score
from jiqun.engine.indices.units import (
    NO_GROUP,
    NO_LAND,
    PRODUCTION,
    UNDETERMINED,
    Units,
    assign,
    check,
)
from jiqun.errors import JiqunError, Kind

(
    BY_QUOTA, BY_THRESHOLD, BY_BOUND, BY_VETO, BY_CLASS, BY_MISSING, BY_SCOPE, BY_UNKNOWN_GROUP,
    BY_NO_LAND,
) = range(9)  # fmt: skip
DECISIVE: Mapping[int, tuple[str, str]] = {
    BY_QUOTA: ("按名次和比例", "rank and quota"),
    BY_THRESHOLD: ("小组按分数线", "threshold of a small group"),
    BY_BOUND: ("绝对值上下限", "absolute bound"),
    BY_VETO: ("否决或直接定级", "veto or direct grade"),
    BY_CLASS: ("T类或不定等级", "T or no grade"),
    BY_MISSING: ("数据不足，不定等级", "too little data for a grade"),
    BY_SCOPE: ("不在评价范围", "outside the scheme"),
    BY_UNKNOWN_GROUP: ("分组所需事项未知，不定等级", "what decides the group is unknown"),
    BY_NO_LAND: ("无用地，不定等级", "no land"),
}
ITEM_COLUMNS: Mapping[str, type] = {
    "numerator": np.int64, "denominator": np.int64, "value": np.float64, "benchmark": np.float64,
    "ratio": np.float64, "reason": np.int8, "raw": np.int64, "filled": np.int64,
    "floored": np.int64, "score": np.int64, "counted": np.bool_,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One batch, computed.

    Attributes:
        scheme: the rules.
        units: what went in.
        frozen: benchmarks of the batch.
        group: place of each unit's group, or why it has none (negative).
        steps: one array (n,) per step: ``<indicator>.<ITEM_COLUMNS>`` (reason −1 where the
            unit's group lacks the indicator), ``sum``, ``known`` (basis points of the weights; where
            it is 0 there is no score, and ``sum`` means nothing), ``bonus.<family>``,
            ``bonus``, ``total`` (micro-points), ``rank``, ``n``, ``quota_grade``,
            ``bounded_grade``, ``veto_grade`` (``NONE`` where there is none), ``veto.<code>``.
        final: place among the grades, or ``SPECIAL_T``, ``INDEFINITE``, ``OUTSIDE``.
        managed_as: grade that the measures follow, ``NONE`` where none.
        decisive: which rule decided the grade, keys of ``DECISIVE``.
        counts: by group, units down to and with each grade; empty where thresholds were used.
        digest: SHA-256 of rules, inputs, benchmarks and every column, whatever the order of rows.
    """

    scheme: Scheme
    units: Units
    frozen: Frozen
    group: Ints
    steps: Mapping[str, NDArray[Any]]
    final: Places
    managed_as: Places
    decisive: Places
    counts: Mapping[str, tuple[int, ...]]
    digest: str

    def grades(self) -> list[str]:
        """Return the final grade of each unit in words."""
        return [self.scheme.label(place) for place in self.final.tolist()]

    def rows(self, code: str) -> Ints:
        """Return the places of the units of a group."""
        places = [group.code for group in self.scheme.groups]
        return np.flatnonzero(self.group == places.index(code))

    def flagged(self) -> dict[int, Flags]:
        """Return, by reason of :data:`~jiqun.engine.indices.score.REASONS`, who has it anywhere."""
        reasons = [column for name, column in self.steps.items() if name.endswith(".reason")]
        return {
            code: np.logical_or.reduce([column == code for column in reasons])
            for code in range(1, 9)
        }


def evaluate(scheme: Scheme, units: Units, *, frozen: Frozen | None = None) -> Evaluation:
    """Grade a batch.

    Args:
        scheme: the rules.
        units: figures, documents and events.
        frozen: benchmarks of an earlier calculation of the same batch; computed when None.

    Raises:
        JiqunError: ``E-PERMU-INPUT``; ``E-PERMU-FROZEN`` when the benchmarks were frozen under
            other rules.
    """
    check(units, scheme)
    group = assign(units, scheme)
    if frozen is None:
        frozen = freeze(scheme, units, group=group)
    elif frozen.scheme != scheme.digest:
        raise JiqunError(
            "E-PERMU-FROZEN",
            "数据冻结后规则或权重已改变，不能用原批次的基准值计算",
            "the rules or weights have changed since the benchmarks were frozen",
            hint_zh="请恢复原规则包，或建立新的批次版本。",
            hint_en="Go back to the rule pack of the batch, or open a new version of the batch.",
            kind=Kind.CONFLICT,
        )
    steps = _blank(scheme, units)
    hit = veto_flags(scheme, units)
    families, points = bonus_points(scheme, units)
    steps |= columns_of(families) | {f"veto.{code}": flags for code, flags in hit.items()}
    steps["bonus"] = points
    state = _State(scheme, units, frozen, steps, hit, is_last(scheme, hit, count=len(units.ids)))
    counts = {
        one.code: _group(state, one, np.flatnonzero(group == place))
        for place, one in enumerate(scheme.groups)
    }
    final, managed, decisive = _final(state, group)
    return Evaluation(
        scheme, units, frozen, group, steps, final, managed, decisive, counts,
        _digest(state, group, final=final, managed=managed, decisive=decisive),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _State:
    scheme: Scheme
    units: Units
    frozen: Frozen
    steps: dict[str, NDArray[Any]]
    hit: Mapping[str, Flags]
    last: Flags


def _blank(scheme: Scheme, units: Units) -> dict[str, NDArray[Any]]:
    count = len(units.ids)
    steps: dict[str, NDArray[Any]] = {}
    for code in dict.fromkeys(i.code for g in scheme.groups for i in g.indicators):
        for name, kind in ITEM_COLUMNS.items():
            fill = np.nan if kind is np.float64 else -1 if name == "reason" else 0
            steps[f"{code}.{name}"] = np.full(count, fill, dtype=kind)
    for name in ("sum", "known", "total", "rank", "n"):
        steps[name] = np.zeros(count, dtype=np.int64)
    for name in ("quota_grade", "bounded_grade", "veto_grade"):
        steps[name] = np.full(count, NONE, dtype=np.int8)
    steps["special"] = np.full(count, -1, dtype=np.int8)
    for place, one in reversed(list(enumerate(scheme.specials))):
        steps["special"][units.flags(units.classes, one.code)] = place
    return steps


def scored(
    scheme: Scheme, group: Group, units: Units, *, frozen: Frozen, rows: Ints,
    changed: Mapping[str, Figure] | None = None,
) -> Scored:  # fmt: skip
    """Score some units of a group, or the same units with other figures.

    Args:
        scheme: for how part years count.
        group: whose indicators.
        units: the batch.
        frozen: its benchmarks.
        rows: which units, repeated as often as wanted, shape (m,).
        changed: figures that replace those of the batch, shape (m,).
    """
    names = needed(group) | {name for name in PRODUCTION if name in units.figures}
    figures = {name: units.figure(name).take(rows) for name in names}
    months = None
    if scheme.mid_year == "annualise" and units.months is not None:
        months = units.months[rows]
    return score(
        group, frozen.groups[group.code], figures | dict(changed or {}),
        industry=units.industries()[rows], months=months,
    )  # fmt: skip


def _group(state: _State, group: Group, rows: Ints) -> tuple[int, ...]:
    """Compute one group into the steps; return its counts by quota."""
    steps = state.steps
    if not len(rows):
        return ()
    found = scored(state.scheme, group, state.units, frozen=state.frozen, rows=rows)
    for code, one in found.items.items():
        _keep(steps, code, rows, one)
    steps["sum"][rows], steps["known"][rows] = found.total, found.known
    steps["total"][rows] = found.total + steps["bonus"][rows]
    ranked, result = _ranked(state, group, rows)
    inside = rows[ranked]
    steps["rank"][inside], steps["n"][rows] = result.rank, result.n
    steps["quota_grade"][inside] = result.grade
    means = {c: one.group_mean for c, one in state.frozen.groups[group.code].items()}
    values = {code: one.quotient.value[ranked] for code, one in found.items.items()}
    steps["bounded_grade"][inside] = bounded(state.scheme, result.grade, values=values, means=means)
    return result.counts


def _keep(steps: dict[str, NDArray[Any]], code: str, rows: Ints, one: Item) -> None:
    for name in ITEM_COLUMNS:
        source = one.quotient if name in {"numerator", "denominator", "value"} else one
        steps[f"{code}.{name}"][rows] = getattr(source, name)


def enough(scheme: Scheme, known: Ints) -> Flags:
    """Return which units have data enough for a grade."""
    return (known > 0) & (known >= scheme.least_known)


def in_ranking(scheme: Scheme, *, known: Ints, special: Flags, last: Flags) -> Flags:
    """Return which units of a group hold a rank."""
    ranked = enough(scheme, known)
    if not scheme.count_special:
        ranked &= ~special
    if not scheme.count_veto or scheme.veto_fills_quota:
        ranked &= ~last
    return ranked


def _ranked(state: _State, group: Group, rows: Ints) -> tuple[Flags, Ranked]:
    scheme, steps = state.scheme, state.steps
    special, last = steps["special"][rows] >= 0, state.last[rows]
    ranked = in_ranking(scheme, known=steps["known"][rows], special=special, last=last)
    extra = 0
    if scheme.count_veto and scheme.veto_fills_quota:
        extra = int((last & (scheme.count_special | ~special)).sum())
    inside = rows[ranked]
    tax = state.units.figure("tax")
    return ranked, rank_and_grade(
        group.quota, steps["total"][inside], tie=tie_of(tax, inside), extra=extra
    )


def tie_of(tax: Figure, rows: Ints) -> Ints:
    """Return what ties are decided by: tax; an unknown tax stands behind every known one."""
    return np.where(tax.known[rows], tax.value[rows], np.iinfo(np.int64).min)


def _final(state: _State, group: Ints) -> tuple[Places, Places, Places]:
    scheme, steps = state.scheme, state.steps
    grade = steps["bounded_grade"]
    decisive = np.full(len(group), BY_QUOTA, dtype=np.int8)
    for place, one in enumerate(scheme.groups):
        rows = group == place
        if rows.any() and small(one.quota, int(steps["n"][rows].max())):
            decisive[rows] = BY_THRESHOLD
    decisive[grade != steps["quota_grade"]] = BY_BOUND
    after = decided(scheme, grade, state.hit)
    after[group < 0] = NONE
    steps["veto_grade"] = after
    decisive[after != grade] = BY_VETO
    final = after.copy()
    final[after == NONE] = INDEFINITE
    decisive[(after == NONE) & (group >= 0)] = BY_MISSING
    for code, why in (
        (UNDETERMINED, BY_UNKNOWN_GROUP),
        (NO_LAND, BY_NO_LAND),
        (NO_GROUP, BY_SCOPE),
    ):
        final[group == code] = OUTSIDE if code == NO_GROUP else INDEFINITE
        decisive[group == code] = why
    managed = np.where(final < len(scheme.grades), final, NONE).astype(np.int8)
    for place, one in enumerate(scheme.specials):
        rows = (steps["special"] == place) & (group != NO_GROUP)
        final[rows] = SPECIAL_T if one.label == "T" else INDEFINITE
        decisive[rows] = BY_CLASS
        managed[rows] = scheme.grades.index(one.managed_as) if one.managed_as else NONE
    return final, managed, decisive


def _digest(state: _State, group: Ints, *, final: Places, managed: Places, decisive: Places) -> str:
    order = state.units.in_order()
    columns = {name: column[order] for name, column in state.steps.items()}
    # A part without a value is NaN; all NaN are made one, so that equal means equal bytes.
    for name, column in columns.items():
        if column.dtype.kind == "f":
            columns[name] = np.where(np.isnan(column), np.nan, column)
    columns |= {
        "group": group[order], "final": final[order], "managed_as": managed[order],
        "decisive": decisive[order],
    }  # fmt: skip
    return digest(columns, state.scheme.digest, state.units.digest(), state.frozen.digest())
