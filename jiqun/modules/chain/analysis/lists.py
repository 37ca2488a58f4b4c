"""The four lists 补强延固: what each row weighs, and on which lists it stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from jiqun.engine.regional import tiers
from jiqun.modules.chain.analysis.inputs import ChainInputs
from jiqun.modules.chain.analysis.params import ChainParams

Row = dict[str, Any]


def best_entry(inputs: ChainInputs, row: Row) -> Row:
    """Highest probability of entry among a sector's industries, which one, and its null."""
    entry = inputs.entry
    unknown = {"probability": float("nan"), "null_probability": float("nan"), "entry_code": ""}
    if entry is None:
        return unknown
    position = {code: i for i, code in enumerate(inputs.activity.codes)}
    members = [position[code] for code in row["members"]]
    known = [
        i for i in members if inputs.activity.recruitable[i] and not np.isnan(entry.probability[i])
    ]
    if not known:
        return unknown
    best = max(known, key=lambda i: (float(entry.probability[i]), inputs.activity.codes[i]))
    return {
        "probability": float(entry.probability[best]),
        "null_probability": float(entry.null[best]),
        "entry_code": inputs.activity.codes[best],
    }


def entry_percentile(inputs: ChainInputs) -> Callable[[float], float]:
    """Return what gives a probability its percentile among the place's candidates."""
    if inputs.entry is None:
        return lambda _value: float("nan")
    known = np.sort(
        inputs.entry.probability[inputs.activity.in_scope & ~np.isnan(inputs.entry.probability)]
    )
    return lambda value: (
        float("nan") if np.isnan(value) or not known.size
        else float(np.searchsorted(known, value, side="right") / known.size)
    )  # fmt: skip


def gap_terms(inputs: ChainInputs, rows: list[Row]) -> None:
    """Priority of each supporting row, by the weights of methods 4.4, with what is unknown left out."""
    percentile = entry_percentile(inputs)
    for row in rows:
        row.update(best_entry(inputs, row))
        row["feasibility"] = percentile(row["probability"])
        middle = (
            np.nanmean([row["coverage_low"], row["coverage_high"]]) if row["demand"] > 0 else np.nan
        )
        row["gap"] = float(np.clip(1 - middle, 0, 1)) if not np.isnan(middle) else float("nan")
        row["unmet"] = max(row["demand"] - row["output_high"], 0.0) + row["neighbour_gap"]
        row["plants"] = (
            row["unmet"] / row["plant_output"] if row["plant_output"] > 0 else float("nan")
        )


def prioritise(rows: list[Row], params: ChainParams) -> None:
    """Write the priority of each row, its terms, and the share of the weights that is known."""
    if not rows:
        return
    column = lambda name: np.array([row[name] for row in rows], dtype=float)  # noqa: E731
    empty = np.full(len(rows), np.nan)
    terms = {
        "demand_pull": tiers.percentile_rank(column("demand")),
        "gap": column("gap"),
        "criticality": tiers.percentile_rank(column("requirement")),
        "feasibility": column("feasibility"),
        "growth": tiers.percentile_rank(column("growth")),
        "fit": empty,
        "talent": empty,
    }
    score, parts, known = tiers.weighted_terms(terms, params.gap_weights)
    for position, row in enumerate(rows):
        row["priority"] = float(score[position])
        row["priority_parts"] = {name: float(part[position]) for name, part in parts.items()}
        row["priority_terms"] = {name: float(term[position]) for name, term in terms.items()}
        row["priority_known"] = float(known[position])


def put_on_lists(rows: list[Row], params: ChainParams) -> None:
    """Put each supporting row on the lists it belongs to, with the reason for or against."""
    for row in rows:
        lists: list[str] = []
        status, count = row["status"], row["establishments"]
        if status in {"missing", "weak"} and row["upstream"]:
            feasible = row["feasibility"] >= 0.5
            large = row["plants"] >= params.minimum_scale
            row["gate_entry"] = None if np.isnan(row["feasibility"]) else bool(feasible)
            row["gate_scale"] = None if np.isnan(row["plants"]) else bool(large)
            if row["gate_entry"] is not False and row["gate_scale"]:
                lists.append("fill")
        if status == "weak" and count >= 1:
            lists.append("strengthen")
        single = 0 < count <= params.single_source
        if single and row["requirement"] >= 2 * params.supporting.requirement_min:
            lists.append("secure")
        row["lists"] = lists
