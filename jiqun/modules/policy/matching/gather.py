"""Facts about the firms of a place as the columns that a set of policies reads.

What the store does not have stays unknown. A list says "otherwise" of the firms that are not on it
only when its office has declared it complete (``list_coverage``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

import numpy as np
import polars as pl

from jiqun.core.factstore import rows
from jiqun.engine.rules.document.fields import Field
from jiqun.engine.rules.evaluation.columns import EPOCH, Column, parse_value
from jiqun.engine.rules.program.program import Program
from jiqun.facts.store.snapshot import Snapshot
from jiqun.facts.store.store import Store
from jiqun.modules.policy.matching.derived import DERIVED
from jiqun.modules.policy.matching.periods import parts_of, stored_period
from jiqun.rules.policies import origin

INDICATORS, ATTRIBUTES, COVERAGE = "firm_indicator", "firm_attribute", "list_coverage"
REGISTER = ("firm", "name", "place", "status", "scale", "founded", "source", "as_of")
Note = tuple[str, str]


class Reader(Protocol):
    """Reads firm-level rows with the right to them: an engine's purpose, or a firm's own."""

    def __call__(
        self, table: str, columns: Sequence[str], **equal: Any
    ) -> tuple[pl.DataFrame, Note | None]:
        """Return the rows, and what has to be said of those that were left out."""
        ...


@dataclass(frozen=True, slots=True)
class Gathered:
    """The firms in their order, their columns, and what has to be said of both."""

    firms: pl.DataFrame
    columns: Mapping[str, Column]
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that columns are made of: the register first, in the order of the firms."""

    firms: pl.DataFrame
    industries: pl.DataFrame
    indicators: pl.DataFrame
    attributes: pl.DataFrame
    coverage: pl.DataFrame
    event: date


def firms_of(facts: Store, at: Snapshot, place: str) -> pl.DataFrame:
    """Return the firms that the register places in a place or below it, by id; not those closed."""
    found = rows(facts, "firm", REGISTER, at)
    mine = found.filter(pl.col("place").str.starts_with(place) & (pl.col("status") != "closed"))
    return mine.sort("firm")


def gather(
    facts: Store, at: Snapshot, firms: pl.DataFrame, program: Program, *, event: date, read: Reader
) -> Gathered:
    """Make the columns that a program reads.

    Args:
        facts: the store.
        at: its state.
        firms: from :func:`firms_of`, or one firm of it.
        program: the compiled policies.
        event: the day that periods are counted from.
        read: reader of firm-level rows.
    """
    ids = firms["firm"].to_list()
    indicators, note_a = read(
        INDICATORS, ("firm", "indicator", "period", "value", "unit", "source", "as_of"), firm=ids
    )
    attributes, note_b = read(
        ATTRIBUTES,
        ("firm", "item", "period", "content", "valid_from", "valid_to", "source", "as_of"),
        firm=ids,
    )
    known = Facts(
        firms,
        _main_industries(facts, at, ids),
        indicators,
        attributes,
        rows(facts, COVERAGE, None, at) if facts.version(COVERAGE, at) >= 0 else pl.DataFrame(),
        event,
    )
    columns = dict(_columns(program, known))
    return Gathered(firms, columns, tuple(note for note in (note_a, note_b) if note))


def _main_industries(facts: Store, at: Snapshot, ids: list[str]) -> pl.DataFrame:
    columns = ["firm", "industry", "classification", "source", "as_of"]
    found = rows(facts, "firm_industry", columns, at, firm=ids, main=True)
    return found.filter(pl.col("classification").str.starts_with("gbt4754")).unique("firm")


def _columns(program: Program, known: Facts) -> Iterator[tuple[str, Column]]:
    for key, field in program.columns.items():
        if field is None:
            continue
        name, period = parts_of(key)
        wanted = stored_period(period, known.event) if period else ""
        for made in _makers(field, name):
            column = made(field, wanted, known)
            if column is not None:
                yield key, column
                break


def _makers(field: Field, name: str) -> list[Callable[[Field, str, Facts], Column | None]]:
    """The ways to a field, the office's own statement first."""
    table, column = origin(field)
    ways: list[Callable[[Field, str, Facts], Column | None]] = [_attribute]
    if name in DERIVED:
        ways.append(lambda field, _period, known: _derived(field, name, known))
    elif table == INDICATORS:
        ways.append(lambda field, period, known: _indicator(field, column, period, known))
    return ways


# ---- each way -------------------------------------------------------------------------------


