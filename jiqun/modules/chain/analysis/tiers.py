"""From inputs and parameters to the rows of the map: pure, so that a what-if is the same call."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy import special

from jiqun.engine.regional import tiers
from jiqun.modules.chain.analysis.inputs import Activity, ChainInputs, Floats, Links
from jiqun.modules.chain.analysis.lists import (
    Row,
    best_entry,
    entry_percentile,
    gap_terms,
    prioritise,
    put_on_lists,
)
from jiqun.modules.chain.analysis.params import ChainParams
from jiqun.modules.chain.analysis.supply import SectorState, private_members, ratio, sector_state


@dataclass(frozen=True, slots=True)
class ChainResult:
    """Rows of the three tiers and the lists, flows between sectors, and what must be said of all."""

    rows: list[Row]
    flows: list[tuple[str, str, float]]
    notes: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])


def _leading_rows(
    inputs: ChainInputs, params: ChainParams
) -> tuple[list[Row], tiers.LeadingResult]:
    activity, quotient = inputs.activity, inputs.specialisation
    probability = special.gammaincc(quotient.shape, quotient.rate * params.leading.lq_threshold)
    result = tiers.leading(
        activity.size,
        lq=quotient.mean,
        lq_probability=probability,
        in_scope=activity.in_scope,
        outside_share=np.where(
            np.isnan(activity.invoiced_outside),
            tiers.outside_share_from_lq(quotient.mean),
            activity.invoiced_outside,
        ),
        params=params.leading,
    )
    chosen = np.flatnonzero(result.is_leading)
    chosen = chosen[np.argsort(-activity.size[chosen], kind="stable")]
    rows = [
        {
            **_industry(activity, i),
            "kind": "leading",
            "rank": rank,
            "status": "present",
            "share": result.share[i],
            "lq": quotient.mean[i],
            "lq_low": quotient.low[i],
            "lq_high": quotient.high[i],
            "lq_probability": probability[i],
            "outside_share": result.outside_share[i],
            "invoiced": not np.isnan(activity.invoiced_outside[i]),
            "national_share": ratio(activity.size, activity.national_size)[i],
            "competitive": activity.competitive[i],
            "cumulative": result.cumulative[i],
        }
        for rank, i in enumerate(chosen, start=1)
    ]
    return rows, result


def _industry(activity: Activity, i: int) -> Row:
    return {
        "code": activity.codes[i],
        "code_kind": "industry",
        "name_zh": activity.names_zh[i],
        "name_en": activity.names_en[i],
        "size": activity.size[i],
        "size_low": activity.low[i],
        "size_high": activity.high[i],
        "establishments": activity.count[i],
        "members": [activity.codes[i]],
        "private": float(private_members(activity)[i]),
    }


def _supporting_rows(
    inputs: ChainInputs,
    links: Links,
    state: SectorState,
    params: ChainParams,
    lead_sectors: list[int],
) -> list[Row]:
    if not lead_sectors:
        return []
    requirement = links.requirement[:, lead_sectors]
    sales = links.sales[lead_sectors, :].T
    steps = np.minimum(links.steps[:, lead_sectors], links.steps[lead_sectors, :].T)
    flags, lead = tiers.is_supporting(
        requirement, sales, steps=steps, in_scope=state.in_scope, params=params.supporting
    )
    flags[lead_sectors] = False
    best = requirement.max(axis=1)
    # A user further down supports the chain only if it is here; one that is not belongs to 延链.
    upstream = best >= params.supporting.requirement_min
    flags &= upstream | ~np.isin(state.status, ["missing", "unknown"])
    chosen = np.flatnonzero(flags)
    chosen = chosen[np.argsort(-best[chosen], kind="stable")]
    return [
        {
            **_sector(inputs.activity, links, state, int(j)),
            "kind": "supporting",
            "rank": rank,
            "status": str(state.status[j]),
            "upstream": bool(upstream[j]),
            "direction": "upstream" if upstream[j] else "downstream",
            "requirement": best[j],
            "sales": sales[j].max(),
            "steps": steps[j, lead[j]],
            "lead": links.sectors[lead_sectors[int(lead[j])]],
        }
        for rank, j in enumerate(chosen, start=1)
    ]


def _sector(activity: Activity, links: Links, state: SectorState, j: int) -> Row:
    members = np.flatnonzero(links.weights[:, j] > 0)
    return {
        "code": links.sectors[j],
        "code_kind": "sector",
        "name_zh": links.names_zh[j],
        "name_en": links.names_en[j],
        "size": state.published_size[j] if not state.hidden[j] else np.nan,
        "size_low": (activity.low @ links.weights)[j],
        "size_high": state.high_size[j],
        "establishments": state.count[j],
        "members": [activity.codes[i] for i in members],
        "coverage_low": state.coverage_low[j],
        "coverage_high": state.coverage_high[j],
        "demand": state.demand[j],
        "usable": links.intermediate_share[j],
        "output_low": state.output_low[j],
        "output_high": state.output_high[j],
        "plant_output": state.plant_output[j],
        "private": state.private[j],
        "neighbour_gap": state.neighbour_gap[j],
        "growth": _sector_mean(activity.growth, activity.national_size, links.weights[:, j]),
    }


def _sector_mean(values: Floats, mass: Floats, weight: Floats) -> float:
    known = ~np.isnan(values) & (weight > 0)
    total = (mass * weight)[known].sum()
    return float((values * mass * weight)[known].sum() / total) if total > 0 else float("nan")


def _value_terms(activity: Activity, links: Links | None) -> dict[str, Floats]:
    terms = {"complexity": activity.complexity, "growth": activity.growth}
    if links is not None:
        added = links.output * links.value_added_share
        workers = np.nan_to_num(activity.national_workers) @ links.weights
        per_worker = np.nan_to_num(ratio(added, workers))
        known = (links.weights.sum(axis=1) > 0) & ~np.isnan(activity.national_workers)
        terms["value_added_per_worker"] = np.where(known, links.weights @ per_worker, np.nan)
    return terms


def _potential_rows(inputs: ChainInputs, params: ChainParams) -> list[Row]:
    entry, activity = inputs.entry, inputs.activity
    if entry is None:
        return []
    candidate = activity.in_scope & activity.recruitable & ~np.isnan(entry.probability)
    raw = _value_terms(activity, inputs.links)
    terms = {name: np.where(candidate, values, np.nan) for name, values in raw.items()}
    score, value, ranks = tiers.potential_score(entry.probability, terms, params.potential_weights)
    chosen = np.flatnonzero(candidate & ~np.isnan(score))
    chosen = chosen[np.argsort(-score[chosen], kind="stable")][: params.potential_count]
    return [
        {
            **_industry(activity, i),
            "kind": "potential",
            "rank": rank,
            "status": "undisclosed" if activity.hidden[i] else "candidate",
            "probability": entry.probability[i],
            "null_probability": entry.null[i],
            "entry_rank": entry.rank[i],
            "null_rank": entry.null_rank[i],
            "value": value[i],
            "score": score[i],
            "value_terms": {name: float(ranks[name][i]) for name in ranks},
            "value_raw": {name: float(terms[name][i]) for name in terms},
            "entry_terms": entry.terms[i] if entry.terms else (),
            "growth": activity.growth[i],
        }
        for rank, i in enumerate(chosen, start=1)
    ]


def _extension_rows(
    inputs: ChainInputs,
    links: Links,
    state: SectorState,
    params: ChainParams,
    lead_sectors: list[int],
) -> list[Row]:
    """Sectors further down: the lead sells to them, they add more value, and entry is plausible."""
    rows: list[Row] = []
    percentile = entry_percentile(inputs)
    for lead in lead_sectors:
        better = links.value_added_share > links.value_added_share[lead]
        sold = links.sales[lead] >= params.supporting.sales_min / 2
        for j in np.flatnonzero(better & sold & state.in_scope):
            if j in lead_sectors or state.status[j] == "strong":
                continue
            row = _sector(inputs.activity, links, state, int(j))
            row.update(best_entry(inputs, row))
            row["feasibility"] = percentile(row["probability"])
            if row["feasibility"] > 0.5:
                rows.append(
                    row
                    | {
                        "kind": "extension",
                        "status": str(state.status[j]),
                        "sales": links.sales[lead, j],
                        "steps": links.steps[lead, j],
                        "lead": links.sectors[lead],
                        "value_added_gain": links.value_added_share[j]
                        - links.value_added_share[lead],
                        "lists": ["extend"],
                    }
                )
    unique = {row["code"]: row for row in sorted(rows, key=lambda row: row["sales"])}
    ordered = sorted(unique.values(), key=lambda row: -row["sales"])
    return [row | {"rank": rank} for rank, row in enumerate(ordered, start=1)]


def _flows(links: Links, state: SectorState, shown: list[int]) -> list[tuple[str, str, float]]:
    """Inputs that local production of one shown sector needs from another, largest first."""
    flows = [
        (links.sectors[j], links.sectors[k], float(links.A[j, k] * state.output_low[k]))
        for j in shown
        for k in shown
        if j != k and links.A[j, k] * state.output_low[k] > 0
    ]
    return sorted(flows, key=lambda flow: -flow[2])[:120]


def lead_sectors_of(links: Links, codes: tuple[str, ...], lead_codes: list[str]) -> dict[str, int]:
    """Sector that mainly makes each leading industry; industries without a sector are left out."""
    position = {code: i for i, code in enumerate(codes)}
    return {
        code: int(np.argmax(links.weights[position[code]]))
        for code in lead_codes
        if links.weights[position[code]].sum() > 0
    }


def chain(inputs: ChainInputs, params: ChainParams) -> ChainResult:
    """Compute the three tiers and the four lists of one place.

    Definitions: this project's, after the rule pack ``chain``; coverage, requirement and gates as
    in ``docs/modules/chain.md``. Nothing is read or written.
    """
    rows, _ = _leading_rows(inputs, params)
    notes = list(inputs.notes)
    potential = _potential_rows(inputs, params)
    links = inputs.links
    if links is None:
        notes.append((
            "没有投入产出表或行业对照，无法判断配套层；请装载投入产出表与对照表",
            "without an input–output table and a concordance the supporting tier is not determined",
        ))  # fmt: skip
        return ChainResult(rows=rows + potential, flows=[], notes=notes)
    state = sector_state(inputs.activity, links, params)
    by_code = lead_sectors_of(links, inputs.activity.codes, [row["code"] for row in rows])
    for row in rows:
        row["sector"] = links.sectors[by_code[row["code"]]] if row["code"] in by_code else ""
    sectors = list(dict.fromkeys(by_code.values()))
    supporting = _supporting_rows(inputs, links, state, params, sectors)
    gap_terms(inputs, supporting)
    prioritise(supporting, params)
    put_on_lists(supporting, params)
    extension = _extension_rows(inputs, links, state, params, sectors)
    index = {code: j for j, code in enumerate(links.sectors)}
    shown = sectors + [index[row["code"]] for row in supporting]
    return ChainResult(
        rows=rows + supporting + extension + potential,
        flows=_flows(links, state, shown),
        notes=notes,
    )
