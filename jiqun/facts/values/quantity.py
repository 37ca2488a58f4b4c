"""Quantities as bureaux write them → exact integers in base units, or a stated reason why not.

Nothing is guessed: “1234.5万” in a column of 万元 has two meanings and is refused. Arithmetic is
exact (digit strings and fractions, never floats).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import polars as pl

from jiqun.facts.values.units import Unit, find

INT64_MAX = 2**63 - 1
# States of a cell. Three kinds of missing are kept apart, and none of them is zero.
VALUE, EMPTY, DASH, ELLIPSIS, SUPPRESSED, BAD = (
    "value", "empty", "dash", "ellipsis", "suppressed", "bad",
)  # fmt: skip
DASHES = frozenset({"-", "--", "—", "——", "–", "―", "─", "/"})
ELLIPSES = frozenset({"…", "……", "...", "......", "n/a", "N/A", "na", "NA", "无数据"})
SUPPRESSION_MARKS = frozenset(
    {"*", "**", "***", "D", "(D)", "S", "(S)", "x", "X", "保密", "不公开"}
)
_NUMBER = re.compile(r"\d+(?:\.\d+)?|\.\d+")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_EXACT_POWER = re.compile(r"\d+(?:\.\d+)?(?:e[+-]?\d{1,3}|E-\d{1,3})")
_ROUNDED_POWER = re.compile(r"\d(?:\.\d+)?E\+?\d+")
_HAN_DIGITS = {
    **{char: i for i, char in enumerate("零一二三四五六七八九")},
    **{char: i for i, char in enumerate("〇壹贰叁肆伍陆柒捌玖")},
    "两": 2,
}
_HAN_UNITS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_TAIL = re.compile(
    r"(?P<number>[^万亿%‰A-Za-z元人家个户]*?)(?P<scale>万亿|[万亿])?(?P<unit>[^\d.,万亿]*)"
)
# 一亿二千万元: the unit is what follows the last character of a number.
_HAN_AMOUNT = re.compile(
    r"([〇零一二三四五六七八九两壹贰叁肆伍陆柒捌玖十拾百佰千仟万亿]+)([^\d.,万亿]+)"
)
_SCALES = {"万": 10**4, "亿": 10**8, "万亿": 10**12}


@dataclass(frozen=True, slots=True)
class Options:
    """How a table's habits are to be read; from ``county.toml``."""

    dash: Literal["missing", "zero"] = "missing"
    suppressed: frozenset[str] = SUPPRESSION_MARKS
    rounds: bool = False


@dataclass(frozen=True, slots=True)
class Quantity:
    """Result for one cell: ``value`` in base units when ``state`` is “value”; else why not."""

    state: str
    value: int | None = None
    code: str = ""


def _han_section(text: str) -> int | None:
    """Read 一千二百三十四 (below ten thousand); None when it is not well formed."""
    total, digit, last = 0, None, 10_000
    for char in text:
        if char in _HAN_DIGITS:
            if digit:  # two digits in a row belong to no number word
                return None
            digit = _HAN_DIGITS[char]
        else:
            unit = _HAN_UNITS.get(char)
            if unit is None or unit >= last:
                return None
            total += (1 if digit is None else digit) * unit
            digit, last = None, unit
    return total + (digit or 0)


def han_number(text: str) -> int | None:
    """Read a number in Chinese characters; None when it is not one.

    >>> han_number("一亿二千万"), han_number("三百零五"), han_number("一二")
    (120000000, 305, None)
    """
    total, rest = 0, text
    for mark, scale in (("亿", 10**8), ("万", 10**4)):
        head, found, tail = rest.partition(mark)
        if found:
            section = _han_section(head) if head else None
            if section is None:
                return None
            total, rest = total + section * scale, tail
    section = _han_section(rest)
    return None if section is None or not text else total + section


