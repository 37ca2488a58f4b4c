"""The named features of the entry model, as data: what each one is, its unit and its formula.

Notation of the formulas: x(c,i) = size of industry i in region c in the base period (for example
establishments), x(c,·) and x(·,i) its sums over industries and over regions, x its total,
t = smallest count that is published (the presence threshold), E(c,i) = x(c,·) x(·,i) / x,
P(c,i) = 1 when x(c,i) > 0, M(c,i) = 1 when RCA(c,i) >= 1, φ(i,j) = proximity of two industries,
g(i) = the parent group of i. Every feature is read from the base period alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Family(StrEnum):
    """Groups of features that are available or missing together."""

    SIZE = "size"
    RELATEDNESS = "relatedness"
    LATENT = "latent"
    NEIGHBOUR = "neighbour"
    PARENT = "parent"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class FeatureSpec:
    """One feature: its name, labels, unit and formula."""

    name: str
    family: Family
    label_zh: str
    label_en: str
    unit: str
    formula: str


def _parent_specs() -> tuple[FeatureSpec, ...]:
    """Return size and excess for up to three parent levels, the nearest parent first."""
    levels = (
        ("parent1", "上一级行业", "parent group one level up"),
        ("parent2", "上两级行业", "parent group two levels up"),
        ("parent3", "上三级行业", "parent group three levels up"),
    )
    size = "ln(1 + G/t), G = sum of x(c,j) over j in g(i)"
    excess = "ln((G + t/2) / (H + t/2)), H = sum of E(c,j) over j in g(i)"
    return tuple(
        spec
        for key, zh, en in levels
        for spec in (
            FeatureSpec(
                f"{key}_size", Family.PARENT, f"本地{zh}规模", f"local size of the {en}", "ln", size
            ),
            FeatureSpec(
                f"{key}_excess",
                Family.PARENT,
                f"本地{zh}超出预期的程度",
                f"local excess of the {en} over what size explains",
                "ln ratio",
                excess,
            ),
        )
    )


SPECS: tuple[FeatureSpec, ...] = (
    FeatureSpec(
        "expected_size",
        Family.SIZE,
        "按规模推算的应有户数",
        "size expected from county size and industry size",
        "ln of multiples of t",
        "ln(E(c,i) / t)",
    ),
    FeatureSpec(
        "region_size",
        Family.SIZE,
        "本地经济规模",
        "size of the county against the median county",
        "ln ratio",
        "ln(x(c,·) / median over c)",
    ),
    FeatureSpec(
        "industry_size",
        Family.SIZE,
        "行业规模",
        "size of the industry against the mean industry",
        "ln ratio",
        "ln(x(·,i) / mean over i)",
    ),
    FeatureSpec(
        "ubiquity",
        Family.SIZE,
        "行业分布的普遍程度",
        "share of counties that have the industry",
        "share 0-1",
        "mean over c of P(c,i)",
    ),
    FeatureSpec(
        "diversity",
        Family.SIZE,
        "本地行业多样性",
        "share of industries that the county has",
        "share 0-1",
        "mean over i of P(c,i)",
    ),
    FeatureSpec(
        "density_rca",
        Family.RELATEDNESS,
        "关联密度(RCA≥1)",
        "relatedness density on RCA >= 1 (Hidalgo et al. 2007)",
        "share 0-1",
        "sum_j φ(i,j) M(c,j) / sum_j φ(i,j), φ from M",
    ),
    FeatureSpec(
        "density_presence",
        Family.RELATEDNESS,
        "关联密度(有无)",
        "relatedness density on presence",
        "share 0-1",
        "sum_j φ(i,j) P(c,j) / sum_j φ(i,j), φ from P",
    ),
    FeatureSpec(
        "density_knn",
        Family.RELATEDNESS,
        "最近 20 个关联行业的密度",
        "relatedness density over the 20 nearest industries, weighted by proximity",
        "share 0-1",
        "sum φ(i,j) M(c,j) / sum φ(i,j), both over the 20 j of largest φ(i,j)",
    ),
    FeatureSpec(
        "lowrank_quotient",
        Family.LATENT,
        "由产业结构推算的区位商",
        "location quotient implied by counties of like structure (rank 30)",
        "ln(1 + LQ)",
        "rank-30 approximation of ln(1 + LQ)",
    ),
    FeatureSpec(
        "lowrank_size",
        Family.LATENT,
        "由产业结构推算的规模",
        "size implied by counties of like structure (rank 30)",
        "ln(1 + x/t)",
        "rank-30 approximation of ln(1 + x/t)",
    ),
    FeatureSpec(
        "neighbour_presence",
        Family.NEIGHBOUR,
        "相邻 10 县中已有该行业的比例",
        "share of the 10 nearest counties that have the industry",
        "share 0-1",
        "mean of P(k,i) over the 10 nearest k",
    ),
    FeatureSpec(
        "neighbour_excess",
        Family.NEIGHBOUR,
        "相邻 10 县超出预期的程度",
        "excess of the industry in the 10 nearest counties over what size explains",
        "ln ratio",
        "ln((N + t/2) / (F + t/2)), N, F = sums of x(k,i), E(k,i) over the 10 nearest k",
    ),
    *_parent_specs(),
    FeatureSpec(
        "hidden_in_parent",
        Family.HIDDEN,
        "上一级行业中未公布的户数",
        "undisclosed remainder of the parent group",
        "ln(1 + multiples of t)",
        "ln(1 + U/t), U = published parent count minus its published children",
    ),
    FeatureSpec(
        "hidden_share",
        Family.HIDDEN,
        "未公布户数中按规模应分给该行业的部分",
        "part of the undisclosed remainder that size assigns to the industry",
        "multiples of t",
        "U/t E(c,i) / sum of E(c,j) over the children j of g(i) that are not published",
    ),
)

SPEC_BY_NAME: Mapping[str, FeatureSpec] = MappingProxyType({spec.name: spec for spec in SPECS})
