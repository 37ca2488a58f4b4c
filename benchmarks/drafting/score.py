"""Reads the gold labels and scores drafts against them.

The label reader is independent of the grammar: sums are ``w`` (10,000 yuan), ``y`` (100 million
yuan) or 元 after an Arabic number, nothing else.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from hashlib import sha256
from pathlib import Path

from jiqun.engine.drafting.elements import Award, ClauseDraft, Condition, Figure
from jiqun.engine.drafting.numbers import plain

SETS = (
    "dev", "second", "liuhe", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
    "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth",
    "nineteenth", "twentieth", "twentyfirst", "twentysecond", "twentythird",
)  # fmt: skip
UNITS = {"w": ("money", 10**6), "y": ("money", 10**10), "元": ("money", 100)}
FOREIGN = {"美元", "港元", "欧元"}
SCORED_TERMS = {
    "拨付",
    "资金分担",
    "互斥",
    "上限",
    "预算",
    "施行日期",
    "失效日期",
    "有效期",
    "申报窗口",
    "主管部门",
    "解释机关",
}
VAGUE_PERIODS = {"年度", "月", ""}
PLAIN_PERS = (
    "家企业",
    "个企业",
    "户企业",
    "企业",
    "家",
    "户",
    "个",
    "家每年",
    "家企业每年",
    "户每年",
)


@dataclass
class Gold:
    """One labelled clause."""

    document: str
    source: str
    text: str
    numbers: list[tuple[str, object, str]] = field(default_factory=list)
    conditions: list[tuple[object, ...]] = field(default_factory=list)
    awards: list[tuple[object, ...]] = field(default_factory=list)
    terms: set[str] = field(default_factory=set)


def value(word: str) -> tuple[str, object]:
    """Return kind and value of a label's number."""
    if re.fullmatch(r"[\d.]+(?::[\d.]+)+", word):
        return "split", word
    found = re.fullmatch(r"(-?[\d.]+(?:/\d+)?)(.*)", word)
    if not found:
        raise ValueError(f"no number: {word}")
    number, unit = Fraction(found[1]), found[2]
    if unit in UNITS:
        kind, weight = UNITS[unit]
        return kind, int(number * weight)
    if unit in {"%", "‰"}:
        return "ratio", number / (100 if unit == "%" else 1000)
    if unit in FOREIGN:
        return "foreign", number
    if unit == "pp":
        return "points", number / 100
    return ("time" if unit in {"月", "日", "工作日"} else "count"), (unit, number)


def bounded(word: str) -> tuple[str, object, str]:
    """Return kind, value and comparator of a label such as >=1000w."""
    found = re.match(r"(>=|<=|>|<|=|~)(.+)", word)
    if not found:
        raise ValueError(f"no comparator: {word}")
    return *value(found[2]), found[1]


def condition(word: str) -> tuple[object, ...]:
    """Return (field, growth, share of, period, comparator, kind, value) of a label."""
    if word.startswith("="):
        return (word[1:], False, "", "", "=", "", None)
    found = re.fullmatch(
        r"(?:\[(.+?)\])?([^<>=/]+?)(增长)?(?:/([^<>=]+))?((?:>=|<=|>|<|=).+)", word
    )
    if not found:
        raise ValueError(f"no condition: {word}")
    kind, number, op = bounded(found[5])
    return (found[2], bool(found[3]), found[4] or "", found[1] or "", op, kind, number)


def award(word: str) -> tuple[object, ...]:
    """Return (mode, value, base, cap, floor, step, per, level) of a label."""
    mode, *rest = word.split()
    amount: object = None
    base, per, level = "", "", ""
    bounds: dict[str, object] = {"^": None, "_": None, "+": None}
    for part in rest:
        if part[0] in bounds:
            bounds[part[0]] = value(part[1:])
        elif part[0] == "@":
            level = part[1:]
        elif part[0] == "/":
            per = part[1:]
        elif re.match(r"\d", part):
            amount = value(part)
        else:
            base = part
    return (mode, amount, base, bounds["^"], bounds["_"], bounds["+"], per, level)


def read_gold(path: Path, *, document_text: str = "") -> list[Gold]:
    """Return the labelled clauses of a file; spans are cut from the document's text.

    Raises:
        ValueError: the text is not the one that was labelled, or a line is no label.
    """
    return parse_gold(path.read_text(encoding="utf-8").splitlines(), document_text=document_text)


def parse_gold(lines: Iterable[str], *, document_text: str = "") -> list[Gold]:
    """Return the labelled clauses of the lines of a file."""
    golds: list[Gold] = []
    document = source = ""
    for line in lines:
        mark, _, rest = line.partition(" ")
        rest = rest.strip()
        if mark == "#":
            document, _, source = rest.partition(" | ")
            _same_text(document, source, document_text)
        elif mark == "T":
            golds.append(Gold(document, source, rest))
        elif mark == "S":
            start, end = map(int, rest.split())
            golds.append(Gold(document, source, document_text[start:end]))
        elif line.strip():
            _label(golds[-1], mark, rest)
    return golds


