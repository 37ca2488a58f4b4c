"""An attacker with linear programs and everything that a firm's pages give out.

The attacker knows the national table, the concordance, the register and every industry of five
makers and more. Targets are the figures of one to four makers, and the rows that hold them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy.optimize import linprog

from jiqun.core.access import Role, Viewer
from jiqun.core.lawful.gate import state_of
from jiqun.errors import JiqunError
from jiqun.modules.chain import industry
from jiqun.modules.chain.analysis.inputs import ChainInputs
from jiqun.modules.chain.analysis.params import chain_params
from jiqun.modules.chain.analysis.supply import output_per_unit, private_members
from jiqun.modules.chain.analysis.tiers import chain
from jiqun.modules.chain.findings import current_pack, inputs_of
from jiqun.modules.chain.masking import PARTS, masking
from jiqun.modules.chain.selectors import ChainView, chain_view
from jiqun.modules.chain.tables import is_private, masked, shown_view
from jiqun.modules.chain.trees import explain_finding
from tests.console import DEMO_QUERY, DEMO_SCOPE, Demo, SignIn, text_of
from tests.modules.test_chain_compute import NAN, _array, activity, inputs

OFFICIAL = Viewer(1, roles=frozenset({Role.ANALYST}), places=frozenset({"*"}))
FIRM = Viewer(3, roles=frozenset({Role.FIRM}), places=frozenset({"990101"}), firms=frozenset({"X"}))
OLD = ("size", "size_low", "size_high", "share", "coverage_low", "coverage_high", "output_low", "output_high",
       "lq", "lq_low", "lq_high", "lq_probability", "outside_share", "cumulative", "plants", "priority")  # fmt: skip
Equations = list[tuple[Any, float]]


@pytest.fixture
def of_demo(demo: Demo) -> ChainInputs:
    run = chain_view(demo.store, DEMO_SCOPE, OFFICIAL).run
    pack = current_pack()
    return inputs_of(demo.store, run.snapshot, DEMO_SCOPE, pack.version, state_of("chain"))


def by_count_only(view: ChainView) -> ChainView:
    """What was hidden before: rows by their makers, and flows into them."""
    rows = tuple(
        row | dict.fromkeys(OLD) | {"masked": True} if is_private(row) else row for row in view.rows
    )
    small = {row["sector"] or row["code"] for row in rows if row.get("masked")}
    return replace(view, rows=rows, flows=tuple(f for f in view.flows if f[1] not in small))


def truth(found: ChainInputs) -> Any:
    size = found.activity.size
    return np.where(np.isnan(size), found.activity.low, size)


def given_away(view: ChainView, found: ChainInputs) -> Equations:
    """Every figure of a view as a linear equation over the industries' sizes."""
    act, links = found.activity, found.links
    assert links is not None
    eye = np.eye(len(act.codes))
    position = {code: i for i, code in enumerate(act.codes)}
    output = (links.weights * output_per_unit(act, links)).T
    at = {code: j for j, code in enumerate(links.sectors)}
    private = private_members(act)
    equations: Equations = [(eye[i], truth(found)[i]) for i in np.flatnonzero(~private)]
    for row in view.rows:
        one = (
            links.weights[:, at[row["code"]]]
            if row["code_kind"] == "sector"
            else eye[position[row["code"]]]
        )
        if row["size"] is not None and row["size_low"] == row["size_high"]:
            equations.append((one, row["size"]))
        if row["share"] is not None:
            equations.append(
                ((act.in_scope & ~np.isnan(act.size)).astype(float), row["size"] / row["share"])
            )
        if row["code_kind"] == "sector" and row["demand"] is not None:
            equations.append((links.A[at[row["code"]]] @ output, row["demand"]))
    equations += [
        (links.A[at[source], at[target]] * output[at[target]], value)
        for source, target, value in view.flows
    ]
    return equations


