"""After the payment: the review of what became of it, and money that has to come back."""

from __future__ import annotations

from jiqun.core.access import Viewer
from jiqun.core.actions import action, refuse
from jiqun.core.audit import record
from jiqun.core.forms import words_of, wrong
from jiqun.modules.policy.benefits.helping import another, locked_one
from jiqun.modules.policy.benefits.ledger.posting import Act, Book
from jiqun.modules.policy.benefits.money import yuan
from jiqun.modules.policy.benefits.moving import case_target, move
from jiqun.modules.policy.machine import Event
from jiqun.modules.policy.models import Case
from jiqun.modules.policy.models.base import serves


def may_review_case(viewer: Viewer, case: Case) -> bool:
    """An official of the bureau in charge."""
    return serves(viewer, case.batch.department_id, case.place)


@action("policy.review_case", zh="登记绩效复核结果", en="note the review of this case")
def review_case(*, viewer: Viewer, case: Case, words: str) -> Case:
    """Close a paid case after its review.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-INPUT``, ``E-POLICY-STATE``, ``E-POLICY-HELD``.
    """
    said = words_of(words)
    return move(viewer, locked_one(case.key), Event.REVIEWED, note=said, verb="policy.review_case")


def may_claim_back(viewer: Viewer, case: Case) -> bool:
    """An official of the bureau in charge."""
    return serves(viewer, case.batch.department_id, case.place)


@action("policy.claim_back", zh="决定追回这一事项的资金", en="claim this case's money back")
def claim_back(*, viewer: Viewer, case: Case, amount_fen: int, words: str) -> Case:
    """Demand money back, at most what was paid, from another hand than brought the case in.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-POLICY-FOUR-EYES``, ``E-INPUT``, ``E-POLICY-STATE``.
    """
    said, current = words_of(words), locked_one(case.key)
    another(viewer, current.made_by_id)
    if not 0 < amount_fen <= current.paid_fen:
        refuse([wrong(
            "amount", f"追回金额应在 0.01 元到已付的 {yuan(current.paid_fen)} 元之间",
            f"the amount lies between 0.01 and the {yuan(current.paid_fen)} yuan paid", value=yuan(amount_fen),
            remedy_zh="请核对已付金额。", remedy_en="Check what was paid.",
        )])  # fmt: skip
    current.claimed_fen = amount_fen
    return move(viewer, current, Event.CLAIM, note=said, verb="policy.claim_back")


def may_note_recovered(viewer: Viewer, case: Case) -> bool:
    """An official of the finance office that paid."""
    return serves(viewer, case.batch.pool.organisation_id, case.place)


@action("policy.note_recovered", zh="登记追回到账", en="note money that came back")
def note_recovered(*, viewer: Viewer, case: Case, amount_fen: int, document: str) -> Case:
    """Book money that a firm paid back; the case ends when all that was claimed is there.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-INPUT``, ``E-POLICY-STATE``.
    """
    said, current = words_of(document, "document"), locked_one(case.key)
    rest = current.claimed_fen - current.recovered_fen
    if not 0 < amount_fen <= rest:
        refuse([wrong(
            "amount", f"到账金额应在 0.01 元到尚欠的 {yuan(rest)} 元之间",
            f"the amount lies between 0.01 and the {yuan(rest)} yuan still owed", value=yuan(amount_fen),
            remedy_zh="多收的请退还企业。", remedy_en="Give back to the firm what is too much.",
        )])  # fmt: skip
    book = Book(viewer, current.batch.pool)
    current.recovered_fen += amount_fen
    key = f"recover:{current.key}:{current.recovered_fen}"
    book.write(Act("recover", amount_fen, key, current.key, current.firm))
    if current.recovered_fen == current.claimed_fen:
        return move(viewer, current, Event.RECOVER, note=said, verb="policy.note_recovered")
    current.save()
    record(
        viewer, "policy.note_recovered", target=case_target(current), reason=said,
        after={"recovered_fen": current.recovered_fen, "claimed_fen": current.claimed_fen},
    )  # fmt: skip
    return current
