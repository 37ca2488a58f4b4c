"""Synthetic unified social credit codes, valid in both check characters.

The registration region is a code that GB/T 2260 does not use, so no real firm can be hit.
"""

from __future__ import annotations

import numpy as np

from jiqun.facts.values.uscc import ALPHABET, ORGANISATION_CHECKS, ORGANISATION_WEIGHTS, WEIGHTS

BODY = 6  # free characters after the organisation prefix MA
STRIDE = 514_229_111  # prime to 31, so that the numbers below 31**6 are visited once each
_SYMBOLS = np.frombuffer(ALPHABET.encode("ascii"), np.uint8)
_CHECKS = np.frombuffer(ORGANISATION_CHECKS.encode("ascii"), np.uint8)
_VALUE36 = {char: i for i, char in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")}
_BASE36 = np.array([_VALUE36[char] for char in ALPHABET])
_VALUE31 = {char: i for i, char in enumerate(ALPHABET)}


def issue(region: str, count: int, *, start: int = 0) -> list[str]:
    """Return ``count`` different codes of companies (91) registered in ``region``.

    Args:
        region: six digits, positions 3–8 of the code.
        count: how many.
        start: number of the first one; ranges that do not overlap give different codes.

    Source: GB 32100-2015 (position 18) and GB 11714-1997 (position 17).
    """
    numbers = (np.arange(start, start + count, dtype=np.int64) * STRIDE + 7) % 31**BODY
    free = (numbers[:, None] // 31 ** np.arange(BODY - 1, -1, -1)) % 31
    organisation = np.hstack(
        [np.tile([_VALUE31["M"], _VALUE31["A"]], (count, 1)), free]
    )  # fmt: skip
    total = _BASE36[organisation] @ ORGANISATION_WEIGHTS
    ninth = _CHECKS[(11 - total % 11) % 11]
    lookup = np.zeros(128, dtype=np.int64)
    lookup[_SYMBOLS] = np.arange(31)
    head = np.tile([_VALUE31[char] for char in f"91{region}"], (count, 1))
    values = np.hstack([head, organisation, lookup[ninth][:, None]])
    last = (31 - (values @ WEIGHTS) % 31) % 31
    symbols = _SYMBOLS[np.hstack([values, last[:, None]])]
    return [row.tobytes().decode("ascii") for row in symbols]
