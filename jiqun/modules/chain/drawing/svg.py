"""The chain map as one SVG file: what a county puts into a report, and what a printer gets.

It draws the same places as the page's element (``layout.py``), so both show one map. Nothing
depends on colour alone: a gap is dashed and says 缺 or 弱, an undisclosed segment is hatched and
says 未披露. Only presentation attributes are used, no style sheet, so that word processors and a
strict content security policy both accept it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import floor, sqrt
from typing import Literal
from xml.sax.saxutils import escape, quoteattr

from jiqun.modules.chain.drawing.layout import (
    DOT_RADIUS,
    PADDING,
    LayoutData,
    MapData,
    SegmentData,
    Tier,
    text_width,
)

Theme = Literal["light", "print"]

FONTS = "'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Source Han Sans SC', sans-serif"
TOP_FLOWS = 60
MARGIN, HEAD, FOOT = 24.0, 84.0, 64.0
LEGEND: tuple[tuple[str, str, str], ...] = (
    ("strong", "强", "本地有优势"),
    ("weak", "弱", "供给不足"),
    ("missing", "缺", "本地没有"),
    ("undisclosed", "未披露", "有数未公开，不是缺"),
)
SYNTHETIC = "合成数据"


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of one theme; ``tiers`` are (line and words, fill)."""

    ink: str
    muted: str
    page: str
    lane: str
    gap: str
    hatch: str
    ribbon: float
    tiers: Mapping[Tier, tuple[str, str]]


# The tier colours are those of frontend/styles/tokens.css; paper has no lane and paler fills.
PALETTES: Mapping[Theme, Palette] = {
    "light": Palette(
        ink="#1d2430",
        muted="#586273",
        page="#ffffff",
        lane="#f5f7fa",
        gap="#b3202a",
        hatch="#dde2e9",
        ribbon=0.2,
        tiers={
            "lead": ("#0052d9", "#e6effd"),
            "support": ("#0a6c66", "#e2f3f1"),
            "potential": ("#6a3ba3", "#f1eaf9"),
        },
    ),
    "print": Palette(
        ink="#000000",
        muted="#444c58",
        page="#ffffff",
        lane="#ffffff",
        gap="#b3202a",
        hatch="#b9c0ca",
        ribbon=0.28,
        tiers={
            "lead": ("#003cab", "#f3f7fe"),
            "support": ("#07544f", "#f1f9f8"),
            "potential": ("#52298a", "#f8f4fc"),
        },
    ),
}


def chain_map_svg(
    map_data: MapData,
    title: str,
    subtitle: str,
    footnote: str,
    *,
    theme: Theme = "light",
    legend: tuple[tuple[str, str, str], ...] = LEGEND,
    synthetic_label: str = SYNTHETIC,
) -> str:
    """Draw the map's first layout with title, legend and source line.

    Args:
        map_data: what ``layout.chain_map`` returned.
        title: the first line, as it should stand in a report.
        subtitle: place and period.
        footnote: the source line; it should name the data version.
        theme: ``print`` uses darker lines and paler fills, for paper and grey printers.
        legend: ``(status, word, meaning)``, in the reader's language.
        synthetic_label: the badge of a map with made-up figures.
    """
    palette = PALETTES[theme]
    layout = map_data["layouts"][0]
    width, height = layout["width"] + 2 * MARGIN, layout["height"] + HEAD + FOOT
    description = f"{title} {subtitle}"
    parts = [
        _root(width, height, description),
        f"<title>{escape(description)}</title>",
        _hatch(palette),
        f'<rect width="{_n(width)}" height="{_n(height)}" fill="{palette.page}"/>',
        _text(title, MARGIN, 38, 22, palette.ink, bold=True),
        _text(subtitle, MARGIN, 62, 13, palette.muted),
        _badge(synthetic_label, width, palette) if map_data["synthetic"] else "",
        f'<g transform="translate({_n(MARGIN)} {_n(HEAD)})">',
        *_lanes(map_data, layout, palette),
        *_ribbons(map_data, layout, palette),
        *(
            _segment(segment, layout["boxes"][i], layout["names"][i], palette)
            for i, segment in enumerate(map_data["segments"])
        ),
        "</g>",
        _legend(legend, height - FOOT + 28, palette),
        _text(footnote, MARGIN, height - 14, 12, palette.muted),
        "</svg>",
    ]
    return "\n".join(part for part in parts if part)


