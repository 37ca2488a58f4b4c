"""What a load tells: counts per table, problems in words, and the quarantine with originals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from jiqun.errors import Problem
from jiqun.facts import messages
from jiqun.facts.contract import Contract
from jiqun.facts.load.convert import RECORD
from jiqun.facts.load.headings import HEADING, SRC
from jiqun.facts.load.quality import Checked
from jiqun.facts.load.records import Records
from jiqun.facts.read.raw import ROW, RawTable

SHOWN = 200  # row problems listed per table; all of them are in the quarantine


@dataclass(frozen=True, slots=True)
class TableReport:
    """What became of one table. Counts are records (facts to be); ``rows`` are rows of the file."""

    file: str
    contract: str
    source: str
    sheet: str = ""
    encoding: str = ""
    preview: tuple[str, ...] = ()
    rows: int = 0
    received: int = 0
    accepted: int = 0
    quarantined: int = 0
    duplicate: int = 0
    blank: int = 0
    filtered: int = 0
    repeated: bool = False
    codes: Mapping[str, int] | None = None
    problems: tuple[Problem, ...] = ()
    seconds: float = 0.0
    batch: str = ""

    @property
    def failed(self) -> bool:
        """True when nothing of the table could be used."""
        return bool(self.problems) and not self.received


@dataclass(frozen=True, slots=True)
class LoadReport:
    """The report of a folder."""

    county: str
    tables: tuple[TableReport, ...]
    seconds: float

    @property
    def problems(self) -> list[Problem]:
        """Listed problems of every table."""
        return [problem for table in self.tables for problem in table.problems]

    def total(self, name: str) -> int:
        """Sum of one count (“received”, “accepted”…) over the tables."""
        return sum(int(getattr(table, name)) for table in self.tables)


def warnings(raw: RawTable, made: Records, checked: Checked, said: str) -> tuple[Problem, ...]:
    """Problems of the table as a whole: unused columns, unchecked codes, mixed periods, balance."""
    about = [("W-CODE-UNCHECKED", item, "") for item in checked.unchecked]
    about += [("W-PERIOD-MIXED", checked.mixed, "")] if checked.mixed else []
    about += [("E-IO-UNBALANCED", "", said)] if said else []
    unread = [*raw.others, *raw.aside]
    about += [("W-SHEET-UNREAD", "、".join(unread), raw.sheet)] if unread else []
    found = [
        messages.problem(code, file=raw.file, sheet=raw.sheet, value=value, extra=extra)
        for code, value, extra in about
    ]
    return (*made.problems, *found)


def _originals(named: pl.DataFrame, raw: RawTable, made: Records) -> pl.DataFrame:
    """Show each problem's cell as the file has it, not as it was cleaned or converted.

    An item of a split list is shown itself; a column that is no heading (a key) keeps its text.
    """
    split = [made.headings.get(name, "") for name in made.split]
    headings = [h for h in named["column"].unique() if h in raw.frame.columns and h not in split]
    value = pl.col("value")
    for heading in headings:
        cells = raw.frame[heading].cast(pl.String).gather(named[SRC]).fill_null("")
        value = pl.when(pl.col("column") == heading).then(cells).otherwise(value)
    return named.with_columns(value.alias("value"))


def listed(
    frame: pl.DataFrame, found: pl.DataFrame, raw: RawTable, made: Records, spec: Contract
) -> pl.DataFrame:
    """Every problem of every cell in words, in the order of the records.

    Returns:
        ``_record``, ``_row``, ``_src`` (position of the row in ``raw``), column (heading as the
        person sees it), value (original text), code, and the four texts.
    """
    labels = {c.name: made.headings.get(c.name) or c.zh for c in spec.columns}
    position = frame.select(ROW, SRC, HEADING).with_row_index(RECORD)
    named = found.join(position, on=RECORD, how="left", maintain_order="left")
    own = pl.col("column").replace_strict(labels, default=pl.col("column"), return_dtype=pl.String)
    heading = pl.when((pl.col("column") == "value") & (pl.col(HEADING).fill_null("") != ""))
    named = named.with_columns(heading.then(pl.col(HEADING)).otherwise(own).alias("column"))
    rendered = messages.render(_originals(named, raw, made))
    return rendered.select(RECORD, ROW, SRC, "column", "value", "code", *messages.PARTS)


def quarantine(rendered: pl.DataFrame, raw: RawTable, spec: Contract) -> pl.DataFrame:
    """One row per refused record: its first problem, every message, and the whole original row."""
    texts = [pl.col(part).unique(maintain_order=True).str.join(" ") for part in messages.PARTS]
    first = [pl.col(name).first() for name in (ROW, SRC, "column", "value", "code")]
    grouped = rendered.group_by(RECORD, maintain_order=True).agg(*first, *texts).sort(RECORD)
    names = [item.name for item in raw.headings]
    rows = raw.frame.select(names)[grouped[SRC].cast(pl.Int64)]
    lines = rows.select(pl.struct(names).struct.json_encode().alias("record"))["record"]
    return grouped.select(
        pl.lit(spec.name).alias("contract"), pl.lit(raw.file).alias("file"),
        pl.lit(raw.sheet).alias("sheet"), pl.col(ROW).alias("row"), "column", "value", "code",
        *messages.PARTS,
    ).with_columns(lines.alias("record"))  # fmt: skip


def examples(held: pl.DataFrame) -> tuple[Problem, ...]:
    """The first problems of each code, so that one flood does not hide another kind."""
    # A row of a wide table is several records; what is wrong with the row or one cell is said once.
    once = held.unique(["row", "code", "column", "value"], keep="first", maintain_order=True)
    shown = once.group_by("code", maintain_order=True).head(
        max(SHOWN // max(once["code"].n_unique(), 1), 5)
    )
    names = ("code", *messages.PARTS, "file", "sheet", "row", "column", "value")
    rows = shown.with_columns(pl.col("column", "value").fill_null("")).sort("row").select(names)
    return tuple(Problem(*row) for row in rows.iter_rows())
