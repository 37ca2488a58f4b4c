"""Coordinates of Chinese maps in one system: WGS-84 or CGCS2000, in degrees.

GCJ-02 and BD-09 are the shifted systems of public maps. No official text describes them; the
formulas here are those in general use, and agree with the maps to about a metre. What was converted
is labelled so and is not a survey. The inverse is found by iteration to 10⁻¹⁰ degrees (10 µm), so
that converting there and back changes nothing that anybody could measure.

CGCS2000 and WGS-84 differ in the ellipsoid by 0.1 mm and in the frame by decimetres; they are
treated as equal, and the datum that was declared is kept as a label.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from jiqun.errors import JiqunError

Floats = NDArray[np.float64]
Shift = Callable[[Floats, Floats], tuple[Floats, Floats]]

KRASOVSKY_A = 6_378_245.0
KRASOVSKY_E2 = 0.006_693_421_622_965_943
BD_TURN = np.pi * 3000.0 / 180.0
CONVERGED = 1e-10  # degrees
STEPS = 30


class Datum(StrEnum):
    """Coordinate systems that a file may declare."""

    CGCS2000 = "CGCS2000"
    WGS84 = "WGS-84"
    GCJ02 = "GCJ-02"
    BD09 = "BD-09"


NAMES = {
    "CGCS2000": Datum.CGCS2000, "EPSG:4490": Datum.CGCS2000, "EPSG4490": Datum.CGCS2000,
    "2000国家大地坐标系": Datum.CGCS2000, "国家2000": Datum.CGCS2000, "WGS84": Datum.WGS84,
    "EPSG:4326": Datum.WGS84, "EPSG4326": Datum.WGS84, "CRS84": Datum.WGS84,
    "URN:OGC:DEF:CRS:OGC:1.3:CRS84": Datum.WGS84, "URN:OGC:DEF:CRS:EPSG::4490": Datum.CGCS2000,
    "URN:OGC:DEF:CRS:OGC::CRS84": Datum.WGS84, "GCJ02": Datum.GCJ02, "火星坐标": Datum.GCJ02,
    "BD09": Datum.BD09, "BD09LL": Datum.BD09, "百度坐标": Datum.BD09,
}  # fmt: skip


def datum_of(declared: str) -> Datum:
    """Return the system that a name means.

    Raises:
        JiqunError: ``E-LAND-DATUM`` when none is declared, or one that is not known. It is never
            guessed: the shift between the systems is some hundred metres.
    """
    plain = declared.strip().upper().replace(" ", "").replace("_", "")
    found = NAMES.get(plain) or NAMES.get(plain.replace("-", ""))
    if found is None:
        known = "、".join(Datum)
        raise JiqunError(
            "E-LAND-DATUM",
            f"没有写明坐标系，或不认识“{declared}”",
            f"the coordinate system is not declared, or “{declared}” is not known",
            hint_zh=f"请写明以下之一：{known}。坐标系不同会相差数百米，不能猜测。",
            hint_en=f"Declare one of: {', '.join(Datum)}. They differ by hundreds of metres, so none is guessed.",
        )
    return found


def to_base(lon: Floats, lat: Floats, *, datum: Datum) -> tuple[Floats, Floats]:
    """Return longitude and latitude in WGS-84 / CGCS2000; the arrays themselves where they are so."""
    if datum is Datum.GCJ02:
        return gcj_to_wgs(lon, lat)
    if datum is Datum.BD09:
        return gcj_to_wgs(*bd_to_gcj(lon, lat))
    return lon, lat


def is_converted(datum: Datum) -> bool:
    """Whether coordinates declared in a system have to be converted, and labelled so."""
    return datum in {Datum.GCJ02, Datum.BD09}


def wgs_to_gcj(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """WGS-84 → GCJ-02, degrees; unchanged outside the rectangle in which the shift is applied."""
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    wave = 20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north += (
        wave
        + 20.0 * np.sin(y * np.pi)
        + 40.0 * np.sin(y / 3.0 * np.pi)
        + 160.0 * np.sin(y / 12.0 * np.pi)
        + 320.0 * np.sin(y * np.pi / 30.0)
    ) * (2.0 / 3.0)
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east += (
        wave
        + 20.0 * np.sin(x * np.pi)
        + 40.0 * np.sin(x / 3.0 * np.pi)
        + 150.0 * np.sin(x / 12.0 * np.pi)
        + 300.0 * np.sin(x / 30.0 * np.pi)
    ) * (2.0 / 3.0)
    radians = np.radians(lat)
    curve = 1.0 - KRASOVSKY_E2 * np.sin(radians) ** 2
    meridian = KRASOVSKY_A * (1.0 - KRASOVSKY_E2) / (curve * np.sqrt(curve))
    parallel = KRASOVSKY_A / np.sqrt(curve) * np.cos(radians)
    inside = (lon >= 72.004) & (lon <= 137.8347) & (lat >= 0.8293) & (lat <= 55.8271)
    return (
        np.where(inside, lon + np.degrees(east / parallel), lon),
        np.where(inside, lat + np.degrees(north / meridian), lat),
    )


def gcj_to_bd(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """GCJ-02 → BD-09, degrees."""
    far = np.hypot(lon, lat) + 0.000_02 * np.sin(lat * BD_TURN)
    turn = np.arctan2(lat, lon) + 0.000_003 * np.cos(lon * BD_TURN)
    return far * np.cos(turn) + 0.0065, far * np.sin(turn) + 0.006


def gcj_to_wgs(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """GCJ-02 → WGS-84 by iteration; ``E-LAND-DATUM`` where it does not converge."""
    return _inverse(lon, lat, shift=wgs_to_gcj)


def bd_to_gcj(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """BD-09 → GCJ-02 by iteration; ``E-LAND-DATUM`` where it does not converge."""
    return _inverse(lon, lat, shift=gcj_to_bd)


def _inverse(lon: Floats, lat: Floats, *, shift: Shift) -> tuple[Floats, Floats]:
    """Fixed-point iteration: the shift changes by less than a hundredth over its own length."""
    x, y = lon.copy(), lat.copy()
    for _ in range(STEPS):
        at_x, at_y = shift(x, y)
        off_x, off_y = lon - at_x, lat - at_y
        x, y = x + off_x, y + off_y
        if max(np.abs(off_x).max(initial=0.0), np.abs(off_y).max(initial=0.0)) < CONVERGED:
            return x, y
    raise JiqunError(
        "E-LAND-DATUM",
        "坐标换算不收敛，请核对坐标与坐标系",
        "converting the coordinates does not converge; check them and their system",
    )
