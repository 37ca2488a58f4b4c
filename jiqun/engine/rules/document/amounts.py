"""Reads 金额: mode, base, rates, tiers, caps and rounding."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from jiqun.engine.rules.document import strict
from jiqun.engine.rules.document.policy import Amount, Rounding, Tier
from jiqun.engine.rules.document.reader import Reader, number
from jiqun.engine.rules.language import syntax as s
from jiqun.engine.rules.language.parser import parse_condition, parse_sum
from jiqun.engine.rules.problems import problem
from jiqun.errors import Problem

MODES: Mapping[str, str] = {
    "定额": "fixed", "比例": "rate", "分档": "tiers", "累进": "marginal", "每单位": "unit",
    "上级配套": "match",
}  # fmt: skip
_NEEDS: Mapping[str, tuple[str, ...]] = {
    "fixed": ("金额",), "rate": ("基数", "比例"), "tiers": ("分档",), "marginal": ("基数", "分档"),
    "unit": ("基数", "单价"), "match": ("基数", "比例"),
}  # fmt: skip
_KEYS = (
    "方式",
    "金额",
    "基数",
    "比例",
    "分档",
    "单价",
    "每",
    "不足一个单位",
    "上限",
    "下限",
    "取整",
    "依据",
)
_TIER_KEYS = ("条件", "起", "止", "金额", "比例", "上限")
_UNITS: Mapping[str, int] = {
    "分": 1, "角": 10, "元": 100, "十元": 1000, "百元": 10_000, "千元": 100_000, "万元": 1_000_000,
}  # fmt: skip
ROUNDINGS: Mapping[str, Rounding] = {
    form.format(word): Rounding(unit, mode)
    for word, unit in _UNITS.items()
    for form, mode in (
        ("{}以下舍去", "down"), ("舍去到{}", "down"), ("四舍五入到{}", "half_up"),
        ("{}以下四舍五入", "half_up"), ("{}以下进位", "up"), ("进位到{}", "up"),
    )
}  # fmt: skip


def read_amount(reader: Reader, names: Collection[str]) -> Amount:
    """Return the amount of a policy; what is wrong is noted in the reader's list."""
    mode = reader.choice("方式", MODES, "")
    reader.only(_KEYS, required=("方式", *_NEEDS.get(mode, ())))
    base = tree_of_sum(reader, "基数", names)
    hint = ("如：元以下舍去、四舍五入到百元。", "Such as 元以下舍去 or 四舍五入到百元.")
    return Amount(
        mode=mode,
        base=base,
        fen=reader.fen("金额"),
        rate=reader.rate("比例"),
        tiers=tuple(_tier(one, names) for one in reader.readers("分档", "分档")),
        price=reader.fen("单价"),
        each=_each(reader),
        partial=reader.choice("不足一个单位", {"舍去": False, "按比例": True}, default=False),
        cap=reader.fen("上限"),
        floor=reader.fen("下限"),
        rounding=reader.parsed("取整", ROUNDINGS.get, Rounding(), hint=hint),
        clause=reader.text("依据"),
        place=reader.place,
    )


def _each(reader: Reader) -> int:
    hint = ("写成 1000万元、1人 这样的正整数量。", "Write 1000万元 or 1人.")
    return reader.parsed("每", _positive, 1, hint=hint)


def _positive(written: str) -> int | None:
    value = _in_base(written)
    return value if value is not None and value > 0 else None


def _in_base(written: str) -> int | None:
    found = number(written)
    if found is None or found.in_base.denominator != 1:
        return None
    return found.in_base.numerator


def _tier(reader: Reader, names: Collection[str]) -> Tier:
    reader.only(_TIER_KEYS)
    hint = ("写成 500万元 这样的数量。", "Write a quantity such as 500万元.")
    tier = Tier(
        condition=tree_of_condition(reader, "条件", names),
        low=reader.parsed("起", _in_base, None, hint=hint),
        high=reader.parsed("止", _in_base, None, hint=hint),
        fen=reader.fen("金额"),
        rate=reader.rate("比例"),
        cap=reader.fen("上限"),
        place=reader.place,
    )
    if ("金额" in reader.items) == ("比例" in reader.items):
        reader.wrong(
            "每档须写“金额”或“比例”，二者只写其一", "a tier gives either 金额 or 比例", reader.place
        )
    if "条件" in reader.items and {"起", "止"} & set(reader.items):
        reader.wrong("“条件”与“起/止”只能用一种", "use either 条件 or 起/止", reader.place)
    if tier.low is not None and tier.high is not None and tier.low >= tier.high:
        reader.wrong("“起”应小于“止”", "起 must be less than 止", reader.place)
    return tier


def tree_of_condition(reader: Reader, key: str, names: Collection[str]) -> s.Condition | None:
    """Return the condition written under a key, or None with the problem noted."""
    node = reader.items.get(key)
    if not isinstance(node, strict.Text):
        return None
    return _kept(parse_condition(node.value, names=names, place=node.place), reader.problems)


def tree_of_sum(reader: Reader, key: str, names: Collection[str]) -> s.Sum | None:
    """Return the sum written under a key, or None with the problem noted."""
    node = reader.items.get(key)
    if not isinstance(node, strict.Text):
        return None
    read = parse_sum(node.value, names=names, place=node.place)
    if isinstance(read, Problem):
        reader.problems.append(read)
        return None
    return read


def _kept(read: s.Condition | Problem, problems: list[Problem]) -> s.Condition | None:
    if isinstance(read, Problem):
        problems.append(read)
        return None
    return read


def too_many(what: str, most: int, reader: Reader) -> Problem:
    """Return the problem that a document has more of something than can be meant."""
    return problem(
        "E-RULE-LIMIT",
        f"{what}超过上限 {most}",
        en=f"more than {most} of {what}",
        place=reader.place,
        remedy=("请拆成多条政策。", "Split it into several policies."),
    )
