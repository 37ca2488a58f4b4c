"""Reads of evaluations for pages and the API: always with the viewer, logged where they name firms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import ibis
import polars as pl

from jiqun.core.access import MINIMUM_FIRMS, Viewer, forbidden, may_see_firm_rows, may_see_place
from jiqun.core.audit import read_firms
from jiqun.core.data.facts import asked_rows
from jiqun.core.factstore import own_places, store
from jiqun.core.tabular import Field, Query, Rows
from jiqun.errors import JiqunError, Kind
from jiqun.facts.store.ledger import Run
from jiqun.facts.store.store import Store
from jiqun.modules.land.evaluation.findings import ENGINE, SCHEMA, Graded, graded_of

Row = dict[str, Any]


@dataclass(frozen=True)
class GradedView:
    """A stored run, its rows, and the evaluation that they come from."""

    run: Run
    frame: pl.DataFrame
    graded: Graded

    @property
    def place(self) -> str:
        """The place whose firms were evaluated."""
        return self.graded.place

    @property
    def year(self) -> str:
        """The year of the figures."""
        return str(self.graded.scheme.year)

    def at(self, firm: str) -> int:
        """The place of a firm's unit among the units."""
        return self.graded.at(firm)


def newest_runs(facts: Store) -> list[Run]:
    """Return the newest run of each place."""
    found: dict[str, Run] = {}
    for run in facts.runs(ENGINE):
        found.setdefault(str(run.scope["place"]), run)
    return list(found.values())


def _no_run() -> JiqunError:
    return JiqunError(
        "E-LAND-NO-RUN",
        "还没有做过亩均效益评价",
        "no per-mu evaluation has been made yet",
        hint_zh="请分析员执行 jiqun run land。",
        hint_en="An analyst runs: jiqun run land",
        kind=Kind.NOT_FOUND,
    )


def _view(facts: Store, run: Run) -> GradedView:
    return GradedView(run, facts.finding(ENGINE, run.run).to_polars(), graded_of(facts, run))


def graded_view(facts: Store, who: Viewer, place: str = "") -> GradedView:
    """Return the newest run of a place, or of the first that the viewer answers for, for an official.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-LAND-NO-RUN``, ``E-LAND-CHANGED``.
    """
    if not who.official:
        raise forbidden("查看全县亩均评价", "see the evaluation of all firms")
    runs = {str(run.scope["place"]): run for run in newest_runs(facts)}
    mine = [one for one in ([place] if place else runs) if may_see_place(who, one)]
    if not mine and (place or runs):
        raise forbidden("查看这个地方的亩均评价", "see the evaluation of this place")
    for one in mine:
        if one in runs:
            return _view(facts, runs[one])
    raise _no_run()


def firm_view(facts: Store, who: Viewer, firm: str, place: str = "") -> GradedView:
    """Return the run that a firm's row stands in; the look of an official is logged.

    Raises:
        JiqunError: ``E-LAND-FIRM`` for a firm that is not there or not for this viewer.
    """
    view = graded_view(facts, who, place)
    there = view.graded.has(firm)
    if not there or firm not in read_firms(who, [firm], fields="permu: grade, figures"):
        raise unknown_firm()
    return view


def own_view(facts: Store, who: Viewer) -> tuple[GradedView, str]:
    """Return the newest run that the viewer's own firm stands in, and the firm.

    Raises:
        JiqunError: ``E-FORBIDDEN`` for who is no firm's user, ``E-LAND-FIRM`` where no evaluation
            has the firm.
    """
    if not who.firms:
        raise forbidden("查看企业的亩均评价", "see a firm's evaluation")
    firm = min(who.firms)
    for run in newest_runs(facts):
        held = facts.finding(ENGINE, run.run)
        if int(held.filter(held["firm"] == firm).count().to_pyarrow().as_py()):
            return _view(facts, run), firm
    raise unknown_firm()


def unknown_firm() -> JiqunError:
    """Return the error for a firm that is not there, or not for this viewer: both look the same."""
    return JiqunError(
        "E-LAND-FIRM",
        "评价里没有这家企业，或您不能查看它",
        "the evaluation has no such firm, or you may not see it",
        hint_zh="官员查看企业须先说明用途；不属于工业、在建和注销的企业不参评。",
        hint_en="An official states a purpose first; firms that are not industrial, still building or "
        "closed are not evaluated.",
        kind=Kind.NOT_FOUND,
    )


def veiled(view: GradedView, firm: str) -> bool:
    """Whether a firm shares its unit with so few that the unit's figures would tell of the others.

    Its own sheet then shows the grade and its own figures, not the unit's.
    """
    return 1 < len(view.graded.firms_with(firm)) < MINIMUM_FIRMS


def grade_counts(view: GradedView, who: Viewer) -> list[Row]:
    """Return a row per group: firms with each grade; None for counts hidden without a purpose."""
    labels = [*view.graded.scheme.grades, "other"]
    rows: list[Row] = []
    for group in view.graded.scheme.groups:
        mine = view.frame.filter(pl.col("group") == group.code)["grade"].to_list()
        if not mine:
            continue
        counts = {label: mine.count(label) for label in labels[:-1]}
        counts["other"] = len(mine) - sum(counts.values())
        shown = counts if may_see_firm_rows(who) else masked(counts)
        rows.append({"group": group, "firms": len(mine), **shown})
    return rows


def masked(counts: Mapping[str, int]) -> dict[str, int | None]:
    """Hide counts from one to four, and one more with them, or the sum would give it away."""
    hidden = {name for name, count in counts.items() if 0 < count < MINIMUM_FIRMS}
    if len(hidden) == 1:
        others = [name for name, count in counts.items() if count and name not in hidden]
        hidden |= {min(others, key=lambda name: counts[name])} if others else set()
    return {name: None if name in hidden else count for name, count in counts.items()}


# ---- the table of firms -------------------------------------------------------------------------


@lru_cache(maxsize=4)
def _all_rows(facts: Store, runs: tuple[str, ...]) -> pl.DataFrame:
    frames = [facts.finding(ENGINE, run).to_polars() for run in runs]
    # A run of an earlier version lacks the columns that came later.
    known = [one.select(name for name in SCHEMA if name in one.columns) for one in frames]
    return pl.concat([pl.DataFrame(schema=SCHEMA), *known], how="diagonal")


def firm_rows(fields: Sequence[Field], viewer: Viewer, query: Query) -> Rows:
    """Return firms of the newest runs, those that the viewer may see; reads are logged.

    A firm sees its own; an official with a purpose those of the own places; without one, none.
    """
    facts = store()
    everybody = _all_rows(facts, tuple(run.run for run in newest_runs(facts)))
    own = pl.col("firm").is_in(sorted(viewer.firms))
    inside = pl.lit(value=False)
    if may_see_firm_rows(viewer):
        inside = pl.lit(value="*" in viewer.duty_places)
        for place in sorted(viewer.duty_places - {"*"}):
            inside = inside | pl.col("place").str.starts_with(place)
    table: Any = ibis.memtable(everybody.filter(own | inside))
    by_name = {one.name: one for one in fields}
    found = asked_rows(table, query, by_name, ("firm",))
    read_firms(
        viewer, [row["firm"] for row in found.rows], fields="permu: grade, total, tax_per_mu"
    )
    return found


def places_without_run(facts: Store) -> list[str]:
    """Return the installation's places that have no evaluation."""
    done = {str(run.scope["place"]) for run in newest_runs(facts)}
    return [place for place in own_places(facts) if place not in done]
