"""Per-mu evaluation over the API: counts by grade, one firm's grade with every step.

The rows of all firms are the table ``land_permu``.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from jiqun.core.factstore import store
from jiqun.core.pages import viewer
from jiqun.engine.indices.explain import Explainer
from jiqun.modules.land.evaluation.selectors import (
    GradedView,
    firm_view,
    grade_counts,
    graded_view,
    own_view,
    veiled,
)
from jiqun.modules.land.evaluation.shown import without_items
from jiqun.modules.land.lowuse.rest import router as lowuse
from jiqun.modules.land.rest_parcels import router as parcels

router = Router(tags=["land 土地与亩均"])
router.add_router("", parcels)

router.add_router("/lowuse", lowuse)


class Counts(Schema):
    """Firms of a group by grade; null where one to four stand behind it and no purpose is stated."""

    group: str
    firms: int
    grades: dict[str, int | None]


class Summary(Schema):
    """One evaluation in counts, and from what it was computed."""

    run: str
    snapshot: str
    rules_version: str
    code_version: str
    place: str
    year: str
    groups: list[Counts]
    notes: list[str]


class Graded(Schema):
    """One firm's grade with its tree: figure, formula, terms, facts, clause of the rules."""

    run: str
    snapshot: str
    rules_version: str
    firm: str
    grade: str
    year: str
    explanation: dict[str, Any]


@router.get("/permu", response=Summary, summary="各组各级企业数 · firms by group and grade")
def summary(request: HttpRequest, place: str = "") -> dict[str, Any]:
    """The newest evaluation of a place, for officials."""
    who = viewer(request)
    view = graded_view(store(), who, place)
    groups = [
        {"group": row["group"].code, "firms": row["firms"],
         "grades": {name: value for name, value in row.items() if name not in {"group", "firms"}}}
        for row in grade_counts(view, who)
    ]  # fmt: skip
    return _basis(view) | {
        "code_version": view.run.code_version, "place": view.place, "groups": groups,
        "notes": [zh for zh, _ in view.graded.gathered.notes],
    }  # fmt: skip


@router.get("/permu/own", response=Graded, summary="本企业的评价 · the own firm's grade")
def own(request: HttpRequest) -> dict[str, Any]:
    """The caller's own firm with every step."""
    view, mine = own_view(store(), viewer(request))
    return _firm(view, mine, veil=veiled(view, mine))


@router.get("/permu/firms/{firm}", response=Graded, summary="一家企业的评价 · one firm's grade")
def firm(request: HttpRequest, firm: str, place: str = "") -> dict[str, Any]:
    """One firm with every step; an official states a purpose in ``X-Purpose``, and the firm sees the look."""
    return _firm(firm_view(store(), viewer(request), firm, place), firm)


def _basis(view: GradedView) -> dict[str, Any]:
    return {"run": view.run.run, "snapshot": view.run.snapshot, "rules_version": view.run.rules_version,
            "year": view.year}  # fmt: skip


def _firm(view: GradedView, firm: str, *, veil: bool = False) -> dict[str, Any]:
    at = view.at(firm)
    tree = Explainer(view.graded.evaluation).tree(at)
    return _basis(view) | {
        "firm": firm, "grade": view.graded.evaluation.grades()[at],
        "explanation": without_items(tree) if veil else tree,
    }  # fmt: skip
