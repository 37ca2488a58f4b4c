"""Who does what: verbs refuse the same person, other offices and other firms; the database refuses too."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from jiqun.errors import JiqunError
from jiqun.modules.land import guards
from jiqun.modules.land.batch.firm.actions import accept_sheet, object_sheet
from jiqun.modules.land.batch.objections.actions import decide_objection, object_for
from jiqun.modules.land.batch.objections.entering import Claim
from jiqun.modules.land.batch.office import actions as office
from jiqun.modules.land.models import Batch, Calculation, Objection, Sheet, Step
from tests.modules.permu.town24 import FIRST, Town, code, days_go_by, fresh

TAX = Claim("tax", "2000", "汇总纳税部分漏计", "完税证明 2026-17")


def refused(code_: str, act: Callable[[], object]) -> None:
    with pytest.raises(JiqunError) as caught:
        act()
    assert caught.value.code == code_


def broken(change: Callable[[], object]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        change()


def test_calculation_review_and_approval_take_three_people(permu: Town) -> None:
    batch = permu.calculated()
    refused("E-LAND-FOUR-EYES", lambda: office.review_batch(
        viewer=permu.viewer("maker"), batch=batch, words="自己复核"))  # fmt: skip
    permu.republished(batch)
    days_go_by(batch)
    office.close_publicity(viewer=permu.viewer("maker"), batch=batch)
    for name in ("maker", "reviewer"):
        refused("E-LAND-FOUR-EYES", lambda name=name: office.approve_batch(
            viewer=permu.viewer(name), batch=batch, document="合成纪要〔2026〕5号"))  # fmt: skip
    office.approve_batch(
        viewer=permu.viewer("approver"), batch=batch, document="合成纪要〔2026〕5号"
    )
    assert fresh(batch).official


def test_the_database_wants_three_people_and_a_document(permu: Town) -> None:
    batch = permu.approved(permu.published())
    row = Batch.objects.filter(pk=batch.pk)
    broken(lambda: row.update(reviewed_by=batch.calculated_by_id))
    for name in ("made_by", "calculated_by", "reviewed_by"):
        broken(lambda name=name: row.update(approved_by=getattr(batch, f"{name}_id")))
    broken(lambda: row.update(approved_by=None))
    broken(lambda: row.update(reviewed_by=None))
    broken(lambda: row.update(approval_document=""))
    broken(lambda: row.update(state="announced"))
    broken(lambda: row.update(rules_digest=""))
    broken(lambda: row.update(state="elsewhere"))


def test_an_objection_is_decided_by_neither_who_calculated_nor_who_entered_it(permu: Town) -> None:
    batch = permu.published()
    sheet = permu.sheet(batch)
    object_for(viewer=permu.viewer("reviewer"), sheet=sheet, claim=TAX)
    one = permu.objection(batch)
    for name in ("maker", "reviewer"):
        refused("E-LAND-FOUR-EYES", lambda name=name: decide_objection(
            viewer=permu.viewer(name), objection=one, upheld=False, words="证据不足"))  # fmt: skip
    refused("E-FORBIDDEN", lambda: decide_objection(
        viewer=permu.viewer("approver"), objection=one, upheld=False, words="别的单位"))  # fmt: skip
    row = Objection.objects.filter(pk=one.pk)
    maker, other = permu.users["maker"].pk, permu.users["approver"].pk
    done = {"state": "dismissed", "words": "证据不足", "decided_at": timezone.now()}
    broken(lambda: row.update(**done, decided_by=maker, entered_by=maker))
    broken(lambda: row.update(**done, decided_by=one.made_by_id, entered_by=maker))
    broken(lambda: row.update(**done, decided_by=other))
    broken(lambda: row.update(state="upheld", words="属实", decided_by=other, entered_by=maker))
    row.update(**done, decided_by=other, entered_by=maker)


def test_silence_has_nobody_who_said_it(permu: Town) -> None:
    batch = permu.sent()
    row = Sheet.objects.filter(pk=permu.sheet(batch).pk)
    broken(lambda: row.update(answer="accepted"))
    broken(lambda: row.update(answer="no_answer", answered_by=permu.users["maker"]))


def test_what_was_calculated_and_done_is_only_ever_added(permu: Town) -> None:
    guards.install_guards(connection)
    try:
        batch = permu.calculated()
        for model in (Calculation, Step):
            rows = model.objects.filter(batch=batch)
            assert rows.exists()
            broken(lambda rows=rows: rows.update(batch=batch))
            broken(rows.delete)
    finally:
        guards.remove_guards(connection)


@pytest.mark.parametrize("name", ["approver", "elsewhere", FIRST])
def test_only_the_office_in_charge_works_on_a_batch(permu: Town, name: str) -> None:
    batch, who = permu.open(), permu.viewer(name)
    refused("E-FORBIDDEN", lambda: office.send_sheets(viewer=who, batch=batch))
    refused("E-FORBIDDEN", lambda: office.change_batch(
        viewer=who, batch=batch, rules="x", answer_days=1, publicity_days=1))  # fmt: skip
    refused("E-FORBIDDEN", lambda: office.withdraw_batch(viewer=who, batch=batch, reason="不该行"))


def test_a_firm_answers_its_own_sheet_only(permu: Town) -> None:
    batch = permu.sent()
    other = permu.viewer(code(1))
    refused("E-FORBIDDEN", lambda: accept_sheet(viewer=other, sheet=permu.sheet(batch)))
    refused(
        "E-FORBIDDEN", lambda: object_sheet(viewer=other, sheet=permu.sheet(batch), claims=[TAX])
    )
    refused(
        "E-FORBIDDEN", lambda: accept_sheet(viewer=permu.viewer("maker"), sheet=permu.sheet(batch))
    )
    assert {one.firm for one in Sheet.objects.visible_to(other)} == {code(1)}
    assert not Sheet.objects.visible_to(permu.viewer("maker", purpose="")).exists()
    assert not Sheet.objects.visible_to(permu.viewer("elsewhere")).exists()
    assert not Batch.objects.visible_to(permu.viewer("elsewhere")).exists()
