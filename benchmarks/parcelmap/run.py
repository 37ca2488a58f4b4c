"""Measure the map of parcels: bytes, server time, first map and panning in headless Chromium without a GPU.

Needs the built front-end (``python3 manage.py up`` builds it) and Chromium on the PATH.
Usage: ``.venv/bin/python benchmarks/parcelmap/run.py [rounds]``.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import statistics
import sys
import time
from pathlib import Path

import django
import numpy as np
import polars as pl
from playwright.sync_api import Browser, Route, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from jiqun.modules.land.mapping.drawing import collection, svg  # noqa: E402
from jiqun.modules.land.mapping.looks import LOOKS  # noqa: E402
from jiqun.modules.land.mapping.selectors import COLUMNS, Parcels  # noqa: E402
from jiqun.modules.land.mapping.shapes import WORLD, shapes_of  # noqa: E402

DIST = ROOT / "frontend" / "dist"
HOST = "http://parcelmap.test"
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
PAGE = """<!doctype html><link rel="stylesheet" href="/{css}"><body>
<parcel-map data-src="/data.json" data-card="/card/PARCEL/"><form><input name="parcels"><select name="town"></select>
<button type="button" data-do="lasso"></button></form><ul class="jq-map-legend"></ul>
<div class="jq-parcel-frame"><div class="jq-parcel-box"><div class="jq-parcel-canvas" tabindex="0"></div>
<output hidden></output></div><aside class="jq-parcel-card"></aside></div>
<div class="jq-parcel-chosen"><p role="status"><strong></strong></p><div class="jq-table-wrap" hidden>
<table><tbody></tbody></table></div></div></parcel-map>
<script type="module" src="/{js}"></script>"""
# From the arrival of the data to the first frame in which the canvas has a pixel that is not empty.
WAIT = """() => new Promise((done) => {
  const from = performance.getEntriesByName(location.origin + '/data.json')[0]?.responseEnd;
  const look = () => {
    const canvas = document.querySelector('.jq-parcel-canvas canvas');
    const at = performance.getEntriesByName(location.origin + '/data.json')[0]?.responseEnd ?? from;
    if (canvas && canvas.width && canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
      .data.some((part) => part)) return done(performance.now() - at);
    requestAnimationFrame(look);
  };
  look();
})"""
PAN = """() => new Promise((done) => {
  const box = document.querySelector('.jq-parcel-canvas');
  box.focus();
  const started = performance.now();
  let n = 0;
  const frame = () => {
    if (n++ === 20) return done((performance.now() - started) / 20);
    box.dispatchEvent(new KeyboardEvent('keydown',
      { key: n % 2 ? 'ArrowLeft' : 'ArrowRight', shiftKey: true }));
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
})"""


def register(count: int) -> tuple[list[tuple[str, str | None, str | None]], pl.DataFrame]:
    """Invented parcels in the open ocean: rectangles of up to 300 m in twelve blocks."""
    draw = np.random.default_rng(7)
    side = int(np.ceil((count / 12) ** 0.5))
    rows: list[tuple[str, str | None, str | None]] = []
    for at in range(count):
        town, place = at % 12, at // 12
        west = 152 + town % 4 * 0.12 + place % side * 0.0016
        south = 32 + town // 4 * 0.12 + place // side * 0.0016
        east, north = west + draw.uniform(0.0004, 0.0015), south + draw.uniform(0.0004, 0.0015)
        ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
        shape = json.dumps({"type": "Polygon", "coordinates": [ring]})
        rows.append((f"9901010{town:02d}001GB{place:05d}", "cgcs2000", shape))
    frame = pl.DataFrame(
        {
            "parcel": [row[0] for row in rows],
            "location": [f"合成{row[0][6:9]}工业区{row[0][-5:]}号地块" for row in rows],
            "place": [row[0][:9] for row in rows], "use": "工业用地", "holder": "91350100M000100Y43",
            "area_m2": draw.uniform(2_000, 60_000, count).round(), "floor_m2": None, "footprint_m2": None,
            "planned_ratio": None, "datum": "cgcs2000", "source": "", "as_of": None, "shaped": True,
        },
        schema=COLUMNS,
    )  # fmt: skip
    return rows, frame


def chunk(name: str, part: str = "file") -> str:
    """Return the path of a built entry, or of its style sheet."""
    manifest = json.loads((DIST / "manifest.json").read_text(encoding="utf-8"))
    found = next(c for c in manifest.values() if c.get("name") == name)
    return str(found["file"] if part == "file" else found["css"][0])


def packed(data: bytes) -> int:
    """Bytes gzipped."""
    return len(gzip.compress(data, 6))


def drawn(browser: Browser, data: str, width: int) -> tuple[float, float]:
    """First map and one step of panning, in milliseconds."""
    page = browser.new_page(viewport={"width": width, "height": 800})
    html = PAGE.format(css=chunk("main", "css"), js=chunk("parcel-map"))

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(HOST)
        if path == "/":
            route.fulfill(body=html, content_type="text/html; charset=utf-8")
        elif path == "/data.json":
            route.fulfill(body=data, content_type="application/geo+json")
        elif (DIST / path[1:]).is_file():
            route.fulfill(path=DIST / path[1:])
        else:
            route.fulfill(status=404)

    page.route("**/*", answer)
    page.goto(f"{HOST}/")
    first = page.evaluate(WAIT)
    pan = page.evaluate(PAN)
    page.close()
    return float(first), float(pan)


def main() -> None:
    """Print the tables of the README."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    for name in ("parcel-map", "base", "main"):
        print(f"{name}: {packed((DIST / chunk(name)).read_bytes()):,} bytes gzipped")
    looks = [one for one in LOOKS if one != "hidden"]
    with sync_playwright() as playwright:
        for count in (3_000, 20_000):
            rows, frame = register(count)
            began = time.process_time()
            shapes = shapes_of(rows, bounds=WORLD)
            read = time.process_time() - began
            found = Parcels(frame, shapes, {f"9901010{n:02d}": f"合成{n}镇" for n in range(12)})
            chosen = [looks[at % len(looks)] for at in range(count)]
            began = time.process_time()
            data = collection(found, chosen, None)
            written = time.process_time() - began
            drawing = svg(found, chosen, "")
            print(f"{count:,} parcels: read {read:.2f} s CPU, written {written:.2f} s, "
                  f"{packed(data.encode()):,} bytes gzipped ({len(data.encode()):,} plain), "
                  f"SVG {packed(drawing.encode()):,}")  # fmt: skip
            for width in (1280, 390):
                times: list[tuple[float, float]] = []
                for _ in range(rounds):
                    browser = playwright.chromium.launch(
                        executable_path=shutil.which("chromium"), args=ARGUMENTS
                    )
                    times.append(drawn(browser, data, width))
                    browser.close()
                first, pan = ([pair[at] for pair in times] for at in (0, 1))
                print(f"  {width} px: first map {statistics.median(first):.0f} ms (worst {max(first):.0f}), "
                      f"panning {statistics.median(pan):.0f} ms per step (worst {max(pan):.0f})")  # fmt: skip


if __name__ == "__main__":
    main()