def _root(width: float, height: float, description: str) -> str:
    """Return the opening tag."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_n(width)} {_n(height)}" '
        f'width="{_n(width)}" height="{_n(height)}" role="img" '
        f'aria-label={quoteattr(description)} font-family="{FONTS}">'
    )


def _n(number: float) -> str:
    """Write a number with at most one decimal, so that equal maps give equal files."""
    return f"{number:.1f}".rstrip("0").rstrip(".")


def _text(words: str, x: float, y: float, size: float, colour: str, *, bold: bool = False) -> str:
    """Return one line of words."""
    weight = ' font-weight="600"' if bold else ""
    return (
        f'<text x="{_n(x)}" y="{_n(y)}" font-size="{_n(size)}"{weight} fill="{colour}">'
        f"{escape(words)}</text>"
    )


def _hatch(palette: Palette) -> str:
    """Return the pattern of undisclosed segments."""
    return (
        '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate(45)"><rect width="6" height="6" fill="{palette.page}"/>'
        f'<path d="M0 0V6" stroke="{palette.hatch}" stroke-width="1.2"/></pattern></defs>'
    )


def _badge(words: str, width: float, palette: Palette) -> str:
    """Return the badge that says the figures are made up, at the upper right."""
    wide = text_width(words) * 14 + 20
    left = width - MARGIN - wide
    return (
        f'<rect x="{_n(left)}" y="20" width="{_n(wide)}" height="26" rx="4" fill="none" '
        f'stroke="{palette.gap}" stroke-width="1.5" stroke-dasharray="5 3"/>'
        + _text(words, left + 10, 38, 14, palette.gap, bold=True)
    )


def _lanes(map_data: MapData, layout: LayoutData, palette: Palette) -> list[str]:
    """Return the lanes with their names and notes."""
    out: list[str] = []
    for lane, (top, height) in zip(map_data["lanes"], layout["lanes"], strict=True):
        colour = palette.tiers[lane["tier"]][0]
        outline = "" if palette.lane != palette.page else f' stroke="{palette.hatch}"'
        out.append(
            f'<rect y="{_n(top)}" width="{_n(layout["width"])}" height="{_n(height)}" rx="8" '
            f'fill="{palette.lane}"{outline}/>'
        )
        out.append(_text(lane["label"], 14, top + 28, 18, colour, bold=True))
        out += [
            _text(words, 14, top + 48 + 17 * n, 12, palette.muted)
            for n, words in enumerate(lane.get("notes", []))
        ]
    return out


def _ribbons(map_data: MapData, layout: LayoutData, palette: Palette) -> list[str]:
    """Return the largest flows as curves, the width by the root of the value."""
    flows = map_data["flows"][:TOP_FLOWS]
    if not flows:
        return []
    largest = float(flows[0][2])
    out = [f'<g fill="none" stroke-opacity="{palette.ribbon}">']
    for source, target, value, label in flows:
        tier = map_data["segments"][int(source)]["tier"]
        curve = _curve(layout["boxes"][int(source)], layout["boxes"][int(target)])
        wide = 0.7 + 7 * sqrt(float(value) / largest)
        names = " → ".join(map_data["segments"][int(i)]["label"] for i in (source, target))
        out.append(
            f'<path d="{curve}" stroke="{palette.tiers[tier][0]}" stroke-width="{_n(wide)}">'
            f"<title>{escape(f'{names} {label}')}</title></path>"
        )
    return [*out, "</g>"]


def _curve(source: list[float], target: list[float]) -> str:
    """Return the path from one box's edge to another's; neighbours in a row are joined above."""
    ax, ay, aw, ah = source[:4]
    bx, by, bw, bh = target[:4]
    shift = (bx + bw / 2 - ax - aw / 2) / 7
    x1 = ax + aw / 2 + max(-aw / 2, min(aw / 2, shift)) * 0.8
    x2 = bx + bw / 2 - max(-bw / 2, min(bw / 2, shift)) * 0.8
    y1 = ay + ah if by > ay else ay
    y2 = by + bh if by < ay else by
    bend = -17.0 if by == ay else (y2 - y1) / 2
    end = y2 + bend if by == ay else y2 - bend
    points = (x1, y1 + bend, x2, end, x2, y2)
    return f"M{_n(x1)} {_n(y1)}C{' '.join(_n(p) for p in points)}"


def _segment(segment: SegmentData, box: list[float], names: list[str], palette: Palette) -> str:
    """Return one box with its name, value, status and dots."""
    x, y, width, height = box[:4]
    colour = palette.tiers[segment["tier"]][0]
    out = ["<g>", f"<title>{escape(segment.get('tip', segment['title']))}</title>"]
    out.append(_frame(segment, x, y, width, height, palette))
    base = y + 3.0
    for words in names:
        base += 16.0
        out.append(_text(words, x + PADDING, base, 13.5, palette.ink, bold=True))
    base += 17.0
    if segment["value_label"]:
        out.append(_text(segment["value_label"], x + PADDING, base, 12, palette.ink))
    if segment["status_label"]:
        left = x + PADDING
        if segment["value_label"]:
            left = x + width - PADDING - _chip_width(segment["status_label"])
        out.append(_chip(segment["status"], segment["status_label"], left, base, palette, colour))
    out += _dots(segment, box, colour, palette)
    return "".join([*out, "</g>"])


def _frame(
    segment: SegmentData, x: float, y: float, width: float, height: float, palette: Palette
) -> str:
    """Return a box's outline: dashed for a gap, hatched when undisclosed."""
    colour, fill = palette.tiers[segment["tier"]]
    status = segment["status"]
    looks = {
        "missing": (palette.page, palette.gap, "2", ' stroke-dasharray="4 4"'),
        "weak": (fill, palette.gap, "2", ' stroke-dasharray="10 4"'),
        "undisclosed": ("url(#hatch)", palette.muted, "1", ""),
        "strong": (fill, colour, "2", ""),
    }
    paint, stroke, wide, dash = looks.get(status, (fill, colour, "1", ""))
    return (
        f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" rx="6" '
        f'fill="{paint}" stroke="{stroke}" stroke-width="{wide}"{dash}/>'
    )


