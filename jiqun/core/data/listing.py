"""What the list page of a table shows, and what its exports hold: the same query for both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from jiqun.core.access import Viewer
from jiqun.core.data.csvfile import csv_file
from jiqun.core.factstore import is_synthetic, store
from jiqun.core.factstore import rows as facts_rows
from jiqun.core.tabular import (
    Field,
    Provenance,
    Query,
    Rows,
    TableSpec,
    label,
    parse,
    pick,
    workbook,
)
from jiqun.core.tabular.query import chips, form_fields, in_words, pairs
from jiqun.core.tabular.workbook import import_heading
from jiqun.errors import JiqunError, Problem

SHOWN_COLUMNS = 14
LARGEST_XLSX, LARGEST_CSV = 200_000, 1_000_000


@dataclass(frozen=True, slots=True)
class Asked:
    """A table, a query over it, and what of the address could not be read."""

    spec: TableSpec
    viewer: Viewer
    fields: tuple[Field, ...]
    query: Query
    problems: tuple[Problem, ...]

    @property
    def shown(self) -> tuple[Field, ...]:
        """Columns of the page: those chosen, else the first ones."""
        chosen = tuple(one for one in self.fields if one.name in self.query.columns)
        return chosen or self.fields[:SHOWN_COLUMNS]

    @property
    def exported(self) -> tuple[Field, ...]:
        """Columns of an export: those chosen, else the template's, so that it can come back."""
        chosen = tuple(one for one in self.fields if one.name in self.query.columns)
        if chosen:
            return chosen
        if self.spec.importer is None:
            return self.fields
        return tuple(one for one in self.fields if one.importable)


def asked(spec: TableSpec, viewer: Viewer, parameters: QueryDict) -> Asked:
    """Read what an address asks of a table."""
    fields = spec.fields_for(viewer)
    query, problems = parse(spec, fields, parameters)
    return Asked(spec, viewer, fields, query, problems)


def page_of(one: Asked) -> Rows:
    """Return the rows of the page as they are shown."""
    found = one.spec.read(one.viewer, one.query)
    return Rows(one.spec.present(found.rows), found.total)


def _sort_link(one: Asked, spec: Field) -> dict[str, str]:
    first = one.query.sort[0] if one.query.sort else ""
    now = {"": "", spec.name: "ascending", f"-{spec.name}": "descending"}.get(first, "")
    wanted = f"-{spec.name}" if now == "ascending" else spec.name
    query = replace(one.query, sort=(wanted,))
    return {"state": now, "href": "?" + urlencode(pairs(query, one.spec))}


def columns_of(one: Asked, shown: Sequence[Field]) -> list[dict[str, str]]:
    """Return the headings' order links, beside those of ``html_table``."""
    return [_sort_link(one, spec) if spec.sortable else {"state": "", "href": ""} for spec in shown]


