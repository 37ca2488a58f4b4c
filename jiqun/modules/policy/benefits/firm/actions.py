"""The firm accepts, gives up, or corrects its account."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.utils import timezone

from jiqun.core.access import Role, Viewer
from jiqun.core.actions import action, refuse
from jiqun.core.audit import record
from jiqun.core.forms import wrong
from jiqun.core.papers import hand_in, paper_problems
from jiqun.errors import Problem
from jiqun.modules.policy.benefits.helping import locked_one
from jiqun.modules.policy.benefits.ledger.posting import Book, release
from jiqun.modules.policy.benefits.moving import case_target, move
from jiqun.modules.policy.machine import REASONS, RESERVED, Event, State
from jiqun.modules.policy.matters import CASE
from jiqun.modules.policy.models import Case, Hold

ACCOUNT = re.compile(r"\d{8,32}")
ANSWERS = ("accept", "waive", "correct")


@dataclass(frozen=True, slots=True)
class BankAccount:
    """Where the firm wants the money: name of the account, bank, number."""

    payee: str = ""
    bank: str = ""
    account: str = ""

    def cleaned(self) -> BankAccount:
        """The same without stray spaces; the number without any."""
        number = re.sub(r"[\s-]", "", self.account)
        return BankAccount(" ".join(self.payee.split()), " ".join(self.bank.split()), number)

    @property
    def given(self) -> bool:
        """Whether anything of it was filled in."""
        return bool(self.payee or self.bank or self.account)

    def problems(self, firm_name: str) -> list[Problem]:
        """What is wrong with it; the account has to be the firm's own."""
        found: list[Problem] = []
        if not ACCOUNT.fullmatch(self.account):
            found.append(wrong(
                "account", "账号应为 8 到 32 位数字", "an account has 8 to 32 digits", value=self.account[-4:],
                remedy_zh="请对照开户许可或网银核对。", remedy_en="Check it against the bank's papers.",
            ))  # fmt: skip
        if len(self.bank) < 4:
            found.append(wrong(
                "bank", "请写开户银行全称", "write the bank's full name", value=self.bank,
                remedy_zh="写到支行。", remedy_en="Down to the branch.",
            ))  # fmt: skip
        if self.payee != firm_name:
            found.append(wrong(
                "payee", f"户名应为“{firm_name}”", f"the account has to be in the name of “{firm_name}”",
                value=self.payee, remedy_zh="财政资金只拨付到企业本身的账户；已更名请联系主管部门。",
                remedy_en="Public money goes to the firm's own account; if it was renamed, tell the bureau.",
            ))  # fmt: skip
        return found


def may_answer_case(viewer: Viewer, case: Case) -> bool:
    """Only the firm that the case is about."""
    return viewer.known and viewer.has(Role.FIRM) and case.firm in viewer.firms


@action("policy.answer_case", zh="答复这一事项", en="answer this case")
def answer_case(
    *, viewer: Viewer, case: Case, answer: str, bank: BankAccount | None = None, words: str = ""
) -> Case:
    """Accept a benefit, give it up, or correct the account after a returned payment.

    Accepting needs an account: the one on file or one given with the answer. A case that was held
    for want of an account goes on.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-INPUT``, ``E-POLICY-STATE``, ``E-POLICY-HELD``.
    """
    current, given = locked_one(case.key), (bank or BankAccount()).cleaned()
    problems: list[Problem] = []
    if answer not in ANSWERS:
        problems.append(
            wrong("answer", "请选择接受或放弃", "choose to accept or to give up", value=answer)
        )
    needs = answer == "correct" or (answer == "accept" and not current.account)
    if answer != "waive" and (needs or given.given):
        problems += given.problems(current.firm_name)
    said = " ".join(words.split())[:500]
    refuse([*problems, *paper_problems(viewer, current.firm, said, "words")])
    hand_in(viewer, current.firm, [said], sort=CASE, target=current.key, place=current.place)
    if answer == "waive":
        return _waived(viewer, current, said)
    if given.given:
        _take_account(viewer, current, given)
    event = Event.ACCEPT if answer == "accept" else Event.CORRECT
    return move(viewer, current, event, note=said, verb="policy.answer_case")


def _waived(viewer: Viewer, case: Case, words: str) -> Case:
    before = State(case.state)
    book = Book(viewer, case.batch.pool) if before in RESERVED else None
    move(viewer, case, Event.WAIVE, note=words, verb="policy.answer_case")
    if book is not None:
        release(book, case, before)
    return case


def _take_account(viewer: Viewer, case: Case, given: BankAccount) -> None:
    case.payee, case.bank, case.account = given.payee, given.bank, given.account
    record(
        viewer, "policy.answer_case", target=case_target(case),
        after={"account": f"…{given.account[-4:]}", "bank": given.bank},
    )  # fmt: skip
    lifted = [code for code, one in REASONS.items() if "firm" in one.lifted_by]
    open_ = Hold.objects.open_holds(case.pk).exclude(made_by_id=viewer.user_id)
    open_.filter(reason__in=lifted).update(
        lifted_at=timezone.now(), lifted_by_id=viewer.user_id, note="企业已填写账户"
    )
    case.held = Hold.objects.open_holds(case.pk).exists()
