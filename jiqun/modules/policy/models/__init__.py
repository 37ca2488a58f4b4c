"""Commitments about benefits and drafts of rules, one file per topic."""

from __future__ import annotations

from jiqun.modules.policy.models.cases import Batch, Case, Hold, Step
from jiqun.modules.policy.models.drafts import Draft, DraftField, DraftText
from jiqun.modules.policy.models.items import Item
from jiqun.modules.policy.models.ledger import LedgerAccount, LedgerTransfer, Pool
from jiqun.modules.policy.models.payments import OnceKey, Payment, PaymentFile, Receipt

__all__ = [
    "Batch",
    "Case",
    "Draft",
    "DraftField",
    "DraftText",
    "Hold",
    "Item",
    "LedgerAccount",
    "LedgerTransfer",
    "OnceKey",
    "Payment",
    "PaymentFile",
    "Pool",
    "Receipt",
    "Step",
]
