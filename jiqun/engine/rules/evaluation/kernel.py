"""Compiled loops of the evaluation, used when Numba is there; the same results as NumPy's.

Every function here is plain Python that Numba compiles. Truth is packed 64 subjects to a word;
the subjects beyond the last full word are done one by one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np

try:
    import numba
except ImportError:  # the accelerator is optional
    numba = None

AVAILABLE = numba is not None
F = TypeVar("F", bound=Callable[..., Any])
ONE = np.uint64(1)
BLOCK = 512  # words: 256 KB of a column
# Multiplied by a power of two, its upper six bits differ for each: where the one bit stands.
DE_BRUIJN = np.uint64(0x03F79D71B4CB0A89)
PLACE = np.empty(64, np.int64)
PLACE[[(int(DE_BRUIJN) << j) % 2**64 >> 58 for j in range(64)]] = np.arange(64)


def compiled(function: F) -> F:
    """Compile a function on its first call, and keep the result on disk; without Numba, as is."""
    if numba is None:
        return function
    return cast(F, numba.njit(cache=True, nogil=True)(function))


@compiled
def threshold(values: Any, bound: int, known: Any, true: Any, false: Any) -> None:
    """Write where ``values >= bound``."""
    full = len(values) >> 6
    for w in range(full):
        bits = np.uint64(0)
        for j in range(64):
            bits |= np.uint64(values[64 * w + j] >= bound) << np.uint64(j)
        true[w] = bits & known[w]
        false[w] = true[w] ^ known[w]
    if full < len(known):
        bits = np.uint64(0)
        for j in range(len(values) - 64 * full):
            bits |= np.uint64(values[64 * full + j] >= bound) << np.uint64(j)
        true[full] = bits & known[full]
        false[full] = true[full] ^ known[full]


@compiled
def member(values: Any, chosen: int, known: Any, true: Any, false: Any) -> None:
    """Write where a code below 63 is one of those whose bits are set."""
    full = len(values) >> 6
    for w in range(full):
        bits = np.uint64(0)
        for j in range(64):
            bits |= np.uint64(chosen >> (values[64 * w + j] & 63) & 1) << np.uint64(j)
        true[w] = bits & known[w]
        false[w] = true[w] ^ known[w]
    if full < len(known):
        bits = np.uint64(0)
        for j in range(len(values) - 64 * full):
            bits |= np.uint64(chosen >> (values[64 * full + j] & 63) & 1) << np.uint64(j)
        true[full] = bits & known[full]
        false[full] = true[full] ^ known[full]


@compiled
def pair(
    a: Any, b: Any, factors: tuple[int, int], bound: int, known: Any, true: Any, false: Any
) -> None:
    """Write where ``f·a + g·b >= bound``; the caller has made sure that nothing overflows."""
    f, g = factors
    full = len(a) >> 6
    for w in range(full):
        bits = np.uint64(0)
        for j in range(64):
            i = 64 * w + j
            bits |= np.uint64(f * a[i] + g * b[i] >= bound) << np.uint64(j)
        true[w] = bits & known[w]
        false[w] = true[w] ^ known[w]
    if full < len(known):
        bits = np.uint64(0)
        for j in range(len(a) - 64 * full):
            i = 64 * full + j
            bits |= np.uint64(f * a[i] + g * b[i] >= bound) << np.uint64(j)
        true[full] = bits & known[full]
        false[full] = true[full] ^ known[full]


@compiled
def thresholds(values: Any, bounds: Any, nodes: Any, known: Any, true: Any, false: Any) -> None:
    """Write many thresholds of one column, block by block while a block is in the cache."""
    # Slices, because a loop that begins anywhere else than at 0 is not made wide.
    for a in range(0, len(known), BLOCK):
        b = min(a + BLOCK, len(known))
        part, mask = values[64 * a : 64 * b], known[a:b]
        for k in range(len(nodes)):
            threshold(part, bounds[k], mask, true[nodes[k], a:b], false[nodes[k], a:b])


@compiled
def members(values: Any, chosen: Any, nodes: Any, known: Any, true: Any, false: Any) -> None:
    """Write many sets of codes of one column, block by block."""
    for a in range(0, len(known), BLOCK):
        b = min(a + BLOCK, len(known))
        part, mask = values[64 * a : 64 * b], known[a:b]
        for k in range(len(nodes)):
            member(part, chosen[k], mask, true[nodes[k], a:b], false[nodes[k], a:b])


@compiled
def both(part: Any, part_not: Any, yes: Any, no: Any) -> None:
    """Narrow a conjunction by one more reference."""
    for w in range(len(yes)):
        yes[w] &= part[w]
        no[w] |= part_not[w]


@compiled
def conjunction(
    true: Any, false: Any, references: Any, span: tuple[int, int], yes: Any, no: Any
) -> None:
    """Combine references for a span of words; ``yes`` and ``no`` hold everyone and nobody."""
    a, b = span
    for k in range(len(references)):
        node = references[k] >> 1
        if references[k] & 1:
            both(false[node, a:b], true[node, a:b], yes, no)
        else:
            both(true[node, a:b], false[node, a:b], yes, no)


@compiled
def gather_gates(true: Any, false: Any, starts: Any, references: Any, first: int) -> None:
    """Combine all gates: a gate is true where all its references are, false where any is."""
    for a in range(0, true.shape[1], BLOCK):
        b = min(a + BLOCK, true.shape[1])
        for gate in range(len(starts) - 1):
            yes, no = true[first + gate, a:b], false[first + gate, a:b]
            yes[:] = ~np.uint64(0)
            no[:] = np.uint64(0)
            conjunction(true, false, references[starts[gate] : starts[gate + 1]], (a, b), yes, no)


@compiled
def conjunctions(
    true: Any, false: Any, starts: Any, references: Any, yes: Any, no: Any, everyone: Any
) -> None:
    """Combine lists of references, one list per row of ``yes`` and ``no``, in blocks of words."""
    for a in range(0, len(everyone), BLOCK):
        b = min(a + BLOCK, len(everyone))
        for row in range(len(starts) - 1):
            yes[row, a:b] = everyone[a:b]
            no[row, a:b] = np.uint64(0)
            part = references[starts[row] : starts[row + 1]]
            conjunction(true, false, part, (a, b), yes[row, a:b], no[row, a:b])


@compiled
def places(plane: Any, found: Any) -> int:
    """Write the positions of the set bits, ascending; return how many."""
    count = 0
    for w in range(len(plane)):
        word = plane[w]
        while word != 0:
            lowest = word & (~word + ONE)
            found[count] = 64 * w + PLACE[lowest * DE_BRUIJN >> np.uint64(58)]
            count += 1
            word ^= lowest
    return count


@compiled
def gather(values: Any, mask: Any, rows: Any, base: Any, known: Any) -> None:
    """Write the values of some rows, and whether each is known; what is not known becomes 0."""
    for i in range(len(rows)):
        row = rows[i]
        known[i] = mask[row >> 6] >> np.uint64(row & 63) & ONE == ONE
        base[i] = values[row] if known[i] else 0


@compiled
def rounded(value: int, q: int, mode: int) -> int:
    """Divide by q: down (0), half up (1) or up (2); the value is not negative."""
    if mode == 1:
        return (2 * value + q) // (2 * q)
    if mode == 2:
        return (value + q - 1) // q
    return value // q


@compiled
def first_step(steps: Any, planes: tuple[Any, Any], row: int) -> int:
    """Return the first step that holds for a row, -1 for none, -2 where one is undecided before."""
    word, place = row >> 6, np.uint64(row & 63)
    for k in range(len(steps)):
        reference = steps[k, 0]
        if reference < 0:
            return k
        is_true = planes[0][reference >> 1, word] >> place & ONE
        is_false = planes[1][reference >> 1, word] >> place & ONE
        if is_true == is_false:
            return -2
        if (is_true == ONE) != (reference & 1 == 1):
            return k
    return -1


@compiled
def give(
    rows: Any, base: Any, known: Any, planes: tuple[Any, Any], steps: Any, rule: Any,
    fen: Any, state: Any,
) -> None:  # fmt: skip
    """Reckon an amount row by row.

    ``steps``: int64 (k, 5) of reference or -1, fen, p, q, cap or -1, where p / q already divides
    by the rounding unit; p = 0 is a fixed amount. ``rule``: rounding unit, mode, cap or -1, floor
    or -1.
    """
    for i in range(len(rows)):
        value, why = 0, state[i]
        k = first_step(steps, planes, rows[i])
        if k == -2:
            why = 2 if why == 0 else why
        elif k >= 0 and steps[k, 2] == 0:
            value = steps[k, 1]
        elif k >= 0 and not known[i]:
            why = 1 if why == 0 else why
        elif k >= 0:
            b, p, q = max(base[i], 0), steps[k, 2], steps[k, 3]
            value = ((b // q) * p + rounded((b % q) * p, q, rule[1])) * rule[0]
            if steps[k, 4] >= 0:
                value = min(value, steps[k, 4])
        if rule[3] >= 0:
            value = max(value, rule[3])
        if rule[2] >= 0:
            value = min(value, rule[2])
        state[i] = why
        fen[i] = value if why == 0 else 0


@compiled
def lead(part: tuple[int, int], low: int, subjects: Any, worth: Any, room: tuple[Any, Any]) -> int:
    """Let a policy's entries of a block take the lead where they are worth more; return where they end."""
    best, holder = room
    k, end = part
    while k < end and subjects[k] - low < len(best):
        i = subjects[k] - low
        if holder[i] == -1 or worth[k] > best[i]:
            best[i], holder[i] = worth[k], k
        k += 1
    return k


