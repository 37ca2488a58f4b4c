"""The explanation tree of each row: figure → formula → terms → facts, with the rule's clause.

A tree is plain data in both languages, stored with the finding. A leaf that rests on a fact names
the fact's key; the page looks the fact up in the finding's own snapshot, so it shows the value,
source, row and date that the engine saw, whatever has been corrected since.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from jiqun.modules.chain.analysis.inputs import ChainInputs
from jiqun.modules.chain.analysis.lists import Row
from jiqun.modules.chain.analysis.params import ChainParams
from jiqun.rules.loader import Pack

Node = dict[str, Any]
ELSEWHERE = "模型在他处数据上验证，本地没有足够历史，仅供排序参考"
NO_DATA = {
    "note_zh": "没有数据，权重分给其余各项",
    "note_en": "no data; its weight goes to the others",
}


def node(zh: str, en: str, value: Any = None, **more: Any) -> Node:
    """Make a node; a NaN becomes None, which the page writes as unknown."""
    if isinstance(value, float) and not math.isfinite(value):
        value = None
    return {"zh": zh, "en": en, "value": value, **more}


def cell_fact(inputs: ChainInputs, industry: str, measure: str) -> Node:
    """A leaf for the place's own cell."""
    scope = inputs.scope
    key = {
        "place": scope.place,
        "classification": scope.classification,
        "industry": industry,
        "period": scope.period,
        "measure": measure,
    }
    return node(
        f"本地 {industry}", f"local {industry}", fact={"contract": "industry_cell", "key": key}
    )


