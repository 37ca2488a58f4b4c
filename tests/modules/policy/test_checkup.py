"""政策体检: what blocks a document, where and what to do; a dry run stores nothing; who may look."""

from __future__ import annotations

import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.modules.policy.town import FIRM, PLACE, Town

LEGACY = """\
编号: JX-9
名称: 纳税大户奖
施行日期: 2026-01-01
条件:
  - {编号: c1, 表达式: "规上企业"}
金额: {方式: 比例, 基数: "税收[上年度]", 比例: 10%}
例证:
  - 企业: {规上企业: 否}
    结论: 符合
"""


def client(town: Town, name: str) -> Client:
    made = Client()
    made.force_login(town.users[name])
    return made


def tried(town: Town, text: str) -> tuple[int, str]:
    answer = client(town, "maker").post("/policy/checkup/try/", {"verb": "check", "text": text})
    return answer.status_code, answer.content.decode()


def test_every_document_of_the_place_and_what_blocks_it(town: Town) -> None:
    page = client(town, "maker").get(f"/policy/checkup/?place={PLACE}").content.decode()
    for words in (
        "HC-01@1",
        "可以发布",
        "MB-05@1",
        "采用前须补齐",
        "group-of-one",
        "s3-upgrade.yaml",
    ):
        assert words in page, words


def test_one_document_is_opened_with_examples_and_versions(town: Town) -> None:
    page = client(town, "maker").get(f"/policy/checkup/HC-03@1/?place={PLACE}").content.decode()
    for words in ("项目总投资 &gt;= 500万元", "第五条第一项", "人工核验 c3 = 是", "算对", "施行中"):
        assert words in page, words
    both = client(town, "maker").get(f"/policy/checkup/TD-XJR@2022/?place={PLACE}").content.decode()
    assert "TD-XJR@2026" in both
    assert "较有希望" in both
    assert not [cell for cell in both.split("</td>") if cell.strip().endswith(">符合")], (
        "only an authority recognises"
    )


def test_a_document_that_cannot_be_read_says_line_and_column(town: Town) -> None:
    status, page = tried(town, LEGACY.replace('规上企业"}', '规上企叶"}').replace("10%}", "no}"))
    assert status == 422
    for words in ("E-RULE-FIELD", "规上企叶", "是否想写", "E-RULE-VALUE"):
        assert words in page, words
    assert '<td class="jq-num">5</td>' in page or ">5<" in page


def test_a_legacy_clause_is_read_and_blocked(town: Town) -> None:
    status, page = tried(town, LEGACY)
    assert status == 200, page
    for code in ("tax-linked", "no-cap", "clause", "department", "budget", "review-missing"):
        assert f">{code}<" in page or code in page, code
    assert "不得按缴税或税收留成给奖补" in page
    assert "结论应为“符合”，得到“不符合”" in page


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00a", "编号: 1\n编号: 2".encode(), b"a: &x [*x]"]
)
def test_what_is_no_document_is_refused(town: Town, content: bytes) -> None:
    answer = client(town, "maker").post(
        "/policy/checkup/try/", {"verb": "check", "file": SimpleUploadedFile("a.yaml", content)}
    )
    assert answer.status_code in {400, 413, 422}, answer.content.decode()


def test_all_findings_as_a_workbook(town: Town) -> None:
    answer = client(town, "maker").get(f"/policy/checkup/findings.xlsx?place={PLACE}")
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert book.sheetnames[1:] == ["文件", "发现"]
    codes = {cell.value for row in book["发现"].iter_rows() for cell in row}
    assert {"newcomers-only", "review-missing"} <= codes


def test_only_officials_of_the_place(town: Town) -> None:
    for path in (f"/policy/checkup/?place={PLACE}", f"/policy/checkup/HC-01@1/?place={PLACE}"):
        assert client(town, FIRM).get(path).status_code == 403
        assert client(town, "elsewhere").get(path).status_code == 403
    assert client(town, FIRM).get("/policy/checkup/try/").status_code == 403
    assert client(town, "maker").get(f"/policy/checkup/XX@1/?place={PLACE}").status_code == 404
