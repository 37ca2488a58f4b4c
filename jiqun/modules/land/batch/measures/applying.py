"""Which measures meet which firm of an announced batch, with the years in a row behind it."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import polars as pl

from jiqun.engine.indices.measures import Applied, applied, streaks, surcharge
from jiqun.engine.indices.measures import Waiver as Spared
from jiqun.facts.store.store import Store
from jiqun.modules.land.batch.computing import rows_of
from jiqun.modules.land.batch.history import history_of
from jiqun.modules.land.evaluation.findings import scheme_for
from jiqun.modules.land.models import Batch, Calculation, Sheet, Waiver
from jiqun.modules.land.register import HELD
from jiqun.modules.land.states.batch import State

Row = dict[str, Any]


def measure_rows(facts: Store, batch: Batch, on: date, only: str = "") -> list[Row]:
    """Return a row per firm and measure: grade, years in a row, what it is, whether it is suspended.

    ``only`` narrows them to one.
    Years are counted over announced batches and the results recorded for earlier years; a year
    without either ends the count.
    The surcharge of twelve months is an estimate over the year's electricity on the sheet; unknown
    where the sheet has none.
    """
    last = Calculation.objects.newest(batch.pk)
    if last is None:
        return []
    held = (
        rows_of(facts, last.run)
        .select("firm", "name", "grade", "managed_as")
        .drop_nulls("managed_as")
    )
    if only:
        held = held.filter(pl.col("firm") == only)
    firms, grades = held["firm"].to_list(), held["managed_as"].to_list()
    before = history_of(facts, [batch.place], batch.year, firms)
    years = streaks(firms, grades, history=before, year=batch.year).tolist()
    scheme = scheme_for(batch.rules, batch.year)
    spared = {one.firm: one for one in Waiver.objects.in_force(batch.pk)}
    power, running = _electricity(batch, only), _running(batch, on)
    rows: list[Row] = []
    for (firm, name, grade, managed), count in zip(held.iter_rows(), years, strict=True):
        waiver = spared.get(firm)
        said = Spared(firm, waiver.decision, waiver.commitment, waiver.until) if waiver else None
        for one in applied(scheme, managed, years=count, on=on, waiver=said):
            rows += [{
                "batch": batch.key, "year": str(batch.year), "place": batch.place, "firm": firm, "name": name,
                "grade": grade, "managed_as": managed, **_measure(one, power.get(firm)),
                "first": batch.measures_from, "last": batch.measures_until,
                "until": waiver.until if waiver and one.waiver else None,
                "in_force": running and not one.waiver,
            }]  # fmt: skip
    return rows


def _running(batch: Batch, on: date) -> bool:
    first, last = batch.measures_from, batch.measures_until
    if batch.state != State.MEASURES or first is None or last is None:
        return False
    return first <= on <= last


def _measure(one: Applied, watt_hours: int | None) -> Row:
    what, estimate = one.measure, None
    if what.op == "add" and what.unit == "元/kWh" and what.value and watt_hours is not None:
        estimate = int(surcharge(np.array([watt_hours], dtype=np.int64), what.value)[0])
    return {
        "years": one.years, "code": what.code, "measure": what.zh, "measure_en": what.en,
        "value": what.value, "unit": what.unit, "estimate_fen": estimate, "basis": what.basis,
        "waiver": one.waiver,
    }  # fmt: skip


def _electricity(batch: Batch, only: str) -> dict[str, int]:
    """Wh of the year by firm, where the sheet has them."""
    factor, found = HELD["electricity"][2], dict[str, int]()
    for firm, figures in Sheet.objects.figures_in(batch.pk, only):
        for one in figures:
            if one["name"] == "electricity" and one["value"] is not None:
                found[firm] = one["value"] * factor
    return found
