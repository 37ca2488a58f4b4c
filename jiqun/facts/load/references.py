"""What rows refer to: places, firms, industries and parents that must exist, and whose they are."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from jiqun.facts.contract import Contract
from jiqun.facts.load.convert import FOUND, RECORD
from jiqun.facts.values import uscc

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
    "firm_attribute": {"firm": FIRM},
    "list_coverage": {"place": PLACE},
    "parcel": {"place": PLACE, "holder": FIRM},
    "parcel_use": {"firm": FIRM},
    "parcel_deal": {"place": PLACE, "firm": FIRM},
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


def flag(
    frame: pl.DataFrame, test: pl.Expr, column: str, code: str, extra: pl.Expr | str = ""
) -> pl.DataFrame:
    """Problems of the rows where ``test`` holds."""
    said = pl.lit(extra) if isinstance(extra, str) else extra
    value = pl.col(column).cast(pl.String) if column in frame.columns else pl.lit("")
    return frame.filter(test.fill_null(value=False)).select(
        pl.col(RECORD), pl.lit(column).alias("column"), value.fill_null("").alias("value"),
        pl.lit(code).alias("code"), said.cast(pl.String).fill_null("").alias("extra"),
    )  # fmt: skip


def foreign(frame: pl.DataFrame, contract: Contract, known: Known) -> pl.DataFrame:
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
        parts.append(flag(frame, test.fill_null(value=True), names[0], "E-NOT-YOURS"))
    return pl.concat([pl.DataFrame(schema=FOUND), *(part.select(*FOUND) for part in parts)])


def _near(code: str, pool: np.ndarray) -> str:
    """The known code of the same length that differs in the fewest characters, at most two."""
    letters = pool.view(np.uint32).reshape(len(pool), -1)
    wanted = np.array([code], dtype=pool.dtype).view(np.uint32)
    differ = (letters != wanted).sum(axis=1)
    # Of several, the one whose characters are nearest: 1763 for 1764, not 1762.
    apart = np.abs(letters.astype(np.int64) - wanted.astype(np.int64)).sum(axis=1)
    best = int(np.lexsort((apart, differ))[0])
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
    return flag(frame, pl.col(column).is_in(wrong.implode()), column, code, extra)


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


def references(
    frame: pl.DataFrame, contract: Contract, known: Known, unchecked: list[str]
) -> list[pl.DataFrame]:
    """Codes of places, firms and industries that are not known; ``unchecked`` grows."""
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
        flag(frame.with_columns(codes.alias("_uscc")), pl.col("_uscc") == code, column, code)
        for code in codes.unique().sort()
        if code and code != uscc.AS_NUMBER
    ]
    return pl.concat([pl.DataFrame(schema=FOUND), *parts])


def firm_codes(frame: pl.DataFrame, contract: Contract) -> list[pl.DataFrame]:
    """Both check characters of the credit codes of a register of firms."""
    if contract.name != "firm":
        return []
    return [_credit_codes(frame.filter(pl.col("id_scheme") == "uscc"), "firm")]


def parents(frame: pl.DataFrame, contract: Contract, known: Known) -> list[pl.DataFrame]:
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
        flag(joined, missing, "parent", "E-PARENT-UNKNOWN"),
        flag(joined, pl.col("_up") >= pl.col("level"), "parent", "E-PARENT-LEVEL"),
    ]
