"""Regional purchase shares: hand-worked values, limits, and intervals that contain the truth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from jiqun.engine.regional import regionalise as r
from jiqun.errors import JiqunError

NATION = np.array([100.0, 300.0, 600.0])
LOCAL = np.array([5.0, 15.0, 20.0])  # 4 % of the nation; quotients 1.25, 1.25, .8333


def exact(local: np.ndarray = LOCAL) -> r.LocalSize:
    return r.local_size(local, local, NATION)


def test_by_hand() -> None:
    slq = r.purchase_shares(exact(), r.Method.SLQ)
    assert slq.low == pytest.approx(np.repeat([[1.0], [1.0], [5 / 6]], 3, axis=1))
    assert np.array_equal(slq.low, slq.high)
    cilq = r.purchase_shares(exact(), r.Method.CILQ)
    assert cilq.low[2] == pytest.approx([2 / 3, 2 / 3, 5 / 6])
    assert cilq.low[0] == pytest.approx([1.0, 1.0, 1.0])
    scale = np.log2(1.04) ** 0.3
    flq = r.purchase_shares(exact(), r.Method.FLQ, delta=0.3)
    assert flq.low[2] == pytest.approx(np.array([2 / 3, 2 / 3, 5 / 6]) * scale)
    assert flq.low[0, 2] == pytest.approx(min(1.0, 1.5 * scale))
    assert np.array_equal(flq.low, flq.high)


def test_delta_zero_is_cilq_and_the_nation_needs_no_correction() -> None:
    zero = r.purchase_shares(exact(), r.Method.FLQ, delta=0.0)
    assert zero.low == pytest.approx(r.purchase_shares(exact(), r.Method.CILQ).low)
    whole = r.purchase_shares(exact(NATION), r.Method.FLQ, delta=0.3)
    assert whole.low == pytest.approx(np.ones((3, 3)))


def test_missing_buyer_is_unknown_and_missing_seller_is_zero() -> None:
    shares = r.purchase_shares(exact(np.array([0.0, 15.0, 20.0])), r.Method.CILQ)
    assert np.isnan(shares.low[:, 0]).all()
    assert shares.low[0, 1:].tolist() == [0.0, 0.0]
    assert np.isfinite(shares.low[:, 1:]).all()


def test_nothing_known_means_anything_possible() -> None:
    size = r.local_size([np.nan, 15.0, 20.0], [np.nan, 15.0, 20.0], NATION)
    for method in r.Method:
        shares = r.purchase_shares(size, method)
        assert shares.low[0, 1] == 0.0
        assert shares.high[0, 1] == 1.0


sizes = hnp.arrays(np.float64, 3, elements=st.floats(0.0, 90.0))


@given(first=sizes, second=sizes, published=st.booleans(), where=st.floats(0.0, 1.0))
@settings(max_examples=120, deadline=None)
def test_intervals_contain_every_possible_truth(
    *, first: np.ndarray, second: np.ndarray, published: bool, where: float
) -> None:
    low, high = np.minimum(first, second), np.maximum(first, second)
    truth = low + where * (high - low)
    if truth.sum() < 1e-3:
        return
    total = float(truth.sum()) if published else None
    hidden = r.local_size(low, high, NATION, region_total=total)
    known = r.local_size(truth, truth, NATION, region_total=total)
    for method in r.Method:
        outer = r.purchase_shares(hidden, method)
        inner = r.purchase_shares(known, method)
        sure = np.isfinite(inner.low) & np.isfinite(outer.low)
        assert (outer.low[sure] <= inner.low[sure] + 1e-9).all()
        assert (outer.high[sure] >= inner.high[sure] - 1e-9).all()


def test_spread_is_ordered_and_scales_coefficients() -> None:
    A = np.array([[0.1, 0.0, 0.2], [0.2, 0.1, 0.1], [0.0, 0.3, 0.1]])
    found = r.spread(exact(), weights=A)
    assert found.methods == ("slq", "cilq", "flq(0.1)", "flq(0.25)")
    assert (found.low <= found.median).all()
    assert (found.median <= found.high).all()
    assert found.high[0, 2] == pytest.approx(0.2)
    assert found.low[0, 0] < found.high[0, 0]


def test_delta_is_recovered_from_observed_purchases() -> None:
    truth = r.purchase_shares(exact(), r.Method.FLQ, delta=0.17).low
    observed = truth.copy()
    observed[0, 1] = np.nan
    delta, error = r.fit_delta(exact(), observed, np.ones((3, 3)))
    assert delta == pytest.approx(0.17, abs=1e-9)
    assert error < 1e-12
    with pytest.raises(JiqunError) as caught:
        r.fit_delta(exact(), np.full((3, 3), np.nan), np.ones((3, 3)))
    assert caught.value.code == "E-REGIONAL-NO-OBSERVATION"


def test_thin_observations_stay_near_the_method() -> None:
    prior = np.full((1, 2), 0.5)
    blend = r.shrink_shares(
        prior, np.array([[1.0, 90.0]]), np.array([[1.0, 100.0]]), prior_weight=9
    )
    assert blend == pytest.approx(np.array([[0.55, (90 + 4.5) / 109]]))


def test_wrong_sizes_are_refused() -> None:
    for low, high, nation in (
        ([2.0], [1.0], [5.0]),
        ([-1.0], [1.0], [5.0]),
        ([1.0], [1.0], [0.0]),
        ([1.0], [1.0, 2.0], [5.0]),
    ):
        with pytest.raises(JiqunError) as caught:
            r.local_size(low, high, nation)
        assert caught.value.code == "E-REGIONAL-SIZE"
