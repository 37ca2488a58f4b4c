"""Cuts a sentence into tokens of the closed word lists, the lexicon and the numbers.

Each token has a kind of one letter, so that the order of a sentence is itself a text over which
the rules of the grammar are written (``kinds``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from jiqun.engine.drafting import words
from jiqun.engine.drafting.elements import Figure
from jiqun.engine.drafting.numbers import Quantity, per_unit, quantities

# Letters of the kinds. Figures: money M/N, share R/Q, count C/D, time T/U (bare/bounded), split S,
# points P, foreign X. f field, b status, v award, a award noun, o owner, e step, j 分别, g growth,
# V 给予, t period, y base word, h target, l level, m event, w filler, q once, k join, r or, & also,
# % 占, z hazard, p comparator left alone, i inclusion mark left alone, x other, "," and ".".
BARE = {
    "money": "M",
    "ratio": "R",
    "count": "C",
    "time": "T",
    "split": "S",
    "points": "P",
    "foreign": "X",
}
BOUNDED = {
    "money": "N",
    "ratio": "Q",
    "count": "D",
    "time": "U",
    "split": "S",
    "points": "P",
    "foreign": "X",
}
FIGURES = "".join(sorted({*BARE.values(), *BOUNDED.values()}))
_STOPS = {",": ",", ":": ",", "。": ".", ";": ".", "\n": ".", "!": ".", "?": "."}
# Whom an award is counted by: 每间客房, each up to the award's words.
_EACH = re.compile(
    r"每(?:个(?!百分点)|间|家|户|项|名|人|位|件|台|套|场|次|篇|条|座|款|张|亩|吨|辆|艘|处|只|头|班|届|平方米|立方米|公里|公斤|标箱|标准|千瓦|课时|村|床|株|羽|度|单|票)(?:(?!支持|分别|同比|增|超|达|县|区|市|该项|不[低高少多超得]|最[高低多少]|至少)[\u4e00-\u9fff]){0,8}?"
    r"(?=(?:年度|每年|累计)?(?:最高|最多|给予|予以|一次性|奖励|补助|补贴|资助|奖补|支持|分别|不超过|\d))"
    r"|一[个项件](?:项目|标准|产品|品牌|商标|专利)(?=一次性|给予|奖励|补助|资助)"
)
_EACH_SUM = re.compile(r"每(?=\d)")
# Ranks that respective lists go by.
_RANK = re.compile(
    r"[一二三四五六]星级?|[1-6]A级?(?![A-Za-z])|[甲乙丙丁]级|[一二三四五六七八九特](?:级|等奖?)(?!以上|及以上|市场|企业)"
)
_YEAR = re.compile(r"(?P<year>(?:19|20)\d\d)年(?:度)?(?!\d)")
_ASIDE = re.compile(r"\([^()\d万亿]{2,60}\)")
_REPEATED = re.compile(r"\((?:不含|不包括|不包含|含|包括|包含)(?P<sum>[^()]{2,12}?)\)")
# Left out altogether: spaces, and what only names the currency.
_IDLE = re.compile(r"[ \t\u3000]+|\((?:人民币)?[,、]?(?:下同)?\)")
_MARKS = {
    "(含)": "含", "(含本数)": "含", "(包括本数)": "含", "(包含)": "含", "(不含)": "不含", "(不含本数)": "不含",
    "(包含本数)": "含", "(不包括)": "不含", "(不包含)": "不含", "含": "", "(含本级)": "",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Phrase:
    """One phrase of the lexicon: a field's name, and whether it is a status (holds or not).

    ``period`` is set where the phrase itself names one (年营业收入).
    """

    field: str
    status: bool = False
    period: str = ""


Lexicon = Mapping[str, Phrase]


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a sentence; ``figure`` for numbers, ``phrase`` for words of the lexicon."""

    kind: str
    start: int
    end: int
    text: str
    figure: Figure | None = None
    phrase: Phrase | None = None
    cap: bool = False
    per: str = ""
    joined: str = ""