@compiled
def mark_kept(
    part: tuple[int, int], low: int, subjects: Any, worth: Any, undecided: Any, holder: Any,
    marks: tuple[Any, Any],
) -> None:  # fmt: skip
    """Mark which entries of one policy lead, and which an undecided sibling may still beat."""
    kept, provisional = marks
    for k in range(part[0], part[1]):
        i = subjects[k]
        kept[k] &= holder[i - low] == k and worth[k] >= 0
        provisional[k] |= undecided[i >> 6] >> np.uint64(i & 63) & ONE == ONE


@compiled
def mark_unknown(part: tuple[int, int], low: int, subjects: Any, worth: Any, best: Any) -> bool:
    """Mark the subjects of which an award of the group has an unknown amount; say whether any has."""
    found = False
    for k in range(part[0], part[1]):
        if worth[k] < 0:
            best[subjects[k] - low] = -2
            found = True
    return found


@compiled
def doubt(part: tuple[int, int], low: int, subjects: Any, best: Any, provisional: Any) -> None:
    """Mark the entries of subjects of which some amount of the group is unknown."""
    for k in range(part[0], part[1]):
        provisional[k] |= best[subjects[k] - low] == -2


@compiled
def leave(part: tuple[int, int], low: int, subjects: Any, room: tuple[Any, Any]) -> None:
    """Leave the room as it was for the next block."""
    best, holder = room
    for k in range(part[0], part[1]):
        best[subjects[k] - low], holder[subjects[k] - low] = -1, -1


@compiled
def highest(
    members: Any, starts: Any, subjects: Any, worth: Any, undecided: Any, room: tuple[Any, Any],
    kept: Any, provisional: Any,
) -> None:  # fmt: skip
    """Keep for each subject the largest known amount among some policies, the first of equals.

    ``worth``: fen, or -1 where unknown. ``room``: two arrays of -1, left as they were; their length
    is how many subjects are done at a time, so that they stay in the cache.
    """
    best, holder = room
    begin, end = starts[members], starts[members]
    for low in range(0, 64 * len(undecided), len(best)):
        for m in range(len(members)):
            end[m] = lead((begin[m], starts[members[m] + 1]), low, subjects, worth, room)
        unsure = False
        for m in range(len(members)):
            part = begin[m], end[m]
            mark_kept(part, low, subjects, worth, undecided, holder, (kept, provisional))
            unsure |= mark_unknown(part, low, subjects, worth, best)
        for m in range(len(members)):
            if unsure:
                doubt((begin[m], end[m]), low, subjects, best, provisional)
        for m in range(len(members)):
            leave((begin[m], end[m]), low, subjects, room)
            begin[m] = end[m]
