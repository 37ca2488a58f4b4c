"""Fund pools: opened and filled by the finance office; the ledger is verified by whoever keeps it."""

from __future__ import annotations

from django.utils import timezone

from jiqun.core.access import Viewer
from jiqun.core.actions import action, refuse
from jiqun.core.audit import record
from jiqun.core.forms import words_of, wrong
from jiqun.errors import Problem
from jiqun.modules.policy.benefits.helping import new_key
from jiqun.modules.policy.benefits.ledger.posting import Act, Book, make_accounts
from jiqun.modules.policy.benefits.ledger.verify import Books, Verified, verify
from jiqun.modules.policy.benefits.once import Result, once
from jiqun.modules.policy.models import Case, LedgerAccount, LedgerTransfer, Payment, Pool
from jiqun.modules.policy.models.base import serves

LARGEST = 10**15  # fen; ten million million yuan


def may_open_pool(viewer: Viewer, organisation: int, place: str) -> bool:
    """An official of the finance office, for a place that it answers for."""
    return serves(viewer, organisation, place)


@action("policy.open_pool", zh="设立资金池", en="open a fund pool")
def open_pool(
    *, viewer: Viewer, organisation: int, place: str, name: str, year: int = 0, warn_fen: int = 0
) -> Pool:
    """Open a fund with empty accounts. Below ``warn_fen`` available its page asks to fill it up.

    Raises:
        JiqunError: ``E-FORBIDDEN``; ``E-INPUT`` with every problem.
    """
    problems: list[Problem] = []
    if len(name.strip()) < 2:
        problems.append(wrong("name", "没有名称", "the name is missing",
                              remedy_zh="例如：惠企资金池。", remedy_en="For example: fund for firms."))  # fmt: skip
    if not 0 <= warn_fen <= LARGEST:
        problems.append(wrong("warn", "提醒线有误", "the warning line is wrong", value=str(warn_fen),
                              remedy_zh="请写金额。", remedy_en="Write an amount."))  # fmt: skip
    refuse(problems)
    pool = Pool.objects.create(
        key=new_key("ZJ"), name=" ".join(name.split())[:80], place=place, organisation_id=organisation,
        year=year or timezone.localdate().year, warn_fen=warn_fen, made_by_id=viewer.user_id,
    )  # fmt: skip
    make_accounts(pool)
    record(
        viewer, "policy.open_pool", target=f"pool:{pool.key}",
        after={"name": pool.name, "place": place, "year": pool.year, "warn_fen": warn_fen},
    )  # fmt: skip
    return pool


def may_fund_pool(viewer: Viewer, pool: Pool) -> bool:
    """An official of the finance office that keeps the fund."""
    return serves(viewer, pool.organisation_id, pool.place)


@action("policy.fund_pool", zh="向这个资金池拨入资金", en="appropriate money to this fund")
def fund_pool(
    *, viewer: Viewer, pool: Pool, amount_fen: int, document: str, key: str = ""
) -> Result:
    """Book an appropriation on a document. Returns ``{transfer, available_fen}``.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-INPUT``, ``E-POLICY-KEY``.
    """
    problems: list[Problem] = []
    if not 0 < amount_fen <= LARGEST:
        problems.append(wrong("amount", "金额必须是正数", "it has to be positive",
                              remedy_zh="以元计，最多两位小数。", remedy_en="In yuan, two decimals."))  # fmt: skip
    refuse(problems)
    words = words_of(document, "document")

    def run() -> Result:
        book = Book(viewer, pool)
        count = LedgerTransfer.objects.filter(kind="appropriate", debit__pool=pool).count()
        act = Act("appropriate", amount_fen, f"appropriate:{pool.key}:{count + 1}", words[:120])
        made = book.write(act)
        available = book.balance(LedgerAccount.Kind.AVAILABLE)
        record(
            viewer, "policy.fund_pool", target=f"pool:{pool.key}", reason=words,
            after={"transfer": made.key, "amount_fen": amount_fen, "available_fen": available},
        )  # fmt: skip
        return {"transfer": made.key, "available_fen": available}

    body = {"pool": pool.key, "amount_fen": amount_fen, "document": words}
    return once(viewer, "policy.fund_pool", key, body, run)


def books(pool: Pool | None = None) -> Books:
    """Read a pool's ledger, or all of them, with the cases and payments that it has to agree with."""
    accounts, transfers = LedgerAccount.objects.all(), LedgerTransfer.objects.all()
    cases, payments = Case.objects.all(), Payment.objects.all()
    if pool is not None:
        accounts, transfers = accounts.filter(pool=pool), transfers.filter(debit__pool=pool)
        cases = cases.filter(batch__pool=pool)
        payments = payments.filter(case__batch__pool=pool)
    return Books(tuple(accounts), tuple(transfers), tuple(cases), tuple(payments))


def may_verify_pool(viewer: Viewer, pool: Pool) -> bool:
    """An official of the finance office that keeps the fund."""
    return serves(viewer, pool.organisation_id, pool.place)


@action("policy.verify_pool", zh="核验这个资金池的账", en="verify this fund's ledger")
def verify_pool(*, viewer: Viewer, pool: Pool) -> Verified:
    """Recompute every chain and balance of a fund and compare them with its cases and payments.

    Raises:
        JiqunError: ``E-FORBIDDEN``.
    """
    found = verify(books(pool))
    record(
        viewer, "policy.verify_pool", target=f"pool:{pool.key}",
        after={"transfers": found.transfers, "legs_fen": found.legs_fen, "breaks": list(found.breaks[:20])},
    )  # fmt: skip
    return found
