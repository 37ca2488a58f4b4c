"""Tables of the chain as (columns, rows): pages draw them, workbooks write them, the API sends them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from jiqun.core.access import MINIMUM_FIRMS, Viewer
from jiqun.core.tabular import Field, pick
from jiqun.errors import JiqunError, Kind
from jiqun.facts.store.store import Store
from jiqun.modules.chain import tabular
from jiqun.modules.chain.analysis.inputs import Scope
from jiqun.modules.chain.catalogue import Entry, entry
from jiqun.modules.chain.masking import CLOSED, COLUMNS, DEMAND, OF_A_ROW, covers, topics
from jiqun.modules.chain.selectors import (
    ChainView,
    chain_view,
    firms_in,
    list_words,
    place_names,
    records,
)

PREFIX = "p."  # a threshold in the address: p.leading.coverage=0.6
Row = dict[str, Any]
Table = tuple[list[Field], list[Row]]
FIELDS = {
    "leading": tabular.leading_fields,
    "supporting": tabular.supporting_fields,
    "potential": tabular.potential_fields,
    "extension": tabular.extension_fields,
}


def view_query(view: ChainView) -> str:
    """The scope of a view and its changed thresholds, as the query part of an address."""
    changed = {f"{PREFIX}{name}": f"{value:g}" for name, value in view.changed.items()}
    return urlencode({**view.run.scope, **changed})


def industry_href(view: ChainView, row: Mapping[str, Any]) -> str:
    """Address of a segment's page, under the same thresholds."""
    address = reverse("chain-industry", args=[row["kind"], row["code"]])
    return f"{address}?{view_query(view)}"


def dressed(row: Row, view: ChainView) -> Row:
    """A finding with what a table shows besides its figures: words, badge, link.

    What a what-if finds is not stored, so its rows lead to the segment's page and not to a
    stored explanation. A sector's code says that it is one, because the same digits mean another
    thing in the industry classification.
    """
    code = (
        row["code"]
        if row["code_kind"] == "industry"
        else pick(f"部门\u00a0{row['code']}", f"sector\u00a0{row['code']}")
    )
    return row | {
        "code": code,
        "name": pick(row["name_zh"], row["name_en"]),
        "list_words": list_words(row),
        "status_badge": tabular.BADGES.get(row["status"], "plain"),
        "href": industry_href(view, row)
        if view.changed
        else reverse("chain-finding", args=[row["finding"]]),
    }


def tier_table(view: ChainView, kind: str) -> Table:
    """Rows of one tier."""
    return FIELDS[kind](view.measure, view.money_unit), [
        dressed(row, view) for row in view.of(kind)
    ]


def mixed_table(view: ChainView, rows: Sequence[Row]) -> Table:
    """Rows of several kinds under the columns that they share, in the order of the tiers."""
    order = [*tabular.KINDS]
    fields = [
        Field("kind", "层级", "Tier", "words", words=tabular.KINDS),
        tabular.CODE, tabular.NAME, tabular.STATE, tabular.size_field(view.measure), tabular.COUNT,
        Field("coverage", "覆盖率", "Coverage"), tabular.PROBABILITY, tabular.NULL,
        Field("priority", "优先度", "Priority", "number"), Field("list_words", "列入", "Lists"),
    ]  # fmt: skip
    ordered = sorted(rows, key=lambda row: order.index(row["kind"]))
    return fields, [dressed(row, view) for row in ordered]


def firm_table(store: Store, scope: Scope, view: ChainView, kinds: Sequence[str]) -> Table:
    """Registered firms in the industries of the given tiers."""
    names = {
        code: pick(row["name_zh"], row["name_en"])
        for row in view.rows
        for code in row["members"].split(";")
    }
    codes = [code for kind in kinds for row in view.of(kind) for code in row["members"].split(";")]
    frame = firms_in(store, scope, sorted(set(codes)), view.run.snapshot)
    places = place_names(store, frame["place"].unique().to_list())
    rows = [
        row
        | {
            "place": places[row["place"]],
            "industry": f"{row['industry']} {names.get(row['industry'], '')}".strip(),
        }
        for row in frame.iter_rows(named=True)
    ]
    return tabular.FIRM_FIELDS, rows


