"""Each page in a real browser: no errors, accessible, at desk and phone width, light and dark."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from jiqun.core.security.passwords import remember
from tests.console import DEMO_QUERY, Demo
from tests.e2e.conftest import OPENED, Visit, Watched

pytestmark = pytest.mark.browser
# Some of what the menus must lead to: other files look at what they do not.
ROLES = {
    "analyst": {"/policy/match/", "/policy/checkup/", "/policy/plan/", "/policy/draft/",
                "/land/fairness/"},
    "firm": {"/policy/own/", "/land/own/", "/land/tenure/"},
    "audit": {"/security/sessions/"},
}  # fmt: skip
EXTRA = (
    f"/chain/industry/supporting/21/?{DEMO_QUERY}",
    f"/chain/gaps/?{DEMO_QUERY}&list=fill",
    f"/chain/lists/firms/?{DEMO_QUERY}",
    f"/chain/?{DEMO_QUERY}&p.leading.coverage=0.5",
    "/data/chain_record/?view=0",
    "/data/chain_record/import/",
    "/publications/new/",
    "/search/?q=袜业",
    "/notices/choices/",
)
# The same page for everybody: looked at once, as the analyst.
SHARED = ("/chain/", "/security/asvs/", "/audit/roots/", "/accounts/", "/data/", "/notices/")
MENUS = "nav.jq-nav a, .jq-menu-body a, a.jq-bell"


def _links(seen: Watched, name: str) -> list[str]:
    """The addresses in the menus of the page that is open, those that all share left out."""
    found = [one.get_attribute("href") or "" for one in seen.page.locator(MENUS).all()]
    return [
        href for href in dict.fromkeys(found) if name == "analyst" or not href.startswith(SHARED)
    ]


def _shown(path: str) -> str:
    return path.split("?", maxsplit=1)[0].strip("/").replace("/", "-") or "start"


@pytest.mark.parametrize(("width", "theme"), OPENED)
@pytest.mark.parametrize("name", ROLES)
def test_every_entry_of_the_menus(visit: Visit, name: str, width: int, theme: str) -> None:
    seen = visit(name, width=width, theme=theme)
    waiting, done = ["/", *(EXTRA if name == "analyst" else ())], list[str]()
    found: list[str] = []
    while waiting:  # every section of the navigation opens on its own pages
        path = waiting.pop(0)
        done.append(path)
        seen.open(path)
        links = _links(seen, name)
        found += seen.problems(f"{_shown(path)}-{name}")
        waiting += [one for one in links if one not in done + waiting]
    assert ROLES[name] <= {path.split("?", maxsplit=1)[0] for path in done}
    assert not found, "\n".join(found)


@pytest.mark.parametrize(("width", "theme"), OPENED)
def test_the_pages_before_the_login(visit: Visit, width: int, theme: str) -> None:
    seen, found = visit("anonymous", width=width, theme=theme), list[str]()
    for path in ("/accounts/login/", "/audit/roots/", "/security/asvs/"):
        seen.open(path)
        found += seen.problems(f"{_shown(path)}-outside")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("path", ["/", "/data/", "/consent/allowed/"])
def test_on_paper_there_is_no_navigation(visit: Visit, path: str) -> None:
    seen = visit()
    seen.open(path)
    seen.page.emulate_media(media="print")
    for part in ("nav.jq-nav", ".jq-header", ".jq-footer a"):
        assert not seen.page.locator(part).first.is_visible(), part
    assert seen.page.locator(".jq-print-head").is_visible()
    assert seen.page.locator("h1").is_visible()
    seen.picture(f"{path.strip('/').replace('/', '-') or 'start'}-print")


def test_the_watchers_see_what_is_wrong(visit: Visit) -> None:
    seen = visit()
    seen.open("/purpose/")
    assert not seen.violations()
    seen.page.evaluate("document.querySelector('main').innerHTML += '<img src=/nothing.png>'")
    seen.page.evaluate("console.error('a mistake')")
    seen.page.wait_for_load_state("networkidle")
    assert any("image-alt" in one for one in seen.violations())
    assert any("a mistake" in one for one in seen.wrong)
    assert any("404" in one for one in seen.wrong)


def test_an_error_page_is_accessible_too(visit: Visit) -> None:
    seen = visit()
    seen.open("/no/such/page")
    assert not seen.violations()
    seen.picture("not-found-1280-light")


def test_the_description_of_the_api_opens_under_the_same_policy(visit: Visit) -> None:
    seen = visit()
    seen.open("/api/docs")
    seen.page.locator(".opblock").first.wait_for()
    assert not seen.wrong


def test_the_keyboard_alone_reaches_an_industry(visit: Visit) -> None:
    seen = visit()
    seen.open(f"/chain/?{DEMO_QUERY}")
    page = seen.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "jq-skip", (
        "the way past the navigation first"
    )
    for _ in range(40):
        if page.evaluate("document.activeElement.tagName") == "CANVAS":
            break
        page.keyboard.press("Tab")
    else:
        pytest.fail("the map cannot be reached by Tab")
    for key in ("ArrowDown", "ArrowRight"):
        page.keyboard.press(key)
    said = page.locator("chain-map output").inner_text()
    assert said, "the chosen segment is named"
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "/chain/industry/" in page.url
    assert page.locator("h1 small").inner_text() in said
    assert not seen.wrong


def test_a_what_if_by_the_form(visit: Visit) -> None:
    seen = visit()
    seen.open(f"/chain/?{DEMO_QUERY}")
    page = seen.page
    before = page.locator("section[aria-labelledby=tier-leading] tbody tr").count()
    page.locator(".jq-whatif summary").click()
    page.locator('input[name="p.leading.coverage"]').fill("0.5")
    page.locator('input[name="p.leading.share_min"]').fill("0.9")
    with page.expect_navigation():
        page.locator(".jq-whatif button").click()
    assert page.locator(".jq-notice.is-warning").is_visible()
    assert page.locator("section[aria-labelledby=tier-leading] tbody tr").count() == before - 1
    with page.expect_navigation():
        page.locator(".jq-notice.is-warning a").click()
    assert page.locator("section[aria-labelledby=tier-leading] tbody tr").count() == before
    assert not seen.wrong


def test_a_threshold_that_cannot_be_is_caught_before_it_is_sent(visit: Visit) -> None:
    seen = visit()
    seen.open(f"/chain/?{DEMO_QUERY}")
    seen.page.locator(".jq-whatif summary").click()
    seen.page.locator('input[name="p.leading.coverage"]').fill("3")
    seen.page.locator(".jq-whatif button").click()
    assert seen.page.locator('input[name="p.leading.coverage"]:invalid').count() == 1
    assert "p.leading" not in seen.page.url


def test_the_language_switch_stays_on_the_page(visit: Visit) -> None:
    seen = visit()
    path = f"/chain/gaps/?{DEMO_QUERY}"
    seen.open(path)
    with seen.page.expect_navigation():
        seen.page.locator("button[name=language]").click()
    assert seen.page.locator("html").get_attribute("lang") == "en"
    assert seen.page.url.endswith(path)
    seen.picture("gaps-1280-english")
    seen.open(f"/chain/?{DEMO_QUERY}")
    seen.picture("chain-map-1280-english")
    assert not seen.wrong


def test_the_theme_switch_is_remembered(visit: Visit) -> None:
    seen = visit()
    seen.open("/")
    seen.page.locator("[data-theme-toggle]").click()
    seen.open("/data/")
    assert seen.page.locator("html").get_attribute("data-bs-theme") == "dark"


def test_on_paper_the_map_is_a_drawing(demo: Demo, visit: Visit) -> None:
    seen = visit()
    seen.open(f"/chain/?{DEMO_QUERY}")
    seen.page.emulate_media(media="print")
    assert seen.page.locator(".jq-map-print").is_visible()
    assert not seen.page.locator("chain-map canvas").is_visible()
    assert not seen.page.locator("nav.jq-nav").is_visible()
    seen.picture("chain-map-print")


def test_signing_in_by_the_form(people: object, visit: Callable[..., Watched]) -> None:
    user = people["analyst"]  # type: ignore[index]
    user.set_password("ein-langes-2026")
    user.save()
    remember(user, initial=False)  # the person's own: the first login asks for no other
    seen = visit("anonymous")
    seen.open("/chain/")
    seen.page.locator("#id_login").fill("analyst")
    seen.page.locator("#id_password").fill("ein-langes-2026")
    with seen.page.expect_navigation():
        seen.page.locator("main form button").click()
    assert "/chain/" in seen.page.url
    assert seen.page.locator("h1").inner_text().startswith("合成示例县")
