"""The chain map's places and its SVG: the same map for everyone, gaps never by colour alone."""

from __future__ import annotations

from itertools import combinations
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jiqun.modules.chain.drawing.layout import (
    MEDIUM,
    NARROW,
    PADDING,
    WIDE,
    LaneData,
    LayoutData,
    MapData,
    SegmentData,
    Shape,
    Status,
    Tier,
    chain_map,
    name_lines,
    place,
    segment_flows,
    text_width,
)
from jiqun.modules.chain.drawing.svg import chain_map_svg

SVG = "{http://www.w3.org/2000/svg}"
LANES: list[LaneData] = [
    {"tier": "lead", "label": "主导", "notes": ["1 个环节"]},
    {"tier": "support", "label": "配套"},
    {"tier": "potential", "label": "潜力"},
]


def segment(
    label: str,
    tier: Tier = "support",
    status: Status = "present",
    word: str = "",
    value: float | None = 4.0,
    firms: int = 3,
) -> SegmentData:
    return SegmentData(
        id=label,
        label=label,
        title=f"{label}（全称）",
        tier=tier,
        status=status,
        status_label=word,
        value=value,
        value_label="" if value is None else f"{value:g} 亿元",
        firms=[[f"企业{n}", n % 5] for n in range(firms)],
        href="#",
    )


@pytest.fixture
def sock_map() -> MapData:
    return chain_map(
        unit="亿元",
        lanes=LANES,
        segments=[
            segment("织袜", "lead", "strong", "强", 36.0, 80),
            segment("锦纶", status="missing", word="缺", value=None, firms=0),
            segment("袜机", status="weak", word="弱", value=1.0),
            segment("化纤", status="undisclosed", word="未披露", value=None),
            segment('包装 <&> "盒"\'', value=9.0),
            segment("压力袜", "potential", "candidate", "候选", None, 0),
        ],
        flows=[(4, 0, 2.0, "2 亿元"), (2, 0, 5.0, "5 亿元"), (0, 0, 99.0, "自用")],
    )


def draw(data: MapData, **options: str) -> ET.Element:
    return ET.fromstring(  # noqa: S314  (our own output)
        chain_map_svg(data, "标题 <一> & 二", "副题", "来源 <数据>", **options)  # type: ignore[arg-type]
    )


def frames(root: ET.Element) -> list[ET.Element]:
    """The outline of each segment: the first rectangle of each group with a title of its own."""
    body = root.find(f"{SVG}g")
    assert body is not None
    groups = [g for g in body.findall(f"{SVG}g") if g.find(f"{SVG}rect") is not None]
    return [g.find(f"{SVG}rect") for g in groups]  # type: ignore[misc]


def words(root: ET.Element) -> list[str]:
    return [text.text or "" for text in root.iter(f"{SVG}text")]


def test_svg_is_well_formed_and_escapes_every_word(sock_map: MapData) -> None:
    root = draw(sock_map)
    assert root.attrib["aria-label"] == "标题 <一> & 二 副题"
    assert "来源 <数据>" in words(root)
    assert any("包装 <&>" in word for word in words(root))


def test_each_status_has_its_word_and_its_line(sock_map: MapData) -> None:
    root = draw(sock_map)
    strong, missing, weak, undisclosed, present, candidate = frames(root)
    for word in ("强", "缺", "弱", "未披露", "候选"):
        assert word in words(root)
    dashes = {f.get("stroke-dasharray") for f in (strong, undisclosed, present, candidate)}
    assert dashes == {None}
    assert missing.get("stroke-dasharray") != weak.get("stroke-dasharray")
    assert missing.get("stroke-dasharray")
    assert weak.get("stroke-dasharray")


def test_undisclosed_is_hatched_and_does_not_look_like_a_gap(sock_map: MapData) -> None:
    _, missing, _, undisclosed, _, _ = frames(draw(sock_map))
    assert undisclosed.get("fill") == "url(#hatch)"
    assert undisclosed.get("stroke") != missing.get("stroke")
    assert missing.get("fill") != undisclosed.get("fill")


def test_svg_uses_the_places_of_the_layout(sock_map: MapData) -> None:
    boxes = [[f"{n:g}" for n in box[:4]] for box in sock_map["layouts"][0]["boxes"]]
    drawn = [[f.attrib[k] for k in ("x", "y", "width", "height")] for f in frames(draw(sock_map))]
    assert drawn == boxes


def test_svg_is_the_same_every_time_and_for_paper_only_paler(sock_map: MapData) -> None:
    first = chain_map_svg(sock_map, "题", "副", "源")
    assert first == chain_map_svg(sock_map, "题", "副", "源")
    paper = draw(sock_map, theme="print")
    assert [f.get("x") for f in frames(paper)] == [f.get("x") for f in frames(draw(sock_map))]
    assert first != chain_map_svg(sock_map, "题", "副", "源", theme="print")


def test_svg_needs_no_style_sheet_and_no_network(sock_map: MapData) -> None:
    out = chain_map_svg(sock_map, "题", "副", "源")
    assert "style" not in out
    assert out.replace("http://www.w3.org/2000/svg", "").count("http") == 0


