"""The entry model in the store: fitted and proven once per panel, applied place by place.

``entry_model`` findings hold the fitted models of one classification and period with their
back-test; ``entry`` findings hold the candidates of one place, each with its terms. Pages and the
chain engine only read them.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from jiqun.core.scope import classification_words
from jiqun.core.version import code_version
from jiqun.engine.regional.entry.features import BaseYear, Features, entry_features
from jiqun.engine.regional.entry.history import Period, refit
from jiqun.engine.regional.entry.model import Contribution, ModelSet, rank_in_region, shipped_models
from jiqun.errors import JiqunError
from jiqun.facts.store.snapshot import Snapshot
from jiqun.facts.store.store import Store
from jiqun.modules.chain.analysis.inputs import Entry, Floats, Scope
from jiqun.modules.chain.analysis.panel import Classification, Panel, periods_of, read_panel

MODEL_ENGINE, ENGINE = "entry_model", "entry"
CODE = ("engine", "modules/chain")
WITHHELD_BELOW = 3.0  # rows of fewer establishments are left out where absence means suppressed
TERMS_SHOWN = 6
Note = tuple[str, str]
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Proof:
    """What speaks for a model: where it was proven, over which horizon, and the table."""

    models: ModelSet
    own: bool
    horizon: int
    proven_on: Note
    reason: Note | None
    metrics: tuple[dict[str, Any], ...]
    calibration: tuple[dict[str, Any], ...]


def _parents(panel: Panel, values: Floats) -> tuple[list[NDArray[np.int64]], Floats | None]:
    """Groups of the finest industries, nearest first, and what is published of the nearest.

    The nearest level is the finest coarser one that has figures of its own, because what a parent
    shows beyond its visible children tells of withheld ones. A classification that came without
    its upper levels is grouped by the leading characters of its codes, which is how hierarchical
    code lists are built.
    """
    classification, detail = panel.classification, panel.detail
    coarser = sorted({int(n) for n in classification.levels if n < panel.level}, reverse=True)
    filled = [n for n in coarser if np.nansum(values[:, classification.levels == n]) > 0]
    levels = [n for n in coarser if n <= filled[0]] if filled else coarser
    codes = [classification.codes[i] for i in detail]
    named = [[_ancestor(classification, int(i), level) for i in detail] for level in levels]
    if not levels:
        longest = max(len(code) for code in codes)
        named = [[code[:length] for code in codes] for length in range(longest - 1, 0, -1)]
    groups = [np.unique(names, return_inverse=True) for names in named]
    kept = [index.astype(np.int64) for names, index in groups if 1 < names.size < detail.size]
    if not filled or not kept or kept[0].max() + 1 != groups[0][0].size:
        return kept, None
    columns = [classification.position[code] for code in groups[0][0].tolist()]
    return kept, np.nan_to_num(values[:, columns])


def _ancestor(classification: Classification, i: int, level: int) -> str:
    """The code's ancestor at a level, or the code itself where the tree skips that level."""
    while classification.levels[i] > level:
        parent = classification.position.get(classification.parents[i])
        if parent is None:
            break
        i = parent
    return classification.codes[i]


def base_year(panel: Panel) -> BaseYear:
    """The panel's counts of establishments in the shape that the entry model takes."""
    measure = "establishments" if "establishments" in panel.values else next(iter(panel.values))
    detail = panel.detail
    suppressed = panel.absent == "suppressed"
    sizes = np.nan_to_num(panel.values[measure][:, detail])
    if suppressed:
        sizes = np.where(sizes >= WITHHELD_BELOW, sizes, 0.0)
    unknown = panel.withheld[measure][:, detail]
    if panel.absent == "unknown":  # a row that may mean anything is not a place to enter
        unknown = unknown | np.isnan(panel.values[measure][:, detail])
    known = not np.isnan(panel.lonlat).all()
    parents, published = _parents(panel, panel.values[measure])
    return BaseYear(
        sizes=sizes,
        parents=parents,
        published_parent=published,
        coordinates=panel.lonlat if known else None,
        undisclosed=unknown,
        threshold=WITHHELD_BELOW if suppressed else 1.0,
    )


