"""Manifest of the organisations and the people in them."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from jiqun.core.registry import Module, NavItem

MODULE = Module(
    name="masters",
    label=_("单位与人员"),
    icon="people",
    urls="jiqun.masters.urls",
    prefix="masters/",
    tables="jiqun.masters.tabular.TABLES",
    navigation=(
        NavItem(_("单位"), "organisations", "building"),
        NavItem(_("人员"), "people", "people"),
    ),
)
