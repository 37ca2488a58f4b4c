"""How matches are worded: verdicts, reasons as a tree, gaps and money as people read them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from jiqun.core.tabular import pick
from jiqun.engine.rules.evaluation.columns import show_value
from jiqun.engine.rules.evaluation.explain import Explanation, Fact, Part, Reason
from jiqun.engine.rules.language.units import in_people_s_units
from jiqun.engine.rules.program.program import Program
from jiqun.modules.policy.benefits.money import yuan
from jiqun.modules.policy.matching.rule_set import RuleSet

VERDICT_BADGES = {"0": "missing", "1": "good", "2": "undisclosed", "3": "warning", "4": "plain"}
TITLE_BADGES = VERDICT_BADGES | {"0": "plain"}  # not to be in a class is no failure
MARKS: Mapping[str, tuple[str, str]] = {
    "✔": ("已核对原文", "confirmed in the source"), "◐": ("仅见转述", "secondary source only"),
    "✎": ("待确认", "to be confirmed"), "◆": ("本项目提出", "this project's proposal"),
}  # fmt: skip
# Under a 非 a fact that does not hold is what is wanted: there it is said without a judgement.
_TURNED = {
    0: ("plain", ("否", "no")),
    1: ("plain", ("是", "yes")),
    2: ("undisclosed", ("未知", "unknown")),
}
_STATES = {
    0: ("missing", ("不满足", "fails")), 1: ("good", ("满足", "holds")), 2: ("undisclosed", ("未知", "unknown")),
}  # fmt: skip


def verdict_words(rules: RuleSet, key: str, verdict: int) -> str:
    """Return how the pack of a policy words a verdict: never 符合 where only an authority recognises."""
    said = rules.packs[key].say(verdict)
    return pick(said.zh, said.en)


def amount_words(fen: int | None, verdict: int) -> str:
    """Return an amount in yuan; what is entitled and not priced says so."""
    if verdict != 1:
        return ""
    return pick("金额待核", "amount open") if fen is None else f"{yuan(fen)} {pick('元', 'CNY')}"


def gap_words(program: Program, column: str, gap: int | None) -> str:
    """Return by how much a fact must change, with its unit: 还差 20万元."""
    field = program.columns.get(column)
    if not gap or field is None:
        return ""
    size = in_people_s_units(abs(gap), field.unit) if field.unit else show_value(abs(gap), field)
    return pick(f"还差 {size}", f"{size} more") if gap > 0 else pick(f"须减 {size}", f"{size} less")


def tree_of(one: Explanation, rules: RuleSet, title: str) -> dict[str, Any]:
    """Return the reasons as the tree that ``core/explain_tree.html`` draws."""
    key = one.policy
    return {
        "label": title,
        "value": verdict_words(rules, key, one.verdict),
        "note": _sum_up(one),
        "terms": [_reason(reason, rules.program) for reason in one.reasons],
        "rule": {"label": _source(rules, key), "url": ""},
    }


def _sum_up(one: Explanation) -> str:
    if one.missing:
        words = "；".join(f"{fact.column}（{fact.owner}）" for fact in one.missing)
        return pick(f"还缺：{words}", f"missing: {words}")
    if one.verdict == 1 and one.fen is not None:
        return pick(f"金额 {yuan(one.fen)} 元", f"amount {yuan(one.fen)} CNY")
    return ""


def _source(rules: RuleSet, key: str) -> str:
    policy, entry = rules.entries[key].policy, rules.entries[key]
    mark = pick(*MARKS.get(entry.mark, ("", "")))
    parts = [policy.document or rules.packs[key].source, f"{entry.mark} {mark}".strip(), key]
    return " · ".join(part for part in parts if part)


def _reason(reason: Reason, program: Program) -> dict[str, Any]:
    node = _part(reason.part, program, named=f"{reason.number}　{reason.part.text}")
    if reason.manual:
        node["note"] = pick("由主管部门人工核验", "verified by the office in charge")
    elif reason.note:
        node["note"] = reason.note
    mark = f" {reason.mark}" if reason.mark else ""
    return node | {"rule": {"label": f"{reason.clause or '—'}{mark}", "url": ""}}


def _part(part: Part, program: Program, *, named: str = "", turned: bool = False) -> dict[str, Any]:
    badge, words = (_TURNED if turned else _STATES)[part.state]
    gap = (
        gap_words(program, part.facts[0].column, part.gap) if part.facts and part.state == 0 else ""
    )
    inside = turned or part.word == "非"
    terms = [_part(inner, program, turned=inside) for inner in part.parts]
    terms += [_fact(fact, program) for fact in part.facts]
    return {
        "label": named or part.text, "value": gap, "status": badge, "status_label": pick(*words),
        "note": pick(part.why, _why_en(part)) if part.why else "", "terms": terms,
    }  # fmt: skip


def _why_en(part: Part) -> str:
    lacking = [fact.column for fact in part.facts if fact.value is None]
    return f"missing {', '.join(lacking)}" if lacking else "the denominator is not above zero"


def _fact(fact: Fact, program: Program) -> dict[str, Any]:
    field = program.columns.get(fact.column)
    label = pick(fact.column, f"{fact.en or fact.column} {_period(fact.column)}".strip())
    held = fact.value is not None and field is not None
    source = fact.source or pick("来源未说明", "source not stated")
    return {
        "label": label,
        "value": show_value(fact.value, field) if held and fact.value is not None else pick("未知", "unknown"),
        "note": "" if held else pick(f"由 {fact.owner} 掌握", f"held by {fact.owner}"),
        "source": {"file": source, "row": "", "date": fact.as_of, "url": "", "table": ""},
        "terms": [],
    }  # fmt: skip


def _period(column: str) -> str:
    return column[column.index("[") :] if "[" in column else ""


def missing_words(facts: Iterable[Fact]) -> str:
    """Return missing facts with who holds them, in one line."""
    return "；".join(
        f"{fact.column}（{fact.owner}）" if fact.owner else fact.column for fact in facts
    )
