"""A batch by its verbs: answers, objections that become later facts, numbered calculations, publicity."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from django.utils import timezone

from jiqun.core.models import Notice
from jiqun.engine.calendar import add_working_days
from jiqun.errors import JiqunError
from jiqun.modules.land.batch import computing
from jiqun.modules.land.batch.computing import differences, grades_of
from jiqun.modules.land.batch.firm.actions import accept_sheet, object_result, object_sheet
from jiqun.modules.land.batch.history import final_run
from jiqun.modules.land.batch.objections.actions import decide_objection, object_for
from jiqun.modules.land.batch.objections.entering import Claim
from jiqun.modules.land.batch.office import actions as office
from jiqun.modules.land.evaluation import findings
from jiqun.modules.land.models import Batch, Calculation, Objection, Sheet, Step
from jiqun.rules.calendars import calendar_ahead
from tests.modules.permu.town24 import (
    FIRMS,
    FIRST,
    PACK,
    PLACE,
    YEAR,
    Town,
    code,
    days_go_by,
    fresh,
)

TAX = Claim("tax", "2000", "汇总纳税部分漏计", "完税证明 2026-17")


def refused(code_: str, act: Callable[[], object]) -> JiqunError:
    with pytest.raises(JiqunError) as caught:
        act()
    assert caught.value.code == code_
    return caught.value


def objected(permu: Town, batch: Batch, claim: Claim = TAX) -> Objection:
    object_sheet(viewer=permu.viewer(FIRST), sheet=permu.sheet(batch), claims=[claim])
    return permu.objection(batch)


def decided(permu: Town, one: Objection, who: str = "reviewer", **given: Any) -> Objection:
    usual = {
        "upheld": True,
        "words": "税务局核实属实",
        "value": "2000",
        "document": "税函〔2026〕8号",
    }
    return decide_objection(viewer=permu.viewer(who), objection=one, **(usual | given))


def test_sheets_show_what_the_facts_hold_and_the_firms_are_told(permu: Town) -> None:
    batch = permu.sent()
    assert Sheet.objects.filter(batch=batch).count() == FIRMS
    figures = {one["name"]: one for one in permu.sheet(batch).figures}
    assert set(figures) == {"tax", "land", "electricity"}, (
        "those of the group's indicators, no other"
    )
    assert (figures["tax"]["value"], figures["tax"]["source"]) == (10_000_000, "合成数据")
    today = timezone.localdate()
    assert batch.answer_until == add_working_days(today, 10, calendar_ahead(today))
    assert set(Notice.objects.values_list("user__username", flat=True)) == {FIRST, code(1)}


def test_silence_is_no_answer_and_never_acceptance(permu: Town) -> None:
    batch = permu.sent()
    accept_sheet(viewer=permu.viewer(FIRST), sheet=permu.sheet(batch))
    error = refused(
        "E-LAND-DAYS", lambda: office.calculate(viewer=permu.viewer("maker"), batch=batch)
    )
    assert str(batch.answer_until) in error.message_zh
    days_go_by(batch)
    office.calculate(viewer=permu.viewer("maker"), batch=batch)
    assert Batch.objects.answers(batch.pk) == {"accepted": 1, "no_answer": FIRMS - 1}


def test_an_answer_after_the_term_is_refused(permu: Town) -> None:
    batch = permu.sent()
    days_go_by(batch)
    sheet, who = permu.sheet(batch), permu.viewer(FIRST)
    refused("E-LAND-LATE", lambda: accept_sheet(viewer=who, sheet=sheet))
    refused("E-LAND-LATE", lambda: object_sheet(viewer=who, sheet=sheet, claims=[TAX]))
    refused("E-LAND-LATE", lambda: object_result(viewer=who, sheet=sheet, claim=TAX))


def test_all_that_is_wrong_with_claims_is_said_at_once(permu: Town) -> None:
    batch = permu.sent()
    sheet, who = permu.sheet(batch), permu.viewer(FIRST)
    bad = [Claim("land", "-5", "多", ""), Claim("staff", "5", "写错了人数", "花名册 1")]
    error = refused("E-INPUT", lambda: object_sheet(viewer=who, sheet=sheet, claims=bad))
    assert [one.column for one in error.fields] == [
        "value_land",
        "reason_land",
        "proof_land",
        "field",
    ]
    refused("E-INPUT", lambda: object_sheet(viewer=who, sheet=sheet, claims=[]))
    object_sheet(viewer=who, sheet=sheet, claims=[TAX])
    refused("E-INPUT", lambda: object_sheet(viewer=who, sheet=sheet, claims=[TAX]))
    refused("E-INPUT", lambda: accept_sheet(viewer=who, sheet=sheet))
    assert permu.sheet(batch).answer == "objected"


def test_an_upheld_objection_is_a_later_fact_and_changes_the_grade(permu: Town) -> None:
    batch = permu.sent()
    one = objected(permu, batch)
    assert (one.shown, one.claimed) == (10_000_000, 2_000_000_000)
    days_go_by(batch)
    refused("E-LAND-OPEN", lambda: office.calculate(viewer=permu.viewer("maker"), batch=batch))
    decided(permu, one)
    held = permu.store.current("firm_indicator").filter(lambda t: t.firm == FIRST).to_polars()
    row = held.filter(indicator="tax", period=str(YEAR)).row(0, named=True)
    assert (row["value"], row["source"]) == (2_000_000_000, "异议处理 税函〔2026〕8号")
    assert held.filter(indicator="tax", period=str(YEAR - 1))["value"][0] == 10_000_000
    second = office.calculate(viewer=permu.viewer("maker"), batch=batch)
    first = Calculation.objects.get(batch=batch, number=1)
    assert grades_of(permu.store, first.run)[FIRST] == "D"
    assert grades_of(permu.store, second.run)[FIRST] == "A"
    assert second.changed > 1, "others move down by its rank"
    assert permu.objection(batch).included == 2
    assert differences(permu.store, first) == (), "the old one is the same to the byte"
    assert differences(permu.store, second) == ()


def test_old_calculations_stay_whatever_is_loaded_later(permu: Town) -> None:
    batch = permu.published()
    sheet = permu.sheet(batch, code(5))
    object_for(viewer=permu.viewer("maker"), sheet=sheet, claim=replace(TAX, value="900"))
    decided(permu, permu.objection(batch), value="900")
    frame = permu.store.polars("firm_indicator").filter(
        firm=code(9), indicator="tax", period=str(YEAR)
    )
    later = frame.select(pl.exclude("source", "batch", "_sequence")).with_columns(
        pl.col("value") * 2
    )
    permu.store.append("firm_indicator", later, batch="correction", received=1, source="更正")
    third = office.recalculate(
        viewer=permu.viewer("maker"), batch=batch, reason="计入公示异议和更正"
    )
    second = Calculation.objects.get(batch=batch, number=2)
    assert third.number == 3
    assert third.kept
    assert third.benchmarks_digest == second.benchmarks_digest, "the yardstick stays"
    assert third.inputs_digest != second.inputs_digest
    for one in Calculation.objects.filter(batch=batch):
        assert differences(permu.store, one) == ()
    assert fresh(batch).state == "calculated", "review and publicity follow again"
    assert fresh(batch).reviewed_by_id is None


def test_rules_are_frozen_with_the_sheets(permu: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    batch, maker = permu.open(), permu.viewer("maker")
    terms = {"answer_days": 3, "publicity_days": 7}
    office.change_batch(viewer=maker, batch=batch, rules=PACK, **terms)
    office.send_sheets(viewer=maker, batch=batch)
    other = "zhejiang-huangyan-2022"
    refused(
        "E-LAND-FROZEN",
        lambda: office.change_batch(viewer=maker, batch=batch, rules=other, **terms),
    )
    pack = findings.permu_pack(PACK)
    changed = replace(pack, scheme=replace(pack.scheme, least_known=9_000))
    monkeypatch.setattr(findings, "permu_pack", lambda _version: changed)
    days_go_by(batch)
    error = refused("E-LAND-FROZEN", lambda: office.calculate(viewer=maker, batch=batch))
    assert "另建新批次" in error.hint_zh
    assert differences(permu.store, Calculation.objects.get()) == ("rules",)


def test_benchmarks_survive_as_json(permu: Town) -> None:
    permu.sent()
    one = Calculation.objects.get()
    again = computing.frozen_of(one.rules_digest, one.benchmarks)
    assert again.digest() == one.benchmarks_digest


def test_publicity_ends_after_its_days_without_open_objections(permu: Town) -> None:
    batch, maker = permu.published(), permu.viewer("maker")
    today = timezone.localdate()
    assert batch.public_until == add_working_days(today, 5, calendar_ahead(today))
    refused("E-LAND-DAYS", lambda: office.close_publicity(viewer=maker, batch=batch))
    other = Claim("", "", "应列入规上企业组", "统函〔2026〕2号")
    object_result(viewer=permu.viewer(FIRST), sheet=permu.sheet(batch), claim=other)
    days_go_by(batch)
    refused("E-LAND-OPEN", lambda: office.close_publicity(viewer=maker, batch=batch))
    decided(permu, permu.objection(batch), value="")
    refused("E-LAND-PENDING", lambda: office.close_publicity(viewer=maker, batch=batch))
    office.recalculate(viewer=maker, batch=batch, reason="计入公示异议")
    again = permu.republished(fresh(batch))
    days_go_by(again)
    office.close_publicity(viewer=maker, batch=again)
    assert fresh(again).state == "approval"


def test_a_dismissed_objection_changes_nothing(permu: Town) -> None:
    batch = permu.sent()
    one = decided(permu, objected(permu, batch), upheld=False, value="", document="")
    refused("E-LAND-DECIDED", lambda: decided(permu, one))
    days_go_by(batch)
    made = office.calculate(viewer=permu.viewer("maker"), batch=batch)
    assert made.changed == 0
    assert Notice.objects.filter(kind="land.decided", user__username=FIRST).exists()


def test_an_upheld_figure_needs_value_and_document(permu: Town) -> None:
    one = objected(permu, permu.sent())
    error = refused("E-INPUT", lambda: decided(permu, one, words="好", value="很多", document=""))
    assert [each.column for each in error.fields] == ["words", "document", "value"]


def test_steps_come_in_their_order_only(permu: Town) -> None:
    batch, maker = permu.open(), permu.viewer("maker")
    for act in (
        lambda: office.calculate(viewer=maker, batch=batch),
        lambda: office.recalculate(viewer=maker, batch=batch, reason="没有原因"),
        lambda: office.review_batch(viewer=permu.viewer("reviewer"), batch=batch, words="已经复核"),
        lambda: office.publish_batch(viewer=maker, batch=batch),
        lambda: office.approve_batch(
            viewer=permu.viewer("approver"), batch=batch, document="文〔2026〕1号"
        ),
        lambda: office.announce_batch(viewer=maker, batch=batch, document="文〔2026〕1号"),
    ):
        refused("E-LAND-STATE", act)
    office.withdraw_batch(viewer=maker, batch=batch, reason="年度选错")
    refused("E-LAND-STATE", lambda: office.send_sheets(viewer=maker, batch=batch))
    assert [one.event for one in Step.objects.filter(batch=batch)] == ["open", "withdraw"]


def test_one_live_batch_of_a_year(permu: Town) -> None:
    batch = permu.open()
    refused("E-INPUT", permu.open)
    office.withdraw_batch(viewer=permu.viewer("maker"), batch=batch, reason="年度选错")
    assert permu.open().state == "collecting"


def test_a_new_batch_says_all_that_is_wrong(permu: Town) -> None:
    error = refused("E-INPUT", lambda: office.open_batch(
        viewer=permu.viewer("maker"), department=permu.offices["bureau"].pk, place=PLACE, year=12, rules="无",
        answer_days=0, publicity_days=99,
    ))  # fmt: skip
    assert [one.column for one in error.fields] == [
        "rules",
        "answer_days",
        "publicity_days",
        "year",
    ]


def test_the_result_of_an_announced_batch_is_the_stored_one(permu: Town) -> None:
    batch = permu.announced()
    assert batch.official
    assert batch.announced_on == timezone.localdate()
    grades = grades_of(permu.store, final_run(batch))
    assert {*grades.values()} == {"A", "B", "C", "D"}
    newest = findings.run_land(permu.store, PLACE, version=PACK)[0]
    assert newest != final_run(batch), "an analyst's run stays beside the batch's"
    assert batch.public_until is not None
    assert batch.public_until < timezone.localdate() + dt.timedelta(days=1)
