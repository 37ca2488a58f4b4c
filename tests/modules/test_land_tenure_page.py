"""The calculator of tenure: the vector where linear pricing breaks the floor, bad input, printing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.test import Client

from jiqun.modules.land.tenure import Asked, calculate, read
from tests.console import Demo, text_of

DAY = dt.date(2026, 11, 30)
SignIn = Callable[..., Client]


def test_linear_pricing_breaks_the_floor_of_grade_seven() -> None:
    """R = 5 %, 450 元/m² for fifty years: 20 years cost 307.19; by years 180.00, which is 263.68 < 288."""
    found = calculate(Asked(), DAY)
    row = next(one for one in found.rows if one.years == 20)
    assert (row.income, row.linear) == (30_719, 18_000)
    assert round(row.linear_test.converted) == 26_368
    assert (row.income_test.passes, row.linear_test.passes) == (True, False)
    assert found.first.price == 43_812
    assert found.warnings == ()


def test_what_is_not_known_is_not_decided() -> None:
    found = calculate(Asked(grade=None), DAY)
    assert {one.income_test.passes for one in found.rows} == {None}
    assert [one.code for one in found.warnings] == ["W-LAND-FLOOR-UNKNOWN"]


def test_rents_may_count_towards_the_price() -> None:
    assert calculate(Asked(offset=True), DAY).first.payable == 32_812


def test_bad_input_is_said_all_at_once_and_left_out() -> None:
    asked, problems = read(
        {"price": "很贵", "rate": "99", "years": "51", "lease": "6", "rent": "-1", "grade": "16", "area": "1e99"}, DAY
    )  # fmt: skip
    assert [one.column for one in problems] == ["price", "rate", "years", "lease", "rent", "area"]
    assert asked == Asked(grade=None), "a grade that is none is not known"
    assert read({"price": "450", "rate": "5%"}, DAY) == (Asked(), [])


def test_the_page_warns_and_opens_for_everybody(demo: Demo, sign_in: SignIn) -> None:
    page = text_of(sign_in("firm"), "/land/tenure/")
    for words in ("307.19", "263.68", "低于最低价", "jiqun-2026.1", "待确认"):
        assert words in page
    assert "已略去" in text_of(sign_in("analyst"), "/land/tenure/?years=70")


@pytest.mark.parametrize("path", ["/land/own/sheet.pdf"])
def test_the_sheet_is_printed(demo: Demo, sign_in: SignIn, first_firm: str, path: str) -> None:
    answer = sign_in("firm").get(path)
    assert answer.status_code == 200
    assert answer.content.startswith(b"%PDF")
    assert first_firm in answer["Content-Disposition"]
    official = sign_in("analyst", purpose="核对亩均评价")
    assert official.get(f"/land/firms/{first_firm}/sheet.pdf").content.startswith(b"%PDF")
    assert official.get("/land/draft.pdf").content.startswith(b"%PDF")
    assert sign_in("analyst").get(f"/land/firms/{first_firm}/sheet.pdf").status_code == 404
