"""The scope bar: which place, classification and period a page speaks of, kept in the address."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.http import HttpRequest

PARTS = ("place", "classification", "period")
SESSION_KEY = "scope"
CHINESE_STANDARD = re.compile(r"gbt(\d+)-(\d{4})")


def classification_words(code: str) -> str:
    """Return a classification's code as people write it: ``gbt4754-2017`` is GB/T 4754-2017."""
    return CHINESE_STANDARD.sub(r"GB/T \1-\2", code)


@dataclass(frozen=True, slots=True)
class PageScope:
    """What the address says, else what the person looked at last; empty where neither says."""

    place: str = ""
    classification: str = ""
    period: str = ""

    @property
    def complete(self) -> bool:
        """Whether a page can be computed from it."""
        return bool(self.place and self.classification and self.period)

    def query(self, **more: str) -> str:
        """The scope as the query part of an address, with further parameters."""
        pairs = {name: getattr(self, name) for name in PARTS} | more
        return urlencode({key: value for key, value in pairs.items() if value})

    def as_dict(self) -> dict[str, str]:
        """The scope as a plain dictionary, as runs name it."""
        return {name: getattr(self, name) for name in PARTS}


def scope_of(request: HttpRequest, options: Sequence[Mapping[str, str]]) -> PageScope:
    """Read the scope, fall back on the last one, then on the first option, and remember it.

    Args:
        request: The request.
        options: Scopes that can be shown, best first; an address that names a part wins over all.
    """
    given = PageScope(**{name: request.GET.get(name, "")[:60] for name in PARTS})
    if given.complete:
        if request.session.get(SESSION_KEY) != given.as_dict():  # a write costs three queries
            request.session[SESSION_KEY] = given.as_dict()
        return given
    remembered = PageScope(**request.session.get(SESSION_KEY, {}))
    candidates = [PageScope(**{name: option[name] for name in PARTS}) for option in options]
    if remembered in candidates:
        candidates.insert(0, remembered)
    for candidate in candidates:
        if all(getattr(given, n) in ("", getattr(candidate, n)) for n in PARTS):
            return candidate
    fallback = candidates[0] if candidates else PageScope()
    changes = {name: getattr(given, name) for name in PARTS if getattr(given, name)}
    return replace(fallback, **changes)
