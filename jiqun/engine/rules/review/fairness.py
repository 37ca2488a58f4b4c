"""Fair competition: what ties an award to tax, place, a named firm or a move.

Grounds: order 783 of the State Council (in force 2024-08-01) and the detailed rules before it;
the list of clauses is methods' section 5.6. Words are looked for in field names, manual
conditions, notes and the texts of the document; a hit is a ground to look, so those that a lawful
clause may hold too are warnings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from jiqun.engine.rules.document.policy import Policy
from jiqun.engine.rules.language import syntax as s
from jiqun.engine.rules.problems import Place
from jiqun.engine.rules.program.program import Program
from jiqun.engine.rules.review.finding import ERROR, WARNING, Finding, finding


@dataclass(frozen=True, slots=True)
class Ground:
    """A kind of clause: its code, how it reads, and how serious it is."""

    code: str
    words: re.Pattern[str]
    zh: str
    level: str = ERROR


GROUNDS = (
    Ground(
        "tax-linked",
        re.compile(r"纳税(?!信用|失信)|税收(?!优惠|违法|失信|征管)|缴税|税额|地方财政贡献|地方贡献|地方留成|财力贡献|税收贡献|入库税|留存部分"),
        "与纳税额、地方财政贡献或留成挂钩",
    ),
    Ground(
        "local-only",
        re.compile(r"(?:本县|本市|本区|本地|县内|区内|市内|辖区内?)[^，。；]{0,8}(?:注册|登记|采购|供应商|购买|企业产品|设立)"
                   r"|(?:注册地|登记地|注册|登记)(?:在|于)?(?:本县|本市|本区|本地|县内|辖区)|本地(?:采购|配套|供应商)"),
        "限定本地注册、本地采购或本地供应商",
    ),
    Ground("named-firm", re.compile(r"一事一议|一企一策|\w{2,20}(?:有限公司|股份公司|集团公司)"), "指定企业或一事一议"),
    Ground("newcomers-only", re.compile(r"新(?:迁入|引进|落户|招引)|迁入企业|仅限新"), "仅限新引进、新迁入的企业"),
    Ground("relocation-cash", re.compile(r"(?:迁入|搬迁|落户)(?:奖励|补助|补贴)|总部迁"),
           "为迁移或落户支付现金"),
    Ground("no-move-out", re.compile(r"不(?:得)?迁出|承诺[^，。]{0,6}不迁|迁出的?[^，。]{0,6}退回"),
           "限制迁出，须有审查依据", WARNING),
)  # fmt: skip


def check(policy: Policy, program: Program) -> Iterator[Finding]:
    """Find clauses that a fair-competition review would stop, and a missing review record."""
    hits = list(_hits(policy, program))
    yield from hits
    place = policy.at("公平竞争审查")
    record = policy.fairness
    if record is None:
        yield finding(ERROR, "review-missing", "没有公平竞争审查记录", "no review record", place)
        return
    if not record.number or record.on is None:
        told = "公平竞争审查记录缺少文号或日期"
        yield finding(ERROR, "review-incomplete", told, "no number or day", place)
    if not re.fullmatch(r"(?:审查)?通过|适用例外(?:规定)?", record.conclusion):
        told = f"公平竞争审查结论是“{record.conclusion}”"
        yield finding(ERROR, "review-refused", told, "the review did not pass", place)
    if "例外" in record.conclusion and not record.ground:
        told = "适用例外规定须写明例外依据"
        yield finding(ERROR, "review-ground", told, "an exception needs its ground", place)
    if record.on is not None and record.on > policy.start:
        told = "公平竞争审查晚于施行日期"
        yield finding(WARNING, "review-late", told, "reviewed after it began", place)


def _hits(policy: Policy, program: Program) -> Iterator[Finding]:
    seen: set[tuple[str, str]] = set()
    for where, text, place in _texts(policy, program):
        for ground in GROUNDS:
            found = ground.words.search(text)
            if found and (ground.code, where) not in seen:
                seen.add((ground.code, where))
                told = f"{where}（“{found[0]}”）：{ground.zh}"
                yield finding(ground.level, ground.code, told, ground.code.replace("-", " "), place)


def _texts(policy: Policy, program: Program) -> Iterator[tuple[str, str, Place]]:
    """Yield every text of a policy that may carry such a clause, with where it stands."""
    yield "名称", policy.title, policy.at("名称")
    for condition in policy.conditions:
        texts = [condition.manual, condition.note]
        texts += _fields(condition.tree, program) if condition.tree is not None else []
        yield f"条件“{condition.number}”", "；".join(texts), condition.place
    amount = policy.amount
    if amount is not None:
        texts = _fields(amount.base, program) if amount.base is not None else []
        for tier in amount.tiers:
            texts += _fields(tier.condition, program) if tier.condition is not None else []
        yield "金额", "；".join(texts), amount.place
    yield "退回", "；".join(policy.clawback), policy.at("退回")


def _fields(tree: s.Condition | s.Sum, program: Program) -> list[str]:
    """Return the names of the fields that a tree reads, with what the dictionary says of them."""
    found: list[str] = []
    for name in s.names_of(tree):
        field = program.dictionary.find(name.name)
        found += [name.name, field.note] if field is not None else [name.name]
    return found
