"""The finance office approves and sets money aside, sends the file, and takes the treasury's answer.

Every movement of money stands in the same transaction as the step of its case; the database
refuses a second payment of an instalment, a missing approval and money that is not there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from django.utils import timezone

from jiqun.core.access import Viewer
from jiqun.core.actions import action, refuse
from jiqun.core.audit import record
from jiqun.core.forms import wrong
from jiqun.modules.policy.benefits.helping import another, locked_in
from jiqun.modules.policy.benefits.ledger.posting import Act, Book
from jiqun.modules.policy.benefits.moving import move
from jiqun.modules.policy.benefits.once import Result, once
from jiqun.modules.policy.benefits.paying.bankfile import (
    Answer,
    Line,
    account_sum,
    bank_file,
    digest,
    read_answers,
)
from jiqun.modules.policy.benefits.paying.matching import Match, Matched, Sent, three_way
from jiqun.modules.policy.machine import Event, State
from jiqun.modules.policy.models import (
    Batch,
    Case,
    LedgerAccount,
    LedgerTransfer,
    Payment,
    PaymentFile,
    Receipt,
)
from jiqun.modules.policy.models.base import serves

TO_APPROVE = (State.FINANCE, State.QUEUED, State.RECHECK)


def may_approve_cases(viewer: Viewer, batch: Batch) -> bool:
    """An official of the finance office that keeps the fund; never who brought the batch in."""
    return (
        serves(viewer, batch.pool.organisation_id, batch.place)
        and viewer.user_id != batch.made_by_id
    )


@action(
    "policy.approve_cases", zh="审核兑付事项（财政）", en="approve cases for the finance office"
)
def approve_cases(*, viewer: Viewer, batch: Batch, keys: Sequence[str] = ()) -> Result:
    """Approve cases and set their money aside, in their order, as far as the fund goes.

    Cases that the fund does not cover wait for money; nothing is cut. After a corrected account
    the money is still set aside, and only the account is approved anew.

    Returns:
        ``{approved, queued, short_fen, available_fen}``.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-POLICY-FOUR-EYES``, ``E-POLICY-NOTHING``, ``E-INPUT``.
    """
    found = locked_in(batch, TO_APPROVE, keys)
    another(viewer, *(one.made_by_id for one in found), *(one.confirmed_by_id for one in found))
    book = Book(viewer, batch.pool)
    approved = queued = short = 0
    for case in found:
        act = Act(
            "reserve", case.due_fen, f"reserve:{case.key}:{case.instalment}", case.key, case.firm
        )
        if case.state != State.RECHECK and not book.covers(act):
            queued, short = queued + 1, short + case.due_fen
            if case.state == State.FINANCE:
                move(
                    viewer,
                    case,
                    Event.QUEUE,
                    note="资金池余额不足，排队等待",
                    verb="policy.approve_cases",
                )
            continue
        if case.state != State.RECHECK:
            book.write(act)
        case.approved_by_id = viewer.user_id
        move(viewer, case, Event.APPROVE, verb="policy.approve_cases")
        approved += 1
    result: Result = {
        "approved": approved, "queued": queued, "short_fen": short,
        "available_fen": book.balance(LedgerAccount.Kind.AVAILABLE),
    }  # fmt: skip
    record(viewer, "policy.approve_cases", target=f"batch:{batch.key}", after=result)
    return result


# ---- the file for the bank ----------------------------------------------------------------------


def may_export_payments(viewer: Viewer, batch: Batch) -> bool:
    """An official of the finance office that keeps the fund; the cases refuse whoever approved them."""
    return (
        serves(viewer, batch.pool.organisation_id, batch.place)
        and viewer.user_id != batch.made_by_id
    )


@action("policy.export_payments", zh="生成拨付文件", en="make the file for the bank")
def export_payments(*, viewer: Viewer, batch: Batch, key: str = "") -> Result:
    """Put every approved case of a batch into one file for the bank and mark its money as on the way.

    Args:
        viewer: The payer: none of the three who had the cases before.
        batch: The batch.
        key: The sender's idempotency key; the same key gives the same file.

    Returns:
        ``{file, count, total_fen, digest}``.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-POLICY-FOUR-EYES``, ``E-POLICY-NOTHING``, ``E-POLICY-KEY``.
    """
    return once(
        viewer,
        "policy.export_payments",
        key,
        {"batch": batch.key},
        lambda: _exported(viewer, batch),
    )


def _exported(viewer: Viewer, batch: Batch) -> Result:
    found = locked_in(batch, [State.APPROVED])
    another(viewer, *(
        person for one in found for person in (one.made_by_id, one.confirmed_by_id, one.approved_by_id)
    ))  # fmt: skip
    book = Book(viewer, batch.pool)
    number = _number(batch)
    lines = [_line(one) for one in found]
    text = bank_file(number, timezone.localdate(), lines)
    file = PaymentFile.objects.create(
        number=number, pool=batch.pool, batch=batch, count=len(lines), account_sum=account_sum(lines),
        total_fen=sum(one.amount_fen for one in lines), content=text, digest=digest(text),
        made_by_id=viewer.user_id,
    )  # fmt: skip
    for case in found:
        key = payment_key(case)
        book.write(Act("send", case.due_fen, f"send:{key}", case.key, case.firm))
        Payment.objects.create(
            key=key, case=case, file=file, place=case.place, firm=case.firm, instalment=case.instalment,
            attempt=case.attempt, amount_fen=case.due_fen, payee=case.payee, bank=case.bank,
            account=case.account, made_by_id=case.made_by_id, confirmed_by_id=case.confirmed_by_id,
            approved_by_id=case.approved_by_id, paid_by_id=viewer.user_id,
        )  # fmt: skip
        move(viewer, case, Event.SEND, note=number)
    result: Result = {
        "file": number, "count": file.count, "total_fen": file.total_fen, "digest": file.digest,
    }  # fmt: skip
    record(viewer, "policy.export_payments", target=f"batch:{batch.key}", after=result)
    return result


def payment_key(case: Case) -> str:
    """Return the number of the payment that is due now: case, instalment, attempt."""
    return f"{case.key}-{case.instalment}-{case.attempt}"


def _line(case: Case) -> Line:
    use = f"{case.item.title}{case.subject}"[:60]
    return Line(payment_key(case), case.payee, case.account, case.bank, case.due_fen, use)


def _number(batch: Batch) -> str:
    count = PaymentFile.objects.filter(batch=batch).count()
    return f"BF-{batch.key}-{count + 1:02d}"


# ---- the treasury's answer ----------------------------------------------------------------------


def may_reconcile(viewer: Viewer, file: PaymentFile) -> bool:
    """An official of the finance office that keeps the fund."""
    return serves(viewer, file.pool.organisation_id, file.pool.place)


@action("policy.reconcile", zh="导入国库回单并对账", en="take the treasury's answer and reconcile")
def reconcile(
    *, viewer: Viewer, file: PaymentFile, name: str, content: bytes, key: str = ""
) -> Result:
    """Match an answer against file and ledger, and book what agrees.

    A line that agrees settles its payment or, returned, sends it back to the firm for another
    account. A line that does not agree moves nothing and is listed. The same answer again, under
    any key, gives the first result.

    Args:
        viewer: An official of the finance office.
        file: The file that is answered.
        name: Name of the answer's file.
        content: CSV with 付款编号, 金额（元）, 结果, 原因, in UTF-8 or GB18030.
        key: The sender's idempotency key.

    Returns:
        ``{receipt, counts}`` with a count per kind of :class:`Match`.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-INPUT``, ``E-POLICY-KEY``.
    """
    answers = read_answers(content)
    if answers is None:
        refuse([wrong(
            "file", "不是回单：缺少付款编号、金额（元）、结果三列", "no answer: it lacks 付款编号, 金额（元） or 结果",
            remedy_zh="请用本页的回单模板。", remedy_en="Use the template on this page.",
        )])  # fmt: skip
    said = digest(content.decode("latin-1"))
    body = {"file": file.number, "digest": said}
    return once(viewer, "policy.reconcile", key, body,
                lambda: _reconciled(viewer, file, name, said, answers or []))  # fmt: skip


def _reconciled(
    viewer: Viewer, file: PaymentFile, name: str, said: str, answers: Sequence[Answer]
) -> Result:
    payments = _locked_payments(file)
    earlier = Receipt.objects.filter(file=file, digest=said).first()
    if earlier is not None:
        record(
            viewer, "policy.reconcile", target=f"file:{file.number}", after={"again": earlier.pk}
        )
        return _told(earlier)
    in_transit = _in_transit(list(payments))
    sent = [
        Sent(one.key, one.amount_fen, in_transit.get(one.key), one.state == Payment.State.SENT)
        for one in payments.values()
    ]
    found = three_way(sent, answers)
    book = Book(viewer, file.pool)
    cases = {
        one.pk: one for one in Case.objects.locked([one.case.key for one in payments.values()])
    }
    for one in found:
        if one.match in (Match.MATCHED, Match.RETURNED):
            payment = payments[one.key]
            _book_one(viewer, book, payment, cases[payment.case_id], one)
    receipt = Receipt.objects.create(
        file=file, name=name[:200], digest=said, made_by_id=viewer.user_id,
        lines=[asdict(one) for one in found],
    )  # fmt: skip
    result = _told(receipt)
    record(viewer, "policy.reconcile", target=f"file:{file.number}", after=result)
    return result


def _told(receipt: Receipt) -> Result:
    kinds = [one["match"] for one in receipt.lines]
    return {
        "receipt": receipt.pk,
        "counts": {kind: kinds.count(kind) for kind in Match if kind in kinds},
    }


def _locked_payments(file: PaymentFile) -> dict[str, Payment]:
    rows = Payment.objects.select_for_update(of=("self",)).select_related("case").filter(file=file)
    return {one.key: one for one in rows.order_by("pk")}


def _in_transit(keys: Sequence[str]) -> dict[str, int]:
    """What the ledger sent under each payment's number."""
    rows = LedgerTransfer.objects.filter(kind="send", key__in=[f"send:{key}" for key in keys])
    return {one.key.removeprefix("send:"): one.amount_fen for one in rows}


def _book_one(viewer: Viewer, book: Book, payment: Payment, case: Case, said: Matched) -> None:
    payment.settled_at, payment.reason = timezone.now(), said.reason
    if said.match is Match.MATCHED:
        book.write(
            Act(
                "settle",
                payment.amount_fen,
                f"settle:{case.key}:{payment.instalment}",
                case.key,
                case.firm,
            )
        )
        payment.state = Payment.State.PAID
        payment.save()
        case.paid_fen += payment.amount_fen
        move(
            viewer,
            case,
            Event.SETTLE if case.last_instalment else Event.SETTLE_PART,
            note=payment.key,
        )
        return
    book.write(Act("return", payment.amount_fen, f"return:{payment.key}", case.key, case.firm))
    payment.state = Payment.State.RETURNED
    payment.save()
    case.attempt += 1
    move(viewer, case, Event.BOUNCE, note=said.reason or "银行退回")
