"""Rows that were refused, as a table: what was wrong where, and what to do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import ibis

from jiqun.core.access import Grade, Viewer, may_see_firm_rows
from jiqun.core.data.facts import asked_rows
from jiqun.core.data.visible import EVERYWHERE
from jiqun.core.factstore import store
from jiqun.core.tabular import Field, Query, Rows, TableSpec, pick
from jiqun.facts.contract import contracts

NAMES: Mapping[str, tuple[str, str]] = {
    name: (one.title["zh"], one.title["en"]) for name, one in contracts().items()
}
FIELDS = (
    Field("contract", "数据表", "Table", "words", words=NAMES),
    Field("file", "文件", "File"),
    Field("row", "行", "Row", "integer"),
    Field("column", "列", "Column"),
    Field("value", "原文", "Original"),
    Field("code", "问题代码", "Code", "code"),
    Field("message", "问题", "Problem"),
    Field("remedy", "怎么办", "Remedy"),
    Field("recorded_at", "收到时间", "Received", "datetime"),
)
PARTS = ("file", "row", "column", "value", "code")


def _near(meta: str, viewer: Viewer) -> bool:
    """Whether a batch is about the viewer's places; one that does not say is for the whole."""
    stated = json.loads(meta)
    focus = [one for one in str(stated.get("focus") or stated.get("place") or "").split(";") if one]
    if EVERYWHERE in viewer.places:
        return True
    return any(place.startswith(own) for place in focus for own in viewer.places)


def read(viewer: Viewer, query: Query) -> Rows:
    """Return refused rows of batches about the viewer's places, for officials.

    Rows of firm-level tables only with a purpose: who such a row speaks of may be unreadable.
    """
    if not viewer.official:
        return Rows([], 0)
    facts = store()
    batches = facts.batches()
    near = [row["batch"] for row in batches.iter_rows(named=True) if _near(row["meta"], viewer)]
    held: Any = facts.current("_quarantine")
    held = held.filter(held["batch"].isin(near or [""]))
    if not may_see_firm_rows(viewer):
        firm_level = [name for name, one in contracts().items() if one.grade == "firm"]
        held = held.filter(held["contract"].notin(firm_level))
    frame = held.to_polars()
    rows = [_readable(row) for row in frame.iter_rows(named=True)]
    table = ibis.memtable(rows, schema=_SCHEMA) if rows else None
    if table is None:
        return Rows([], 0)
    return asked_rows(table, query, {one.name: one for one in FIELDS}, ("contract", "file", "row"))


_SCHEMA = ibis.schema(
    {
        one.name: {"integer": "int64", "datetime": "timestamp('UTC')"}.get(one.type, "string")
        for one in FIELDS
    }
)


def _readable(row: Mapping[str, Any]) -> dict[str, Any]:
    record = json.loads(row["record"])
    return {
        "contract": row["contract"],
        **{name: record.get(name) for name in PARTS},
        "message": pick(record.get("message_zh", ""), record.get("message_en", "")),
        "remedy": pick(record.get("remedy_zh", ""), record.get("remedy_en", "")),
        "recorded_at": row["recorded_at"],
    }


def _why_empty(viewer: Viewer) -> tuple[str, str, str] | None:
    if viewer.official and not may_see_firm_rows(viewer):
        return (
            "企业数据表中被隔离的行，说明用途后才显示。",
            "Refused rows of firm-level tables are shown once you have stated a purpose.",
            "purpose",
        )
    return None


QUARANTINE = TableSpec(
    "refused", "被隔离的行", "Refused rows", FIELDS, ("contract", "file", "row", "column"), read,
    about_zh="读不懂或自相矛盾的行不猜测、不丢弃，原样放在这里，并写明文件、行、列、原文和改法",
    about_en="rows that could not be read or contradict each other, kept as they came, with the remedy",
    grade=Grade.FIRM,
    may_open=lambda viewer: viewer.official,
    readers=("分析员，限本人负责的地方；企业数据表的行须说明用途",
             "analysts, within the own places; rows of firm-level tables with a purpose"),
    sort=("-recorded_at",),
    why_empty=_why_empty,
)  # fmt: skip
