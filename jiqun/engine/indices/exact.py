"""Arithmetic that gives the same figure to the last digit wherever and whenever it is computed.

Inputs are whole numbers of a small unit (fen, 0.01 m², g of coal equivalent), scores whole
micro-points (10⁻⁶). Between them stand only single multiplications and divisions of float64 in
a fixed order, element by element; IEEE 754 prescribes the result of each, so NumPy, DuckDB and
the JVM agree bit for bit. Everything that is summed is whole, so no sum depends on its order.
Two equal quotients of whole numbers below 2⁵³ give the same float64, hence ties stay ties; each
operation is monotone, hence a better figure never scores less.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Columns = Mapping[str, NDArray[Any]]

POINT = 1_000_000  # micro-points in one point
EXACT = 1 << 53  # whole numbers below it are float64 without rounding


def micro(points: float | str) -> int:
    """Return points, or any decimal number, in millionths, half away from zero."""
    return round(float(points) * POINT)


def half_up(values: Floats) -> Ints:
    """Return the nearest whole number, halves upwards: ``floor(x + 0.5)``."""
    return np.floor(values + 0.5).astype(np.int64)


def divided(dividend: Ints, divisor: Ints | int) -> Ints:
    """Return whole ``dividend ÷ divisor`` rounded half up; the divisor is positive."""
    return (2 * dividend + divisor) // (2 * np.asarray(divisor, dtype=np.int64))


def divided_one(dividend: int, divisor: int) -> int:
    """Return one whole quotient rounded half up, without a limit of size."""
    return (2 * dividend + divisor) // (2 * divisor)


def total(values: Ints) -> int:
    """Return the exact sum, whatever its size: the halves of the numbers are summed apart."""
    high, low = values >> 32, values & 0xFFFFFFFF
    return (int(high.sum()) << 32) + int(low.sum())


def nearest_rank(ordered: Floats, share: float) -> float:
    """Return the quantile of a rising array by nearest rank: its ⌈share · n⌉-th value, or NaN."""
    if not len(ordered):
        return float("nan")
    # The share is a typed decimal: 0.98 · 50 must be the 49th value, not the 50th.
    place = -((-round(share * POINT) * len(ordered)) // POINT)
    return float(ordered[max(place, 1) - 1])


def digest(columns: Columns, *names: str) -> str:
    """Return the SHA-256 of columns (in the order of their names) and of ``names``, in hex."""
    found = hashlib.sha256()
    for text in names:
        found.update(text.encode() + b"\0")
    for name in sorted(columns):
        column = columns[name]
        text = column.dtype.kind in "UO"
        kind = "text" if text else column.dtype.str.replace("=", "<").replace(">", "<")
        found.update(f"{name}|{kind}|{column.shape}\0".encode())
        if text:
            found.update("\x1f".join(column.tolist()).encode())
        else:
            little = column.astype(column.dtype.newbyteorder("<"), copy=False)
            found.update(np.ascontiguousarray(little).tobytes())
    return found.hexdigest()


def digest_of(data: object) -> str:
    """Return the SHA-256 of plain data as JSON with sorted keys."""
    text = json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()
