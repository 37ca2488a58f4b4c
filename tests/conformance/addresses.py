"""Every address of the console and of the API, found from the resolver and the OpenAPI document.

An address with a parameter needs a sample of it: ``NAMES`` for what is called the same in every
installation, ``ROWS`` for what is a row of the database. A new parameter without one is an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.db.models import Model
from django.urls import URLPattern, URLResolver, get_resolver

from jiqun.core import models as core
from jiqun.core.api import api
from jiqun.masters import models as masters
from jiqun.modules.land import models as land
from jiqun.modules.policy import models as policy
from tests.console import DEMO_QUERY, Demo

# Not ours, or without a page of its own; each is tested by name elsewhere.
OTHERS = re.compile(r"^(accounts/|i18n/|api/|favicon\.ico|health$)")
# A parameter, or one of a certain address where the same word means several things.
NAMES: Mapping[str, str] = {
    "code": "176", "slug": "chain", "use": "chain", "table": "organisations",
    "name": "organisations", "chain-industry.kind": "leading", "search-entry.kind": "firm",
    "consent-file.kind": "json", "policy-results.kind": "json",
    "policy-file-take.kind": "csv", "policy-item-file.kind": "guide",
    "policy-match-one.key": "HC-01@1", "policy-match-why.key": "HC-01@1", "policy-own-why.key": "HC-01@1",
    "policy-checkup-one.key": "HC-01@1",
    "policy-plan-one.key": "HC-04@1", "land-batch-calculation.number": "1",
    "policy-plan-one-xlsx.key": "HC-04@1", "land-parcel-paper.paper": "control", "land-lowuse-paper.paper": "file",
    "jiqun_modules_policy_rest_matching_verdicts.key": "HC-01@1",
    "jiqun_modules_policy_rest_matching_verdict.key": "HC-01@1",
}  # fmt: skip
# The model and its field; the oldest row of ``OWNERS`` (of anybody where there is none of theirs).
ROWS: Mapping[str, tuple[type[Model], str]] = {
    "organisation": (masters.Organisation, "pk"), "person": (masters.Person, "pk"),
    "membership": (masters.Membership, "pk"), "notice": (core.Notice, "pk"),
    "robot": (core.Robot, "pk"), "view": (core.SavedView, "pk"), "receipt": (core.Consent, "receipt"),
    "key": (core.Import, "key"), "publication.key": (core.PublishedTable, "key"),
    "publication-xlsx.key": (core.PublishedTable, "key"),
    "search-entry.key": (core.SearchEntry, "key"), "job.number": (core.Job, "pk"),
    "job-json.number": (core.Job, "pk"), "job-cancel.number": (core.Job, "pk"),
    "audit-entry.number": (core.AuditEntry, "pk"), "audit-entry-proof.number": (core.AuditEntry, "pk"),
    "audit-read-proof.number": (core.FirmRead, "pk"),
    "batch": (policy.Batch, "key"), "case": (policy.Case, "key"), "pool": (policy.Pool, "key"),
    "sheet": (land.Sheet, "key"), "objection": (land.Objection, "key"),
    **{f"land-{name}.batch": (land.Batch, "key")
       for name in ("batch", "batch-calculation", "batch-notice", "batch-measures", "public-batch", "public-file")},
    "file": (policy.PaymentFile, "number"), "item": (policy.Item, "pk"),
    "landtable": (land.LandTable, "key"), "lineobjection": (land.LandObjection, "pk"),
    "parcel": (land.Parcel, "code"), "land_file": (land.LandFile, "key"),
    "draft": (policy.Draft, "key"), "paper": (core.Paper, "key"),
}  # fmt: skip
# What a row is called that is not there.
NOWHERE: Mapping[str, str] = dict.fromkeys(
    (
        "receipt",
        "key",
        "batch",
        "case",
        "pool",
        "file",
        "sheet",
        "objection",
        "landtable",
        "parcel",
        "land_file",
        "draft",
        "paper",
    ),
    "nothing",
)
# Addresses of what the register has of a parcel; the others are of parcels with a contract.
REGISTERED = {"land-map-card", "land-lowuse-parcel", "jiqun_modules_land_lowuse_rest_parcel"}
# Of the chain's pages, the one that shows no place's data. Elsewhere roles decide, not places.
PLACELESS = {"chain-linkages"}
FILES = (".png", ".pdf", ".xlsx")
QUERIES: Mapping[str, str] = {"jiqun_core_search_rest_search": "q=合成"}
Rows = Mapping[type[Model], Model]


@dataclass(frozen=True, slots=True)
class Address:
    """One address with a sample path; ``placed`` when it shows a place's data."""

    name: str
    path: str
    placed: bool
    method: str = "GET"

    @property
    def text(self) -> bool:
        """Whether it answers with text (a file is looked into by its own test)."""
        return not self.path.split("?")[0].endswith(FILES)


def _patterns(found: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[tuple[str, str]]:
    for one in found:
        route = prefix + str(one.pattern)
        if isinstance(one, URLResolver):
            if not OTHERS.match(route):
                yield from _patterns(one.url_patterns, route)
        elif not OTHERS.match(route):
            yield str(one.name), route


def _row(rows: Rows, model: type[Model], field: str, parameter: str) -> str:
    found = rows.get(model)
    if found is None:
        return NOWHERE.get(parameter, "987654321")
    return str(getattr(found, field))


def sample(name: str, parameter: str, demo: Demo, rows: Rows) -> str:
    """A value for a parameter of the address ``name``.

    Raises:
        KeyError: The parameter has no sample yet.
    """
    if parameter == "finding":
        return demo.finding("leading", "176")
    if parameter == "firm":
        return str(demo.store.polars("firm").filter(status="active")["firm"].min())
    if parameter == "parcel" and name in REGISTERED:
        return str(demo.store.polars("parcel")["parcel"].min())
    for key in (f"{name}.{parameter}", parameter):
        if key in NAMES:
            return NAMES[key]
        if key in ROWS:
            return _row(rows, *ROWS[key], parameter)
    raise KeyError(f"give a sample for “{parameter}” of “{name}” in {__name__}")


def filled(name: str, route: str, demo: Demo, rows: Rows) -> str:
    """A route with its parameters filled from the samples."""

    def value(found: re.Match[str]) -> str:
        return sample(name, found[1] or found[2], demo, rows)

    return re.sub(r"<(?:\w+:)?(\w+)>|\{(\w+)\}", value, route)


def pages(demo: Demo, rows: Rows | None = None) -> list[Address]:
    """Every page and file of the console; without ``rows``, of rows that are not there."""
    found: list[Address] = []
    for name, route in _patterns(get_resolver().url_patterns):
        placed = route.startswith("chain/") and name not in PLACELESS
        query = f"?{DEMO_QUERY}" if placed and "finding/" not in route else ""
        found.append(Address(name, f"/{filled(name, route, demo, rows or {})}{query}", placed))
    return found


def operations(demo: Demo, rows: Rows | None = None) -> list[Address]:
    """Every operation of the API."""
    found: list[Address] = []
    for route, methods in api.get_openapi_schema()["paths"].items():
        for method, operation in methods.items():
            name = str(operation["operationId"])
            asks_scope = any(one["name"] == "place" and one["required"]
                             for one in operation.get("parameters", ()))  # fmt: skip
            query = DEMO_QUERY if asks_scope else QUERIES.get(name, "")
            path = filled(name, route, demo, rows or {}) + (f"?{query}" if query else "")
            placed = route.startswith("/api/chain/") and not route.endswith("/scopes")
            found.append(Address(name, path, placed, method.upper()))
    return found
