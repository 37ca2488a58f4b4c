"""Coordinates, areas, broken polygons and overlaps."""

from __future__ import annotations

from math import atanh, pi, sqrt
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from jiqun.engine.land.geometry.area import E2, A, B, areas
from jiqun.engine.land.geometry.datum import Datum, datum_of, gcj_to_bd, to_base, wgs_to_gcj
from jiqun.engine.land.geometry.overlap import area_problems, overlap_problems, overlaps
from jiqun.engine.land.geometry.read import Read, read_parcels
from jiqun.errors import JiqunError

LON, LAT = 119.5, 30.2  # of the invented parcels; no real one is meant


def feature(
    ring: list[tuple[float, float]], name: str | None = "P1", *, holes: Any = ()
) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": {} if name is None else {"id": name},
        "geometry": {"type": "Polygon", "coordinates": [ring, *holes]},
    }


def square(
    size: float = 0.001, *, west: float = LON, south: float = LAT
) -> list[tuple[float, float]]:
    east, north = west + size, south + size
    return [(west, south), (east, south), (east, north), (west, north), (west, south)]


def collection(*features: dict[str, Any]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": [*features]}


def read(*features: dict[str, Any], datum: str = "CGCS2000") -> Read:
    return read_parcels(collection(*features), datum=datum)


# ---- coordinate systems ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wgs", "gcj"),
    [
        # of the tests of eviltransform, which rounds the ellipsoid differently: equal to 0.1 m
        ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
        ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),
        ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
    ],
)
def test_gcj_02_as_others_compute_it(wgs: tuple[float, float], gcj: tuple[float, float]) -> None:
    lon, lat = wgs_to_gcj(np.array([wgs[0]]), np.array([wgs[1]]))
    assert (lon[0], lat[0]) == pytest.approx(gcj, abs=1e-6)


CHINA = (st.floats(73.5, 135.0), st.floats(3.5, 53.5))


@given(*CHINA, st.sampled_from([Datum.GCJ02, Datum.BD09]))
def test_there_and_back_changes_less_than_a_tenth_of_a_millimetre(
    lon: float, lat: float, datum: Datum
) -> None:
    there = wgs_to_gcj(np.array([lon]), np.array([lat]))
    there = gcj_to_bd(*there) if datum is Datum.BD09 else there
    back = to_base(*there, datum=datum)
    assert abs(back[0][0] - lon) < 1e-9  # degrees: 0.1 mm
    assert abs(back[1][0] - lat) < 1e-9
    far = np.hypot(there[0][0] - lon, there[1][0] - lat)
    assert 1e-5 < far < 0.02  # the shift itself is some hundred metres to a kilometre


@pytest.mark.parametrize("datum", [Datum.CGCS2000, Datum.WGS84])
def test_the_official_systems_are_left_as_they_are(datum: Datum) -> None:
    lon, lat = np.array([LON]), np.array([LAT])
    assert to_base(lon, lat, datum=datum) == (lon, lat)


@pytest.mark.parametrize(
    ("name", "datum"),
    [
        ("cgcs2000", Datum.CGCS2000), ("EPSG:4490", Datum.CGCS2000), ("WGS 84", Datum.WGS84),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", Datum.WGS84), ("gcj-02", Datum.GCJ02), ("百度坐标", Datum.BD09),
    ],
)  # fmt: skip
def test_names_of_systems(name: str, datum: Datum) -> None:
    assert datum_of(name) is datum


def test_coordinates_that_belong_to_no_system_do_not_converge() -> None:
    with pytest.raises(JiqunError) as caught:
        to_base(np.array([np.nan]), np.array([30.0]), datum=Datum.GCJ02)
    assert caught.value.code == "E-LAND-DATUM"


# ---- areas ----------------------------------------------------------------------------------


def test_the_whole_ellipsoid() -> None:
    # closed form of the surface of an oblate ellipsoid; GRS 80: 510,065,621.7 km² (Moritz 2000)
    e = sqrt(E2)
    exact = 2 * pi * A * A * (1 + (1 - E2) / e * atanh(e))
    bands = np.array([shapely.box(100, south, 101, south + 1) for south in range(-90, 90)])
    assert areas(bands).sum() * 360 == pytest.approx(exact, rel=1e-13)
    assert exact / 1e6 == pytest.approx(510_065_621.7, abs=0.05)
    assert pytest.approx(6_356_752.314_140, abs=1e-5) == B


@pytest.mark.parametrize(
    ("size", "geodesic"),
    [
        # Karney's geodesic area (GeographicLib 2) of the same corners on the same ellipsoid
        (0.001, 10514.387851372361),
        (0.003, 94628.64938913286),
        (0.01, 1051396.7211229801),
        (0.1, 105097573.6222601),
    ],
)
def test_against_the_geodesic_area(size: float, geodesic: float) -> None:
    corners = [
        (LON, LAT),
        (LON + size, LAT + 0.1 * size),
        (LON + 1.1 * size, LAT + size),
        (LON - 0.2 * size, LAT + 0.8 * size),
    ]
    (found,) = areas(np.array([shapely.Polygon(corners)]))
    assert found == pytest.approx(geodesic, rel=5e-4 * size)


