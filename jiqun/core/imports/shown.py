"""An import as tables and sentences of a page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from jiqun.core.models import Import
from jiqun.core.tabular import Field, Plan, TableSpec, display, html_table, label, pick, specs

SHOWN_PROBLEMS = 200
PROBLEMS = (
    Field("cell", "单元格", "Cell"), Field("column", "列", "Column"), Field("value", "原文", "Original"),
    Field("message", "问题", "Problem"), Field("remedy", "怎么改", "What to do"),
)  # fmt: skip
CHANGES = (
    Field("row", "文件行号", "Row"), Field("key", "哪一条", "Which"), Field("column", "列", "Column"),
    Field("before", "现在", "Now"), Field("after", "将改为", "Will be"),
)  # fmt: skip
CREATES = (
    Field("row", "文件行号", "Row"), Field("key", "哪一条", "Which"), Field("values", "内容", "Content"),
)  # fmt: skip
HISTORY = (
    Field("file", "文件", "File", link="href"), Field("table", "数据表", "Table"), Field("who", "谁", "Who"),
    Field("when", "何时", "When"), Field("state", "状态", "State"),
    Field("received", "收到", "Received", "integer", "行"), Field("accepted", "写入", "Stored", "integer", "行"),
    Field("quarantined", "隔离", "Quarantined", "integer", "行"),
    Field("duplicate", "不变或重复", "Nothing new", "integer", "行"),
    Field("ended", "撤销或放弃于", "Undone or discarded"),
)  # fmt: skip
BADGES = {
    "planned": "warning",
    "applied": "good",
    "undone": "plain",
    "discarded": "plain",
    "expired": "plain",
}


def headline(plan: Plan) -> dict[str, str]:
    """Return the one sentence that says what the person has to do, and how serious it is."""
    counts = plan.counts
    if plan.unknown or plan.missing:
        return {"level": "warning", "text": _("还有问题要您先回答，回答后才能写入。")}
    if plan.blocked:
        return {"level": "error", "text": _("这个文件还不能导入，原因见下表。请改好文件重新上传。")}
    if not counts.accepted:
        return _nothing_to_write(plan)
    good, bad = f"{counts.accepted:,}", f"{counts.quarantined:,}"
    if counts.quarantined:
        said = _(
            "%(good)s 行可以写入，%(bad)s 行有错不会写入。可以先写入好的行，再改错误行另行上传。"
        )
        return {"level": "warning", "text": said % {"good": good, "bad": bad}}
    return {"level": "success", "text": _("%(n)s 行全部可以写入。") % {"n": good}}


def _nothing_to_write(plan: Plan) -> dict[str, str]:
    counts = plan.counts
    if not counts.quarantined:
        return {"level": "info", "text": _("文件与表中的数据完全一致，没有要写入的。")}
    if counts.duplicate:
        said = _(
            "没有新内容可写入：%(same)s 行与表中一致，%(bad)s 行有错。请下载错误行，改好后重新上传。"
        )
        told = {"same": f"{counts.duplicate:,}", "bad": f"{counts.quarantined:,}"}
        return {"level": "warning", "text": said % told}
    return {"level": "error", "text": _("没有一行可以写入。请下载错误行，改好后重新上传。")}


def problems_table(plan: Plan) -> dict[str, Any] | None:
    """Return the problems cell by cell, those of the whole table first."""
    if not plan.problems:
        return None
    rows = [
        {
            "cell": cell or (_("第 %(row)s 行") % {"row": one.row} if one.row else _("整张表")),
            "column": one.column, "value": one.value or "—",
            "message": pick(one.message_zh, one.message_en), "remedy": pick(one.remedy_zh, one.remedy_en),
        }
        for one, cell in list(zip(plan.problems, plan.cells, strict=True))[:SHOWN_PROBLEMS]
    ]  # fmt: skip
    total = len(plan.problems)
    caption = _("全部 %(n)s 个问题") % {"n": f"{total:,}"}
    if total > SHOWN_PROBLEMS:
        caption = _("全部 %(n)s 个问题，下面是前 %(k)s 个；错误行文件里有全部") % {
            "n": f"{total:,}",
            "k": SHOWN_PROBLEMS,
        }
    return html_table(PROBLEMS, rows, caption=caption, empty={"message": ""})


def _shown(fields: Mapping[str, Field], name: str, value: Any) -> str:
    one = fields.get(name)
    if value is None:
        return _("（空）")
    return str(value) if one is None or one.type != "words" else display(one, value)


def changes_table(plan: Plan, spec: TableSpec, kind: str) -> dict[str, Any] | None:
    """Return the updates as before → after, or the creates with their values."""
    fields = {one.name: one for one in spec.fields}
    chosen = [one for one in plan.changes if one.kind == kind]
    if not chosen:
        return None
    if kind == "update":
        total = plan.counts.update
        rows = [
            {"row": one.row, "key": one.key, "column": label(fields[name]) if name in fields else name,
             "before": _shown(fields, name, one.before.get(name)), "after": _shown(fields, name, after)}
            for one in chosen for name, after in one.after.items()
        ]  # fmt: skip
        caption, shown = _("更新 %(n)s 行：改前与改后"), CHANGES
    else:
        total = plan.counts.create
        rows = [
            {"row": one.row, "key": one.key, "values": "；".join(
                f"{label(fields[name]) if name in fields else name}={_shown(fields, name, value)}"
                for name, value in one.after.items() if name not in spec.key)}
            for one in chosen
        ]  # fmt: skip
        caption, shown = _("新增 %(n)s 行"), CREATES
    said = caption % {"n": f"{total:,}"}
    if len(chosen) < total:
        said += _("（下面是前 %(k)s 行）") % {"k": len(chosen)}
    return html_table(shown, rows, caption=said, empty={"message": ""})


def history_table(found: Iterable[Import]) -> dict[str, Any]:
    """Return imports as a table, newest first."""
    titles = {name: pick(one.zh, one.en) for name, one in specs().items()}
    rows = [
        {
            "file": one.file_name, "href": reverse("import", args=[one.key]),
            "table": titles.get(one.table, one.table), "who": one.user.get_username(),
            "when": f"{localtime(one.applied or one.created):%Y-%m-%d %H:%M}",
            "state": one.get_state_display(), "state_badge": BADGES.get(one.state, "plain"),  # pyright: ignore[reportAttributeAccessIssue]
            **{name: one.counts.get(name) for name in ("received", "accepted", "quarantined", "duplicate")},
            "ended": f"{localtime(one.ended):%Y-%m-%d %H:%M}" if one.ended else "—",
        }
        for one in found
    ]  # fmt: skip
    return html_table(
        HISTORY, rows, caption=_("我的导入"), empty={"message": _("还没有导入过文件。")}
    )