@cache
def _closed() -> dict[str, str]:
    """Return the closed words with their kinds; later lists win over earlier ones."""
    table: dict[str, str] = {}
    lists: tuple[tuple[str, Iterable[str]], ...] = (
        ("z", words.HAZARDS), ("w", words.FILLERS), ("p", words.BEFORE), ("s", words.AFTER),
        ("v", words.AWARD_VERBS), ("V", words.GIVING), ("a", words.AWARD_NOUNS),
        ("o", words.OWNERS), ("m", words.EVENTS), ("l", words.LEVELS), ("t", words.PERIODS),
        ("g", words.GROWTH), ("y", words.BASES), ("h", words.TARGETS), ("e", words.STEPS),
        ("%", words.SHARES), ("q", words.ONCE), ("k", words.JOINS), ("r", words.ALTERNATIVES),
        ("&", words.ALSO), ("j", ("分别",)), ("i", _MARKS), ("w", words.QUOTES),
    )  # fmt: skip
    for kind, entries in lists:
        for word in entries:
            table[word] = kind
    return table | {"封顶": "s"}


def scan(
    text: str, start: int, end: int, *, numbers: Sequence[Quantity], lexicon: Lexicon
) -> list[Token]:
    """Return the tokens of text[start:end]; everything between known words is one token ``x``."""
    at_number = {one.start: one for one in numbers}
    closed = _closed()
    longest = max(map(len, (*closed, *lexicon)), default=1)
    tokens: list[Token] = []
    position, unknown = start, start
    while position < end:
        if idle := _IDLE.match(text, position, end):
            if unknown < position:
                tokens.append(Token("x", unknown, position, text[unknown:position]))
            position = unknown = idle.end()
            continue
        token = (
            _fixed(text, position, end)
            or _mark(text, position, tokens)
            or _number(text, at_number.get(position))
            or _word(text, position, end, tables=(closed, lexicon), longest=longest)
        )
        if token is None:
            position += 1
            continue
        if unknown < position:
            tokens.append(Token("x", unknown, position, text[unknown:position]))
        tokens.append(token)
        position = unknown = token.end
    if unknown < end:
        tokens.append(Token("x", unknown, end, text[unknown:end]))
    return _mixed(text, start, end, _bounds(_split_bounds(tokens)))


def _mixed(text: str, start: int, end: int, tokens: list[Token]) -> list[Token]:
    """Where a text says both 及以上 and 以上 of one number, 以上 excludes it there: not certain."""
    if not re.search(r"[元%人家亩]及以上", text[start:end]):
        return tokens
    result: list[Token] = []
    seen: set[str] = set()
    for token in tokens:
        again = token.figure is not None and f"{token.figure.kind} {token.figure.value}" in seen
        if token.figure is not None:
            seen.add(f"{token.figure.kind} {token.figure.value}")
        bare = (
            re.match(r"以上(?!\(含|\(不含)", text[token.figure.span[1] :]) if token.figure else None
        )
        figure = token.figure
        if figure is not None and bare and again and figure.comparator == ">=":
            figure = replace(figure, comparator=">", certain=False)
        result.append(replace(token, figure=figure))
    return result


def _fixed(text: str, at: int, end: int) -> Token | None:
    """Read a year (2024年度) as a period, and a remark in brackets without figures as one token."""
    for kind, rule in (("o", _EACH), ("e", _EACH_SUM), ("l", _RANK)):
        named = rule.match(text, at, end)
        if named and not (kind == "o" and any(word in named[0] for word in words.HAZARDS)):
            return Token(kind, at, named.end(), named[0])
    if year := _YEAR.match(text, at, end):
        return Token("t", at, year.end(), year[0], per=year["year"])
    found = _ASIDE.match(text, at, end)
    if found is not None and found[0] not in _MARKS:
        return Token("(", at, found.end(), found[0])
    return None


