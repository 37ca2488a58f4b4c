"""Who may see what: deny by default, over every role."""

from __future__ import annotations

import pytest

from jiqun.core.access import (
    ANONYMOUS,
    Role,
    Viewer,
    aggregate_is_safe,
    may_see_firm_rows,
    may_see_place,
    require_place,
    visible_firms,
)
from jiqun.errors import JiqunError

COUNTY = frozenset({"990101"})
# who: (viewer, sees the county, sees a town of it, sees the city, sees firm A, sees firm B)
MATRIX = {
    "anonymous": (ANONYMOUS, False, False, False, False, False),
    "no role": (Viewer(user_id=1), False, False, False, False, False),
    "places without login": (Viewer(places=frozenset({"*"})), False, False, False, False, False),
    "administrator": (Viewer(2, roles=frozenset({Role.SYSTEM})), False, False, False, False, False),
    "analyst": (Viewer(3, roles=frozenset({Role.ANALYST}), places=COUNTY), True, True, False, False, False),
    "analyst with a purpose": (
        Viewer(3, roles=frozenset({Role.ANALYST}), places=COUNTY, purpose="核对补链清单"),
        True, True, False, True, True,
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


def test_a_place_out_of_reach_is_refused_with_a_way_on() -> None:
    with pytest.raises(JiqunError) as caught:
        require_place(MATRIX["firm"][0], "990201")
    assert (caught.value.code, caught.value.status) == ("E-FORBIDDEN", 403)
    assert "990201" in caught.value.message_zh
    assert "990201" in caught.value.message_en
    assert caught.value.hint_zh
    assert caught.value.hint_en


@pytest.mark.parametrize(
    ("count", "largest", "safe"),
    [(4, None, False), (5, None, True), (5, 0.5, True), (5, 0.51, False), (400, 0.9, False)],
)
def test_small_aggregates_are_not_safe(count: int, largest: float | None, safe: bool) -> None:  # noqa: FBT001
    assert aggregate_is_safe(count, largest) is safe
