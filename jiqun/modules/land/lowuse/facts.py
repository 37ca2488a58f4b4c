"""What is known of each parcel of a place: the facts of the screening with their source and day.

A fact that the store does not have, or that may not be used, stays unknown. What follows from the
register (a firm that produces has begun, finished and not stopped building) names the register as
its source. Tax and electricity of a firm with land in several parcels are shared out by the land
that it answers for in each (``engine/indices/land``) ◆.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from jiqun.core.factstore import lawful_rows, rows
from jiqun.engine.indices.land import Holding, attribute
from jiqun.errors import JiqunError
from jiqun.facts.store.snapshot import Snapshot
from jiqun.facts.store.store import Store
from jiqun.modules.land.evaluation.gather import PURPOSE, industrial_firms
from jiqun.modules.land.lowuse.words import M2_PER_MU, MATTERS, Words

PARCEL = ("parcel", "location", "place", "use", "holder", "area_m2", "floor_m2", "footprint_m2",
          "planned_ratio", "source", "as_of")  # fmt: skip
USE = ("parcel", "firm", "kind", "area_m2", "floor_m2", "total_floor_m2", "first", "last", "document",
       "source", "as_of")  # fmt: skip
FIGURE = ("firm", "indicator", "period", "value", "unit", "source", "as_of")
MATTER = ("firm", "item", "content", "source", "as_of")
TAX, POWER, LAND = "tax", "electricity_kwh", "land_m2"
NONE_SAID = frozenset({"否", "无", "0"})  # what a complete list says of who is not on it
YEARS, LEAST_YEARS = 5, 2  # without tax: looked back at most, and what is enough to say


@dataclass(frozen=True, slots=True)
class Known:
    """A fact: its value (1 and 0 for yes and no), the table that says so, and its day."""

    value: float
    source: str
    as_of: str = ""


@dataclass(slots=True)
class Parcel:
    """A parcel with what is known of it. Areas in m², tax in fen a year; None is not known.

    ``users`` are the firms that answer for land of it, by code.
    """

    row: Mapping[str, Any]
    users: tuple[str, ...] = ()
    area: float = 0.0
    tax: int | None = None
    tax_before: int | None = None
    facts: dict[str, Known] = field(default_factory=dict[str, Known])

    @property
    def mu(self) -> float:
        """Area in 亩."""
        return self.area / M2_PER_MU


@dataclass(frozen=True, slots=True)
class Gathered:
    """Parcels in the order of their codes, names of firms, and what has to be said."""

    parcels: tuple[Parcel, ...]
    names: Mapping[str, str]
    notes: tuple[Words, ...]


@dataclass(slots=True)
class _Sources:
    """Everything that was read, by what it is looked up with."""

    firms: Mapping[str, Mapping[str, Any]]
    uses: Mapping[str, list[Mapping[str, Any]]]
    shares: Mapping[tuple[str, str], float]  # (parcel, firm) → of all the firm's land
    lines: Mapping[tuple[str, str], float]  # (parcel, kind) → signed m² after share and days
    figures: Mapping[tuple[str, str, int], Known]
    matters: Mapping[tuple[str, str], Known]
    complete: Mapping[str, tuple[tuple[str, str], ...]]  # item → (place, source) declared complete
    grades: Mapping[str, Known]
    county: Mapping[int, Known]
    place: str
    year: int


def gather(
    facts: Store, at: Snapshot, place: str, *, year: int, grades: Mapping[str, Known]
) -> Gathered:
    """Gather the facts of every parcel of a place for a year.

    Args:
        facts: the store.
        at: snapshot to read.
        place: whose parcels.
        year: of the figures.
        grades: grade D or not of firms, from the per-mu evaluation.
    """
    register = rows(facts, "parcel", PARCEL, at)
    register = register.filter(pl.col("place").str.starts_with(place)).sort("parcel")
    notes: list[Words] = []
    read = _Reader(facts, at, f"lowuse {place} {year}", notes)
    uses = read.lawful(
        "parcel_use", ("用地情况", "use of parcels"), USE, parcel=register["parcel"].to_list()
    )
    firms = {row["firm"]: row for row in rows(facts, "firm", ("firm", "name", "place", "status", "source", "as_of"), at)
             .iter_rows(named=True)}  # fmt: skip
    lines, shares = _land(uses, year, notes)
    industrial = industrial_firms(facts, at, place)[0]["firm"].to_list()
    wanted = sorted(
        {*industrial, *uses["firm"].to_list(), *register["holder"].drop_nulls().to_list()}
    )
    figures = read.lawful(
        "firm_indicator", ("企业指标", "firm indicators"), FIGURE, firm=wanted, indicator=[TAX, POWER, LAND],
        period=[str(year - back) for back in range(YEARS)],
    )  # fmt: skip
    matters = read.lawful(
        "firm_attribute", ("企业事项", "firm attributes"), MATTER, firm=wanted,
        item=list(MATTERS), period=str(year),
    )  # fmt: skip
    held = _figures(figures)
    found = _Sources(
        firms, _by(uses, "parcel"), shares, lines, held, _matters(matters, notes), _complete(facts, at, year),
        grades, {one: mean for one in (year, year - 1) if (mean := _mean(held, industrial, one))}, place, year,
    )  # fmt: skip
    parcels = tuple(_parcel(row, found) for row in register.iter_rows(named=True))
    return Gathered(parcels, {code: str(row["name"]) for code, row in firms.items()}, tuple(notes))


@dataclass(slots=True)
class _Reader:
    facts: Store
    at: Snapshot
    reference: str
    notes: list[Words]

    def lawful(
        self, table: str, title: Words, columns: Sequence[str], **equal: object
    ) -> pl.DataFrame:
        """Rows that may be used, and what to say of the others; none where the table is not held."""
        if self.facts.version(table, self.at) < 0:
            return pl.DataFrame(schema=dict.fromkeys(columns, pl.String))
        got = lawful_rows(
            self.facts, table, columns, self.at, purpose=PURPOSE, reference=self.reference, **equal
        )
        if said := got.read.note(*title):
            self.notes.append(said)
        return got.frame


def _by(frame: pl.DataFrame, column: str) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in frame.iter_rows(named=True):
        found.setdefault(row[column], []).append(row)
    return found


def _land(
    uses: pl.DataFrame, year: int, notes: list[Words]
) -> tuple[dict[tuple[str, str], float], dict[tuple[str, str], float]]:
    """Signed m² by parcel and kind, and each firm's share of its land that lies in a parcel."""
    kept = list(uses.iter_rows(named=True))
    holdings = [_holding(row) for row in kept]
    ids = sorted({one.unit for one in holdings})
    try:
        made = attribute(holdings, ids=ids, year=year)
    except JiqunError as error:
        wrong = {one.row for one in error.fields}
        holdings = [one for number, one in enumerate(holdings, 1) if number not in wrong]
        notes.append((f"用地情况有 {len(wrong)} 行不能使用，已略去：{error.message_zh}",
                      f"{len(wrong)} line(s) of the use of parcels were left out: {error.message_en}"))  # fmt: skip
        made = attribute(holdings, ids=ids, year=year)
    lines: dict[tuple[str, str], float] = {}
    parts: dict[tuple[str, str], float] = {}
    for one, signed in zip(holdings, made.lines.tolist(), strict=True):
        for key, sums in (((one.parcel, one.kind), lines), ((one.parcel, one.unit), parts)):
            sums[key] = sums.get(key, 0.0) + signed / 100
    total = {
        firm: value / 100 for firm, value in zip(made.ids, made.land.value.tolist(), strict=True)
    }
    shares = {
        key: part / total[key[1]] for key, part in parts.items() if part > 0 and total[key[1]] > 0
    }
    return lines, shares


