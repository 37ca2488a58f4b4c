"""Documents of the evaluation, in Chinese as offices issue them: a firm's sheet, a draft of the result."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from math import isfinite

from jiqun.core.typeset import Document, Facts, Table, chinese_day, mark_of
from jiqun.engine.indices.evaluate import DECISIVE
from jiqun.engine.indices.exact import POINT
from jiqun.engine.indices.quantities import QUANTITIES, SHOWN
from jiqun.engine.indices.scheme import Indicator
from jiqun.engine.indices.score import KNOWN, REASONS
from jiqun.modules.land.evaluation.findings import Graded
from jiqun.modules.land.evaluation.selectors import GradedView, veiled
from jiqun.modules.land.evaluation.shown import sources_of
from jiqun.modules.land.evaluation.words import HOLDERS
from jiqun.modules.land.register import HELD

DRAFT = "测算稿，不是评价结果"
SHARED = "本企业与同一评价单位的少数企业合并评价，各项得分会透露其他企业的数字，不列出。"


def _number(value: float | None, decimals: int = 4) -> str:
    if value is None:
        return "缺"
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _basis(view: GradedView) -> list[tuple[str, str]]:
    run, pack = view.run, view.graded.pack
    return [
        ("评价规则", f"{pack.title['zh']}（{run.rules_version}）"), ("数据年度", f"{view.year} 年"),
        ("数据快照", run.snapshot[:12]), ("计算编号", run.run), ("结果摘要", str(run.params["digest"])[:16]),
    ]  # fmt: skip


def sheet(view: GradedView, firm: str, day: date, *, synthetic: bool) -> Document:
    """一企一单: every figure that a firm is evaluated by, to be accepted or objected to one by one."""
    graded, at = view.graded, view.at(firm)
    row = graded.gathered.firms.row(graded.row(firm), named=True)
    group = int(graded.evaluation.group[at])
    groups = graded.scheme.groups
    items = (
        groups[group].indicators
        if group >= 0
        else tuple(i for one in groups for i in one.indicators)
    )
    head = Facts([
        ("企业名称", row["name"]), ("统一社会信用代码", firm),
        ("分组", groups[group].zh if group >= 0 else "未定"), *_basis(view),
    ])  # fmt: skip
    blocks = [
        "请逐项核对评价所用数据。认可的在“确认”栏画√；有异议的写明应为数值，并附加盖公章的证明材料。标“缺”的数据不按零计算。",
        head, "# 一、评价所用数据", _figures(graded, firm, items),
        "# 二、指标得分（测算）", SHARED if veiled(view, firm) else _scores(graded, at, items),
        _result(graded, at),
        "# 三、企业意见",
        Facts([("意见", "□ 全部认可　　□ 有异议（见上表）"), ("经办人及电话", "　"), ("法定代表人签字", "　"),
               ("企业盖章及日期", "　")]),
    ]  # fmt: skip
    return Document(
        "亩均效益评价数据确认单（一企一单）",
        blocks,
        day=day,
        mark=mark_of(DRAFT, synthetic=synthetic),
    )


def _figures(graded: Graded, firm: str, items: Sequence[Indicator]) -> Table:
    at, sources = graded.row(firm), sources_of(graded, firm)
    rows: list[list[str]] = []
    for name in dict.fromkeys(n for one in items for n in (one.numerator, one.denominator)):
        kind, figure = QUANTITIES[name], graded.gathered.units.figure(name)
        value = (
            int(figure.value[at]) / float(SHOWN[kind.shown][1]) if bool(figure.known[at]) else None
        )
        source, as_of = sources.get(HELD[name][0], ("", ""))
        origin = f"{source}（{as_of}）" if source else f"由{HOLDERS[name].zh}掌握"
        rows.append([kind.zh, _number(value), kind.shown, origin, "", ""])
    return Table(
        ("数据项", "数值", "单位", "来源及日期", "确认", "应为数值"),
        rows,
        frozenset({1}),
        (5, 5, 3, 9, 2, 5),
    )


def _scores(graded: Graded, at: int, items: Sequence[Indicator]) -> Table:
    steps, rows = graded.evaluation.steps, list[list[str]]()
    for one in items:
        value, benchmark = (
            float(steps[f"{one.code}.{name}"][at]) for name in ("value", "benchmark")
        )
        reason = int(steps[f"{one.code}.reason"][at])
        counted = bool(steps[f"{one.code}.counted"][at])
        rows.append([
            one.zh, _number(value) if isfinite(value) else "缺", _number(benchmark) if isfinite(benchmark) else "—",
            "" if one.unit == "ratio" else one.unit, _number(one.weight / POINT, 2),
            _number(int(steps[f"{one.code}.score"][at]) / POINT, 2) if counted else "不计",
            "" if reason in {KNOWN, -1} else REASONS[reason][0],
        ])  # fmt: skip
    headings = ("指标", "指标值", "基准值", "单位", "权重", "得分", "说明")
    return Table(headings, rows, frozenset({1, 2, 4, 5}), (7, 5, 5, 4, 3, 4, 6))


def _result(graded: Graded, at: int) -> str:
    evaluation = graded.evaluation
    known = int(evaluation.steps["known"][at]) > 0
    total = _number(int(evaluation.steps["total"][at]) / POINT, 2) if known else "无"
    cause = DECISIVE[int(evaluation.decisive[at])][0]
    return f"测算总分 {total}，测算等级 {evaluation.grades()[at]}（{cause}）。等级以公告为准。"


def draft(
    view: GradedView, names: Sequence[tuple[str, str, str]], day: date, *, synthetic: bool
) -> Document:
    """The list as a publicity would show it: name and grade, in no order of rank; marked as a draft.

    Args:
        view: the evaluation.
        names: (group, firm's name, grade), those that the reader may see.
        day: of the print.
        synthetic: whether the data are made up.
    """
    grades = [*view.graded.scheme.grades, "T", "不定等级"]
    blocks: list[str | Table | Facts] = [
        (f"以下为按现有数据测算的等级，未经企业确认、公示和审定，共 {len(names)} 家，排名不分先后。"
         f"测算日期{chinese_day(day)}。"),
        Facts(_basis(view)),
    ]  # fmt: skip
    if not names:
        blocks.append("企业名单在说明用途后列出。")
    for one in view.graded.scheme.groups:
        mine = [(name, grade) for group, name, grade in names if group == one.code]
        if not mine:
            continue
        blocks.append(f"# {one.zh}（{len(mine)} 家）")
        for grade in grades:
            listed = sorted(name for name, got in mine if got == grade)
            if listed:
                lines = [[str(n), name, grade] for n, name in enumerate(listed, start=1)]
                blocks.append(Table(("序号", "企业名称", "等级"), lines, widths=(2, 12, 3)))
    return Document("亩均效益评价结果（测算稿）", blocks, mark=mark_of(DRAFT, synthetic=synthetic))
