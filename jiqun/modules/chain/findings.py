"""Runs the chain engine over facts and writes findings: one read, pure in the middle, one write."""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import polars as pl
from django.utils.timezone import localdate

from jiqun.core.lawful.gate import state_of
from jiqun.core.version import code_version
from jiqun.facts.store.store import Store
from jiqun.modules.chain.analysis.explain import Explainer
from jiqun.modules.chain.analysis.gather import gather
from jiqun.modules.chain.analysis.inputs import ChainInputs, Scope
from jiqun.modules.chain.analysis.lists import Row
from jiqun.modules.chain.analysis.params import TOPIC, ChainParams, chain_params
from jiqun.modules.chain.analysis.tiers import ChainResult, chain
from jiqun.modules.chain.masking import masking
from jiqun.rules.loader import Pack, latest

ENGINE = "chain"
CODE = ("engine", "modules/chain", "rules")
TEXT = (
    "finding", "place", "classification", "period", "kind", "code", "code_kind", "name_zh", "name_en",
    "status", "direction", "lists", "measure", "money_unit", "lead", "sector", "members", "entry_code",
    "explanation",
)  # fmt: skip
NUMBERS = (
    "size", "size_low", "size_high", "establishments", "share", "cumulative", "lq", "lq_low",
    "lq_high", "lq_probability", "outside_share", "requirement", "sales", "steps", "coverage_low",
    "coverage_high", "demand", "output_low", "output_high", "probability", "null_probability",
    "entry_rank", "null_rank", "feasibility", "plants", "value", "score", "priority",
    "priority_known", "growth", "value_added_gain", "national_share", "competitive", "private",
)  # fmt: skip
SCHEMA: Mapping[str, Any] = {
    **dict.fromkeys(TEXT, pl.String),
    "rank": pl.Int64,
    **dict.fromkeys(NUMBERS, pl.Float64),
}
CONTEXT = "context"


def current_pack() -> Pack:
    """The pack of chain rules in force today."""
    return latest(TOPIC, localdate())


@lru_cache(maxsize=16)
def inputs_of(
    store: Store, snapshot: str, scope: Scope, pack_version: str, consents: str
) -> ChainInputs:
    """Gather a scope's inputs once per snapshot, so that a what-if answers at once.

    ``pack_version`` and ``consents`` are part of the cache's key: scopes of industries come from
    the pack, and what firms allow may change from one minute to the next.
    """
    del pack_version, consents
    return gather(store, store.at(snapshot), scope, current_pack())


def _clean(value: Any) -> float | None:
    return float(value) if value is not None and math.isfinite(float(value)) else None


def _record(run: str, inputs: ChainInputs, row: Row, explanation: Mapping[str, Any]) -> Row:
    scope, links = inputs.scope, inputs.links
    text = {
        "finding": f"{run}.{row['kind']}.{row['code']}",
        "place": scope.place,
        "classification": scope.classification,
        "period": scope.period,
        "measure": inputs.activity.measure,
        "money_unit": links.unit if links and links.home else "",
        "explanation": json.dumps(explanation, ensure_ascii=False, sort_keys=True),
        "members": ";".join(row["members"]),
        "lists": ";".join(row.get("lists", ())),
    }
    plain = {name: str(row.get(name) or "") for name in TEXT if name not in text}
    return {
        **plain,
        **text,
        "rank": row["rank"],
        **{name: _clean(row.get(name)) for name in NUMBERS},
    }


def _context(
    run: str, inputs: ChainInputs, result: ChainResult, hidden: Mapping[str, Any] | None
) -> Row:
    """One row that says what must be said of the whole run: notes, flows, how the model was proven."""
    scope, entry, links = inputs.scope, inputs.entry, inputs.links
    content = {
        "notes": result.notes,
        "flows": result.flows,
        "masking": hidden,
        "table": links.table if links else "",
        "place_total": inputs.activity.place_total,
        "reference_total": inputs.activity.national_total,
        "entry": {"proven_on": entry.proven_on, "horizon": entry.horizon, "own": entry.own}
        if entry
        else None,
    }
    return {
        **dict.fromkeys(TEXT, ""),
        **dict.fromkeys(NUMBERS, None),
        "finding": f"{run}.{CONTEXT}",
        "place": scope.place,
        "classification": scope.classification,
        "period": scope.period,
        "kind": CONTEXT,
        "rank": 0,
        "measure": inputs.activity.measure,
        "money_unit": links.unit if links and links.home else "",
        "explanation": json.dumps(content, ensure_ascii=False, sort_keys=True),
    }


def as_frame(
    run: str, inputs: ChainInputs, result: ChainResult, params: ChainParams, pack: Pack,
    *, hidden: Mapping[str, Any] | None = None,
) -> pl.DataFrame:  # fmt: skip
    """Turn a result into the findings' table, each row with its explanation tree.

    ``hidden`` says what is kept from people without a right to firm rows; without it, all is.
    """
    explainer = Explainer(inputs, params, pack)
    records = [_record(run, inputs, row, explainer.tree(row)) for row in result.rows]
    return pl.DataFrame(
        [_context(run, inputs, result, hidden), *records], schema=dict(SCHEMA), orient="row"
    )


def run_id(scope: Scope, snapshot: str, params: ChainParams, consents: str) -> str:
    """Name of a run: the same inputs, consents, rules, parameters and code give the same name."""
    parts = [
        ENGINE, scope.place, scope.classification, scope.period, snapshot, params.version, code_version(*CODE),
        json.dumps(dict(params.values), sort_keys=True), consents,
    ]  # fmt: skip
    return "c" + hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:12]


def run_chain(
    store: Store, scope: Scope, *, progress: Callable[[str], None] = lambda _text: None
) -> tuple[str, pl.DataFrame]:
    """Compute the chain map of one place from the store as it is now, and store it.

    Returns:
        The run's id and its findings.

    Raises:
        JiqunError: ``E-SCOPE-EMPTY``, ``E-CLASSIFICATION-UNKNOWN``, and the store's own.
    """
    begun = time.perf_counter()
    pack = current_pack()
    params = chain_params(pack)
    snapshot = store.snapshot()
    progress(f"{scope.place} {scope.classification} {scope.period}")
    consents = state_of(ENGINE)
    inputs = inputs_of(store, snapshot.id, scope, pack.version, consents)
    result = chain(inputs, params)
    run = run_id(scope, snapshot.id, params, consents)
    hidden = masking(inputs, result.rows, params)
    frame = as_frame(run, inputs, result, params, pack, hidden=hidden)
    store.write_finding(
        ENGINE,
        frame,
        run=run,
        snapshot_id=snapshot.id,
        params=params.values,
        code_version=code_version(*CODE),
        rules_version=f"{TOPIC}/{pack.version}",
        scope={
            "place": scope.place,
            "classification": scope.classification,
            "period": scope.period,
        },
        seconds=time.perf_counter() - begun,
    )
    return run, frame


def what_if(
    store: Store, snapshot: str, scope: Scope, overrides: Mapping[str, float]
) -> tuple[pl.DataFrame, ChainParams]:
    """Compute the map with changed thresholds, without storing it.

    Raises:
        JiqunError: ``E-PARAMETER`` naming every change that is not possible.
    """
    pack = current_pack()
    params = chain_params(pack, overrides)
    inputs = inputs_of(store, snapshot, scope, pack.version, state_of(ENGINE))
    return as_frame("what-if", inputs, chain(inputs, params), params, pack), params
