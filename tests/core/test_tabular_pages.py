"""List pages, saved views, exports and the generated reference."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.conf import settings
from django.utils.translation import override

from jiqun.core.data.csvfile import csv_file
from jiqun.core.data.reference import api_section, tables_page
from jiqun.core.models import AuditEntry, SavedView
from jiqun.core.tabular import Field
from tests.console import Demo, SignIn, text_of

pytestmark = pytest.mark.django_db
REFERENCE = Path(settings.BASE) / "docs" / "reference"


def _book(client: Any, path: str) -> Any:
    answer = client.get(path)
    assert answer.status_code == 200
    return openpyxl.load_workbook(io.BytesIO(answer.content))


def test_a_filter_is_a_chip_that_can_be_taken_off(demo: Demo, sign_in: SignIn) -> None:
    client = sign_in("analyst")
    page = text_of(client, "/data/firm/?status=active&name=袜")
    assert "状态：在产" in page
    assert "名称：含“袜”" in page
    assert 'href="?status=active"' in page


def test_a_filter_that_cannot_be_read_is_said_and_the_rest_stays(
    demo: Demo, sign_in: SignIn
) -> None:
    page = text_of(sign_in("analyst"), "/data/industry_cell/?value.min=很多&period=2025")
    assert "很多" in page
    assert "读不懂" in page
    assert "以“2025”开头" in page


def test_an_export_holds_what_the_list_shows_and_says_how(demo: Demo, sign_in: SignIn) -> None:
    client = sign_in("analyst")
    book = _book(client, "/data/firm/export.xlsx?name=袜&status=active")
    cover = {row[0]: row[1] for row in book.worksheets[0].values if row[0]}
    assert cover["筛选条件"] == "名称=含“袜”；状态=在产"
    assert cover["导出人"] == "analyst"
    assert "市场监管局" in " ".join(str(text) for text in cover.values())
    rows = list(book.worksheets[1].iter_rows(values_only=True))
    expected = demo.store.polars("firm").filter(status="active")
    wanted = expected.filter(expected["name"].str.contains("袜"))
    assert sorted(row[0] for row in rows[1:]) == sorted(wanted["firm"])
    number = cover["导出编号"]
    assert AuditEntry.objects.filter(action="tables.export", target=f"export:{number}").exists()


def test_a_csv_export_opens_in_a_spreadsheet_program_and_runs_nothing(
    demo: Demo, sign_in: SignIn
) -> None:
    answer = sign_in("analyst").get("/data/place/export.csv")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0][0] == "地方代码"
    assert len(rows) - 1 == demo.store.polars("place").height
    fields = [Field("name", "名称", "Name"), Field("n", "数", "Number", "number")]
    made = csv_file(["名称", "数"], fields, [{"name": "=1+1", "n": -3}, {"name": "-5", "n": None}])
    assert made.decode("utf-8-sig").splitlines()[1:] == ["'=1+1,-3", "-5,"]


def test_a_whole_page_of_tables_is_one_workbook(demo: Demo, sign_in: SignIn) -> None:
    client = sign_in("analyst")
    for path in ("/data/", "/"):
        assert "?book=xlsx" in text_of(client, path)
        book = _book(client, f"{path}?book=xlsx")
        assert book.sheetnames[0] == "说明"
        assert len(book.sheetnames) >= 2


def test_a_view_is_saved_shared_opened_by_default_and_deleted(demo: Demo, sign_in: SignIn) -> None:
    client = sign_in("analyst")
    query = "status=active&sort=-name"
    client.post(
        "/data/firm/views/", {"name": "在产企业", "query": query, "default": "on", "shared": "on"}
    )
    assert client.get("/data/firm/")["Location"] == f"/data/firm/?{query}"
    assert "在产企业" in text_of(client, f"/data/firm/?{query}")
    view = SavedView.objects.get()
    assert view.shared_with == "analyst:*"
    stranger = sign_in("firm")
    assert "在产企业" not in text_of(stranger, "/data/firm/")
    assert stranger.post(f"/data/views/{view.pk}/delete/").status_code == 404
    client.post(f"/data/views/{view.pk}/delete/")
    assert client.get("/data/firm/").status_code == 200


def test_a_colleague_sees_a_shared_view_but_cannot_delete_it(demo: Demo, sign_in: SignIn) -> None:
    sign_in("butler").post(
        "/data/firm/views/", {"name": "园区企业", "query": "status=active", "shared": "on"}
    )
    view = SavedView.objects.get()
    view.user_id, view.shared_with = view.user_id, "firm:x"
    view.save()
    client = sign_in("butler")
    assert "园区企业" in text_of(client, "/data/firm/?view=0")


def test_a_view_without_a_name_is_refused(demo: Demo, sign_in: SignIn) -> None:
    answer = sign_in("analyst").post("/data/firm/views/", {"name": "  ", "query": ""}, follow=True)
    assert "视图还没有名称" in answer.content.decode()
    assert not SavedView.objects.exists()


def test_an_unknown_table_and_one_that_is_not_for_the_reader_look_alike(
    demo: Demo, sign_in: SignIn
) -> None:
    client = sign_in("firm")
    unknown = client.get("/data/no_such_table/")
    closed = client.get("/data/industry_cell/")
    assert (unknown.status_code, closed.status_code) == (404, 404)
    for page in (unknown, closed):
        assert "E-TABLE-UNKNOWN" in page.content.decode()


def test_an_official_is_told_to_state_a_purpose(demo: Demo, sign_in: SignIn) -> None:
    page = text_of(sign_in("analyst"), "/data/firm_indicator/")
    assert "说明用途后才能查看" in page
    assert "/purpose/?next=" in page
    shown = text_of(sign_in("analyst", purpose="核对企业年报"), "/data/firm_indicator/?period=2025")
    assert "91990101MA" in shown


def test_reads_of_firms_are_logged_with_the_table(demo: Demo, sign_in: SignIn) -> None:
    client = sign_in("analyst", purpose="核对企业年报")
    before = AuditEntry.objects.count()
    client.get("/data/firm_indicator/?period=2025&indicator=output&size=5")
    assert AuditEntry.objects.count() > before


def test_the_api_answers_typed_rows_and_refuses_bad_filters(demo: Demo, sign_in: SignIn) -> None:
    client = sign_in("analyst")
    asked = "period=2025&measure=output&place=990101&size=2&sort=-value"
    told = client.get(f"/api/tables/industry_cell?{asked}").json()
    assert told["total"] > 2
    assert len(told["rows"]) == 2
    assert {row["unit"] for row in told["rows"]} == {"CNY_fen"}
    assert isinstance(told["rows"][0]["value"], int)
    assert told["rows"][0]["value"] >= told["rows"][1]["value"]
    refused = client.get("/api/tables/industry_cell?value.min=x")
    assert (refused.status_code, refused.json()["fields"][0]["code"]) == (422, "E-FILTER")


def test_the_reference_is_current() -> None:
    with override("zh-hans"):
        assert (REFERENCE / "tables.md").read_text(encoding="utf-8") == tables_page()
        assert api_section() in (REFERENCE / "api.md").read_text(encoding="utf-8")
