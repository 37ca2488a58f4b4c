"""A browser, the console served to it, and what a page did while it was open."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    sync_playwright,
)
from pytest_django.live_server_helper import LiveServer

from tests.console import Demo
from tests.nightly import NIGHTLY

FRONTEND = Path(settings.BASE) / "frontend"
ARTIFACTS = Path(settings.BASE) / "test-artifacts"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
LOOKS = [(1280, "light"), (390, "dark")]
# With which look pages are opened; they are seen in both, at night opened in each.
OPENED = LOOKS if NIGHTLY else LOOKS[:1]
TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
# What depends on colours and on room; all else is the same page, audited as it was opened.
BY_LOOK = ["color-contrast", "link-in-text-block", "target-size", "scrollable-region-focusable"]
PICTURES = NIGHTLY or bool(os.environ.get("JIQUN_PICTURES"))
AXE = FRONTEND / "node_modules" / "axe-core" / "axe.min.js"
# Playwright's own loop runs in this thread; Django would take it for an asynchronous caller.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


def _chromium() -> str:
    found = shutil.which("chromium")
    if found:
        return found
    if os.environ.get("CI") == "true":
        pytest.fail("no Chromium: install the Debian package chromium")
    pytest.skip("no Chromium: install the Debian package chromium")


@pytest.fixture(scope="session")
def built() -> None:
    """The front-end, as the browser will load it."""
    for path in (FRONTEND / "dist" / "manifest.json", AXE):
        if not path.exists():
            pytest.fail(
                f"{path.relative_to(settings.BASE)} is missing: run python3 manage.py up --no-serve"
            )


@pytest.fixture(scope="session")
def browser(built: None) -> Iterator[Browser]:
    """One Chromium for the whole session."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=_chromium(),
            args=["--no-sandbox", "--disable-gpu", "--force-device-scale-factor=1"],
        )
        yield started
        started.close()


@dataclass
class Watched:
    """A page of the console, and everything that went wrong on it."""

    page: Page
    origin: str
    look: tuple[int, str]
    wrong: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        """Open an address and wait until nothing more is loading."""
        self.page.goto(self.origin + path, wait_until="load")
        if self.page.locator("chain-map").count():
            self.page.locator("chain-map[data-state=ready]").wait_for(state="attached")

    def violations(self, *, by_look: bool = False) -> list[str]:
        """What axe finds against WCAG 2.2 AA: rule and place.

        With ``by_look``, the rules whose answer width and theme can change.
        """
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = self.page.evaluate(
            "async (wanted) => (await axe.run(document, {resultTypes: ['violations'], "
            "runOnly: wanted})).violations",
            BY_LOOK if by_look else WCAG,
        )
        return [
            f"{one['id']} {node['target']} {node['failureSummary']}"
            for one in found
            for node in one["nodes"]
        ]

    def turn(self, width: int, theme: str) -> None:
        """Make the open window this wide, in this theme; the page has to follow."""
        self.page.set_viewport_size({"width": width, "height": _height(width)})
        self.page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        self.page.locator(f"html[data-bs-theme={theme}]").wait_for(state="attached")

    def problems(self, name: str) -> list[str]:
        """What is wrong with the open page as it was opened, then at the other width and theme.

        It is not loaded again in between.
        """
        path, found = self.page.url.removeprefix(self.origin), list[str]()
        others = [one for one in LOOKS if one != self.look]
        for width, theme in (self.look, *others):
            self.turn(width, theme)
            wrong = [*self.wrong, *self.violations(by_look=(width, theme) != self.look)]
            if self.page.evaluate(TOO_WIDE):
                wrong.append("the page scrolls sideways")
            found += [f"{path} ({width} {theme}): {one}" for one in wrong]
            self.wrong.clear()
            self.picture(f"{name}-{width}-{theme}")
        self.turn(*self.look)
        return found

    def picture(self, name: str) -> None:
        """Keep a picture of the whole page for people to look at: at night, and where they ask for it."""
        if not PICTURES:
            return
        ARTIFACTS.mkdir(exist_ok=True)
        self.page.screenshot(path=ARTIFACTS / f"{name}.png", full_page=True)


def _height(width: int) -> int:
    return 844 if width < 600 else 800


def _watch(page: Page, origin: str, look: tuple[int, str]) -> Watched:
    watched = Watched(page, origin, look)

    def on_console(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            watched.wrong.append(f"console {message.type}: {message.text}")

    def on_response(answer: Response) -> None:
        if answer.status >= 400:
            watched.wrong.append(f"{answer.status} {answer.url}")

    page.on("console", on_console)
    page.on("pageerror", lambda error: watched.wrong.append(f"page error: {error}"))

    def on_failure(request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # a navigation that became a download
            watched.wrong.append(f"failed: {request.url} {request.failure}")

    page.on("requestfailed", on_failure)
    page.on("response", on_response)
    return watched


Visit = Callable[..., Watched]


@pytest.fixture
def visit(
    browser: Browser, demo: Demo, live_server: LiveServer, sign_in: Callable[..., Client]
) -> Iterator[Visit]:
    """Open a window of a width and theme as one of ``people``; closed after the test."""
    contexts: list[BrowserContext] = []

    def visited(
        name: str = "analyst", *, width: int = 1280, theme: str = "light", purpose: str = ""
    ) -> Watched:
        context = browser.new_context(
            viewport={"width": width, "height": _height(width)},
            color_scheme="dark" if theme == "dark" else "light", locale="zh-CN", timezone_id="Asia/Shanghai",
            reduced_motion="reduce",
        )  # fmt: skip
        contexts.append(context)
        context.set_default_timeout(30_000)  # a busy machine is no failure
        for key, value in sign_in(name, purpose=purpose).cookies.items():
            context.add_cookies([{"name": key, "value": value.value, "url": live_server.url}])
        return _watch(context.new_page(), live_server.url, (width, theme))

    yield visited
    for context in contexts:
        context.close()
