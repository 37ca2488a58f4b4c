"""The way of a case, who may do what, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from jiqun.core.models import AuditEntry
from jiqun.errors import JiqunError
from jiqun.modules.policy.benefits.firm.actions import BankAccount, answer_case
from jiqun.modules.policy.benefits.holds.actions import hold_case, lift_hold
from jiqun.modules.policy.benefits.intake.actions import open_batch
from jiqun.modules.policy.benefits.intake.opening import Terms
from jiqun.modules.policy.benefits.items.actions import declare_item, save_item
from jiqun.modules.policy.benefits.ledger.actions import fund_pool, verify_pool
from jiqun.modules.policy.benefits.office.actions import (
    close_publicity,
    confirm_cases,
    lapse_cases,
    object_case,
    publish_cases,
    reject_case,
    release_instalment,
    settle_objection,
)
from jiqun.modules.policy.benefits.paying.actions import approve_cases, export_payments, reconcile
from jiqun.modules.policy.benefits.recovery.actions import (
    claim_back,
    note_recovered,
    review_case,
)
from jiqun.modules.policy.models import (
    Case,
    Hold,
    LedgerAccount,
    OnceKey,
    Payment,
    PaymentFile,
    Step,
)
from tests.modules.policy.town import FIRM, FIRMS, ITEM, PLACE, TRACE, Town, account

OTHER, THIRD = list(FIRMS)[1:]


def states(batch: Any) -> list[str]:
    return list(Case.objects.filter(batch=batch).values_list("state", flat=True))


def balances(town: Town) -> dict[str, int]:
    return LedgerAccount.objects.balances([town.pool.pk])[town.pool.pk]


def refused(code: str) -> Any:
    return pytest.raises(JiqunError, match=rf"\[{code}\]")


# ---- the whole way ------------------------------------------------------------------------------


def test_from_candidates_to_money_on_the_account(town: Town) -> None:
    file = town.sent()
    assert (file.count, file.total_fen) == (3, 90_000_000)
    assert balances(town)["transit"] == 90_000_000
    assert town.answer(file, a="成功", b="成功", c="成功")["counts"] == {"matched": 3}
    assert states(file.batch) == ["paid"] * 3
    expected = {
        "treasury": -200_000_000,
        "available": 110_000_000,
        "reserved": 0,
        "transit": 0,
        "paid": 90_000_000,
    }
    assert balances(town) == expected
    case = Case.objects.get(firm=FIRM)
    review_case(viewer=town.viewer("maker"), case=case, words="已核查，符合绩效目标")
    steps = list(Step.objects.filter(case=case).values_list("event", flat=True))
    assert steps == ["open", "pass", "confirm", "accept", "publish", "close_publicity", "approve", "send",
                     "settle", "reviewed"]  # fmt: skip
    assert verify_pool(viewer=town.viewer("payer"), pool=town.pool).sound


def test_every_step_of_a_case_is_in_the_log(town: Town) -> None:
    file = town.sent(town.candidate())
    key = Case.objects.get().key
    logged = set(AuditEntry.objects.filter(target=f"case:{key}").values_list("action", flat=True))
    assert {"policy.confirm_cases", "policy.answer_case", "policy.publish_cases", "policy.close_publicity",
            "policy.approve_cases"} <= logged  # fmt: skip
    assert AuditEntry.objects.filter(
        action="policy.export_payments", target=f"batch:{file.batch.key}"
    ).exists()


def test_instalments_are_paid_one_by_one_each_approved_anew(town: Town) -> None:
    file = town.sent(town.candidate(instalments=(18_000_000, 12_000_000)))
    town.answer(file, a="成功")
    case = Case.objects.get()
    assert (case.state, case.paid_fen) == ("waiting", 18_000_000)
    release_instalment(viewer=town.viewer("maker"), case=case, words="达产一年，已复核")
    with refused("E-POLICY-NOTHING"):
        export_payments(viewer=town.viewer("payer"), batch=file.batch)
    approve_cases(viewer=town.viewer("approver"), batch=file.batch)
    second = PaymentFile.objects.get(
        number=export_payments(viewer=town.viewer("payer"), batch=file.batch)["file"]
    )
    assert second.total_fen == 12_000_000
    town.answer(second, a="成功")
    case.refresh_from_db()
    assert (case.state, case.paid_fen) == ("paid", 30_000_000)
    assert verify_pool(viewer=town.viewer("payer"), pool=town.pool).sound


# ---- coming in ----------------------------------------------------------------------------------


def test_every_problem_of_a_run_is_said_at_once_and_nothing_is_taken(town: Town) -> None:
    no = {"conditions": [{"text": "无欠税", "verdict": 0}]}
    with refused("E-INPUT") as caught:
        town.open(
            town.candidate(amount_fen=0), town.candidate(OTHER, version="2020"),
            town.candidate(THIRD, trace=no), town.candidate(FIRM, instalments=(1, 2)),
            town.candidate(OTHER, trace={}),
        )  # fmt: skip
    said = [(one.row, one.column) for one in caught.value.fields]
    assert said == [(1, "amount_fen"), (2, "policy"), (3, "trace"), (4, "instalments"), (4, "firm"),
                    (5, "trace"), (5, "firm")]  # fmt: skip
    assert not Case.objects.exists()


def test_an_item_that_nobody_declared_or_that_lapsed_takes_no_candidate(town: Town) -> None:
    bureau = town.offices["bureau"].pk
    save_item(
        viewer=town.viewer("maker"),
        department=bureau,
        place=PLACE,
        values={**ITEM, "version": "draft"},
    )
    lapsed = save_item(viewer=town.viewer("maker"), department=bureau, place=PLACE,
                       values={**ITEM, "version": "old", "valid_until": ITEM["valid_from"]})  # fmt: skip
    declare_item(viewer=town.viewer("confirmer"), item=lapsed)
    with refused("E-INPUT") as caught:
        town.open(town.candidate(version="draft"), town.candidate(OTHER, version="old"))
    assert [
        "免申即享" in caught.value.fields[0].message_zh,
        "失效" in caught.value.fields[1].message_zh,
    ] == [True, True]


def test_missing_data_waits_and_a_later_run_completes_the_case(town: Town) -> None:
    lacking = {"conditions": [{"text": "研发费用", "verdict": 2}]}
    batch = town.open(town.candidate(trace=lacking))
    assert states(batch) == ["pending_data"]
    with refused("E-POLICY-NOTHING"):
        confirm_cases(viewer=town.viewer("confirmer"), batch=batch)
    town.open(town.candidate(amount_fen=20_000_000, run="run-2"))
    case = Case.objects.get()
    assert (case.batch, case.state, case.amount_fen, case.trace["run"]) == (
        batch,
        "department",
        20_000_000,
        "run-2",
    )


def test_one_matter_has_one_case(town: Town) -> None:
    town.open(town.candidate())
    with refused("E-INPUT"):
        town.open(town.candidate())
    town.open(town.candidate(subject="2027"))
    assert Case.objects.count() == 2


def test_a_firm_that_is_not_certain_or_moved_out_is_held(town: Town) -> None:
    batch = town.open(town.candidate("91350100M000100Y44"), town.candidate(OTHER))
    assert [(one.firm, one.held) for one in Case.objects.filter(batch=batch)] == [
        ("91350100M000100Y44", True), (OTHER, False)]  # fmt: skip
    assert Hold.objects.get().reason == "ambiguous_firm"
    assert confirm_cases(viewer=town.viewer("confirmer"), batch=batch) == 1


def test_the_same_key_gives_the_same_batch_and_another_body_is_refused(town: Town) -> None:
    first = town.open(town.candidate(), key="k1")
    assert town.open(town.candidate(), key="k1") == first
    with refused("E-POLICY-KEY"):
        town.open(town.candidate(amount_fen=1), key="k1")
    assert (Case.objects.count(), OnceKey.objects.count()) == (1, 1)


def test_a_refused_sending_leaves_its_key_free(town: Town) -> None:
    with refused("E-INPUT"):
        town.open(town.candidate(amount_fen=0), key="k1")
    assert town.open(town.candidate(), key="k1").cases.count() == 1


# ---- who may ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["approver", "stranger", "elsewhere", FIRM])
def test_only_the_bureau_in_charge_opens_and_confirms(town: Town, name: str) -> None:
    batch = town.open()
    for verb in (confirm_cases, publish_cases, close_publicity, lapse_cases):
        with refused("E-FORBIDDEN"):
            verb(viewer=town.viewer(name), batch=batch)
    with refused("E-FORBIDDEN"):
        open_batch(viewer=town.viewer(name), title="批次", place=PLACE, department=town.offices["bureau"].pk,
                   pool=town.pool, candidates=[town.candidate()])  # fmt: skip


@pytest.mark.parametrize("name", ["maker", "confirmer", "stranger", "elsewhere", FIRM])
def test_only_the_finance_office_approves_and_pays(town: Town, name: str) -> None:
    file = town.sent()
    with refused("E-FORBIDDEN"):
        approve_cases(viewer=town.viewer(name), batch=file.batch)
    with refused("E-FORBIDDEN"):
        export_payments(viewer=town.viewer(name), batch=file.batch)
    with refused("E-FORBIDDEN"):
        reconcile(viewer=town.viewer(name), file=file, name="x", content=b"")
    with refused("E-FORBIDDEN"):
        fund_pool(
            viewer=town.viewer(name), pool=town.pool, amount_fen=1, document="某财预〔2026〕2号"
        )


def test_the_four_steps_take_four_people(town: Town) -> None:
    batch = town.open()
    with refused("E-FORBIDDEN"):
        confirm_cases(viewer=town.viewer("maker"), batch=batch)
    confirm_cases(viewer=town.viewer("confirmer"), batch=batch)
    town.accept(batch)
    town.published(batch)
    approve_cases(viewer=town.viewer("approver"), batch=batch)
    with refused("E-POLICY-FOUR-EYES"):
        export_payments(viewer=town.viewer("approver"), batch=batch)
    assert not Payment.objects.exists()


def test_a_firm_answers_for_itself_only(town: Town) -> None:
    batch = town.open()
    confirm_cases(viewer=town.viewer("confirmer"), batch=batch)
    case = Case.objects.get(batch=batch, firm=FIRM)
    with refused("E-FORBIDDEN"):
        answer_case(viewer=town.viewer(OTHER), case=case, answer="accept", bank=account(case))
    with refused("E-FORBIDDEN"):
        answer_case(viewer=town.viewer("maker"), case=case, answer="waive")


# ---- the firm -----------------------------------------------------------------------------------


def test_accepting_needs_the_firms_own_account(town: Town) -> None:
    batch = town.open(town.candidate())
    confirm_cases(viewer=town.viewer("confirmer"), batch=batch)
    case = Case.objects.get()
    with refused("E-INPUT") as caught:
        answer_case(
            viewer=town.viewer(FIRM),
            case=case,
            answer="accept",
            bank=BankAccount("别人", "行", "12"),
        )
    assert {one.column for one in caught.value.fields} == {"payee", "bank", "account"}
    answer_case(viewer=town.viewer(FIRM), case=case, answer="accept", bank=account(case))
    case.refresh_from_db()
    assert (case.state, case.account) == ("ready", "6222020200112233445")


def test_waiving_gives_back_what_was_set_aside(town: Town) -> None:
    town.approved(town.candidate())
    assert balances(town)["reserved"] == 30_000_000
    answer_case(viewer=town.viewer(FIRM), case=Case.objects.get(), answer="waive", words="自愿放弃")
    assert Case.objects.get().state == "waived"
    assert (balances(town)["reserved"], balances(town)["available"]) == (0, 200_000_000)


def test_silence_is_taken_as_the_batch_says(town: Town) -> None:
    waits = town.open(town.candidate())
    confirm_cases(viewer=town.viewer("confirmer"), batch=waits)
    town.days_go_by(waits)
    with refused("E-POLICY-WAITS"):
        lapse_cases(viewer=town.viewer("maker"), batch=waits)
    takes = town.open(
        town.candidate(OTHER, payee=FIRMS[OTHER], bank="合成银行", account="62220202001122"),
        town.candidate(THIRD), terms=Terms(on_silence="accept"),
    )  # fmt: skip
    confirm_cases(viewer=town.viewer("confirmer"), batch=takes)
    with refused("E-POLICY-NOTHING"):
        lapse_cases(viewer=town.viewer("maker"), batch=takes)
    town.days_go_by(takes)
    assert lapse_cases(viewer=town.viewer("maker"), batch=takes) == 2
    assert states(takes) == ["ready", "firm"]
    assert Hold.objects.get().reason == "no_account"
    held = Case.objects.get(firm=THIRD)
    answer_case(viewer=town.viewer(THIRD), case=held, answer="accept", bank=account(held))
    held.refresh_from_db()
    assert (held.state, held.held) == ("ready", False)


# ---- publicity, holds ---------------------------------------------------------------------------


def test_publicity_lasts_its_working_days_and_an_objection_stops_it(town: Town) -> None:
    batch = town.open(town.candidate(), town.candidate(OTHER))
    confirm_cases(viewer=town.viewer("confirmer"), batch=batch)
    town.accept(batch)
    publish_cases(viewer=town.viewer("maker"), batch=batch)
    with refused("E-POLICY-NOTHING"):
        close_publicity(viewer=town.viewer("maker"), batch=batch)
    first, second = Case.objects.filter(batch=batch)
    for case in (first, second):
        object_case(viewer=town.viewer("maker"), case=case, words="来电反映不符合条件")
    town.days_go_by(batch)
    settle_objection(viewer=town.viewer("maker"), case=first, upheld=True, words="核实后不符合")
    settle_objection(viewer=town.viewer("maker"), case=second, upheld=False, words="核实后符合")
    close_publicity(viewer=town.viewer("maker"), batch=batch)
    assert states(batch) == ["rejected", "finance"]


def test_a_hold_stops_the_case_and_another_person_of_the_right_office_lifts_it(town: Town) -> None:
    batch = town.approved(town.candidate())
    case = Case.objects.get()
    hold_case(
        viewer=town.viewer("payer"), case=case, reason="frozen", evidence="法院协助执行通知书"
    )
    with refused("E-POLICY-NOTHING"):
        export_payments(viewer=town.viewer("payer"), batch=batch)
    held = Hold.objects.get()
    for name in ("payer", "maker", FIRM):
        with refused("E-FORBIDDEN"):
            lift_hold(viewer=town.viewer(name), held=held, words="法院已解除冻结")
    lift_hold(viewer=town.viewer("approver"), held=held, words="法院已解除冻结")
    assert export_payments(viewer=town.viewer("payer"), batch=batch)["count"] == 1


def test_a_rejected_case_is_over_and_its_matter_may_come_again(town: Town) -> None:
    town.open(town.candidate())
    reject_case(viewer=town.viewer("maker"), case=Case.objects.get(), words="上级已兑付同一事项")
    with refused("E-POLICY-STATE"):
        reject_case(
            viewer=town.viewer("maker"), case=Case.objects.get(), words="上级已兑付同一事项"
        )
    town.open(town.candidate())


# ---- money --------------------------------------------------------------------------------------


def test_a_fund_that_runs_out_in_mid_batch_lets_the_rest_wait(town: Town) -> None:
    batch = town.open(*(town.candidate(firm, amount_fen=90_000_000) for firm in FIRMS))
    confirm_cases(viewer=town.viewer("confirmer"), batch=batch)
    town.accept(batch)
    town.published(batch)
    result = approve_cases(viewer=town.viewer("approver"), batch=batch)
    assert result == {
        "approved": 2,
        "queued": 1,
        "short_fen": 90_000_000,
        "available_fen": 20_000_000,
    }
    assert states(batch) == ["approved", "approved", "queued"]
    assert approve_cases(viewer=town.viewer("approver"), batch=batch)["queued"] == 1
    town.fund(700_000)
    assert approve_cases(viewer=town.viewer("approver"), batch=batch)["approved"] == 1
    assert balances(town)["available"] == 0


def test_the_same_key_gives_the_same_file(town: Town) -> None:
    batch = town.approved()
    first = export_payments(viewer=town.viewer("payer"), batch=batch, key="pay-1")
    assert export_payments(viewer=town.viewer("payer"), batch=batch, key="pay-1") == first
    with refused("E-POLICY-NOTHING"):
        export_payments(viewer=town.viewer("payer"), batch=batch, key="pay-2")
    with refused("E-POLICY-NOTHING"):
        export_payments(viewer=town.viewer("payer"), batch=batch)
    assert Payment.objects.count() == 3


def test_a_returned_payment_goes_to_the_firm_and_out_again_once(town: Town) -> None:
    file = town.sent(town.candidate())
    assert town.answer(file, a="退回")["counts"] == {"returned": 1}
    case = Case.objects.get()
    assert (case.state, case.attempt, balances(town)["reserved"]) == ("returned", 2, 30_000_000)
    answer_case(
        viewer=town.viewer(FIRM),
        case=case,
        answer="correct",
        bank=account(case, "6222999988887777"),
    )
    with refused("E-POLICY-NOTHING"):
        export_payments(viewer=town.viewer("payer"), batch=file.batch)
    approve_cases(viewer=town.viewer("approver"), batch=file.batch)
    again = PaymentFile.objects.get(
        number=export_payments(viewer=town.viewer("payer"), batch=file.batch)["file"]
    )
    assert "6222999988887777" in again.content
    town.answer(again, a="成功")
    assert town.answer(file, a="成功")["counts"] == {"again": 1}
    case.refresh_from_db()
    assert (case.state, case.paid_fen) == ("paid", 30_000_000)
    assert list(Payment.objects.values_list("state", flat=True)) == ["paid", "returned"]
    assert verify_pool(viewer=town.viewer("payer"), pool=town.pool).sound


def test_what_does_not_agree_moves_nothing_and_is_listed(town: Town) -> None:
    file = town.sent()
    keys = list(file.payments.order_by("pk").values_list("key", flat=True))
    content = (
        f"付款编号,金额（元）,结果,原因\n{keys[0]},299999.99,成功,\n{keys[1]},300000.00,处理中,\nX-1,1.00,成功,\n"
    ).encode("gb18030")
    counts = reconcile(viewer=town.viewer("payer"), file=file, name="回单", content=content)[
        "counts"
    ]
    assert counts == {"differs": 1, "unclear": 1, "unknown": 1, "missing": 1}
    assert states(file.batch) == ["sent"] * 3
    assert (
        reconcile(viewer=town.viewer("payer"), file=file, name="回单", content=content)["counts"]
        == counts
    )
    assert file.receipts.count() == 1


def test_a_line_that_stands_twice_pays_once(town: Town) -> None:
    file = town.sent(town.candidate())
    key = file.payments.get().key
    content = f"付款编号,金额（元）,结果\n{key},300000.00,成功\n{key},300000.00,成功\n".encode()
    counts = reconcile(viewer=town.viewer("payer"), file=file, name="回单", content=content)[
        "counts"
    ]
    assert counts == {"matched": 1, "again": 1}
    assert balances(town)["paid"] == 30_000_000


def test_money_comes_back_in_parts_and_never_more_than_was_claimed(town: Town) -> None:
    file = town.sent(town.candidate())
    town.answer(file, a="成功")
    case = Case.objects.get()
    with refused("E-INPUT"):
        claim_back(
            viewer=town.viewer("confirmer"),
            case=case,
            amount_fen=30_000_001,
            words="提前迁出，应退回",
        )
    with refused("E-POLICY-FOUR-EYES"):
        claim_back(
            viewer=town.viewer("maker"), case=case, amount_fen=10_000_000, words="提前迁出，应退回"
        )
    claim_back(
        viewer=town.viewer("confirmer"), case=case, amount_fen=10_000_000, words="提前迁出，应退回"
    )
    note_recovered(
        viewer=town.viewer("payer"), case=case, amount_fen=4_000_000, document="进账单 001"
    )
    with refused("E-INPUT"):
        note_recovered(
            viewer=town.viewer("payer"), case=case, amount_fen=6_000_001, document="进账单 002"
        )
    note_recovered(
        viewer=town.viewer("payer"), case=case, amount_fen=6_000_000, document="进账单 002"
    )
    case.refresh_from_db()
    assert (case.state, case.recovered_fen, balances(town)["paid"]) == (
        "recovered",
        10_000_000,
        20_000_000,
    )
    assert verify_pool(viewer=town.viewer("payer"), pool=town.pool).sound


def test_an_item_takes_two_people_its_review_and_is_never_edited(town: Town) -> None:
    bureau = town.offices["bureau"].pk
    bare = save_item(viewer=town.viewer("maker"), department=bureau, place=PLACE,
                     values={**ITEM, "version": "2", "review_number": "", "clause": ""})  # fmt: skip
    with refused("E-FORBIDDEN"):
        declare_item(viewer=town.viewer("maker"), item=bare)
    with refused("E-INPUT") as caught:
        declare_item(viewer=town.viewer("confirmer"), item=bare)
    assert {one.column for one in caught.value.fields} == {"review_number", "clause"}
    with refused("E-POLICY-DECLARED"):
        save_item(viewer=town.viewer("maker"), department=bureau, place=PLACE, values=ITEM)


def test_a_trace_is_kept_as_it_came(town: Town) -> None:
    town.open(town.candidate())
    trace = Case.objects.get().trace
    assert trace["conditions"] == TRACE["conditions"]
    assert (trace["run"], trace["snapshot"], trace["version"]) == ("run-1", "snap-1", "2026.1")