def test_a_hole_is_taken_off_and_parts_are_added() -> None:
    outer, inner = (
        shapely.box(LON, LAT, LON + 0.01, LAT + 0.01),
        shapely.box(LON + 0.002, LAT + 0.002, LON + 0.003, LAT + 0.003),
    )
    apart = shapely.box(LON + 1, LAT, LON + 1.01, LAT + 0.01)
    whole, hole, other = areas(np.array([outer, inner, apart]))
    holed = shapely.Polygon(outer.exterior.coords, [inner.exterior.coords])
    both = shapely.MultiPolygon([holed, apart])
    line = shapely.LineString([(LON, LAT), (LON + 1, LAT)])
    found = areas(np.array([holed, both, line, holed.reverse()]))
    assert found == pytest.approx(
        [whole - hole, whole - hole + other, 0.0, whole - hole], rel=1e-12
    )


@given(st.floats(73, 134), st.floats(4, 52), st.floats(1e-4, 0.02))
def test_cutting_a_parcel_in_two_loses_nothing(west: float, south: float, size: float) -> None:
    whole = shapely.box(west, south, west + size, south + size)
    parts = [
        shapely.box(west, south, west + size / 3, south + size),
        shapely.box(west + size / 3, south, west + size, south + size),
    ]
    found = areas(np.array([whole, *parts]))
    assert found[1] + found[2] == pytest.approx(found[0], rel=1e-7)


# ---- reading --------------------------------------------------------------------------------


def test_a_sound_parcel() -> None:
    found = read(feature(square()))
    assert found.problems == ()
    assert found.parcels.ids == ("P1",)
    assert found.parcels.area[0] == pytest.approx(10_670, rel=1e-3)
    assert (found.parcels.datum, found.parcels.converted) == (Datum.CGCS2000, False)


def test_shifted_maps_are_converted_and_labelled() -> None:
    shifted = [
        tuple(float(x[0]) for x in wgs_to_gcj(np.array([lon]), np.array([lat])))
        for lon, lat in square()
    ]
    plain, moved = read(feature(square())), read(feature(shifted), datum="GCJ-02")
    assert moved.parcels.converted
    assert shapely.hausdorff_distance(plain.parcels.shapes[0], moved.parcels.shapes[0]) < 1e-9
    assert moved.parcels.area == pytest.approx(plain.parcels.area, rel=1e-7)


@pytest.mark.parametrize("datum", ["", "北京54", "西安80"])
def test_a_system_that_is_not_declared_is_not_guessed(datum: str) -> None:
    with pytest.raises(JiqunError) as caught:
        read(feature(square()), datum=datum)
    assert caught.value.code == "E-LAND-DATUM"


def test_the_file_s_own_system_counts_and_must_not_contradict() -> None:
    named = collection(feature(square())) | {
        "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}
    }
    assert read_parcels(named).parcels.datum is Datum.CGCS2000
    with pytest.raises(JiqunError, match="is not “GCJ-02”"):
        read_parcels(named, datum="GCJ-02")


BOW = [(LON, LAT), (LON + 0.001, LAT + 0.001), (LON + 0.001, LAT), (LON, LAT + 0.001), (LON, LAT)]


@pytest.mark.parametrize(
    ("ring", "says"),
    [
        (BOW, "边界自相交（119.5005"),
        (square()[:-1], "环没有闭合"),
        (square()[:2] + square()[:1], "环少于四个点"),
        ([(LON, LAT)] * 5, "不同的点少于三个"),
        ([(lat, lon) for lon, lat in square()], "经纬度可能颠倒"),
        ([("x", 1), *square()[1:]], "坐标不是数对"),
        ([(LON, float("nan")), *square()[1:]], "环少于四个点，或坐标不是数"),
        (square(1e-6), "面积不足 1 平方米"),
        ([*square()[:3], (LON + 0.0005, LAT - 0.0005), square()[0]], "边界自相交"),
    ],
)
def test_what_is_no_parcel_is_named_and_left_out(ring: Any, says: str) -> None:
    found = read(feature(square(west=LON + 1), "good"), feature(ring, "bad"))
    assert found.parcels.ids == ("good",)
    (problem,) = [one for one in found.problems if one.code.startswith("E-")]
    assert (problem.code, problem.row, problem.value) == ("E-LAND-SHAPE", 2, "bad")
    assert says in problem.message_zh
    assert problem.message_en.startswith("parcel bad: ")


def test_a_hole_outside_its_parcel() -> None:
    found = read(feature(square(), holes=[square(0.0001, west=LON + 1)[::-1]]))
    assert "内环在外环之外" in found.problems[0].message_zh


