"""What the industry page shows of one industry or segment."""

from __future__ import annotations

from typing import Any

import polars as pl

from jiqun.core.access import MINIMUM_FIRMS, Viewer, visible_firms
from jiqun.core.audit import read_firms
from jiqun.core.factstore import lawful_rows, own_rows
from jiqun.core.tabular import Field, pick
from jiqun.errors import JiqunError, Kind
from jiqun.facts.store.store import Store
from jiqun.modules.chain.analysis.inputs import Scope
from jiqun.modules.chain.selectors import ChainView, firms_in, hidden_in, history, place_names
from jiqun.modules.chain.tabular import (
    BADGES,
    FIRM_FIELDS,
    KINDS,
    MEASURES,
    MONEY,
    STATUS,
    money_column,
)

NEIGHBOUR_FIELDS = [
    Field("direction", "方向", "Direction"),
    Field("code", "代码", "Code"),
    Field("name", "环节", "Segment", link="href"),
    Field("status", "现状", "State", "words", words=STATUS),
]
OWN_VALUE = Field(
    "output", "产值", "Output", "money_wan", decimals=0,
    about_zh="涉企数据：官员须先说明用途并留痕；企业只看自己的", about_en="firm-level: officials state a purpose",
)  # fmt: skip
SHOWN = 60  # firms on the page; the workbook has all
Row = dict[str, Any]


def _row(view: ChainView, kind: str, code: str) -> Row:
    found = next((row for row in view.rows if row["kind"] == kind and row["code"] == code), None)
    if found is None:
        raise JiqunError(
            "E-INDUSTRY-UNKNOWN",
            f"图谱中没有行业或环节 {code}",
            f"the map has no industry or segment {code}",
            hint_zh="请从图谱或清单页点入。",
            hint_en="Open it from the map or a list.",
            kind=Kind.NOT_FOUND,
        )
    return found


def _neighbours(view: ChainView, row: Row) -> list[Row]:
    sector = row["sector"] or row["code"]
    by_sector = {
        other["sector"] or other["code"]: other for other in view.rows if other["kind"] in KINDS
    }
    result: list[Row] = []
    for source, target, value in view.flows:
        other, direction = (
            (source, pick("上游", "upstream")) if target == sector
            else (target, pick("下游", "downstream")) if source == sector
            else ("", "")
        )  # fmt: skip
        if other in by_sector:
            found = by_sector[other]
            result.append({
                "direction": direction, "code": found["code"], "kind": found["kind"], "status": found["status"],
                "name": pick(found["name_zh"], found["name_en"]), "value": value,
            })  # fmt: skip
    return result


def _open_years(store: Store, scope: Scope, view: ChainView, code: str) -> set[str]:
    """Years of which an industry's figure follows no rule of secrecy.

    Nobody or five makers and more are counted in them; and what a run of that year withholds, so
    that its totals do not give another industry away, is withheld here too.
    """
    counted = history(store, scope, code, "establishments", view.run.snapshot)
    many = counted.filter((pl.col("value") == 0) | (pl.col("value") >= MINIMUM_FIRMS))
    return {year for year in many["period"] if code not in hidden_in(store, scope, year)}


def _series(
    store: Store, scope: Scope, view: ChainView, row: Row, *, official: bool
) -> dict[str, Any]:
    """History of the place's own figures, summed over the segment's industries where all are known."""
    points: dict[str, float | None] = {}
    for code in row["members"].split(";")[:20]:
        series = history(store, scope, code, view.measure, view.run.snapshot)
        years = series["period"] if official else _open_years(store, scope, view, code)
        series = series.with_columns(
            value=pl.when(pl.col("period").is_in(list(years))).then("value")
        )
        for period, value in series.select("period", "value").iter_rows():
            before = points.get(period, 0)
            if len(period) == 4:
                points[period] = None if value is None or before is None else before + value
    scale = 1_000_000 if view.measure in MONEY else 1
    zh, en, unit_zh, unit_en = MEASURES.get(view.measure, (view.measure, view.measure, "", ""))
    known = sorted(points.items())
    return {
        "label": pick(zh, en),
        "unit": pick(unit_zh, unit_en),
        "points": [
            {"x": year, "y": value, "words": "" if value is None else f"{value / scale:,.0f}"}
            for year, value in known
        ],
        "known": any(value for _, value in known),
    }


def _firm_rows(
    store: Store, scope: Scope, view: ChainView, row: Row, who: Viewer
) -> tuple[list[Field], list[Row]]:
    frame = firms_in(store, scope, row["members"].split(";"), view.run.snapshot)
    names = place_names(store, frame["place"].unique().to_list()) if frame.height else {}
    listed = [one | {"place": names[one["place"]]} for one in frame.iter_rows(named=True)]
    if not (asked := visible_firms(who, frame["firm"].to_list() if frame.height else [])):
        return FIRM_FIELDS, listed
    values = _outputs(store, scope, view, who, asked)
    shown = read_firms(who, values, fields="output")
    return [*FIRM_FIELDS, OWN_VALUE], [
        one | {"output": values[one["firm"]] if one["firm"] in shown else None} for one in listed
    ]


def _outputs(
    store: Store, scope: Scope, view: ChainView, who: Viewer, firms: frozenset[str]
) -> dict[str, int | None]:
    """Output by firm: the own on any basis, others' where the basis lets officials see it."""
    columns, at = ["firm", "value"], view.run.snapshot
    chosen = {"indicator": "output", "period": scope.period}
    values = dict(own_rows(store, "firm_indicator", who, columns, at, **chosen).iter_rows())
    others = sorted(firms - who.firms)
    if others:
        found = lawful_rows(
            store, "firm_indicator", columns, at, purpose="official",
            reference=f"{who.name}：{who.purpose}", firm=others, **chosen,
        )  # fmt: skip
        values |= dict(found.frame.iter_rows())
    return values


def industry_page(
    store: Store, scope: Scope, view: ChainView, who: Viewer, kind: str, code: str
) -> dict[str, Any]:
    """Content of the page: the finding's row, its series, its neighbours and its firms.

    Raises:
        JiqunError: ``E-INDUSTRY-UNKNOWN``.
    """
    row = _row(view, kind, code)
    fields, listed = _firm_rows(store, scope, view, row, who)
    return {
        "row": row,
        "name": pick(row["name_zh"], row["name_en"]),
        "kind_label": pick(*KINDS[kind]),
        "status_label": pick(*STATUS[row["status"]]),
        "badge": BADGES.get(row["status"], "plain"),
        "series": _series(store, scope, view, row, official=who.official)
        if not row.get("masked")
        else {"known": False},
        "neighbour_fields": [
            *NEIGHBOUR_FIELDS,
            *money_column("value", "年投入需求（估）", "Yearly need (est.)", view.money_unit),
        ],
        "neighbour_rows": _neighbours(view, row),
        "firm_fields": fields,
        "firm_rows": listed[:SHOWN],
        "firm_count": len(listed),
        "register": store.version("firm", view.run.snapshot) >= 0,
    }
