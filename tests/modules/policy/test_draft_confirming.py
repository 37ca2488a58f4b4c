"""Stored drafts: field by field, by two people, to a file that the strict reader takes, and to nothing else."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from jiqun.core.models import AuditEntry
from jiqun.errors import JiqunError
from jiqun.modules.policy.draft_guards import install_draft_guards, remove_draft_guards
from jiqun.modules.policy.drafts.actions import (
    confirm_draft,
    return_draft,
    settle_draft,
    store_drafts,
    take_draft,
    withdraw_draft,
)
from jiqun.modules.policy.drafts.states import DRAFT_TABLE, DraftEvent, DraftState, draft_after
from jiqun.modules.policy.models import Case, Draft, DraftField, DraftText, Item, Payment
from jiqun.modules.policy.review.checkup import dry_run
from tests.modules.policy.town import FIRM, PLACE, Town

TEXT = """\
合成示例县支持企业发展若干措施
合成政发〔2026〕3号
第一条 对上年度营业收入不低于2000万元的规模以上工业企业，给予一次性奖励20万元。
第二条 本措施自2026年1月1日起施行，有效期至2027年12月31日。
"""
FILLED = {
    "编号": "KQ-2026-031", "发文机关": "合成示例县人民政府", "主管部门": "工信局", "层级": "县", "受益主体": "企业",
    "名称": "规上企业奖励", "预算/年度": "2026", "预算/总额": "100万元", "预算/不足时": "先到先得", "免申即享": "否",
    "公平竞争审查/结论": "通过", "公平竞争审查/文号": "合成竞审〔2026〕1号", "公平竞争审查/日期": "2025-12-01",
}  # fmt: skip
LEFT = ("版本", "主题", "叠加规则")


def stored(town: Town, text: str = TEXT) -> Draft:
    return store_drafts(
        viewer=town.viewer("maker"), department=town.offices["bureau"].pk, place=PLACE, text=text
    )[0]


def settled(town: Town, by: str = "maker", **more: str) -> Draft:
    draft = stored(town)
    return settle_draft(viewer=town.viewer(by), draft=draft, values=FILLED | more, left=LEFT)


def keys(draft: Draft) -> list[str]:
    return list(DraftField.objects.filter(draft=draft).values_list("key", flat=True))


def confirmed(town: Town, draft: Draft) -> Draft:
    once = confirm_draft(viewer=town.viewer("maker"), draft=draft, checked=keys(draft))
    return confirm_draft(viewer=town.viewer("confirmer"), draft=once, checked=keys(draft))


def test_what_was_read_is_kept_beside_its_words_and_the_rest_is_open(town: Town) -> None:
    draft = stored(town)
    fields = {one.key: one for one in DraftField.objects.filter(draft=draft)}
    revenue = fields["条件/c1"]
    assert (revenue.state, revenue.value) == ("complete", "营业收入[上年度] >= 2000万元")
    assert TEXT[revenue.span_from : revenue.span_to] == revenue.words == "营业收入不低于2000万元"
    assert (fields["金额/金额"].value, fields["金额/金额"].state) == ("20万元", "complete")
    assert {fields[key].state for key in ("编号", "预算/总额", "公平竞争审查/结论")} == {"unsure"}


def test_two_people_come_to_a_file_that_is_read_strictly_and_nothing_else(town: Town) -> None:
    before = {model: model.objects.count() for model in (Item, Case, Payment)}
    draft = confirmed(town, settled(town))
    assert draft.state == DraftState.CONFIRMED
    taken = take_draft(viewer=town.viewer("maker"), draft=draft)
    found = dry_run(taken["content"], taken["name"], date(2026, 6, 1))
    assert found.policy.key == "KQ-2026-031@1"
    assert not found.blocking
    assert [one.text for one in found.policy.conditions] == [
        "营业收入[上年度] >= 2000万元",
        "规上企业",
    ]
    assert found.policy.amount is not None
    assert found.policy.amount.fen == 20_000_000
    assert {model: model.objects.count() for model in before} == before
    told = AuditEntry.objects.filter(action__in=("policy.confirm_draft", "policy.take_draft"))
    assert told.count() == 3


def test_a_condition_left_to_a_person_is_written_as_such(town: Town) -> None:
    draft = settled(town)
    settle_draft(viewer=town.viewer("maker"), draft=draft, values={}, left=["条件/c2"])
    content = confirmed(town, draft).content
    assert '{编号: "c2", 人工核验: "规模以上工业企业", 依据: "第一条"}' in content


@pytest.mark.parametrize(("missing", "told"), [("编号", "还没有定"), ("条件/c1", "没有核对")])
def test_every_field_is_settled_and_ticked(town: Town, missing: str, told: str) -> None:
    draft = stored(town)
    values = {key: value for key, value in FILLED.items() if key != missing}
    settle_draft(viewer=town.viewer("maker"), draft=draft, values=values, left=LEFT)
    ticked = [key for key in keys(draft) if key != missing]
    with pytest.raises(JiqunError) as raised:
        confirm_draft(viewer=town.viewer("maker"), draft=draft, checked=ticked)
    assert [(one.column, told in one.message_zh) for one in raised.value.fields] == [
        (missing, True)
    ]


def test_nobody_confirms_alone_nor_what_they_have_written(town: Town) -> None:
    draft = settled(town, by="confirmer")
    once = confirm_draft(viewer=town.viewer("maker"), draft=draft, checked=keys(draft))
    with pytest.raises(JiqunError, match="E-FORBIDDEN"):
        confirm_draft(viewer=town.viewer("maker"), draft=once, checked=keys(draft))
    with pytest.raises(JiqunError, match="E-POLICY-FOUR-EYES"):
        confirm_draft(viewer=town.viewer("confirmer"), draft=once, checked=keys(draft))
    for change in ({"second_by": once.made_by_id}, {"second_by": once.first_by_id}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Draft.objects.filter(pk=draft.pk).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():  # who wrote the field
        DraftField.objects.filter(draft=draft, key="编号").update(second_by=town.users["confirmer"])


def test_what_the_linter_blocks_or_nobody_can_read_is_not_confirmed(town: Town) -> None:
    draft = stored(town)
    values = {key: value for key, value in FILLED.items() if not key.startswith("预算")}
    left = (*LEFT, "预算/年度", "预算/总额", "预算/不足时")
    settle_draft(viewer=town.viewer("maker"), draft=draft, values=values, left=left)
    with pytest.raises(JiqunError, match="E-POLICY-BLOCKED") as raised:
        confirm_draft(viewer=town.viewer("maker"), draft=draft, checked=keys(draft))
    assert [one.column for one in raised.value.fields] == ["budget"]
    settle_draft(viewer=town.viewer("maker"), draft=draft, values={"预算/总额": "很多"})
    with pytest.raises(JiqunError, match="E-RULE"):
        confirm_draft(viewer=town.viewer("maker"), draft=draft, checked=keys(draft))
    assert Draft.objects.get(pk=draft.pk).state == DraftState.DRAFT


FACTS = "营业收入[上年度]=3000万元；规上企业=是"
EXAMPLES = {
    "例证/1/企业": FACTS, "例证/1/结论": "符合", "例证/1/金额": "20万元",
    "例证/2/企业": "营业收入[上年度]=缺；规上企业=是", "例证/2/结论": "待核实(缺数据)",
    "例证/2/缺": "营业收入[上年度]",
}  # fmt: skip


def test_examples_and_the_window_go_into_the_document_and_are_worked_out(town: Town) -> None:
    window = {"申报窗口/起": "2026-03-01", "申报窗口/止": "2026-04-30"}
    draft = confirmed(town, settled(town, **EXAMPLES, **window))
    found = dry_run(draft.content, "x.yaml", date(2026, 6, 1))
    assert [one.passed for one in found.examples] == [True, True]
    assert found.policy.window == (date(2026, 3, 1), date(2026, 4, 30))
    assert found.policy.examples[1].missing == ("营业收入[上年度]",)


def test_an_example_that_comes_out_otherwise_keeps_a_draft_from_being_confirmed(town: Town) -> None:
    draft = settled(town, **EXAMPLES | {"例证/1/金额": "30万元"})
    with pytest.raises(JiqunError, match="E-POLICY-BLOCKED") as raised:
        confirm_draft(viewer=town.viewer("maker"), draft=draft, checked=keys(draft))
    assert {one.column for one in raised.value.fields} == {"例证/1"}
    maker = Client()
    maker.force_login(town.users["maker"])
    page = f"/policy/drafts/{draft.key}/"
    assert "不符" in maker.get(page).content.decode()
    sent = {
        "verb": "example",
        "facts": "营业收入[上年度]=1000万元；规上企业=是",
        "verdict": "不符合",
        "amount": "",
    }
    assert maker.post(page, sent).status_code == 302
    assert DraftField.objects.get(draft=draft, key="例证/3/结论").value == "不符合"
    settle_draft(viewer=town.viewer("maker"), draft=draft, values={"例证/1/金额": "20万元"})
    assert confirmed(town, draft).state == DraftState.CONFIRMED
    for facts in ("", "营业收入三千万", "规上企业=是；其他"):
        refused = maker.post(page, sent | {"facts": facts})
        assert refused.status_code in {409, 422}
    assert not DraftField.objects.filter(draft=draft, key__startswith="例证/4").exists()
    odd = settled(town, **EXAMPLES | {"编号": "KQ-9", "例证/1/企业": "营业收入三千万"})
    with pytest.raises(JiqunError, match="E-RULE"):
        confirm_draft(viewer=town.viewer("maker"), draft=odd, checked=keys(odd))


def test_wrong_settlements_are_told_all_at_once(town: Town) -> None:
    with pytest.raises(JiqunError) as raised:
        settle_draft(
            viewer=town.viewer("maker"), draft=stored(town), left=["施行日期", "条件/c1"], dropped=["条件/c1"],
            values={"奖金": "20万元", "版本": "待确认"},
        )  # fmt: skip
    assert {one.column for one in raised.value.fields} == {"施行日期", "条件/c1", "奖金", "版本"}


def test_a_later_draft_of_the_same_number_supersedes(town: Town) -> None:
    first, second = confirmed(town, settled(town)), confirmed(town, settled(town))
    assert Draft.objects.get(pk=first.pk).state == DraftState.SUPERSEDED
    with pytest.raises(JiqunError, match="E-POLICY-DRAFT"):
        take_draft(viewer=town.viewer("maker"), draft=first)
    with pytest.raises(IntegrityError), transaction.atomic():
        Draft.objects.filter(pk=first.pk).update(state="confirmed")
    assert take_draft(viewer=town.viewer("maker"), draft=second)["content"] == second.content


def test_given_back_it_is_ticked_again_and_withdrawn_it_ends(town: Town) -> None:
    draft = settled(town)
    confirm_draft(viewer=town.viewer("maker"), draft=draft, checked=keys(draft))
    return_draft(viewer=town.viewer("confirmer"), draft=draft, words="金额与原文不符")
    assert not DraftField.objects.filter(draft=draft, first_by__isnull=False).exists()
    withdraw_draft(viewer=town.viewer("maker"), draft=draft, words="文件已废止")
    with pytest.raises(JiqunError, match="E-POLICY-DRAFT"):
        settle_draft(viewer=town.viewer("maker"), draft=draft, values={"编号": "X"})


def test_the_table_of_states_is_all_there_is() -> None:
    for state in DraftState:
        for event in DraftEvent:
            if (state, event) in DRAFT_TABLE:
                assert draft_after(state, event) == DRAFT_TABLE[state, event]
            else:
                with pytest.raises(JiqunError, match="E-POLICY-DRAFT"):
                    draft_after(state, event)


def test_the_database_keeps_texts_sources_and_what_was_confirmed(town: Town) -> None:
    install_draft_guards(connection)
    try:
        draft = confirmed(town, settled(town))
        field = DraftField.objects.filter(draft=draft, key="编号")
        for change in (
            lambda: DraftText.objects.filter(pk=draft.text_id).update(text="另一份原文"),
            lambda: Draft.objects.filter(pk=draft.pk).update(content="编号: x"),
            lambda: field.update(value="另一个编号"),
            lambda: DraftField.objects.create(draft=draft, order=99, key="退回", state="filled"),
            field.delete,
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                change()
        other = stored(town)
        with pytest.raises(IntegrityError), transaction.atomic():
            DraftField.objects.filter(draft=other, key="条件/c1").update(read="营业收入 > 1元")
    finally:
        remove_draft_guards(connection)


def test_the_page_leads_from_text_to_file(town: Town) -> None:
    maker, other = Client(), Client()
    maker.force_login(town.users["maker"])
    other.force_login(town.users["confirmer"])
    sent = maker.post("/policy/draft/", {
        "verb": "store", "text": TEXT, "department": town.offices["bureau"].pk, "place": PLACE,
    })  # fmt: skip
    path = sent["Location"]
    draft = Draft.objects.get()
    page = maker.get(path).content.decode()
    assert "<mark>营业收入不低于2000万元</mark>" in page
    assert "第一次核定" in page
    rows = {one.key: one for one in DraftField.objects.filter(draft=draft)}
    data = {f"f{one.pk}": FILLED.get(key, one.value) for key, one in rows.items()}
    assert maker.post(path, {"verb": "settle", "left": LEFT, **data}).status_code == 302
    assert maker.post(path, {"verb": "confirm", "checked": ["编号"]}).status_code == 422
    assert maker.post(path, {"verb": "confirm", "checked": keys(draft)}).status_code == 302
    assert maker.get(f"{path}document.yaml").status_code == 409
    assert other.post(path, {"verb": "confirm", "checked": keys(draft)}).status_code == 302
    file = other.get(f"{path}document.yaml")
    assert file.content.decode() == Draft.objects.get().content
    assert "两人已核定" in other.get("/policy/drafts/").content.decode()


@pytest.mark.parametrize(("name", "status"), [("elsewhere", 404), ("stranger", 403), (FIRM, 404)])
def test_others_neither_see_nor_write(town: Town, name: str, status: int) -> None:
    draft = settled(town)
    client = Client()
    client.force_login(town.users[name])
    path = f"/policy/drafts/{draft.key}/"
    assert client.post(path, {"verb": "confirm", "checked": keys(draft)}).status_code == status
    assert client.get(f"{path}document.yaml").status_code == status
    assert Draft.objects.get(pk=draft.pk).state == DraftState.DRAFT
