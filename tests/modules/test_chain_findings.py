"""Findings of the demo county: reproducible, explained down to their facts, never half-known."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl
import pytest

from jiqun.core.access import Role, Viewer
from jiqun.errors import JiqunError
from jiqun.modules.chain.analysis.explain import facts_of, leaves
from jiqun.modules.chain.analysis.inputs import Scope
from jiqun.modules.chain.commands import run_scopes
from jiqun.modules.chain.findings import run_chain, what_if
from jiqun.modules.chain.selectors import chain_view, coverage_words, facts_at, finding_row
from jiqun.modules.chain.tables import masked
from jiqun.modules.chain.trees import explain_finding
from tests.console import DEMO_SCOPE, Demo

OFFICIAL = Viewer(1, roles=frozenset({Role.ANALYST}), places=frozenset({"*"}))
BUTLER = Viewer(2, roles=frozenset({Role.BUTLER}), places=frozenset({"990101"}))
FIRM = Viewer(3, roles=frozenset({Role.FIRM}), places=frozenset({"990101"}), firms=frozenset({"X"}))
Node = Mapping[str, Any]


def nodes(tree: Node) -> Iterator[Node]:
    yield tree
    for term in tree.get("terms", ()):
        yield from nodes(term)


def named(tree: Node, words: str) -> Node:
    return next(node for node in nodes(tree) if node["en"].startswith(words))


@pytest.fixture
def frame(demo: Demo) -> pl.DataFrame:
    return demo.store.finding("chain", demo.run).to_polars().filter(pl.col("kind") != "context")


@pytest.fixture
def trees(frame: pl.DataFrame) -> list[tuple[dict[str, Any], Node]]:
    return [(row, json.loads(row["explanation"])) for row in frame.iter_rows(named=True)]


def test_the_demo_county_is_what_it_was_made_to_be(frame: pl.DataFrame) -> None:
    leading = frame.filter(pl.col("kind") == "leading").sort("rank")
    assert leading["code"][0] == "176", "knitwear, of which hosiery is a part"
    state = dict(frame.filter(pl.col("kind") == "supporting").select("code", "status").iter_rows())
    assert state["21"] == "missing", "nobody makes chemical fibre"
    assert state["29"] == "missing", "nobody makes knitting machines"
    assert state["14"] == "strong", "the packaging printers"


def test_running_again_gives_the_same_run_with_the_same_digest(own_demo: Demo) -> None:
    before = own_demo.store.runs("chain")
    run, frame = run_chain(own_demo.store, DEMO_SCOPE)
    after = own_demo.store.runs("chain")
    assert run == own_demo.run
    assert {one.digest for one in after} == {before[0].digest}
    stored = own_demo.store.finding("chain", run).to_polars().select(frame.columns)
    assert stored.sort("finding").equals(frame.sort("finding")), "once, and the same"


def test_a_run_names_what_it_was_computed_from(demo: Demo) -> None:
    run = demo.store.runs("chain")[0]
    assert run.rules_version == "chain/jiqun-2026.1"
    assert run.snapshot
    assert "+" in run.code_version
    assert dict(run.scope) == {
        "place": "990101",
        "classification": "gbt4754-2017",
        "period": "2025",
    }
    assert dict(run.params)["leading.coverage"] == 0.7


def test_other_thresholds_give_another_map_that_is_not_stored(
    demo: Demo, frame: pl.DataFrame
) -> None:
    snapshot = demo.store.runs("chain")[0].snapshot
    changed, params = what_if(
        demo.store, snapshot, DEMO_SCOPE, {"leading.coverage": 0.5, "leading.share_min": 0.9}
    )
    leading = changed.filter(pl.col("kind") == "leading")["code"].to_list()
    assert set(leading) < set(frame.filter(pl.col("kind") == "leading")["code"])
    assert params.version.endswith("+what-if")
    assert [run.run for run in demo.store.runs("chain")] == [demo.run]


def test_impossible_thresholds_are_all_named(demo: Demo) -> None:
    snapshot = demo.store.runs("chain")[0].snapshot
    with pytest.raises(JiqunError) as caught:
        what_if(
            demo.store,
            snapshot,
            DEMO_SCOPE,
            {"leading.coverage": 3, "x.y": 1, "supporting.weak": -1},
        )
    assert caught.value.code == "E-PARAMETER"
    assert {problem.column for problem in caught.value.fields} == {
        "leading.coverage",
        "x.y",
        "supporting.weak",
    }


def test_no_undisclosed_segment_is_on_the_fill_list(frame: pl.DataFrame) -> None:
    hidden = frame.filter(pl.col("status").is_in(["undisclosed", "unknown"]))
    assert not hidden["lists"].str.contains("fill").any()


def test_every_finding_opens_to_its_facts(
    demo: Demo, trees: list[tuple[dict[str, Any], Node]]
) -> None:
    snapshot = demo.store.runs("chain")[0].snapshot
    for row, tree in trees:
        facts = facts_of(tree)
        assert facts, row["finding"]
        found = facts_at(demo.store, snapshot, facts)
        for fact in facts:
            cell = found[json.dumps(fact["key"], sort_keys=True)]
            assert cell["source"], row["finding"]
            assert cell["source_row"] > 0


def test_shares_are_size_over_the_total_in_scope(trees: list[tuple[dict[str, Any], Node]]) -> None:
    totals = [
        row["size"] / named(tree, "share in scope")["value"]
        for row, tree in trees
        if row["kind"] == "leading"
    ]
    assert totals == pytest.approx([totals[0]] * len(totals))


def test_facts_of_a_leading_industry_add_up_to_its_size(
    demo: Demo, trees: list[tuple[dict[str, Any], Node]]
) -> None:
    for row, tree in (one for one in trees if one[0]["kind"] == "leading"):
        facts = facts_of(named(tree, "share in scope"))
        found = facts_at(demo.store, demo.store.runs("chain")[0].snapshot, facts)
        values = [found[json.dumps(fact["key"], sort_keys=True)]["value"] for fact in facts]
        assert sum(values) == row["size"]


def test_a_quotient_is_what_its_terms_say(
    trees: list[tuple[dict[str, Any], Node]], demo: Demo
) -> None:
    for row, tree in (one for one in trees if one[0]["kind"] == "leading"):
        quotient = named(tree, "location quotient")
        terms = {term["en"]: term["value"] for term in quotient["terms"] if "fact" not in term}
        own = row["size"] / terms["local total"]
        elsewhere = terms["reference total of the industry"] / terms["reference total"]
        assert terms["quotient before shrinkage"] == pytest.approx(own / elsewhere)
        assert quotient["value"] == row["lq"]


def test_a_priority_is_the_weighted_mean_of_its_known_terms(
    trees: list[tuple[dict[str, Any], Node]],
) -> None:
    seen = 0
    for row, tree in (one for one in trees if one[0]["kind"] == "supporting"):
        terms = [t for t in named(tree, "priority")["terms"] if t["value"] is not None]
        weights = [term["rule"]["value"] for term in terms]
        mean = sum(w * t["value"] for w, t in zip(weights, terms, strict=True)) / sum(weights)
        assert row["priority"] == pytest.approx(mean)
        seen += 1
    assert seen


def test_every_node_speaks_both_languages(trees: list[tuple[dict[str, Any], Node]]) -> None:
    for _, tree in trees:
        for node in nodes(tree):
            assert node["zh"]
            assert node["en"]
            assert bool(node.get("note_zh")) == bool(node.get("note_en"))
            assert bool(node.get("formula_zh")) == bool(node.get("formula_en"))
        assert all("value" in leaf or "fact" in leaf for leaf in leaves(tree))


def _small(demo: Demo, viewer: Viewer) -> dict[str, dict[str, Any]]:
    view = masked(chain_view(demo.store, DEMO_SCOPE, viewer), viewer)
    return {row["code"]: row for row in view.rows if 0 < (row["establishments"] or 0) < 5}


@pytest.mark.parametrize("viewer", [BUTLER, FIRM], ids=["butler", "firm"])
def test_figures_of_fewer_than_five_makers_are_for_officials_only(
    demo: Demo, viewer: Viewer
) -> None:
    small, seen = _small(demo, viewer), _small(demo, OFFICIAL)
    assert small, "the demo has such segments"
    revealing = ("size", "size_low", "size_high", "output_low", "coverage_low", "lq", "outside_share",
                 "lq_probability", "plants", "priority", "share")  # fmt: skip
    for code, row in small.items():
        assert not [name for name in revealing if row[name] is not None], code
        assert row["coverage"] == ""
    assert any(row["size"] is not None for row in seen.values())


@pytest.mark.parametrize("viewer", [BUTLER, FIRM], ids=["butler", "firm"])
def test_no_flow_gives_a_small_segment_away(demo: Demo, viewer: Viewer) -> None:
    everything = chain_view(demo.store, DEMO_SCOPE, OFFICIAL)
    small = {*_small(demo, viewer)}
    assert any(target in small for _, target, _ in everything.flows), "the demo has such flows"
    shown = masked(everything, viewer).flows
    assert shown
    assert not [flow for flow in shown if flow[1] in small]


@pytest.mark.parametrize("viewer", [BUTLER, FIRM], ids=["butler", "firm"])
def test_the_explanation_of_a_small_segment_is_for_officials_only(
    demo: Demo, viewer: Viewer
) -> None:
    finding = next(row["finding"] for row in _small(demo, viewer).values())
    with pytest.raises(JiqunError) as caught:
        explain_finding(demo.store, finding, viewer)
    assert caught.value.code == "E-FORBIDDEN"
    assert explain_finding(demo.store, finding, OFFICIAL)[2]["terms"]


@pytest.mark.parametrize("viewer", [BUTLER, FIRM], ids=["butler", "firm"])
def test_a_sum_does_not_give_its_withheld_member_away(demo: Demo, viewer: Viewer) -> None:
    """Published siblings and a bound that is a point would name the one withheld plant."""
    shown = masked(chain_view(demo.store, DEMO_SCOPE, viewer), viewer)
    holding = [
        row for row in shown.rows if (row["private"] or 0) > 0 and row["kind"] == "supporting"
    ]
    assert any(row["establishments"] >= 5 for row in holding), "the demo has such sums"
    for row in holding:
        assert row["size"] is None
        assert row["size_high"] is None
        assert row["coverage_high"] is None
        with pytest.raises(JiqunError, match="E-FORBIDDEN"):
            explain_finding(demo.store, row["finding"], viewer)


def test_terms_of_an_entry_add_up_to_its_probability(
    trees: list[tuple[dict[str, Any], Node]],
) -> None:
    checked = 0
    for row, tree in trees:
        if row["kind"] != "potential":
            continue
        entry = next(node for node in nodes(tree) if node["zh"].startswith("进入概率（"))
        odds = sum(term["value"] for term in entry["terms"] if not term["zh"].startswith("对照"))
        assert 1 / (1 + math.exp(-odds)) == pytest.approx(row["probability"], abs=1e-9)
        checked += 1
    assert checked


@pytest.mark.parametrize("finding", ["", "nothing", "c000000000000.leading.176"])
def test_an_unknown_finding_says_so(demo: Demo, finding: str) -> None:
    with pytest.raises(JiqunError) as caught:
        finding_row(demo.store, finding, OFFICIAL)
    assert (caught.value.code, caught.value.status) == ("E-FINDING-UNKNOWN", 404)


def test_a_finding_of_another_place_looks_like_none(demo: Demo) -> None:
    elsewhere = Viewer(4, roles=frozenset({Role.ANALYST}), places=frozenset({"9902"}))
    for code in ("176", "nothing"):
        finding = demo.finding("leading", code)
        with pytest.raises(JiqunError) as caught:
            finding_row(demo.store, finding, elsewhere)
        assert (caught.value.code, caught.value.status) == ("E-FINDING-UNKNOWN", 404)
        assert caught.value.message_en == f"there is no finding {finding}, or you may not see it"


def test_the_chain_of_another_place_is_refused(demo: Demo) -> None:
    elsewhere = Viewer(4, roles=frozenset({Role.ANALYST}), places=frozenset({"9902"}))
    with pytest.raises(JiqunError) as caught:
        chain_view(demo.store, DEMO_SCOPE, elsewhere)
    assert caught.value.code == "E-FORBIDDEN"


def test_a_scope_that_has_not_been_run_or_has_no_cells(own_demo: Demo) -> None:
    with pytest.raises(JiqunError) as caught:
        chain_view(own_demo.store, Scope("990201", "gbt4754-2017", "2025"), OFFICIAL)
    assert caught.value.code == "E-RUN-MISSING"
    for place, classification in (("nowhere", ""), ("", "naics2017")):
        with pytest.raises(JiqunError) as caught:
            run_scopes(own_demo.store, place=place, classification=classification)
        assert (caught.value.code, caught.value.status) == ("E-SCOPE-EMPTY", 404)


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (None, None, ""),
        (0.2, 0.2, "20%"),
        (0.0, 0.5, "0%–50%"),
        (12.0, 15.0, ">999%"),
        (0.5, 20.0, "50%–>999%"),
    ],
)
def test_coverage_in_words(low: float | None, high: float | None, words: str) -> None:
    assert coverage_words({"coverage_low": low, "coverage_high": high}) == words
