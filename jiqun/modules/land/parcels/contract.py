"""What a notice says of a deal, read without guessing, and the terms that a parcel is counted by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cache
from typing import Any

from jiqun.core.access import Viewer
from jiqun.core.data.visible import visible_facts
from jiqun.engine.land.clock.events import Milestone
from jiqun.engine.land.clock.state import ClockRules, Terms
from jiqun.engine.land.control import Standard
from jiqun.engine.land.exact import mu, rounded
from jiqun.engine.land.records import Column, Value, read_records, standards_of
from jiqun.errors import Problem
from jiqun.facts.contract import contracts
from jiqun.facts.store.store import Store
from jiqun.modules.land.models import Parcel
from jiqun.rules.land.read import clock_rules, record_columns
from jiqun.rules.land.read import standards as usual_standards
from jiqun.rules.loader import Pack, pack

DEAL = "parcel_deal"
# Fixed days of the contract and the milestone that each is of.
FIXED = {"start_due": Milestone.START, "completion_due": Milestone.COMPLETION}


@dataclass(frozen=True, slots=True)
class Deal:
    """One deal as the notice has it.

    Attributes:
        parcel: its code.
        place: where it lies.
        firm: who won it.
        record: texts by column, as they stand in the notice.
        values: what they mean; None where nothing stands or it cannot be read.
        problems: every cell that cannot be read, with parcel, column, value and remedy.
    """

    parcel: str
    place: str
    firm: str
    record: Mapping[str, str]
    values: Mapping[str, Value]
    problems: tuple[Problem, ...]

    def day(self, name: str = "deal_day") -> date | None:
        """Return a day of the notice, None where it is not known."""
        value = self.values.get(name)
        return value if isinstance(value, date) else None

    def number(self, name: str) -> Fraction | None:
        """Return a number of the notice in its base unit (fen, m², years), None where it is not known."""
        value = self.values.get(name)
        return value if isinstance(value, Fraction) else None

    def fen(self, name: str) -> int | None:
        """Return an amount in fen, None where it is not known."""
        value = self.number(name)
        return None if value is None else rounded(value)

    @property
    def area_mu(self) -> Fraction | None:
        """Land in 亩."""
        value = self.number("area")
        return None if value is None else mu(value)


@cache
def columns_of(version: str) -> tuple[Column, ...]:
    """Return the columns of trading records by the version of their pack."""
    return record_columns(pack("land/records", version))


def read_deal(
    parcel: str, place: str, firm: str, record: Mapping[str, str], *, reading: str
) -> Deal:
    """Read the texts of a notice; what cannot be read is unknown and named."""
    columns = columns_of(reading)
    names = [one.name for one in columns if one.name in record]
    found = read_records(names, [[record[name] for name in names]], columns=columns)
    named = {one.name: one for one in columns}
    problems = tuple(
        Problem(
            one.code, f"宗地 {parcel}“{named[one.column].zh}”：{_reason(one.message_zh, '：')}",
            f"parcel {parcel}, “{named[one.column].en}”: {_reason(one.message_en, ': ')}", one.remedy_zh, one.remedy_en,
            row=None, column=one.column, value=one.value,
        )
        for one in found.problems if one.column in named and one.value
    )  # fmt: skip
    return Deal(parcel, place, firm, record, found.rows[0], problems)


def _reason(text: str, mark: str) -> str:
    """What is wrong, without the row that a file would have."""
    return text.partition(mark)[2] or text


def _deal(row: Mapping[str, Any], reading: str) -> Deal:
    names = [one.name for one in columns_of(reading)]
    record = {name: str(row[name]) for name in names if row.get(name) not in (None, "")}
    return read_deal(row["parcel"], row["place"], row["firm"], record, reading=reading)


def deals_of(
    facts: Store, viewer: Viewer, *, reading: str, parcels: Sequence[str] | None = None
) -> list[Deal]:
    """Return the deals that the viewer may see, newest first, those without a readable day last."""
    table: Any = visible_facts(facts, contracts()[DEAL], viewer)
    if parcels is not None:
        table = table.filter(table["parcel"].isin(list(parcels)))
    found = [_deal(row, reading) for row in table.to_polars().to_dicts()]
    return sorted(found, key=lambda one: (-(one.day() or date.min).toordinal(), one.parcel))


def fixed_days(deal: Deal) -> dict[str, str]:
    """Return the fixed days of a contract by milestone, as a parcel keeps them."""
    return {str(one): day.isoformat() for name, one in FIXED.items() if (day := deal.day(name))}


# ---- of a parcel that was entered ---------------------------------------------------------------


def deal_of(parcel: Parcel) -> Deal:
    """Return the deal that was frozen with a parcel."""
    return read_deal(parcel.code, parcel.place, parcel.firm, parcel.record, reading=parcel.reading)


@cache
def rules_of(rules: str, control: str) -> ClockRules:
    """Return the clock's rules by the versions of their packs."""
    return clock_rules(pack("land/milestones", rules), pack("land/control", control))


def control_of(parcel: Parcel) -> Pack:
    """Return the pack that a parcel is judged by."""
    return pack("land/control", parcel.control)


def terms_of(parcel: Parcel) -> Terms:
    """Return the terms of a parcel: rules, fixed days, bond. An unknown bond is counted as none."""
    due = {Milestone(name): date.fromisoformat(day) for name, day in parcel.due.items()}
    return Terms(rules_of(parcel.rules, parcel.control), due=due, bond=parcel.bond_fen or 0)


def standards(parcel: Parcel, deal: Deal) -> tuple[Standard, ...]:
    """Return the control indicators that the contract fixes."""
    columns = columns_of(parcel.reading)
    return standards_of(deal.values, columns=columns, usual=usual_standards(control_of(parcel)))
