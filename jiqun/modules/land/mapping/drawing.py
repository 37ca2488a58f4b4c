"""The map as data for the browser, and as an SVG for browsers without script.

Data are a GeoJSON FeatureCollection (RFC 7946); what the element needs beside the features are
members of its own: looks, towns, words, the base map. Described in frontend/elements/parcel-map.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

from jiqun.core.tabular import pick
from jiqun.modules.land.mapping.looks import LOOKS, look_words
from jiqun.modules.land.mapping.selectors import Parcels
from jiqun.modules.land.mapping.tiles import Tiles

WIDTH = 1000.0
OVERLAP = "overlap"
# Look: fill and ink on white paper, and the lines of its hatch on a square of eight.
PAPER: Mapping[str, tuple[str, str, str]] = {
    "a": ("#e8f5ec", "#1b7a3d", ""), "b": ("#eaf1fd", "#0052d9", "M0 8L8 0"),
    "c": ("#fff4df", "#8a4b00", "M0 4H8"), "d": ("#fdecec", "#b3202a", "M0 8L8 0M0 0L8 8"),
    "t": ("#f1eaf9", "#6a3ba3", "M4 3V5M3 4H5"), "open": ("#eef1f5", "#586273", "M4 0V8"),
    "none": ("#ffffff", "#586273", ""), "hidden": ("#eef1f5", "#586273", ""),
    OVERLAP: ("none", "#1c2430", "M0 4H8M4 0V8"),  # in ink: red crosses are grade D
}  # fmt: skip


def collection(found: Parcels, looks: Sequence[str], base: Tiles | None) -> str:
    """Return the parcels that can be drawn as GeoJSON text; ``looks`` in the order of the rows."""
    drawn = found.shapes.drawn
    rows = zip(
        found.rows.select("parcel", "location", "place", "area_m2").iter_rows(), looks, strict=True
    )
    upon = found.upon
    features = [
        _feature(row, look, drawn[row[0]], converted=row[0] in found.shapes.converted, upon=upon.get(row[0], ()))
        for row, look in rows if row[0] in drawn
    ]  # fmt: skip
    counts = Counter(looks)
    shared = ",".join(
        f'{{"type":"Feature","geometry":{one.geometry},"properties":{_text({"codes": [one.first, one.second]})}}}'
        for one in found.overlaps
    )
    more = _text({
        "looks": [{"look": look, "label": look_words(look), "count": counts[look]}
                  for look in LOOKS if counts[look]],
        "towns": found.towns, "words": _words(),
        "tiles": {"url": base.url} if base else None,
    })  # fmt: skip
    overlaps = f'{{"type":"FeatureCollection","features":[{shared}]}}'
    return f'{{"type":"FeatureCollection","features":[{",".join(features)}],"overlaps":{overlaps},{more[1:]}'


def _text(thing: Any) -> str:
    return json.dumps(thing, ensure_ascii=False, separators=(",", ":"))


def _feature(
    row: tuple[str, str | None, str, float], look: str, geometry: str, *, converted: bool,
    upon: Sequence[tuple[str, float]],
) -> str:  # fmt: skip
    parcel, location, place, area = row
    said: dict[str, Any] = {"where": location or "", "town": place, "m2": area, "look": look}
    if converted:
        said["converted"] = True
    if upon:
        said["upon"] = [[code, round(shared, 1)] for code, shared in upon]
    return f'{{"type":"Feature","id":{_text(parcel)},"geometry":{geometry},"properties":{_text(said)}}}'


def _words() -> dict[str, str]:
    """What the element says itself; ``{n}``, ``{mu}``, ``{code}`` and ``{m2}`` are filled in by it."""
    return {
        "overlap": pick("重叠 {n} 处", "{n} overlaps"),
        "upon": pick("与 {code} 重叠 {m2} 平方米", "overlaps {code} by {m2} m²"),
        "mu": pick("亩", "mu"),
        "chosen": pick("已选 {n} 宗，{mu} 亩", "{n} parcels selected, {mu} mu"),
        "nothing": pick("没有选中宗地", "no parcel selected"),
        "more": pick("只列前 {n} 宗，其余见导出的 Excel", "the first {n}; the others are in the Excel file"),
        "converted": pick(
            "坐标由加偏坐标系换算，不是测量成果",
            "converted from a shifted datum; not a survey",
        ),
    }  # fmt: skip


# ---- SVG ----------------------------------------------------------------------------------------


def svg(found: Parcels, looks: Sequence[str], title: str) -> str:
    """Return the parcels as a drawing with hatches and a legend, for a white page."""
    drawn = found.shapes.drawn
    shown = [
        (json.loads(drawn[code]), look)
        for code, look in zip(found.rows["parcel"], looks, strict=True)
        if code in drawn
    ]
    points = [point for geometry, _ in shown for ring in _rings(geometry) for point in ring]
    west, north, scale, height = _frame(points)
    drawings = [*shown, *((json.loads(one.geometry), OVERLAP) for one in found.overlaps)]
    shapes = [
        f'<path d="{_path(geometry, west, north, scale)}" fill="url(#{look})" fill-rule="evenodd"{_line(look)}/>'
        for geometry, look in drawings
    ]
    present = {look for _, look in drawings}
    named = {look: look_words(look) for look in LOOKS if look in present}
    if OVERLAP in present:
        named[OVERLAP] = _words()["overlap"].format(n=len(found.overlaps))
    legend = [
        f'<rect x="{10 + 120 * at}" y="{height + 14:.0f}" width="26" height="16" fill="url(#{look})"{_line(look)}/>'
        f'<text x="{42 + 120 * at}" y="{height + 27:.0f}" font-size="13">{escape(words)}</text>'
        for at, (look, words) in enumerate(named.items())
    ]
    patterns = [
        f'<pattern id="{look}" width="8" height="8" patternUnits="userSpaceOnUse"><path d="M0 0H8V8H0z" '
        f'fill="{fill}"/><path d="{hatch or "M0 0"}" stroke="{ink}" fill="none"/></pattern>'
        for look, (fill, ink, hatch) in PAPER.items()
        if look != OVERLAP or OVERLAP in present
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:.0f} {height + 40:.0f}" '
        f'font-family="sans-serif"><title>{escape(title)}</title><defs>{"".join(patterns)}</defs>'
        f"{''.join(shapes)}{''.join(legend)}</svg>"
    )


def _line(look: str) -> str:
    more = {"none": ' stroke-dasharray="4 3"', OVERLAP: ' stroke-width="2"'}.get(look, "")
    return f' stroke="{PAPER[look][1]}"{more}'


def _rings(geometry: Mapping[str, Any]) -> Iterator[list[list[float]]]:
    parts = geometry["coordinates"]
    for part in [parts] if geometry["type"] == "Polygon" else parts:
        yield from part


def _frame(points: Sequence[Sequence[float]]) -> tuple[float, float, tuple[float, float], float]:
    """West, north, drawing units per degree east and north, and the height of the drawing."""
    if not points:
        return 0.0, 0.0, (1.0, 1.0), 40.0
    lons, lats = [point[0] for point in points], [point[1] for point in points]
    shrink = math.cos(math.radians((min(lats) + max(lats)) / 2))
    unit = (WIDTH - 20) / max((max(lons) - min(lons)) * shrink, max(lats) - min(lats), 1e-6)
    east = unit * shrink
    return (
        min(lons) - 10 / east, max(lats) + 10 / unit, (east, unit), (max(lats) - min(lats)) * unit + 20,
    )  # fmt: skip


def _path(
    geometry: Mapping[str, Any], west: float, north: float, scale: tuple[float, float]
) -> str:
    return "".join(
        "M"
        + "L".join(f"{(x - west) * scale[0]:.1f} {(north - y) * scale[1]:.1f}" for x, y in ring)
        + "z"
        for ring in _rings(geometry)
    )
