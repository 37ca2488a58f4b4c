"""Officials enter objections for others and decide them; an upheld figure becomes a later fact."""

from __future__ import annotations

import polars as pl
from django.utils import timezone

from jiqun.core.access import Viewer, may_see_firm_rows
from jiqun.core.actions import action, refuse
from jiqun.core.audit import record
from jiqun.core.factstore import store
from jiqun.core.forms import words_problem
from jiqun.core.notices.outbox import Words
from jiqun.errors import JiqunError, Kind, Problem
from jiqun.masters.offices import serves
from jiqun.modules.land.batch.figures import held_value, label_of
from jiqun.modules.land.batch.helping import DECIDED, another, noted, paper_problem, target, tell
from jiqun.modules.land.batch.objections.entering import (
    Claim,
    checked,
    enter,
    in_publicity,
    not_a_number,
)
from jiqun.modules.land.evaluation.gather import INDICATORS
from jiqun.modules.land.models import Batch, Objection, Sheet
from jiqun.modules.land.register import HELD
from jiqun.modules.land.states.batch import STATES, State

# How a corrected figure may be used: the firm itself stated it (core/lawful/bases.yaml, kind own).
BASIS = "企业自报（一企一单异议核实）"
DECIDABLE = frozenset({
    State.CONFIRMING, State.CALCULATED, State.RETURNED, State.REVIEWED, State.PUBLICITY, State.APPROVAL,
})  # fmt: skip


def may_object_for(viewer: Viewer, sheet: Sheet) -> bool:
    """An official of the office in charge with a stated purpose, who writes down what others say."""
    return may_see_firm_rows(viewer) and serves(viewer, sheet.batch.department_id, sheet.place)


@action(
    "land.object_for", zh="代为登记公示异议", en="enter an objection to the result for somebody"
)
def object_for(*, viewer: Viewer, sheet: Sheet, claim: Claim) -> Objection:
    """Enter what a firm or anybody else objects to in the publicity, by paper or by word.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-LAND-LATE``, ``E-INPUT`` with every problem.
    """
    in_publicity(sheet.batch)
    refuse(checked(viewer, sheet, [claim]))
    made = enter(viewer, sheet, [claim], stage=Objection.Stage.PUBLICITY, on_behalf=True)[0]
    record(viewer, "land.object_for", target=target(sheet.batch), after={"objection": made.key})
    return made


def may_decide_objection(viewer: Viewer, objection: Objection) -> bool:
    """An official of the office in charge with a stated purpose; never who calculated or entered it."""
    of_office = serves(viewer, objection.batch.department_id, objection.place)
    return may_see_firm_rows(viewer) and of_office


@action("land.decide_objection", zh="处理这条异议", en="decide this objection")
def decide_objection(
    *, viewer: Viewer, objection: Objection, upheld: bool, words: str, value: str = "", document: str = ""
) -> Objection:  # fmt: skip
    """Uphold an objection with the value that is right and its document, or dismiss it with the reason.

    An upheld figure is stored as a later fact of the firm, source “异议处理 <document>”; the facts
    as they were stay in every earlier snapshot. The next calculation takes it in.

    Args:
        viewer: Another person than who calculated and who entered the objection.
        objection: Which.
        upheld: Whether it is right.
        words: Why, as the firm reads it.
        value: The right value in the unit of the sheet; needed when a figure is upheld.
        document: On what it rests; needed when upheld.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-LAND-FOUR-EYES``, ``E-INPUT``, ``E-LAND-DECIDED``,
            ``E-LAND-STATE``.
    """
    current = Objection.objects.locked(objection.pk)
    batch = Batch.objects.locked(current.batch_id)
    _decidable(current, batch)
    another(viewer, batch.calculated_by_id, current.made_by_id)
    said, problems = words_problem(words, "words")
    paper, number = "", None
    if upheld:
        paper, more = paper_problem(document, "document")
        problems += more
        if current.field:
            number = held_value(current.field, value)
            problems += [not_a_number(current.field, value, "value")] if number is None else []
    _settle(
        viewer,
        current,
        batch,
        upheld=upheld,
        said=said,
        paper=paper,
        number=number,
        problems=problems,
    )
    if number is not None:
        _later_fact(viewer, current, batch)
    return current


def _settle(
    viewer: Viewer, current: Objection, batch: Batch, *, upheld: bool, said: str, paper: str,
    number: int | None, problems: list[Problem],
) -> None:  # fmt: skip
    refuse(problems)
    current.state = Objection.State.UPHELD if upheld else Objection.State.DISMISSED
    current.words, current.document, current.decided = said, paper, number
    current.entered_by_id = batch.calculated_by_id  # type: ignore[attr-defined]
    current.decided_by_id, current.decided_at = viewer.user_id, timezone.now()
    current.save()
    noted(
        viewer,
        batch,
        current.state,
        firm=current.firm,
        note=f"{label_of(current.field)[0]}：{said}",
    )
    record(
        viewer, "land.decide_objection", target=target(batch), reason=said,
        before={"value": current.shown},
        after={"objection": current.key, "state": current.state, "value": number, "document": paper},
    )  # fmt: skip
    tell(DECIDED, batch, Words(
        f"您对 {batch.year} 年度亩均评价的异议已处理",
        f"Your objection to the per-mu evaluation of {batch.year} is decided",
    ), firms=[current.firm], key=f"decided:{current.key}")  # fmt: skip


def _decidable(current: Objection, batch: Batch) -> None:
    if current.state != Objection.State.OPEN:
        raise JiqunError(
            "E-LAND-DECIDED",
            "这条异议已经处理过",
            "this objection was decided before",
            hint_zh="请刷新页面查看处理结果。",
            hint_en="Reload the page to see the decision.",
            kind=Kind.CONFLICT,
        )
    if batch.state not in DECIDABLE:
        about = STATES[State(batch.state)]
        raise JiqunError(
            "E-LAND-STATE",
            f"批次现在是“{about.zh}”，不能再处理异议",
            f"the batch is “{about.en}”; objections are not decided any more",
            hint_zh="审定后的更正须撤销审定程序另行办理。",
            hint_en="After the approval a correction takes another batch.",
            kind=Kind.CONFLICT,
        )


def _later_fact(viewer: Viewer, current: Objection, batch: Batch) -> None:
    """Store the corrected figure; the last write of the verb, and the same again when it is repeated."""
    indicator, unit, _ = HELD[current.field]
    row = pl.DataFrame([{
        "firm": current.firm, "indicator": indicator, "period": str(batch.year), "value": current.decided,
        "unit": unit, "status": "zero" if current.decided == 0 else "published", "lawful_basis": BASIS,
        "as_of": timezone.localdate(), "basis": current.document,
    }])  # fmt: skip
    store().append(
        INDICATORS, row, batch=f"objection {current.key}", received=1,
        source=f"异议处理 {current.document}",
        meta={"by": viewer.name, "place": batch.place, "objection": current.key},
    )  # fmt: skip
