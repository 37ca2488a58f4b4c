"""Manifest of land."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from jiqun.core.access import Role
from jiqun.core.registry import Engine, Module, NavItem
from jiqun.modules.land.evaluation.findings import run_places

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
    navigation=(
        NavItem(_("我的亩均评价"), "land-own", "", FIRM),
        NavItem(_("亩均效益评价"), "land-permu", "", OFFICIAL),
        NavItem(_("公平性检验"), "land-fairness", "", OFFICIAL),
        NavItem(_("宗地地图"), "land-map"),
        NavItem(_("弹性年期"), "land-tenure"),
    ),
    engines=(Engine("land", "亩均效益评价", "per-mu evaluation", run_places),),
)
