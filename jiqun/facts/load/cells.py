"""Readers of cells by column type: distinct texts → typed values, or the code of a problem."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import polars as pl

from jiqun.facts.contract import Column
from jiqun.facts.load.mapping import Table, nearest
from jiqun.facts.read.sheet import squeeze
from jiqun.facts.read.tables import RawTable
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


def _number(text: str) -> float | None:
    plain = squeeze(text).replace("−", "-").replace("▲", "-")
    percent = plain.endswith("%")
    try:
        value = float(plain.removesuffix("%").replace(",", ""))
    except ValueError:
        return None
    return value / 100 if percent else value


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


def reader_of(column: Column, table: Table, raw: RawTable) -> Reader:
    """Reader of a contract column (any type but quantity and unit)."""
    if column.type == "enum":
        return _enum(column, table.values.get(column.name, {}))
    if column.type == "integer":
        stated = units.find(table.units.get(column.name, "")) or units.find("plain")
        assert stated is not None  # noqa: S101  # the table of units has “plain”
        return _integer(stated)
    simple: Mapping[str, Reader] = {
        "text": _text,
        "code": _code,
        "firm_id": _firm,
        "period": _period(habits_of(table, raw)),
        "date": _each(period.parse_date, pl.Date(), "E-DATE"),
        "bool": _each(_bool, pl.Boolean(), "E-BOOL"),
        "number": _each(_number, pl.Float64(), "E-NUMBER"),
    }
    return simple[column.type]