def _mark(text: str, at: int, before: Sequence[Token]) -> Token | None:
    """Read (不含50亿元) behind 50亿元 as an inclusion mark; another number there is no mark."""
    found = _REPEATED.match(text, at)
    last = next((one for one in reversed(before) if one.kind not in "si"), None)
    if found is None or last is None or last.figure is None:
        return None
    again = quantities(found["sum"])
    if len(again) != 1 or again[0].value != last.figure.value:
        return None
    return Token("i", at, found.end(), "(不含)" if "不" in found[0] else "(含)")


def _number(text: str, one: Quantity | None) -> Token | None:
    if one is None:
        return None
    per, end = per_unit(text, one)
    figure = Figure(
        one.kind, one.value, one.unit, "=", (one.start, one.end), one.text, parts=one.parts
    )
    token = Token(BARE[one.kind], one.start, end, text[one.start : end], figure, per=per)
    return replace(token, joined=one.joined + (f"|{one.mark}" if one.mark else ""))


def _word(
    text: str, at: int, end: int, *, tables: tuple[Mapping[str, str], Lexicon], longest: int
) -> Token | None:
    if text[at] in _STOPS:
        return Token(_STOPS[text[at]], at, at + 1, text[at])
    for stop in range(min(end, at + longest), at, -1):
        word = text[at:stop]
        phrase = tables[1].get(word)
        if phrase is not None:
            return Token("b" if phrase.status else "f", at, stop, word, phrase=phrase)
        kind = tables[0].get(word)
        if kind is not None and not (word == "为限" and text[stop : stop + 1] in {"上", "额"}):
            return Token(kind, at, stop, word)
    return None


def _split_bounds(tokens: list[Token]) -> list[Token]:
    """Give up comparators that stand beside no number: a short one is no word at all."""
    kept: list[Token] = []
    for number, token in enumerate(tokens):
        kind = token.kind
        if kind == "p" and not _leads(tokens, number):
            kind = "x" if len(token.text) == 1 else "p"
        elif kind == "s" and not _trails(tokens, number):
            ranked = number > 0 and tokens[number - 1].text.endswith(("级", "等", "名", "层"))
            kind = "x" if len(token.text) == 1 or ranked else "p"
        kept.append(replace(token, kind=kind))
    return kept


