"""The audit of a table together with every table that its readers may know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import polars as pl
from django.db.models import Q

from jiqun.core.models.publication import PublishedTable
from jiqun.core.publication.data import stored
from jiqun.engine.disclosure.attack import Audit
from jiqun.engine.disclosure.plan import Options, findings
from jiqun.engine.disclosure.rules import Rule
from jiqun.engine.disclosure.tables import System, Table
from jiqun.errors import Problem
from jiqun.facts.store.store import Store

RULE = Rule()
OPTIONS = Options()
LISTED = 60  # cells that an error names one by one; the report has all


def linked(place: str, measure: str, period: str, *, but: str = "") -> list[PublishedTable]:
    """Return tables that share firms with a table: same measure, overlapping place, near period.

    These are all tables of the same period, and those of the nearest period before and after:
    figures that did not change between two periods cancel in the difference of two totals.
    Withdrawn tables stay among them, since readers have seen them.
    """
    shorter = [place[:length] for length in range(1, len(place) + 1)]
    near = PublishedTable.objects.known_to_readers().filter(
        Q(place__in=shorter) | Q(place__startswith=place), measure=measure
    )
    if but:
        near = near.exclude(key=but)
    periods = sorted(set(near.values_list("period", flat=True)))
    earlier = [one for one in periods if one < period][-1:]
    later = [one for one in periods if one > period][:1]
    return list(near.filter(period__in=[period, *earlier, *later]).order_by("id"))


def engine_tables(facts: Store, tables: Sequence[PublishedTable]) -> list[Table]:
    """Return stored tables as the engine takes them, each from its own snapshot."""
    return [stored(facts, one) for one in tables]


def report_of(
    system: System, result: Audit, others: Sequence[PublishedTable], *, merges: int, gap: float
) -> dict[str, Any]:
    """Return the whole result of an audit as JSON values.

    Bounds are those that any reader can compute from what is published; true values of withheld
    cells are not in it, only how near the nearest bound comes in shares of the value.
    """
    found = pl.DataFrame(dict(findings(system, result)))
    value = pl.col("total").abs().clip(lower_bound=1)
    nearest = pl.min_horizontal(
        (pl.col("total") - pl.col("low")) / value, (pl.col("high") - pl.col("total")) / value
    )
    width = found.select(nearest.min().alias("nearest"))["nearest"][0] if found.height else None
    return {
        "passed": result.passed,
        "sensitive": found.height,
        "recoverable": result.recoverable,
        "exact": result.exact,
        "exposed": int(found["exposed"].sum()),
        "insiders_tried": result.tried,
        "insider_exposures": len(result.insiders),
        "known_before": result.known,
        "nearest_share": width,
        "gap": None if gap != gap else gap,  # noqa: PLR0124 - NaN is not computed
        "merges": merges,
        "linked": [one.key for one in others],
        "rule": asdict(system.rule),
        "cells": found.select(
            "table", "coordinate", "low", "high", "implied", "exact", "within", "exposed", "insiders"
        ).to_dicts(),
    }  # fmt: skip


def cell_words(coordinate: str, names: Mapping[str, str], whole: str) -> str:
    """Write a coordinate as a person reads it; ``whole`` stands for all of a dimension."""
    return " × ".join(code_words(code, names, whole) for code in coordinate.split("|"))


def code_words(code: str, names: Mapping[str, str], whole: str) -> str:
    """Write one code of a coordinate, a merged one by its parts."""
    if not code:
        return whole
    return " + ".join(names.get(part, part) for part in code.split("+"))


def problems_of(report: Mapping[str, Any], names: Mapping[str, str]) -> list[Problem]:
    """Return one problem for each cell that somebody could recover."""
    weak = [cell for cell in report["cells"] if cell["exposed"] or cell["insiders"]]
    return [
        Problem(
            "E-PUBLICATION-EXPOSED",
            f"{cell_words(cell['coordinate'], names, '合计')}：可推算到 {cell['low']:,}–{cell['high']:,}"
            + (f"；{cell['insiders']} 家企业可推得更近" if cell["insiders"] else ""),
            f"{cell_words(cell['coordinate'], names, 'total')}: can be bounded to {cell['low']:,}–{cell['high']:,}"
            + (f"; {cell['insiders']} firm(s) come nearer" if cell["insiders"] else ""),
            remedy_zh="请合并相邻类别，或去掉一个维度后重新起草。",
            remedy_en="Merge neighbouring categories or leave out a dimension, and draft again.",
            sheet=cell["table"],
            column=cell["coordinate"],
        )
        for cell in weak[:LISTED]
    ]  # fmt: skip
