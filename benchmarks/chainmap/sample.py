"""A made-up sock chain of the size that the claim names: 36 segments, 1,000 firms, 5,000 links.

The names of segments are ordinary trade terms; every figure and every firm is drawn from a seed.
"""

from __future__ import annotations

import numpy as np

from jiqun.modules.chain.drawing.layout import (
    LaneData,
    MapData,
    SegmentData,
    Status,
    Tier,
    chain_map,
    segment_flows,
)

SEED, FIRMS, LINKS = 20261101, 1000, 5000
WORDS: dict[Status, str] = {
    "strong": "强",
    "present": "",
    "weak": "弱",
    "missing": "缺",
    "undisclosed": "未披露",
    "candidate": "",
}
LEAD = ("袜子织造", "袜品缝头与定型", "无缝内衣织造", "针织服装加工", "包装与整理")
SUPPORT: tuple[tuple[str, Status], ...] = (
    ("锦纶长丝", "missing"),
    ("棉纱纺制", "strong"),
    ("氨纶包覆纱", "present"),
    ("化学纤维制造", "undisclosed"),
    ("袜机制造", "weak"),
    ("染色与整理", "strong"),
    ("织针与沉降片", "missing"),
    ("纺织助剂", "weak"),
    ("包装印刷", "present"),
    ("纸箱制造", "present"),
    ("工业用电与蒸汽", "present"),
    ("道路货物运输", "strong"),
    ("电商运营服务", "present"),
    ("模具与备件", "weak"),
    ("检验检测", "undisclosed"),
    ("废水集中处理", "present"),
    ("仓储与云仓", "present"),
    ("产业用缝纫线", "missing"),
    ("Knitting machinery repair and maintenance", "present"),
)
POTENTIAL = (
    "压力袜与医用护具",
    "智能穿戴织物",
    "再生涤纶短纤",
    "功能性运动袜",
    "工业设计服务",
    "纺织机器人集成",
    "跨境电商供应链",
    "生物基纤维",
    "无水染色装备",
    "直播基地服务",
    "工业互联网平台",
    "检测认证机构",
)


def links() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return each firm's segment and each link's source firm, target firm and value."""
    rng = np.random.default_rng(SEED)
    share = np.concatenate([[180, 120, 70, 60, 50], np.full(19, 24.0), np.full(12, 3.0)])
    share[[5, 11, 22]] = 0.0
    segment = rng.choice(36, FIRMS, p=share / share.sum())
    buyers = np.flatnonzero(segment < 5)
    source = rng.integers(0, FIRMS, LINKS)
    target = np.where(
        rng.random(LINKS) < 0.75, rng.choice(buyers, LINKS), rng.integers(0, FIRMS, LINKS)
    )
    return segment, source, target, rng.lognormal(3.0, 1.2, LINKS)


def sample() -> MapData:
    """Return the whole map, as a page would serve it."""
    segment, source, target, value = links()
    rng = np.random.default_rng(SEED + 1)
    bands = rng.choice([0, 1, 2, 3, 4], FIRMS, p=[0.05, 0.5, 0.3, 0.11, 0.04])
    rows: list[tuple[str, Tier, Status]] = [
        *((name, "lead", "strong") for name in LEAD),
        *((name, "support", status) for name, status in SUPPORT),
        *((name, "potential", "candidate") for name in POTENTIAL),
    ]
    flows = [
        (a, b, v, f"{v / 100:.1f} 亿元")
        for a, b, v in segment_flows(segment[source], segment[target], value, segments=36)
    ]
    segments = [
        _segment(
            i, row, [[f"示例企业{n:04d}", int(bands[n])] for n in np.flatnonzero(segment == i)]
        )
        for i, row in enumerate(rows)
    ]
    lanes: list[LaneData] = [
        {"tier": "lead", "label": "主导", "notes": ["5 个环节", "88.8 亿元"]},
        {"tier": "support", "label": "配套", "notes": ["19 个环节", "缺 3 · 弱 3", "未披露 2"]},
        {"tier": "potential", "label": "潜力", "notes": ["12 个环节", "按进入概率"]},
    ]
    return chain_map(unit="亿元", lanes=lanes, segments=segments, flows=flows, synthetic=True)


def _segment(
    i: int, row: tuple[str, Tier, Status], firms: list[list[str | int | None]]
) -> SegmentData:
    """Return one segment; its size follows the number of its firms."""
    name, tier, status = row
    unknown = status in {"missing", "undisclosed"}
    value = None if unknown else round(0.17 * len(firms) + 0.2, 1)
    label = "" if value is None else f"{value:.1f} 亿元"
    if tier == "potential":
        label = f"概率 {0.31 - 0.02 * (i - 24):.0%}"
    return SegmentData(
        id=f"s{i}",
        label=name,
        title=f"{name}（C18{i:02d}）· {len(firms)} 家",
        tier=tier,
        status=status,
        status_label=WORDS[status],
        value=value,
        value_label=label,
        firms=[] if status == "missing" else firms,
        href=f"#s{i}",
    )
