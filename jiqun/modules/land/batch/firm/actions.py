"""A firm answers its sheet: accepts all figures, or objects to single ones."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone

from jiqun.core.access import Role, Viewer
from jiqun.core.actions import action, refuse
from jiqun.core.audit import record
from jiqun.core.forms import wrong
from jiqun.modules.land.batch.helping import noted, target
from jiqun.modules.land.batch.objections.entering import (
    Claim,
    checked,
    enter,
    in_publicity,
    too_late,
)
from jiqun.modules.land.models import Batch, Objection, Sheet
from jiqun.modules.land.states.batch import State


def may_accept_sheet(viewer: Viewer, sheet: Sheet) -> bool:
    """Only the firm whose sheet it is."""
    return viewer.known and viewer.has(Role.FIRM) and sheet.firm in viewer.firms


@action("land.accept_sheet", zh="认可这张确认单", en="accept this sheet")
def accept_sheet(*, viewer: Viewer, sheet: Sheet) -> Sheet:
    """Accept every figure of a sheet within its term.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-LAND-LATE``, ``E-INPUT`` when it has objected before.
    """
    current = _answerable(sheet)
    if Objection.objects.filter(batch=current.batch, firm=current.firm).exists():
        refuse([wrong(
            "answer", "已提出异议，不能再改为全部认可", "objections were entered, so it cannot be accepted as a whole",
            remedy_zh="异议处理后会通知您。", remedy_en="You are told when they are decided.",
        )])  # fmt: skip
    _answered(viewer, current, Sheet.Answer.ACCEPTED)
    record(viewer, "land.accept_sheet", target=target(current.batch), after={"sheet": current.key})
    return current


def may_object_sheet(viewer: Viewer, sheet: Sheet) -> bool:
    """Only the firm whose sheet it is."""
    return viewer.known and viewer.has(Role.FIRM) and sheet.firm in viewer.firms


@action("land.object_sheet", zh="对确认单的数据提出异议", en="object to figures of this sheet")
def object_sheet(*, viewer: Viewer, sheet: Sheet, claims: Sequence[Claim]) -> list[Objection]:
    """Object to figures of a sheet, each with the value claimed, a reason and a document.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-LAND-LATE``, ``E-INPUT`` with every problem.
    """
    current = _answerable(sheet)
    refuse(checked(viewer, current, claims))
    made = enter(viewer, current, claims, stage=Objection.Stage.SHEET)
    _answered(viewer, current, Sheet.Answer.OBJECTED)
    record(viewer, "land.object_sheet", target=target(current.batch),
           after={"sheet": current.key, "fields": [one.field for one in claims]})  # fmt: skip
    return made


def may_object_result(viewer: Viewer, sheet: Sheet) -> bool:
    """Only the firm that the result is about; an official enters what others say."""
    return viewer.known and viewer.has(Role.FIRM) and sheet.firm in viewer.firms


@action("land.object_result", zh="对公示结果提出异议", en="object to the result in publicity")
def object_result(*, viewer: Viewer, sheet: Sheet, claim: Claim) -> Objection:
    """Object to a figure, or to another matter of the own result, while it is in publicity.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-LAND-LATE``, ``E-INPUT`` with every problem.
    """
    in_publicity(sheet.batch)
    refuse(checked(viewer, sheet, [claim]))
    made = enter(viewer, sheet, [claim], stage=Objection.Stage.PUBLICITY)[0]
    record(viewer, "land.object_result", target=target(sheet.batch), after={"objection": made.key})
    return made


def _answerable(sheet: Sheet) -> Sheet:
    """Lock the batch and return the sheet as it is now; refuse outside of the term."""
    batch = Batch.objects.locked(sheet.batch_id)
    over = batch.answer_until is None or batch.answer_until < timezone.localdate()
    if batch.state != State.CONFIRMING or over:
        raise too_late(batch, "核对期", "term of the confirmation")
    return Sheet.objects.select_related("batch").get(pk=sheet.pk)


def _answered(viewer: Viewer, sheet: Sheet, answer: Sheet.Answer) -> None:
    sheet.answer, sheet.answered_by_id, sheet.answered_at = answer, viewer.user_id, timezone.now()
    sheet.save()
    noted(viewer, sheet.batch, f"sheet_{answer.value}", firm=sheet.firm)