def _holding(row: Mapping[str, Any]) -> Holding:
    def area(name: str) -> int:
        return round(float(row[name] or 0) * 100)

    return Holding(
        row["firm"], row["kind"], row["parcel"], area("area_m2"), floor=area("floor_m2"),
        total_floor=area("total_floor_m2"), first=row["first"], last=row["last"],
        document=str(row["document"] or ""),
    )  # fmt: skip


def _known(row: Mapping[str, Any]) -> Known:
    return Known(float(row["value"]), row["source"], str(row["as_of"] or ""))


def _figures(frame: pl.DataFrame) -> dict[tuple[str, str, int], Known]:
    units = {TAX: "CNY_fen", POWER: "kWh", LAND: "m2"}
    return {
        (row["firm"], row["indicator"], int(row["period"])): _known(row)
        for row in frame.iter_rows(named=True)
        if row["value"] is not None and row["unit"] == units[row["indicator"]]
    }  # fmt: skip


def _matters(frame: pl.DataFrame, notes: list[Words]) -> dict[tuple[str, str], Known]:
    found: dict[tuple[str, str], Known] = {}
    wrong = 0
    for row in frame.iter_rows(named=True):
        try:
            value = float(str(row["content"]).replace(",", ""))
        except ValueError:
            wrong += 1
            continue
        found[row["firm"], row["item"]] = Known(value, row["source"], str(row["as_of"] or ""))
    if wrong:
        notes.append((f"{wrong} 条用地监管事项的取值不是数字，未使用。",
                      f"{wrong} matter(s) of land supervision are no numbers and were not used."))  # fmt: skip
    return found


