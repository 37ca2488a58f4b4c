"""What the demo county shows of the per-mu evaluation: one batch in publicity."""

from __future__ import annotations

import datetime as dt

from django.contrib.auth.models import User
from django.utils import timezone

from jiqun.facts.store.store import Store
from jiqun.masters.offices import own_offices
from jiqun.masters.viewers import viewer_of
from jiqun.modules.land.batch.firm.actions import accept_sheet
from jiqun.modules.land.batch.office.actions import (
    calculate,
    open_batch,
    publish_batch,
    review_batch,
    send_sheets,
)
from jiqun.modules.land.evaluation.selectors import newest_runs
from jiqun.modules.land.models import Batch, Sheet

PEOPLE = ("analyst", "reviewer", "firm")
PURPOSE = "演示亩均评价批次（合成数据）"
OVER = 1  # days since the firms' term is over


def demo_batch(facts: Store) -> None:
    """Bring one batch to its publicity, once, so that firm, officials and the public have something to do.

    Everything goes by the verbs that the pages use, with the demo's people; only the firms' term is
    put into the past. The demo's firm accepts its sheet, the others are silent. Without the demo's
    accounts, without an evaluation, or where a batch is there already, nothing is done.
    """
    people = {one.username: one for one in User.objects.filter(username__in=PEOPLE)}
    runs = newest_runs(facts)
    if len(people) < len(PEOPLE) or Batch.objects.exists() or not runs:
        return
    analyst, reviewer = (
        viewer_of(people[name], purpose=PURPOSE) for name in ("analyst", "reviewer")
    )
    place, year = str(runs[0].scope["place"]), int(str(runs[0].scope["year"]))
    batch = open_batch(
        viewer=analyst, department=own_offices(analyst)[0].pk, place=place, year=year,
        rules=str(runs[0].params["pack"]),
    )  # fmt: skip
    send_sheets(viewer=analyst, batch=batch)
    firm = viewer_of(people["firm"])
    for sheet in Sheet.objects.filter(batch=batch, firm__in=sorted(firm.firms)):
        accept_sheet(viewer=firm, sheet=sheet)
    past = timezone.localdate() - dt.timedelta(days=OVER)
    Batch.objects.filter(pk=batch.pk).update(answer_until=past)
    calculate(viewer=analyst, batch=batch)
    review_batch(viewer=reviewer, batch=batch, words="已抽查数据来源和测算步骤（合成）")
    publish_batch(viewer=analyst, batch=batch)
