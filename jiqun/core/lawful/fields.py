"""The fields that a firm can grant, by name and in words."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from typing import cast

from jiqun import yamlfile
from jiqun.core.lawful.catalogue import FOLDER
from jiqun.core.lawful.gate import LONG, field_columns, is_long
from jiqun.core.tabular import pick
from jiqun.facts.contract import Contract, contracts
from jiqun.facts.store.store import Store


@cache
def _words() -> Mapping[str, Mapping[str, str]]:
    return cast("dict[str, dict[str, str]]", yamlfile.content(FOLDER / "fields.yaml"))


def field_label(name: str) -> str:
    """Return a field in words, in the language of the page."""
    known = _words().get(name)
    if known:
        return pick(known["zh"], known["en"])
    table, _, column = name.partition(".")
    contract = contracts().get(table)
    if contract is not None and column in contract.names:
        found = contract.column(column)
        return f"{pick(contract.title['zh'], contract.title['en'])} · {pick(found.zh, found.en)}"
    return column or name


def firm_level() -> tuple[Contract, ...]:
    """Return the contracts of tables about single firms."""
    return tuple(one for one in contracts().values() if one.grade == "firm")


@lru_cache(maxsize=8)
def _indicators(facts: Store, name: str, version: int) -> tuple[str, ...]:
    del version  # part of the cache's key
    found = facts.current(name).select(LONG).distinct().to_polars()
    return tuple(sorted(found[LONG].drop_nulls()))


def grantable(facts: Store) -> tuple[str, ...]:
    """Return the names of every field of which the store has, or may have, rows about firms."""
    names: list[str] = []
    for contract in firm_level():
        columns = (
            _indicators(facts, contract.name, facts.version(contract.name))
            if is_long(contract)
            else field_columns(contract)
        )
        names += [f"{contract.name}.{column}" for column in columns]
    known = list(_words())
    return tuple(sorted(names, key=lambda n: (known.index(n) if n in known else len(known), n)))
