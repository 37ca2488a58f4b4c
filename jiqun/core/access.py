"""Who is looking, and what they may see. Deny by default.

A viewer is built once per request from the person's memberships (``masters.viewers``). Data has a
grade: *public* (registers, published statistics) and *firm* (one firm's figures). A firm sees its
own rows; an official sees firm-level rows only with a purpose, typed once and logged.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from jiqun.errors import JiqunError, Kind

# An aggregate of firms is shown to those who may not see firms only when at least so many firms
# stand behind it and none of them makes up more than half (methods 6.7).
MINIMUM_FIRMS = 5
LARGEST_SHARE = 0.5


class Role(StrEnum):
    """What a person does in an organisation."""

    ANALYST = "analyst"
    FIRM = "firm"
    BUTLER = "butler"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Viewer:
    """The person of this request. ``places`` empty means no place at all, not every place."""

    user_id: int | None = None
    name: str = ""
    roles: frozenset[Role] = frozenset()
    places: frozenset[str] = frozenset()
    firms: frozenset[str] = frozenset()
    purpose: str = ""
    request_id: str = field(default="", compare=False)

    @property
    def known(self) -> bool:
        """Whether the person has logged in."""
        return self.user_id is not None

    @property
    def official(self) -> bool:
        """Whether the person works for the county (and so may ask for firm-level rows)."""
        return Role.ANALYST in self.roles

    @property
    def administrator(self) -> bool:
        """Whether the person runs the system (which gives no right to firm-level rows)."""
        return Role.ADMIN in self.roles


ANONYMOUS = Viewer()


def forbidden(what_zh: str, what_en: str, hint_zh: str = "", hint_en: str = "") -> JiqunError:
    """Return the error for something this person may not do."""
    return JiqunError(
        "E-FORBIDDEN",
        f"您没有权限{what_zh}",
        f"you may not {what_en}",
        hint_zh=hint_zh or "请联系本单位的系统管理员开通相应角色。",
        hint_en=hint_en or "Ask your organisation's administrator for the role.",
        kind=Kind.FORBIDDEN,
    )


def may_see_place(viewer: Viewer, place: str) -> bool:
    """Whether the viewer answers for this place, or for one that it lies in (code prefix)."""
    if not viewer.known:
        return False
    return "*" in viewer.places or any(place.startswith(own) for own in viewer.places)


def require_place(viewer: Viewer, place: str) -> None:
    """Raise ``E-FORBIDDEN`` when the viewer does not answer for the place."""
    if not may_see_place(viewer, place):
        raise forbidden(f"查看地方 {place} 的数据", f"see data of place {place}")


def may_see_firm_rows(viewer: Viewer) -> bool:
    """Whether the viewer may read figures of firms other than the own: officials with a purpose."""
    return viewer.official and bool(viewer.purpose)


def visible_firms(viewer: Viewer, firms: Iterable[str]) -> frozenset[str]:
    """Return those of ``firms`` whose own figures the viewer may read."""
    wanted = frozenset(firms)
    return wanted if may_see_firm_rows(viewer) else wanted & viewer.firms


def aggregate_is_safe(count: int, largest_share: float | None) -> bool:
    """Whether an aggregate of ``count`` firms may be shown to everyone who has logged in.

    ``largest_share`` is unknown where only a statistical office's own table is at hand; that
    office has already applied its own rule, so the count alone decides.
    """
    return count >= MINIMUM_FIRMS and (largest_share is None or largest_share <= LARGEST_SHARE)
