"""Facts out as the very table that imports them."""

from __future__ import annotations

from typing import Literal

import polars as pl

from jiqun.facts.store.store import Store
from jiqun.facts.template import export_csv, workbook


def template(facts: Store, contract: str) -> bytes:
    """Return the empty Excel template of a contract."""
    return workbook(facts.tables.contract(contract))


def export(
    facts: Store,
    contract: str,
    rows: pl.DataFrame | None = None,
    *,
    form: Literal["xlsx", "csv"] = "xlsx",
) -> bytes:
    """Return current facts as a filled-in template; importing it changes nothing.

    Args:
        facts: the store.
        contract: name of the contract.
        rows: the facts to write (the contract's columns); all current ones unless given. What a
            person may see is the caller's to choose.
        form: workbook or text.
    """
    spec = facts.tables.contract(contract)
    chosen = facts.polars(contract) if rows is None else rows
    ordered = chosen.sort(spec.key, nulls_last=True)
    return workbook(spec, ordered) if form == "xlsx" else export_csv(spec, ordered)
