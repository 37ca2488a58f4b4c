"""Reads of the screening for pages, tables and the API: always with the viewer, logged where firms are named."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import ibis
import polars as pl
from django.utils import timezone

from jiqun.core.access import (
    MINIMUM_FIRMS,
    Viewer,
    forbidden,
    may_see_firm_rows,
    may_see_place,
)
from jiqun.core.audit import read_firms
from jiqun.core.data.facts import asked_rows
from jiqun.core.factstore import store
from jiqun.core.lawful.gate import state_of
from jiqun.core.tabular import Field, Query, Rows
from jiqun.engine.land.screening import Criteria
from jiqun.errors import JiqunError, Kind
from jiqun.facts.store.ledger import Run
from jiqun.facts.store.store import Store
from jiqun.modules.land.evaluation.gather import PURPOSE
from jiqun.modules.land.lowuse.findings import ENGINE, SCHEMA, rules_of, run_id
from jiqun.modules.land.lowuse.words import VERDICTS
from jiqun.rules.land.read import in_force
from jiqun.rules.loader import Pack

Row = dict[str, Any]
FIELDS_READ = "lowuse: verdict, tax_per_mu, reasons"
# What tells of the tax of all users of a parcel, and so of others where its holder has tenants.
OF_ALL_USERS = frozenset(
    {"tax_per_mu", "tax_per_mu_before", "years_without_tax", "power_on_year", "power_share"}
)


@dataclass(frozen=True)
class ScreenView:
    """A stored run, its rows, and the rules that it was made by."""

    run: Run
    frame: pl.DataFrame
    pack: Pack
    rules: Criteria

    @property
    def place(self) -> str:
        """The place whose parcels were screened."""
        return str(self.run.scope["place"])

    @property
    def year(self) -> str:
        """The year of the figures."""
        return str(self.run.scope["year"])


def newest_runs(facts: Store) -> list[Run]:
    """Return the newest screening of each place."""
    found: dict[str, Run] = {}
    for run in facts.runs(ENGINE):
        found.setdefault(str(run.scope["place"]), run)
    return list(found.values())


@lru_cache(maxsize=8)
def _frame(facts: Store, run: str) -> pl.DataFrame:
    return facts.finding(ENGINE, run).to_polars()


def lawful_still(run: Run) -> bool:
    """Whether no firm has granted or taken back the use of its figures since a run was made."""
    return str(run.params.get("consents", "")) == state_of(PURPOSE)


def _view(facts: Store, run: Run) -> ScreenView:
    if not lawful_still(run):
        raise JiqunError(
            "E-LAND-CHANGED",
            "企业授权在这次筛查之后有变动，请重新筛查",
            "consents have changed since this screening; screen again",
            hint_zh="请分析员执行 jiqun run lowuse。",
            hint_en="An analyst runs: jiqun run lowuse",
            kind=Kind.CONFLICT,
        )
    pack, rules = rules_of(run)
    return ScreenView(run, _frame(facts, run.run), pack, rules)


def is_current(facts: Store, run: Run) -> bool:
    """Whether the same run would come out of its snapshot today: rules, thresholds, consents, code."""
    version = in_force("screening", timezone.localdate()).version
    place, year = str(run.scope["place"]), int(str(run.scope["year"]))
    return run.run == run_id(facts, place, year=year, snapshot=run.snapshot, version=version)


def screen_view(facts: Store, who: Viewer, place: str = "") -> ScreenView:
    """Return the newest screening of a place, or of the first that the official answers for.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-LAND-LOWUSE-NO-RUN``, ``E-LAND-CHANGED`` once consents have.
    """
    if not who.official:
        raise forbidden("查看全县低效用地", "see the county's low-efficiency land")
    runs = {str(run.scope["place"]): run for run in newest_runs(facts)}
    mine = [one for one in ([place] if place else runs) if may_see_place(who, one)]
    if not mine and (place or runs):
        raise forbidden("查看这个地方的低效用地", "see the low-efficiency land of this place")
    for one in mine:
        if one in runs:
            return _view(facts, runs[one])
    raise _no_run()


def _no_run() -> JiqunError:
    return JiqunError(
        "E-LAND-LOWUSE-NO-RUN",
        "还没有做过低效用地筛查",
        "the land has not been screened yet",
        hint_zh="请分析员执行 jiqun run lowuse。",
        hint_en="An analyst runs: jiqun run lowuse",
        kind=Kind.NOT_FOUND,
    )


def firms_of(row: Mapping[str, Any]) -> set[str]:
    """Return the firms that a row speaks of: holder and users."""
    return {one for one in (row["holder"], *str(row["users"] or "").split(";")) if one}


def _seen(who: Viewer, row: Row) -> bool:
    """Whether the viewer may see a row, and the look logged: the holder, or an official with a purpose."""
    if row["holder"] in who.firms:
        return True
    if not may_see_firm_rows(who):
        return False
    inside = "*" in who.duty_places or str(row["place"]).startswith(
        tuple(who.duty_places) or ("?",)
    )
    if inside:
        read_firms(who, firms_of(row), fields=FIELDS_READ)
    return inside


def shown(row: Row, who: Viewer) -> Row:
    """Return a row as the viewer may see it: of a let parcel a holder learns nothing of its tenants."""
    if who.official or firms_of(row) <= who.firms:
        return row
    facts = {
        name: value for name, value in json.loads(row["facts"]).items() if name not in OF_ALL_USERS
    }
    hidden = dict.fromkeys(("tax_fen", "tax_before_fen", "tax_per_mu"))
    return row | hidden | {"facts": json.dumps(facts, ensure_ascii=False), "users": row["holder"]}


def parcel_view(facts: Store, who: Viewer, parcel: str) -> tuple[ScreenView, Row]:
    """Return the newest screening that has a parcel, and its row; the look of an official is logged.

    Raises:
        JiqunError: ``E-LAND-LOWUSE-PARCEL`` for a parcel that is not there or not for this viewer,
            ``E-LAND-CHANGED`` once consents have.
    """
    for run in newest_runs(facts):
        found = _frame(facts, run.run).filter(pl.col("parcel") == parcel)
        if found.height:
            row = found.row(0, named=True)
            if _seen(who, row):
                return _view(facts, run), shown(row, who)
    raise JiqunError(
        "E-LAND-LOWUSE-PARCEL",
        "筛查里没有这宗地，或您不能查看它",
        "the screening has no such parcel, or you may not see it",
        hint_zh="官员查看宗地须先说明用途；请从清单进入。",
        hint_en="An official states a purpose first; enter from the list.",
        kind=Kind.NOT_FOUND,
    )


def own_parcels(facts: Store, who: Viewer) -> list[Row]:
    """Return the newest rows of the parcels that the viewer's own firms hold."""
    if not who.firms:
        raise forbidden("查看本企业的用地", "see your firm's parcels")
    frames = [_frame(facts, run.run) for run in newest_runs(facts)]
    mine = pl.col("holder").is_in(sorted(who.firms))
    return [shown(row, who) for frame in frames for row in frame.filter(mine).iter_rows(named=True)]


