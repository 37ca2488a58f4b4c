"""Shares in whole fen against exact fractions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jiqun.engine.rules.award.exact import (
    apportion,
    clawback,
    in_order,
    split,
    times,
    whole_yuan,
)
from jiqun.engine.rules.award.ration import ranked_pay
from jiqun.engine.rules.award.terms import Budget, Tie
from jiqun.errors import JiqunError

AMOUNTS = st.lists(st.integers(0, 2**50 // 64), min_size=1, max_size=64)
SMALL = st.lists(st.integers(0, 30), min_size=1, max_size=12)


def whole(values: list[int]) -> np.ndarray:
    return np.asarray(values, dtype=np.int64)


def hamilton(amounts: list[int], total: int) -> list[int]:
    """Largest remainder in exact fractions, ties to the earlier row."""
    summed = sum(amounts)
    exact = [Fraction(one * total, summed) if summed else Fraction(0) for one in amounts]
    shares = [int(one) for one in exact]
    order = sorted(range(len(amounts)), key=lambda n: (shares[n] - exact[n], n))
    for row in order[: min(total, summed) - sum(shares)]:
        shares[row] += 1
    return shares


@given(AMOUNTS, st.integers(0, 2**50))
@settings(max_examples=300, deadline=None)
def test_pro_rata_is_the_largest_remainder_to_the_fen(amounts: list[int], total: int) -> None:
    total = min(total, sum(amounts))
    found = apportion(whole(amounts), np.zeros(len(amounts), dtype=np.int64), whole([total]))
    assert found.tolist() == hamilton(amounts, total)
    assert found.sum() == total
    again = apportion(found, np.zeros(len(amounts), dtype=np.int64), whole([total]))
    assert np.array_equal(again, found)


@given(st.lists(st.tuples(SMALL, st.integers(0, 200)), min_size=1, max_size=6))
@settings(deadline=None)
def test_segments_do_not_mix(parts: list[tuple[list[int], int]]) -> None:
    amounts = whole([one for part, _ in parts for one in part])
    at = np.repeat(np.arange(len(parts)), [len(part) for part, _ in parts])
    totals = whole([total for _, total in parts])
    together = apportion(amounts, at, totals), in_order(amounts, at, totals)
    for number, (part, total) in enumerate(parts):
        zero = np.zeros(len(part), dtype=np.int64)
        alone = (
            apportion(whole(part), zero, whole([total])),
            in_order(whole(part), zero, whole([total])),
        )
        for one, other in zip(together, alone, strict=True):
            assert np.array_equal(one[at == number], other)
            assert other.sum() == min(total, sum(part))


@given(SMALL, st.integers(0, 200), st.integers(0, 50))
@settings(deadline=None)
def test_more_money_pays_nobody_less_in_a_line_and_at_most_a_fen_less_pro_rata(
    amounts: list[int], total: int, more: int
) -> None:
    zero = np.zeros(len(amounts), dtype=np.int64)
    for share, slack in ((in_order, 0), (apportion, 1)):
        less = share(whole(amounts), zero, whole([total]))
        greater = share(whole(amounts), zero, whole([total + more]))
        assert (greater >= less - slack).all()
        assert greater.sum() >= less.sum()
    line = np.arange(len(amounts))
    for tie in Tie:
        assert (
            ranked_pay(whole(amounts), line, Budget(total + more, tie=tie)).fen
            >= ranked_pay(whole(amounts), line, Budget(total, tie=tie)).fen
        ).all()


@given(AMOUNTS, st.integers(0, 2**50))
@settings(deadline=None)
def test_whole_yuan_never_exceed_the_budget_nor_the_claim(amounts: list[int], total: int) -> None:
    claims = whole(amounts)
    total = min(total, sum(amounts))
    share = apportion(claims, np.zeros(len(claims), dtype=np.int64), whole([total]))
    found = whole_yuan(share, claims, total)
    assert found.sum() <= total
    assert (found <= claims).all()
    assert (found % 100 == 0).all()
    assert (abs(found - share) < 100).all()
    assert np.array_equal(whole_yuan(found, claims, total), found)
    half_up = (share + 50) // 100 * 100
    if half_up.sum() <= total and (half_up <= claims).all():
        assert np.array_equal(found, half_up)


SHARES = (
    st.lists(st.integers(0, 12), min_size=1, max_size=5)
    .filter(any)
    .map(lambda parts: [Fraction(one, sum(parts)) for one in parts])
)


@given(AMOUNTS, st.lists(SHARES, min_size=1, max_size=3), st.integers(0, 9))
@settings(deadline=None)
def test_funders_and_instalments_add_up(
    amounts: list[int], shares: list[list[Fraction]], seed: int
) -> None:
    kind = np.random.default_rng(seed).integers(0, len(shares), len(amounts))
    found = split(whole(amounts), shares, kind)
    for row, (amount, which) in enumerate(zip(amounts, kind, strict=True)):
        exact = [share * amount for share in shares[which]]
        parts = found[row, : len(exact)].tolist()
        assert sum(parts) == amount == found[row].sum()
        assert all(abs(part - one) < 1 for part, one in zip(parts, exact, strict=True))


def test_splitting_thirty_twenty_fifty_by_hand() -> None:
    shares = [[Fraction(3, 10), Fraction(1, 5), Fraction(1, 2)]]
    assert split(whole([101, 103, 7]), shares).tolist() == [[30, 20, 51], [31, 21, 51], [2, 1, 4]]


@pytest.mark.parametrize(
    "shares",
    [
        [[Fraction(1, 2), Fraction(1, 3)]],
        [[Fraction(3, 2), Fraction(-1, 2)]],
        [[]],
        [],
        [[Fraction(1, 10**7), Fraction(10**7 - 1, 10**7)]],
    ],
)
def test_shares_that_are_no_whole_are_refused(shares: list[list[Fraction]]) -> None:
    with pytest.raises(JiqunError, match="E-AWARD-SHARES"):
        split(whole([5]), shares)
    with pytest.raises(JiqunError, match="E-AWARD-SHARES"):
        split(whole([-5]), [[Fraction(1)]])


@given(st.integers(0, 2**50), st.integers(0, 40), st.integers(1, 30))
@settings(deadline=None)
def test_clawback_is_what_was_not_kept(paid: int, kept: int, promised: int) -> None:
    claimed, stays = clawback(whole([paid]), whole([kept]), whole([promised]))
    exact = Fraction(paid * max(0, promised - kept), promised)
    assert claimed[0] + stays[0] == paid
    assert abs(claimed[0] - exact) <= Fraction(1, 2)


def test_clawback_of_two_years_kept_of_five() -> None:
    claimed, stays = clawback(whole([100_001]), whole([2]), whole([5]))
    assert (claimed[0], stays[0]) == (60_001, 40_000)  # 60,000.6 half up
    with pytest.raises(JiqunError, match="E-AWARD-CLAWBACK"):
        clawback(whole([1, 1]), whole([0, -1]), whole([0, 5]))


@given(st.integers(0, 2**50), st.integers(0, 5), st.integers(1, 9))
def test_a_rate_is_floored_exactly(amount: int, up: int, down: int) -> None:
    assert times(whole([amount]), Fraction(up, down))[0] == amount * up // down
