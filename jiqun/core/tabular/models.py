"""Tables of commitments: a model's rows as a viewer may see them, narrowed down by the database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db.models import F, Q, QuerySet

from jiqun.core.access import Viewer
from jiqun.core.tabular.fields import Field
from jiqun.core.tabular.query import YES, typed
from jiqun.core.tabular.spec import UNKNOWN, Condition, Query, Rows

Visible = Callable[[Viewer], "QuerySet[Any]"]


def _path(spec: Field) -> str:
    return spec.source or spec.name


def _asked(spec: Field, condition: Condition) -> Q:
    """Return a condition in the words of the database."""
    path, values = _path(spec), condition.values
    nothing = Q(**{f"{path}__isnull": True})
    if spec.type in ("text", "code", "firm_id", "period", "words"):
        nothing |= Q(**{path: ""})
    if condition.kind == "in":
        known = [
            value == YES if spec.type == "bool" else value for value in values if value != UNKNOWN
        ]
        asked = Q(**{f"{path}__in": known})
        return asked | nothing if UNKNOWN in values else asked
    if condition.kind == "contains":
        return Q(**{f"{path}__icontains": values[0]})
    if condition.kind == "starts":
        return Q(**{f"{path}__startswith": values[0]})
    bound = typed(spec, values[0])
    if spec.type == "datetime":
        path = f"{path}__date"
    return Q(**{f"{path}__{'gte' if condition.kind == 'min' else 'lte'}": bound})


def _order(name: str, field_of: Callable[[str], Field]) -> Any:
    path = F(_path(field_of(name.removeprefix("-"))))
    return path.desc(nulls_last=True) if name.startswith("-") else path.asc(nulls_last=True)


def model_read(visible: Visible, fields: tuple[Field, ...]) -> Callable[[Viewer, Query], Rows]:
    """Return the ``read`` of a table whose rows are a model's.

    Args:
        visible: Gives the queryset that a viewer may see, usually ``Model.objects.visible_to``.
        fields: The table's columns; ``source`` is the path from the model, such as
            ``organisation__name``. Two queries per page, whatever the number of columns.
    """
    by_name = {one.name: one for one in fields}

    def read(viewer: Viewer, query: Query) -> Rows:
        found = visible(viewer)
        for condition in query.where:
            found = found.filter(_asked(by_name[condition.field], condition))
        order = [_order(name, by_name.__getitem__) for name in query.sort]
        found = found.order_by(*order, "pk")
        asked = found.values_list(*(_path(one) for one in fields))
        stop = None if query.limit is None else query.start + query.limit
        rows = [dict(zip(by_name, row, strict=True)) for row in asked[query.start : stop]]
        total = len(rows) if query.limit is None else found.count()
        return Rows([_plain(row) for row in rows], total)

    return read


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """Durations in seconds, empty text as unknown; all else as it is."""
    return {
        name: None
        if value == ""
        else value.total_seconds()
        if isinstance(value, timedelta)
        else value
        for name, value in row.items()
    }
