"""Readers of cells by column type: distinct texts → typed values, or the code of a problem."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from fractions import Fraction

import polars as pl

from jiqun.facts.contract import Column
from jiqun.facts.load.mapping import Table, nearest
from jiqun.facts.read.raw import RawTable
from jiqun.facts.read.rows import DITTO
from jiqun.facts.read.sheet import squeeze
from jiqun.facts.values import period, quantity, units, uscc

TRUE = frozenset({"true", "t", "yes", "y", "是", "1", "√", "有"})
FALSE = frozenset({"false", "f", "no", "n", "否", "0", "×", "无"})

# What reading one column's distinct texts gives: text → value, code, extra.
Reader = Callable[[pl.Series], pl.DataFrame]


def _answer(
    texts: pl.Series, values: pl.Series, codes: pl.Series, extra: pl.Series | None = None
) -> pl.DataFrame:
    empty = pl.Series([""] * len(texts), dtype=pl.String)
    return pl.DataFrame(
        {"text": texts, "typed": values, "code": codes, "extra": empty if extra is None else extra}
    )


# What a spreadsheet writes where a formula failed.
FORMULA = r"^#(?:REF!|N/A|VALUE!|DIV/0!|NAME\?|NULL!|NUM!|SPILL!|CALC!|GETTING_DATA)$"
_MISSING = [*quantity.DASHES, *quantity.ELLIPSES]
_WITHHELD = ["*", "**", "***", "保密", "不公开"]


def without_marks(table: pl.DataFrame, *, enum: bool) -> pl.DataFrame:
    """Marks that stand for a cell's content instead of being it, in any column but quantities.

    Ditto marks that nothing above explains and failed formulas are problems, dashes and dots are
    nothing, marks of secrecy are said to be that. What a list of choices knows stays a choice.
    """
    text = pl.col("text").str.strip_chars()
    unread = pl.col("code").is_in(["", "E-ENUM", "E-PERIOD", "E-DATE", "E-NUMBER", "E-BOOL"])
    code = (
        pl.when(text.is_in(DITTO)).then(pl.lit("E-DITTO"))
        .when(text.str.contains(FORMULA)).then(pl.lit("E-FORMULA"))
        .when(text.is_in(_MISSING) & unread).then(pl.lit(""))
        .when(text.is_in(_WITHHELD)).then(pl.lit("I-SUPPRESSED"))
        .otherwise(pl.col("code"))
    )  # fmt: skip
    mark = text.is_in([*DITTO, *_MISSING, *_WITHHELD]) | text.str.contains(FORMULA)
    mark = mark & pl.col("typed").is_null() if enum else mark
    typed = pl.when(~mark).then(pl.col("typed"))
    said = pl.when(mark).then(code).otherwise(pl.col("code"))
    return table.with_columns(said.alias("code"), typed.alias("typed"))


def _text(texts: pl.Series) -> pl.DataFrame:
    stripped = texts.to_frame("t").select(
        pl.when(pl.col("t").str.strip_chars() != "").then(pl.col("t").str.strip_chars())
    )
    return _answer(texts, stripped.to_series(), pl.Series([""] * len(texts)))


def _code(texts: pl.Series) -> pl.DataFrame:
    frame = texts.to_frame("t").select(
        pl.col("t").str.normalize("NFKC").str.strip_chars().alias("plain")
    )
    frame = frame.with_columns(
        pl.when(pl.col("plain").str.contains(uscc.SCIENTIFIC))
        .then(pl.lit(uscc.AS_NUMBER))
        .otherwise(pl.lit(""))
        .alias("code"),
        pl.when(pl.col("plain") != "").then(pl.col("plain")).alias("plain"),
    )
    return _answer(texts, frame["plain"], frame["code"])


def _enum(column: Column, words: Mapping[str, str]) -> Reader:
    known = {squeeze(key): key for key in column.values}
    known |= {squeeze(zh): key for key, zh in column.values.items()}
    known |= {squeeze(word): key for word, key in words.items()}

    def read(texts: pl.Series) -> pl.DataFrame:
        values = [known.get(squeeze(text)) for text in texts]
        bad = [
            value is None and bool(text.strip()) for text, value in zip(texts, values, strict=True)
        ]
        options = [*column.values, *column.values.values()]
        choices = "、".join(f"{key}（{zh}）" for key, zh in column.values.items())
        extra = [
            nearest(text, options) or choices if b else ""
            for text, b in zip(texts, bad, strict=True)
        ]
        codes = ["E-ENUM" if b else "" for b in bad]
        return _answer(
            texts, pl.Series(values, dtype=pl.String), pl.Series(codes), pl.Series(extra)
        )

    return read


def _each(parse: Callable[[str], object], kind: pl.DataType, code: str) -> Reader:
    """Reader that calls ``parse`` per distinct text; None for a filled cell is problem ``code``."""

    def read(texts: pl.Series) -> pl.DataFrame:
        values = [parse(text) if text.strip() else None for text in texts]
        codes = [
            code if v is None and t.strip() else "" for t, v in zip(texts, values, strict=True)
        ]
        return _answer(texts, pl.Series(values, dtype=kind), pl.Series(codes, dtype=pl.String))

    return read


def _bool(text: str) -> bool | None:
    word = squeeze(text)
    return True if word in TRUE else False if word in FALSE else None


_DECIMAL = re.compile(r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?(?:e[-+]?\d{1,3})?")


def _number(scale: Fraction) -> Callable[[str], float | None]:
    """Reader of numbers in a unit that is ``scale`` of the column's; a cell's own % wins."""

    def read(text: str) -> float | None:
        plain = squeeze(text).replace("−", "-").replace("▲", "-")
        bare = plain.removesuffix("%")
        if not _DECIMAL.fullmatch(bare) or not any(char.isdigit() for char in bare):
            return None
        value = float(bare.replace(",", ""))
        if bare != plain:
            return value / 100
        return value * scale.numerator / scale.denominator

    return read


def _period(habits: period.Habits) -> Reader:
    def read(texts: pl.Series) -> pl.DataFrame:
        found = period.parse_series(texts, habits=habits)
        return _answer(texts, found["value"], found["code"])

    return read


def _integer(unit: units.Unit) -> Reader:
    def read(texts: pl.Series) -> pl.DataFrame:
        found = quantity.parse_series(texts, unit=unit)
        codes = found["code"].replace(
            {"E-QUANTITY": "E-INTEGER", "E-QUANTITY-FRACTION": "E-INTEGER"}
        )
        return _answer(texts, found["value"], codes)

    return read


def _firm(texts: pl.Series) -> pl.DataFrame:
    plain = texts.to_frame("t").select(uscc.normalise(pl.col("t")).alias("p"))
    values = plain.select(pl.when(pl.col("p") != "").then(pl.col("p"))).to_series()
    lost = plain.select(
        pl.when(pl.col("p").str.contains(uscc.SCIENTIFIC))
        .then(pl.lit(uscc.AS_NUMBER))
        .otherwise(pl.lit(""))
    ).to_series()
    return _answer(texts, values, lost)


def habits_of(table: Table, raw: RawTable) -> period.Habits:
    """Habits of periods: the mapping's year, else the one year that the sheet's title names."""
    kinds = {kind: kind for kind in period.KINDS}
    return period.Habits(
        year=table.year or period.year_in(raw.title),
        kind=kinds.get(table.period_kind or ""),  # pyright: ignore[reportArgumentType, reportCallIssue]
        serial=table.serial_dates,
    )


SHARE = units.Unit("share", "ppm", Fraction(1_000_000))
PLAIN = units.Unit("plain", "plain", Fraction(1))


def scale_of(column: Column, table: Table, raw: RawTable, heading: str) -> Fraction | None:
    """How many of the column's own unit one of the heading's unit is; None when of another kind.

    A unit line above the table counts where it is of the column's kind (万人 above 人口).
    """
    own = SHARE if column.unit == "share" else units.find(column.unit)
    stated = table.units.get(column.name, "") or next(
        (item.unit for item in raw.headings if item.name == heading), ""
    )
    written = units.find(stated)
    above = units.find(raw.unit)
    if written is None:
        same = own is not None and above is not None and above.base == own.base
        return above.factor / own.factor if same and own and above else Fraction(1)
    if own is None or own.base == written.base:
        return written.factor / (own or PLAIN).factor if own else written.factor
    return None


def _misfit(texts: pl.Series) -> pl.DataFrame:
    """Refuse every cell of a column whose heading has a unit of another kind."""
    filled = texts.str.strip_chars() != ""
    codes = pl.DataFrame({"f": filled}).select(
        pl.when("f").then(pl.lit("E-UNIT-COLUMN")).otherwise(pl.lit(""))
    )
    nothing = pl.Series([None] * len(texts), dtype=pl.Float64)
    return _answer(texts, nothing, codes.to_series())


def reader_of(column: Column, table: Table, raw: RawTable, heading: str = "") -> Reader:
    """Reader of a contract column (any type but quantity and unit) that stands under ``heading``."""
    if column.type == "enum":
        return _enum(column, table.values.get(column.name, {}))
    scale = Fraction(1)
    if column.type in ("integer", "number"):
        found = scale_of(column, table, raw, heading)
        if found is None:
            return _misfit
        scale = found
    if column.type == "integer":
        return _integer(units.Unit("", "plain", scale))
    simple: Mapping[str, Reader] = {
        "text": _text,
        "code": _code,
        "firm_id": _firm,
        "period": _period(habits_of(table, raw)),
        "date": _each(period.parse_date, pl.Date(), "E-DATE"),
        "bool": _each(_bool, pl.Boolean(), "E-BOOL"),
        "number": _each(_number(scale), pl.Float64(), "E-NUMBER"),
    }
    return simple[column.type]
