"""The gate before firm-level rows: which of them may be used for a purpose on a day.

A row may be used when its lawful basis (``bases.yaml``) is among those of the purpose
(``purposes.yaml``), or when a firm it speaks of has a consent in force for the purpose and every
field that is read. A withdrawal closes rows whose basis is a consent or a letter. Rows that are
left out are counted and named; they are unknown, never zero.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, cast

import ibis
import ibis.expr.types as ir
import polars as pl
from django.db import connection
from django.utils import timezone

from jiqun.core.lawful.catalogue import Purpose, basis_kind, basis_kinds
from jiqun.core.models.consent import Consent, ConsentUse
from jiqun.facts.contract import Contract

BASIS, LONG = "lawful_basis", "indicator"
# What describes a row rather than says something of the firm.
PLAIN = frozenset({BASIS, "unit", "status"})
ROW, FIRM, FIELD, CONSENT = "_row", "_firm", "_field", "_consent"


@dataclass(frozen=True, slots=True)
class LawfulRead:
    """What became of the rows of one read.

    Attributes:
        contract: The table.
        purpose: What it was read for.
        total: Rows that matched.
        used: Rows that were returned.
        left_out: Rows that were not, by the kind of their basis.
        grantors: Firms whose consent would open rows that were left out, in order.
        consents: Consents that opened rows.
        withheld: Firms of whom rows were left out, in order: sums over the others are not theirs.
    """

    contract: str
    purpose: str
    total: int
    used: int
    left_out: Mapping[str, int] = field(default_factory=dict[str, int])
    grantors: tuple[str, ...] = ()
    consents: int = 0
    withheld: tuple[str, ...] = ()

    def note(self, title_zh: str, title_en: str) -> tuple[str, str] | None:
        """Return one sentence in both languages on what is missing, or None when nothing is."""
        if self.used == self.total:
            return None
        kinds, missing = basis_kinds(), self.total - self.used
        why_zh = "、".join(
            f"{kinds[code].zh} {count:,} 行" for code, count in self.left_out.items()
        )
        why_en = ", ".join(f"{kinds[code].en}: {count:,}" for code, count in self.left_out.items())
        zh = (
            f"{title_zh}有 {missing:,} 行没有可用于本用途的合法依据，未使用，按未知处理（{why_zh}）"
        )
        en = f"{missing:,} row(s) of {title_en} lack a lawful basis for this and are unknown ({why_en})"
        if self.grantors:
            zh += f"；可由 {len(self.grantors):,} 家企业授权"
            en += f"; {len(self.grantors):,} firm(s) could grant it"
        return zh, en


def subjects(contract: Contract) -> tuple[str, ...]:
    """Return the columns that name the firms a row speaks of."""
    return tuple(column.name for column in contract.columns if column.type == "firm_id")


def is_long(contract: Contract) -> bool:
    """Whether the table has one row per indicator, so that the indicator is the field."""
    return LONG in contract.key


def field_columns(contract: Contract) -> tuple[str, ...]:
    """Return the columns of a wide table that a firm can grant one by one."""
    return tuple(n for n in contract.names if n not in contract.key and n not in PLAIN)


def needed(contract: Contract) -> tuple[str, ...]:
    """Return the columns that the gate itself has to read."""
    return (*subjects(contract), *((LONG,) if is_long(contract) else ()), BASIS)


def _recorded() -> bool:
    """Whether this installation has a place for consents; without one nobody gave or took any."""
    return Consent._meta.db_table in connection.introspection.table_names()


def _consents(code: str, day: date) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return what is granted (firm, field, consent) and what was taken back (firm, field)."""
    empty = pl.DataFrame(schema={CONSENT: pl.Int64, FIRM: pl.String, FIELD: pl.String})
    if not _recorded():
        return empty, empty.drop(CONSENT)
    found = Consent.objects.filter(purpose=code)
    values = ("pk", "firm", "fields")

    def spread(rows: Sequence[tuple[int, str, list[str]]]) -> pl.DataFrame:
        flat = [(pk, firm, name) for pk, firm, names in rows for name in names]
        return pl.DataFrame(flat, schema=empty.schema, orient="row")

    granted = spread(list(found.in_force(day).values_list(*values)))
    back = spread(list(found.filter(withdrawn_at__isnull=False).values_list(*values)))
    taken = back.drop(CONSENT).unique().join(granted, on=[FIRM, FIELD], how="anti")
    return granted, taken


def state_of(code: str, day: date | None = None) -> str:
    """Name what firms allow for a purpose on a day: equal states give equal reads.

    Part of every run's id and of every cache key, so that a withdrawal works at once. Empty where
    no firm has ever said anything.
    """
    granted, taken = _consents(code, day or timezone.localdate())
    if granted.is_empty() and taken.is_empty():
        return ""
    rows = [sorted(granted.iter_rows()), sorted(taken.iter_rows())]
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()[:16]


def _pairs(frame: pl.DataFrame, contract: Contract, columns: Sequence[str]) -> pl.DataFrame:
    """Return (row, firm, field): every party of a row with every field of it that is read."""
    ids = subjects(contract)
    parties = frame.select(ROW, *ids).unpivot(ids, index=ROW, value_name=FIRM).drop("variable")
    if is_long(contract):
        names = frame.select(ROW, pl.format(f"{contract.name}.{{}}", pl.col(LONG)).alias(FIELD))
        return parties.join(names, on=ROW)
    wanted = [name for name in field_columns(contract) if name in columns]
    chosen = [f"{contract.name}.{name}" for name in wanted or field_columns(contract)]
    return parties.join(pl.DataFrame({FIELD: chosen}), how="cross")


