"""What other modules and the cockpit may use of the policies."""

from __future__ import annotations

from jiqun.modules.policy.benefits.intake.actions import open_batch
from jiqun.modules.policy.benefits.intake.candidates import Candidate
from jiqun.modules.policy.benefits.intake.opening import Terms
from jiqun.modules.policy.demo import demo_benefits
from jiqun.modules.policy.machine import State
from jiqun.modules.policy.matching.selectors import match_view
from jiqun.modules.policy.models import Batch, Case, Item, Pool

__all__ = [
    "Batch",
    "Candidate",
    "Case",
    "Item",
    "Pool",
    "State",
    "Terms",
    "demo_benefits",
    "match_view",
    "open_batch",
]
