"""Stored drafts: store what was read, settle its fields, confirm by two people, give back, withdraw, take."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from typing import Any

from django.utils import timezone

from jiqun.core.access import Viewer
from jiqun.core.actions import action, refuse
from jiqun.core.audit import record
from jiqun.core.forms import words_of, wrong
from jiqun.errors import JiqunError, Kind
from jiqun.modules.policy.benefits.helping import new_key
from jiqun.modules.policy.drafts.composing import composed, fields_of, items_of, open_fields
from jiqun.modules.policy.drafts.reading import read
from jiqun.modules.policy.drafts.settling import apply, settlement
from jiqun.modules.policy.drafts.states import DraftEvent, DraftState, draft_after
from jiqun.modules.policy.models import Draft, DraftField, DraftText
from jiqun.modules.policy.models.base import serves
from jiqun.modules.policy.review.checkup import remedy_of
from jiqun.modules.policy.review.checkup import words_of as finding_words

_State = DraftField.State


def may_store_drafts(viewer: Viewer, department: int, place: str) -> bool:
    """An official of the bureau, for a place that it answers for."""
    return serves(viewer, department, place)


@action("policy.store_drafts", zh="保存草稿", en="store drafts")
def store_drafts(*, viewer: Viewer, department: int, place: str, text: str) -> list[Draft]:
    """Read a text again and store it with one draft per item.

    Args:
        viewer: An official of the bureau.
        department: The bureau's organisation.
        place: Code of the place.
        text: The document's text; another text is another draft.

    Raises:
        JiqunError: ``E-FORBIDDEN``; ``E-INPUT`` for a text without an item.
    """
    found = read(text)
    items = items_of(found)
    if not items:
        refuse([wrong(
            "text", "没有读出可计算的奖补条款", "no clause that gives anything was read",
            remedy_zh="请核对粘贴的原文；这样的政策须人工起草。",
            remedy_en="Check the text; write such a policy by hand.",
        )])  # fmt: skip
    source = DraftText.objects.create(
        place=place, title=found.document.title[:200], document=found.document.number[:120], text=text,
        digest=hashlib.sha256(text.encode()).hexdigest(), made_by_id=viewer.user_id or 0,
    )  # fmt: skip
    made: list[Draft] = []
    for item in items:
        draft = Draft.objects.create(
            key=new_key("CG"), text=source, place=place, department_id=department, clause=item.clause[:120],
            title=item.name[:200], made_by_id=viewer.user_id or 0,
        )  # fmt: skip
        DraftField.objects.bulk_create(fields_of(draft, item))
        made.append(draft)
    record(
        viewer, "policy.store_drafts", target=f"drafttext:{source.pk}",
        after={"document": source.document, "digest": source.digest, "drafts": [one.key for one in made]},
    )  # fmt: skip
    return made


def _locked(draft: Draft) -> Draft:
    return Draft.objects.select_for_update().get(pk=draft.pk)


def _fields(draft: Draft) -> list[DraftField]:
    return list(DraftField.objects.filter(draft=draft))


def may_settle_draft(viewer: Viewer, draft: Draft) -> bool:
    """An official of the draft's bureau, for its place."""
    return serves(viewer, draft.department_id, draft.place)


@action("policy.settle_draft", zh="更正和补填草稿", en="correct and complete a draft")
def settle_draft(
    *,
    viewer: Viewer,
    draft: Draft,
    values: Mapping[str, str],
    left: Collection[str] = (),
    dropped: Collection[str] = (),
) -> Draft:
    """Write values into fields, mark fields as left to a person or dropped; add fields of new keys.

    Args:
        viewer: An official of the bureau.
        draft: A draft that nobody has confirmed.
        values: Value by key; an empty one leaves the field as it is.
        left: Keys left to a person: a condition becomes 人工核验, other fields stay out of the document.
        dropped: Keys that do not belong to the item.

    Raises:
        JiqunError: ``E-FORBIDDEN``; ``E-POLICY-DRAFT``; ``E-INPUT`` with every problem.
    """
    row = _locked(draft)
    draft_after(row.state, DraftEvent.SETTLE)
    fields = {one.key: one for one in _fields(row)}
    asked = settlement(fields, values, left, dropped)
    refuse(asked.problems)
    changed = apply(row, fields, asked, viewer.user_id or 0)
    record(
        viewer, "policy.settle_draft", target=f"draft:{row.key}",
        before={key: list(one[0]) for key, one in changed.items()},
        after={key: list(one[1]) for key, one in changed.items()},
    )  # fmt: skip
    return row


