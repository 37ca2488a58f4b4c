"""From findings to the drawing: segments, dots, flows, each with its words in the page's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from jiqun.core.access import MINIMUM_FIRMS
from jiqun.core.tabular import chance, pick
from jiqun.core.units import measure_quantity, money
from jiqun.modules.chain.drawing.layout import (
    LaneData,
    MapData,
    SegmentData,
    Status,
    Tier,
    chain_map,
)
from jiqun.modules.chain.selectors import ChainView
from jiqun.modules.chain.tabular import MEASURES, STATUS

Row = dict[str, Any]
TIER: Mapping[str, Tier] = {"leading": "lead", "supporting": "support", "potential": "potential"}
BANDS: Mapping[str | None, int] = {"micro": 1, "small": 2, "medium": 3, "large": 4}
MOST_DOTS = 600


def _lane(tier: Tier, label: str, note: str) -> LaneData:
    return {"tier": tier, "label": label, "notes": note.splitlines()}


def _lanes(view: ChainView) -> list[LaneData]:
    gaps = sum(row["status"] in {"missing", "weak"} for row in view.of("supporting"))
    lead, potential = len(view.of("leading")), len(view.of("potential"))
    return [
        _lane("lead", pick("主导", "Leading"), pick(f"{lead} 个行业", f"{lead} industries")),
        _lane("support", pick("配套", "Support"),
                 pick(f"{gaps} 处缺或弱", f"{gaps} missing\nor weak")),
        _lane("potential", pick("潜力", "Potential"), pick(f"前 {potential} 个", f"top {potential}")),
    ]  # fmt: skip


def value_words(row: Row, view: ChainView) -> str:
    """What stands under a segment's name: its size, its bounds, or its probability of entry."""
    if row["kind"] == "potential" and row["probability"] is not None:
        return pick(f"进入概率 {chance(row['probability'])}", f"entry {chance(row['probability'])}")
    if row["size"] is not None:
        return measure_quantity(row["size"], view.measure, view.money_unit)
    if row.get("masked"):
        few = 0 < (row["establishments"] or 0) < MINIMUM_FIRMS
        return (
            pick("不足 5 家，不显示", "fewer than 5, not shown") if few
            else pick("为保护单个企业，不显示", "not shown, to protect single firms")
        )  # fmt: skip
    if row["size_high"] is not None:
        high = measure_quantity(row["size_high"], view.measure, view.money_unit)
        return pick(f"至多 {high}", f"at most {high}")
    return pick("数据未知", "unknown")


def _title(row: Row, view: ChainView) -> str:
    zh, _, _, _ = MEASURES.get(view.measure, (view.measure, view.measure, "", ""))
    parts = [f"{row['code']} {pick(row['name_zh'], row['name_en'])}"]
    if row["lq"] is not None:
        parts.append(pick(f"区位商 {row['lq']:.1f}", f"location quotient {row['lq']:.1f}"))
    if row["coverage"]:
        parts.append(pick(f"覆盖率 {row['coverage']}", f"coverage {row['coverage']}"))
    if row["share"] is not None:
        parts.append(pick(f"占{zh} {row['share']:.1%}", f"{row['share']:.1%} of {view.measure}"))
    return " · ".join(parts)


def _dots(
    row: Row, firms: Callable[[tuple[str, ...]], Sequence[tuple[str, str | None]]] | None
) -> list[list[str | int | None]]:
    """One dot per registered firm, else one nameless dot per establishment."""
    if firms is not None:
        return [
            [name, BANDS.get(scale, 0)] for name, scale in firms(tuple(row["members"].split(";")))
        ]
    count = int(row["establishments"] or 0)
    return [[None, 0]] * min(count, MOST_DOTS)


def map_data(
    view: ChainView,
    firms: Callable[[tuple[str, ...]], Sequence[tuple[str, str | None]]] | None,
    hrefs: Mapping[str, str],
    *,
    synthetic: bool,
) -> MapData:
    """Build the map of one run.

    Args:
        view: The run, as the viewer may see it.
        firms: Gives name and scale of the registered firms of some industries; None without a
            register.
        hrefs: Address of each finding by its id.
        synthetic: Whether the data is made up.
    """
    rows = [row for kind in TIER for row in view.of(kind)]
    known: set[str] = set(Status.__args__)
    segments: list[SegmentData] = []
    for row in rows:
        status = row["status"] if row["status"] in known else "undisclosed"
        segments.append(
            {
                "id": row["finding"],
                "label": pick(row["name_zh"], row["name_en"]),
                "title": _title(row, view),
                "tier": TIER[row["kind"]],
                "status": cast(Status, status),
                # What a tier's name says of every segment in it needs no tag.
                "status_label": ""
                if status in {"present", "candidate"}
                else pick(*STATUS[row["status"]]),
                "value": row["size"],
                "value_label": value_words(row, view),
                "firms": _dots(row, firms),
                "href": hrefs.get(row["finding"], ""),
            }
        )
    position: dict[str, int] = {}
    for index, row in enumerate(rows):
        if row["kind"] != "potential":
            position.setdefault(row["sector"] if row["kind"] == "leading" else row["code"], index)
    flows = [
        (position[source], position[target], value, money(value, view.money_unit))
        for source, target, value in view.flows
        if source in position and target in position
    ]
    unit = MEASURES.get(view.measure, ("", "", "", ""))
    return chain_map(
        unit=pick(unit[2], unit[3]),
        lanes=_lanes(view),
        segments=segments,
        flows=flows,
        synthetic=synthetic,
    )
