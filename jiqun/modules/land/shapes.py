"""The land of firms as it is computed, kept and shown. Areas are whole 0.01 m²; None is unknown."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Line = Mapping[str, Any]
Basis = Literal["table", "lines", "reported"]
# What may be the matter with a firm's land.
FLAGS: Mapping[str, tuple[str, str]] = {
    "no_line": ("用地表中没有，未知", "in no line of the table: unknown"),
    "withheld": ("部分用地信息没有合法依据，未知", "some lines lack a lawful basis: unknown"),
    "unusable": ("有不能使用的行，未知", "has lines that cannot be used: unknown"),
    "not_positive": ("面积不大于 0，不作除数", "not above 0: never divided by"),
    "differs": ("与企业填报的用地不一致", "differs from the land that the firm reported"),
    "parcel": ("宗地各单位合计大于登记面积", "users of a parcel sum to more than its registered area"),
    "lease": ("租入与租出两方不一致", "both sides of a lease do not match"),
}  # fmt: skip
UNKNOWN = frozenset({"no_line", "withheld", "unusable"})


@dataclass(frozen=True, slots=True)
class FirmLand:
    """One firm's land in a year.

    Attributes:
        firm: its code.
        name: its name, or nothing where the register lacks it.
        place: the town that the register places it in.
        area: the sum of the terms; None where unknown. It may be ≤ 0.
        terms: by kind of line, signed.
        towns: by the town that the parcels lie in, signed.
        lines: each line with parcel, kind, area, floor, total_floor, first, last, document, town,
            source, as_of and ``counted``, its signed area after share and days; ``problem`` says in
            both languages why a line cannot be used.
        reported: what the firm reported for the year; None where unknown.
        flags: keys of ``FLAGS``.
    """

    firm: str
    name: str
    place: str
    area: int | None
    terms: Mapping[str, int] = field(default_factory=dict[str, int])
    towns: Mapping[str, int] = field(default_factory=dict[str, int])
    lines: tuple[Line, ...] = ()
    reported: int | None = None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Land:
    """The land that an evaluation counts, and on what it rests.

    Attributes:
        basis: ``table`` a frozen land table, ``lines`` the facts about the use of parcels,
            ``reported`` what firms reported.
        key: the number of the frozen table; empty otherwise.
        firms: by code.
        notes: what has to be said of rows that were left out.
    """

    basis: Basis = "reported"
    key: str = ""
    firms: Mapping[str, FirmLand] = field(default_factory=dict[str, FirmLand])
    notes: tuple[tuple[str, str], ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 of every area and line; empty where nothing but reports is counted."""
        return digest_of(self.firms.values()) if self.basis != "reported" else ""

    def attributed(self, firm: str) -> FirmLand | None:
        """Return the firm's land where lines give it; None where it is unknown or only reported."""
        found = self.firms.get(firm)
        return found if found is not None and found.area is not None else None


def digest_of(firms: Iterable[FirmLand]) -> str:
    """Return the SHA-256 of areas, terms, towns and lines, whatever the order of firms."""
    rows = [[one.firm, one.area, one.terms, one.towns, list(one.lines)] for one in firms]
    text = json.dumps(sorted(rows, key=lambda row: str(row[0])), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
