"""Shift-share and concentration against textbook answers and identities."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from jiqun.engine.regional import concentration as k
from jiqun.engine.regional import growth as g
from jiqun.errors import JiqunError

NATION = ([400, 150, 150, 400], [440, 210, 135, 480])


def test_shift_share_by_hand() -> None:
    """Region A of Farhauer and Kröll (2013): 180 jobs become 205, the nation grows by 15 %."""
    found = g.shift_share([90, 20, 10, 60], [100, 40, 10, 55], *NATION)
    totals = found.totals()
    assert totals["change"] == pytest.approx(25.0)
    assert totals["national"] == pytest.approx(27.0)
    assert totals["mix"] == pytest.approx(9 + 8 - 1 + 12 - 27.0)
    assert totals["competitive"] == pytest.approx(1 + 12 + 1 - 17)


values = st.floats(0.0, 1e7)


@given(
    hnp.arrays(np.float64, (3, 6), elements=values),
    hnp.arrays(np.float64, (3, 6), elements=values),
    hnp.arrays(np.float64, 6, elements=values),
    hnp.arrays(np.float64, 6, elements=values),
)
@settings(max_examples=80, deadline=None)
def test_shift_share_closes(
    start: np.ndarray, end: np.ndarray, more: np.ndarray, later: np.ndarray
) -> None:
    nation, nation_end = start.sum(axis=0) + more, end.sum(axis=0) + later
    if nation.sum() < 1.0:
        return
    found = g.shift_share(start, end, nation, nation_end)
    total = found.national + found.mix + found.competitive + found.appeared
    # Relative to the largest component: a rate can be huge where an industry was tiny.
    size = np.abs(found.national) + np.abs(found.mix) + np.abs(found.competitive) + start + end
    assert (np.abs(total - found.change) <= 1e-12 * np.maximum(size, 1.0)).all()


def test_the_nation_has_no_competitive_component() -> None:
    found = g.shift_share(NATION[0], NATION[1], *NATION)
    assert np.abs(found.competitive).max() < 1e-12
    assert found.totals()["mix"] == pytest.approx(0.0, abs=1e-12)


def test_unknown_cells_stay_unknown_and_new_industries_are_kept_apart() -> None:
    found = g.shift_share([5.0, np.nan, 0.0], [6.0, 3.0, 2.0], [10.0, 8.0, 0.0], [11.0, 9.0, 2.0])
    assert np.isnan(found.competitive[1])
    assert np.isfinite(found.competitive[[0, 2]]).all()
    assert found.appeared.tolist() == [0.0, 0.0, 2.0]


def test_dynamic_form_adds_the_years() -> None:
    regions = np.array([[90, 20, 10, 60], [100, 40, 10, 55], [105, 45, 15, 60]], dtype=float)
    nation = np.array([*NATION, [460, 230, 155, 500]], dtype=float)
    found = g.dynamic_shift_share(regions, nation)
    years = [g.shift_share(regions[t], regions[t + 1], nation[t], nation[t + 1]) for t in (0, 1)]
    assert np.allclose(found.mix, years[0].mix + years[1].mix)
    assert np.allclose(found.national + found.mix + found.competitive, regions[2] - regions[0])
    with pytest.raises(JiqunError) as caught:
        g.dynamic_shift_share(regions, nation[:2])
    assert caught.value.code == "E-GROWTH-SHAPE"


def test_unknown_reference_is_refused() -> None:
    with pytest.raises(JiqunError) as caught:
        g.shift_share([1.0, 2.0], [1.0, 2.0], [1.0, np.nan], [1.0, 2.0])
    assert caught.value.code == "E-GROWTH-NATION"
    with pytest.raises(JiqunError) as caught:
        g.shift_share([1.0, 2.0], [1.0, 2.0, 3.0], [1.0, 2.0], [1.0, 2.0])
    assert caught.value.code == "E-GROWTH-SHAPE"


def test_ellison_glaeser_textbook() -> None:
    """Farhauer and Kröll (2014): ten plants in three cities, γ = 0.05990628."""
    city = np.array([0] * 5 + [1] * 4 + [2])
    plants = [200, 650, 12000, 100, 50, 16000, 13000, 1500, 1500, 25000]
    cells = np.bincount(city, weights=plants)[:, None]
    herfindahl = k.plant_herfindahl(plants, np.zeros(10, dtype=np.intp), industries=1)
    found = k.ellison_glaeser(cells, [500000, 400000, 100000], herfindahl)
    assert found.gamma[0] == pytest.approx(0.05990628, abs=5e-9)


def test_dartboard_has_zero_gamma_and_unknown_stays_unknown() -> None:
    rng = np.random.default_rng(0)
    regions = rng.lognormal(0, 1, 200)
    share = regions / regions.sum()
    sizes = rng.lognormal(3, 1, (400, 60))
    where = rng.choice(200, p=share, size=(400, 60))
    cells = np.zeros((200, 400))
    for i in range(400):
        cells[:, i] = np.bincount(where[i], weights=sizes[i], minlength=200)
    industry = np.repeat(np.arange(400), 60)
    herfindahl = k.plant_herfindahl(sizes.ravel(), industry, industries=401)
    assert np.isnan(herfindahl[400])
    found = k.ellison_glaeser(cells, regions, herfindahl[:400])
    assert found.gamma.mean() == pytest.approx(0.0, abs=2e-3)
    cells[3, 5] = np.nan
    hidden = k.ellison_glaeser(cells, regions, herfindahl[:400])
    assert np.flatnonzero(np.isnan(hidden.gamma)).tolist() == [5]
    single = k.ellison_glaeser(cells[:, :1], regions, np.array([1.0]))
    assert np.isnan(single.gamma[0])


def test_gini_textbook() -> None:
    """Farhauer and Kröll (2013): location 0.4068966, specialisation 0.6222222."""
    cells = np.array([500, 500, 1000, 7000, 1000.0])[:, None]
    base = [20000, 15000, 20000, 40000, 5000]
    assert k.locational_gini(cells, base, weighted=False)[0] == pytest.approx(0.4068966, abs=5e-8)
    # By hand: 1 − (.2·.05 + .15·.15 + .2·.3 + .4·1.1 + .05·1.9) = .3725
    assert k.locational_gini(cells, base)[0] == pytest.approx(0.3725)
    region = np.array([700, 600, 500, 10000, 40000.0])[:, None]
    nation = [30000, 15000, 10000, 60000, 50000]
    assert k.locational_gini(region, nation, weighted=False)[0] == pytest.approx(
        0.6222222, abs=5e-8
    )


def test_weighted_gini_does_not_change_when_a_region_is_cut_in_two() -> None:
    whole = k.locational_gini([[6.0], [1.0], [3.0]], [4.0, 8.0, 2.0])
    cut = k.locational_gini([[6.0], [0.5], [0.5], [3.0]], [4.0, 4.0, 4.0, 2.0])
    assert whole == pytest.approx(cut)
    assert k.locational_gini([[4.0], [8.0]], [1.0, 2.0])[0] == pytest.approx(0.0, abs=1e-15)
