"""Entry features against their formulas on a panel small enough to check."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from panel_of_regions import planted_panel

from jiqun.engine.regional.entry.features import BaseYear, candidate_cells, entered, entry_features
from jiqun.engine.regional.entry.specs import SPEC_BY_NAME, SPECS, Family
from jiqun.errors import JiqunError


@pytest.fixture(scope="module")
def base() -> BaseYear:
    return planted_panel(seed=1, regions=60, industries=24)[0]


def test_every_family_appears_and_every_feature_is_documented(base: BaseYear) -> None:
    names = entry_features(base).names
    assert {SPEC_BY_NAME[name].family for name in names} == set(Family)
    assert all(s.label_zh and s.label_en and s.unit and s.formula for s in SPECS)
    assert len([name for name in names if SPEC_BY_NAME[name].family != Family.HIDDEN]) == 16


def test_candidates_are_absent_cells_of_living_rows_and_columns(base: BaseYear) -> None:
    hidden = np.zeros(base.sizes.shape, bool)
    hidden[tuple(np.argwhere(candidate_cells(base))[0])] = True
    cells = candidate_cells(replace(base, undisclosed=hidden))
    assert cells.sum() == candidate_cells(base).sum() - 1
    assert not cells[base.sizes > 0].any()
    assert not cells[base.sizes.sum(1) == 0].any()


def test_sizes_and_parents_follow_their_formulas(base: BaseYear) -> None:
    table = entry_features(base)
    x, t = base.sizes, base.threshold
    c, i = table.region_index[7], table.industry_index[7]
    expected = x.sum(1)[c] * x.sum(0)[i] / x.sum()
    group = base.parents[0] == base.parents[0][i]
    held = x[c, group].sum()
    usual = (x.sum(1)[c] * x.sum(0)[group] / x.sum()).sum()
    rest = base.published_parent[c, base.parents[0][i]] - held
    wanted = {
        "expected_size": np.log(expected / t),
        "region_size": np.log(x.sum(1)[c] / np.median(x.sum(1))),
        "industry_size": np.log(x.sum(0)[i] / x.sum(0).mean()),
        "ubiquity": (x[:, i] > 0).mean(),
        "diversity": (x[c] > 0).mean(),
        "parent1_size": np.log1p(held / t),
        "parent1_excess": np.log((held + t / 2) / (usual + t / 2)),
        "hidden_in_parent": np.log1p(rest / t),
    }
    for name, value in wanted.items():
        assert table.column(name)[7] == pytest.approx(value, abs=1e-5), name


def test_knn_density_uses_its_weights(base: BaseYear) -> None:
    table = entry_features(base)
    x = base.sizes
    special = (x / (np.outer(x.sum(1), x.sum(0)) / x.sum()) >= 1).astype(float)
    together = special.T @ special
    near = together / np.maximum(special.sum(0)[:, None], special.sum(0)[None, :])
    np.fill_diagonal(near, 0)
    c, i = table.region_index[3], table.industry_index[3]
    top = np.argsort(-near[:, i], kind="stable")[:20]
    wanted = (near[top, i] * special[c, top]).sum() / near[top, i].sum()
    assert table.column("density_knn")[3] == pytest.approx(wanted, abs=1e-6)
    assert wanted != pytest.approx(special[c, top].mean(), abs=1e-3)


def test_neighbours_are_the_nearest_others_even_across_the_date_line() -> None:
    base = planted_panel(seed=2, regions=40, industries=12)[0]
    places = np.column_stack([np.linspace(-20, 20, 40), np.zeros(40)])
    places[:, 0] = np.where(places[:, 0] < 0, places[:, 0] + 360, places[:, 0])
    table = entry_features(replace(base, coordinates=places))
    row = np.flatnonzero(table.region_index == 20)[0]
    near = np.r_[15:20, 21:26]  # five on each side of region 20 on an even line
    wanted = (base.sizes[near, table.industry_index[row]] > 0).mean()
    assert table.column("neighbour_presence")[row] == pytest.approx(wanted)


def test_unknown_place_is_unknown_not_zero(base: BaseYear) -> None:
    places = np.array(base.coordinates)
    places[5] = np.nan
    table = entry_features(replace(base, coordinates=places))
    own = table.region_index == 5
    assert np.isnan(table.column("neighbour_presence")[own]).all()
    assert not np.isnan(table.column("neighbour_presence")[~own]).any()


def test_withheld_parent_is_unknown_not_zero(base: BaseYear) -> None:
    published = np.array(base.published_parent)
    published[:, 0] = 0
    table = entry_features(replace(base, published_parent=published))
    hit = base.parents[0][table.industry_index] == 0
    assert np.isnan(table.column("hidden_in_parent")[hit]).all()


def test_missing_inputs_drop_their_family() -> None:
    base = planted_panel(seed=3, regions=30, industries=12)[0]
    table = entry_features(BaseYear(base.sizes))
    families = {SPEC_BY_NAME[name].family for name in table.names}
    assert families == {Family.SIZE, Family.RELATEDNESS, Family.LATENT}


def test_features_do_not_see_the_end_year() -> None:
    base, end = planted_panel(seed=4, regions=40, industries=12)[:2]
    table = entry_features(base)
    end_sizes = end.sizes.copy()
    first = entered(table, end_sizes)
    end_sizes[:] = end_sizes[::-1]
    assert (entered(table, end_sizes) != first).any()
    assert np.array_equal(entry_features(base).values, table.values, equal_nan=True)


def test_bad_panels_are_refused_with_every_problem() -> None:
    good = planted_panel(seed=5, regions=30, industries=12)[0]
    bad = BaseYear(-good.sizes, [np.zeros(3, int)], np.zeros((2, 2)))
    with pytest.raises(JiqunError) as caught:
        entry_features(bad)
    assert caught.value.code == "E-ENTRY-PANEL"
    assert caught.value.message_en.count(";") == 2
