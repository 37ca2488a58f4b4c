"""The maps and lists of the provinces as saved queries over one graph.

Miluo (汨罗) works with five maps and five lists, Henan (河南) with six and six. Each entry says
what it shows, which query answers it, and, where the data is not here, who usually holds it.
Source of the names: methods 4.2, confirmed in published practice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Scheme = Literal["miluo", "henan"]
Source = Literal["rows", "firms", "records", "places", "potential"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One map or list. ``selects`` is a kind of finding, a list, or kinds of records."""

    slug: str
    zh: str
    en: str
    source: Source
    selects: tuple[str, ...]
    holder_zh: str = ""
    holder_en: str = ""
    is_map: bool = False


SCHEMES: dict[Scheme, tuple[str, str]] = {
    "miluo": ("5 图 5 清单（汨罗做法）", "five maps and five lists (Miluo)"),
    "henan": ("6 图 6 清单（河南做法）", "six maps and six lists (Henan)"),
}
ALL = ("leading", "supporting", "extension", "potential")
CATALOGUE: dict[Scheme, tuple[Entry, ...]] = {
    "miluo": (
        Entry("chain", "产业链图", "Chain map", "rows", ALL, is_map=True),
        Entry("technology", "技术路线图", "Technology map", "records", ("technology",),
              "科技局、链主企业", "science bureau, chain leaders", is_map=True),
        Entry("application", "应用领域图", "Applications map", "records", ("application",),
              "经信局、行业协会", "industry bureau, trade association", is_map=True),
        Entry("regions", "区域分布图", "Regional distribution", "places", (), is_map=True),
        Entry("recruitment", "招商路线图", "Recruitment map", "rows", ("fill", "extend"), is_map=True),
        Entry("firms", "企业清单", "Firms", "firms", (), "市场监管局", "market regulator"),
        Entry("projects", "项目清单", "Projects", "records", ("project",), "发改局", "planning bureau"),
        Entry("clusters", "集群清单", "Clusters", "records", ("cluster",), "经信局", "industry bureau"),
        Entry("problems", "问题清单", "Problems", "records", ("problem",), "链长制办公室", "chain-chief office"),
        Entry("policies", "政策清单", "Policies", "records", ("policy",), "各政策主管部门", "policy owners"),
    ),
    "henan": (
        Entry("tree", "产业树状图", "Industry tree", "rows", ALL, is_map=True),
        Entry("panorama", "现状全景图", "Present panorama", "rows", ("leading", "supporting"), is_map=True),
        Entry("trend", "未来趋势图", "Future trend", "rows", ("potential",), is_map=True),
        Entry("path", "发展路径图", "Development path", "rows", ("fill", "strengthen", "extend", "secure"),
              is_map=True),
        Entry("innovation", "技术创新图", "Innovation map", "records", ("technology", "platform"),
              "科技局", "science bureau", is_map=True),
        Entry("recruitment-map", "招商路线图", "Recruitment map", "rows", ("fill", "extend"), is_map=True),
        Entry("events", "重点事项清单", "Key matters", "records", ("event",), "链长制办公室", "chain-chief office"),
        Entry("parks", "园区清单", "Parks", "records", ("park",), "园区管委会", "park office"),
        Entry("firm-list", "企业清单", "Firms", "firms", (), "市场监管局", "market regulator"),
        Entry("project-list", "项目清单", "Projects", "records", ("project",), "发改局", "planning bureau"),
        Entry("platforms", "创新平台清单", "Innovation platforms", "records", ("platform",),
              "科技局", "science bureau"),
        Entry("needs", "短板需求清单", "Shortfalls and needs", "records", ("need",), "经信局", "industry bureau"),
    ),
}  # fmt: skip


def entry(slug: str) -> Entry | None:
    """Return the entry of that slug; slugs are unique over both schemes."""
    return next(
        (one for entries in CATALOGUE.values() for one in entries if one.slug == slug), None
    )
