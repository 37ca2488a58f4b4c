"""The pages of land in a browser, as an official with a purpose and as a firm look at them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.e2e.conftest import Watched

pytestmark = pytest.mark.browser
LOOKS = [(1280, "light"), (390, "dark")]
OWN = "/land/own/?tax=2000&land=1.5"


def _paths(name: str, firm: str) -> tuple[str, ...]:
    if name == "firm":
        return ("/land/own/", OWN, "/land/tenure/", "/land/table/public/")
    return ("/land/", "/land/rules/", "/land/fairness/", f"/land/firms/{firm}/", "/land/table/")


@pytest.mark.parametrize(("width", "theme"), LOOKS)
@pytest.mark.parametrize("name", ["analyst", "firm"])
def test_grades_can_be_read(
    visit: Callable[..., Watched], first_firm: str, name: str, width: int, theme: str
) -> None:
    purpose = "核对亩均评价" if name == "analyst" else ""
    seen = visit(name, width=width, theme=theme, purpose=purpose)
    found: list[str] = []
    for number, path in enumerate(_paths(name, first_firm)):
        seen.open(path)
        found += [f"{path}: {one}" for one in (*seen.wrong, *seen.violations())]
        seen.picture(f"land-{name}-{number}-{width}-{theme}")
    assert not found, "\n".join(found)
