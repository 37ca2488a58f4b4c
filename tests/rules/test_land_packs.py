"""Packs of land and calendars: complete, marked, and their vectors hold in the engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from jiqun.engine.calendar import add_working_days
from jiqun.engine.land.bounds import read_bound
from jiqun.engine.land.breach import bond_parts, shortage, tax_gap
from jiqun.engine.land.clock.days import Span, add_months, merged, shifted
from jiqun.engine.land.control import Site, Storey, indicators
from jiqun.engine.land.exact import exact, rounded
from jiqun.engine.land.screening import NO, YES, screen
from jiqun.engine.land.tenure import factor, floor_test, lease_first, level_rent, price
from jiqun.errors import JiqunError
from jiqun.rules import loader
from jiqun.rules.calendars import calendar_ahead, working_calendar
from jiqun.rules.land.read import (
    bond_shares,
    clock_rules,
    in_force,
    record_columns,
    rows,
    standards,
    tenure_rules,
)
from jiqun.rules.land.screens import criteria

FILES = sorted(
    path.relative_to(loader.FOLDER)
    for topic in ("land", "calendar")
    for path in (loader.FOLDER / topic).rglob("*.yaml")
)
PACKS = [loader.pack(path.parent.as_posix(), path.stem) for path in FILES]
TENURE, CONTROL, CLOCK, SCREEN, RECORDS = (
    loader.pack(f"land/{part}", "jiqun-2026.1")
    for part in ("tenure", "control", "milestones", "screening", "records")
)
HOLIDAYS = loader.FOLDER / "calendar" / "cn" / "2026.yaml"
FLOORS = loader.FOLDER / "land" / "tenure" / "jiqun-2026.1.yaml"
Given = Mapping[str, Any]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder of packs."""
    monkeypatch.setattr(loader, "FOLDER", tmp_path)
    loader.pack.cache_clear()
    yield tmp_path
    loader.pack.cache_clear()


def _write(folder: Path, raw: dict[str, Any], *, topic: str, source: Path) -> None:
    raw["topic"] = topic
    (folder / topic).mkdir(parents=True)
    text = yaml.safe_dump(raw, allow_unicode=True)
    (folder / topic / source.name).write_text(text, encoding="utf-8")


def _raw(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _rules(given: Given) -> Any:
    return tenure_rules(TENURE, {"tenure.rate": given["rate"]})


def _yuan(value: Fraction | int) -> float:
    return rounded(value) / 100


def _lease(given: Given) -> float:
    found = lease_first(
        given["full_yuan"] * 100, given["lease"], total_years=given["total"], rent=given["rent_yuan"] * 100,
        rent_offsets_price=given["offset"], rules=_rules(given),
    )  # fmt: skip
    return _yuan(found.payable)


def _fen(given: Given) -> int:
    return rounded(exact(given["price_yuan"]) * 100)


def _tax(given: Given) -> Any:
    return tax_gap(given["standard"], given["actual"], area_mu=given["mu"])


def _bond(given: Given) -> list[int]:
    shares = {str(one): share for one, share in bond_shares(CONTROL).items()}
    return list(bond_parts(given["bond"], shares).values())


def _plot_ratio(given: Given) -> float:
    storeys = [Storey(Fraction(area), Fraction(height)) for area, height in given["storeys"]]
    high = exact(CONTROL.values()["control.high_storey"])
    found = indicators(Site(Fraction(given["land"]), storeys), high_storey=high)["plot_ratio"]
    return float(found or 0)


def _stopped(given: Given) -> date:
    spans = merged(Span(*stop) for stop in given["stops"])
    return shifted(given["base"], add_months(given["base"], given["months"]), spans=spans)


def _screen(given: Given) -> dict[str, list[str]]:
    found = screen(
        criteria(SCREEN), {name: np.array([float(value)]) for name, value in given.items()}
    )
    codes = [one.code for one in found.criteria.criteria]
    verdict = dict(zip(codes, found.verdicts[0].tolist(), strict=True))
    return {
        "holds": [code for code in codes if verdict[code] == YES],
        "fails": [code for code in codes if verdict[code] == NO],
    }


def _bound(given: Given) -> list[float | None]:
    column = next(one for one in record_columns(RECORDS) if one.name == given["column"])
    bound = read_bound(given["text"], kind=column.kind, unit=column.unit, sense=column.sense).bound
    assert bound is not None
    return [None if end is None else float(end) for end in (bound.low, bound.high)]


CALLS: Mapping[str, Callable[[Given], Any]] = {
    "factor": lambda given: round(float(factor(given["years"], rules=_rules(given))), 4),
    "price": lambda given: _yuan(
        price(given["full_yuan"] * 100, given["years"], rules=_rules(given), method=given["method"])
    ),
    "converted": lambda given: _yuan(
        floor_test(_fen(given), given["years"], rules=_rules(given), grade=None).converted
    ),
    "floor_passes": lambda given: (
        floor_test(_fen(given), given["years"], rules=_rules(given), grade=given["grade"]).passes
    ),
    "level_rent": lambda given: _yuan(level_rent(given["full_yuan"] * 100, rules=_rules(given))),
    "lease_first": _lease,
    "tax_gap": lambda given: list(_tax(given).gaps),
    "tax_rates": lambda given: [round(float(rate), 3) for rate in _tax(given).rates],
    "shortage": lambda given: float(
        shortage(given["standard"], given["actual"], price=0).ratio or 0
    ),
    "bond": _bond,
    "plot_ratio": _plot_ratio,
    "add_months": lambda given: add_months(given["day"], given["months"]),
    "stopped_deadline": _stopped,
    "bound": _bound,
    "add_working_days": lambda given: add_working_days(
        given["day"], given["n"], working_calendar()
    ),
    "add_working_days_ahead": lambda given: add_working_days(
        given["day"], given["n"], calendar_ahead(given["day"])
    ),
}


@pytest.mark.parametrize(
    "vector",
    [pytest.param(one, id=f"{pack.topic}-{one['name']}") for pack in PACKS for one in pack.vectors],
)
def test_every_vector_holds(vector: Mapping[str, Any]) -> None:
    if vector["call"] == "screen":
        found = _screen(vector["given"])
        assert set(vector["expect"]["holds"]) <= set(found["holds"])
        assert set(vector["expect"]["fails"]) <= set(found["fails"])
        return
    assert CALLS[vector["call"]](vector["given"]) == vector["expect"]


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: f"{pack.topic}/{pack.version}")
def test_every_pack_says_what_it_rests_on(pack: loader.Pack) -> None:
    assert pack.source["zh"]
    assert pack.source["en"]
    assert pack.vectors
    for name, table in pack.tables.items():
        if "columns" in table and isinstance(table["rows"][0], list):
            assert all(row.get("mark", table["mark"]) in loader.MARKS for row in rows(pack, name))