def low_rows(view: ScreenView, who: Viewer) -> list[Row]:
    """Return the parcels found low-efficient, for an official with a purpose; the look is logged."""
    if not may_see_firm_rows(who):
        return []
    found = list(view.frame.filter(pl.col("verdict") == "low").iter_rows(named=True))
    read_firms(who, {firm for row in found for firm in firms_of(row)}, fields=FIELDS_READ)
    return found


# ---- counts and the table -----------------------------------------------------------------------


def verdict_counts(frame: pl.DataFrame) -> dict[str, int]:
    """Return how many parcels have each verdict."""
    return {one: frame.filter(pl.col("verdict") == one).height for one in VERDICTS}


def code_counts(frame: pl.DataFrame, column: str) -> dict[str, int]:
    """Return how many parcels have each code of a column of codes joined by semicolons."""
    codes = frame.select(pl.col(column).str.split(";").explode().alias("code"))
    found = codes.filter(pl.col("code") != "").group_by("code").len()
    return {code: int(count) for code, count in found.iter_rows()}


def hidden(count: int | None, who: Viewer) -> int | None:
    """Return a count, or None for one to four without a purpose."""
    if count is None or (0 < count < MINIMUM_FIRMS and not may_see_firm_rows(who)):
        return None
    return count


@lru_cache(maxsize=4)
def _all_rows(facts: Store, runs: tuple[str, ...]) -> pl.DataFrame:
    frames = [_frame(facts, run).select(*SCHEMA) for run in runs]
    return pl.concat([pl.DataFrame(schema=dict(SCHEMA)), *frames])


def parcel_rows(fields: Sequence[Field], viewer: Viewer, query: Query) -> Rows:
    """Return parcels of the newest runs that the viewer may see; reads are logged.

    A firm sees those that it holds; an official with a purpose those of the own places.
    """
    facts = store()
    everything = _all_rows(facts, tuple(run.run for run in newest_runs(facts) if lawful_still(run)))
    inside = pl.lit(value=False)
    if may_see_firm_rows(viewer):
        inside = pl.lit(value="*" in viewer.duty_places)
        for place in sorted(viewer.duty_places - {"*"}):
            inside = inside | pl.col("place").str.starts_with(place)
    own = pl.col("holder").is_in(sorted(viewer.firms))
    mine = everything.filter(own | inside)
    if not may_see_firm_rows(viewer):
        alone = pl.col("users").is_in(["", *sorted(viewer.firms)])
        mine = mine.with_columns(pl.when(alone).then(pl.col("tax_per_mu")).alias("tax_per_mu"))
    codes = ("kinds", "reasons", "signals", "missing")
    mine = mine.with_columns(
        pl.when(pl.col(name) != "").then(pl.col(name)).alias(name) for name in codes
    )
    table: Any = ibis.memtable(mine)
    found = asked_rows(table, query, {one.name: one for one in fields}, ("parcel",))
    firms = dict(everything.select("parcel", "users").iter_rows())
    named = {
        one
        for row in found.rows
        for one in (row.get("holder"), *str(firms.get(row["parcel"], "")).split(";"))
    }
    read_firms(viewer, {one for one in named if one}, fields=FIELDS_READ)
    return found
