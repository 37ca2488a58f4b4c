"""The pages of the policies in a browser, as an official and as a firm look at them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.e2e.conftest import Watched

pytestmark = pytest.mark.browser
LOOKS = [(1280, "light"), (390, "dark")]
PATHS = {
    "analyst": (
        "/policy/match/",
        "/policy/match/HC-02@1/",
        "/policy/match/MB-05@1/",
        "/policy/checkup/",
        "/policy/checkup/HC-03@1/",
        "/policy/checkup/try/",
        "/policy/plan/",
    ),
    "firm": (
        "/policy/own/",
        "/policy/own/?fact=研发费用[上年度]&value=5000万元&fact=规上企业&value=是",
        "/policy/own/HC-02@1/",
    ),
}


@pytest.mark.parametrize(("width", "theme"), LOOKS)
@pytest.mark.parametrize("name", sorted(PATHS))
def test_matches_can_be_read(
    visit: Callable[..., Watched], name: str, width: int, theme: str
) -> None:
    seen = visit(name, width=width, theme=theme)
    found: list[str] = []
    for number, path in enumerate(PATHS[name]):
        seen.open(path)
        found += [f"{path}: {one}" for one in (*seen.wrong, *seen.violations())]
        seen.picture(f"policy-{name}-{number}-{width}-{theme}")
    assert not found, "\n".join(found)
