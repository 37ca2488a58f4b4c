"""An import into facts from upload to undo, as a person and a program do it.

``own_demo`` stands last among the fixtures: ``sign_in`` opens the shared store, ``own_demo`` a copy.
"""

from __future__ import annotations

import csv
import io
import stat
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from jiqun.core.imports.files import UPLOAD
from jiqun.core.imports.tasks import expire
from jiqun.core.models import Import
from tests.console import Demo, SignIn, text_of

pytestmark = pytest.mark.django_db
HEAD = ["统一社会信用代码", "名称", "所在地", "状态", "规模", "成立日期", "产品"]
STATED = {"source": "企业名录", "owner": "市场监管局", "as_of": "2026-11-20", "basis": "登记"}


@pytest.fixture(autouse=True)
def own_folder(settings: Settings, tmp_path: Any) -> None:
    settings.VAR = tmp_path / "var"


def _firms(demo: Demo, number: int) -> list[list[str]]:
    """Rows of firms of the demo county as their office would write them."""
    frame = demo.store.polars("firm").filter(status="active")
    near = frame.filter(frame["place"].str.starts_with("990101")).sort("firm").head(number)
    return [
        [row["firm"], row["name"], row["place"], "在产", "", str(row["founded"] or ""), row["products"] or ""]
        for row in near.iter_rows(named=True)
    ]  # fmt: skip


def _csv(rows: Sequence[Sequence[str]], head: Sequence[str] = HEAD) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([head, *rows])
    return text.getvalue().encode("gb18030")


def _upload(client: Client, content: bytes, name: str = "名录.csv") -> Import:
    file = SimpleUploadedFile(name, content)
    answer = client.post("/data/firm/import/", {"file": file, **STATED})
    assert answer.status_code == 302, answer.content.decode()
    return Import.objects.get(key=answer["Location"].strip("/").split("/")[-1])


def _status(demo: Demo, firm: str) -> str:
    return str(demo.store.polars("firm").filter(firm=firm)["status"][0])


def test_upload_check_apply_undo(sign_in: SignIn, own_demo: Demo) -> None:
    client = sign_in("analyst")
    rows = _firms(own_demo, 4)
    firm = rows[0][0]
    rows[0][3] = "停产"
    rows[1][3] = "倒闭"
    rows[2][5] = "不是日期"
    one = _upload(client, _csv(rows))
    assert one.counts["received"] == 4
    assert (one.counts["update"], one.counts["unchanged"], one.counts["quarantined"]) == (2, 0, 2)
    assert one.counts["received"] == sum(
        one.counts[n] for n in ("accepted", "quarantined", "duplicate")
    )
    assert _status(own_demo, firm) == "active", "a dry run writes nothing"
    page = text_of(client, f"/data/imports/{one.key}/")
    for words in ("D3", "倒闭", "F4", "不是日期", "在产", "停产", "确认写入"):
        assert words in page, words
    client.post(f"/data/imports/{one.key}/apply/")
    one.refresh_from_db()
    assert one.state == Import.State.APPLIED
    assert _status(own_demo, firm) == "suspended"
    client.post(f"/data/imports/{one.key}/undo/")
    one.refresh_from_db()
    assert one.state == Import.State.UNDONE
    assert _status(own_demo, firm) == "active"


@pytest.mark.asvs("2.3.1", "2.3.2")
def test_undo_comes_after_apply_and_within_its_term(sign_in: SignIn, own_demo: Demo) -> None:
    client = sign_in("analyst")
    rows = _firms(own_demo, 1)
    firm = rows[0][0]
    rows[0][3] = "停产"
    one = _upload(client, _csv(rows))
    assert client.post(f"/data/imports/{one.key}/undo/").status_code == 409
    client.post(f"/data/imports/{one.key}/apply/")
    assert client.post(f"/data/imports/{one.key}/apply/").status_code == 409
    Import.objects.filter(pk=one.pk).update(undo_until=timezone.now() - timedelta(seconds=1))
    late = client.post(f"/data/imports/{one.key}/undo/")
    assert late.status_code == 409
    assert "撤销期限" in late.content.decode()
    assert _status(own_demo, firm) == "suspended"


