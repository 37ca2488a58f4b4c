"""Every address that the console and the API answer at, and values to fill them with."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver

from jiqun.core.api import api

PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>|\{(\w+)\}")
# Served by Django's own code or by the browser's document, without a row of ours; and the map as
# an image or for print, slow to draw from the very SVG that is asked for.
SKIPPED = re.compile(
    r"^(i18n/|api/docs|api/openapi|favicon|static/|accounts/logout|chain/map\.(pdf|png))"
)
NOWHERE = 987_654_321  # no row has this number


@dataclass(frozen=True, slots=True)
class Route:
    """One address with named parameters, and how it is asked."""

    path: str
    method: str = "GET"

    @property
    def parameters(self) -> tuple[tuple[str, str], ...]:
        """(converter, name) of each parameter; ``str`` where none is given."""
        return tuple((m[1] or "str", m[2] or m[3]) for m in PARAMETER.finditer(self.path))

    def filled(self, values: Sequence[object]) -> str:
        """The address with its parameters replaced, in order."""
        rest = iter(values)
        return "/" + PARAMETER.sub(lambda _: str(next(rest)), self.path).lstrip("/")


def _patterns(found: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[str]:
    for one in found:
        route = prefix + str(one.pattern).lstrip("^")
        if SKIPPED.match(route):
            continue
        if isinstance(one, URLResolver):
            if not route.startswith("api/"):
                yield from _patterns(one.url_patterns, route)
        else:
            yield route.replace("\\Z", "").rstrip("$")


def routes() -> list[Route]:
    """Pages from the resolver, operations from the API's own document."""
    pages = [Route(path) for path in _patterns(get_resolver().url_patterns)]
    operations = [
        Route(path, method.upper())
        for path, methods in api.get_openapi_schema()["paths"].items()
        for method in methods
    ]
    return pages + operations


def values_for(
    route: Route, numbers: Sequence[int], words: Mapping[str, Sequence[object]]
) -> list[list[object]]:
    """Candidates for each parameter: what is known of that name, else any number or any word."""
    everything = sorted(
        {word for group in words.values() for word in group if isinstance(word, str)}
    )
    return [
        list(words.get(name) or (numbers if kind == "int" else everything))
        for kind, name in route.parameters
    ]
