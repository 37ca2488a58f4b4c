"""What pages show of tables of aggregates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from jiqun.core.access import Viewer
from jiqun.core.factstore import own_rows, rows
from jiqun.core.models.publication import PublishedTable
from jiqun.core.publication.audits import cell_words, code_words
from jiqun.core.publication.data import CHOICES, INDICATORS, SHORT
from jiqun.core.tabular import Field, pick
from jiqun.core.tabular.fields import FieldType
from jiqun.core.units import COUNTS
from jiqun.errors import JiqunError, Kind
from jiqun.facts.store.store import Store

Row = dict[str, Any]
STATUS = {"published": ("已公布", "published"), "withheld": ("未披露", "not disclosed")}
OFFICIAL = {
    "published": ("公布", "published"),
    "primary": ("主保密", "primary"),
    "secondary": ("次保密", "secondary"),
}
FEN = "CNY_fen"


def visible_table(viewer: Viewer, key: str) -> PublishedTable:
    """Return one table that the viewer may open; ``E-PUBLICATION-UNKNOWN`` otherwise."""
    found = PublishedTable.objects.visible_to(viewer).filter(key=key).first()
    if found is None:
        raise JiqunError(
            "E-PUBLICATION-UNKNOWN",
            f"没有编号为 {key} 的汇总表",
            f"there is no table of aggregates {key}",
            hint_zh="它可能已被撤回，或不属于您的地方。",
            hint_en="It may have been withdrawn, or belong to another place.",
            kind=Kind.NOT_FOUND,
        )
    return found


def value_field(table: PublishedTable, name: str, zh: str, en: str) -> Field:
    """A column in the table's unit: money in 万元, anything else as it is."""
    kind: FieldType = "money_wan" if table.unit == FEN else "integer"
    unit = "" if table.unit == FEN else COUNTS.get(table.unit, (table.unit, ""))[0]
    return Field(name, zh, en, kind, unit, decimals=0)


def fields_of(table: PublishedTable) -> list[Field]:
    """Columns of the table: its dimensions, the figure, the number of firms, the state."""
    dimensions = [Field(name, CHOICES[name].zh, CHOICES[name].en) for name in table.dimensions]
    return [
        *dimensions,
        value_field(table, "value", "数值", "Value"),
        Field("count", "企业数", "Firms", "integer", "家"),
        Field("status", "披露", "Disclosure", "words", words=STATUS),
    ]


def rows_of(table: PublishedTable, names: Mapping[str, str]) -> list[Row]:
    """Rows for readers: a withheld cell has no figure, and does not say why it is withheld."""
    found: list[Row] = []
    for cell in table.cells:
        shown = cell["status"] == "published"
        codes = cell["coordinate"].split("|")
        words = {
            name: code_words(code, names, pick("合计", "Total"))
            for name, code in zip(table.dimensions, codes, strict=True)
        }
        state = "published" if shown else "withheld"
        found.append(words | {
            "value": cell["value"], "count": cell["count"], "status": state,
            "status_badge": "good" if shown else "undisclosed",
        })  # fmt: skip
    return found


def counts_of(table: PublishedTable) -> dict[str, int]:
    """Cells by status, for officials."""
    states = [cell["status"] for cell in table.cells]
    return {state: states.count(state) for state in OFFICIAL}


AUDITED = [
    Field("cell", "单元格", "Cell"), Field("low", "可推算的下限", "Lower bound", "money_wan", decimals=0),
    Field("high", "可推算的上限", "Upper bound", "money_wan", decimals=0),
    Field("verdict", "结论", "Verdict", "words", words={
        "exact": ("可精确推出", "exactly recoverable"), "within": ("可推算到±10%以内", "recoverable within ±10 %"),
        "exposed": ("某一侧过近", "too near on one side"), "insider": ("个别企业可推近", "a contributor comes near"),
        "safe": ("安全", "safe"),
    }),
]  # fmt: skip
BADGES = {
    "exact": "missing",
    "within": "missing",
    "exposed": "weak",
    "insider": "weak",
    "safe": "good",
}


