"""From tables to what of them may be published, and the audit of tables as they stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import sparse

from jiqun.engine.disclosure.attack import Attacker, Audit, audit, weak_spots
from jiqun.engine.disclosure.exact import cheapest
from jiqun.engine.disclosure.merge import Merge, apply_merge, next_merge
from jiqun.engine.disclosure.rules import Rule
from jiqun.engine.disclosure.suppress import Pattern, attackers, protect
from jiqun.engine.disclosure.tables import (
    WHOLE,
    Columns,
    Flags,
    Ints,
    Ratio,
    System,
    Table,
    assemble,
)


@dataclass(frozen=True, slots=True)
class Options:
    """How to look for a pattern.

    Attributes:
        seconds: time for the cheapest pattern against outsiders; 0 uses the heuristic alone.
        prove_seconds: time for a lower bound against insiders as well; 0 leaves it out.
        insiders: protect against contributors too.
        keep_margins: never withhold a margin that the primary rules allow; what cannot be
            protected that way is closed by merging categories.
        merges: merges at most.
    """

    seconds: float = 5.0
    prove_seconds: float = 0.0
    insiders: bool = True
    keep_margins: bool = True
    merges: int = 6


@dataclass(frozen=True, slots=True)
class Plan:
    """What may be published of a table, with the proof.

    Attributes:
        table: the table after merges.
        merges: categories that were put together, in order.
        system: the linear system of the table and all linked ones.
        pattern: the withheld cells.
        audit: the attack on the result.
    """

    table: Table
    merges: tuple[Merge, ...]
    system: System
    pattern: Pattern
    audit: Audit

    def cells(self) -> Columns:
        """Return the table's cells: coordinate, count, total, status (see :func:`statuses`)."""
        found = statuses(self.system, self.pattern.hidden)
        mine = found["table"] == self.table.key
        return {name: column[mine] for name, column in found.items()}


def statuses(system: System, hidden: Flags) -> Columns:
    """Return every cell of every table with ``status``: published, primary or secondary."""
    status = np.where(~hidden, "published", np.where(system.sensitive, "primary", "secondary"))
    places = system.places
    order = np.lexsort((places["coordinate"].astype(str), places["table"].astype(str)))
    at = places["cell"][order]
    return {
        **{name: column[order] for name, column in places.items()},
        **{name: column[at] for name, column in system.cells.items()},
        "status": status[at],
    }


def margins(system: System) -> Flags:
    """Cells that are the whole of some dimension in every table where they stand."""
    margin = np.array([WHOLE in text.split("|") for text in system.places["coordinate"]])
    cells = system.places["cell"]
    flags = np.zeros(system.matrix.shape[0], dtype=bool)
    flags[cells] = True
    flags[cells[~margin]] = False
    return flags


def plan(
    table: Table,
    linked: Sequence[Table] = (),
    *,
    rule: Rule | None = None,
    ratios: Sequence[Ratio] = (),
    options: Options | None = None,
) -> Plan:
    """Decide what of ``table`` may be published beside ``linked`` (already published) tables.

    Where margins are kept and some cell stays exposed, two neighbouring categories are merged
    and the search starts again. The last resort is to withhold margins as well.

    Raises:
        JiqunError: ``E-PUBLICATION-ROWS``, ``E-PUBLICATION-SOLVER``.
    """
    chosen = options or Options()
    merges: list[Merge] = []
    while True:
        system = assemble([table, *linked], rule=rule, ratios=ratios)
        tried = _kept(system) if chosen.keep_margins else system
        exposed = hopeless(tried, with_insiders=chosen.insiders)
        if not exposed or not chosen.keep_margins:
            pattern = _pattern(tried, chosen)
            result = audit(tried, pattern.hidden, with_insiders=chosen.insiders)
            if result.passed or not chosen.keep_margins:
                return Plan(table, tuple(merges), system, pattern, result)
            exposed = _exposed(result)
        merge = next_merge(table, tried, exposed) if len(merges) < chosen.merges else None
        if merge is None:
            chosen = replace(chosen, keep_margins=False)
            continue
        merges.append(merge)
        table = apply_merge(table, merge)


