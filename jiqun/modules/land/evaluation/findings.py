"""Grades the firms of a place under its rule pack, stores the grades, and computes a run again."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import polars as pl

from jiqun.core.factstore import own_places
from jiqun.core.lawful.gate import state_of
from jiqun.core.version import code_version
from jiqun.engine.indices.evaluate import Evaluation, evaluate
from jiqun.engine.indices.exact import POINT
from jiqun.engine.indices.scheme import Scheme
from jiqun.engine.indices.score import KNOWN, NEGATIVE
from jiqun.errors import JiqunError, Kind
from jiqun.facts.store.ledger import Run
from jiqun.facts.store.store import Store
from jiqun.modules.land.evaluation.gather import INDICATORS, PURPOSE, Gathered, gather
from jiqun.modules.land.evaluation.words import HELD
from jiqun.rules.permu_pack import PermuPack, permu_pack

ENGINE = "land"
CODE = ("engine/indices", "modules/land/evaluation", "rules")
SCHEMA = {
    "firm": pl.String, "name": pl.String, "place": pl.String, "industry": pl.String, "scale": pl.String,
    "group": pl.String, "grade": pl.String, "managed_as": pl.String, "decisive": pl.String,
    "total": pl.Float64, "rank": pl.Int64, "counted": pl.Int64, "known": pl.Float64,
    "land_mu": pl.Float64, "tax_per_mu": pl.Float64, "missing": pl.String, "year": pl.String,
}  # fmt: skip
NONE = 127
DM2_PER_MU = 200_000 / 3


@dataclass(frozen=True)
class Graded:
    """One evaluation of a place: what went in, the rules, and every step."""

    place: str
    pack: PermuPack
    gathered: Gathered
    evaluation: Evaluation

    @property
    def scheme(self) -> Scheme:
        """The rules, set to the evaluated year."""
        return self.evaluation.scheme


def chosen_pack(facts: Store, place: str) -> str:
    """Return the rule pack that the county's folder chose for a place, or nothing."""
    found = ""
    for meta in facts.batches().sort("recorded_at")["meta"]:
        said = json.loads(meta)
        if said.get("permu") and place in str(said.get("focus") or "").split(";"):
            found = str(said["permu"])
    return found


def years_of(facts: Store) -> list[int]:
    """Return the years for which land and tax of firms are held, newest first."""
    if facts.version(INDICATORS) < 0:
        return []
    table = facts.current(INDICATORS)
    pairs = table.select("indicator", "period").distinct().to_polars()
    pairs = pairs.filter(pl.col("indicator").is_in([HELD["tax"][0], HELD["land"][0]]))
    whole = pairs.filter(pl.col("period").str.contains(r"^\d{4}$")).group_by("period").len()
    return sorted((int(p) for p, n in whole.iter_rows() if n == 2), reverse=True)


def scheme_for(version: str, year: int) -> Scheme:
    """Return a pack's rules, applied to the figures of a year."""
    return replace(permu_pack(version).scheme, year=year)


def run_id(place: str, version: str, *, year: int, snapshot: str, consents: str) -> str:
    """Name of a run: the same facts, consents, rules, year and code give the same name."""
    parts = [
        place,
        scheme_for(version, year).digest,
        str(year),
        snapshot,
        consents,
        code_version(*CODE),
    ]
    return "l" + hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:12]


def run_land(
    facts: Store, place: str, *, year: int = 0, version: str = ""
) -> tuple[str, pl.DataFrame]:
    """Grade the firms of a place and store the grades.

    Args:
        facts: the store.
        place: whose firms.
        year: of the figures; the newest with land and tax by default.
        version: the rule pack; the county's choice by default.

    Returns:
        The run's id and its findings.

    Raises:
        JiqunError: ``E-LAND-PACK`` where none is chosen, ``E-LAND-NO-DATA`` where there is no year
            or no firm; ``E-PACK-UNKNOWN``.
    """
    begun = time.perf_counter()
    chosen = version or chosen_pack(facts, place)
    if not chosen:
        raise JiqunError(
            "E-LAND-PACK",
            f"{place} 没有选定亩均效益规则包",
            f"no per-mu rule pack is chosen for {place}",
            hint_zh='在 county.toml 的 [county] 写 permu = "规则包名称"，重新装载。',
            hint_en='Write permu = "a pack" under [county] in county.toml and load again.',
            kind=Kind.NOT_FOUND,
        )
    known = years_of(facts)
    used = year or (known[0] if known else 0)
    snapshot, consents = facts.snapshot(), state_of(PURPOSE)
    if not used:
        raise no_data(place)
    one = _graded(facts, snapshot.id, place, chosen, used, consents)
    frame = as_frame(one)
    run = run_id(place, chosen, year=used, snapshot=snapshot.id, consents=consents)
    facts.write_finding(
        ENGINE, frame, run=run, snapshot_id=snapshot.id,
        params={"year": used, "pack": chosen, "digest": one.evaluation.digest,
                "frozen": one.evaluation.frozen.digest(), "inputs": one.gathered.units.digest()},
        code_version=code_version(*CODE), rules_version=f"permu/{chosen}",
        scope={"place": place, "year": str(used)}, seconds=time.perf_counter() - begun,
    )  # fmt: skip
    return run, frame