def test_the_packs_in_force() -> None:
    assert in_force("tenure", date(2026, 11, 30)) == TENURE
    with pytest.raises(JiqunError) as caught:
        in_force("tenure", date(2025, 12, 31))
    assert caught.value.code == "E-PACK-UNKNOWN"


def test_floor_prices_and_standards_become_fen() -> None:
    rules = tenure_rules(TENURE)
    assert len(rules.floors) == 15
    assert (rules.floors[1], rules.floors[7], rules.floors[15]) == (84_000, 28_800, 6_000)
    assert rules.rate == Fraction(1, 20)
    by_code = {one.code: one for one in standards(CONTROL)}
    assert by_code["investment"].low == 300_000_000
    assert by_code["admin_land"].high == Fraction(7, 100)
    assert by_code["building_coefficient"].mark == "✔"


def _spoilt(pack: loader.Pack, table: str, changed: list[list[Any]]) -> loader.Pack:
    return replace(pack, tables={**pack.tables, table: {**pack.tables[table], "rows": changed}})


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: tenure_rules(_spoilt(TENURE, "floor_price", [[1, 60], [2, 840]])), "floor prices rise"),
        (lambda: tenure_rules(_spoilt(TENURE, "floor_price", [[1, 60], [2, 0]])), "floor of grade 2 is not positive"),
        (lambda: tenure_rules(_spoilt(TENURE, "floor_price", [[1]])), "has not 2 cells"),
        (lambda: tenure_rules(replace(TENURE, tables={})), "there is no table floor_price"),
        (lambda: clock_rules(_spoilt(CLOCK, "checked", [["lunch"]]), CONTROL), "there is no milestone lunch"),
        (
            lambda: record_columns(_spoilt(RECORDS, "columns", [
                ["a", "甲", "a", "bound", "ratio", "万元/亩", "", False, None, None, "", [], "", "✎"]])),
            "is not of the kind ratio",
        ),
    ],
)  # fmt: skip
def test_a_pack_that_contradicts_itself_is_refused(call: Callable[[], object], says: str) -> None:
    with pytest.raises(JiqunError) as caught:
        call()
    assert caught.value.code == "E-PACK"
    assert says in caught.value.message_en


def test_shares_of_the_bond_must_make_a_whole() -> None:
    with pytest.raises(JiqunError) as caught:
        bond_shares(CONTROL, {"breach.bond_start": 0.5})
    assert caught.value.code == "E-LAND-BOND"


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("first: 2026-01-01, last: 2026-01-03, worked: [2026-01-02]", "is off and worked"),
        (
            "first: 2026-01-01, last: 2026-01-03, worked: [2026-01-06]",
            "is worked but no weekend day",
        ),
        ("first: 2026-01-03, last: 2026-01-01, worked: []", "ends before it begins"),
    ],
)
def test_holidays_that_contradict_themselves(row: str, says: str, folder: Path) -> None:
    raw = _raw(HOLIDAYS)
    raw["tables"]["holidays"]["rows"] = [yaml.safe_load(f"{{zh: 元旦, en: New Year, {row}}}")]
    _write(folder, raw, topic="calendar/xx", source=HOLIDAYS)
    with pytest.raises(JiqunError) as caught:
        working_calendar("xx")
    assert caught.value.code == "E-PACK"
    assert says in caught.value.message_en


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"mark": "?"}, "unknown mark"),
        ({"zh": ""}, "no Chinese or English words"),
        ({"rows": []}, "no rows"),
    ],
)
def test_tables_are_checked_when_a_pack_loads(
    change: Mapping[str, Any], says: str, folder: Path
) -> None:
    raw = _raw(FLOORS)
    raw["tables"]["floor_price"].update(change)
    _write(folder, raw, topic="land/spoilt", source=FLOORS)
    with pytest.raises(JiqunError) as caught:
        loader.pack("land/spoilt", "jiqun-2026.1")
    assert says in caught.value.message_en
