"""The pages of land in a browser, as an official with a purpose and as a firm look at them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.e2e.conftest import OPENED, Watched

pytestmark = pytest.mark.browser
OWN = "/land/own/?tax=2000&land=1.5"


# What no menu leads to, or shows more for a purpose; the rest is in test_browser_pages.
def _paths(name: str, firm: str) -> tuple[str, ...]:
    if name == "firm":
        return (OWN, "/land/table/public/")
    return (
        "/land/",
        "/land/rules/",
        f"/land/firms/{firm}/",
        "/land/table/",
    )  # more stands there for a purpose


@pytest.mark.parametrize(("width", "theme"), OPENED)
@pytest.mark.parametrize("name", ["analyst", "firm"])
def test_grades_can_be_read(
    visit: Callable[..., Watched], first_firm: str, name: str, width: int, theme: str
) -> None:
    purpose = "核对亩均评价" if name == "analyst" else ""
    seen = visit(name, width=width, theme=theme, purpose=purpose)
    found: list[str] = []
    for number, path in enumerate(_paths(name, first_firm)):
        seen.open(path)
        found += seen.problems(f"land-{name}-{number}")
    assert not found, "\n".join(found)
