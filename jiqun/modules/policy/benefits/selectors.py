"""Reads for pages, files and the API: always with the viewer, and logged where they speak of firms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db.models import Min
from django.utils import timezone

from jiqun.core.access import Viewer
from jiqun.errors import JiqunError, Kind
from jiqun.modules.policy.benefits.reads import note_read
from jiqun.modules.policy.machine import STATES, State
from jiqun.modules.policy.models import (
    Batch,
    Case,
    Hold,
    Item,
    LedgerAccount,
    LedgerTransfer,
    Payment,
    PaymentFile,
    Pool,
    Receipt,
    Step,
)
from jiqun.modules.policy.models.base import Organisation, own_offices

SHOWN = 200


def missing(what_zh: str, what_en: str) -> JiqunError:
    """Return the error for a row that is not there, or not for this viewer: both look the same."""
    return JiqunError(
        "E-POLICY-MISSING",
        f"没有这个{what_zh}，或您不能查看它",
        f"there is no such {what_en}, or you may not see it",
        hint_zh="官员查看企业的事项须先说明用途；请从列表进入。",
        hint_en="An official states a purpose before looking at a firm's case; enter from the list.",
        kind=Kind.NOT_FOUND,
    )


def the_item(viewer: Viewer, pk: int) -> Item:
    """Return an item; ``E-POLICY-MISSING`` when it is not for the viewer."""
    found = Item.objects.visible_to(viewer).select_related("department").filter(pk=pk).first()
    if found is None:
        raise missing("事项", "item")
    return found


def the_batch(viewer: Viewer, key: str) -> Batch:
    """Return a batch; ``E-POLICY-MISSING`` when it is not for the viewer."""
    rows = Batch.objects.visible_to(viewer).select_related("pool", "department")
    found = rows.filter(key=key).first()
    if found is None:
        raise missing("批次", "batch")
    return found


def the_pool(viewer: Viewer, key: str) -> Pool:
    """Return a fund; ``E-POLICY-MISSING`` when it is not for the viewer."""
    found = Pool.objects.visible_to(viewer).select_related("organisation").filter(key=key).first()
    if found is None:
        raise missing("资金池", "fund")
    return found


def the_file(viewer: Viewer, number: str) -> PaymentFile:
    """Return a file for the bank; ``E-POLICY-MISSING`` when it is not for the viewer."""
    rows = PaymentFile.objects.visible_to(viewer).select_related("pool", "batch")
    found = rows.filter(number=number).first()
    if found is None:
        raise missing("拨付文件", "payment file")
    return found


def the_case(viewer: Viewer, key: str) -> Case:
    """Return a case and log the look at it; ``E-POLICY-MISSING`` when it is not for the viewer."""
    rows = Case.objects.visible_to(viewer).select_related(
        "batch", "item", "batch__pool", "item__department"
    )
    found = rows.filter(key=key).first()
    if found is None:
        raise missing("事项", "case")
    note_read(viewer, [found.firm], "policy_case")
    return found


def cases_of(viewer: Viewer, batch: Batch | None = None, limit: int = SHOWN) -> list[Case]:
    """Return cases that the viewer may see, of a batch if one is given, and log the look."""
    found = Case.objects.visible_to(viewer).select_related("item", "batch")
    if batch is not None:
        found = found.filter(batch=batch)
    rows = list(found.order_by("pk" if batch is not None else "-pk")[:limit])
    note_read(viewer, {one.firm for one in rows}, "policy_case")
    return rows


def payments_of(
    viewer: Viewer, batch: Batch | None = None, case: Case | None = None
) -> list[Payment]:
    """Return payments that the viewer may see, newest first, and log the look."""
    found = Payment.objects.visible_to(viewer).select_related("case", "case__item", "file")
    if batch is not None:
        found = found.filter(case__batch=batch)
    if case is not None:
        found = found.filter(case=case)
    rows = list(found[:SHOWN])
    note_read(viewer, {one.firm for one in rows}, "policy_payment")
    return rows


def batches_of(viewer: Viewer) -> list[Batch]:
    """Return the batches of the official's places, newest first."""
    return list(Batch.objects.visible_to(viewer).select_related("department", "pool")[:SHOWN])


