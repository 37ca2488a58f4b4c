"""The states of a land table and every way between them, as one table; nothing else moves one.

Source: publicity of the areas before scoring, as 遂昌 2023 did it for eight days (methods 1.2); the
states and who may do what are this project's proposal ◆.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from jiqun.errors import JiqunError, Kind


class TableState(StrEnum):
    """Where a land table stands."""

    DRAFT = "draft"
    PUBLISHED = "published"
    FROZEN = "frozen"
    WITHDRAWN = "withdrawn"


class TableEvent(StrEnum):
    """What moves a land table."""

    RENEW = "renew"
    PUBLISH = "publish"
    FREEZE = "freeze"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True)
class About:
    """What a state is called, and how it looks on a page."""

    zh: str
    en: str
    badge: str = "plain"


TABLE_STATES: Mapping[TableState, About] = {
    TableState.DRAFT: About("草稿", "draft", "undisclosed"),
    TableState.PUBLISHED: About("公示", "published", "warning"),
    TableState.FROZEN: About("已冻结", "frozen", "good"),
    TableState.WITHDRAWN: About("已撤回", "withdrawn", "missing"),
}
_S, _E = TableState, TableEvent
# The whole machine: what is not here is refused.
TABLE: Mapping[tuple[TableState, TableEvent], TableState] = {
    (_S.DRAFT, _E.RENEW): _S.DRAFT,
    (_S.DRAFT, _E.PUBLISH): _S.PUBLISHED,
    (_S.DRAFT, _E.WITHDRAW): _S.WITHDRAWN,
    (_S.PUBLISHED, _E.WITHDRAW): _S.WITHDRAWN,
    (_S.PUBLISHED, _E.FREEZE): _S.FROZEN,
}
# Of an objection.
OPEN, UPHELD, DISMISSED = "open", "upheld", "dismissed"
ENDED = frozenset({UPHELD, DISMISSED})
OBJECTION_WORDS: Mapping[str, tuple[str, str]] = {
    OPEN: ("待决定", "open"), UPHELD: ("已采纳", "upheld"), DISMISSED: ("未采纳", "dismissed"),
}  # fmt: skip


def after(state: TableState, event: TableEvent) -> TableState:
    """Return the state that follows.

    Raises:
        JiqunError: ``E-LAND-TABLE-STATE`` when the table has no such step.
    """
    found = TABLE.get((state, event))
    if found is None:
        raise refused(state)
    return found


def refused(state: TableState) -> JiqunError:
    """Return the error for a step that a table in this state does not have."""
    about = TABLE_STATES[state]
    return JiqunError(
        "E-LAND-TABLE-STATE",
        f"用地表现在是“{about.zh}”，不能这样处理",
        f"the land table is “{about.en}” now and this cannot be done",
        hint_zh="请刷新页面；别人可能刚处理过。冻结后不再变动。",
        hint_en="Reload the page; somebody may just have dealt with it. A frozen table never changes.",
        kind=Kind.CONFLICT,
    )