def audited_fields(table: PublishedTable) -> list[Field]:
    """Columns of the audit in the table's unit."""
    low = value_field(table, "low", "可推算的下限", "Lower bound")
    high = value_field(table, "high", "可推算的上限", "Upper bound")
    return [AUDITED[0], low, high, AUDITED[3]]


def _verdict(cell: Mapping[str, Any]) -> str:
    if cell["exact"]:
        return "exact"
    if cell["within"]:
        return "within"
    if cell["exposed"]:
        return "exposed"
    return "insider" if cell["insiders"] else "safe"


def audited_rows(table: PublishedTable, names: Mapping[str, str]) -> list[Row]:
    """The attacker's result for each withheld sensitive cell of the whole set."""
    found: list[Row] = []
    for cell in table.report["cells"]:
        words = cell_words(cell["coordinate"], names, pick("合计", "Total"))
        if cell["implied"]:
            words = pick(
                f"{words} 中与他表相减所得", f"part of {words} singled out by another table"
            )
        verdict = _verdict(cell)
        found.append({
            "cell": words, "low": cell["low"], "high": cell["high"],
            "verdict": verdict, "verdict_badge": BADGES[verdict],
        })  # fmt: skip
    return found


def _codes_of(facts: Store, table: PublishedTable, firm: str) -> dict[str, Sequence[str]]:
    """Codes of a firm in each dimension of a table, finest first."""
    row = rows(facts, "firm", ["place", "scale"], table.snapshot, firm=firm)
    main = rows(
        facts, "firm_industry", ["industry"], table.snapshot,
        firm=firm, classification=table.classification, main=True,
    )  # fmt: skip
    place, scale = row.row(0) if row.height else ("", "")
    industry = str(main["industry"][0]) if main.height else ""
    found: dict[str, Sequence[str]] = {}
    for name in table.dimensions:
        choice = CHOICES[name]
        cuts = [
            industry[:count] if len(industry) >= count else industry + SHORT
            for count in reversed(choice.digits)
        ]
        found[name] = cuts or [place if choice.column == "town" else scale or SHORT]
    return found


def _matches(codes: Mapping[str, Sequence[str]], names: Sequence[str], coordinate: str) -> bool:
    parts = coordinate.split("|")
    return all(
        not part or any(code in part.split("+") for code in codes[name])
        for name, part in zip(names, parts, strict=True)
    )


def benchmark(
    facts: Store, table: PublishedTable, viewer: Viewer, names: Mapping[str, str]
) -> tuple[list[Field], list[Row]]:
    """The firm's own figure beside the mean of every published cell that it lies in.

    The mean is the published total over the published number of firms, so that it tells nothing
    that the table does not.
    """
    fields = [
        Field("cell", "范围", "Among"), value_field(table, "own", "本企业", "Own"),
        value_field(table, "mean", "平均每家", "Mean per firm"),
        Field("ratio", "本企业为平均的", "Own over mean", "share"),
        Field("count", "企业数", "Firms", "integer", "家"),
    ]  # fmt: skip
    own = own_rows(
        facts, INDICATORS, viewer, ["firm", "value"], table.snapshot,
        indicator=table.measure, period=table.period,
    ).filter(pl.col("value").is_not_null())  # fmt: skip
    found: list[Row] = []
    for firm, value in own.iter_rows():
        codes = _codes_of(facts, table, firm)
        for cell in table.cells:
            if cell["value"] is None or not _matches(codes, table.dimensions, cell["coordinate"]):
                continue
            mean = cell["value"] / cell["count"]
            found.append({
                "cell": cell_words(cell["coordinate"], names, pick("合计", "Total")), "own": value,
                "mean": mean, "ratio": value / mean if mean else None, "count": cell["count"],
            })  # fmt: skip
    return fields, found
