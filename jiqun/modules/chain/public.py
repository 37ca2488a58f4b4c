"""What other modules and the cockpit may use of the chain."""

from __future__ import annotations

from jiqun.modules.chain.inputs import Scope
from jiqun.modules.chain.selectors import ChainView, chain_view, visible_scopes

__all__ = ["ChainView", "Scope", "chain_view", "visible_scopes"]
