"""What firms hand papers in for (``core.papers``)."""

from __future__ import annotations

from collections.abc import Mapping

from jiqun.core.papers.shown import Matter

OBJECTION, LINE, PARCEL, LOWUSE = "land.objection", "land.line", "land.parcel", "land.lowuse"
MATTERS: Mapping[str, Matter] = {
    OBJECTION: Matter("亩均评价异议", "objection in the evaluation", "land-objection"),
    LINE: Matter("用地表异议", "objection to the land table", "land-line-objection"),
    PARCEL: Matter("标准地履约", "standard land", "land-parcel"),
    LOWUSE: Matter("低效用地档案", "file of low-efficiency land", "land-lowuse-file"),
}
