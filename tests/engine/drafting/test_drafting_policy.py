"""Drafts of policy documents: strict YAML text, each line with the words that prove it."""

from __future__ import annotations

import yaml
from drafting_lexicon import phrases

from jiqun.engine.drafting.elements import Figure
from jiqun.engine.drafting.policy import PolicyDraft, draft_policy, figure_text
from jiqun.engine.drafting.reader import read_document

TEXT = """某县人民政府关于支持工业高质量发展的若干政策
某政发〔2025〕14号
第一条 支持技术改造。对上年度营业收入2000万元以上的规上工业企业，按设备投资额的10%给予最高500万元补助。
第二条 鼓励科技创新。
（一）对首次认定的高新技术企业给予20万元奖励；
（二）对营业收入首次达到1亿元、5亿元的企业，分别给予10万元、50万元奖励。
（三）给予不超过5万元的奖励。
第三条 补助资金市县按1:1比例承担。同一企业同一项目符合多项政策的，按就高不重复原则执行。
第四条 本政策自2025年1月1日起施行，有效期至2027年12月31日。
"""


def drafts() -> tuple[PolicyDraft, ...]:
    words, fields = phrases()
    return draft_policy(read_document(TEXT, lexicon=words, fields=fields), fields)


def test_one_draft_per_item_in_the_shape_of_a_policy_document() -> None:
    first, second, third, fourth = (yaml.safe_load(one.text) for one in drafts())
    assert first["文号"] == "某政发〔2025〕14号"
    assert (first["施行日期"], first["失效日期"]) == ("2025-01-01", "2027-12-31")
    assert [one["表达式"] for one in first["条件"]] == ["营业收入[上年度] >= 2000万元", "规上企业"]
    assert first["金额"] == {"方式": "比例", "基数": "设备投资额", "比例": "10%", "上限": "500万元"}
    assert first["叠加规则"] == "就高不重复"
    assert second["金额"] == {"方式": "定额", "金额": "20万元"}
    assert [one["金额"] for one in third["金额"]["分档"]] == ["10万元", "50万元"]
    assert fourth["金额"]["方式"] == "待确认"


def test_what_the_text_does_not_say_is_marked() -> None:
    text = drafts()[2].text
    assert '编号: "待确认"' in text
    assert "营业收入[待确认] >= 1亿元" in text


def test_nothing_qualifies_for_payment_without_application() -> None:
    assert all(yaml.safe_load(one.text)["免申即享"] == "否" for one in drafts())


def test_the_words_beside_a_line_are_those_of_the_document() -> None:
    for draft in drafts():
        for line in draft.lines:
            if line.span is not None:
                start, end = line.span
                assert 0 <= start <= end <= len(TEXT)
    cap = next(line for line in drafts()[0].lines if "上限" in line.text)
    assert cap.span is not None
    assert TEXT[slice(*cap.span)] == "500万元"


def test_an_extra_term_of_the_document_never_makes_a_key_twice() -> None:
    words, fields = phrases()
    twice = TEXT.replace("补助。\n第二条", "补助，按就高不重复原则执行。\n第二条")
    for one in draft_policy(read_document(twice, lexicon=words, fields=fields), fields):
        keys = [
            line.split(":")[0] for line in one.text.splitlines() if line and line[0] not in " #"
        ]
        assert len(keys) == len(set(keys))


def test_sums_are_written_exactly() -> None:
    def money(fen: int) -> str:
        return figure_text(Figure("money", fen, "分", "=", (0, 0), ""))

    assert [money(fen) for fen in (2_000_000_000, 10**10, 150_000_000, 12_34, 5)] == [
        "2000万元", "1亿元", "150万元", "12.34元", "0.05元",
    ]  # fmt: skip
