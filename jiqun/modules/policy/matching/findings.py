"""Runs the policies of a place over its firms and stores the verdicts; recomputes one for a page."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

import numpy as np
import polars as pl
from django.utils import timezone

from jiqun.core.access import Viewer
from jiqun.core.factstore import lawful_rows, own_places, own_rows
from jiqun.core.lawful.gate import state_of
from jiqun.core.version import code_version
from jiqun.engine.rules.evaluation.evaluate import Evaluation, evaluate
from jiqun.engine.rules.evaluation.insight import near_misses
from jiqun.errors import JiqunError, Kind
from jiqun.facts.contract import contracts
from jiqun.facts.store.ledger import Run
from jiqun.facts.store.snapshot import Snapshot
from jiqun.facts.store.store import Store
from jiqun.modules.policy.matching.awarding import awarded, digest_of, past_awards
from jiqun.modules.policy.matching.gather import Gathered, Note, Reader, firms_of, gather
from jiqun.modules.policy.matching.rule_set import RuleSet, rule_set

ENGINE = PURPOSE = "policy"
CODE = ("engine/rules", "modules/policy/matching", "rules")
SCHEMA = {
    "policy": pl.String, "firm": pl.String, "verdict": pl.Int8, "fen": pl.Int64,
    "near": pl.String, "gap": pl.Int64,
}  # fmt: skip
_EMPTY = {"integer": pl.Int64, "quantity": pl.Int64, "date": pl.Date}


@dataclass(frozen=True)
class Matched:
    """One evaluation of a place: its firms, the rules, and everything found."""

    rules: RuleSet
    gathered: Gathered
    found: Evaluation

    @property
    def firms(self) -> list[str]:
        """Ids of the firms in the order of the columns."""
        return self.gathered.firms["firm"].to_list()


def _nothing(table: str, columns: Sequence[str]) -> pl.DataFrame:
    """An empty frame in the shape of a table that was never loaded."""
    types = {one.name: _EMPTY.get(one.type, pl.String) for one in contracts()[table].columns}
    types |= {"source": pl.String, "as_of": pl.Date}
    return pl.DataFrame(schema={name: types[name] for name in columns})


def lawful_reader(facts: Store, at: Snapshot, reference: str) -> Reader:
    """Read what may be used for matching policies, by basis or by consent."""

    def read(table: str, columns: Sequence[str], **equal: Any) -> tuple[pl.DataFrame, Note | None]:
        if facts.version(table, at) < 0:
            return _nothing(table, columns), None
        got = lawful_rows(facts, table, columns, at, purpose=PURPOSE, reference=reference, **equal)
        title = contracts()[table].title
        return got.frame, got.read.note(title["zh"], title["en"])

    return read


def own_reader(facts: Store, at: Snapshot, who: Viewer) -> Reader:
    """Read everything that is held about the viewer's own firm, on whatever basis."""

    def read(table: str, columns: Sequence[str], **equal: Any) -> tuple[pl.DataFrame, Note | None]:
        if facts.version(table, at) < 0:
            return _nothing(table, columns), None
        return own_rows(facts, table, who, columns, at, **equal), None

    return read


def matched(
    facts: Store, at: Snapshot, firms: pl.DataFrame, rules: RuleSet, *, event: date, read: Reader
) -> Matched:
    """Gather the facts of some firms and evaluate every policy for each."""
    gathered = gather(facts, at, firms, rules.program, event=event, read=read)
    found = evaluate(rules.program, gathered.columns, event=event, n=firms.height)
    return Matched(rules, gathered, found)


def as_frame(one: Matched) -> pl.DataFrame:
    """Return a row per policy in force and firm: verdict, amount, the one condition it is short of.

    ``fen`` is null where the amount is not known; ``near`` and ``gap`` (base units) are set for a
    firm that fails exactly one condition and meets all others.
    """
    firms = pl.Series("firm", one.firms, dtype=pl.String)
    parts = [_of_policy(one, position, firms) for position in range(len(one.found.program.rules))]
    return pl.concat([pl.DataFrame(schema=SCHEMA), *(part for part in parts if part is not None)])


def _of_policy(one: Matched, position: int, firms: pl.Series) -> pl.DataFrame | None:
    verdicts = one.found.verdict(position)
    if not len(verdicts) or bool((verdicts == 4).all()):
        return None
    rule = one.found.program.rules[position]
    fen, known = one.found.amounts(position)
    close = near_misses(one.found, position)
    near = np.full(len(verdicts), "", dtype=object)
    gap = np.zeros(len(verdicts), np.int64)
    near[close.subjects] = [rule.numbers[i] for i in close.condition]
    gap[close.subjects] = close.gap
    measured = np.zeros(len(verdicts), np.bool_)
    measured[close.subjects] = close.measured
    return pl.DataFrame(
        {
            "policy": [rule.policy.key] * len(verdicts),
            "firm": firms,
            "verdict": verdicts,
            "fen": pl.Series(fen).set(pl.Series(~known), None),
            "near": pl.Series(near.tolist(), dtype=pl.String),
            "gap": pl.Series(gap).set(pl.Series(~measured), None),
        },
        schema=SCHEMA,
    )


