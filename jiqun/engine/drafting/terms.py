"""Terms that are told by set phrases: co-funding, instalments, non-duplication, dates, offices.

Each rule is a regular expression over the text in half width. A rule whose figures do not add up
(shares that sum to more than the whole) yields nothing and leaves its words to a person.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction

from jiqun.engine.drafting.elements import Figure, Term
from jiqun.engine.drafting.numbers import NUMERAL

_PARTY = (
    r"(?:中央|国家|省级?|市级?|县级?|区级?|乡镇|镇级?|市县|市区|县区|镇街|街道|园区|开发区|企业)"
)
_MONEYBAG = r"(?:(?:所需|补助|补贴|奖励|奖补|扶持|兑现|上述|以上)*(?:资金|经费|费用)[,]?)"
_PERCENT = rf"(?:{NUMERAL}%|百分之{NUMERAL})"
_RATIO = r"\d+(?:\.\d+)?(?::\d+(?:\.\d+)?){1,3}"
_BEAR = r"(?:分别)?(?:承担|分担|负担|安排|兑付|兑现|配套)"
_TOGETHER = re.compile(
    rf"{_MONEYBAG}?(?:由)?(?P<parties>{_PARTY}(?:[、和与]?{_PARTY}){{0,3}})(?:两级|三级)?(?:财政|政府)?"
    rf"(?:资金)?(?:按|按照|以)?(?P<ratio>{_RATIO})(?:的)?(?:比例)?{_BEAR}"
)
_EACH = re.compile(
    rf"{_MONEYBAG}?(?:由)?(?:{_PARTY}(?:两级|三级)?(?:财政)?(?:按)?(?:分别|各)?(?:按)?{_BEAR}?{_PERCENT}(?:的比例)?{_BEAR}?[,、]?){{2,4}}"
)
_HALVES = re.compile(
    rf"{_MONEYBAG}?(?:由)?(?P<parties>{_PARTY}(?:[、和与]?{_PARTY}){{0,3}})(?:两级)?(?:财政)?(?:分别|各)(?:承担|分担|负担)(?P<share>{_PERCENT}|一半)"
)
_SERIES = re.compile(
    rf"(?:分|按)(?:{NUMERAL})(?:年|次|期|批)[^,。;]{{0,12}}?(?P<shares>{_PERCENT}(?:[、,:]{_PERCENT}){{1,4}})[^,。;]{{0,8}}?(?:兑现|兑付|拨付|发放|支付|给予|奖励|补助)"
)
_STAGE = re.compile(
    rf"(?:其中)?[,]?(?:{_MONEYBAG}的?)?(?P<share>{_PERCENT})(?:的?{_MONEYBAG})?(?:待|在|于)(?P<event>[^,。;]{{2,24}}?)(?:后)?(?:再)?(?:予以|给予)?(?:兑现|兑付|拨付|发放|支付)"
)
_PARTS = re.compile(
    rf"分别按(?:照)?(?:应)?(?:奖励|补助|奖补|扶持|补贴)(?:额|资金|总额|金额)的(?P<shares>{_PERCENT}(?:[、,和]{_PERCENT}){{1,4}})(?:对[^,。;]{{1,8}})?(?:进行)?(?:奖励|兑现|拨付|发放|兑付)?"
)
_PERIODS = re.compile(rf"分(?P<count>{NUMERAL})(?:年|期|次)(?:兑现|兑付|拨付|发放|支付|安排|补助)")
_PAID = re.compile(
    rf"(?P<event>[^,。;、\d]{{2,24}}?)(?:后|时)[,]?(?:先)?(?:兑现|兑付|拨付|发放|支付)(?:{_MONEYBAG}的?|总额的?|其)?(?P<share>{_PERCENT})(?:的?{_MONEYBAG})?"
)
_ONLY = re.compile(
    r"(?:(?<=[。;\n])[^。;\d]{0,60}?)?(?P<kind>(?:按|按照|遵循|实行|坚持|依照|以)?[“\"]?(?:就高|从高|择高|从优|从高从优|择优(?=[、,]?不|原则)|就高就优)[、,]?(?:且|和)?(?:不重复|不叠加|不累计|从优)?(?:[、,]?不(?:重复|叠加))?[”\"]?(?:的)?(?:原则)?(?:执行|享受|兑现|奖励|予以支持|给予|办理|补助)?"
    r"|不(?:得|再)?(?:重复|叠加|同时|累计)(?:享受|奖励|补助|支持|申报|兑现|补贴|计算|奖补|资助)|只(?:能)?(?:享受|奖励|申报|补助)一(?:次|项)|可(?:以)?(?:叠加|累加|同时)享受|可叠加|补足差额|补齐差额|给予差额(?:奖励|补助)|以最高(?:等级|级别|标准|档次)[^,。;\d]{0,6}(?:奖励|补助|执行|支持)|差额补(?:足|助|齐)|按差额(?:进行)?(?:奖励|补助|奖补|补足)|(?:只能)?(?:择一(?![批些个家部系名])|择其一|选择其一)(?:享受|申报|奖励)?)[^。;,\d]{0,12}"
)
_FORCE = re.compile(
    r"(?:自|从)(?P<from>(?:今年|本年)\d{1,2}月\d{1,2}日|(?:19|20)\d\d年\d{1,2}月\d{1,2}日|印发之日|发布之日|公布之日|颁布之日|下发之日|发文之日)(?:\([^()]{1,16}\))?起?(?:正式)?(?:施行|实施|执行|生效)"
)
_FORCE_DAYS = re.compile(rf"自(?:印发|发布|公布)之日起{NUMERAL}日后(?:施行|实施)")
_UNTIL = re.compile(
    r"(?:有效期|执行期|实施期限|施行期|执行)?(?:截?至|到)(?P<until>(?:19|20)\d\d年\d{1,2}月\d{1,2}日)(?:止|终止|失效|为止)?"
)
_VALID = re.compile(
    rf"(?:有效期|有效期限|试行期|执行期限|施行期限|执行期|政策期)(?:为|限为|限|暂定)?(?P<length>{NUMERAL}(?:年|个月))|(?:暂定|试行)(?P<other>{NUMERAL}(?:年|个月))(?:有效期)?"
)
_WINDOW = re.compile(
    r"(?:(?:于|在)?每年(?:的)?\d{1,2}月(?:\d{1,2}日)?(?:至|到|-|—)(?:次年)?(?:\d{1,2}月)?(?:\d{1,2}日)?|每年\d{1,2}月(?:份|底前|\d{1,2}日前)?)[^。;,]{0,8}?(?:申报|申请|受理|提出)"
)
_OFFICE = re.compile(
    r"\((?:责任|牵头|实施|主管|配合|落实|承办|责任部门及)[^()]{0,10}?[:：]\s?(?P<office>[^()]{2,120}?)\)"
)
_EXPLAIN = re.compile(r"由(?P<office>[^。;,]{2,30}?)(?:会同[^。;,]{2,40}?)?负责(?:解释|具体解释)")
_BUDGET = re.compile(
    rf"(?:设立|安排|统筹|列支|筹集|设置|单列)[^。;给奖补]{{0,30}}?{NUMERAL}元(?:以上)?(?:的)?[^。;,元给奖补]{{0,20}}?(?:资金|基金|预算)"
    rf"|(?:设立|安排|统筹|列支|筹集|设置)[^。;给奖补]{{0,40}}?(?:资金|基金|预算)(?:总?规模|总额)?(?:为|不低于|不少于|每年)*{NUMERAL}元"
    rf"|(?:资金|基金)[^。;,给奖补\d]{{0,6}}(?:安排|列支){NUMERAL}元"
    rf"|每年(?:统筹)?安排{NUMERAL}元(?=,?(?:用于|作为))|(?:资金)(?:规模|总额)?(?:为){NUMERAL}元"
)
_USE = re.compile(r"(?:补助|奖励|奖补|扶持|补贴)?(?:资金|经费)?(?:主要|专项|专门)?用于[^。;,\d]*")
_LOCAL_SHARE = (
    r"(?:地方|财政|经济|县级|区级|本级|市级)+(?:年)?贡献(?:额|部分|度|量)?"
    r"|(?:县级|区级|地方|本级)(?:财政)?(?:留存|所得|留成)(?:部分)?"
    r"|税收(?:县级)?(?:留成|留存|奖励|返还)|实缴税[收金]|纳税(?:总)?额(?=的?\d)"
)
_LOCAL_FIRM = (
    r"(?:在|于)?(?:本|我)(?:县|区|市)(?:域内|境内|范围内|行政区域内)?(?:注册|登记|依法注册|工商注册|纳税)"
    r"|不迁出|采购(?:本地|本县|本区|县内)"
)
_FLAGS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("与税收挂钩", re.compile(_LOCAL_SHARE)),
    ("一事一议", re.compile(r"[“\"]?(?:一事一议|一企一策|一项目一策|一案一策)[”\"]?")),
    ("限本地", re.compile(_LOCAL_FIRM)),
    ("限新迁入", re.compile(r"新(?:迁入|落户|引进|入驻|注册)(?:的)?|整体(?:搬迁|迁入)")),
    ("点名企业", re.compile(r"[\u4e00-\u9fff]{3,20}(?:有限责任公司|股份有限公司|有限公司|集团公司)")),
)  # fmt: skip


def _parties(words: str) -> list[str]:
    return re.findall(r"中央|国家|省|市|县|区|乡镇|镇|街道|园区|开发区|企业", words)


def _share_text(parties: Sequence[str], shares: Sequence[Fraction]) -> str:
    return " ".join(f"{who}:{share}" for who, share in zip(parties, shares, strict=True))


def _cofunding(match: re.Match[str]) -> str | None:
    parties = _parties(match["parties"])
    sides = [Fraction(side) for side in match["ratio"].split(":")]
    if len(parties) != len(sides) or not sum(sides):
        return None
    return _share_text(parties, [side / sum(sides) for side in sides])


def _each(match: re.Match[str]) -> str | None:
    from_text = re.findall(rf"({_PARTY})[^%]*?(\d+(?:\.\d+)?)%", match[0])
    shares = [Fraction(share) / 100 for _, share in from_text]
    if len(shares) < 2 or sum(shares) != 1:
        return None
    return _share_text([_parties(who)[0] for who, _ in from_text], shares)


def _halves(match: re.Match[str]) -> str | None:
    parties = _parties(match["parties"])
    share = Fraction(1, 2) if match["share"] == "一半" else _percent(match["share"])
    return _share_text(parties, [share] * len(parties)) if share * len(parties) == 1 else None


def _percent(words: str) -> Fraction:
    found = re.search(r"\d+(?:\.\d+)?", words)
    return Fraction(found[0]) / 100 if found else Fraction(0)


def _series(match: re.Match[str]) -> str | None:
    shares = [Fraction(one) / 100 for one in re.findall(r"(\d+(?:\.\d+)?)%", match["shares"])]
    return " ".join(map(str, shares)) if sum(shares) == 1 else None


def _stage(match: re.Match[str]) -> str | None:
    return f"{_percent(match['share'])} {match['event']}"


def _only(match: re.Match[str]) -> str | None:
    kind = match["kind"]
    if "差额" in kind or "差额" in match[0]:
        return "补差"
    if re.search(r"可(?:以)?(?:叠加|累加|同时)", kind):
        return "可叠加"
    if re.search(r"高", kind):
        return "就高不重复"
    return "择优" if "优" in kind else "不重复"


def _iso(words: str) -> str:
    found = re.findall(r"\d+", words)
    return "{}-{:0>2}-{:0>2}".format(*found) if len(found) == 3 else words


# Terms that may hold figures; any other that would swallow one is not read.
_COUNTED = {"预算", "资金分担", "拨付", "有效期", "失效日期", "施行日期"}
_ROLES = {"预算": "budget", "资金分担": "share", "拨付": "share"}
Reader = Callable[[re.Match[str]], str | None]
_RULES: tuple[tuple[str, re.Pattern[str], Reader], ...] = (
    ("资金分担", _TOGETHER, _cofunding),
    ("资金分担", _HALVES, _halves),
    ("资金分担", _EACH, _each),
    ("拨付", _SERIES, _series),
    ("拨付", _PARTS, _series),
    ("拨付", _PERIODS, lambda found: f"分{found['count']}期，各期比例未说明"),
    ("拨付", _STAGE, _stage),
    ("拨付", _PAID, _stage),
    ("施行日期", _FORCE_DAYS, lambda found: found[0]),
    ("施行日期", _FORCE, lambda found: _iso(found["from"])),
    ("有效期", _VALID, lambda found: found["length"] or found["other"]),
    ("失效日期", _UNTIL, lambda found: _iso(found["until"])),
    ("申报窗口", _WINDOW, lambda found: found[0]),
    ("主管部门", _OFFICE, lambda found: found["office"]),
    ("解释机关", _EXPLAIN, lambda found: found["office"]),
    ("预算", _BUDGET, lambda found: found[0]),
    ("互斥", _ONLY, _only),
    ("用途", _USE, lambda found: found[0]),
)  # fmt: skip


def read_terms(
    text: str, start: int, end: int, figures: Sequence[Figure]
) -> tuple[tuple[Term, ...], tuple[tuple[int, int], ...]]:
    """Return the terms of text[start:end] and the spans that they use up.

    Flags use up nothing: their words stay part of conditions and bases.
    """
    terms: list[Term] = []
    used: list[tuple[int, int]] = []
    for kind, rule, reader in _RULES:
        for match in rule.finditer(text, start, end):
            span = _own(text, match)
            if any(span[0] < stop and begin < span[1] for begin, stop in used):
                continue
            value = reader(match)
            if value is None:
                continue
            role = _ROLES.get(kind, "period")
            inside = [one for one in figures if span[0] <= one.span[0] < span[1]]
            if inside and kind not in _COUNTED:
                continue
            own = [replace(one, role=role) for one in figures if span[0] <= one.span[0] < span[1]]
            terms.append(Term(kind, value, span, text[slice(*span)], tuple(own)))
            used.append(span)
    if not _adds_up(terms):
        lost = [one.span for one in terms if one.kind == "拨付"]
        terms = [one for one in terms if one.kind != "拨付"]
        used = [span for span in used if span not in lost]
    for value, rule in _FLAGS:
        flagged = rule.search(text, start, end)
        if flagged:
            terms.append(Term("标记", value, flagged.span(), flagged[0]))
    return tuple(sorted(terms, key=lambda one: one.span)), tuple(used)


def _own(text: str, match: re.Match[str]) -> tuple[int, int]:
    start, end = match.span()
    while start < end and text[start] in ",、 ":
        start += 1
    return start, end


def unsettled(terms: Sequence[Term]) -> list[Term]:
    """Return the terms whose shares the text leaves open, and budgets that may be a threshold."""
    return [
        one
        for one in terms
        if re.search(r"未说明|今年|本年", one.value)
        or (one.kind == "预算" and any(figure.comparator != "=" for figure in one.figures))
    ]


def _adds_up(terms: Sequence[Term]) -> bool:
    """Tell whether instalments make a whole, or one is held back from a whole."""
    shares = [
        one.figures[0].value
        for one in terms
        if one.kind == "拨付" and len(one.figures) == 1 and one.figures[0].kind == "ratio"
    ]
    return not shares or sum(shares) == 1 or (len(shares) == 1 and shares[0] < 1)