def test_a_column_that_the_file_does_not_have_stays_as_it_is(
    sign_in: SignIn, own_demo: Demo
) -> None:
    client = sign_in("analyst")
    head = HEAD[:4]
    rows = [row[:4] for row in _firms(own_demo, 3)]
    one = _upload(client, _csv(rows, head))
    assert (one.counts["update"], one.counts["unchanged"]) == (0, 3)
    rows[0][3] = "停产"
    one = _upload(client, _csv(rows, head))
    assert (one.counts["update"], one.counts["unchanged"]) == (1, 2)
    wanted = own_demo.store.polars("firm").filter(firm=rows[0][0]).to_dicts()[0]
    client.post(f"/data/imports/{one.key}/apply/")
    stored = own_demo.store.polars("firm").filter(firm=rows[0][0]).to_dicts()[0]
    assert stored["status"] == "suspended"
    for name in ("scale", "founded", "products", "materials", "lon", "lat", "id_scheme"):
        assert stored[name] == wanted[name], name


def test_the_refused_rows_come_back_corrected(sign_in: SignIn, own_demo: Demo) -> None:
    client = sign_in("analyst")
    rows = _firms(own_demo, 5)
    rows[1][3], rows[3][3] = "倒闭", "跑路"
    one = _upload(client, _csv(rows))
    answer = client.get(f"/data/imports/{one.key}/faulty.xlsx")
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    sheet = book.worksheets[0]
    found = list(sheet.iter_rows(values_only=True))
    assert [row[0] for row in found[1:]] == [rows[1][0], rows[3][0]], "the right rows"
    assert [row[3] for row in found[1:]] == ["倒闭", "跑路"], "as they came"
    assert found[0][-1] == "不通过原因"
    assert all("状态" in str(row[-1]) for row in found[1:])
    for line in (2, 3):
        sheet.cell(line, 4).value = "停产"
    buffer = io.BytesIO()
    book.save(buffer)
    again = _upload(client, buffer.getvalue(), "改正.xlsx")
    assert (again.counts["update"], again.counts["quarantined"]) == (2, 0)


def test_an_unknown_column_is_asked_about_and_the_answer_settles_it(
    sign_in: SignIn, own_demo: Demo
) -> None:
    client = sign_in("analyst")
    head = [*HEAD[:-1], "出什么货"]
    one = _upload(client, _csv(_firms(own_demo, 2), head))
    page = text_of(client, f"/data/imports/{one.key}/")
    assert "出什么货" in page
    assert "确认写入" not in page
    refused = client.post(f"/data/imports/{one.key}/apply/", follow=True)
    one.refresh_from_db()
    assert one.state == Import.State.PLANNED
    assert refused.status_code == 200
    client.post(f"/data/imports/{one.key}/revise/", {"column-0": "products"})
    one.refresh_from_db()
    assert one.counts["unchanged"] + one.counts["update"] == 2
    assert "还有问题要您先回答" not in text_of(client, f"/data/imports/{one.key}/")


def test_files_are_for_the_server_alone_and_go_when_discarded(
    sign_in: SignIn, own_demo: Demo
) -> None:
    client = sign_in("analyst")
    one = _upload(client, _csv(_firms(own_demo, 2)))
    assert stat.S_IMODE(one.folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in one.folder.iterdir()} == {0o600}
    client.post(f"/data/imports/{one.key}/discard/")
    assert not one.folder.exists()
    assert client.post(f"/data/imports/{one.key}/apply/").status_code == 409


