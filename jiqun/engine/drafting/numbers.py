"""Numbers of Chinese official text: read exactly, with the span that proves them.

Money is read to integer fen, shares to fractions, lengths of time to months or days, everything
counted to its base unit. A number that has no unit of the table is not a quantity; a sum that is
no whole number of fen is not read either. The numeral grammar is that of GB/T 15835-2011 (Arabic
with 万 and 亿) together with full Chinese numerals.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from fractions import Fraction

DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
SMALL = {"十": 10, "百": 100, "千": 1000}
LARGE = (("亿", 10**8), ("万", 10**4))
SCALES = SMALL | dict(LARGE)
LONGEST = 64  # characters; each scale is a call deeper, and no document writes more

# Atomic: a run of digits is one number, else a long run can be cut in 2^n ways before it is given up.
_ARABIC = r"(?>(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)"
_HAN = (
    r"(?>[一二两三四五六七八九十](?:[零〇一二两三四五六七八九十]|[百千](?![瓦克]))*"
    r"(?:点[零〇一二三四五六七八九]+)?)"
)
_CORE = rf"(?:{_ARABIC}|{_HAN})"
_SCALE = r"(?:\s?(?:[百千]?万亿|[十百千]?[万亿]|[百千]))"
NUMERAL = rf"{_CORE}{_SCALE}?(?:(?!一次|\d{{1,2}}(?![\d百千万亿.,]))零?{_CORE}{_SCALE}?)*"
INCLUDED = r"\((?:含|包含|包括|不含|不包含|不包括)(?:本数)?\)"

_COUNTS = (
    "平方公里|平方米|平方(?![公米])|立方米|吨标准煤|吨标煤|千瓦时|千瓦|兆瓦|公里|公斤|公顷|标箱|标准箱|TEU|MW|kW|kWh|KW|㎡|平米|"
    "家|户|人次|人|名|位|架次|间夜|趟|晚(?![会间餐宴])|件|项|个(?!百分点|年|月|工作日|季度|自然|一工程)|台|套|辆|艘|亩|吨|度|米|票|单(?![位个户家独项一体价])|场|次|届|篇|种|款|栋|锭|袋|蒸吨|载重吨|尾|kg|头|只|羽|株|床|间|张|分(?!钟)"
    "|条|座|处|期|课时|学时|倍|升(?![级规限至档格位为])|千伏|片(?!区)|斤|棒|箱|所(?![得有需在属述列持用])|档(?!案)|(?<=[两三四])级(?=(?:财政)?给予)"
)
_TIMES = {
    "个工作日": ("工作日", 1), "工作日": ("工作日", 1), "个自然年度": ("月", 12), "个年度": ("月", 12),
    "个财务年度": ("月", 12), "个会计年度": ("月", 12), "个纳税年度": ("月", 12), "个完整纳税年度": ("月", 12),
    "个完整会计年度": ("月", 12),
    "年": ("月", 12), "个月": ("月", 1), "个自然月": ("月", 1), "个季度": ("月", 3),
    "周年": ("月", 12), "周": ("日", 7), "天": ("日", 1), "日": ("日", 1),
}  # fmt: skip
_FOREIGN = "美元|港元|港币|欧元|日元|英镑|加元"
_MONEY = r"(?:元人民币|人民币元|人民币|元(?!杂交|母猪|仔猪|结构))"
# Without 元 a sum is only read where nothing else can be counted: before an end or an award.
# The currency may stand behind a bracket, for the sum before it and that inside: 500万(或进口1500万)美元.
_ABROAD = rf"(?:\([^()]{{0,12}})?\)\s?(?:{_FOREIGN})"
_AFTER_BARE = (
    rf"(?!{_ABROAD})"
    r"(?=\s*(?:$|[,;。、)(/“]|以上|以下|以内|及以上|的|一次性|补助|补贴|奖励|奖补|扶持|至|到|-|—|~))"
)
_UNIT = (
    rf"(?P<foreign>{_FOREIGN})|(?P<abroad>(?={_ABROAD}))|(?P<money>{_MONEY})|(?P<percent>%|‰|个百分点)"
    rf"|(?P<time>{'|'.join(sorted(_TIMES, key=len, reverse=True))})(?!岁|游|期(?:贷|LPR))|(?P<count>{_COUNTS})"
)
_JOIN = r"\s*(?:、|/|-+|—+|–|~|至|到|和|或)\s*"
_WHOLE = re.compile(
    rf"(?<![\d.第〔\[A-Za-z零〇一二两三四五六七八九十百千万亿])(?<!\d\s)(?<!第\d[-—~至到])(?<!第\d\d[-—~至到])(?<![上下每该同本前](?=一年))(?<![上下每该同本](?=一个?[年月]))(?P<numbers>(?<=[每达])[百千万亿](?![瓦克亿])|{NUMERAL}(?:{_JOIN}{NUMERAL})*)"
    rf"(?:(?P<mark>{INCLUDED})(?P<late>[百千]?[万亿])?)?\s?"
    rf"(?:{_UNIT}|(?P<bare>(?<=[万亿]){_AFTER_BARE}))"
)
_PREFIXED = re.compile(rf"(?P<base>百|千|万)分之(?P<parts>{NUMERAL}(?:、{NUMERAL})*)")
_FRACTION = re.compile(rf"(?P<under>{_CORE})分之(?P<over>{_CORE})")
_SPLIT = re.compile(
    r"(?<![\d:])\d+(?:\.\d+)?(?::\d+(?:\.\d+)?){1,3}(?![\d:])(?=.{0,4}(?:比例|标准|配套|承担|分担|负担|补|给予))"
)
_HALF = re.compile(
    r"一半(?=的|给予|,|补)|(?<![上下])半年(?!度)|全额(?=补|奖|返|贴|扶持|资助|支持|租金)"
)
_PER_UNIT = re.compile(
    r"元/(?P<unit>平方米·(?:月|年)|平方米/(?:月|年)|人·(?:月|年|天)|人/(?:月|年|天)|吨标准煤|吨标煤|平方米|立方米|千瓦时|千瓦|公里|公斤|标箱|标准箱"
    r"|TEU|课时|亩|吨|家|户|人次|人|名|件|项|个|台|套|辆|艘|头|只|羽|株|床|间|张|次|场|期|班|条|座|处|度|瓦|米|年|月|日|天|单|票|箱)"
)
_TITLE = re.compile(r"《[^《》]{2,60}》")  # numbers in it are part of a name
_STEP = re.compile(
    r"每(?:成功|新)?(?:引进|培育|招引|新增|增加|新建|新增加|建成|推荐|获得|认定|吸纳|招用)$"
)
_LISTED = re.compile(r"[一二三四五六七八九]{2,3}")  # 一二三名, 三五家: a list or about so many
_IDLE = re.compile(
    r"一(?:家|户|个|项|次|种|名|位|件|款|场|级|人|台|套|条|座|处|张|期|篇|批|晚|趟|架次|届|亩|头|公里|单)|二次"
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """One number with its unit.

    Attributes:
        kind: ``money``, ``ratio``, ``points`` (percentage points), ``time``, ``count``, ``split``
            (shares such as 1:1) or ``foreign`` (a sum in another currency, never converted).
        value: fen for money, the exact share for a ratio, months, days or pieces otherwise; the
            first share of the whole for a split.
        unit: base unit in the words of the text.
        start, end: span in the text.
        text: what the span says.
        mark: ``含``, ``不含`` or nothing, when it stands inside the number as in 50(含)万元.
        parts: the shares of a split, summing to one.
        joined: ``range`` or ``list`` with the quantity before it, else nothing.
    """

    kind: str
    value: int | Fraction
    unit: str
    start: int
    end: int
    text: str
    mark: str = ""
    parts: tuple[Fraction, ...] = ()
    joined: str = ""


def plain(text: str) -> str:
    """Return the text in half width, of the same length, so that spans stay true.

    Only characters whose compatibility form (Unicode NFKC) is one character are changed; ① and ²
    stay what they are, since a list mark is no number.
    """
    return "".join(map(_plain, text))


def _plain(char: str) -> str:
    if unicodedata.category(char) == "No":
        return char
    form = unicodedata.normalize("NFKC", char)
    return form if len(form) == 1 else char


def read_numeral(text: str) -> Fraction | None:
    """Return the value of an Arabic, Chinese or mixed numeral, or None when it is none.

    A trailing digit counts in the next lower place: 两万五 is 25,000. 1万5 may be either and is
    not read.
    """
    word = re.sub(r"[\s,]", "", text)
    if len(word) > LONGEST:
        return None
    for char, weight in LARGE:
        head, found, tail = word.rpartition(char)
        if found:
            return _scaled(head, tail, weight)
    return _section(word)


def _scaled(head: str, tail: str, weight: int) -> Fraction | None:
    first = read_numeral(head)
    if first is None:
        return None
    if not tail:
        return first * weight
    if len(tail) == 1 and tail in DIGITS:
        return first * weight + DIGITS[tail] * weight // 10
    if re.fullmatch(r"\d", tail):
        return None
    rest = read_numeral(tail)
    return None if rest is None or rest >= weight else first * weight + rest


def _section(word: str) -> Fraction | None:
    """Read what stands below 万: digits, 十百千, an Arabic number before 百 or 千, a decimal."""
    if re.fullmatch(r"\d+(?:\.\d+)?", word):
        return Fraction(word)
    if mixed := re.fullmatch(r"(\d+(?:\.\d+)?)([十百千])", word):
        return Fraction(mixed[1]) * SMALL[mixed[2]]
    whole, point, decimals = word.partition("点")
    if point:
        base, digits = _section(whole), [DIGITS.get(char) for char in decimals]
        if base is None or not digits or None in digits:
            return None
        return base + Fraction(int("".join(map(str, digits))), 10 ** len(digits))
    if whole and not _LISTED.fullmatch(whole) and all(char in DIGITS for char in whole):
        return Fraction(int("".join(str(DIGITS[char]) for char in whole)))
    return _places(whole)


def _places(word: str) -> Fraction | None:
    total, digit, last, gap = 0, None, 10**4, False
    for char in word:
        if char in SMALL:
            if SMALL[char] >= last:
                return None
            total += (1 if digit is None else digit) * SMALL[char]
            last, digit, gap = SMALL[char], None, False
        elif char in DIGITS and digit in {None, 0}:
            gap = gap or char in "零〇"
            digit = DIGITS[char]
        else:
            return None
    if digit:
        total += digit * (last // 10 if last < 10**4 and not gap else 1)
    return Fraction(total) if word else None


def quantities(text: str) -> tuple[Quantity, ...]:
    """Return every quantity of a text in half width, in the order of the text.

    A list or range whose members share a unit (20、10万元; 50-100万元) gives one quantity each.
    Years (2025年), ordinals (第三年) and 一家, 一次 and the like are not quantities.
    """
    found = [_split(match) for match in _SPLIT.finditer(text)]
    found.extend(_shares(text))
    taken = [(one.start, one.end) for one in found]
    taken += [title.span() for title in _TITLE.finditer(text)]
    for match in _WHOLE.finditer(text):
        if any(match.start() < end and start < match.end() for start, end in taken):
            continue
        found.extend(_members(match))
    found.sort(key=lambda one: one.start)
    return tuple(
        replace(one, joined=_joined(text, found[number - 1], one)) if number else one
        for number, one in enumerate(found)
    )


def _joined(text: str, before: Quantity, one: Quantity) -> str:
    between = re.sub(INCLUDED, "", text[before.end : one.start])
    between = re.sub(r"^(?:及其?)?以上(?=至|到|-|—|~)", "", between)
    if before.kind != one.kind or not re.fullmatch(_JOIN, between):
        return ""
    return "list" if re.search(r"[、/和或]", between) else "range"


def _split(match: re.Match[str]) -> Quantity:
    sides = [Fraction(side) for side in match[0].split(":")]
    whole = sum(sides, Fraction(0)) or Fraction(1)
    parts = tuple(side / whole for side in sides)
    return Quantity("split", parts[0], "", match.start(), match.end(), match[0], parts=parts)


def _shares(text: str) -> list[Quantity]:
    """Read 百分之三, 三分之一, 一半 and 半年."""
    found: list[Quantity] = []
    for match in _PREFIXED.finditer(text):
        base, at = {"百": 100, "千": 1000, "万": 10**4}[match["base"]], match.start("parts")
        for number, part in enumerate(match["parts"].split("、")):
            value, start = read_numeral(part), match.start() if number == 0 else at
            at += len(part)
            if value is not None:
                found.append(Quantity("ratio", value / base, "", start, at, text[start:at]))
            at += 1
    for match in _FRACTION.finditer(text):
        under, over = read_numeral(match["under"]), read_numeral(match["over"])
        if under and over is not None:
            found.append(Quantity("ratio", over / under, "", *match.span(), match[0]))
    for match in _HALF.finditer(text):
        if match[0] == "半年":
            found.append(Quantity("time", 6, "月", *match.span(), match[0]))
        else:
            share = Fraction(1, 2) if match[0] == "一半" else Fraction(1)
            found.append(Quantity("ratio", share, "", *match.span(), match[0]))
    return found


def _members(match: re.Match[str]) -> list[Quantity]:
    """Return the quantities of one match: a number, a list or a range under one unit."""
    pieces = list(re.finditer(rf"{NUMERAL}|^[百千万亿]$", match["numbers"]))
    last = pieces[-1][0]
    scale = (
        re.search(r"[百千]?万亿|[十百千]?[万亿]$|[百千]$", last) if re.match(r"\d", last) else None
    )
    found: list[Quantity] = []
    offset = match.start("numbers")
    for number, piece in enumerate(pieces):
        final = number == len(pieces) - 1
        word = piece[0]
        if not final and scale and re.fullmatch(_ARABIC, word):
            word = _scaled_like(word, scale[0], last)
        if match["late"]:
            word += match["late"]
        start, end = offset + piece.start(), match.end() if final else offset + piece.end()
        one = _unit(match, word, start, end)
        if one is None:
            return []
        mark = match["mark"] if final and match["mark"] else ""
        told = "" if not mark else "不含" if "不" in mark else "含"
        found.append(Quantity(*one, start, end, match.string[start:end], mark=told))
    return found


def _scaled_like(word: str, scale: str, last: str) -> str:
    """Give a member of a list or range the scale of the last one, unless it is beyond it.

    50-100万元 are 500,000 and a million, 3000-10000万元 thirty and a hundred million; 7000至1万平方米
    are 7,000 and 10,000.
    """
    own, most = read_numeral(word), read_numeral(last[: -len(scale)])
    return (
        word
        if own is not None and own >= 1000 and most is not None and most < 100
        else word + scale
    )


def _unit(
    match: re.Match[str], word: str, start: int, end: int
) -> tuple[str, int | Fraction, str] | None:
    value = Fraction(SCALES[word]) if word in SCALES else read_numeral(word)
    result: tuple[str, int | Fraction, str] | None = None
    if value is None:
        pass
    elif match["money"] or (match["bare"] is not None and word not in SCALES):
        whole = (value * 100).denominator == 1
        result = ("money", int(value * 100), "分") if whole else None
    elif match["foreign"]:
        result = "foreign", value, match["foreign"]
    elif match["abroad"] is not None:
        behind = re.search(_FOREIGN, match.string[end:])
        result = "foreign", value, behind[0] if behind else ""
    elif percent := match["percent"]:
        base = 1000 if percent == "‰" else 100
        result = ("ratio" if percent in "%‰" else "points"), value / base, ""
    elif match["time"]:
        result = _time(match, word, end)
    elif match["count"] and not _idle(match.string, start, end):
        result = "count", int(value) if value.denominator == 1 else value, match["count"]
    return result


def _idle(text: str, start: int, end: int) -> bool:
    """Tell 一家 that only says a firm from the step of a sum (每引进一家)."""
    return bool(_IDLE.fullmatch(text[start:end])) and not _STEP.search(text[:start])


def _time(match: re.Match[str], word: str, end: int) -> tuple[str, int, str] | None:
    """Return a length of time in whole months or days; a year or a day of the calendar is none."""
    unit, weight = _TIMES[match["time"]]
    length = (read_numeral(word) or Fraction(0)) * weight
    if match["time"] in "年日" and _calendar(match.string, word, end):
        return None
    return ("time", int(length), unit) if length.denominator == 1 else None


def _calendar(text: str, word: str, end: int) -> bool:
    """Tell 2025年 and 31日 from three years and thirty days."""
    number = re.sub(r"[\s,]", "", word)
    if text[end - 1] == "年":
        return bool(re.fullmatch(r"(?:19|20)\d\d|二[〇零]..", number))
    return bool(re.search(r"月(?:份)?\s*\d+\s*日$", text[max(0, end - 8) : end]))


def per_unit(text: str, quantity: Quantity) -> tuple[str, int]:
    """Return the unit after a slash (元/人) and where it ends; nothing and the end else."""
    if quantity.kind == "money" and text[quantity.end - 1 : quantity.end] == "元":
        found = _PER_UNIT.match(text, quantity.end - 1)
        if found:
            return found["unit"], found.end()
    return "", quantity.end
