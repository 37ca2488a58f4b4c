r"""Rules as data: policies in a closed Chinese language, decided in three values, exactly.

From a document to an answer::

    dictionary = read_dictionary(text, file="fields.yaml")         # document.fields
    policy = load_policy(text, dictionary, file="x.yaml")          # program.compile; raises all
                                                                   # problems at once
    program = compile_policies([policy, …], dictionary)            # program.compile
    columns = {"营业收入[上年度]": Column(values, known), …}         # evaluation.columns
    found = evaluate(program, columns, event=date(2025, 6, 1))     # evaluation.evaluate
    found.verdicts()            # int8 (policies, n): 0 no 1 yes 2 missing 3 manual 4 out of force
    found.amounts(0)            # int64 fen (n,), known (n,)
    explain(found, 0, 17)       # evaluation.explain: every condition and fact of one pair
    near_misses(found, 0)       # evaluation.insight: one condition short, with the gap
    blockers(found)             # evaluation.insight: missing facts by decisions and money
    what_if(found, atom, changed=replace(program.atoms[atom], bound=…))   # evaluation.whatif
    trace(found, layout_of(program, 0), 17)   # evaluation.explain: states and values, µs
    keep_highest(found)         # evaluation.highest: 就高不重复, and what is provisional
    answer(calculator(program), values, known, event=day)   # evaluation.single: all policies of one
    lint(policy, dictionary, on=day); lint_set(policies)    # review.lint: errors block publication
    run_examples(policy, dictionary)                        # review.examples: 例证
    boundary_cases(policy, dictionary); run_boundary_cases(policy, dictionary)  # review.boundary
    staged(program, table, names=…, keys=["id"], event=day)   # sql.staged: Ibis, nothing executed

**Three values.** A fact is known or not; what is unknown is never zero and never "no". 且, 或 and
非 follow Kleene. A ratio or growth whose denominator is not above zero is unknown. For a pair, a
definite no stands before everything, then what is missing, then what a person has to verify.

**Exact.** Money is fen, quantities are integers of a base unit, ratios stored are parts per
million, dates are days since 1970-01-01. Constants are exact fractions until a comparison has been
made whole by cross-multiplication. There is no floating point anywhere.

**Time.** Versions of a policy differ in 版本; ``in_force(versions, day)`` chooses by the day of the
event, never by today. Periods are relative to the event ([上年度]) unless the document fixes its
year (口径: 基准年度), which turns them into fixed ones ([2024年度]); either way the period is part of
the column's key.

**The language.** One condition per entry::

    规上企业 或 高新技术企业                     a yes-or-no field; 且 或 非 and brackets
    设备投资额[上年度] >= 500万元                >= > <= < = != or 不低于 超过 不超过 低于 …, also
                                               postfix: 500万元以上 (includes), 以外 (excludes)
    研发费用[上年度] / 营业收入[上年度] >= 3%     a ratio, also with a unit: >= 20万元/亩
    营业收入[上年度] 较 营业收入[前年度] 增长 >= 5%   growth; 下降 for decline
    营业收入[上年度] + 2 * 税收[上年度] - 5万元 > 0   sums; multiplied by constants only
    行业门类 属于 {制造业, 建筑业}                 不属于; for sets 包含 包含全部 不包含
    成立日期 <= 2020-12-31                       dates; differences of dates are 天
    @c1 或 @c2                                  other conditions of the same policy

Keywords have English aliases (or, and, not, in, vs … growth). Full-width signs are read as plain
ones; words need no spaces where the dictionary leaves one reading only. ``language.syntax.text``
prints the one canonical form; reading that gives the same tree.

**Columns.** ``program.columns`` names every column that is read: field, period in brackets. A
condition that a person verifies has the column ``number@version#condition``; supply it (bool,
known) where somebody has decided. ``program.data_of(p)`` is 所需数据 of policy p.

Packages, each using only those before it: ``language`` (text ↔ tree), ``document`` (strict YAML ↔
dictionary and policy), ``program`` (checked, compiled), ``evaluation`` (planes, verdicts, amounts,
reasons), ``review`` (lint, boundary cases, examples), ``sql`` (the same as Ibis expressions).
Evaluation runs on NumPy; with Numba installed, compiled loops give the same bits faster. Measured
figures: benchmarks/policy.

**Amounts** (金额): 定额 {金额} · 比例 {基数, 比例, 分档?} · 分档 {分档: [{条件 or 起/止, 金额 or 比例,
上限?}], 基数?}, the first that holds; 起 included, 止 excluded · 累进 {基数, 分档: [{起, 比例}]} · 每单位
{基数, 单价, 每, 不足一个单位: 舍去 or 按比例} · 上级配套 {基数, 比例}; each with 上限, 下限, 取整 and 依据. Rate
and rounding are one exact step, then the floor, then the cap; a base below zero counts as zero.
"""
