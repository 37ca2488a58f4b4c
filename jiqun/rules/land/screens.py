"""The screening pack → criteria of the engine. Every name in a condition has to exist."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from jiqun.engine.land.screening import Compare, Comparison, Criteria, Criterion, Group
from jiqun.engine.land.words import Fact
from jiqun.rules.land.read import broken, rows
from jiqun.rules.loader import Pack

COMPARISONS: tuple[Comparison, ...] = ("below", "at_most", "above", "at_least", "is")


def criteria(pack: Pack, overrides: Mapping[str, float] | None = None) -> Criteria:
    """Return the criteria of a screening pack, thresholds filled in.

    Raises:
        JiqunError: ``E-PARAMETER`` for a change that cannot be, ``E-PACK`` naming every condition
            that is malformed or names a fact, a parameter or a type that does not exist.
    """
    values = pack.values(overrides)
    facts = {
        row["code"]: Fact(row["code"], row["zh"], row["en"], row["holder_zh"], row["holder_en"])
        for row in rows(pack, "facts")
    }
    kinds = {row["code"]: (row["zh"], row["en"]) for row in rows(pack, "kinds")}
    listed = rows(pack, "criteria")
    codes = [row["code"] for row in listed]
    wrong = [
        f"criterion {code} is there twice" for code in sorted(set(codes)) if codes.count(code) > 1
    ]
    wrong += [
        f"{row['code']}: there is no type {row['kind']}"
        for row in listed
        if row["kind"] not in kinds
    ]
    for row in listed:
        wrong += [f"{row['code']}: {what}" for what in _wrong(row["when"], facts, values)]
    broken(pack, wrong)
    return Criteria(
        facts,
        kinds,
        tuple(
            Criterion(
                row["code"], row["zh"], row["en"], row["kind"], row["signal"], row["mark"],
                _node(row["when"], values),
            )
            for row in listed
        ),
    )  # fmt: skip


def _wrong(
    node: Mapping[str, Any], facts: Mapping[str, Fact], values: Mapping[str, float]
) -> list[str]:
    """What is wrong with a condition: shape, facts, parameters."""
    for mode in ("all", "any"):
        if mode in node:
            parts = cast("list[Mapping[str, Any]]", node[mode])
            extra = [] if len(node) == 1 and parts else [f"{mode} has no parts, or more than parts"]
            return extra + [what for part in parts for what in _wrong(part, facts, values)]
    used = [one for one in COMPARISONS if one in node]
    if len(used) != 1 or set(node) - {"fact", "of", *used} or "fact" not in node:
        return [f"{dict(node)} is no comparison"]
    bar = node[used[0]]
    return [
        *(
            f"there is no fact {name}"
            for name in (node["fact"], node.get("of"))
            if name and name not in facts
        ),
        *([f"there is no parameter {bar}"] if isinstance(bar, str) and bar not in values else []),
        *(
            [f"{dict(node)} needs yes or no"]
            if used == ["is"] and not isinstance(bar, bool)
            else []
        ),
    ]


def _node(node: Mapping[str, Any], values: Mapping[str, float]) -> Compare | Group:
    if "fact" not in node:
        mode = "all" if "all" in node else "any"
        return Group(mode, tuple(_node(part, values) for part in node[mode]))
    used: Comparison = next(one for one in COMPARISONS if one in node)
    bar = node[used]
    return Compare(
        node["fact"], used, values[bar] if isinstance(bar, str) else float(bar), node.get("of", "")
    )