def recovered(equations: Equations, found: ChainInputs, targets: Mapping[str, Any]) -> list[str]:
    """Targets that lie within 10 % of their value on both sides."""
    x = truth(found)
    unit = float(x.max())
    equations = [(row, value) for row, value in equations if np.any(row)]
    rows = np.array([row for row, _ in equations])
    largest = np.abs(rows).max(axis=1)
    rows, right = rows / largest[:, None], np.array([value for _, value in equations]) / largest
    assert rows @ x == pytest.approx(right, rel=1e-9), "the attacker's equations are true"
    result: list[str] = []
    for name, row in targets.items():
        value = float(row @ x)
        ends: list[float] = []
        for sign in (1, -1):
            # Rounding of floats may not make true equations contradict each other.
            answer = linprog(
                sign * row, A_ub=np.vstack([rows, -rows]),
                b_ub=np.concatenate([right, -right]) / unit + 1e-9, bounds=(0, None),
            )  # fmt: skip
            assert answer.status in {0, 3}
            ends.append(sign * answer.fun * unit if answer.status == 0 else float("inf"))
        if ends[0] >= 0.9 * value and ends[1] <= 1.1 * value:
            result.append(name)
    return result


def secrets(view: ChainView, found: ChainInputs) -> dict[str, Any]:
    """The small industries, and what rows that hold them have of them."""
    act, links = found.activity, found.links
    assert links is not None
    private = private_members(act)
    x = truth(found)
    wanted = {act.codes[i]: np.eye(len(x))[i] for i in np.flatnonzero(private & (x > 0))}
    for row in view.rows:
        if row["code_kind"] == "sector":
            part = links.weights[:, links.sectors.index(row["code"])] * private
            if part @ x > 0:
                wanted[f"sector {row['code']}"] = part
    return wanted


def test_nothing_that_a_firm_sees_gives_a_small_industry_away(
    demo: Demo, of_demo: ChainInputs
) -> None:
    everything = chain_view(demo.store, DEMO_SCOPE, OFFICIAL)
    targets = secrets(everything, of_demo)
    assert {"177", "181"} <= set(targets)
    shown = shown_view(demo.store, DEMO_SCOPE, FIRM)
    assert any(row["size"] for row in shown.rows)
    assert recovered(given_away(shown, of_demo), of_demo, targets) == []


def test_hiding_rows_by_their_makers_alone_does_give_them_away(
    demo: Demo, of_demo: ChainInputs
) -> None:
    everything = chain_view(demo.store, DEMO_SCOPE, OFFICIAL)
    before = by_count_only(everything)
    assert recovered(given_away(before, of_demo), of_demo, secrets(everything, of_demo))


def test_pages_files_and_api_give_a_firm_the_same_rows(demo: Demo, sign_in: SignIn) -> None:
    shown = {row["finding"]: row for row in shown_view(demo.store, DEMO_SCOPE, FIRM).rows}
    client = sign_in("firm")
    for row in client.get(f"/api/chain/rows?{DEMO_QUERY}").json()["rows"]:
        assert {name: shown[row["finding"]][name] for name in row} == row
    drawn = client.get(f"/chain/map.json?{DEMO_QUERY}").json()
    assert all(one["value"] == shown[one["id"]]["size"] for one in drawn["segments"])


