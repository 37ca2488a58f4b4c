"""Reads findings and facts for pages, API and exports, always through the viewer's rights."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import polars as pl

from jiqun.core.access import Viewer, forbidden, may_see_place, require_place
from jiqun.core.factstore import rows, table
from jiqun.core.tabular import pick
from jiqun.errors import JiqunError, Kind
from jiqun.facts.store.ledger import Run
from jiqun.facts.store.store import Store
from jiqun.modules.chain.analysis.inputs import Scope
from jiqun.modules.chain.analysis.panel import places_within
from jiqun.modules.chain.findings import CONTEXT, ENGINE, what_if
from jiqun.modules.chain.masking import CLOSED
from jiqun.modules.chain.tabular import LISTS

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ChainView:
    """One run as a page needs it: rows by kind, flows, notes, and what it was computed from."""

    run: Run
    rows: tuple[Row, ...]
    notes: tuple[tuple[str, str], ...]
    flows: tuple[tuple[str, str, float], ...]
    context: Mapping[str, Any]
    measure: str
    money_unit: str
    changed: Mapping[str, float]

    def of(self, kind: str) -> list[Row]:
        """Rows of one kind, in rank order."""
        return [row for row in self.rows if row["kind"] == kind]

    def on(self, name: str) -> list[Row]:
        """Rows on one of the lists 补强延固."""
        return [row for row in self.rows if name in row["lists"].split(";")]


def visible_scopes(store: Store, viewer: Viewer) -> list[dict[str, str]]:
    """Return the scopes that have been run and that the viewer may see, newest run first."""
    seen: dict[tuple[str, ...], dict[str, str]] = {}
    for run in store.runs(ENGINE):
        scope = {name: str(value) for name, value in run.scope.items()}
        if may_see_place(viewer, scope["place"]):
            seen.setdefault(tuple(scope.values()), scope)
    return list(seen.values())


def _latest(store: Store, scope: Scope) -> Run:
    wanted = {"place": scope.place, "classification": scope.classification, "period": scope.period}
    runs = store.runs(ENGINE, wanted)
    if not runs:
        options = " ".join(f"--{name} {shlex.quote(value)}" for name, value in wanted.items())
        command = f"jiqun run chain {options}"
        raise JiqunError(
            "E-RUN-MISSING",
            f"{scope.place} {scope.period} 还没有计算产业链图谱",
            f"the chain map of {scope.place} {scope.period} has not been computed",
            hint_zh=f"请分析员执行 {command}",
            hint_en=f"an analyst runs: {command}",
            kind=Kind.NOT_FOUND,
        )
    return runs[0]


def chain_view(
    store: Store, scope: Scope, viewer: Viewer, overrides: Mapping[str, float] | None = None
) -> ChainView:
    """Return the latest run of a scope, or the same inputs under a what-if's thresholds.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-RUN-MISSING``, ``E-PARAMETER``.
    """
    require_place(viewer, scope.place)
    run = _latest(store, scope)
    if overrides:
        if not viewer.official:
            # Which rows appear at which threshold gives any figure away by halving.
            raise forbidden("改动门槛试算", "change thresholds in a what-if")
        frame, _ = what_if(store, run.snapshot, scope, overrides)
        return _view(run, frame, overrides)
    kept = _stored_view(store, run.run)
    # Rows are handed out as copies, because pages mask and label them for their viewer.
    return replace(kept, run=run, rows=tuple(dict(row) for row in kept.rows))


@lru_cache(maxsize=64)
def _stored_view(store: Store, run: str) -> ChainView:
    """What a run has stored, which never changes; kept because most pages begin with it."""
    (found,) = (one for one in store.runs(ENGINE) if one.run == run)
    return _view(found, _stored_rows(store, run), {})


@lru_cache(maxsize=64)
def _stored_rows(store: Store, run: str) -> pl.DataFrame:
    return store.finding(ENGINE, run).to_polars()


def masking_of(store: Store, run: str) -> Mapping[str, Any]:
    """Return what a run withholds from those who may not see firms; all where it has not been decided."""
    return _stored_view(store, run).context.get("masking") or CLOSED


def hidden_in(store: Store, scope: Scope, year: str) -> frozenset[str]:
    """Return the industries that any run of the same place and classification withholds for a year."""
    wanted = {"place": scope.place, "classification": scope.classification, "period": year}
    found = (masking_of(store, run.run)["industries"] for run in store.runs(ENGINE, wanted))
    return frozenset(code for codes in found for code in codes or ())


def _view(run: Run, frame: pl.DataFrame, changed: Mapping[str, float]) -> ChainView:
    context_row = frame.filter(pl.col("kind") == CONTEXT).row(0, named=True)
    context = json.loads(context_row["explanation"])
    rows = frame.filter(pl.col("kind") != CONTEXT).sort("kind", "rank")
    return ChainView(
        run=run,
        rows=tuple(row | {"coverage": coverage_words(row)} for row in rows.iter_rows(named=True)),
        notes=tuple((zh, en) for zh, en in context["notes"]),
        flows=tuple((source, target, value) for source, target, value in context["flows"]),
        context=context,
        measure=context_row["measure"],
        money_unit=context_row["money_unit"],
        changed=changed,
    )


def coverage_words(row: Row) -> str:
    """The coverage as one figure or, where a figure is withheld, as the range it lies in."""
    low, high = row["coverage_low"], row["coverage_high"]
    if low is None or high is None:
        return ""
    if low > 9.99:
        return ">999%"
    first, last = f"{low:.0%}", f"{high:.0%}" if high <= 9.99 else ">999%"
    return first if first == last else f"{first}–{last}"


def finding_row(store: Store, finding: str, viewer: Viewer) -> tuple[Run, Row]:
    """Return one finding with its run by its id ``<run>.<kind>.<code>``.

    Raises:
        JiqunError: ``E-FINDING-UNKNOWN`` when there is none, or it is about a place that the viewer
            may not see: both look the same from outside.
    """
    name = finding.split(".", 1)[0]
    runs = [run for run in store.runs(ENGINE) if run.run == name]
    if runs:
        frame = _stored_rows(store, name).filter(pl.col("finding") == finding)
        if frame.height:
            row = frame.row(0, named=True)
            if may_see_place(viewer, row["place"]):
                return runs[0], row
    raise JiqunError(
        "E-FINDING-UNKNOWN",
        f"没有编号为 {finding} 的推断，或您不能查看它",
        f"there is no finding {finding}, or you may not see it",
        hint_zh="编号在图谱页各行的链接里，也在 jiqun export 导出的 finding.chain 表第一列。",
        hint_en="ids are in the links of the map, and in the first column of the exported table finding.chain.",
        kind=Kind.NOT_FOUND,
    )


def _files(store: Store) -> dict[str, str]:
    """File and sheet of every batch, as its owner named them."""
    found: dict[str, str] = {}
    for batch, text in store.batches().select("batch", "meta").iter_rows():
        meta = json.loads(text)
        found[batch] = " · ".join(filter(None, (meta.get("file"), meta.get("sheet"))))
    return {batch: name for batch, name in found.items() if name}


def facts_at(store: Store, snapshot: str, facts: Iterable[Mapping[str, Any]]) -> dict[str, Row]:
    """Look up facts by key in a snapshot; the result is keyed by the key's own JSON."""
    wanted = [fact["key"] for fact in facts if fact["contract"] == "industry_cell"]
    if not wanted:
        return {}
    industries = sorted({key["industry"] for key in wanted})
    first = wanted[0]
    frame = rows(
        store, "industry_cell", None, snapshot, place=first["place"], period=first["period"],
        classification=first["classification"], industry=industries,
    )  # fmt: skip
    names = ("place", "classification", "industry", "period", "measure")
    files = _files(store)
    return {
        json.dumps({name: row[name] for name in names}, sort_keys=True): row
        | {"file": files.get(row["batch"], row["source"])}
        for row in frame.iter_rows(named=True)
    }


