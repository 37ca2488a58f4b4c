"""The rows under the headings: notes, signatures, totals, ditto marks, second tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from jiqun.facts.read import encoding as enc
from jiqun.facts.read.raw import REFUSED, ROW, TOTAL, WIDE, Options, RawTable
from jiqun.facts.read.sheet import NOTE, SIGNATURE, TOTALS, Layout, squeeze

# Written instead of repeating the cell above.
DITTO = ("同上", "〃", "″", "〞", "同前", "ditto")
HIDDEN_ROW, SECOND, AGAIN, PART = (
    "E-ROW-HIDDEN", "E-SECOND-TABLE", "I-HEADING-AGAIN", "I-PART-ROW",
)  # fmt: skip
# 全县合计, 轻工业小计, 一、合计: a word for a sum after a scope or a number, never after a term of
# its own (增加值合计 of an input–output table is data).
_TOTAL_END = (
    r"^(?:全[县市区省国镇乡]|本[县市区]|[一二三四五六七八九十]+、|[轻重]?工业|规上工业|规模以上(?:工业)?)"
    r"(?:合计|总计|小计|共计)数?$"
)
_PART_ROW = r"^其中(?:[:：]|$)|^其中[:：]?.{0,12}$"
_NUMERIC = r"^[-+−▲△(（]?[\d０-９][\d０-９,，.．]*[%％)）]?$"
_MARK = r"^(?:[-—–―─/…*.\s]+|[xXDS]|N/?A|保密|不公开|无数据)$"


def _text(name: str) -> pl.Expr:
    return pl.col(name).str.strip_chars().fill_null("")


def _squeezed(name: str) -> pl.Expr:
    return pl.col(name).str.replace_all(r"[\s\u3000:：]", "").str.to_lowercase().fill_null("")


def _total(names: Sequence[str]) -> pl.Expr:
    """Is one of the first three cells a word for a sum (合计, 全县合计, 工业小计)?"""
    cells = [_squeezed(name) for name in names[:3]]
    tests = [cell.is_in(TOTALS) | cell.str.contains(_TOTAL_END) for cell in cells]
    return pl.any_horizontal(tests).fill_null(value=False)


def _without_notes(frame: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """Drop empty rows, lines of notes and lines of signatures; :func:`notes` keeps their text."""
    filled = pl.sum_horizontal((_text(name) != "").cast(pl.Int32) for name in names)
    first = pl.coalesce(pl.when(_text(name) != "").then(_text(name)) for name in names)
    note = first.str.contains(f"(?i){NOTE.pattern}") & (filled == 1)
    signed = first.str.contains(SIGNATURE.pattern)
    said = (note | signed).fill_null(value=False)
    return frame.filter((filled > 0) & ~said)


def notes(frame: pl.DataFrame, names: Sequence[str]) -> tuple[str, ...]:
    """Texts of the notes and signatures of a sheet, the first twenty."""
    first = pl.coalesce(pl.when(_text(name) != "").then(_text(name)) for name in names)
    said = first.str.contains(f"(?i){NOTE.pattern}") | first.str.contains(SIGNATURE.pattern)
    return tuple(frame.filter(said.fill_null(value=False)).select(first).to_series().head(20))


def _ditto(frame: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """Write out 同上 from the cell above; under a totals row it stays, and is refused later."""
    for name in names:
        cell = _text(name)
        if not frame.select(cell.is_in(DITTO).any()).item():
            continue
        above = pl.when(pl.col(TOTAL)).then(pl.lit(DITTO[0])).otherwise(pl.col(name).fill_null(""))
        source = pl.when(cell.is_in(DITTO)).then(None).otherwise(above).forward_fill()
        written = pl.when(source == "").then(pl.lit(DITTO[0])).otherwise(source)
        frame = frame.with_columns(
            pl.when(cell.is_in(DITTO)).then(written.fill_null(DITTO[0])).otherwise(pl.col(name))
            .alias(name)
        )  # fmt: skip
    return frame


def _heading_like(frame: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """Rows that are headings: which repeat this table's own, and which begin another table.

    A row is one when every filled cell is text and either a cell is its own column's heading, or
    there is text in the columns that otherwise hold numbers (two of them, or one under a title).
    """
    names = [item.name for item in layout.headings]
    filled = [_text(name) != "" for name in names]
    count = pl.sum_horizontal(one.cast(pl.Int32) for one in filled)
    numeric = {name: pl.col(name).str.contains(_NUMERIC).fill_null(value=False) for name in names}
    shares = frame.select(
        (numeric[name].sum() / (_text(name) != "").sum()).alias(name) for name in names
    )
    figures = [name for name in names if (shares[name][0] or 0) >= 0.6]
    texts = frame.with_columns(count.alias("_count")).filter(
        (pl.col("_count") >= 2) & ~pl.any_horizontal(numeric.values())
    )
    own = {item.name: {squeeze(item.name), squeeze(item.clean)} for item in layout.headings}
    same = pl.sum_horizontal(
        _squeezed(name)
        .str.normalize("NFKC")
        .is_in([*words, *(word.split("/")[-1] for word in words)])
        .cast(pl.Int32)
        for name, words in own.items()
    )
    words = pl.sum_horizontal(
        [((_text(n) != "") & ~_text(n).str.contains(_MARK) & ~_text(n).str.contains(r"\d"))
         .cast(pl.Int32) for n in figures] or [pl.lit(0)]
    )  # fmt: skip
    titled = frame.filter(count == 1).select(ROW).to_series()
    under = (pl.col(ROW) - 1).is_in(titled.implode())
    like = (same >= 1) | ((words >= 2) & (words >= len(figures))) | ((words >= 1) & under)
    found = texts.with_columns(same.alias("_same")).filter(like)
    return found.select(ROW, (pl.col("_same") == pl.col("_count")).alias("again"))


def _refused(frame: pl.DataFrame, layout: Layout, hidden: Sequence[int]) -> pl.DataFrame:
    """Mark rows that are no data of this table, with the code that says why."""
    like = _heading_like(frame, layout)
    again = like.filter("again")[ROW]
    second = like.filter(~pl.col("again"))[ROW].min()
    part = pl.any_horizontal(
        [pl.col(i.name).str.strip_chars().str.contains(_PART_ROW) for i in layout.headings[:3]]
    ).fill_null(value=False)
    code = (
        pl.when(pl.col(ROW).is_in(list(hidden))).then(pl.lit(HIDDEN_ROW))
        .when(pl.col(ROW).is_in(again.implode())).then(pl.lit(AGAIN))
        .when(part & ~pl.col(TOTAL)).then(pl.lit(PART))
        .otherwise(pl.lit(""))
    )  # fmt: skip
    if second is not None:
        # The title of that table is part of it.
        filled = pl.sum_horizontal((_text(i.name) != "").cast(pl.Int32) for i in layout.headings)
        above = frame.filter(pl.col(ROW) < second).tail(1).select(ROW, filled.alias("n"))
        if above.height and above["n"][0] == 1:
            second = above[ROW][0]
        code = pl.when(pl.col(ROW) >= second).then(pl.lit(SECOND)).otherwise(code)
    return frame.with_columns(code.alias(REFUSED))


def _without_overflow(body: pl.DataFrame, layout: Layout) -> tuple[pl.DataFrame, Layout]:
    """Cells right of the last heading: a column if most rows have them, else overlong rows."""
    headings = list(layout.headings)
    while headings and not headings[-1].clean:
        cells = pl.col(headings[-1].name).str.strip_chars().fill_null("") != ""
        if body.select(cells.sum()).item() * 2 > body.height:
            break
        body = body.with_columns(pl.col(WIDE) | cells).drop(headings.pop().name)
    return body, replace(layout, headings=tuple(headings))


def finish(
    body: pl.DataFrame,
    layout: Layout,
    options: Options,
    *,
    file: str,
    sheet: str = "",
    decoded: enc.Decoded | None = None,
    hidden: Sequence[int] = (),
) -> RawTable:
    """Judge the rows under the headings and return the table.

    Args:
        body: text cells by heading, with ``_row`` and ``_wide``.
        layout: what the sheet says about itself.
        options: what is stated about the file.
        file: its name.
        sheet: name of the sheet.
        decoded: text and encoding, of a text file.
        hidden: numbers of the rows that the spreadsheet hides.
    """
    body, layout = _without_overflow(body, layout)
    names = [item.name for item in layout.headings]
    said = notes(body, names)
    frame = _without_notes(body, names)
    if options.fill_down:
        frame = frame.with_columns(
            pl.when(_text(name) != "").then(pl.col(name)).forward_fill()
            for name in options.fill_down
            if name in names
        )
    total = _total(names) if options.totals else pl.lit(value=False)
    frame = _ditto(frame.with_columns(total.alias(TOTAL)), names)
    frame = _refused(frame, layout, () if options.hidden else hidden)
    return RawTable(
        file=file, frame=frame, headings=layout.headings, sheet=sheet, unit=layout.unit,
        title=layout.title, notes=layout.notes + said, lines=layout.lines,
        encoding=decoded.encoding if decoded else "", preview=decoded.preview if decoded else (),
    )  # fmt: skip