def test_nobody_else_sees_or_applies_an_import(sign_in: SignIn, own_demo: Demo) -> None:
    one = _upload(sign_in("analyst"), _csv(_firms(own_demo, 2)))
    for name in ("elsewhere", "firm", "butler", "system", "nobody"):
        client = sign_in(name)
        for path in ("", "faulty.xlsx"):
            assert client.get(f"/data/imports/{one.key}/{path}").status_code == 404
        for verb in ("apply", "undo", "discard", "revise"):
            assert client.post(f"/data/imports/{one.key}/{verb}/").status_code == 404
        assert one.file_name not in text_of(client, "/data/imports/")


def test_a_table_that_changed_since_is_shown_anew_instead_of_written(
    sign_in: SignIn, own_demo: Demo
) -> None:
    client = sign_in("analyst")
    rows = _firms(own_demo, 2)
    rows[0][3] = "停产"
    first = _upload(client, _csv(rows))
    rows[0][3] = "注销"
    second = _upload(client, _csv(rows), "另一个.csv")
    client.post(f"/data/imports/{second.key}/apply/")
    client.post(f"/data/imports/{first.key}/apply/")
    first.refresh_from_db()
    assert first.state == Import.State.PLANNED
    assert (first.counts["update"], first.counts["unchanged"]) == (1, 1), "planned anew, shown"
    assert _status(own_demo, rows[0][0]) == "closed"


def test_files_whose_term_is_over_are_deleted(sign_in: SignIn, own_demo: Demo) -> None:
    client = sign_in("analyst")
    left = _upload(client, _csv(_firms(own_demo, 2)))
    Import.objects.filter(pk=left.pk).update(created=timezone.now() - timedelta(days=8))
    fresh = _upload(client, _csv(_firms(own_demo, 3)), "新.csv")
    assert expire() == 1
    assert not left.folder.exists()
    assert (fresh.folder / UPLOAD).exists()
    left.refresh_from_db()
    assert left.state == Import.State.EXPIRED


def test_an_import_over_the_api_and_its_repetition(
    people: Mapping[str, User], own_demo: Demo
) -> None:
    client = Client()
    client.force_login(people["analyst"])
    rows = _firms(own_demo, 2)
    rows[0][3] = "停产"

    def send(content: bytes) -> Any:
        return client.post(
            "/api/tables/firm/imports",
            {"file": SimpleUploadedFile("名录.csv", content), **STATED},
            headers={"Idempotency-Key": "firms-2026-11"},
        )

    first = send(_csv(rows))
    assert first.status_code == 200, first.content
    told = first.json()
    assert (told["state"], told["counts"]["received"], told["blocked"]) == ("planned", 2, False)
    assert send(_csv(rows)).json()["key"] == told["key"]
    assert send(_csv(rows[:1])).json()["code"] == "E-IMPORT-KEY"
    for _ in range(2):
        applied = client.post(f"/api/tables/imports/{told['key']}/apply").json()
        assert applied["state"] == "applied"
    assert _status(own_demo, rows[0][0]) == "suspended"
    assert client.get(f"/api/tables/imports/{told['key']}").json()["state"] == "applied"
    undone = client.post(f"/api/tables/imports/{told['key']}/undo").json()
    assert undone["state"] == "undone"


def test_a_file_that_is_no_table_is_refused_in_words(sign_in: SignIn, own_demo: Demo) -> None:
    client = sign_in("analyst")
    file = SimpleUploadedFile("名录.pdf", b"%PDF-1.7")
    answer = client.post("/data/firm/import/", {"file": file, **STATED})
    assert answer.status_code == 422
    assert "名录.pdf" in answer.content.decode()


def test_what_is_not_stated_is_asked_for_all_at_once(sign_in: SignIn, own_demo: Demo) -> None:
    answer = sign_in("analyst").post("/data/firm/import/", {})
    text = answer.content.decode()
    assert answer.status_code == 422
    for words in ("id_file", "id_source", "id_owner", "id_as_of"):
        assert f'href="#{words}"' in text
