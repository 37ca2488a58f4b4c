"""What is known about a parcel after its events, and the rules by which deadlines are counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Literal

from jiqun.engine.land.breach import bond_parts
from jiqun.engine.land.clock.events import Event, Kind, Milestone, Outcome


@dataclass(frozen=True, slots=True)
class ClockRules:
    """Figures of a milestone pack.

    Attributes:
        contract_days: days from the deal to the signing.
        months: from the milestone before, for each that has a deadline; a contract may differ.
        base: ``actual`` counts from the day the milestone before was reached; ``agreed`` from its
            deadline when it was reached late, so that one delay gives no time for the next.
        extensions: how often a milestone may be extended.
        extension_months: longest single extension.
        rectify_months: longest rectification.
        reminders: days before a deadline at which to remind, longest first.
        checked: milestones that count as met only after a joint check.
        papers: that are signed together with the contract: by code, in Chinese and English.
        evidence: codes of what is wanted for each milestone.
        causes: for which the clock may stop, like ``papers``.
        bond_shares: of the bond returned at each milestone.
    """

    contract_days: int
    months: Mapping[Milestone, int]
    base: Literal["actual", "agreed"]
    extensions: int
    extension_months: int
    rectify_months: int
    reminders: tuple[int, ...]
    checked: frozenset[Milestone]
    papers: Mapping[str, tuple[str, str]]
    evidence: Mapping[Milestone, tuple[str, ...]]
    causes: Mapping[str, tuple[str, str]]
    bond_shares: Mapping[Milestone, Fraction]


@dataclass(frozen=True, slots=True)
class Terms:
    """Rules together with what the contract of one parcel says otherwise.

    Attributes:
        rules: of the pack.
        months: of the contract, instead of those of the rules.
        due: fixed days of the contract; they win over months and run from the contract.
        bond: performance bond in fen.
    """

    rules: ClockRules
    months: Mapping[Milestone, int] = field(default_factory=dict[Milestone, int])
    due: Mapping[Milestone, date] = field(default_factory=dict[Milestone, date])
    bond: int = 0

    def months_of(self, milestone: Milestone) -> int | None:
        """Months from the milestone before, None where there is no deadline."""
        return self.months.get(milestone, self.rules.months.get(milestone))

    def part(self, milestone: Milestone) -> int | None:
        """Part of the bond returned at a milestone in fen, None where none is."""
        shares = {str(one): share for one, share in self.rules.bond_shares.items()}
        return bond_parts(self.bond, shares).get(str(milestone))


@dataclass(frozen=True, slots=True)
class Stop:
    """The clock stood still from ``first``; ``after`` is the first day that counts again."""

    document: str
    cause: str
    first: date
    after: date | None = None


@dataclass(frozen=True, slots=True)
class Rectification:
    """Ordered on a day for some months."""

    day: date
    months: int


@dataclass(frozen=True, slots=True)
class State:
    """Everything that the recorded events say; days of deadlines follow from it and the rules."""

    events: tuple[Event, ...] = ()
    deal: date | None = None
    reached: Mapping[Milestone, date] = field(default_factory=dict[Milestone, date])
    outcomes: Mapping[Milestone, Outcome] = field(default_factory=dict[Milestone, Outcome])
    granted: Mapping[Milestone, tuple[int, ...]] = field(
        default_factory=dict[Milestone, tuple[int, ...]]
    )
    requests: Mapping[Milestone, Event] = field(default_factory=dict[Milestone, Event])
    stops: tuple[Stop, ...] = ()
    orders: Mapping[Milestone, Rectification] = field(
        default_factory=dict[Milestone, Rectification]
    )
    recheck: frozenset[Milestone] = frozenset()
    evidence: Mapping[Milestone, frozenset[str]] = field(
        default_factory=dict[Milestone, frozenset[str]]
    )
    measures: frozenset[Milestone] = frozenset()
    returned: Mapping[Milestone, int] = field(default_factory=dict[Milestone, int])
    forfeited: int = 0
    closed: date | None = None
    resumed: date | None = None
    voided: frozenset[int] = frozenset()

    @property
    def live(self) -> tuple[Event, ...]:
        """The recorded events that count: neither voided nor voidings."""
        return tuple(
            event for number, event in enumerate(self.events, start=1)
            if number not in self.voided and event.kind is not Kind.VOIDED
        )  # fmt: skip

    @property
    def settled(self) -> int:
        """How much of the bond has gone back or been forfeited, in fen."""
        return sum(self.returned.values()) + self.forfeited

    @property
    def stopped(self) -> bool:
        """Whether the clock stands still at the moment."""
        return any(stop.after is None for stop in self.stops)
