"""One parcel: its contract and clock, what was measured, what a breach would cost, what may be done now."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from jiqun.core.access import Viewer
from jiqun.core.data.visible import visible_facts
from jiqun.core.factstore import store
from jiqun.core.frame import (
    Part,
    Words,
    ask,
    asks_purpose,
    figure,
    heading,
    link,
    note,
    press,
    show,
    table,
)
from jiqun.core.pages import page, viewer
from jiqun.core.papers import offer, papers_part
from jiqun.core.tabular import Field, pick, yuan
from jiqun.engine.land.clock.events import Kind
from jiqun.engine.land.clock.status import PHASES
from jiqun.errors import JiqunError, Problem
from jiqun.facts.contract import contracts
from jiqun.modules.land.matters import PARCEL
from jiqun.modules.land.models import Parcel, ParcelProposal
from jiqun.modules.land.models.parcels import FOUR_EYES
from jiqun.modules.land.pages.parcel_forms import day_of, entry_form, entry_of, fen_of, open_form
from jiqun.modules.land.parcels import shown
from jiqun.modules.land.parcels.clock import Standing, offers
from jiqun.modules.land.parcels.contract import Deal, deals_of
from jiqun.modules.land.parcels.documents import papers_for
from jiqun.modules.land.parcels.dossier import Dossier, dossier_of
from jiqun.modules.land.parcels.firm.actions import hand_in, may_hand_in
from jiqun.modules.land.parcels.kinds import ABOUT, BY_FIRM
from jiqun.modules.land.parcels.office import actions as office
from jiqun.modules.land.parcels.packs import versions
from jiqun.modules.land.parcels.renewing import renewing
from jiqun.modules.land.parcels.selectors import no_parcel, proposals_of, the_parcel

REGISTER: Words = ("标准地", "Standard land")
SLIPS = (
    Field("column", "字段", "Column"), Field("value", "公告写的是", "The notice has"),
    Field("why", "问题", "What is wrong"), Field("remedy", "怎么办", "Remedy"),
)  # fmt: skip
UNREADABLE: Words = (
    "公告里读不出、按未知处理的内容",
    "What cannot be read in the notice, and so is unknown",
)


@require_http_methods(["GET", "POST"])
@page
def parcel(request: HttpRequest, parcel: str) -> HttpResponse:
    """A parcel that is entered; one that was sold and is not; else what the register says of it."""
    who = viewer(request)
    try:
        found = the_parcel(who, parcel)
    except JiqunError:
        return _not_entered(request, who, parcel)
    return _entered(request, who, found)


# ---- entered ------------------------------------------------------------------------------------


def _entered(request: HttpRequest, who: Viewer, found: Parcel) -> HttpResponse:
    of = dossier_of(who, found)
    one, deal = of.one, of.deal
    waiting, refusal = proposals_of(who, found), None
    if request.method == "POST":
        refusal = press(request, _verbs(who, one, waiting, request.POST))
        if refusal is None:
            return redirect("land-parcel", found.code)
    milestones = shown.milestone_rows(one)
    parts = [
        *_slips(deal), *_waiting(who, one, waiting),
        table(("节点", "Milestones"), shown.milestone_fields(milestones), milestones,
              hint=("期限按工作合同与规则包计算，中止计时按日顺延；“预计”随前一节点变动。",
                    "Days follow from contract and rules; stops move them day by day; projected ones may move.")),
        *_control(of),
        _renewal(one, deal),
        *papers_part(who, PARCEL, [found.code]),
        table(("办理记录", "History"), shown.EVENTS, shown.event_rows(one, of.rows, who)),
    ]  # fmt: skip
    if asked := _forms(who, one, request.POST.get("verb", "")):
        parts += [heading(("现在可以办理", "What may be done now")), *asked]
    return show(
        request, (found.location or found.code, found.location or found.code), small=found.code, parts=parts,
        refusal=refusal, figures=_figures(one, deal), facts=_facts(one, deal),
        crumb=link(REGISTER, reverse("land-parcels")), basis=_basis(one),
        links=[link((f"{paper.zh}（PDF）", f"{paper.en} (PDF)"), reverse("land-parcel-paper", args=[found.code, name]))
               for name, paper in papers_for(who, one).items()],
    )  # fmt: skip


def _figures(one: Standing, deal: Deal) -> list[dict[str, str]]:
    area, term, price, left = deal.area_mu, deal.number("term"), one.parcel.price_fen, one.bond_left
    due = one.next.deadline.day.isoformat() if one.next and one.next.deadline else ""
    return [
        figure(("面积", "Area"), f"{float(area):,.2f}" if area else "—", pick("亩", "mu")),
        figure(("成交价", "Price"), f"{price / 1_000_000:,.2f}" if price else "—", pick("万元", "CNY 10k")),
        figure(("年期", "Term"), f"{float(term):g}" if term else "—", pick("年", "years")),
        figure(("在管保证金", "Bond held"), yuan(left) if left is not None else "—", pick("元", "CNY")),
        figure(("状态", "State"), pick(*PHASES[one.phase]),
               pick(*shown.MILESTONES[one.next.milestone]) + (f" {due}" if due else "") if one.next else ""),
    ]  # fmt: skip


def _facts(one: Standing, deal: Deal) -> list[tuple[str, str]]:
    found = one.parcel
    return [
        (pick("土地使用权人", "Holder"), f"{found.firm_name} {found.firm}"),
        (pick("公告编号", "Notice"), str(deal.record.get("notice", ""))),
        (pick("土地用途", "Use"), str(deal.record.get("use", ""))),
        (pick("不动产单元号", "Unit code"), str(deal.record.get("code", ""))),
        (pick("监管部门", "Office in charge"), found.department.name),
    ]  # fmt: skip


def _basis(one: Standing) -> list[tuple[str, str]]:
    found = one.parcel
    return [
        (pick("计时规则", "Rules of the clock"), f"land/milestones/{found.rules}"),
        (pick("控制指标规则", "Rules of control"), f"land/control/{found.control}"),
        (pick("公告字段规则", "Columns of notices"), f"land/records/{found.reading}"),
        (pick("数据快照", "Snapshot"), found.snapshot[:12]), (pick("截至", "As of"), one.today.isoformat()),
    ]  # fmt: skip


def _slips(deal: Deal) -> list[Part]:
    if not deal.problems:
        return []
    return [table(UNREADABLE, SLIPS, [_slip(one) for one in deal.problems])]


def _slip(one: Problem) -> dict[str, str]:
    words = pick(one.message_zh, one.message_en)
    named = {
        column.name: pick(column.zh, column.en) for column in contracts()["parcel_deal"].columns
    }
    return {
        "column": named.get(one.column, one.column),
        "value": one.value,
        "why": words,
        "remedy": pick(one.remedy_zh, one.remedy_en),
    }


def _control(of: Dossier) -> list[Part]:
    one, judged, costs = of.one, of.judged, of.costs
    (early, early_en), (overall, overall_en) = (
        shown.before_review(one),
        shown.OVERALL[judged.overall],
    )
    about = (
        f"{early}{overall}。按登记建筑面积计，8 米以上楼层未加倍；以联合核查结论为准。",
        f"{early_en}{overall_en}. By the registered floor, high storeys not doubled; the joint check decides.",
    )
    parts = [
        table(("控制指标：约定与实际", "Control indicators: agreed and actual"), shown.CONTROL,
              shown.control_rows(judged.items, of.found),
              ("公告没有约定控制指标，或都读不出。", "None agreed, or none readable."), hint=about),
    ]  # fmt: skip
    if one.state.stops:
        parts.append(table(("中止计时", "Stops of the clock"), shown.STOPS, shown.stop_rows(one)))
    if rows := shown.breach_rows(costs):
        parts.append(
            table(("违约测算", "What a breach would cost"), shown.BREACH, rows,
                  hint=("按合同算式测算，不是处理决定；缺口为正，达标为零，未知不按零计。",
                        "The contract's arithmetic, no decision; what is not known is not counted as nothing."))
        )  # fmt: skip
    if costs.bond:
        parts.append(table(("履约保证金", "Performance bond"), shown.BOND, shown.bond_rows(costs)))
    else:
        parts.append(
            note(("履约保证金金额未知。", "The performance bond is not known."), "warning")
        )
    return parts


def _renewal(one: Standing, deal: Deal) -> Part:
    found = renewing(store(), one, deal)
    said: dict[bool | None, Words] = {
        True: (
            "现在符合续期条件，可按届时评估价协议续期",
            "could be renewed by agreement at the price assessed then",
        ),
        False: ("现在不符合续期条件", "could not be renewed now"),
        None: ("条件未全部明确，不能判断", "not all is known, it cannot be told"),
    }
    zh, en = said[found.answer.allowed]
    ends = found.ends.isoformat() if found.ends else ""
    return table(
        ("年期与续期检验", "Term and test of a renewal"), shown.RENEWAL, shown.renewal_rows(found),
        hint=(f"年期届满：{ends or '未知（交地后起算）'}。{zh}。规则 land/tenure/{found.pack.version}（建议值）。",
              (f"Term ends: {ends or 'not known (it runs from the handover)'}. The parcel {en}. "
               f"Rules land/tenure/{found.pack.version} (a proposal).")),
    )  # fmt: skip


# ---- what may be done ---------------------------------------------------------------------------


def _kinds(who: Viewer, found: Parcel) -> list[Kind]:
    """What this person may enter at all."""
    if office.may_record_event(who, found):
        return list(ABOUT)
    return [kind for kind in ABOUT if kind in BY_FIRM] if may_hand_in(who, found) else []


def _forms(who: Viewer, one: Standing, pressed: str) -> list[Part]:
    """A form for each thing that may be done now, closed under its title where there are several."""
    found: list[Part] = []
    offered = offers(one, _kinds(who, one.parcel))
    folded = pressed if len(offered) > 1 else None
    for kind, about in offered.items():
        words = ABOUT[kind]
        said: Words = (
            "登记后由同部门的另一人复核才生效。",
            "It counts once another of the office has confirmed it.",
        )
        found.append(
            ask((words.zh, words.en), [(str(kind), (words.zh, words.en))], offer(entry_form(one, kind, about), who),
                said if kind in FOUR_EYES else ("", ""), folded=folded)
        )  # fmt: skip
    return found


def _waiting(who: Viewer, one: Standing, waiting: list[ParcelProposal]) -> list[Part]:
    if not waiting:
        return []
    parts = [
        table(
            ("待复核", "Waits for confirmation"),
            shown.WAITING,
            [shown.waiting_row(one, row) for row in waiting],
        )
    ]
    for row in waiting:
        kind: Words = (ABOUT[Kind(row.kind)].zh, ABOUT[Kind(row.kind)].en)
        buttons: list[tuple[str, Words]] = []
        if office.may_confirm_proposal(who, row):
            buttons.append((f"confirm-{row.pk}", ("复核确认", "Confirm")))
        if office.may_drop_proposal(who, row):
            buttons.append((f"drop-{row.pk}", ("撤下", "Drop")))
        if buttons:
            parts.append(
                ask(
                    (f"待复核：{kind[0]}", f"To be confirmed: {kind[1]}"),
                    buttons,
                    about=(row.document, row.document),
                )
            )
    return parts


def _verbs(
    who: Viewer, one: Standing, waiting: list[ParcelProposal], data: Any
) -> dict[str, Callable[[], object]]:
    verbs: dict[str, Callable[[], object]] = {}
    of_office = not may_hand_in(who, one.parcel)
    for kind in ABOUT:
        entry = partial(entry_of, one, kind, data)
        act = office.propose_event if kind in FOUR_EYES else office.record_event
        act = act if of_office else hand_in
        verbs[str(kind)] = partial(_do, act, who, one.parcel, entry)
    for row in waiting:
        verbs[f"confirm-{row.pk}"] = partial(office.confirm_proposal, viewer=who, proposal=row)
        verbs[f"drop-{row.pk}"] = partial(office.drop_proposal, viewer=who, proposal=row)
    return verbs


def _do(act: Any, who: Viewer, found: Parcel, entry: Callable[[], Any]) -> object:
    return act(viewer=who, parcel=found, entry=entry())


# ---- not entered --------------------------------------------------------------------------------


def _not_entered(request: HttpRequest, who: Viewer, code: str) -> HttpResponse:
    """A deal that may be entered, or the public register of a parcel; E-LAND-PARCEL where neither is."""
    reading = versions(timezone.localdate())["reading"]
    public: Any = visible_facts(store(), contracts()["parcel"], who)
    register = public.filter(public["parcel"] == code).to_polars().to_dicts()
    deal = next(iter(deals_of(store(), who, reading=reading, parcels=[code])), None)
    entered = Parcel.objects.in_places(who.duty_places).filter(code=code).exists()
    mine = deal if who.official and not entered else None
    if request.method == "POST" and mine is None:
        raise no_parcel()
    refusal = None
    if request.method == "POST" and mine is not None:
        refusal = press(request, {"open": partial(_open, who, mine, request.POST)})
        if refusal is None:
            return redirect("land-parcel", code)
    if not register and mine is None:
        raise no_parcel()
    parts = (
        [*_opening(mine)] if mine else [_nothing_here(), *(asks_purpose(who) if entered else [])]
    )
    parts += [_opening_form(who, mine)] if mine and office.offices_for(who) else []
    facts = _public(register[0]) if register else []
    return show(request, (code, code), parts=parts, refusal=refusal, facts=facts,
                crumb=link(REGISTER, reverse("land-parcels")))  # fmt: skip


def _nothing_here() -> Part:
    return note((
        "登记信息。这宗地没有标准地合同，或您不能查看它的合同。",
        "From the register. This parcel has no contract of standard land, or its contract is not for you.",
    ), "info")  # fmt: skip


def _public(row: dict[str, Any]) -> list[tuple[str, str]]:
    area = row["area_m2"]
    return [
        (pick("坐落", "Location"), str(row["location"] or "")), (pick("土地用途", "Use"), str(row["use"] or "")),
        (pick("登记面积（平方米）", "Registered area (m²)"), f"{area:,.0f}" if area is not None else ""),
        (pick("总建筑面积（平方米）", "Floor (m²)"), f"{row['floor_m2']:,.0f}" if row["floor_m2"] is not None else ""),
    ]  # fmt: skip


def _opening(deal: Deal) -> list[Part]:
    said = note((
        "已成交，还没有建档。建档后合同条款固定，开始计时。",
        "Sold and not entered yet. Entering freezes the contract and starts the clock.",
    ), "info")  # fmt: skip
    return [said, *_slips(deal)]


def _opening_form(who: Viewer, deal: Deal) -> Part:
    form = open_form(office.offices_for(who), day=deal.day() is None, bond=deal.fen("bond") is None)
    return ask(("建档", "Enter the parcel"), [("open", ("建档", "Enter"))], form)


def _open(who: Viewer, deal: Deal, data: Any) -> object:
    chosen = str(data.get("department", ""))
    return office.open_parcel(
        viewer=who, deal=deal, department=int(chosen) if chosen.isdecimal() else 0,
        document=" ".join(str(data.get("document", "")).split()), deal_day=day_of(data, "deal_day"),
        bond_fen=fen_of(data.get("amount", "")),
    )  # fmt: skip