def _same_text(document: str, source: str, text: str) -> None:
    digest = re.search(r"sha256:(\w{64})", source)
    if digest and sha256(text.encode()).hexdigest() != digest[1]:
        raise ValueError(f"{document}: another text than the one labelled")


def _label(gold: Gold, mark: str, rest: str) -> None:
    parts = [part.strip() for part in rest.split(" | ")]
    if mark == "N":
        gold.numbers = [bounded(word) for word in rest.split()]
    elif mark == "C":
        gold.conditions = [condition(part) for part in parts]
    elif mark == "A":
        gold.awards = [award(part) for part in parts]
    elif mark == "X":
        gold.terms = set(rest.split())
    else:
        raise ValueError(f"unknown mark: {mark} {rest}")


def _said(figure: Figure | None) -> tuple[str, object] | None:
    if figure is None:
        return None
    if figure.kind == "split":
        return "split", re.sub(r"\s", "", figure.text)
    if figure.kind in {"time", "count"}:
        return figure.kind, (figure.unit, Fraction(figure.value))
    return figure.kind, figure.value


def drafted_numbers(draft: ClauseDraft) -> list[tuple[str, object, str]]:
    """Return kind, value and comparator of the figures of a draft."""
    found: list[tuple[str, object, str]] = []
    for figure in draft.figures:
        said = _said(figure)
        if said:
            found.append((*said, "=" if figure.kind == "split" else figure.comparator))
    return found


def drafted_condition(one: Condition) -> tuple[object, ...]:
    """Return a draft's condition in the shape of a label."""
    said = _said(one.value) or ("", None)
    period = "" if one.period in VAGUE_PERIODS or one.growth else one.period
    return (one.field or "?", one.growth, one.share_of, period, one.op, *said)


def drafted_award(one: Award) -> tuple[object, ...]:
    """Return a draft's award in the shape of a label."""
    amount = _said(one.amount)
    if one.rate is not None:
        amount = ("ratio", one.rate.value)
    per = re.sub(r"^每(?!增|新|超)", "", one.per)
    level = one.level
    if one.tier:
        said = _said(one.tier[0].value)
        level = f"{one.tier[0].op}{said}"
    needs = one.mode in {"比例", "配套", "每单位"}
    base = (one.base or "?") if needs else ""
    per = "" if per in PLAIN_PERS or one.mode == "每单位" else per
    return (one.mode, amount, base, _said(one.cap), _said(one.floor), _said(one.step), per, level)


def _level_label(level: str) -> str:
    if re.match(r"[<>]", level):
        kind, number, op = bounded(level)
        return f"{op}{(kind, number)}"
    return level


def same_award(gold: Sequence[object], drafted: Sequence[object]) -> bool:
    """Compare two awards; a case of a list is the same when the label is inside the draft's."""
    level, other = plain(_level_label(str(gold[-1]))), plain(str(drafted[-1]))
    near = level == other or bool(
        level and other and not level.startswith((">", "<")) and level in other
    )
    return tuple(gold[:-1]) == tuple(drafted[:-1]) and near


def matched_awards(
    golds: Sequence[tuple[object, ...]], drafts: Sequence[tuple[object, ...]]
) -> int:
    """Return how many awards agree, each used once."""
    left, hits = list(drafts), 0
    for gold in golds:
        same = next((one for one in left if same_award(gold, one)), None)
        if same is not None:
            left.remove(same)
            hits += 1
    return hits


def overlap(golds: Iterable[object], drafts: Iterable[object]) -> int:
    """Return the size of the common multiset."""
    return sum((Counter(golds) & Counter(drafts)).values())


def inversions(
    golds: Sequence[tuple[str, object, str]], drafts: Sequence[tuple[str, object, str]]
) -> int:
    """Return how many numbers were read with the opposite side of the comparator.

    Numbers of one value are paired in the order of the text.
    """
    told: dict[str, list[str]] = {}
    for kind, number, op in golds:
        told.setdefault(str((kind, number)), []).append(op)
    turned = 0
    for kind, number, op in drafts:
        waiting = told.get(str((kind, number)), [])
        turned += bool(waiting) and {op[0], waiting.pop(0)[0]} == {"<", ">"}
    return turned


def fully_right(gold: Gold, draft: ClauseDraft) -> bool:
    """Tell whether numbers, comparators, conditions, awards and terms all agree."""
    numbers = drafted_numbers(draft)
    conditions = [drafted_condition(one) for one in draft.conditions if not one.manual]
    awards = [drafted_award(one) for one in draft.awards]
    terms = {one.kind for one in draft.terms if one.kind in SCORED_TERMS}
    return (
        Counter(map(str, gold.numbers)) == Counter(map(str, numbers))
        and Counter(map(str, gold.conditions)) == Counter(map(str, conditions))
        and len(gold.awards) == len(awards) == matched_awards(gold.awards, awards)
        and gold.terms == terms
    )
