"""What would change a firm's grade: the nearest path, and a trial with other figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any

import numpy as np

from jiqun.core.tabular import pick
from jiqun.engine.indices.exact import POINT
from jiqun.engine.indices.nearest import NEVER, USUAL, Lever, nearest
from jiqun.engine.indices.quantities import QUANTITIES, SHOWN
from jiqun.engine.indices.scheme import quantities_of
from jiqun.engine.indices.what_if import what_if
from jiqun.errors import Problem
from jiqun.modules.land.evaluation.findings import Graded
from jiqun.modules.land.evaluation.shown import figure_words, number_words
from jiqun.modules.land.evaluation.words import unit_en

Row = dict[str, Any]
# Costs of a step are this project's placeholders ◆; a county puts its own.
ELECTRICITY = Lever("electricity", -1, 1_000_000, 60_000)  # 1,000 kWh
MOST = Decimal(10) ** 9  # of a figure in the unit that people use


@dataclass(frozen=True, slots=True)
class Path:
    """What takes one firm to the next grade.

    Attributes:
        target: the grade aimed at; empty where no figure of the firm's decides its grade.
        single: one row per figure: what it is, and must become, when nothing else changes.
        together: the figures of the cheapest combination.
        cost: of the combination in fen; None where there is none.
        proved: whether nothing is cheaper.
    """

    target: str
    single: list[Row]
    together: list[Row]
    cost: int | None
    proved: bool


def levers_of(graded: Graded, group: int) -> tuple[Lever, ...]:
    """Return the figures that a group's indicators are made of and that a firm can move."""
    used = {
        name
        for one in graded.scheme.groups[group].indicators
        for name in (one.numerator, one.denominator)
    }
    return tuple(lever for lever in (*USUAL, ELECTRICITY) if lever.quantity in used)


def path_of(graded: Graded, firm: str) -> Path:
    """Find the nearest path of one firm, exact under the ranking of all others."""
    nothing = Path("", [], [], None, proved=True)
    at = graded.at(firm)
    group = int(graded.evaluation.group[at])
    levers = levers_of(graded, group) if group >= 0 else ()
    if not levers:
        return nothing
    found = nearest(graded.evaluation, levers=levers, rows=np.array([at], dtype=np.int64))
    if not len(found.rows):
        return nothing
    single = [_step(graded, at, lever, int(found.single[0, k])) for k, lever in enumerate(levers)]
    steps = [int(found.together[0, k]) for k in range(len(levers))]
    together = [
        _step(graded, at, lever, count) for lever, count in zip(levers, steps, strict=True) if count > 0
    ]  # fmt: skip
    cost = int(found.cost[0])
    return Path(
        graded.scheme.label(int(found.target[0])), single, together,
        None if cost == NEVER else cost, proved=bool(found.proved[0]),
    )  # fmt: skip


def _step(graded: Graded, at: int, lever: Lever, count: int) -> Row:
    """A figure now, what it must become, and the difference; of one that does not suffice, so."""
    kind = QUANTITIES[lever.quantity]
    per, unit = float(SHOWN[kind.shown][1]), pick(kind.shown, unit_en(kind.shown))
    row: Row = {
        "figure": pick(kind.zh, kind.en), "now": figure_words(graded, at, lever.quantity),
        "then": pick("单独改变达不到", "not enough alone"), "change": "—",
    }  # fmt: skip
    if count == NEVER:
        return row
    change = lever.sign * lever.step * count
    value = int(graded.evaluation.units.figure(lever.quantity).value[at]) + change
    sign = "+" if change > 0 else "−"
    return row | {
        "then": f"{number_words(value / per)} {unit}",
        "change": f"{sign}{number_words(abs(change) / per)} {unit}",
    }


@dataclass(frozen=True, slots=True)
class Trial:
    """A firm's grade under other figures, benchmarks frozen, all others as they are."""

    before: Row
    after: Row
    moved: int
    problems: tuple[Problem, ...]


def inputs_of(graded: Graded, firm: str) -> list[Row]:
    """Return the figures that a trial can change: name, words, unit, value now."""
    at = graded.at(firm)
    group = int(graded.evaluation.group[at])
    groups = graded.scheme.groups if group < 0 else [graded.scheme.groups[group]]
    return [
        {"name": name, "label": pick(QUANTITIES[name].zh, QUANTITIES[name].en),
         "unit": pick(QUANTITIES[name].shown, unit_en(QUANTITIES[name].shown)),
         "now": figure_words(graded, at, name)}
        for name in quantities_of(groups)
    ]  # fmt: skip


def trial_of(graded: Graded, firm: str, asked: Mapping[str, str]) -> Trial:
    """Put other figures for a firm's own; what cannot be read is left out and said."""
    problems: list[Problem] = []
    changes: dict[str, int | None] = {}
    for name, text in asked.items():
        value = _read(name, text)
        if value is None:
            problems.append(_unread(name, text))
        else:
            changes[name] = value
    at = graded.at(firm)
    found = what_if(graded.evaluation, {graded.evaluation.units.ids[at]: changes})
    others = [int(one) for one in found.moved if int(one) != at]
    return Trial(
        _standing(graded, at), _standing(replace(graded, evaluation=found.after), at),
        len(others), tuple(problems),
    )  # fmt: skip


def _read(name: str, text: str) -> int | None:
    try:
        number = Decimal(text.replace(",", "").replace("，", "").strip())
    except InvalidOperation:
        return None
    if name not in QUANTITIES or not number.is_finite() or abs(number) > MOST:
        return None
    scale = SHOWN[QUANTITIES[name].shown][1]
    return round(number * scale.numerator / scale.denominator)


def _unread(name: str, text: str) -> Problem:
    kind = QUANTITIES.get(name)
    words = (kind.zh, kind.en) if kind else (name, name)
    return Problem(
        "E-PERMU-INPUT", f"“{words[0]}”的取值“{text}”读不懂，已略去",
        f"the value “{text}” of “{words[1]}” cannot be read and was left out",
        "请写数字，如 120.5。", "Write a number such as 120.5.", column=name, value=text,
    )  # fmt: skip


def _standing(graded: Graded, at: int) -> Row:
    steps = graded.evaluation.steps
    known, rank = int(steps["known"][at]) > 0, int(steps["rank"][at])
    return {
        "grade": graded.evaluation.grades()[at],
        "total": float(steps["total"][at]) / POINT if known else None,
        "rank": rank or None, "counted": int(steps["n"][at]) if rank else None,
    }  # fmt: skip
