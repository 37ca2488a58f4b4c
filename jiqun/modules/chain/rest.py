"""The chain over the API: scopes, rows, map, one finding with its tree, saved lists."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Schema

from jiqun.core.factstore import store
from jiqun.core.pages import viewer
from jiqun.modules.chain import tables
from jiqun.modules.chain.analysis.inputs import Scope
from jiqun.modules.chain.selectors import ChainView, finding_row, visible_scopes
from jiqun.modules.chain.trees import shown_tree

router = Router(tags=["chain 产业链"])


class ScopeQuery(Schema):
    """Which place, classification and period."""

    place: str
    classification: str
    period: str


class Rows(Schema):
    """Rows with what they were computed from."""

    run: str
    snapshot: str
    rules_version: str
    code_version: str
    measure: str
    notes: list[str]
    rows: list[dict[str, Any]]


def _view(request: HttpRequest, query: ScopeQuery) -> ChainView:
    who = viewer(request)
    scope = Scope(query.place, query.classification, query.period)
    return tables.shown_view(store(), scope, who)


def _rows(view: ChainView, rows: list[dict[str, Any]]) -> Rows:
    hidden = {"explanation", "href", "status_badge", "masked"}
    return Rows(
        run=view.run.run,
        snapshot=view.run.snapshot,
        rules_version=view.run.rules_version,
        code_version=view.run.code_version,
        measure=view.measure,
        notes=[zh for zh, _ in view.notes],
        rows=[{key: value for key, value in row.items() if key not in hidden} for row in rows],
    )


@router.get(
    "/scopes", response=list[ScopeQuery], summary="已计算的范围 · scopes that have been computed"
)
def scopes(request: HttpRequest) -> list[dict[str, str]]:
    """Scopes that the caller may see."""
    return visible_scopes(store(), viewer(request))


@router.get("/rows", response=Rows, summary="三层与清单的全部行 · all rows of the tiers and lists")
def rows(request: HttpRequest, query: Query[ScopeQuery], kind: str = "") -> Rows:
    """Rows of the latest run, of one tier if ``kind`` is given."""
    view = _view(request, query)
    return _rows(view, [row for row in view.rows if not kind or row["kind"] == kind])


@router.get(
    "/finding/{finding}", summary="一条推断及其说明 · one finding with its explanation tree"
)
def finding(request: HttpRequest, finding: str) -> dict[str, Any]:
    """A finding opened down to its facts."""
    who = viewer(request)
    run, row = finding_row(store(), finding, who)
    return {
        "finding": finding,
        "run": run.run,
        "snapshot": run.snapshot,
        "rules_version": run.rules_version,
        "code_version": run.code_version,
        "tree": shown_tree(store(), run, row, who),
    }


@router.get("/lists/{slug}", response=Rows, summary="一张图或清单 · one saved map or list")
def saved_list(request: HttpRequest, slug: str, query: Query[ScopeQuery]) -> Rows:
    """Rows of one saved query."""
    view = _view(request, query)
    scope = Scope(query.place, query.classification, query.period)
    fields, found = tables.catalogue_table(store(), scope, view, tables.known_entry(slug))
    names = [field.name for field in fields]
    return _rows(view, [{name: row.get(name) for name in names} for row in found])
