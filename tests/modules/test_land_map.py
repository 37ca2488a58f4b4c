"""The map of parcels: shapes in one datum, who sees which grade, what is withheld, base map and card."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import openpyxl
import polars as pl
import pytest
import shapely
from django.test import Client
from pytest_django import Settings

from jiqun.core.access import MINIMUM_FIRMS
from jiqun.core.models import FirmRead
from jiqun.engine.land.geometry.area import areas
from jiqun.engine.land.geometry.datum import gcj_to_bd, wgs_to_gcj
from jiqun.modules.land.evaluation.selectors import newest_runs
from jiqun.modules.land.mapping.looks import HIDDEN, LOOKS, look_of
from jiqun.modules.land.mapping.selectors import withheld
from jiqun.modules.land.mapping.shapes import shapes_of
from jiqun.modules.land.mapping.tiles import tiles
from tests.console import Demo, text_of

SignIn = Callable[..., Client]
WORDS = "按等级核对宗地"
DATA, PAGE, EXPORT = "/land/map/parcels.json", "/land/map/", "/land/map/selection.xlsx"
SQUARE = [(119.5, 30.2), (119.501, 30.2), (119.501, 30.201), (119.5, 30.201), (119.5, 30.2)]


def polygon(points: list[tuple[float, float]]) -> str:
    return json.dumps({"type": "Polygon", "coordinates": [points]})


def shifted(points: list[tuple[float, float]], *, bd: bool) -> str:
    found: list[tuple[float, float]] = []
    for x, y in points:
        lon, lat = wgs_to_gcj(np.array([x]), np.array([y]))
        if bd:
            lon, lat = gcj_to_bd(lon, lat)
        found.append((float(lon[0]), float(lat[0])))
    return polygon(found)


def features(client: Client) -> dict[str, Any]:
    return json.loads(text_of(client, DATA))


def looks(data: dict[str, Any]) -> dict[str, str]:
    return {one["id"]: one["properties"]["look"] for one in data["features"]}


# ---- shapes -------------------------------------------------------------------------------------


def test_every_datum_comes_out_at_the_same_place_and_is_labelled() -> None:
    found = shapes_of([
        ("plain", "cgcs2000", polygon(SQUARE)), ("gcj", "gcj02", shifted(SQUARE, bd=False)),
        ("bd", "bd09", shifted(SQUARE, bd=True)), ("bare", None, None),
    ])  # fmt: skip
    rings = {name: json.loads(text)["coordinates"][0] for name, text in found.drawn.items()}
    assert set(rings) == {"plain", "gcj", "bd"}, "a parcel without a shape has none"
    assert sorted(map(tuple, rings["plain"])) == sorted(SQUARE)
    for name in ("gcj", "bd"):
        for got, true in zip(sorted(rings[name]), sorted(rings["plain"]), strict=True):
            assert got == pytest.approx(true, abs=1e-7), "a centimetre"
    assert found.converted == {"gcj", "bd"}
    assert not found.problems


@pytest.mark.parametrize(
    ("datum", "text", "code"),
    [
        (None, polygon(SQUARE), "E-LAND-DATUM"),
        ("xian80", polygon(SQUARE), "E-LAND-DATUM"),
        ("cgcs2000", "{", "E-LAND-SHAPE"),
        ("cgcs2000", "[1, 2]", "E-LAND-SHAPE"),
        ("cgcs2000", '{"type":"Polygon","coordinates":5}', "E-LAND-SHAPE"),
        ("cgcs2000", '{"type":"MultiPolygon","coordinates":[5]}', "E-LAND-SHAPE"),
        ("cgcs2000", '{"type":"Point","coordinates":[119.5,30.2]}', "E-LAND-SHAPE"),
        ("cgcs2000", polygon([(y, x) for x, y in SQUARE]), "E-LAND-SHAPE"),
        ("cgcs2000", polygon([SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3], SQUARE[0]]), "E-LAND-SHAPE"),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_is_named_and_the_rest_is_drawn(
    datum: str | None, text: str, code: str
) -> None:
    found = shapes_of([("bad", datum, text), ("good", "cgcs2000", polygon(SQUARE))])
    assert set(found.drawn) == {"good"}
    assert {name: one.code for name, one in found.problems.items()} == {"bad": code}
    assert "bad" in found.problems["bad"].message_zh


# ---- what is withheld ---------------------------------------------------------------------------


def test_parcels_that_lie_upon_one_another_are_found_across_systems() -> None:
    def moved(by: float) -> list[tuple[float, float]]:
        return [(x + by, y) for x, y in SQUARE]

    found = shapes_of([
        ("a", "cgcs2000", polygon(SQUARE)), ("half", "gcj02", shifted(moved(0.0005), bd=False)),
        ("beside", "wgs84", polygon(moved(-0.001))), ("far", "wgs84", polygon(moved(1))),
    ])  # fmt: skip
    (pair,) = found.overlaps
    assert (pair.first, pair.second) == ("a", "half")
    whole = areas(np.array([shapely.Polygon(SQUARE)]))[0]
    assert pair.m2 == pytest.approx(whole / 2, rel=0.002)
    assert json.loads(pair.geometry)["type"] == "Polygon"


def test_overlaps_are_listed_drawn_and_said_on_the_card(sign_in: SignIn, own_demo: Demo) -> None:
    held = own_demo.store.polars("parcel").sort("parcel")
    shaped = held.filter(held["geometry"].is_not_null())
    first, second = shaped.row(0, named=True), shaped.row(1, named=True)
    moved = shaped.head(2).tail(1).with_columns(
        geometry=pl.lit(first["geometry"]), datum=pl.lit(first["datum"])
    )  # fmt: skip
    moved = moved.drop(
        [name for name in moved.columns if name in {"source", "batch", "recorded_at"}]
    )
    own_demo.store.append("parcel", moved, batch="moved", received=1, source="合成更正")
    client = sign_in("analyst")
    page = text_of(client, PAGE)
    assert "互相重叠：1 处" in page
    assert "请按登记界址核对" in page
    data = features(client)
    assert [one["properties"]["codes"] for one in data["overlaps"]["features"]] == [
        [first["parcel"], second["parcel"]]
    ]
    upon = {one["id"]: one["properties"].get("upon") for one in data["features"]}
    assert upon[first["parcel"]][0][0] == second["parcel"]
    assert 'fill="url(#overlap)"' in text_of(client, "/land/map/parcels.svg")
    assert second["parcel"] in text_of(client, f"/land/map/parcels/{first['parcel']}/")


@pytest.mark.parametrize("seed", range(20))
def test_no_withheld_number_follows_from_the_others(seed: int) -> None:
    """In every town and every look: none withheld, or two and five firms behind them, or all."""
    draw = random.Random(seed)
    cells = {
        (town, look): (firms + draw.randrange(3), firms)
        for town in "pqrst"
        for look in "abcd"
        if (firms := draw.choice([0, 1, 2, 4, 5, 9, 30])) or draw.random() < 0.5
    }
    cells = {cell: counts for cell, counts in cells.items() if counts[0]}
    hidden = withheld(cells)
    assert {cell for cell, (_, firms) in cells.items() if 0 < firms < MINIMUM_FIRMS} <= hidden
    for side in (0, 1):
        for name in {cell[side] for cell in cells}:
            line = [cell for cell in cells if cell[side] == name]
            gone = [cell for cell in line if cell in hidden]
            behind = sum(cells[cell][1] for cell in gone)
            assert not gone or len(gone) == len(line) or (len(gone) > 1 and behind >= MINIMUM_FIRMS)


# ---- who sees what ------------------------------------------------------------------------------


def test_an_official_without_purpose_sees_parcels_and_no_grade(sign_in: SignIn, demo: Demo) -> None:
    client = sign_in("analyst")
    data = features(client)
    held = demo.store.polars("parcel")
    drawn = held.filter(held["geometry"].is_not_null())
    assert set(looks(data)) == set(drawn["parcel"])
    assert set(looks(data).values()) == {HIDDEN}
    assert [one["look"] for one in data["looks"]] == [HIDDEN]
    page = text_of(client, PAGE)
    assert f"无图形：{held.height - drawn.height} 宗" in page
    assert page.count(">—<") > 10, "small sums are withheld"
    assert not FirmRead.objects.exists()


def test_a_purpose_opens_grades_and_each_firm_is_logged_once(sign_in: SignIn, demo: Demo) -> None:
    client = sign_in("analyst", purpose=WORDS)
    found = looks(features(client))
    run = newest_runs(demo.store)[0]
    grades = dict(
        demo.store.finding("land", run.run).select("firm", "grade").to_polars().iter_rows()
    )
    held = demo.store.polars("parcel", ["parcel", "holder"])
    holders = dict(held.iter_rows())
    assert found == {code: look_of(grades.get(holders[code])) for code in found}
    assert {"a", "b", "c", "d"} <= set(found.values()) <= set(LOOKS)
    logged = FirmRead.objects.values_list("firm", flat=True)
    assert sorted(logged) == sorted(set(held["holder"].drop_nulls()))


def test_a_firm_sees_the_grade_of_its_own_parcels_alone(
    sign_in: SignIn, demo: Demo, first_firm: str
) -> None:
    client = sign_in("firm")
    held = demo.store.polars("parcel")
    own = set(held.filter(held["holder"] == first_firm)["parcel"])
    found = looks(features(client))
    assert {code for code, look in found.items() if look != HIDDEN} <= own
    assert own, "the demo's first firm has land"
    assert "A 级" not in text_of(client, PAGE), "no sums by grade for firms"
    other = held.filter(held["holder"] != first_firm)["parcel"][0]
    assert "等级不显示" in text_of(client, f"/land/map/parcels/{other}/")
    assert not FirmRead.objects.exists()


@pytest.mark.parametrize("name", ["elsewhere", "nobody"])
def test_others_see_no_parcel(sign_in: SignIn, demo: Demo, name: str) -> None:
    client = sign_in(name)
    assert features(client)["features"] == []
    code = str(demo.store.polars("parcel")["parcel"].min())
    assert "E-LAND-NO-PARCEL" in text_of(client, f"/land/map/parcels/{code}/", 404)
    assert client.post(EXPORT, {"parcels": code}).status_code == 200
    assert code not in str(sheet(client, code))


# ---- card, selection, drawing -------------------------------------------------------------------


def sheet(client: Client, codes: str, **more: str) -> list[tuple[Any, ...]]:
    answer = client.post(EXPORT, {"parcels": codes, **more})
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    return list(book[book.sheetnames[1]].iter_rows(values_only=True))


def test_the_card_has_the_register_and_the_history_for_who_may(sign_in: SignIn, demo: Demo) -> None:
    run = newest_runs(demo.store)[0]
    best = demo.store.finding("land", run.run).to_polars()
    best = best.filter(best["grade"] == "A")
    held = demo.store.polars("parcel")
    row = held.filter(held["holder"].is_in(best["firm"].implode())).row(0, named=True)
    path = f"/land/map/parcels/{row['parcel']}/"
    client = sign_in("analyst", purpose=WORDS)
    part = text_of(client, f"{path}?part=1")
    assert "<html" not in part
    for words in (row["location"], row["holder"], "A 级", run.run, f"/land/firms/{row['holder']}/"):
        assert words in part, words
    assert list(FirmRead.objects.values_list("firm", flat=True)) == [row["holder"]]
    plain = text_of(sign_in("analyst"), path)
    assert row["location"] in plain
    assert "等级不显示" in plain
    assert run.run not in plain


def test_the_selection_becomes_a_workbook_with_what_the_reader_may_see(
    sign_in: SignIn, demo: Demo
) -> None:
    held = demo.store.polars("parcel").sort("parcel")
    codes = held["parcel"].head(3).to_list()
    rows = sheet(sign_in("analyst"), ",".join([*codes, "990101999001GB99999"]))
    assert [str(row[0]) for row in rows[-3:]] == codes
    assert {row[7] for row in rows[-3:]} == {"等级不显示"}
    named = sheet(sign_in("analyst", purpose=WORDS), ",".join(codes))
    assert {row[7] for row in named[-3:]}.isdisjoint({"等级不显示"})
    town = held["place"][0]
    listed = sheet(sign_in("analyst"), "", town=town)
    assert {str(row[0]) for row in listed} >= set(held.filter(held["place"] == town)["parcel"])


def test_without_script_a_place_is_listed_and_drawn(sign_in: SignIn, demo: Demo) -> None:
    client = sign_in("analyst", purpose=WORDS)
    held = demo.store.polars("parcel").sort("parcel")
    town = held["place"][0]
    page = text_of(client, f"{PAGE}?town={town}")
    for code in held.filter(held["place"] == town)["parcel"]:
        assert f"/land/map/parcels/{code}/" in page
    drawing = text_of(client, "/land/map/parcels.svg")
    assert drawing.count("<path d=") == held["geometry"].is_not_null().sum() + 2 * len(LOOKS)
    assert 'id="d"' in drawing


def test_the_data_are_small(sign_in: SignIn, demo: Demo) -> None:
    answer = sign_in("analyst", purpose=WORDS).get(DATA, headers={"accept-encoding": "gzip"})
    assert answer["Content-Encoding"] == "gzip"
    drawn = demo.store.polars("parcel")["geometry"].is_not_null().sum()
    assert len(answer.content) < drawn * 1_000_000 / 3_000, "3,000 parcels in a megabyte"


# ---- base map -----------------------------------------------------------------------------------


def test_a_base_map_needs_address_credit_and_approval(sign_in: SignIn, settings: Settings) -> None:
    client = sign_in("analyst")
    assert features(client)["tiles"] is None
    usual = client.get(PAGE)["Content-Security-Policy"]
    settings.TILES_URL = "https://tiles.example.gov.cn/w/{z}/{x}/{y}.png?tk=1"
    assert tiles()[0] is None
    answer = client.get(PAGE)
    assert "JIQUN_TILES_APPROVAL" in answer.content.decode()
    assert answer["Content-Security-Policy"] == usual
    settings.TILES_CREDIT, settings.TILES_APPROVAL = "示例地图院", "GS(2026)0000号"
    answer = client.get(PAGE)
    images = next(
        part for part in answer["Content-Security-Policy"].split("; ") if "img-src" in part
    )
    assert set(images.split()) == {
        "img-src",
        "'self'",
        "data:",
        "blob:",
        "https://tiles.example.gov.cn",
    }
    assert "示例地图院 GS(2026)0000号" in answer.content.decode()
    assert features(client)["tiles"] == {"url": settings.TILES_URL}
    assert client.get("/land/tenure/")["Content-Security-Policy"] == usual, "on this page alone"


@pytest.mark.parametrize(
    "url", ["https://a.cn/{z}/{x}.png", "javascript:{x}{y}{z}", "https://*.cn/{x}{y}{z}",
            "https://a.cn; script-src *//{x}{y}{z}"],
)  # fmt: skip
def test_an_address_that_would_open_more_is_refused(settings: Settings, url: str) -> None:
    settings.TILES_URL, settings.TILES_CREDIT, settings.TILES_APPROVAL = url, "x", "y"
    found, problems = tiles()
    assert found is None
    assert [one.column for one in problems] == ["JIQUN_TILES_URL"]
