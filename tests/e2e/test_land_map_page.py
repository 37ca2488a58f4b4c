"""The map of parcels in a browser: it draws, by pointer and by keyboard, and can be read by everybody."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from jiqun.core.models import FirmRead
from tests.console import Demo
from tests.e2e.conftest import Watched

pytestmark = pytest.mark.browser
# The map's own canvas is not read from: that would slow it down, and Chromium says so.
PIXELS = """const pixels = (canvas) => {
  const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true });
  copy.drawImage(canvas, 0, 0);
  return copy.getImageData(0, 0, canvas.width, canvas.height);
};"""
# Colours that cover more than a speck of the layers of the map, without what is half transparent.
COLOURS = (
    f"() => {{ {PIXELS}"
    """
  const found = {};
  for (const canvas of document.querySelectorAll('.jq-parcel-canvas canvas')) {
    const { data } = pixels(canvas);
    for (let at = 0; at < data.length; at += 4)
      if (data[at + 3] === 255) {
        const key = data.slice(at, at + 3).join();
        found[key] = (found[key] || 0) + 1;
      }
  }
  return Object.values(found).filter((count) => count > 20).length;
}"""
)


# Whether a canvas of the map has the fill of grade B as it is on white paper.
LIGHT = (
    f"() => {{ {PIXELS}"
    """ return [...document.querySelectorAll('.jq-parcel-canvas canvas')].some((canvas) => {
  const { data } = pixels(canvas);
  for (let at = 0; at < data.length; at += 4)
    if (data[at] === 234 && data[at + 1] === 241 && data[at + 2] === 253) return true;
  return false;
})}"""
)


def _prints_in_light_colours(seen: Watched) -> None:
    assert not seen.page.evaluate(LIGHT), "the theme is dark"
    seen.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert seen.page.evaluate(LIGHT)
    seen.page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert seen.page.evaluate("document.documentElement.dataset.bsTheme") == "dark"


def _drawn(seen: Watched, at_least: int) -> None:
    seen.page.wait_for_function(f"() => ({COLOURS})() >= {at_least}")


def _round(seen: Watched) -> None:
    """Draw a lasso round nearly all of the map."""
    place = seen.page.locator(".jq-parcel-canvas").bounding_box()
    assert place is not None
    for number, (x, y) in enumerate(((0.01, 0.01), (0.99, 0.01), (0.99, 0.99), (0.01, 0.99))):
        at = (place["x"] + place["width"] * x, place["y"] + place["height"] * y)
        seen.page.mouse.move(*at, steps=3)
        if number == 0:
            seen.page.mouse.down()
    seen.page.mouse.up()


def test_parcels_are_drawn_chosen_and_read(visit: Callable[..., Watched], demo: Demo) -> None:
    seen = visit("analyst", purpose="按等级核对宗地")
    page = seen.page
    seen.open("/land/map/")
    page.locator("parcel-map[data-state=ready]").wait_for()
    _drawn(seen, 3)
    held = demo.store.polars("parcel")
    drawn = held["geometry"].is_not_null().sum()
    assert FirmRead.objects.count() == held["holder"].drop_nulls().n_unique()
    status = page.locator(".jq-parcel-chosen [role=status]")
    # Keyboard: the middle parcel, its neighbour, select it, open its card.
    box = page.locator(".jq-parcel-canvas")
    box.focus()
    page.keyboard.press("ArrowRight")
    tip = page.locator(".jq-parcel-box output")
    first = tip.inner_text()
    page.keyboard.press("ArrowRight")
    assert tip.inner_text() != first
    page.keyboard.press("Space")
    assert status.inner_text().startswith("已选 1 宗")
    page.keyboard.press("Enter")
    code = tip.inner_text().splitlines()[1].split(" · ")[0]
    page.locator(".jq-parcel-card h3").get_by_text(code).wait_for()
    page.locator("[data-do=clear]").click()
    # Lasso round everything: a shape outside the rest would stay out.
    lasso = page.locator("[data-do=lasso]")
    lasso.click()
    assert lasso.get_attribute("aria-pressed") == "true"
    _round(seen)
    assert status.inner_text().startswith(f"已选 {drawn} 宗")
    assert lasso.get_attribute("aria-pressed") == "false"
    assert page.locator(".jq-parcel-chosen tbody tr").count() == min(200, drawn)
    with page.expect_download() as file:
        page.get_by_role("button", name="导出 Excel").click()
    assert file.value.suggested_filename.endswith(".xlsx")
    found = [*seen.wrong, *seen.violations()]
    seen.picture("land-map-1280-light")
    small = visit("analyst", width=390, theme="dark", purpose="按等级核对宗地")
    small.open("/land/map/")
    small.page.locator("parcel-map[data-state=ready]").wait_for()
    town = str(held["place"].min())
    small.page.select_option("[name=town]", town)
    assert small.page.locator(".jq-parcel-chosen [role=status]").inner_text().startswith("已选")
    _drawn(small, 3)
    _prints_in_light_colours(small)
    wide = small.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390, "the page does not scroll sideways"
    found += [*small.wrong, *small.violations()]
    small.picture("land-map-390-dark")
    assert not found, "\n".join(found)
