"""A small synthetic town: a bureau, a finance office, three firms, one item, one fund."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl
from django.contrib.auth.models import User
from django.utils import timezone

from jiqun.core.access import Role, Viewer
from jiqun.facts.store.store import Store
from jiqun.masters.models import Membership, Organisation
from jiqun.masters.viewers import viewer_of
from jiqun.modules.policy.benefits.firm.actions import BankAccount, answer_case
from jiqun.modules.policy.benefits.intake.actions import open_batch
from jiqun.modules.policy.benefits.intake.candidates import Candidate
from jiqun.modules.policy.benefits.intake.opening import Terms
from jiqun.modules.policy.benefits.items.actions import declare_item, save_item
from jiqun.modules.policy.benefits.ledger.actions import fund_pool, open_pool
from jiqun.modules.policy.benefits.money import plain
from jiqun.modules.policy.benefits.office.actions import (
    close_publicity,
    confirm_cases,
    publish_cases,
)
from jiqun.modules.policy.benefits.paying.actions import (
    approve_cases,
    export_payments,
    reconcile,
)
from jiqun.modules.policy.benefits.paying.bankfile import ANSWER_COLUMNS
from jiqun.modules.policy.models import Batch, Case, Item, PaymentFile, Pool

SINCE = dt.date(2026, 1, 1)  # before any day that a test says it is
PLACE = "990101"
# Codes of the documents' own examples; the names are invented.
FIRMS = {
    "91350100M000100Y43": "合成示例织造有限公司",
    "914403001922038216": "合成示例染整有限公司",
    "11370881004339597L": "合成示例机械有限公司",
}
FIRM = next(iter(FIRMS))
PEOPLE = {
    "maker": "bureau", "confirmer": "bureau", "approver": "finance", "payer": "finance",
    "stranger": "other", "elsewhere": "away",
}  # fmt: skip
POLICY, VERSION = "KQ-2026-001", "2026.1"
ITEM: dict[str, Any] = {
    "policy": POLICY, "version": VERSION, "title": "首次入规奖励", "document": "某政发〔2026〕1号",
    "clause": "第三条", "conditions": "当年首次纳入规模以上企业名录", "amount": "一次性奖励 30 万元",
    "materials": "名录（统计局）", "valid_from": dt.date(2026, 1, 1), "review_number": "某公竞审〔2026〕1号",
    "review_on": dt.date(2025, 12, 1), "review_result": "不具有排除、限制竞争效果",
}  # fmt: skip
TRACE = {
    "conditions": [
        {"id": "c1", "text": "首次入规", "clause": "第三条第一款", "verdict": 1, "value": "是",
         "source": "统计局名录", "as_of": "2026-10-31"},
    ],
    "amount": [{"text": "定额", "fen": 30_000_000}],
}  # fmt: skip


@dataclass
class Town:
    """People as viewers, and the rows that every test starts from."""

    users: dict[str, User]
    offices: dict[str, Organisation]
    store: Store
    item: Item = field(init=False)
    pool: Pool = field(init=False)

    def viewer(self, name: str, purpose: str = "审核惠企政策申报") -> Viewer:
        """A person as the pages know them; officials with a purpose."""
        who = viewer_of(self.users[name])
        return replace(who, purpose=purpose if who.official else "")

    def candidate(self, firm: str = FIRM, **given: Any) -> Candidate:
        """A candidate whose conditions are all met."""
        plain_one = {"policy": POLICY, "version": VERSION, "firm": firm, "amount_fen": 30_000_000,
                     "subject": "2026", "trace": TRACE, "run": "run-1", "snapshot": "snap-1"}  # fmt: skip
        return Candidate(**(plain_one | given))

    def open(self, *candidates: Candidate, terms: Terms | None = None, key: str = "") -> Batch:
        """Bring candidates in as the maker."""
        found = candidates or tuple(self.candidate(firm) for firm in FIRMS)
        made = open_batch(
            viewer=self.viewer("maker"), title="2026 年首次入规奖励", place=PLACE, pool=self.pool,
            department=self.offices["bureau"].pk, candidates=found, terms=terms, key=key,
        )  # fmt: skip
        return Batch.objects.get(key=made["batch"])

    def fund(self, yuan: int) -> None:
        """Appropriate so much."""
        fund_pool(
            viewer=self.viewer("approver"),
            pool=self.pool,
            amount_fen=yuan * 100,
            document="某财预〔2026〕1号",
        )

    def accept(self, batch: Batch) -> None:
        """Every firm of a batch accepts with its own account."""
        for case in Case.objects.filter(batch=batch, state="firm"):
            answer_case(
                viewer=self.viewer(case.firm), case=case, answer="accept", bank=account(case)
            )

    def published(self, batch: Batch) -> None:
        """Publish, and let the days go by."""
        publish_cases(viewer=self.viewer("maker"), batch=batch)
        self.days_go_by(batch)
        close_publicity(viewer=self.viewer("maker"), batch=batch)

    def days_go_by(self, batch: Batch, days: int = 30) -> None:
        """Put the batch's terms into the past."""
        for case in Case.objects.filter(batch=batch):
            past = timezone.localdate() - dt.timedelta(days=days)
            fields = {name: past for name in ("public_from", "public_until", "answer_until")
                      if getattr(case, name)}  # fmt: skip
            Case.objects.filter(pk=case.pk).update(**fields)

    def approved(self, *candidates: Candidate) -> Batch:
        """A batch that both offices and the firms have approved."""
        batch = self.open(*candidates)
        confirm_cases(viewer=self.viewer("confirmer"), batch=batch)
        self.accept(batch)
        self.published(batch)
        approve_cases(viewer=self.viewer("approver"), batch=batch)
        return batch

    def sent(self, *candidates: Candidate) -> PaymentFile:
        """The file of a batch that is on its way to the bank."""
        batch = self.approved(*candidates)
        made = export_payments(viewer=self.viewer("payer"), batch=batch)
        return PaymentFile.objects.get(number=made["file"])

    def answer(self, file: PaymentFile, **results: str) -> dict[str, Any]:
        """Reconcile an answer; ``results`` are by firm's name in ``FIRMS`` order (a, b, c)."""
        lines = [",".join(ANSWER_COLUMNS)]
        for letter, payment in zip("abc", file.payments.order_by("pk"), strict=False):
            if letter in results:
                lines.append(f"{payment.key},{plain(payment.amount_fen)},{results[letter]},")
        content = "\n".join(lines).encode()
        return reconcile(viewer=self.viewer("payer"), file=file, name="回单.csv", content=content)


