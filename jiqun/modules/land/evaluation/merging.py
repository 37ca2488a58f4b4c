"""The units that are evaluated: firms, operators of several firms, or parcels with their tenants.

Source: methods 1.2: firms (遂昌 2023), operators and parcels (Ningbo); tenants' data are merged into
their parcel and share its grade, those above a size stand alone (遂昌); firms that have land of their
own and rent or let some too (混合型) are evaluated merged and by themselves (黄岩 2022).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

from jiqun.engine.indices.exact import Ints
from jiqun.engine.indices.land import owners_of_units
from jiqun.engine.indices.quantities import Figure, merge
from jiqun.engine.indices.units import Note, Units
from jiqun.modules.land.evaluation.gather import OPERATOR, Gathered
from jiqun.modules.land.shapes import FirmLand

UNITS: Mapping[str, tuple[str, str]] = {
    "firm": ("企业", "firm"), "operator": ("经营主体", "operator"), "parcel": ("宗地", "parcel"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Members:
    """Which firms are evaluated together.

    Attributes:
        kind: key of ``UNITS``.
        of: for each firm, the place of its unit.
        apart: row of a firm → place of the unit in which it is evaluated by itself as well.
        main: for each unit, the row of the firm that stands for it.
    """

    kind: str
    of: tuple[int, ...]
    main: tuple[int, ...]
    apart: Mapping[int, int] = field(default_factory=dict[int, int])

    def rows(self, unit: int) -> list[int]:
        """Return the rows of the firms in a unit."""
        shared = [row for row, place in enumerate(self.of) if place == unit]
        return shared or [row for row, place in self.apart.items() if place == unit]


@dataclass(frozen=True, slots=True)
class _Firm:
    """Where a firm belongs: its unit's key, whether it only rents there, whether it is mixed."""

    key: str
    tenant: bool = False
    floor: int = 0
    mixed: bool = False


def members_of(gathered: Gathered, kind: str, *, apart_m2: int) -> tuple[tuple[str, ...], Members]:
    """Return the keys of the units and which firms are in each.

    Args:
        gathered: the firms with their land and lists.
        kind: ``firm``, ``operator`` or ``parcel``.
        apart_m2: tenants that rent so many m² of floor or more stand alone; 0 for none.
    """
    codes = gathered.firms["firm"].to_list()
    if kind == "firm":
        rows = tuple(range(len(codes)))
        return tuple(codes), Members(kind, rows, rows)
    if kind == "operator":
        found = _operators(gathered, codes)
    else:
        found = [_at_home(gathered.land.attributed(code), code) for code in codes]
    names = owners_of_units(
        [one.key for one in found], [one.tenant for one in found], [one.floor for one in found],
        apart_from=apart_m2 * 100 if apart_m2 else None,
    )  # fmt: skip
    # A firm that stands alone is known by its own code, which survives other firms coming and going.
    keys = [codes[row] if "#" in name else name for row, name in enumerate(names)]
    return _grouped(keys, codes, found, kind=kind)


def _grouped(
    keys: Sequence[str], codes: Sequence[str], found: Sequence[_Firm], *, kind: str
) -> tuple[tuple[str, ...], Members]:
    ids = list(dict.fromkeys(keys))
    place = {name: at for at, name in enumerate(ids)}
    of = tuple(place[name] for name in keys)
    main = [min((row for row, at in enumerate(of) if at == unit),
                key=lambda row: (found[row].tenant, codes[row] != ids[of[row]], row))
            for unit in range(len(ids))]  # fmt: skip
    apart: dict[int, int] = {}
    for row, one in enumerate(found):
        if one.mixed and of.count(of[row]) > 1 and codes[row] not in place:
            apart[row] = len(ids)
            ids.append(codes[row])
            main.append(row)
    return tuple(ids), Members(kind, of, tuple(main), apart)


def _operators(gathered: Gathered, codes: Sequence[str]) -> list[_Firm]:
    """The operator that a document names; a firm without one is its own."""
    said = gathered.matters.filter(
        (pl.col("item") == OPERATOR) & (pl.col("period") == str(gathered.year))
        & (pl.col("document").fill_null("").str.strip_chars() != "")
    )  # fmt: skip
    named = {
        firm: str(content).strip() for firm, content in said.select("firm", "content").iter_rows()
    }
    return [_Firm(named.get(code) or code) for code in codes]


def _at_home(land: FirmLand | None, code: str) -> _Firm:
    """The parcel on which a firm has most land of its own, or else rents most; itself without lines."""
    own, rented, floor, lets = dict[str, int](), dict[str, int](), 0, False
    for one in land.lines if land else ():
        parcel, counted = str(one["parcel"]), int(one["counted"] or 0)
        if one["kind"] in {"own", "occupied"}:
            own[parcel] = own.get(parcel, 0) + counted
        elif one["kind"] == "rented_in" and counted > 0:
            rented[parcel] = rented.get(parcel, 0) + counted
            floor += int(one["floor"] or one["area"])
        lets = lets or (one["kind"] == "rented_out" and counted < 0)
    if own:
        return _Firm(_most(own), mixed=lets or bool(rented))
    if rented:
        return _Firm(_most(rented), tenant=True, floor=floor)
    return _Firm(code)


def _most(areas: Mapping[str, int]) -> str:
    return min(areas, key=lambda parcel: (-areas[parcel], parcel))


def merged(units: Units, ids: tuple[str, ...], members: Members) -> Units:
    """Return the units of the firms' figures: sums, and what the firm that stands for each says.

    One unknown figure makes the sum unknown. A unit is above the threshold of statistics when any of
    its firms is. Documents of any of its firms count for the unit, each code once.
    """
    if members.kind == "firm":
        return units
    pairs = [*enumerate(members.of), *members.apart.items()]
    rows, at = (np.array(side, dtype=np.int64) for side in zip(*pairs, strict=True))
    main = np.array(members.main, dtype=np.int64)

    def summed(figure: Figure) -> Figure:
        return merge(figure.take(rows), at, count=len(ids))

    sorting = {name: one.take(main) for name, one in units.sorting.items()}
    if "scale" in units.sorting:
        sorting["scale"] = _any(units.sorting["scale"].take(rows), at, count=len(ids))
    to_units = _to_units(units.ids, ids, pairs)
    return replace(
        units, ids=ids, figures={name: summed(one) for name, one in units.figures.items()}, sorting=sorting,
        industry=None if units.industry is None else units.industry[main],
        months=None if units.months is None else units.months[main],
        bonuses=to_units(units.bonuses), events=to_units(units.events), classes=to_units(units.classes),
    )  # fmt: skip


def _any(figure: Figure, at: Ints, *, count: int) -> Figure:
    """1 where any firm of the unit has 1, 0 where all have 0, unknown otherwise."""
    value = np.zeros(count, dtype=np.int64)
    np.maximum.at(value, at, figure.clean())
    known = merge(figure, at, count=count).known | (value > 0)
    return Figure(value, known)


def _to_units(
    firms: Sequence[str], ids: Sequence[str], pairs: Sequence[tuple[int, int]]
) -> Callable[[tuple[Note, ...]], tuple[Note, ...]]:
    units: dict[str, list[str]] = {}
    for row, place in pairs:
        units.setdefault(firms[row], []).append(ids[place])

    def moved(notes: tuple[Note, ...]) -> tuple[Note, ...]:
        found = [replace(one, unit=unit) for one in notes for unit in units[one.unit]]
        return tuple(dict.fromkeys(found))

    return moved
