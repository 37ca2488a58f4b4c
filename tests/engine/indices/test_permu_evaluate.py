"""The batch as a whole: the same to the byte, refused when it must be, explained as computed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from jiqun.engine.indices.evaluate import Evaluation, evaluate
from jiqun.engine.indices.exact import EXACT, POINT
from jiqun.engine.indices.explain import Explainer, explanations
from jiqun.engine.indices.quantities import Figure
from jiqun.engine.indices.units import Note, Units
from jiqun.engine.indices.what_if import what_if
from jiqun.errors import JiqunError
from jiqun.rules.permu_pack import permu_pack, versions
from tests.engine.indices.permu_county import by_points, county, figure, of_scores

TYPICAL = permu_pack("zhejiang-typical").scheme


def _batch(count: int = 300) -> Units:
    units = county(count, missing=0.05)
    return replace(
        units,
        bonuses=(Note(units.ids[3], "giant", "工信部企业函 1"), Note(units.ids[4], "false_zero", "核查 2")),
        events=(Note(units.ids[5], "accident", "事故报告 3", date(2024, 3, 1)),),
        classes=(Note(units.ids[6], "utility", "名单 4"),),
    )  # fmt: skip


def _shuffled(units: Units, seed: int) -> Units:
    order = np.random.default_rng(seed).permutation(len(units.ids))
    return replace(
        units,
        ids=tuple(units.ids[at] for at in order),
        figures={name: one.take(order) for name, one in reversed(units.figures.items())},
        sorting={name: one.take(order) for name, one in units.sorting.items()},
        industry=units.industries()[order],
    )


@pytest.mark.parametrize("version", versions())
def test_recomputed_and_in_any_order_it_is_the_same(version: str) -> None:
    rules = permu_pack(version).scheme
    units = county(250)
    first, again = evaluate(rules, units), evaluate(rules, units)
    assert first.digest == again.digest
    mixed = evaluate(rules, _shuffled(units, 7))
    assert mixed.digest == first.digest
    assert dict(zip(mixed.units.ids, mixed.grades(), strict=True)) == dict(
        zip(first.units.ids, first.grades(), strict=True)
    )
    frozen = evaluate(rules, units, frozen=first.frozen)
    assert frozen.digest == first.digest


def test_the_digest_is_the_same_on_every_machine() -> None:
    """Typed in when it was first computed: another value is another result."""
    units = of_scores([12.34, 56.78, 56.78, 90.12])
    assert evaluate(by_points(), units).digest == (
        "54478bfe80f42d28c2759f774fb321e24e25691805885fbfca56a5f3823e661a"
    )


def test_anything_that_changes_changes_the_digest() -> None:
    units = of_scores([1, 2, 3])
    base = evaluate(by_points(), units)
    tax = units.figures["tax"].value.copy()
    tax[0] += 1
    other = replace(units, figures=dict(units.figures) | {"tax": figure(tax)})
    assert evaluate(by_points(), other).digest != base.digest
    assert evaluate(by_points(year=2025), units).digest != base.digest
    known = Figure(units.figures["tax"].value, np.array([False, True, True]))
    hidden = replace(units, figures=dict(units.figures) | {"tax": known})
    assert evaluate(by_points(), hidden).digest != base.digest


def test_rules_changed_after_the_freeze_are_refused() -> None:
    units = of_scores([1, 2, 3])
    frozen = evaluate(by_points(), units).frozen
    with pytest.raises(JiqunError) as caught:
        evaluate(by_points(least_known=10), units, frozen=frozen)
    assert (caught.value.code, caught.value.status) == ("E-PERMU-FROZEN", 409)


def test_a_mark_is_no_rule() -> None:
    units = of_scores([1, 2, 3])
    frozen = evaluate(by_points(), units).frozen
    assert evaluate(by_points(marks={"rules.year": "✔"}), units, frozen=frozen).digest


def test_bad_input_is_refused_once_with_everything() -> None:
    units = replace(
        of_scores([1, 2, 3]),
        ids=("u000", "u001", "u000"),
        bonuses=(Note("u000", "medal", "x"),),
        events=(Note("u009", "accident", " "),),
        months=np.array([0, 12, 12]),
    )
    figures = dict(units.figures) | {
        "profit": figure([1, 2, 3]),
        "revenue": figure([1, 2]),
        "value_added": figure([EXACT, 1, 1]),
        "land": Figure(np.array([1.0, 2.0, 3.0]), np.ones(3, dtype=bool)),
    }
    with pytest.raises(JiqunError) as caught:
        evaluate(by_points(), replace(units, figures=figures))
    assert caught.value.code == "E-PERMU-INPUT"
    said = [(one.column, one.message_en.split(";")[0]) for one in caught.value.fields]
    assert [column for column, _ in said] == [
        "unit", "land", "profit", "revenue", "months", "value_added", "bonuses", "events", "events",
        "events", "events",
    ]  # fmt: skip
    assert "twice" in said[0][1]
    assert "exactly" in said[5][1]


def test_an_empty_batch_is_an_empty_result() -> None:
    none = Units((), {"tax": figure([]), "land": figure([])})
    found = evaluate(TYPICAL, none)
    assert found.grades() == []
    assert list(explanations(found)) == []


# ---- explanations -------------------------------------------------------------------------


def _find(node: dict[str, Any], en: str) -> dict[str, Any]:
    if node["en"] == en:
        return node
    for term in node.get("terms", []):
        found = _find(term, en)
        if found:
            return found
    return {}


def _clauses(node: Any) -> set[str]:
    found = {node["clause"]} if isinstance(node, dict) and "clause" in node else set()
    inside = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return found.union(*(_clauses(one) for one in inside))


@pytest.fixture(scope="module")
def batch() -> Evaluation:
    return evaluate(TYPICAL, _batch())


def test_every_explanation_adds_up(batch: Evaluation) -> None:
    """Items sum to the sum, sum and bonus to the total, and each item is value ÷ benchmark."""
    checked = 0
    for at, tree in enumerate(explanations(batch)):
        assert tree["value"] == batch.grades()[at]
        if batch.group[at] < 0:
            continue
        total, items = _find(tree, "total"), _find(tree, "sum of the items")
        if not batch.steps["known"][at]:
            assert total["value"] is None
            continue
        assert total["value"] == batch.steps["total"][at] / POINT
        points = [item["value"] for item in items["terms"]]
        if None not in points:
            assert sum(points) == pytest.approx(items["value"], abs=1e-5)
            checked += 1
        for item in items["terms"]:
            value, benchmark = item["terms"][0], item["terms"][1]
            above, below = value["terms"]
            if above["value"] is not None and below["value"]:
                quotient = above["value"] / below["value"]
                assert value["value"] == pytest.approx(quotient, rel=1e-12)
            assert benchmark["rule"]["mark"] in "✔◐✎◆"
    assert checked > 100


def test_an_explanation_leads_to_facts_and_clauses(batch: Evaluation) -> None:
    at = int(batch.rows("above")[0])
    tree = Explainer(batch).tree(at)
    leaf = _find(tree, "Tax per mu")["terms"][0]["terms"][0]
    assert leaf["fact"] == {
        "contract": "firm_indicator",
        "key": {"firm": batch.units.ids[at], "indicator": "tax", "period": "2024"},
    }
    clauses = _clauses(tree)
    assert {"groups.above.tax_per_mu.weight", "groups.above.tax_per_mu.benchmark"} <= clauses
    assert clauses <= set(TYPICAL.marks)
    json.dumps(tree)


def test_vetoes_and_bonuses_name_their_documents(batch: Evaluation) -> None:
    ids = list(batch.units.ids)
    vetoed = json.dumps(Explainer(batch).tree(5), ensure_ascii=False)
    assert "事故报告 3" in vetoed
    assert '"vetoes.accident.effect"' in vetoed
    assert "工信部企业函 1" in json.dumps(Explainer(batch).tree(3), ensure_ascii=False)
    assert batch.grades()[ids.index(ids[6])] == "不定等级"


# ---- what if --------------------------------------------------------------------------------


def test_what_if_keeps_the_benchmarks_and_moves_the_others() -> None:
    found = evaluate(by_points(), of_scores([*range(100, 0, -5)]))
    worst = found.units.ids[-1]
    change = what_if(found, {worst: {"value_added": 2_000_000}})
    assert change.after.frozen is found.frozen
    assert change.after.grades()[-1] == "A"
    # One place down for those at a border: the last of A, of B, and of C.
    assert change.moved.tolist() == [3, 11, 18, 19]
    unknown = what_if(found, {worst: {"value_added": None}})
    assert unknown.after.grades()[-1] == "不定等级"


def test_what_if_refuses_what_it_does_not_know() -> None:
    found = evaluate(by_points(), of_scores([1, 2, 3]))
    with pytest.raises(JiqunError) as caught:
        what_if(found, {"nobody": {"tax": 1}, "u000": {"profit": 1}})
    assert [(one.value, one.column) for one in caught.value.fields] == [
        ("nobody", "tax"), ("u000", "profit"),
    ]  # fmt: skip
