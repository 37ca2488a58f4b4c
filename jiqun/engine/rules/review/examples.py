"""Runs 例证: the cases that officials have worked by hand must come out as they say."""

from __future__ import annotations

from dataclasses import dataclass

from jiqun.engine.rules.document.fields import Dictionary
from jiqun.engine.rules.document.policies import VERDICTS
from jiqun.engine.rules.document.policy import Example, Policy
from jiqun.engine.rules.evaluation.columns import column_key, columns_from_facts
from jiqun.engine.rules.evaluation.evaluate import VERDICT_NAMES, evaluate
from jiqun.engine.rules.evaluation.explain import FALSE, Explanation, explain
from jiqun.engine.rules.language.units import in_people_s_units
from jiqun.engine.rules.program.compile import compile_policies


@dataclass(frozen=True, slots=True)
class ExampleResult:
    """One example: ``wrong`` says in Chinese and English what came out otherwise, if anything."""

    number: int
    example: Example
    verdict: int
    wrong: tuple[tuple[str, str], ...]

    @property
    def passed(self) -> bool:
        """Whether everything came out as the example says."""
        return not self.wrong


def run_examples(policy: Policy, dictionary: Dictionary) -> list[ExampleResult]:
    """Evaluate each example on its own day, by default the first day in force.

    Raises:
        JiqunError: ``E-RULE-COLUMN`` or ``E-RULE-FIELD`` for facts that cannot be read.
    """
    program = compile_policies([policy], dictionary)
    found: list[ExampleResult] = []
    for number, example in enumerate(policy.examples, 1):
        columns = columns_from_facts(program, [example.facts], year=policy.basis.year)
        run = evaluate(program, columns, event=example.on or policy.start, n=1, kernel="numpy")
        shown = explain(run, 0, 0)
        wrong = [*_verdict(example, shown), *_reasons(example, shown, policy, dictionary)]
        found.append(ExampleResult(number, example, shown.verdict, tuple(wrong)))
    return found


def _verdict(example: Example, shown: Explanation) -> list[tuple[str, str]]:
    allowed = {2, 3} if example.verdict == "待核实" else {VERDICTS.get(example.verdict)}
    if shown.verdict in allowed:
        return []
    zh, en = VERDICT_NAMES[shown.verdict]
    return [(f"结论应为“{example.verdict}”，得到“{zh}”", f"expected {example.verdict}, got {en}")]


def _reasons(
    example: Example, shown: Explanation, policy: Policy, dictionary: Dictionary
) -> list[tuple[str, str]]:
    failed = {reason.number for reason in shown.reasons if reason.state == FALSE}
    wrong = [
        (f"条件“{number}”没有判为不满足", f"condition {number} does not fail")
        for number in example.because
        if number not in failed
    ]
    lacking = {fact.column for fact in shown.missing}
    wrong += [
        (f"“{name}”不在所缺数据之中", f"{name} is not among what is missing")
        for name in example.missing
        if column_key(dictionary, name, year=policy.basis.year)[0] not in lacking
    ]
    if example.fen is not None and shown.fen != example.fen:
        got = "未知" if shown.fen is None else in_people_s_units(shown.fen, "CNY_fen")
        wanted = in_people_s_units(example.fen, "CNY_fen")
        wrong.append((f"金额应为 {wanted}，得到 {got}", f"expected {wanted}, got {got}"))
    return wrong
