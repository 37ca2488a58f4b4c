"""The register of standard land as a table: list with filters, Excel, the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import ibis
import polars as pl
from django.urls import reverse

from jiqun.core.access import Grade, Viewer, may_see_firm_rows
from jiqun.core.audit import note_read
from jiqun.core.data.facts import asked_rows
from jiqun.core.factstore import rows, store
from jiqun.core.tabular import Field, Query, Rows, TableSpec
from jiqun.modules.land.parcels.clock import Standing
from jiqun.modules.land.parcels.contract import deal_of
from jiqun.modules.land.parcels.renewing import term_end
from jiqun.modules.land.parcels.selectors import FIELDS, standings
from jiqun.modules.land.parcels.shown import BADGES, MILESTONE_WORDS, PHASE_WORDS

SCHEMA: Mapping[str, Any] = {
    "parcel": pl.String, "place": pl.String, "firm": pl.String, "firm_name": pl.String, "location": pl.String,
    "area_mu": pl.Float64, "floor_m2": pl.Float64, "plot_ratio": pl.Float64, "deal_day": pl.Date,
    "price_fen": pl.Int64, "bond_left": pl.Int64, "state": pl.String, "milestone": pl.String, "due": pl.Date,
    "left": pl.Int64, "overdue": pl.Int64, "term_end": pl.Date,
}  # fmt: skip
COLUMNS = (
    Field("parcel", "宗地编号", "Parcel", "code", link="href"),
    Field("place", "所在地", "Place", "code"),
    Field("firm", "土地使用权人代码", "Holder's code", "firm_id"),
    Field("firm_name", "土地使用权人", "Holder"),
    Field("location", "坐落", "Location"),
    Field("area_mu", "面积", "Area", "number", unit="亩"),
    Field("floor_m2", "已建建筑面积", "Floor built", "number", unit="m²"),
    Field("plot_ratio", "实际容积率", "Plot ratio", "number", about_zh="登记建筑面积 ÷ 登记用地面积",
          about_en="registered floor over registered land"),
    Field("deal_day", "成交日期", "Day of the deal", "date"),
    Field("price_fen", "成交价", "Price", "money_wan"),
    Field("bond_left", "在管保证金", "Bond held", "money_wan"),
    Field("state", "状态", "State", "words", words=PHASE_WORDS),
    Field("milestone", "当前节点", "Milestone", "words", words=MILESTONE_WORDS),
    Field("due", "期限", "Due", "date"),
    Field("left", "剩余天数", "Days left", "integer"),
    Field("overdue", "逾期天数", "Days late", "integer"),
    Field("term_end", "年期届满", "Term ends", "date", about_zh="交地日起算出让年期",
          about_en="the term from the handover"),
)  # fmt: skip


def row_of(one: Standing, built: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return a parcel as a row; ``built`` is its entry in the register, None where there is none."""
    deal, at = deal_of(one.parcel), one.next
    area, floor = (built or {}).get("area_m2"), (built or {}).get("floor_m2")
    land = deal.area_mu
    return {
        "parcel": one.parcel.code, "place": one.parcel.place, "firm": one.parcel.firm,
        "firm_name": one.parcel.firm_name or None, "location": one.parcel.location or None,
        "area_mu": float(land) if land is not None else None, "floor_m2": floor,
        "plot_ratio": round(floor / area, 4) if floor is not None and area else None,
        "deal_day": one.state.deal, "price_fen": one.parcel.price_fen, "bond_left": one.bond_left,
        "state": str(one.phase), "milestone": str(at.milestone) if at else None,
        "due": at.deadline.day if at and at.deadline else None, "left": at.left if at else None,
        "overdue": (at.overdue or None) if at else None, "term_end": term_end(one, deal),
    }  # fmt: skip


def rows_of(found: Sequence[Standing]) -> list[dict[str, Any]]:
    """Return parcels as rows, with what the register says was built."""
    codes = [one.parcel.code for one in found]
    register = (
        rows(store(), "parcel", ["parcel", "area_m2", "floor_m2"], parcel=codes) if codes else None
    )
    built = {} if register is None else {row["parcel"]: row for row in register.to_dicts()}
    return [row_of(one, built.get(one.parcel.code)) for one in found]


def parcel_rows(viewer: Viewer, query: Query) -> Rows:
    """Return the parcels that the viewer may see, narrowed as asked; reads are logged."""
    frame = pl.DataFrame(rows_of(standings(viewer)), schema=dict(SCHEMA), orient="row")
    table: Any = ibis.memtable(frame)
    found = asked_rows(table, query, {one.name: one for one in COLUMNS}, ("parcel",))
    note_read(viewer, {str(row["firm"]) for row in found.rows}, FIELDS)
    return found


def dressed(found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows with a link to the parcel and the look of its state."""
    return [
        dict(row) | {"href": reverse("land-parcel", args=[row["parcel"]]), "state_badge": BADGES[row["state"]]}
        for row in found
    ]  # fmt: skip


def _why_empty(viewer: Viewer) -> tuple[str, str, str] | None:
    if viewer.official and not may_see_firm_rows(viewer):
        return (
            "逐宗的合同与履约情况是企业级数据，说明用途后才能查看；每次查看留痕，企业看得到。",
            "Contracts of single parcels: state a purpose to see them; each look is logged and the firm sees it.",
            "purpose",
        )
    return None


PARCELS = TableSpec(
    "land_parcel", "标准地台账", "Register of standard land", COLUMNS, ("parcel",), parcel_rows,
    about_zh="每宗标准地的合同、建设情况、当前节点、期限和剩余天数",
    about_en="Each parcel of standard land: contract, what was built, milestone, deadline, days left",
    grade=Grade.FIRM, sort=("due", "parcel"),
    readers=("企业看本企业的；官员说明用途后看本地方的，每次查看留痕",
             "a firm: its own; an official with a purpose: those of the place, each look logged"),
    why_empty=_why_empty, present=partial(dressed),
)  # fmt: skip
