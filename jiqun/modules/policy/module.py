"""Manifest of the policies."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from jiqun.core.access import Role
from jiqun.core.registry import Engine, Module, NavItem
from jiqun.modules.policy.matching.findings import run_places

OFFICIAL = frozenset({Role.ANALYST})
FIRM = frozenset({Role.FIRM})

MODULE = Module(
    name="policy",
    label=_("惠企政策"),
    icon="policy",
    urls="jiqun.modules.policy.urls",
    prefix="policy/",
    router="jiqun.modules.policy.rest.router",
    tables="jiqun.modules.policy.tabular.TABLES",
    papers="jiqun.modules.policy.matters.MATTERS",
    navigation=(
        NavItem(_("能享受的政策"), "policy-own-match", "", FIRM),
        NavItem(_("我的惠企资金"), "policy-mine", "", FIRM),
        NavItem(_("政策匹配"), "policy-match", "", OFFICIAL),
        NavItem(_("政策体检"), "policy-checkup", "", OFFICIAL),
        NavItem(_("条款起草"), "policy-draft", "", OFFICIAL),
        NavItem(_("兑付测算"), "policy-plan", "", OFFICIAL),
        NavItem(_("免申即享"), "policy-batches", "", OFFICIAL),
        NavItem(_("资金池"), "policy-pools", "", OFFICIAL),
        NavItem(_("惠企事项清单"), "policy-items"),
        NavItem(_("拟兑现公示"), "policy-public"),
    ),
    engines=(Engine("policy", "惠企政策匹配", "matching of support policies", run_places),),
)
