"""Prints how well clauses are read, set by set, beside what cn2an and jionlp read of the money.

    python benchmarks/drafting/run.py [--baseline PYTHON] [--show]

``--baseline`` names the interpreter of an environment with cn2an and jionlp; ``--show`` prints
every clause that is not fully right. The county's policy is read from ../shared where it is there.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import yaml
from score import (
    SETS,
    Gold,
    drafted_award,
    drafted_condition,
    drafted_numbers,
    fully_right,
    inversions,
    matched_awards,
    overlap,
    read_gold,
)

from jiqun.engine.drafting.elements import ClauseDraft
from jiqun.engine.drafting.lexicon import lexicon
from jiqun.engine.drafting.reader import read_clause

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
SHARED = ROOT.parent / "shared" / "data" / "cn_county_liuhe" / "documents.jsonl"
PHRASES = ROOT / "jiqun" / "rules" / "policy_phrases.yaml"


def golds(name: str) -> list[Gold]:
    """Return the labelled clauses of a set; none where its text is not at hand."""
    text = ""
    if name == "liuhe":
        if not SHARED.exists():
            return []
        text = json.loads(SHARED.read_text(encoding="utf-8").splitlines()[0])["text"]
    return read_gold(HERE / "gold" / f"{name}.txt", document_text=text)


def count(gold: Gold, draft: ClauseDraft) -> Counter[str]:
    """Return the counts of one clause."""
    numbers = drafted_numbers(draft)
    conditions = [drafted_condition(one) for one in draft.conditions if not one.manual]
    awards = [drafted_award(one) for one in draft.awards]
    right, complete = fully_right(gold, draft), draft.status == "complete"
    return Counter(
        clauses=1,
        right=right,
        complete=complete,
        sure=right and complete,
        inverted=inversions(gold.numbers, numbers),
        numbers=len(gold.numbers),
        numbers_read=len(numbers),
        values=overlap([str(one[:2]) for one in gold.numbers], [str(one[:2]) for one in numbers]),
        bounds=overlap(map(str, gold.numbers), map(str, numbers)),
        conditions=len(gold.conditions),
        conditions_read=len(conditions),
        conditions_right=overlap(map(str, gold.conditions), map(str, conditions)),
        awards=len(gold.awards),
        awards_read=len(awards),
        awards_right=matched_awards(gold.awards, awards),
    )


def f1(total: Counter[str], right: str, gold: str, read: str) -> str:
    """Return 2·right / (gold + read) with three decimals."""
    whole = total[gold] + total[read]
    return f"{2 * total[right] / whole:.3f}" if whole else "–"


def row(name: str, total: Counter[str]) -> str:
    """Return one line of the table."""
    share = f"{total['sure']}/{total['complete']}"
    return (
        f"| {name} | {total['clauses']} | {f1(total, 'values', 'numbers', 'numbers_read')} ({total['numbers']}) "
        f"| {f1(total, 'bounds', 'numbers', 'numbers_read')} | {total['inverted']} "
        f"| {f1(total, 'awards_right', 'awards', 'awards_read')} ({total['awards']}) "
        f"| {f1(total, 'conditions_right', 'conditions', 'conditions_read')} ({total['conditions']}) "
        f"| {total['right']} ({total['right'] / max(total['clauses'], 1):.0%}) "
        f"| {total['complete']} ({total['complete'] / max(total['clauses'], 1):.0%}) | {share} |"
    )


def beside(python: str, clauses: list[Gold], drafts: list[ClauseDraft]) -> None:
    """Print values, comparators and inversions of money only, ours beside theirs."""
    ran = subprocess.run(
        [python, str(HERE / "baseline.py")],
        input=json.dumps([one.text for one in clauses]),
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    read: dict[str, list[list[tuple[int, str]]]] = json.loads(
        ran.stdout.splitlines()[-1]  # jionlp greets first
    )
    ours = [
        [(int(str(value)), op) for kind, value, op in drafted_numbers(draft) if kind == "money"]
        for draft in drafts
    ]
    print(
        "\n| money only | value F1 | value + comparator F1 | comparators inverted |\n|---|---|---|---|"
    )
    for name, found in (("this grammar", ours), *read.items()):
        print(_money_row(name, clauses, found))


def _money_row(name: str, clauses: list[Gold], found: list[list[tuple[int, str]]]) -> str:
    total: Counter[str] = Counter()
    for gold, sums in zip(clauses, found, strict=True):
        told = [(value, op) for kind, value, op in gold.numbers if kind == "money"]
        read = [(int(one[0]), str(one[1])) for one in sums]
        total.update(
            numbers=len(told), read=len(read),
            values=overlap([one[0] for one in told], [one[0] for one in read]),
            bounds=overlap(told, read),
            inverted=inversions([("money", *one) for one in told], [("money", *one) for one in read]),
        )  # fmt: skip
    return (
        f"| {name} | {f1(total, 'values', 'numbers', 'read')} ({total['numbers']}) "
        f"| {f1(total, 'bounds', 'numbers', 'read')} | {total['inverted']} |"
    )


def main() -> None:
    """Print the table of the sets, the sum, and the baseline."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--baseline", default="")
    parser.add_argument("--show", action="store_true")
    options = parser.parse_args()
    rows = yaml.safe_load(PHRASES.read_text(encoding="utf-8"))["短语"]
    phrases, fields = lexicon(rows), {str(one["字段"]) for one in rows}
    print(
        "| set | clauses | number value F1 | value + comparator F1 | inverted | award F1 "
        "| condition F1 | clause fully right | marked complete | of these right |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    everything: Counter[str] = Counter()
    clauses: list[Gold] = []
    drafts: list[ClauseDraft] = []
    for name in SETS:
        total: Counter[str] = Counter()
        for gold in golds(name):
            draft = read_clause(gold.text, lexicon=phrases, fields=fields)
            total.update(count(gold, draft))
            clauses.append(gold)
            drafts.append(draft)
            if options.show and not fully_right(gold, draft):
                print(f"  {draft.status}: {gold.text}", file=sys.stderr)
        if total:
            print(row(name, total))
        everything.update(total)
    print(row("all", everything))
    if options.baseline:
        beside(options.baseline, clauses, drafts)


if __name__ == "__main__":
    main()
