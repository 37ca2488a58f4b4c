"""The pages of tables of aggregates, as officials, firms and strangers see them."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from openpyxl import load_workbook

from jiqun.core.access import Role, Viewer
from jiqun.core.models.publication import PublishedTable
from jiqun.core.publication.actions import draft, publish
from jiqun.core.publication.data import Scope
from tests.console import Demo, text_of

SCOPE = Scope("990101", "2025", "output", "gbt4754-2017", ("industry2",))
SignIn = Callable[..., Client]
pytestmark = pytest.mark.django_db


@pytest.fixture
def table(demo: Demo) -> PublishedTable:
    """A published table of output by industry."""
    makers = [
        Viewer(User.objects.create(username=name).pk, name, frozenset({Role.ANALYST}), frozenset({"9901"}))
        for name in ("maker", "checker")
    ]  # fmt: skip
    made = draft(
        viewer=makers[0],
        scope=SCOPE,
        title_zh="产值按行业大类（合成）",
        title_en="Output by industry",
    )
    return publish(viewer=makers[1], table=made)


def test_everyone_of_the_place_reads_it_and_nobody_sees_a_withheld_figure(
    table: PublishedTable, sign_in: SignIn
) -> None:
    for person in ("firm", "butler"):
        page = text_of(sign_in(person), f"/publications/{table.key}/")
        assert "未披露" in page
        assert "保密审计" not in page
        assert "产值按行业大类" in text_of(sign_in(person), "/publications/")


def test_a_firm_sees_its_own_figure_beside_the_mean(table: PublishedTable, sign_in: SignIn) -> None:
    page = text_of(sign_in("firm"), f"/publications/{table.key}/")
    assert "本企业与已公布的平均" in page
    total = next(cell for cell in table.cells if cell["coordinate"] == "")
    mean = f"{total['value'] / total['count'] / 1_000_000:,.0f}"
    assert mean in page


def test_strangers_and_other_places_find_nothing(table: PublishedTable, sign_in: SignIn) -> None:
    for person in ("elsewhere", "partner", "system", "security", "audit"):
        assert sign_in(person).get(f"/publications/{table.key}/").status_code == 404
        assert sign_in(person).get(f"/publications/{table.key}/table.xlsx").status_code == 404
        assert "产值按行业大类" not in text_of(sign_in(person), "/publications/")
    assert sign_in("anonymous").get(f"/publications/{table.key}/").status_code == 302


def test_the_workbook_says_not_disclosed_and_leaves_the_figure_empty(
    table: PublishedTable, sign_in: SignIn
) -> None:
    answer = sign_in("firm").get(f"/publications/{table.key}/table.xlsx")
    book = load_workbook(io.BytesIO(answer.content))
    rows = list(book.worksheets[1].iter_rows(min_row=2, values_only=True))
    assert len(rows) == len(table.cells)
    withheld = [row for row in rows if row[-1] == "未披露"]
    assert len(withheld) == len(table.withheld) > 0
    assert all(row[1] is None and row[2] is None for row in withheld)


def test_an_official_drafts_on_the_page_and_sees_the_audit(demo: Demo, sign_in: SignIn) -> None:
    client = sign_in("analyst")
    given = {
        "title_zh": "产值按乡镇（合成）", "title_en": "", "place": "990101", "period": "2025",
        "measure": "output", "classification": "gbt4754-2017", "dimensions": ["town"],
    }  # fmt: skip
    answer = client.post("/publications/new/", given)
    assert answer.status_code == 302, answer.content.decode()[:3000]
    page = text_of(client, answer.headers["Location"])
    assert "保密审计" in page
    assert re.search(r"可推算到 ±10%</dt><dd><strong>0<", page)
    assert "由您起草" in page
    assert client.post(answer.headers["Location"], {"verb": "publish"}).status_code == 403


def test_problems_of_the_form_stand_beside_their_fields(demo: Demo, sign_in: SignIn) -> None:
    given = {
        "title_zh": "表", "place": "990101", "period": "2025", "measure": "output",
        "classification": "gbt4754-2017", "dimensions": ["industry2", "industry3"],
    }  # fmt: skip
    answer = sign_in("analyst").post("/publications/new/", given)
    assert answer.status_code == 200
    assert "行业只能选一个级次" in answer.content.decode()


def test_a_firm_may_not_draft(demo: Demo, sign_in: SignIn) -> None:
    assert sign_in("firm").get("/publications/new/").status_code == 403


def test_withdrawing_needs_a_reason_and_takes_the_table_off_the_pages(
    table: PublishedTable, sign_in: SignIn
) -> None:
    client = sign_in("analyst")
    path = f"/publications/{table.key}/"
    assert (
        "请写明撤回原因" in client.post(path, {"verb": "withdraw", "reason": "错"}).content.decode()
    )
    assert client.post(path, {"verb": "withdraw", "reason": "数据口径有误"}).status_code == 302
    assert sign_in("firm").get(path).status_code == 404
    assert "数据口径有误" in text_of(client, path)
