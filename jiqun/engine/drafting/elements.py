"""What a clause is read into: every element carries the span of the words that prove it.

Spans are half-open positions in the document's text. ``certain`` is false where the words allow
two readings; such an element is shown to a person and never makes a clause complete.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Figure:
    """One number as the clause uses it.

    Attributes:
        kind, value, unit: as in ``numbers.Quantity``: fen, exact share, months, pieces.
        comparator: ``>=``, ``>``, ``<=``, ``<`` or ``=``.
        role: ``condition``, ``amount``, ``rate``, ``cap``, ``floor``, ``step``, ``share``,
            ``period``, ``budget`` or nothing while no role is known.
        parts: shares of a split such as 1:1.
        certain: whether the comparator follows from the words alone.
    """

    kind: str
    value: int | Fraction
    unit: str
    comparator: str
    span: Span
    text: str
    role: str = ""
    parts: tuple[Fraction, ...] = ()
    certain: bool = True


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition: ``field[period] op value``, growth of a field, or a share of another field.

    ``field`` is the name in the field dictionary, empty where no phrase of the lexicon stands
    before the number. ``value`` is None for a status (高新技术企业), which ``op`` ``=`` asks to
    hold, and for what only a person can check (``manual``); ``event`` says 首次认定 and the like.
    Conditions and awards with the same ``item`` belong together.
    """

    field: str
    op: str
    value: Figure | None
    span: Span
    text: str
    period: str = ""
    growth: bool = False
    share_of: str = ""
    event: str = ""
    manual: bool = False
    certain: bool = True
    item: int = 0


@dataclass(frozen=True, slots=True)
class Award:
    """An award.

    Attributes:
        mode: 定额, 比例, 每单位, 配套, 补差, 分档 or 待定 (only a cap or a range is told).
        amount, rate, cap, floor, step: figures; step is the unit of 每增加1000万元.
        base: field that the rate or the step is of, empty where it is no phrase of the lexicon.
        base_text: the words of the base.
        per: what each award is for (项, 人, 年 …).
        level: the case of a respective list that this award answers, or its threshold's words.
        tier: thresholds that choose this award among its siblings.
        cap_per: what the cap is counted by (每家企业, 单个项目, 每年).
        once: whether the text says 一次性.
    """

    mode: str
    span: Span
    amount: Figure | None = None
    rate: Figure | None = None
    base: str = ""
    base_text: str = ""
    cap: Figure | None = None
    floor: Figure | None = None
    step: Figure | None = None
    per: str = ""
    level: str = ""
    tier: tuple[Condition, ...] = ()
    cap_per: str = ""
    once: bool = False
    certain: bool = True
    item: int = 0


@dataclass(frozen=True, slots=True)
class Term:
    """Anything else that the words settle.

    ``kind``: 资金分担, 拨付, 互斥 (``value`` 就高不重复, 择优, 不重复, 可叠加, 补差), 上限 (a cap over
    several awards), 施行日期, 失效日期, 有效期, 申报窗口, 主管部门, 预算, 解释机关, 次数, or a flag:
    标记 with ``value`` 与税收挂钩, 点名企业, 一事一议, 限本地, 限新迁入.
    """

    kind: str
    value: str
    span: Span
    text: str
    figures: tuple[Figure, ...] = ()


@dataclass(frozen=True, slots=True)
class Gap:
    """Words that were not understood, and why that matters."""

    reason: str
    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class ClauseDraft:
    """A clause with what was read from it.

    ``status``: ``complete`` (every number, comparator and money phrase is inside an element, all
    fields are known, nothing is uncertain), ``partial``, ``unparsed`` (numbers, but no element)
    or ``text`` (nothing to compute).
    """

    path: tuple[str, ...]
    heading: str
    span: Span
    text: str
    status: str
    figures: tuple[Figure, ...] = ()
    conditions: tuple[Condition, ...] = ()
    awards: tuple[Award, ...] = ()
    terms: tuple[Term, ...] = ()
    gaps: tuple[Gap, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class DocumentDraft:
    """A document: its head, its clauses, and the terms that hold for all of them."""

    title: str
    number: str
    issuer: str
    date: str
    clauses: tuple[ClauseDraft, ...]
    terms: tuple[Term, ...] = ()
