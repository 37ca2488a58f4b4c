"""The tables of organisations, people and roles: lists, filters, workbooks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Case, F, QuerySet, Value, When

from jiqun.core.access import Grade, Viewer
from jiqun.core.imports.models import Writer, model_importer
from jiqun.core.tabular import Field, TableSpec, model_read
from jiqun.masters import actions
from jiqun.masters.checks import change_problems, cleaned, organisation_problems
from jiqun.masters.models import Membership, Organisation, Person

KINDS = {
    "bureau": ("部门", "Bureau"), "firm": ("企业", "Firm"), "park": ("园区运营方", "Park operator"),
    "partner": ("合作机构", "Partner"), "operator": ("平台运维", "Operator"), "public": ("公众", "Public"),
}  # fmt: skip
ROLES = {
    "analyst": ("分析员", "Analyst"), "firm": ("企业用户", "Firm's user"), "butler": ("园区管家", "Park butler"),
    "partner": ("合作机构", "Partner"), "system": ("系统管理员", "System administrator"),
    "security": ("安全管理员", "Security administrator"), "audit": ("审计管理员", "Audit administrator"),
}  # fmt: skip
READERS = (
    "系统管理员和安全管理员看全部；其他人看本单位的",
    "system and security administrators: all; others: those of the own organisation",
)

# How the table writes “every place”: in a file, a star is read as a mark of secrecy.
ALL = "全部"

ORGANISATION_FIELDS = (
    Field("name", "名称", "Name", required=True, example="合成示例织造有限公司"),
    Field("kind", "类别", "Kind", "words", words=KINDS, required=True, example="firm"),
    Field(
        "place", "负责地方", "Place", example="990101", source="places_said",
        about_zh=f"地方代码，几个用逗号隔开；所有地方写“{ALL}”",
        about_en=f"codes with commas between them; “{ALL}” is every place",
    ),
    Field(
        "firm", "统一社会信用代码", "Credit code", "code", example="91350100M000100Y43",
        about_zh="只有企业填", about_en="firms only",
    ),
    Field("active", "启用", "Active", "bool", required=True, example="是"),
    Field("opened_at", "开通时间", "Opened", "datetime", importable=False),
)  # fmt: skip
PEOPLE_FIELDS = (
    Field("username", "登录名", "User name", source="user__username"),
    Field("name", "姓名", "Name"),
    Field("organisation", "单位", "Organisation", source="organisation__name"),
    Field("phone", "办公电话", "Office phone", grade=Grade.PERSONAL),
    Field("active", "启用", "Active", "bool", source="user__is_active"),
    Field("opened_at", "开通时间", "Opened", "datetime"),
)
ROLE_FIELDS = (
    Field("username", "登录名", "User name", source="user__username"),
    Field("organisation", "单位", "Organisation", source="organisation__name"),
    Field("role", "角色", "Role", "words", words=ROLES),
    Field("valid_from", "开始日期", "From", "date"),
    Field("valid_until", "截止日期", "Until", "date"),
    Field("granted_by", "授予人", "Granted by", source="granted_by__username"),
    Field("granted_at", "授予时间", "Granted at", "datetime"),
)


def _said(viewer: Viewer) -> QuerySet[Organisation]:
    """The organisations that the viewer may see, their places as the table writes them."""
    word = Case(When(place="*", then=Value(ALL)), default=F("place"))
    return Organisation.objects.visible_to(viewer).annotate(places_said=word)


def _parts(values: Mapping[str, Any]) -> dict[str, Any]:
    """What the verbs take: unknown is empty to them."""
    parts = {name: values[name] or "" for name in ("name", "kind", "place", "firm")}
    return parts | ({"place": "*"} if parts["place"] == ALL else {})


def _open(viewer: Viewer, values: Mapping[str, Any]) -> int:
    """Open an organisation, closed at once where the file says so; return its primary key."""
    made = actions.open_organisation(viewer=viewer, **_parts(values))
    if not values["active"]:
        _change(viewer, made.pk, values)
    return made.pk


def _change(viewer: Viewer, pk: Any, values: Mapping[str, Any]) -> None:
    one = Organisation.objects.visible_to(viewer).get(pk=pk)
    actions.change_organisation(
        viewer=viewer, organisation=one, **_parts(values), active=bool(values["active"])
    )


def _close(viewer: Viewer, pk: Any) -> None:
    """Take back an opening: the log refers to the organisation, so it is closed, not deleted."""
    one = Organisation.objects.visible_to(viewer).get(pk=pk)
    parts = {name: getattr(one, name) for name in ("name", "kind", "place", "firm")}
    actions.change_organisation(viewer=viewer, organisation=one, **parts, active=False)


def _refused(
    viewer: Viewer, values: Mapping[str, Any], before: Mapping[str, Any] | None
) -> Sequence[tuple[str, str, str, str, str]]:
    """What the verbs are going to refuse, said in the dry run already."""
    if before is not None and before["place"] == ALL and not values["place"]:
        return [(
            "place", "单位原来负责所有地方，这里没有写", "it answers for every place, and here is none",
            f"请写“{ALL}”或地方代码；要取消，请在单位页修改。",
            f"Write “{ALL}” or codes of places; to take it away, use the organisation's page.",
        )]  # fmt: skip
    asked: dict[str, Any] = {**cleaned(**_parts(values)), "active": values["active"]}
    known = Organisation.objects.visible_to(viewer).filter(name=values["name"]).first()
    found = change_problems(known, asked) if before and known else organisation_problems(asked)
    return [
        (one.column, one.message_zh, one.message_en, one.remedy_zh, one.remedy_en) for one in found
    ]


ORGANISATIONS_IN = model_importer(
    "organisations", ORGANISATION_FIELDS, ("name",),
    Writer(
        may=actions.may_open_organisation, visible=_said,
        create=_open, update=_change, remove=_close, check=_refused,
    ),
)  # fmt: skip
TABLES = (
    TableSpec(
        "organisations", "单位", "Organisations", ORGANISATION_FIELDS, ("name",),
        model_read(_said, ORGANISATION_FIELDS),
        about_zh="部门、企业、园区运营方、合作机构及其负责的地方",
        about_en="Bureaux, firms, park operators, partners and the places they answer for",
        readers=READERS, sort=("name",), importer=ORGANISATIONS_IN,
        writers=(
            "系统管理员；撤销导入时，新开的单位停用而不删除",
            "system administrators; undoing an import closes what it opened and deletes nothing",
        ),
    ),
    TableSpec(
        "people", "人员", "People", PEOPLE_FIELDS, ("username",),
        model_read(Person.objects.visible_to, PEOPLE_FIELDS),
        about_zh="账号及其所属单位", about_en="Accounts and the organisations they belong to",
        readers=READERS, sort=("username",),
    ),
    TableSpec(
        "roles", "角色", "Roles", ROLE_FIELDS, ("username", "organisation", "role"),
        model_read(Membership.objects.visible_to, ROLE_FIELDS),
        about_zh="谁在哪个单位任什么角色、何时起、由谁授予",
        about_en="Who holds which role where, since when, granted by whom",
        readers=READERS, sort=("username",),
    ),
)  # fmt: skip
