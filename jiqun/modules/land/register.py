"""Which firms are evaluated, for which purpose they are read, and where their inputs are held."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from jiqun.core.factstore import rows
from jiqun.facts.store.snapshot import Snapshot
from jiqun.facts.store.store import Store

PURPOSE = "permu"
INDICATORS = "firm_indicator"
REGISTER = ("firm", "name", "place", "status", "scale", "founded")
INDUSTRY = ("06", "46")  # divisions of GB/T 4754 that are industry
Words = tuple[str, str]
# Quantity: indicator of ``firm_indicator``, its base unit there, base units here in one of those.
HELD: Mapping[str, tuple[str, str, int]] = {
    "tax": ("tax", "CNY_fen", 1), "value_added": ("value_added", "CNY_fen", 1),
    "revenue": ("revenue", "CNY_fen", 1), "main_revenue": ("main_revenue", "CNY_fen", 1),
    "output": ("output", "CNY_fen", 1), "rd": ("rd_expense", "CNY_fen", 1),
    "technical_investment": ("technical_investment", "CNY_fen", 1),
    "project_investment": ("project_investment", "CNY_fen", 1),
    "land": ("land_m2", "m2", 100), "energy": ("energy_kgce", "kgce", 1_000),
    "emission": ("emission_kg", "kg", 1_000), "cod": ("cod_kg", "kg", 1_000),
    "so2": ("so2_kg", "kg", 1_000), "staff": ("employment", "person", 100),
    "electricity": ("electricity_kwh", "kWh", 1_000),
}  # fmt: skip


def industrial_firms(facts: Store, at: Snapshot, place: str) -> tuple[pl.DataFrame, list[Words]]:
    """Return the firms to evaluate by id, and what has to be said of the others.

    Left out are closed firms, those still building, and those whose main industry is no industry.
    A firm whose industry is not known is evaluated.
    """
    register = rows(facts, "firm", REGISTER, at)
    mine = register.filter(pl.col("place").str.starts_with(place) & (pl.col("status") != "closed"))
    main = rows(facts, "firm_industry", ["firm", "industry", "classification"], at, main=True)
    known = main.filter(pl.col("classification").str.starts_with("gbt4754")).unique("firm")
    found = mine.join(known.select("firm", "industry"), on="firm", how="left").sort("firm")
    division = pl.col("industry").str.slice(0, 2)
    other = ~division.is_between(pl.lit(INDUSTRY[0]), pl.lit(INDUSTRY[1])).fill_null(value=True)
    notes: list[Words] = []
    for count, zh, en in (
        (found.filter(pl.col("status") == "building").height, "在建，不参评", "still building"),
        (found.filter(other & (pl.col("status") != "building")).height, "主营不属于工业，不参评",
         "whose main industry is not industrial"),
    ):  # fmt: skip
        if count:
            notes.append((f"{count} 家企业{zh}。", f"{count} firm(s) {en}: not evaluated."))
    return found.filter((pl.col("status") != "building") & ~other), notes
