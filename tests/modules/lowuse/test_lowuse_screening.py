"""Verdicts of six parcels, worked out by hand: reasons, evidence, what is missing, who sees what."""

from __future__ import annotations

import dataclasses
import json

import polars as pl
import pytest

from jiqun.core.access import Role, Viewer
from jiqun.core.models import FirmRead
from jiqun.core.tabular import Query
from jiqun.errors import JiqunError
from jiqun.facts.store.store import Store
from jiqun.modules.land.lowuse import selectors
from jiqun.modules.land.lowuse.findings import own_thresholds, run_lowuse, run_places
from jiqun.modules.land.lowuse.selectors import is_current, own_parcels, parcel_view, screen_view
from jiqun.modules.land.lowuse.tabular import FIELDS
from jiqun.modules.land.lowuse.trial import tells, tried
from tests.modules.lowuse.hamlet import F1, F2, F5, F6, PLACE, hamlet, official

MU = 2000 / 3
COUNTY = (45_000_000 + 150_000_000) / (40_000 / MU)  # both firms with tax and land; fen per mu


@pytest.fixture
def screened(facts: Store) -> pl.DataFrame:
    (run,) = facts.runs("lowuse")
    return facts.finding("lowuse", run.run).to_polars()


def _facts(frame: pl.DataFrame, parcel: str) -> dict[str, list[object]]:
    return json.loads(frame.filter(parcel=parcel)["facts"][0])


def test_the_verdict_of_every_parcel(screened: pl.DataFrame) -> None:
    found = {
        row["parcel"]: (row["verdict"], row["reasons"]) for row in screened.iter_rows(named=True)
    }
    assert found == {
        # Plot ratio 0.4; 10,000 yuan per mu is a third of the county's 32,500 or less, two years running.
        "P1": ("low", "P1;S3"),
        "P2": ("not", ""),
        # Halted for 14 months, no tax for two years; no tax is also below a third of the mean.
        "P3": ("low", "B2;S1;S3"),
        "P4": ("open", ""),
        # The agreement says 2 万元/亩; the yard brings 1.
        "P5": ("low", "S2"),
        # A fifth is built on; the firm's tax goes by land, so that it is as low here.
        "P6": ("low", "P2;S3"),
    }
    assert (
        dict(screened.select("parcel", "kinds").iter_rows())["P3"] == "not_producing;below_standard"
    )


def test_figures_rest_on_their_sources(screened: pl.DataFrame) -> None:
    tax = _facts(screened, "P1")["tax_per_mu"]
    assert tax[0] == pytest.approx(45_000_000 / 45)
    assert tax[1:] == ["合成·firm_indicator", "2026-03-31"]
    assert _facts(screened, "P6")["tax_per_mu"][0] == pytest.approx(1_000_000), "a third of 45 mu"
    # The tenant answers for 4,000 of the yard's 10,000 m², and both firms for nothing else.
    assert _facts(screened, "P5")["tax_per_mu"][0] == pytest.approx(15_000_000 / 15)
    assert _facts(screened, "P5")["let_share"][0] == pytest.approx(0.4)
    assert _facts(screened, "P5")["tenants_elsewhere"][0] == 0
    assert _facts(screened, "P2")["county_tax_per_mu"][0] == pytest.approx(COUNTY)
    assert _facts(screened, "P2")["contract_tax_per_mu"] == [0, "合成·list_coverage", ""], (
        "the list is complete"
    )
    assert _facts(screened, "P5")["contract_tax_per_mu"][0] == 2_000_000
    assert _facts(screened, "P2")["grade_d"] == [
        0,
        "亩均效益评价 l-hamlet：C",
        _facts(screened, "P2")["grade_d"][2],
    ]


def test_a_signal_decides_nothing(screened: pl.DataFrame) -> None:
    assert dict(screened.select("parcel", "signals").iter_rows())["P2"] == "E2", (
        "49 % of the year before"
    )
    assert dict(screened.select("parcel", "verdict").iter_rows())["P2"] == "not"


def test_what_is_not_known_is_named_and_is_not_no(screened: pl.DataFrame) -> None:
    lacking = dict(screened.select("parcel", "missing").iter_rows())
    assert set(lacking["P4"].split(";")) >= {"started", "months_past_start", "grade_d"}
    assert lacking["P1"] == "", "of a decided verdict nothing is missing"


def test_without_a_lawful_basis_a_figure_stays_unknown(facts: Store) -> None:
    row = facts.polars("firm_indicator").filter(firm=F2, indicator="tax", period="2025")
    plain = row.drop("batch", "source", "recorded_at", strict=False).with_columns(
        lawful_basis=pl.lit("统计调查制度")
    )
    facts.append("firm_indicator", plain, batch="other basis", received=1, source="合成")
    run, frame = run_lowuse(facts, PLACE)
    assert "tax_per_mu" not in _facts(frame, "P2")
    assert frame.filter(parcel="P2")["verdict"][0] == "open"
    kept = next(one for one in facts.runs("lowuse") if one.run == run)
    assert "1 行" in kept.params["notes"][0][0]


