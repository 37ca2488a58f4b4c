"""One thing that a linter has found."""

from __future__ import annotations

from dataclasses import dataclass, field

from jiqun.engine.rules.problems import NOWHERE, Place

ERROR, WARNING = "error", "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """``level``: error (blocks publication) or warning. ``code`` is stable, such as ``no-cap``."""

    level: str
    code: str
    zh: str
    en: str
    place: Place = field(default=NOWHERE)
    number: str = ""


def finding(level: str, code: str, zh: str, en: str, place: Place, *, number: str = "") -> Finding:
    """Return a finding whose texts name the place."""
    where = str(place)
    return Finding(
        level,
        code,
        f"{where}：{zh}" if where else zh,
        f"{where}: {en}" if where else en,
        place,
        number,
    )