def account(case: Case, number: str = "6222020200112233445") -> BankAccount:
    """The firm's own account."""
    return BankAccount(case.firm_name, "合成银行示例县支行", number)


def build(store: Store) -> Town:
    """Open offices, people, firms, an item that is declared, a fund without money."""
    frame = pl.DataFrame([
        {"firm": code, "id_scheme": "uscc", "name": name, "place": f"{PLACE}001", "status": "active",
         **dict.fromkeys(("scale", "founded", "products", "materials", "lon", "lat")), "source_row": row,
         "as_of": dt.date(2026, 1, 31), "basis": "公开登记信息"}
        for row, (code, name) in enumerate(FIRMS.items(), start=1)
    ])  # fmt: skip
    store.append("firm", frame, batch="town", received=frame.height, source="合成数据")
    offices = {
        name: Organisation.objects.create(name=f"合成{name}", kind="bureau", place=place)
        for name, place in (
            ("bureau", PLACE),
            ("finance", PLACE),
            ("other", PLACE),
            ("away", "9902"),
        )
    }
    users: dict[str, User] = {}
    for name, office in PEOPLE.items():
        users[name] = User.objects.create(username=name)
        Membership.objects.create(
            user=users[name],
            organisation=offices[office],
            role=Role.ANALYST.value,
            valid_from=SINCE,
        )
    for code, name in FIRMS.items():
        users[code] = User.objects.create(username=code)
        firm = Organisation.objects.create(name=name, kind="firm", place=PLACE, firm=code)
        Membership.objects.create(
            user=users[code], organisation=firm, role=Role.FIRM.value, valid_from=SINCE
        )
    town = Town(users, offices, store)
    town.item = save_item(
        viewer=town.viewer("maker"), department=offices["bureau"].pk, place=PLACE, values=ITEM
    )
    declare_item(viewer=town.viewer("confirmer"), item=town.item)
    town.pool = open_pool(
        viewer=town.viewer("approver"), organisation=offices["finance"].pk, place=PLACE,
        name="合成惠企资金池", year=2026, warn_fen=50_000_000,
    )  # fmt: skip
    return town
