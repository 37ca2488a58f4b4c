"""The verbs of a parcel's file: opened, verified, planned, decided, checked, reported, closed."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils import timezone

from jiqun.core.access import Role, Viewer
from jiqun.core.actions import action, another, refuse
from jiqun.core.audit import record
from jiqun.core.forms import words_problem, wrong
from jiqun.core.papers import hand_in, paper_problems
from jiqun.errors import Problem
from jiqun.masters.offices import serves
from jiqun.modules.land.lowuse.tools import tools
from jiqun.modules.land.lowuse.words import NOT
from jiqun.modules.land.matters import LOWUSE
from jiqun.modules.land.models import LandFile, LandFileEntry
from jiqun.modules.land.states.lowuse import Event, State, after

FOUR_EYES = (
    "方案由一人拟定、另一人审定；结果由一人上报、另一人销号。",
    "One proposes a plan and another decides it; one reports the result and another closes.",
)
MOST_FEN = 10**14


@dataclass(frozen=True, slots=True)
class Found:
    """What a file begins with: the parcel, and what the screening says of it."""

    parcel: str
    place: str
    area_m2: int
    verdict: str
    location: str = ""
    firm: str = ""
    firm_name: str = ""
    trace: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Noted:
    """A visit, check or talk: its day, the number of the photo, minutes or paper, and what was found."""

    on: date | None = None
    document: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a parcel is to be used better: tool (code of the pack), who answers for it, until when."""

    tool: str = ""
    responsible: str = ""
    due: date | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What became of it: m² released, tax in fen a year before and after; None is not given."""

    released_m2: int | None = None
    tax_before_fen: int | None = None
    tax_after_fen: int | None = None


# ---- what the verbs share -----------------------------------------------------------------------


def _words(text: str, name: str = "words") -> list[Problem]:
    return words_problem(text, name)[1]


def _noted(noted: Noted) -> list[Problem]:
    """A visit needs its day, not in the future, and something that proves it."""
    found = _words(noted.words)
    if noted.on is None or noted.on > timezone.localdate():
        found.append(wrong("on", "请填写日期，不晚于今天", "give the day, not after today",
                           value=str(noted.on or ""),
                           remedy_zh="填现场检查或约谈的日期。", remedy_en="The day of the visit."))  # fmt: skip
    if not noted.document.strip():
        found.append(wrong("document", "没有照片、笔录或文件编号", "no number of a photo, minutes or paper",
                           remedy_zh="没有编号的请先编号归档。", remedy_en="File it first."))  # fmt: skip
    return found


def _move(viewer: Viewer, one: LandFile, event: Event, noted: Noted, verb: str) -> LandFile:
    """Take a locked file one step further, write the entry and the log."""
    before = State(one.state)
    one.state = after(before, event)
    one.save()
    _entry(viewer, one, event, noted, before)
    record(
        viewer, verb, target=f"land_file:{one.key}", reason=noted.words[:500],
        before={"state": before}, after={"state": one.state, "event": event},
    )  # fmt: skip
    return one


def _entry(viewer: Viewer, one: LandFile, event: Event, noted: Noted, before: str) -> None:
    LandFileEntry.objects.create(
        file=one, event=event, before=before, after=one.state, on=noted.on, document=noted.document.strip()[:120],
        words=" ".join(noted.words.split())[:1000], by_id=viewer.user_id, office=viewer.organisation[:200],
    )  # fmt: skip


def _another(viewer: Viewer, *people: int | None) -> None:
    """Refuse who did the step before; ``E-LAND-LOWUSE-FOUR-EYES``."""
    another(viewer, *people, code="E-LAND-LOWUSE-FOUR-EYES", hint=FOUR_EYES)


def _serves(viewer: Viewer, land_file: LandFile) -> bool:
    return serves(viewer, land_file.office_id, land_file.place)


# ---- the verbs ----------------------------------------------------------------------------------


def may_open_land_file(viewer: Viewer, office: int, found: Found) -> bool:
    """An official of the office that takes it in charge, for a place that it answers for."""
    return serves(viewer, office, found.place)


@action("lowuse.open_file", zh="为宗地建档", en="open a file for this parcel")
def open_land_file(*, viewer: Viewer, office: int, found: Found, words: str = "") -> LandFile:
    """Open the file of a parcel that the screening calls low-efficient or cannot tell.

    Raises:
        JiqunError: ``E-FORBIDDEN``; ``E-INPUT`` for a parcel that is not low-efficient, or has a file.
    """
    problems: list[Problem] = []
    if found.verdict == NOT:
        problems.append(wrong(
            "parcel", "筛查结论是不低效，不能建档", "the screening says that it is not low-efficient",
            value=found.parcel, remedy_zh="先核对数据或门槛，重新筛查。", remedy_en="Check data and thresholds.",
        ))  # fmt: skip
    if LandFile.objects.live([found.parcel]).exists():
        problems.append(wrong(
            "parcel", "这宗地已有未结束的档案", "the parcel has a file that has not ended", value=found.parcel,
            remedy_zh="请在原档案里办理。", remedy_en="Go on in that file.",
        ))  # fmt: skip
    refuse(problems)
    made = LandFile.objects.create(
        key=f"DX{timezone.localdate():%Y%m%d}-{secrets.token_hex(3).upper()}", parcel=found.parcel, place=found.place,
        location=found.location[:200], firm=found.firm, firm_name=found.firm_name[:120], area_m2=found.area_m2,
        trace=dict(found.trace), office_id=office, state=State.FOUND, made_by_id=viewer.user_id,
    )  # fmt: skip
    _entry(viewer, made, Event.OPEN, Noted(words=words), "")
    record(
        viewer, "lowuse.open_file", target=f"land_file:{made.key}", reason=words[:500],
        after={"parcel": made.parcel, "state": made.state, "run": str(found.trace.get("run", ""))},
    )  # fmt: skip
    return made


def may_verify_land_file(viewer: Viewer, land_file: LandFile) -> bool:
    """An official of the office in charge."""
    return _serves(viewer, land_file)


@action("lowuse.verify_file", zh="登记现场核实", en="note the visit on site")
def verify_land_file(*, viewer: Viewer, land_file: LandFile, noted: Noted) -> LandFile:
    """Note that the finding was verified on site.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-INPUT``, ``E-LAND-LOWUSE-STATE``.
    """
    refuse(_noted(noted))
    current = LandFile.objects.locked(land_file.key)
    return _move(viewer, current, Event.VERIFY, noted, "lowuse.verify_file")


def may_plan_land_file(viewer: Viewer, land_file: LandFile) -> bool:
    """An official of the office in charge."""
    return _serves(viewer, land_file)


@action("lowuse.plan_file", zh="拟定盘活方案", en="propose a plan")
def plan_land_file(*, viewer: Viewer, land_file: LandFile, plan: Plan, words: str) -> LandFile:
    """Propose tool, deadline and who answers for it; another person decides.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-INPUT``, ``E-LAND-LOWUSE-STATE``.
    """
    problems = _words(words)
    if plan.tool not in tools():
        problems.append(wrong("tool", "请选择盘活方式", "choose a way to use it better", value=plan.tool,
                              remedy_zh="方式见规则包。", remedy_en="The rule pack has the list."))  # fmt: skip
    if not plan.responsible.strip():
        problems.append(wrong("responsible", "没有责任人", "nobody answers for it",
                              remedy_zh="写姓名和职务。", remedy_en="Name and office."))  # fmt: skip
    if plan.due is None or plan.due < timezone.localdate():
        problems.append(wrong("due", "完成期限应不早于今天", "the deadline must not lie before today",
                              value=str(plan.due or ""), remedy_zh="请填写日期。", remedy_en="A day."))  # fmt: skip
    refuse(problems)
    current = LandFile.objects.locked(land_file.key)
    current.tool, current.responsible, current.due = (
        plan.tool,
        plan.responsible.strip()[:80],
        plan.due,
    )
    current.planned_by_id = viewer.user_id
    return _move(viewer, current, Event.PLAN, Noted(words=words), "lowuse.plan_file")


def may_decide_land_file(viewer: Viewer, land_file: LandFile) -> bool:
    """An official of the office in charge; never who proposed the plan."""
    return _serves(viewer, land_file) and viewer.user_id != land_file.planned_by_id


@action("lowuse.decide_file", zh="审定盘活方案", en="decide the plan")
def decide_land_file(*, viewer: Viewer, land_file: LandFile, agreed: bool, words: str) -> LandFile:
    """Decide a proposed plan, or send it back.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-LAND-LOWUSE-FOUR-EYES``, ``E-INPUT``, ``E-LAND-LOWUSE-STATE``.
    """
    refuse(_words(words))
    current = LandFile.objects.locked(land_file.key)
    _another(viewer, current.planned_by_id)
    if agreed:
        current.decided_by_id = viewer.user_id
    event = Event.DECIDE if agreed else Event.RETURN
    return _move(viewer, current, event, Noted(words=words), "lowuse.decide_file")


def may_check_land_file(viewer: Viewer, land_file: LandFile) -> bool:
    """An official of the office in charge."""
    return _serves(viewer, land_file)


@action("lowuse.check_file", zh="登记检查", en="note a check")
def check_land_file(*, viewer: Viewer, land_file: LandFile, noted: Noted) -> LandFile:
    """Note a check of how far a decided plan has got.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-INPUT``, ``E-LAND-LOWUSE-STATE``.
    """
    refuse(_noted(noted))
    current = LandFile.objects.locked(land_file.key)
    return _move(viewer, current, Event.CHECK, noted, "lowuse.check_file")


def may_talk_land_file(viewer: Viewer, land_file: LandFile) -> bool:
    """An official of the office in charge."""
    return _serves(viewer, land_file)


@action("lowuse.talk_file", zh="登记约谈", en="note a talk with the firm")
def talk_land_file(*, viewer: Viewer, land_file: LandFile, noted: Noted) -> LandFile:
    """Note a talk with the firm; the state stays.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-INPUT``, ``E-LAND-LOWUSE-STATE``.
    """
    refuse(_noted(noted))
    current = LandFile.objects.locked(land_file.key)
    return _move(viewer, current, Event.TALK, noted, "lowuse.talk_file")


def may_report_land_file(viewer: Viewer, land_file: LandFile) -> bool:
    """An official of the office in charge."""
    return _serves(viewer, land_file)


@action("lowuse.report_file", zh="上报盘活结果", en="report the result")
def report_land_file(
    *, viewer: Viewer, land_file: LandFile, result: Result, noted: Noted
) -> LandFile:
    """Report the area released and the tax before and after; another person closes.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-INPUT``, ``E-LAND-LOWUSE-STATE``.
    """
    current = LandFile.objects.locked(land_file.key)
    problems = _noted(noted)
    if result.released_m2 is None or not 0 <= result.released_m2 <= current.area_m2:
        problems.append(wrong(
            "released", f"腾出面积应在 0 与 {current.area_m2} 平方米之间",
            f"the area released lies between 0 and {current.area_m2} m²", value=str(result.released_m2),
            remedy_zh="以平方米计，整数。", remedy_en="In whole m².",
        ))  # fmt: skip
    for name, value in (("before", result.tax_before_fen), ("after", result.tax_after_fen)):
        if value is None or not 0 <= value <= MOST_FEN:
            problems.append(wrong(f"tax_{name}", "税收不是金额", "the tax is no amount", value=str(value),
                                  remedy_zh="以元计，没有税收填 0。", remedy_en="In yuan; 0 for none."))  # fmt: skip
    refuse(problems)
    current.released_m2 = result.released_m2
    current.tax_before_fen, current.tax_after_fen = result.tax_before_fen, result.tax_after_fen
    current.reported_by_id = viewer.user_id
    return _move(viewer, current, Event.REPORT, noted, "lowuse.report_file")


def may_close_land_file(viewer: Viewer, land_file: LandFile) -> bool:
    """An official of the office in charge; never who reported the result."""
    return _serves(viewer, land_file) and viewer.user_id != land_file.reported_by_id


@action("lowuse.close_file", zh="销号", en="close this file")
def close_land_file(*, viewer: Viewer, land_file: LandFile, agreed: bool, words: str) -> LandFile:
    """Close a file whose result was reported, or send it back.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-LAND-LOWUSE-FOUR-EYES``, ``E-INPUT``, ``E-LAND-LOWUSE-STATE``.
    """
    refuse(_words(words))
    current = LandFile.objects.locked(land_file.key)
    _another(viewer, current.reported_by_id)
    if agreed:
        current.closed_by_id = viewer.user_id
    event = Event.CLOSE if agreed else Event.REOPEN
    return _move(viewer, current, event, Noted(words=words), "lowuse.close_file")


def may_withdraw_land_file(viewer: Viewer, land_file: LandFile) -> bool:
    """An official of the office in charge."""
    return _serves(viewer, land_file)


@action("lowuse.withdraw_file", zh="撤销档案", en="withdraw this file")
def withdraw_land_file(*, viewer: Viewer, land_file: LandFile, words: str) -> LandFile:
    """End a file because the parcel is not low-efficient; the reason stays.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-INPUT``, ``E-LAND-LOWUSE-STATE`` once a plan is decided.
    """
    refuse(_words(words))
    current = LandFile.objects.locked(land_file.key)
    return _move(viewer, current, Event.WITHDRAW, Noted(words=words), "lowuse.withdraw_file")


def may_answer_land_file(viewer: Viewer, land_file: LandFile) -> bool:
    """Only the firm that holds the parcel."""
    return viewer.known and viewer.has(Role.FIRM) and land_file.firm in viewer.firms


@action("lowuse.answer_file", zh="对本企业的档案提出意见", en="answer in your firm's file")
def answer_land_file(*, viewer: Viewer, land_file: LandFile, words: str) -> LandFile:
    """Write the firm's answer into its file; the state stays.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-INPUT``, ``E-LAND-LOWUSE-STATE`` for a file that has ended.
    """
    refuse([*_words(words), *paper_problems(viewer, land_file.firm, words, "words")])
    current = LandFile.objects.locked(land_file.key)
    hand_in(viewer, current.firm, [words], sort=LOWUSE, target=current.key, place=current.place)
    return _move(viewer, current, Event.ANSWER, Noted(words=words), "lowuse.answer_file")
