"""The office in charge enters parcels and what happens to them; what weighs takes a second official."""

from __future__ import annotations

from datetime import date

from django.utils import timezone

from jiqun.core.access import Viewer
from jiqun.core.actions import action, refuse
from jiqun.core.audit import record
from jiqun.core.factstore import store
from jiqun.core.forms import wrong
from jiqun.engine.land.clock.events import Event, Kind
from jiqun.errors import JiqunError, Problem
from jiqun.errors import Kind as ErrorKind
from jiqun.masters.offices import own_offices, serves
from jiqun.modules.land.models import Parcel, ParcelEvent, ParcelProposal
from jiqun.modules.land.models.parcels import CONFIRMED, DROPPED, FOUR_EYES, OPEN
from jiqun.modules.land.parcels.appending import Entry, append, checked, columns, target, tried
from jiqun.modules.land.parcels.contract import DEAL, Deal, fixed_days
from jiqun.modules.land.parcels.kinds import ABOUT
from jiqun.modules.land.parcels.packs import versions

LOOK = "请从地块页选择可以办理的事项。", "Choose from what the parcel's page offers."


def may_open_parcel(viewer: Viewer, deal: Deal, department: int) -> bool:
    """An official of the office, for a place that it answers for."""
    return serves(viewer, department, deal.place)


@action("land.open_parcel", zh="为这宗地建档", en="enter this parcel")
def open_parcel(
    *,
    viewer: Viewer,
    deal: Deal,
    department: int,
    document: str = "",
    deal_day: date | None = None,
    bond_fen: int | None = None,
) -> Parcel:
    """Freeze the contract of a parcel and record its deal.

    Args:
        viewer: Who does it.
        deal: As the notice has it; what cannot be read in it stays unknown.
        department: The office in charge.
        document: What the deal rests on; the number of the notice where it is left empty.
        deal_day: Of the deal, where the notice does not say it.
        bond_fen: Performance bond, where the notice does not say it.

    Raises:
        JiqunError: ``E-FORBIDDEN``; ``E-INPUT`` where day, area or document are known from neither,
            or something typed contradicts the notice; ``E-LAND-PARCEL-TWICE``.
    """
    day, bond = deal.day() or deal_day, deal.fen("bond")
    refuse([
        *_needed(deal, day, document),
        *_contradicts("deal_day", deal.day(), deal_day, ("成交日期", "day of the deal")),
        *_contradicts("bond", bond, bond_fen, ("履约保证金", "bond")),
    ])  # fmt: skip
    if Parcel.objects.filter(code=deal.parcel).exists():
        raise JiqunError(
            "E-LAND-PARCEL-TWICE",
            f"宗地 {deal.parcel} 已经建档",
            f"the parcel {deal.parcel} was entered before",
            hint_zh="请从台账打开该宗地。",
            hint_en="Open it from the register.",
            kind=ErrorKind.CONFLICT,
        )
    price, used = deal.fen("deal_price"), versions(timezone.localdate())
    made = Parcel.objects.create(
        code=deal.parcel, place=deal.place, firm=deal.firm, firm_name=str(deal.record.get("winner", "")),
        location=str(deal.record.get("location", "")), department_id=department, record=dict(deal.record),
        snapshot=store().snapshot([DEAL]).id, due=fixed_days(deal), price_fen=price or None,
        bond_fen=bond if bond is not None else bond_fen, made_by_id=viewer.user_id, **used,
    )  # fmt: skip
    entry = Entry(Kind.DEAL, day, document or str(deal.record.get("notice", "")))
    append(viewer, made, checked(entry), verb="land.open_parcel")
    return made


def _needed(deal: Deal, day: date | None, document: str) -> list[Problem]:
    """What has to be known before a parcel can be counted at all."""
    lacking = [
        ("deal_day", day, "成交日期", "the day of the deal"),
        ("area", deal.number("area"), "出让面积", "the area"),
        ("document", document or deal.record.get("notice"), "公告编号或合同编号",
         "the number of the notice or contract"),
    ]  # fmt: skip
    return [
        wrong(name, f"公告里读不出{zh}", f"the notice does not say {en}", value=str(deal.record.get(name, "")),
              remedy_zh="请按成交确认书补填，或更正公告数据后重新导入。",
              remedy_en="Fill it in from the confirmation, or correct the notice and import it again.")
        for name, value, zh, en in lacking if not value
    ]  # fmt: skip


def _contradicts(name: str, said: object, typed: object, words: tuple[str, str]) -> list[Problem]:
    if said is None or typed is None or said == typed:
        return []
    return [wrong(
        name, f"与公告的{words[0]}不一致", f"it is not the {words[1]} of the notice", value=str(typed),
        remedy_zh="公告写明的以公告为准，请留空。", remedy_en="The notice decides; leave it empty.",
    )]  # fmt: skip


def may_record_event(viewer: Viewer, parcel: Parcel) -> bool:
    """An official of the office in charge."""
    return serves(viewer, parcel.department_id, parcel.place)


@action("land.record_event", zh="登记这宗地的事项", en="record what happens to this parcel")
def record_event(*, viewer: Viewer, parcel: Parcel, entry: Entry) -> ParcelEvent:
    """Record something that one official may enter alone.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-INPUT``, ``E-LAND-EVENT``; ``E-LAND-FOUR-EYES`` for a kind
            that takes two.
    """
    event = _of_office(entry)
    if event.kind in FOUR_EYES:
        raise _takes_two()
    return append(
        viewer, Parcel.objects.locked(parcel.pk), event, verb="land.record_event", note=_note(entry)
    )


