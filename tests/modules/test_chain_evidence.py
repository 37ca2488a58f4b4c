"""What stands beside the gates: trends, recorded sales, linkages, the entry model's own proof."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from django.test import Client
from pytest_django import Settings

from jiqun.core.registry import engines
from jiqun.demo import generate
from jiqun.errors import JiqunError
from jiqun.facts.load.folder import load_folder
from jiqun.facts.store.store import Store
from jiqun.modules.chain.analysis.entry import read_proof, run_entry
from jiqun.modules.chain.analysis.evidence import FEWEST_SELLERS, invoiced_outside, trend
from jiqun.modules.chain.analysis.inputs import Scope
from jiqun.modules.chain.analysis.linkages import ENGINE, linkage_frame, run_linkages, tables_of
from jiqun.modules.chain.analysis.panel import read_panel
from tests.console import DEMO_FIRMS, DEMO_QUERY, Demo

SCOPE = Scope("990101", "gbt4754-2017", "2025")


def test_growth_and_the_competitive_effect_are_those_of_the_tables(demo: Demo) -> None:
    at = demo.store.snapshot()
    panel = read_panel(demo.store, at, SCOPE)
    found = trend(demo.store, at, SCOPE, panel, "output")
    assert found.since == "2020"
    before = read_panel(demo.store, at, Scope(SCOPE.place, SCOPE.classification, "2020"))
    i = panel.classification.codes.index("176")
    k = int(np.flatnonzero(panel.detail == i)[0])
    start, end = (float(np.nansum(one.values["output"][:, i])) for one in (before, panel))
    assert found.growth[k] == pytest.approx((end / start) ** 0.2 - 1)
    own = [float(one.values["output"][one.places.index("990101"), i]) for one in (before, panel)]
    assert found.competitive[k] == pytest.approx(own[1] - own[0] * end / start)


def test_recorded_sales_by_few_sellers_stay_hidden(demo: Demo) -> None:
    at = demo.store.snapshot()
    codes = ["176", "17", "999"]
    shares, read = invoiced_outside(demo.store, at, SCOPE, codes)
    links = demo.store.polars("trade_link", at=at)
    assert (read.total, read.left_out) == (
        links.height, {"consent": links.filter(lawful_basis="授权:chain").height},
    )  # fmt: skip
    links = links.filter(pl.col("lawful_basis") != "授权:chain")
    main = demo.store.polars("firm_industry", at=at).filter(pl.col("main"))
    sellers = links.join(main, left_on="seller", right_on="firm")
    local = pl.col("seller").str.slice(2, 6) == "990101"
    for code, share in zip(codes, shares, strict=True):
        part = sellers.filter(pl.col("industry").str.starts_with(code) & local)
        if part["seller"].n_unique() < FEWEST_SELLERS:
            assert np.isnan(share)
        else:
            away = part.filter(pl.col("buyer").str.slice(2, 6) != "990101")["value"].sum()
            assert share == pytest.approx(away / part["value"].sum())
    assert np.isnan(shares[2])


def test_linkages_have_mean_one_and_every_sector_costs_output(demo: Demo) -> None:
    at = demo.store.snapshot()
    (table,) = tables_of(demo.store).iter_rows(named=True)
    found = linkage_frame(demo.store, at, table["table"], table["classification"])
    assert found.height == 46
    assert found["backward"].mean() == pytest.approx(1.0)
    assert found["forward"].mean() == pytest.approx(1.0)
    assert found["extraction"].is_between(0, 1).all()
    assert found["extraction"].is_sorted(descending=True)
    key = found.filter((pl.col("backward") > 1) & (pl.col("forward") > 1))
    assert set(key["sector"]) == set(found.filter(pl.col("key") == "true")["sector"])


def test_linkages_are_stored_once_per_snapshot(own_demo: Demo) -> None:
    first = run_linkages(own_demo.store)
    assert run_linkages(own_demo.store) == first
    assert [run.run for run in own_demo.store.runs(ENGINE)] == first


def test_linkages_without_a_table_say_what_to_load(own_demo: Demo) -> None:
    with pytest.raises(JiqunError) as refused:
        run_linkages(own_demo.store, period="1999")
    assert refused.value.code == "E-SCOPE-EMPTY"


def test_the_model_is_proven_on_the_places_own_history(
    sign_in: Callable[..., Client], tmp_path: Path, settings: Settings
) -> None:
    generate(tmp_path / "county", firms=DEMO_FIRMS)  # with all its peers
    store = Store(tmp_path / "store")
    load_folder(tmp_path / "county", store)
    engines()["chain"].run(store)
    proof = read_proof(store, SCOPE.classification, SCOPE.period)
    assert proof is not None
    assert proof.own
    assert proof.proven_on[0].endswith("2021–2025")
    table = {(row["ranking"], row["scope"]): row for row in proof.metrics}
    assert {"random", "null", "density_rca", "density_knn", "additive"} <= {
        name for name, _ in table
    }
    assert (
        table[("additive", "all")]["average_precision"]
        > table[("null", "all")]["average_precision"]
    )
    settings.STORE = tmp_path / "store"
    page = sign_in("analyst").get(f"/chain/model/?{DEMO_QUERY}").content.decode()
    assert "GB/T 4754-2017 2021–2025）拟合和检验" in page
    assert page.count("<table") == 2, "the table of metrics, and that of the calibration"


def test_a_single_year_falls_back_on_the_shipped_model_and_says_so(own_demo: Demo) -> None:
    scope = Scope("990101", "gbt4754-2017", "2019")
    run_entry(own_demo.store, own_demo.store.snapshot(), [scope])
    proof = read_proof(own_demo.store, scope.classification, scope.period)
    assert proof is not None
    assert not proof.own
    assert proof.reason is not None
    assert ["美国" in one for one in proof.proven_on] == [True, False]
    assert all("County Business Patterns" in one for one in proof.proven_on)
