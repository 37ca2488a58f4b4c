"""Shapes of parcels from a GeoJSON file: what is wrong with each, and the rest as rows of the register.

Only parcels of the register are taken, with their place and registered area; the rows then go the
way of every import, with its dry run, one step and undo.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import shapely
from numpy.typing import NDArray

from jiqun.core.factstore import is_synthetic, rows
from jiqun.engine.land.geometry.datum import Datum, datum_of, is_converted, to_base
from jiqun.engine.land.geometry.overlap import SLIVER, area_problems, overlap_problems, overlaps
from jiqun.engine.land.geometry.read import CHINA, Parcels, read_parcels
from jiqun.errors import JiqunError, Problem
from jiqun.facts.store.store import Store
from jiqun.rules.loader import Pack

ID_FIELD = "parcel"
WORLD = (-180.0, -90.0, 180.0, 90.0)  # the demo county lies in the ocean
DIGITS = 9  # of a degree: 0.1 mm
HEAD = ("parcel", "place", "holder", "area_m2", "datum", "geometry")
KEPT = {Datum.CGCS2000: "cgcs2000"}  # what was converted is kept in WGS-84


@dataclass(frozen=True, slots=True)
class Shapes:
    """A file of shapes: rows of the table ``parcel`` as CSV, what is wrong, and the datum declared."""

    taken: tuple[str, ...]
    content: bytes
    problems: tuple[Problem, ...]
    datum: Datum
    converted: bool


def read_shapes(facts: Store, content: bytes, *, datum: str, control: Pack) -> Shapes:
    """Read a GeoJSON FeatureCollection of parcels; the property ``parcel`` names each.

    Left out and named: shapes that cross themselves, parcels that the register does not have, and
    those that lie upon another, of the file or of the register. Only named: an area that differs
    from the registered one by more than ``control.area_tolerance``.

    Raises:
        JiqunError: ``E-LAND-SHAPE`` for what is no GeoJSON, ``E-LAND-DATUM``.
    """
    bounds = WORLD if is_synthetic(facts) else CHINA
    read = read_parcels(_parsed(content), datum=datum, id_field=ID_FIELD, bounds=bounds)
    found = read.parcels
    register = {row["parcel"]: row for row in
                rows(facts, "parcel", list(HEAD)).to_dicts()}  # fmt: skip
    unknown = tuple(_unknown(name) for name in found.ids if name not in register)
    upon = _upon(found, register)
    left_out = {one.value for one in (*unknown, *upon)} | _partners(upon, found.ids)
    taken = [at for at, name in enumerate(found.ids) if name not in left_out]
    differ = area_problems(
        found.ids, found.area, registered=[_area(register.get(name)) for name in found.ids],
        used=[np.nan] * len(found.ids), tolerance=float(control.values()["control.area_tolerance"]),
    )  # fmt: skip
    return Shapes(
        tuple(found.ids[at] for at in taken), _csv(found, taken, register),
        (*read.problems, *unknown, *upon, *differ), found.datum, found.converted,
    )  # fmt: skip


def _parsed(content: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise _no_geojson() from error
    if not isinstance(found, dict):
        raise _no_geojson()
    return cast("Mapping[str, Any]", found)


def _no_geojson() -> JiqunError:
    return JiqunError(
        "E-LAND-SHAPE",
        "不是 GeoJSON 文件",
        "this is no GeoJSON file",
        hint_zh="请导出为 UTF-8 编码的 GeoJSON（FeatureCollection）。",
        hint_en="Export it as GeoJSON (a FeatureCollection) in UTF-8.",
    )


def _area(row: Mapping[str, Any] | None) -> float:
    return float(row["area_m2"]) if row and row["area_m2"] is not None else float("nan")


def _unknown(name: str) -> Problem:
    return Problem(
        "E-LAND-PARCEL-ID", f"宗地 {name}：登记表里没有", f"parcel {name}: the register does not have it",
        "请先导入宗地登记，或核对宗地编号", "import the register first, or check the code", column="geometry",
        value=name,
    )  # fmt: skip


def _upon(found: Parcels, register: Mapping[str, Mapping[str, Any]]) -> tuple[Problem, ...]:
    """Pairs that share land, at least one of them of the file."""
    others = [(name, shape) for name, row in register.items()
              if name not in found.ids and (shape := _registered(row)) is not None]  # fmt: skip
    ids = [*found.ids, *(name for name, _ in others)]
    shapes = np.array([*found.shapes.tolist(), *(shape for _, shape in others)], dtype=object)
    if not len(shapes):
        return ()
    pairs = overlaps(shapes, smallest=SLIVER)
    mine = pairs.first < len(found.ids)  # the first of a pair is the earlier one
    kept = type(pairs)(pairs.first[mine], pairs.second[mine], pairs.area[mine], pairs.shared[mine])
    return overlap_problems(kept, ids)


def _partners(upon: Sequence[Problem], ids: Sequence[str]) -> set[str]:
    """Parcels of the file that are the second of a pair: the message names both."""
    return {name for one in upon for name in ids if f" {name} " in f" {one.message_zh} "}


def _registered(row: Mapping[str, Any]) -> Any:
    """The shape that the register has, in WGS-84; None where there is none that can be used."""
    if not row["geometry"] or not row["datum"]:
        return None
    try:
        shape = shapely.from_geojson(row["geometry"])
    except shapely.errors.GEOSException:
        return None
    datum = datum_of(str(row["datum"]))
    if is_converted(datum):

        def base(points: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.column_stack(to_base(points[:, 0], points[:, 1], datum=datum))

        shape = shapely.transform(shape, base)
    return shape if bool(shapely.is_valid(shape)) else None


def _csv(found: Parcels, taken: Sequence[int], register: Mapping[str, Mapping[str, Any]]) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(HEAD)
    for at in taken:
        row = register[found.ids[at]]
        writer.writerow([found.ids[at], row["place"], row["holder"] or "", row["area_m2"],
                         KEPT.get(found.datum, "wgs84"), _geometry(found.shapes[at])])  # fmt: skip
    return buffer.getvalue().encode()


def _geometry(shape: Any) -> str:
    """A shape as GeoJSON without spaces, to a tenth of a millimetre."""
    rounded = shapely.transform(shape, lambda points: np.round(points, DIGITS))
    return json.dumps(json.loads(shapely.to_geojson(rounded)), separators=(",", ":"))