def may_confirm_draft(viewer: Viewer, draft: Draft) -> bool:
    """An official of the draft's bureau; for the second time neither who made it nor who confirmed it first."""
    if not serves(viewer, draft.department_id, draft.place):
        return False
    return draft.state != DraftState.ONCE or viewer.user_id not in {
        draft.made_by_id, draft.first_by_id,
    }  # fmt: skip


@action("policy.confirm_draft", zh="核定这份草稿", en="confirm this draft")
def confirm_draft(*, viewer: Viewer, draft: Draft, checked: Collection[str]) -> Draft:
    """Confirm a draft field by field, the first time or, by another person, the second.

    Args:
        viewer: An official of the bureau.
        draft: A draft with every field settled.
        checked: Keys of the fields that this person has compared with the text: all of them.

    Raises:
        JiqunError: ``E-FORBIDDEN``; ``E-POLICY-DRAFT``; ``E-POLICY-FOUR-EYES`` for somebody who has
            written one of its fields; ``E-INPUT`` with every field that is open or not checked;
            ``E-RULE-…`` for what cannot be read; ``E-POLICY-BLOCKED`` with what the linter blocks.
    """
    row = _locked(draft)
    after = draft_after(row.state, DraftEvent.CONFIRM)
    fields, second = _fields(row), after == DraftState.CONFIRMED
    own = {row.made_by_id, row.first_by_id, *(one.settled_by_id for one in fields)}
    if second and viewer.user_id in own:
        raise _four_eyes()
    _all_checked(fields, checked)
    content, number = _fit(row, fields)
    column = "second_by_id" if second else "first_by_id"
    for one in fields:
        setattr(one, column, viewer.user_id)
    DraftField.objects.bulk_update(fields, [column.removesuffix("_id")])
    before, now = row.state, timezone.now()
    row.state = after
    if second:
        row.second_by_id, row.second_at = viewer.user_id, now
        row.content, row.number = content, number
        row.digest = hashlib.sha256(content.encode()).hexdigest()
        _supersede(viewer, row)
    else:
        row.first_by_id, row.first_at = viewer.user_id, now
    row.save()
    record(
        viewer, "policy.confirm_draft", target=f"draft:{row.key}", before={"state": before},
        after={"state": row.state, "number": number, "digest": row.digest, "fields": len(fields)},
    )  # fmt: skip
    return row


def _four_eyes() -> JiqunError:
    return JiqunError(
        "E-POLICY-FOUR-EYES",
        "第二次核定必须由另一个人办理：您起草、填写或核定过这份草稿",
        "another person confirms the second time: you made this draft, wrote a field of it or confirmed it",
        hint_zh="请同一部门的另一位同事对照原文核定。",
        hint_en="Have a colleague of the same bureau compare it with the text.",
        kind=Kind.FORBIDDEN,
    )


def _all_checked(fields: list[DraftField], checked: Collection[str]) -> None:
    open_, known = {one.key for one in open_fields(fields)}, set(checked)
    problems = [
        wrong(one.key, f"{one.key} 还没有定：请填写或注明留待人工", f"{one.key} is open: fill it in or leave it",
              remedy_zh="先在“更正与补填”里处理。", remedy_en="Settle it first.")
        if one.key in open_ else
        wrong(one.key, f"{one.key} 没有核对", f"{one.key} was not checked",
              remedy_zh="请逐项对照原文后勾选。", remedy_en="Compare each with the text and tick it.")
        for one in fields if one.key in open_ or one.key not in known
    ]  # fmt: skip
    refuse(problems)


