"""Location quotients and specialisation, against textbook answers and simulated truth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from jiqun.engine.regional import quotient as q
from jiqun.errors import JiqunError


def test_textbook_location_quotient() -> None:
    """Farhauer and Kröll (2013)."""
    value = q.location_quotient(
        [[1714]], region_total=[79006], industry_total=[879213], grand_total=15593224
    )
    assert value[0, 0] == pytest.approx(0.3847623, abs=5e-8)


def test_official_vector() -> None:
    value = q.location_quotient(
        [[5200]], region_total=[38000], industry_total=[6.1e6], grand_total=9.2e7
    )
    assert value[0, 0] == pytest.approx(2.064, abs=5e-4)


def test_unknown_stays_unknown() -> None:
    cells = np.array([[10.0, np.nan, 5.0], [20.0, 30.0, 0.0]])
    value = q.location_quotient(cells)
    assert np.isnan(value[0, 1])
    assert np.isnan(value).sum() == 1
    assert value[1, 2] == 0.0


def test_industry_without_total_is_unknown_not_zero() -> None:
    value = q.location_quotient([[1.0, 0.0], [2.0, 0.0]])
    assert np.isnan(value[:, 1]).all()
    assert value[:, 0] == pytest.approx([1.0, 1.0])


def test_one_dimension_is_refused() -> None:
    with pytest.raises(JiqunError) as caught:
        q.location_quotient([1.0, 2.0])
    assert caught.value.code == "E-QUOTIENT-SHAPE"


tables = hnp.arrays(np.float64, (4, 5), elements=st.floats(0.5, 1e6))


@given(tables, st.floats(1e-3, 1e3))
@settings(max_examples=50, deadline=None)
def test_scale_invariance_and_weighted_mean_of_one(table: np.ndarray, unit: float) -> None:
    value = q.location_quotient(table)
    assert np.allclose(value, q.location_quotient(table * unit), rtol=1e-10)
    shares = table.sum(axis=1) / table.sum()
    assert np.allclose(shares @ value, 1.0, rtol=1e-10)


def test_gamma_prior_recovers_the_truth() -> None:
    rng = np.random.default_rng(3)
    expected = rng.lognormal(2.0, 1.0, (3000, 2))
    true = np.column_stack((rng.gamma(2.0, 0.5, 3000), rng.gamma(0.5, 2.0, 3000)))
    prior = q.fit_prior(rng.poisson(true * expected), expected)
    assert prior.shape == pytest.approx([2.0, 0.5], rel=0.15)
    assert prior.shape / prior.rate == pytest.approx([1.0, 1.0], rel=0.1)


def test_posterior_is_calibrated() -> None:
    rng = np.random.default_rng(4)
    expected = rng.lognormal(0.5, 1.2, (20000, 1))
    true = rng.gamma(1.2, 1 / 1.2, expected.shape)
    counts = rng.poisson(true * expected).astype(float)
    prior = q.GammaPrior(np.array(1.2), np.array(1.2))
    found = q.quotient_posterior(counts, expected, prior)
    inside = (found.low <= true) & (true <= found.high)
    assert inside.mean() == pytest.approx(0.90, abs=0.01)
    sure = found.probability >= 0.9
    assert (true[sure] > 1.5).mean() > 0.9


def test_a_county_of_thirty_firms_cannot_fluke() -> None:
    prior = q.GammaPrior(np.array(1.0), np.array(1.0))
    expected = np.array([[0.1], [100.0]])
    counts = np.array([[1.0], [1000.0]])
    raw = counts / expected
    found = q.quotient_posterior(counts, expected, prior)
    assert raw[0, 0] == raw[1, 0] == 10.0
    assert found.probability[0, 0] < 0.6
    assert found.probability[1, 0] > 0.999
    unknown = q.quotient_posterior(np.array([[np.nan]]), np.array([[3.0]]), prior)
    assert np.isnan(unknown.probability[0, 0])
    assert np.isnan(unknown.mean[0, 0])


def test_thin_industry_borrows_the_pooled_variance() -> None:
    rng = np.random.default_rng(5)
    expected = np.full((400, 3), 5.0)
    counts = rng.poisson(5.0 * rng.gamma(1.0, 1.0, (400, 3))).astype(float)
    counts[:, 2] = 0.0
    counts[0, 2] = 1.0
    expected[:, 2] = 0.01
    pooled = q.fit_prior(counts, expected, per_industry=False)
    found = q.fit_prior(counts, expected)
    assert np.isfinite(found.shape).all()
    assert found.shape[0] == pytest.approx(float(pooled.shape), rel=0.3)


def test_krugman_textbook() -> None:
    sweden = [45000, 15000, 32000, 10000, 30000]
    others = [
        [35000, 12000, 30000, 8000, 22000],
        [40000, 10000, 25000, 9000, 18000],
        [30000, 11000, 18000, 3000, 13000],
        [40000, 6000, 11000, 2000, 12000],
    ]
    assert q.krugman_specialisation(sweden, others) == pytest.approx(0.1595, abs=5e-5)
    assert q.krugman_specialisation([20, 10, 70, 0, 0], [0, 0, 0, 60, 40]) == pytest.approx(2.0)
    mining = [4320, 7811, 3900, 2300, 47560]
    rest = [
        [20000, 11000, 31000, 8000, 20000],
        [40000, 10000, 25000, 9000, 16000],
        [10000, 11000, 14000, 14000, 13000],
        [7000, 7500, 11000, 1500, 36000],
    ]
    assert q.krugman_specialisation(mining, rest) == pytest.approx(0.8619, abs=5e-5)
    assert np.isnan(q.krugman_specialisation([1.0, np.nan], [1.0, 1.0]))


def test_herfindahl_textbook() -> None:
    """Dörsam (2004)."""
    assert q.herfindahl([20, 50, 20, 10]) == pytest.approx(0.34)
    assert q.herfindahl([20, 50, 20, 10], normalised=True) == pytest.approx(0.12)


def test_litzenberger_textbook() -> None:
    place = q.Place(np.array([50.0]), np.array([488.0]), 576.0, 4621.0)
    value = q.litzenberger_from_totals([[1743]], [[35]], place, job_total=[5740], firm_total=[53])
    assert value[0, 0] == pytest.approx(21.87491, abs=5e-6)


def test_litzenberger_totals_come_from_the_table() -> None:
    place = q.Place(np.array([50.0, 526.0]), np.array([488.0, 4133.0]), 576.0, 4621.0)
    jobs, firms = [[1743.0], [3997.0]], [[35.0], [18.0]]
    assert q.litzenberger_index(jobs, firms, place)[0, 0] == pytest.approx(21.87491, abs=5e-6)
