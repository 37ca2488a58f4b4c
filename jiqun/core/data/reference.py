"""The reference page of tables, and the part of the API's page about them, from the specs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from jiqun.core.access import Grade
from jiqun.core.tabular import Field, TableSpec, specs
from jiqun.facts.template import between

TYPES = {
    "text": "文字 text", "code": "代码 code", "firm_id": "统一社会信用代码 credit code",
    "words": "列表 one of a list", "bool": "是/否 yes/no", "integer": "整数 whole number",
    "number": "数 number", "quantity": "数量，单位见单位列 quantity", "share": "比例 share",
    "probability": "概率 probability", "money_wan": "金额 money", "money_yuan": "金额 money", "date": "日期 day",
    "datetime": "时间 instant", "period": "期间 period",
}  # fmt: skip
FILTERS = {
    "contains": "包含 contains", "starts": "开头 starts with", "one-of": "多选 one of",
    "range": "范围 range", "none": "",
}  # fmt: skip
GRADES = {
    Grade.PUBLIC: "公开 public", Grade.AGGREGATE: "汇总 aggregate", Grade.FIRM: "涉企 firm-level",
    Grade.PERSONAL: "个人 personal",
}  # fmt: skip
HEAD = (
    "列 column", "名称 name", "类型 type", "必填", "单位 unit", "示例 example", "筛选 filter", "导入 import",
    "说明 notes",
)  # fmt: skip

INTRODUCTION = """\
Each table has a list page with filters, exports to Excel and CSV, an endpoint of the API and, where \
it is importable, a template and an import with dry run ([guide](../guides/import-a-table.md)). An \
export of an importable table has the columns of its template. In a filter `?` stands for rows whose \
value is not known; bounds of a quantity are in its usual unit (元, not 分)."""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return lines + [f"| {' | '.join(_cell(cell) for cell in row)} |" for row in rows]


def _column(one: Field, spec: TableSpec) -> list[str]:
    notes = [text for text in (one.about_zh, one.about_en) if text]
    notes += (
        ["、".join(f"`{code}` {zh}" for code, (zh, _) in one.words.items())] if one.words else []
    )
    notes += ["个人 personal"] if one.grade is Grade.PERSONAL else []
    return [
        f"`{one.name}`", f"{one.zh} / {one.en}", TYPES[one.type], "✓" if one.required else "",
        one.unit, one.example, FILTERS[one.narrowed_by],
        "✓" if spec.importer is not None and one.importable else "", "；".join(notes),
    ]  # fmt: skip


def _section(spec: TableSpec) -> list[str]:
    importable = spec.importer is not None
    writers = " / ".join(spec.writers) if importable else "不能导入 not importable"
    return [
        f"## {spec.name}",
        "",
        f"**{spec.zh} / {spec.en}** — {spec.about_zh}。{spec.about_en}.",
        "",
        f"- 地址 address: `/data/{spec.name}/`, `/api/tables/{spec.name}`",
        f"- 主键 key: {', '.join(f'`{name}`' for name in spec.key)} · 等级 grade: {GRADES[spec.grade]}",
        f"- 谁能看 who sees: {' / '.join(spec.readers)}",
        f"- 谁能导入 who imports: {writers}",
        "",
        *_table(HEAD, [_column(one, spec) for one in spec.fields]),
        "",
    ]


def tables_page() -> str:
    """Return ``docs/reference/tables.md``."""
    lines = [
        "# 数据表 Tables",
        "",
        "由各表的列定义生成，请勿手改。Generated from the specs of the tables; do not edit by hand.",
        "",
        INTRODUCTION,
        "",
    ]
    for spec in specs().values():
        lines += _section(spec)
    return "\n".join(lines).rstrip() + "\n"


def _parameters(spec: TableSpec) -> str:
    names: list[str] = []
    for one in spec.fields:
        if one.narrowed_by == "range":
            names += [f"{one.name}.min", f"{one.name}.max"]
        elif one.narrowed_by != "none":
            names.append(one.name)
    return ", ".join(f"`{name}`" for name in (*names, "sort", "page", "size"))


def api_section() -> str:
    """Return the part of ``docs/reference/api.md`` that lists the tables' endpoints."""
    lines = ["由各表的列定义生成 generated from the specs of the tables.", ""]
    for spec in specs().values():
        lines += [
            f"## GET /api/tables/{spec.name}",
            "",
            f"{spec.zh}。{spec.en}: {_parameters(spec)}.",
            "",
        ]
    return "\n".join(lines)


def write_reference(folder: Path) -> None:
    """Write the generated page and the generated part of the API's page into ``folder``."""
    (folder / "tables.md").write_text(tables_page(), encoding="utf-8")
    path = folder / "api.md"
    page = path.read_text(encoding="utf-8")
    path.write_text(between(page, "tables", api_section()), encoding="utf-8")