def no_data(place: str) -> JiqunError:
    """Return the error for a place without firms or without usable figures."""
    return JiqunError(
        "E-LAND-NO-DATA",
        f"{place} 没有可评价的企业，或没有可用于评价的税收和用地数据",
        f"{place} has no firms to evaluate, or no figures of tax and land that may be used",
        hint_zh="请先装载企业名录和企业指标（tax、land_m2）；统计调查取得的数不能用于评价。",
        hint_en="Load the register of firms and firm indicators (tax, land_m2) first; figures collected as "
        "statistics may not be used.",
        kind=Kind.NOT_FOUND,
    )


@lru_cache(maxsize=4)
def _graded(
    facts: Store, snapshot: str, place: str, version: str, year: int, consents: str
) -> Graded:
    del consents  # part of the key: consents may change from minute to minute
    scheme = scheme_for(version, year)
    gathered = gather(facts, facts.at(snapshot), place, scheme=scheme)
    if gathered.firms.is_empty() or not gathered.units.figures:
        raise no_data(place)
    return Graded(place, permu_pack(version), gathered, evaluate(scheme, gathered.units))


def graded_of(facts: Store, run: Run) -> Graded:
    """Compute a stored run again over its own snapshot.

    Raises:
        JiqunError: ``E-LAND-CHANGED`` when rules, code or consents are no longer those of the run, so
            that its steps could not be shown as they were.
    """
    place, year = str(run.scope["place"]), int(str(run.scope["year"]))
    version, consents = str(run.params["pack"]), state_of(PURPOSE)
    same = run_id(place, version, year=year, snapshot=run.snapshot, consents=consents) == run.run
    if same:
        one = _graded(facts, run.snapshot, place, version, year, consents)
        same = one.evaluation.digest == run.params["digest"]
        if same:
            return one
    raise JiqunError(
        "E-LAND-CHANGED",
        "规则、程序或企业授权在这次评价之后有变动，请重新计算",
        "rules, program or consents have changed since this evaluation; compute again",
        hint_zh="请分析员执行 jiqun run land。",
        hint_en="An analyst runs: jiqun run land",
        kind=Kind.CONFLICT,
    )


def as_frame(one: Graded) -> pl.DataFrame:
    """Return a row per firm: group, grade, what decided it, score, rank, what is missing."""
    found, firms = one.evaluation, one.gathered.firms
    steps, scheme = found.steps, found.scheme
    known = steps["known"] > 0
    ranked = steps["rank"] > 0
    groups = [group.code for group in scheme.groups]
    land, tax = found.units.figure("land"), found.units.figure("tax")
    mu = pl.Series(land.value / DM2_PER_MU).round(4).set(pl.Series(~land.known), None)
    positive = tax.known & land.known & (land.value > 0)
    per_mu = pl.Series(tax.value / 1_000_000 / (land.value.clip(1) / DM2_PER_MU)).round(4)
    return pl.DataFrame(
        {
            "firm": firms["firm"], "name": firms["name"], "place": firms["place"],
            "industry": firms["industry"], "scale": firms["scale"],
            "group": [groups[at] if at >= 0 else None for at in found.group.tolist()],
            "grade": found.grades(),
            "managed_as": [None if at == NONE else scheme.grades[at] for at in found.managed_as.tolist()],
            "decisive": [str(code) for code in found.decisive.tolist()],
            "total": pl.Series(steps["total"] / POINT).set(pl.Series(~known), None),
            "rank": pl.Series(steps["rank"]).set(pl.Series(~ranked), None),
            "counted": pl.Series(steps["n"]).set(pl.Series(~ranked), None),
            "known": pl.Series(steps["known"] / 10_000),
            "land_mu": mu, "tax_per_mu": per_mu.set(pl.Series(~positive), None),
            "missing": missing_codes(found), "year": [str(scheme.year)] * firms.height,
        },
        schema=SCHEMA,
    )  # fmt: skip


def missing_codes(found: Evaluation) -> list[str]:
    """Return, per unit, the indicators without an ordinary value, joined by semicolons."""
    codes = dict.fromkeys(i.code for g in found.scheme.groups for i in g.indicators)
    reasons = {code: found.steps[f"{code}.reason"].tolist() for code in codes}
    return [
        ";".join(code for code in codes if reasons[code][at] not in {-1, KNOWN, NEGATIVE})
        for at in range(len(found.units.ids))
    ]


def run_places(
    facts: Store,
    *,
    place: str = "",
    period: str = "",
    progress: Callable[[str], None] = lambda _text: None,
    **_others: str,
) -> list[str]:
    """Evaluate every place that chose a rule pack, or one; what ``jiqun run land`` does."""
    runs: list[str] = []
    for one in [place] if place else own_places(facts):
        if not place and not chosen_pack(facts, one):
            progress(f"{one} 未选定规则包，跳过 no rule pack chosen: left out")
            continue
        progress(f"亩均效益评价 per-mu {one}")
        runs.append(run_land(facts, one, year=int(period) if period.isdecimal() else 0)[0])
    return runs
