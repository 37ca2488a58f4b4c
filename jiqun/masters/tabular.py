"""The tables of organisations, people and roles: lists, filters, workbooks."""

from __future__ import annotations

from jiqun.core.access import Grade
from jiqun.core.tabular import Field, TableSpec, model_read
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

ORGANISATION_FIELDS = (
    Field("name", "名称", "Name"),
    Field("kind", "类别", "Kind", "words", words=KINDS),
    Field(
        "place",
        "负责地方",
        "Place",
        about_zh="地方代码；* 为所有地方",
        about_en="code; * is every place",
    ),
    Field("firm", "统一社会信用代码", "Credit code", "code"),
    Field("active", "启用", "Active", "bool"),
    Field("opened_at", "开通时间", "Opened", "datetime"),
)
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
TABLES = (
    TableSpec(
        "organisations", "单位", "Organisations", ORGANISATION_FIELDS, ("name",),
        model_read(Organisation.objects.visible_to, ORGANISATION_FIELDS),
        about_zh="部门、企业、园区运营方、合作机构及其负责的地方",
        about_en="Bureaux, firms, park operators, partners and the places they answer for",
        readers=READERS, sort=("name",),
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
