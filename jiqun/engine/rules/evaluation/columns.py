"""Columns of facts: integers with a mask of what is known. What is not known is never zero.

Kinds: boolean as bool; integer, money, quantity, ratio and date as int64 in base units (fen, ppm,
days since 1970-01-01); enum as int64 codes in the order of the dictionary; set as int64 masks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import numpy as np
import numpy.typing as npt

from jiqun.engine.rules.document.fields import Dictionary, Field
from jiqun.engine.rules.document.reader import YES, day, number
from jiqun.engine.rules.language import syntax as s
from jiqun.engine.rules.language.parser import parse_sum
from jiqun.engine.rules.language.units import in_people_s_units
from jiqun.engine.rules.language.words import with_basis
from jiqun.engine.rules.problems import NOWHERE, nearest, problem, refuse
from jiqun.engine.rules.program.program import Program
from jiqun.errors import Problem

Bits = npt.NDArray[np.uint64]
Integers = npt.NDArray[np.int64]
Truth = npt.NDArray[np.bool_]
EPOCH = date(1970, 1, 1).toordinal()
MISSING = {"缺", "未知", "—", ""}


@dataclass(frozen=True)
class Column:
    """One fact for every subject.

    ``values``: shape (n,), bool or int64; ``known``: shape (n,), bool, or None when all are known.
    Values that are not known may be anything. ``source`` and ``as_of`` are shown in explanations.
    """

    values: npt.NDArray[np.int64] | Truth
    known: Truth | None = None
    source: str = ""
    as_of: str = ""

    @cached_property
    def known_bits(self) -> Bits:
        """The mask packed into words, 64 subjects each; bits beyond the last subject are 0."""
        n = len(self.values)
        return pack(np.ones(n, np.bool_) if self.known is None else self.known)

    @cached_property
    def span(self) -> tuple[int, int]:
        """The smallest and the largest known value; 0 and 0 where none is known."""
        known = self.values if self.known is None else self.values[self.known]
        return (int(known.min()), int(known.max())) if len(known) else (0, 0)

    @property
    def bound(self) -> int:
        """The largest magnitude of a known value."""
        return max(map(abs, self.span))


@dataclass(frozen=True, slots=True)
class Table:
    """The columns of one evaluation, all of length ``n``, in the order of the program.

    ``absent`` names the columns that nobody supplied; they are unknown for every subject.
    """

    n: int
    columns: Mapping[str, Column]
    absent: tuple[str, ...] = field(default=())

    @property
    def words(self) -> int:
        """Words of a plane."""
        return -(-self.n // 64)


def pack(truth: Truth) -> Bits:
    """Pack truth values into words of 64 bits, the first subject in the lowest bit."""
    packed = np.packbits(truth, bitorder="little")
    words = -(-len(truth) // 64)
    if len(packed) != 8 * words:
        padded = np.zeros(8 * words, np.uint8)
        padded[: len(packed)] = packed
        packed = padded
    return packed.view(np.uint64)


def unpack(bits: Bits, n: int) -> Truth:
    """Return the truth values of a plane, shape (n,)."""
    return np.unpackbits(bits.view(np.uint8), count=n, bitorder="little").view(np.bool_)


def places(bits: Bits, n: int) -> Integers:
    """Return the subjects whose bit is set, ascending; only bytes that hold one are looked into."""
    parts = bits.view(np.uint8)
    held = np.flatnonzero(parts != 0)
    if 2 * len(held) > len(parts):
        return np.flatnonzero(unpack(bits, n))
    every = (8 * held[:, None] + np.arange(8)).ravel()
    return every[np.unpackbits(parts[held], bitorder="little").view(np.bool_)]


def table_of(program: Program, columns: Mapping[str, Column], *, n: int | None = None) -> Table:
    """Match columns to a program.

    Args:
        program: the compiled policies.
        columns: by key, such as ``营业收入[上年度]``; a column may be absent, not misspelt.
        n: number of subjects; by default the length of the columns.

    Raises:
        JiqunError: ``E-RULE-COLUMN`` for a key that no policy reads, unequal lengths, a wrong
            type, or a code outside its enum; all at once.
    """
    problems: list[Problem] = []
    lengths = {len(column.values) for column in columns.values()} | (
        {n} if n is not None else set()
    )
    if len(lengths) != 1:
        problems.append(
            _column("", f"各列长度不一：{sorted(lengths)}", "lengths differ or none given")
        )
    for key, column in columns.items():
        if key not in program.columns:
            remedy = nearest(key, program.columns)
            problems.append(
                _column(key, f"没有政策读取列“{key}”", f"no policy reads {key!r}", remedy)
            )
        else:
            problems += _typed(key, column, program.columns[key])
    refuse(problems, zh="数据列有误", en="the columns have errors")
    absent = tuple(key for key in program.columns if key not in columns)
    return Table(lengths.pop(), columns, absent)


def _typed(key: str, column: Column, field: Field | None) -> list[Problem]:
    problems: list[Problem] = []
    kind = field.kind if field is not None else "boolean"
    wanted = np.bool_ if kind == "boolean" else np.int64
    if column.values.ndim != 1 or column.values.dtype != wanted:
        told = f"列“{key}”应是一维 {np.dtype(wanted).name} 数组，得到 {column.values.dtype}"
        return [_column(key, told, f"{key!r} must be one-dimensional {np.dtype(wanted).name}")]
    known = column.known
    if known is not None and (known.shape != column.values.shape or known.dtype != np.bool_):
        problems.append(_column(key, f"列“{key}”的掩码形状或类型不符", f"{key!r} has a wrong mask"))
    elif kind in {"enum", "set"} and field is not None:
        most = len(field.values) - 1 if kind == "enum" else (1 << len(field.values)) - 1
        if not (column.span[0] >= 0 and column.span[1] <= most):
            problems.append(
                _column(key, f"列“{key}”有枚举之外的编码", f"{key!r} holds unknown codes")
            )
    return problems


def _column(key: str, zh: str, en: str, remedy: tuple[str, str] = ("", "")) -> Problem:
    return problem("E-RULE-COLUMN", zh, en=en, remedy=remedy, value=key)


# ---- facts as people write them -------------------------------------------------------------


def columns_from_facts(
    program: Program, facts: Sequence[Mapping[str, str]], *, year: int | None = None
) -> dict[str, Column]:
    """Make columns from facts as people write them, one mapping per subject.

    Args:
        program: the compiled policies.
        facts: key → value such as ``{"设备投资额[上年度]": "500万元"}``; 缺 or an absent key is
            unknown; a set's values are joined by 、.
        year: the basis year that relative periods are counted from, where the policy has one.

    Raises:
        JiqunError: ``E-RULE-COLUMN`` or ``E-RULE-FIELD`` naming every unusable fact at once.
    """
    problems: list[Problem] = []
    found: dict[str, tuple[list[int], list[bool]]] = {}
    for row, one in enumerate(facts):
        for written, value in one.items():
            key, field, wrong = _key(program, written, year)
            problems += wrong
            if wrong or key not in program.columns:
                continue
            values, known = found.setdefault(key, ([0] * len(facts), [False] * len(facts)))
            if value.strip() in MISSING:
                continue
            number_ = parse_value(value, field)
            if number_ is None:
                problems.append(
                    _column(key, f"“{written}”不能是“{value}”", f"{written!r}: {value!r}?")
                )
                continue
            values[row], known[row] = number_, True
    refuse(problems, zh="事实有误", en="the facts have errors")
    return {
        key: Column(array_of(values, program.columns[key]), np.array(known, np.bool_))
        for key, (values, known) in found.items()
    }


def array_of(values: list[int], field: Field | None) -> npt.NDArray[np.int64] | Truth:
    """Return values as an array of the field's type."""
    if field is None or field.kind == "boolean":
        return np.array(values, np.bool_)
    return np.array(values, np.int64)


