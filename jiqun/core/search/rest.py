"""The search over the API."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Query, Router, Schema

from jiqun.core.pages import viewer
from jiqun.core.search.find import find
from jiqun.core.search.pages import address

router = Router(tags=["search 搜索"])
MOST = 50


class Asked(Schema):
    """What to search."""

    q: str
    kind: str = ""
    limit: int = 10


class Found(Schema):
    """One hit; ``rank`` 0 is the whole title, 1 its beginning, 2 a word in it, 3 a word elsewhere."""

    key: str
    title_zh: str
    title_en: str
    subtitle: str
    url: str
    rank: int


class FoundKind(Schema):
    """The hits of one kind; ``more`` says that ``count`` is a lower bound."""

    kind: str
    count: int
    more: bool
    hits: list[Found]


@router.get("", response=list[FoundKind], summary="搜索您可见的一切 · search what you may see")
def search(request: HttpRequest, query: Query[Asked]) -> list[FoundKind]:
    """Search every kind of thing, or one kind, within what the caller may see."""
    kinds = [query.kind] if query.kind else []
    limit = max(1, min(query.limit, MOST))
    return [
        FoundKind(
            kind=group.kind,
            count=group.count,
            more=group.more,
            hits=[
                Found(
                    key=hit.key, title_zh=hit.title_zh, title_en=hit.title_en,
                    subtitle=hit.subtitle, url=address(hit), rank=hit.rank,
                )
                for hit in group.hits
            ],
        )
        for group in find(viewer(request), query.q, kinds=kinds, limit=limit)
    ]  # fmt: skip
