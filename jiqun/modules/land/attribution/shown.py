"""How land is worded: areas with units, a line's days and share, the tree from the sum to its lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jiqun.core.tabular import pick
from jiqun.engine.indices.land import MU, WORDS
from jiqun.modules.land.shapes import FLAGS, FirmLand, Land, Line

Node = dict[str, Any]
BASIS: Mapping[str, tuple[str, str]] = {
    "table": ("已冻结的用地表", "a frozen land table"),
    "lines": ("用地核查数据（未经公示冻结）", "the land check, not published and frozen"),
    "reported": ("企业填报", "as firms reported"),
}  # fmt: skip


def square_metres_words(area: int | None) -> str:
    """Return an area of 0.01 m² in m²; unknown is said, never 0."""
    return pick("未知", "unknown") if area is None else f"{area / 100:,.2f}"


def mu_words(area: int | None) -> str:
    """Return an area of 0.01 m² in 亩 with three decimals."""
    return pick("未知", "unknown") if area is None else f"{area / MU:,.3f}"


def kind_words(kind: str) -> str:
    """Return what a line is called."""
    return pick(*WORDS.get(kind, (kind, kind)))


def flag_words(flags: tuple[str, ...]) -> str:
    """Return what is the matter with a firm's land."""
    return pick("；", "; ").join(pick(*FLAGS[name]) for name in flags)


def days_words(line: Line) -> str:
    """Return from when to when a line holds; the whole year where neither is stated."""
    if not line["first"] and not line["last"]:
        return pick("全年", "all year")
    return f"{line['first'] or '…'} – {line['last'] or '…'}"


def share_words(line: Line) -> str:
    """Return how a line's area comes about."""
    area = square_metres_words(line["area"])
    if not line["floor"]:
        return f"{area} m²"
    return f"{line['floor'] / 100:,.2f} ÷ {line['total_floor'] / 100:,.2f} × {area} m²"


def basis_words(land: Land) -> str:
    """Return on what the land of an evaluation rests."""
    return f"{pick(*BASIS[land.basis])} {land.key}".strip()


def land_terms(one: FirmLand) -> list[Node]:
    """Return the terms of a firm's land, each opened to its lines with their sources."""
    found: list[Node] = []
    for kind in WORDS:
        lines = [line for line in one.lines if line["kind"] == kind]
        if lines:
            found.append({
                "label": kind_words(kind), "value": square_metres_words(one.terms.get(kind, 0)), "unit": "m²",
                "formula": pick("各行按份额和天数计", "its lines by share and days"),
                "terms": [_line_node(line) for line in lines],
            })  # fmt: skip
    return found


def _line_node(line: Line) -> Node:
    problem = line["problem"]
    note = f"{share_words(line)} · {days_words(line)} · {line['document']}"
    return {
        "label": line["parcel"], "value": square_metres_words(line["counted"]), "unit": "m²",
        "note": f"{note} · {pick(*problem)}" if problem else note,
        "source": {"file": line["source"] or pick("来源未说明", "source not stated"), "row": "",
                   "date": line["as_of"] or "", "url": "", "table": ""},
    }  # fmt: skip


def land_tree(one: FirmLand, title: str) -> Node:
    """Return a firm's land from the sum to its lines, as ``core/explain_tree.html`` draws it."""
    return {
        "label": title, "value": square_metres_words(one.area), "unit": "m²",
        "formula": pick("已登记 + 实际占用未登记 + 租入分摊 − 租出分摊 − 扣除",
                        "own + occupied without registration + share rented in − share let − excluded"),
        "note": f"{mu_words(one.area)} {pick('亩', 'mu')}" if one.area is not None else flag_words(one.flags),
        "terms": land_terms(one),
    }  # fmt: skip
