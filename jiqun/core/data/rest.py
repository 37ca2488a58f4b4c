"""Tables over the API: the catalogue, a typed endpoint per table, and imports by the same verbs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import File, Form, Header, Query, Router, Schema
from ninja.files import UploadedFile
from pydantic import Field as Typed
from pydantic import create_model

from jiqun.core.actions import refuse
from jiqun.core.data.listing import asked
from jiqun.core.imports.actions import Said, apply_import, plan_import, undo_import
from jiqun.core.imports.files import plan_of
from jiqun.core.models import Import
from jiqun.core.pages import viewer
from jiqun.core.security.uploads import TABLES, check_upload
from jiqun.core.tabular import Field, TableSpec, specs, table_spec

router = Router(tags=["tables 数据表"])
SHOWN_PROBLEMS = 1000
TYPES: Mapping[str, Any] = {
    "integer": int, "number": float, "quantity": int, "share": float, "probability": float,
    "money_wan": int, "money_yuan": int, "date": dt.date, "datetime": dt.datetime, "bool": bool,
}  # fmt: skip


class Column(Schema):
    """A column of a table."""

    name: str
    zh: str
    en: str
    type: str
    unit: str
    required: bool
    importable: bool


class Table(Schema):
    """A table that the caller may open."""

    name: str
    zh: str
    en: str
    about_zh: str
    about_en: str
    grade: str
    key: list[str]
    importable: bool
    columns: list[Column]


class ImportCounts(Schema):
    """received = accepted + quarantined + duplicate; accepted = create + update."""

    received: int
    accepted: int
    quarantined: int
    duplicate: int
    create: int
    update: int
    unchanged: int


class ImportProblem(Schema):
    """One thing wrong with one cell, or with the file."""

    code: str
    message_zh: str
    message_en: str
    remedy_zh: str
    remedy_en: str
    sheet: str
    row: int | None
    column: str
    value: str
    cell: str


class ImportState(Schema):
    """An import: its counts, and the problems of its dry run."""

    key: str
    table: str
    file_name: str
    state: str
    sha256: str
    counts: ImportCounts
    blocked: bool = False
    problems: list[ImportProblem]
    undo_until: dt.datetime | None = None


class Stated(Schema):
    """What the sender says about a file."""

    source: str = ""
    owner: str = ""
    as_of: dt.date | None = None
    basis: str = ""
    encoding: str = ""
    sheet: str = ""


@router.get("", response=list[Table], summary="可查看的数据表 · tables that the caller may open")
def catalogue(request: HttpRequest) -> list[Table]:
    """Every table with its columns."""
    who = viewer(request)
    return [
        _described(spec, spec.fields_for(who)) for spec in specs().values() if spec.may_open(who)
    ]


def _described(spec: TableSpec, fields: tuple[Field, ...]) -> Table:
    columns = [
        Column(name=one.name, zh=one.zh, en=one.en, type=one.type, unit=one.unit,
               required=one.required, importable=one.importable and spec.importer is not None)
        for one in fields
    ]  # fmt: skip
    return Table(
        name=spec.name, zh=spec.zh, en=spec.en, about_zh=spec.about_zh, about_en=spec.about_en,
        grade=str(spec.grade), key=list(spec.key), importable=spec.importer is not None, columns=columns,
    )  # fmt: skip


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def row_schema(spec: TableSpec) -> type[Schema]:
    """Return the schema of a table's row; what is unknown is null."""
    columns: dict[str, Any] = {
        one.name: (TYPES.get(one.type, str) | None, Typed(None, description=f"{one.zh} · {one.en}"))
        for one in spec.fields
    }
    return create_model(f"{_camel(spec.name)}Row", __base__=Schema, **columns)


def filter_schema(spec: TableSpec) -> type[Schema]:
    """Return the schema of a table's filters, order, columns and page."""
    asked_of: dict[str, Any] = {}
    for number, one in enumerate(spec.fields):
        kind = one.narrowed_by
        if kind == "one-of":
            about = f"{one.zh}: {', '.join([*one.words] or ['true', 'false'])}, ?"
            asked_of[f"f{number}"] = (list[str], Typed([], alias=one.name, description=about))
        elif kind == "range":
            asked_of[f"f{number}min"] = (
                str,
                Typed("", alias=f"{one.name}.min", description=f"{one.zh} ≥"),
            )
            asked_of[f"f{number}max"] = (
                str,
                Typed("", alias=f"{one.name}.max", description=f"{one.zh} ≤"),
            )
        elif kind != "none":
            asked_of[f"f{number}"] = (
                str,
                Typed("", alias=one.name, description=f"{one.zh} ({kind}, ? = unknown)"),
            )
    asked_of |= {
        "sort": (str, Typed("", description="columns, “-” before one for descending")),
        "page": (int, Typed(1, ge=1)), "size": (int, Typed(50, ge=1, le=500)),
    }  # fmt: skip
    return create_model(f"{_camel(spec.name)}Filter", __base__=Schema, **asked_of)


