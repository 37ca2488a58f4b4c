"""The pages of the policies in a browser, as an official and as a firm look at them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from jiqun.modules.policy.models import Draft
from tests.e2e.conftest import OPENED, Watched

pytestmark = pytest.mark.browser
# What no menu leads to; the rest is looked at in test_browser_pages.
PATHS = {
    "analyst": (
        "/policy/match/HC-02@1/",
        "/policy/match/MB-05@1/",
        "/policy/checkup/HC-03@1/",
        "/policy/checkup/try/",
        "/policy/drafts/",
    ),
    "firm": (
        "/policy/own/?fact=研发费用[上年度]&value=5000万元&fact=规上企业&value=是",
        "/policy/own/HC-02@1/",
    ),
}


@pytest.mark.parametrize(("width", "theme"), OPENED)
@pytest.mark.parametrize("name", sorted(PATHS))
def test_matches_can_be_read(
    visit: Callable[..., Watched], name: str, width: int, theme: str
) -> None:
    seen = visit(name, width=width, theme=theme)
    found: list[str] = []
    for number, path in enumerate(PATHS[name]):
        seen.open(path)
        found += seen.problems(f"policy-{name}-{number}")
    assert not found, "\n".join(found)


FOR_A_PURPOSE = (
    "/policy/plan/",
    "/policy/plan/together/?pot=1000000",
    "/policy/plan/HC-04@1/?budget=1000000",
)


@pytest.mark.parametrize(("width", "theme"), OPENED)
def test_plans_can_be_read(visit: Callable[..., Watched], width: int, theme: str) -> None:
    seen = visit("analyst", width=width, theme=theme, purpose="测算预算")
    found: list[str] = []
    for number, path in enumerate(FOR_A_PURPOSE):
        seen.open(path)
        assert seen.page.locator("table.jq-table").count(), path
        found += seen.problems(f"policy-plan-{number}")
    assert not found, "\n".join(found)


TEXT = """合成示例县支持企业发展若干措施
第一条 对上年度营业收入不低于2000万元的规模以上工业企业，给予一次性奖励20万元。
第二条 对经营特别良好的企业酌情给予最高不超过若干万元的扶持。
"""


@pytest.mark.parametrize(("width", "theme"), OPENED)
def test_a_text_is_read_stored_and_settled(
    visit: Callable[..., Watched], width: int, theme: str
) -> None:
    seen = visit("analyst", width=width, theme=theme)
    page, found = seen.page, list[str]()
    seen.open("/policy/draft/")
    page.locator("textarea[name=text]").fill(TEXT)
    for verb in ("draft", "store"):
        with page.expect_navigation():
            page.locator(f"button[value={verb}]").click()
        found += seen.problems(f"policy-draft-{verb}")
    draft = Draft.objects.get()
    assert page.url.endswith(f"/policy/drafts/{draft.key}/")
    assert page.locator("mark").count()
    page.get_by_label("编号", exact=False).first.fill("KQ-2026-031")
    with page.expect_navigation():
        page.locator("button[value=settle]").click()
    assert draft.fields.get(key="编号").value == "KQ-2026-031"  # type: ignore[attr-defined]
    found += seen.problems("policy-draft-settle")
    assert not found, "\n".join(found)
