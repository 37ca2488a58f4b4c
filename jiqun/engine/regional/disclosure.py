"""What is known of cells that were not published.

A statistical office hides a cell, but publishes its parent and its siblings. The hidden cell then
lies between bounds, often narrow, and a row that is not listed at all is *suppressed or zero*,
never simply zero. Bounds are found by interval propagation over the classification tree: sums
upwards, remainders downwards. In a tree one pass each way is already the fixed point.

Source: Fischetti and Salazar, Management Science 47 (2001) state the attacker's bounds that are
computed here; in a tree they need no linear programme.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from jiqun.errors import JiqunError, Problem

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]


class Cell(IntEnum):
    """How a cell appears in the publication."""

    PUBLISHED = 0
    ZERO = 1
    SUPPRESSED = 2  # listed with its value withheld: something is there
    UNLISTED = 3  # the row is missing: suppressed or zero


@dataclass(frozen=True, slots=True)
class Family:
    """All parents whose children stand at one depth of the tree."""

    children: Index  # sorted by parent
    starts: Index  # where each parent's children begin
    parents: Index
    owner: Index  # position in ``parents`` of each child


@dataclass(frozen=True, slots=True)
class Tree:
    """A classification tree of N nodes, the deepest families first."""

    size: int
    families: tuple[Family, ...]


@dataclass(frozen=True, slots=True)
class Bounds:
    """Bounds of P places × N nodes, and the remainder of every parent.

    ``remainder`` is parent minus visible children: what the hidden children hold together; NaN
    for nodes without children. ``conflict`` marks parents whose children cannot add up to them;
    their sum is then not used, and the bounds around it are those of the other evidence.
    """

    low: Array
    high: Array
    hidden: Mask
    remainder_low: Array
    remainder_high: Array
    conflict: Mask


@dataclass(frozen=True, slots=True)
class HiddenRule:
    """What the rule of the publication says about one establishment of a cell."""

    min_persons: float = 1.0
    max_persons: float = np.inf


def classification_tree(parent: Sequence[int] | Index) -> Tree:
    """Build the tree from the index of each node's parent, −1 for a root.

    Raises:
        JiqunError: E-DISCLOSURE-TREE when an index is out of range or the nodes form a loop.
    """
    up = np.asarray(parent, dtype=np.intp)
    depth = np.zeros(up.size, dtype=np.intp)
    pointer = up.copy()
    bad = bool(((up < -1) | (up >= up.size)).any())
    for _ in range(up.size if not bad else 0):
        inside = pointer >= 0
        if not inside.any():
            break
        depth[inside] += 1
        pointer[inside] = up[pointer[inside]]
    if bad or (pointer >= 0).any():
        raise JiqunError(
            "E-DISCLOSURE-TREE",
            "分类树有误：上级编号越界，或上下级互为上级。",
            "The classification tree is wrong: a parent index is out of range, or nodes form a "
            "loop.",
            hint_zh="请检查分类表的“上级代码”列。",
            hint_en="Check the parent column of the classification.",
        )
    families: list[Family] = []
    for level in range(int(depth.max(initial=0)), 0, -1):
        members = np.flatnonzero(depth == level)
        members = members[np.argsort(up[members], kind="stable")]
        parents, starts, counts = np.unique(up[members], return_index=True, return_counts=True)
        owner = np.repeat(np.arange(parents.size), counts)
        families.append(Family(members, starts, parents, owner))
    return Tree(up.size, tuple(families))


def initial_bounds(
    values: npt.ArrayLike, status: npt.ArrayLike, *, least: float = 0.0
) -> tuple[Array, Array]:
    """Return bounds from what each cell itself says, shape (P, N).

    Args:
        values: published values; ignored unless the status is PUBLISHED.
        status: :class:`Cell` of each cell.
        least: smallest value of a cell that is listed but withheld.

    Returns:
        ``low`` and ``high``: the value itself; zero; ``[least, ∞)``; ``[0, ∞)``. A published cell
        without a value (NaN) counts as unlisted.
    """
    value = np.atleast_2d(np.asarray(values, dtype=np.float64))
    kind = np.atleast_2d(np.asarray(status))
    known = (kind == Cell.PUBLISHED) & ~np.isnan(value)
    low = np.where(known, value, np.where(kind == Cell.SUPPRESSED, least, 0.0))
    high = np.where(known, value, np.where(kind == Cell.ZERO, 0.0, np.inf))
    return low, high


def disclosure_bounds(
    tree: Tree,
    low: Array,
    high: Array,
    *,
    exhaustive: Mask | None = None,
    slack: float = 0.0,
) -> Bounds:
    """Tighten the bounds of every cell by the sums of the tree.

    Args:
        tree: from :func:`classification_tree`.
        low: lower bounds, shape (P, N), not negative.
        high: upper bounds, shape (P, N), ``inf`` where open.
        exhaustive: shape (N,); False for a parent whose list of children is not complete, so that
            the children only stay below it. All complete by default.
        slack: sums may miss by this share of the parent (noise or rounding of the publication);
            0 treats sums as exact.

    Returns:
        Bounds that contain every table consistent with the publication. Contradictions are
        marked, never raised.
    """
    lower, upper = np.array(low, dtype=np.float64), np.array(high, dtype=np.float64)
    complete = np.ones(tree.size, dtype=np.bool_) if exhaustive is None else exhaustive
    hidden = lower < upper
    conflict = np.zeros(lower.shape, dtype=np.bool_)
    for family in tree.families:
        _raise_parents(family, lower, upper, conflict, complete, slack)
    for family in reversed(tree.families):
        _lower_children(family, lower, upper, conflict, complete, slack)
    remainder_low, remainder_high = _remainders(tree, lower, upper, hidden)
    return Bounds(lower, upper, hidden, remainder_low, remainder_high, conflict)


def _raise_parents(
    family: Family, low: Array, high: Array, conflict: Mask, complete: Mask, slack: float
) -> None:
    """Bound parents by the sums of their children, in place."""
    at = family.parents
    least = np.add.reduceat(low[:, family.children], family.starts, axis=1) * (1.0 - slack)
    most = np.add.reduceat(high[:, family.children], family.starts, axis=1) * (1.0 + slack)
    most = np.where(complete[at], most, np.inf)
    margin = 1e-9 * np.maximum(1.0, least)
    wrong = (least > high[:, at] + margin) | (most < low[:, at] - margin)
    conflict[:, at] |= wrong
    low[:, at] = np.where(wrong, low[:, at], np.minimum(np.maximum(low[:, at], least), high[:, at]))
    high[:, at] = np.where(
        wrong, high[:, at], np.maximum(np.minimum(high[:, at], most), low[:, at])
    )


def _lower_children(
    family: Family, low: Array, high: Array, conflict: Mask, complete: Mask, slack: float
) -> None:
    """Bound children by parent minus the other children, in place."""
    at, kids, owner = family.parents, family.children, family.owner
    own_low, own_high = low[:, kids], high[:, kids]
    open_ended = np.isinf(own_high)
    finite = np.where(open_ended, 0.0, own_high)
    sum_low = np.add.reduceat(own_low, family.starts, axis=1)[:, owner]
    sum_high = np.add.reduceat(finite, family.starts, axis=1)[:, owner]
    open_count = np.add.reduceat(open_ended.astype(np.intp), family.starts, axis=1)[:, owner]
    others_high = np.where(open_count - open_ended > 0, np.inf, sum_high - finite)
    floor = low[:, at][:, owner] / (1.0 + slack) - others_high
    ceiling = high[:, at][:, owner] / (1.0 - slack) - (sum_low - own_low)
    unused = conflict[:, at][:, owner]
    floor = np.where(unused | ~complete[at][owner], -np.inf, floor)
    ceiling = np.where(unused, np.inf, ceiling)
    # Rounding of a difference must not turn an exact cell into an empty interval.
    new_low = np.minimum(np.maximum(own_low, floor), own_high)
    low[:, kids] = new_low
    high[:, kids] = np.maximum(np.minimum(own_high, ceiling), new_low)


def _remainders(tree: Tree, low: Array, high: Array, hidden: Mask) -> tuple[Array, Array]:
    least, most = np.full(low.shape, np.nan), np.full(low.shape, np.nan)
    for family in tree.families:
        seen = np.where(hidden[:, family.children], 0.0, low[:, family.children])
        visible = np.add.reduceat(seen, family.starts, axis=1)
        least[:, family.parents] = np.maximum(low[:, family.parents] - visible, 0.0)
        most[:, family.parents] = np.maximum(high[:, family.parents] - visible, 0.0)
    return least, most


def linked_bounds(
    tree: Tree,
    persons: tuple[Array, Array],
    establishments: tuple[Array, Array],
    *,
    rule: HiddenRule | None = None,
    exhaustive: Mask | None = None,
    slack: float = 0.0,
) -> tuple[Bounds, Bounds]:
    """Tighten persons and establishments together until nothing changes.

    A cell with an establishment has at least ``min_persons`` persons in it, a cell without one
    has none, and a cell with persons has an establishment.

    Args:
        tree: the classification.
        persons: low and high, shape (P, N).
        establishments: low and high, shape (P, N); where rows below k establishments are not
            listed, give unlisted cells ``[0, k − 1]``.
        rule: persons per establishment.
        exhaustive: as in :func:`disclosure_bounds`.
        slack: noise of the persons; establishments are exact.

    Returns:
        Bounds of persons and of establishments.
    """
    chosen = rule or HiddenRule()
    people = disclosure_bounds(tree, *persons, exhaustive=exhaustive, slack=slack)
    plants = disclosure_bounds(tree, *establishments, exhaustive=exhaustive)
    hidden_people, hidden_plants = people.hidden, plants.hidden
    for _ in range(12):
        low, high = _persons_from_plants(people, plants, chosen)
        plant_low = np.where(
            (low > 0) & (plants.high >= 1), np.maximum(plants.low, 1.0), plants.low
        )
        same = np.array_equal(low, people.low) and np.array_equal(high, people.high)
        if same and np.array_equal(plant_low, plants.low):
            break
        people = disclosure_bounds(tree, low, high, exhaustive=exhaustive, slack=slack)
        plants = disclosure_bounds(tree, plant_low, plants.high, exhaustive=exhaustive)
    return _with_hidden(tree, people, hidden_people), _with_hidden(tree, plants, hidden_plants)


def _persons_from_plants(people: Bounds, plants: Bounds, rule: HiddenRule) -> tuple[Array, Array]:
    """Return new bounds of hidden persons; published figures are never moved."""
    with np.errstate(invalid="ignore"):
        most = np.where(plants.high == 0, 0.0, plants.high * rule.max_persons)
    high = np.where(
        people.hidden, np.minimum(people.high, np.maximum(most, people.low)), people.high
    )
    low = np.where(people.hidden, np.maximum(people.low, plants.low * rule.min_persons), people.low)
    return np.minimum(low, high), high


def _with_hidden(tree: Tree, bounds: Bounds, hidden: Mask) -> Bounds:
    least, most = _remainders(tree, bounds.low, bounds.high, hidden)
    return Bounds(bounds.low, bounds.high, hidden, least, most, bounds.conflict)


def conflicts(bounds: Bounds, places: Sequence[str], codes: Sequence[str]) -> list[Problem]:
    """Return one problem for every parent that its children contradict."""
    return [
        Problem(
            code="E-DISCLOSURE-CONFLICT",
            message_zh=f"地区 {places[p]} 的代码 {codes[n]} 与其下级之和矛盾。",
            message_en=f"In place {places[p]} code {codes[n]} contradicts the sum of its children.",
            remedy_zh="请核对两级数据是否同一期、同一口径；本条合计关系未被使用。",
            remedy_en="Check that both levels have the same period and definition; this sum was "
            "not used.",
            column=codes[n],
            value=places[p],
        )
        for p, n in np.argwhere(bounds.conflict).tolist()
    ]