def _endpoint(spec: TableSpec) -> Callable[..., Any]:
    row = row_schema(spec)
    answer: Any = create_model(
        f"{_camel(spec.name)}Rows", __base__=Schema,
        total=(int, ...), page=(int, ...), size=(int, ...), data_version=(str, ...), rows=(list[row], ...),  # pyright: ignore[reportInvalidTypeForm]
    )  # fmt: skip

    def rows(request: HttpRequest, query: Any) -> Any:
        who = viewer(request)
        one = asked(table_spec(spec.name, who), who, request.GET)
        refuse(one.problems)
        found = one.spec.read(who, one.query)
        shown = {field.name for field in one.fields}
        return {
            "total": found.total, "page": query.page, "size": query.size,
            "data_version": spec.version(),
            "rows": [{k: v for k, v in line.items() if k in shown} for line in found.rows],
        }  # fmt: skip

    rows.__name__ = f"table_{spec.name}"
    rows.__doc__ = f"{spec.about_en or spec.en}. Quantities are integers in the base unit."
    filters: Any = filter_schema(spec)
    rows.__annotations__ = {"request": HttpRequest, "query": Query[filters]}
    return router.get(f"/{spec.name}", response=answer, summary=f"{spec.zh} · {spec.en}")(rows)


for _spec in specs().values():
    _endpoint(_spec)


def _state(one: Import) -> ImportState:
    problems: list[ImportProblem] = []
    blocked = False
    if one.state == Import.State.PLANNED:
        plan = plan_of(one)
        blocked = plan.blocked
        problems = [
            ImportProblem(
                cell=cell,
                **{n: getattr(found, n) for n in ImportProblem.model_fields if n != "cell"},
            )
            for found, cell in list(zip(plan.problems, plan.cells, strict=True))[:SHOWN_PROBLEMS]
        ]
    return ImportState(
        key=one.key, table=one.table, file_name=one.file_name, state=one.state, sha256=one.digest,
        counts=ImportCounts(**one.counts), blocked=blocked, problems=problems, undo_until=one.undo_until,
    )  # fmt: skip


@router.post("/{name}/imports", response=ImportState, summary="上传并预演 · upload for a dry run")
def send(
    request: HttpRequest,
    name: str,
    file: File[UploadedFile],  # pyright: ignore[reportCallIssue]
    stated: Form[Stated],
    idempotency_key: str = Header("", alias="Idempotency-Key"),  # pyright: ignore[reportCallIssue, reportCallInDefaultInitializer]
) -> ImportState:
    """Hand in a file; nothing is stored in the table before it is applied."""
    who = viewer(request)
    table_spec(name, who)
    checked = check_upload(str(file.name or ""), file.read(), kinds=TABLES)
    one = plan_import(
        viewer=who, table=name, name=checked.name, content=checked.content,
        said=Said(**stated.dict()), idempotency=idempotency_key,
    )  # fmt: skip
    return _state(one)


@router.get("/imports/{key}", response=ImportState, summary="一次导入 · one import")
def shown(request: HttpRequest, key: str) -> ImportState:
    """State, counts and problems of one of the caller's imports."""
    return _state(get_object_or_404(Import.objects.visible_to(viewer(request)), key=key))


@router.post("/imports/{key}/apply", response=ImportState, summary="写入 · apply")
def apply(request: HttpRequest, key: str) -> ImportState:
    """Do what the dry run showed; asking again for an applied import changes nothing."""
    who = viewer(request)
    one = get_object_or_404(Import.objects.visible_to(who), key=key)
    return _state(one if one.state == Import.State.APPLIED else apply_import(viewer=who, one=one))


@router.post("/imports/{key}/undo", response=ImportState, summary="撤销 · undo")
def undo(request: HttpRequest, key: str) -> ImportState:
    """Put the rows back as they were, within the term."""
    who = viewer(request)
    one = get_object_or_404(Import.objects.visible_to(who), key=key)
    undo_import(viewer=who, one=one)
    return _state(one)
