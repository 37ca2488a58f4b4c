"""What the person who uploads a file states about it; everything else is found out or asked."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Hints:
    """Answers to what a plan asked, and the context of the upload page.

    ``columns`` maps headings to contract columns; ``figures`` says of a column of figures what
    it holds ({"measure": "output", "period": "2024"}); ``ignore`` names headings that are meant to be
    unused; ``constants`` fill contract columns that the sheet does not have (the page's place,
    classification or measure). The others are those of ``county.toml``. ``hidden`` says what
    hidden rows of a sheet are: unknown (they are quarantined) or data like the others.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    figures: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    constants: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    unit: str = ""
    units: Mapping[str, str] = field(default_factory=dict)
    year: int | None = None
    period_kind: str | None = None
    serial_dates: bool = False
    sheet: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    header_rows: tuple[int, ...] = ()
    totals: bool = True
    fill_down: tuple[str, ...] = ()
    dash: Literal["missing", "zero"] = "missing"
    round: bool = False
    hidden: Literal["unknown", "data"] = "unknown"

    def fingerprint(self) -> str:
        """Canonical text, part of the batch's idempotency key."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True, default=str)


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose table it is: what the ledger and every fact of it will say.

    ``source`` is the table as its owner calls it, ``as_of`` the day on which the owner vouches
    for it, ``basis`` the lawful basis of its use (a document, or ``consent:<purpose>``).
    """

    source: str
    owner: str = ""
    as_of: dt.date | None = None
    basis: str = ""
    next_due: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """Of which firms and places the sender may bring rows; None for any."""

    firms: Collection[str] | None = None
    places: Collection[str] | None = None
