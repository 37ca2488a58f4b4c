"""A policy as data: one frozen value per version of a document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from jiqun.engine.rules.language import syntax as s
from jiqun.engine.rules.problems import NOWHERE, Place


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition: a tree, or a text that a person has to verify (``manual``)."""

    number: str
    tree: s.Condition | None
    manual: str = ""
    clause: str = ""
    note: str = ""
    mark: str = ""
    place: Place = field(default=NOWHERE, compare=False)

    @property
    def text(self) -> str:
        """The canonical text of the condition, or what has to be verified."""
        return self.manual if self.tree is None else s.text(self.tree)


@dataclass(frozen=True, slots=True)
class Tier:
    """One tier of an amount: where it holds, and what it gives there.

    It holds where ``condition`` does, or where the base lies in [``low``, ``high``).
    It gives ``fen``, or ``rate`` of the base; ``cap`` is its own upper limit.
    """

    condition: s.Condition | None = None
    low: int | None = None
    high: int | None = None
    fen: int | None = None
    rate: Fraction | None = None
    cap: int | None = None
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Rounding:
    """To a multiple of ``unit`` fen: ``down``, ``half_up`` or ``up``."""

    unit: int = 1
    mode: str = "down"


EXACT = Rounding()


@dataclass(frozen=True, slots=True)
class Amount:
    """How much a policy gives, in fen.

    ``mode``: fixed 定额, rate 比例, tiers 分档 (the first that holds), marginal 累进 (each rate on
    its slice), unit 每单位 (``price`` for each full ``each`` of the base), match 上级配套.
    """

    mode: str
    base: s.Sum | None = None
    fen: int | None = None
    rate: Fraction | None = None
    tiers: tuple[Tier, ...] = ()
    price: int | None = None
    each: int = 1
    partial: bool = False
    cap: int | None = None
    floor: int | None = None
    rounding: Rounding = EXACT
    clause: str = ""
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Basis:
    """Which year the periods count from, and per field the source and the as-of day."""

    year: int | None = None
    sources: Mapping[str, tuple[str, date | None]] = field(
        default_factory=dict[str, tuple[str, date | None]]
    )


@dataclass(frozen=True, slots=True)
class Caps:
    """Upper limits in fen beyond one award: per subject in all, per year, of the whole policy."""

    subject: int | None = None
    year: int | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Budget:
    """Money set aside for a year, and what happens when it does not suffice."""

    year: int | None
    fen: int
    shortage: str


@dataclass(frozen=True, slots=True)
class Instalment:
    """A share paid at a milestone."""

    share: Fraction
    milestone: str


@dataclass(frozen=True, slots=True)
class Example:
    """A case worked by officials: facts as written, and the answer that must come out."""

    facts: Mapping[str, str]
    verdict: str
    because: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    fen: int | None = None
    on: date | None = None
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Fairness:
    """The record of a fair-competition review (State Council order 783)."""

    conclusion: str
    number: str = ""
    on: date | None = None
    ground: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of a policy. Keys of the document stand beside each field."""

    number: str  # 编号
    title: str  # 名称
    conditions: tuple[Condition, ...]  # 条件
    start: date  # 施行日期
    version: str = "1"  # 版本
    issuer: str = ""  # 发文机关
    document: str = ""  # 文号
    level: str = ""  # 层级: state, province, city, county
    parent: str = ""  # 上位政策
    end: date | None = None  # 失效日期, the last day in force
    window: tuple[date, date] | None = None  # 申报窗口
    subject: str = "企业"  # 受益主体
    matter: str = ""  # 主题, the key of "same matter"
    department: str = ""  # 主管部门
    basis: Basis = field(default_factory=Basis)  # 口径
    amount: Amount | None = None  # 金额
    groups: tuple[str, ...] = ()  # 互斥组
    stacking: str = ""  # 叠加规则: highest, exclusive, stack, topup, match, once
    caps: Caps = field(default_factory=Caps)  # 上限
    budget: Budget | None = None  # 预算
    funding: Mapping[str, Fraction] = field(default_factory=dict[str, Fraction])  # 资金分担
    payment: tuple[Instalment, ...] = ()  # 拨付
    approval: tuple[str, ...] = ()  # 审批链
    publicity_days: int | None = None  # 公示期, working days
    automatic: bool = False  # 免申即享
    clawback: tuple[str, ...] = ()  # 退回
    examples: tuple[Example, ...] = ()  # 例证
    fairness: Fairness | None = None  # 公平竞争审查
    file: str = field(default="", compare=False)
    places: Mapping[str, Place] = field(default_factory=dict[str, Place], compare=False)

    @property
    def key(self) -> str:
        """Number and version: ``KQ-2025-014@1``."""
        return f"{self.number}@{self.version}"

    def at(self, key: str) -> Place:
        """Return where a key of the document stands, or its first line."""
        return self.places.get(key, Place(self.file, 1, 1))

    def in_force(self, on: date) -> bool:
        """Whether the document is in force on a day; both its first and last day count."""
        return self.start <= on and (self.end is None or on <= self.end)