def _plain_number(text: str) -> tuple[Fraction | None, str]:
    """Return (number, problem code) of unsigned text without any unit."""
    if _NUMBER.fullmatch(text):
        return Fraction(text), ""
    if _GROUPED.fullmatch(text):
        return Fraction(text.replace(",", "")), ""
    if _EXACT_POWER.fullmatch(text):
        return Fraction(text), ""
    if _ROUNDED_POWER.fullmatch(text):
        return None, "E-QUANTITY-SCIENTIFIC"
    han = han_number(text)
    return (None, "E-QUANTITY") if han is None else (Fraction(han), "")


def _unsign(text: str) -> tuple[str, int]:
    """Split off the sign; ▲, △, − and brackets are minus, as in bureau tables."""
    bracketed = re.fullmatch(r"\((.+)\)", text)
    if bracketed:
        return bracketed.group(1), -1
    if text[0] in "-−▲△":
        return text[1:], -1
    return text.removeprefix("+"), 1


def _own_unit(unit: Unit, scale: str, written: str) -> tuple[Fraction | None, str]:
    """Factor of a cell that carries 万/亿 or a unit of its own, or the problem with it."""
    if not written:
        if unit.scaled:
            return None, "E-QUANTITY-AMBIGUOUS"
        return unit.factor * _SCALES[scale], ""
    own = find(written)
    if own is None:
        return None, "E-QUANTITY"
    if own.base != unit.base:
        return None, "E-QUANTITY-UNIT"
    return own.factor * _SCALES.get(scale, 1), ""


def _amount(text: str, unit: Unit) -> tuple[Fraction | None, str]:
    """Return (unsigned amount in base units, problem code)."""
    number, code = _plain_number(text)
    if number is not None and unit.scaled and ("万" in text or "亿" in text):
        return None, "E-QUANTITY-AMBIGUOUS"
    if number is not None or code == "E-QUANTITY-SCIENTIFIC":
        return (None if number is None else number * unit.factor), code
    written = _HAN_AMOUNT.fullmatch(text)
    if written and (counted := han_number(written[1])) is not None:
        factor, code = _own_unit(unit, "", written[2])
        return (None if factor is None else counted * factor), code
    tail = _TAIL.fullmatch(text)
    if not tail or not (tail["scale"] or tail["unit"]) or not tail["number"]:
        return None, "E-QUANTITY"
    number, code = _plain_number(tail["number"])
    if number is None:
        return None, code
    factor, code = _own_unit(unit, tail["scale"] or "", tail["unit"])
    return (None if factor is None else number * factor), code


def _missing(text: str, options: Options) -> Quantity | None:
    if not text:
        return Quantity(EMPTY)
    if text in options.suppressed:
        return Quantity(SUPPRESSED)
    if text in DASHES:
        return Quantity(VALUE, 0) if options.dash == "zero" else Quantity(DASH)
    return Quantity(ELLIPSIS) if text in ELLIPSES else None


def parse(text: str, *, unit: Unit, options: Options | None = None) -> Quantity:
    """Read one cell.

    Args:
        text: what the cell says, any width and sign habit.
        unit: unit of the column; a unit written in the cell itself wins over its size, never its
            kind (5人 in a column of money is an error).
        options: habits of the table.

    Returns:
        Quantity with an exact integer in ``unit.base``, a kind of missing, or a problem code:
        E-QUANTITY, -UNIT, -AMBIGUOUS, -SCIENTIFIC, -FRACTION, -RANGE.

    >>> parse("１２．３万", unit=find("元")).value
    12300000
    """
    options = options or Options()
    stripped = re.sub(r"\s+", "", text)
    missing = _missing(stripped, options)
    plain = unicodedata.normalize("NFKC", stripped)
    missing = missing or _missing(plain, options)
    if missing:
        return missing
    unsigned, sign = _unsign(plain)
    amount, code = _amount(unsigned, unit) if unsigned else (None, "E-QUANTITY")
    if amount is None:
        return Quantity(BAD, code=code)
    return _integral(sign * amount, options)


def _integral(amount: Fraction, options: Options) -> Quantity:
    if amount.denominator != 1 and not options.rounds:
        return Quantity(BAD, code="E-QUANTITY-FRACTION")
    value = round(amount)  # half to even
    if abs(value) > INT64_MAX:
        return Quantity(BAD, code="E-QUANTITY-RANGE")
    return Quantity(VALUE, value)


