"""Who may see and change what of others: everything that is not written here is a leak."""

from __future__ import annotations

from tests.conformance.tenants.canary import Canary

# Whoever opens accounts or grants roles knows organisations and people, and nothing else of them.
REGISTER = frozenset({"organisation", "person"})
SEES = {
    "system": REGISTER | {"job"},
    "security": REGISTER | {"device"},
    "audit": REGISTER | {"reason", "after", "typed", "readoffirma", "readoffirmb"},
    # With a purpose that the official has stated; without one: tests/modules/policy.
    "official": frozenset(
        {
            "name",
            "subject",
            "condition",
            "payee",
            "bank",
            "evidence",
            "note",
            "returned",
            "location",
            "responsible",
            "document",
        }
    ),
    # A firm learns who looked at it, of which office, and what for.
    "firma": frozenset({"readoffirma"}),
    "firmb": frozenset({"readoffirmb"}),
}
# (tenant, owner): the reader's name and office stand in the firm's access log.
KNOWN = {("firma", "official"), ("firmb", "official")}
CHANGES = {
    "system": {"masters.Organisation", "masters.Membership", "masters.Person", "core.LoginSession"},
    "security": {"masters.Membership", "core.LoginSession"},
}


def may_see(tenant: str, canary: Canary) -> bool:
    """Whether the tenant may see this canary of somebody else."""
    if canary.kind in REGISTER and (tenant, canary.owner) in KNOWN:
        return True
    return canary.kind in SEES.get(tenant, frozenset())


def may_change(tenant: str, model: str) -> bool:
    """Whether the tenant may change rows of this model that are somebody else's."""
    return model in CHANGES.get(tenant, set())
