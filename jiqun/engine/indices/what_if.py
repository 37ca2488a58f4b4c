"""What if: the same batch with some inputs other than they are, benchmarks frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from jiqun.engine.indices.evaluate import Evaluation, evaluate
from jiqun.engine.indices.exact import Ints
from jiqun.engine.indices.quantities import QUANTITIES, Figure
from jiqun.errors import JiqunError, Problem


@dataclass(frozen=True, slots=True)
class Change:
    """The batch as it would be, and whose grade differs from now (places of the units)."""

    after: Evaluation
    moved: Ints


def what_if(evaluation: Evaluation, changes: Mapping[str, Mapping[str, int | None]]) -> Change:
    """Vary any inputs of any units: by unit, then by quantity, in base units; None is unknown.

    The benchmarks stay frozen, so that the answer is what an objection or a better year would
    have meant in this batch; ranks of the others move as they would.

    Raises:
        JiqunError: ``E-PERMU-INPUT`` with every unknown unit or quantity.
    """
    place = {unit: at for at, unit in enumerate(evaluation.units.ids)}
    problems = [
        Problem(
            "E-PERMU-INPUT",
            "没有这个单位或输入项",
            "no such unit or input",
            column=name,
            value=unit,
        )
        for unit, figures in changes.items()
        for name in figures
        if unit not in place or name not in QUANTITIES
    ]
    if problems:
        raise JiqunError(
            "E-PERMU-INPUT", "假设的变动不能使用", "the supposed changes cannot be used",
            hint_zh="请核对单位代码和输入项名称。", hint_en="Check the unit's key and the input's name.",
            fields=problems,
        )  # fmt: skip
    figures = dict(evaluation.units.figures)
    for name in {name for given in changes.values() for name in given}:
        old = evaluation.units.figure(name)
        value, known = old.value.copy(), old.known.copy()
        for unit, given in changes.items():
            if name in given:
                number = given[name]
                value[place[unit]], known[place[unit]] = number or 0, number is not None
        figures[name] = Figure(value, known)
    units = replace(evaluation.units, figures=figures)
    after = evaluate(evaluation.scheme, units, frozen=evaluation.frozen)
    return Change(after, np.flatnonzero(after.final != evaluation.final))
