"""OpenFisca-Core on the program and the firms that ``run.py --outside PYTHON`` wrote to a folder.

``python openfisca_rules.py FOLDER`` in an environment with openfisca-core; nothing of ours is
imported. Atoms, gates, verdicts and amounts are variables of one entity, each kept once worked out.
Its logic has two values, so every cell is filled; its money is a 32-bit float, the widest it has.
"""

from __future__ import annotations

import json
import sys
import time
from functools import reduce
from operator import and_
from pathlib import Path
from typing import Any

import numpy as np
from openfisca_core import entities, periods
from openfisca_core.simulations import SimulationBuilder
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.variables import Variable

DAY = periods.period("2025-06-01")


def total(form: Any, read: Any) -> Any:
    """The sum of a form."""
    return sum(read(c) * f for c, f in zip(form["columns"], form["factors"], strict=True))


def atom(one: Any, names: Any) -> Any:
    """The formula of one comparison."""

    def formula(firms: Any, period: Any) -> Any:
        def read(key: str) -> Any:
            return firms(names[key], period)

        if one["kind"] == "flag":
            return read(one["form"]["columns"][0])
        if one["kind"] == "in":
            return np.isin(read(one["form"]["columns"][0]), one["codes"])
        truth = total(one["form"], read) >= one["bound"]
        return truth & (total(one["guard"], read) > 0) if one["guard"] else truth

    return formula


def node(firms: Any, period: Any, *, reference: int, atoms: int) -> Any:
    """The truth of a reference."""
    at = reference >> 1
    held = firms(f"a{at}" if at < atoms else f"g{at - atoms}", period)
    return ~held if reference & 1 else held


def gate(parts: Any, atoms: int) -> Any:
    """The formula of a conjunction."""
    return lambda firms, period: reduce(
        and_, (node(firms, period, reference=part, atoms=atoms) for part in parts)
    )


def marginal(plan: Any, base: Any) -> Any:
    """The amount of a scale by slices."""
    parts = ((np.minimum(base, one["high"]) if one["high"] is not None else base, one)
             for one in plan["slices"])  # fmt: skip
    return sum(np.maximum(upto - one["low"], 0) * one["rate"] for upto, one in parts)


def amount(plan: Any, verdict: str, *, names: Any, atoms: int) -> Any:
    """The formula of an amount."""

    def formula(firms: Any, period: Any) -> Any:
        base = np.float32(0)
        if plan["base"]:
            base = np.maximum(total(plan["base"], lambda key: firms(names[key], period)), 0)
        value = marginal(plan, base) if plan["slices"] else np.float32(0)
        for step in reversed(plan["steps"]):
            rate, unit = step["rate"], plan["unit"]
            given = np.floor(base * rate / unit) * unit if rate else step["fen"]
            at = step["reference"]
            where = True if at is None else node(firms, period, reference=at, atoms=atoms)
            value = np.where(where, given, value)
        if plan["cap"] is not None:
            value = np.minimum(value, plan["cap"])
        return np.where(firms(verdict, period), value, 0)

    return formula


def system_of(program: Any, columns: Any) -> tuple[Any, Any]:
    """The rules as a system, and the name of each column in it."""
    firm = entities.build_entity(key="firm", plural="firms", label="", is_person=True)
    system = TaxBenefitSystem([firm])

    def variable(name: str, kind: type, formula: Any = None) -> None:
        body = {"value_type": kind, "entity": firm, "definition_period": periods.DateUnit.ETERNITY}
        system.add_variable(
            type(name, (Variable,), body | ({"formula": formula} if formula else {}))
        )

    names = {key: f"c{i}" for i, key in enumerate(program["columns"])}
    atoms = len(program["atoms"])
    for key, name in names.items():
        variable(name, bool if columns[key].dtype == bool else float)
    for i, one in enumerate(program["atoms"]):
        variable(f"a{i}", bool, atom(one, names))
    for i, parts in enumerate(program["gates"]):
        variable(f"g{i}", bool, gate(parts, atoms))
    for i, rule in enumerate(program["rules"]):
        variable(f"v{i}", bool, gate(rule["conditions"], atoms))
        if rule["plan"]:
            variable(f"f{i}", float, amount(rule["plan"], f"v{i}", names=names, atoms=atoms))
    return system, names


def main(folder: str) -> None:
    """Read, decide three times, print the least processor seconds and what was found."""
    program = json.loads((Path(folder) / "program.json").read_text(encoding="utf-8"))
    with np.load(Path(folder) / "columns.npz") as kept:
        columns = {key: kept[f"c{i}"] for i, key in enumerate(program["columns"])}
    system, names = system_of(program, columns)
    n, spent, yes, fen = len(next(iter(columns.values()))), [], [], 0.0
    for _ in range(3):
        simulation = SimulationBuilder().build_default_simulation(system, n)
        for key, name in names.items():
            simulation.set_input(name, DAY, columns[key])
        began = time.process_time()
        yes = [int(simulation.calculate(f"v{i}", DAY).sum()) for i in range(len(program["rules"]))]
        fen = sum(float(simulation.calculate(f"f{i}", DAY).astype(np.float64).sum())
                  for i, rule in enumerate(program["rules"]) if rule["plan"])  # fmt: skip
        spent.append(time.process_time() - began)
    print(json.dumps({"processor": min(spent), "firms": n, "yes": yes, "fen": fen}))


if __name__ == "__main__":
    main(sys.argv[1])
