"""Packs of land → frozen parameters of the engine. What contradicts itself is refused as ``E-PACK``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from jiqun.engine.land.bounds import UNITS
from jiqun.engine.land.breach import bond_parts
from jiqun.engine.land.clock.events import Milestone
from jiqun.engine.land.clock.state import ClockRules
from jiqun.engine.land.control import Standard
from jiqun.engine.land.exact import FEN_PER_WAN, exact
from jiqun.engine.land.records import Column
from jiqun.engine.land.tenure import TenureRules
from jiqun.errors import JiqunError, Kind
from jiqun.rules.loader import Pack, latest

PACK = "jiqun-2026.1"
BOND = {
    Milestone.START: "breach.bond_start",
    Milestone.COMPLETION: "breach.bond_completion",
    Milestone.FULL_PRODUCTION: "breach.bond_full_production",
}
PERIODS = (
    Milestone.HANDOVER, Milestone.START, Milestone.COMPLETION, Milestone.PRODUCTION,
    Milestone.FULL_PRODUCTION,
)  # fmt: skip


def in_force(part: str, on: date) -> Pack:
    """Return the pack of a part of land (tenure, control, …) in force on a day; ``E-PACK-UNKNOWN``."""
    return latest(f"land/{part}", on)


def broken(pack: Pack, wrong: Iterable[str]) -> None:
    """Refuse a pack that contradicts itself, naming everything at once; nothing when all is well."""
    said = [*wrong]
    if said:
        raise JiqunError(
            "E-PACK",
            f"规则包 {pack.topic}/{pack.version} 自相矛盾：{'；'.join(said)}",
            f"rule pack {pack.topic}/{pack.version} contradicts itself: {'; '.join(said)}",
            kind=Kind.INTERNAL,
        )


def rows(pack: Pack, table: str) -> list[dict[str, Any]]:
    """Return the rows of a pack's table as mappings by column; ``E-PACK`` when one does not fit."""
    found = pack.tables.get(table)
    if found is None:
        broken(pack, [f"there is no table {table}"])
        return []
    columns: list[str] = found["columns"]
    broken(
        pack,
        (
            f"{table}: {row} has not {len(columns)} cells"
            for row in found["rows"]
            if len(row) != len(columns)
        ),
    )
    return [dict(zip(columns, row, strict=True)) for row in found["rows"]]


def _words(pack: Pack, table: str) -> dict[str, tuple[str, str]]:
    return {row["code"]: (row["zh"], row["en"]) for row in rows(pack, table)}


def _whole(values: Mapping[str, float], name: str) -> int:
    return round(values[name])


def tenure_rules(pack: Pack, overrides: Mapping[str, float] | None = None) -> TenureRules:
    """Return the tenure rules of a pack, with a what-if's changes.

    Raises:
        JiqunError: ``E-PARAMETER``, ``E-PACK``.
    """
    values = pack.values(overrides)
    prices = {row["grade"]: round(exact(row["price"]) * 100) for row in rows(pack, "floor_price")}
    falling = [prices[grade] for grade in sorted(prices)]
    broken(
        pack,
        [
            *(
                f"floor of grade {grade} is not positive"
                for grade, price in prices.items()
                if price <= 0
            ),
            *(
                ["floor prices rise with the grade"]
                if falling != sorted(falling, reverse=True)
                else []
            ),
        ],
    )
    return TenureRules(
        rate=exact(values["tenure.rate"]),
        full_years=_whole(values, "tenure.full_years"),
        lease_max=_whole(values, "tenure.lease_max"),
        lease_first_max=_whole(values, "tenure.lease_first_max"),
        floors=prices,
        priority_share=exact(values["tenure.priority_share"]),
        renewal_grades=frozenset(row["grade"] for row in rows(pack, "renewal_grades")),
        renewal_count=_whole(values, "tenure.renewal_count"),
    )


