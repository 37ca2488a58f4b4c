"""What other modules and the cockpit may use of the chain."""

from __future__ import annotations

from jiqun.modules.chain.analysis.inputs import Scope
from jiqun.modules.chain.selectors import ChainView, visible_scopes
from jiqun.modules.chain.tables import shown_view
from jiqun.modules.chain.trees import explain_finding

__all__ = ["ChainView", "Scope", "explain_finding", "shown_view", "visible_scopes"]
