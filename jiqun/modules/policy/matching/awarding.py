"""From entitlements to what is due: stacking, caps and budgets of the documents, over a whole run."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from jiqun.core.factstore import rows
from jiqun.engine.rules.award.award import Awards, award
from jiqun.engine.rules.award.candidates import History, candidates
from jiqun.engine.rules.award.log import NOBODY, REASONS, Reason
from jiqun.engine.rules.award.terms import (
    Budget,
    Cap,
    Group,
    Key,
    Policy,
    Rationing,
    Relation,
    Scope,
    Terms,
)
from jiqun.engine.rules.document.policy import Budget as Stated
from jiqun.engine.rules.document.policy import Policy as Document
from jiqun.facts.store.snapshot import Snapshot
from jiqun.facts.store.store import Store
from jiqun.modules.policy.matching.gather import COVERAGE
from jiqun.modules.policy.matching.rule_set import RuleSet
from jiqun.modules.policy.models import Case

NO, OUT = 0, 4
PAST = "以往兑付"  # the list of earlier awards; complete only when the finance office says so
SCHEMA = {
    "policy": pl.String, "firm": pl.String, "due": pl.Int64, "provisional": pl.Boolean,
    "because": pl.String,
}  # fmt: skip
RELATIONS: Mapping[str, Relation] = {
    "highest": Relation.HIGHEST, "exclusive": Relation.EXCLUSIVE, "stack": Relation.STACK,
    "topup": Relation.TOPUP, "once": Relation.ONCE,
}  # fmt: skip
RATIONING: Mapping[str, tuple[Rationing, tuple[Key, ...]]] = {
    "first_come": (Rationing.FIRST_COME, ()),
    "rank": (Rationing.PRIORITY_RANK, (Key.ORDER,)),
    "prorate": (Rationing.PRORATE, ()),
    "defer": (Rationing.QUEUE_NEXT_YEAR, ()),
}
Past = Sequence[tuple[str, str, str, int, int]]


def past_awards(facts: Store, at: Snapshot, place: str) -> Past | None:
    """Return what was paid before: (firm, policy, matter, year, fen); None when that is not known.

    It is known only when the list of earlier awards is declared complete (table ``list_coverage``):
    payments from before this installation would else be taken for none.
    """
    if facts.version(COVERAGE, at) < 0:
        return None
    declared = rows(facts, COVERAGE, ["item", "place"], at).filter(item=PAST)
    if not any(place.startswith(one) for one in declared["place"]):
        return None
    return Case.objects.paid_in(place)


def digest_of(past: Past | None) -> str:
    """Name a history: equal histories give equal names."""
    return hashlib.sha256(repr(None if past is None else sorted(past)).encode()).hexdigest()[:12]


def terms_of(documents: Sequence[Document], year: int) -> Terms:
    """Return the terms of some policies, in their order.

    Policies that share a 互斥组 stand in one group under the relation that each states; one that
    states 补差 or 一次性 without a group is a group of its own. The most that one award can be
    bounds what an undetermined pair may still take from a budget.
    """
    groups: dict[tuple[str, Relation], list[int]] = {}
    for position, one in enumerate(documents):
        relation = RELATIONS.get(one.stacking)
        if relation is None:
            continue
        for name in one.groups or (one.number,):
            groups.setdefault((name, relation), []).append(position)
    lasting = {Relation.TOPUP, Relation.ONCE}
    return Terms(
        policies=tuple(Policy(most_of(one)) for one in documents),
        groups=tuple(
            Group(relation, tuple(positions), Scope.FIRM if relation in lasting else Scope.SUBJECT)
            for (_, relation), positions in groups.items()
        ),
        caps=tuple(cap for position, one in enumerate(documents) for cap in _caps(position, one)),
        budgets=tuple(
            _budget(one.budget, position, year)
            for position, one in enumerate(documents)
            if one.budget is not None and one.budget.year in (None, year)
        ),
    )


def most_of(one: Document) -> int | None:
    """Return the most in fen that one award of a policy can be; None where nothing bounds it."""
    amount = one.amount
    if amount is None or amount.cap is not None or amount.mode == "fixed":
        return None if amount is None else amount.cap if amount.cap is not None else amount.fen
    tiers = [tier.cap if tier.cap is not None else tier.fen for tier in amount.tiers]
    return max(most for most in tiers if most is not None) if tiers and None not in tiers else None


def _caps(position: int, one: Document) -> list[Cap]:
    limits = (
        (Scope.FIRM, one.caps.subject), (Scope.FIRM_YEAR, one.caps.year), (Scope.POLICY, one.caps.total),
    )  # fmt: skip
    return [Cap(scope, limit, (position,)) for scope, limit in limits if limit is not None]


def _budget(stated: Stated, position: int, year: int) -> Budget:
    way, keys = RATIONING[stated.shortage]
    return Budget(stated.fen, (position,), way, year=year, keys=keys)


def awarded(rules: RuleSet, frame: pl.DataFrame, past: Past | None, *, year: int) -> pl.DataFrame:
    """Return what is due to each pair of a paying policy that is not a plain no.

    Args:
        rules: the policies of the place.
        frame: the verdicts of a run (``findings.as_frame``).
        past: earlier awards, None when they are not known: whatever depends on them stays open.
        year: the budget year.

    Columns: policy, firm, due (fen; null where it is open), provisional (an undetermined pair may
    still change it), because (code of the reason that decided last).
    """
    keys = sorted(key for key in rules.entries if rules.pays(key))
    documents = [rules.entries[key].policy for key in keys]
    mine = frame.filter(pl.col("policy").is_in(keys) & ~pl.col("verdict").is_in([NO, OUT]))
    if mine.is_empty():
        return pl.DataFrame(schema=SCHEMA)
    firms = _numbers([*mine["firm"], *(row[0] for row in past or ())])
    matters = _numbers([one.matter or one.number for one in documents])
    position = {key: i for i, key in enumerate(keys)}
    subject = [matters[one.matter or one.number] for one in documents]
    policy = [position[key] for key in mine["policy"]]
    given = candidates(
        [firms[one] for one in mine["firm"]], policy, gross_fen=mine["fen"].fill_null(0).to_numpy(),
        gross_known=mine["fen"].is_not_null().to_numpy(), verdict=mine["verdict"].to_numpy(),
        subject=[subject[one] for one in policy], year=np.full(mine.height, year),
    )  # fmt: skip
    found = award(given, terms_of(documents, year), _history(past, keys, firms, matters))
    return mine.select("policy", "firm").with_columns(
        pl.Series("due", found.fen).set(pl.Series(~found.known), None),
        pl.Series("provisional", found.provisional),
        pl.Series("because", _because(found), dtype=pl.String),
    )


def _numbers(words: Sequence[str]) -> dict[str, int]:
    return {word: number for number, word in enumerate(dict.fromkeys(words))}


def _history(
    past: Past | None, keys: Sequence[str], firms: Mapping[str, int], matters: Mapping[str, int]
) -> History | None:
    if past is None:
        return None
    numbers = {key.split("@")[0]: position for position, key in enumerate(keys)}
    mine = [row for row in past if row[1] in numbers]
    return History(
        firm=np.array([firms[row[0]] for row in mine], np.int64),
        policy=np.array([numbers[row[1]] for row in mine], np.int64),
        subject=np.array([matters.get(row[2], len(matters)) for row in mine], np.int64),
        year=np.array([row[3] for row in mine], np.int64),
        fen=np.array([row[4] for row in mine], np.int64),
        known=np.ones(len(mine), np.bool_),
    )


def _because(found: Awards) -> list[str]:
    """Of each row the code of the last step that did something to it."""
    told = np.full(len(found.fen), NOBODY, np.int64)
    told[found.log.candidate] = found.log.reason
    return ["" if one == NOBODY else Reason(int(one)).name.lower() for one in told]


def because_words(code: str) -> tuple[str, str]:
    """Return what a code of ``because`` says, in both languages."""
    return REASONS[Reason[code.upper()]] if code else ("", "")
