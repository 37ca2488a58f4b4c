"""Which figures of a run are kept from people without a right to firm rows, decided once per run.

The attacker is taken to know every industry that is not withheld, whatever the pages of this or
another run show of it, so that the choice holds for every grouping into segments. What is left to
subtract from are the totals (given away by shares and quotients) and the demand of the segments
(given away by coverage). Programs and suppression: ``jiqun/engine/disclosure``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy import sparse

from jiqun.core.access import MINIMUM_FIRMS
from jiqun.engine.disclosure.attack import Attacker
from jiqun.engine.disclosure.rules import Rule
from jiqun.engine.disclosure.suppress import is_safe, protect
from jiqun.engine.disclosure.tables import System
from jiqun.modules.chain.analysis.inputs import Activity, ChainInputs, Flags, Floats
from jiqun.modules.chain.analysis.lists import Row
from jiqun.modules.chain.analysis.params import ChainParams
from jiqun.modules.chain.analysis.supply import output_per_unit, private_members

RULE = Rule()
TOTAL_COST, UNSEEN_COST = 20.0, 0.1  # of withholding a total, and an industry that no row shows
SHARE, QUOTIENT, DEMAND = "share", "quotient", "demand"
# What a topic's columns and parts of an explanation are; the parts by how their names begin.
ALWAYS, WHERE_HIDDEN = "earlier", "order"
COLUMNS: Mapping[str, tuple[str, ...]] = {
    SHARE: ("share", "cumulative"),
    QUOTIENT: ("lq", "lq_low", "lq_high", "lq_probability", "outside_share", "null_probability"),
    DEMAND: ("demand", "coverage_low", "coverage_high", "plants"),
    WHERE_HIDDEN: ("cumulative", "priority"),
    ALWAYS: ("competitive",),
}
PARTS: Mapping[str, tuple[str, ...]] = {
    SHARE: ("share in scope", "cumulative share"),
    QUOTIENT: ("location quotient", "probability that the quotient", "share sold outside",
               "probability of entry"),
    DEMAND: ("coverage", "gates of the fill list"),
    WHERE_HIDDEN: ("cumulative share", "priority"),
    ALWAYS: ("competitive effect",),
}  # fmt: skip
OF_A_ROW = (
    "size", "size_low", "size_high", "output_low", "output_high", "national_share",
    *(name for columns in COLUMNS.values() for name in columns if name != "null_probability"),
)  # fmt: skip
CLOSED: Mapping[str, Any] = {
    "industries": None,
    "withheld": [SHARE, QUOTIENT, DEMAND],
    "sectors": None,
}


def masking(inputs: ChainInputs, rows: list[Row], params: ChainParams) -> dict[str, Any]:
    """Return what a run withholds from those who may not see firms.

    Args:
        inputs: What the run was computed from.
        rows: Its rows.
        params: Its parameters.

    Returns:
        ``industries`` withheld, ``sectors`` into which no flow is shown, and the topics
        ``withheld`` from all rows.

    Raises:
        JiqunError: ``E-PUBLICATION-SOLVER``.
    """
    activity = inputs.activity
    private = private_members(activity)
    if not private.any():
        return {"industries": [], "withheld": [], "sectors": []}
    floor = _floors(activity, rows, private, params)
    hidden, withheld = private, [SHARE, QUOTIENT, DEMAND]
    demands = _demands(inputs, rows, private)
    whole = _system(activity, private, floor, demands)
    if is_safe(Attacker(whole, whole.primary()), with_insiders=False):
        withheld = []
    else:
        count = len(activity.codes)
        plain = _system(activity, private, floor, np.zeros((0, count)))
        pattern = protect(plain, cost=_costs(activity, rows), with_insiders=False)
        if not pattern.open:
            hidden = pattern.hidden[:count]
            totals = zip((SHARE, QUOTIENT), pattern.hidden[count : count + 2], strict=True)
            withheld = [*(topic for topic, gone in totals if gone), DEMAND]
    return {
        "industries": [code for code, gone in zip(activity.codes, hidden, strict=True) if gone],
        "withheld": withheld,
        "sectors": _sectors(inputs, hidden),
    }


def _sectors(inputs: ChainInputs, hidden: Flags) -> list[str]:
    """Sectors of which a withheld industry is part: a flow into one is its output × a coefficient."""
    links = inputs.links
    if links is None:
        return []
    gone = np.atleast_1d((links.weights[hidden] > 0).any(axis=0))
    return [code for code, here in zip(links.sectors, gone, strict=True) if here]


def _values(activity: Activity) -> Floats:
    """What the published sums are made of: the size, or the least that a withheld one can be."""
    return np.where(np.isnan(activity.size), np.nan_to_num(activity.low), activity.size)


def _floors(activity: Activity, rows: list[Row], private: Flags, params: ChainParams) -> Floats:
    """What standing among the leading tells of the size of a withheld industry; else zero.

    It is large alone, or belongs to the covering set, and then it is not below the industry at
    which those that everybody sees cover the share by themselves.
    """
    seen = np.where(activity.in_scope & ~private, np.nan_to_num(activity.size), 0.0)
    total = float(np.nansum(activity.size[activity.in_scope]))
    ordered = -np.sort(-seen)
    enough = np.flatnonzero(np.cumsum(ordered) >= params.leading.coverage * total)
    covering = float(ordered[enough[0]]) if len(enough) else 0.0
    least = min(params.leading.share_min * total, covering)
    codes = {row["code"] for row in rows if row["kind"] == "leading"}
    leads = np.array([code in codes for code in activity.codes], dtype=bool)
    return np.where(leads & private, least, 0.0)


def _demands(inputs: ChainInputs, rows: list[Row], private: Flags) -> Floats:
    """Coefficients (segments, industries) of the demand of each segment that is shown."""
    links, activity = inputs.links, inputs.activity
    if links is None:
        return np.zeros((0, len(activity.codes)))
    secret = {code for code, here in zip(activity.codes, private, strict=True) if here}
    shown = [
        links.sectors.index(row["code"])
        for row in rows
        if row["kind"] in {"supporting", "extension"} and not secret & set(row["members"])
    ]
    return links.A[shown] @ (links.weights * output_per_unit(activity, links)).T


def _costs(activity: Activity, rows: list[Row]) -> Floats:
    """What withholding costs: an industry on a page one and its weight, a total far more."""
    values = _values(activity)
    seen = {code for row in rows for code in row["members"]}
    on_page = np.array([code in seen for code in activity.codes], dtype=bool)
    price = np.where(on_page, 1.0, UNSEEN_COST) + values / max(1.0, float(values.max()))
    return np.append(price, [TOTAL_COST, TOTAL_COST, UNSEEN_COST])


def _system(activity: Activity, private: Flags, floor: Floats, demands: Floats) -> System:
    """The run as the engine takes it.

    Atoms: the industries and the rest of the place that no industry accounts for. Cells: the
    industries, the total in scope, the total of the place, the rest: a figure of few makers where
    few are withheld. Known relations: demand, the least that the rest and a leading industry can be.
    """
    values, known = _values(activity), ~np.isnan(activity.size)
    count = len(values)
    rest = max(activity.place_total - float(values[known].sum()), 0.0)
    atoms = np.append(values, rest)
    matrix = np.vstack([np.eye(count, count + 1), np.zeros((3, count + 1))])
    matrix[count, :count] = activity.in_scope & known
    matrix[count + 1] = np.append(known, True)
    matrix[count + 2, count] = 1.0
    few = 0 < float(np.nansum(activity.count[private & ~known])) < MINIMUM_FIRMS
    total = matrix @ atoms
    sensitive = np.append(private & (values > 0), [False, False, few])
    implied = np.append(private & ~(values > 0), [False, False, not few])
    ratios, low, high = _relations(atoms, known, floor, demands)
    return System(
        cells={
            "count": np.ones(count + 3), "total": total, "sensitive": sensitive, "implied": implied,
            "need": np.maximum(RULE.within * total, RULE.least), "atoms": matrix.sum(axis=1),
        },
        places={}, matrix=sparse.csr_array(matrix), values=atoms, holders={}, names=(),
        decided=np.zeros(count + 3, dtype=np.int64),
        ratios=sparse.csr_array(ratios), ratio_low=low, ratio_high=high, rule=RULE,
    )  # fmt: skip


def _relations(
    atoms: Floats, known: Flags, floor: Floats, demands: Floats
) -> tuple[Floats, Floats, Floats]:
    """Rows over the atoms with the bounds that a reader knows of them."""
    tied = np.append(np.where(known, 0.0, -1.0), 1.0)[None, :]
    leads = np.eye(len(floor), len(atoms))[floor > 0]
    # Demands are scaled to their largest coefficient, for the solver's sake.
    largest = np.maximum(np.abs(demands).max(axis=1, initial=0.0, keepdims=True), 1e-12)
    needs = np.hstack([demands / largest, np.zeros((len(demands), 1))])
    needed = needs @ atoms
    rows = np.vstack([tied, leads, needs])
    low = np.concatenate(
        [np.minimum(0.0, tied @ atoms), np.minimum(floor[floor > 0], leads @ atoms), needed]
    )
    high = np.concatenate([np.full(1 + len(leads), np.inf), needed])
    return rows, low, high


def topics(found: Mapping[str, Any]) -> list[str]:
    """Return the topics that a run withholds from every row."""
    hidden = found["industries"] is None or len(found["industries"]) > 0
    return [ALWAYS, *([WHERE_HIDDEN] if hidden else []), *found["withheld"]]


def covers(found: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    """Whether a row has a withheld industry among its members; all have in a run without a choice."""
    gone = found["industries"]
    return gone is None or not set(row["members"].split(";")).isdisjoint(gone)


def pruned(node: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any]:
    """Return an explanation without the parts from which a withheld figure follows."""
    starts = tuple(start for topic in topics(found) for start in PARTS[topic])
    terms = [
        pruned(one, found) for one in node.get("terms", ()) if not one["en"].startswith(starts)
    ]
    return {**node, "terms": terms} if "terms" in node else dict(node)
