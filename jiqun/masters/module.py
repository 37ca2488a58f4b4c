"""Manifest of the organisations and the people in them."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from jiqun.core.registry import Module

MODULE = Module(
    name="masters",
    label=_("单位与人员"),
    icon="users",
    urls="jiqun.masters.urls",
    prefix="masters/",
    navigation=(),
)