def _place_table(store: Store, scope: Scope, view: ChainView) -> Table:
    counts: dict[str, dict[str, int]] = {}
    for kind in ("leading", "supporting"):
        codes = sorted({code for row in view.of(kind) for code in row["members"].split(";")})
        frame = firms_in(store, scope, codes, view.run.snapshot)
        for place, count in frame.group_by("place").len().iter_rows():
            counts.setdefault(place, {})[kind] = count
    names = place_names(store, list(counts))
    rows = [
        {
            "place": place,
            "name": names[place],
            "firms": sum(found.values()),
            "leading": 0,
            "supporting": 0,
        }
        | found
        for place, found in counts.items()
    ]
    return tabular.PLACE_FIELDS, sorted(rows, key=lambda row: -row["firms"])


def _record_table(store: Store, scope: Scope, view: ChainView, kinds: Sequence[str]) -> Table:
    rows = [
        row
        | {"place": place_names(store, [row["place"]])[row["place"]], "due": str(row["due"] or "")}
        for kind in kinds
        for row in records(store, scope, kind, view.run.snapshot).iter_rows(named=True)
    ]
    return tabular.RECORD_FIELDS, rows


def catalogue_table(store: Store, scope: Scope, view: ChainView, one: Entry) -> Table:
    """Answer one saved query of the maps and lists."""
    if one.source == "records":
        return _record_table(store, scope, view, one.selects)
    if one.source == "places":
        return _place_table(store, scope, view)
    if one.source == "firms":
        return firm_table(store, scope, view, ("leading", "supporting"))
    rows = [
        row
        for row in view.rows
        if row["kind"] in one.selects or set(row["lists"].split(";")) & set(one.selects)
    ]
    return mixed_table(view, rows)


def known_entry(slug: str) -> Entry:
    """Return a catalogue entry; ``E-LIST-UNKNOWN`` when there is none of that slug."""
    found = entry(slug)
    if found is None:
        raise JiqunError(
            "E-LIST-UNKNOWN",
            f"没有名为 {slug} 的图或清单",
            f"there is no map or list called {slug}",
            hint_zh="请从“图与清单”页进入。",
            hint_en="Start from the page of maps and lists.",
            kind=Kind.NOT_FOUND,
        )
    return found


def is_private(row: Mapping[str, Any]) -> bool:
    """Whether a row, or what is withheld of its members, would show fewer than five makers."""
    return 0 < (row["establishments"] or 0) < MINIMUM_FIRMS or (row["private"] or 0) > 0


def masked(view: ChainView, viewer: Viewer) -> ChainView:
    """Hide from those who are not officials what the run withholds (``masking``).

    A row with a withheld industry shows no figure; no row shows one from which such a figure
    follows. Leading rows are sorted by size, so that withheld ones go behind the others.
    """
    if viewer.official:
        return view
    found = view.context.get("masking") or CLOSED
    general = dict.fromkeys(name for topic in topics(found) for name in COLUMNS[topic])
    words = {"coverage": ""} if DEMAND in topics(found) else {}
    rows = [
        row | general | dict.fromkeys(OF_A_ROW) | {"coverage": "", "masked": True}
        if is_private(row) or covers(found, row)
        else row | general | words
        for row in view.rows
    ]
    gone = found["sectors"]
    flows = () if gone is None else tuple(flow for flow in view.flows if flow[1] not in gone)
    return replace(view, rows=_reordered(rows), flows=flows)


def _reordered(rows: Sequence[Row]) -> tuple[Row, ...]:
    """Number the leading rows anew, the withheld ones last and by code."""
    leading = [row for row in rows if row["kind"] == "leading"]
    leading.sort(
        key=lambda row: (True, 0, row["code"]) if row.get("masked") else (False, row["rank"], "")
    )
    new = iter([row | {"rank": rank} for rank, row in enumerate(leading, start=1)])
    return tuple(next(new) if row["kind"] == "leading" else row for row in rows)


def shown_view(
    store: Store, scope: Scope, viewer: Viewer, overrides: Mapping[str, float] | None = None
) -> ChainView:
    """Return the latest run of a scope as this viewer may see it; errors as ``chain_view``."""
    return masked(chain_view(store, scope, viewer, overrides), viewer)
