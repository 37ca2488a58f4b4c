"""zen-engine on the program and the firms that ``run.py --outside PYTHON`` wrote to a folder.

``python zen_rules.py FOLDER`` in an environment with zen-engine and NumPy; nothing of ours is
imported. One expression node, compiled once, decides firm after firm, as its interface has it:
verdicts only, no amounts. A comparison with null is an error there, so every cell is filled.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import zen

MOST = 2000  # firms: at tens of microseconds a policy more would only take longer


def total(form: Any, names: Any) -> str:
    """The sum of a form."""
    return " + ".join(
        f"{names[c]} * {f}" for c, f in zip(form["columns"], form["factors"], strict=True)
    )


def atom(one: Any, names: Any) -> str:
    """The text of one comparison."""
    if one["kind"] == "flag":
        return names[one["form"]["columns"][0]]
    if one["kind"] == "in":
        return f"{names[one['form']['columns'][0]]} in {one['codes']}"
    text = f"{total(one['form'], names)} >= {one['bound']}"
    return f"({text}) and ({total(one['guard'], names)} > 0)" if one["guard"] else text


def conjunction(parts: Iterable[int], atoms: int) -> str:
    """The text of a conjunction of references."""
    found: list[str] = []
    for reference in parts:
        at = reference >> 1
        name = f"$.a{at}" if at < atoms else f"$.g{at - atoms}"
        found.append(f"not({name})" if reference & 1 else name)
    return " and ".join(found)


def decision_of(program: Any, names: Any) -> Any:
    """The rules as a graph of one expression node between input and output."""
    atoms = len(program["atoms"])
    texts = {f"a{i}": atom(one, names) for i, one in enumerate(program["atoms"])}
    texts |= {f"g{i}": conjunction(parts, atoms) for i, parts in enumerate(program["gates"])}
    texts |= {
        f"v{i}": conjunction(rule["conditions"], atoms) for i, rule in enumerate(program["rules"])
    }
    expressions = [{"id": key, "key": key, "value": text} for key, text in texts.items()]
    at = {"position": {"x": 0, "y": 0}}
    graph = {
        "nodes": [
            {"id": "i", "type": "inputNode", "name": "in", **at},
            {"id": "e", "type": "expressionNode", "name": "e", **at,
             "content": {"expressions": expressions}},
            {"id": "o", "type": "outputNode", "name": "out", **at},
        ],
        "edges": [{"id": "1", "sourceId": "i", "targetId": "e"},
                  {"id": "2", "sourceId": "e", "targetId": "o"}],
    }  # fmt: skip
    text = json.dumps(graph)
    return zen.ZenEngine({"loader": lambda _: text}).get_decision("rules")


def main(folder: str) -> None:
    """Read, decide, print."""
    program = json.loads((Path(folder) / "program.json").read_text(encoding="utf-8"))
    names = {key: f"c{i}" for i, key in enumerate(program["columns"])}
    with np.load(Path(folder) / "columns.npz") as kept:
        columns = {key: kept[f"c{i}"] for i, key in enumerate(program["columns"])}
    decision = decision_of(program, names)
    n = min(MOST, len(next(iter(columns.values()))))
    rows = [{names[key]: values[i].item() for key, values in columns.items()} for i in range(n)]
    began = time.process_time()
    found = [decision.evaluate(row)["result"] for row in rows]
    spent = time.process_time() - began
    yes = [sum(one[f"v{i}"] for one in found) for i in range(len(program["rules"]))]
    print(json.dumps({"processor": spent, "firms": n, "yes": yes, "fen": None}))


if __name__ == "__main__":
    main(sys.argv[1])
