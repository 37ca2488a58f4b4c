"""The words that bureaux use in headings; data in ``words.yaml``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

from jiqun import yamlfile
from jiqun.facts.contract import contracts
from jiqun.facts.read.sheet import squeeze

FILE = Path(__file__).parent / "words.yaml"
MEASURED: Mapping[str, str] = {"measure": "measures", "indicator": "indicators"}
_BRACKET = re.compile(r"[(（\[【][^()（）\[\]【】]*[)）\]】]$")


@dataclass(frozen=True, slots=True)
class Words:
    """Spellings for one contract, squeezed: ``columns`` and ``measures`` map them to names.

    ``measured`` is the column that a heading of figures fills (“measure”, “indicator” or '').
    ``names`` are headings that hold the name of a place or industry instead of its code.
    """

    columns: Mapping[str, str]
    measures: Mapping[str, str]
    measured: str
    names: Mapping[str, str]
    explains: frozenset[str]
    labels: tuple[str, ...]


def plain(text: str) -> str:
    """A heading as it is compared: squeezed, without its last bracket and colon."""
    return _BRACKET.sub("", squeeze(text)).rstrip(":：")


@cache
def _raw() -> Mapping[str, Any]:
    return cast(dict[str, Any], yamlfile.content(FILE))


def _spelled(group: Mapping[str, Sequence[str]]) -> dict[str, str]:
    return {plain(word): name for name, words in group.items() for word in words}


@cache
def words_of(name: str) -> Words:
    """Return the words by which the columns of the contract called ``name`` are known."""
    raw, contract = _raw(), contracts()[name]
    general = {n: w for n, w in raw["columns"].items() if n in contract.names}
    own = cast(dict[str, list[str]], raw["contracts"].get(contract.name, {}))
    columns = _spelled({n: w for n, w in general.items() if n not in own}) | _spelled(own)
    for column in contract.columns:
        columns |= {plain(name): column.name for name in (column.name, column.zh, column.en)}
    measured = next((name for name in MEASURED if name in contract.names), "")
    measures = _spelled(raw[MEASURED[measured]]) if measured else {}
    if measured and contract.column(measured).values:
        measures |= {plain(zh): key for key, zh in contract.column(measured).values.items()}
    named = {n: w for n, w in raw["named"].items() if n in contract.names and n != contract.name}
    names = {word: name for word, name in _spelled(named).items() if word not in columns}
    explains = [*raw["explains"]["*"], *raw["explains"].get(contract.name, [])]
    return Words(
        columns=columns,
        measures={k: v for k, v in measures.items() if k not in columns},
        measured=measured,
        names=names,
        explains=frozenset(plain(word) for word in explains),
        labels=tuple(column.zh for column in contract.columns),
    )


@cache
def vocabulary() -> frozenset[str]:
    """Every spelling of every contract: what a row of headings is made of."""
    known = [words_of(one) for one in contracts()]
    every = [{*one.columns, *one.measures, *one.names, *one.explains} for one in known]
    return frozenset().union(*every)


@cache
def relative() -> Mapping[str, str]:
    """Return now, cumulative or before by the word that means it."""
    return _spelled(_raw()["relative"])


def is_derived(text: str) -> bool:
    """Does this heading name a rate or share computed from other figures?"""
    return any(squeeze(word) in squeeze(text) for word in _raw()["derived"])