def test_the_county_sets_its_own_thresholds(facts: Store) -> None:
    (first,) = facts.runs("lowuse")
    assert own_thresholds(facts, PLACE) == {}
    view = screen_view(facts, official())
    assert is_current(facts, view.run)
    parcels = facts.polars("parcel").drop("batch", "source", "recorded_at", strict=False)
    facts.append("parcel", parcels.with_columns(location=pl.lit("改")), batch="own", received=6, source="合成", meta={
        "focus": PLACE, "screening": '{"screen.plot_ratio": 0.3, "screen.plot_ratio_share": 0.3}'})  # fmt: skip
    assert not is_current(facts, view.run)
    second, frame = run_lowuse(facts, PLACE)
    assert second != first.run
    assert frame.filter(parcel="P1")["reasons"][0] == "S3"
    assert run_places(facts) == [second], "the same again"


def test_a_threshold_that_cannot_be_is_refused(facts: Store, tmp_path: object) -> None:
    parcels = facts.polars("parcel").drop("batch", "source", "recorded_at", strict=False)
    facts.append("parcel", parcels.with_columns(location=pl.lit("改")), batch="own", received=6, source="合成",
                 meta={"focus": PLACE, "screening": '{"screen.plot_ratio": 99, "screen.no": 1}'})  # fmt: skip
    with pytest.raises(JiqunError) as refused:
        run_lowuse(facts, PLACE)
    assert refused.value.code == "E-PARAMETER"
    assert len(refused.value.fields) == 2


def test_a_place_without_parcels_says_so(facts: Store) -> None:
    with pytest.raises(JiqunError) as refused:
        run_lowuse(facts, "9902")
    assert refused.value.code == "E-LAND-LOWUSE-NO-DATA"


def test_other_thresholds_by_trial(facts: Store) -> None:
    view = screen_view(facts, official())
    trial = tried(
        view,
        {"screen.building_coefficient": "0.5", "screen.tax_share": "x", "screen.let_share": "7"},
    )
    assert trial.changed == {"screen.building_coefficient": 0.5}
    assert (trial.gained, trial.lost) == (("P2",), ())
    assert {one.column for one in trial.problems} == {"screen.tax_share", "screen.let_share"}
    assert tells(trial, official())
    assert not tells(trial, official("")), "a single parcel would be found by halving"
    assert tried(view, {}).after.equals(view.frame)


def test_who_sees_a_parcel(facts: Store) -> None:
    _, row = parcel_view(facts, official(), "P5")
    assert row["tax_per_mu"] == pytest.approx(1.0)
    assert {F5, F6} <= set(FirmRead.objects.values_list("firm", flat=True)), (
        "holder and tenant see the look"
    )
    elsewhere = dataclasses.replace(official(), places=frozenset({"9902"}))
    firm = Viewer(2, "企业", frozenset({Role.FIRM}), frozenset({PLACE}), frozenset({F5}))
    for who in (official(""), elsewhere, dataclasses.replace(firm, firms=frozenset({F1}))):
        with pytest.raises(JiqunError) as refused:
            parcel_view(facts, who, "P5")
        assert refused.value.code == "E-LAND-LOWUSE-PARCEL"


def test_once_consents_change_nothing_is_shown_until_the_next_run(
    facts: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selectors, "state_of", lambda _purpose: "a firm took its consent back")
    for look in (
        lambda: screen_view(facts, official()),
        lambda: parcel_view(facts, official(), "P2"),
    ):
        with pytest.raises(JiqunError) as refused:
            look()
        assert refused.value.code == "E-LAND-CHANGED"
    assert selectors.parcel_rows(FIELDS, official(), Query()).total == 0


def test_a_holder_learns_nothing_of_its_tenants(facts: Store) -> None:
    firm = Viewer(2, "企业", frozenset({Role.FIRM}), frozenset({PLACE}), frozenset({F5}))
    (row,) = own_parcels(facts, firm)
    assert (row["parcel"], row["tax_per_mu"], row["tax_fen"], row["users"]) == (
        "P5",
        None,
        None,
        F5,
    )
    assert "tax_per_mu" not in json.loads(row["facts"])
    (alone, _) = own_parcels(facts, dataclasses.replace(firm, firms=frozenset({F1})))
    assert alone["tax_per_mu"] == pytest.approx(1.0)


def test_the_hamlet_is_the_same_twice(facts: Store) -> None:
    hamlet(facts)  # the same batches
    (run,) = facts.runs("lowuse")
    assert run_lowuse(facts, PLACE)[0] == run.run
