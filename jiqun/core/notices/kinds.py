"""The kinds of notices, each declared once beside the code that sends it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from jiqun.core.models.notices import NoticeChoice

Channel = NoticeChoice.Channel
# Mail needs no choice of the person: it goes to the own address. A group is read by others.
DEFAULTS: Mapping[str, bool] = {Channel.CONSOLE: True, Channel.MAIL: True, Channel.ROBOT: False}


@dataclass(frozen=True, slots=True)
class NoticeKind:
    """A kind as people choose it; ``zh`` and ``en`` also stand in where a title may not travel."""

    name: str
    zh: str
    en: str


_KINDS: dict[str, NoticeKind] = {}


def kind(name: str, *, zh: str, en: str) -> NoticeKind:
    """Declare a kind of notice and return it."""
    _KINDS[name] = NoticeKind(name, zh, en)
    return _KINDS[name]


def kinds() -> Mapping[str, NoticeKind]:
    """Return every kind that has been declared, by name."""
    return dict(sorted(_KINDS.items()))
