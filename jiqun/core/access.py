"""Who is looking, and what they may see. Deny by default.

A viewer is built once per request from the person's memberships (``masters.viewers``). Data has a
grade (:class:`Grade`). A firm sees its own rows; an official sees firm-level rows only with a
purpose, typed once and logged. Three administrators share what one must not hold alone: one opens
accounts, one grants roles, one reads the log (GB/T 22239-2019, 8.1.5).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from jiqun.core.places import firms_within
from jiqun.errors import JiqunError, Kind

# An aggregate of firms is shown to those who may not see firms only when at least so many firms
# stand behind it (methods 6.7); tables made of firms' own figures: ``engine/disclosure/rules``.
MINIMUM_FIRMS = 5


class Grade(StrEnum):
    """How far data may travel; each next grade has fewer readers."""

    PUBLIC = "public"
    AGGREGATE = "aggregate"
    FIRM = "firm"
    PERSONAL = "personal"


class Role(StrEnum):
    """What a person does in an organisation."""

    ANALYST = "analyst"
    FIRM = "firm"
    BUTLER = "butler"
    PARTNER = "partner"
    SYSTEM = "system"
    SECURITY = "security"
    AUDIT = "audit"


# Nobody holds two of these, and none of them may read firm-level rows by it.
ADMINISTRATORS = frozenset({Role.SYSTEM, Role.SECURITY, Role.AUDIT})


@dataclass(frozen=True, slots=True)
class Viewer:
    """The person of this request. ``places`` empty means no place at all, not every place.

    ``duty`` are those of the places for which the person works as an official; None means all of
    them. A person who is an official of one place and a firm's user in another has two sets.
    ``organisation`` are the names of the person's organisations, for the log.
    """

    user_id: int | None = None
    name: str = ""
    roles: frozenset[Role] = frozenset()
    places: frozenset[str] = frozenset()
    firms: frozenset[str] = frozenset()
    purpose: str = ""
    request_id: str = field(default="", compare=False)
    duty: frozenset[str] | None = None
    organisation: str = ""

    @property
    def known(self) -> bool:
        """Whether the person has logged in."""
        return self.user_id is not None

    @property
    def official(self) -> bool:
        """Whether the person works for the county (and so may ask for firm-level rows)."""
        return self.has(Role.ANALYST)

    @property
    def duty_places(self) -> frozenset[str]:
        """The places whose firms the person may look at for a purpose: none but an official's."""
        if not self.official:
            return frozenset()
        return self.places if self.duty is None else self.duty

    def has(self, *roles: Role) -> bool:
        """Whether the person holds one of the roles."""
        return not self.roles.isdisjoint(roles)

    @property
    def role_words(self) -> str:
        """The roles as the log keeps them: codes in order, joined by commas."""
        return ",".join(sorted(self.roles))


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
    return viewer.known and viewer.official and bool(viewer.purpose)


def visible_firms(viewer: Viewer, firms: Iterable[str]) -> frozenset[str]:
    """Return those of ``firms`` whose own figures the viewer may read.

    The own firm always; for an official with a purpose also the firms that the register places
    within the official's places. A firm whose place is not known is seen by those only who answer
    for every place.
    """
    wanted = frozenset(firms)
    own = wanted & viewer.firms
    if not may_see_firm_rows(viewer):
        return own
    if "*" in viewer.duty_places:
        return wanted
    return own | firms_within(wanted - own, viewer.duty_places)


def grades_for(viewer: Viewer, *, own: bool = False) -> frozenset[Grade]:
    """Return the grades of data that the viewer may read, within the own places and firms.

    ``own`` asks for rows about the viewer's own firm. Data about persons is for nobody else,
    whatever the purpose; an official asks the firm for it.
    """
    grades = {Grade.PUBLIC}
    if viewer.known and viewer.places:
        grades.add(Grade.AGGREGATE)
    if may_see_firm_rows(viewer):
        grades.add(Grade.FIRM)
    if own and viewer.known and viewer.has(Role.FIRM) and viewer.firms:
        grades |= {Grade.FIRM, Grade.PERSONAL}
    return frozenset(grades)
