"""Low-efficiency land over the API: counts, one parcel with its reasons. The rows are ``land_lowuse``."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from jiqun.core.factstore import store
from jiqun.core.pages import viewer
from jiqun.modules.land.lowuse.findings import screened
from jiqun.modules.land.lowuse.selectors import hidden, parcel_view, screen_view, verdict_counts

router = Router(tags=["land 土地与亩均"])


class Screened(Schema):
    """One screening in counts; null where one to four parcels stand behind it and no purpose is stated."""

    run: str
    snapshot: str
    rules_version: str
    place: str
    year: str
    parcels: dict[str, int | None]


class Judged(Schema):
    """One parcel: verdict, reasons with the facts that prove them (value, source, day), what is missing."""

    run: str
    snapshot: str
    rules_version: str
    parcel: str
    verdict: str
    reasons: list[dict[str, Any]]
    signals: list[dict[str, Any]]
    missing: list[dict[str, str]]


@router.get("", response=Screened, summary="低效用地筛查汇总 · the screening in counts")
def summary(request: HttpRequest, place: str = "") -> dict[str, Any]:
    """The newest screening of a place, for officials."""
    who = viewer(request)
    view = screen_view(store(), who, place)
    counts = {name: hidden(count, who) for name, count in verdict_counts(view.frame).items()}
    if None in counts.values():
        counts = dict.fromkeys(counts)  # the sum would give the hidden one away
    return {"run": view.run.run, "snapshot": view.run.snapshot, "rules_version": view.run.rules_version,
            "place": view.place, "year": view.year, "parcels": counts}  # fmt: skip


@router.get("/parcels/{parcel}", response=Judged, summary="一宗地的筛查 · one parcel")
def parcel(request: HttpRequest, parcel: str) -> dict[str, Any]:
    """One parcel with its reasons; an official states a purpose in ``X-Purpose``, and the firm sees the look."""
    view, row = parcel_view(store(), viewer(request), parcel)
    found, early = screened(view.frame.filter(view.frame["parcel"] == parcel), view.rules)
    said = json.loads(row["facts"])

    def reasons(part: Any) -> list[dict[str, Any]]:
        return [
            {"code": one.code, "zh": one.zh, "en": one.en,
             "facts": {name: said[name] for name in facts if name in said}}
            for one, facts in part.reasons(0)
        ]  # fmt: skip

    return {
        "run": view.run.run, "snapshot": view.run.snapshot, "rules_version": view.run.rules_version,
        "parcel": parcel, "verdict": row["verdict"], "reasons": reasons(found), "signals": reasons(early),
        "missing": [{"fact": one.code, "zh": one.zh, "holder": one.holder_zh} for one in found.missing(0)],
    }  # fmt: skip