def pager(one: Asked, total: int) -> dict[str, Any]:
    """Return where the page stands: numbers of its rows, addresses of its neighbours."""
    size = one.query.limit or max(total, 1)
    number = one.query.start // size + 1
    last = max((total + size - 1) // size, 1)
    base = pairs(one.query, one.spec)
    address = lambda page: "?" + urlencode([*base, ("page", str(page))])  # noqa: E731
    return {
        "first": min(one.query.start + 1, total), "last": min(one.query.start + size, total),
        "total": total, "number": number, "pages": last,
        "previous": address(number - 1) if number > 1 else "",
        "next": address(number + 1) if number < last else "",
    }  # fmt: skip


def frame(one: Asked) -> dict[str, Any]:
    """Return the parts of the list page that follow from the query: filters, chips, columns."""
    base = urlencode(pairs(one.query, one.spec))
    shown = {spec.name for spec in one.shown}
    return {
        "filters": form_fields(one.query, one.fields),
        "chips": chips(one.query, one.spec),
        "choices": [
            {"name": spec.name, "label": label(spec), "on": spec.name in shown} for spec in one.fields
        ],
        "kept": [(name, value) for name, value in pairs(one.query, one.spec) if name in ("sort", "columns", "size")],
        "kept_for_columns": [(n, v) for n, v in pairs(one.query, one.spec) if n != "columns"],
        "query": base,
        "problems": one.problems,
    }  # fmt: skip


def with_place_names(
    rows: Sequence[Mapping[str, Any]], fields: Sequence[Field]
) -> list[dict[str, Any]]:
    """Put each place's name beside its code."""
    if not any(one.name == "place" for one in fields):
        return [dict(row) for row in rows]
    codes = sorted({str(row["place"]) for row in rows if row.get("place")})
    found = (
        facts_rows(store(), "place", ["place", "name_zh", "name_en"], place=codes)
        if codes
        else None
    )
    names = (
        {code: pick(zh, en or "") for code, zh, en in found.iter_rows()}
        if found is not None
        else {}
    )
    return [dict(row) | {"place_note": names.get(str(row.get("place")), "")} for row in rows]


def _all_rows(one: Asked, most: int) -> Sequence[Mapping[str, Any]]:
    found = one.spec.read(one.viewer, replace(one.query, start=0, limit=most + 1))
    if len(found.rows) > most:
        raise JiqunError(
            "E-EXPORT-LARGE",
            f"要导出的有 {found.total:,} 行，超过 {most:,} 行的上限",
            f"there are {found.total:,} rows to export, more than the {most:,} that fit",
            hint_zh="请先用筛选缩小范围；要整库搬走请用 jiqun export。",
            hint_en="Narrow it down by filters; to move everything use jiqun export.",
        )
    return one.spec.present(found.rows)


def filters_in_words(one: Asked) -> dict[str, str]:
    """Return the filters as an export's first sheet names them."""
    found: dict[str, str] = {}
    for column, said, _ in in_words(one.query, one.spec):
        found[column] = f"{found[column]} {said}" if column in found else said
    return found


def scope_words(viewer: Viewer) -> dict[str, str]:
    """Return which part of the table the viewer sees, for an export's first sheet."""
    places = "、".join(sorted(viewer.places)).replace("*", pick("全部", "all"))
    return {
        pick("可见地方", "Visible places"): places or pick("无", "none"),
        **({pick("本企业", "Own firm"): "、".join(sorted(viewer.firms))} if viewer.firms else {}),
    }


def export_rows(one: Asked, kind: str) -> Sequence[Mapping[str, Any]]:
    """Return every row that the query finds.

    Raises:
        JiqunError: ``E-EXPORT-LARGE`` when a file of that kind cannot hold them.
    """
    return _all_rows(one, LARGEST_CSV if kind == "csv" else LARGEST_XLSX)


def write_file(one: Asked, rows: Sequence[Mapping[str, Any]], kind: str, export: str) -> bytes:
    """Return a table as a file; the workbook's second sheet is the import template, filled in."""
    spec, fields = one.spec, one.exported
    if kind == "csv":
        return csv_file([import_heading(field) for field in fields], fields, rows)
    whole = spec.importer is not None and not one.query.columns
    notes = [pick(spec.about_zh, spec.about_en)]
    if whole:
        notes.append(pick("改好后可原样导入本系统；未改的行会显示为“不变”。",
                          "Edit it and import it again; rows that you leave alone are “unchanged”."))  # fmt: skip
    cover = Provenance(
        title=pick(spec.zh, spec.en), scope=scope_words(one.viewer), filters=filters_in_words(one),
        data_version=spec.version(), user=one.viewer.name, synthetic=is_synthetic(store()), notes=notes,
        sources=spec.sources(), export=export,
        definitions=[
            (pick("行数", "Rows"), f"{len(rows):,}"),
            (pick("空单元格", "Empty cell"), pick("未知，不是 0", "unknown, not 0")),
        ],
    )  # fmt: skip
    return workbook(cover, [(pick(spec.zh, spec.en), fields, rows)], import_headings=whole)
