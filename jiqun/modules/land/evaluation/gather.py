"""Facts about the firms of a place in one year → the units of an evaluation.

What the store does not have, or may not be used, stays unknown. Only the first column of a list
says "otherwise" of firms that are not on it, and only when its office has declared it complete.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

from jiqun.core.factstore import lawful_rows, rows
from jiqun.engine.indices.energy import coal_equivalent
from jiqun.engine.indices.quantities import Figure, unknown
from jiqun.engine.indices.scheme import Scheme
from jiqun.engine.indices.units import Note, Units
from jiqun.facts.store.snapshot import Snapshot
from jiqun.facts.store.store import Store
from jiqun.modules.land.register import HELD, INDICATORS, PURPOSE, Words, industrial_firms
from jiqun.modules.land.shapes import Land
from jiqun.rules.loader import pack

ATTRIBUTES, COVERAGE = "firm_attribute", "list_coverage"
FIGURES = ("firm", "indicator", "value", "unit", "source", "as_of")
MATTERS = ("firm", "item", "period", "content", "valid_from", "document", "source", "as_of")
# What sorts into groups: the list that says so.
SORTING: Mapping[str, str] = {
    "scale": "规上企业",
    "tenant": "租赁企业",
    "park": "小微企业园入驻企业",
}
OPERATOR = "经营主体"  # the list whose content is the credit code of a firm's operator


@dataclass(frozen=True, slots=True)
class Gathered:
    """What is known of the firms of a place in a year.

    Attributes:
        firms: the register's rows in the order of the units, with ``industry``.
        units: the evaluation's input.
        figures: the facts behind them: firm, indicator, value, unit, source, as_of.
        matters: entries of lists: firm, item, period, content, valid_from, document.
        notes: what has to be said of rows and firms that were left out.
        land: the land that is counted, and on what it rests.
        year: of the figures.
    """

    firms: pl.DataFrame
    units: Units
    figures: pl.DataFrame
    matters: pl.DataFrame
    notes: tuple[Words, ...]
    land: Land = field(default_factory=Land)
    year: int = 0


def gather(
    facts: Store, at: Snapshot, place: str, *, scheme: Scheme, land: Land | None = None
) -> Gathered:
    """Gather what a scheme reads of the firms of a place for its year.

    ``land`` is what the land table or the land check gives each firm; of firms that it does not
    speak of, and without it, what they reported counts.
    """
    firms, notes = industrial_firms(facts, at, place)
    ids = firms["firm"].to_list()
    reference = f"permu {place} {scheme.year}"
    figures, said = _lawful(
        facts, at, INDICATORS, FIGURES, reference, firm=ids, period=str(scheme.year)
    )
    notes += said
    matters, said = _lawful(
        facts, at, ATTRIBUTES, MATTERS, reference, firm=ids, item=_items(scheme)
    )
    notes += said
    notes += _energy_note(scheme)
    units = Units(
        tuple(ids), {}, _sorting(facts, at, firms, matters, year=scheme.year),
        firms["industry"].fill_null("").str.slice(0, 2).to_numpy().astype("<U2"),
    )  # fmt: skip
    counted = land or Land()
    notes += [*counted.notes, *_land_notes(counted, ids)]
    bare = Gathered(firms, units, figures, matters, (), counted, scheme.year)
    whole, left_out = _filled(bare, scheme)
    return replace(bare, units=whole, notes=(*notes, *left_out))


def units_under(gathered: Gathered, scheme: Scheme) -> Units:
    """Return the same firms with the same facts, as another scheme of the year counts them.

    Entries of lists that only the other scheme names were not read and do not count.
    """
    return _filled(gathered, scheme)[0]


def _filled(gathered: Gathered, scheme: Scheme) -> tuple[Units, list[Words]]:
    """The units with figures and documents, and what has to be said of documents left out."""
    notes: list[Words] = []
    inputs = {name: _figure(gathered.firms, gathered.figures, name) for name in HELD}
    inputs["land"] = _attributed(gathered, inputs["land"])
    inputs["energy"] = _energy(scheme, inputs)
    kinds = {
        kind: tuple(_documents(gathered.matters, scheme, kind, notes))
        for kind in ("bonuses", "vetoes", "specials")
    }  # fmt: skip
    figures = {name: one for name, one in inputs.items() if one.known.any()}
    units = replace(
        gathered.units, figures=figures, bonuses=kinds["bonuses"], events=kinds["vetoes"],
        classes=kinds["specials"],
    )  # fmt: skip
    return units, notes


def _items(scheme: Scheme) -> list[str]:
    named = [one.zh for kind in (scheme.bonuses, scheme.vetoes, scheme.specials) for one in kind]
    return [*SORTING.values(), OPERATOR, *named]


def _lawful(
    facts: Store, at: Snapshot, table: str, columns: tuple[str, ...], reference: str, **equal: object
) -> tuple[pl.DataFrame, list[Words]]:  # fmt: skip
    if facts.version(table, at) < 0:
        types: dict[str, type[pl.DataType]] = {
            "value": pl.Int64,
            "as_of": pl.Date,
            "valid_from": pl.Date,
        }
        return pl.DataFrame(schema={name: types.get(name, pl.String) for name in columns}), []
    got = lawful_rows(facts, table, columns, at, purpose=PURPOSE, reference=reference, **equal)
    title = {
        INDICATORS: ("企业指标", "firm indicators"),
        ATTRIBUTES: ("企业事项", "firm attributes"),
    }
    said = got.read.note(*title[table])
    return got.frame, [said] if said else []


def _figure(firms: pl.DataFrame, figures: pl.DataFrame, name: str) -> Figure:
    """One input in the order of the firms; rows in another unit than its own are not used."""
    indicator, unit, factor = HELD[name]
    mine = figures.filter((pl.col("indicator") == indicator) & (pl.col("unit") == unit))
    value = firms.select("firm").join(mine, on="firm", how="left", maintain_order="left")["value"]
    known = value.is_not_null().to_numpy()
    return Figure(value.fill_null(0).cast(pl.Int64).to_numpy() * factor, known)


def _attributed(gathered: Gathered, reported: Figure) -> Figure:
    """Land as it is attributed; of firms of which that is unknown, what they reported."""
    value, known = reported.value.copy(), reported.known.copy()
    for row, firm in enumerate(gathered.firms["firm"]):
        found = gathered.land.attributed(firm)
        if found is not None:
            value[row], known[row] = found.area or 0, True
    return Figure(value, known)


def _land_notes(land: Land, firms: Sequence[str]) -> list[Words]:
    if land.basis == "reported":
        return []
    lacking = sum(land.attributed(firm) is None for firm in firms)
    if not lacking:
        return []
    return [(
        f"{lacking} 家企业的用地在用地表中未知：有填报数的按填报数，没有的按未知。",
        f"The land of {lacking} firm(s) is unknown in the land table: as reported where they did, else unknown.",
    )]  # fmt: skip


def _energy(scheme: Scheme, inputs: Mapping[str, Figure]) -> Figure:
    """Energy as the scheme counts electricity; the store holds it by calorific value (当量)."""
    energy, power = inputs["energy"], inputs["electricity"]
    if scheme.electricity != "equivalent":
        return energy
    coefficients = pack("energy", "gbt2589-2020").values({})
    known = energy.known & power.known
    amounts = {"electricity": Figure(np.where(known, power.value, 0), known)}
    more, less = (
        coal_equivalent(amounts, coefficients, electricity=way).value for way in ("equivalent", "calorific")
    )  # fmt: skip
    return Figure(np.where(known, energy.value + more - less, 0), known)


def _energy_note(scheme: Scheme) -> list[Words]:
    if scheme.electricity != "equivalent":
        return []
    one = pack("energy", "gbt2589-2020").values({})["electricity.equivalent"]
    return [(
        f"能耗中的电力按等价值折算：{one:g} 千克标准煤/千瓦时（✎ 按评价年度核定），原数据为当量值。",
        (f"Electricity within energy is counted by equivalent value: {one:g} kgce/kWh (✎ set it for the year); "
        "the store holds calorific values."),
    )]  # fmt: skip


def _sorting(
    facts: Store, at: Snapshot, firms: pl.DataFrame, matters: pl.DataFrame, *, year: int
) -> dict[str, Figure]:
    cover = rows(facts, COVERAGE, None, at) if facts.version(COVERAGE, at) >= 0 else None
    found = {name: _listed(firms, matters, cover, item, year) for name, item in SORTING.items()}
    founded = firms["founded"].dt.year()
    known = founded.is_not_null().to_numpy()
    found["age"] = Figure((year - founded.fill_null(year)).cast(pl.Int64).to_numpy(), known)
    return {name: one for name, one in found.items() if one.known.any()}


def _listed(
    firms: pl.DataFrame, matters: pl.DataFrame, cover: pl.DataFrame | None, item: str, year: int
) -> Figure:
    """1 for who is on a list of the year, 0 for who is not if the list is complete there."""
    mine = matters.filter((pl.col("item") == item) & (pl.col("period") == str(year)))
    said = dict(mine.select("firm", "content").iter_rows())
    whole: tuple[str, ...] = ()
    if cover is not None:
        of_year = cover.filter(
            (pl.col("item") == item)
            & (pl.col("period") == str(year))
            & (pl.col("otherwise") == "否")
        )
        whole = tuple(of_year["place"])
    if not said and not whole:
        return unknown(firms.height)
    value = np.zeros(firms.height, dtype=np.int64)
    known = np.zeros(firms.height, dtype=np.bool_)
    for place, (firm, town) in enumerate(firms.select("firm", "place").iter_rows()):
        stated = said.get(firm)
        value[place] = int(stated == "是")
        known[place] = stated in {"是", "否"} or (
            stated is None and str(town or "").startswith(whole or ("?",))
        )
    return Figure(value, known)


def _documents(
    matters: pl.DataFrame, scheme: Scheme, kind: str, notes: list[Words]
) -> Iterator[Note]:
    """Entries that the scheme calls a bonus, veto or class; without document or day they do not count."""
    codes = {one.zh: one.code for one in getattr(scheme, kind)}
    mine = matters.filter(pl.col("item").is_in(list(codes)) & (pl.col("content") == "是"))
    if kind != "vetoes":
        mine = mine.filter(pl.col("period") == str(scheme.year))
    bare = 0
    for row in mine.sort("firm", "item", "period").iter_rows(named=True):
        paper, day = str(row["document"] or "").strip(), row["valid_from"]
        if not paper or (kind == "vetoes" and day is None):
            bare += 1
            continue
        yield Note(row["firm"], codes[row["item"]], paper, day if kind == "vetoes" else None)
    if bare:
        notes.append((
            f"{bare} 条否决、加分或类别事项没有文号或日期，未使用。",
            f"{bare} entries of vetoes, bonuses or classes name no document or day and were not used.",
        ))  # fmt: skip
