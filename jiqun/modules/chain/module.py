"""Manifest of the chain."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from jiqun.core.registry import Engine, Module, NavItem
from jiqun.modules.chain.analysis.linkages import run_linkages
from jiqun.modules.chain.commands import run_scopes

MODULE = Module(
    name="chain",
    label=_("产业链"),
    icon="chain",
    urls="jiqun.modules.chain.urls",
    prefix="chain/",
    router="jiqun.modules.chain.rest.router",
    search="jiqun.modules.chain.search.SOURCES",
    navigation=(
        NavItem(_("三级图谱"), "chain-map"),
        NavItem(_("补强延固"), "chain-gaps"),
        NavItem(_("图与清单"), "chain-lists"),
        NavItem(_("模型检验"), "chain-model"),
        NavItem(_("部门关联"), "chain-linkages"),
    ),
    engines=(
        Engine("chain", "三级产业链图谱", "three-tier chain map", run_scopes),
        Engine("linkages", "部门关联", "linkages of input–output tables", run_linkages),
    ),
)
