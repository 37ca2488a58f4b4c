"""What people do at the counter, in a real browser: purpose, consent, import, by mouse and keys."""

from __future__ import annotations

import csv
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Page

from tests.console import Demo
from tests.e2e.conftest import Visit, Watched

pytestmark = pytest.mark.browser
PURPOSE = "核对 2025 年补链清单中的本地供给"
GOOD = [
    ["E2E-1", "项目", "合成甲项目", "990101", "gbt4754-2017", "1762", "在建"],
    ["E2E-3", "创新平台", "合成丙平台", "990101", "gbt4754-2017", "1762", "在建"],
    ["E2E-5", "园区", "合成戊园区", "990101", "gbt4754-2017", "1762", "在建"],
]
BAD = [
    ["E2E-2", "没有这一类", "合成乙", "990101", "gbt4754-2017", "1762", "在建"],
    ["E2E-4", "项目", "", "990101", "gbt4754-2017", "1762", "在建"],
]


def _submit(page: Page, selector: str) -> None:
    with page.expect_navigation():
        page.locator(selector).click()


def _upload(seen: Watched, path: Path) -> None:
    seen.open("/data/chain_record/import/")
    page = seen.page
    page.set_input_files("#id_file", path)
    page.fill("#id_source", "合成台账")
    page.fill("#id_owner", "合成示例局")
    _submit(page, "main form button.btn-primary")


def _template(seen: Watched, folder: Path) -> Path:
    """The template as it is downloaded, with three good and two bad rows."""
    seen.open("/data/chain_record/import/")
    with seen.page.expect_download() as got:
        seen.page.get_by_role("link", name="下载填报模板").click()
    path = folder / "filled.xlsx"
    got.value.save_as(path)
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    for row in (GOOD[0], BAD[0], GOOD[1], BAD[1], GOOD[2]):
        sheet.append(row)
    book.save(path)
    return path


def _sums(page: Page) -> list[str]:
    """Received, to write, quarantined, unchanged or duplicate."""
    return page.locator(".jq-sum dd:not(.jq-hint)").all_inner_texts()


@pytest.mark.django_db(transaction=True)
def test_a_template_is_filled_checked_applied_and_undone(
    own_demo: Demo, visit: Visit, tmp_path: Path
) -> None:
    seen = visit()
    page = seen.page
    _upload(seen, _template(seen, tmp_path))
    assert _sums(page)[:4] == ["5", "3", "2", "0"]
    problems = page.locator("main table").first
    assert {"B3", "C5"} <= set(problems.locator("tbody td:first-child").all_inner_texts())
    assert not seen.violations()
    seen.picture("import-dry-run-1280-light")
    _submit(page, ".jq-apply button.btn-primary")
    assert "已写入" in page.locator(".jq-notice.is-success").first.inner_text()
    seen.open("/data/chain_record/?view=0&record=E2E-")
    assert page.locator("tbody tr").count() == len(GOOD)
    page.go_back()
    _submit(page, "button:has-text('撤销这次导入')")
    assert "已撤销" in page.locator("main").inner_text()
    seen.open("/data/chain_record/?view=0&record=E2E-")
    assert page.locator("tbody tr").count() == 0
    assert not seen.wrong


@pytest.mark.django_db(transaction=True)
def test_an_unknown_column_of_a_gb18030_file_is_asked_about(
    own_demo: Demo, visit: Visit, tmp_path: Path
) -> None:
    path = tmp_path / "台账.csv"
    with path.open("w", encoding="gb18030", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["编号", "类别", "名成", "地方", "怪列"])
        writer.writerow(["E2E-9", "项目", "合成己", "990101", "x"])
    seen = visit()
    page = seen.page
    _upload(seen, path)
    assert page.locator(".jq-apply button.btn-primary").count() == 0, "nothing is guessed"
    choices = page.locator("select[name^=column-]")
    assert "就是“名称”" in choices.first.inner_text()
    choices.first.select_option(label="就是“名称”")
    choices.last.select_option(label="不导入这一列")
    _submit(page, "button:has-text('确定并重新核对')")
    assert _sums(page)[:2] == ["1", "1"]
    assert "合成己" in page.locator("main").inner_text()
    _submit(page, "button:has-text('放弃')")
    assert not seen.wrong


def _tab_to(page: Page, selector: str, most: int = 60) -> None:
    """Press Tab until the element that the selector names has the focus."""
    for _ in range(most):
        if page.evaluate("one => document.activeElement.matches(one)", selector):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"{selector} cannot be reached by Tab")


@pytest.mark.django_db(transaction=True)
def test_the_keyboard_alone_checks_an_import(own_demo: Demo, visit: Visit, tmp_path: Path) -> None:
    seen = visit()
    page = seen.page
    path = _template(seen, tmp_path)
    seen.open("/data/chain_record/import/")
    _tab_to(page, "#id_file")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Space")
    chooser.value.set_files(path)
    for field, words in (("#id_source", "合成台账"), ("#id_owner", "合成示例局")):
        _tab_to(page, field)
        page.keyboard.press("Control+A")
        page.keyboard.type(words)
    _tab_to(page, "main form button.btn-primary")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert _sums(page)[:3] == ["5", "3", "2"]
    _tab_to(page, ".jq-apply button.btn-outline")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "没有任何改动" in page.locator(".jq-messages").inner_text()
    assert not seen.wrong


@pytest.mark.django_db(transaction=True)
def test_a_purpose_opens_the_rows_and_the_firm_sees_who_looked(
    first_firm: str, visit: Visit
) -> None:
    official, firm = visit(), visit("firm")
    page = official.page
    official.open(f"/data/firm_indicator/?view=0&firm={first_firm}")
    assert page.locator("tbody tr").count() == 0
    _submit(page, ".jq-notice.is-warning a")
    page.fill("#id_purpose", PURPOSE)
    _submit(page, "main form button.btn-primary")
    assert page.locator("tbody tr").count() > 0
    assert PURPOSE in page.locator(".jq-synthetic, aside, .jq-purpose").all_inner_texts()[-1]
    assert not official.violations()
    firm.open("/audit/reads/")
    told = firm.page.locator("tbody tr").first.inner_text()
    assert PURPOSE in told
    assert "企业指标：全部字段" in told
    firm.picture("access-log-1280-light")
    assert not official.wrong + firm.wrong


@pytest.mark.django_db(transaction=True)
def test_a_firm_grants_takes_the_receipt_and_withdraws(visit: Visit, tmp_path: Path) -> None:
    seen = visit("firm", width=390)
    page = seen.page
    seen.open("/consent/grant/matching/")
    _submit(page, "main form button.btn-primary")
    assert page.locator(".jq-summary a").count() == 1, "without a field nothing is granted"
    seen.wrong.clear()  # the 422
    page.locator("main input[type=checkbox]").first.check()
    _submit(page, "main form button.btn-primary")
    assert "有效" in page.locator(".jq-tag").first.inner_text()
    with page.expect_download() as got:
        page.get_by_role("link", name="PDF").click()
    got.value.save_as(tmp_path / "receipt.pdf")
    assert (tmp_path / "receipt.pdf").read_bytes().startswith(b"%PDF-")
    _submit(page, "main a:has-text('撤回')")
    _submit(page, "main form button.btn-primary")
    assert "已撤回" in page.locator(".jq-tag").first.inner_text()
    assert not seen.violations()
    assert not seen.wrong
