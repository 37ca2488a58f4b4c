"""Proves that a ledger adds up, from its rows alone, and that it agrees with the cases."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from jiqun.modules.policy.models import Case, LedgerAccount, LedgerTransfer, Payment


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found: movements, the sum of all legs, and every contradiction in words."""

    transfers: int
    legs_fen: int
    breaks: tuple[str, ...]
    balances: Mapping[int, int]

    @property
    def sound(self) -> bool:
        """Whether everything adds up."""
        return self.legs_fen == 0 and not self.breaks


@dataclass(frozen=True, slots=True)
class Books:
    """Every row of the ledger and what it has to agree with; read by a verb or a command."""

    accounts: tuple[LedgerAccount, ...]
    transfers: tuple[LedgerTransfer, ...]
    cases: tuple[Case, ...]
    payments: tuple[Payment, ...]


def verify(books: Books) -> Verified:
    """Recompute every account's chain and balance and compare them with the cases.

    Found: a leg out of order or with a wrong total, an account below zero, an instalment that was
    settled twice or without a movement, a case whose paid sum the ledger does not have.
    """
    known = {one.pk: one for one in books.accounts}
    totals: dict[tuple[str, int], tuple[int, int]] = defaultdict(lambda: (0, 0))
    breaks: list[str] = []
    for one in sorted(books.transfers, key=lambda row: row.pk):
        for side in ("debit", "credit"):
            account = getattr(one, f"{side}_id")
            seq, total = totals[side, account]
            said = (getattr(one, f"{side}_seq"), getattr(one, f"{side}_total"))
            if said != (seq + 1, total + one.amount_fen):
                breaks.append(f"{one.key}: {side} {said}, not {(seq + 1, total + one.amount_fen)}")
            totals[side, account] = (seq + 1, total + one.amount_fen)
        if known[one.debit_id].bounded and _balance(totals, one.debit_id) < 0:
            breaks.append(f"{one.key}: the account is below zero")
    balances = {pk: _balance(totals, pk) for pk in known}
    breaks += _disagreements(books)
    return Verified(len(books.transfers), sum(balances.values()), tuple(breaks), balances)


def _balance(totals: Mapping[tuple[str, int], tuple[int, int]], account: int) -> int:
    return totals["credit", account][1] - totals["debit", account][1]


def _twice(books: Books) -> Iterable[str]:
    keys = {one.pk: one.key for one in books.cases}
    paid = Counter(
        (keys[one.case_id], one.instalment)
        for one in books.payments
        if one.state == Payment.State.PAID
    )
    for (key, instalment), times in paid.items():
        if times > 1:
            yield f"{key}: instalment {instalment} was paid {times} times"


def _disagreements(books: Books) -> Iterable[str]:
    settled: dict[str, int] = defaultdict(int)
    recovered: dict[str, int] = defaultdict(int)
    for one in books.transfers:
        if one.kind == "settle":
            settled[one.reference] += one.amount_fen
        elif one.kind == "recover":
            recovered[one.reference] += one.amount_fen
    yield from _twice(books)
    for case in books.cases:
        if settled[case.key] != case.paid_fen:
            yield f"{case.key}: paid {case.paid_fen}, the ledger has {settled[case.key]}"
        if recovered[case.key] != case.recovered_fen:
            yield f"{case.key}: recovered {case.recovered_fen}, the ledger has {recovered[case.key]}"