def _three_years(periods: Sequence[str], last: str) -> list[str]:
    """Choose a first, a second and the last year, so that the steps are as equal as can be."""
    years = sorted(period for period in periods if len(period) == 4 and period <= last)
    if len(years) < 3:
        return years
    step = max(1, min(2, (int(years[-1]) - int(years[0])) // 2))
    second = max((y for y in years if int(y) <= int(last) - step), default=years[-2])
    first = max((y for y in years if int(y) <= int(second) - step), default=years[0])
    return sorted({first, second, last})


def _history(store: Store, at: Snapshot, scope: Scope) -> list[Period]:
    chosen = _three_years(periods_of(store, at, scope.classification), scope.period)
    panels = [
        read_panel(store, at, Scope(scope.place, scope.classification, year)) for year in chosen
    ]
    common = sorted(set.intersection(*(set(panel.places) for panel in panels)))
    columns = max((panel.detail for panel in panels), key=len)
    history: list[Period] = []
    for year, panel in zip(chosen, panels, strict=True):
        if not np.array_equal(panel.detail, columns):
            raise JiqunError(
                "E-ENTRY-HISTORY",
                "各年的行业层级不同",
                "the years have different levels of industries",
            )
        rows = [panel.places.index(place) for place in common]
        whole = base_year(panel)
        coordinates = None if whole.coordinates is None else whole.coordinates[rows]
        undisclosed = None if whole.undisclosed is None else whole.undisclosed[rows]
        published = None if whole.published_parent is None else whole.published_parent[rows]
        base = replace(
            whole, sizes=whole.sizes[rows], coordinates=coordinates, undisclosed=undisclosed,
            published_parent=published,
        )  # fmt: skip
        history.append(Period(int(year), base))
    return history


def _own(store: Store, at: Snapshot, scope: Scope) -> Proof:
    history = _history(store, at, scope)
    done = refit(history)
    years = history[-1].year - history[-2].year
    span = f"{history[0].year}–{history[-1].year}"
    return Proof(
        models=done.models,
        own=True,
        horizon=years,
        proven_on=_both(f"{classification_words(scope.classification)} {span}"),
        reason=None,
        metrics=tuple(asdict(row) for row in done.backtest.metrics),
        calibration=tuple(asdict(row) for row in done.backtest.calibration if row.kind == "decile"),
    )


def _shipped(panel: Panel, error: JiqunError) -> Proof:
    name = "entry-us-naics6" if panel.detail.size > 400 else "entry-us-naics4"
    models = shipped_models(name)
    years = models.variants[0].calibration.horizon
    return Proof(
        models=models,
        own=False,
        horizon=years,
        proven_on=(
            "美国县域 2017–2020 (County Business Patterns)",
            "US counties 2017–2020 (County Business Patterns)",
        ),
        reason=(error.message_zh, error.message_en),
        metrics=tuple(models.provenance.get("metrics", ())),
        calibration=(),
    )


def prove(store: Store, at: Snapshot, scope: Scope, panel: Panel) -> Proof:
    """Fit on the user's own history where it can carry it, else take the shipped model.

    The shipped model was proven on other data; what it says here is for ranking only.
    """
    try:
        return _own(store, at, scope)
    except JiqunError as error:
        return _shipped(panel, error)


def _run_id(*parts: str) -> str:
    return (
        "e" + hashlib.sha256("\x1f".join((*parts, code_version(*CODE))).encode()).hexdigest()[:12]
    )


def _proof_frame(proof: Proof) -> pl.DataFrame:
    content = {
        "models": proof.models.to_json(), "own": proof.own, "horizon": proof.horizon,
        "proven_on": proof.proven_on, "reason": proof.reason, "metrics": proof.metrics,
        "calibration": proof.calibration,
    }  # fmt: skip
    return pl.DataFrame(
        {"finding": ["proof"], "content": [json.dumps(content, ensure_ascii=False, default=float)]}
    )


def _both(said: str | list[str]) -> Note:
    """Return a note in both languages; codes and years, and runs of before, have one for both."""
    return (said, said) if isinstance(said, str) else (said[0], said[1])


def _proof_of(text: str) -> Proof:
    raw = json.loads(text)
    return Proof(
        models=ModelSet.from_json(raw["models"]), own=raw["own"], horizon=raw["horizon"],
        proven_on=_both(raw["proven_on"]), reason=tuple(raw["reason"]) if raw["reason"] else None,
        metrics=tuple(raw["metrics"]), calibration=tuple(raw["calibration"]),
    )  # fmt: skip


def read_proof(store: Store, classification: str, period: str) -> Proof | None:
    """Return the latest proof for a classification and period, or None when there is none."""
    runs = store.runs(MODEL_ENGINE, {"classification": classification, "period": period})
    if not runs:
        return None
    frame = store.finding(MODEL_ENGINE, runs[0].run).to_polars()
    return _proof_of(frame["content"][0])


@lru_cache(maxsize=2)
def _features(store: Store, snapshot: str, scope: Scope) -> tuple[Panel, Features]:
    """Panel and features, kept because every county of a panel shares them (place left empty)."""
    panel = read_panel(store, store.at(snapshot), scope)
    return panel, entry_features(base_year(panel))


def _told(lines: Sequence[Contribution]) -> str:
    """The first terms of an explanation and the sum of the rest, so that they add up exactly."""
    shown = [(one.label_zh, one.label_en, one.log_odds) for one in lines[: TERMS_SHOWN + 2]]
    rest = sum(one.log_odds for one in lines[TERMS_SHOWN + 2 :])
    return json.dumps([*shown, ("其余各项合计", "all other terms", rest)], ensure_ascii=False)


def _candidates(panel: Panel, features: Features, models: ModelSet, row: int) -> pl.DataFrame:
    model = models.choose(features.names)
    mine = features.rows(features.region_index == row)
    probability, null = model.predict(mine), models.null.predict(mine.only(*models.null.features))
    region = mine.region_index
    terms = [_told(model.explain(mine, i)) for i in range(len(probability))]
    detail = panel.detail
    return pl.DataFrame({
        "industry": [panel.classification.codes[detail[j]] for j in mine.industry_index],
        "probability": probability,
        "null": null,
        "rank": rank_in_region(probability, region).astype(np.float64),
        "null_rank": rank_in_region(null, region).astype(np.float64),
        "terms": terms,
    })  # fmt: skip


def run_entry(
    store: Store, at: Snapshot, scopes: Sequence[Scope], *, say: Say = lambda _text: None
) -> None:
    """Prove the model of each panel once, then score the candidates of each place.

    Nothing is computed twice: a run of the same snapshot, code and scope is found by its id.
    """
    for classification, period in sorted(
        {(scope.classification, scope.period) for scope in scopes}
    ):
        wanted = [
            scope
            for scope in scopes
            if (scope.classification, scope.period) == (classification, period)
        ]
        panel = read_panel(store, at, wanted[0])
        proof = _stored_proof(store, at, wanted[0], panel, say)
        for scope in wanted:
            try:
                _score(store, at, scope, proof, say)
            except (
                JiqunError
            ) as error:  # a panel that the model cannot read leaves the map without it
                say(f"没有进入概率 no probability of entry: {error.message_zh} {error.message_en}")


def _stored_proof(store: Store, at: Snapshot, scope: Scope, panel: Panel, say: Say) -> Proof:
    where = {"classification": scope.classification, "period": scope.period}
    run = _run_id(MODEL_ENGINE, at.id, scope.classification, scope.period)
    if any(one.run == run for one in store.runs(MODEL_ENGINE, where)):
        return _proof_of(store.finding(MODEL_ENGINE, run).to_polars()["content"][0])
    say(f"回测进入模型 back-testing the entry model {scope.classification} {scope.period}")
    begun = time.perf_counter()
    proof = prove(store, at, scope, panel)
    store.write_finding(
        MODEL_ENGINE, _proof_frame(proof), run=run, snapshot_id=at.id, params={}, rules_version="",
        code_version=code_version(*CODE), scope=where, seconds=time.perf_counter() - begun,
    )  # fmt: skip
    return proof


def _score(store: Store, at: Snapshot, scope: Scope, proof: Proof, say: Say) -> None:
    where = asdict(scope)
    run = _run_id(ENGINE, at.id, scope.place, scope.classification, scope.period)
    if any(one.run == run for one in store.runs(ENGINE, where)):
        return
    say(f"进入概率 probability of entry {scope.place}")
    begun = time.perf_counter()
    panel, features = _features(store, at.id, Scope("", scope.classification, scope.period))
    if scope.place not in panel.places:
        panel, features = _features(store, at.id, scope)
    frame = _candidates(panel, features, proof.models, panel.places.index(scope.place))
    store.write_finding(
        ENGINE, frame, run=run, snapshot_id=at.id, params={}, rules_version="",
        code_version=code_version(*CODE), scope=where, seconds=time.perf_counter() - begun,
    )  # fmt: skip


def read_entry(
    store: Store, at: Snapshot, scope: Scope, panel: Panel
) -> tuple[Entry | None, list[Note]]:
    """Return the stored candidates of a place, aligned with the panel's finest industries."""
    runs = [run for run in store.runs(ENGINE, asdict(scope)) if run.snapshot == at.id]
    proof = read_proof(store, scope.classification, scope.period)
    if not runs or proof is None:
        return None, [("还没有计算进入概率", "the probability of entry has not been computed")]
    frame = store.finding(ENGINE, runs[0].run).to_polars()
    position = {panel.classification.codes[i]: k for k, i in enumerate(panel.detail)}
    places = np.array([position[code] for code in frame["industry"]], dtype=np.intp)
    entry = Entry(
        probability=_spread(frame["probability"], places, len(position)),
        null=_spread(frame["null"], places, len(position)),
        rank=_spread(frame["rank"], places, len(position)),
        null_rank=_spread(frame["null_rank"], places, len(position)),
        horizon=proof.horizon,
        proven_on=proof.proven_on,
        own=proof.own,
        terms=_terms(frame, places, len(position)),
    )
    return entry, [_proof_note(proof)]


def _spread(values: pl.Series, places: NDArray[np.intp], size: int) -> Floats:
    result = np.full(size, np.nan)
    result[places] = values.to_numpy()
    return result


def _terms(
    frame: pl.DataFrame, places: NDArray[np.intp], size: int
) -> tuple[tuple[tuple[str, str, float], ...], ...]:
    result: list[tuple[tuple[str, str, float], ...]] = [()] * size
    for place, text in zip(places, frame["terms"], strict=True):
        result[place] = tuple((zh, en, value) for zh, en, value in json.loads(text))
    return tuple(result)


def _proof_note(proof: Proof) -> Note:
    if proof.own:
        ratio = next(
            (
                row["ap_ratio_to_null"]
                for row in proof.metrics
                if (row["ranking"], row["scope"]) == ("additive", "all")
            ),
            None,
        )
        times = f"{ratio:.1f}" if ratio else "—"
        return (
            f"进入概率由本地历史（{proof.proven_on[0]}）拟合并回测：平均精度是“规模×规模”对照的 {times} 倍",
            f"probabilities back-tested on own history ({proof.proven_on[1]}): precision {times} times the null",
        )
    zh, en = proof.reason or ("", "")
    where_zh, where_en = proof.proven_on
    return (
        f"本地历史不足（{zh.rstrip('。')}），进入概率用在{where_zh}上验证过的模型，仅供排序参考",
        f"no sufficient history here ({en.rstrip('.')}); the model was proven on {where_en}: for ranking only",
    )