def test_synthetic_map_says_so_and_a_real_one_does_not(sock_map: MapData) -> None:
    assert "合成数据" not in words(draw(sock_map))
    made_up: MapData = {**sock_map, "synthetic": True}
    assert "合成数据" in words(draw(made_up))


def test_ribbons_are_the_flows_between_segments_largest_first(sock_map: MapData) -> None:
    titles = [t.text for t in draw(sock_map).iter(f"{SVG}title") if "→" in (t.text or "")]
    assert [flow[:3] for flow in sock_map["flows"]] == [[2, 0, 5.0], [4, 0, 2.0]]
    assert "袜机 → 织袜 5 亿元" in titles
    assert not any("自用" in (title or "") for title in titles)


def test_a_map_without_flows_or_firms_is_drawn() -> None:
    data = chain_map(
        unit="亿元", lanes=LANES, segments=[segment("空", value=None, firms=0)], flows=[]
    )
    assert len(frames(draw(data))) == 1


def test_tip_names_size_status_suppliers_and_buyers(sock_map: MapData) -> None:
    tip = sock_map["segments"][0].get("tip", "")
    assert tip.split("\n")[:2] == ["织袜（全称）", "36 亿元 · 强"]
    assert "← 袜机 5 亿元" in tip
    assert "→ 织袜 5 亿元" in sock_map["segments"][2].get("tip", "")


def test_firms_stand_largest_first(sock_map: MapData) -> None:
    bands = [firm[1] for firm in sock_map["segments"][0]["firms"]]
    assert bands == sorted(bands, reverse=True)  # type: ignore[type-var]


def test_width_follows_the_root_of_the_size_in_every_lane() -> None:
    parts = [
        segment("大", "lead", value=36.0),
        segment("中", "support", value=16.0),
        segment("小", "support", value=0.01),
        segment("无", "support", value=None),
    ]
    boxes = place(LANES, parts, shape=WIDE)["boxes"]
    assert boxes[0][2] / boxes[1][2] == pytest.approx(1.5, abs=0.01)
    assert boxes[2][2] == boxes[3][2] == WIDE.smallest


def test_more_firms_than_room_leaves_space_for_their_number() -> None:
    data = chain_map(unit="", lanes=LANES, segments=[segment("多", firms=5000)], flows=[])
    shown = data["layouts"][0]["boxes"][0][8]
    assert 0 < shown < 5000
    assert f"+{5000 - int(shown)}" in words(draw(data))


@given(
    sizes=st.lists(
        st.tuples(
            st.sampled_from(["lead", "support", "potential"]),
            st.none() | st.floats(0, 1e6),
            st.integers(0, 400),
        ),
        min_size=1,
        max_size=40,
    ),
    shape=st.sampled_from([WIDE, MEDIUM, NARROW]),
)
@settings(deadline=None, max_examples=60)
def test_boxes_stay_inside_and_never_overlap(
    sizes: list[tuple[Tier, float | None, int]], shape: Shape
) -> None:
    parts = [segment(f"环节{n}", t, value=v, firms=f) for n, (t, v, f) in enumerate(sizes)]
    layout = place(LANES, parts, shape=shape)
    _inside(layout)
    for a, b in combinations(layout["boxes"], 2):
        apart_x = a[0] + a[2] <= b[0] or b[0] + b[2] <= a[0]
        apart_y = a[1] + a[3] <= b[1] or b[1] + b[3] <= a[1]
        assert apart_x or apart_y


def _inside(layout: LayoutData) -> None:
    """Boxes within the drawing, dots within their boxes."""
    for x, y, width, height, first_x, first_y, pitch, columns, shown in layout["boxes"]:
        assert layout["gutter"] <= x
        assert x + width <= layout["width"]
        assert y + height <= layout["height"]
        if shown:
            last_row = (int(shown) - 1) // int(columns)
            assert first_x - pitch / 2 >= x + PADDING - 0.11
            assert first_x + (columns - 0.5) * pitch <= x + width - PADDING + 4
            assert first_y + (last_row + 0.5) * pitch <= y + height


def test_flows_are_the_sums_of_the_links() -> None:
    rng = np.random.default_rng(7)
    source, target = rng.integers(0, 9, 500), rng.integers(0, 9, 500)
    value = rng.integers(1, 50, 500).astype(float)
    flows = segment_flows(source, target, value, segments=9)
    expected: dict[tuple[int, int], float] = {}
    for a, b, v in zip(source, target, value, strict=True):
        if a != b:
            expected[int(a), int(b)] = expected.get((int(a), int(b)), 0.0) + v
    assert {(a, b): v for a, b, v in flows} == expected
    assert [v for *_, v in flows] == sorted(expected.values(), reverse=True)


@pytest.mark.parametrize(
    ("label", "lines"),
    [
        ("棉纱", ["棉纱"]),
        ("压力袜与医用护具", ["压力袜与医用", "护具"]),
        ("锦纶长丝与弹力丝及其他合成纤维制造", ["锦纶长丝与弹力", "丝及其他合成…"]),
        ("Carpet and rug mills", ["Carpet and", "rug mills"]),
    ],
)
def test_names_are_cut_to_two_lines(label: str, lines: list[str]) -> None:
    assert name_lines(label, 100.0) == lines
    assert all(text_width(line) * 13.5 <= 100.0 for line in lines)
