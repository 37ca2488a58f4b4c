"""Reads for the pages of consent: what is held about a firm, what it allowed, what was used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

import polars as pl
from django.utils import timezone

from jiqun.core.access import MINIMUM_FIRMS, Viewer
from jiqun.core.factstore import own_rows
from jiqun.core.lawful.catalogue import Purpose, basis_kind, purposes
from jiqun.core.lawful.fields import field_label, firm_level
from jiqun.core.lawful.gate import LONG, field_columns, is_long
from jiqun.core.models.consent import Consent, ConsentUse
from jiqun.core.place_names import place_words
from jiqun.core.places import firms_within
from jiqun.core.tabular import pick
from jiqun.facts.contract import Contract, contracts
from jiqun.facts.store.store import Store

Row = dict[str, Any]
GROUP = ["field", "source", "lawful_basis"]


@dataclass(frozen=True, slots=True)
class Reach:
    """How many firms allow a purpose today; the number is hidden below the threshold."""

    purpose: Purpose
    firms: int | None


def _spread(frame: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """One row per field and fact: indicators as they are, the columns of a wide table unpivoted."""
    if is_long(contract):
        return frame.rename({LONG: "field"})
    wide = [frame.with_columns(field=pl.lit(name)) for name in field_columns(contract)]
    return pl.concat(wide) if wide else frame.clear().with_columns(field=pl.lit(""))


def held(facts: Store, viewer: Viewer) -> list[Row]:
    """Return what is held about the viewer's firms: field, periods, source, basis, purposes.

    One row per field, source and basis, tables in the order of their contracts.
    """
    found: list[Row] = []
    allowed: dict[str, set[str]] = {}
    for one in Consent.objects.visible_to(viewer).in_force(timezone.localdate()):
        for name in one.fields:
            allowed.setdefault(name, set()).add(one.purpose)
    for contract in firm_level():
        frame = _spread(own_rows(facts, contract.name, viewer), contract)
        if frame.is_empty():
            continue
        period = pl.col("period") if "period" in frame.columns else pl.lit("")
        groups = frame.group_by(GROUP).agg(
            pl.len().alias("rows"),
            period.min().alias("first"),
            period.max().alias("last"),
            pl.col("as_of").max(),
        )
        found += [
            _held(contract, row, allowed.get(f"{contract.name}.{row['field']}", set()))
            for row in groups.sort(GROUP).iter_rows(named=True)
        ]
    return found


def _held(contract: Contract, row: Row, allowed: set[str]) -> Row:
    kind = basis_kind(row["lawful_basis"])
    granted = pick("（已授权）", " (with your consent)")
    names = [
        pick(p.zh, p.en) + ("" if kind.code in p.bases else granted)
        for p in purposes().values()
        if kind.code in p.bases or (kind.by_consent and p.code in allowed)
    ]
    consent = pick("须本企业授权", "only with your consent")
    never = pick("不用于任何用途", "for nothing")
    first, last = row["first"], row["last"]
    return {
        "table": pick(contract.title["zh"], contract.title["en"]),
        "field": field_label(f"{contract.name}.{row['field']}"),
        "name": f"{contract.name}.{row['field']}",
        "periods": first if first == last else f"{first} – {last}",
        "rows": row["rows"],
        "source": row["source"],
        "basis": _basis_words(row["lawful_basis"]),
        "kind": pick(kind.zh, kind.en),
        "as_of": row["as_of"],
        "used_for": "、".join(names) or (consent if kind.by_consent else never),
    }


def _basis_words(basis: str) -> str:
    """A basis as it was written; a consent on this platform by the name of its purpose."""
    known = purposes().get(basis.partition(":")[2].strip())
    if known is None:
        return basis
    return pick(f"本企业授权：{known.zh}", f"this firm's consent: {known.en}")


def registered(facts: Store, viewer: Viewer) -> list[Row]:
    """Return what the public register says of the viewer's firms, one row per item."""
    found: list[Row] = []
    contract = contracts()["firm"]
    frame = facts.current("firm")
    mine = frame.filter(cast(Any, frame["firm"]).isin(sorted(viewer.firms))).to_polars()
    for row in mine.iter_rows(named=True):
        found += [
            {
                "item": pick(column.zh, column.en),
                "value": place_words(row["place"], facts)
                if column.name == "place"
                else pick(column.values.get(row[column.name], row[column.name]), row[column.name]),
                "source": row["source"],
                "as_of": row["as_of"],
            }
            for column in contract.columns
            if row[column.name] is not None
        ]
    return found


def state(consent: Consent, day: date | None = None) -> str:
    """Return ``withdrawn``, ``ended``, ``later`` or ``active``."""
    today = day or timezone.localdate()
    if consent.withdrawn_at is not None:
        return "withdrawn"
    if consent.valid_until < today:
        return "ended"
    return "later" if consent.valid_from > today else "active"


def consents_of(viewer: Viewer) -> list[Consent]:
    """Return the viewer's firms' consents, newest first."""
    return list(Consent.objects.visible_to(viewer).select_related("granted_by"))


def uses_of(viewer: Viewer, receipt: str = "", limit: int = 200) -> list[ConsentUse]:
    """Return uses of the viewer's firms' consents, newest first; of one receipt if given."""
    found = ConsentUse.objects.visible_to(viewer).select_related("consent")
    if receipt:
        found = found.filter(consent__receipt=receipt)
    return list(found[:limit])


def reach(viewer: Viewer, facts: Store) -> Sequence[Reach]:
    """Return per purpose how many firms of the official's places allow it today.

    A number below the threshold is not told, except a plain zero where the register has enough
    firms that nobody stands out.
    """
    pairs = Consent.objects.in_force(timezone.localdate()).values_list("purpose", "firm").distinct()
    by_purpose: dict[str, set[str]] = {}
    for code, firm in pairs:
        by_purpose.setdefault(code, set()).add(firm)
    found: list[Reach] = []
    for one in (one for one in purposes().values() if one.offered):
        count = len(firms_within(by_purpose.get(one.code, set()), viewer.duty_places, facts))
        found.append(Reach(one, None if 0 < count < MINIMUM_FIRMS else count))
    return found
