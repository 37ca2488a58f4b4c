"""Explanations, near misses, missing facts and what-ifs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jiqun.engine.rules.evaluation.columns import unpack
from jiqun.engine.rules.evaluation.evaluate import evaluate
from jiqun.engine.rules.evaluation.explain import explain, layout_of, trace
from jiqun.engine.rules.evaluation.insight import blockers, near_misses
from jiqun.engine.rules.evaluation.whatif import thresholds, touched, what_if
from jiqun.engine.rules.program.compile import compile_policies
from jiqun.engine.rules.review import exact as oracle
from jiqun.errors import JiqunError
from tests.engine.rules_runs import DAY, FIELDS, Row, answered, columns_of, policy_of
from tests.engine.rules_samples import CONFIRMED, FIRM, POLICY, document
from tests.engine.rules_strategies import facts

# ---- explanations ---------------------------------------------------------------------------


def test_an_explanation_names_clause_value_source_and_gap() -> None:
    found = answered(POLICY, [FIRM | {"设备投资额[上年度]": "499.99万元", "高新技术企业": "缺"}])
    shown = explain(found, 0, 0)
    assert shown.verdict_text == ("不符合", "no")
    assert [reason.clause for reason in shown.reasons][:2] == ["第三条第一款", "第五条第一项"]
    failed = shown.reasons[1]
    assert failed.state == 0
    assert failed.part.text == "设备投资额[上年度] >= 500万元"
    assert failed.part.gap == 10_000
    fact = failed.part.facts[0]
    assert (fact.text, fact.source, fact.as_of, fact.owner) == (
        "499.99万元", "固定资产投资统计", "2025-03-31", "工信局",
    )  # fmt: skip
    alternatives = shown.reasons[0].part
    assert [part.state for part in alternatives.parts] == [1, 2, 0]
    assert alternatives.parts[1].why == "缺 高新技术企业"
    assert shown.missing == ()


def test_missing_facts_are_named_with_their_holder() -> None:
    found = answered(POLICY, [FIRM | {"研发费用[上年度]": "缺", "规上企业": "缺"},
                              FIRM | {"营业收入[上年度]": "0元"}])  # fmt: skip
    assert [(fact.column, fact.owner) for fact in explain(found, 0, 0).missing] == [
        ("规上企业", "统计局"),
        ("研发费用[上年度]", "税务局"),
    ]
    zero = explain(found, 0, 1)
    assert zero.missing == ()
    assert zero.reasons[2].part.why == "分母不大于零"


def test_gaps_point_the_right_way() -> None:
    text = document(
        "营业收入[上年度] < 10元", "研发费用[上年度] / 营业收入[上年度] >= 3%", "非 职工人数 >= 7人"
    )
    found = answered(
        text, [{"营业收入[上年度]": "10元", "研发费用[上年度]": "0.2元", "职工人数": "9人"}]
    )
    gaps = [reason.part.parts[0].gap if reason.part.parts else reason.part.gap
            for reason in explain(found, 0, 0).reasons]  # fmt: skip
    assert gaps == [-1, 10, -3]


def test_data_of_names_what_conditions_and_amounts_read() -> None:
    program = compile_policies([policy_of()], FIELDS)
    assert "设备投资额[上年度]" in program.data_of(0)
    assert CONFIRMED not in program.data_of(0)
    assert len(program.data_of(0)) == len(program.columns) - 1


# ---- insight --------------------------------------------------------------------------------


@given(st.lists(facts, min_size=1, max_size=60))
@settings(max_examples=20, deadline=None)
def test_near_misses_are_one_change_away(rows: list[Row]) -> None:
    texts = ["规上企业", "设备投资额[上年度] >= 5元", "研发费用[上年度] / 营业收入[上年度] >= 3%"]
    policy = policy_of(document(*texts))
    program = compile_policies([policy], FIELDS)
    found = evaluate(program, columns_of(program, rows), event=DAY, n=len(rows))
    near = near_misses(found, 0)
    trees = [c.tree for c in policy.conditions if c.tree is not None]
    exact = [[oracle.holds(tree, row, FIELDS) for tree in trees] for row in rows]
    wanted = [
        (i, r.index(False)) for i, r in enumerate(exact) if r.count(False) == 1 and None not in r
    ]
    assert list(zip(near.subjects.tolist(), near.condition.tolist(), strict=True)) == wanted
    firsts = {1: "设备投资额[上年度]", 2: "研发费用[上年度]"}
    for i, which, gap, measured in zip(
        near.subjects, near.condition, near.gap, near.measured, strict=True
    ):
        assert measured == (which in firsts)
        if measured:
            key = firsts[int(which)]
            moved = {**rows[i], key: int(rows[i][key] or 0) + int(gap)}
            almost = {**rows[i], key: int(rows[i][key] or 0) + int(gap) - 1}
            assert oracle.holds(trees[which], moved, FIELDS) is True
            assert oracle.holds(trees[which], almost, FIELDS) is False


def test_blockers_are_ranked_by_what_hangs_on_them() -> None:
    ready = FIRM | {CONFIRMED: "是"}
    firms = [
        ready | {"研发费用[上年度]": "缺"},
        ready | {"研发费用[上年度]": "缺"},
        ready | {"失信企业": "缺"},
        ready | {"失信企业": "缺", "研发费用[上年度]": "缺"},
        ready | {"失信企业": "缺", "环保处罚": "是"},  # decided all the same
        ready | {"高新技术企业": "缺"},  # not needed: an alternative holds
        ready,
    ]
    ranked = blockers(answered(POLICY, firms))
    assert [(b.column, b.owner, b.alone, b.any, b.fen) for b in ranked] == [
        ("研发费用[上年度]", "税务局", 2, 3, 120_000_000),
        ("失信企业", "发改局", 1, 2, 60_000_000),
    ]


@given(st.lists(facts, min_size=1, max_size=60), st.integers(0, 3000))
@settings(max_examples=20, deadline=None)
def test_a_what_if_is_a_full_run_with_the_other_threshold(rows: list[Row], fen: int) -> None:
    texts = ["规上企业 或 设备投资额[上年度] >= 5元", "研发费用[上年度] >= 2元"]
    other = document(*texts).replace("5元", f"{fen / 100:.2f}元").replace("T-1", "T-2")
    untouched = document("研发费用[上年度] >= 2元").replace("T-1", "T-3")
    policies = [policy_of(document(*texts)), policy_of(untouched)]
    program = compile_policies(policies, FIELDS)
    columns = columns_of(program, rows)
    found = evaluate(program, columns, event=DAY, n=len(rows))
    (atom,) = [i for i in thresholds(program, 0) if program.atoms[i].bound == 500]
    assert touched(program, atom) == (0,)
    changed = what_if(found, atom, changed=replace(program.atoms[atom], bound=fen))
    second = compile_policies([policy_of(other)], FIELDS)
    full = evaluate(second, {k: v for k, v in columns.items() if k in second.columns}, event=DAY)
    assert changed.policies == (0,)
    assert changed.before.tolist() == found.counts()[:1].tolist()
    assert changed.after.tolist() == full.counts().tolist()
    gained = unpack(changed.gained[0], len(rows))
    assert gained.tolist() == ((full.verdict(0) == 1) & (found.verdict(0) != 1)).tolist()


def test_a_what_if_reads_no_other_column() -> None:
    found = answered(POLICY, [FIRM])
    program = found.program
    flag = next(i for i, atom in enumerate(program.atoms) if atom.form.columns == ("规上企业",))
    other = next(i for i, atom in enumerate(program.atoms) if atom.form.columns == ("失信企业",))
    with pytest.raises(JiqunError):
        what_if(found, flag, changed=program.atoms[other])


def test_a_trace_holds_conditions_atoms_and_facts() -> None:
    found = answered(POLICY, [FIRM | {"研发费用[上年度]": "缺", "失信企业": "是"}])
    layout = layout_of(found.program, 0)
    shown = trace(found, layout, 0)
    assert shown.conditions == (("c1", 1), ("c2", 1), ("c3", 2), ("c4", 1), ("c5", 0), ("c6", 2))
    facts = dict(shown.facts)
    assert (facts["研发费用[上年度]"], facts["设备投资额[上年度]"], facts["失信企业"]) == (
        None,
        600_000_000,
        1,
    )
    assert len(shown.atoms) == len(found.program.atoms)
