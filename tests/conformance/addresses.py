"""Every address of the console and of the API, found from the resolver and the OpenAPI document."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver

from jiqun.core.api import api
from tests.console import DEMO_QUERY, Demo

# Not ours, or without a page of its own; each is tested by name elsewhere.
OTHERS = re.compile(r"^(accounts/|i18n/|api/|favicon\.ico|health$)")
# Anything else is a number or a name of something that does not exist: 1.
SAMPLES = {
    "kind": "leading", "code": "176", "slug": "chain", "finding": "{finding}", "use": "chain",
}  # fmt: skip
# Of the chain's pages, the one that shows no place's data. Elsewhere roles decide, not places.
PLACELESS = {"chain-linkages"}
FILES = (".png", ".pdf", ".xlsx")


@dataclass(frozen=True, slots=True)
class Address:
    """One address with a sample path; ``placed`` when it shows a place's data."""

    name: str
    path: str
    placed: bool

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


def filled(route: str, demo: Demo) -> str:
    """A route with its parameters filled from the samples."""
    path = re.sub(r"<(?:\w+:)?(\w+)>|\{(\w+)\}", lambda m: SAMPLES.get(m[1] or m[2], "1"), route)
    return path.replace("{finding}", demo.finding("leading", "176"))


def pages(demo: Demo) -> list[Address]:
    """Every page and file of the console."""
    found: list[Address] = []
    for name, route in _patterns(get_resolver().url_patterns):
        placed = route.startswith("chain/") and name not in PLACELESS
        query = f"?{DEMO_QUERY}" if placed and "finding/" not in route else ""
        found.append(Address(name, f"/{filled(route, demo)}{query}", placed))
    return found


def operations(demo: Demo) -> list[Address]:
    """Every GET operation of the API."""
    found: list[Address] = []
    for route, methods in api.get_openapi_schema()["paths"].items():
        for operation in methods.values():
            asks_scope = any(one["name"] == "place" for one in operation.get("parameters", ()))
            query = f"?{DEMO_QUERY}" if asks_scope else ""
            placed = route.startswith("/api/chain/") and not route.endswith("/scopes")
            found.append(Address(operation["operationId"], filled(route, demo) + query, placed))
    return found
