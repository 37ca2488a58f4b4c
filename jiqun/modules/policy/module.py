"""Manifest of the policies."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from jiqun.core.registry import Engine, Module

MODULE = Module(
    name="policy",
    label=_("惠企政策"),
    icon="policy",
    urls="jiqun.modules.policy.urls",
    prefix="policy/",
)
