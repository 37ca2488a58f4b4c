"""Adding one event to a parcel under its lock: the engine replays everything and decides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from django.utils import timezone

from jiqun.core.access import Viewer
from jiqun.core.actions import refuse
from jiqun.core.audit import record
from jiqun.core.forms import words_problem, wrong
from jiqun.engine.land.clock.events import Event, Kind, Milestone, Outcome
from jiqun.engine.land.clock.machine import replay, step
from jiqun.errors import JiqunError, Problem
from jiqun.errors import Kind as ErrorKind
from jiqun.modules.land.models import Parcel, ParcelEvent
from jiqun.modules.land.models.parcels import BOND
from jiqun.modules.land.parcels.clock import events_of
from jiqun.modules.land.parcels.contract import terms_of

LONGEST = 120


@dataclass(frozen=True, slots=True)
class Entry:
    """What a person enters about a parcel; see :class:`jiqun.engine.land.clock.events.Event`."""

    kind: str
    day: date | None
    document: str
    milestone: str = ""
    months: int | None = None
    outcome: str = ""
    stop: str = ""
    cause: str = ""
    papers: tuple[str, ...] = field(default=())
    fen: int | None = None
    note: str = ""
    of: int | None = None


def checked(entry: Entry) -> Event:
    """Return an entry as an event recorded today; ``E-INPUT`` with everything that is wrong."""
    today, problems = timezone.localdate(), list[Problem]()
    kind = _one_of(Kind, entry.kind, "kind", ("事项", "kind"), problems)
    milestone = _one_of(Milestone, entry.milestone, "milestone", ("节点", "milestone"), problems)
    outcome = _one_of(Outcome, entry.outcome, "outcome", ("结论", "outcome"), problems)
    document = " ".join(entry.document.split())
    if not document or len(document) > LONGEST:
        problems.append(wrong(
            "document", "请填写所依据的文号或材料编号", "write the number of the document it rests on",
            value=document[:20], remedy_zh="每件事都要有依据，不超过 120 个字。",
            remedy_en="Everything rests on one, of 120 characters at most.",
        ))  # fmt: skip
    if entry.day is None or entry.day > today:
        problems.append(wrong(
            "day", "请填写发生日期，不晚于今天", "write the day it happened, not after today",
            value=str(entry.day or ""), remedy_zh="按文书上的日期填写。", remedy_en="As the document has it.",
        ))  # fmt: skip
    if kind is Kind.VOIDED:
        problems += words_problem(entry.note, "note")[1]
    refuse(problems)
    assert kind is not None and entry.day is not None  # noqa: S101, PT018 - refused above
    return Event(
        kind, entry.day, today, document, milestone, entry.months, outcome, entry.stop, entry.cause,
        tuple(entry.papers), entry.fen if kind in BOND else None, entry.of if kind is Kind.VOIDED else None,
    )  # fmt: skip


def _one_of(
    known: Callable[[str], Any],
    text: str,
    name: str,
    words: tuple[str, str],
    problems: list[Problem],
) -> Any:
    """Return what a code means, None for an empty one; add a problem for an unknown one."""
    try:
        return known(text) if text else None
    except ValueError:
        problems.append(wrong(name, f"没有这个{words[0]}", f"there is no such {words[1]}", value=text[:20],
                              remedy_zh="请从列表选择。", remedy_en="Choose from the list."))  # fmt: skip
        return None


def tried(parcel: Parcel, event: Event) -> Event:
    """Return an event as it would be recorded now, after the engine has accepted it.

    Raises:
        JiqunError: ``E-LAND-EVENT`` when it cannot follow, ``E-LAND-BOND-UNKNOWN``.
    """
    if event.kind in BOND and not parcel.bond_fen:
        raise JiqunError(
            "E-LAND-BOND-UNKNOWN",
            "履约保证金金额未知或为零，不能退还或没收",
            "the performance bond is not known or nothing, so nothing of it is returned or forfeited",
            hint_zh="建档时补填保证金金额；已建档的请核对合同后另行处理。",
            hint_en="It is filled in when the parcel is entered; see the contract.",
            kind=ErrorKind.CONFLICT,
        )
    terms = terms_of(parcel)
    before = events_of(ParcelEvent.objects.of([parcel.pk])[parcel.pk])
    recorded = max(event.recorded, before[-1].recorded) if before else event.recorded
    made = replace(event, recorded=recorded)
    step(replay(before, terms=terms), made, terms=terms)
    return made


def append(
    viewer: Viewer,
    parcel: Parcel,
    event: Event,
    *,
    verb: str,
    note: str = "",
    made_by: int | None = None,
    confirmed_by: int | None = None,
) -> ParcelEvent:
    """Add an event to a locked parcel and write it to the log.

    Args:
        viewer: Who does it.
        parcel: A row that the transaction has locked.
        event: What happened.
        verb: The verb's name for the log.
        note: In the person's words.
        made_by: Who entered it where that is another person.
        confirmed_by: Who confirmed it, for what takes two.

    Raises:
        JiqunError: ``E-LAND-EVENT``, ``E-LAND-BOND-UNKNOWN``.
    """
    made = tried(parcel, event)
    row = ParcelEvent.objects.create(
        parcel=parcel, seq=len(ParcelEvent.objects.of([parcel.pk])[parcel.pk]) + 1, recorded=made.recorded,
        office=viewer.organisation[:200], made_by_id=made_by or viewer.user_id, confirmed_by_id=confirmed_by,
        **columns(made), note=note,
    )  # fmt: skip
    record(viewer, verb, target=target(parcel), reason=note,
           after={"event": str(made.kind), "about": str(made.milestone or ""), "day": made.day.isoformat(),
                  "document": made.document, "seq": row.seq})  # fmt: skip
    return row


def columns(event: Event) -> dict[str, Any]:
    """Return an event as the columns of its row, without the day it was recorded."""
    return {
        "kind": str(event.kind), "day": event.day, "document": event.document,
        "milestone": str(event.milestone or ""), "months": event.months, "outcome": str(event.outcome or ""),
        "stop": event.stop, "cause": event.cause, "papers": list(event.papers), "fen": event.fen, "of": event.of,
    }  # fmt: skip


def target(parcel: Parcel) -> str:
    """Return the chain of the log that a parcel belongs to."""
    return f"parcel:{parcel.code}"
