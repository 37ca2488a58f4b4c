"""What an import is going to do, before it does it: the same shape for facts and for commitments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from jiqun.core.access import Viewer
from jiqun.errors import Problem

ChangeKind = Literal["create", "update", "unchanged"]


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was handed in, and what the person said about it.

    ``renames`` maps headings of the file to columns, ``ignored`` are headings to leave out.
    """

    content: bytes
    name: str
    source: str = ""
    owner: str = ""
    as_of: date | None = None
    basis: str = ""
    encoding: str = ""
    renames: Mapping[str, str] = field(default_factory=dict[str, str])
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Counts:
    """``received == accepted + quarantined + duplicate`` and accepted = the three kinds of change."""

    received: int = 0
    accepted: int = 0
    quarantined: int = 0
    duplicate: int = 0
    create: int = 0
    update: int = 0
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one accepted row; ``before`` and ``after`` hold the values that differ."""

    kind: ChangeKind
    row: int
    key: str
    before: Mapping[str, Any] = field(default_factory=dict[str, Any])
    after: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class UnknownColumn:
    """A heading that no column has, and the column that it looks most like (or none)."""

    heading: str
    nearest: str = ""


@dataclass(frozen=True, slots=True)
class Faulty:
    """A refused row: its number in the file, its cells under the template's columns, and why."""

    row: int
    cells: Mapping[str, str]
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The dry run. ``digest`` names what would be stored: applying compares it.

    ``changes`` are the first few of each kind; ``faulty`` and ``problems`` are complete. A plan
    with ``blocked`` cannot be applied until the person has decided about the columns or the file.
    """

    counts: Counts
    problems: tuple[Problem, ...] = ()
    unknown: tuple[UnknownColumn, ...] = ()
    changes: tuple[Change, ...] = ()
    faulty: tuple[Faulty, ...] = ()
    sheet: str = ""
    encoding: str = ""
    preview: tuple[str, ...] = ()
    digest: str = ""
    blocked: bool = False


@dataclass(frozen=True, slots=True)
class Importer:
    """How a table takes rows in.

    ``apply`` does what ``plan`` found in one transaction and returns what ``undo`` needs, as
    JSON values; ``undo`` returns how many rows it put back and how many it left because they
    were changed since. ``asks`` tells whether source, owner, date and basis are asked for.
    """

    may: Callable[[Viewer], bool]
    plan: Callable[[Viewer, Upload], Plan]
    apply: Callable[[Viewer, Upload, Plan, str], Mapping[str, Any]]
    undo: Callable[[Viewer, Mapping[str, Any]], tuple[int, int]]
    template: Callable[[], bytes]
    asks: bool = True
