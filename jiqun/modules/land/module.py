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
    engines=(Engine("land", "亩均效益评价", "per-mu evaluation", run_places),),
)
