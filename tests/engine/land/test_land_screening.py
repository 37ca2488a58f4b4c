"""Low-efficiency land in three values."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import yaml

from jiqun.engine.land.screening import (
    NO,
    UNKNOWN,
    YES,
    Compare,
    Criteria,
    Criterion,
    Group,
    combine,
    evaluate,
    screen,
)
from jiqun.engine.land.words import Fact, in_chinese, in_english
from jiqun.errors import JiqunError
from jiqun.rules import loader
from jiqun.rules.land.screens import criteria

PACK = loader.pack("land/screening", "jiqun-2026.1")
RULES = criteria(PACK)
CODES = [one.code for one in RULES.criteria]
NAN = float("nan")


def column(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float64)


def test_kleene() -> None:
    for left, right in product((YES, NO, UNKNOWN), repeat=2):
        both = combine([np.array([left], np.int8), np.array([right], np.int8)], mode="all")[0]
        either = combine([np.array([left], np.int8), np.array([right], np.int8)], mode="any")[0]
        # with unknown between no and yes, and is the lower and or the higher of the two
        rank = {NO: 0, UNKNOWN: 1, YES: 2}
        assert rank[int(both)] == min(rank[left], rank[right])
        assert rank[int(either)] == max(rank[left], rank[right])


@pytest.mark.parametrize(
    ("comparison", "expected"),
    [("below", [1, 0, 0, -1]), ("at_most", [1, 1, 0, -1]), ("above", [0, 0, 1, -1]),
     ("at_least", [0, 1, 1, -1]), ("is", [0, 1, 0, -1])],
)  # fmt: skip
def test_comparisons(comparison: str, expected: list[int]) -> None:
    node = Compare("x", comparison, 2.0)  # type: ignore[arg-type]
    assert evaluate(node, {"x": column(1, 2, 3, NAN)}, size=4).tolist() == expected


def test_a_share_of_another_fact_needs_both() -> None:
    node = Compare("x", "below", 0.5, of="y")
    values = {"x": column(1, 1, NAN, 1), "y": column(4, 2, 4, NAN)}
    assert evaluate(node, values, size=4).tolist() == [YES, NO, UNKNOWN, UNKNOWN]
    assert evaluate(node, {"x": column(1)}, size=1).tolist() == [UNKNOWN]


def test_a_parcel_that_surely_fails_needs_no_further_fact() -> None:
    # in two of three facts it is idle whatever the third says; in the third row it surely is not
    found = screen(
        RULES,
        {
            "started": column(1, 1, 1),
            "built_share": column(0.2, NAN, 0.5),
            "invested_share": column(NAN, 0.1, 0.5),
            "months_stopped": column(12, 12, 11),
        },
    )
    assert found.verdicts[:, CODES.index("N3")].tolist() == [YES, YES, NO]
    assert found.low_efficiency.tolist() == [YES, YES, UNKNOWN]


def test_missing_facts_are_only_those_that_could_decide() -> None:
    built_or_let = Group(
        "any", (Compare("built_share", "below", 0.3), Compare("let_share", "above", 0.5))
    )
    when = Group("all", (Compare("started", "is", 1.0), built_or_let))
    one = Criterion("X", "甲", "x", "unused", signal=False, mark="◆", when=when)
    rules = Criteria(RULES.facts, RULES.kinds, (one,))
    values = {
        "started": column(0, 1, 1, NAN),
        "built_share": column(NAN, NAN, 0.1, 0.1),
        "let_share": column(NAN, 0.1, NAN, NAN),
    }
    found = screen(rules, values)
    assert found.low_efficiency.tolist() == [NO, UNKNOWN, YES, UNKNOWN]
    assert [[fact.code for fact in found.missing(at)] for at in range(4)] == [
        [],
        ["built_share"],
        [],
        ["started"],
    ]
    (fact,) = found.missing(1)
    assert in_chinese([fact]) == "已动工面积占比（自然资源）"
    assert in_english([fact]) == "share of the area under works (natural resources)"
    assert in_chinese([Fact("x", "某事", "something")]) == "某事"


def test_reasons_carry_their_evidence() -> None:
    found = screen(RULES, {"let_share": column(0.6), "tenants_elsewhere": column(1)})
    reasons = {one.code: evidence for one, evidence in found.reasons(0)}
    assert reasons == {"P3": {"let_share": 0.6}, "P4": {"let_share": 0.6, "tenants_elsewhere": 1.0}}


def test_signals_are_shown_and_decide_nothing() -> None:
    found = screen(RULES, {"power_share": column(0.1), "months_low_power": column(7)})
    assert found.signals.tolist() == [YES]
    assert found.low_efficiency.tolist() == [UNKNOWN]


def test_a_sound_parcel_of_which_everything_is_known() -> None:
    sound = dict.fromkeys(RULES.facts, 0.0) | {
        "supplied": 1.0, "started": 1.0, "completed": 1.0, "in_production": 1.0, "built_share": 1.0,
        "invested_share": 1.0, "tax_per_mu": 20.0, "tax_per_mu_before": 20.0, "county_tax_per_mu": 15.0,
        "county_tax_per_mu_before": 15.0, "contract_tax_per_mu": 20.0, "plot_ratio": 1.2,
        "planned_plot_ratio": 1.5, "building_coefficient": 0.45, "power_share": 0.9,
        "power_on_year": 1.0,
    }  # fmt: skip
    found = screen(RULES, {name: column(value) for name, value in sound.items()})
    assert not found.verdicts.any()
    assert (found.low_efficiency.tolist(), found.signals.tolist()) == ([NO], [NO])
    assert found.missing(0) == found.reasons(0) == ()


def test_types_follow_their_criteria() -> None:
    found = screen(RULES, {"let_share": column(0.9, 0.1, NAN)})
    at = list(RULES.kinds).index("partly_used")
    assert found.kinds[:, at].tolist() == [YES, UNKNOWN, UNKNOWN]


def test_thresholds_can_be_varied_within_their_range() -> None:
    stricter = criteria(PACK, {"screen.let_share": 0.2})
    values = {"let_share": column(0.3)}
    assert screen(RULES, values).verdicts[0, CODES.index("P3")] == NO
    assert screen(stricter, values).verdicts[0, CODES.index("P3")] == YES
    with pytest.raises(JiqunError) as caught:
        criteria(PACK, {"screen.let_share": 2.0})
    assert caught.value.code == "E-PARAMETER"


def test_columns_that_do_not_fit_are_refused() -> None:
    with pytest.raises(JiqunError) as caught:
        screen(RULES, {"let_share": column(1, 2), "grade_d": column(1), "colour": column(1)})
    assert caught.value.code == "E-LAND-FACTS"
    assert len(caught.value.fields) == 2
    with pytest.raises(JiqunError):
        screen(RULES, {})


@pytest.mark.parametrize(
    ("when", "says"),
    [
        ({"fact": "colour", "above": 1}, "there is no fact colour"),
        ({"fact": "let_share", "above": "screen.nothing"}, "there is no parameter screen.nothing"),
        ({"fact": "let_share", "of": "colour", "above": 1}, "there is no fact colour"),
        ({"fact": "grade_d", "is": 1}, "needs yes or no"),
        ({"fact": "let_share", "about": 1}, "is no comparison"),
        ({"fact": "let_share", "above": 1, "below": 2}, "is no comparison"),
        ({"all": []}, "all has no parts"),
        ({"any": [{"fact": "colour", "above": 1}]}, "there is no fact colour"),
    ],
)
def test_conditions_that_mean_nothing_do_not_load(when: dict[str, object], says: str) -> None:
    raw = yaml.safe_load(
        Path(loader.FOLDER / "land" / "screening" / "jiqun-2026.1.yaml").read_text(encoding="utf-8")
    )
    table = {**raw["tables"]["criteria"], "rows": [["X", "elsewhere", False, "◆", "甲", "x", when]]}
    spoilt = replace(PACK, tables={**PACK.tables, "criteria": table})
    with pytest.raises(JiqunError) as caught:
        criteria(spoilt)
    assert caught.value.code == "E-PACK"
    assert says in caught.value.message_en
    assert "there is no type elsewhere" in caught.value.message_en
