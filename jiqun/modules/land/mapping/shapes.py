"""The shapes of the register of parcels, in one system of coordinates, ready to be drawn.

Each parcel declares its own datum. GCJ-02 and BD-09 are converted and labelled; a shape without a
datum, or one that is no polygon, is not drawn and is named with the reason.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import numpy as np
import shapely

from jiqun.core.factstore import is_synthetic, rows
from jiqun.engine.land.geometry.datum import datum_of
from jiqun.engine.land.geometry.overlap import SLIVER, overlaps
from jiqun.engine.land.geometry.read import CHINA, Parcels, read_parcels
from jiqun.errors import JiqunError, Problem
from jiqun.facts.store.store import Store

REGISTER = "parcel"
DIGITS = 7  # of a degree: a centimetre
WORLD = (-180.0, -90.0, 180.0, 90.0)  # invented parcels lie where nobody lives
Group = dict[str, Mapping[str, Any]]
Rings = list[list[list[float]]]


@dataclass(frozen=True, slots=True)
class Overlap:
    """Land that two parcels share: their codes, m², and its GeoJSON geometry as text."""

    first: str
    second: str
    m2: float
    geometry: str


@dataclass(frozen=True)
class Shapes:
    """What can be drawn of the register.

    Attributes:
        drawn: by parcel, its GeoJSON geometry as text; degrees of WGS-84 / CGCS2000 to 10⁻⁷.
        converted: parcels whose coordinates were computed from a shifted system and are no survey.
        problems: by parcel, why its shape is not drawn.
        overlaps: pairs of drawn parcels that share more land than a sliver, by code.
    """

    drawn: Mapping[str, str]
    converted: frozenset[str]
    problems: Mapping[str, Problem]
    overlaps: tuple[Overlap, ...] = ()


def register_shapes(facts: Store) -> Shapes:
    """Return the shapes of every parcel of the register; read once per version of it."""
    return _shapes(facts, facts.version(REGISTER), is_synthetic(facts))


@lru_cache(maxsize=2)
def _shapes(facts: Store, version: int, synthetic: bool) -> Shapes:  # noqa: FBT001 - part of the key
    if version < 0:
        return Shapes({}, frozenset(), {})
    held = rows(facts, REGISTER, ["parcel", "datum", "geometry"])
    return shapes_of(held.iter_rows(), bounds=WORLD if synthetic else CHINA)


def shapes_of(
    register: Iterable[tuple[str, str | None, str | None]],
    *,
    bounds: tuple[float, float, float, float] = CHINA,
) -> Shapes:
    """Read shapes, each by its own datum.

    Args:
        register: parcel, declared datum, GeoJSON geometry as text; a parcel without text has none.
        bounds: west, south, east, north; what lies outside is refused.
    """
    groups: dict[str, Group] = {}
    problems: dict[str, Problem] = {}
    for parcel, datum, text in register:
        if not (text or "").strip():
            continue
        groups.setdefault((datum or "").strip(), {})[parcel] = _geometry(text or "")
    drawn: dict[str, str] = {}
    polygons: dict[str, Any] = {}
    converted: set[str] = set()
    for datum, group in groups.items():
        found, wrong = _read(group, datum, bounds)
        problems |= wrong
        if found is None:
            continue
        polygons |= dict(zip(found.ids, found.shapes.tolist(), strict=True))
        drawn |= {name: _text(one) for name, one in zip(found.ids, found.shapes, strict=True)}
        converted |= set(found.ids) if found.converted else set()
    return Shapes(drawn, frozenset(converted), problems, _overlaps(polygons))


def _overlaps(polygons: Mapping[str, Any]) -> tuple[Overlap, ...]:
    if not polygons:
        return ()
    codes = sorted(polygons)
    found = overlaps(np.array([polygons[code] for code in codes], dtype=object), smallest=SLIVER)
    return tuple(
        Overlap(codes[first], codes[second], area, _text(_flat(shape)))
        for first, second, area, shape in zip(
            found.first.tolist(), found.second.tolist(), found.area.tolist(), found.shared.tolist(), strict=True
        )
    )  # fmt: skip


def _flat(shape: Any) -> Any:
    """The polygons of what two parcels share; lines where they only touch are left out."""
    parts = shapely.get_parts(shape)
    return shapely.multipolygons(parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON])


def _read(
    group: Group, datum: str, bounds: tuple[float, float, float, float]
) -> tuple[Parcels | None, dict[str, Problem]]:
    """Read the parcels of one datum; without a datum that is known, every one of them is a problem."""
    features = [
        {"type": "Feature", "id": parcel, "geometry": geometry}
        for parcel, geometry in group.items()
    ]
    try:
        datum_of(datum)
        found = read_parcels(
            {"type": "FeatureCollection", "features": features}, datum=datum, bounds=bounds
        )
    except JiqunError as error:
        return None, {parcel: _of_group(error, parcel) for parcel in group}
    return found.parcels, {one.value: one for one in found.problems if one.code.startswith("E-")}


def _of_group(error: JiqunError, parcel: str) -> Problem:
    return Problem(
        error.code, f"宗地 {parcel}：{error.message_zh}", f"parcel {parcel}: {error.message_en}",
        error.hint_zh, error.hint_en, column="datum", value=parcel,
    )  # fmt: skip


def _geometry(text: str) -> Mapping[str, Any]:
    """Return the parsed geometry; what is no GeoJSON object becomes one that the reader refuses."""
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        return {"type": "—"}
    if not isinstance(parsed, dict):
        return {"type": "—"}
    given = cast("Mapping[str, Any]", parsed)
    parts = given.get("coordinates")
    levels = [parts] if given.get("type") == "Polygon" else parts
    sound = isinstance(levels, list) and all(
        isinstance(one, list) for one in cast("list[Any]", levels)
    )
    return given if sound else {"type": given.get("type"), "coordinates": None}


def _text(shape: Any) -> str:
    parts = [_rings(one) for one in cast("list[Any]", shapely.get_parts(shape).tolist())]
    geometry = (
        {"type": "Polygon", "coordinates": parts[0]}
        if len(parts) == 1
        else {"type": "MultiPolygon", "coordinates": parts}
    )
    return json.dumps(geometry, separators=(",", ":"))


def _rings(polygon: Any) -> Rings:
    return [
        [[round(x, DIGITS), round(y, DIGITS)] for x, y in shapely.get_coordinates(ring).tolist()]
        for ring in cast("list[Any]", shapely.get_rings(polygon).tolist())
    ]
