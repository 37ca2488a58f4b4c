"""The rules of one scheme as data: what a rule pack is read into, and what the engine works by.

Shares and ratios are float, points are whole micro-points, cumulative quotas are basis points.
The forms follow the schemes that Chinese counties publish (浙政发〔2018〕5号 and the counties'
own methods); each pack names its document.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property

from jiqun.engine.indices.exact import digest_of

# Places in ``Evaluation.final`` beyond the scheme's own grades, which are 0, 1, 2 …
SPECIAL_T, INDEFINITE, OUTSIDE = 100, 101, 102
LABELS: Mapping[int, str] = {SPECIAL_T: "T", INDEFINITE: "不定等级", OUTSIDE: "不参评"}


@dataclass(frozen=True, slots=True)
class Benchmark:
    """What an indicator is compared with; computed ones are frozen per batch.

    Attributes:
        kind: ``fixed``, ``group_mean_weighted`` (Σ numerator ÷ Σ denominator),
            ``group_mean_simple``, ``industry_mean`` (weighted, by two digits of GB/T 4754) or
            ``provincial_list`` (by two digits, from the pack).
        value: of a fixed one, in the indicator's unit; of a list, for industries not on it.
        multiple: a mean is multiplied by it (2 in schemes that set twice the mean).
        table: of a list, by two-digit industry.
    """

    kind: str
    value: float = float("nan")
    multiple: float = 1.0
    table: Mapping[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True, slots=True)
class Indicator:
    """One quotient and how it turns into points.

    Attributes:
        code: name in columns.
        zh: Chinese name.
        en: English name.
        numerator: quantity above.
        denominator: quantity below.
        unit: of the quotient.
        weight: micro-points at the benchmark.
        family: ``ratio`` (x ÷ b × w), ``inverse`` ((2 − x ÷ b) × w), ``minmax`` (20 + 80 within
            the group's range) or ``rank`` (the group is ranked by x alone).
        benchmark: of ``ratio`` and ``inverse``.
        cap: most that it may give, as a share of the weight; None is no cap.
        floor: least that it gives, as a share of the weight; None is no floor.
        missing: ``group_mean`` (of the item's score), ``zero`` or ``renormalise``.
        negative: ``zero`` (a negative numerator gives 0, whatever the denominator) or ``keep``.
        base: share that the least firm gets under ``minmax``.
        winsorise: shares at which the range of ``minmax`` is cut, or None.
    """

    code: str
    zh: str
    en: str
    numerator: str
    denominator: str
    unit: str
    weight: int
    family: str
    benchmark: Benchmark
    cap: float | None = None
    floor: float | None = 0.0
    missing: str = "zero"
    negative: str = "zero"
    base: float = 0.2
    winsorise: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Admits:
    """One way into a group; None asks nothing. Land and floor in 0.01 m², age in years."""

    scale: str | None = None
    tenant: bool | None = None
    land_from: int | None = None
    land_below: int | None = None
    rented_floor_from: int | None = None
    age_from: int | None = None
    park: bool | None = None


@dataclass(frozen=True, slots=True)
class Quota:
    """How ranks turn into grades.

    Attributes:
        grades: best first.
        cumulative: basis points down to and with each grade, the last 10000.
        rounding: of the number of units, ``floor``, ``round`` (half up) or ``ceil``.
        ties: at a border, ``all_up``, ``all_down`` or ``by_tax``.
        small_below: groups of fewer counted units use ``thresholds``; 0 is never.
        thresholds: least micro-points of each grade but the last.
    """

    grades: tuple[str, ...]
    cumulative: tuple[int, ...]
    rounding: str = "round"
    ties: str = "all_up"
    small_below: int = 0
    thresholds: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Units that are evaluated and ranked together: those that any of ``admits`` lets in."""

    code: str
    zh: str
    en: str
    admits: tuple[Admits, ...]
    indicators: tuple[Indicator, ...]
    quota: Quota

    @property
    def quantities(self) -> tuple[str, ...]:
        """Names of the quantities that its indicators read, each once, in their order."""
        return quantities_of([self])


def quantities_of(groups: Iterable[Group]) -> tuple[str, ...]:
    """Return the names of the quantities that groups read, each once, in their order."""
    return tuple(dict.fromkeys(
        name for group in groups for one in group.indicators for name in (one.numerator, one.denominator)
    ))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bonus:
    """Points added (or, negative, taken) for a documented reason; a family counts once."""

    code: str
    zh: str
    en: str
    family: str
    points: int


@dataclass(frozen=True, slots=True)
class Veto:
    """An event that decides: to the last grade (``to``), no better than (``cap``), or best.

    Attributes:
        code: name in columns.
        zh: Chinese name.
        en: English name.
        effect: ``to`` or ``cap``.
        grade: the grade meant.
        months: how long before the end of the evaluated year the event may lie.
        evidence: what document it needs.
    """

    code: str
    zh: str
    en: str
    effect: str
    grade: str
    months: int
    evidence: str


@dataclass(frozen=True, slots=True)
class Special:
    """A class that is evaluated but gets no ordinary grade: T, or 不定等级 managed as one."""

    code: str
    zh: str
    en: str
    label: str
    managed_as: str


@dataclass(frozen=True, slots=True)
class Bound:
    """An absolute figure beside the quota.

    ``side`` is ``needs``: who lacks it gets the next grade; or ``only_below``: who has it is
    lifted to the grade before. ``of`` is ``group_mean`` or ``fixed`` (in the indicator's unit).
    """

    grade: str
    indicator: str
    side: str
    of: str
    value: float


@dataclass(frozen=True, slots=True)
class Measure:
    """One differentiated measure, in force from a number of consecutive years in a grade."""

    code: str
    factor: str
    zh: str
    en: str
    grade: str
    years: int
    op: str
    value: float | None
    unit: str
    basis: str


@dataclass(frozen=True)
class Scheme:
    """One version of one place's rules.

    Attributes:
        version: name of the pack.
        year: year of the data.
        unit: ``firm``, ``operator`` or ``parcel``.
        electricity: ``equivalent`` (等价) or ``calorific`` (当量) in the energy figure.
        landless: group for units without land, or ``indefinite``.
        mid_year: of units that began within the year, ``as_is`` or ``annualise``.
        least_known: share of the weights (basis points) that must be known for a grade.
        count_veto: vetoed units count in n.
        count_special: T and 不定等级 units count in n.
        veto_fills_quota: vetoed units fill the last grade's quota first.
        bonus_cap: most that bonuses may add together, micro-points; None is no cap.
        penalty_cap: most that penalties may take together; None is no cap.
        marks: what each parameter rests on (✔ ◐ ✎ ◆), by its place in the pack.
    """

    version: str
    year: int
    unit: str
    electricity: str
    landless: str
    mid_year: str
    least_known: int
    count_veto: bool
    count_special: bool
    veto_fills_quota: bool
    groups: tuple[Group, ...]
    bonuses: tuple[Bonus, ...] = ()
    bonus_cap: int | None = None
    penalty_cap: int | None = None
    vetoes: tuple[Veto, ...] = ()
    specials: tuple[Special, ...] = ()
    bounds: tuple[Bound, ...] = ()
    measures: tuple[Measure, ...] = ()
    marks: Mapping[str, str] = field(default_factory=dict[str, str])

    @cached_property
    def digest(self) -> str:
        """SHA-256 of every rule that decides a figure; the marks are not among them."""
        rules = asdict(self)
        rules.pop("marks")
        return digest_of(rules)

    @cached_property
    def grades(self) -> tuple[str, ...]:
        """Grades of the scheme, best first; every group has the same."""
        return self.groups[0].quota.grades

    def indicator(self, code: str) -> Indicator | None:
        """Return the first indicator of that name in any group."""
        return next((i for g in self.groups for i in g.indicators if i.code == code), None)

    def group(self, code: str) -> Group:
        """Return a group by its name."""
        return next(group for group in self.groups if group.code == code)

    def label(self, place: int) -> str:
        """Return the grade in words that people read."""
        return self.grades[place] if place < len(self.grades) else LABELS[place]

    def mark(self, *path: str) -> str:
        """Return what a parameter rests on, or nothing where the pack does not say."""
        return self.marks.get(".".join(path), "")
