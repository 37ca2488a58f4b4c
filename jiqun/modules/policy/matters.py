"""What firms hand papers in for (``core.papers``)."""

from __future__ import annotations

from collections.abc import Mapping

from jiqun.core.papers.shown import Matter

CASE = "policy.case"
MATTERS: Mapping[str, Matter] = {CASE: Matter("惠企资金事项", "benefit", "policy-case")}