def _bound(value: float | None, unit: str) -> Fraction | None:
    if value is None:
        return None
    return exact(value) * FEN_PER_WAN if unit == "wan/mu" else exact(value)


def standards(pack: Pack) -> tuple[Standard, ...]:
    """Return the usual control indicators of a pack; amounts per mu become fen per mu."""
    return tuple(
        Standard(
            row["code"],
            row["zh"],
            row["en"],
            "fen/mu" if row["unit"] == "wan/mu" else row["unit"],
            _bound(row["low"], row["unit"]),
            _bound(row["high"], row["unit"]),
            hard=row["hard"],
            mark=row["mark"],
        )
        for row in rows(pack, "standards")
    )


def bond_shares(
    pack: Pack, overrides: Mapping[str, float] | None = None
) -> dict[Milestone, Fraction]:
    """Return the shares of the bond by milestone.

    Raises:
        JiqunError: ``E-PARAMETER``; ``E-LAND-BOND`` when they do not sum to 1.
    """
    values = pack.values(overrides)
    shares = {milestone: exact(values[name]) for milestone, name in BOND.items()}
    bond_parts(0, {str(one): share for one, share in shares.items()})
    return shares


def clock_rules(
    pack: Pack, control: Pack, overrides: Mapping[str, float] | None = None
) -> ClockRules:
    """Return the clock rules of a milestone pack, with the bond's shares of a control pack.

    Raises:
        JiqunError: ``E-PARAMETER``, ``E-PACK`` for a milestone that does not exist, ``E-LAND-BOND``.
    """
    values = pack.values(overrides)
    evidence = rows(pack, "evidence")
    named = [row["milestone"] for row in (*evidence, *rows(pack, "checked"))]
    known = {str(one) for one in Milestone}
    broken(pack, (f"there is no milestone {one}" for one in sorted({*named} - known)))
    wanted: dict[Milestone, tuple[str, ...]] = {}
    for row in evidence:
        milestone = Milestone(row["milestone"])
        wanted[milestone] = (*wanted.get(milestone, ()), row["code"])
    before = {_whole(values, "clock.remind_first"), _whole(values, "clock.remind_second")}
    return ClockRules(
        contract_days=_whole(values, "clock.contract_days"),
        months={one: _whole(values, f"clock.{one}") for one in PERIODS},
        base="agreed" if values["clock.base_agreed"] else "actual",
        extensions=_whole(values, "clock.extensions"),
        extension_months=_whole(values, "clock.extension_months"),
        rectify_months=_whole(values, "clock.rectify_months"),
        reminders=tuple(sorted(before, reverse=True)),
        checked=frozenset(Milestone(row["milestone"]) for row in rows(pack, "checked")),
        papers=_words(pack, "papers"),
        evidence=wanted,
        causes=_words(pack, "causes"),
        bond_shares=bond_shares(control),
    )


def record_columns(pack: Pack) -> tuple[Column, ...]:
    """Return the columns of land-trading records; their plausible ends in base units.

    Raises:
        JiqunError: ``E-PACK`` for a unit that is not known or not of the column's kind.
    """
    found = rows(pack, "columns")
    numbers = [row for row in found if row["type"] in {"scalar", "bound"}]
    broken(
        pack,
        (
            f"column {row['name']}: the unit {row['unit']!r} is not of the kind {row['kind']}"
            for row in numbers
            if UNITS.get(row["unit"], ("", 0))[0] != row["kind"]
        ),
    )
    return tuple(
        Column(
            row["name"], row["zh"], row["en"], row["type"], row["kind"], row["unit"], row["sense"],
            required=row["required"], low=_scaled(row["low"], row["unit"]),
            high=_scaled(row["high"], row["unit"]), aliases=tuple(row["aliases"]),
            standard=row["standard"],
        )
        for row in found
    )  # fmt: skip


def _scaled(value: float | None, unit: str) -> Fraction | None:
    return None if value is None else exact(value) * UNITS[unit][1]