def _complete(facts: Store, at: Snapshot, year: int) -> dict[str, tuple[tuple[str, str], ...]]:
    if facts.version("list_coverage", at) < 0:
        return {}
    frame = rows(facts, "list_coverage", None, at, item=list(MATTERS), period=str(year))
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for row in frame.iter_rows(named=True):
        if row["otherwise"] in NONE_SAID:
            found[row["item"]] = (*found.get(row["item"], ()), (row["place"], row["source"]))
    return found


def _mean(
    held: Mapping[tuple[str, str, int], Known], firms: Iterable[str], year: int
) -> Known | None:
    """Tax per mu of the county: sum of tax over sum of land of the firms that have both."""
    pairs = [
        (held[firm, TAX, year], held[firm, LAND, year])
        for firm in firms
        if (firm, TAX, year) in held and (firm, LAND, year) in held
    ]
    land = sum(one.value for _, one in pairs)
    if land <= 0:
        return None
    mean = sum(one.value for one, _ in pairs) / (land / M2_PER_MU)
    return Known(
        mean, f"企业指标合计（{len(pairs)} 家，{year} 年）", max(one.as_of for one, _ in pairs)
    )


# ---- one parcel -------------------------------------------------------------------------------


def _parcel(row: Mapping[str, Any], found: _Sources) -> Parcel:
    code = str(row["parcel"])
    firms = {use["firm"] for use in found.uses.get(code, ())}
    users = {firm for firm in firms if (code, firm) in found.shares}
    excluded = -found.lines.get((code, "excluded"), 0.0)
    one = Parcel(row, tuple(sorted(users)), max(0.0, float(row["area_m2"]) - excluded))
    for add in (_register, _status, _matters_of, _let, _taxes, _power, _grade):
        add(one, found)
    return one


def _register(one: Parcel, found: _Sources) -> None:
    """What the register of parcels says of buildings and of the right."""
    row = one.row
    source, day, area = str(row["source"]), str(row["as_of"] or ""), float(row["area_m2"])
    if row["holder"]:
        one.facts["supplied"] = Known(1, source, day)
    if row["floor_m2"] is not None:
        one.facts["plot_ratio"] = Known(row["floor_m2"] / area, source, day)
    if row["footprint_m2"] is not None:
        one.facts["building_coefficient"] = Known(row["footprint_m2"] / area, source, day)
    if row["planned_ratio"] is not None:
        one.facts["planned_plot_ratio"] = Known(float(row["planned_ratio"]), source, day)
    if (row["floor_m2"] or 0) > 0 or (row["footprint_m2"] or 0) > 0:
        one.facts["started"] = Known(1, source, day)
    del found


def _status(one: Parcel, found: _Sources) -> None:
    """What follows from what the register of firms says of the holder."""
    firm = found.firms.get(one.row["holder"] or "")
    if firm is None:
        return
    source, day = str(firm["source"]), str(firm["as_of"] or "")
    said: Mapping[str, dict[str, float]] = {
        "active": {"started": 1, "completed": 1, "in_production": 1, "months_stopped": 0, "months_halted": 0},
        "suspended": {"started": 1, "completed": 1, "in_production": 0, "months_stopped": 0},
        "building": {"completed": 0, "in_production": 0},
        "closed": {"in_production": 0},
    }  # fmt: skip
    for name, value in said.get(str(firm["status"]), {}).items():
        one.facts[name] = Known(value, source, day)


