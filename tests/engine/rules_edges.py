"""Policies and firms that stand on every edge, and an exact answer for all of them at once.

Values lie at the thresholds and one base unit beside them, ratios on the dot; a third is missing.
The answers are reckoned with Python integers of any size in object arrays, from the trees.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from jiqun.engine.rules.document.policy import Policy
from jiqun.engine.rules.evaluation.columns import Column
from jiqun.engine.rules.language import syntax as s
from jiqun.engine.rules.language.words import FLIPPED
from jiqun.engine.rules.program.program import Program
from tests.engine.rules_runs import FIELDS, policy_of
from tests.engine.rules_samples import document

Truth = npt.NDArray[np.bool_]
Objects = npt.NDArray[np.object_]

RATE = "{{方式: 比例, 基数: '设备投资额[上年度]', 比例: 7.5%, 上限: 3万元, 取整: {}}}"
DOCUMENTS = [
    (["规上企业 或 高新技术企业", "设备投资额[上年度] >= 5万元", "非 失信企业"], RATE.format('元以下舍去')),
    (["研发费用[上年度] / 营业收入[上年度] >= 3%", "非 失信企业 且 非 环保处罚"], RATE.format('四舍五入到元')),
    (["营业收入[上年度] 较 营业收入[前年度] 增长 >= 5%", "职工人数 <= 300人"], RATE.format('元以下进位')),
    (["营业收入[上年度] 较 营业收入[前年度] 下降 < 10%", "成立日期 <= 2020-12-31"],
     "{方式: 定额, 金额: 2万元}"),
    (["行业门类 属于 {制造业, 建筑业}", "资质 包含 {绿色工厂, 智能工厂}", "资产负债率 < 70%"],
     "{方式: 分档, 基数: '营业收入[上年度]', 分档: [{起: 10万元, 金额: 9千元}, {起: 5万元, 止: 10万元,"
     " 比例: 1%}, {止: 5万元, 金额: 1元}], 上限: 1万元}".replace("9千元", "9000元")),
    (["资质 包含全部 {绿色工厂, 单项冠军} 或 专精特新企业", "设备投资额[上年度] < 5万元"],
     "{方式: 累进, 基数: '营业收入[上年度]', 分档: [{起: 0元, 比例: 3%}, {起: 5万元, 比例: 1.1%}], 上限: 5千元}"
     .replace("5千元", "5000元")),
    (["营业收入[上年度] + 营业收入[前年度] - 2 * 研发费用[上年度] > 10万元"],
     "{方式: 每单位, 基数: '设备投资额[上年度]', 单价: 3元, 每: 7元}"),
    (["营业收入[上年度] / 用地面积 >= 2万元/亩", "非 (规上企业 且 失信企业)"], "{方式: 定额, 金额: 5000元}"),
    (["(设备投资额[上年度] + 研发费用[上年度]) / 营业收入[上年度] > 33.3333%", "专利数 >= 3"],
     "{方式: 比例, 基数: '设备投资额[上年度] - 研发费用[上年度]', 比例: 3.33%, 上限: 1万元, 下限: 10元}"),
    (["行业门类 != 批发业", "行业门类 = 制造业 或 职工人数 > 20人"],
     ("{方式: 比例, 基数: '设备投资额[上年度]', 比例: 5%, 分档: [{条件: 专精特新企业, 比例: 12%, 上限: 2万元}],"
     " 上限: 9万元}")),
]  # fmt: skip


def policies() -> list[Policy]:
    """Return the policies; the first five are one group, the others another."""
    found: list[Policy] = []
    for number, (conditions, amount) in enumerate(DOCUMENTS):
        more = f"互斥组: [组{number // 5}]\n叠加规则: 就高不重复\n"
        text = document(*conditions, amount=amount, more=more)
        found.append(policy_of(text.replace("T-1", f"E-{number}")))
    return found


def edge_columns(program: Program, n: int, *, seed: int = 3) -> dict[str, Column]:
    """Return firms on the edges of the policies above."""
    rng = np.random.default_rng(seed)
    thin = rng.integers(-1, 2, (24, n))
    revenue = rng.choice([0, -100, 100, 10_000, 5_000_000, 10_000_000, 900_000_000], n)
    ratio = rng.choice([3, 33, 105, 95, 90, 110], n)
    near: dict[str, npt.NDArray[np.int64]] = {
        "营业收入[上年度]": revenue + (rng.random(n) < 0.3) * thin[0],
        "研发费用[上年度]": revenue * 3 // 100 + thin[1],
        "营业收入[前年度]": np.where(ratio < 50, revenue, revenue * 100 // ratio) + thin[2],
        "设备投资额[上年度]": rng.choice([0, 700, 5_000_000, 40_000_000, 250_000_000], n) + thin[3],
        "用地面积": revenue * 667 // 2_000_000 + thin[4],
        "职工人数": rng.choice([20, 300], n) + thin[5],
        "成立日期": 18627 + thin[6],
        "资产负债率": 700_000 + thin[7],
        "专利数": 3 + thin[8],
        "行业门类": rng.integers(0, 4, n),
        "资质": rng.integers(0, 8, n),
    }
    found: dict[str, Column] = {}
    for key, field in program.columns.items():
        known = rng.random(n) >= rng.choice([0.0, 0.1, 0.25, 0.35])
        boolean = field is not None and field.kind == "boolean"
        values = rng.random(n) < 0.7 if boolean else near[key].astype(np.int64)
        found[key] = Column(values, known)
    return found


# ---- exact answers --------------------------------------------------------------------------


def exact_verdicts(policy: Policy, columns: Mapping[str, Column]) -> npt.NDArray[np.int8]:
    """Return the verdict codes of a policy in force without manual conditions."""
    parts = [_decide(c.tree, columns) for c in policy.conditions if c.tree is not None]
    no = np.logical_or.reduce([false for _, false in parts])
    yes = np.logical_and.reduce([true for true, _ in parts])
    return np.where(no, 0, np.where(yes, 1, 2)).astype(np.int8)


def _decide(tree: s.Condition, columns: Mapping[str, Column]) -> tuple[Truth, Truth]:
    """Return where a condition is true and where it is false."""
    match tree:
        case s.Every() | s.Some():
            parts = [_decide(item, columns) for item in tree.items]
            true, false = ([part[i] for part in parts] for i in (0, 1))
            if isinstance(tree, s.Every):
                return np.logical_and.reduce(true), np.logical_or.reduce(false)
            return np.logical_or.reduce(true), np.logical_and.reduce(false)
        case s.Not():
            true, false = _decide(tree.item, columns)
            return false, true
        case s.Flag():
            column = columns[s.name_text(tree.item)]
            return _known(column.values.astype(bool), [column])
        case s.Member():
            return _member(tree, columns)
        case s.Reference():
            raise AssertionError("no references here")
        case _:
            return _relation(tree, columns)


def _relation(
    tree: s.Compare | s.Ratio | s.Growth, columns: Mapping[str, Column]
) -> tuple[Truth, Truth]:
    if isinstance(tree, s.Compare):
        enum = _enum(tree)
        if enum is not None:
            return _member(enum, columns)
        left, used = _total(tree.left, columns, share=_share(tree))
        right, more = _total(tree.right, columns, share=_share(tree))
        return _known(_compare(left, tree.op, right), used + more)
    top, bottom = (tree.top, tree.bottom) if isinstance(tree, s.Ratio) else (tree.now, tree.then)
    a, used = _total(top, columns)
    b, more = _total(bottom, columns)
    rate, op = tree.rate.value.in_base, tree.op  # type: ignore[union-attr]
    if isinstance(tree, s.Growth):
        op = op if tree.word == "增长" else FLIPPED[op]
        rate = 1 + rate if tree.word == "增长" else 1 - rate
    truth = _compare(a * rate.denominator, op, b * rate.numerator)
    return _known(truth, used + more, (b > 0).astype(bool))


def _enum(tree: s.Compare) -> s.Member | None:
    left, right = tree.left.terms[0].item, tree.right.terms[0].item
    if isinstance(left, s.Name) and isinstance(right, s.Name) and FIELDS.find(right.name) is None:
        return s.Member(left, "属于" if tree.op == "=" else "不属于", (right.name,))
    return None


def _share(tree: s.Compare) -> bool:
    item = tree.left.terms[0].item
    return isinstance(item, s.Name) and FIELDS.by_word[item.name].kind == "ratio"


def _total(
    tree: s.Sum, columns: Mapping[str, Column], *, share: bool = False
) -> tuple[Objects, list[Column]]:
    total: Objects = np.array([0], object)
    used: list[Column] = []
    for term in tree.terms:
        assert term.factor.denominator == 1
        if isinstance(term.item, s.Name):
            column = columns[s.name_text(term.item)]
            used.append(column)
            total = total + column.values.astype(object) * int(term.factor)
        elif hasattr(term.item.value, "toordinal"):
            total = total + (term.item.value.toordinal() - 719163)
        else:
            exact = term.item.value.in_base * (10**6 if share else 1)
            assert exact.denominator == 1
            total = total + int(exact * term.factor)
    return total, used


def _compare(a: Objects, op: str, b: Objects) -> Truth:
    truth = {">=": a >= b, ">": a > b, "<=": a <= b, "<": a < b, "=": a == b, "!=": a != b}[op]
    return truth.astype(bool)


def _member(tree: s.Member, columns: Mapping[str, Column]) -> tuple[Truth, Truth]:
    column, field = columns[s.name_text(tree.item)], FIELDS.by_word[tree.item.name]
    codes = [field.values.index(value) for value in tree.values]
    if tree.word in {"属于", "不属于"}:
        truth = np.isin(column.values, codes) == (tree.word == "属于")
    else:
        held = np.stack([(column.values >> code & 1).astype(bool) for code in codes])
        truth = held.all(0) if tree.word == "包含全部" else held.any(0) == (tree.word == "包含")
    return _known(truth, [column])


def _known(truth: Truth, used: list[Column], also: Truth | None = None) -> tuple[Truth, Truth]:
    known = np.ones(len(used[0].values), bool) if also is None else also.copy()
    for column in used:
        known &= True if column.known is None else column.known
    return truth & known, ~truth & known
