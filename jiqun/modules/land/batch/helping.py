"""What the verbs of a batch share: locking, moving, four eyes, words, documents, terms, telling firms."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import date

from django.urls import reverse
from django.utils import timezone

from jiqun.core.access import Role, Viewer
from jiqun.core.actions import another as refuse_same
from jiqun.core.actions import refuse
from jiqun.core.audit import record
from jiqun.core.forms import text_problem
from jiqun.core.notices.kinds import NoticeKind, kind
from jiqun.core.notices.outbox import Words, notify
from jiqun.errors import JiqunError, Kind, Problem
from jiqun.masters.models import Membership
from jiqun.modules.land.models import Batch, Objection, Step
from jiqun.modules.land.states.batch import Event, State, after

SHEET_READY = kind("land.sheet", zh="亩均评价数据待核对", en="Per-mu figures to be confirmed")
RESULT_PUBLIC = kind("land.result", zh="亩均评价结果公示", en="Per-mu result in publicity")
DECIDED = kind("land.decided", zh="亩均评价异议已处理", en="Objection to per-mu figures decided")
FOUR_EYES = (
    "测算、复核、审定是三个不同的人；异议由测算人和登记人以外的人处理。",
    "Calculation, review and approval take three people; neither who calculated nor who objected decides.",
)


def new_key() -> str:
    """Return a number for a batch: letters, the day, six random digits."""
    return f"PM{timezone.localdate():%Y%m%d}-{secrets.token_hex(3).upper()}"


def target(batch: Batch) -> str:
    """Return the chain of the log that a batch belongs to."""
    return f"permu:{batch.key}"


def noted(viewer: Viewer, batch: Batch, event: str, *, note: str = "", firm: str = "") -> None:
    """Write down what was done to a batch that stays where it is."""
    Step.objects.create(
        batch=batch, firm=firm, event=event, before=batch.state, after=batch.state, by_id=viewer.user_id,
        office=viewer.organisation[:200], note=note,
    )  # fmt: skip


def move(viewer: Viewer, batch: Batch, event: Event, *, verb: str, note: str = "") -> Batch:
    """Take a locked batch one step further, save it, and write the step down.

    Raises:
        JiqunError: ``E-LAND-STATE``.
    """
    before = State(batch.state)
    batch.state = after(before, event)
    batch.save()
    Step.objects.create(
        batch=batch, event=event, before=before, after=batch.state, by_id=viewer.user_id,
        office=viewer.organisation[:200], note=note,
    )  # fmt: skip
    record(viewer, verb, target=target(batch), reason=note,
           before={"state": before}, after={"state": batch.state})  # fmt: skip
    return batch


def may_move(batch: Batch, event: Event) -> None:
    """Refuse a step that the table does not have before anything is computed.

    Raises:
        JiqunError: ``E-LAND-STATE``.
    """
    after(State(batch.state), event)


PAPER = Problem(
    "E-INPUT", "请写文号或证明材料编号", "write the number of the document",
    "如“某亩均办〔2026〕3号”或凭证编号。", "Such as the number of the notice or voucher.",
)  # fmt: skip


def paper_problem(text: str, field: str) -> tuple[str, list[Problem]]:
    """Return the number of a document without stray spaces, and what is wrong with it."""
    return text_problem(text, field, PAPER, 120)


def paper_of(text: str, field: str = "document") -> str:
    """Return the number of a document; ``E-INPUT`` where there is none."""
    paper, problems = paper_problem(text, field)
    refuse(problems)
    return paper


def another(viewer: Viewer, *people: int | None) -> None:
    """Refuse one of the people who did an earlier step; ``E-LAND-FOUR-EYES``."""
    refuse_same(viewer, *people, code="E-LAND-FOUR-EYES", hint=FOUR_EYES)


def days_run(until: date | None) -> None:
    """Refuse to end a term before its last day is over.

    Raises:
        JiqunError: ``E-LAND-DAYS``.
    """
    if until is not None and until >= timezone.localdate():
        raise JiqunError(
            "E-LAND-DAYS",
            f"期限到 {until} 才满",
            f"the term runs until {until}",
            hint_zh="期满次日再办理；期限按工作日计算。",
            hint_en="Do it the day after; the term counts working days.",
            kind=Kind.CONFLICT,
        )


def nothing_open(batch: Batch) -> None:
    """Refuse to go on while objections are not decided.

    Raises:
        JiqunError: ``E-LAND-OPEN``.
    """
    count = Objection.objects.open_in(batch.pk).count()
    if count:
        raise JiqunError(
            "E-LAND-OPEN",
            f"还有 {count} 条异议没有处理",
            f"{count} objection(s) are not decided",
            hint_zh="先逐条处理，再继续。",
            hint_en="Decide each of them first.",
            kind=Kind.CONFLICT,
        )


def nothing_pending(batch: Batch) -> None:
    """Refuse to go on while an upheld objection is in no calculation yet.

    Raises:
        JiqunError: ``E-LAND-PENDING``.
    """
    count = Objection.objects.pending_in(batch.pk).count()
    if count:
        raise JiqunError(
            "E-LAND-PENDING",
            f"{count} 条成立的异议还没有计入测算",
            f"{count} upheld objection(s) are in no calculation yet",
            hint_zh="请先重新测算。",
            hint_en="Calculate again first.",
            kind=Kind.CONFLICT,
        )


def tell(known: NoticeKind, batch: Batch, title: Words, *, firms: Iterable[str], key: str) -> int:
    """Tell the people of firms; the same matter once. Return how many were told."""
    wanted = frozenset(firms)
    held = Membership.objects.in_force().filter(role=Role.FIRM.value, organisation__firm__gt="")
    pairs = held.values_list("user_id", "organisation__firm")
    users = {user for user, firm in pairs if firm in wanted}
    return notify(
        users, kind=known.name, title=title, link=reverse("land-mine"),
        dedupe_key=f"land:{batch.key}:{key}",
    )  # fmt: skip
