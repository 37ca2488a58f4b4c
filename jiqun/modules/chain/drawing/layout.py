"""Where everything stands on the chain map, decided once and for everyone.

Three lanes (主导 lead, 配套 support, 潜力 potential), one box per segment, one dot per firm. The
browser's element and the SVG export draw from the same numbers, so a printed map and the map on
the screen are the same map. The layout does not depend on chance or on a force simulation: the
same segments give the same places.

Box widths are k·√size within a smallest and a largest width, with one k for all lanes, so a wider
box is a larger segment in any lane. A segment whose size is not disclosed gets the smallest width
and says so in words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from math import floor, sqrt
from typing import Literal, NotRequired, TypedDict
from unicodedata import east_asian_width

import numpy as np
from numpy.typing import NDArray

Tier = Literal["lead", "support", "potential"]
Status = Literal["strong", "present", "weak", "missing", "undisclosed", "candidate"]

TIERS: tuple[Tier, ...] = ("lead", "support", "potential")
GAP_STATUSES: frozenset[Status] = frozenset({"weak", "missing"})
PADDING = 9.0  # from a box's edge to its words and dots
NAME_SIZE = 13.5  # of a segment's name, in units
NARROW_EM = 0.6  # width of a Latin letter or a digit in bold, on average
LARGEST_PITCH, SMALLEST_PITCH = 9.0, 2.8  # between the centres of two dots
DOT_RADIUS = (0.26, 0.26, 0.31, 0.38, 0.46)  # × pitch, by size band 0 unknown, 1 micro … 4 large


class LaneData(TypedDict):
    """One lane: ``notes`` are short lines under its name, such as counts (about six characters)."""

    tier: Tier
    label: str
    notes: NotRequired[list[str]]


class SegmentData(TypedDict):
    """One segment of the chain, with every word already in the reader's language.

    ``value`` is ``None`` when it is not known; ``value_label`` then says why or is empty.
    ``firms`` are ``[name or None, size band]``; band 0 is unknown, 1 micro to 4 large. ``tip`` is
    what the map says of a segment under the pointer, one thing a line; ``chain_map`` writes it.
    """

    id: str
    label: str
    title: str
    tier: Tier
    status: Status
    status_label: str
    value: float | None
    value_label: str
    firms: list[list[str | int | None]]
    href: str
    tip: NotRequired[str]


class LayoutData(TypedDict):
    """Places for one drawing width, in units of about one CSS pixel at natural size.

    ``lanes`` are ``[y, height]``; ``boxes`` are ``[x, y, width, height, first dot's centre x,
    centre y, pitch, columns, dots shown]``; ``names`` are the labels cut to at most two lines.
    All are in the order of the map's own lists.
    """

    width: float
    height: float
    gutter: float
    lanes: list[list[float]]
    boxes: list[list[float]]
    names: list[list[str]]


class MapData(TypedDict):
    """What ``<chain-map data-src>`` fetches and ``svg.chain_map_svg`` draws.

    ``flows`` are ``[from index, to index, value, label]``, largest first.
    """

    unit: str
    synthetic: bool
    lanes: list[LaneData]
    segments: list[SegmentData]
    flows: list[list[str | int | float]]
    layouts: list[LayoutData]


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of one drawing: ``gutter`` 0 puts a lane's name above its boxes, not beside them."""

    width: float
    gutter: float
    heading: float
    smallest: float
    largest: float
    heights: Mapping[Tier, float] = field(hash=False)
    gap: float = 10.0
    row_gap: float = 16.0
    lane_gap: float = 30.0
    inset: float = 14.0


WIDE = Shape(
    width=1000.0,
    gutter=86.0,
    heading=0.0,
    smallest=118.0,
    largest=320.0,
    heights={"lead": 112.0, "support": 88.0, "potential": 76.0},
)
MEDIUM = Shape(
    width=720.0,
    gutter=80.0,
    heading=0.0,
    smallest=112.0,
    largest=300.0,
    heights={"lead": 108.0, "support": 88.0, "potential": 76.0},
    lane_gap=24.0,
)
NARROW = Shape(
    width=344.0,
    gutter=0.0,
    heading=34.0,
    smallest=102.0,
    largest=324.0,
    heights={"lead": 104.0, "support": 88.0, "potential": 76.0},
    gap=8.0,
    row_gap=12.0,
    lane_gap=18.0,
    inset=10.0,
)


