"""Rows of benefits for the suites that look at every table: drafts of one office, one paid case."""

from __future__ import annotations

import datetime as dt

from django.contrib.auth.models import User

from jiqun.masters.models import Organisation
from jiqun.modules.policy.models import (
    Batch,
    Case,
    Draft,
    DraftText,
    Item,
    Payment,
    PaymentFile,
    Pool,
)

ITEMS = 12


def make_rows(office: Organisation, people: list[User], firm: str, place: str) -> None:
    """Make twelve draft items of an office, a drafted rule, and a case of a firm that four people have paid."""
    maker, confirmer, approver, payer = people
    day = dt.date(2026, 1, 1)
    items = Item.objects.bulk_create(
        Item(place=place, policy=f"KQ-{n:02d}", version="1", title=f"合成事项{n}", document="合成文件", clause="第三条",
             conditions="合成条件", amount="合成标准", materials="合成数据", contact="0000", valid_from=day,
             valid_until=dt.date(2027, 12, 31), review_number="合成", review_on=day, review_result="合成结论",
             review_ground="无", department=office, made_by=maker)
        for n in range(ITEMS)
    )  # fmt: skip
    pool = Pool.objects.create(
        key="ZJ-1", name="合成资金池", place=place, year=2026, organisation=office, made_by=maker
    )
    batch = Batch.objects.create(
        key="PC-1", title="合成批次", place=place, department=office, pool=pool, made_by=maker
    )
    case = Case.objects.create(
        key="PC-1-1", batch=batch, item=items[0],
        place=place, firm=firm, firm_name="合成企业", policy="KQ-00", subject="2026",
        amount_fen=12_345, instalments=[12_345],
        trace={}, state="paid", paid_fen=12_345, payee="合成企业", bank="合成银行",
        account="62220000", public_until=day, made_by=maker, confirmed_by=confirmer, approved_by=approver,
    )  # fmt: skip
    file = PaymentFile.objects.create(
        number="BF-1",
        pool=pool,
        batch=batch,
        count=1,
        total_fen=12_345,
        account_sum="0",
        content="",
        digest="d",
        made_by=payer,
    )
    Payment.objects.create(
        key="PC-1-1-1-1", case=case, file=file, place=place, firm=firm, instalment=1, attempt=1, amount_fen=12_345,
        payee="合成企业", bank="合成银行", account="62220000", state="paid", reason="无", settled_at=case.since,
        made_by=maker, confirmed_by=confirmer, approved_by=approver, paid_by=payer,
    )  # fmt: skip
    text = DraftText.objects.create(
        place=place, title="合成文件", text="合成条款", digest="d", made_by=maker
    )
    Draft.objects.create(key="QC-1", text=text, place=place, title="合成条款", made_by=maker, department=office,
                         clause="第三条", reason="无")  # fmt: skip
