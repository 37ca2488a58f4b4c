"""条款起草: each line beside its words, what is unsure stays open; reading stores nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client

import jiqun.engine.drafting
from jiqun.core.models import AuditEntry
from jiqun.engine.drafting.numbers import plain
from jiqun.modules.policy.drafts.reading import marked, read
from jiqun.modules.policy.drafts.reasons import REASONS
from jiqun.modules.policy.models import DraftText, Item
from tests.modules.policy.town import FIRM, Town

TEXT = """\
合成示例县支持企业发展若干措施
第一条 对上年度营业收入不低于2000万元的规模以上工业企业，给予一次性奖励20万元。
第二条 对经营特别良好的企业酌情给予最高不超过若干万元的扶持。
"""


def sent(town: Town, name: str, text: str) -> tuple[int, str]:
    client = Client()
    client.force_login(town.users[name])
    answer = client.post("/policy/draft/", {"verb": "draft", "text": text})
    return answer.status_code, answer.content.decode()


def test_a_clause_is_drafted_beside_its_source(town: Town) -> None:
    before = AuditEntry.objects.count()
    status, page = sent(town, "maker", TEXT)
    assert status == 200
    for words in (
        "营业收入[上年度] &gt;= 2000万元",
        "20万元",
        "<mark>",
        "待确认",
        "“读出草稿”只显示、不保存",
    ):
        assert words in page, words
    assert AuditEntry.objects.count() == before
    assert not Item.objects.filter(policy__startswith="待").exists()


def test_pieces_put_together_are_the_clause_and_no_mark_is_lost() -> None:
    found = read(TEXT)
    for clause in found.document.clauses:
        pieces = marked(clause, found.drafts, TEXT)
        assert "".join(words for words, _ in pieces) == TEXT[clause.span[0] : clause.span[1]]
    used = [
        words
        for clause in found.document.clauses
        for words, kind in marked(clause, found.drafts, TEXT)
        if kind == "used"
    ]
    assert any("2000万元" in words for words in used)


@pytest.mark.parametrize(
    "text", ["。", "第一条", "<script>alert(1)</script> 奖励 1 万元", "1、" * 500]
)
def test_odd_texts_are_read_without_harm(town: Town, text: str) -> None:
    status, page = sent(town, "maker", text)
    assert status == 200
    assert "<script>alert" not in page


@pytest.mark.parametrize("text", ["１" * 5000, "十万" * 1000, "一百" * 1000, "1." * 1000])
def test_endless_digits_are_refused_at_once(town: Town, text: str) -> None:
    status, page = sent(town, "maker", text)
    assert status == 422
    assert "过长的数字" in page


def test_a_text_that_is_too_long_is_refused_and_neither_cut_nor_stored(town: Town) -> None:
    client = Client()
    client.force_login(town.users["maker"])
    text = TEXT + "第三条 工作要求。\n" * 6000
    for verb in ("draft", "store"):
        page = client.post("/policy/draft/", {"verb": verb, "text": text}).content.decode()
        assert "60000" in page, "how long it may be"
        assert "营业收入[上年度]" not in page
    assert not DraftText.objects.exists()


def test_a_clause_without_end_is_left_to_a_person_at_once(town: Town) -> None:
    status, page = sent(town, "maker", "第一条 " + "给予1万元奖励。" * 6000)
    assert status == 200
    assert "一条过长，请按条款分段后再读" in page


def test_each_reason_is_said_in_both_languages_and_shows_its_words() -> None:
    folder = Path(jiqun.engine.drafting.__file__).parent
    code = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    said = set(re.findall(r"(?:_gap|\bgap|\bGap)\(\s*\"([^\"]+)\"", code))
    assert said == set(REASONS)
    text = (
        TEXT
        + "第三条 初创之星，每人补助2万元；实训基地，每个补助6万元。\n第四条 物业费每平方米4.5元/月。"
    )
    gaps = [gap for clause in read(text).document.clauses for gap in clause.gaps]
    assert {"金额与情形的对应须确认", "没有写明给予或减免"} <= {gap.reason for gap in gaps}
    assert all(gap.text and plain(text)[slice(*gap.span)].startswith(gap.text) for gap in gaps)


def test_only_officials(town: Town) -> None:
    assert sent(town, FIRM, TEXT)[0] == 403