def _of_office(entry: Entry) -> Event:
    """Return the event of an entry; ``E-INPUT`` for a kind that nobody enters by itself."""
    event = checked(entry)
    if event.kind not in ABOUT:
        refuse([wrong("kind", "成交随建档登记，不单独登记", "a deal is recorded with the parcel", value=entry.kind,
                      remedy_zh=LOOK[0], remedy_en=LOOK[1])])  # fmt: skip
    return event


def _note(entry: Entry) -> str:
    return " ".join(entry.note.split())[:500]


def _takes_two() -> JiqunError:
    return JiqunError(
        "E-LAND-FOUR-EYES",
        "这件事须一人登记、另一人复核",
        "this takes one official who enters it and another who confirms it",
        hint_zh="延期、核查结论、违约处理、保证金和收回土地都是如此：登记后由同部门的另一人确认。",
        hint_en="So do extensions, checks, measures, the bond and resumption: another of the office confirms.",
        kind=ErrorKind.FORBIDDEN,
    )


def may_propose_event(viewer: Viewer, parcel: Parcel) -> bool:
    """An official of the office in charge."""
    return serves(viewer, parcel.department_id, parcel.place)


@action("land.propose_event", zh="提出这宗地的处理意见", en="propose a decision about this parcel")
def propose_event(*, viewer: Viewer, parcel: Parcel, entry: Entry) -> ParcelProposal:
    """Enter something that counts once another official has confirmed it.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-INPUT``, ``E-LAND-EVENT``; ``E-LAND-PROPOSED`` while another
            of the kind waits.
    """
    event = _of_office(entry)
    if event.kind not in FOUR_EYES:
        refuse([wrong("kind", "这件事一人登记即可", "one official records this alone", value=entry.kind,
                      remedy_zh=LOOK[0], remedy_en=LOOK[1])])  # fmt: skip
    current = Parcel.objects.locked(parcel.pk)
    tried(current, event)
    waiting = ParcelProposal.objects.filter(
        parcel=current, kind=event.kind, milestone=str(event.milestone or ""), state=OPEN
    )
    if waiting.exists():
        raise JiqunError(
            "E-LAND-PROPOSED",
            "同一事项已有一条待复核",
            "one of the same kind waits for confirmation",
            hint_zh="请先确认或撤下那一条。",
            hint_en="Confirm or drop that one first.",
            kind=ErrorKind.CONFLICT,
        )
    made = ParcelProposal.objects.create(
        parcel=current, made_by_id=viewer.user_id, note=_note(entry), **columns(event)
    )
    record(viewer, "land.propose_event", target=target(current), reason=made.note,
           after={"proposal": made.pk, "event": made.kind, "about": made.milestone,
                  "document": made.document})  # fmt: skip
    return made


def may_confirm_proposal(viewer: Viewer, proposal: ParcelProposal) -> bool:
    """Another official of the office in charge than who entered it."""
    parcel = proposal.parcel
    return (
        serves(viewer, parcel.department_id, parcel.place) and viewer.user_id != proposal.made_by_id
    )


@action(
    "land.confirm_proposal",
    zh="复核确认这一条（须由登记人以外的同部门人员）",
    en="confirm this: it takes another of the office than who entered it",
)
def confirm_proposal(*, viewer: Viewer, proposal: ParcelProposal) -> ParcelEvent:
    """Let what another entered count: it becomes an event.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-LAND-SETTLED``, ``E-LAND-EVENT`` when something else has
            happened meanwhile that it cannot follow.
    """
    row, parcel = _locked(proposal)
    _settle(viewer, row, CONFIRMED)
    return append(
        viewer, parcel, row.event(timezone.localdate()), verb="land.confirm_proposal", note=row.note,
        made_by=row.made_by_id, confirmed_by=viewer.user_id,
    )  # fmt: skip


def may_drop_proposal(viewer: Viewer, proposal: ParcelProposal) -> bool:
    """An official of the office in charge, who entered it too."""
    return serves(viewer, proposal.parcel.department_id, proposal.parcel.place)


@action("land.drop_proposal", zh="撤下这条待复核事项", en="drop this proposal")
def drop_proposal(*, viewer: Viewer, proposal: ParcelProposal) -> ParcelProposal:
    """Take back what waits for confirmation; it stays to be seen.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-LAND-SETTLED``.
    """
    row, parcel = _locked(proposal)
    _settle(viewer, row, DROPPED)
    record(viewer, "land.drop_proposal", target=target(parcel), before={"proposal": row.pk, "state": OPEN},
           after={"state": DROPPED})  # fmt: skip
    return row


def _locked(proposal: ParcelProposal) -> tuple[ParcelProposal, Parcel]:
    """Lock the parcel, then the proposal: always in this order."""
    parcel = Parcel.objects.locked(proposal.parcel_id)
    row = ParcelProposal.objects.locked(proposal.pk)
    if row.state != OPEN:
        raise JiqunError(
            "E-LAND-SETTLED",
            "这一条已经确认或撤下",
            "this was confirmed or dropped before",
            hint_zh="请刷新页面；别人可能刚处理过。",
            hint_en="Reload the page; somebody may just have dealt with it.",
            kind=ErrorKind.CONFLICT,
        )
    return row, parcel


def _settle(viewer: Viewer, row: ParcelProposal, state: str) -> None:
    row.state, row.settled_by_id, row.settled_at = state, viewer.user_id, timezone.now()
    row.save(update_fields=["state", "settled_by", "settled_at"])


def offices_for(viewer: Viewer) -> list[tuple[str, str]]:
    """Return the bureaux that the viewer works in, as a form offers them."""
    return [(str(one.pk), one.name) for one in own_offices(viewer)]
