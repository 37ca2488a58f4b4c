"""A typed table against its contract: every problem of every row, at once, vectorised.

What passes is a fact; what does not is quarantined whole, with the original text and a remedy.
Rows whose values repeat another row's are duplicates; rows that contradict each other on one key
are all quarantined, because none of them can be preferred.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from jiqun.facts.contract import BASIS, OPEN_GRADES, Column, Contract
from jiqun.facts.load.convert import FOUND, RECORD
from jiqun.facts.load.headings import UNIT
from jiqun.facts.read.raw import REFUSED, ROW, TOTAL, WIDE
from jiqun.facts.values import period, units, uscc

COMPARED = 2_000  # known codes of any length compared with a wrong one
CLOSE = 2  # characters in which a code of the same length may differ to be offered
OFFERED = 100  # distinct wrong codes for which the nearest right one is looked up
# Columns that must name something known: contract → {column: kind}.
PLACE, FIRM, INDUSTRY = "place", "firm", "industry"
REFERENCES: Mapping[str, Mapping[str, str]] = {
    "industry_cell": {"place": PLACE, "industry": INDUSTRY},
    "firm": {"place": PLACE},
    "firm_industry": {"firm": FIRM, "industry": INDUSTRY},
    "firm_indicator": {"firm": FIRM},
    "trade_link": {"seller": FIRM, "buyer": FIRM},
    "input_output": {"place": PLACE, "row": INDUSTRY, "column": INDUSTRY},
    "chain_record": {"place": PLACE, "industry": INDUSTRY},
    "concordance": {"from_code": INDUSTRY, "to_code": INDUSTRY},
}
# Whose classification governs a code column, where it is not “classification”.
CLASSIFIED_BY = {"from_code": "from_classification", "to_code": "to_classification"}
# Code columns that are industry codes only for some kinds of rows.
ONLY_SECTORS = {"row": "row_kind", "column": "column_kind"}


@dataclass(slots=True)
class Known:
    """Codes that earlier tables have brought: what later ones may refer to.

    ``own_firms`` and ``own_places`` are those of which the sender may bring rows; None for any.
    """

    places: set[str] = field(default_factory=set)
    firms: set[str] = field(default_factory=set)
    industries: dict[str, set[str]] = field(default_factory=dict)
    own_firms: frozenset[str] | None = None
    own_places: frozenset[str] | None = None

    def learn(self, contract: str, frame: pl.DataFrame) -> None:
        """Take in accepted rows of place, firm and industry."""
        if contract == "place":
            self.places |= {*frame["place"]}
        if contract == "firm":
            self.firms |= {*frame["firm"]}
        if contract == "industry":
            for (name,), group in frame.group_by("classification"):
                self.industries.setdefault(str(name), set()).update(group["code"])


@dataclass(frozen=True, slots=True)
class Checked:
    """Result: rows to store, problems per record (all of them), rows that repeat another."""

    accepted: pl.DataFrame
    found: pl.DataFrame
    duplicate: int
    unchecked: tuple[str, ...] = ()
    mixed: str = ""


def _flag(
    frame: pl.DataFrame, test: pl.Expr, column: str, code: str, extra: pl.Expr | str = ""
) -> pl.DataFrame:
    """Problems of the rows where ``test`` holds."""
    said = pl.lit(extra) if isinstance(extra, str) else extra
    value = pl.col(column).cast(pl.String) if column in frame.columns else pl.lit("")
    return frame.filter(test.fill_null(value=False)).select(
        pl.col(RECORD), pl.lit(column).alias("column"), value.fill_null("").alias("value"),
        pl.lit(code).alias("code"), said.cast(pl.String).fill_null("").alias("extra"),
    )  # fmt: skip


def _whole_rows(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows refused as a whole: second tables, hidden rows, totals, overlong rows."""
    code = (
        pl.when(pl.col(REFUSED) != "").then(pl.col(REFUSED))
        .when(TOTAL).then(pl.lit("I-TOTAL-ROW"))
        .when(WIDE).then(pl.lit("E-ROW-WIDTH"))
        .otherwise(pl.lit(""))
    )  # fmt: skip
    said = frame.select(RECORD, code.alias("code")).filter(pl.col("code") != "")
    empty = [pl.lit("").alias(name) for name in ("column", "value", "extra")]
    return said.with_columns(empty).select(*FOUND)


