"""The field dictionary: complete, owned, and every fact says where it comes from."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from jiqun.rules.policies import FIELDS, FOLDER, field_dictionary, origin, policies
from jiqun.rules.scorecards import scorecards

DICTIONARY = field_dictionary()
CONTRACTS = Path(__file__).parents[3] / "jiqun" / "facts" / "contracts"
SOURCES = {"firm", "firm_industry", "firm_indicator", "list", "register", "finding", "derived",
           "scorecard"}  # fmt: skip
# The checks of methods 5.4 and the field that answers each.
CHECKS = {
    "USCC": "统一社会信用代码有效", "成立日": "成立日期", "住所": "注册地", "行业": "行业门类",
    "状态": "登记状态", "异常": "经营异常", "入库": "规上入库日期", "退库": "规上退库日期",
    "信用等级": "纳税信用等级", "欠税": "欠税额", "加计扣除额": "加计扣除额", "社保": "社保缴费人数",
    "严重失信": "严重失信", "失信被执行人": "失信被执行人", "环保信用": "环保信用等级",
    "安全事故": "近三年安全事故", "titles": "高新技术企业", "IP": "一类知识产权数",
    "投资备案": "投资项目已备案", "设备发票": "设备发票额", "完工验收": "项目完工验收",
    "能耗": "综合能耗", "排污许可": "排污许可有效", "贷款合同": "固定资产贷款额",
    "贷款利息": "固贷已付利息", "参展": "参展已核实", "就业人数": "就业人数", "标准地": "标准地状态",
    "亩均": "亩均评价等级", "上级资金": "上级资金到账额", "标准号": "主持标准级别",
    "数字化": "数字化水平等级", "账户": "银行账户已确认", "统计配合": "不配合统计",
    "农民工工资": "拖欠农民工工资", "拖欠账款": "拖欠中小企业账款", "资本": "资本类型",
    "上市阶段": "上市阶段", "认定文号": "新认定省级专精特新", "园区": "在园区内",
    "产业链节点": "产业链节点类型", "划型": "企业规模",
}  # fmt: skip


@pytest.mark.parametrize("name", DICTIONARY.fields)
def test_each_field_has_owner_source_english_and_origin(name: str) -> None:
    found = DICTIONARY.fields[name]
    assert all((found.en, found.owner, found.source))
    table, item = origin(found)
    assert table in SOURCES, found.note
    assert item


def test_origins_name_real_columns() -> None:
    for field in DICTIONARY.fields.values():
        table, name = origin(field)
        if table in {"firm", "firm_industry"}:
            contract = yaml.safe_load((CONTRACTS / f"{table}.yaml").read_text(encoding="utf-8"))
            assert name in {column["name"] for column in contract["columns"]}, field.name
        if table == "firm_indicator":
            assert name.isascii(), field.name
        if table == "derived":
            assert name in DICTIONARY.fields, field.name
        if table == "scorecard":
            assert field.name in {
                made
                for card in scorecards()
                if card.number == name
                for made in (card.total, card.gate)
            }


def test_every_common_check_has_a_field() -> None:
    assert {check for check, word in CHECKS.items() if DICTIONARY.find(word) is None} == set()
    assert len(CHECKS) >= 30


def test_what_the_firm_or_this_system_says_of_itself_is_not_authoritative() -> None:
    for field in DICTIONARY.fields.values():
        if "企业填报" in field.source or origin(field)[0] in {"finding", "scorecard"}:
            assert not field.authoritative, field.name


def test_automatic_policies_rest_on_authoritative_fields_only() -> None:
    for policy in policies():
        if policy.automatic:
            for condition in policy.conditions:
                for word, field in DICTIONARY.by_word.items():
                    if condition.tree is not None and word in _words(condition.text):
                        assert field.authoritative, (policy.key, word)


def _words(text: str) -> set[str]:
    for sign in "()[]{},>=<":
        text = text.replace(sign, " ")
    return set(text.split())


def test_files_are_short_enough_to_review() -> None:
    for path in (FOLDER / FIELDS).glob("*.yaml"):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 400