def _leads(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether a number follows, over words that can stand between (最高给予每家企业)."""
    for token in tokens[at + 1 : at + 5]:
        if token.figure is not None:
            return True
        if token.kind not in "pwovVaqyi" or token.text == "的":
            return False
    return False


def _trails(tokens: Sequence[Token], at: int) -> bool:
    for token in reversed(tokens[max(0, at - 3) : at]):
        if token.figure is not None:
            return True
        if token.kind not in "is" and token.text != "(":
            return False
    return False


def _bounds(tokens: list[Token]) -> list[Token]:
    """Join each number with the comparators and inclusion marks around it."""
    result: list[Token] = []
    number = 0
    while number < len(tokens):
        token = tokens[number]
        if token.figure is None:
            result.append(token)
            number += 1
            continue
        before: list[Token] = []
        while result and result[-1].kind in "pi" and result[-1].text not in {"含"}:
            before.insert(0, result.pop())
        if not before and len(result) >= 2:
            before = _distant(result)
        after: list[Token] = []
        while number + 1 < len(tokens) and tokens[number + 1].kind in "si":
            number += 1
            after.append(tokens[number])
        negated = bool(before and result and result[-1].text[-1] in words.NEGATION)
        joint = _bounded(token, before, after)
        if _up_to(result, before):
            joint = _capped(joint)
        if negated and joint.figure is not None:
            joint = replace(joint, figure=replace(joint.figure, certain=False))
        result.append(_like_before(result, joint))
        number += 1
    return result


def _up_to(result: Sequence[Token], before: Sequence[Token]) -> bool:
    """Tell 达 that says how much an award may reach (奖励可达100万元, 奖励金额最高将达到500万元)."""
    if not before or not {one.text for one in before} <= {"达", "达到"}:
        return False
    said = [one for one in result if one.kind != "w"]
    segment: list[Token] = []
    while said and said[-1].kind not in ",.":
        segment.append(said.pop())
    capped = any(one.text.startswith(("最高", "最多", "至多")) for one in segment)
    gives = bool(segment) and segment[0].kind in "va" and segment[0].text[0] in "奖补资扶支贴"
    return capped or (gives and segment[0].text not in {"资金", "支持"})


def _capped(token: Token) -> Token:
    if token.figure is None:
        return token
    figure = replace(token.figure, comparator="<=", certain=False)
    return replace(token, kind=BOUNDED[figure.kind], figure=figure, cap=True)


def _like_before(result: Sequence[Token], token: Token) -> Token:
    """Give a member of a list the upper bound said before the first (不超过150万元、100万元)."""
    first = result[-2] if len(result) > 1 and result[-1].kind == "k" else None
    if first is None or first.figure is None or token.figure is None or token.joined != "list":
        return token
    same = first.figure.comparator == "<=" and token.figure.comparator == "="
    if not same or first.end != first.figure.span[1]:
        return token
    figure = replace(token.figure, comparator="<=", certain=first.figure.certain)
    return replace(token, kind=BOUNDED[figure.kind], figure=figure, cap=first.cap)


def _distant(result: list[Token]) -> list[Token]:
    """Take a comparator that a verb or owner parts from its number; those words stay tokens."""
    for back in range(1, min(4, len(result)) + 1):
        token = result[-back]
        if token.kind == "p" and words.BEFORE.get(token.text, ">").endswith("="):
            return [result.pop(len(result) - back)]
        if token.kind not in "wovVaqy" or token.text == "的":
            return []
    return []


def _bounded(token: Token, before: Sequence[Token], after: Sequence[Token]) -> Token:
    figure = token.figure
    if figure is None:
        return token
    ops = [words.BEFORE[one.text] for one in before if one.kind == "p" and one.text in words.BEFORE]
    ops += [words.AFTER[one.text] for one in after if one.kind == "s"]
    marks = [_MARKS[one.text] for one in (*before, *after) if one.kind == "i"]
    inside = token.joined.partition("|")[2]
    marks += [inside] if inside else []
    told = [one.text for one in (*before, *after)]
    comparator, certain = _settle(ops, marks)
    certain = certain and not any(word in words.UNSURE for word in told)
    start = min([token.start, *(one.start for one in before if one.end <= token.start)])
    end = max([token.end, *(one.end for one in after)])
    cap = any(one.text in words.CAPS or one.text in words.CAP_AFTER for one in (*before, *after))
    kind = BOUNDED[figure.kind] if ops else BARE[figure.kind]
    # A mark with no comparator belongs to a range or a list and is settled there.
    joined = token.joined.partition("|")[0] + ("|" + marks[0] if marks and not ops else "")
    near = (
        start
        if not before or before[-1].end == token.start or before[-1].kind == "i"
        else token.start
    )
    return Token(
        kind, near, end, token.text,
        replace(figure, comparator=comparator, certain=certain),
        cap=cap, per=token.per, joined=joined,
    )  # fmt: skip


def _settle(ops: Sequence[str], marks: Sequence[str]) -> tuple[str, bool]:
    """Return the comparator and whether all words agree on it."""
    if not ops:
        return "=", True
    if "~" in ops:
        return "~", False
    sides = {op[0] for op in ops}
    strict = any(op in "<>" for op in ops)
    side = ops[0][0]
    certain = len(sides) == 1 and not (strict and any(op.endswith("=") for op in ops))
    if marks and marks[0] == "含":
        return side + "=", certain or (len(sides) == 1)
    if marks and marks[0] == "不含":
        return side, certain or (len(sides) == 1)
    return (side if strict and len(set(ops)) == 1 else ops[0]), certain


def kinds(tokens: Iterable[Token]) -> str:
    """Return the letters of the tokens, one each."""
    return "".join(token.kind for token in tokens)
