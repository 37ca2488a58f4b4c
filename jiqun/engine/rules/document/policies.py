"""Reads a policy document: strict YAML with the keys of an official notice."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from fractions import Fraction
from functools import partial

from jiqun.engine.rules.document import strict
from jiqun.engine.rules.document.amounts import read_amount, too_many, tree_of_condition
from jiqun.engine.rules.document.policy import (
    Basis,
    Budget,
    Caps,
    Condition,
    Example,
    Fairness,
    Instalment,
    Policy,
)  # fmt: skip
from jiqun.engine.rules.document.reader import Reader, rate
from jiqun.engine.rules.problems import Place
from jiqun.errors import Problem

MOST_CONDITIONS = 2_000
KEYS = (
    "编号", "版本", "名称", "发文机关", "文号", "层级", "上位政策", "施行日期", "失效日期", "申报窗口",
    "受益主体", "主题", "主管部门", "口径", "条件", "金额", "互斥组", "叠加规则", "上限", "预算",
    "资金分担", "拨付", "审批链", "公示期", "免申即享", "退回", "例证", "公平竞争审查",
)  # fmt: skip
LEVELS = {"国家": "state", "省": "province", "市": "city", "县": "county"}
SUBJECTS = {word: word for word in ("企业", "项目", "个人", "平台")}
STACKING = {
    "就高不重复": "highest", "择一": "exclusive", "可叠加": "stack", "补差": "topup",
    "配套": "match", "一次性": "once",
}  # fmt: skip
SHORTAGE = {
    "先到先得": "first_come", "按分排序": "rank", "按比例": "prorate", "按比例兑付": "prorate",
    "顺延": "defer",
}  # fmt: skip
VERDICTS = {
    "不符合": 0,
    "符合": 1,
    "待核实": 2,
    "待核实(缺数据)": 2,
    "待核实(人工)": 3,
    "不在有效期": 4,
}
MARKS = {"✔", "◐", "✎", "◆"}


def read_policy(
    text: str, *, names: Collection[str], file: str = ""
) -> tuple[Policy | None, list[Problem]]:
    """Read one document.

    Args:
        text: strict YAML.
        names: known field names and synonyms, for words written without spaces.
        file: its name, for messages.

    Returns:
        The policy and everything that is wrong with it; None when it cannot be read at all.
    """
    root = strict.read(text, file=file)
    if isinstance(root, list):
        return None, root
    problems: list[Problem] = []
    reader = Reader(root, problems, what="政策", place=Place(file, 1, 1))
    reader.only(KEYS, required=("编号", "名称", "施行日期", "条件"))
    policy = _policy(reader, names, file)
    if policy.end is not None and policy.end < policy.start:
        reader.wrong("失效日期早于施行日期", "失效日期 is before 施行日期", reader.at("失效日期"))
    return policy, problems


def _policy(reader: Reader, names: Collection[str], file: str) -> Policy:
    amount = read_amount(reader.mapping("金额", "金额"), names) if "金额" in reader.items else None
    return Policy(
        number=reader.text("编号"),
        title=reader.text("名称"),
        conditions=_conditions(reader, names),
        start=reader.day("施行日期") or date.min,
        version=reader.text("版本", "1"),
        issuer=reader.text("发文机关"),
        document=reader.text("文号"),
        level=reader.choice("层级", LEVELS, ""),
        parent=reader.text("上位政策"),
        end=reader.day("失效日期"),
        window=_window(reader),
        subject=reader.choice("受益主体", SUBJECTS, "企业"),
        matter=reader.text("主题"),
        department=reader.text("主管部门"),
        basis=_basis(reader.mapping("口径", "口径")),
        amount=amount,
        groups=reader.texts("互斥组"),
        stacking=reader.choice("叠加规则", STACKING, ""),
        caps=_caps(reader.mapping("上限", "上限")),
        budget=_budget(reader.mapping("预算", "预算")) if "预算" in reader.items else None,
        funding=_funding(reader.mapping("资金分担", "资金分担")),
        payment=_payment(reader),
        approval=reader.texts("审批链"),
        publicity_days=reader.whole("公示期", "个工作日"),
        automatic=reader.flag("免申即享"),
        clawback=reader.texts("退回"),
        examples=tuple(_example(one) for one in reader.readers("例证", "例证")),
        fairness=_fairness(reader),
        file=file,
        places=reader.keys,
    )


def _conditions(reader: Reader, names: Collection[str]) -> tuple[Condition, ...]:
    readers = reader.readers("条件", "条件")
    if len(readers) > MOST_CONDITIONS:
        reader.problems.append(too_many("条件", MOST_CONDITIONS, reader))
        return ()
    if "条件" in reader.items and not readers:
        reader.wrong("至少要有一个条件", "at least one condition is needed", reader.at("条件"))
    found: dict[str, Condition] = {}
    for one in readers:
        condition = _condition(one, names)
        if condition.number in found:
            one.wrong(
                f"条件编号“{condition.number}”重复",
                f"{condition.number!r} stands twice",
                one.at("编号"),
            )
        found[condition.number] = condition
    return tuple(found.values())


def _condition(reader: Reader, names: Collection[str]) -> Condition:
    reader.only(("编号", "表达式", "人工核验", "依据", "说明", "标记"), required=("编号",))
    tree = tree_of_condition(reader, "表达式", names)
    manual = reader.text("人工核验")
    if ("表达式" in reader.items) == ("人工核验" in reader.items):
        reader.wrong(
            "条件须写“表达式”或“人工核验”，二者只写其一",
            "a condition has either 表达式 or 人工核验",
            reader.place,
        )
    return Condition(
        number=reader.text("编号"),
        tree=tree,
        manual=manual,
        clause=reader.text("依据"),
        note=reader.text("说明"),
        mark=reader.choice("标记", {mark: mark for mark in sorted(MARKS)}, ""),
        place=reader.at("表达式"),
    )


def _window(reader: Reader) -> tuple[date, date] | None:
    if "申报窗口" not in reader.items:
        return None
    window = reader.mapping("申报窗口", "申报窗口")
    window.only(("起", "止"), required=("起", "止"))
    first, last = window.day("起"), window.day("止")
    if first is None or last is None:
        return None
    if last < first:
        window.wrong("“止”早于“起”", "止 is before 起", window.place)
    return first, last


def _basis(reader: Reader) -> Basis:
    reader.only(("基准年度", "字段"))
    fields = reader.mapping("字段", "口径字段")
    sources: dict[str, tuple[str, date | None]] = {}
    for name in fields.items:
        one = fields.mapping(name, f"口径字段“{name}”")
        one.only(("来源", "截至"))
        sources[name] = one.text("来源"), one.day("截至")
    return Basis(reader.whole("基准年度", "年"), sources)


def _caps(reader: Reader) -> Caps:
    reader.only(("每户", "每年", "累计"))
    return Caps(reader.fen("每户"), reader.fen("每年"), reader.fen("累计"))


def _budget(reader: Reader) -> Budget | None:
    reader.only(("年度", "总额", "不足时"), required=("总额",))
    total = reader.fen("总额")
    shortage = reader.choice("不足时", SHORTAGE, "")
    return None if total is None else Budget(reader.whole("年度", "年"), total, shortage)


def _shares(shares: Collection[Fraction], reader: Reader) -> None:
    if shares and sum(shares) != 1:
        reader.wrong(
            f"{reader.what}的比例之和应为 100%", "the shares must add up to 100%", reader.place
        )


def _funding(reader: Reader) -> Mapping[str, Fraction]:
    hint = ("写成 30%。", "Write 30%.")
    found = {name: reader.parsed(name, rate, Fraction(0), hint=hint) for name in reader.items}
    _shares(found.values(), reader)
    return found


def _payment(reader: Reader) -> tuple[Instalment, ...]:
    found: list[Instalment] = []
    for one in reader.readers("拨付", "拨付"):
        one.only(("比例", "节点"), required=("比例", "节点"))
        found.append(Instalment(one.rate("比例") or Fraction(0), one.text("节点")))
    if found and sum(one.share for one in found) != 1:
        reader.wrong("拨付的比例之和应为 100%", "the shares must add up to 100%", reader.at("拨付"))
    return tuple(found)


def _example(reader: Reader) -> Example:
    reader.only(
        ("企业", "项目", "个人", "平台", "结论", "因", "缺", "金额", "日期"), required=("结论",)
    )
    facts: dict[str, str] = {}
    for subject in SUBJECTS:
        given = reader.mapping(subject, "例证的事实")
        facts |= {name: given.text(name) for name in given.items}
    names = {name: name for name in VERDICTS}
    parse = partial(_verdict, names)
    return Example(
        facts=facts,
        verdict=reader.parsed("结论", parse, "", hint=("、".join(VERDICTS), ", ".join(VERDICTS))),
        because=reader.texts("因"),
        missing=reader.texts("缺"),
        fen=reader.fen("金额"),
        on=reader.day("日期"),
        place=reader.place,
    )


def _verdict(names: Mapping[str, str], written: str) -> str | None:
    return names.get(written.replace("（", "(").replace("）", ")"))


def _fairness(reader: Reader) -> Fairness | None:
    if "公平竞争审查" not in reader.items:
        return None
    record = reader.mapping("公平竞争审查", "公平竞争审查")
    record.only(("结论", "文号", "日期", "例外依据"), required=("结论",))
    return Fairness(
        record.text("结论"), record.text("文号"), record.day("日期"), record.text("例外依据")
    )
