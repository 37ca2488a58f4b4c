"""Reads of the log for its pages, always through ``visible_to``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.timezone import localtime

from jiqun.core.access import Viewer
from jiqun.core.actions import actions
from jiqun.core.audit.canonical import day_start, number_of
from jiqun.core.directory import organisation_names, organisations_of_people
from jiqun.core.models.audit import (
    CLOSE_DAY,
    READ_FIRMS,
    AuditEntry,
    AuditRoot,
    FirmRead,
    InstantField,
    canonical_json,
)
from jiqun.core.pages import ROLE_LABELS
from jiqun.core.tabular import Field, pick
from jiqun.facts.contract import contracts

ENTRIES = [
    Field("at", "时间", "When"), Field("who", "操作人", "Who", link="href"),
    Field("organisation", "单位", "Organisation"), Field("roles", "角色", "Roles"),
    Field("action", "操作", "Action"), Field("target", "对象", "Target"),
    Field("reason", "理由", "Reason"), Field("seq", "链内序号", "No. in chain", "integer"),
]  # fmt: skip
DETAILS = [
    *ENTRIES, Field("before", "之前", "Before"), Field("after", "之后", "After"),
    Field("request_id", "请求编号", "Request"),
    Field("algorithm", "摘要算法", "Digest by"), Field("digest", "摘要", "Digest"),
]  # fmt: skip
READS = [
    Field("at", "时间", "When"), Field("who", "查看人", "Who"), Field("organisation", "单位", "Organisation"),
    Field("firm", "企业", "Firm"), Field("purpose", "用途", "Purpose"), Field("fields", "字段", "Fields"),
    Field("proof", "证明", "Proof", link="href"),
]  # fmt: skip
# A firm need not be told which firm it is; its columns fit a phone better without.
READS_OF_FIRM = [one for one in READS if one.name != "firm"]
ROOTS = [
    Field("day", "日期", "Day"), Field("seal", "封印", "Seal"), Field("entries", "记录", "Entries", "integer", "条"),
    Field("chains", "对象", "Targets", "integer", "个"), Field("algorithm", "算法", "Algorithm")
]  # fmt: skip
_ROLES = {role.value: words for role, words in ROLE_LABELS.items()}
FIELD_WORDS = {"output": ("产值", "output"), "employment": ("用工", "employment")}
OWN_ACTIONS = {
    READ_FIRMS: ("查看企业数据", "read firm-level data"),
    "papers.hand_in": ("提交证明材料", "hand a paper in"),
    CLOSE_DAY: ("封存日志", "close a day of the log"),
    "security.login": ("登录", "log in"),
    "security.login_failed": ("登录失败", "a log-in that failed"),
    "security.factor_failed": ("第二步验证失败", "a second step that failed"),
    "security.logout": ("退出登录", "log out"),
    "security.password": ("修改密码", "change the password"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """How the list of entries is narrowed; every part may be empty."""

    person: str = ""
    action: str = ""
    target: str = ""
    day: str = ""
    words: str = ""

    @property
    def shown(self) -> dict[str, str]:
        """Return the parts that were asked, for the page and the first sheet of an export."""
        return {
            one.name: str(getattr(self, one.name))
            for one in fields(self)
            if getattr(self, one.name)
        }


def asked_of(query: Mapping[str, str]) -> Asked:
    """Return what a query string asks; a day that is none is left out."""
    found = {one.name: query.get(one.name, "").strip()[:200] for one in fields(Asked)}
    try:
        date.fromisoformat(found["day"])
    except ValueError:
        found["day"] = ""
    return Asked(**found)


def entries_of(viewer: Viewer, asked: Asked) -> QuerySet[AuditEntry]:
    """Return the entries that the viewer may see and asked for, newest first."""
    found = AuditEntry.objects.visible_to(viewer)
    if asked.person:
        found = found.filter(
            Q(user_name__icontains=asked.person) | Q(organisation__icontains=asked.person)
        )
    if asked.action:
        found = found.filter(action=asked.action)
    if asked.target:
        found = found.filter(target__startswith=asked.target)
    if asked.day:
        number = number_of(date.fromisoformat(asked.day))
        begin, end = (InstantField().to_python(day_start(one)) for one in (number, number + 1))
        found = found.filter(at__gte=begin, at__lt=end)
    for word in asked.words.split():
        found = found.filter(
            Q(reason__icontains=word) | Q(after__icontains=word) | Q(before__icontains=word)
            | Q(target__icontains=word) | Q(request_id=word)
        )  # fmt: skip
    return found


def action_words(name: str) -> str:
    """Return what an action is called, its name when nobody knows it any more."""
    known = actions().get(name)
    if known is not None:
        return pick(known.zh, known.en)
    return pick(*OWN_ACTIONS[name]) if name in OWN_ACTIONS else name


def action_choices() -> list[tuple[str, str]]:
    """Return every action by name and words, for the filter."""
    return sorted((name, action_words(name)) for name in {*actions(), *OWN_ACTIONS})


def _role_words(codes: str) -> str:
    return "、".join(str(_ROLES.get(code, code)) for code in codes.split(",") if code)


def _when(entry: AuditEntry) -> str:
    return f"{localtime(entry.at):%Y-%m-%d %H:%M:%S}"


def _organisations(entries: Iterable[AuditEntry]) -> dict[int, str]:
    """The organisations of today, for entries that do not name the one of their time."""
    without = {one.user_id for one in entries if one.user_id and not one.organisation}  # pyright: ignore[reportAttributeAccessIssue]
    of_people = organisations_of_people(without)
    names = organisation_names({one for listed in of_people.values() for one in listed})
    return {user: "、".join(names[one] for one in listed) for user, listed in of_people.items()}


def entry_rows(found: Iterable[AuditEntry], *, details: bool = False) -> list[dict[str, Any]]:
    """Return entries as rows of the list, with before and after when ``details`` are wanted."""
    entries = list(found)
    now = _organisations(entries)
    return [
        {
            "at": _when(one), "who": one.user_name or pick("系统", "system"),
            "href": reverse("audit-entry", args=[one.pk]),
            "organisation": one.organisation or now.get(one.user_id or 0, ""),  # pyright: ignore[reportAttributeAccessIssue]
            "roles": _role_words(one.roles), "action": action_words(one.action), "target": one.target,
            "reason": one.reason, "seq": one.seq,
        } | (_detail(one) if details else {})
        for one in entries
    ]  # fmt: skip


def _detail(entry: AuditEntry) -> dict[str, Any]:
    return {
        "before": canonical_json(entry.before), "after": canonical_json(entry.after),
        "request_id": entry.request_id, "algorithm": entry.algorithm, "digest": entry.digest,
    }  # fmt: skip


def reads_of(viewer: Viewer) -> QuerySet[FirmRead]:
    """Return the reads of firms that the viewer may see, newest first."""
    return FirmRead.objects.visible_to(viewer).select_related("entry").order_by("-entry__at", "-id")


def read_rows(found: Iterable[FirmRead]) -> list[dict[str, Any]]:
    """Return reads as rows of the access log."""
    reads = list(found)
    now = _organisations(one.entry for one in reads)
    return [
        {
            "at": _when(one.entry), "who": one.entry.user_name,
            "organisation": one.entry.organisation or now.get(one.entry.user_id or 0, ""),  # pyright: ignore[reportAttributeAccessIssue]
            "firm": one.firm, "purpose": one.entry.reason,
            "fields": _field_words(str(one.entry.after.get("fields", ""))),
            "proof": pick("下载", "download"), "href": reverse("audit-read-proof", args=[one.pk]),
        }
        for one in reads
    ]  # fmt: skip


def _field_words(names: str) -> str:
    """Fields as they were logged, in words: a table's ``firm_indicator: *`` is all its fields."""
    table, _, listed = names.rpartition(": ")
    contract = contracts().get(table)
    if contract is None:
        return "、".join(pick(*FIELD_WORDS.get(name, (name, name))) for name in names.split(","))
    known = [one.strip() for one in listed.split(",")]
    words = [
        pick(contract.column(one).zh, contract.column(one).en) if one in contract.names else one
        for one in known
    ]
    told = pick("全部字段", "all fields") if known == ["*"] else "、".join(words)
    return pick(f"{contract.title['zh']}：{told}", f"{contract.title['en']}: {told}")


def root_rows(found: Iterable[AuditRoot]) -> list[dict[str, Any]]:
    """Return roots as rows of the public list."""
    names = ("day", "seal", "entries", "chains", "algorithm")
    return [{name: getattr(one, name) for name in names} for one in found]
