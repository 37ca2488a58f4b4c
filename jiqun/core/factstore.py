"""The usual way to read rows of the fact store; the only one to rows about single firms."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import ibis
import ibis.expr.types as ir
import polars as pl

from jiqun.core.access import Viewer
from jiqun.core.lawful.catalogue import purpose as purpose_of
from jiqun.core.lawful.gate import LawfulRead, lawful, needed, subjects
from jiqun.core.opened import store
from jiqun.errors import JiqunError, Kind
from jiqun.facts.contract import contracts
from jiqun.facts.store.snapshot import Snapshot
from jiqun.facts.store.store import Store

At = Snapshot | str | None
__all__ = [
    "LawfulRows", "is_synthetic", "lawful_rows", "own_places", "own_rows", "rows", "store", "table",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class LawfulRows:
    """Firm-level rows that may be used for a purpose, and what became of the others."""

    frame: pl.DataFrame
    read: LawfulRead


def is_firm_level(name: str) -> bool:
    """Whether a table of facts speaks of single firms and so has a gate before it."""
    known = contracts().get(name)
    return known is not None and known.grade == "firm"


def _many(value: object) -> bool:
    return isinstance(value, (list, tuple, set, frozenset))


def _narrowed(facts: Store, name: str, at: At, equal: dict[str, Any]) -> ir.Table:
    found = facts.current(name, at=at)
    for column, value in equal.items():
        field = cast(Any, found[column])
        found = found.filter(field.isin(list(value)) if _many(value) else field == value)
    return found


def _frame(
    facts: Store,
    name: str,
    columns: Sequence[str] | None,
    at: At,
    equal: dict[str, Any],
    either: Sequence[str] | None = None,
    among: Sequence[str] = (),
) -> pl.DataFrame:
    """Rows that equal every given value, of which one of the columns ``either`` is ``among``.

    A small table is narrowed in memory, where it stays; a large one where it lies, by the engine.
    """
    held = facts.small(name, at)
    if held is not None:
        asked = [
            pl.col(column).is_in(list(value)) if _many(value) else pl.col(column) == value
            for column, value in equal.items()
        ]
        if either is not None:
            named = [pl.col(one).is_in(list(among)) for one in either]
            asked.append(pl.any_horizontal(pl.lit(value=False), *named))
        found = held.filter(*asked) if asked else held
        return found.select(*columns) if columns is not None else found
    wanted = _narrowed(facts, name, at, equal)
    if either is not None:
        own: Any = ibis.literal(value=False)
        for one in either:
            own = own | cast(Any, wanted[one]).isin(list(among))
        wanted = wanted.filter(own)
    return (wanted.select(*columns) if columns is not None else wanted).to_polars()


def table(facts: Store, name: str, at: At = None, **equal: Any) -> ir.Table:
    """Return current facts as an Ibis table, narrowed to rows that equal every given value.

    A list, tuple or set stands for "one of these".

    Raises:
        JiqunError: ``E-PURPOSE-NEEDED`` for a table about single firms; see :func:`lawful_rows`.
    """
    _public(name)
    return _narrowed(facts, name, at, equal)


def _public(name: str) -> None:
    if is_firm_level(name):
        raise JiqunError(
            "E-PURPOSE-NEEDED",
            f"表 {name} 是企业级数据，读取时必须说明用途",
            f"table {name} holds data about single firms and is read for a stated purpose only",
            hint_zh="请改用 lawful_rows(…, purpose=…)；企业读自己的数据用 own_rows。",
            hint_en="Use lawful_rows(…, purpose=…); own_rows for a firm's own rows.",
            kind=Kind.FORBIDDEN,
        )


def rows(
    facts: Store, name: str, columns: Sequence[str] | None = None, at: At = None, **equal: Any
) -> pl.DataFrame:
    """Return current facts as a frame; see :func:`table`."""
    _public(name)
    return _frame(facts, name, columns, at, equal)


def lawful_rows(
    facts: Store,
    name: str,
    columns: Sequence[str],
    at: At = None,
    *,
    purpose: str,
    reference: str,
    **equal: Any,
) -> LawfulRows:
    """Return the rows of a firm-level table that may be used for a purpose today.

    Args:
        facts: The store.
        name: A table of grade ``firm``.
        columns: Columns to return; they decide which fields a consent has to cover.
        at: Snapshot; the present state by default. Consent always counts as of today.
        purpose: Code of the catalogue of purposes.
        reference: What reads them and over what, as firms see it in the log of uses.
        **equal: Conditions as for :func:`table`.

    Raises:
        JiqunError: ``E-PURPOSE-UNKNOWN``.
    """
    known, contract = purpose_of(purpose), contracts()[name]
    wanted = list(dict.fromkeys([*columns, *needed(contract)]))
    frame = _frame(facts, name, wanted, at, equal)
    allowed, read = lawful(frame, contract, known, columns=columns, reference=reference)
    return LawfulRows(allowed.select(*columns), read)


def own_rows(
    facts: Store,
    name: str,
    viewer: Viewer,
    columns: Sequence[str] | None = None,
    at: At = None,
    **equal: Any,
) -> pl.DataFrame:
    """Return rows of a firm-level table that speak of the viewer's own firms, on any basis."""
    return _frame(
        facts, name, columns, at, equal, subjects(contracts()[name]), sorted(viewer.firms)
    )


def is_synthetic(facts: Store) -> bool:
    """Whether any table says that its figures are made up; every page then says so too."""
    return any(json.loads(meta).get("synthetic") for meta in facts.batches()["meta"])


def own_places(facts: Store) -> list[str]:
    """Places that loaded folders named as their own (``[county] place``)."""
    named = (json.loads(meta).get("focus") or "" for meta in facts.batches()["meta"])
    return sorted({place for places in named for place in places.split(";") if place})
