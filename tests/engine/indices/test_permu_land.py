"""Land attribution: the worked example, part years, towns, exclusions, and land counted twice."""

from __future__ import annotations

from datetime import date

import pytest

from jiqun.engine.indices.land import Holding, attribute, owners_of_units
from jiqun.errors import JiqunError

M2 = 100  # of 0.01 m²


def test_the_worked_example() -> None:
    """20,000 m² own, 4,000 of 25,000 m² floor let out, 3,000 of 45,000 rented on 30,000 m²."""
    found = attribute(
        [
            Holding("firm", "own", "p1", 20_000 * M2),
            Holding("firm", "rented_out", "p1", 20_000 * M2, 4_000 * M2, 25_000 * M2),
            Holding("firm", "rented_in", "p2", 30_000 * M2, 3_000 * M2, 45_000 * M2),
        ],
        ids=["firm"], year=2024,
    )  # fmt: skip
    assert found.land.value.tolist() == [18_800 * M2]
    assert found.mu()[0] == pytest.approx(28.2, abs=1e-12)
    assert {name: int(term[0]) for name, term in found.terms.items()} == {
        "own": 20_000 * M2, "occupied": 0, "rented_in": 2_000 * M2, "rented_out": -3_200 * M2,
        "excluded": 0,
    }  # fmt: skip


def test_a_hand_back_in_mid_year_counts_by_days() -> None:
    lines = [
        Holding("a", "own", "p", 366 * M2, last=date(2024, 6, 30)),
        Holding("b", "own", "p", 366 * M2, first=date(2024, 7, 1)),
    ]
    found = attribute(lines, ids=["a", "b"], year=2024, parcels={"p": 366 * M2})
    assert found.land.value.tolist() == [182 * M2, 184 * M2]
    assert not found.flags
    gone = attribute([Holding("a", "own", "p", M2, last=date(2023, 12, 31))], ids=["a"], year=2024)
    assert gone.land.value.tolist() == [0]


def test_a_firm_in_two_towns_is_one_figure_with_its_parts() -> None:
    lines = [
        Holding("a", "own", "p", 300 * M2, town="东镇"),
        Holding("a", "occupied", "q", 100 * M2, town="西镇"),
        Holding("b", "own", "r", 50 * M2, town="西镇"),
    ]
    found = attribute(lines, ids=["a", "b", "c"], year=2024)
    assert found.land.value.tolist() == [400 * M2, 50 * M2, 0]
    assert found.land.known.tolist() == [True, True, False]
    assert {town: area.tolist() for town, area in found.towns.items()} == {
        "东镇": [300 * M2, 0, 0], "西镇": [100 * M2, 50 * M2, 0],
    }  # fmt: skip


def test_land_may_fall_to_nothing_and_below() -> None:
    lines = [
        Holding("a", "own", "p", 100 * M2),
        Holding("a", "excluded", "p", 150 * M2, document="规字〔2024〕3号"),
    ]
    assert attribute(lines, ids=["a"], year=2024).land.value.tolist() == [-50 * M2]


def test_land_larger_than_its_parcel_is_flagged() -> None:
    """The tenant's share is counted, the landlord's is not taken off."""
    lines = [
        Holding("owner", "own", "p", 1_000 * M2),
        Holding("tenant", "rented_in", "p", 1_000 * M2, 10 * M2, 100 * M2),
    ]
    found = attribute(lines, ids=["owner", "tenant"], year=2024, parcels={"p": 1_000 * M2})
    assert [flag.value for flag in found.flags] == ["p"]
    assert "1100.00" in found.flags[0].message_en
    assert found.flags[0].remedy_zh


def test_every_unusable_line_is_named_at_once() -> None:
    lines = [
        Holding("nobody", "own", "p", M2),
        Holding("a", "borrowed", "p", 0),
        Holding("a", "rented_in", "p", M2, floor=5),
        Holding("a", "rented_out", "p", M2, floor=5, total_floor=4),
        Holding("a", "excluded", "p", M2),
        Holding("a", "own", "p", M2, first=date(2024, 5, 1), last=date(2024, 4, 1)),
    ]
    with pytest.raises(JiqunError) as caught:
        attribute(lines, ids=["a"], year=2024)
    assert caught.value.code == "E-PERMU-LAND"
    assert [(one.row, one.column) for one in caught.value.fields] == [
        (1, "unit"), (2, "kind"), (2, "area"), (3, "total_floor"), (4, "floor"), (5, "document"),
        (6, "last"),
    ]  # fmt: skip


def test_tenants_share_the_unit_of_the_parcel_unless_large() -> None:
    units = owners_of_units(
        ["p", "p", "p", "q"], [False, True, True, False], [0, 500, 300_000, 0], apart_from=300_000
    )
    assert units == ["p", "p", "p#2", "q"]
    assert owners_of_units(["p", "p"], [False, True], [0, 10**9], apart_from=None) == ["p", "p"]