def _column(
    field: Field, values: Sequence[int | None], *, source: str = "", as_of: str = ""
) -> Column | None:
    """A column from values in the order of the firms; None when none is known."""
    known = np.array([value is not None for value in values], np.bool_)
    if not known.any():
        return None
    plain = [value or 0 for value in values]
    if field.kind == "boolean":
        return Column(np.array(plain, np.bool_), known, source, as_of)
    return Column(np.array(plain, np.int64), known, source, as_of)


def _said(found: pl.DataFrame) -> tuple[str, str]:
    """Sources and the oldest day vouched for of some rows."""
    sources = "、".join(found["source"].drop_nulls().unique().sort())
    oldest = found["as_of"].drop_nulls().min()
    return sources, "" if oldest is None else str(oldest)


def _in_order(known: Facts, found: pl.DataFrame, value: str) -> list[Any]:
    """Values of one row per firm, in the order of the firms; None where there is no row."""
    return known.firms.select("firm").join(
        found.select("firm", value), on="firm", how="left", maintain_order="left"
    )[value].to_list()  # fmt: skip


def _indicator(field: Field, indicator: str, period: str, known: Facts) -> Column | None:
    mine = known.indicators.filter(
        (pl.col("indicator") == indicator) & pl.col("value").is_not_null()
    )
    mine = mine.filter(pl.col("unit") == field.unit) if field.unit else mine
    mine = mine.filter(pl.col("period") == period) if period else _newest(mine, known.event)
    if mine.is_empty():
        return None
    source, as_of = _said(mine)
    return _column(field, _in_order(known, mine, "value"), source=source, as_of=as_of)


def _newest(found: pl.DataFrame, event: date) -> pl.DataFrame:
    """Of each firm the row of the newest period that is not after the event."""
    past = found.filter(pl.col("period").str.slice(0, 4).cast(pl.Int32) <= event.year)
    return past.sort("period").unique("firm", keep="last")


def _attribute(field: Field, period: str, known: Facts) -> Column | None:
    mine = known.attributes.filter(pl.col("item").is_in([field.name, *field.synonyms]))
    mine = mine.filter(pl.col("period") == period) if period else _newest(mine, known.event)
    valid = mine.filter(
        (pl.col("valid_from").is_null() | (pl.col("valid_from") <= known.event))
        & (pl.col("valid_to").is_null() | (pl.col("valid_to") >= known.event))
    )
    cover = _coverage(field, period, known)
    if valid.is_empty() and cover.is_empty():
        return None
    read = {text: parse_value(text, field) for text in valid["content"].unique()}
    otherwise = parse_value(cover["otherwise"][0], field) if cover.height else None
    here = [
        read.get(text) if text is not None else None for text in _in_order(known, valid, "content")
    ]
    if cover.height:
        covered = _in_place(known, cover)
        # Somebody on the list whose entry cannot be read stays unknown: they are not off it.
        listed = set(valid["firm"])
        here = [
            otherwise if value is None and inside and firm not in listed else value
            for value, inside, firm in zip(here, covered, known.firms["firm"], strict=True)
        ]
    source, as_of = _said(pl.concat([one.select("source", "as_of") for one in (valid, cover)]))
    return _column(field, here, source=source, as_of=as_of)


def _coverage(field: Field, period: str, known: Facts) -> pl.DataFrame:
    if known.coverage.is_empty():
        return pl.DataFrame({"otherwise": [], "place": [], "source": [], "as_of": []}, schema={
            "otherwise": pl.String, "place": pl.String, "source": pl.String, "as_of": pl.Date})  # fmt: skip
    mine = known.coverage.filter(pl.col("item").is_in([field.name, *field.synonyms]))
    year = str(known.event.year)
    if period:
        return mine.filter(pl.col("period") == period)
    past = mine.filter(pl.col("period").str.slice(0, 4) <= year).sort("period")
    return past.unique("place", keep="last")


def _in_place(known: Facts, cover: pl.DataFrame) -> list[bool]:
    places = tuple(cover["place"])
    return [str(place or "").startswith(places) for place in known.firms["place"]]


def _derived(field: Field, name: str, known: Facts) -> Column | None:
    made = DERIVED[name]
    found = known.firms.join(
        known.industries.select("firm", "industry"), on="firm", how="left", maintain_order="left"
    )
    values: list[int | None] = []
    for row in found.iter_rows(named=True):
        value = made(row, known.event)
        if isinstance(value, date):
            values.append(value.toordinal() - EPOCH)
        else:
            values.append(value if isinstance(value, int | None) else parse_value(value, field))
    source, as_of = _said(known.industries if "industry" in made.__name__ else known.firms)
    return _column(field, values, source=source, as_of=as_of)
