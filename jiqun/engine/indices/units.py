"""The units of one evaluation: their figures, what sorts them into groups, and what happened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jiqun.engine.indices.exact import EXACT, Flags, Ints, digest
from jiqun.engine.indices.quantities import QUANTITIES, Figure, factors, unknown
from jiqun.engine.indices.scheme import Admits, Scheme
from jiqun.errors import JiqunError, Problem

SORTING = ("scale", "tenant", "park", "rented_floor", "age")
NO_GROUP, UNDETERMINED, NO_LAND = -1, -2, -3
PRODUCTION = ("revenue", "main_revenue", "output", "value_added", "tax")


@dataclass(frozen=True, slots=True)
class Note:
    """Something documented about one unit: a bonus, a class, or an event with its day."""

    unit: str
    code: str
    evidence: str
    on: date | None = None


@dataclass(frozen=True)
class Units:
    """What is known of the units of a batch, one entry per unit in every array.

    Attributes:
        ids: keys that survive a change of name (18-digit codes), each once.
        figures: by name of :data:`~jiqun.engine.indices.quantities.QUANTITIES`.
        sorting: by name of ``SORTING``: ``scale`` 1 above the threshold of statistics and 0
            below; ``tenant`` and ``park`` 1 or 0; ``rented_floor`` in 0.01 m²; ``age`` in years.
        industry: two digits of GB/T 4754, empty where unknown.
        months: of the year in which the unit was there.
        bonuses: documents for bonus and penalty items.
        events: documents for vetoes and direct grades, with the day.
        classes: documents for T and 不定等级.
    """

    ids: tuple[str, ...]
    figures: Mapping[str, Figure]
    sorting: Mapping[str, Figure] = field(default_factory=dict[str, Figure])
    industry: NDArray[Any] | None = None
    months: Ints | None = None
    bonuses: tuple[Note, ...] = ()
    events: tuple[Note, ...] = ()
    classes: tuple[Note, ...] = ()

    def figure(self, name: str) -> Figure:
        """Return a figure; wholly unknown where nobody gave it."""
        return self.figures.get(name) or unknown(len(self.ids))

    def sorted_by(self, name: str) -> Figure:
        """Return what sorts into groups; wholly unknown where nobody gave it."""
        return self.sorting.get(name) or unknown(len(self.ids))

    def industries(self) -> NDArray[Any]:
        """Return the industry of each unit, empty where unknown."""
        empty = np.full(len(self.ids), "", dtype="<U2")
        return empty if self.industry is None else self.industry

    def flags(self, notes: tuple[Note, ...], code: str) -> Flags:
        """Return which units have a note of this code."""
        who = {note.unit for note in notes if note.code == code}
        return np.fromiter((one in who for one in self.ids), dtype=np.bool_, count=len(self.ids))

    def in_order(self) -> Ints:
        """Return the places of the units in the order of their keys, for digests."""
        return np.argsort(np.asarray(self.ids, dtype=object)).astype(np.int64)

    def digest(self) -> str:
        """Return the SHA-256 of everything known, whatever the order of rows and notes."""
        order = self.in_order()
        columns: dict[str, NDArray[Any]] = {"id": np.asarray(self.ids, dtype=object)[order]}
        for kind, figures in (("figure", self.figures), ("sorting", self.sorting)):
            for name, figure in figures.items():
                columns[f"{kind}.{name}"] = figure.clean()[order]
                columns[f"{kind}.{name}.known"] = figure.known[order]
        columns["industry"] = self.industries().astype(object)[order]
        if self.months is not None:
            columns["months"] = self.months[order]
        notes = [sorted(map(repr, kind)) for kind in (self.bonuses, self.events, self.classes)]
        return digest(columns, *(repr(kind) for kind in notes))


def check(units: Units, scheme: Scheme) -> None:
    """Refuse units that cannot be evaluated, with every problem.

    Raises:
        JiqunError: ``E-PERMU-INPUT``.
    """
    problems = [*_shapes(units), *_sizes(units, scheme), *_notes(units, scheme)]
    if problems:
        raise JiqunError(
            "E-PERMU-INPUT",
            f"评价输入有 {len(problems)} 处问题：{problems[0].message_zh}",
            f"the evaluation's input has {len(problems)} problem(s): {problems[0].message_en}",
            hint_zh="请逐条更正后重新计算；在此之前不产生任何得分。",
            hint_en="Correct each and compute again; nothing has been scored.",
            fields=problems,
        )


def _problem(zh: str, en: str, column: str = "", value: str = "") -> Problem:
    return Problem("E-PERMU-INPUT", zh, en, column=column, value=value)


def _shapes(units: Units) -> Iterator[Problem]:
    count = len(units.ids)
    seen: set[str] = set()
    for one in units.ids:
        if one in seen:
            yield _problem(
                "同一单位出现两次（以统一社会信用代码为准，改名不算新单位）",
                "the unit is there twice (by its key; a new name is not a new unit)",
                "unit",
                one,
            )
        seen.add(one)
    arrays = {**units.figures, **units.sorting}
    for name, figure in arrays.items():
        if name not in QUANTITIES and name not in SORTING:
            yield _problem("未知的输入项", "an unknown input", name)
        if figure.value.shape != (count,) or figure.known.shape != (count,):
            yield _problem(f"应有 {count} 个值", f"must have {count} values", name)
        if figure.value.dtype != np.int64:
            yield _problem("应为整数最小单位", "must be whole numbers of its base unit", name)
    for name, column in (("industry", units.industry), ("months", units.months)):
        if column is not None and column.shape != (count,):
            yield _problem(f"应有 {count} 个值", f"must have {count} values", name)
    if units.months is not None and ((units.months < 1) | (units.months > 12)).any():
        yield _problem("月数应为 1–12", "months must be 1 to 12", "months")


def _sizes(units: Units, scheme: Scheme) -> Iterator[Problem]:
    """Products of the quotient must be exact in float64: see :mod:`exact`."""
    yearly = 12 if scheme.mid_year == "annualise" else 1
    least: dict[str, int] = {}
    for group in scheme.groups:
        for one in group.indicators:
            above, below = factors(one.unit)
            for name, factor in ((one.numerator, above), (one.denominator, below)):
                least[name] = min(least.get(name, EXACT), EXACT // (factor * yearly))
    for name, most in least.items():
        figure = units.figures.get(name)
        if figure is None or figure.value.dtype != np.int64:
            continue
        wide = figure.known & (np.abs(figure.value) >= most)
        for at in np.flatnonzero(wide)[:20]:
            yield _problem(
                f"{QUANTITIES[name].zh}超出可精确计算的范围，单位可能有误",
                f"{QUANTITIES[name].en} is beyond what is computed exactly; check its unit",
                name,
                f"{units.ids[at]}: {figure.value[at]}" if at < len(units.ids) else "",
            )


def _notes(units: Units, scheme: Scheme) -> Iterator[Problem]:
    there = set(units.ids)
    kinds = (
        (units.bonuses, {one.code for one in scheme.bonuses}, "bonuses"),
        (units.events, {one.code for one in scheme.vetoes}, "events"),
        (units.classes, {one.code for one in scheme.specials}, "classes"),
    )
    for notes, known, kind in kinds:
        for note in notes:
            where = f"{note.unit} {note.code}"
            if note.unit not in there:
                yield _problem("没有这个单位", "no such unit", kind, where)
            if note.code not in known:
                yield _problem("规则包没有这一项", "the rule pack has no such item", kind, where)
            if not note.evidence.strip():
                yield _problem("缺少依据文件编号", "no document is named", kind, where)
            if kind == "events" and note.on is None:
                yield _problem("缺少发生日期", "no day is given", kind, where)


def assign(units: Units, scheme: Scheme) -> Ints:
    """Return the group of each unit: its place in the scheme, or why it has none.

    The first group that takes a unit has it. Where an earlier group might take it if something
    unknown were known, the group is undetermined rather than the next one.

    Returns:
        Shape (n,): 0 …, or ``NO_GROUP``, ``UNDETERMINED``, ``NO_LAND``.
    """
    count = len(units.ids)
    group = np.full(count, NO_GROUP, dtype=np.int64)
    open_ = np.ones(count, dtype=np.bool_)
    land = units.figure("land")
    landless = land.known & (land.value <= 0)
    codes = [one.code for one in scheme.groups]
    group[landless] = NO_LAND if scheme.landless == "indefinite" else codes.index(scheme.landless)
    open_ &= ~landless
    for place, one in enumerate(scheme.groups):
        ways = [_admitted(units, way) for way in one.admits]
        yes = np.logical_or.reduce([way[0] for way in ways])
        maybe = np.logical_or.reduce([way[1] for way in ways])
        group[open_ & yes] = place
        group[open_ & maybe & ~yes] = UNDETERMINED
        open_ &= ~yes & ~maybe
    return group


def _admitted(units: Units, admits: Admits) -> tuple[Flags, Flags]:
    """Whether a way lets each unit in, and whether it may once the unknown is known."""
    yes = np.ones(len(units.ids), dtype=np.bool_)
    maybe = yes.copy()
    land = units.figure("land")
    wants: list[tuple[Figure, Flags]] = []
    if admits.scale is not None:
        scale = units.sorted_by("scale")
        wants.append((scale, scale.value == int(admits.scale == "above")))
    for name, want in (("tenant", admits.tenant), ("park", admits.park)):
        if want is not None:
            figure = units.sorted_by(name)
            wants.append((figure, figure.value == int(want)))
    if admits.land_from is not None:
        wants.append((land, land.value >= admits.land_from))
    if admits.land_below is not None:
        wants.append((land, land.value < admits.land_below))
    for name, from_ in (("rented_floor", admits.rented_floor_from), ("age", admits.age_from)):
        if from_ is not None:
            figure = units.sorted_by(name)
            wants.append((figure, figure.value >= from_))
    for figure, fits in wants:
        yes &= figure.known & fits
        maybe &= ~figure.known | fits
    return yes, maybe
