"""Per-mu grades of tables of any length, on DuckDB or Spark, equal to the engine's.

Nothing is sorted: the score at a quota's border is an order statistic, found by counting scores
in ever narrower ranges, and a grade is a comparison with it. That is the competition rank's
grade without the rank.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from jiqun.engine.indices.exact import Ints
from jiqun.engine.indices.grade import NONE, bound_line, counts, families, small
from jiqun.engine.indices.scheme import INDEFINITE, SPECIAL_T, Group, Quota, Scheme
from jiqun.engine.indices.score import FrozenItem
from jiqun.facts.indices.benchmarks import freeze_rows
from jiqun.facts.indices.items import (
    Expr,
    Rows,
    added,
    column,
    ib,
    items,
    quotients,
    staged,
)

Keep = Callable[[Rows], Rows]
RANGES = 65_536
NO_TAX = int(np.iinfo(np.int64).min)


@dataclass(frozen=True, slots=True)
class GradedTable:
    """One group, graded.

    Attributes:
        table: ``unit``, ``sum``, ``known``, ``bonus``, ``total``, ``quota_grade``,
            ``bounded_grade``, ``veto_grade`` and ``final`` as the engine's steps have them.
        frozen: benchmarks by indicator.
        n: units that the quotas are shares of.
        counts: units down to and with each grade; empty where thresholds were used.
        cuts: score at the border of each grade but the last.
    """

    table: Rows
    frozen: Mapping[str, FrozenItem]
    n: int
    counts: tuple[int, ...]
    cuts: tuple[int, ...]


def grade_table(
    table: Rows, scheme: Scheme, code: str, *, frozen: Mapping[str, FrozenItem] | None = None,
    keep: Keep = lambda found: found.cache(),
) -> GradedTable:  # fmt: skip
    """Grade the units of one group.

    Args:
        table: ``unit``, quantities as whole base units (null unknown), ``industry``; true or
            false ``bonus.<code>`` and ``veto.<code>`` (in force) and ``special`` (code or null)
            where there are any.
        scheme: the rules.
        code: the group.
        frozen: benchmarks of the batch; when None, those that the scheme asks for are computed.
        keep: stores an expression and returns it as a table; scores are read several times.
    """
    with staged():
        return _grade(table, scheme, scheme.group(code), frozen=frozen, keep=keep)


def _grade(
    table: Rows,
    scheme: Scheme,
    group: Group,
    *,
    frozen: Mapping[str, FrozenItem] | None,
    keep: Keep,
) -> GradedTable:
    rows = quotients(table, scheme, group)
    benchmarks = freeze_rows(rows, scheme, group) if frozen is None else frozen
    columns = added(items(rows, group.indicators, benchmarks), group)
    bounds = [b for b in scheme.bounds if f"{b.indicator}.value" in columns.columns]
    kept = keep(_slim(columns, scheme, [f"{b.indicator}.value" for b in bounds]))
    n, borders, cuts, graded = _quota(kept, scheme, group.quota)
    means = {name: one.group_mean for name, one in benchmarks.items()}
    bounded = graded["quota_grade"]
    for bound in bounds:
        at, value = scheme.grades.index(bound.grade), graded[f"{bound.indicator}.value"]
        line = bound_line(bound.of, bound.value, means[bound.indicator])
        hit = (value < line) if bound.side == "needs" else (value >= line)
        moved = at + 1 if bound.side == "needs" else at - 1
        bounded = ib.ifelse((bounded == at) & hit.fill_null(False), moved, bounded)
    graded = graded.mutate(bounded_grade=bounded.cast("int8"))
    graded = graded.mutate(veto_grade=_decided(graded, scheme))
    final = _final(graded, scheme)
    wanted = [
        "unit",
        "sum",
        "known",
        "bonus",
        "total",
        "quota_grade",
        "bounded_grade",
        "veto_grade",
    ]
    return GradedTable(graded.select(*wanted, final=final), benchmarks, n, borders, cuts)


def _slim(columns: Rows, scheme: Scheme, values: list[str]) -> Rows:
    """Keep what grading needs: few narrow columns are read several times."""
    flags = [f"veto.{one.code}" for one in scheme.vetoes if f"veto.{one.code}" in columns.columns]
    special = columns["special"] if "special" in columns.columns else ib.null("string")
    bonus, by_tax = _bonus(columns, scheme), any(g.quota.ties == "by_tax" for g in scheme.groups)
    tax = column(columns, "tax").fill_null(NO_TAX) if by_tax else ib.literal(0, "int64")
    kept = columns.select(
        "unit", "sum", "known", *dict.fromkeys(values), *flags, bonus=bonus,
        total=(columns["sum"] + bonus).cast("int64"),
        tax=tax, special=special,
    )  # fmt: skip
    last = ib.literal(False)
    for one in scheme.vetoes:
        if one.effect == "to" and one.grade == scheme.grades[-1] and f"veto.{one.code}" in flags:
            last = last | kept[f"veto.{one.code}"].fill_null(False)
    ranked = (kept["known"] > 0) & (kept["known"] >= scheme.least_known)
    if not scheme.count_special:
        ranked = ranked & kept["special"].isnull()
    if not scheme.count_veto or scheme.veto_fills_quota:
        ranked = ranked & ~last
    extra = ib.literal(False)
    if scheme.count_veto and scheme.veto_fills_quota:
        extra = last if scheme.count_special else last & kept["special"].isnull()
    return kept.mutate(ranked=ranked, extra=extra)


def _bonus(columns: Rows, scheme: Scheme) -> Expr:
    plus, minus = ib.literal(0, "int64"), ib.literal(0, "int64")
    for family in families(scheme.bonuses):
        best = ib.literal(0, "int64")
        for one in scheme.bonuses:
            name = f"bonus.{one.code}"
            if one.family == family and name in columns.columns:
                given = ib.ifelse(columns[name].fill_null(False), one.points, 0)
                best = ib.ifelse(given.abs() > best.abs(), given, best)
        plus = plus + ib.ifelse(best > 0, best, 0)
        minus = minus + ib.ifelse(best < 0, best, 0)
    if scheme.bonus_cap is not None:
        plus = ib.ifelse(plus > scheme.bonus_cap, scheme.bonus_cap, plus)
    if scheme.penalty_cap is not None:
        minus = ib.ifelse(minus < -scheme.penalty_cap, -scheme.penalty_cap, minus)
    return (plus + minus).cast("int64")


# ---- quota, vetoes, classes -----------------------------------------------------------------


def _quota(
    kept: Rows, scheme: Scheme, quota: Quota
) -> tuple[int, tuple[int, ...], tuple[int, ...], Rows]:
    row = kept.aggregate(
        ranked=kept["ranked"].sum(), extra=kept["extra"].sum(),
        low=kept["total"].min(where=kept["ranked"]), high=kept["total"].max(where=kept["ranked"]),
    ).to_pyarrow().to_pylist()[0]  # fmt: skip
    m = int(row["ranked"] or 0)
    n = m + int(row["extra"] or 0)
    if small(quota, n):
        inside = [kept["total"] >= cut for cut in quota.thresholds]
        return n, (), quota.thresholds, _graded(kept, inside, len(scheme.grades) - 1)
    borders = counts(quota, n)
    tests: list[Expr] = []
    cuts: list[int] = []
    search = _Search(kept.filter(kept["ranked"]), m, row["low"], row["high"], {})
    for count in borders[:-1]:
        cut, test = search.border(kept, quota.ties, count)
        cuts.append(cut)
        tests.append(test)
    return n, borders, tuple(cuts), _graded(kept, tests, len(scheme.grades) - 1)


def _graded(kept: Rows, inside: list[Expr], last: int) -> Rows:
    branches = [(~kept["ranked"], NONE), *((test, at) for at, test in enumerate(inside))]
    return kept.mutate(quota_grade=ib.cases(*branches, else_=last).cast("int8"))


@dataclass(frozen=True, slots=True)
class _Search:
    """Order statistics of the totals of the ranked units; ``seen`` keeps what was counted."""

    ranked: Rows
    count: int
    low: int | None
    high: int | None
    seen: dict[tuple[int, int], tuple[Ints, Ints]]

    def border(self, kept: Rows, ties: str, count: int) -> tuple[int, Expr]:
        """Return the cut and the test of being within the best ``count`` units."""
        total = kept["total"]
        if count < 1 or self.low is None or self.high is None:
            return NO_TAX, ib.literal(False)
        if count >= self.count:
            return self.low, total >= self.low
        if ties == "all_down":
            beyond = self._largest(count + 1)[0]
            return beyond, total > beyond
        cut, above = self._largest(count)
        if ties == "all_up":
            return cut, total >= cut
        same = self.ranked.filter(self.ranked["total"] == cut).select("tax").to_pyarrow()
        taxes = np.sort(np.asarray(same["tax"], dtype=np.int64))[::-1]
        tax = int(taxes[count - above - 1])
        return cut, (total > cut) | ((total == cut) & (kept["tax"] >= tax))

    def _counted(self, low: int, high: int, *, width: int) -> tuple[Ints, Ints]:
        """Ranges of ``width`` that hold totals, highest first, and how many each holds."""
        if (low, high) not in self.seen:
            inside = self.ranked
            if (low, high) != (self.low, self.high):
                inside = inside.filter(inside["total"].between(low, high))
            place = ((inside["total"] - low).cast("float64") / float(width)).floor().cast("int64")
            found = inside.group_by(place=place).aggregate(size=inside.count()).to_pyarrow()
            places, sizes = (np.asarray(found[name], dtype=np.int64) for name in ("place", "size"))
            order = np.argsort(places)[::-1]
            self.seen[low, high] = places[order], sizes[order]
        return self.seen[low, high]

    def _largest(self, k: int) -> tuple[int, int]:
        """Return the k-th largest total and how many are greater, by narrowing ranges."""
        low, high, above = int(self.low or 0), int(self.high or 0), 0
        while low < high:
            width = (high - low) // RANGES + 1
            places, sizes = self._counted(low, high, width=width)
            down = above + np.cumsum(sizes)
            at = int(np.searchsorted(down, k))
            above = int(down[at] - sizes[at])
            low, high = (
                low + int(places[at]) * width,
                min(low + int(places[at] + 1) * width - 1, high),
            )
        return low, above


def _decided(graded: Rows, scheme: Scheme) -> Expr:
    """Vetoes and direct grades: the worst ``to``, then caps."""
    found, forced = graded["bounded_grade"].cast("int64"), ib.literal(-1, "int64")
    for one in scheme.vetoes:
        if one.effect == "to" and f"veto.{one.code}" in graded.columns:
            at = scheme.grades.index(one.grade)
            hit = graded[f"veto.{one.code}"].fill_null(False)
            forced = ib.ifelse(hit & (forced < at), at, forced)
    found = ib.ifelse(forced >= 0, forced, found)
    for one in scheme.vetoes:
        if one.effect == "cap" and f"veto.{one.code}" in graded.columns:
            at = scheme.grades.index(one.grade)
            hit = graded[f"veto.{one.code}"].fill_null(False)
            found = ib.ifelse(hit & (found != NONE) & (found < at), at, found)
    return found.cast("int8")


def _final(graded: Rows, scheme: Scheme) -> Expr:
    found = ib.ifelse(graded["veto_grade"] == NONE, INDEFINITE, graded["veto_grade"].cast("int64"))
    branches = [
        (graded["special"] == one.code, SPECIAL_T if one.label == "T" else INDEFINITE)
        for one in scheme.specials
    ]
    return (ib.cases(*branches, else_=found) if branches else found).cast("int8")
