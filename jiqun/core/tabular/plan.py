"""What an import is going to do, before it does it: the same shape for facts and for commitments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from jiqun.core.access import Viewer
from jiqun.errors import JiqunError, Kind, Problem

ChangeKind = Literal["create", "update", "unchanged"]


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was handed in, and what the person said about it.

    ``renames`` maps headings of the file to columns, ``ignored`` are headings to leave out,
    ``constants`` are values of columns that the file does not have.
    """

    content: bytes
    name: str
    source: str = ""
    owner: str = ""
    as_of: date | None = None
    basis: str = ""
    encoding: str = ""
    sheet: str = ""
    renames: Mapping[str, str] = field(default_factory=dict[str, str])
    ignored: tuple[str, ...] = ()
    constants: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Counts:
    """``received == accepted + quarantined + duplicate``, always.

    ``accepted`` are the rows that applying stores: ``create`` and ``update``. ``duplicate`` say
    nothing new: repeated in the file, or ``unchanged`` from what the table has.
    """

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
    """A refused row: its number in the file, its cells by heading, and why it was refused."""

    row: int
    cells: Mapping[str, str]
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The dry run. ``digest`` names what would be stored: applying compares it.

    ``changes`` are the first few of each kind; ``faulty`` and ``problems`` are complete. A plan
    with ``blocked`` cannot be applied until the person has decided about the columns or the file.
    ``cells`` are the addresses of the problems (``C12``, or empty), in their order; ``missing``
    required columns that the file lacks; ``sheets`` what the workbook has. ``frozen`` is what
    ``apply`` needs of this very plan, kept beside it.
    """

    counts: Counts
    problems: tuple[Problem, ...] = ()
    cells: tuple[str, ...] = ()
    unknown: tuple[UnknownColumn, ...] = ()
    missing: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    faulty: tuple[Faulty, ...] = ()
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    encoding: str = ""
    preview: tuple[str, ...] = ()
    digest: str = ""
    blocked: bool = False
    frozen: bytes = b""


@dataclass(frozen=True, slots=True)
class Importer:
    """How a table takes rows in.

    ``apply`` does what a plan found in one transaction (it is given the plan's ``digest`` and
    ``frozen``) and returns what ``undo`` needs, as JSON values; it raises ``E-IMPORT-CHANGED``
    when the table is no longer as the plan saw it. ``undo`` returns how many rows it put back and
    how many it left because they were changed since. ``asks`` tells whether source, owner, date
    and basis are asked for.
    """

    may: Callable[[Viewer], bool]
    plan: Callable[[Viewer, Upload], Plan]
    apply: Callable[[Viewer, Upload, str, bytes], Mapping[str, Any]]
    undo: Callable[[Viewer, Mapping[str, Any]], tuple[int, int]]
    template: Callable[[], bytes]
    asks: bool = True


def changed_since() -> JiqunError:
    """Return the error for a plan that no longer fits the table."""
    return JiqunError(
        "E-IMPORT-CHANGED",
        "预览之后表里的数据有变化，本次没有写入",
        "the table has changed since the preview; nothing was written",
        hint_zh="预览已更新，请重新核对后再确认。",
        hint_en="The preview is up to date now: check it again and confirm.",
        kind=Kind.CONFLICT,
    )
