"""How an evaluation is worded: the tree of a grade, figures with units, marks of the rules."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import polars as pl
import yaml

from jiqun.core.tabular import pick
from jiqun.engine.indices.explain import Explainer
from jiqun.engine.indices.quantities import QUANTITIES, SHOWN
from jiqun.engine.indices.score import KNOWN, NEGATIVE
from jiqun.modules.land.evaluation.findings import Graded
from jiqun.modules.land.evaluation.words import (
    BADGES,
    GRADES_EN,
    HELD,
    HOLDERS,
    MARKS,
    unit_en,
)
from jiqun.rules import loader
from jiqun.rules.permu_pack import TOPIC

Node = dict[str, Any]
Sources = Mapping[str, tuple[str, str]]


def grade_words(grade: str | None) -> str:
    """Return a grade in the language of the page."""
    return pick(grade or "—", GRADES_EN.get(grade or "", grade or "—"))


def badge_of(grade: str | None) -> str:
    """Return the look of a grade."""
    return BADGES.get(grade or "", "undisclosed")


def number_words(value: float | None, decimals: int = 4) -> str:
    """Return a number with separators and no idle zeros; unknown is said, never 0."""
    if value is None:
        return pick("未知", "unknown")
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def figure_words(graded: Graded, at: int, name: str) -> str:
    """Return one input of a unit in the unit that people use, with the unit."""
    figure, shown = graded.evaluation.units.figure(name), QUANTITIES[name].shown
    if not bool(figure.known[at]):
        return pick("未知", "unknown")
    value = int(figure.value[at]) / float(SHOWN[shown][1])
    return f"{number_words(value)} {pick(shown, unit_en(shown))}"


def counted(value: int | None) -> str:
    """A count; one to four that are hidden say so."""
    return "1–4" if value is None else f"{value:,}"


def holder_words(name: str) -> str:
    """Return who usually holds an input."""
    return pick(HOLDERS[name].zh, HOLDERS[name].en)


def sources_of(graded: Graded, firm: str) -> Sources:
    """Return, by indicator, source and day of a firm's figures."""
    mine = graded.gathered.figures.filter(pl.col("firm") == firm)
    rows = mine.select("indicator", "source", "as_of").iter_rows()
    return {name: (str(source or ""), str(as_of or "")) for name, source, as_of in rows}


def tree_of(graded: Graded, firm: str, *, title: str) -> Node:
    """Return why a firm has its grade, as the tree that ``core/explain_tree.html`` draws."""
    at = graded.evaluation.units.ids.index(firm)
    node = Explainer(graded.evaluation).tree(at)
    shown = _node(node, sources_of(graded, firm), graded)
    return shown | {"label": title, "status": badge_of(graded.evaluation.grades()[at])}


def _node(node: Node, sources: Sources, graded: Graded) -> Node:
    value, unit = node["value"], str(node.get("unit", ""))
    said = value if node["type"] == "text" else number_words(value)
    shown: Node = {
        "label": pick(node["zh"], node["en"]),
        "value": grade_words(said) if node["type"] == "text" else said,
        "unit": pick(unit, unit_en(unit)) if value is not None else "",
        "formula": pick(node.get("formula_zh", ""), node.get("formula_en", "")),
        "note": pick(node.get("note_zh", ""), node.get("note_en", "")),
        "terms": [_node(term, sources, graded) for term in node.get("terms", ())],
    }
    if rule := node.get("rule"):
        shown["rule"] = {"label": _rule_words(rule), "url": ""}
    if fact := node.get("fact"):
        shown |= _fact(str(fact["key"]["indicator"]), sources, graded, known=value is not None)
    return shown


def _rule_words(rule: Node) -> str:
    value = rule.get("value")
    said = "" if value is None or isinstance(value, str) else f" = {number_words(float(value))}"
    return f"{pick(rule['zh'], rule['en'])}{said}"


def _fact(name: str, sources: Sources, graded: Graded, *, known: bool) -> Node:
    """Where an input comes from; of one that is not known, who holds it."""
    if not known:
        return {"note": pick(f"由 {holder_words(name)} 掌握", f"held by {holder_words(name)}"),
                "status": "undisclosed", "status_label": pick("缺数据", "missing")}  # fmt: skip
    source, as_of = sources.get(HELD[name][0], ("", ""))
    extra: Node = {}
    if name == "energy" and graded.scheme.electricity == "equivalent":
        extra["note"] = pick(
            "电力已由当量值折为等价值", "electricity turned from calorific to equivalent value"
        )
    file = source or pick("来源未说明", "source not stated")
    return {"source": {"file": file, "row": "", "date": as_of, "url": "", "table": ""}, **extra}


def missing_of(graded: Graded, at: int) -> list[Node]:
    """Return the inputs that a unit's indicators lack: which, for what, who holds them."""
    found, group = graded.evaluation, int(graded.evaluation.group[at])
    needed: dict[str, list[str]] = {}
    for place, one in enumerate(graded.scheme.groups):
        if place != group and group >= 0:
            continue
        for item in one.indicators:
            reason = int(found.steps[f"{item.code}.reason"][at])
            for name in (item.numerator, item.denominator):
                if not bool(found.units.figure(name).known[at]) and reason not in {KNOWN, NEGATIVE}:
                    needed.setdefault(name, []).append(pick(item.zh, item.en))
    return [
        {"input": pick(QUANTITIES[name].zh, QUANTITIES[name].en), "holder": holder_words(name),
         "for": pick("、", ", ").join(dict.fromkeys(items))}
        for name, items in needed.items()
    ]  # fmt: skip


# ---- the rules themselves ------------------------------------------------------------------


@cache
def parameters(version: str) -> tuple[tuple[str, str, str], ...]:
    """Return every parameter of a pack that carries a mark: (path, value, mark)."""
    path = loader.FOLDER / TOPIC / f"{version}.yaml"
    node = yaml.safe_load(path.read_text(encoding="utf-8"))
    found: list[tuple[str, str, str]] = []

    def walk(part: object, name: str) -> None:
        if isinstance(part, dict):
            for key, value in part.items():
                walk(value, f"{name}.{key}" if name else str(key))
        elif isinstance(part, str) and part[-1:] in MARKS:
            found.append((name, part[:-1].strip(), part[-1]))

    walk({key: node[key] for key in ("rules", "groups", "bonuses", "vetoes", "specials", "bounds", "measures")
          if key in node}, "")  # fmt: skip
    return tuple(found)
