"""Grades the firms of a place under its rule pack, stores the grades, and computes a run again."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import polars as pl

from jiqun.core.factstore import own_places
from jiqun.core.lawful.gate import state_of
from jiqun.core.version import code_version
from jiqun.engine.indices.evaluate import Evaluation, evaluate
from jiqun.engine.indices.exact import POINT
from jiqun.engine.indices.freeze import Frozen
from jiqun.engine.indices.scheme import Scheme
from jiqun.engine.indices.score import KNOWN, NEGATIVE
from jiqun.engine.indices.units import Units
from jiqun.errors import JiqunError, Kind
from jiqun.facts.store.ledger import Run
from jiqun.facts.store.store import Store
from jiqun.modules.land.attribution.lines import has_lines
from jiqun.modules.land.attribution.selectors import counted_land, frozen_key
from jiqun.modules.land.evaluation.gather import Gathered, gather, units_under
from jiqun.modules.land.evaluation.merging import Members, members_of, merged
from jiqun.modules.land.register import HELD, INDICATORS, PURPOSE
from jiqun.rules.permu_pack import PermuPack, permu_pack

ENGINE = "land"
CODE = (
    "engine/indices", "modules/land/evaluation", "modules/land/attribution", "modules/land/register.py",
    "modules/land/shapes.py", "rules",
)  # fmt: skip
SCHEMA = {
    "firm": pl.String, "name": pl.String, "place": pl.String, "industry": pl.String, "scale": pl.String,
    "group": pl.String, "grade": pl.String, "managed_as": pl.String, "decisive": pl.String,
    "total": pl.Float64, "rank": pl.Int64, "counted": pl.Int64, "known": pl.Float64,
    "land_mu": pl.Float64, "tax_per_mu": pl.Float64, "missing": pl.String, "year": pl.String,
    "land_basis": pl.String, "unit": pl.String, "members": pl.String, "apart_grade": pl.String,
}  # fmt: skip
CHOSEN = ("permu", "permu_unit", "permu_apart_m2")
NONE = 127
DM2_PER_MU = 200_000 / 3


@dataclass(frozen=True, slots=True)
class Choice:
    """What a run is made of beside facts and consents.

    Attributes:
        version: the rule pack.
        year: of the figures.
        unit: ``firm``, ``operator`` or ``parcel``.
        apart_m2: of rented floor, from which a tenant is a unit of its own; 0 for never.
        land_table: number of the frozen land table that counts; empty where there is none.
    """

    version: str
    year: int
    unit: str = "firm"
    apart_m2: int = 0
    land_table: str = ""


@dataclass(frozen=True)
class Graded:
    """One evaluation of a place: what went in, the rules, which firms are a unit, and every step."""

    place: str
    pack: PermuPack
    gathered: Gathered
    members: Members
    evaluation: Evaluation

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {firm: row for row, firm in enumerate(self.gathered.firms["firm"])}

    def row(self, firm: str) -> int:
        """The row of a firm among the firms; KeyError where it is not evaluated."""
        return self._rows[firm]

    def has(self, firm: str) -> bool:
        """Whether the firm is evaluated."""
        return firm in self._rows

    def at(self, firm: str) -> int:
        """The place of a firm's unit among the units."""
        return self.members.of[self.row(firm)]

    def firms_with(self, firm: str) -> list[str]:
        """The firms of a firm's unit, itself among them."""
        codes = self.gathered.firms["firm"]
        return [codes[row] for row in self.members.rows(self.at(firm))]

    @property
    def scheme(self) -> Scheme:
        """The rules, set to the evaluated year."""
        return self.evaluation.scheme


def chosen_pack(facts: Store, place: str) -> str:
    """Return the rule pack that the county's folder chose for a place, or nothing."""
    return _chosen(facts, place).get("permu", "")


def _chosen(facts: Store, place: str) -> dict[str, str]:
    """What the county's folder chose for a place: permu, permu_unit, permu_apart_m2, those stated."""
    found: dict[str, str] = {}
    batches = facts.batches().sort("recorded_at").select("contract", "meta")
    for contract, meta in batches.iter_rows():
        said = json.loads(meta)
        if place not in str(said.get("focus") or "").split(";"):
            continue
        # The choice rides on the register of firms; a register without one takes it back.
        if said.get("permu") or contract == "firm":
            found = {name: str(said[name]) for name in CHOSEN if said.get(name)}
    return found


