"""The pages of standard land: who sees what, buttons that do what they say, shapes, the API."""

from __future__ import annotations

import datetime as dt
import json

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from jiqun.core.models import Import
from jiqun.core.models.audit import FirmRead
from jiqun.engine.land.clock.events import Kind, Milestone
from jiqun.modules.land.models import Parcel, ParcelEvent, ParcelProposal
from jiqun.modules.land.parcels.demo import STORIES, demo_parcels
from jiqun.modules.land.parcels.selectors import all_standings
from jiqun.modules.land.parcels.shapes import read_shapes
from jiqun.rules.loader import pack
from tests.console import text_of
from tests.modules.parcels.county import FIRM, P1, P2, P3, PURPOSE, SOLD, SQUARE, County

HANDOVER = SOLD + dt.timedelta(30)
# A hectare twice: what the register has of the first parcel.
FITS = [[117.0, 32.0], [117.0015, 32.0], [117.0015, 32.0012735], [117.0, 32.0012735], [117.0, 32.0]]
PAGE = f"/land/parcels/{P1}/"


def send(client: Client, path: str, status: int = 302, **data: object) -> str:
    response = client.post(path, data)
    assert response.status_code == status, response.content.decode()[:3000]
    return response.content.decode()


def test_a_deal_is_entered_and_goes_its_way_by_the_pages(county: County) -> None:
    today = timezone.localdate().isoformat()
    maker, other = (county.client(name, purpose=PURPOSE) for name in ("maker", "other"))
    assert "已成交、未建档" in text_of(maker, "/land/parcels/")
    assert "不是日期" in text_of(maker, f"/land/parcels/{P2}/")
    bureau = county.offices["bureau"].pk
    assert "读不出成交日期" in send(
        maker, f"/land/parcels/{P2}/", 422, verb="open", department=bureau
    )
    send(maker, PAGE, verb="open", department=bureau)
    papers = ["grant_contract", "supervision_agreement", "commitment"]
    day = (SOLD + dt.timedelta(8)).isoformat()
    signed = {"verb": "reached", "milestone": "contract", "day": day, "document": "合成合同1"}
    assert "缺少" in send(maker, PAGE, 409, **signed, papers=papers[:1])
    send(maker, PAGE, **signed, papers=papers)
    send(
        maker,
        PAGE,
        verb="reached",
        milestone="handover",
        day=HANDOVER.isoformat(),
        document="合成交地1",
    )
    firm = county.client("firm")
    assert "申请延期" in text_of(firm, PAGE)
    send(
        firm,
        PAGE,
        verb="extension_requested",
        milestone="start",
        months="6",
        day=today,
        document="合成申请1",
    )
    send(
        maker,
        PAGE,
        verb="extension_granted",
        milestone="start",
        months="6",
        day=today,
        document="合成批复1",
    )
    proposal = ParcelProposal.objects.get()
    assert "待复核" in text_of(other, PAGE)
    send(other, PAGE, verb=f"confirm-{proposal.pk}")
    assert ParcelEvent.objects.latest("seq").kind == Kind.EXTENSION_GRANTED
    seen = text_of(maker, PAGE)
    for words in ("合成批复1", "投资强度", "300", "履约保证金", "逾期", "施工许可证"):
        assert words in seen
    assert FirmRead.objects.filter(firm=FIRM).exists()


def test_who_sees_what(county: County) -> None:
    parcel = county.opened()
    county.reach(parcel, SOLD + dt.timedelta(8), HANDOVER)
    for name, path, status in (
        ("rival", "/land/parcels/", 200), ("stranger", "/land/parcels/", 200), ("stranger", PAGE, 404),
        ("stranger", f"/land/parcels/{P3}/", 200), ("maker", "/land/parcels/nothing/", 404),
        ("firm", "/land/parcels/shapes/", 403),
    ):  # fmt: skip
        text = text_of(
            county.client(name, purpose=PURPOSE if name in {"maker", "stranger"} else ""),
            path,
            status,
        )
        assert FIRM not in text
    # A rival, and an official without a purpose, read of the parcel what the public register has.
    for name in ("rival", "maker"):
        text = text_of(county.client(name), PAGE)
        assert "登记信息" in text
        assert FIRM not in text
        assert county.client(name).post(PAGE, {"verb": "evidence"}).status_code == 404
    assert "说明用途" in text_of(county.client("maker"), "/land/parcels/")
    own = text_of(county.client("firm"), "/land/parcels/")
    assert P1 in own
    assert P2 not in own
    listed = county.client("firm").get("/api/tables/land_parcel").json()
    assert [row["parcel"] for row in listed["rows"]] == [P1]