SCHEMA = {"value": pl.Int64, "state": pl.String, "code": pl.String}


def _parse_slowly(texts: pl.Series, unit: Unit, options: Options) -> pl.DataFrame:
    """Parse each distinct text once."""
    unique = texts.unique()
    found = [parse(text, unit=unit, options=options) for text in unique]
    table = pl.DataFrame(
        {
            "text": unique,
            "value": pl.Series([q.value for q in found], dtype=pl.Int64),
            "state": pl.Series([q.state for q in found], dtype=pl.String),
            "code": pl.Series([q.code for q in found], dtype=pl.String),
        }
    )
    frame = texts.alias("text").to_frame()
    return frame.join(table, on="text", how="left", maintain_order="left").select(*SCHEMA)


def _fast_digits(frame: pl.DataFrame, digits: int) -> pl.DataFrame:
    """Exact value of plain decimals times 10**digits, by moving the point in the digit string."""
    whole = pl.col("text").str.extract(r"^([+-]?\d+)", 1)
    fraction = pl.col("text").str.extract(r"\.(\d*?)0*$", 1).fill_null("")
    exact = (pl.col("fraction").str.len_chars() <= digits) & (
        pl.col("whole").str.len_chars() + digits <= 18
    )
    moved = pl.col("whole") + pl.col("fraction").str.pad_end(digits, "0")
    return (
        frame.with_columns(whole.alias("whole"), fraction.alias("fraction"))
        .with_columns(pl.when(exact).then(moved).cast(pl.Int64, strict=False).alias("value"))
        .drop("whole", "fraction")
    )


def _parse_integers(numbers: pl.Series, unit: Unit) -> pl.DataFrame:
    """Typed whole numbers (from Parquet): one multiplication."""
    factor = unit.factor.numerator
    value = numbers.cast(pl.Int64)
    fits = value.abs() <= INT64_MAX // factor
    return pl.DataFrame({"value": value, "fits": fits}).select(
        pl.when("fits").then(pl.col("value") * factor).alias("value"),
        pl.when(pl.col("value").is_null()).then(pl.lit(EMPTY))
        .when("fits").then(pl.lit(VALUE)).otherwise(pl.lit(BAD)).alias("state"),
        pl.when("fits").then(pl.lit("")).when(pl.col("value").is_null()).then(pl.lit(""))
        .otherwise(pl.lit("E-QUANTITY-RANGE")).alias("code"),
    )  # fmt: skip


def parse_series(cells: pl.Series, *, unit: Unit, options: Options | None = None) -> pl.DataFrame:
    """Read a column.

    Args:
        cells: text (or whole numbers, from typed files); null counts as empty.
        unit: unit of every cell without a unit of its own.
        options: habits of the table.

    Returns:
        Frame with value (Int64), state and code (see :func:`parse`), in the order of ``cells``.
        Plain decimals take a vectorised path; other spellings are parsed once per distinct text.
    """
    options = options or Options()
    if cells.dtype.is_integer() and unit.factor.denominator == 1:
        return _parse_integers(cells, unit)
    texts = cells.cast(pl.String).fill_null("").alias("text")
    digits = unit.digits
    frame = texts.to_frame().with_row_index("_i")
    if digits is None:
        return _parse_slowly(texts, unit, options)
    plain = pl.col("text").str.contains(r"^[+-]?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?$")
    grouped = frame.filter(plain).with_columns(
        pl.col("text").str.replace_all(",", "", literal=True)
    )
    fast = _fast_digits(grouped, digits)
    slow = pl.concat([frame.filter(~plain), fast.filter(pl.col("value").is_null()).drop("value")])
    done = fast.filter(pl.col("value").is_not_null()).select(
        "_i", "value", pl.lit(VALUE).alias("state"), pl.lit("").alias("code")
    )
    if not slow.height:
        return done.sort("_i").drop("_i")
    rest = slow.select("_i").hstack(_parse_slowly(slow["text"], unit, options))
    return pl.concat([done, rest]).sort("_i").drop("_i")
