"""What a table is: its columns, its key, who may read it and how; and the registry of all tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any, Literal, cast

from jiqun.core.access import Grade, Role, Viewer
from jiqun.core.registry import load, modules
from jiqun.core.tabular.fields import Field
from jiqun.core.tabular.plan import Importer
from jiqun.errors import JiqunError, Kind

PAGE_SIZE = 50
UNKNOWN = "?"  # in a filter: the rows whose value is not known
# Names in an address that are not columns; a first part of an address that is not a table.
RESERVED = frozenset(
    {"page", "size", "sort", "columns", "view", "purpose", "imports", "quarantine"}
)


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that a row has to fulfil. ``values`` are text as the reader gave them."""

    field: str
    kind: Literal["contains", "starts", "in", "min", "max"]
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """What a reader asks of a table. ``sort`` names columns, ``-`` before one for descending.

    ``limit`` None is every row.
    """

    where: tuple[Condition, ...] = ()
    sort: tuple[str, ...] = ()
    start: int = 0
    limit: int | None = PAGE_SIZE
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rows:
    """A page of rows, and how many there are in all."""

    rows: Sequence[Mapping[str, Any]]
    total: int


@dataclass(frozen=True, slots=True)
class Source:
    """A table that rows come from: as its owner calls it, file, owner, the day vouched for."""

    name: str
    file: str = ""
    owner: str = ""
    as_of: date | None = None


def _anybody(viewer: Viewer) -> bool:
    return viewer.known


def _no_sources() -> Sequence[Source]:
    return ()


def _as_they_are(rows: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    return rows


@dataclass(frozen=True, slots=True)
class TableSpec:
    """A table. ``read`` shows a viewer only what that viewer may see, whatever is asked.

    ``may_open`` says who may open the table at all; ``why_empty`` tells a reader why rows may be
    missing, as (zh, en, address of a remedy). ``present`` turns stored values into those that a
    page and a file show (a base unit into the usual one). ``readers`` and ``writers`` say for the
    reference page who sees and who imports, as (zh, en).
    """

    name: str
    zh: str
    en: str
    fields: tuple[Field, ...]
    key: tuple[str, ...]
    read: Callable[[Viewer, Query], Rows]
    about_zh: str = ""
    about_en: str = ""
    grade: Grade = Grade.AGGREGATE
    may_open: Callable[[Viewer], bool] = _anybody
    readers: tuple[str, str] = ("", "")
    writers: tuple[str, str] = ("", "")
    importer: Importer | None = None
    sort: tuple[str, ...] = ()
    sources: Callable[[], Sequence[Source]] = _no_sources
    version: Callable[[], str] = field(default=lambda: "")
    why_empty: Callable[[Viewer], tuple[str, str, str] | None] = field(default=lambda _viewer: None)
    present: Callable[[Sequence[Mapping[str, Any]]], Sequence[Mapping[str, Any]]] = _as_they_are

    def __post_init__(self) -> None:
        """Refuse a spec that contradicts itself."""
        names = [one.name for one in self.fields]
        wrong = [
            name for name in (*self.key, *(s.lstrip("-") for s in self.sort)) if name not in names
        ]
        clash = [name for name in (self.name, *names) if name in RESERVED]
        if wrong or clash or len(set(names)) != len(names):
            raise JiqunError(
                "E-TABLE-SPEC",
                f"表 {self.name} 的列定义自相矛盾：{[*wrong, *clash]}",
                f"the columns of table {self.name} contradict themselves: {[*wrong, *clash]}",
                kind=Kind.INTERNAL,
            )

    def field(self, name: str) -> Field:
        """Return the column called ``name``; KeyError when there is none."""
        return next((one for one in self.fields if one.name == name), None) or _no_column(name)

    def fields_for(self, viewer: Viewer) -> tuple[Field, ...]:
        """Columns that this viewer may see: personal ones only for those who keep accounts."""
        keeper = viewer.has(Role.SYSTEM, Role.SECURITY)
        return tuple(one for one in self.fields if one.grade is not Grade.PERSONAL or keeper)

    @property
    def template_fields(self) -> tuple[Field, ...]:
        """Columns of the import template, and so of an export of an importable table."""
        return tuple(one for one in self.fields if one.importable)


def _no_column(name: str) -> Field:
    raise KeyError(name)


@cache
def specs() -> Mapping[str, TableSpec]:
    """Return every table of every module, by name, in the order of the modules."""
    found: dict[str, TableSpec] = {}
    for module in modules():
        for spec in cast("Sequence[TableSpec]", load(module.tables) if module.tables else ()):
            if spec.name in found:
                raise JiqunError(
                    "E-TABLE-SPEC",
                    f"有两张表都叫 {spec.name}",
                    f"two tables are called {spec.name}",
                    kind=Kind.INTERNAL,
                )
            found[spec.name] = spec
    return found


def table_spec(name: str, viewer: Viewer) -> TableSpec:
    """Return a table that the viewer may open.

    Raises:
        JiqunError: ``E-TABLE-UNKNOWN`` when there is none, or it is not for this viewer: both
            look the same from outside.
    """
    spec = specs().get(name)
    if spec is None or not spec.may_open(viewer):
        raise JiqunError(
            "E-TABLE-UNKNOWN",
            f"没有名为“{name}”的数据表，或您不能查看它",
            f"there is no table called “{name}”, or you may not see it",
            hint_zh="请从“数据表”页选择。",
            hint_en="Choose one from the page “Tables”.",
            kind=Kind.NOT_FOUND,
        )
    return spec
