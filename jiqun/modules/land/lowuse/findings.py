"""Screens the parcels of a place and stores what was found: verdict, reasons, evidence, what is missing."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
from django.utils import timezone

from jiqun.core.factstore import own_places
from jiqun.core.lawful.gate import state_of
from jiqun.core.version import code_version
from jiqun.engine.land.screening import NO, YES, Criteria, Floats, Screening, screen
from jiqun.errors import JiqunError, Kind
from jiqun.facts.store.ledger import Run
from jiqun.facts.store.store import Store
from jiqun.modules.land.evaluation.findings import ENGINE as PERMU
from jiqun.modules.land.evaluation.findings import years_of
from jiqun.modules.land.evaluation.gather import PURPOSE
from jiqun.modules.land.lowuse.facts import Gathered, Known, Parcel, gather
from jiqun.modules.land.lowuse.words import FEN_PER_WAN, LOW, NOT, OPEN, Words
from jiqun.rules.land.read import in_force
from jiqun.rules.land.screens import criteria
from jiqun.rules.loader import Pack, pack

ENGINE, TOPIC = "lowuse", "land/screening"
CODE = ("engine/land", "engine/indices", "modules/land/lowuse", "modules/land/evaluation", "rules")
WORDS_OF = {YES: LOW, NO: NOT, -1: OPEN}
TEXT, NUMBER, WHOLE = pl.String, pl.Float64, pl.Int64
SCHEMA: Mapping[str, type[pl.DataType]] = {
    "parcel": TEXT, "location": TEXT, "place": TEXT, "holder": TEXT, "name": TEXT, "users": TEXT,
    "verdict": TEXT, "kinds": TEXT, "reasons": TEXT, "signals": TEXT, "missing": TEXT,
    "area_m2": NUMBER, "area_mu": NUMBER, "tax_fen": WHOLE, "tax_before_fen": WHOLE, "tax_per_mu": NUMBER,
    "plot_ratio": NUMBER, "year": TEXT, "facts": TEXT,
}  # fmt: skip
Said = Callable[[str], None]
SAID_NOTHING: Said = lambda _text: None  # noqa: E731


def own_thresholds(facts: Store, place: str) -> dict[str, float]:
    """Return the thresholds that the county's folder sets for a place (``[county.screening]``)."""
    found: dict[str, float] = {}
    for contract, meta in (
        facts.batches().sort("recorded_at").select("contract", "meta").iter_rows()
    ):
        said = json.loads(meta)
        if contract == "parcel" and place in str(said.get("focus") or "").split(";"):
            found = json.loads(str(said.get("screening") or "{}"))
    return {name: float(value) for name, value in found.items()}


def permu_run(facts: Store, place: str, year: int) -> Run | None:
    """Return the newest per-mu evaluation of a place for a year."""
    wanted = {"place": place, "year": str(year)}
    return next(iter(facts.runs(PERMU, wanted)), None)


def grades_of(facts: Store, run: Run | None) -> dict[str, Known]:
    """Return whether each firm's grade is the last, D; a firm without a grade is left out."""
    if run is None:
        return {}
    frame = facts.finding(PERMU, run.run).select("firm", "grade").to_polars()
    day = timezone.localdate(run.recorded_at).isoformat()
    return {
        firm: Known(float(grade == "D"), f"亩均效益评价 {run.run}：{grade}", day)
        for firm, grade in frame.iter_rows()
        if grade in {"A", "B", "C", "D"}
    }


def run_id(facts: Store, place: str, *, year: int, snapshot: str, version: str) -> str:
    """Name of a run: the same facts, consents, rules, thresholds, grades and code give the same name."""
    grades = permu_run(facts, place, year)
    parts = [
        place, str(year), snapshot, version, json.dumps(own_thresholds(facts, place), sort_keys=True),
        state_of(PURPOSE), grades.run if grades else "", code_version(*CODE),
    ]  # fmt: skip
    return "u" + hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:12]


def run_lowuse(facts: Store, place: str, *, year: int = 0) -> tuple[str, pl.DataFrame]:
    """Screen the parcels of a place and store what was found.

    Args:
        facts: the store.
        place: whose parcels.
        year: of the figures; the newest with land and tax by default.

    Returns:
        The run's id and its findings, a row per parcel.

    Raises:
        JiqunError: ``E-LAND-LOWUSE-NO-DATA`` where no parcel is registered; ``E-PARAMETER`` for a
            threshold of the county that cannot be.
    """
    begun = time.perf_counter()
    years = years_of(facts)
    used = year or (years[0] if years else timezone.localdate().year - 1)
    snapshot, rules = facts.snapshot(), in_force("screening", timezone.localdate())
    own, grades = own_thresholds(facts, place), permu_run(facts, place, used)
    found = criteria(rules, own)
    if facts.version("parcel") < 0:
        raise _no_data(place)
    gathered = gather(
        facts, facts.at(snapshot.id), place, year=used, grades=grades_of(facts, grades)
    )
    if not gathered.parcels:
        raise _no_data(place)
    frame = judged(as_frame(gathered, used), found)
    run = run_id(facts, place, year=used, snapshot=snapshot.id, version=rules.version)
    facts.write_finding(
        ENGINE, frame, run=run, snapshot_id=snapshot.id,
        params={"year": used, "pack": rules.version, "thresholds": own, "permu": grades.run if grades else "",
                "consents": state_of(PURPOSE),
                "notes": [list(one) for one in gathered.notes]},
        code_version=code_version(*CODE), rules_version=f"{TOPIC}/{rules.version}",
        scope={"place": place, "year": str(used)}, seconds=time.perf_counter() - begun,
    )  # fmt: skip
    return run, frame


