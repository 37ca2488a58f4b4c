"""From a row of the screening to what a file begins with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from jiqun.modules.land.lowuse.actions import Found
from jiqun.modules.land.lowuse.findings import screened
from jiqun.modules.land.lowuse.selectors import ScreenView


def found_of(view: ScreenView, row: Mapping[str, Any]) -> Found:
    """Return what a file begins with, evidence included."""
    frame = view.frame.filter(view.frame["parcel"] == row["parcel"])
    found, _ = screened(frame, view.rules)
    said = json.loads(str(row["facts"]))
    reasons = [
        {"code": one.code, "facts": {name: said[name] for name in facts if name in said}}
        for one, facts in found.reasons(0)
    ]
    run = view.run
    trace = {
        "run": run.run,
        "snapshot": run.snapshot,
        "rules": run.rules_version,
        "year": view.year,
        "reasons": reasons,
    }
    return Found(
        str(row["parcel"]), str(row["place"]), round(float(row["area_m2"])), str(row["verdict"]),
        str(row["location"] or ""), str(row["holder"] or ""), str(row["name"] or ""), trace,
    )  # fmt: skip
