"""Where uploads and dry runs are kept, and the workbook of rows to be corrected."""

from __future__ import annotations

import io
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import xlsxwriter

from jiqun.core.models import Import
from jiqun.core.tabular import Change, Counts, Faulty, Plan, UnknownColumn, pick
from jiqun.errors import JiqunError, Kind, Problem

UPLOAD, PLAN, FROZEN = "upload", "plan.json", "frozen"
REASON = ("不通过原因", "Reason")
DATA_SHEET = "填报 Data"


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as handle:
        handle.write(content)


def keep(one: Import, content: bytes | None, plan: Plan) -> None:
    """Write the upload (unless None: it is there already) and its dry run, for the owner only."""
    one.folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    one.folder.mkdir(exist_ok=True, mode=0o700)
    if content is not None:
        _write(one.folder / UPLOAD, content)
    told = {name: value for name, value in asdict(plan).items() if name != FROZEN}
    text = json.dumps(told, ensure_ascii=False, default=str)
    _write(one.folder / PLAN, text.encode())
    _write(one.folder / FROZEN, plan.frozen)


def _gone(one: Import) -> JiqunError:
    return JiqunError(
        "E-IMPORT-GONE",
        f"文件 {one.file_name} 已按保存期限删除，不能再操作",
        f"the file {one.file_name} was deleted after its term",
        hint_zh="请重新上传。",
        hint_en="Upload it again.",
        kind=Kind.CONFLICT,
    )


def content_of(one: Import, part: str = UPLOAD) -> bytes:
    """Return the upload, or what its plan froze; ``E-IMPORT-GONE`` after its term."""
    try:
        return (one.folder / part).read_bytes()
    except FileNotFoundError as error:
        raise _gone(one) from error


def plan_of(one: Import) -> Plan:
    """Return the dry run as it was shown; ``E-IMPORT-GONE`` when it was deleted."""
    try:
        raw: dict[str, Any] = json.loads((one.folder / PLAN).read_bytes())
    except FileNotFoundError as error:
        raise _gone(one) from error
    told: dict[str, Any] = {
        **raw,
        "counts": Counts(**raw["counts"]),
        "problems": tuple(Problem(**item) for item in raw["problems"]),
        "unknown": tuple(UnknownColumn(**item) for item in raw["unknown"]),
        "changes": tuple(Change(**item) for item in raw["changes"]),
        "faulty": tuple(Faulty(**item) for item in raw["faulty"]),
        **{name: tuple(raw[name]) for name in ("cells", "missing", "sheets", "preview")},
    }
    return Plan(**told)


def forget(one: Import) -> None:
    """Delete the upload and its dry run."""
    shutil.rmtree(one.folder, ignore_errors=True)


def faulty_book(faulty: Sequence[Faulty]) -> bytes:
    """Return the refused rows as they came, with a last column that says why.

    Corrected in place and uploaded again, the column of reasons is left out by itself.
    """
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(
        buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    sheet = book.add_worksheet(DATA_SHEET)
    head = book.add_format({"bold": True, "bg_color": "#E7ECF3", "border": 1})
    bad = book.add_format({"font_color": "#A12622", "text_wrap": True, "valign": "top"})
    text = book.add_format({"num_format": "@", "valign": "top"})
    shown = list(dict.fromkeys(name for one in faulty for name in one.cells))
    for column, name in enumerate(shown):
        sheet.set_column(column, column, 20)
        sheet.write_string(0, column, name, head)
    sheet.set_column(len(shown), len(shown), 70)
    sheet.write_string(0, len(shown), pick(*REASON), head)
    for line, row in enumerate(faulty, start=1):
        for column, name in enumerate(shown):
            sheet.write_string(line, column, row.cells.get(name, ""), text)
        sheet.write_string(line, len(shown), row.reason, bad)
    sheet.freeze_panes(1, 0)
    book.close()
    return buffer.getvalue()
