"""The chain's pure computation on five industries and three sectors, worked out by hand.

Knitwear (S1) is made of yarn (S2) and fibre (S3); yarn is made of fibre. Inputs per unit:
S2→S1 0.4, S3→S1 0.1, S3→S2 0.5, so the total requirement of S1 is 0.4 of S2 and
0.1 + 0.5·0.4 = 0.3 of S3: shares 4/7 and 3/7. The place makes 650 of S1 and 50 of S2.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from jiqun.modules.chain.analysis.inputs import (
    Activity,
    ChainInputs,
    Entry,
    Links,
    Scope,
    Specialisation,
)
from jiqun.modules.chain.analysis.params import ChainParams, chain_params
from jiqun.modules.chain.analysis.supply import sector_state
from jiqun.modules.chain.analysis.tiers import ChainResult, chain
from jiqun.rules.loader import pack

NAN = np.nan
A, B, C, D, E = range(5)
CODES = ("knit", "yarn", "hosiery", "fibre", "shop")
PACK = pack("chain", "jiqun-2026.1")


def _array(*values: float) -> Any:
    return np.array(values, dtype=float)


def activity(**changes: Any) -> Activity:
    """Fibre is withheld: between nothing and 100."""
    plain: dict[str, Any] = {
        "codes": CODES, "names_zh": CODES, "names_en": CODES,
        "in_scope": np.array([True, True, True, True, False]), "measure": "output",
        "size": _array(400, 50, 250, NAN, 10), "low": _array(400, 50, 250, 0, 10),
        "high": _array(400, 50, 250, 100, 10), "hidden": np.array([False, False, False, True, False]),
        "evident": np.zeros(5, dtype=bool),
        "count": _array(9, 2, 6, NAN, 3), "national_size": _array(4000, 1000, 1000, 500, 900),
        "national_count": _array(40, 10, 10, 5, 90), "place_total": 760.0, "national_total": 7400.0,
        "growth": _array(*[NAN] * 5), "complexity": _array(9, 1, 2, 3, 9),
        "neighbour_size": np.zeros(5), "recruitable": np.ones(5, dtype=bool), "competitive": _array(*[NAN] * 5),
        "since": "", "invoiced_outside": _array(*[NAN] * 5), "national_workers": _array(4000, 1000, 1000, 500, 900),
    }  # fmt: skip
    return Activity(**(plain | changes))


NO_FIBRE = {"size": _array(400, 50, 250, 0, 10), "high": _array(400, 50, 250, 0, 10),
            "hidden": np.zeros(5, dtype=bool), "count": _array(9, 2, 6, 0, 3)}  # fmt: skip


def links(**changes: Any) -> Links:
    weights = np.zeros((5, 3))
    weights[[A, C], 0] = weights[B, 1] = weights[D, 2] = 1
    requirement, steps = np.zeros((3, 3)), np.full((3, 3), np.inf)
    requirement[1, 0], requirement[2, 0] = 4 / 7, 3 / 7
    steps[1, 0], steps[2, 0] = 1, 5 / 3
    plain: dict[str, Any] = {
        "table": "by hand", "sectors": ("S1", "S2", "S3"), "names_zh": ("S1", "S2", "S3"),
        "names_en": ("S1", "S2", "S3"), "weights": weights,
        "A": np.array([[0, 0, 0], [0.4, 0, 0], [0.1, 0.5, 0]]), "requirement": requirement,
        "sales": np.zeros((3, 3)), "steps": steps, "output": _array(10000, 4000, 2000),
        "intermediate_share": _array(0.2, 1.0, 0.9), "value_added_share": _array(0.3, 0.4, 0.5),
        "unit": "CNY_fen", "home": True,
    }  # fmt: skip
    return Links(**(plain | changes))


def entry(*probability: float) -> Entry:
    values = _array(*probability)
    ranks = _array(1, 2, 3, 4, 5)
    return Entry(values, values / 2, ranks, ranks, "2 年", "elsewhere", own=False, terms=())


def inputs(**changes: Any) -> ChainInputs:
    # Gamma posteriors with means 4, 1, 2, 1, 1.
    shape, rate = _array(40, 1, 2, 1, 1), _array(10, 1, 1, 1, 1)
    mean = shape / rate
    plain: dict[str, Any] = {
        "scope": Scope("1", "c", "2025"), "snapshot": "s", "activity": activity(),
        "specialisation": Specialisation(mean, mean, mean, mean, shape, rate), "links": links(), "entry": None,
    }  # fmt: skip
    return ChainInputs(**(plain | changes))


def params(**changes: float) -> ChainParams:
    return chain_params(PACK, {name.replace("__", "."): value for name, value in changes.items()})


def rows(result: ChainResult, kind: str) -> dict[str, dict[str, Any]]:
    return {row["code"]: row for row in result.rows if row["kind"] == kind}


def test_the_leading_industry_covers_is_specialised_and_sells_outside() -> None:
    found = rows(chain(inputs(), params()), "leading")
    assert [*found] == ["knit"], (
        "hosiery is in the covering set but P(LQ > 1.5) = 2.5·e^-1.5 = 0.56"
    )
    knit = found["knit"]
    assert knit["share"] == pytest.approx(400 / 700), "the shop is out of scope, fibre is unknown"
    assert knit["cumulative"] == pytest.approx(400 / 700)
    assert knit["outside_share"] == pytest.approx(0.75)
    assert knit["sector"] == "S1"


def test_a_lower_bar_of_certainty_lets_the_covering_set_in_and_no_more() -> None:
    found = rows(chain(inputs(), params(leading__lq_probability=0.55)), "leading")
    assert [*found] == ["knit", "hosiery"]
    assert found["hosiery"]["lq_probability"] == pytest.approx(2.5 * np.exp(-1.5))
    assert found["hosiery"]["cumulative"] == pytest.approx(650 / 700)
    narrow = chain(
        inputs(),
        params(leading__lq_probability=0.55, leading__coverage=0.55, leading__share_min=0.4),
    )
    assert [*rows(narrow, "leading")] == ["knit"], "400/700 covers 55 % alone"


def test_an_industry_that_sells_at_home_does_not_lead() -> None:
    assert not rows(chain(inputs(), params(leading__outside_share_min=0.8)), "leading")


def test_invoices_replace_the_estimate_of_what_is_sold_outside() -> None:
    invoiced = activity(invoiced_outside=_array(0.2, NAN, NAN, NAN, NAN))
    assert not rows(chain(inputs(activity=invoiced), params()), "leading")
    kept = rows(chain(inputs(activity=invoiced), params(leading__outside_share_min=0.2)), "leading")
    assert (kept["knit"]["outside_share"], kept["knit"]["invoiced"]) == (0.2, True)


def test_what_a_county_may_not_recruit_is_neither_potential_nor_feasible() -> None:
    chances = entry(NAN, 0.01, 0.2, 0.3, NAN)
    licensed = activity(recruitable=np.array([True, False, True, False, True]))
    result = chain(inputs(activity=licensed, entry=chances), params())
    assert [*rows(result, "potential")] == ["hosiery"]
    assert np.isnan(rows(result, "supporting")["S3"]["probability"])


def test_coverage_and_its_interval() -> None:
    state = sector_state(activity(), links(), params())
    np.testing.assert_allclose(state.demand, [0, 260, 90])
    np.testing.assert_allclose(state.coverage_low, [NAN, 50 / 260, 0])
    np.testing.assert_allclose(state.coverage_high, [NAN, 50 / 260, 1.0])
    assert list(state.status[1:]) == ["weak", "undisclosed"]


@pytest.mark.parametrize(
    ("high", "status"),
    [(15.0, "undisclosed"), (40.0, "undisclosed"), (10_000.0, "undisclosed"), (NAN, "unknown")],
)
def test_what_is_withheld_beside_makers_is_never_missing(high: float, status: str) -> None:
    withheld = activity(high=_array(400, 50, 250, high, 10), count=_array(9, 2, 6, 1, 3))
    assert sector_state(withheld, links(), params()).status[2] == status


@pytest.mark.parametrize("high", [5.0, NAN])
def test_what_the_table_itself_withholds_is_never_missing_nor_unknown(high: float) -> None:
    fibre = np.array([False, False, False, True, False])
    withheld = activity(
        high=_array(400, 50, 250, high, 10), count=_array(9, 2, 6, 0, 3), evident=fibre
    )
    assert sector_state(withheld, links(), params()).status[2] == "undisclosed"
    only_possible = activity(high=_array(400, 50, 250, 5.0, 10), count=_array(9, 2, 6, 0, 3))
    assert sector_state(only_possible, links(), params()).status[2] == "missing"


def test_a_withheld_member_beside_a_larger_published_one_leaves_the_sector_known() -> None:
    both = links(
        weights=np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1], [0, 0, 0]], dtype=float)
    )
    state = sector_state(activity(high=_array(400, 50, 250, 5, 10)), both, params())
    assert not state.hidden[2], "at most 5 beside 250 published"
    assert state.status[2] == "strong"


def test_a_true_zero_is_missing_and_a_maker_is_at_least_weak() -> None:
    state = sector_state(activity(**NO_FIBRE), links(), params())
    assert list(state.status[1:]) == ["weak", "missing"]
    no_yarn = NO_FIBRE | {"count": _array(9, 0, 6, 0, 3), "size": _array(400, 0, 250, 0, 10),
                          "low": _array(400, 0, 250, 0, 10), "high": _array(400, 0, 250, 0, 10)}  # fmt: skip
    assert sector_state(activity(**no_yarn), links(), params()).status[1] == "missing"


def test_supporting_rows_name_their_lead_and_tie() -> None:
    found = rows(chain(inputs(), params()), "supporting")
    assert [*found] == ["S2", "S3"]
    assert found["S2"]["requirement"] == pytest.approx(4 / 7)
    assert found["S3"]["steps"] == pytest.approx(5 / 3)
    assert {row["lead"] for row in found.values()} == {"S1"}
    assert np.isnan(found["S3"]["size"])
    assert found["S3"]["size_high"] == 100
    far = chain(inputs(), params(supporting__max_steps=1.5))
    assert [*rows(far, "supporting")] == ["S2"]
    shallow = chain(inputs(), params(supporting__requirement_min=0.45))
    assert [*rows(shallow, "supporting")] == ["S2"]


def test_the_lists_and_their_gates() -> None:
    found = rows(chain(inputs(), params()), "supporting")
    assert found["S2"]["plants"] == pytest.approx(2.1), "(260 − 50) ÷ (1000 ÷ 10)"
    assert found["S2"]["lists"] == ["fill", "strengthen", "secure"]
    assert found["S3"]["lists"] == [], "undisclosed is no gap"
    assert (
        "fill"
        not in rows(chain(inputs(), params(gap__minimum_scale=2.2)), "supporting")["S2"]["lists"]
    )
    assert (
        "secure" not in rows(chain(inputs(), params(single_source=1)), "supporting")["S2"]["lists"]
    )


@pytest.mark.parametrize(("yarn", "on_the_list"), [(0.01, False), (0.25, True), (NAN, True)])
def test_the_fill_list_asks_whether_it_can_come(yarn: float, on_the_list: bool) -> None:  # noqa: FBT001
    result = chain(inputs(entry=entry(NAN, yarn, 0.2, 0.3, NAN)), params())
    row = rows(result, "supporting")["S2"]
    assert ("fill" in row["lists"]) is on_the_list, "percentile 1/3, 2/3, unknown"


def test_a_true_gap_goes_on_the_fill_list_once_a_plant_fits() -> None:
    result = chain(inputs(activity=activity(**NO_FIBRE)), params())
    row = rows(result, "supporting")["S3"]
    assert (row["status"], row["plants"]) == ("missing", pytest.approx(0.9))
    assert row["lists"] == []
    assert rows(
        chain(inputs(activity=activity(**NO_FIBRE)), params(gap__minimum_scale=0.9)), "supporting"
    )["S3"]["lists"] == ["fill"]


def test_neighbours_unmet_need_counts_towards_a_plant() -> None:
    near = activity(**NO_FIBRE, neighbour_size=_array(1000, 0, 0, 0, 0))
    row = rows(chain(inputs(activity=near), params()), "supporting")["S3"]
    assert row["neighbour_gap"] == pytest.approx(100)
    assert row["plants"] == pytest.approx((90 + 100) / 100)


def test_priority_leaves_out_what_is_unknown_and_says_so() -> None:
    found = rows(chain(inputs(), params()), "supporting")
    assert found["S2"]["priority"] == pytest.approx((0.25 + 0.20 * (1 - 50 / 260) + 0.15) / 0.60)
    assert found["S3"]["priority"] == pytest.approx(0.5)
    assert found["S2"]["priority_known"] == pytest.approx(0.60)


def test_the_extension_is_downstream_worth_more_and_feasible() -> None:
    sales = np.zeros((3, 3))
    sales[0, 2] = 0.3
    sold = links(sales=sales)
    chances = entry(NAN, 0.01, 0.2, 0.3, NAN)
    found = rows(chain(inputs(links=sold, entry=chances), params()), "extension")
    assert [*found] == ["S3"]
    assert found["S3"]["value_added_gain"] == pytest.approx(0.2)
    assert found["S3"]["lists"] == ["extend"]
    poorer = replace(sold, value_added_share=_array(0.3, 0.4, 0.3))
    assert not rows(chain(inputs(links=poorer, entry=chances), params()), "extension")
    assert not rows(
        chain(inputs(links=sold, entry=entry(NAN, 0.3, 0.2, 0.1, NAN)), params()), "extension"
    )


def test_the_potential_tier_is_probability_times_value() -> None:
    result = chain(inputs(entry=entry(NAN, 0.01, 0.2, 0.3, NAN)), params())
    found = rows(result, "potential")
    assert [*found] == ["fibre", "hosiery", "yarn"]
    assert found["fibre"]["score"] == pytest.approx(0.3)
    # Value added per unit 0.6, 1.6, 2.0; complexity 2, 1, 3; growth unknown: weights 0.35 and 0.30 of 0.65.
    assert found["hosiery"]["score"] == pytest.approx(0.2 * (0.35 / 3 + 0.30 * 2 / 3) / 0.65)
    assert found["yarn"]["value"] == pytest.approx((0.35 * 2 / 3 + 0.30 / 3) / 0.65)
    assert found["fibre"]["status"] == "undisclosed"
    assert (
        len(
            rows(
                chain(inputs(entry=entry(NAN, 0.01, 0.2, 0.3, NAN)), params(potential__count=1)),
                "potential",
            )
        )
        == 1
    )


def test_value_added_per_worker_is_unknown_without_workers() -> None:
    unknown = activity(national_workers=_array(*[NAN] * 5))
    result = chain(inputs(activity=unknown, entry=entry(NAN, 0.01, 0.2, 0.3, NAN)), params())
    assert rows(result, "potential")["hosiery"]["value"] == pytest.approx(2 / 3), "complexity alone"


def test_flows_are_what_local_production_needs() -> None:
    flows = chain(inputs(), params()).flows
    assert [(source, target) for source, target, _ in flows] == [
        ("S2", "S1"),
        ("S3", "S1"),
        ("S3", "S2"),
    ]
    assert [value for _, _, value in flows] == pytest.approx([260, 65, 25])


def test_without_a_table_the_supporting_tier_is_undetermined_and_said_so() -> None:
    result = chain(inputs(links=None), params())
    assert {row["kind"] for row in result.rows} == {"leading"}
    assert any("投入产出表" in zh and "input–output" in en for zh, en in result.notes)


def test_a_table_of_another_country_lends_its_structure_by_the_worker() -> None:
    away = links(home=False)
    state = sector_state(activity(), away, params())
    # 10000 of output per 5000 of national activity, 4000 per 1000, 2000 per 500.
    np.testing.assert_allclose(state.output_low, [650 * 2, 50 * 4, 0])
    np.testing.assert_allclose(state.demand[1:], [0.4 * 1300, 0.1 * 1300 + 0.5 * 200])
