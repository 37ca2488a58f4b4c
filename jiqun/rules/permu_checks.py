"""What of a per-mu scheme cannot be: found after reading, all at once."""

from __future__ import annotations

from collections.abc import Iterator

from jiqun.engine.indices.exact import POINT
from jiqun.engine.indices.quantities import unit_problem
from jiqun.engine.indices.scheme import Group, Indicator, Quota, Scheme
from jiqun.engine.indices.score import CENT

Found = tuple[str, str, str, tuple[str, str]]
WHOLE = 10_000


def contradictions(scheme: Scheme) -> Iterator[Found]:
    """Yield key, Chinese, English and remedy of everything that contradicts itself."""
    for group in scheme.groups:
        yield from _group(scheme, group)
    yield from _rules(scheme)
    yield from _grades_named(scheme)
    yield from _others(scheme)


def _found(key: str, zh: str, en: str, remedy_zh: str, remedy_en: str) -> Found:
    return key, zh, en, (remedy_zh, remedy_en)


def _group(scheme: Scheme, group: Group) -> Iterator[Found]:
    path = f"groups.{group.code}"
    weights = sum(one.weight for one in group.indicators)
    if weights != 100 * POINT:
        yield _found(f"{path}.indicators", f"权重合计 {weights / POINT:g}，应为 100",
                     f"weights sum to {weights / POINT:g}, not 100",
                     "调整各项权重", "change the weights")  # fmt: skip
    if any(one.family == "rank" for one in group.indicators):
        if len(group.indicators) > 1 or scheme.bonuses:
            yield _found(path, "只按名次的分组只能有一个指标，且不能加减分",
                         "a group ranked by a value alone has one indicator and no bonuses",
                         "改用比值法，或去掉其他指标和加减分",
                         "use another family, or drop the other indicators and the bonuses")  # fmt: skip
        if group.quota.small_below:
            yield _found(f"{path}.quota.small_below", "按名次的分组没有分数，不能用分数线",
                         "a group ranked by a value has no points for thresholds",
                         "写 0", "write 0")  # fmt: skip
    for one in group.indicators:
        yield from _indicator(f"{path}.{one.code}", one)
    yield from _quota(f"{path}.quota", group.quota)
    first = scheme.groups[0].quota.grades
    if group.quota.grades != first:
        yield _found(f"{path}.quota", f"等级与第一组（{'、'.join(first)}）不同",
                     f"grades differ from the first group's ({', '.join(first)})",
                     "各组用同样的等级", "use the same grades in every group")  # fmt: skip


def _indicator(path: str, one: Indicator) -> Iterator[Found]:
    wrong = unit_problem(one.unit, one.numerator, one.denominator)
    if wrong:
        yield _found(f"{path}.unit", f"指标的分子分母或单位不可用（{wrong}）", wrong,
                     "写成“tax / land”和“万元/亩”这样的形式", "write “tax / land” and “万元/亩”")  # fmt: skip
    if one.weight <= 0 or one.weight % CENT:
        yield _found(f"{path}.weight", "权重应大于 0，最多两位小数",
                     "a weight is positive and has two decimals at most",
                     "改正权重", "correct it")  # fmt: skip
    if one.cap is not None and one.cap < max(one.floor or 0.0, 0.0):
        yield _found(f"{path}.cap", "上限低于下限", "the cap lies below the floor",
                     "对调或改正", "swap or correct them")  # fmt: skip
    if not 0 <= one.base < 1:
        yield _found(f"{path}.base", "基础分比例应在 0 与 1 之间", "the base lies in [0, 1)",
                     "写 0.2 表示基础分 20%", "write 0.2 for 20 %")  # fmt: skip
    if one.winsorise and not 0 < one.winsorise[0] < one.winsorise[1] <= 1:
        yield _found(f"{path}.winsorise", "缩尾分位颠倒或越界", "shares out of order or range",
                     "写成 2–98", "write 2–98")  # fmt: skip
    rule = one.benchmark
    computed = rule.kind not in {"fixed", "provincial_list"}
    if one.family in {"ratio", "inverse"} and not (computed or rule.value > 0 or rule.table):
        yield _found(f"{path}.benchmark", "基准值应大于 0", "the benchmark must be positive",
                     "写出基准值", "write it")  # fmt: skip
    if rule.kind == "provincial_list" and not rule.table:
        yield _found(f"{path}.list", "缺少分行业的基准值表", "the list by industry is missing",
                     "补上 list", "add list")  # fmt: skip
    if rule.multiple <= 0 or any(value <= 0 for value in rule.table.values()):
        yield _found(f"{path}.benchmark", "倍数和各行业基准值应大于 0",
                     "the multiple and every listed value must be positive",
                     "改正数值", "correct it")  # fmt: skip