def match_id(place: str, event: date, snapshot: str, rules: RuleSet, consents: str) -> str:
    """Name of a match: the same facts, consents, rules, day and code give the same name."""
    parts = [ENGINE, place, str(event), snapshot, rules.digest, code_version(*CODE), consents]
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]


def run_match(facts: Store, place: str, *, event: date | None = None) -> tuple[str, pl.DataFrame]:
    """Match the policies of a place with its firms as of a day, and store what was found.

    Stored with each pair that is not a plain no: what is due after stacking, caps and budgets.

    Returns:
        The run's id and its findings.

    Raises:
        JiqunError: ``E-POLICY-NO-FIRMS`` where the register has no firm of the place.
    """
    begun = time.perf_counter()
    day = event or timezone.localdate()
    snapshot, rules = facts.snapshot(), rule_set(place)
    consents = state_of(PURPOSE)
    match = match_id(place, day, snapshot.id, rules, consents)
    one = _matched(facts, snapshot.id, place, day, rules.digest, consents)
    past = past_awards(facts, snapshot, place)
    verdicts = as_frame(one)
    due = awarded(rules, verdicts, past, year=day.year)
    frame = verdicts.join(due, on=["policy", "firm"], how="left", maintain_order="left")
    run = "p" + hashlib.sha256(f"{match} {digest_of(past)}".encode()).hexdigest()[:12]
    facts.write_finding(
        ENGINE, frame, run=run, snapshot_id=snapshot.id,
        params={"event": str(day), "match": match, "past": digest_of(past)},
        code_version=code_version(*CODE), rules_version=f"policy/{rules.digest}",
        scope={"place": place, "event": str(day)}, seconds=time.perf_counter() - begun,
    )  # fmt: skip
    return run, frame


@lru_cache(maxsize=4)
def _matched(
    facts: Store, snapshot: str, place: str, event: date, digest: str, consents: str
) -> Matched:
    del digest, consents  # part of the key: rules and consents may change from minute to minute
    at = facts.at(snapshot)
    firms = firms_of(facts, at, place)
    if firms.is_empty():
        raise JiqunError(
            "E-POLICY-NO-FIRMS",
            f"企业名录里没有 {place} 的企业",
            f"the register has no firms of {place}",
            hint_zh="先装载企业名录（表 firm），再执行 jiqun run policy。",
            hint_en="Load the register of firms (table firm), then jiqun run policy.",
            kind=Kind.NOT_FOUND,
        )
    read = lawful_reader(facts, at, f"policy {place} {event}")
    return matched(facts, at, firms, rule_set(place), event=event, read=read)


def matched_of(facts: Store, run: Run) -> Matched:
    """Compute a stored run again over its own snapshot, for reasons, near misses and what-ifs.

    Raises:
        JiqunError: ``E-POLICY-CHANGED`` when rules, code or consents are no longer those of the run.
    """
    place, day = str(run.scope["place"]), date.fromisoformat(str(run.scope["event"]))
    rules, consents = rule_set(place), state_of(PURPOSE)
    if match_id(place, day, run.snapshot, rules, consents) != run.params.get("match"):
        raise JiqunError(
            "E-POLICY-CHANGED",
            "政策规则、程序或企业授权在这次匹配之后有变动，请重新匹配",
            "rules, program or consents have changed since this run; match again",
            hint_zh="请分析员执行 jiqun run policy。",
            hint_en="An analyst runs: jiqun run policy",
            kind=Kind.CONFLICT,
        )
    return _matched(facts, run.snapshot, place, day, rules.digest, consents)


def matched_for_firm(facts: Store, who: Viewer, firm: str, *, event: date) -> Matched:
    """Match the viewer's own firm over everything that is held about it."""
    at = facts.snapshot()
    place = next(iter(facts.polars("firm").filter(firm=firm)["place"]), "") or ""
    county = place[:6]
    firms = firms_of(facts, at, county).filter(firm=firm)
    return matched(facts, at, firms, rule_set(county), event=event, read=own_reader(facts, at, who))


def run_places(
    facts: Store,
    *,
    place: str = "",
    progress: Callable[[str], None] = lambda _text: None,
    **_others: str,
) -> list[str]:
    """Match every place, or one; what ``jiqun run policy`` does. Returns the runs' ids."""
    runs: list[str] = []
    for one in [place] if place else own_places(facts):
        progress(f"政策匹配 policies {one}")
        runs.append(run_match(facts, one)[0])
    return runs