def _key(
    program: Program, written: str, year: int | None
) -> tuple[str, Field | None, list[Problem]]:
    if "#" in written:
        unknown = written not in program.columns
        wrong = [_column(written, f"没有“{written}”", f"no {written!r}")] if unknown else []
        return written, None, wrong
    key, field = column_key(program.dictionary, written, year=year)
    if field is None:
        return key, None, [program.dictionary.unknown(written, NOWHERE)]
    return key, field, []


def column_key(
    dictionary: Dictionary, written: str, *, year: int | None = None
) -> tuple[str, Field | None]:
    """Return the column's key of a field as written, synonyms and periods made canonical."""
    read = parse_sum(written)
    if (
        isinstance(read, Problem)
        or len(read.terms) != 1
        or not isinstance(read.terms[0].item, s.Name)
    ):
        return written, None
    item = read.terms[0].item
    field = dictionary.find(item.name)
    period = with_basis(item.period, year) if year and item.period else item.period
    return s.name_text(s.Name(field.name if field else item.name, period)), field


def parse_value(written: str, field: Field | None) -> int | None:
    """Read one value as people write it into the integer of its column; None when it is none."""
    text = written.strip()
    if field is None or field.kind == "boolean":
        return None if text not in YES else int(YES[text])
    if field.kind == "enum":
        return field.values.index(text) if text in field.values else None
    if field.kind == "set":
        parts = [] if text == "无" else text.split("、")
        if any(part not in field.values for part in parts):
            return None
        return sum(1 << field.values.index(part) for part in set(parts))
    if field.kind == "date":
        found = day(text)
        return found.toordinal() - EPOCH if found else None
    return _quantity(text, field)


def _quantity(text: str, field: Field) -> int | None:
    found = number(text)
    if found is None:
        return None
    if field.unit == "ppm" and not found.base:
        value = found.in_base * 1_000_000
    elif found.base == field.unit or (not found.unit and field.unit == "plain"):
        value = found.in_base
    else:
        return None
    return value.numerator if value.denominator == 1 and abs(value) < 2**62 else None


def show_value(value: int, field: Field | None) -> str:
    """Write the integer of a column for a person, exactly."""
    if field is None or field.kind == "boolean":
        return "是" if value else "否"
    if field.kind == "enum":
        return field.values[value] if 0 <= value < len(field.values) else str(value)
    if field.kind == "set":
        return "、".join(v for i, v in enumerate(field.values) if value >> i & 1) or "无"
    if field.kind == "date":
        return str(np.datetime64(value, "D"))
    return in_people_s_units(value, field.unit)