@pytest.mark.parametrize(
    "geometry",
    [None, {"type": "Point", "coordinates": [LON, LAT]}, {"type": "Polygon", "coordinates": []}],
)
def test_only_polygons_are_parcels(geometry: Any) -> None:
    found = read({"type": "Feature", "properties": {"id": "x"}, "geometry": geometry})
    assert found.parcels.ids == ()
    assert found.problems[0].code == "E-LAND-SHAPE"


def test_identifiers_are_needed_and_used_once() -> None:
    found = read(feature(square(), None), feature(square()), feature(square(west=LON + 1)))
    assert found.parcels.ids == ("P1",)
    assert [(one.code, one.row) for one in found.problems] == [
        ("E-LAND-PARCEL-ID", 1),
        ("E-LAND-PARCEL-ID", 3),
    ]


def test_harmless_habits_are_put_right_and_reported() -> None:
    clockwise = square()[::-1]
    doubled = [clockwise[0], *clockwise]
    found = read(feature(doubled))
    assert [one.code for one in found.problems] == ["W-LAND-POINTS", "I-LAND-RING"]
    assert shapely.is_ccw(shapely.get_exterior_ring(found.parcels.shapes[0]))
    assert found.parcels.area[0] == read(feature(square())).parcels.area[0]


def test_parcels_of_several_parts() -> None:
    parts = [[square()], [square(west=LON + 0.01)]]
    several = {
        "type": "Feature",
        "id": 7,
        "properties": {},
        "geometry": {"type": "MultiPolygon", "coordinates": parts},
    }
    found = read(feature(square(west=LON + 1), "A"), several, feature(square(west=LON + 2), "B"))
    assert found.parcels.ids == ("A", "7", "B")
    assert found.parcels.area[1] == pytest.approx(2 * found.parcels.area[0], rel=1e-6)


def test_a_file_of_something_else_is_refused() -> None:
    with pytest.raises(JiqunError) as caught:
        read_parcels(feature(square()), datum="WGS-84")
    assert caught.value.code == "E-LAND-SHAPE"


def test_an_empty_file_has_no_parcels() -> None:
    assert read().parcels.ids == ()


# ---- overlaps -------------------------------------------------------------------------------


def test_overlaps_are_found_and_neighbours_are_not() -> None:
    shapes = np.array(
        [
            shapely.box(LON + dx, LAT, LON + dx + 0.001, LAT + 0.001)
            for dx in (0.0, 0.001, 0.0005, 1.0)
        ]
    )
    found = overlaps(shapes, smallest=1.0)
    assert list(zip(found.first.tolist(), found.second.tolist(), strict=True)) == [(0, 2), (1, 2)]
    assert found.area == pytest.approx(areas(shapes[:2]) / 2, rel=1e-6)
    first, _ = overlap_problems(found, ["a", "b", "c", "d"])
    assert first.code == "E-LAND-OVERLAP"
    assert "宗地 a 与 c 重叠 5" in first.message_zh


def test_slivers_below_the_threshold_are_no_overlap() -> None:
    shapes = np.array(
        [
            shapely.box(LON, LAT, LON + 0.001, LAT + 0.001),
            shapely.box(LON + 0.001 - 1e-9, LAT, LON + 0.002, LAT + 0.001),
        ]
    )
    assert len(overlaps(shapes, smallest=1.0).first) == 0
    assert len(overlaps(shapes, smallest=0.001).first) == 1


@given(
    st.lists(
        st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(1, 8)),
        min_size=2,
        max_size=12,
    )
)
def test_every_pair_is_found(boxes: list[tuple[int, int, int]]) -> None:
    unit = 0.0001
    shapes = np.array(
        [
            shapely.box(LON + x * unit, LAT + y * unit, LON + (x + s) * unit, LAT + (y + s) * unit)
            for x, y, s in boxes
        ]
    )
    found = overlaps(shapes, smallest=1.0)
    expected = [
        (i, j)
        for i, (x, y, s) in enumerate(boxes)
        for j, (u, v, t) in enumerate(boxes)
        if i < j and min(x + s, u + t) > max(x, u) and min(y + s, v + t) > max(y, v)
    ]
    assert list(zip(found.first.tolist(), found.second.tolist(), strict=True)) == expected


def test_land_larger_than_its_parcel_and_a_register_that_differs() -> None:
    drawn = np.array([10_000.0, 10_000.0, 10_000.0])
    found = area_problems(
        ["a", "b", "c"],
        drawn,
        registered=[10_200, 10_050, np.nan],
        used=[9_000, 10_101, np.nan],
        tolerance=0.01,
    )
    assert [(one.code, one.value) for one in found] == [
        ("W-LAND-AREA-DIFFERS", "a"),
        ("E-LAND-LARGER", "b"),
    ]