def _matters_of(one: Parcel, found: _Sources) -> None:
    """Agreements and halts that offices have listed; of a complete list also that there is none."""
    holder = one.row["holder"] or ""
    for item, (fact, factor) in MATTERS.items():
        said = found.matters.get((holder, item))
        if said is not None:
            one.facts[fact] = Known(said.value * factor, said.source, said.as_of)
            continue
        place = str(found.firms.get(holder, {}).get("place", "") or "")
        whole = [
            source for where, source in found.complete.get(item, ()) if place.startswith(where)
        ]
        if whole and fact not in one.facts and fact != "design_kwh":
            one.facts[fact] = Known(0, whole[0])


def _let(one: Parcel, found: _Sources) -> None:
    """Share let out, and whether a tenant is registered elsewhere; only of parcels that were checked."""
    code = str(one.row["parcel"])
    mine = found.uses.get(code, [])
    checked = next((row for row in mine if row["kind"] == "own"), None)
    if checked is None or not one.area:
        return
    source, day = str(checked["source"]), str(checked["as_of"] or "")
    share = -found.lines.get((code, "rented_out"), 0.0) / one.area
    one.facts["let_share"] = Known(share, source, day)
    tenants = {row["firm"] for row in mine if row["kind"] == "rented_in"} & set(one.users)
    places = [found.firms.get(firm, {}).get("place") for firm in tenants]
    if share <= 0:
        one.facts["tenants_elsewhere"] = Known(0, source, day)
    elif tenants and all(places):
        here = all(str(where).startswith(found.place) for where in places)
        one.facts["tenants_elsewhere"] = Known(0 if here else 1, "企业名录")


def _sum(one: Parcel, found: _Sources, indicator: str, year: int) -> Known | None:
    """A yearly figure of the parcel: its users' figures by their share of land; None if one lacks."""
    code = str(one.row["parcel"])
    parts = [
        (found.figures.get((firm, indicator, year)), found.shares[code, firm]) for firm in one.users
    ]
    known = [(figure, share) for figure, share in parts if figure is not None]
    if not parts or len(known) < len(parts):
        return None
    sources = "；".join(sorted({figure.source for figure, _ in known}))
    return Known(sum(figure.value * share for figure, share in known), sources,
                 max(figure.as_of for figure, _ in known))  # fmt: skip


def _taxes(one: Parcel, found: _Sources) -> None:
    years = [_sum(one, found, TAX, found.year - back) for back in range(YEARS)]
    now, before = years[0], years[1]
    for figure, fact, year in ((now, "", found.year), (before, "_before", found.year - 1)):
        if figure is not None and one.mu:
            one.facts[f"tax_per_mu{fact}"] = Known(
                figure.value / one.mu, figure.source, figure.as_of
            )
        if mean := found.county.get(year):
            one.facts[f"county_tax_per_mu{fact}"] = mean
    one.tax = None if now is None else round(now.value)
    one.tax_before = None if before is None else round(before.value)
    without = 0
    for figure in years:
        if figure is None and without < LEAST_YEARS:
            return  # how long is not known; two years are enough to say so much
        if figure is None or figure.value > 0:
            break
        without += 1
    if now is not None:
        one.facts["years_without_tax"] = Known(without, now.source, now.as_of)


def _power(one: Parcel, found: _Sources) -> None:
    now = _sum(one, found, POWER, found.year)
    before = _sum(one, found, POWER, found.year - 1)
    design = one.facts.pop("design_kwh", None)
    if now is not None and before is not None and before.value > 0:
        one.facts["power_on_year"] = Known(now.value / before.value, now.source, now.as_of)
    if now is not None and design is not None and design.value > 0:
        one.facts["power_share"] = Known(
            now.value / design.value, f"{now.source}；{design.source}", now.as_of
        )


def _grade(one: Parcel, found: _Sources) -> None:
    grade = found.grades.get(one.row["holder"] or "")
    if grade is not None:
        one.facts["grade_d"] = grade
