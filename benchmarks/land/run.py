"""Measures land: the tenure table, screening, overlaps, the release selection, the milestone clock.

Everything is generated from fixed seeds; no real parcel is in it. One process, one thread.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import TypeVar

import numpy as np
import shapely

from jiqun.engine.land.clock.events import Event, Kind, Milestone, Outcome
from jiqun.engine.land.clock.machine import replay
from jiqun.engine.land.clock.state import Terms
from jiqun.engine.land.clock.status import overview
from jiqun.engine.land.geometry.area import areas
from jiqun.engine.land.geometry.overlap import overlaps
from jiqun.engine.land.geometry.read import read_parcels
from jiqun.engine.land.screening import screen
from jiqun.engine.land.selection import Gaps, Releases, select
from jiqun.engine.land.tenure import annuity, table
from jiqun.rules.land.read import clock_rules, tenure_rules
from jiqun.rules.land.screens import criteria
from jiqun.rules.loader import pack

VERSION = "jiqun-2026.1"
T = TypeVar("T")


def best(call: Callable[[], T], times: int) -> tuple[float, float, T]:
    """Return the least CPU seconds and wall seconds of some calls, and the last result."""
    cpu, wall, result = [], [], None
    for _ in range(times):
        began, clock = time.process_time(), time.perf_counter()
        result = call()
        cpu.append(time.process_time() - began)
        wall.append(time.perf_counter() - clock)
    return min(cpu), min(wall), result


def show(what: str, cpu: float, wall: float, note: str) -> None:
    """Print one line of the table."""
    print(f"| {what} | {cpu:.3f} | {wall:.3f} | {note} |", flush=True)


def tenure() -> None:
    """Every term from 1 to 50 years."""
    rules = tenure_rules(pack("land/tenure", VERSION))

    def every_term() -> tuple[object, ...]:
        annuity.cache_clear()
        return table(45_000, range(1, 51), rules=rules, grade=7)

    cpu, wall, rows = best(every_term, 7)
    broken = sum(row.linear_test.passes is False for row in rows)
    show("tenure table, 50 terms, exact, both prices with the floor test", cpu, wall,
         f"linear pricing breaks the floor in {broken} terms")  # fmt: skip


def screening(count: int) -> None:
    """Facts at random, a tenth of them unknown."""
    rng = np.random.default_rng(1)
    rules = criteria(pack("land/screening", VERSION))
    values = {name: rng.random(count) * 30 for name in rules.facts}
    for name in (
        "supplied",
        "started",
        "completed",
        "in_production",
        "grade_d",
        "tenants_elsewhere",
    ):
        values[name] = (rng.random(count) < 0.8).astype(np.float64)
    for column in values.values():
        column[rng.random(count) < 0.1] = np.nan
    cpu, wall, found = best(lambda: screen(rules, values), 7)
    shares = [f"{int((found.low_efficiency == one).sum()):,}" for one in (1, 0, -1)]
    show(f"screening, {count:,} parcels × {len(rules.criteria)} criteria, a tenth of facts unknown",
         cpu, wall, f"yes {shares[0]}, no {shares[1]}, undetermined {shares[2]}")  # fmt: skip


def _grid(count: int) -> list[shapely.Polygon]:
    """Blocks of parcels beside one another, a twentieth of them drawn a little too far east."""
    rng = np.random.default_rng(2)
    side = int(np.ceil(np.sqrt(count)))
    made = []
    for at in range(count):
        west, south = 119.0 + (at % side) * 0.0012, 30.0 + (at // side) * 0.0012
        east = west + 0.0012 + (0.0003 if rng.random() < 0.05 else 0.0)
        edge = np.linspace(west, east, 8)
        made.append(
            shapely.Polygon(
                [*((x, south) for x in edge), *((x, south + 0.0012) for x in edge[::-1])]
            )
        )
    return made


def geometry(count: int) -> None:
    """Read, measure and overlap a grid of parcels."""
    made = _grid(count)
    features = [
        {
            "type": "Feature",
            "properties": {"id": str(at)},
            "geometry": shapely.geometry.mapping(one),
        }
        for at, one in enumerate(made)
    ]
    file = {"type": "FeatureCollection", "features": features}
    for datum in ("CGCS2000", "GCJ-02"):
        cpu, wall, read = best(lambda datum=datum: read_parcels(file, datum=datum), 3)
        points = int(shapely.get_num_coordinates(read.parcels.shapes).sum())
        show(f"reading and checking {count:,} polygons, {points:,} points, {datum}", cpu, wall,
             f"{len(read.parcels.ids):,} sound")  # fmt: skip
    shapes = np.array(made)
    cpu, wall, size = best(lambda: areas(shapes), 5)
    show(f"area of {count:,} polygons", cpu, wall, f"{size.sum() / 1e6:.1f} km²")
    cpu, wall, found = best(lambda: overlaps(shapes, smallest=1.0), 3)
    show(f"overlaps among {count:,} polygons", cpu, wall, f"{len(found.first):,} pairs")
    if count <= 3_000:

        def every_pair() -> int:
            left, right = np.triu_indices(count, 1)
            near = shapely.intersects(shapes[left], shapes[right])
            return int(
                (areas(shapely.intersection(shapes[left[near]], shapes[right[near]])) > 1.0).sum()
            )

        cpu, wall, pairs = best(every_pair, 1)
        show(f"the same, every pair of {count:,}", cpu, wall, f"{pairs:,} pairs")


def selection(count: int, gaps: int, seconds: float) -> None:
    """Parcels, gaps and costs at random."""
    rng = np.random.default_rng(3)
    releases = Releases(
        rng.integers(5, 120, count), rng.integers(50, 600, count) * 1_000_000,
        rng.integers(5, 40, count) * 1_000_000,
    )  # fmt: skip
    wanted = Gaps(
        rng.integers(200, 1500, gaps), rng.integers(1, 20, gaps), rng.integers(0, 40, gaps)
    )
    suitable = rng.random((count, gaps)) < 0.4
    budget = count * 100 * 1_000_000
    cpu, wall, found = best(
        lambda: select(releases, wanted, suitable=suitable, budget=budget, seconds=seconds), 1
    )
    show(f"release selection, {count:,} parcels × {gaps} gaps, at most {seconds:g} s", cpu, wall,
         f"{found.said()[1]}; {int(found.released.sum())} released")  # fmt: skip


def clock(count: int) -> None:
    """The same life of a parcel, replayed for many."""
    rules = clock_rules(pack("land/milestones", VERSION), pack("land/control", VERSION))
    terms = Terms(rules, bond=100_000_000)
    day = date(2024, 1, 10)

    def at(kind: Kind, after: int, milestone: Milestone | None = None, **more: object) -> Event:
        when = day + timedelta(days=after)
        return Event(kind, when, when, f"{kind}{after}", milestone, **more)  # type: ignore[arg-type]

    events = (
        at(Kind.DEAL, 0),
        at(Kind.REACHED, 5, Milestone.CONTRACT, papers=tuple(rules.papers)),
        at(Kind.CLOCK_STOPPED, 20, cause="force_majeure"),
        at(Kind.CLOCK_RESUMED, 50, stop="clock_stopped20"),
        at(Kind.REACHED, 60, Milestone.HANDOVER),
        at(Kind.REACHED, 300, Milestone.START),
        at(Kind.EXTENSION_REQUESTED, 700, Milestone.COMPLETION, months=6),
        at(Kind.EXTENSION_GRANTED, 710, Milestone.COMPLETION, months=6),
        at(Kind.REACHED, 900, Milestone.COMPLETION),
        at(Kind.CHECKED, 910, Milestone.COMPLETION, outcome=Outcome.MET),
    )
    today = day + timedelta(days=950)

    def every_parcel() -> int:
        return sum(
            len(overview(replay(events, terms=terms), terms=terms, today=today))
            for _ in range(count)
        )

    cpu, wall, _ = best(every_parcel, 3)
    show(
        f"milestones of {count:,} parcels from {len(events)} events each",
        cpu,
        wall,
        "all seven states",
    )


def main() -> None:
    """Measure everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0, help="for the selection")
    given = parser.parse_args()
    print("| what | CPU s | wall s | result |\n|---|---|---|---|")
    tenure()
    screening(100_000)
    geometry(2_000)
    geometry(10_000)
    clock(1_000)
    selection(1_000, 8, given.seconds)


if __name__ == "__main__":
    main()