def _fit(row: Draft, fields: list[DraftField]) -> tuple[str, str]:
    """The document and its 编号; refuses what cannot be read or what the linter blocks."""
    content, found = composed(fields, f"{row.key}.yaml", timezone.localdate())
    if found.blocking:
        told = [wrong(one.code, *finding_words(one), remedy_zh=remedy_of(one)[0], remedy_en=remedy_of(one)[1])
                for one in found.blocking]  # fmt: skip
        raise JiqunError(
            "E-POLICY-BLOCKED",
            f"政策体检有 {len(told)} 项不得发布的问题，不能核定：{told[0].message_zh}",
            f"the check-up blocks it ({len(told)}), it cannot be confirmed: {told[0].message_en}",
            hint_zh="草稿页列出每一项和怎么改。", hint_en="The draft's page lists each and what to do.",
            kind=Kind.CONFLICT, fields=told,
        )  # fmt: skip
    if wrong_ones := [one for one in found.examples if not one.passed]:
        told = [wrong(f"例证/{one.number}", *words) for one in wrong_ones for words in one.wrong]
        raise JiqunError(
            "E-POLICY-BLOCKED",
            f"{len(wrong_ones)} 个例证算得与写的不同，不能核定：{told[0].message_zh}",
            f"{len(wrong_ones)} example(s) come out otherwise, it cannot be confirmed: {told[0].message_en}",
            hint_zh="核对条件、金额和例证，哪一个错了就改哪一个。",
            hint_en="Compare conditions, amounts and example, and correct what is wrong.",
            kind=Kind.CONFLICT, fields=told,
        )  # fmt: skip
    return content, found.policy.number


def _supersede(viewer: Viewer, row: Draft) -> None:
    """An earlier confirmed draft of the same number gives way."""
    for old in Draft.objects.other_confirmed(row.place, row.number, row.pk):
        before = old.state
        old.state = draft_after(old.state, DraftEvent.SUPERSEDE)
        old.reason = row.key
        old.save()
        record(viewer, "policy.confirm_draft", target=f"draft:{old.key}", before={"state": before},
               after={"state": old.state, "by": row.key})  # fmt: skip


def may_return_draft(viewer: Viewer, draft: Draft) -> bool:
    """An official of the draft's bureau, for its place."""
    return serves(viewer, draft.department_id, draft.place)


@action("policy.return_draft", zh="退回草稿更正", en="give a draft back for correction")
def return_draft(*, viewer: Viewer, draft: Draft, words: str) -> Draft:
    """Give a draft that one person has confirmed back; what was ticked is ticked again.

    Raises:
        JiqunError: ``E-FORBIDDEN``; ``E-POLICY-DRAFT``; ``E-INPUT`` without words.
    """
    said, row = words_of(words), _locked(draft)
    before, row.state = row.state, draft_after(row.state, DraftEvent.RETURN)
    row.first_by_id, row.first_at, row.reason = None, None, said
    row.save()
    DraftField.objects.filter(draft=row).update(first_by=None)
    record(viewer, "policy.return_draft", target=f"draft:{row.key}", reason=said,
           before={"state": before}, after={"state": row.state})  # fmt: skip
    return row


def may_withdraw_draft(viewer: Viewer, draft: Draft) -> bool:
    """An official of the draft's bureau, for its place."""
    return serves(viewer, draft.department_id, draft.place)


@action("policy.withdraw_draft", zh="撤回草稿", en="withdraw a draft")
def withdraw_draft(*, viewer: Viewer, draft: Draft, words: str) -> Draft:
    """End a draft, with the reason; it stays readable and is downloaded no more.

    Raises:
        JiqunError: ``E-FORBIDDEN``; ``E-POLICY-DRAFT``; ``E-INPUT`` without words.
    """
    said, row = words_of(words), _locked(draft)
    before, row.state = row.state, draft_after(row.state, DraftEvent.WITHDRAW)
    row.reason = said
    row.save()
    record(viewer, "policy.withdraw_draft", target=f"draft:{row.key}", reason=said,
           before={"state": before}, after={"state": row.state})  # fmt: skip
    return row


def may_take_draft(viewer: Viewer, draft: Draft) -> bool:
    """An official of the draft's bureau, for its place."""
    return serves(viewer, draft.department_id, draft.place)


@action("policy.take_draft", zh="下载核定的规则文件", en="download the confirmed document")
def take_draft(*, viewer: Viewer, draft: Draft) -> dict[str, Any]:
    """Return name and text of the document that two people have confirmed.

    Raises:
        JiqunError: ``E-FORBIDDEN``; ``E-POLICY-DRAFT`` for any other draft.
    """
    row = Draft.objects.get(pk=draft.pk)
    draft_after(row.state, DraftEvent.TAKE)
    record(viewer, "policy.take_draft", target=f"draft:{row.key}", after={"digest": row.digest})
    return {"name": f"{row.number}.yaml", "content": row.content}
