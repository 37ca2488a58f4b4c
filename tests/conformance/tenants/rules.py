"""Who may see and change what of others: everything that is not written here is a leak."""

from __future__ import annotations

from tests.conformance.tenants.canary import Canary

# Whoever opens accounts or grants roles knows organisations and people, and nothing else of them.
REGISTER = frozenset({"organisation", "person"})
SEES = {"system": REGISTER, "security": REGISTER, "audit": REGISTER | {"reason", "typed"}}
CHANGES = {
    "system": {"masters.Organisation", "masters.Membership"},
    "security": {"masters.Membership"},
}


def may_see(tenant: str, canary: Canary) -> bool:
    """Whether the tenant may see this canary of somebody else."""
    return canary.kind in SEES.get(tenant, frozenset())


def may_change(tenant: str, model: str) -> bool:
    """Whether the tenant may change rows of this model that are somebody else's."""
    return model in CHANGES.get(tenant, set())