@dataclass(frozen=True, slots=True)
class Lane:
    """The segments of one lane: their indices and the square roots of their sizes."""

    tier: Tier
    members: tuple[int, ...]
    roots: tuple[float, ...]


def chain_map(
    *,
    unit: str,
    lanes: Sequence[LaneData],
    segments: Sequence[SegmentData],
    flows: Sequence[tuple[int, int, float, str]],
    synthetic: bool = False,
) -> MapData:
    """Return the map with its places: firms by size, flows by value, layouts for three widths.

    Args:
        unit: the unit of every ``value``, as the reader sees it.
        lanes: the lanes from top to bottom.
        segments: in reading order; the order inside a lane is kept.
        flows: ``(from, to, value, label)``; indices into ``segments``.
        synthetic: whether any figure is made up for demonstration; the map then says so.
    """
    ordered = [segment.copy() for segment in segments]
    for segment in ordered:
        segment["firms"] = sorted(segment["firms"], key=_band, reverse=True)
    ranked = sorted((flow for flow in flows if flow[0] != flow[1]), key=lambda flow: -flow[2])
    for index, segment in enumerate(ordered):
        segment["tip"] = "\n".join(_tip(index, ordered, ranked))
    return MapData(
        unit=unit,
        synthetic=synthetic,
        lanes=list(lanes),
        segments=ordered,
        flows=[list(flow) for flow in ranked],
        layouts=[place(lanes, ordered, shape=shape) for shape in (WIDE, MEDIUM, NARROW)],
    )