def _quota(path: str, quota: Quota) -> Iterator[Found]:
    shares = quota.cumulative
    if len(shares) < 2 or list(shares) != sorted(set(shares)) or shares[-1] != WHOLE:
        yield _found(path, "累计比例应逐级上升，末级为 100",
                     "cumulative shares rise from grade to grade and end with 100",
                     "写累计比例，不是各级比例", "write cumulative shares, not each grade's own")  # fmt: skip
    lines = quota.thresholds
    if quota.small_below and (
        len(lines) != len(shares) - 1 or list(lines) != sorted(set(lines), reverse=True)
    ):
        yield _found(f"{path}.thresholds", "分数线应比等级少一条，逐级下降",
                     "thresholds are one fewer than the grades and fall",
                     "例如 90/70/50", "such as 90/70/50")  # fmt: skip


def _rules(scheme: Scheme) -> Iterator[Found]:
    codes = [group.code for group in scheme.groups]
    if scheme.landless not in {"indefinite", *codes}:
        yield _found("rules.landless", f"没有名为 {scheme.landless} 的分组",
                     f"no group is called {scheme.landless!r}",
                     "写 indefinite 或分组名", "write indefinite or a group's name")  # fmt: skip
    if scheme.veto_fills_quota and not scheme.count_veto:
        yield _found("rules.veto_fills_quota", "被否决单位不计入基数，就不能占用末级名额",
                     "vetoed units that do not count in n cannot fill a quota",
                     "两项同时为 true，或都为 false", "make both true, or this one false")  # fmt: skip
    if not 0 <= scheme.least_known <= WHOLE:
        yield _found("rules.least_known", "应在 0 与 100 之间", "must lie between 0 and 100",
                     "写百分数", "write a percentage")  # fmt: skip
    if scheme.year < 2000:
        yield _found("rules.year", "数据年度不可用", "the year of the data cannot be used",
                     "写四位年份", "write a year of four digits")  # fmt: skip
    if any(cap is not None and cap < 0 for cap in (scheme.bonus_cap, scheme.penalty_cap)):
        yield _found("rules.bonus_cap", "加减分上限不能为负", "a cap of points cannot be negative",
                     "写正数或 none", "write a positive number or none")  # fmt: skip


def _grades_named(scheme: Scheme) -> Iterator[Found]:
    grades = scheme.grades if scheme.groups else ()
    named = [
        *((f"vetoes.{one.code}.effect", one.grade) for one in scheme.vetoes),
        *((f"specials.{one.code}.managed_as", one.managed_as) for one in scheme.specials if one.managed_as),
        *((f"bounds: {one.grade}", one.grade) for one in scheme.bounds),
        *((f"measures.{one.code}.grade", one.grade) for one in scheme.measures),
    ]  # fmt: skip
    for key, grade in named:
        if grade not in grades:
            yield _found(key, f"没有等级 {grade}", f"there is no grade {grade!r}",
                         f"可用：{'、'.join(grades)}", f"known: {', '.join(grades)}")  # fmt: skip


def _others(scheme: Scheme) -> Iterator[Found]:
    grades = scheme.grades if scheme.groups else ("",)
    for bound in scheme.bounds:
        ends = {"needs": grades[-1], "only_below": grades[0]}
        if bound.grade == ends[bound.side]:
            yield _found(f"bounds: {bound.grade}", "末级没有下一级，首级没有上一级",
                         "there is no grade to move to", "改写等级或 side", "change grade or side")  # fmt: skip
        if scheme.indicator(bound.indicator) is None:
            yield _found(f"bounds: {bound.grade}", f"没有指标 {bound.indicator}",
                         f"there is no indicator {bound.indicator!r}",
                         "写已有指标名", "name an indicator of the pack")  # fmt: skip
    for bonus in scheme.bonuses:
        if not bonus.points:
            yield _found(f"bonuses.{bonus.code}.points", "加减分不能为 0", "0 points do nothing",
                         "写出分值", "write the points")  # fmt: skip
    for measure in scheme.measures:
        if measure.op in {"add", "multiply"} and measure.value is None:
            yield _found(f"measures.{measure.code}.value", "缺少数值", "the figure is missing",
                         "写出数值和单位", "write figure and unit")  # fmt: skip
        if measure.years < 1:
            yield _found(f"measures.{measure.code}.years", "至少 1 年", "one year at least",
                         "写 1", "write 1")  # fmt: skip
