"""Which rows of a fact table a viewer may see, as a condition that the engine evaluates.

A place answers for the codes that begin with it. A firm-level row belongs to the firms it names:
they see it, and an official sees it with a stated purpose, within the own places, where its
lawful basis allows single firms to be looked at. Codes of countries are letters (ISO 3166); what
is stated of a whole country is nobody's secret.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import reduce
from operator import or_
from typing import Any

import ibis
import ibis.expr.types as ir

from jiqun.core.access import Grade, Viewer, may_see_firm_rows
from jiqun.core.lawful.catalogue import purpose
from jiqun.core.lawful.gate import open_by_basis
from jiqun.facts.contract import Contract
from jiqun.facts.store.store import Store

COUNTRY = "^[A-Za-z]+$"
EVERYWHERE = "*"
# Cells of the statistics are not published ones: small cells stand among them unmasked, so they
# are for officials. Everything else that is not firm-level is public within the places.
FOR_OFFICIALS = frozenset({"industry_cell"})


def grade_of(contract: Contract) -> Grade:
    """Return the grade of a contract's rows."""
    if contract.grade == "firm":
        return Grade.FIRM
    return Grade.AGGREGATE if contract.name in FOR_OFFICIALS else Grade.PUBLIC


def firm_columns(contract: Contract) -> tuple[str, ...]:
    """Columns that name a firm."""
    return tuple(column.name for column in contract.columns if column.type == "firm_id")


def may_open(contract: Contract, viewer: Viewer) -> bool:
    """Whether the viewer may open the table at all; what stands in it is another question."""
    return viewer.known and (contract.name not in FOR_OFFICIALS or viewer.official)


def _any(tests: list[Any]) -> Any:
    return reduce(or_, tests, ibis.literal(value=False))


def in_places(column: Any, places: Collection[str], *, above: bool = False) -> Any:
    """Condition: the code lies in one of the places (or, with ``above``, contains one)."""
    if EVERYWHERE in places:
        return ibis.literal(value=True)
    own = sorted(places)
    tests = [column.startswith(place) for place in own]
    if above and own:
        uppers = sorted({place[:length] for place in own for length in range(1, len(place))})
        tests.append(column.isin(uppers))
    return _any(tests)


def _of_firms(facts: Store, places: Collection[str]) -> ir.Table:
    """Codes of the firms that the register places in one of the places."""
    firms = facts.current("firm")
    return firms.filter(in_places(firms["place"], places)).select("firm")


def visible_facts(facts: Store, contract: Contract, viewer: Viewer) -> ir.Table:
    """Return the current facts that the viewer may see: none unless a rule says so."""
    table: Any = facts.current(contract.name)
    if not may_open(contract, viewer):
        return table.filter(ibis.literal(value=False))
    firms = firm_columns(contract)
    if contract.grade == "firm":
        own = _any([table[name].isin(sorted(viewer.firms)) for name in firms if viewer.firms])
        if not may_see_firm_rows(viewer):
            return table.filter(own)
        near = _of_firms(facts, viewer.duty_places)
        seen = _any([table[name].isin(near["firm"]) for name in firms])
        return table.filter(own | (seen & open_by_basis(table, contract, purpose("official"))))
    if "place" in contract.names:
        own = in_places(table["place"], viewer.places, above=contract.name == "place")
        if contract.name in ("place", "input_output", *FOR_OFFICIALS):
            own = own | table["place"].re_search(COUNTRY)
        return table.filter(own)
    if firms:
        near = _of_firms(facts, viewer.places)
        own = _any([table[name].isin(sorted(viewer.firms)) for name in firms if viewer.firms])
        return table.filter(own | _any([table[name].isin(near["firm"]) for name in firms]))
    return table