def _required(frame: pl.DataFrame, contract: Contract, bad: pl.DataFrame) -> list[pl.DataFrame]:
    """Empty required columns, unless the cell already has a problem that says why."""
    parts: list[pl.DataFrame] = []
    for column in contract.columns:
        # An empty value is explained by its kind of missing, a basis by its own rule.
        if not column.required or column.type == "quantity" or column.name == BASIS:
            continue
        if not frame[column.name].null_count():
            continue
        about_it = ["unit", "value"] if column.type == "unit" else [column.name]
        known = bad.filter(pl.col("column").is_in(about_it)).select(RECORD)
        empty = frame.filter(pl.col(column.name).is_null()).join(known, on=RECORD, how="anti")
        kind = column.name in ONLY_SECTORS.values()
        about = column.name.removesuffix("_kind") if kind else column.name
        code = "E-IO-KIND" if kind else "E-REQUIRED"
        parts.append(_flag(empty, pl.lit(value=True), about, code, column.zh))
    return parts


def _range(frame: pl.DataFrame, contract: Contract) -> list[pl.DataFrame]:
    parts: list[pl.DataFrame] = []
    for column in contract.columns:
        low, high = column.min, column.max
        test = pl.lit(value=False)
        if low is not None:
            test = test | ((pl.col(column.name) < low) & ~_may_be_negative(contract, column))
        if high is not None:
            test = test | (pl.col(column.name) > high)
        if low is not None or high is not None:
            extra = f"{'' if low is None else f'{low:g}'} … {'' if high is None else f'{high:g}'}"
            parts.append(_flag(frame, test, column.name, "E-RANGE", extra.strip()))
    return parts


def _may_be_negative(contract: Contract, column: Column) -> pl.Expr:
    if column.type == "quantity" and contract.negative_allowed and "measure" in contract.names:
        names = [name for name, allowed in contract.negative_allowed.items() if allowed]
        return pl.col("measure").is_in(names)
    return pl.lit(value=False)


def _foreign(frame: pl.DataFrame, contract: Contract, known: Known) -> pl.DataFrame:
    """Rows of firms or places that are not the sender's.

    They are told apart by the sender's own list alone, so that the answer is the same whether
    such a firm exists or not.
    """
    firms = [column.name for column in contract.columns if column.type == "firm_id"]
    places = [name for name in ("place",) if name in contract.names]
    parts: list[pl.DataFrame] = []
    for names, own in ((firms, known.own_firms), (places, known.own_places)):
        if not names or own is None:
            continue
        mine = pl.Series([*own], dtype=pl.String).implode()
        test = ~pl.any_horizontal(pl.col(name).is_in(mine) for name in names)
        parts.append(_flag(frame, test.fill_null(value=True), names[0], "E-NOT-YOURS"))
    return pl.concat([pl.DataFrame(schema=FOUND), *(part.select(*FOUND) for part in parts)])


def _basis(frame: pl.DataFrame, contract: Contract) -> list[pl.DataFrame]:
    """Rows that say something about a firm or person without a lawful basis."""
    if BASIS not in contract.names:
        return []
    graded = [n for n, grade in contract.column_grades.items() if grade not in OPEN_GRADES]
    said = [name for name in graded if name != BASIS and name not in contract.key]
    told = pl.any_horizontal(pl.col(name).is_not_null() for name in said or contract.key)
    every = contract.grade not in OPEN_GRADES
    return [_flag(frame, pl.col(BASIS).is_null() & (pl.lit(every) | told), BASIS, "E-BASIS")]


def _measure_units(frame: pl.DataFrame, contract: Contract) -> list[pl.DataFrame]:
    """A measure in a unit of another kind (employment in yuan)."""
    if "measure" not in contract.names or "unit" not in contract.names:
        return []
    parts: list[pl.DataFrame] = []
    for measure, bases in units.MEASURE_UNITS.items():
        wrong = (
            (pl.col("measure") == measure) & (pl.col("unit") != "") & ~pl.col("unit").is_in(bases)
        )
        found = _flag(frame, wrong, "unit", "E-UNIT-MEASURE", f"{measure}: {'、'.join(bases)}")
        # Quoted as it was written (万吨), not as the base unit that it was read as (kg).
        written = found.select(RECORD).join(frame.select(RECORD, UNIT), on=RECORD, how="left")
        parts.append(found.with_columns(written[UNIT].fill_null("").alias("value")))
    return parts