def _no_data(place: str) -> JiqunError:
    return JiqunError(
        "E-LAND-LOWUSE-NO-DATA",
        f"{place} 没有登记的宗地",
        f"no parcel of {place} is registered",
        hint_zh="请先装载宗地表（parcel）和用地情况表（parcel_use）。",
        hint_en="Load the register of parcels (parcel) and their use (parcel_use) first.",
        kind=Kind.NOT_FOUND,
    )


def as_frame(gathered: Gathered, year: int) -> pl.DataFrame:
    """Return a row per parcel with its facts as JSON: name → [value, source, day]; no verdict yet."""
    return pl.DataFrame(
        [_row(one, gathered.names, str(year)) for one in gathered.parcels], schema=dict(SCHEMA)
    )


def _row(one: Parcel, names: Mapping[str, str], year: str) -> dict[str, Any]:
    row, tax = one.row, one.facts.get("tax_per_mu")
    ratio = one.facts.get("plot_ratio")
    facts = {
        name: [known.value, known.source, known.as_of] for name, known in sorted(one.facts.items())
    }
    return {
        "parcel": row["parcel"], "location": row["location"], "place": row["place"], "holder": row["holder"],
        "name": names.get(row["holder"] or ""), "users": ";".join(one.users), "area_m2": round(one.area, 2),
        "area_mu": round(one.mu, 4), "tax_fen": one.tax, "tax_before_fen": one.tax_before,
        "tax_per_mu": None if tax is None else round(tax.value / FEN_PER_WAN, 4),
        "plot_ratio": None if ratio is None else round(ratio.value, 4), "year": year,
        "facts": json.dumps(facts, ensure_ascii=False),
    }  # fmt: skip


def values_of(frame: pl.DataFrame) -> dict[str, Floats]:
    """Return the facts of stored rows as columns of the screening, NaN where not known."""
    said = [json.loads(text) for text in frame["facts"]]
    names = sorted({name for row in said for name in row})
    made = {
        name: np.array([row[name][0] if name in row else np.nan for row in said]) for name in names
    }
    return made or {"supplied": np.full(frame.height, np.nan)}


def screened(frame: pl.DataFrame, rules: Criteria) -> tuple[Screening, Screening]:
    """Return what decides and the early signals, each by itself, over stored rows."""
    values = values_of(frame)
    parts = (
        replace(rules, criteria=tuple(one for one in rules.criteria if one.signal is signal))
        for signal in (False, True)
    )
    first, second = (screen(part, values) for part in parts)
    return first, second


def judged(frame: pl.DataFrame, rules: Criteria) -> pl.DataFrame:
    """Return rows with verdict, types, reasons, early signals and what an open verdict lacks."""
    found, early = screened(frame, rules)
    verdicts = [WORDS_OF[int(one)] for one in found.low_efficiency]
    kinds = [*rules.kinds]
    count = range(frame.height)
    return frame.with_columns(
        verdict=pl.Series(verdicts, dtype=pl.String),
        kinds=pl.Series([";".join(kinds[at] for at in np.flatnonzero(row == YES)) for row in found.kinds]),
        reasons=pl.Series([";".join(one.code for one, _ in found.reasons(at)) for at in count]),
        signals=pl.Series([";".join(one.code for one, _ in early.reasons(at)) for at in count]),
        missing=pl.Series([
            ";".join(one.code for one in found.missing(at)) if verdicts[at] == OPEN else "" for at in count
        ]),
    ).select(*SCHEMA)  # fmt: skip


def rules_of(run: Run, overrides: Mapping[str, float] | None = None) -> tuple[Pack, Criteria]:
    """Return the rules of a run, with the county's thresholds and a trial's laid over.

    Raises:
        JiqunError: ``E-PARAMETER``.
    """
    rules = pack(TOPIC, str(run.params["pack"]))
    return rules, criteria(rules, thresholds_of(run) | dict(overrides or {}))


def thresholds_of(run: Run) -> dict[str, float]:
    """Return the thresholds that the county had set when a run was made."""
    return {name: float(value) for name, value in dict(run.params["thresholds"]).items()}


def notes_of(run: Run) -> list[Words]:
    """Return what a run has to say of rows that it could not use."""
    return [(str(zh), str(en)) for zh, en in run.params.get("notes", ())]


def run_places(
    facts: Store,
    *,
    place: str = "",
    period: str = "",
    progress: Said = SAID_NOTHING,
    **_others: str,
) -> list[str]:
    """Screen every place with parcels, or one; what ``jiqun run lowuse`` does."""
    runs: list[str] = []
    for one in [place] if place else own_places(facts):
        if not place and not _has_parcels(facts, one):
            progress(f"{one} 没有宗地，跳过 no parcels: left out")
            continue
        progress(f"低效用地筛查 low-efficiency land {one}")
        runs.append(run_lowuse(facts, one, year=int(period) if period.isdecimal() else 0)[0])
    return runs


def _has_parcels(facts: Store, place: str) -> bool:
    if facts.version("parcel") < 0:
        return False
    table: Any = facts.current("parcel")
    return bool(
        table.filter(table["place"].startswith(place)).limit(1).count().to_pyarrow().as_py()
    )
