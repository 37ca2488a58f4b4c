"""Whole fen: shares whose sum is exact, whatever the ratio.

Largest remainder (Hamilton): everybody gets the whole part of the exact share, and the fen that
are left go to the largest remainders, ties to the earlier row. Sums are exact and each share is
less than one fen from the exact one. A larger pot may cost one row one fen (the Alabama paradox);
no method without it stays within one fen of the quota (Balinski and Young, *Fair Representation*,
1982).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import lcm

import numpy as np

from jiqun.engine.rules.award.candidates import LARGEST, LARGEST_SUM, Flags, Ints
from jiqun.errors import JiqunError

YUAN = 100  # fen


def starts(at: Ints) -> Ints:
    """Return where each segment of ascending segment numbers begins."""
    if not len(at):
        return np.zeros(0, dtype=np.int64)
    return np.flatnonzero(np.concatenate([[True], at[1:] != at[:-1]])).astype(np.int64)


def times(amount: Ints, factor: Fraction) -> Ints:
    """Return ``floor(amount × factor)`` without an intermediate that could overflow."""
    up, down = factor.numerator, factor.denominator
    return amount // down * up + amount % down * up // down


def apportion(amount: Ints, at: Ints, total: Ints) -> Ints:
    """Return the amounts of each segment reduced in proportion to its total.

    Args:
        amount: fen, shape (n,), up to 2**50, sums up to 2**60.
        at: segment of each row, ascending from 0 without gaps.
        total: fen per segment, shape (m,); a segment whose sum is not above it stays as it is.

    Returns:
        Fen, shape (n,); sums equal the totals where they bind; no row exceeds its amount.
    """
    if not len(amount):
        return amount.copy()
    start = starts(at)
    summed = np.add.reduceat(amount, start)
    pot = np.minimum(total, summed)
    whole, each = np.maximum(summed, 1)[at], pot[at]
    share = (amount.astype(np.float64) * each / whole).astype(np.int64)
    # The estimate is at most two fen off, so the true remainder fits although both products wrap.
    remainder = amount * each - share * whole
    share += remainder // whole
    remainder %= whole
    left = pot - np.add.reduceat(share, start)
    order = np.lexsort((-remainder, at))
    share[order] += np.arange(len(at)) - start[at] < left[at]
    return share


def in_order(amount: Ints, at: Ints, total: Ints) -> Ints:
    """Return what each row gets when rows draw on the total of their segment one after another."""
    if not len(amount):
        return amount.copy()
    start = starts(at)
    summed = np.cumsum(amount)
    before = summed - amount
    before = before - before[start][at]
    return np.clip(total[at] - before, 0, amount)


def whole_yuan(share: Ints, most: Ints, total: int) -> Ints:
    """Round shares to whole yuan, half up, with the sum never above the total.

    No row is rounded above what it claimed. Where rounding up exceeds the total, the rows that
    were rounded up by the smallest fractions are rounded down instead.

    Args:
        share: fen, shape (n,), with a sum not above ``total``.
        most: fen that each row may get at most.
        total: fen.
    """
    down = share // YUAN * YUAN
    rounded = (share + YUAN // 2) // YUAN * YUAN
    rounded = np.where(rounded > most, down, rounded)
    excess = int(rounded.sum()) - total
    if excess > 0:
        raised = np.flatnonzero(rounded > share)
        # Later rows give way first among equals.
        weakest = raised[np.lexsort((-raised, share[raised] % YUAN))][: -(-excess // YUAN)]
        rounded[weakest] -= YUAN
    return rounded


def split(amount: Ints, shares: Sequence[Sequence[Fraction]], kind: Ints | None = None) -> Ints:
    """Split each amount among funders, or into instalments; every row sums to its amount.

    Args:
        amount: fen, shape (n,), from 0 to 2**50.
        shares: one list of shares per kind, each adding up to exactly 1.
        kind: which list applies to each row, shape (n,); the first where it is left out.

    Returns:
        Fen, shape (n, k) with k the longest list; 0 beyond the end of a shorter one. Ties of
        remainders go to the share listed first.

    Raises:
        JiqunError: ``E-AWARD-SHARES`` where shares are negative or do not add up to 1, or a
            denominator is above 1000, or an amount or kind does not fit.
    """
    _check_split(amount, shares, kind)
    width = max((len(one) for one in shares), default=0)
    below = [lcm(*(share.denominator for share in one)) for one in shares]
    above = np.zeros((len(shares), width), dtype=np.int64)
    for row, (one, common) in enumerate(zip(shares, below, strict=True)):
        above[row, : len(one)] = [int(share * common) for share in one]
    which = np.zeros(len(amount), dtype=np.int64) if kind is None else kind
    down = np.asarray(below, dtype=np.int64)[which][:, None]
    up = above[which]
    whole, rest = amount[:, None] // down, amount[:, None] % down
    part = whole * up + rest * up // down
    remainder = rest * up % down
    left = amount - part.sum(axis=1)
    order = np.argsort(-remainder, axis=1, kind="stable")
    extra: Flags = np.arange(width)[None, :] < left[:, None]
    np.put_along_axis(part, order, np.take_along_axis(part, order, axis=1) + extra, axis=1)
    return part


def _check_split(amount: Ints, shares: Sequence[Sequence[Fraction]], kind: Ints | None) -> None:
    wrong = [
        number
        for number, one in enumerate(shares)
        if sum(one) != 1
        or any(share < 0 for share in one)
        or lcm(*(share.denominator for share in one)) > 10**6
    ]
    outside = bool(((amount < 0) | (amount > LARGEST)).any())
    unknown = kind is not None and bool(((kind < 0) | (kind >= len(shares))).any())
    if wrong or outside or unknown or not shares:
        raise JiqunError(
            "E-AWARD-SHARES",
            f"分担比例或拨付比例有误（第 {[n + 1 for n in wrong]} 组），或金额超出范围，未作拆分",
            f"shares are wrong (lists {[n + 1 for n in wrong]}) or an amount is out of range; "
            "nothing was split",
            hint_zh="各份须不小于零，合计恰为 1，公分母不超过一百万。",
            hint_en="Shares are at least 0, add up to exactly 1, common denominator ≤ 1,000,000.",
        )


def clawback(paid: Ints, kept: Ints, promised: Ints) -> tuple[Ints, Ints]:
    """Return what is claimed back and what is kept when a promise was held for some of its time.

    ``claimed = paid × (promised − kept) / promised``, to the fen, half up; kept longer than
    promised counts as promised. Both add up to what was paid.

    Args:
        paid: fen, shape (n,).
        kept: time that the promise was held, in whole years (or months), shape (n,).
        promised: time promised in the same unit, above 0, shape (n,).

    Raises:
        JiqunError: ``E-AWARD-CLAWBACK`` where a time is negative, or nothing was promised.
    """
    bad = (promised <= 0) | (promised > LARGEST_SUM // LARGEST) | (kept < 0)
    bad |= (paid < 0) | (paid > LARGEST)
    if bad.any():
        rows = [int(row) + 1 for row in np.flatnonzero(bad)]
        raise JiqunError(
            "E-AWARD-CLAWBACK",
            f"追缴计算的第 {rows} 行有误：年限须大于零，金额和已履行时间不小于零",
            f"rows {rows} of the clawback are wrong: a promise is longer than 0, "
            "amounts and time kept are at least 0",
            hint_zh="请核对承诺年限与已履行年限。",
            hint_en="Check the time promised and the time kept.",
        )
    missing = promised - np.minimum(kept, promised)
    claimed = (2 * paid * missing + promised) // (2 * promised)
    return claimed, paid - claimed