def open_by_basis(
    table: ir.Table, contract: Contract, purpose: Purpose, *, day: date | None = None
) -> ir.BooleanValue:
    """Return the condition that a row's own basis opens it for ``purpose``, without any consent.

    For lists that the engine pages through. Rows that only a consent opens are left out there,
    because each use of a consent is logged, which :func:`lawful` does. Of a wide table a
    withdrawal of any field closes the row.
    """
    kinds = basis_kinds()
    texts = table.select(BASIS).distinct().to_polars()[BASIS].drop_nulls()
    fitting = [(text, basis_kind(text)) for text in texts if basis_kind(text).code in purpose.bases]
    firm = [text for text, kind in fitting if not kinds[kind.code].withdrawable]
    soft = [text for text, kind in fitting if kinds[kind.code].withdrawable]
    basis = cast(Any, table[BASIS])
    if not soft:
        return basis.isin(firm)
    _, taken = _consents(purpose.code, day or timezone.localdate())
    mine = taken.filter(pl.col(FIELD).str.starts_with(f"{contract.name}."))
    closed: Any = ibis.literal(value=False)
    for name in subjects(contract):
        if is_long(contract):
            pairs = mine.select(pl.concat_str(FIRM, FIELD, separator=" "))[FIRM].to_list()
            key = cast(Any, table[name]) + f" {contract.name}." + cast(Any, table[LONG])
            closed = closed | key.isin(pairs)
        else:
            closed = closed | cast(Any, table[name]).isin(mine[FIRM].unique().to_list())
    return basis.isin(firm) | (basis.isin(soft) & ~closed)


def _kinds(frame: pl.DataFrame) -> pl.Series:
    texts = frame[BASIS].unique().to_list()
    codes = pl.DataFrame(
        {BASIS: texts, "_kind": [basis_kind(text).code for text in texts]},
        schema={BASIS: pl.String, "_kind": pl.String},
    )
    return frame.join(codes, on=BASIS, how="left", nulls_equal=True, maintain_order="left")["_kind"]


def _log(opened: pl.DataFrame, reference: str) -> int:
    """Write one entry per consent that opened rows; return how many consents did."""
    used = opened.group_by(CONSENT).agg(
        pl.col(FIELD).unique().sort(), pl.col(ROW).n_unique().alias("rows")
    )
    ConsentUse.objects.bulk_create(
        (
            ConsentUse(consent_id=consent, reference=reference[:200], fields=fields, rows=rows)
            for consent, fields, rows in used.sort(CONSENT).iter_rows()
        ),
        batch_size=500,
    )
    return used.height


def lawful(
    frame: pl.DataFrame,
    contract: Contract,
    purpose: Purpose,
    *,
    columns: Sequence[str],
    reference: str,
    day: date | None = None,
) -> tuple[pl.DataFrame, LawfulRead]:
    """Return the rows of ``frame`` that may be used for ``purpose``, and what became of the rest.

    Args:
        frame: Rows of a firm-level table with at least the columns :func:`needed`.
        contract: The table's contract.
        purpose: What they are to be used for.
        columns: The columns that the caller reads; they decide which fields a consent must cover.
        reference: What reads them, for the log that the firm sees.
        day: The day that counts; today by default.

    Every use of a consent is logged before the rows are handed out. Of a row that speaks of
    several firms (a sale) one consent suffices, and one withdrawal closes it.
    """
    kinds = basis_kinds()
    rows = frame.with_row_index(ROW).with_columns(_kinds(frame).alias("_kind"))
    by_basis = pl.col("_kind").is_in(sorted(purpose.bases))
    openable = sorted(code for code, kind in kinds.items() if kind.by_consent)
    closable = pl.col("_kind").is_in(sorted(c for c, k in kinds.items() if k.withdrawable))
    candidate = ~by_basis & pl.col("_kind").is_in(openable)
    asks = rows.filter(candidate | (by_basis & closable))
    covered = taken_rows = pl.DataFrame(schema={ROW: rows.schema[ROW]})
    hits = pl.DataFrame()
    if not asks.is_empty():
        granted, taken = _consents(purpose.code, day or timezone.localdate())
        pairs = _pairs(asks, contract, columns)
        taken_rows = pairs.join(taken, on=[FIRM, FIELD], how="semi").select(ROW).unique()
        wide = pairs.select(FIELD).n_unique() if not is_long(contract) else 1
        hits = pairs.join(granted, on=[FIRM, FIELD]).join(taken_rows, on=ROW, how="anti")
        covered = hits.group_by(ROW).agg(pl.col(FIELD).n_unique()).filter(pl.col(FIELD) == wide)
    by_consent = candidate & pl.col(ROW).is_in(covered[ROW].implode())
    closed = closable & pl.col(ROW).is_in(taken_rows[ROW].implode())
    marked = rows.with_columns(
        by_consent.alias("_by"), ((by_basis & ~closed) | by_consent).alias("_ok")
    )
    opened = marked.filter("_by").select(ROW)
    consents = 0 if opened.is_empty() else _log(hits.join(opened, on=ROW, how="semi"), reference)
    shut = marked.filter(~pl.col("_ok"))
    counts = shut.group_by("_kind").len().sort("_kind")
    could, of = (
        one.select(subjects(contract)).unpivot()["value"].drop_nulls().unique().sort()
        for one in (shut.filter(pl.col("_kind").is_in(openable)), shut)
    )
    read = LawfulRead(
        contract=contract.name,
        purpose=purpose.code,
        total=frame.height,
        used=marked.filter("_ok").height,
        left_out=dict(counts.iter_rows()),
        grantors=tuple(could),
        consents=consents,
        withheld=tuple(of),
    )
    return frame.filter(marked["_ok"]), read