def test_the_card_of_the_map_has_the_clock_for_who_may_see_the_contract(county: County) -> None:
    parcel = county.opened()
    county.reach(parcel, SOLD + dt.timedelta(8), HANDOVER)
    card = f"/land/map/parcels/{P1}/"
    late = county.stands(parcel).next
    assert late is not None
    for name, purpose in (("maker", PURPOSE), ("firm", "")):
        text = text_of(county.client(name, purpose=purpose), card)
        assert "当前节点" in text
        assert f"{late.overdue} 天" in text
    for name in ("maker", "rival"):
        assert "当前节点" not in text_of(county.client(name), card)


def test_the_api_gives_the_list_and_one_parcel(county: County) -> None:
    parcel = county.opened()
    county.reach(parcel, SOLD + dt.timedelta(8), HANDOVER)
    firm = county.client("firm")
    (row,) = firm.get("/api/land/parcels").json()
    assert (row["parcel"], row["state"], row["milestone"]) == (P1, "overdue", "start")
    one = firm.get(f"/api/land/parcels/{P1}").json()
    assert [at["milestone"] for at in one["milestones"]] == [str(m) for m in Milestone]
    assert one["milestones"][1]["reached"] == HANDOVER.isoformat()
    assert [event["kind"] for event in one["events"]] == ["deal", "reached", "reached"]
    assert county.client("rival").get(f"/api/land/parcels/{P1}").status_code == 404
    assert county.client("maker").get(f"/api/land/parcels/{P1}").status_code == 404


def _file(*features: tuple[str, list[list[float]]]) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {"parcel": code}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
        for code, ring in features
    ]}).encode()  # fmt: skip


def _moved(east: float, ring: list[list[float]] = SQUARE) -> list[list[float]]:
    return [[x + east, y] for x, y in ring]


def test_shapes_that_cannot_be_are_named(county: County) -> None:
    bow = [[152.0, 32.0], [152.001, 32.001], [152.001, 32.0], [152.0, 32.001], [152.0, 32.0]]
    control = pack("land/control", "jiqun-2026.1")

    def codes(*features: tuple[str, list[list[float]]], datum: str = "CGCS2000") -> list[str]:
        found = read_shapes(county.store, _file(*features), datum=datum, control=control)
        return sorted(one.code for one in found.problems)

    assert "E-LAND-SHAPE" in codes((P1, bow))
    upon = codes((P1, _moved(0.0005)))
    assert upon == ["E-LAND-OVERLAP", "W-LAND-AREA-DIFFERS"], "upon P2, as the register has it"
    assert codes(("nobody", _moved(0.1))) == ["E-LAND-PARCEL-ID"]
    assert codes((P1, _moved(35.1, FITS))) == []


def test_shapes_from_a_shifted_map_are_converted_and_labelled(county: County) -> None:
    client = county.client("maker", purpose=PURPOSE)
    sent = {
        "verb": "read",
        "datum": "GCJ-02",
        "source": "合成图形",
        "owner": "合成局",
        "as_of": "2026-01-31",
    }
    path = "/land/parcels/shapes/"
    send(
        client,
        path,
        422,
        **sent | {"datum": "", "file": SimpleUploadedFile("a.geojson", _file((P1, FITS)))},
    )
    assert not Import.objects.exists()
    send(client, path, **sent, file=SimpleUploadedFile("a.geojson", _file((P1, FITS))))
    planned = Import.objects.get()
    assert client.post(reverse("import-apply", args=[planned.key])).status_code == 302
    row = county.store.polars("parcel").filter(parcel=P1).row(0, named=True)
    assert row["datum"] == "wgs84"
    assert "换算" in row["source"]
    assert row["floor_m2"] == 25_000, "what the file does not speak of stays"
    west = json.loads(row["geometry"])["coordinates"][0][0][0]
    assert 0.003 < 117.0 - west < 0.01, "some hundred metres west of where the shifted map has it"


def test_the_demo_tells_stories_of_every_sort(county: County) -> None:
    """Over three deals only; the whole demo county has one for each story."""
    county.users["maker"].username, county.users["other"].username = "analyst", "reviewer"
    for user in county.users.values():
        user.save()
    demo_parcels(county.store)
    assert Parcel.objects.count() == 1, (
        "a deal without a day is left to be entered; the other place is not theirs"
    )
    demo_parcels(county.store)
    assert Parcel.objects.count() == 1
    assert len(all_standings(timezone.localdate())) == 1
    assert len(STORIES) == 24
