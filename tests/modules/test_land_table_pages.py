"""The land table by its pages: draft, publicity, objection, decision, the table with Excel."""

from __future__ import annotations

import io
from collections.abc import Callable

import openpyxl
import pytest
from django.contrib.auth.models import User
from django.test import Client

from jiqun.core.models import FirmRead
from jiqun.masters.models import Membership, Organisation
from jiqun.modules.land.models import LandObjection, LandRow, LandTable
from tests.console import Demo, text_of

SignIn = Callable[..., Client]
DRAFT = {"verb": "open", "place": "990101", "year": "2025", "days": "8", "contact": "0000-0000000"}


@pytest.fixture
def published(own_demo: Demo, sign_in: SignIn) -> LandTable:
    """A table that the analyst drafted and published by the pages."""
    ann = sign_in("analyst")
    office = Organisation.objects.get(name="analyst")
    made = ann.post("/land/table/", DRAFT | {"department": office.pk})
    table = LandTable.objects.get()
    assert made["Location"] == f"/land/table/{table.key}/"
    assert ann.post(made["Location"], {"verb": "publish"}).status_code == 302
    table.refresh_from_db()
    return table


def test_everybody_sees_name_and_area_and_nothing_else(published: LandTable) -> None:
    page = text_of(Client(), "/land/table/public/")
    row = LandRow.objects.filter(table=published, area_m2__isnull=False).order_by("firm_name")[0]
    assert row.firm_name in page
    assert f"{row.area_m2:,.2f}" in page
    assert row.firm not in page
    assert row.lines[0]["document"] not in page


def test_officials_see_counts_and_firms_for_a_purpose(
    published: LandTable, sign_in: SignIn, first_firm: str
) -> None:
    path = f"/land/table/{published.key}/"
    idle, asked = sign_in("analyst"), sign_in("analyst", purpose="核对用地")
    text = text_of(idle, path)
    assert "需要核对的情况" in text
    assert idle.get(f"{path}firms/{first_firm}/").status_code == 404
    assert "怎么得出来的" in text_of(asked, f"{path}firms/{first_firm}/")
    assert FirmRead.objects.filter(firm=first_firm).exists()
    book = openpyxl.load_workbook(io.BytesIO(asked.get("/data/land_area/export.xlsx").content))
    assert len(list(book.worksheets[1].iter_rows())) > 200
    assert sign_in("elsewhere", purpose="核对用地").get(path).status_code == 404


def test_a_firm_objects_and_another_official_decides(
    published: LandTable, sign_in: SignIn, first_firm: str
) -> None:
    boss, ann = sign_in("firm"), sign_in("analyst", purpose="核对用地")
    given = {
        "verb": "object",
        "line": "0",
        "claimed_m2": "1234.5",
        "reason": "证载面积有误",
        "paper": "合成证第9号",
    }
    refused = boss.post("/land/table/own/", given | {"claimed_m2": "很多", "paper": ""})
    assert refused.status_code == 422
    assert "面积应为不小于 0 的数" in refused.content.decode()
    assert boss.post("/land/table/own/", given).status_code == 302
    made = LandObjection.objects.get(firm=first_firm)
    path, answer = (
        f"/land/table/objections/{made.pk}/",
        {"words": "核实无误", "paper": "合成决〔2026〕1号"},
    )
    assert "另一个人办理" in ann.post(path, answer | {"verb": "uphold"}).content.decode()
    user = User.objects.create(username="ben")
    office = Organisation.objects.get(name="analyst")
    Membership.objects.create(user=user, organisation=office, role="analyst")
    ben = Client()
    ben.force_login(user)
    ben.post("/purpose/", {"purpose": "核对用地"})
    assert "采纳" in text_of(ben, path)
    assert ben.post(path, answer | {"verb": "uphold"}).status_code == 302
    text = text_of(boss, "/land/table/own/")
    assert "1,234.50" in text
    assert "用地表异议决定 合成决〔2026〕1号" in text