def years_of(facts: Store) -> list[int]:
    """Return the years for which land and tax of firms are held, newest first."""
    if facts.version(INDICATORS) < 0:
        return []
    table = facts.current(INDICATORS)
    pairs = table.select("indicator", "period").distinct().to_polars()
    # Where the land check gives the land, firms need not have reported any.
    wanted = [HELD["tax"][0], *([] if has_lines(facts, None) else [HELD["land"][0]])]
    pairs = pairs.filter(pl.col("indicator").is_in(wanted))
    whole = pairs.filter(pl.col("period").str.contains(r"^\d{4}$")).group_by("period").len()
    return sorted((int(p) for p, n in whole.iter_rows() if n == len(wanted)), reverse=True)


def scheme_for(version: str, year: int) -> Scheme:
    """Return a pack's rules, applied to the figures of a year."""
    return replace(permu_pack(version).scheme, year=year)


def run_id(place: str, choice: Choice, *, snapshot: str, consents: str) -> str:
    """Name of a run: the same facts, consents, rules, choices and code give the same name."""
    parts = [
        place,
        scheme_for(choice.version, choice.year).digest,
        repr(choice),
        snapshot,
        consents,
        code_version(*CODE),
    ]
    return "l" + hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:12]


def run_land(
    facts: Store, place: str, *, year: int = 0, version: str = ""
) -> tuple[str, pl.DataFrame]:
    """Grade the firms of a place and store the grades.

    Land is that of the frozen land table of the year, or else what the land check attributes, or
    else what firms reported; ``params`` say which.

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
    choice = choice_of(facts, place, chosen, used)
    one = _graded(facts, snapshot.id, place, choice, consents)
    frame = as_frame(one)
    run = run_id(place, choice, snapshot=snapshot.id, consents=consents)
    facts.write_finding(
        ENGINE, frame, run=run, snapshot_id=snapshot.id,
        params={"year": used, "pack": chosen, "digest": one.evaluation.digest,
                "frozen": one.evaluation.frozen.digest(), "inputs": one.evaluation.units.digest(),
                **choice_params(one, choice)},
        code_version=code_version(*CODE), rules_version=f"permu/{chosen}",
        scope={"place": place, "year": str(used)}, seconds=time.perf_counter() - begun,
    )  # fmt: skip
    return run, frame


def choice_of(facts: Store, place: str, version: str, year: int) -> Choice:
    """Return what a run of today is made of: the county's unit or the pack's, the frozen land table."""
    said = _chosen(facts, place)
    unit = said.get("permu_unit") or permu_pack(version).scheme.unit
    return Choice(
        version, year, unit, int(said.get("permu_apart_m2", "0")), frozen_key(place, year)
    )


def choice_in(params: Mapping[str, Any], version: str, year: int) -> Choice:
    """Return what a stored run was made of, by the parameters that it names."""
    return Choice(
        version, year, str(params.get("unit", "firm")), int(params.get("apart_m2", 0)),
        str(params.get("land_table", "")),
    )  # fmt: skip


def choice_params(one: Graded, choice: Choice) -> dict[str, Any]:
    """Return the parameters of a run that say what it was made of, the opposite of :func:`choice_in`."""
    land = one.gathered.land
    return {"unit": choice.unit, "apart_m2": choice.apart_m2, "land": land.basis,
            "land_table": choice.land_table, "land_digest": land.digest}  # fmt: skip


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
def _graded(facts: Store, snapshot: str, place: str, choice: Choice, consents: str) -> Graded:
    del consents  # part of the key: consents may change from minute to minute
    return graded_for(facts, snapshot, place, choice)


def gathered_for(facts: Store, snapshot: str, place: str, choice: Choice) -> Gathered:
    """Gather what a choice of rules reads over a snapshot, with the land that it counts."""
    scheme, at = scheme_for(choice.version, choice.year), facts.at(snapshot)
    land = counted_land(facts, at, place, choice.year, frozen=choice.land_table)
    return gather(facts, at, place, scheme=scheme, land=land)


def graded_for(
    facts: Store, snapshot: str, place: str, choice: Choice, *, frozen: Frozen | None = None
) -> Graded:
    """Evaluate a place over a snapshot; benchmarks are computed when no frozen ones are given.

    Raises:
        JiqunError: ``E-LAND-NO-DATA``; ``E-PERMU-FROZEN`` for benchmarks of other rules.
    """
    gathered = gathered_for(facts, snapshot, place, choice)
    # Land alone, which a land check may give for any year, is nothing to grade by.
    if gathered.firms.is_empty() or not set(gathered.units.figures) - {"land"}:
        raise no_data(place)
    ids, members = members_of(gathered, choice.unit, apart_m2=choice.apart_m2)
    scheme = scheme_for(choice.version, choice.year)
    found = evaluate(scheme, merged(gathered.units, ids, members), frozen=frozen)
    return Graded(place, permu_pack(choice.version), gathered, members, found)


def units_for(graded: Graded, scheme: Scheme) -> Units:
    """Return the same units with the same facts, as another scheme of the year counts them."""
    found = units_under(graded.gathered, scheme)
    return merged(found, graded.evaluation.units.ids, graded.members)


def graded_of(facts: Store, run: Run) -> Graded:
    """Compute a stored run again over its own snapshot and its own land table.

    Raises:
        JiqunError: ``E-LAND-CHANGED`` when rules, code or consents are no longer those of the run, so
            that its steps could not be shown as they were.
    """
    place, year, said = str(run.scope["place"]), int(str(run.scope["year"])), run.params
    choice = choice_in(said, str(said["pack"]), year)
    consents = state_of(PURPOSE)
    if run_id(place, choice, snapshot=run.snapshot, consents=consents) == run.run:
        one = _graded(facts, run.snapshot, place, choice, consents)
        if one.evaluation.digest == said["digest"]:
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
    """Return a row per firm: its unit's group, grade, what decided it, score, rank, what is missing.

    ``land_mu`` and ``tax_per_mu`` are the firm's own; ``members`` are the firms of its unit.
    """
    found, firms, members = one.evaluation, one.gathered.firms, one.members
    at, scheme, grades = np.array(members.of, dtype=np.int64), found.scheme, found.grades()
    steps = {name: found.steps[name][at] for name in ("known", "rank", "total", "n")}
    known, ranked = steps["known"] > 0, steps["rank"] > 0
    groups, missing = [group.code for group in scheme.groups], missing_codes(found)
    mu, per_mu = _own_quotients(one)
    codes, managed = firms["firm"], found.managed_as.tolist()
    return pl.DataFrame(
        {
            "firm": codes, "name": firms["name"], "place": firms["place"],
            "industry": firms["industry"], "scale": firms["scale"],
            "group": [groups[group] if group >= 0 else None for group in found.group[at].tolist()],
            "grade": [grades[unit] for unit in members.of],
            "managed_as": [None if managed[u] == NONE else scheme.grades[managed[u]] for u in members.of],
            "decisive": [str(found.decisive[unit]) for unit in members.of],
            "total": pl.Series(steps["total"] / POINT).set(pl.Series(~known), None),
            "rank": pl.Series(steps["rank"]).set(pl.Series(~ranked), None),
            "counted": pl.Series(steps["n"]).set(pl.Series(~ranked), None),
            "known": pl.Series(steps["known"] / 10_000),
            "land_mu": mu, "tax_per_mu": per_mu,
            "missing": [missing[unit] for unit in members.of], "year": [str(scheme.year)] * firms.height,
            "land_basis": [
                one.gathered.land.basis if one.gathered.land.attributed(firm) else "reported" for firm in codes
            ],
            "unit": [found.units.ids[unit] for unit in members.of],
            "members": _members_words(one),
            "apart_grade": [
                grades[members.apart[row]] if row in members.apart else None for row in range(firms.height)
            ],
        },
        schema=SCHEMA,
    )  # fmt: skip


def _members_words(one: Graded) -> list[str]:
    inside: dict[int, list[str]] = {}
    for firm, unit in zip(one.gathered.firms["firm"], one.members.of, strict=True):
        inside.setdefault(unit, []).append(firm)
    return [";".join(inside[unit]) for unit in one.members.of]


def _own_quotients(one: Graded) -> tuple[pl.Series, pl.Series]:
    """Land in 亩 and tax per 亩 of each firm, by its own figures; null where unknown or no land."""
    land, tax = (one.gathered.units.figure(name) for name in ("land", "tax"))
    mu = pl.Series(land.value / DM2_PER_MU).round(4).set(pl.Series(~land.known), None)
    positive = tax.known & land.known & (land.value > 0)
    per_mu = pl.Series(tax.value / 1_000_000 / (land.value.clip(1) / DM2_PER_MU)).round(4)
    return mu, per_mu.set(pl.Series(~positive), None)


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