class Explainer:
    """Builds the trees of one run; holds only what every tree needs."""

    def __init__(self, inputs: ChainInputs, params: ChainParams, pack: Pack) -> None:
        self.inputs, self.params, self.pack = inputs, params, pack
        self.position = {code: i for i, code in enumerate(inputs.activity.codes)}

    def rule(self, name: str) -> Mapping[str, Any]:
        """The clause that a threshold comes from, with the value used."""
        parameter = self.pack.parameters[name]
        return {
            "zh": f"{parameter.zh}（{parameter.mark} {self.params.version}）",
            "en": f"{parameter.en} ({parameter.mark} {self.params.version})",
            "value": self.params.values[name],
        }

    def tree(self, row: Row) -> Node:
        """The tree of one row of the map or lists."""
        build = {
            "leading": self._leading,
            "supporting": self._supporting,
            "extension": self._extension,
            "potential": self._potential,
        }[row["kind"]]
        return build(row)

    def _size(self, row: Row, sector: str = "") -> list[Node]:
        measure = self.inputs.activity.measure
        nodes: list[Node] = []
        for code in row["members"][:12]:
            i = self.position[code]
            leaf = cell_fact(self.inputs, code, measure)
            leaf["zh"], leaf["en"] = (
                self.inputs.activity.names_zh[i],
                self.inputs.activity.names_en[i],
            )
            part = self._weight(i, sector)
            if part < 1:
                leaf["note_zh"] = f"其中 {part:.1%} 计入本部门（行业与部门对照的权重）"
                leaf["note_en"] = f"{part:.1%} of it counts here (weight of the concordance)"
            if self.inputs.activity.hidden[i]:
                leaf |= self._bounds(i)
            nodes.append(leaf)
        return nodes

    def _weight(self, i: int, sector: str) -> float:
        links = self.inputs.links
        if links is None or sector not in links.sectors:
            return 1.0
        return float(links.weights[i, links.sectors.index(sector)])

    def _bounds(self, i: int) -> Node:
        low, high = self.inputs.activity.low[i], self.inputs.activity.high[i]
        return {
            "status": "undisclosed",
            "low": float(low),
            "high": float(high) if math.isfinite(high) else None,
            "note_zh": "统计部门按保密规则未公布；由上级行业合计减去已公布下级推得上下界，不等于没有",
            "note_en": "withheld by the statistical rule; bounded by the parent's total less its "
            "published children; this does not mean absent",
        }

    def _quotient(self, row: Row) -> Node:
        i = self.position[row["code"]]
        activity, quotient = self.inputs.activity, self.inputs.specialisation
        return node(
            "区位商（后验均值）", "location quotient (posterior mean)", row["lq"], type="number",
            formula_zh="（本地行业÷本地合计）÷（参照区行业÷参照区合计），以工厂当量为证据按伽马先验收缩",
            formula_en="(local industry ÷ local total) ÷ (reference industry ÷ reference total), "
            "shrunk by a gamma prior with plant equivalents as evidence",
            note_zh=f"90% 区间 {row['lq_low']:.2f}–{row['lq_high']:.2f}",
            note_en=f"90 % interval {row['lq_low']:.2f}–{row['lq_high']:.2f}",
            terms=[
                cell_fact(self.inputs, row["code"], activity.measure),
                node("本地合计", "local total", activity.place_total, type="quantity"),
                node("参照区该行业合计", "reference total of the industry",
                     float(activity.national_size[i]), type="quantity"),
                node("参照区合计", "reference total", activity.national_total, type="quantity"),
                node("未收缩的区位商", "quotient before shrinkage", float(quotient.raw[i]), type="number"),
            ],
        )  # fmt: skip

    def _leading(self, row: Row) -> Node:
        return node(
            f"主导：{row['name_zh']}", f"leading: {row['name_en']}", row["size"], type="quantity",
            formula_zh="占比进入覆盖集或达到单项门槛，且区位商确有把握，且销往县外",
            formula_en="in the covering set or large alone, and surely specialised, and selling outside",
            terms=[
                node("占范围内比重", "share in scope", row["share"], type="share",
                     terms=[*self._size(row), self._total_in_scope()], rule=self.rule("leading.share_min")),
                node("从大到小累计比重", "cumulative share, largest first", row["cumulative"],
                     type="share", rule=self.rule("leading.coverage")),
                self._quotient(row),
                node("区位商超过门槛的概率", "probability that the quotient exceeds the threshold",
                     row["lq_probability"], type="share", rule=self.rule("leading.lq_probability")),
                self._outside(row),
                node("占参照区该行业比重（展示，不作门槛）", "share of the reference area's industry (shown, no gate)",
                     row["national_share"], type="share"),
                node(f"竞争效应（偏离—份额，{self.inputs.activity.since} 年以来；展示，不作门槛）",
                     f"competitive effect (shift-share since {self.inputs.activity.since}; shown, no gate)",
                     row["competitive"], type="quantity"),
            ],
        )  # fmt: skip

    def _total_in_scope(self) -> Node:
        activity = self.inputs.activity
        known = activity.size[activity.in_scope]
        return node(
            "本地范围内合计",
            "local total in scope",
            float(np.nansum(known)),
            type="quantity",
        )

    def _outside(self, row: Row) -> Node:
        rule = self.rule("leading.outside_share_min")
        if row["invoiced"]:
            return node(
                "县外销售比重（购销数据）", "share sold outside (from recorded sales)", row["outside_share"],
                type="share", rule=rule, formula_zh="卖给县外购方的金额 ÷ 有记录的销售额（至少五家销方）",
                formula_en="sales to buyers elsewhere ÷ recorded sales (five sellers at least)",
            )  # fmt: skip
        return node(
            "县外销售比重（估计）", "share sold outside (estimate)", row["outside_share"], type="share",
            rule=rule, formula_zh="1 − 1÷区位商（没有发票数据时的估计）",
            formula_en="1 − 1 ÷ quotient (where no invoices are at hand)",
        )  # fmt: skip

    def _coverage(self, row: Row) -> Node:
        return node(
            "配套覆盖率", "coverage", _interval(row["coverage_low"], row["coverage_high"]),
            formula_zh="本地可用产出 ÷ 本地中间需求",
            formula_en="usable local output ÷ local intermediate demand",
            rule=self.rule("supporting.weak"),
            terms=[
                node("本地产出（按单位活动量的部门产出折算）",
                     "local output (activity × output per unit of it)",
                     _interval(row["output_low"], row["output_high"], money=True), type="range_money",
                     terms=self._size(row, sector=row["code"])),
                node("其中可供其他生产者的比例", "of which producers can buy", row["usable"], type="share",
                     note_zh="全国该部门产出卖给其他生产者的比例",
                     note_en="share of the nation's output of the sector that goes to producers"),
                node("本地中间需求", "local intermediate demand", row["demand"], type="money",
                     formula_zh="各部门本地产出 × 每单位产出要用的本部门产品，合计（A·x）",
                     formula_en="local output of every sector × what a unit of it needs of this one (A·x)"),
            ],
        )  # fmt: skip

    def _entry(self, row: Row) -> Node:
        entry = self.inputs.entry
        code = row.get("entry_code") or row["code"]
        if entry is None or code not in self.position:
            return node(
                "进入概率", "probability of entry", None,
                note_zh="没有算出概率：没有可用的模型" if entry is None
                else "不适用：该环节的各个行业本地都已有，或不能由县里引进",
                note_en="none: no model" if entry is None
                else "does not apply: every industry of the segment is here already or not for a county to seek",
            )  # fmt: skip
        i = self.position[code]
        terms = [
            node(
                zh,
                en,
                value,
                type="number",
                note_zh="对数几率的贡献；各项相加再换算成概率",
                note_en="part of the log-odds; the parts add up to the probability's",
            )
            for zh, en, value in (entry.terms[i] if entry.terms else ())
        ]
        note_zh = (
            "模型由本地历史数据回测"
            if entry.own
            else "模型在他处数据上验证，本地没有足够历史，仅供排序参考"
        )
        note_en = (
            "back-tested on the place's own history" if entry.own
            else "proven on other data; no history of its own here, so use it for ranking only"
        )  # fmt: skip
        return node(
            f"进入概率（{code}）", f"probability of entry ({code})", float(entry.probability[i]),
            type="share", note_zh=f"{note_zh}：{entry.proven_on[0]}，期限 {entry.horizon} 年",
            note_en=f"{note_en}: {entry.proven_on[1]}, within {entry.horizon} years",
            terms=[
                *terms,
                node("对照：县规模×行业规模", "null: place size × industry size", float(entry.null[i]),
                     type="share", note_zh=f"对照排名第 {entry.null_rank[i]:.0f}，模型排名第 {entry.rank[i]:.0f}",
                     note_en=f"rank {entry.null_rank[i]:.0f} by the null, {entry.rank[i]:.0f} by the model"),
            ],
        )  # fmt: skip

    def _requirement(self, row: Row) -> Node:
        return node(
            f"占“{self._name(row['lead'], 0)}”完全需求的比重",
            f"share in the total requirement of “{self._name(row['lead'], 1)}”",
            row["requirement"], type="share",
            formula_zh="列昂惕夫逆矩阵该列除自身外的占比",
            formula_en="share of the Leontief column, own sector left out",
            rule=self.rule("supporting.requirement_min"),
            note_zh=f"平均传导步长 {row['steps']:.2f}；投入产出表 {self._table()}",
            note_en=f"average propagation length {row['steps']:.2f}; table {self._table()}",
        )  # fmt: skip

    def _name(self, sector: str, language: int) -> str:
        links = self.inputs.links
        if links is None or sector not in links.sectors:
            return sector
        return (links.names_zh, links.names_en)[language][links.sectors.index(sector)]

    def _table(self) -> str:
        return self.inputs.links.table if self.inputs.links else "—"

    def _priority(self, row: Row) -> Node:
        names = {
            name: self.pack.parameters[f"gap.weight.{name}"] for name in self.params.gap_weights
        }
        terms = [
            node(
                parameter.zh.removesuffix("权重"), parameter.en.removeprefix("Weight of "),
                row["priority_terms"].get(name), type="number",
                rule=self.rule(f"gap.weight.{name}"),
                **({} if math.isfinite(row["priority_terms"].get(name, math.nan)) else NO_DATA),
            )
            for name, parameter in names.items()
        ]  # fmt: skip
        return node("优先度", "priority", row["priority"], type="number", terms=terms)

    def _gates(self, row: Row) -> Node:
        return node(
            "补链门槛", "gates of the fill list", None,
            terms=[
                node("进入可行性分位（应不低于 50%）", "feasibility percentile (at least 50 %)",
                     row["feasibility"], type="share"),
                node("未满足需求够几个平均规模工厂", "plants of average size that unmet demand would fill",
                     row["plants"], type="number", rule=self.rule("gap.minimum_scale"),
                     formula_zh="（本地缺口＋邻近十县缺口）÷ 参照区平均单厂产出",
                     formula_en="(local gap + gap of ten neighbours) ÷ output per plant of the reference area"),
            ],
        )  # fmt: skip

    def _supporting(self, row: Row) -> Node:
        return node(
            f"配套：{row['name_zh']}", f"supporting: {row['name_en']}", None, status=row["status"],
            terms=[self._requirement(row), self._coverage(row), self._entry(row),
                   self._priority(row), self._gates(row)],
        )  # fmt: skip

    def _extension(self, row: Row) -> Node:
        return node(
            f"延链：{row['name_zh']}", f"extend: {row['name_en']}", None, status=row["status"],
            terms=[
                node(f"“{self._name(row['lead'], 0)}”的销售流向占比",
                     f"share of the sales of “{self._name(row['lead'], 1)}”",
                     row["sales"], type="share", rule=self.rule("supporting.sales_min")),
                node("增加值率高出", "value-added ratio above the lead's", row["value_added_gain"], type="share"),
                self._coverage(row),
                self._entry(row),
            ],
        )  # fmt: skip

    def _potential(self, row: Row) -> Node:
        ranked = [
            node(
                self.pack.parameters[f"potential.weight.{name}"].zh.removesuffix("权重"),
                self.pack.parameters[f"potential.weight.{name}"].en.removeprefix("Weight of "),
                rank, type="share", rule=self.rule(f"potential.weight.{name}"),
                note_zh="在本地候选行业中的分位", note_en="percentile among the place's candidates",
            )
            for name, rank in row["value_terms"].items()
        ]  # fmt: skip
        return node(
            f"潜力：{row['name_zh']}", f"potential: {row['name_en']}", row["score"], type="number",
            formula_zh="进入概率 × 价值分", formula_en="probability of entry × value",
            terms=[
                self._entry(row),
                node("价值分", "value", row["value"], type="share", terms=ranked),
                node("本地现状", "what is there now", None, terms=self._size(row)),
            ],
        )  # fmt: skip


def _interval(low: float, high: float, *, money: bool = False) -> Any:
    if not (math.isfinite(low) and math.isfinite(high)):
        return None
    if money:
        return [low, high]
    return f"{low:.0%}" if round(low, 2) == round(high, 2) else f"{low:.0%}–{high:.0%}"


def facts_of(tree: Node) -> list[Mapping[str, Any]]:
    """Return every fact that a tree names, in order."""
    found: list[Mapping[str, Any]] = [tree["fact"]] if "fact" in tree else []
    for term in tree.get("terms", ()):
        found += facts_of(term)
    return found


def leaves(tree: Node) -> Sequence[Node]:
    """Return the nodes without terms."""
    terms: Sequence[Node] = tree.get("terms", ())
    return [tree] if not terms else [leaf for term in terms for leaf in leaves(term)]
