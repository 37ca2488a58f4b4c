"""How an evaluation is worded: the tree of a grade, figures with units, marks of the rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import polars as pl

from jiqun import yamlfile
from jiqun.core.tabular import pick
from jiqun.engine.indices.explain import Explainer
from jiqun.engine.indices.quantities import QUANTITIES, SHOWN, Figure
from jiqun.engine.indices.score import KNOWN, NEGATIVE
from jiqun.modules.land.attribution.shown import basis_words, land_terms, land_tree
from jiqun.modules.land.evaluation.findings import Graded
from jiqun.modules.land.evaluation.merging import UNITS
from jiqun.modules.land.evaluation.words import (
    BADGES,
    GRADES_EN,
    HOLDERS,
    MARKS,
    unit_en,
)
from jiqun.modules.land.register import HELD
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
    return _figure_words(graded.evaluation.units.figure(name), at, name)


def own_words(graded: Graded, firm: str, name: str) -> str:
    """Return one input of a firm itself, whatever unit it is evaluated in."""
    return _figure_words(graded.gathered.units.figure(name), graded.row(firm), name)


def _figure_words(figure: Figure, at: int, name: str) -> str:
    shown = QUANTITIES[name].shown
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
    found = {name: (str(source or ""), str(as_of or "")) for name, source, as_of in rows}
    land = graded.gathered.land.attributed(firm)
    if land is not None:
        days = [str(one["as_of"]) for one in land.lines if one["as_of"]]
        found[HELD["land"][0]] = (basis_words(graded.gathered.land), max(days, default=""))
    return found


def tree_of(graded: Graded, firm: str, *, title: str, veil: bool = False) -> Node:
    """Return why a firm has its grade, as the tree that ``core/explain_tree.html`` draws.

    With ``veil`` the items of the total are left out: of a unit of few firms they tell the figures
    of the others.
    """
    at = graded.at(firm)
    node = (
        without_items(Explainer(graded.evaluation).tree(at))
        if veil
        else Explainer(graded.evaluation).tree(at)
    )
    shown = _node(node, sources_of(graded, firm), graded, graded.firms_with(firm))
    terms = [*_unit_nodes(graded, firm), *shown["terms"]]
    return shown | {
        "label": title,
        "status": badge_of(graded.evaluation.grades()[at]),
        "terms": terms,
    }


def without_items(node: Node) -> Node:
    """Return a grade's tree without what is below its total."""
    terms = [one | {"terms": []} if one["en"] == "total" else one for one in node["terms"]]
    return node | {"terms": terms}


def _unit_nodes(graded: Graded, firm: str) -> list[Node]:
    """Which firms are evaluated together, and the grade of a mixed firm by itself."""
    row, firms = graded.row(firm), graded.gathered.firms
    inside = graded.members.rows(graded.at(firm))
    if len(inside) < 2:
        return []
    names = pick("、", ", ").join(firms["name"][one] or firms["firm"][one] for one in inside)
    found: list[Node] = [{
        "label": pick("评价单位", "Unit of evaluation"), "value": graded.evaluation.units.ids[graded.at(firm)],
        "unit": pick(*UNITS[graded.members.kind]), "terms": [],
        "note": pick(f"合并评价、共用等级的企业：{names}", f"evaluated together with one grade: {names}"),
    }]  # fmt: skip
    if row in graded.members.apart:
        grade = graded.evaluation.grades()[graded.members.apart[row]]
        found.append({
            "label": pick("混合型企业单独评价", "Mixed firm, by itself"), "value": grade_words(grade), "unit": "",
            "status": badge_of(grade), "terms": [],
        })  # fmt: skip
    return found


def _node(node: Node, sources: Sources, graded: Graded, firms: Sequence[str]) -> Node:
    value, unit = node["value"], str(node.get("unit", ""))
    words = isinstance(value, str)
    said = value if words else number_words(value)
    shown: Node = {
        "label": pick(node["zh"], node["en"]),
        "value": grade_words(said) if words else said,
        "unit": pick(unit, unit_en(unit)) if value is not None else "",
        "formula": pick(node.get("formula_zh", ""), node.get("formula_en", "")),
        "note": pick(node.get("note_zh", ""), node.get("note_en", "")),
        "terms": [_node(term, sources, graded, firms) for term in node.get("terms", ())],
    }
    if rule := node.get("rule"):
        shown["rule"] = {"label": _rule_words(rule), "url": ""}
    if fact := node.get("fact"):
        name = str(fact["key"]["indicator"])
        shown |= _fact(name, sources, graded, known=value is not None)
        if len(firms) > 1:
            shown |= {
                "source": None,
                "note": pick(f"{len(firms)} 家企业合计", f"sum of {len(firms)} firms"),
            }
        if name == "land":
            shown["terms"] = _land_nodes(graded, firms)
    return shown


def _rule_words(rule: Node) -> str:
    value = rule.get("value")
    said = "" if value is None or isinstance(value, str) else f" = {number_words(float(value))}"
    return f"{pick(rule['zh'], rule['en'])}{said}"


def _land_nodes(graded: Graded, firms: Sequence[str]) -> list[Node]:
    """The land of each firm of a unit: its terms and lines where it is attributed, else that it was reported."""
    found: list[Node] = []
    names = dict(graded.gathered.firms.select("firm", "name").iter_rows())
    for firm in firms:
        land = graded.gathered.land.attributed(firm)
        if land is not None and len(firms) == 1:
            return land_terms(land)
        if land is not None:
            found.append(land_tree(land, names.get(firm) or firm))
        elif graded.gathered.land.basis != "reported":
            found.append({
                "label": names.get(firm) or firm, "value": own_words(graded, firm, "land"), "unit": "", "terms": [],
                "note": pick("用地表中未知，按企业填报", "unknown in the land table: as the firm reported"),
            })  # fmt: skip
    return found


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
    node = yamlfile.content(path)
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
