"""What the database itself refuses, whoever writes: on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from jiqun.modules.policy import guards
from jiqun.modules.policy.benefits.ledger.actions import books
from jiqun.modules.policy.benefits.ledger.posting import Act, Book
from jiqun.modules.policy.benefits.ledger.verify import verify
from jiqun.modules.policy.models import (
    Case,
    Hold,
    Item,
    LedgerAccount,
    LedgerTransfer,
    OnceKey,
    Payment,
    PaymentFile,
    Receipt,
    Step,
)
from tests.modules.policy.town import Town


@pytest.fixture
def guarded(town: Town) -> Iterator[Town]:
    guards.install_guards(connection)
    yield town
    guards.remove_guards(connection)


def refuses(change: Any) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        change()


@pytest.mark.parametrize("pair", ["confirmed_by=made_by", "approved_by=made_by", "approved_by=confirmed_by",
                                  "paid_by=made_by", "paid_by=confirmed_by", "paid_by=approved_by"])  # fmt: skip
def test_a_payment_has_four_people(town: Town, pair: str) -> None:
    town.sent(town.candidate())
    one, other = pair.split("=")
    payment = Payment.objects.get()
    refuses(
        lambda: Payment.objects.filter(pk=payment.pk).update(
            **{one: getattr(payment, f"{other}_id")}
        )
    )


@pytest.mark.parametrize(
    "pair", ["confirmed_by=made_by", "approved_by=made_by", "approved_by=confirmed_by"]
)
def test_a_case_has_three_people(town: Town, pair: str) -> None:
    town.approved(town.candidate())
    one, other = pair.split("=")
    case = Case.objects.get()
    refuses(lambda: Case.objects.filter(pk=case.pk).update(**{one: getattr(case, f"{other}_id")}))


@pytest.mark.parametrize("gone", [{"approved_by": None}, {"confirmed_by": None}, {"account": ""}])
def test_no_case_is_paid_without_both_approvals_and_an_account(
    town: Town, gone: dict[str, Any]
) -> None:
    town.approved(town.candidate())
    refuses(lambda: Case.objects.update(state="sent", **gone))


def test_a_state_that_is_none_is_refused(town: Town) -> None:
    town.open(town.candidate())
    refuses(lambda: Case.objects.update(state="perhaps"))
    refuses(lambda: Case.objects.update(paid_fen=30_000_001))
    refuses(lambda: Case.objects.update(claimed_fen=1))
    refuses(lambda: Case.objects.update(amount_fen=0))


@pytest.mark.asvs("2.3.4")
def test_an_instalment_is_paid_once(town: Town) -> None:
    town.sent(town.candidate())
    payment = Payment.objects.get()
    payment.pk, payment.key, payment.attempt = None, "again", 2
    refuses(payment.save)
    payment.state, payment.attempt = "returned", 1
    refuses(payment.save)  # the same attempt


def test_nobody_lifts_the_own_hold_or_declares_the_own_item(town: Town) -> None:
    town.open(town.candidate("91350100M000100Y44"))
    held = Hold.objects.get()
    refuses(lambda: Hold.objects.update(lifted_by=held.made_by_id, lifted_at=held.made_at))
    refuses(lambda: Item.objects.update(declared_by=town.item.made_by_id))


def raw(town: Town, **changed: Any) -> LedgerTransfer:
    """A movement of 1 fen from available to reserved that would follow the last one."""
    accounts = {one.kind: one for one in town.pool.accounts.all()}  # type: ignore[attr-defined]
    sides = LedgerTransfer.objects.sides([one.pk for one in accounts.values()])
    debit, credit = accounts["available"], accounts["reserved"]
    amount = changed.get("amount_fen", 1)
    (dseq, dtotal), (cseq, ctotal) = sides["debit", debit.pk], sides["credit", credit.pk]
    values: dict[str, Any] = {
        "key": "raw", "kind": "reserve", "reference": "r", "amount_fen": amount, "debit": debit, "credit": credit,
        "debit_seq": dseq + 1, "debit_total": dtotal + amount, "credit_seq": cseq + 1, "credit_total": ctotal + amount,
    }  # fmt: skip
    return LedgerTransfer(**(values | changed))


def test_a_movement_that_follows_is_taken(town: Town) -> None:
    raw(town).save()
    assert verify(books(town.pool)).sound


@pytest.mark.parametrize("changed", [
    {"debit_total": 2}, {"credit_total": 2}, {"debit_seq": 2, "debit_total": 1}, {"credit_seq": 3},
    {"debit_seq": 0, "debit_total": 0}, {"amount_fen": 0}, {"amount_fen": -1}, {"amount_fen": 200_000_001},
])  # fmt: skip
def test_a_movement_that_does_not_follow_or_is_not_covered_is_refused(
    town: Town, changed: dict[str, Any]
) -> None:
    refuses(raw(town, **changed).save)


def test_a_movement_to_the_same_account_or_under_a_known_name_is_refused(town: Town) -> None:
    same = raw(town)
    same.credit, same.credit_seq, same.credit_total = same.debit, 2, 200_000_001
    refuses(same.save)
    raw(town).save()
    refuses(raw(town).save)


def test_only_the_treasurys_side_goes_below_zero(town: Town) -> None:
    refuses(lambda: LedgerAccount.objects.filter(kind="available").update(bounded=False))
    refuses(lambda: LedgerAccount.objects.filter(kind="treasury").update(bounded=True))


@pytest.mark.parametrize("model", [LedgerTransfer, PaymentFile, Receipt, Step, OnceKey])
def test_what_is_only_ever_added_is_not_changed_or_deleted(guarded: Town, model: Any) -> None:
    file = guarded.sent(guarded.candidate())
    guarded.answer(file, a="成功")
    guarded.open(guarded.candidate(subject="2027"), key="k1")
    row = model.objects.first()
    with connection.cursor() as cursor:
        table = model._meta.db_table
        column, value = ("digest", "x") if model is OnceKey else ("id", row.pk)
        change = f"UPDATE {table} SET {column} = %s WHERE id = %s"
        refuses(lambda: cursor.execute(change, [value, row.pk]))
        refuses(lambda: cursor.execute(f"DELETE FROM {table} WHERE id = %s", [row.pk]))


def test_a_keys_result_is_written_once(guarded: Town) -> None:
    guarded.open(guarded.candidate(), key="k1")
    refuses(lambda: OnceKey.objects.update(result={}))


def test_the_verifier_finds_what_somebody_changed(town: Town) -> None:
    file = town.sent()
    town.answer(file, a="成功", b="成功", c="退回")
    assert verify(books(town.pool)).sound
    accounts = list(town.pool.accounts.values_list("pk", flat=True))  # type: ignore[attr-defined]
    for tamper in (
        lambda: LedgerTransfer.objects.filter(kind="settle").update(amount_fen=1),
        lambda: LedgerTransfer.objects.filter(kind="settle").delete(),
        lambda: LedgerTransfer.objects.filter(kind="send").update(credit_total=0),
        lambda: LedgerTransfer.objects.filter(kind="send").update(debit=accounts[0]),
        lambda: Case.objects.filter(state="paid").update(paid_fen=1),
        lambda: Payment.objects.filter(state="paid").update(case=Case.objects.filter(state="paid").first(), attempt=9),
    ):  # fmt: skip
        with transaction.atomic():
            try:
                with transaction.atomic():
                    tamper()
            except IntegrityError:
                continue  # the database has refused it already
            assert not verify(books(town.pool)).sound
            transaction.set_rollback(True)


def test_a_book_refuses_what_is_not_there(town: Town) -> None:
    with transaction.atomic():
        book = Book(town.viewer("payer"), town.pool)
        assert not book.covers(Act("reserve", 200_000_001, "k", "r"))
        assert book.covers(Act("reserve", 200_000_000, "k", "r"))
