"""Eight real firms of which only land, output and some staff are known: what may be said of them.

The firms are those of a county's investment pages (Liuhe, output of 2020). No tax, value added,
energy, emissions or R&D is published, so most indicators are missing, which is not zero.
"""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from jiqun.engine.indices.evaluate import BY_MISSING, Evaluation, evaluate
from jiqun.engine.indices.explain import explanations
from jiqun.engine.indices.quantities import Figure
from jiqun.engine.indices.score import NO_NUMERATOR
from jiqun.engine.indices.units import Units
from jiqun.rules.permu_pack import permu_pack

PACKS = ("zhejiang-huangyan-2022", "jiangsu-huaian-2024", "jiangsu-wujin-draft")


@pytest.fixture(scope="module")
def firms(shared_data: Path) -> Units:
    """The firms that have land and output; output stands in for revenue, as a labelled proxy."""
    with (shared_data / "cn_county_liuhe/firms.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["land_m2"] and row["output_2020_wan"]]

    def figure(name: str, scale: int) -> Figure:
        known = np.array([bool(row[name]) for row in rows])
        return Figure(np.array([round(float(row[name] or 0) * scale) for row in rows]), known)

    output = figure("output_2020_wan", 1_000_000)
    figures = {
        "land": figure("land_m2", 100), "output": output, "revenue": output,
        "staff": figure("employees", 100),
    }  # fmt: skip
    above = Figure((output.value >= 2_000 * 1_000_000).astype(np.int64), output.known)
    ids = tuple(row["name"] for row in rows)
    return Units(ids, figures, {"scale": above})


def _found(firms: Units, version: str, least_known: int | None = None) -> Evaluation:
    scheme = permu_pack(version).scheme
    return evaluate(
        scheme if least_known is None else replace(scheme, least_known=least_known), firms
    )


@pytest.mark.shared
@pytest.mark.parametrize("version", PACKS)
def test_with_so_little_known_nobody_gets_a_grade(firms: Units, version: str) -> None:
    assert len(firms.ids) == 8
    found = _found(firms, version)
    assert (found.group == 0).all()
    assert found.grades() == ["不定等级"] * 8
    assert (found.decisive == BY_MISSING).all()
    assert (found.steps["tax_per_mu.reason"] == NO_NUMERATOR).all()
    assert np.isnan(found.steps["tax_per_mu.value"]).all()
    for tree in explanations(found):
        assert tree["formula_zh"] == "数据不足，不定等级"


@pytest.mark.shared
def test_huangyan_has_nothing_to_go_on_even_without_a_least_share(firms: Units) -> None:
    """None of its six indicators can be formed from land, output and staff."""
    found = _found(firms, "zhejiang-huangyan-2022", least_known=0)
    assert (found.steps["known"] == 0).all()
    assert found.grades() == ["不定等级"] * 8


@pytest.mark.shared
@pytest.mark.parametrize("version", PACKS[1:])
def test_revenue_per_mu_alone_would_rank_them_if_a_county_insisted(
    firms: Units, version: str
) -> None:
    """The others' weight is shared out; eight are too few for quotas, so thresholds decide."""
    found = _found(firms, version, least_known=0)
    known = {"jiangsu-huaian-2024": 3_500, "jiangsu-wujin-draft": 2_000}[version]
    assert (found.steps["known"] == known).all()
    per_mu = found.steps["revenue_per_mu.value"]
    assert (np.argsort(-per_mu) == np.argsort(-found.steps["total"])).all()
    # 6,827 万元 on 19,000 m² is 28.5 mu: 239.54 万元 per mu, the first of the eight.
    best = int(np.argmax(per_mu))
    assert found.steps["rank"][best] == 1
    assert per_mu[best] == pytest.approx(239.54, abs=0.01)
    mean = found.frozen.groups["above"]["revenue_per_mu"].group_mean
    # 1,049.22 million yuan on 806.4 mu.
    assert mean == pytest.approx(104_922 / (537_598 * 15 / 10_000), rel=1e-9)