def segment_flows(
    source: NDArray[np.integer],
    target: NDArray[np.integer],
    value: NDArray[np.floating],
    *,
    segments: int,
) -> list[tuple[int, int, float]]:
    """Sum firm-to-firm links to segment-to-segment flows, largest first, own flows left out.

    Args:
        source: segment index of each link's seller, shape (links,).
        target: segment index of each link's buyer, shape (links,).
        value: value of each link, shape (links,).
        segments: number of segments on the map.
    """
    totals = np.bincount(source * segments + target, weights=value, minlength=segments**2)
    pairs = np.flatnonzero(totals)
    pairs = pairs[pairs // segments != pairs % segments]
    pairs = pairs[np.argsort(-totals[pairs], kind="stable")]
    return [(int(pair // segments), int(pair % segments), float(totals[pair])) for pair in pairs]


def place(
    lanes: Sequence[LaneData], segments: Sequence[SegmentData], *, shape: Shape
) -> LayoutData:
    """Place the boxes and their dots for one drawing width."""
    groups = tuple(_lane(lane["tier"], segments) for lane in lanes)
    scale = _scale(groups, shape)
    boxes: list[list[float]] = [[] for _ in segments]
    bands: list[list[float]] = []
    top = 0.0
    for group in groups:
        height = shape.heights[group.tier]
        row_top = top + shape.inset + shape.heading
        rows = _rows(group, scale, shape)
        for row in rows:
            left = shape.gutter + shape.inset
            for index, width in row:
                boxes[index] = _box(left, row_top, width, height, len(segments[index]["firms"]))
                left += width + shape.gap
            row_top += height + shape.row_gap
        bottom = row_top - (shape.row_gap if rows else 0.0) + shape.inset
        bands.append([round(top, 1), round(bottom - top, 1)])
        top = bottom + shape.lane_gap
    height = top - shape.lane_gap if groups else 0.0
    return LayoutData(
        width=shape.width,
        height=round(height, 1),
        gutter=shape.gutter,
        lanes=bands,
        boxes=boxes,
        names=[
            name_lines(segment["label"], box[2] - 2 * PADDING)
            for segment, box in zip(segments, boxes, strict=True)
        ],
    )


def name_lines(label: str, width: float, *, size: float = NAME_SIZE) -> list[str]:
    """Cut a label to at most two lines, between words where it has spaces, and mark what is lost.

    Widths are estimated at one em for wide characters and ``NARROW_EM`` for the others, because
    the same lines are drawn by browsers and by report programs with fonts we cannot measure.
    """
    lines: list[str] = []
    rest = label.strip()
    while rest and len(lines) < 2:
        end = _fitting(rest, width / size)
        if end < len(rest):
            if lines:
                lines.append(rest[: max(end - 1, 1)].rstrip() + "…")
                break
            space = rest.rfind(" ", 0, end + 1)
            # Between wide characters a single one is never left alone on the second line.
            end = space if space > 0 else max(min(end, len(rest) - 2), 1)
        lines.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    return lines


def text_width(words: str) -> float:
    """Estimate the width of some words in em."""
    return sum(1.0 if east_asian_width(c) in "WFA" else NARROW_EM for c in words)


def _fitting(words: str, em: float) -> int:
    """Return how many characters fit, at least one."""
    end = len(words)
    while end > 1 and text_width(words[:end]) > em:
        end -= 1
    return end


def _tip(
    index: int,
    segments: Sequence[SegmentData],
    flows: Sequence[tuple[int, int, float, str]],
) -> list[str]:
    """Say what a segment is, how large, and its two largest suppliers (←) and buyers (→)."""
    segment = segments[index]
    size = " · ".join(filter(None, (segment["value_label"], segment["status_label"])))
    inward = [f"← {segments[a]['label']} {label}" for a, b, _, label in flows if b == index]
    outward = [f"→ {segments[b]['label']} {label}" for a, b, _, label in flows if a == index]
    return list(filter(None, (segment["title"], size, *inward[:2], *outward[:2])))


def _band(firm: list[str | int | None]) -> int:
    """Return a firm's size band, the sorting key of the dots."""
    return int(firm[1] or 0)


def _lane(tier: Tier, segments: Sequence[SegmentData]) -> Lane:
    """Collect one lane's members and the roots of their sizes; an unknown size counts as none."""
    members = tuple(i for i, segment in enumerate(segments) if segment["tier"] == tier)
    roots = tuple(sqrt(max(segments[i]["value"] or 0.0, 0.0)) for i in members)
    return Lane(tier=tier, members=members, roots=roots)


def _rows(lane: Lane, scale: float, shape: Shape) -> list[list[tuple[int, float]]]:
    """Wrap one lane's boxes into rows of ``(index, width)``, in the order given."""
    room = shape.width - shape.gutter - 2 * shape.inset
    rows: list[list[tuple[int, float]]] = []
    left = room + 1.0
    for index, root in zip(lane.members, lane.roots, strict=True):
        width = min(max(scale * root, shape.smallest), shape.largest, room)
        if left + width > room + 1e-9:
            rows.append([])
            left = 0.0
        rows[-1].append((index, round(width, 1)))
        left += round(width, 1) + shape.gap
    return rows


@lru_cache(maxsize=256)
def _scale(lanes: tuple[Lane, ...], shape: Shape) -> float:
    """Return the largest k (40 steps of bisection) that needs no more rows than the smallest boxes.

    A narrow drawing may take one more row per lane, because few boxes fit beside each other.
    """
    largest_root = max((root for lane in lanes for root in lane.roots), default=0.0)
    if largest_root <= 0.0:
        return 0.0
    spare = 0 if shape.gutter else 1
    allowed = [len(_rows(lane, 0.0, shape)) + spare for lane in lanes]
    low, high = 0.0, shape.largest / largest_root
    for _ in range(40):
        middle = (low + high) / 2
        fits = all(
            len(_rows(lane, middle, shape)) <= rows
            for lane, rows in zip(lanes, allowed, strict=True)
        )
        low, high = (middle, high) if fits else (low, middle)
    return low


def _box(x: float, y: float, width: float, height: float, firms: int) -> list[float]:
    """Return a box with the grid of its dots: the widest pitch at which all firms have room.

    When even the smallest pitch is too wide, the last row is left free for the words "+n".
    """
    words = 60.0  # two lines of name and one of value
    room_x, room_y = width - 2 * PADDING, height - words - 7.0
    pitch = LARGEST_PITCH
    while pitch > SMALLEST_PITCH and _capacity(room_x, room_y, pitch) < firms:
        pitch = max(pitch - 0.1, SMALLEST_PITCH)
    shown = min(firms, _capacity(room_x, room_y, pitch))
    if shown < firms:
        shown = _capacity(room_x, max(room_y - 12.0, 0.0), pitch)
    first_x, first_y = x + PADDING + pitch / 2, y + words + pitch / 2
    grid = (first_x, first_y, pitch, floor(room_x / pitch), shown)
    return [round(number, 1) for number in (x, y, width, height, *grid)]


def _capacity(room_x: float, room_y: float, pitch: float) -> int:
    """Return how many dots fit into a room at a pitch."""
    return floor(room_x / pitch) * floor(room_y / pitch)
