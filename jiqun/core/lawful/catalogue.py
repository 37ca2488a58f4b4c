"""The catalogue of purposes and the vocabulary of lawful bases, both data beside this file."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast

from jiqun import yamlfile
from jiqun.errors import JiqunError, Kind

FOLDER = Path(__file__).parent
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Purpose:
    """What firm-level data may be used for; see ``purposes.yaml`` for the meaning of the fields."""

    code: str
    zh: str
    en: str
    about_zh: str
    about_en: str
    used_by_zh: str
    used_by_en: str
    level: Literal["aggregate", "firm"]
    bases: frozenset[str]
    engines: tuple[str, ...] = ()
    months: int = 12
    offered: bool = True


@dataclass(frozen=True, slots=True)
class BasisKind:
    """A kind of lawful basis and how its texts are recognised."""

    code: str
    zh: str
    en: str
    patterns: tuple[re.Pattern[str], ...] = ()
    by_consent: bool = False
    withdrawable: bool = False
    example: str = ""


def _read(name: str) -> dict[str, Any]:
    return cast("dict[str, Any]", yamlfile.content(FOLDER / name))


@cache
def purposes() -> Mapping[str, Purpose]:
    """Return every purpose by code, in the order of the catalogue."""
    found: list[Purpose] = []
    for one in _read("purposes.yaml")["purposes"]:
        parts: dict[str, Any] = {
            **one, "bases": frozenset(one["bases"]), "engines": tuple(one["engines"]),
        }  # fmt: skip
        found.append(Purpose(**parts))
    return {one.code: one for one in found}


@cache
def catalogue_version() -> str:
    """Return the version of the catalogue's texts, which every consent keeps."""
    return str(_read("purposes.yaml")["version"])


def purpose(code: str) -> Purpose:
    """Return one purpose; ``E-PURPOSE-UNKNOWN`` when the catalogue has none of that code."""
    known = purposes()
    if code not in known:
        raise JiqunError(
            "E-PURPOSE-UNKNOWN",
            f"用途目录里没有“{code}”",
            f"the catalogue has no purpose “{code}”",
            hint_zh="可用的用途：" + "、".join(known),
            hint_en="known purposes: " + ", ".join(known),
            kind=Kind.NOT_FOUND,
        )
    return known[code]


@cache
def basis_kinds() -> Mapping[str, BasisKind]:
    """Return every kind of lawful basis by code, in the order in which they are tried."""
    raw = _read("bases.yaml")
    found: dict[str, BasisKind] = {}
    for one in raw["kinds"]:
        patterns = tuple(re.compile(text) for text in one["patterns"])
        parts: dict[str, Any] = {**one, "patterns": patterns}
        found[one["code"]] = BasisKind(**parts)
    return found | {UNKNOWN: BasisKind(UNKNOWN, **raw["unknown"])}


def basis_kind(text: str | None) -> BasisKind:
    """Return the kind of a lawful basis as its text names it; ``unknown`` where none is found."""
    words = unicodedata.normalize("NFKC", text or "").strip().lower()
    for kind in basis_kinds().values():
        if any(pattern.search(words) for pattern in kind.patterns):
            return kind
    return basis_kinds()[UNKNOWN]
