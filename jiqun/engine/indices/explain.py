"""The explanation of every grade: figure → formula → terms → facts, with the pack's clauses.

A tree is plain data in both languages, built from the kept steps alone: nothing is computed
again. A leaf that rests on a fact names its contract and key. Clauses are shared between trees.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

from jiqun.engine.indices.evaluate import BY_VETO, DECISIVE, ITEM_COLUMNS, Evaluation
from jiqun.engine.indices.exact import POINT
from jiqun.engine.indices.grade import NONE
from jiqun.engine.indices.quantities import QUANTITIES, SHOWN
from jiqun.engine.indices.scheme import Group, Indicator, Scheme
from jiqun.engine.indices.score import KNOWN, NEGATIVE, REASONS

Node = dict[str, Any]
FORMULAS: Mapping[str, tuple[str, str]] = {
    "ratio": ("指标值 ÷ 基准值 × 权重", "value ÷ benchmark × weight"),
    "inverse": (
        "（2 − 指标值 ÷ 基准值）× 权重，不低于 0",
        "(2 − value ÷ benchmark) × weight, at least 0",
    ),
    "minmax": (
        "权重 ×（20 + 80 ×（指标值 − 最低）÷（最高 − 最低））÷ 100",
        "weight × (20 + 80 × (value − least) ÷ (most − least)) ÷ 100",
    ),
    "rank": ("只按指标值排名", "ranked by the value alone"),
}


@dataclass(frozen=True, slots=True)
class _Part:
    """What all trees share about one indicator of one group."""

    code: str
    zh: str
    en: str
    unit: str
    formula: tuple[str, str]
    weight: Node
    benchmark: Node
    cap: Node
    missing: Node
    inputs: tuple[tuple[str, str, str, str, float], ...]


def _clause(scheme: Scheme, path: tuple[str, ...], zh: str, en: str, *, value: Any) -> Node:
    """Words, value, mark and place in the pack of one rule."""
    mark = scheme.mark(*path)
    return {
        "zh": f"{zh}（{mark} {scheme.version}）", "en": f"{en} ({mark} {scheme.version})",
        "value": value, "mark": mark, "clause": ".".join(path),
    }  # fmt: skip


def _part(scheme: Scheme, group: Group, one: Indicator) -> _Part:
    def clause(key: str, zh: str, en: str, value: Any) -> Node:
        return _clause(scheme, ("groups", group.code, one.code, key), zh, en, value=value)

    inputs: list[tuple[str, str, str, str, float]] = []
    for name in (one.numerator, one.denominator):
        kind = QUANTITIES[name]
        inputs.append((name, kind.zh, kind.en, kind.shown, float(SHOWN[kind.shown][1])))
    missing = {
        "group_mean": ("缺失取该组该项平均得分", "missing: the group's mean score"),
        "zero": ("缺失得 0 分", "missing: 0 points"),
        "renormalise": ("缺失不计，权重分给其余各项", "missing: its weight goes to the others"),
    }[one.missing]
    cap = None if one.cap is None else one.cap * one.weight / POINT
    return _Part(
        one.code, one.zh, one.en, "" if one.unit == "ratio" else one.unit, FORMULAS[one.family],
        clause("weight", "权重", "weight", one.weight / POINT),
        clause("benchmark", "基准值", "benchmark", one.benchmark.kind),
        clause("cap", "单项上限", "cap of the item", cap),
        clause("missing", *missing, one.missing), tuple(inputs),
    )  # fmt: skip


def explanations(evaluation: Evaluation, *, rows: list[int] | None = None) -> Iterator[Node]:
    """Yield the tree of each unit (or of some), in the order of the units."""
    explainer = Explainer(evaluation)
    for at in range(len(evaluation.units.ids)) if rows is None else rows:
        yield explainer.tree(at)


class Explainer:
    """Holds the columns of one evaluation as lists, and the clauses that trees share."""

    def __init__(self, evaluation: Evaluation) -> None:
        self.evaluation = evaluation
        self.scheme = evaluation.scheme
        self.year = str(evaluation.scheme.year)
        self.parts = [
            [_part(self.scheme, group, one) for one in group.indicators]
            for group in self.scheme.groups
        ]
        self.columns = {name: column.tolist() for name, column in evaluation.steps.items()}
        self.items = {
            part.code: list(
                zip(*(self.columns[f"{part.code}.{name}"] for name in ITEM_COLUMNS), strict=True)
            )
            for parts in self.parts
            for part in parts
        }
        self.groups = evaluation.group.tolist()
        self.final, self.decisive = evaluation.final.tolist(), evaluation.decisive.tolist()
        self.known = {
            name: figure.known.tolist() for name, figure in evaluation.units.figures.items()
        }
        self.quotas = [self._quota(group) for group in self.scheme.groups]

    def _quota(self, group: Group) -> list[Node]:
        path = ("groups", group.code, "quota")
        return [
            _clause(self.scheme, (*path, grade), f"{grade} 级累计比例", f"cumulative share of {grade}",
                    value=share / 10_000)
            for grade, share in zip(group.quota.grades, group.quota.cumulative, strict=True)
        ]  # fmt: skip

    def tree(self, at: int) -> Node:
        """Return the explanation of the unit at a place."""
        scheme, group = self.scheme, self.groups[at]
        unit, final = self.evaluation.units.ids[at], self.final[at]
        zh, en = DECISIVE[self.decisive[at]]
        label = scheme.label(final)
        top: Node = {
            "zh": f"{unit} 等级", "en": f"{unit} grade", "value": label, "type": "text",
            "formula_zh": zh, "formula_en": en, "terms": [],
        }  # fmt: skip
        if group < 0:
            return top
        of = scheme.groups[group]
        top["note_zh"], top["note_en"] = of.zh, of.en
        top["terms"] = [self._place(at, group), *self._events(at), self._total(at, group, unit)]
        return top

    def _place(self, at: int, group: int) -> Node:
        """Rank and quota grade, with the borders."""
        columns = self.columns
        rank, n, quota = columns["rank"][at], columns["n"][at], columns["quota_grade"][at]
        node: Node = {
            "zh": "名次", "en": "rank", "value": rank or None, "type": "number",
            "formula_zh": f"本组计入 {n} 家", "formula_en": f"of {n} counted units", "terms": [],
        }  # fmt: skip
        if quota == NONE:
            return node
        node["rule"] = self.quotas[group][quota]
        counts = self.evaluation.counts[self.scheme.groups[group].code]
        if counts:
            node["note_zh"] = "各级累计家数 " + "/".join(map(str, counts))
            node["note_en"] = "units down to each grade " + "/".join(map(str, counts))
        node["terms"] = [
            {"zh": "按比例的等级", "en": "grade by quota", "value": self.scheme.label(quota), "type": "text"},
            {"zh": "绝对值上下限后", "en": "after absolute bounds",
             "value": self.scheme.label(columns["bounded_grade"][at]), "type": "text"},
        ]  # fmt: skip
        return node

    def _events(self, at: int) -> list[Node]:
        if self.decisive[at] != BY_VETO:
            return []
        unit, found = self.evaluation.units.ids[at], list[Node]()
        for one in self.scheme.vetoes:
            if self.columns[f"veto.{one.code}"][at]:
                papers = [
                    n for n in self.evaluation.units.events if (n.unit, n.code) == (unit, one.code)
                ]
                found.append({
                    "zh": one.zh, "en": one.en, "value": f"{one.effect} {one.grade}", "type": "text",
                    "rule": _clause(self.scheme, ("vetoes", one.code, "effect"), one.zh, one.en, value=one.grade),
                    "terms": [{"zh": n.evidence, "en": n.evidence, "value": str(n.on), "type": "text"} for n in papers],
                })  # fmt: skip
        return found

    def _total(self, at: int, group: int, unit: str) -> Node:
        columns = self.columns
        # Where nothing is known there is no score, not a score of 0.
        known = columns["known"][at] > 0
        terms: list[Node] = [
            {
                "zh": "各项合计", "en": "sum of the items", "value": columns["sum"][at] / POINT if known else None,
                "type": "number", "formula_zh": "各项得分相加；不计的项把权重分给其余各项",
                "formula_en": "items added; the weight of what is left out goes to the others",
                "terms": [self._item(at, part, unit) for part in self.parts[group]],
            },
            *(self._bonus(at, unit) if self.scheme.bonuses else ()),
        ]  # fmt: skip
        return {
            "zh": "总分", "en": "total", "value": columns["total"][at] / POINT if known else None, "type": "number",
            "formula_zh": "各项合计 + 加减分", "formula_en": "items + bonuses", "terms": terms,
        }  # fmt: skip

    def _bonus(self, at: int, unit: str) -> list[Node]:
        given = [n for n in self.evaluation.units.bonuses if n.unit == unit]
        by_code = {one.code: one for one in self.scheme.bonuses}
        return [
            {
                "zh": "加减分", "en": "bonuses and penalties",
                "value": self.columns["bonus"][at] / POINT, "type": "number",
                "formula_zh": "同一类只取最大一项，再按合计上限", "formula_en": "largest of each family, then the cap",
                "terms": [
                    {"zh": by_code[n.code].zh, "en": by_code[n.code].en,
                     "value": by_code[n.code].points / POINT, "type": "number", "note_zh": n.evidence,
                     "note_en": n.evidence,
                     "rule": _clause(self.scheme, ("bonuses", n.code, "points"), by_code[n.code].zh,
                                     by_code[n.code].en, value=by_code[n.code].points / POINT)}
                    for n in given
                ],
            }
        ]  # fmt: skip

    def _item(self, at: int, part: _Part, unit: str) -> Node:
        (above, below, value, benchmark, ratio, reason, raw, filled, _, score, counted) = (
            self.items[part.code][at]
        )
        node: Node = {
            "zh": part.zh, "en": part.en, "value": score / POINT if counted else None, "type": "number",
            "formula_zh": part.formula[0], "formula_en": part.formula[1], "rule": part.weight,
            "terms": [
                {"zh": "指标值", "en": "value", "value": value if isfinite(value) else None,
                 "type": "number", "unit": part.unit, "formula_zh": "分子 ÷ 分母",
                 "formula_en": "numerator ÷ denominator",
                 "terms": [self._fact(at, part.inputs[0], unit, above),
                           self._fact(at, part.inputs[1], unit, below)]},
                {"zh": "基准值", "en": "benchmark", "value": benchmark if isfinite(benchmark) else None,
                 "type": "number", "unit": part.unit, "rule": part.benchmark},
            ],
        }  # fmt: skip
        if reason != KNOWN:
            node["note_zh"], node["note_en"] = REASONS[reason]
            if reason != NEGATIVE:
                node["terms"].append(part.missing)
        if score != filled or (raw != filled and reason == KNOWN):
            node["terms"].append({"zh": "未封顶（保底）前", "en": "before floor and cap",
                                  "value": filled / POINT, "type": "number", "rule": part.cap})  # fmt: skip
        elif isfinite(ratio):
            node["terms"].append({"zh": "指标值 ÷ 基准值", "en": "value ÷ benchmark",
                                  "value": ratio, "type": "number"})  # fmt: skip
        return node

    def _fact(self, at: int, what: tuple[str, str, str, str, float], unit: str, base: int) -> Node:
        name, zh, en, shown, scale = what
        known = self.known.get(name)
        return {
            "zh": zh, "en": en, "value": base / scale if known and known[at] else None,
            "type": "number", "unit": shown,
            "fact": {"contract": "firm_indicator",
                     "key": {"firm": unit, "indicator": name, "period": self.year}},
        }  # fmt: skip
