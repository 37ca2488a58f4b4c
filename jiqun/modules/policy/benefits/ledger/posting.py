"""Writes movements. Every one has two legs of the same amount, a number on both sides, and a name."""

from __future__ import annotations

from dataclasses import dataclass

from jiqun.core.access import Viewer
from jiqun.errors import JiqunError, Kind
from jiqun.modules.policy.benefits.money import yuan
from jiqun.modules.policy.machine import RESERVED, State
from jiqun.modules.policy.models import Case, LedgerAccount, LedgerTransfer, Pool

Kinds = LedgerAccount.Kind
# What each act does with money: from which account to which.
ACTS = {
    "appropriate": (Kinds.TREASURY, Kinds.AVAILABLE),
    "reserve": (Kinds.AVAILABLE, Kinds.RESERVED),
    "release": (Kinds.RESERVED, Kinds.AVAILABLE),
    "send": (Kinds.RESERVED, Kinds.TRANSIT),
    "settle": (Kinds.TRANSIT, Kinds.PAID),
    "return": (Kinds.TRANSIT, Kinds.RESERVED),
    "recover": (Kinds.PAID, Kinds.AVAILABLE),
}


@dataclass(frozen=True, slots=True)
class Act:
    """One movement to write: what, how much in fen, for which firm and thing, under which name."""

    kind: str
    amount_fen: int
    key: str
    reference: str
    firm: str = ""


def make_accounts(pool: Pool) -> None:
    """Give a new pool its accounts."""
    LedgerAccount.objects.bulk_create(
        LedgerAccount(pool=pool, kind=kind, bounded=kind != Kinds.TREASURY) for kind in Kinds
    )


class Book:
    """A pool's accounts, locked until the commit, and their balances as they change."""

    def __init__(self, viewer: Viewer, pool: Pool) -> None:
        self._viewer = viewer
        self._pool = pool
        self._accounts = LedgerAccount.objects.locked(pool.pk)
        self._sides = LedgerTransfer.objects.sides([one.pk for one in self._accounts.values()])

    def balance(self, kind: str) -> int:
        """Return an account's balance in fen."""
        account = self._accounts[kind].pk
        return self._sides["credit", account][1] - self._sides["debit", account][1]

    def covers(self, act: Act) -> bool:
        """Whether the account that the act debits holds enough."""
        debit = self._accounts[ACTS[act.kind][0]]
        return not debit.bounded or self.balance(debit.kind) >= act.amount_fen

    def write(self, act: Act) -> LedgerTransfer:
        """Write one movement.

        Raises:
            JiqunError: ``E-POLICY-FUNDS`` when the account does not cover it.
        """
        from_kind, to_kind = ACTS[act.kind]
        if not self.covers(act):
            raise short(self._pool, act.amount_fen, self.balance(from_kind))
        debit, credit = self._accounts[from_kind], self._accounts[to_kind]
        debit_seq, debit_total = self._next("debit", debit.pk, act.amount_fen)
        credit_seq, credit_total = self._next("credit", credit.pk, act.amount_fen)
        return LedgerTransfer.objects.create(
            key=act.key, kind=act.kind, firm=act.firm, reference=act.reference,
            amount_fen=act.amount_fen, debit=debit, debit_seq=debit_seq, debit_total=debit_total,
            credit=credit, credit_seq=credit_seq, credit_total=credit_total,
            made_by_id=self._viewer.user_id,
        )  # fmt: skip

    def _next(self, side: str, account: int, amount: int) -> tuple[int, int]:
        seq, total = self._sides[side, account]
        self._sides[side, account] = (seq + 1, total + amount)
        return self._sides[side, account]


def short(pool: Pool, wanted: int, there: int) -> JiqunError:
    """Return the error for money that is not there."""
    return JiqunError(
        "E-POLICY-FUNDS",
        f"资金池“{pool.name}”余额不足：需要 {yuan(wanted)} 元，只有 {yuan(there)} 元",
        f"the pool “{pool.name}” does not cover it: {yuan(wanted)} yuan needed, {yuan(there)} there",
        hint_zh="请先拨入资金，或等退回、追回的资金到账。",
        hint_en="Appropriate money first, or wait for what is returned or recovered.",
        kind=Kind.CONFLICT,
    )


def release(book: Book, case: Case, before: State) -> None:
    """Give back what is set aside for a case that ended without using it."""
    if before in RESERVED:
        act = f"{case.key}:{case.instalment}:{case.attempt}"
        book.write(Act("release", case.due_fen, f"release:{act}", case.key, case.firm))