def list_words(row: Row) -> str:
    """The lists that a row is on, in words."""
    return "、".join(pick(*LISTS[name]) for name in row["lists"].split(";") if name in LISTS)


def place_names(store: Store, places: Sequence[str]) -> dict[str, str]:
    """Names of places in the page's language; the code where there is no name."""
    known = store.polars("place", ["place", "name_zh", "name_en"])
    frame = known.filter(pl.col("place").is_in(list(places)))
    found = {code: pick(zh or code, en or zh or code) for code, zh, en in frame.iter_rows()}
    return {place: found.get(place, place) for place in places}


def firms_in(store: Store, scope: Scope, industries: Sequence[str], snapshot: str) -> pl.DataFrame:
    """Return the firms of the place (and of the places in it) whose industry is among these.

    These are matters of the public register only: name, place, scale, status, products. A code
    also stands for the codes below it. A firm that was struck off makes nothing and is left out.
    """
    if not industries:
        return pl.DataFrame(schema={"firm": pl.String})
    return _firms_in(store, scope, tuple(industries), snapshot).clone()


@lru_cache(maxsize=4096)
def firm_names(
    store: Store, scope: Scope, snapshot: str, codes: tuple[str, ...]
) -> tuple[tuple[str, str | None], ...]:
    """Return (name, scale) of those firms, largest first, for the dots of the map."""
    return tuple(_firms_in(store, scope, codes, snapshot).select("name", "scale").iter_rows())


@lru_cache(maxsize=256)
def _firms_in(store: Store, scope: Scope, codes: tuple[str, ...], snapshot: str) -> pl.DataFrame:
    """The firms of a snapshot, which never changes."""
    places = places_within(store, snapshot, scope.place)
    mine = table(
        store, "firm_industry", snapshot, classification=scope.classification, main=True
    ).select("firm", "industry")
    columns = ["firm", "name", "place", "scale", "status", "products", "materials"]
    firms = table(store, "firm", snapshot, place=places).select(*columns)
    frame = mine.join(firms.filter(firms["status"] != "closed"), "firm").to_polars()
    return frame.filter(
        pl.any_horizontal(pl.col("industry").str.starts_with(code) for code in codes)
    ).sort(
        pl.col("scale").replace_strict(
            {"large": 0, "medium": 1, "small": 2, "micro": 3}, default=4, return_dtype=pl.Int8
        ),
        "firm",
    )


def history(store: Store, scope: Scope, industry: str, measure: str, snapshot: str) -> pl.DataFrame:
    """Return the place's own series of one industry and measure: period, value, unit, status."""
    columns = ["period", "value", "unit", "status", "source", "source_row", "as_of"]
    return rows(
        store, "industry_cell", columns, snapshot, place=scope.place, industry=industry,
        classification=scope.classification, measure=measure,
    ).sort("period")  # fmt: skip


def records(store: Store, scope: Scope, kind: str, snapshot: str) -> pl.DataFrame:
    """Return the chain's records of one kind in the place and the places in it."""
    places = places_within(store, snapshot, scope.place)
    return rows(store, "chain_record", None, snapshot, kind=kind, place=places).sort("record")
