"""One calculation of a batch: from what, computed again, whose grade it changed."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from jiqun.core.factstore import store
from jiqun.core.frame import Part, asks_purpose, link, note, show, table
from jiqun.core.pages import page, viewer
from jiqun.core.tabular import Field, pick
from jiqun.modules.land.batch.computing import differences
from jiqun.modules.land.batch.office import actions as office
from jiqun.modules.land.batch.selectors import changes_of, the_batch, the_calculation
from jiqun.modules.land.evaluation.shown import badge_of, grade_words, number_words
from jiqun.modules.land.models import Calculation

Words = tuple[str, str]
CHANGES = (
    Field("name", "企业", "Firm"), Field("old", "原等级", "Old grade"), Field("new", "新等级", "New grade"),
    Field("old_total", "原总分", "Old total"), Field("new_total", "新总分", "New total"),
)  # fmt: skip
DIFFERENT: Mapping[str, Words] = {
    "rules": ("规则包", "rule pack"), "code": ("程序版本", "code version"), "consents": ("企业授权", "consents"),
    "inputs": ("输入数据", "inputs"), "benchmarks": ("基准值", "benchmarks"), "result": ("结果", "result"),
}  # fmt: skip


@require_GET
@page
def calculation(request: HttpRequest, batch: str, number: int) -> HttpResponse:
    """One calculation: from what, computed again now, and whose grade it changed."""
    who = viewer(request)
    one = the_batch(who, batch)
    made = the_calculation(who, one, number)
    parts: list[Part] = [*asks_purpose(who), _again(made)]
    rows = [
        {"name": row["name"], "old": grade_words(row["grade"]), "old_badge": badge_of(row["grade"]),
         "new": grade_words(row["grade_new"]), "new_badge": badge_of(row["grade_new"]),
         "old_total": number_words(row["total"], 2), "new_total": number_words(row["total_new"], 2)}
        for row in changes_of(who, made)
    ]  # fmt: skip
    if number > office.FIRST:
        since = (f"与第 {number - 1} 次测算相比。", f"Compared with calculation {number - 1}.")
        parts.append(table(("等级变动的企业", "Firms whose grade changed"), CHANGES, rows,
                           ("没有可显示的变动。", "No change to show."), hint=since))  # fmt: skip
    return show(
        request, (f"第 {number} 次测算", f"Calculation {number}"), small=one.key, parts=parts,
        crumb=link((f"{one.year} 年度批次", f"Batch of {one.year}"), reverse("land-batch", args=[one.key])),
        lede=made.reason,
        basis=[
            (pick("运行", "Run"), made.run), (pick("数据快照", "Snapshot"), made.snapshot),
            (pick("规则版本", "Rule pack"), made.rules_version),
            (pick("规则摘要", "Digest of the rules"), made.rules_digest),
            (pick("程序版本", "Code"), made.code_version), (pick("企业授权状态", "State of consents"), made.consents),
            (pick("输入摘要", "Digest of the inputs"), made.inputs_digest),
            (pick("基准值摘要", "Digest of the benchmarks"), made.benchmarks_digest),
            (pick("结果摘要", "Digest of the result"), made.result_digest),
        ],
    )  # fmt: skip


def _again(made: Calculation) -> Part:
    differ = differences(store(), made)
    if not differ:
        return note(
            (
                "按原快照复算：逐字节一致。",
                "Computed again over its snapshot: the same to the byte.",
            ),
            "good",
        )
    zh, en = (
        "、".join(DIFFERENT[name][0] for name in differ),
        ", ".join(DIFFERENT[name][1] for name in differ),
    )
    return note((
        f"按原快照复算，下列与当时不同：{zh}。当时的结果已存档，不受影响。",
        f"Computed again over its snapshot, these differ from then: {en}. The result of then is kept.",
    ), "warning")  # fmt: skip
