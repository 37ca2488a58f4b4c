"""What pages of the evaluation share: from what they were computed, and how far the rules are confirmed."""

from __future__ import annotations

from jiqun.core.frame import Part, note
from jiqun.core.tabular import pick
from jiqun.modules.land.attribution.shown import basis_words
from jiqun.modules.land.evaluation.merging import UNITS
from jiqun.modules.land.evaluation.selectors import GradedView
from jiqun.modules.land.evaluation.shown import parameters
from jiqun.modules.land.evaluation.words import MARKS


def basis(view: GradedView) -> list[tuple[str, str]]:
    """From what everything on the page was computed."""
    run, pack = view.run, view.graded.pack
    return [
        (pick("规则", "Rules"), pick(pack.title["zh"], pack.title["en"])),
        (pick("出处", "Source"), pick(pack.source["zh"], pack.source["en"])),
        (pick("数据年度", "Year of the data"), view.year),
        (pick("规则版本", "Rule pack"), run.rules_version),
        (pick("用地依据", "Land counted"), basis_words(view.graded.gathered.land)),
        (pick("评价单位", "Unit of evaluation"), pick(*UNITS[view.graded.members.kind])),
        (pick("运行", "Run"), run.run), (pick("数据快照", "Snapshot"), run.snapshot[:12]),
        (pick("程序版本", "Code"), run.code_version),
        (pick("结果摘要", "Digest of the result"), str(run.params["digest"])[:16]),
    ]  # fmt: skip


def other_year(view: GradedView) -> list[Part]:
    """Say when the rules were published for another year than the figures are of."""
    made = view.graded.pack.scheme.year
    if str(made) == view.year:
        return []
    return [note((
        f"所用规则包是 {made} 年度公布的，这里套用于 {view.year} 年数据；正式评价须换成本地当年的规则包。",
        (f"The rule pack was published for {made} and is applied to figures of {view.year}; an official "
        "evaluation needs the place's own pack of the year."),
    ), "warning")]  # fmt: skip


def unconfirmed(view: GradedView) -> list[Part]:
    """Say how many parameters rest on something else than the document."""
    found = [mark for _, _, mark in parameters(view.graded.pack.version)]
    counts = {mark: found.count(mark) for mark in MARKS}
    zh = "，".join(f"{mark} {MARKS[mark][0]} {count} 项" for mark, count in counts.items() if count)
    en = ", ".join(f"{mark} {MARKS[mark][1]}: {count}" for mark, count in counts.items() if count)
    level = "warning" if counts["✎"] or counts["◆"] or counts["◐"] else "info"
    return [note((f"规则参数的出处：{zh}。", f"What the parameters rest on: {en}."), level)]
