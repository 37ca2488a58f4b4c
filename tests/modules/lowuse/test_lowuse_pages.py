"""Pages, tables and the API of low-efficiency land over the demo county."""

from __future__ import annotations

import io
from collections.abc import Mapping

import openpyxl
import polars as pl
import pytest
from django.contrib.auth.models import User

from jiqun.masters.models import Membership
from jiqun.modules.land.models import LandFile
from jiqun.modules.land.public import demo_lowuse
from tests.console import Demo, SignIn, text_of

WORDS = "核对低效用地"
LAND = "/land/lowuse"


@pytest.fixture
def files(demo: Demo, people: Mapping[str, User]) -> list[LandFile]:
    """The demo's own files, with its two officials."""
    second = User.objects.create(username="reviewer")
    office = Membership.objects.get(user=people["analyst"]).organisation
    Membership.objects.create(user=second, organisation=office, role="analyst")
    demo_lowuse(demo.store)
    demo_lowuse(demo.store)  # once is enough
    return list(LandFile.objects.order_by("pk"))


def test_the_demo_has_files_at_every_sort_of_step(files: list[LandFile], sign_in: SignIn) -> None:
    assert [one.state for one in files] == ["found", "verified", "planned", "progress", "closed"]
    page = text_of(sign_in("analyst"), f"{LAND}/")
    assert files[0].key not in page, "a purpose first"
    asked = sign_in("analyst", purpose=WORDS)
    page = text_of(asked, f"{LAND}/")
    assert all(one.key in page for one in files)
    for one in files:
        page = text_of(asked, f"{LAND}/files/{one.key}/")
        assert "建档时的理由" in page
    answer = asked.post(f"{LAND}/files/{files[0].key}/", {"verb": "verify", "words": "短"})
    assert answer.status_code == 422
    assert "请填写日期" in answer.content.decode()


def test_from_the_list_to_the_evidence_to_a_file(demo: Demo, sign_in: SignIn) -> None:
    asked = sign_in("analyst", purpose=WORDS)
    rows = asked.get("/api/tables/land_lowuse?verdict=low").json()["rows"]
    parcel = next(row["parcel"] for row in rows if "P2" in row["reasons"])
    page = text_of(asked, f"{LAND}/parcels/{parcel}/")
    for words in ("低效理由", "合成数据·工业用地宗地", "缺少的事实"):
        assert words in page
    office = (
        asked.get(f"{LAND}/parcels/{parcel}/")
        .content.decode()
        .split('<option value="')[1]
        .split('"')[0]
    )
    answer = asked.post(
        f"{LAND}/parcels/{parcel}/", {"verb": "open", "office": office, "words": ""}, follow=True
    )
    assert "已发现，待核实" in answer.content.decode()
    assert LandFile.objects.get(parcel=parcel).trace["reasons"]
    said = asked.get(f"/api/land/lowuse/parcels/{parcel}").json()
    assert said["verdict"] == "low"
    assert said["reasons"][0]["facts"]
    book = asked.get("/data/land_lowuse/export.xlsx?verdict=low").content
    total = asked.get("/api/tables/land_lowuse?verdict=low").json()["total"]
    assert openpyxl.load_workbook(io.BytesIO(book)).worksheets[1].max_row == total + 1


def test_thresholds_by_address(demo: Demo, sign_in: SignIn) -> None:
    address = f"{LAND}/thresholds/?screen.building_coefficient=0.5"
    assert "变为低效" not in text_of(sign_in("analyst"), address)
    page = text_of(sign_in("analyst", purpose=WORDS), address)
    assert "变为低效" in page
    assert "screen.building_coefficient" in page
    assert "E-PARAMETER" not in text_of(
        sign_in("analyst"), f"{LAND}/thresholds/?screen.plot_ratio=99"
    )


def test_the_portfolio_and_its_workbook(demo: Demo, sign_in: SignIn) -> None:
    asked = sign_in("analyst", purpose=WORDS)
    page = text_of(asked, f"{LAND}/portfolio/?budget=500")
    assert "已证明没有更优的选择" in page
    book = openpyxl.load_workbook(
        io.BytesIO(asked.get(f"{LAND}/portfolio.xlsx?budget=500").content)
    )
    choice = list(book.worksheets[1].iter_rows(values_only=True))
    assert choice[-1][0] == "合计"
    cost = [str(cell) for cell in choice[0]].index("成本（万元）")
    assert 0 < float(choice[-1][cost]) <= 500  # type: ignore[arg-type]
    assert "请先在" in text_of(sign_in("analyst"), f"{LAND}/portfolio/")
    assert sign_in("analyst").get(f"{LAND}/portfolio.xlsx").status_code == 403


def test_a_firm_sees_its_own_land_and_answers(demo: Demo, sign_in: SignIn, first_firm: str) -> None:
    mine = sign_in("firm")
    rows = mine.get("/api/tables/land_lowuse").json()["rows"]
    held = demo.store.polars("parcel").filter(holder=first_firm)["parcel"].to_list()
    assert [row["parcel"] for row in rows] == held
    page = text_of(mine, f"{LAND}/own/")
    assert all(parcel in page for parcel in held)
    other = demo.store.polars("parcel").filter(pl.col("holder") != first_firm)["parcel"][0]
    assert mine.get(f"{LAND}/parcels/{other}/").status_code == 404
    for address in (f"{LAND}/", f"{LAND}/thresholds/", f"{LAND}/portfolio/", "/api/land/lowuse"):
        assert mine.get(address).status_code == 403, address


def test_nobody_elsewhere_sees_anything(files: list[LandFile], sign_in: SignIn) -> None:
    elsewhere = sign_in("elsewhere", purpose=WORDS)
    assert elsewhere.get(f"{LAND}/").status_code == 403
    assert elsewhere.get(f"{LAND}/files/{files[0].key}/").status_code == 404
    for table in ("land_lowuse", "land_file"):
        assert elsewhere.get(f"/api/tables/{table}").json()["rows"] == []
