"""Small tables are narrowed in memory, large ones by the engine; nobody can tell which it was."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from jiqun.core.access import Viewer
from jiqun.core.factstore import lawful_rows, own_rows, rows
from tests.console import Demo, main_firm

ASKED: list[tuple[str, list[str] | None, dict[str, Any]]] = [
    ("place", None, {}),
    ("firm", ["firm", "name"], {"place": "990101"}),
    ("firm", ["firm"], {"firm": []}),
    ("firm_industry", None, {"main": True}),
    ("industry", ["code"], {"code": ("C13", "13", "nowhere")}),
    ("chain_record", None, {"kind": "nothing"}),
]


def both(monkeypatch: pytest.MonkeyPatch, read: Any) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What is read from memory and by the engine, in one order."""
    inside = read()
    with monkeypatch.context() as patch:
        patch.setattr("jiqun.facts.store.store.SMALL", -1)
        outside = read()
    return inside.sort(inside.columns), outside.sort(outside.columns)


@pytest.mark.parametrize(("name", "columns", "equal"), ASKED)
def test_memory_and_engine_give_the_same_rows(
    demo: Demo, monkeypatch: pytest.MonkeyPatch, name: str, columns: list[str] | None, equal: dict[str, Any]
) -> None:  # fmt: skip
    assert demo.store.small(name) is not None
    assert_frame_equal(*both(monkeypatch, lambda: rows(demo.store, name, columns, **equal)))


def test_rows_of_firms_too(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = ("parcel_use", ["firm", "parcel"])
    inside, outside = both(
        monkeypatch,
        lambda: lawful_rows(demo.store, *wanted, purpose="permu", reference="test").frame,
    )
    assert_frame_equal(inside, outside)
    assert inside.height


def test_own_rows_are_those_of_the_own_firms_and_none_without_one(
    demo: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = main_firm(demo.store)
    own = Viewer(firms=frozenset({held}))
    inside, outside = both(
        monkeypatch, lambda: own_rows(demo.store, "firm_indicator", own, ["firm", "indicator"])
    )
    assert_frame_equal(inside, outside)
    assert set(inside["firm"]) == {held}
    for nobody in both(monkeypatch, lambda: own_rows(demo.store, "firm_indicator", Viewer())):
        assert not nobody.height
    for nameless in both(monkeypatch, lambda: own_rows(demo.store, "place", own)):
        assert not nameless.height


def test_a_large_table_is_left_where_it_lies(demo: Demo) -> None:
    assert demo.store.small("industry_cell") is None