def nodes(tree: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield tree
    for term in tree.get("terms", ()):
        yield from nodes(term)


def test_parts_that_are_cut_from_explanations_are_parts_of_explanations(demo: Demo) -> None:
    rows = chain_view(demo.store, DEMO_SCOPE, OFFICIAL).rows
    names = {node["en"] for row in rows for node in nodes(json.loads(row["explanation"]))}
    for start in {start for starts in PARTS.values() for start in starts}:
        assert any(name.startswith(start) for name in names), start


def test_an_explanation_says_no_more_than_its_row(demo: Demo) -> None:
    finding = demo.finding("leading", "176")
    words = json.dumps(explain_finding(demo.store, finding, FIRM)[2], ensure_ascii=False)
    full = json.dumps(explain_finding(demo.store, finding, OFFICIAL)[2], ensure_ascii=False)
    for part in ("从大到小累计比重", "竞争效应"):
        assert part in full
        assert part not in words
    assert "占范围内比重" in words, "the total hides two small industries"


def test_a_what_if_is_for_officials_only(demo: Demo, sign_in: SignIn) -> None:
    """Halving a threshold until a row appears or goes would find any figure."""
    with pytest.raises(JiqunError, match="E-FORBIDDEN"):
        shown_view(demo.store, DEMO_SCOPE, FIRM, {"leading.share_min": 0.2})
    query = f"{DEMO_QUERY}&p.leading.share_min=0.2"
    for path in ("/chain/", "/chain/map.json", "/chain/export.xlsx", "/chain/gaps/"):
        assert sign_in("firm").get(f"{path}?{query}").status_code == 403
    assert "p.leading.share_min" not in text_of(sign_in("firm"), f"/chain/?{DEMO_QUERY}")


def test_a_run_without_a_choice_shows_no_figure(demo: Demo) -> None:
    view = chain_view(demo.store, DEMO_SCOPE, OFFICIAL)
    context = {name: value for name, value in view.context.items() if name != "masking"}
    shown = masked(replace(view, context=context), FIRM)
    assert {row["size"] for row in shown.rows} == {None}
    assert not shown.flows


def test_the_order_of_leading_rows_does_not_place_a_withheld_one(demo: Demo) -> None:
    view = chain_view(demo.store, DEMO_SCOPE, OFFICIAL)
    secret = {**view.context["masking"], "industries": ["176"]}
    shown = masked(replace(view, context={**view.context, "masking": secret}), FIRM)
    leading = [(row["code"], row["rank"]) for row in shown.of("leading")]
    assert leading == [("182", 1), ("183", 2), ("176", 3)]


def _series(
    monkeypatch: pytest.MonkeyPatch, demo: Demo, counts: list[int | None], hidden: str = ""
) -> list[float | None]:
    years = ["2023", "2024", "2025"]
    values = {"output": [100.0, 200.0, 300.0], "establishments": counts}

    def history(_store: Any, _scope: Any, _code: str, measure: str, _at: str) -> pl.DataFrame:
        return pl.DataFrame({"period": years, "value": values[measure]})

    monkeypatch.setattr(industry, "history", history)
    monkeypatch.setattr(
        industry, "hidden_in", lambda *given: frozenset({"176"} if given[-1] == hidden else ())
    )
    view = shown_view(demo.store, DEMO_SCOPE, FIRM)
    row = next(row for row in view.rows if row["code"] == "176")
    found = industry._series(demo.store, DEMO_SCOPE, view, row, official=False)  # pyright: ignore[reportPrivateUsage]
    return [point["y"] for point in found["points"]]


def test_years_of_few_makers_are_left_out_of_a_series(
    monkeypatch: pytest.MonkeyPatch, demo: Demo
) -> None:
    assert _series(monkeypatch, demo, [4, None, 5]) == [None, None, 300.0]
    assert _series(monkeypatch, demo, [0, 6, 7], hidden="2024") == [100.0, None, 300.0]


PARAMS = chain_params(current_pack())


def test_a_lone_small_industry_takes_another_one_or_the_totals_with_it() -> None:
    """650 of knitwear and hosiery are known, so that 700 − 650 would be the yarn of two makers."""
    one = replace(inputs(), activity=activity(size=_array(400, 50, 250, 0, 10), hidden=np.zeros(5, dtype=bool),
                  high=_array(400, 50, 250, 0, 10), count=_array(9, 2, 6, 0, 30), place_total=710.0))  # fmt: skip
    found = masking(one, chain(one, PARAMS).rows, PARAMS)
    assert "yarn" in found["industries"]
    assert "demand" in found["withheld"]
    assert len(found["industries"]) > 1 or {"share", "quotient"} <= set(found["withheld"])


def test_nothing_is_withheld_where_everything_has_makers_enough() -> None:
    one = replace(inputs(), activity=activity(size=_array(400, 50, 250, 0, 10), hidden=np.zeros(5, dtype=bool),
                  high=_array(400, 50, 250, 0, 10), count=_array(9, 20, 6, 0, 30)))  # fmt: skip
    assert masking(one, chain(one, PARAMS).rows, PARAMS) == {
        "industries": [], "withheld": [], "sectors": [],
    }  # fmt: skip


def test_a_withheld_remainder_counts_as_a_figure() -> None:
    """Only fibre is withheld, so that the place's total less all others would be fibre."""
    one = replace(inputs(), activity=activity(size=_array(400, 50, 250, NAN, 10), evident=np.array(
                  [False, False, False, True, False]), count=_array(9, 20, 6, 1, 30), place_total=800.0))  # fmt: skip
    found = masking(one, chain(one, PARAMS).rows, PARAMS)
    assert "quotient" in found["withheld"] or len(found["industries"]) > 1
