"""Manifest of the pages that every module shares."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from jiqun.core.access import Role
from jiqun.core.registry import Module, NavItem

MODULE = Module(
    name="counter",
    label=_("管理与审计"),
    icon="shield",
    urls="jiqun.core.urls",
    tables="jiqun.core.data.tables.TABLES",
    navigation=(NavItem(_("账号安全"), "security-people", "lock", frozenset({Role.SECURITY})),),
)
