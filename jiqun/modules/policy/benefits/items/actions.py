"""The list of items: one official writes an item down, another declares it fit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils import timezone

from jiqun.core.access import Viewer
from jiqun.core.actions import action, refuse
from jiqun.core.audit import record
from jiqun.core.forms import wrong
from jiqun.errors import JiqunError, Kind, Problem
from jiqun.modules.policy.benefits.helping import another
from jiqun.modules.policy.models import Item
from jiqun.modules.policy.models.base import serves

TEXTS = ("place", "policy", "version", "title", "document", "clause", "sort", "mode", "conditions",
         "amount", "materials", "contact", "review_number", "review_result", "review_ground")  # fmt: skip
DATES = ("valid_from", "valid_until", "review_on")
NEEDED = {"place": ("地方", "place"), "policy": ("政策编号", "policy"), "version": ("版本", "version"),
          "title": ("事项名称", "title"), "valid_from": ("施行日期", "first day")}  # fmt: skip


ITEM_WORDS = {"review_number": "公平竞争审查编号", "review_on": "审查日期", "review_result": "审查结论",
              "clause": "依据条款", "conditions": "条件", "amount": "标准"}  # fmt: skip


def item_problems(values: Mapping[str, Any]) -> list[Problem]:
    """Return what is wrong with an item's values."""
    found = [
        wrong(name, f"没有{zh}", f"{en} is missing", remedy_zh="请填写。", remedy_en="Fill it in.")
        for name, (zh, en) in NEEDED.items()
        if not values.get(name)
    ]
    for name, choices in (("sort", Item.Sort), ("mode", Item.Mode)):
        if values.get(name) not in choices.values:
            found.append(wrong(name, "没有这个选项", "there is no such choice", value=str(values.get(name)),
                               remedy_zh="可选：" + "、".join(map(str, choices.labels)),
                               remedy_en="One of: " + ", ".join(choices.values)))  # fmt: skip
    first, last = values.get("valid_from"), values.get("valid_until")
    if isinstance(first, date) and isinstance(last, date) and last < first:
        found.append(wrong("valid_until", "失效日期早于施行日期", "the last day lies before the first",
                           remedy_zh="请核对文件。", remedy_en="Check the document."))  # fmt: skip
    return found


def may_save_item(viewer: Viewer, department: int, place: str) -> bool:
    """An official of the bureau in charge, for a place that it answers for."""
    return serves(viewer, department, place)


@action("policy.save_item", zh="登记事项", en="list an item")
def save_item(*, viewer: Viewer, department: int, place: str, values: Mapping[str, Any]) -> Item:
    """Write an item down, or change one that nobody has declared yet.

    Args:
        viewer: An official of the bureau.
        department: The bureau's organisation.
        place: Code of the place.
        values: The item's other columns.

    Raises:
        JiqunError: ``E-FORBIDDEN``; ``E-INPUT`` with every problem; ``E-POLICY-DECLARED`` for a version
            that was declared: a change is a new version.
    """
    given: dict[str, Any] = {name: str(values.get(name) or "").strip() for name in TEXTS}
    given |= {name: values.get(name) or None for name in DATES} | {"place": place}
    given["sort"], given["mode"] = given["sort"] or "award", given["mode"] or "automatic"
    refuse(item_problems(given))
    known = Item.objects.select_for_update().filter(
        place=place, policy=given["policy"], version=given["version"]
    )
    row = known.first() or Item(made_by_id=viewer.user_id or 0)
    if row.declared_by_id is not None or (row.pk and row.department_id != department):
        raise _declared(row)
    for name, value in given.items():
        setattr(row, name, value)
    row.department_id, row.made_by_id = department, viewer.user_id or 0
    row.save()
    told = {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in given.items()
    }
    record(viewer, "policy.save_item", target=f"item:{row.pk}", after=told)
    return row


def _declared(row: Item) -> JiqunError:
    return JiqunError(
        "E-POLICY-DECLARED",
        f"事项“{row.policy} {row.version}”已审定或由其他部门主管，不能修改",
        f"item “{row.policy} {row.version}” was declared, or is another bureau's, and is not changed",
        hint_zh="修改请登记为新版本；已有的兑付仍按原版本。",
        hint_en="List a new version; cases keep the version that they were opened with.",
        kind=Kind.CONFLICT,
    )


def may_declare_item(viewer: Viewer, item: Item) -> bool:
    """An official of the bureau in charge; never who wrote the item."""
    return serves(viewer, item.department_id, item.place) and viewer.user_id != item.made_by_id


@action("policy.declare_item", zh="审定这一事项", en="declare this item")
def declare_item(*, viewer: Viewer, item: Item) -> Item:
    """Declare an item. One that is paid without an application has to have passed its review.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-POLICY-FOUR-EYES``, ``E-POLICY-DECLARED``; ``E-INPUT`` without
            a fair-competition review, clause, conditions or amount.
    """
    row = Item.objects.select_for_update().get(pk=item.pk)
    another(viewer, row.made_by_id)
    if row.declared_by_id is not None:
        raise _declared(row)
    refuse([
        wrong(name, f"没有{ITEM_WORDS[name]}", f"{name} is missing",
              remedy_zh="免申即享的事项须先完成公平竞争审查并写明条件和标准。",
              remedy_en="An item paid without application needs its review, clause, conditions and amount.")
        for name in ITEM_WORDS if row.mode == Item.Mode.AUTOMATIC and not getattr(row, name)
    ])  # fmt: skip
    row.declared_by_id, row.declared_at = viewer.user_id, timezone.now()
    row.save()
    record(
        viewer, "policy.declare_item", target=f"item:{row.pk}",
        before={"declared": False}, after={"declared": True, "mode": row.mode},
    )  # fmt: skip
    return row
