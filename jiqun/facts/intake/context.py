"""What the store already knows that a file refers to: codes of places, firms and industries."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from jiqun.facts.contract import Contract
from jiqun.facts.intake.hints import Hints, Scope
from jiqun.facts.load.mapping import Table
from jiqun.facts.load.references import FIRM, INDUSTRY, PLACE, REFERENCES, Known
from jiqun.facts.read.raw import RawTable
from jiqun.facts.store.store import Store


def known_of(facts: Store, contract: Contract, scope: Scope) -> Known:
    """Return the codes that rows of ``contract`` may refer to, and whose rows are the sender's."""
    kinds = {*REFERENCES.get(contract.name, {}).values()}
    kinds |= {INDUSTRY} if contract.name == "industry" else set()
    known = Known(
        own_firms=None if scope.firms is None else frozenset(scope.firms),
        own_places=None if scope.places is None else frozenset(scope.places),
    )
    if PLACE in kinds:
        known.places = {*facts.polars("place", ["place"])["place"]}
    if FIRM in kinds:
        firms = {*facts.polars("firm", ["firm"])["firm"]}
        # The nearest code is offered for a wrong one: never that of a firm the sender may not see.
        known.firms = firms if known.own_firms is None else firms & known.own_firms
    if INDUSTRY in kinds:
        known.learn("industry", facts.polars("industry", ["classification", "code"]))
    return known


def _unique(names: pl.Series, codes: pl.Series) -> dict[str, str]:
    """Names that stand for exactly one code."""
    frame = pl.DataFrame({"name": names, "code": codes}).drop_nulls().unique()
    single = frame.filter(~pl.col("name").is_duplicated())
    return dict(single.iter_rows())


def translations(
    facts: Store, table: Table, raw: RawTable, hints: Hints
) -> Mapping[str, Mapping[str, str]]:
    """Return name → code for columns of places and industries that hold names.

    Only a name that is exactly one code's is translated; the rest stays and is refused as an
    unknown code.
    """
    made: dict[str, Mapping[str, str]] = {}
    for column in ("place", "industry"):
        take = table.columns.get(column)
        if take is None or column in hints.values or table.contract in (column, "place"):
            continue
        cells = raw.frame[take.headings[0]].cast(pl.String).drop_nulls()
        if not cells.str.contains(r"\p{Han}").any():
            continue
        if column == "place":
            found = facts.polars("place", ["place", "name_zh"])
            made[column] = _unique(found["name_zh"], found["place"])
        else:
            made[column] = _industry_names(facts, table)
    return made


def _industry_names(facts: Store, table: Table) -> dict[str, str]:
    wanted = table.constants.get("classification", "")
    if not wanted:
        return {}
    found = facts.polars("industry", ["classification", "code", "name_zh"])
    mine = found.filter(pl.col("classification") == wanted)
    return _unique(mine["name_zh"], mine["code"])
