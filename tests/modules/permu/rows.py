"""Rows of batches for the suites that look at every table: one announced batch with all that hangs on it."""

from __future__ import annotations

import datetime as dt

from django.contrib.auth.models import User
from django.utils import timezone

from jiqun.facts.store.store import Store
from jiqun.masters.models import Organisation
from jiqun.modules.land.models import Batch, Calculation, Objection, Sheet, Waiver

DAY = dt.date(2026, 1, 1)


def make_permu(store: Store, office: Organisation, people: list[User], firm: str) -> None:
    """Announce the demo county's calculation of a batch; a firm has objected and is spared the measures.

    The pack is one with measures, so that the grades of the calculation meet some.
    """
    maker, reviewer, approver, _ = people
    run, now = store.runs("land_batch")[0], timezone.now()
    batch = Batch.objects.create(
        key="PM-1", place="990101", year=2025, department=office, rules="zhejiang-typical", rules_digest="d",
        state="measures", answer_until=DAY, approval_document="合成纪要", approved_on=DAY,
        notice_document="合成公告", announced_on=DAY, measures_from=DAY, measures_until=DAY.replace(year=2099),
        made_by=maker, calculated_by=maker, reviewed_by=reviewer, approved_by=approver,
    )  # fmt: skip
    Calculation.objects.create(
        batch=batch, number=1, reason="合成", run=run.run, snapshot=run.snapshot, rules_version="permu/合成",
        rules_digest="d", code_version="c", inputs_digest="d", benchmarks_digest="d", result_digest="d",
        benchmarks={}, firms=run.rows, made_by=maker,
    )  # fmt: skip
    shared = {"batch": batch, "place": batch.place, "firm": firm, "firm_name": "合成企业"}
    Sheet.objects.create(
        key="PM-1-1", figures=[], answer="objected", answered_by=maker, answered_at=now, **shared
    )
    Objection.objects.create(
        key="PM-1-1-1", stage="sheet", field="tax", shown=1, claimed=2, reason="合成理由", proof="合成凭证",
        made_by=maker, state="upheld", decided=2, document="合成文件", words="合成处理", entered_by=approver,
        decided_by=reviewer, decided_at=now, included=1, **shared,
    )  # fmt: skip
    Waiver.objects.create(
        decision="合成决定",
        commitment="合成承诺",
        until=DAY.replace(year=2099),
        made_by=maker,
        **shared,
    )