def _near(code: str, pool: np.ndarray) -> str:
    """The known code of the same length that differs in the fewest characters, at most two."""
    letters = pool.view(np.uint32).reshape(len(pool), -1)
    wanted = np.array([code], dtype=pool.dtype).view(np.uint32)
    differ = (letters != wanted).sum(axis=1)
    best = int(differ.argmin())
    return str(pool[best]) if differ[best] <= min(CLOSE, len(code) // 2) else ""


def _offer(codes: Sequence[str], known: Collection[str]) -> dict[str, str]:
    """Nearest known code of each wrong one: a lost leading zero, the same length, then any."""
    pool = sorted(known)
    by_length: dict[int, np.ndarray] = {}
    offers: dict[str, str] = {}
    for code in codes[:OFFERED]:
        padded = (code.zfill(width) for width in range(len(code) + 1, len(code) + 4))
        offer = next((item for item in padded if item in known), "")
        if not offer and code:
            if len(code) not in by_length:
                by_length[len(code)] = np.array([i for i in pool if len(i) == len(code)], dtype=str)
            same = by_length[len(code)]
            offer = _near(code, same) if len(same) else ""
        if not offer:
            offer = next(iter(difflib.get_close_matches(code, pool[:COMPARED], n=1)), "")
        offers[code] = offer
    return offers


def _unknown(
    frame: pl.DataFrame, column: str, known: Collection[str], code: str, where: str
) -> pl.DataFrame:
    values = frame[column].drop_nulls().unique()
    wrong = values.filter(~values.is_in(pl.Series([*known], dtype=pl.String).implode()))
    if not len(wrong):
        return pl.DataFrame(schema=FOUND)
    offers = _offer(wrong.sort().to_list(), known)
    said = {item: f"{where} ≈ {offer}" if offer else where for item, offer in offers.items()}
    extra = pl.col(column).replace_strict(said, default=where, return_dtype=pl.String)
    return _flag(frame, pl.col(column).is_in(wrong.implode()), column, code, extra)


def _industries(
    frame: pl.DataFrame, column: str, known: Known, unchecked: list[str]
) -> list[pl.DataFrame]:
    by = CLASSIFIED_BY.get(column, "classification")
    kind = ONLY_SECTORS.get(column)
    sectors = frame.filter(pl.col(kind) == "sector") if kind else frame
    parts: list[pl.DataFrame] = []
    for name in sectors[by].drop_nulls().unique().sort():
        codes = known.industries.get(name)
        if codes is None:
            unchecked.append(f"{column} ∈ {name}")
            continue
        group = sectors.filter(pl.col(by) == name)
        parts.append(_unknown(group, column, codes, "E-CODE-UNKNOWN", name))
    return parts


def _references(
    frame: pl.DataFrame, contract: Contract, known: Known, unchecked: list[str]
) -> list[pl.DataFrame]:
    parts: list[pl.DataFrame] = []
    for column, kind in REFERENCES.get(contract.name, {}).items():
        if kind == INDUSTRY:
            parts += _industries(frame, column, known, unchecked)
            continue
        codes = known.places if kind == PLACE else known.firms
        if codes:
            parts.append(_unknown(frame, column, codes, f"E-{kind.upper()}-UNKNOWN", ""))
        elif kind == FIRM:
            parts.append(_credit_codes(frame, column))
        else:
            unchecked.append(column)
    return parts


def _credit_codes(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    """Both check characters; each kind of failure has its own code."""
    codes = uscc.check(frame[column])
    parts = [
        _flag(frame.with_columns(codes.alias("_uscc")), pl.col("_uscc") == code, column, code)
        for code in codes.unique().sort()
        if code and code != uscc.AS_NUMBER
    ]
    return pl.concat([pl.DataFrame(schema=FOUND), *parts])


def _firm_codes(frame: pl.DataFrame, contract: Contract) -> list[pl.DataFrame]:
    if contract.name != "firm":
        return []
    return [_credit_codes(frame.filter(pl.col("id_scheme") == "uscc"), "firm")]


def _parents(frame: pl.DataFrame, contract: Contract, known: Known) -> list[pl.DataFrame]:
    """A parent that is not in the classification, or is not above its child."""
    if contract.name != "industry":
        return []
    here = frame.select(
        "classification", pl.col("code").alias("parent"), pl.col("level").alias("_up")
    )
    here = here.drop_nulls().unique(["classification", "parent"])
    joined = frame.filter(pl.col("parent").is_not_null()).join(
        here, on=["classification", "parent"], how="left", maintain_order="left"
    )
    earlier = pl.lit(value=False)
    for name, codes in known.industries.items():
        member = pl.col("parent").is_in(pl.Series([*codes], dtype=pl.String).implode())
        earlier = earlier | ((pl.col("classification") == name) & member)
    missing = pl.col("_up").is_null() & ~earlier
    return [
        _flag(joined, missing, "parent", "E-PARENT-UNKNOWN"),
        _flag(joined, pl.col("_up") >= pl.col("level"), "parent", "E-PARENT-LEVEL"),
    ]


def _varying(frame: pl.DataFrame, names: Sequence[str]) -> list[str]:
    """Columns that differ at all (a constant cannot distinguish keys)."""
    ends = frame.head(1).vstack(frame.tail(1)) if frame.height else frame
    differ = [n for n in names if ends[n].n_unique() > 1]
    rest = [n for n in names if n not in differ and frame[n].n_unique() > 1]
    return [n for n in names if n in differ or n in rest]


def _duplicates(frame: pl.DataFrame, contract: Contract) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Split off repeated rows.

    Returns:
        (rows kept, problems of rows that contradict each other). Rows dropped are duplicates.
    """
    none = pl.DataFrame(schema=FOUND)
    key = _varying(frame, contract.key) or list(contract.key[:1])
    doubled = frame.select(key).is_duplicated() if frame.height else None
    if doubled is None or not doubled.any():
        return frame, none
    single, several = frame.filter(~doubled), frame.filter(doubled)
    several = several.unique([*contract.names], keep="first", maintain_order=True)
    clash = several.select(key).is_duplicated()
    kept = pl.concat([single, several.filter(~clash)])
    clashing = several.filter(clash)
    if not clashing.height:
        return kept.sort(RECORD), none
    rows = pl.col(ROW).unique(maintain_order=True).head(6).cast(pl.String)
    others = clashing.group_by(key, maintain_order=True).agg(rows.str.join("、").alias("_rows"))
    joined = clashing.join(others, on=key, how="left", maintain_order="left", nulls_equal=True)
    named = joined.with_columns(
        pl.concat_str([pl.col(name).cast(pl.String) for name in key], separator=" · ").alias("key")
    )
    found = _flag(named, pl.lit(value=True), "key", "E-DUPLICATE-KEY", pl.col("_rows"))
    return kept.sort(RECORD), found


def _mixed(frame: pl.DataFrame, contract: Contract) -> str:
    """Kinds of period in one table, when there are several: legal, but worth a look."""
    if "period" not in contract.names:
        return ""
    unique = frame["period"].drop_nulls().unique()
    found = sorted({*period.kinds(unique)}) if len(unique) else []
    return "、".join(found) if len(found) > 1 else ""


def check(frame: pl.DataFrame, found: pl.DataFrame, contract: Contract, known: Known) -> Checked:
    """Check typed rows.

    Args:
        frame: from :func:`jiqun.facts.load.convert.convert`, with its working columns.
        found: problems of cells that could not be read.
        contract: what the rows must satisfy.
        known: codes of places, firms and industries loaded before.

    Returns:
        Checked. ``accepted`` has the contract's columns and ``_row``; a record with any problem
        is not in it.
    """
    indexed = frame.with_row_index(RECORD)
    unchecked: list[str] = []
    # A row that is no data of this table has that one problem; its cells mean nothing.
    whole = _whole_rows(indexed)
    body = indexed.join(whole.select(RECORD), on=RECORD, how="anti", maintain_order="left")
    cells = found.join(whole.select(RECORD), on=RECORD, how="anti")
    parts = [whole, cells, *_required(body, contract, cells), *_range(body, contract)]
    parts += _measure_units(body, contract)
    parts += _firm_codes(body, contract)
    parts += _basis(body, contract)
    foreign = _foreign(body, contract, known)
    own = body.join(foreign.select(RECORD), on=RECORD, how="anti", maintain_order="left")
    parts += [foreign, *_references(own, contract, known, unchecked)]
    parts += _parents(body, contract, known)
    problems = pl.concat([part.select(*FOUND) for part in parts])
    clean = body.join(
        problems.select(RECORD).unique(), on=RECORD, how="anti", maintain_order="left"
    )
    kept, clashes = _duplicates(clean, contract)
    problems = pl.concat([problems, clashes.select(*FOUND)])
    duplicate = clean.height - kept.height - clashes[RECORD].n_unique()
    return Checked(
        accepted=kept.select(*contract.names, ROW),
        found=problems,
        duplicate=duplicate,
        unchecked=tuple(dict.fromkeys(unchecked)),
        mixed=_mixed(kept, contract),
    )
