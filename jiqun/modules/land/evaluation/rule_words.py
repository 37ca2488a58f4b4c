"""Parameters of a rule pack in the words of an office rather than of the file."""

from __future__ import annotations

from collections.abc import Mapping

from jiqun.core.tabular import pick
from jiqun.engine.indices.scheme import Scheme

SKIPPED = frozenset({"groups", "indicators"})
KEYS: Mapping[str, tuple[str, str]] = {
    "rules": ("总则", "general"), "vetoes": ("否决", "veto"), "specials": ("类别", "class"),
    "bonuses": ("加减分", "bonus"), "bounds": ("绝对值上下限", "absolute bound"), "measures": ("措施", "measure"),
    "weight": ("权重", "weight"), "benchmark": ("基准值", "benchmark"), "cap": ("单项上限", "cap"),
    "floor": ("保底", "floor"), "missing": ("缺失处理", "missing data"), "negative": ("负值处理", "negative values"),
    "family": ("计分方式", "way of scoring"), "quota": ("等级比例", "quota"), "rounding": ("取整", "rounding"),
    "ties": ("并列", "ties"), "small_below": ("小组界限（家）", "small groups below"),
    "thresholds": ("小组分数线", "thresholds of small groups"), "admits": ("入组条件", "who is in the group"),
    "scale": ("规上或规下", "above or below"), "effect": ("效果", "effect"), "months": ("有效月数", "months"),
    "label": ("等级名称", "label"), "managed_as": ("按哪级管理", "managed as"), "year": ("规则年度", "year"),
    "unit": ("评价单位", "unit"), "electricity": ("电力折标", "electricity"), "landless": ("无用地", "without land"),
    "mid_year": ("年中开办", "begun within the year"), "least_known": ("最少数据（%）", "least data known (%)"),
    "count_veto": ("否决计入总数", "vetoed firms count"), "count_special": ("不定等级计入总数", "classes count"),
    "veto_fills_quota": ("否决先占末级名额", "vetoes fill the last quota"), "bonus_cap": ("加分上限", "cap of bonuses"),
    "penalty_cap": ("扣分上限", "cap of penalties"),
}  # fmt: skip
VALUES: Mapping[str, tuple[str, str]] = {
    "none": ("不设", "none"),
    "true": ("是", "yes"),
    "false": ("否", "no"),
    "zero": ("得 0 分", "0 points"),
    "keep": ("保留负值", "kept"),
    "renormalise": ("不计，权重分给其余各项", "left out, its weight to the others"),
    "group_mean": ("取本组该项平均得分", "the group's mean score"),
    "ratio": ("指标值÷基准值×权重", "value ÷ benchmark × weight"),
    "inverse": ("（2−指标值÷基准值）×权重", "(2 − value ÷ benchmark) × weight"),
    "minmax": ("20+80×组内位置", "20 + 80 × place in the group's range"),
    "rank": ("只按指标值排名", "rank by the value"),
    "fixed": ("固定值", "fixed"),
    "group_mean_weighted": ("本组合计之比", "the group's sum ÷ sum"),
    "group_mean_simple": ("本组平均", "the group's mean"),
    "industry_mean": ("同行业平均", "mean of the industry"),
    "provincial_list": ("省定分行业值", "the province's list"),
    "round": ("四舍五入", "half up"),
    "floor": ("舍去", "down"),
    "ceil": ("进一", "up"),
    "all_up": ("都进较高一级", "all up"),
    "all_down": ("都进较低一级", "all down"),
    "by_tax": ("税收多者先", "by tax"),
    "indefinite": ("不定等级", "no grade"),
    "as_is": ("按实际数", "as it is"),
    "annualise": ("折算为全年", "annualised"),
    "firm": ("企业", "firm"),
    "operator": ("经营主体", "operator"),
    "parcel": ("宗地", "parcel"),
    "equivalent": ("等价值", "equivalent value"),
    "calorific": ("当量值", "calorific value"),
    "above": ("规上", "above the threshold"),
    "below": ("规下", "below the threshold"),
    "to": ("直接定为", "directly to"),
    "cap": ("最高只能到", "no better than"),
    "不定等级": ("不定等级", "no grade"),
}


def path_words(scheme: Scheme, path: str) -> str:
    """A parameter's path in the words of groups and indicators where it names them."""
    words = {one.code: pick(one.zh, one.en) for one in scheme.groups}
    words |= {i.code: pick(i.zh, i.en) for one in scheme.groups for i in one.indicators}
    words |= {
        one.code: pick(one.zh, one.en)
        for one in (*scheme.vetoes, *scheme.specials, *scheme.bonuses)
    }
    words |= {key: pick(*said) for key, said in KEYS.items()}
    words |= {grade: pick(f"{grade} 级", f"grade {grade}") for grade in scheme.grades}
    return " · ".join(words.get(part, part) for part in path.split(".") if part not in SKIPPED)


def value_words(path: str, value: str) -> str:
    """Return a value as people read it: codes in words, cumulative shares with their sign."""
    *_, above, last = ("", *path.split("."))
    if above == "quota" and len(last) == 1:
        return pick(f"累计 {value}%", f"down to {value} %")
    return " ".join(pick(*VALUES[part]) if part in VALUES else part for part in value.split(" "))
