"""Which parcels to release for which gaps of the chain under a budget: an exact choice with its bound.

Costs, shares and the land of a plant are assumptions of the rule pack ◆ that the page changes.
Parcels are those found low-efficient; a file's tool is used where there is one, else the usual one
of the parcel's type. Gaps are the missing and weak supporting segments of the newest chain map.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import isnan

import numpy as np

from jiqun.core.access import Viewer, forbidden, may_see_firm_rows
from jiqun.core.tabular import pick
from jiqun.engine.land.selection import Gaps, Releases, Selection, select
from jiqun.errors import JiqunError, Problem
from jiqun.facts.store.store import Store
from jiqun.modules.chain.public import Scope, shown_view, visible_scopes
from jiqun.modules.land.lowuse.cases import live_tools
from jiqun.modules.land.lowuse.findings import thresholds_of
from jiqun.modules.land.lowuse.selectors import Row, ScreenView, low_rows
from jiqun.modules.land.lowuse.tools import priced, usual_tool
from jiqun.modules.land.lowuse.words import FEN_PER_M2, FEN_PER_WAN, M2_PER_MU

PREFIX, BUDGET = "release.", "budget"
DEFAULT_WAN, MOST_WAN = 3_000, 1_000_000
MOST_GAPS, SECONDS = 10, 5.0
GAP_STATES = frozenset({"missing", "weak"})
POINTS = 100  # of a gap with the highest priority, per m²


@dataclass(frozen=True, slots=True)
class Parcel:
    """A parcel that could be released: area in m², price in fen per m²."""

    parcel: str
    name: str
    location: str
    tool: str
    area: int
    price: int
    tax_fen: int | None
    file: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """A gap of the chain: land wanted in m², points of one m²."""

    code: str
    name: str
    need: int
    points: int


@dataclass(frozen=True, slots=True)
class Portfolio:
    """The choice with everything that it rests on."""

    parcels: tuple[Parcel, ...]
    gaps: tuple[Gap, ...]
    values: Mapping[str, float]
    budget_fen: int
    found: Selection
    chain_run: str
    problems: tuple[Problem, ...]

    def released(self) -> list[tuple[Parcel, Gap, int]]:
        """Return (parcel, gap, m²) of the choice, by parcel."""
        return [
            (self.parcels[at], self.gaps[gap], int(self.found.allotted[at, gap]))
            for at, gap in zip(*np.nonzero(self.found.allotted), strict=True)
        ]

    @property
    def area(self) -> int:
        """All m² of the choice."""
        return int(self.found.allotted.sum())

    def served(self, gap: int) -> int:
        """M² that a gap gets."""
        return int(self.found.allotted[:, gap].sum())


def asked_values(
    view: ScreenView, given: Mapping[str, str]
) -> tuple[dict[str, float], int, tuple[Problem, ...]]:
    """Return assumptions and budget in fen as an address asks for; what cannot be is said and left out."""
    values = view.pack.values(thresholds_of(view.run))
    known = {name: value for name, value in values.items() if name.startswith(PREFIX)}
    problems: list[Problem] = []
    for name in known:
        if text := str(given.get(name, "")).strip()[:30]:
            try:
                known[name] = view.pack.values({name: float(text)})[name]
            except ValueError:
                problems.append(_no_number(name, text))
            except JiqunError as error:
                problems += error.fields
    text = str(given.get(BUDGET, "")).strip()[:30]
    try:
        wan = float(text) if text else DEFAULT_WAN
    except ValueError:
        wan = -1.0
    if not 0 <= wan <= MOST_WAN:
        problems.append(_no_number(BUDGET, text))
        wan = DEFAULT_WAN
    return known, round(wan * FEN_PER_WAN), tuple(problems)


def _no_number(name: str, text: str) -> Problem:
    return Problem("E-PARAMETER", f"“{text}”不是可用的数，已略去", f"“{text}” is no usable number and was left out",
                   column=name, value=text)  # fmt: skip


def chain_gaps(
    facts: Store, who: Viewer, place: str, values: Mapping[str, float]
) -> tuple[tuple[Gap, ...], str]:
    """Return the missing and weak segments with unmet need, by priority, and the run that found them."""
    scopes = [one for one in visible_scopes(facts, who) if one["place"] == place]
    if not scopes:
        return (), ""
    view = shown_view(facts, Scope(**scopes[0]), who)
    rows = [
        row
        for row in view.of("supporting")
        if row["status"] in GAP_STATES and _figure(row["plants"]) > 0
    ]
    rows = sorted(rows, key=lambda row: (-_figure(row["priority"]), row["code"]))[:MOST_GAPS]
    top = max((_figure(row["priority"]) for row in rows), default=0) or 1
    plant = values["release.plant_mu"] * M2_PER_MU
    return tuple(
        Gap(row["code"], pick(row["name_zh"], row["name_en"] or row["name_zh"]), round(row["plants"] * plant),
            max(1, round(POINTS * _figure(row["priority"]) / top)))
        for row in rows
    ), view.run.run  # fmt: skip


def _figure(value: float | None) -> float:
    """A figure of the chain map; nothing where it is not known."""
    return 0.0 if value is None or isnan(value) else value


def parcels_of(
    view: ScreenView,
    rows: Sequence[Row],
    live: Mapping[str, tuple[str, str]],
    values: Mapping[str, float],
) -> tuple[Parcel, ...]:
    """Return the parcels that could be released with area and price of their tool."""
    found: list[Parcel] = []
    for row in rows:
        file, decided = live.get(row["parcel"], ("", ""))
        tool = decided or usual_tool(view.pack, str(row["kinds"]).split(";"))
        name = priced(tool)
        found.append(Parcel(
            row["parcel"], row["name"] or "", row["location"] or "", tool,
            int(row["area_m2"] * values[f"{PREFIX}{name}.share"]),
            round(values[f"{PREFIX}{name}.cost"] * FEN_PER_M2), row["tax_fen"], file,
        ))  # fmt: skip
    return tuple(found)


def portfolio(facts: Store, who: Viewer, view: ScreenView, given: Mapping[str, str]) -> Portfolio:
    """Choose parcels and areas for the gaps within a budget.

    Raises:
        JiqunError: ``E-FORBIDDEN`` without a purpose, because the choice names firms' parcels;
            ``E-LAND-SELECTION`` when the solver fails.
    """
    if not may_see_firm_rows(who):
        raise forbidden(
            "查看地块组合", "see the choice of parcels", "请先说明用途。", "State a purpose first."
        )
    values, budget, problems = asked_values(view, given)
    parcels = parcels_of(view, low_rows(view, who), live_tools(who), values)
    gaps, run = chain_gaps(facts, who, view.place, values)
    return Portfolio(
        parcels, gaps, values, budget, chosen(parcels, gaps, budget, _least(values)), run, problems
    )


def _least(values: Mapping[str, float]) -> int:
    return round(values["release.least_mu"] * M2_PER_MU)


@lru_cache(maxsize=16)
def chosen(
    parcels: tuple[Parcel, ...], gaps: tuple[Gap, ...], budget: int, least: int
) -> Selection:
    """Return the exact choice; every parcel can serve every gap ◆."""
    count = len(parcels)
    releases = Releases(
        np.array([one.area for one in parcels], np.int64), np.zeros(count, np.int64),
        np.array([one.price for one in parcels], np.int64),
    )  # fmt: skip
    wanted = Gaps(
        np.array([one.need for one in gaps], np.int64), np.array([one.points for one in gaps], np.int64),
        np.full(len(gaps), least, np.int64),
    )  # fmt: skip
    return select(
        releases,
        wanted,
        suitable=np.ones((count, len(gaps)), np.bool_),
        budget=budget,
        seconds=SECONDS,
    )
