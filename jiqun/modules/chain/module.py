"""Manifest of the chain."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from jiqun.core.access import Role
from jiqun.core.registry import Engine, Module, NavItem
from jiqun.modules.chain.analysis.linkages import run_linkages
from jiqun.modules.chain.commands import run_scopes

# Those who answer for places or firms; an administrator has none, and no map to look at.
READERS = frozenset({Role.ANALYST, Role.FIRM, Role.BUTLER, Role.PARTNER})

MODULE = Module(
    name="chain",
    label=_("产业链"),
    icon="chain",
    urls="jiqun.modules.chain.urls",
    prefix="chain/",
    router="jiqun.modules.chain.rest.router",
    search="jiqun.modules.chain.search.SOURCES",
    navigation=(
        NavItem(_("三级图谱"), "chain-map", "", READERS),
        NavItem(_("补强延固"), "chain-gaps", "", READERS),
        NavItem(_("图与清单"), "chain-lists", "", READERS),
        NavItem(_("模型检验"), "chain-model", "", READERS),
        NavItem(_("部门关联"), "chain-linkages", "", READERS),
    ),
    engines=(
        Engine("chain", "三级产业链图谱", "three-tier chain map", run_scopes),
        Engine("linkages", "部门关联", "linkages of input–output tables", run_linkages),
    ),
)
