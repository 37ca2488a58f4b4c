"""Claims of a firm about its figures: checked all at once, then written down as objections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone

from jiqun.core.access import Viewer
from jiqun.core.forms import words_problem, wrong
from jiqun.core.papers import hand_in, paper_problems
from jiqun.errors import JiqunError, Kind, Problem
from jiqun.modules.land.batch.figures import held_value, label_of
from jiqun.modules.land.batch.helping import noted, paper_problem
from jiqun.modules.land.matters import OBJECTION
from jiqun.modules.land.models import Batch, Objection, Sheet
from jiqun.modules.land.states.batch import STATES, State


@dataclass(frozen=True, slots=True)
class Claim:
    """What is said to be wrong: a figure's name (empty: another matter), its value as written, why, on what."""

    field: str
    value: str
    reason: str
    proof: str


def checked(viewer: Viewer, sheet: Sheet, claims: Sequence[Claim]) -> list[Problem]:
    """Return everything that is wrong with claims about a sheet."""
    names = {str(one["name"]) for one in sheet.figures}
    elsewhere = {str(one["name"]) for one in sheet.figures if one.get("elsewhere")}
    open_ = Objection.objects.of_firm(sheet.batch_id, sheet.firm).filter(state="open")
    waiting = set(open_.values_list("field", flat=True))
    found: list[Problem] = []
    if not claims:
        found.append(wrong(
            "claims", "没有填写任何异议", "no objection was filled in",
            remedy_zh="在有异议的数据项填写应为数值、理由和证明材料编号；都无异议请按“全部认可”。",
            remedy_en="Fill in value, reason and document of the figures that are wrong, or accept all.",
        ))  # fmt: skip
    for one in claims:
        found += _elsewhere(one) if one.field in elsewhere else _claim_problems(one, names, waiting)
        found += paper_problems(viewer, sheet.firm, one.proof, f"proof_{one.field}")
    return found


def _elsewhere(one: Claim) -> list[Problem]:
    zh, en = label_of(one.field)
    return [wrong(
        f"value_{one.field}", f"“{zh}”按用地表计，不在确认单上更正",
        f"“{en}” follows the land table and is not corrected here", value=one.value[:40],
        remedy_zh="请在“我的用地”对具体地块提出异议。",
        remedy_en="Object to the line of the parcel under “My land”.",
    )]  # fmt: skip


def _claim_problems(one: Claim, names: set[str], waiting: set[str]) -> list[Problem]:
    if one.field and one.field not in names:
        return [wrong(
            "field", f"确认单里没有“{one.field}”", f"the sheet has no “{one.field}”", value=one.field,
            remedy_zh="请从确认单的数据项中选择。", remedy_en="Choose a figure of the sheet.",
        )]  # fmt: skip
    zh, en = label_of(one.field)
    found: list[Problem] = []
    if one.field in waiting:
        found.append(wrong(
            f"value_{one.field}", f"“{zh}”的异议还在处理", f"an objection to “{en}” is still open",
            remedy_zh="处理后可再提。", remedy_en="Object again once it is decided.",
        ))  # fmt: skip
    if one.field and held_value(one.field, one.value) is None:
        found.append(not_a_number(one.field, one.value, f"value_{one.field}"))
    found += words_problem(one.reason, f"reason_{one.field}")[1]
    return found + paper_problem(one.proof, f"proof_{one.field}")[1]


def not_a_number(name: str, text: str, column: str) -> Problem:
    """What to say of a value that is no number, or may not be negative."""
    zh, en = label_of(name)
    return wrong(
        column, f"“{zh}”的取值“{text[:40]}”不是可用的数",
        f"“{text[:40]}” is no usable value of “{en}”", value=text[:40],
        remedy_zh="请写数字，如 120.5；用地、用电等不能为负。",
        remedy_en="Write a number such as 120.5; land, electricity and so on are not negative.",
    )  # fmt: skip


def enter(
    viewer: Viewer, sheet: Sheet, claims: Sequence[Claim], *, stage: Objection.Stage, on_behalf: bool = False
) -> list[Objection]:  # fmt: skip
    """Write checked claims down as open objections."""
    before = Objection.objects.of_firm(sheet.batch_id, sheet.firm).count()
    held = {str(one["name"]): one["value"] for one in sheet.figures}
    made = Objection.objects.bulk_create(
        Objection(
            key=f"{sheet.key}-{number}", batch_id=sheet.batch_id, place=sheet.place, firm=sheet.firm,
            firm_name=sheet.firm_name, stage=stage, field=one.field, shown=held.get(one.field),
            claimed=held_value(one.field, one.value) if one.field else None,
            reason=words_problem(one.reason, "")[0], proof=paper_problem(one.proof, "")[0],
            on_behalf=on_behalf, made_by_id=viewer.user_id,
        )
        for number, one in enumerate(claims, start=before + 1)
    )  # fmt: skip
    for one in made:
        hand_in(
            viewer,
            one.firm,
            [one.proof, one.reason],
            sort=OBJECTION,
            target=one.key,
            place=one.place,
        )
        noted(viewer, sheet.batch, "object", firm=sheet.firm, note=label_of(one.field)[0])
    return made


def in_publicity(batch: Batch) -> None:
    """Refuse an objection to a result outside of its publicity.

    Raises:
        JiqunError: ``E-LAND-LATE``.
    """
    current = Batch.objects.locked(batch.pk)
    open_ = current.state == State.PUBLICITY
    if not open_ or current.public_until is None or current.public_until < timezone.localdate():
        raise too_late(current, "公示期", "publicity")


def too_late(batch: Batch, zh: str, en: str) -> JiqunError:
    """Return the error for an answer outside of its term."""
    about = STATES[State(batch.state)]
    return JiqunError(
        "E-LAND-LATE",
        f"{zh}已过或尚未开始，不能再答复；批次现在是“{about.zh}”",
        f"the {en} is over or has not begun; the batch is “{about.en}”",
        hint_zh="公示期内可以对结果提出异议；其他时候请联系主管部门。",
        hint_en="The result can be objected to while it is in publicity; otherwise ask the office in charge.",
        kind=Kind.CONFLICT,
    )
