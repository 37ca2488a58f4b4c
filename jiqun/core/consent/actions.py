"""A firm grants the use of its data and takes it back; an official states a purpose and ends it."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import date

from django.utils import timezone

from jiqun.core.access import Role, Viewer
from jiqun.core.actions import action, refuse
from jiqun.core.audit import record
from jiqun.core.factstore import store
from jiqun.core.forms import wrong
from jiqun.core.lawful.catalogue import catalogue_version, purposes
from jiqun.core.lawful.fields import grantable
from jiqun.core.models.consent import Consent
from jiqun.core.tokens import PURPOSE_LENGTH
from jiqun.errors import JiqunError, Kind, Problem


def months_later(day: date, months: int) -> date:
    """Return the day so many months later, the last of the month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, min(day.day, last))
        except ValueError:
            continue
    raise AssertionError("every month has a 28th")


def _period_problems(code: str, valid_from: date, valid_until: date) -> list[Problem]:
    found: list[Problem] = []
    if valid_from < timezone.localdate():
        found.append(wrong(
            "valid_from", "开始日期不能早于今天", "the first day cannot lie before today",
            remedy_zh="授权只对以后有效。", remedy_en="Consent holds for the future only.",
        ))  # fmt: skip
    if valid_until < valid_from:
        found.append(wrong(
            "valid_until", "截止日期早于开始日期", "the last day lies before the first",
            remedy_zh="请改成开始日期之后的一天。", remedy_en="Give a later day.",
        ))  # fmt: skip
    longest = purposes()[code].months if code in purposes() else 0
    if longest and valid_until > months_later(valid_from, longest):
        found.append(wrong(
            "valid_until", f"这个用途一次最多授权 {longest} 个月", f"one consent lasts {longest} months at most",
            remedy_zh=f"请改成 {months_later(valid_from, longest):%Y-%m-%d} 或更早，到期可以再授权。",
            remedy_en=f"Give {months_later(valid_from, longest):%Y-%m-%d} or earlier; it can be renewed.",
        ))  # fmt: skip
    return found


def _problems(
    code: str, fields: Sequence[str], valid_from: date, valid_until: date
) -> list[Problem]:
    found: list[Problem] = []
    if code not in purposes() or not purposes()[code].offered:
        found.append(wrong(
            "purpose", f"用途目录里没有“{code}”", f"the catalogue has no purpose “{code}”", value=code,
            remedy_zh="请从用途目录里选择。", remedy_en="Choose one of the catalogue.",
        ))  # fmt: skip
    if not fields:
        found.append(wrong(
            "fields", "没有选择字段", "no field is chosen",
            remedy_zh="请至少勾选一个字段。", remedy_en="Tick one at least.",
        ))  # fmt: skip
    unknown = sorted(set(fields) - set(grantable(store())))
    found += [
        wrong(
            "fields", f"没有可授权的字段“{name}”", f"there is no field “{name}” to grant", value=name,
            remedy_zh="请从列表里勾选。", remedy_en="Tick one of the list.",
        )
        for name in unknown
    ]  # fmt: skip
    return found + _period_problems(code, valid_from, valid_until)


def may_grant_consent(viewer: Viewer, firm: str) -> bool:
    """Only the firm itself allows the use of its data."""
    return viewer.known and viewer.has(Role.FIRM) and firm in viewer.firms


@action("consent.grant", zh="授权使用这家企业的数据", en="grant the use of this firm's data")
def grant_consent(
    *,
    viewer: Viewer,
    firm: str,
    purpose: str,
    fields: Sequence[str],
    valid_from: date,
    valid_until: date,
) -> Consent:
    """Allow ``purpose`` to use ``fields`` of ``firm`` in a period, and return the consent.

    Args:
        viewer: A person of the firm.
        firm: The firm's code.
        purpose: Code of the catalogue.
        fields: Names as ``contract.field``.
        valid_from: First day, not before today.
        valid_until: Last day.

    Raises:
        JiqunError: ``E-FORBIDDEN``; ``E-INPUT`` with every problem.
    """
    chosen = list(dict.fromkeys(fields))
    refuse(_problems(purpose, chosen, valid_from, valid_until))
    made = Consent.objects.create(
        receipt=f"SQ{timezone.localdate():%Y%m%d}-{secrets.token_hex(4).upper()}",
        firm=firm,
        purpose=purpose,
        fields=chosen,
        valid_from=valid_from,
        valid_until=valid_until,
        text_version=catalogue_version(),
        granted_by_id=viewer.user_id,
    )
    record(
        viewer, "consent.grant", target=f"firm:{firm}",
        after={
            "receipt": made.receipt, "purpose": purpose, "fields": chosen,
            "from": valid_from.isoformat(), "until": valid_until.isoformat(),
        },
    )  # fmt: skip
    return made


def may_withdraw_consent(viewer: Viewer, receipt: str) -> bool:
    """Only the firm that granted it."""
    return Consent.objects.visible_to(viewer).filter(receipt=receipt).exists()


@action("consent.withdraw", zh="撤回这份授权", en="withdraw this consent")
def withdraw_consent(*, viewer: Viewer, receipt: str) -> Consent:
    """End a consent now. Whatever reads from now on does without its rows; past uses stay listed.

    Raises:
        JiqunError: ``E-FORBIDDEN``; ``E-CONSENT-WITHDRAWN`` when it was withdrawn before.
    """
    own = Consent.objects.visible_to(viewer).filter(receipt=receipt)
    changed = own.filter(withdrawn_at__isnull=True).update(
        withdrawn_at=timezone.now(), withdrawn_by_id=viewer.user_id
    )
    consent = own.get()
    if not changed:
        raise JiqunError(
            "E-CONSENT-WITHDRAWN",
            f"授权 {receipt} 已经撤回过",
            f"consent {receipt} has been withdrawn before",
            hint_zh="刷新页面可看到撤回时间；如需再次使用，请重新授权。",
            hint_en="Reload to see when; grant a new consent to allow the use again.",
            kind=Kind.CONFLICT,
        )
    record(
        viewer, "consent.withdraw", target=f"firm:{consent.firm}",
        before={"receipt": receipt, "state": "granted"},
        after={"receipt": receipt, "state": "withdrawn", "uses": consent.uses.count()},
    )  # fmt: skip
    return consent


def may_state_purpose(viewer: Viewer) -> bool:
    """Officials; nobody else reads figures of other firms."""
    return viewer.known and viewer.official


@action(
    "core.purpose", zh="以公务用途查看企业数据", en="read firm-level data for an official purpose"
)
def state_purpose(*, viewer: Viewer, purpose: str) -> str:
    """Note the purpose for which the viewer is going to read figures of firms, and return it.

    Raises:
        JiqunError: ``E-FORBIDDEN``; ``E-INPUT`` for fewer than four characters.
    """
    shortest, longest = PURPOSE_LENGTH
    words = " ".join(purpose.split())[:longest]
    if len(words) < shortest:
        refuse([wrong(
            "purpose", "用途写得太短", "the purpose is too short", value=words,
            remedy_zh="请把用途写具体，至少四个字。", remedy_en="Say it in at least four characters.",
        )])  # fmt: skip
    record(viewer, "core.purpose", target=f"user:{viewer.user_id}", reason=words)
    return words


def may_end_purpose(viewer: Viewer) -> bool:
    """Whoever has one."""
    return viewer.known


@action("core.purpose_end", zh="结束用途", en="end a purpose")
def end_purpose(*, viewer: Viewer) -> None:
    """Note that the viewer has ended the purpose."""
    record(viewer, "core.purpose_end", target=f"user:{viewer.user_id}", reason=viewer.purpose)