def _chip_width(words: str) -> float:
    """Return the width of a status plate."""
    return text_width(words) * 11 + 10


def _chip(status: str, words: str, left: float, base: float, palette: Palette, colour: str) -> str:
    """Return a status as a plate with its word."""
    edge = {"missing": palette.gap, "weak": palette.gap, "undisclosed": palette.muted}.get(
        status, colour
    )
    full = status in {"missing", "strong"}
    return (
        f'<rect x="{_n(left)}" y="{_n(base - 12.5)}" width="{_n(_chip_width(words))}" height="17" '
        f'rx="3" fill="{edge if full else palette.page}" stroke="{edge}"/>'
        + _text(words, left + 5, base, 11, palette.page if full else edge, bold=True)
    )


def _dots(segment: SegmentData, box: list[float], colour: str, palette: Palette) -> list[str]:
    """Return the firms as one path of dots, largest first, and how many had no room."""
    x, y, _, height, first_x, first_y, pitch, columns, shown = box
    path: list[str] = []
    for n, firm in enumerate(segment["firms"][: int(shown)]):
        radius = DOT_RADIUS[int(firm[1] or 0)] * pitch
        middle_x = first_x + (n % int(columns)) * pitch
        middle_y = first_y + floor(n / columns) * pitch
        path.append(
            f"M{_n(middle_x - radius)} {_n(middle_y)}"
            f"a{radius:.2f} {radius:.2f} 0 1 0 {2 * radius:.2f} 0"
            f"a{radius:.2f} {radius:.2f} 0 1 0 {-2 * radius:.2f} 0"
        )
    rest = len(segment["firms"]) - int(shown)
    out = [f'<path d="{"".join(path)}" fill="{colour}"/>'] if path else []
    if rest > 0:
        out.append(_text(f"+{rest}", x + PADDING, y + height - 5, 12, palette.ink))
    return out


def _legend(entries: tuple[tuple[str, str, str], ...], y: float, palette: Palette) -> str:
    """Return the meaning of the statuses in one line."""
    out: list[str] = []
    left = MARGIN
    for status, word, meaning in entries:
        out.append(_chip(status, word, left, y, palette, palette.tiers["lead"][0]))
        left += _chip_width(word) + 6
        out.append(_text(meaning, left, y, 12, palette.muted))
        left += text_width(meaning) * 12 + 22
    return "".join(out)
