"""Manifest of land."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from jiqun.core.access import Role
from jiqun.core.registry import Engine, Module, NavItem
from jiqun.modules.land.evaluation.findings import run_places
from jiqun.modules.land.lowuse.findings import run_places as screen_places

OFFICIAL = frozenset({Role.ANALYST})
FIRM = frozenset({Role.FIRM})

MODULE = Module(
    name="land",
    label=_("土地与亩均"),
    icon="land",
    urls="jiqun.modules.land.urls",
    prefix="land/",
    router="jiqun.modules.land.rest.router",
    tables="jiqun.modules.land.tabular.TABLES",
    papers="jiqun.modules.land.matters.MATTERS",
    navigation=(
        NavItem(_("我的亩均评价"), "land-own", "", FIRM),
        NavItem(_("亩均数据确认"), "land-mine", "", FIRM),
        NavItem(_("我的用地"), "land-own-land", "", FIRM),
        NavItem(_("亩均效益评价"), "land-permu", "", OFFICIAL),
        NavItem(_("用地表"), "land-tables", "", OFFICIAL),
        NavItem(_("评价批次"), "land-batches", "", OFFICIAL),
        NavItem(_("公平性检验"), "land-fairness", "", OFFICIAL),
        NavItem(_("我的地块"), "land-parcels", "", FIRM),
        NavItem(_("标准地"), "land-parcels", "", OFFICIAL),
        NavItem(_("我的低效用地"), "land-lowuse-own", "", FIRM),
        NavItem(_("低效用地"), "land-lowuse", "", OFFICIAL),
        NavItem(_("宗地地图"), "land-map"),
        NavItem(_("弹性年期"), "land-tenure"),
        NavItem(_("企业用地公示"), "land-table-public"),
        NavItem(_("亩均评价公示"), "land-public"),
    ),
    engines=(
        Engine("land", "亩均效益评价", "per-mu evaluation", run_places),
        Engine(
            "lowuse", "低效用地筛查", "screening for low-efficiency land", screen_places, ("land",)
        ),
    ),
)
