"""The policies over the API: items, what was found to be due, what was paid; candidates and answers in."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Header, Router, Schema

from jiqun.core.pages import viewer
from jiqun.modules.policy.benefits.intake.actions import open_batch
from jiqun.modules.policy.benefits.intake.candidates import Candidate
from jiqun.modules.policy.benefits.intake.files import candidates_of, record_of
from jiqun.modules.policy.benefits.intake.opening import Terms
from jiqun.modules.policy.benefits.paying.actions import reconcile
from jiqun.modules.policy.benefits.selectors import (
    cases_of,
    payments_of,
    the_batch,
    the_file,
    the_pool,
)
from jiqun.modules.policy.rest_matching import router as matching

router = Router(tags=["policy 惠企政策"])
router.add_router("", matching)
MOST = 100_000


class Result(Schema):
    """One case: what is due to whom, why, and how far it has got. Money is in fen."""

    key: str
    batch: str
    policy: str
    version: str
    title: str
    firm: str
    firm_name: str
    subject: str
    amount_fen: int
    instalments: list[int]
    trace: dict[str, Any]
    run: str
    snapshot: str
    state: str
    held: bool
    paid_fen: int
    recovered_fen: int


class Paid(Schema):
    """One payment and what the bank answered. Money is in fen."""

    key: str
    case: str
    file: str
    firm: str
    instalment: int
    attempt: int
    amount_fen: int
    state: str
    reason: str


class Run(Schema):
    """A run of candidates: the bureau, the fund, the rules of the batch, the candidates themselves."""

    title: str
    place: str
    department: int
    pool: str
    candidates: list[dict[str, Any]]
    on_silence: str = "wait"
    answer_days: int = 5
    publicity_days: int = 5


class Opened(Schema):
    """What became of a run."""

    batch: str
    cases: int
    completed: int
    pending: int
    held: int


class Answered(Schema):
    """The treasury's answer to a file, as CSV text."""

    name: str = "回单.csv"
    content: str


class Reconciled(Schema):
    """How many lines agreed, were returned, are missing, unknown or differ."""

    receipt: int
    counts: dict[str, int]


@router.get(
    "/batches/{batch}/results", response=list[Result], summary="比对结果 · what was found to be due"
)
def results(request: HttpRequest, batch: str) -> list[dict[str, Any]]:
    """Cases of a batch with their traces; an official states a purpose in ``X-Purpose``."""
    who = viewer(request)
    return [record_of(one) for one in cases_of(who, the_batch(who, batch), MOST)]


@router.get("/batches/{batch}/payments", response=list[Paid], summary="兑付结果 · what was paid")
def payments(request: HttpRequest, batch: str) -> list[dict[str, Any]]:
    """Payments of a batch; account numbers are left out."""
    who = viewer(request)
    return [
        {"key": one.key, "case": one.case.key, "file": one.file.number, "firm": one.firm,
         "instalment": one.instalment, "attempt": one.attempt, "amount_fen": one.amount_fen,
         "state": one.state, "reason": one.reason}
        for one in payments_of(who, the_batch(who, batch))
    ]  # fmt: skip


@router.post("/batches", response=Opened, summary="导入比对结果 · bring candidates in")
def bring(
    request: HttpRequest,
    run: Run,
    idempotency_key: str = Header("", alias="Idempotency-Key"),  # pyright: ignore[reportCallIssue, reportCallInDefaultInitializer]
) -> dict[str, Any]:
    """Take a run, all or none. ``Idempotency-Key`` makes a repeated sending harmless, for ever."""
    who = viewer(request)
    found: list[Candidate] = candidates_of(run.candidates)
    return open_batch(
        viewer=who, title=run.title, place=run.place, department=run.department,
        pool=the_pool(who, run.pool), candidates=found, key=idempotency_key,
        terms=Terms(run.on_silence, run.answer_days, run.publicity_days),
    )  # fmt: skip


@router.post(
    "/files/{file}/receipts",
    response=Reconciled,
    summary="导入国库回单 · take the treasury's answer",
)
def answer(
    request: HttpRequest,
    file: str,
    said: Answered,
    idempotency_key: str = Header("", alias="Idempotency-Key"),  # pyright: ignore[reportCallIssue, reportCallInDefaultInitializer]
) -> dict[str, Any]:
    """Match an answer against file and ledger and book what agrees."""
    who = viewer(request)
    return reconcile(
        viewer=who, file=the_file(who, file), name=said.name, content=said.content.encode(),
        key=idempotency_key,
    )  # fmt: skip
