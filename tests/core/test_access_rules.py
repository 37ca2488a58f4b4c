"""Who may see what: deny by default, over every role."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from pytest_django import Settings

from jiqun.core.access import (
    ANONYMOUS,
    Grade,
    Role,
    Viewer,
    grades_for,
    may_see_firm_rows,
    may_see_place,
    require_place,
    visible_firms,
)
from jiqun.core.opened import store
from jiqun.errors import JiqunError
from jiqun.facts.contract import contract

COUNTY = frozenset({"990101"})
# who: (viewer, sees the county, sees a town of it, sees the city, sees firm A, sees firm B)
MATRIX = {
    "anonymous": (ANONYMOUS, False, False, False, False, False),
    "no role": (Viewer(user_id=1), False, False, False, False, False),
    "places without login": (Viewer(places=frozenset({"*"})), False, False, False, False, False),
    "administrator": (Viewer(2, roles=frozenset({Role.SYSTEM})), False, False, False, False, False),
    "analyst": (Viewer(3, roles=frozenset({Role.ANALYST}), places=COUNTY), True, True, False, False, False),
    "analyst of everything with a purpose": (
        Viewer(3, roles=frozenset({Role.ANALYST}), places=frozenset({"*"}), purpose="核对补链清单"),
        True, True, True, True, True,
    ),
    "partner with a purpose": (
        Viewer(7, roles=frozenset({Role.PARTNER}), purpose="核对"), False, False, False, False, False,
    ),
    "a purpose without login": (
        Viewer(roles=frozenset({Role.ANALYST}), places=frozenset({"*"}), purpose="核对补链清单"),
        False, False, False, False, False,
    ),
    "analyst of everything": (
        Viewer(4, roles=frozenset({Role.ANALYST}), places=frozenset({"*"})), True, True, True, False, False,
    ),
    "firm": (
        Viewer(5, roles=frozenset({Role.FIRM}), places=COUNTY, firms=frozenset({"A"})),
        True, True, False, True, False,
    ),
    "firm with a purpose": (
        Viewer(5, roles=frozenset({Role.FIRM}), places=COUNTY, firms=frozenset({"A"}), purpose="好奇"),
        True, True, False, True, False,
    ),
    "butler with a purpose": (
        Viewer(6, roles=frozenset({Role.BUTLER}), places=COUNTY, purpose="核对"), True, True, False, False, False,
    ),
}  # fmt: skip


@pytest.mark.parametrize("who", MATRIX)
def test_matrix(who: str) -> None:
    viewer, county, town, city, firm_a, firm_b = MATRIX[who]
    assert may_see_place(viewer, "990101") is county
    assert may_see_place(viewer, "990101001") is town
    assert may_see_place(viewer, "9901") is city
    assert visible_firms(viewer, ["A", "B"]) == {
        name for name, seen in (("A", firm_a), ("B", firm_b)) if seen
    }


def test_a_purpose_alone_opens_nothing() -> None:
    assert not may_see_firm_rows(Viewer(1, purpose="核对补链清单"))
    assert not may_see_firm_rows(Viewer(1, roles=frozenset({Role.SYSTEM}), purpose="核对补链清单"))


@pytest.fixture
def register(tmp_path: Path, settings: Settings) -> None:
    """A register: A in county 990101, B in a town of it, C in 990102, D without a place."""
    settings.STORE = tmp_path / "store"
    schema = {column.name: column.type for column in contract("firm").columns}
    rows = [
        {"firm": firm, "id_scheme": "other", "name": firm, "place": place, "status": "active"}
        for firm, place in (("A", "990101"), ("B", "990101001"), ("C", "990102"), ("D", ""))
    ]
    kinds = {"number": pl.Float64, "date": pl.Date}
    frame = pl.DataFrame(rows, schema={n: kinds.get(k, pl.String) for n, k in schema.items()})
    store().append("firm", frame, batch="b", received=4, source="register")


@pytest.mark.parametrize(
    ("places", "seen"),
    [({"990101"}, "AB"), ({"990102"}, "C"), ({"9901"}, "ABC"), ({"990101", "990102"}, "ABC"),
     ({"990101001"}, "B"), ({"9902"}, ""), (set(), ""), ({"*"}, "ABCDE"), ({"*", "990102"}, "ABCDE")],
)  # fmt: skip
def test_an_official_sees_firms_of_the_own_places_only(
    register: None, places: set[str], seen: str
) -> None:
    viewer = Viewer(
        1, roles=frozenset({Role.ANALYST}), places=frozenset(places), purpose="核对补链清单"
    )
    assert visible_firms(viewer, "ABCDE") == set(seen), "D has no place, E is in no register"
    assert visible_firms(replace(viewer, purpose=""), "ABCDE") == frozenset()


def test_an_official_who_has_a_firm_elsewhere_sees_no_neighbours_of_it(register: None) -> None:
    viewer = Viewer(
        1, roles=frozenset({Role.ANALYST, Role.FIRM}), places=frozenset({"990101", "990102"}),
        firms=frozenset({"C"}), duty=frozenset({"990101001"}), purpose="核对补链清单",
    )  # fmt: skip
    assert visible_firms(viewer, "ABCDE") == {"B", "C"}


def test_a_firm_that_moves_is_seen_by_its_new_place(register: None) -> None:
    viewer = Viewer(1, roles=frozenset({Role.ANALYST}), places=COUNTY, purpose="核对补链清单")
    assert "C" not in visible_firms(viewer, "C")
    moved = store().polars("firm").filter(firm="C").with_columns(place=pl.lit("990101"))
    names = [column.name for column in contract("firm").columns]
    store().append("firm", moved.select(names), batch="c", received=1, source="register")
    assert "C" in visible_firms(viewer, "C")


@pytest.mark.asvs("14.2.4")
def test_grades_by_viewer() -> None:
    everybody = {Grade.PUBLIC}
    official = Viewer(1, roles=frozenset({Role.ANALYST}), places=COUNTY)
    firm = Viewer(2, roles=frozenset({Role.FIRM}), places=COUNTY, firms=frozenset({"A"}))
    assert grades_for(ANONYMOUS) == grades_for(ANONYMOUS, own=True) == everybody
    assert grades_for(Viewer(3, roles=frozenset({Role.SYSTEM}))) == everybody
    assert grades_for(official) == {Grade.PUBLIC, Grade.AGGREGATE}
    assert grades_for(replace(official, purpose="核对")) == {
        Grade.PUBLIC,
        Grade.AGGREGATE,
        Grade.FIRM,
    }
    assert grades_for(firm) == {Grade.PUBLIC, Grade.AGGREGATE}
    assert grades_for(firm, own=True) == set(Grade)
    assert Grade.PERSONAL not in grades_for(replace(official, purpose="核对"), own=True)


def test_a_place_out_of_reach_is_refused_with_a_way_on() -> None:
    with pytest.raises(JiqunError) as caught:
        require_place(MATRIX["firm"][0], "990201")
    assert (caught.value.code, caught.value.status) == ("E-FORBIDDEN", 403)
    assert "990201" in caught.value.message_zh
    assert "990201" in caught.value.message_en
    assert caught.value.hint_zh
    assert caught.value.hint_en
