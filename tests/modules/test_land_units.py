"""Firms, operators and parcels as units of evaluation, by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from jiqun.engine.indices.quantities import Figure
from jiqun.engine.indices.units import Note, Units
from jiqun.errors import JiqunError
from jiqun.facts.load.county_file import parse
from jiqun.modules.land.attribution.lines import firm_land
from jiqun.modules.land.evaluation.gather import OPERATOR, Gathered
from jiqun.modules.land.evaluation.merging import Members, members_of, merged
from jiqun.modules.land.shapes import FirmLand, Land

M2 = 100
# Yard P of H: 10,000 m² with 8,000 m² of floor; T rents 400 m², U 4,000 m² of it. H rents in Q as well.
USES: dict[str, list[tuple[str, str, int, int]]] = {
    "H": [("P", "own", 10_000, 0), ("P", "rented_out", -500, 400), ("P", "rented_out", -5_000, 4_000),
          ("Q", "rented_in", 100, 50)],
    "T": [("P", "rented_in", 500, 400)],
    "U": [("P", "rented_in", 5_000, 4_000)],
    "N": [],
}  # fmt: skip


def land(firm: str) -> FirmLand:
    lines = [
        {"firm": firm, "parcel": parcel, "kind": kind, "area": 10_000 * M2, "floor": floor * M2,
         "total_floor": 8_000 * M2, "counted": counted * M2, "town": "t"}
        for parcel, kind, counted, floor in USES[firm]
    ]  # fmt: skip
    return firm_land(firm, firm, "t", lines, reported=None)


def figure(*values: int | None) -> Figure:
    known = np.array([one is not None for one in values])
    return Figure(np.array([one or 0 for one in values], dtype=np.int64), known)


def gathered(matters: list[tuple[str, str, str]] | None = None) -> Gathered:
    firms = list(USES)
    areas = [land(firm).area for firm in firms]
    units = Units(
        tuple(firms), {"land": figure(*areas), "tax": figure(100, 20, 30, None)},
        {"scale": figure(0, None, 1, 0), "tenant": figure(0, 1, 1, 0)},
        np.array(["17", "18", "19", "20"]), None, (),
        (Note("T", "veto", "合成文号", None),), (),
    )  # fmt: skip
    schema = {
        "firm": pl.String,
        "item": pl.String,
        "period": pl.String,
        "content": pl.String,
        "document": pl.String,
    }
    rows: list[Any] = [
        (firm, OPERATOR, "2025", content, paper) for firm, content, paper in matters or ()
    ]
    return Gathered(
        pl.DataFrame({"firm": firms, "name": firms}), units, pl.DataFrame(),
        pl.DataFrame(rows, schema=schema, orient="row"), (),
        Land("lines", "", {firm: land(firm) for firm in firms}), 2025,
    )  # fmt: skip


def grouped(kind: str, apart_m2: int = 0, **more: Any) -> tuple[Units, Members]:
    one = gathered(**more)
    ids, members = members_of(one, kind, apart_m2=apart_m2)
    return merged(one.units, ids, members), members


def test_a_firm_is_its_own_unit_unless_told() -> None:
    units, members = grouped("firm")
    assert units.ids == ("H", "T", "U", "N")
    assert members.of == (0, 1, 2, 3)
    assert units.figure("land").value.tolist()[0] == 4_600 * M2


def test_tenants_are_merged_into_their_parcel_and_a_large_one_stands_alone() -> None:
    units, members = grouped("parcel", 3_000)
    assert units.ids == ("P", "U", "N", "H"), "H is mixed: merged, and by itself as well"
    assert members.rows(0) == [0, 1]
    assert members.apart == {0: 3}
    land_, tax = units.figure("land"), units.figure("tax")
    assert land_.value.tolist() == [5_100 * M2, 5_000 * M2, 0, 4_600 * M2], (
        "10,000 − 5,000 let to U + 100 on Q"
    )
    assert land_.known.tolist() == [True, True, False, True]
    assert (tax.value.tolist(), tax.known.tolist()) == (
        [120, 30, 0, 100],
        [True, True, False, True],
    )
    assert {one.unit for one in units.events} == {"P"}, "a tenant's veto is the parcel's"
    assert units.industries().tolist() == ["17", "19", "20", "17"], (
        "the landlord stands for the parcel"
    )
    assert units.sorted_by("tenant").value.tolist() == [0, 1, 0, 0]


def test_without_a_limit_every_tenant_belongs_to_its_parcel() -> None:
    units, members = grouped("parcel")
    assert units.ids == ("P", "N", "H")
    assert members.rows(0) == [0, 1, 2]
    assert units.figure("land").value[0] == 10_100 * M2
    scale = units.sorted_by("scale")
    assert (int(scale.value[0]), bool(scale.known[0])) == (1, True), "one firm above is enough"


def test_an_unknown_figure_of_one_firm_is_unknown_of_the_unit() -> None:
    units, _ = grouped("operator", matters=[("N", "H", "合成认定〔2025〕1号")])
    assert units.ids == ("H", "T", "U")
    tax = units.figure("tax")
    assert tax.known.tolist() == [False, True, True]


def test_an_operator_needs_its_document() -> None:
    units, members = grouped(
        "operator",
        matters=[("T", "OP", "合成认定1号"), ("U", "OP", " "), ("H", "OP", "合成认定2号")],
    )
    assert units.ids == ("OP", "U", "N")
    assert members.rows(0) == [0, 1]
    assert units.figure("tax").value.tolist() == [120, 30, 0]


def test_county_toml_says_the_unit_and_refuses_others(tmp_path: Any) -> None:
    table = '[[table]]\nrows = []\ncontract = "place"\nsource = "s"\n'
    head = '[county]\npermu = "zhejiang-huangyan-2022"\n'
    county = parse(f'{head}permu_unit = "parcel"\npermu_apart_m2 = 3000\n{table}', folder=tmp_path)
    assert (county.permu_unit, county.permu_apart_m2) == ("parcel", 3000)
    with pytest.raises(JiqunError) as refused:
        parse(f'{head}permu_unit = "yard"\npermu_apart_m2 = -1\n{table}', folder=tmp_path)
    assert {one.column for one in refused.value.fields} >= {
        "county.permu_unit",
        "county.permu_apart_m2",
    }
