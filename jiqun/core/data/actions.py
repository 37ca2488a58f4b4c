"""What people do with tables: export them, keep a view of them."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from jiqun.core.access import Viewer
from jiqun.core.actions import action, refuse
from jiqun.core.audit import record
from jiqun.core.models import SavedView
from jiqun.core.models.views import colleagues
from jiqun.core.tabular import specs
from jiqun.errors import Problem

MOST_VIEWS = 50  # of one person for one table


def _opens(viewer: Viewer, table: str) -> bool:
    spec = specs().get(table)
    return spec is not None and spec.may_open(viewer)


def may_note_export(viewer: Viewer, tables: tuple[str, ...]) -> bool:
    """Whoever may open the tables may take what they show along."""
    return viewer.known and all(_opens(viewer, name) for name in tables if name in specs())


@action("tables.export", zh="导出这张表", en="export this table")
def note_export(
    *, viewer: Viewer, tables: tuple[str, ...], rows: int, filters: Mapping[str, str], kind: str
) -> str:
    """Log an export and return its id, which the file names too."""
    export = f"D{secrets.token_hex(5)}"
    record(
        viewer, "tables.export", target=f"export:{export}", reason=viewer.purpose,
        after={"tables": list(tables), "rows": rows, "filters": dict(filters), "kind": kind},
    )  # fmt: skip
    return export


def may_save_view(viewer: Viewer, table: str) -> bool:
    """Whoever may open the table."""
    return _opens(viewer, table)


@action("tables.save_view", zh="保存视图", en="save a view")
def save_view(
    *,
    viewer: Viewer,
    table: str,
    name: str,
    query: str,
    shared: bool = False,
    default: bool = False,
) -> SavedView:
    """Keep filters, order and columns under a name; the same name replaces the view.

    Raises:
        JiqunError: ``E-INPUT`` for an empty name or too many views.
    """
    plain = " ".join(name.split())[:60]
    own = SavedView.objects.visible_to(viewer).filter(user_id=viewer.user_id, table=table)
    problems: list[Problem] = []
    if not plain:
        problems.append(
            Problem("E-INPUT", "视图还没有名称", "the view has no name yet",
                    "请填写名称。", "Give it a name.", column="name")
        )  # fmt: skip
    if own.exclude(name=plain).count() >= MOST_VIEWS:
        problems.append(
            Problem("E-INPUT", f"每张表最多保存 {MOST_VIEWS} 个视图", f"no more than {MOST_VIEWS} views per table",
                    "请先删除不用的视图。", "Delete one that you no longer need.", column="name")
        )  # fmt: skip
    refuse(problems)
    if default:
        own.update(is_default=False)
    tokens = colleagues(viewer)
    view, _ = SavedView.objects.update_or_create(
        user_id=viewer.user_id, table=table, name=plain,
        defaults={"query": query[:4000], "is_default": default,
                  "shared_with": tokens[0] if shared and tokens else ""},
    )  # fmt: skip
    record(
        viewer, "tables.save_view", target=f"view:{view.pk}",
        after={"table": table, "name": plain, "shared": bool(view.shared_with), "default": default},
    )  # fmt: skip
    return view


def may_delete_view(viewer: Viewer, view: SavedView) -> bool:
    """Only the owner."""
    return viewer.known and view.user_id == viewer.user_id  # pyright: ignore[reportAttributeAccessIssue]


@action("tables.delete_view", zh="删除这个视图", en="delete this view")
def delete_view(*, viewer: Viewer, view: SavedView) -> None:
    """Remove a saved view; no rows are touched."""
    record(viewer, "tables.delete_view", target=f"view:{view.pk}", before={"name": view.name})
    view.delete()
