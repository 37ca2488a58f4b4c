"""Calculations of a batch: over a snapshot, under frozen rules, with benchmarks new or kept; and again."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import polars as pl

from jiqun.core.lawful.gate import state_of
from jiqun.core.version import code_version
from jiqun.engine.indices.freeze import Frozen
from jiqun.engine.indices.scheme import quantities_of
from jiqun.engine.indices.score import FrozenItem
from jiqun.errors import JiqunError, Kind
from jiqun.facts.store.store import Store
from jiqun.modules.land.attribution.shown import basis_words
from jiqun.modules.land.evaluation.findings import (
    CODE,
    Graded,
    as_frame,
    choice_in,
    choice_of,
    choice_params,
    graded_for,
    scheme_for,
)
from jiqun.modules.land.models import Batch, Calculation
from jiqun.modules.land.register import HELD, PURPOSE

ENGINE = "land_batch"
FLOATS = ("benchmark", "low", "high", "group_mean")
Plain = dict[str, dict[str, dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Made:
    """A calculation that was computed and stored: its name, the evaluation, the rows."""

    run: str
    graded: Graded
    frame: pl.DataFrame
    snapshot: str
    consents: str


def benchmarks_of(frozen: Frozen) -> Plain:
    """Return frozen benchmarks as JSON; floats as hexadecimal text, so that nothing is lost."""
    return {
        group: {
            code: {
                **{name: float(getattr(one, name)).hex() for name in FLOATS},
                "table": {key: float(value).hex() for key, value in sorted(one.table.items())},
                "missing_score": one.missing_score, "known": one.known,
            }
            for code, one in items.items()
        }
        for group, items in frozen.groups.items()
    }  # fmt: skip


def frozen_of(rules_digest: str, plain: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> Frozen:
    """Return the benchmarks that :func:`benchmarks_of` wrote."""
    return Frozen(rules_digest, {
        group: {
            code: FrozenItem(
                **{name: float.fromhex(one[name]) for name in FLOATS},
                table={key: float.fromhex(value) for key, value in one["table"].items()},
                missing_score=one["missing_score"], known=one["known"],
            )
            for code, one in items.items()
        }
        for group, items in plain.items()
    })  # fmt: skip


def same_rules(batch: Batch) -> None:
    """Refuse a calculation when the rule pack is not what it was when the sheets were sent.

    Raises:
        JiqunError: ``E-LAND-FROZEN``.
    """
    if batch.rules_digest and scheme_for(batch.rules, batch.year).digest != batch.rules_digest:
        raise frozen_rules(batch)


def frozen_rules(batch: Batch) -> JiqunError:
    """Return the error for rules or weights that would change after the sheets were sent."""
    return JiqunError(
        "E-LAND-FROZEN",
        f"批次 {batch.key} 已冻结规则，权重和规则包不能再改",
        f"the rules of batch {batch.key} are frozen; weights and pack cannot change any more",
        hint_zh="请恢复原规则包；确需改规则的，撤销本批次，另建新批次，企业重新核对。",
        hint_en="Go back to the pack as it was; other rules need this batch withdrawn and a new one.",
        kind=Kind.CONFLICT,
    )


def compute(facts: Store, batch: Batch, number: int, *, kept: Calculation | None = None) -> Made:
    """Compute a batch's next calculation over the facts as they are now, and store its rows.

    Args:
        facts: the store.
        batch: whose rules apply.
        number: of the calculation.
        kept: the calculation whose benchmarks hold; new ones are computed when None.

    Raises:
        JiqunError: ``E-LAND-FROZEN``, ``E-LAND-NO-DATA``.
    """
    same_rules(batch)
    begun = time.perf_counter()
    snapshot, consents = facts.snapshot().id, state_of(PURPOSE)
    frozen = frozen_of(kept.rules_digest, kept.benchmarks) if kept else None
    choice = choice_of(facts, batch.place, batch.rules, batch.year)
    one = graded_for(facts, snapshot, batch.place, choice, frozen=frozen)
    frame, evaluation = as_frame(one), one.evaluation
    parts = [batch.key, str(number), snapshot, consents, code_version(*CODE), evaluation.digest]
    run = "b" + hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:12]
    facts.write_finding(
        ENGINE, frame, run=run, snapshot_id=snapshot,
        params={"batch": batch.key, "number": number, "digest": evaluation.digest,
                "frozen": evaluation.frozen.digest(), "inputs": evaluation.units.digest(),
                **choice_params(one, choice)},
        code_version=code_version(*CODE), rules_version=f"permu/{batch.rules}",
        scope={"place": batch.place, "year": str(batch.year)}, seconds=time.perf_counter() - begun,
    )  # fmt: skip
    return Made(run, one, frame, snapshot, consents)


def recomputed(facts: Store, one: Calculation) -> Graded:
    """Compute a calculation again over its own snapshot, land and units, with the benchmarks that it kept."""
    batch = one.batch
    frozen = frozen_of(one.rules_digest, one.benchmarks) if one.kept else None
    said = next(run.params for run in facts.runs(ENGINE) if run.run == one.run)
    choice = choice_in(said, batch.rules, batch.year)
    return graded_for(facts, one.snapshot, batch.place, choice, frozen=frozen)


def differences(facts: Store, one: Calculation) -> tuple[str, ...]:
    """Compute a calculation again and name what is not the same to the byte; nothing when all is.

    Names are ``rules``, ``code``, ``consents``, ``inputs``, ``benchmarks``, ``result``. A firm that has
    taken its consent back since is closed at once, so that the inputs differ then, by design.
    """
    if scheme_for(one.batch.rules, one.batch.year).digest != one.rules_digest:
        return ("rules",)
    again = recomputed(facts, one).evaluation
    pairs = {
        "code": (code_version(*CODE), one.code_version),
        "consents": (state_of(PURPOSE), one.consents),
        "inputs": (again.units.digest(), one.inputs_digest),
        "benchmarks": (again.frozen.digest(), one.benchmarks_digest),
        "result": (again.digest, one.result_digest),
    }  # fmt: skip
    return tuple(name for name, (now, then) in pairs.items() if now != then)


@lru_cache(maxsize=8)
def rows_of(facts: Store, run: str) -> pl.DataFrame:
    """Return the rows of a calculation as they were stored: the result, whatever changed since."""
    return facts.finding(ENGINE, run).to_polars()


def grades_of(facts: Store, run: str, column: str = "grade") -> dict[str, str]:
    """Return firm → grade (or the grade that it is managed as) of a calculation."""
    held = rows_of(facts, run).select("firm", column).drop_nulls()
    return dict(held.iter_rows())


def sheets_of(one: Graded) -> dict[str, list[dict[str, Any]]]:
    """Return, by firm, the figures of its sheet as the facts hold them; what is missing is None."""
    held = {
        (firm, indicator): (value, unit, source, as_of)
        for firm, indicator, value, unit, source, as_of in one.gathered.figures.iter_rows()
    }
    groups, every = one.scheme.groups, quantities_of(one.scheme.groups)
    found: dict[str, list[dict[str, Any]]] = {}
    of_unit = one.evaluation.group.tolist()
    for firm in one.gathered.firms["firm"]:
        group = of_unit[one.at(firm)]
        found[firm] = [
            _land(one, firm, held) if name == "land" else _figure(name, firm, held)
            for name in (groups[group].quantities if group >= 0 else every)
        ]
    return found


def _land(
    one: Graded, firm: str, held: Mapping[tuple[str, str], tuple[Any, ...]]
) -> dict[str, Any]:
    """The land that counts: by the land table or the land check where they give it, else as reported."""
    counted = one.gathered.land.attributed(firm)
    found = _figure("land", firm, held)
    if counted is None or counted.area is None:
        return found
    days = [str(line["as_of"]) for line in counted.lines if line["as_of"]]
    return found | {
        "value": round(counted.area / HELD["land"][2]), "source": basis_words(one.gathered.land),
        "as_of": max(days, default=""), "elsewhere": True,
    }  # fmt: skip


def _figure(
    name: str, firm: str, held: Mapping[tuple[str, str], tuple[Any, ...]]
) -> dict[str, Any]:
    indicator, unit, _ = HELD[name]
    missing: tuple[Any, ...] = (None, unit, "", None)
    value, of, source, as_of = held.get((firm, indicator), missing)
    used = value is not None and of == unit
    number = int(value) if value is not None and used else None
    return {
        "name": name, "indicator": indicator, "value": number, "unit": unit,
        "source": str(source or "") if used else "", "as_of": str(as_of or "") if used else "",
    }  # fmt: skip
