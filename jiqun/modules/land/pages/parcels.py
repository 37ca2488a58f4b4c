"""Standard land at a glance: counts by state, what is due, what was sold and is not entered, the list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from jiqun.core.access import Role, Viewer, forbidden, may_see_firm_rows
from jiqun.core.factstore import store
from jiqun.core.frame import Part, asks_purpose, figure, link, show, table
from jiqun.core.pages import page, viewer
from jiqun.core.tabular import Field, pick
from jiqun.engine.land.clock.status import PHASES, Phase
from jiqun.modules.land.evaluation.selectors import masked
from jiqun.modules.land.parcels.clock import Standing
from jiqun.modules.land.parcels.contract import Deal, deals_of
from jiqun.modules.land.parcels.listing import COLUMNS, dressed, rows_of
from jiqun.modules.land.parcels.packs import versions
from jiqun.modules.land.parcels.selectors import counts_of, entered, look, standings
from jiqun.modules.land.parcels.shown import BADGES, PHASE_WORDS

SOON, LATER = 30, 90
COUNTS = (
    Field("state", "状态", "State", "words", words=PHASE_WORDS),
    Field("count", "宗数", "Parcels", "integer"),
)
SHOWN = (
    "parcel",
    "firm_name",
    "location",
    "area_mu",
    "state",
    "milestone",
    "due",
    "left",
    "overdue",
)
LIST = tuple(one for one in COLUMNS if one.name in SHOWN)
DEALS = (
    Field("parcel", "宗地编号", "Parcel", "code", link="href"), Field("winner", "竞得人", "Winner"),
    Field("notice", "公告编号", "Notice"), Field("deal_day", "成交日期", "Day of the deal", "date"),
    Field("wrong", "读不出的字段", "Columns that cannot be read"),
)  # fmt: skip
FIRST = 50


@require_GET
@page
def parcels(request: HttpRequest) -> HttpResponse:
    """An official's overview, or a firm's own parcels with their clocks."""
    who = viewer(request)
    if who.official:
        return _overview(request, who)
    if who.has(Role.FIRM):
        return _own(request, who)
    raise forbidden("查看标准地台账", "see the register of standard land")


def _own(request: HttpRequest, who: Viewer) -> HttpResponse:
    mine = standings(who)
    return show(
        request, ("我的地块", "Our parcels"),
        lede=pick("合同约定的每个节点、期限和剩余天数；打开一宗可以申请延期、提交材料。",
                  "Each milestone of the contract and its deadline; open a parcel to ask for an extension or hand in."),
        figures=_figures(mine),
        parts=[table(("地块", "Parcels"), LIST, dressed(rows_of(mine)),
                     ("本企业没有标准地合同。", "Your firm has no contract of standard land."))],
    )  # fmt: skip


def _overview(request: HttpRequest, who: Viewer) -> HttpResponse:
    today = timezone.localdate()
    seen = standings(who, today) if may_see_firm_rows(who) else []
    by_state = counts_of(who, today)
    counts: dict[str, int | None] = (
        dict(by_state)
        if may_see_firm_rows(who)
        else masked({str(one): by_state[str(one)] for one in Phase})
    )
    rows = [
        {"state": str(one), "count": counts[str(one)], "state_badge": BADGES[one]}
        for one in PHASES if by_state[str(one)]
    ]  # fmt: skip
    sold = deals_of(store(), who, reading=versions(today)["reading"])
    known = entered(who)
    waiting = [one for one in sold if one.parcel not in known]
    parts: list[Part] = [*asks_purpose(who)]
    parts.append(
        table(
            ("按状态", "By state"),
            COUNTS,
            rows,
            ("还没有建档的地块。", "No parcel is entered yet."),
        )
    )
    parts += _urgent(who, seen)
    if waiting:
        parts.append(
            table(("已成交、未建档", "Sold, not entered"), DEALS, [_deal(one) for one in waiting])
        )
    everything = reverse("table", args=["land_parcel"])
    return show(
        request, ("标准地", "Standard land"), parts=parts, figures=_figures(seen) if seen else [
            figure(("在管地块", "Parcels"), str(by_state.total()), pick("宗", "parcels"))],
        lede=pick("从成交到达产：每宗地现在在哪个节点、到期还有几天、缺什么材料。",
                  "From deal to full production: each parcel's milestone, days left, evidence lacking."),
        links=[
            link(("台账（可筛选、导出 Excel）", "Register (filters, Excel)"), everything, main=True,
                 purpose=("查看标准地履约情况", "see how contracts are kept")),
            link(("导入宗地图形", "Import shapes"), reverse("land-parcel-shapes")),
        ],
    )  # fmt: skip


def _figures(found: Sequence[Standing]) -> list[dict[str, str]]:
    left = [
        one.next.left
        for one in found
        if one.next and one.next.left is not None and one.phase in _OPEN
    ]
    parcels_ = pick("宗", "parcels")
    return [
        figure(("地块", "Parcels"), str(len(found)), parcels_),
        figure((f"{LATER} 天内到期", f"Due within {LATER} days"), str(sum(0 <= n <= LATER for n in left)), parcels_),
        figure((f"{SOON} 天内到期", f"Due within {SOON} days"), str(sum(0 <= n <= SOON for n in left)), parcels_),
        figure(("逾期", "Overdue"), str(sum(one.phase is Phase.OVERDUE for one in found)), parcels_),
    ]  # fmt: skip


_OPEN = frozenset(Phase) - {Phase.CLOSED, Phase.RESUMED, Phase.MET}


def _urgent(who: Viewer, seen: Sequence[Standing]) -> list[Part]:
    """The parcels that need somebody first: late ones, then by days left."""
    if not seen:
        return []
    hot = [
        one
        for one in seen
        if one.phase not in {Phase.MET, Phase.CLOSED, Phase.RESUMED, Phase.ON_TRACK}
    ]
    hot.sort(key=lambda one: one.next.left if one.next and one.next.left is not None else 10**6)
    shown = look(who, hot[:FIRST])
    return [
        table(
            ("需要处理的地块", "Parcels that need attention"),
            LIST,
            dressed(rows_of(shown)),
            ("没有", "None"),
        )
    ]


def _deal(one: Deal) -> dict[str, Any]:
    return {
        "parcel": one.parcel, "href": reverse("land-parcel", args=[one.parcel]), "winner": one.record.get("winner"),
        "notice": one.record.get("notice"), "deal_day": one.day(),
        "wrong": pick("、", ", ").join(f"{p.value}" for p in one.problems) or None,
    }  # fmt: skip
