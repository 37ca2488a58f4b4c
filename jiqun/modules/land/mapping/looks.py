"""How a parcel looks: by the grade of its holder, or that there is none, or that it is not shown."""

from __future__ import annotations

from collections.abc import Mapping

from jiqun.core.tabular import pick

HIDDEN = "hidden"
UNGRADED = "none"
# Look: its words. Looks are drawn by frontend/elements/parcel-map/paint.ts and mapping/svg.py.
LOOKS: Mapping[str, tuple[str, str]] = {
    "a": ("A 级", "grade A"), "b": ("B 级", "grade B"), "c": ("C 级", "grade C"),
    "d": ("D 级", "grade D"), "t": ("T", "T"), "open": ("不定等级", "no grade"),
    UNGRADED: ("未参评", "not evaluated"), HIDDEN: ("等级不显示", "grade not shown"),
}  # fmt: skip
OF_GRADE: Mapping[str, str] = {
    "A": "a", "B": "b", "C": "c", "D": "d", "T": "t", "不定等级": "open", "不参评": UNGRADED,
}  # fmt: skip
BADGE: Mapping[str, str] = {"a": "good", "b": "strong", "c": "weak", "d": "missing"}


def look_of(grade: str | None) -> str:
    """Return the look of a grade; a holder without one was not evaluated."""
    return OF_GRADE.get(grade or "", UNGRADED)


def look_words(look: str) -> str:
    """Return a look in the language of the page."""
    return pick(*LOOKS[look])
