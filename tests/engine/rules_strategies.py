"""Random conditions and facts over the sample dictionary, dense around the thresholds."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from hypothesis import strategies as st

from jiqun.engine.rules.language import syntax as s
from jiqun.engine.rules.language.units import Quantity

FLAGS = ("规上企业", "高新技术企业", "专精特新企业", "失信企业", "环保处罚")
MONEY = (
    ("设备投资额", "上年度"),
    ("研发费用", "上年度"),
    ("营业收入", "上年度"),
    ("营业收入", "前年度"),
)
OPS = (">=", ">", "<=", "<", "=", "!=")

flags = st.sampled_from(FLAGS).map(lambda name: s.Flag(s.Name(name)))
money_names = st.sampled_from(MONEY).map(lambda pair: s.Name(*pair))
factors = st.sampled_from([Fraction(1), Fraction(1), Fraction(-1), Fraction(2), Fraction(1, 4)])
yuan = st.integers(0, 3000).map(lambda fen: s.Constant(Quantity(Fraction(fen, 100), "元")))
rates = st.integers(-50, 200).map(lambda p: s.Constant(Quantity(Fraction(p, 2), "%")))
ops = st.sampled_from(OPS)


def _sum(name: s.Name, rest: list[tuple[s.Name, Fraction]]) -> s.Sum:
    """Add up different fields: one that cancels itself out is refused."""
    others = {other: factor for other, factor in rest if other != name}
    return s.Sum((s.Term(name), *(s.Term(other, factor) for other, factor in others.items())))


sums = st.builds(_sum, money_names, st.lists(st.tuples(money_names, factors), max_size=2))
simple = money_names.map(lambda name: s.Sum((s.Term(name),)))
constants = yuan.map(lambda c: s.Sum((s.Term(c),)))
# An equality that no whole number can meet is refused, so equalities are of one field.
compares = st.one_of(
    st.builds(s.Compare, sums, st.sampled_from(OPS[:4]), constants),
    st.builds(s.Compare, simple, ops, constants),
)
ratios = st.builds(s.Ratio, simple, simple, ops, rates).filter(lambda r: r.top != r.bottom)
growths = st.builds(s.Growth, simple, simple, st.sampled_from(["增长", "下降"]), ops, rates).filter(
    lambda g: g.now != g.then
)
shares = st.builds(
    s.Compare,
    st.just(s.Sum((s.Term(s.Name("资产负债率")),))),
    ops,
    st.integers(0, 200).map(lambda p: s.Sum((s.Term(s.Constant(Quantity(Fraction(p, 2), "%"))),))),
)
areas = st.builds(
    s.Compare,
    st.just(s.Sum((s.Term(s.Name("用地面积")),))),
    st.sampled_from(OPS[:4]),
    st.integers(0, 5).map(lambda mu: s.Sum((s.Term(s.Constant(Quantity(Fraction(mu), "亩"))),))),
)
dates = st.builds(
    s.Compare,
    st.just(s.Sum((s.Term(s.Name("成立日期")),))),
    ops,
    st.dates(date(2019, 12, 30), date(2020, 1, 3)).map(lambda d: s.Sum((s.Term(s.Constant(d)),))),
)
members = st.builds(
    s.Member,
    st.just(s.Name("行业门类")),
    st.sampled_from(["属于", "不属于"]),
    st.lists(st.sampled_from(["制造业", "建筑业", "批发业", "C 34"]), min_size=1, unique=True).map(
        tuple
    ),
)
holdings = st.builds(
    s.Member,
    st.just(s.Name("资质")),
    st.sampled_from(["包含", "包含全部", "不包含"]),
    st.lists(st.sampled_from(["绿色工厂", "智能工厂", "单项冠军"]), min_size=1, unique=True).map(
        tuple
    ),
)
relations = st.one_of(flags, compares, ratios, growths, shares, areas, dates, members, holdings)
conditions = st.recursive(
    relations,
    lambda inner: st.one_of(
        inner.map(s.Not),
        st.lists(inner, min_size=2, max_size=3).map(s.every),
        st.lists(inner, min_size=2, max_size=3).map(s.some),
    ),
    max_leaves=6,
)

_money = st.one_of(st.none(), st.integers(-3, 3000))
facts = st.fixed_dictionaries(
    {name: st.sampled_from([None, True, False]) for name in FLAGS}
    | {f"{name}[{period}]": _money for name, period in MONEY}
    | {
        "资产负债率": st.one_of(st.none(), st.integers(-10, 200).map(lambda p: p * 5000)),
        "用地面积": st.one_of(st.none(), st.integers(0, 3500)),
        "成立日期": st.one_of(st.none(), st.integers(18259, 18265)),
        "行业门类": st.one_of(st.none(), st.integers(0, 3)),
        "资质": st.one_of(st.none(), st.integers(0, 7)),
    }
)
