"""Manifest of the pages that every module shares."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from jiqun.core.access import Role
from jiqun.core.registry import Module, NavItem, Section

OFFICIAL = frozenset({Role.ANALYST})
FIRM = frozenset({Role.FIRM})

MODULE = Module(
    name="counter",
    label=_("数据"),
    icon="table",
    urls="jiqun.core.urls",
    tables="jiqun.core.data.tables.TABLES",
    search="jiqun.core.search.sources.SOURCES",
    navigation=(
        NavItem(_("数据表"), "tables"),
        NavItem(_("导入记录"), "imports"),
        NavItem(_("隔离区"), "quarantine", "", OFFICIAL),
        NavItem(_("汇总发布"), "publications"),
    ),
    sections=(
        Section(
            _("本企业"),
            "factory",
            (
                NavItem(_("本企业的数据"), "consent", "", FIRM),
                NavItem(_("证明材料"), "papers", "", FIRM),
                NavItem(_("谁看过"), "audit-reads", "", FIRM),
            ),
        ),
        Section(
            _("用途与授权"),
            "key",
            (
                NavItem(_("说明用途"), "purpose", "", OFFICIAL),
                NavItem(_("企业授权情况"), "consent-allowed", "", OFFICIAL),
                NavItem(_("企业提交的材料"), "papers", "", OFFICIAL),
                NavItem(_("我的查看记录"), "audit-reads", "", OFFICIAL),
            ),
        ),
        Section(
            _("安全与审计"),
            "shield",
            (
                NavItem(_("账号安全"), "security-people", "", frozenset({Role.SECURITY})),
                NavItem(_("审计日志"), "audit-log", "", frozenset({Role.AUDIT})),
                NavItem(_("每日根"), "audit-roots"),
                NavItem(_("安全基线"), "security-asvs"),
            ),
        ),
    ),
)
