"""Checks trees against the field dictionary: names, units, periods; makes typed trees of atoms.

``x / y >= p/q`` becomes ``q·x - p·y >= 0`` guarded by ``y > 0``; growth likewise. Constants are
exact fractions of base units until the comparison is made whole.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from jiqun.engine.rules.document.fields import Dictionary, Field
from jiqun.engine.rules.language import syntax as s
from jiqun.engine.rules.language.units import BY_NAME, written
from jiqun.engine.rules.language.words import FLIPPED, period_kind, with_basis
from jiqun.engine.rules.problems import NOWHERE, Place, nearest, problem
from jiqun.engine.rules.program.atoms import Atom, Form, Linear, compare
from jiqun.engine.rules.program.measures import (
    Measured,
    WrongError,
    as_share,
    check_period,
    constant_error,
    no_dates,
    period_error,
    quantity_of,
    same_period,
    same_unit,
    shown_unit,
    shown_units,
    unit_error,
)
from jiqun.errors import Problem

EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Typed:
    """A checked condition. ``word``: atom, 且, 或, 非, or @ for another condition of the policy."""

    word: str
    text: str
    atom: Atom | None = None
    negated: bool = False
    items: tuple[Typed, ...] = ()
    number: str = ""


class Checker:
    """Checks the conditions of one policy; gathers columns, and problems if there are any."""

    def __init__(self, dictionary: Dictionary, *, year: int | None = None) -> None:
        self.dictionary, self.year = dictionary, year
        self.columns: dict[str, Field] = {}
        self.problems: list[Problem] = []

    # ---- what others call -------------------------------------------------------------------

    def condition(self, tree: s.Condition, *, place: Place = NOWHERE) -> Typed | None:
        """Return the typed tree, or None with every problem noted."""
        match tree:
            case s.Every() | s.Some():
                items = [self.condition(item, place=place) for item in tree.items]
                kept = tuple(item for item in items if item is not None)
                if len(kept) < len(items):
                    return None
                word, inner = ("且", {"或"}) if isinstance(tree, s.Every) else ("或", set[str]())
                joined = f" {word} ".join(_bracketed(item, inner) for item in kept)
                return Typed(word, joined, items=kept)
            case s.Not():
                item = self.condition(tree.item, place=place)
                shown = f"非 {_bracketed(item, {'且', '或'})}" if item else ""
                return Typed("非", shown, items=(item,)) if item else None
            case s.Reference():
                return Typed("@", s.text(tree), number=tree.name)
            case _:
                return self._noted(tree, place)

    def base(self, tree: s.Sum, *, place: Place = NOWHERE) -> tuple[Linear, str] | None:
        """Return the sum that an amount is reckoned from, and its unit."""
        try:
            measured = self._sum(tree)
            if not measured.linear.terms:
                raise unit_error(tree.at, "基数里没有字段", "the base holds no field")
        except WrongError as error:
            self._note(error, place)
            return None
        return measured.linear, measured.unit

    # ---- relations --------------------------------------------------------------------------

    def _noted(
        self, tree: s.Flag | s.Compare | s.Ratio | s.Growth | s.Member, place: Place
    ) -> Typed | None:
        try:
            atom, negated = self._relation(tree)
        except WrongError as error:
            self._note(error, place)
            return None
        return Typed("atom", s.text(self._renamed(tree)), atom, negated)

    def _note(self, error: WrongError, place: Place) -> None:
        code, zh, en, remedy = error.told
        self.problems.append(problem(code, zh, en=en, place=place.moved(error.at), remedy=remedy))

    def _relation(
        self, tree: s.Flag | s.Compare | s.Ratio | s.Growth | s.Member
    ) -> tuple[Atom, bool]:
        match tree:
            case s.Flag():
                key = self._column(tree.item, {"boolean"}, "“是否”类字段才能单独作条件")
                return Atom("flag", Form((key,), (1,))), False
            case s.Member():
                return self._member(tree.item, tree.word, tree.values)
            case s.Compare():
                return self._compare(tree)
            case s.Ratio():
                return self._ratio(tree)
            case s.Growth():
                return self._growth(tree)

    def _compare(self, tree: s.Compare) -> tuple[Atom, bool]:
        left, right = tree.left.terms[0].item, tree.right.terms[0].item
        if isinstance(left, s.Name) and isinstance(right, s.Name):
            field = self.dictionary.find(left.name)
            if field and field.kind == "enum" and self.dictionary.find(right.name) is None:
                word = {"=": "属于", "!=": "不属于"}.get(tree.op, "")
                return self._member(left, word, (right.name,))
        a, b = self._sum(tree.left), self._sum(tree.right)
        a, b = as_share(a, b), as_share(b, a)
        same_unit(a, b, tree.left.at)
        same_period(a.periods | b.periods, tree.left.at)
        if a.dates != b.dates:
            raise unit_error(tree.left.at, "日期只能与日期比较", "a date compares with a date only")
        whole = compare(self._difference(a, b, Fraction(1), tree.left.at), tree.op)
        if whole is None:
            raise constant_error(
                tree.right.at, "换算后不是整数，永远不可能相等", "can never be equal"
            )
        return whole

    def _ratio(self, tree: s.Ratio) -> tuple[Atom, bool]:
        top, bottom = self._sum(tree.top), self._sum(tree.bottom)
        no_dates(top, bottom, tree.top.at)
        unit = "" if top.unit == bottom.unit else f"{top.unit}/{bottom.unit}"
        rate = quantity_of(tree.rate)
        if rate.base != unit and not (rate.value == 0 and not rate.unit):
            raise unit_error(
                tree.rate.at,
                f"比值的单位是“{shown_unit(unit)}”，这里写的是“{written(rate)}”",
                f"the ratio is in {unit or 'pure numbers'}, not {written(rate)!r}",
            )
        return self._guarded(top, bottom, tree.op, rate.in_base, tree.top.at)

    def _growth(self, tree: s.Growth) -> tuple[Atom, bool]:
        now, then = self._sum(tree.now), self._sum(tree.then)
        no_dates(now, then, tree.now.at)
        same_unit(now, then, tree.now.at)
        same_period(now.periods | then.periods, tree.now.at)
        rate = quantity_of(tree.rate)
        if rate.base:
            raise unit_error(tree.rate.at, "增长率应写成百分数", "a growth rate is a percentage")
        if now.linear == then.linear:
            raise period_error(
                tree.now.at, "增长的两边相同", "both sides of the growth are the same"
            )
        if tree.word == "下降":
            return self._guarded(now, then, FLIPPED[tree.op], 1 - rate.in_base, tree.now.at)
        return self._guarded(now, then, tree.op, 1 + rate.in_base, tree.now.at)

    def _guarded(
        self, top: Measured, bottom: Measured, op: str, rate: Fraction, at: int
    ) -> tuple[Atom, bool]:
        """Return ``top - rate · bottom op 0`` under the guard ``bottom > 0``."""
        same_period({p for p in top.periods | bottom.periods if p != "point"}, at)
        if not bottom.linear.terms:
            raise unit_error(at, "分母里没有字段", "the denominator holds no field")
        whole = compare(self._difference(top, bottom, rate, at), op, bottom.linear.whole()[0])
        if whole is None:
            raise constant_error(at, "永远不可能相等", "can never be equal")
        return whole

    def _difference(self, a: Measured, b: Measured, factor: Fraction, at: int) -> Linear:
        result = a.linear.plus(b.linear, -factor)
        if not result.terms:
            raise constant_error(at, "两边没有字段，或字段互相抵消", "no field is left to compare")
        return result

    # ---- sums -------------------------------------------------------------------------------

    def _sum(self, tree: s.Sum) -> Measured:
        parts = [self._term(term) for term in tree.terms]
        units = {part.unit for part in parts if part.unit != "?"}
        if "share" in units and "ppm" in units:
            parts = [as_share(part, Measured(part.linear, "ppm", frozenset())) for part in parts]
            units = {part.unit for part in parts if part.unit != "?"}
        if len(units) > 1:
            raise unit_error(
                tree.at, f"单位不同，不能相加：{shown_units(units)}", f"units differ: {units}"
            )
        total = Linear((), Fraction(0))
        for part in parts:
            total = total.plus(part.linear, Fraction(1))
        periods = frozenset[str]().union(*(part.periods for part in parts))
        same_period(periods, tree.at)
        dates = sum((part.dates for part in parts), Fraction(0))
        return Measured(total, units.pop() if units else "?", periods, dates)

    def _term(self, term: s.Term) -> Measured:
        if isinstance(term.item, s.Constant):
            return self._constant(term.item, term.factor)
        kinds = {"integer", "money", "quantity", "ratio", "date"}
        key = self._column(term.item, kinds, "这个字段不是数量，不能比较大小")
        field = self.columns[key]
        linear = Linear(((key, term.factor),), Fraction(0))
        if field.kind == "date":
            return Measured(linear, "day", frozenset(), term.factor)
        kind = period_kind(term.item.period) if term.item.period else "point"
        return Measured(linear, field.unit, frozenset({kind}))

    def _constant(self, item: s.Constant, factor: Fraction) -> Measured:
        value = item.value
        if isinstance(value, date):
            days = Fraction(value.toordinal() - EPOCH)
            return Measured(Linear((), days * factor), "day", frozenset(), factor)
        if value.under:
            raise unit_error(
                item.at, "带“/”的单位只能作比率", "a unit with / stands as a rate only"
            )
        size = BY_NAME[value.unit].factor if value.unit else Fraction(1)
        if value.base and size.denominator == 1 and value.in_base.denominator != 1:
            raise constant_error(
                item.at,
                f"“{written(value)}”小于最小单位",
                f"{written(value)!r} is finer than its unit",
            )
        unit = value.base or ("share" if value.unit else "plain")
        if value.value == 0 and not value.unit:
            unit = "?"
        return Measured(Linear((), value.in_base * factor), unit, frozenset())

    # ---- fields -----------------------------------------------------------------------------

    def _member(self, item: s.Name, word: str, values: tuple[str, ...]) -> tuple[Atom, bool]:
        kind = "enum" if word in {"属于", "不属于"} else "set"
        told = "“属于”用于枚举字段，“包含”用于枚举集字段；枚举只能用 = 或 != 比较"
        key = self._column(item, {kind} if word else set(), told)
        field = self.columns[key]
        codes: list[int] = []
        for value in values:
            if value not in field.values:
                raise WrongError(
                    "E-RULE-FIELD", item.at, f"“{field.name}”没有取值“{value}”",
                    f"{field.name!r} has no value {value!r}", nearest(value, field.values),
                )  # fmt: skip
            codes.append(field.values.index(value))
        name = {"属于": "in", "不属于": "in", "包含全部": "all"}.get(word, "any")
        form = Form((key,), (1,))
        return Atom(name, form, codes=tuple(sorted(codes))), word in {"不属于", "不包含"}

    def _column(self, item: s.Name, kinds: set[str], told: str) -> str:
        field = self.dictionary.find(item.name)
        if field is None:
            unknown = self.dictionary.unknown(item.name, NOWHERE)
            raise WrongError(
                "E-RULE-FIELD", item.at, unknown.message_zh, unknown.message_en,
                (unknown.remedy_zh, unknown.remedy_en),
            )  # fmt: skip
        if field.kind not in kinds:
            raise unit_error(
                item.at, f"“{field.name}”：{told}", f"{field.name!r} cannot stand here"
            )
        check_period(field, item)
        key = s.name_text(self._canonical(item))
        self.columns[key] = field
        return key

    def _canonical(self, item: s.Name) -> s.Name:
        field = self.dictionary.find(item.name)
        period = with_basis(item.period, self.year) if self.year and item.period else item.period
        return s.Name(field.name if field else item.name, period, item.at)

    def _renamed(
        self, tree: s.Flag | s.Compare | s.Ratio | s.Growth | s.Member
    ) -> s.Flag | s.Compare | s.Ratio | s.Growth | s.Member:
        """Return the relation with its synonyms replaced by the names of the dictionary."""
        match tree:
            case s.Flag() | s.Member():
                return replace(tree, item=self._canonical(tree.item))
            case s.Compare():
                return replace(tree, left=self._in(tree.left), right=self._in(tree.right))
            case s.Ratio():
                return replace(tree, top=self._in(tree.top), bottom=self._in(tree.bottom))
            case s.Growth():
                return replace(tree, now=self._in(tree.now), then=self._in(tree.then))

    def _in(self, tree: s.Sum) -> s.Sum:
        terms = (
            replace(t, item=self._canonical(t.item)) if isinstance(t.item, s.Name) else t
            for t in tree.terms
        )
        return replace(tree, terms=tuple(terms))


def _bracketed(item: Typed | None, words: set[str]) -> str:
    if item is None:
        return ""
    return f"({item.text})" if item.word in words else item.text
