"""GeoJSON of parcels → shapes in one system, and everything that is wrong with the file.

What cannot be a parcel is left out and named; nothing is repaired silently. A ring that turns the
wrong way and repeated points are put right, because no area hangs on them, and reported.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import shapely
from numpy.typing import NDArray

from jiqun.engine.land.geometry.area import areas
from jiqun.engine.land.geometry.datum import Datum, datum_of, is_converted, to_base
from jiqun.errors import JiqunError, Problem

Floats = NDArray[np.float64]
Shapes = NDArray[np.object_]
CHINA = (73.0, 3.0, 136.0, 54.0)  # west, south, east, north, in degrees
SMALLEST = 1.0  # m²

# What GEOS says about an invalid polygon → what a person reads.
REASONS = {
    "Self-intersection": ("边界自相交", "the boundary crosses itself"),
    "Ring Self-intersection": ("边界自相接", "a ring touches itself"),
    "Hole lies outside shell": ("内环在外环之外", "a hole lies outside the outer ring"),
    "Holes are nested": ("内环相互嵌套", "holes lie within one another"),
    "Nested shells": ("多个部分相互嵌套", "parts lie within one another"),
    "Interior is disconnected": ("内部被内环分隔", "holes cut the interior apart"),
    "Duplicate Rings": ("有重复的环", "a ring is there twice"),
    "Too few points in geometry component": (
        "不同的点少于三个",
        "fewer than three different points",
    ),
}


@dataclass(frozen=True, slots=True)
class Parcels:
    """Parcels that can be drawn.

    Attributes:
        ids: identifiers, in the order of the file.
        shapes: shapely polygons or multipolygons in WGS-84 / CGCS2000, outer rings anticlockwise.
        area: m² on the ellipsoid.
        datum: what the file declared.
        converted: the coordinates were computed from a shifted system and are no survey.
    """

    ids: tuple[str, ...]
    shapes: Shapes
    area: Floats
    datum: Datum
    converted: bool


@dataclass(frozen=True, slots=True)
class Read:
    """A file of parcels: those that can be used, and every problem. ``row`` counts features from 1."""

    parcels: Parcels
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class _Ring:
    points: Floats
    part: int
    feature: int


def _problem(
    code: str, words: tuple[str, str], remedy: tuple[str, str], *, feature: int, name: str = ""
) -> Problem:
    prefix = (f"宗地 {name}：", f"parcel {name}: ") if name else ("", "")
    return Problem(
        code, prefix[0] + words[0], prefix[1] + words[1], *remedy, row=feature + 1, column="geometry", value=name
    )  # fmt: skip


def declared_datum(collection: Mapping[str, Any], declared: str = "") -> Datum:
    """Return the system of a file, from its ``crs`` member or from what somebody declared.

    Raises:
        JiqunError: ``E-LAND-DATUM`` when neither says so, or when they contradict each other.
    """
    crs = cast("Mapping[str, Any]", collection.get("crs") or {})
    inside = str((crs.get("properties") or {}).get("name", ""))
    if inside and declared and datum_of(inside) is not datum_of(declared):
        raise JiqunError(
            "E-LAND-DATUM",
            f"文件写明坐标系“{inside}”，与所选“{declared}”不一致",
            f"the file says “{inside}”, which is not “{declared}” as declared",
            hint_zh="请核对来源后重新选择。",
            hint_en="Check where the file comes from.",
        )
    return datum_of(declared or inside)


def read_parcels(
    collection: Mapping[str, Any],
    *,
    datum: str = "",
    id_field: str = "id",
    bounds: tuple[float, float, float, float] = CHINA,
) -> Read:
    """Read a GeoJSON FeatureCollection of polygons.

    Args:
        collection: the parsed file.
        datum: coordinate system, where the file has no ``crs`` member.
        id_field: property that identifies a parcel; the feature's own ``id`` where it is absent.
        bounds: west, south, east, north; what lies outside is refused, mostly swapped coordinates.

    Raises:
        JiqunError: ``E-LAND-DATUM``; ``E-LAND-SHAPE`` when it is no FeatureCollection.
    """
    system = declared_datum(collection, datum)
    if collection.get("type") != "FeatureCollection":
        raise JiqunError(
            "E-LAND-SHAPE",
            "不是 GeoJSON 的 FeatureCollection",
            "this is no GeoJSON FeatureCollection",
        )
    features = cast("Sequence[Mapping[str, Any]]", collection.get("features") or [])
    names = [_name(feature, id_field) for feature in features]
    rings, problems = _all_rings(features, names, bounds)
    shapes, owner = _build(rings, system)
    keep, more = _valid(shapes, owner, names)
    problems += [*_tidied(rings, names, set(owner[keep].tolist())), *more]
    kept = shapely.orient_polygons(shapes[keep])
    parcels = Parcels(
        tuple(names[at] for at in owner[keep].tolist()),
        kept,
        areas(kept),
        system,
        is_converted(system),
    )
    return Read(parcels, tuple(sorted(problems, key=lambda one: one.row or 0)))


def _all_rings(
    features: Sequence[Mapping[str, Any]],
    names: Sequence[str],
    bounds: tuple[float, float, float, float],
) -> tuple[list[_Ring], list[Problem]]:
    """Return the rings of the features that have an identifier and sound coordinates."""
    problems = _identity(names)
    bad = {(problem.row or 0) - 1 for problem in problems}
    rings: list[_Ring] = []
    parts = 0
    for at, feature in enumerate(features):
        if at in bad:
            continue
        found = _rings(feature, at, names[at], first=parts, bounds=bounds)
        if isinstance(found, Problem):
            problems.append(found)
            continue
        rings += found
        parts = found[-1].part + 1
    return rings, problems


def _name(feature: Mapping[str, Any], id_field: str) -> str:
    properties = cast("Mapping[str, Any]", feature.get("properties") or {})
    found = properties.get(id_field, feature.get("id"))
    return "" if found is None else str(found).strip()


def _identity(names: Sequence[str]) -> list[Problem]:
    """Name features without an identifier, and every later one with an identifier used before."""
    counts, seen = Counter(names), set[str]()
    problems: list[Problem] = []
    for at, name in enumerate(names):
        if not name:
            words = ("没有宗地标识", "it has no identifier")
            problems.append(
                _problem("E-LAND-PARCEL-ID", words, ("补上宗地代码", "add its code"), feature=at)
            )
        elif counts[name] > 1 and name in seen:
            words = ("宗地标识重复", "the identifier was used before")
            remedy = ("核对后只保留一条", "keep one of them")
            problems.append(_problem("E-LAND-PARCEL-ID", words, remedy, feature=at, name=name))
        seen.add(name)
    return problems


def _rings(
    feature: Mapping[str, Any],
    at: int,
    name: str,
    *,
    first: int,
    bounds: tuple[float, float, float, float],
) -> list[_Ring] | Problem:
    geometry = cast("Mapping[str, Any]", feature.get("geometry") or {})
    kind, given = geometry.get("type"), geometry.get("coordinates")
    if kind not in {"Polygon", "MultiPolygon"} or not given:
        words = (f"应为面，得到 {kind}", f"a polygon is needed, got {kind}")
        return _problem(
            "E-LAND-SHAPE", words, ("改为面要素", "draw it as a polygon"), feature=at, name=name
        )
    rings: list[_Ring] = []
    for part, polygon in enumerate([given] if kind == "Polygon" else given):
        for ring in polygon:
            wrong, points = _points(ring, bounds)
            if wrong:
                remedy = ("核对坐标", "check the coordinates")
                return _problem("E-LAND-SHAPE", wrong, remedy, feature=at, name=name)
            rings.append(_Ring(points, first + part, at))
    return rings


def _points(
    ring: Sequence[Sequence[float]], bounds: tuple[float, float, float, float]
) -> tuple[tuple[str, str] | None, Floats]:
    """Return what is wrong with a ring, or its points with longitude before latitude."""
    empty = np.zeros((0, 2))
    try:
        points = np.array([[point[0], point[1]] for point in ring], dtype=np.float64)
    except (TypeError, ValueError, IndexError):
        return ("坐标不是数对", "coordinates are not pairs of numbers"), empty
    if len(points) < 4 or not np.isfinite(points).all():
        return (
            "环少于四个点，或坐标不是数",
            "a ring has fewer than four points, or no numbers",
        ), empty
    if not (points[0] == points[-1]).all():
        return ("环没有闭合", "a ring is not closed"), empty
    west, south, east, north = bounds
    lon, lat = points[:, 0], points[:, 1]
    if not ((lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)).all():
        return (
            "坐标不在范围内，经纬度可能颠倒",
            "outside the bounds; longitude and latitude may be swapped",
        ), empty
    return None, points


def _build(rings: Sequence[_Ring], system: Datum) -> tuple[Shapes, NDArray[np.int64]]:
    """Return one shape per feature in the base system, and which feature each is."""
    if not rings:
        return np.array([], dtype=object), np.array([], dtype=np.int64)
    points = np.concatenate([ring.points for ring in rings])
    of_ring = np.repeat(np.arange(len(rings)), [len(ring.points) for ring in rings])
    lon, lat = to_base(points[:, 0], points[:, 1], datum=system)
    made = cast(Shapes, shapely.linearrings(np.column_stack([lon, lat]), indices=of_ring))
    part = np.array([ring.part for ring in rings])
    feature = np.array([ring.feature for ring in rings])
    polygons = cast(Shapes, shapely.polygons(made, indices=part))
    of_part = feature[np.unique(part, return_index=True)[1]]
    owner, first, count = np.unique(of_part, return_index=True, return_counts=True)
    shapes = polygons[first].copy()
    for at in np.flatnonzero(count > 1).tolist():
        shapes[at] = shapely.multipolygons(polygons[first[at] : first[at] + count[at]])
    return shapes, owner


def _valid(
    shapes: Shapes, owner: NDArray[np.int64], names: Sequence[str]
) -> tuple[NDArray[np.int64], list[Problem]]:
    """Return which shapes are parcels, and why the others are not."""
    sound, owners = shapely.is_valid(shapes), cast("list[int]", owner.tolist())
    remedy = ("在制图软件中修正边界", "correct the boundary in a drawing program")
    problems: list[Problem] = []
    for at in np.flatnonzero(~sound).tolist():
        words = _why(str(shapely.is_valid_reason(shapes[at])))
        problems.append(
            _problem("E-LAND-SHAPE", words, remedy, feature=owners[at], name=names[owners[at]])
        )
    good = np.flatnonzero(sound)
    size = areas(shapes[good])
    for at in cast("list[int]", good[size < SMALLEST].tolist()):
        words = (f"面积不足 {SMALLEST:g} 平方米", f"its area is below {SMALLEST:g} m²")
        problems.append(
            _problem("E-LAND-SHAPE", words, remedy, feature=owners[at], name=names[owners[at]])
        )
    return good[size >= SMALLEST], problems


def _why(said: str) -> tuple[str, str]:
    """Say in both languages what GEOS says, with the place it names."""
    reason, _, place = said.partition("[")
    zh, en = REASONS.get(reason.strip(), (reason, reason))
    where = place.rstrip("]")
    return (f"{zh}（{where}）", f"{en} ({where})") if where else (zh, en)


def _tidied(rings: Sequence[_Ring], names: Sequence[str], kept: set[int]) -> list[Problem]:
    """Report what was put right: repeated points and rings that turn the wrong way."""
    problems: list[Problem] = []
    parts = np.array([ring.part for ring in rings])
    outer = np.ones(len(rings), dtype=bool)
    outer[1:] = parts[1:] != parts[:-1]
    for ring, shell in zip(rings, outer, strict=True):
        if ring.feature not in kept:
            continue
        feature, name = ring.feature, names[ring.feature]
        repeated = int((np.diff(ring.points, axis=0) == 0).all(axis=1).sum())
        if repeated:
            words = (f"有 {repeated} 个重复点，已忽略", f"{repeated} repeated points were ignored")
            problems.append(_problem("W-LAND-POINTS", words, ("", ""), feature=feature, name=name))
        if bool(shapely.is_ccw(shapely.linearrings(ring.points))) != bool(shell):
            words = (
                "环的方向与 RFC 7946 相反，已调整",
                "a ring turns against RFC 7946; it was turned",
            )
            problems.append(_problem("I-LAND-RING", words, ("", ""), feature=feature, name=name))
    return problems
