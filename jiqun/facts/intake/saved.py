"""A plan as bytes: one request makes it, a later one applies it."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import zipfile
from dataclasses import asdict, replace
from typing import Any, cast

import polars as pl

from jiqun.errors import JiqunError
from jiqun.facts.intake.hints import Origin
from jiqun.facts.intake.plan import Plan

FRAMES = ("rows", "before", "problems", "held")
FORMAT = 1


def dump(planned: Plan) -> bytes:
    """Return the plan as a zip file: its tables as Parquet, the rest as JSON, and a digest."""
    plain = {
        name: value
        for name, value in asdict(replace(planned, **dict.fromkeys(FRAMES, None))).items()
        if name not in FRAMES
    }
    parts = {f"{name}.parquet": _parquet(getattr(planned, name)) for name in FRAMES}
    text = json.dumps(plain, ensure_ascii=False, sort_keys=True, default=str).encode()
    parts["plan.json"] = text
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as book:
        for name, content in parts.items():
            book.writestr(name, content)
        book.writestr("digest", f"{FORMAT} {_digest(parts)}")
    return buffer.getvalue()


def load(content: bytes) -> Plan:
    """Return the plan that :func:`dump` wrote.

    Raises:
        JiqunError: ``E-INTAKE-DAMAGED`` when it is not whole.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            parts = {name: book.read(name) for name in book.namelist()}
        told = parts.pop("digest").decode()
    except (zipfile.BadZipFile, KeyError) as reason:
        raise _damaged() from reason
    if told != f"{FORMAT} {_digest(parts)}":
        raise _damaged()
    plain = cast(dict[str, Any], json.loads(parts["plan.json"]))
    origin = plain.pop("origin")
    for name in ("as_of", "next_due"):
        origin[name] = dt.date.fromisoformat(origin[name]) if origin[name] else None
    plain["shown"] = tuple(tuple(one) for one in plain["shown"])
    for name in ("preview", "sheets"):
        plain[name] = tuple(plain[name])
    frames = {name: pl.read_parquet(io.BytesIO(parts[f"{name}.parquet"])) for name in FRAMES}
    return Plan(origin=Origin(**origin), **frames, **plain)


def _parquet(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def _digest(parts: dict[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name in sorted(parts):
        digest.update(f"{name}\x00{len(parts[name])}\x00".encode() + parts[name])
    return digest.hexdigest()


def _damaged() -> JiqunError:
    return JiqunError(
        "E-INTAKE-DAMAGED",
        "保存的导入预览不完整或已损坏",
        "the saved preview of an import is damaged or not whole",
        hint_zh="重新上传文件",
        hint_en="upload the file again",
    )
