"""From a match to money: entitled pairs as candidates for payment without application."""

from __future__ import annotations

from typing import Any

from jiqun.core.access import Viewer
from jiqun.core.audit import read_firms
from jiqun.engine.rules.document.policy import Policy
from jiqun.engine.rules.evaluation.columns import show_value
from jiqun.engine.rules.evaluation.explain import Explanation, Part, explain
from jiqun.engine.rules.evaluation.measures import split_shares
from jiqun.errors import JiqunError, Kind
from jiqun.modules.policy.benefits.intake.candidates import Candidate
from jiqun.modules.policy.benefits.money import yuan
from jiqun.modules.policy.matching.rule_set import RuleSet
from jiqun.modules.policy.matching.selectors import YES, MatchView
