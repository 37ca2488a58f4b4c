"""Measure the chain map again: bytes, layout time, first draw in headless Chromium without a GPU.

Needs the built front-end (``python3 manage.py up`` builds it) and Chromium on the PATH.
Usage: ``.venv/bin/python benchmarks/chainmap/run.py [rounds]``.
"""

from __future__ import annotations

import gzip
import json
import shutil
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Route, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from sample import links, sample  # noqa: E402  (beside this file)

from jiqun.modules.chain.drawing.layout import segment_flows  # noqa: E402
from jiqun.modules.chain.drawing.svg import chain_map_svg  # noqa: E402

DIST = ROOT / "frontend" / "dist"
HOST = "http://chainmap.test"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# The first draw runs in one task from the first clearRect of the map's canvas to the end of that
# task; reading one pixel back then waits until the canvas has really been painted.
PROBE = """
const clear = CanvasRenderingContext2D.prototype.clearRect;
window.draws = [];
CanvasRenderingContext2D.prototype.clearRect = function (...area) {
  const started = performance.now();
  clear.apply(this, area);
  queueMicrotask(() => {
    const script = performance.now() - started;
    this.getImageData(0, 0, 1, 1);
    window.draws.push([script, performance.now() - started]);
  });
};
"""


def chunk(name: str) -> Path:
    """Return the built file of an entry."""
    manifest = json.loads((DIST / "manifest.json").read_text(encoding="utf-8"))
    return DIST / next(c["file"] for c in manifest.values() if c.get("name") == name)


def style() -> Path:
    """Return the built style sheet."""
    manifest = json.loads((DIST / "manifest.json").read_text(encoding="utf-8"))
    return DIST / next(c["css"][0] for c in manifest.values() if c.get("name") == "main")


def gzipped(data: bytes) -> int:
    """Return the size as it goes over the wire."""
    return len(gzip.compress(data, 9, mtime=0))


def answer(route: Route, files: dict[str, tuple[str, bytes]]) -> None:
    """Serve a request of the page from memory; nothing leaves the machine."""
    kind, body = files.get(route.request.url.removeprefix(HOST), ("text/plain", b""))
    route.fulfill(status=200 if body else 404, content_type=kind, body=body)


def draw(browser: Browser, files: dict[str, tuple[str, bytes]], width: int) -> list[list[float]]:
    """Open the page once in a fresh profile and return every draw's script and painted time."""
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    page.add_init_script(PROBE)
    page.route("**/*", lambda route: answer(route, files))
    page.goto(f"{HOST}/")
    page.wait_for_function("window.draws.length > 0")
    page.locator("canvas").focus()
    for _ in range(6):
        page.keyboard.press("+")
        page.wait_for_timeout(40)
    found: list[list[float]] = page.evaluate("window.draws")
    context.close()
    return found


def main() -> None:
    """Print one table of figures."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    segment, source, target, value = links()
    started = time.process_time()
    flows = segment_flows(segment[source], segment[target], value, segments=36)
    summed = time.process_time() - started
    started = time.process_time()
    data = sample()
    placed = time.process_time() - started
    started = time.process_time()
    svg = chain_map_svg(data, "袜业产业链图", "示例", "数据版本")
    drawn = time.process_time() - started
    body = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
    html = (
        '<!doctype html><html lang="zh-Hans"><meta charset="utf-8"><title>map</title>'
        '<link rel="stylesheet" href="/main.css"><script type="module" src="/map.js"></script>'
        "<h1>示例县袜业产业链图</h1><p>主导、配套、潜力：方块宽度按产值 12.3 亿元，圆点是企业。</p>"
        '<chain-map data-src="/map.json"><canvas tabindex="0"></canvas><output hidden></output>'
        "</chain-map></html>"
    )
    files: dict[str, tuple[str, bytes]] = {
        "/": ("text/html", html.encode()),
        "/main.css": ("text/css", style().read_bytes()),
        "/map.js": ("text/javascript", chunk("chain-map").read_bytes()),
        "/map.json": ("application/json", body),
    }
    firms = sum(len(s["firms"]) for s in data["segments"])
    print(f"36 segments, {firms} firms, {len(source)} links in {len(flows)} flows")
    print(f"chain-map.js      {gzipped(files['/map.js'][1]):>7,} bytes gzipped")
    print(f"line-chart.js     {gzipped(chunk('line-chart').read_bytes()):>7,} bytes gzipped")
    print(f"main.js           {gzipped(chunk('main').read_bytes()):>7,} bytes gzipped")
    print(f"main.css          {gzipped(files['/main.css'][1]):>7,} bytes gzipped")
    print(f"map data          {gzipped(body):>7,} bytes gzipped of {len(body):,}")
    print(f"SVG export        {gzipped(svg.encode()):>7,} bytes gzipped of {len(svg):,}")
    print(f"sum of the links  {summed * 1000:>7.1f} ms CPU")
    print(f"sample and layout {placed * 1000:>7.1f} ms CPU")
    print(f"SVG               {drawn * 1000:>7.1f} ms CPU")
    options: dict[str, Any] = {"executable_path": shutil.which("chromium"), "args": ARGUMENTS}
    with sync_playwright() as playwright:
        for width in (1280, 390):
            runs: list[list[list[float]]] = []
            for _ in range(rounds):
                browser = playwright.chromium.launch(**options)
                runs.append(draw(browser, files, width))
                browser.close()
            report(width, runs)


def report(width: int, runs: list[list[list[float]]]) -> None:
    """Print the first draw and the later ones at one window width, in milliseconds."""
    for label, column in (("script", 0), ("painted", 1)):
        first = sorted(run[0][column] for run in runs)
        later = [draw[column] for run in runs for draw in run[1:]]
        print(
            f"{width:>4} px {label:<7} first draw, fresh browser: median "
            f"{statistics.median(first):.1f} ms, worst {first[-1]:.1f} ms of {len(first)}; "
            f"later draws: median {statistics.median(later):.1f} ms"
        )


if __name__ == "__main__":
    main()
