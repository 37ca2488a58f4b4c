"""Candidates from a file: CSV with the headings below, or a JSON list of objects."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

from jiqun.core.actions import refuse
from jiqun.core.forms import wrong
from jiqun.errors import Problem
from jiqun.modules.policy.benefits.intake.candidates import Candidate
from jiqun.modules.policy.benefits.money import fen_of, plain
from jiqun.modules.policy.models import Case

# heading of the CSV: (field of a candidate, needed)
HEADINGS: Mapping[str, tuple[str, bool]] = {
    "政策编号": ("policy", True), "版本": ("version", True), "统一社会信用代码": ("firm", True),
    "企业名称": ("firm_name", False), "事项名称": ("title", False), "事由": ("subject", False),
    "金额（元）": ("amount", True), "分期（元）": ("instalments", False), "比对过程": ("trace", True),
    "运行编号": ("run", False), "数据版本": ("snapshot", False), "户名": ("payee", False),
    "开户银行": ("bank", False), "账号": ("account", False),
}  # fmt: skip
TEXTS = ("policy", "version", "firm", "firm_name", "title", "subject", "run", "snapshot", "payee", "bank",
         "account")  # fmt: skip


def read_candidates(name: str, content: bytes) -> list[Candidate]:
    """Read a file of candidates.

    Raises:
        JiqunError: ``E-INPUT`` with every row that cannot be read; no row is taken then.
    """
    text = _decoded(content)
    records = _from_json(text) if name.lower().endswith(".json") else _from_csv(text)
    return candidates_of(records)


def candidates_of(records: Sequence[Mapping[str, Any]]) -> list[Candidate]:
    """Turn records (names of :class:`Candidate`, ``amount_fen`` or ``amount`` in 元) into candidates.

    Raises:
        JiqunError: ``E-INPUT`` with every record that cannot be read.
    """
    problems: list[Problem] = []
    found = [_candidate(one, row, problems) for row, one in enumerate(records, start=1)]
    refuse(problems)
    return [one for one in found if one is not None]


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("utf-8", errors="replace")


def _from_json(text: str) -> list[Mapping[str, Any]]:
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        refuse(
            [
                _bad(
                    error.lineno,
                    "file",
                    f"不是有效的 JSON（第 {error.colno} 个字符）",
                    f"is not JSON (character {error.colno})",
                )
            ]
        )
        raise
    rows = data.get("candidates") if isinstance(data, dict) else data
    if not isinstance(rows, list) or not all(isinstance(one, dict) for one in rows):
        refuse([_bad(1, "file", "应是对象的列表", "has to be a list of objects")])
    return cast("list[Mapping[str, Any]]", rows)


def _from_csv(text: str) -> list[Mapping[str, Any]]:
    reader = csv.DictReader(io.StringIO(text))
    names = [(name or "").strip() for name in reader.fieldnames or ()]
    missing = [name for name, (_, needed) in HEADINGS.items() if needed and name not in names]
    unknown = [name for name in names if name not in HEADINGS]
    refuse([
        *(_bad(1, name, f"缺少列“{name}”", f"the column “{name}” is missing") for name in missing),
        *(_bad(1, name, f"不认识的列“{name}”", f"the column “{name}” is not known") for name in unknown),
    ])  # fmt: skip
    return [
        {HEADINGS[(key or "").strip()][0]: value for key, value in row.items() if (key or "").strip() in HEADINGS}
        for row in reader
    ]  # fmt: skip


def _bad(row: int, column: str, zh: str, en: str, value: str = "") -> Problem:
    about = wrong(column, zh, en)
    return Problem(
        about.code, f"第 {row} 行：{zh}", f"row {row}: {en}", "请对照说明改正。", "See the description.",
        row=row, column=column, value=value[:100],
    )  # fmt: skip


def _fen(one: Mapping[str, Any], row: int, problems: list[Problem]) -> int:
    if isinstance(one.get("amount_fen"), int) and not isinstance(one.get("amount_fen"), bool):
        return int(one["amount_fen"])
    found = fen_of(str(one.get("amount") or ""))
    if found is None:
        problems.append(
            _bad(row, "amount", "金额有误", "the amount cannot be read", str(one.get("amount")))
        )
    return found or 0


def _instalments(value: Any, row: int, problems: list[Problem]) -> tuple[int, ...]:
    if isinstance(value, list) and all(isinstance(one, int) for one in cast("list[Any]", value)):
        return tuple(cast("list[int]", value))
    parts = [
        fen_of(part) for part in str(value or "").replace("；", ";").split(";") if part.strip()
    ]
    if None in parts:
        problems.append(
            _bad(row, "instalments", "分期有误", "the instalments cannot be read", str(value))
        )
    return tuple(part for part in parts if part is not None)


def _trace(value: Any, row: int, problems: list[Problem]) -> Mapping[str, Any]:
    if isinstance(value, dict):
        return cast("dict[str, Any]", value)
    try:
        found = json.loads(str(value or "{}"))
    except json.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        problems.append(
            _bad(row, "trace", "比对过程不是 JSON 对象", "the trace is no JSON object", str(value))
        )
        return {}
    return cast("dict[str, Any]", found)


def _candidate(one: Mapping[str, Any], row: int, problems: list[Problem]) -> Candidate | None:
    before = len(problems)
    texts = {name: str(one.get(name) or "").strip() for name in TEXTS}
    texts["firm"] = texts["firm"].upper()
    problems += [
        _bad(row, name, f"没有 {name}", f"{name} is missing")
        for name in ("policy", "version", "firm")
        if not texts[name]
    ]
    made = Candidate(
        amount_fen=_fen(one, row, problems), trace=_trace(one.get("trace"), row, problems),
        instalments=_instalments(one.get("instalments"), row, problems), **texts,
    )  # fmt: skip
    return made if len(problems) == before else None


# ---- and out again ------------------------------------------------------------------------------


def record_of(case: Case) -> dict[str, Any]:
    """Return a case as a record that :func:`candidates_of` reads, with state and payments beside it."""
    return {
        "key": case.key, "batch": case.batch.key, "policy": case.policy, "version": case.item.version,
        "title": case.item.title, "firm": case.firm, "firm_name": case.firm_name, "subject": case.subject,
        "amount_fen": case.amount_fen, "instalments": case.instalments, "trace": case.trace,
        "run": case.trace.get("run", ""), "snapshot": case.trace.get("snapshot", ""), "state": case.state,
        "held": case.held, "paid_fen": case.paid_fen, "recovered_fen": case.recovered_fen,
    }  # fmt: skip


def csv_of(records: Sequence[Mapping[str, Any]]) -> str:
    """Return records as the CSV that :func:`read_candidates` takes."""
    buffer = io.StringIO()
    write = csv.writer(buffer, lineterminator="\r\n").writerow
    write(HEADINGS)
    for one in records:
        parts = one.get("instalments") or ()
        texts = dict(one) | {
            "amount": plain(one["amount_fen"]), "instalments": ";".join(map(plain, parts)),
            "trace": json.dumps(one["trace"], ensure_ascii=False, sort_keys=True),
        }  # fmt: skip
        write([texts.get(name, "") for name, _ in HEADINGS.values()])
    return buffer.getvalue()