def items_of(viewer: Viewer) -> list[Item]:
    """Return the items that the viewer may see."""
    return list(Item.objects.visible_to(viewer).select_related("department")[:2000])


def files_of(viewer: Viewer, batch: Batch) -> list[PaymentFile]:
    """Return a batch's files for the bank, for those who pay."""
    return list(PaymentFile.objects.visible_to(viewer).filter(batch=batch).defer("content"))


def payments_in(viewer: Viewer, file: PaymentFile) -> list[Payment]:
    """Return the payments of a file that the viewer may see, whole, and log whose account was seen."""
    found = Payment.objects.visible_to(viewer).filter(file=file).order_by("pk")
    rows = list(found.select_related("case"))
    note_read(viewer, {one.firm for one in rows}, "policy_payment.account")
    return rows


def answers_to(viewer: Viewer, file: PaymentFile) -> list[Receipt]:
    """Return the treasury's answers to a file, newest first."""
    return list(Receipt.objects.visible_to(viewer).filter(file=file))


def on_show_of(viewer: Viewer, batch: Batch) -> list[dict[str, Any]]:
    """Return what the public notice of a batch says today; nobody's purpose is needed for that."""
    found = Batch.objects.visible_to(viewer).filter(
        pk=batch.pk, cases__state=State.PUBLICITY, cases__public_until__gte=timezone.localdate()
    )
    names = ("firm_name", "item__title", "amount_fen", "public_from", "public_until")
    rows = found.order_by("cases__pk").values_list(*(f"cases__{name}" for name in names))
    return [dict(zip(names, row, strict=True)) for row in rows]


def counts_of(batches: Sequence[Batch]) -> dict[int, Counter[str]]:
    """Return batch → state → number of cases: counts only, so that no purpose is needed."""
    found: dict[int, Counter[str]] = {one.pk: Counter() for one in batches}
    for batch, state, held in Batch.objects.states([one.pk for one in batches]):
        found[batch]["held" if held else state] += 1
    return found


def holders_of(counts: Counter[str]) -> list[tuple[State, int]]:
    """Return the states that have cases, in the order of the way."""
    return [(state, counts[state.value]) for state in STATES if counts[state.value]]


def last_day(batch: Batch, state: State, term: str) -> date | None:
    """Return the earliest last day of a term (``answer_until``, ``public_until``) among a batch's cases."""
    # nosemgrep: jiqun-unscoped-read - a day alone, of a batch that the caller was given
    found = Batch.objects.filter(pk=batch.pk, cases__state=state, cases__held=False)
    return found.aggregate(first=Min(f"cases__{term}"))["first"]


def holds_of(viewer: Viewer, case: Case) -> list[Hold]:
    """Return what holds or held a case, newest first."""
    return list(
        Hold.objects.visible_to(viewer).filter(case=case).select_related("made_by", "lifted_by")
    )


def steps_of(viewer: Viewer, case: Case) -> list[Step]:
    """Return the steps of a case in order."""
    return list(Step.objects.visible_to(viewer).filter(case=case).select_related("by"))


def pools_of(viewer: Viewer) -> list[tuple[Pool, dict[str, int]]]:
    """Return the place's funds with the balances of their accounts."""
    pools = list(Pool.objects.visible_to(viewer).select_related("organisation"))
    balances = LedgerAccount.objects.balances([one.pk for one in pools])
    return [(one, balances[one.pk]) for one in pools]


def transfers_of(viewer: Viewer, pool: Pool) -> list[LedgerTransfer]:
    """Return a fund's movements that the viewer may see, newest first, and log whose they are."""
    found = LedgerTransfer.objects.visible_to(viewer).filter(debit__pool=pool)
    rows = list(found.select_related("debit", "credit", "made_by")[:SHOWN])
    note_read(viewer, {one.firm for one in rows}, "policy_ledger")
    return rows


def public_notice(day: date) -> list[Any]:
    """Return what everybody may see today: name, item, amount and last day, nothing else."""
    found = Case.objects.on_show(day).order_by("public_until", "pk")
    return list(
        found.values("firm_name", "item__title", "amount_fen", "public_until", "place",
                     "item__department__name", "item__contact")[:2000]
    )  # fmt: skip


def offices_of(viewer: Viewer) -> list[Organisation]:
    """Return the bureaux in which the viewer works."""
    return own_offices(viewer)
