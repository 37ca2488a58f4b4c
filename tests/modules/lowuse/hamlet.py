"""A synthetic hamlet of six parcels whose verdicts are worked out by hand in the tests."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl

from jiqun.core.access import Role, Viewer
from jiqun.facts.contract import contracts
from jiqun.facts.store.store import Store

PLACE, TOWN, YEAR = "990101", "990101001", "2025"
DUTY = "法定职责（合成示例）"
DAY = dt.date(2026, 3, 31)
MU = 2000 / 3
YUAN = 100
# Codes of the documents' own examples; the names are invented.
F1, F2, F3, F4, F5, F6 = (
    "91350100M000100Y43", "914403001922038216", "11370881004339597L", "91990101MA0000001A",
    "91990101MA0000002B", "91990101MA0000003C",
)  # fmt: skip
STATUS = {F1: "active", F2: "active", F3: "suspended", F4: "building", F5: "active", F6: "active"}


def official(purpose: str = "核对低效用地") -> Viewer:
    """An official of the place."""
    return Viewer(1, "合成", frozenset({Role.ANALYST}), frozenset({PLACE}), purpose=purpose)


def put(
    facts: Store,
    contract: str,
    rows: list[dict[str, Any]],
    batch: str = "",
    meta: dict[str, str] | None = None,
) -> None:
    """Store rows; columns that are not given are unknown."""
    names = [*contracts()[contract].names, "source_row", "as_of", "basis"]
    frame = pl.DataFrame(
        [dict.fromkeys(names) | {"source_row": n, "as_of": DAY, "basis": "合成"} | row
         for n, row in enumerate(rows, 1)], infer_schema_length=None,
    )  # fmt: skip
    facts.append(
        contract,
        frame,
        batch=batch or f"hamlet {contract}",
        received=len(rows),
        source=f"合成·{contract}",
        meta=meta,
    )


def _parcel(
    number: int, holder: str | None, area: int, ratio: float, cover: float = 0.4
) -> dict[str, Any]:
    return {"parcel": f"P{number}", "location": f"合成{number}号地块", "place": TOWN, "use": "工业用地",
            "holder": holder, "area_m2": float(area), "floor_m2": area * ratio, "footprint_m2": area * cover,
            "planned_ratio": 1.2}  # fmt: skip


def _use(
    number: int,
    firm: str,
    kind: str,
    area: int,
    floor: float | None = None,
    total: float | None = None,
) -> dict[str, Any]:
    return {"parcel": f"P{number}", "firm": firm, "kind": kind, "area_m2": float(area), "floor_m2": floor,
            "total_floor_m2": total, "document": f"合成{number}{kind}", "lawful_basis": DUTY}  # fmt: skip


def _figure(
    firm: str, indicator: str, year: int, value: float, unit: str = "CNY_fen"
) -> dict[str, Any]:
    return {"firm": firm, "indicator": indicator, "period": str(year), "value": round(value), "unit": unit,
            "status": "published", "lawful_basis": DUTY}  # fmt: skip


def hamlet(facts: Store, thresholds: str = "") -> None:
    """Six parcels: P1, P6 of one firm, P2 good, P3 halted, P4 being built, P5 let for a half."""
    meta = {"focus": PLACE, **({"screening": thresholds} if thresholds else {})}
    put(facts, "firm", [
        {"firm": firm, "id_scheme": "uscc", "name": f"合成企业{n}", "place": TOWN, "status": status}
        for n, (firm, status) in enumerate(STATUS.items(), 1)
    ])  # fmt: skip
    put(facts, "parcel", [
        _parcel(1, F1, 20_000, 0.4), _parcel(2, F2, 10_000, 1.0), _parcel(3, F3, 10_000, 1.0),
        _parcel(4, F4, 10_000, 0.0, 0.0), _parcel(5, F5, 10_000, 1.0), _parcel(6, F1, 10_000, 1.0, 0.2),
    ], meta=meta)  # fmt: skip
    put(facts, "parcel_use", [
        _use(1, F1, "own", 20_000), _use(6, F1, "own", 10_000), _use(2, F2, "own", 10_000), _use(3, F3, "own", 10_000),
        _use(4, F4, "own", 10_000), _use(5, F5, "own", 10_000),
        _use(5, F6, "rented_in", 10_000, 4_000, 10_000), _use(5, F5, "rented_out", 10_000, 4_000, 10_000),
    ])  # fmt: skip
    put(facts, "firm_indicator", [
        *(_figure(F1, "tax", year, 45_000_000) for year in (2024, 2025)),  # 450,000 yuan on 45 mu
        *(_figure(F2, "tax", year, 150_000_000) for year in (2024, 2025)),  # 1,500,000 yuan on 15 mu
        _figure(F3, "tax", 2025, 0), _figure(F3, "tax", 2024, 0),
        _figure(F5, "tax", 2025, 9_000_000), _figure(F6, "tax", 2025, 6_000_000),
        _figure(F2, "electricity_kwh", 2024, 100_000, "kWh"), _figure(F2, "electricity_kwh", 2025, 49_000, "kWh"),
        *(_figure(firm, "land_m2", year, area, "m2") for firm, area in ((F1, 30_000), (F2, 10_000))
          for year in (2024, 2025)),
    ])  # fmt: skip
    put(facts, "firm_attribute", [
        {"firm": F3, "item": "停产半停产月数", "period": YEAR, "content": "14", "lawful_basis": DUTY},
        {"firm": F5, "item": "合同约定亩均税收（万元/亩）", "period": YEAR, "content": "2", "lawful_basis": DUTY},
    ])  # fmt: skip
    put(facts, "list_coverage", [
        {"item": item, "place": PLACE, "period": YEAR, "otherwise": "无", "holder": "自然资源局"}
        for item in ("合同约定亩均税收（万元/亩）", "合同节点逾期月数")
    ])  # fmt: skip


def grades(facts: Store) -> None:
    """A per-mu evaluation that grades four firms: B, C, B, D."""
    frame = pl.DataFrame({"firm": [F1, F2, F5, F6], "grade": ["B", "C", "B", "D"]})
    facts.write_finding(
        "land", frame, run="l-hamlet", snapshot_id=facts.snapshot().id, params={}, code_version="c",
        rules_version="r", scope={"place": PLACE, "year": YEAR}, seconds=0.0,
    )  # fmt: skip
