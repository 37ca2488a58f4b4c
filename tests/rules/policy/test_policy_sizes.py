"""Size classes against an independent reading of the table: the lower of the classes by measure."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from jiqun.engine.rules.evaluation.columns import Column
from jiqun.engine.rules.evaluation.evaluate import evaluate
from jiqun.engine.rules.program.compile import compile_policies
from jiqun.rules.policies import field_dictionary, governing, policy_pack
from tests.rules.policy.cases import BY_KEY, run

CLASSES = ("大型", "中型", "小型", "微型")
DAY = BY_KEY["GS@1"].start
# Staff; revenue and assets in 万元: the lower bounds of large, medium, small (methods, 7.2).
TABLE: dict[str, tuple[tuple[int, int, int] | None, ...]] = {
    "农林牧渔业": (None, (20000, 500, 50), None),
    "工业": ((1000, 300, 20), (40000, 2000, 300), None),
    "建筑业": (None, (80000, 6000, 300), (80000, 5000, 300)),
    "批发业": ((200, 20, 5), (40000, 5000, 1000), None),
    "零售业": ((300, 50, 10), (20000, 500, 100), None),
    "交通运输业": ((1000, 300, 20), (30000, 3000, 200), None),
    "仓储业": ((200, 100, 20), (30000, 1000, 100), None),
    "邮政业": ((1000, 300, 20), (30000, 2000, 100), None),
    "住宿业": ((300, 100, 10), (10000, 2000, 100), None),
    "餐饮业": ((300, 100, 10), (10000, 2000, 100), None),
    "信息传输业": ((2000, 100, 10), (100000, 1000, 100), None),
    "软件和信息技术服务业": ((300, 100, 10), (10000, 1000, 50), None),
    "房地产开发经营": (None, (200000, 1000, 100), (10000, 5000, 2000)),
    "物业管理": ((1000, 300, 100), (5000, 1000, 500), None),
    "租赁和商务服务业": ((300, 100, 10), None, (120000, 8000, 100)),
    "其他未列明行业": ((300, 100, 10), None, None),
}
FEN = 1_000_000  # of 万元


def _class(sector: str, values: tuple[int, int, int]) -> int:
    """0 large … 3 micro: the worst class that any measure of the sector gives."""
    worst = 0
    for bounds, value, unit in zip(TABLE[sector], values, (1, FEN, FEN), strict=True):
        if bounds is not None:
            worst = max(worst, sum(value < bound * unit for bound in bounds))
    return worst


def _grid() -> list[tuple[str, tuple[int, int, int]]]:
    """Every combination of values at and one unit below the bounds of each sector."""
    rows: list[tuple[str, tuple[int, int, int]]] = []
    for sector, measures in TABLE.items():
        axes = [
            [0] if bounds is None else [v - d for b in bounds for v in (b * unit,) for d in (0, 1)]
            for bounds, unit in zip(measures, (1, FEN, FEN), strict=True)
        ]
        rows += [(sector, (staff, money, assets)) for staff, money, assets in product(*axes)]
    return rows


def test_every_firm_is_in_the_one_class_that_the_table_gives() -> None:
    dictionary = field_dictionary()
    sectors = dictionary.fields["划型行业"].values
    rows = _grid()
    policies = [p for p in policy_pack("size").policies if p.number.startswith("HX-")]
    columns = {
        "划型行业": Column(np.array([sectors.index(sector) for sector, _ in rows], np.int64)),
        "职工人数": Column(np.array([v[0] for _, v in rows], np.int64)),
        "营业收入[上年度]": Column(np.array([v[1] for _, v in rows], np.int64)),
        "资产总额[上年末]": Column(np.array([v[2] for _, v in rows], np.int64)),
    }
    found = evaluate(compile_policies(policies, dictionary), columns, event=DAY).verdicts()
    by_title = {p.title[:2]: found[i] for i, p in enumerate(policies)}
    wanted = np.array([_class(*row) for row in rows])
    assert len(rows) > 400
    for code, name in enumerate(CLASSES):
        assert np.array_equal(by_title[name] == 1, wanted == code), name
    assert np.array_equal(by_title["中小"] == 1, wanted > 0)


@pytest.mark.parametrize(
    ("staff", "revenue", "name"),
    [(1000, 40000, "大型"), (1200, 39999, "中型"), (300, 1999, "小型"), (19, 50000, "微型"),
     (20, 300, "小型")],
)  # fmt: skip
def test_vectors_of_the_statistical_rule(staff: int, revenue: int, name: str) -> None:
    facts = {"划型行业": "工业", "职工人数": f"{staff}人", "营业收入[上年度]": f"{revenue}万元"}
    told = {
        kind: policy_pack("size").say(
            int(run(BY_KEY[f"HX-{kind[0]}@2017"], [facts], on=DAY).verdict(0)[0])
        )
        for kind in CLASSES
    }
    assert [kind for kind, said in told.items() if said.key == "inside"] == [name]
    assert [said.zh for kind, said in told.items() if kind != name] == ["不属于"] * 3


def test_one_measure_short_decides_without_the_other() -> None:
    """Nineteen people are a micro firm whatever the revenue, which nobody has told."""
    facts = [{"划型行业": "工业", "职工人数": "19人"}, {"划型行业": "工业", "职工人数": "20人"}]
    assert run(BY_KEY["HX-微@2017"], facts, on=DAY).verdict(0).tolist() == [1, 2]
    assert run(BY_KEY["HX-大@2017"], facts, on=DAY).verdict(0).tolist() == [0, 0]


@pytest.mark.parametrize(
    ("sector", "revenue"),
    [("工业", 2000), ("批发业", 2000), ("零售业", 500), ("住宿和餐饮业", 200),
     ("服务业两千万档", 2000), ("服务业一千万档", 1000), ("服务业五百万档", 500)],
)  # fmt: skip
def test_above_scale_by_revenue(sector: str, revenue: int) -> None:
    policy = governing("GS", DAY)
    assert policy is not None
    rows = [{"规上统计行业": sector, "营业收入[上年度]": text}
            for text in (f"{revenue}万元", f"{revenue - 1}.999999万元", "缺")]  # fmt: skip
    assert run(policy, rows, on=DAY).verdict(0).tolist() == [1, 0, 2]