def _kept(system: System) -> System:
    keep = margins(system) & ~system.sensitive & (system.decided == 0)
    return replace(system, decided=np.where(keep, 1, system.decided))


def hopeless(system: System, *, with_insiders: bool) -> list[int]:
    """Return cells that stay exposed even with every cell withheld that may be.

    Those of the first attacker that finds any, the outsider first: one is enough to merge.
    """
    attacker = Attacker(system, system.primary() | (system.decided == 0))
    for who in attackers(attacker, with_insiders=with_insiders):
        found = {int(attacker.targets[at]) for at, _ in weak_spots(attacker, who)}
        if found:
            return sorted(found)
    return []


def _exposed(result: Audit) -> list[int]:
    outside = result.cells["cell"][result.cells["exposed"]].tolist()
    return [*outside, *(one.cell for one in result.insiders)]


def _pattern(system: System, options: Options) -> Pattern:
    if not options.insiders:
        if options.seconds <= 0:
            return protect(system, with_insiders=False)
        return cheapest(system, with_insiders=False, seconds=options.seconds)
    start = None
    if options.seconds > 0:
        start = cheapest(system, with_insiders=False, seconds=options.seconds).hidden
    found = protect(system, start=start)
    if options.prove_seconds <= 0:
        return found
    proved = cheapest(system, seconds=options.prove_seconds)
    return proved if proved.cost <= found.cost else replace(found, bound=proved.bound)


def audit_tables(
    tables: Sequence[Table],
    *,
    rule: Rule | None = None,
    ratios: Sequence[Ratio] = (),
    insiders: bool = True,
) -> tuple[System, Audit]:
    """Attack tables as they stand: the demonstration, and the check of other people's tables.

    Tables with ``withheld`` are taken as published with exactly these cells withheld; in tables
    without it, only what the primary rules hide is withheld.

    Raises:
        JiqunError: ``E-PUBLICATION-ROWS``, ``E-PUBLICATION-SOLVER``.
    """
    system = assemble(tables, rule=rule, ratios=ratios)
    return system, audit(system, system.primary(), with_insiders=insiders)


def findings(system: System, result: Audit) -> Columns:
    """Return the audit's cells with the place where each stands, widest exposure first.

    A cell that stands in no table (firms that a comparison of tables singles out) is named by
    the smallest cell that contains it, with ``implied`` true. ``insiders`` counts contributors
    that come nearer than they may.
    """
    cell = result.cells["cell"]
    near = np.bincount(
        [one.cell for one in result.insiders] or [0], minlength=system.matrix.shape[0]
    )
    near = near if result.insiders else np.zeros_like(near)
    table, coordinate = _names(system, cell)
    found: Columns = {
        **result.cells, "table": table, "coordinate": coordinate, "count": system.cells["count"][cell],
        "implied": system.implied[cell], "insiders": near[cell],
    }  # fmt: skip
    order = np.lexsort(
        (
            coordinate.astype(str),
            table.astype(str),
            -near[cell],
            ~result.cells["exposed"],
            ~result.cells["within"],
        )
    )
    return {name: column[order] for name, column in found.items()}


def _names(system: System, cells: Ints) -> tuple[Any, Any]:
    """Table and coordinate of each cell: its own, or those of the smallest cell that holds it."""
    places = system.places
    order = np.lexsort((places["coordinate"].astype(str), places["table"].astype(str)))
    known, first = np.unique(places["cell"][order], return_index=True)
    place = np.full(system.matrix.shape[0], -1)
    place[known] = order[first]
    size = np.where(place >= 0, system.cells["atoms"], np.iinfo(np.int64).max)
    holding = sparse.csc_array(system.matrix)
    for cell in cells[place[cells] < 0]:
        atom = system.matrix.indices[system.matrix.indptr[cell]]
        inside = holding.indices[holding.indptr[atom] : holding.indptr[atom + 1]]
        place[cell] = place[inside[size[inside].argmin()]]
    return places["table"][place[cells]], places["coordinate"][place[cells]]
