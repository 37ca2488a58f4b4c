"""What can be wrong with organisations, accounts and roles; every problem of a form at once."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.db.models import Q

from jiqun.core.access import ADMINISTRATORS, Role
from jiqun.core.factstore import rows, store
from jiqun.core.forms import wrong
from jiqun.errors import Problem
from jiqun.facts.values import uscc
from jiqun.masters.models import Membership, Organisation, Person

# Which roles make sense in which kind of organisation.
ROLES_OF: dict[str, frozenset[Role]] = {
    "bureau": frozenset({Role.ANALYST, *ADMINISTRATORS}),
    "firm": frozenset({Role.FIRM}),
    "park": frozenset({Role.BUTLER}),
    "partner": frozenset({Role.PARTNER}),
    "operator": ADMINISTRATORS,
    "public": frozenset(),
}


def organisation_problems(values: dict[str, Any], but: int | None = None) -> list[Problem]:
    """Return what is wrong with an organisation; ``but`` is the one being changed."""
    found: list[Problem] = []
    name, kind, firm = values["name"], values["kind"], values["firm"]
    if len(name) < 2:
        found.append(wrong(
            "name", "名称太短", "the name is too short", value=name,
            remedy_zh="请写单位全称。", remedy_en="Write the full name.",
        ))  # fmt: skip
    if Organisation.objects.filter(name=name).exclude(pk=but).exists():
        found.append(wrong(
            "name", f"已有名为“{name}”的单位", f"there is an organisation called “{name}”", value=name,
            remedy_zh="请核对是否重复；同名单位请加上地名。", remedy_en="Check; add the place's name if it is another.",
        ))  # fmt: skip
    if kind not in Organisation.Kind.values:
        found.append(wrong("kind", f"没有类别“{kind}”", f"there is no kind “{kind}”", value=kind))
    if kind == "firm" and not _is_firm(firm):
        found.append(wrong(
            "firm", f"统一社会信用代码“{firm}”有误", f"“{firm}” is not a credit code", value=firm,
            remedy_zh="请对照营业执照改正 18 位代码；境外企业须先在企业名录里。",
            remedy_en="Correct the 18 characters; a firm abroad has to be in the register first.",
        ))  # fmt: skip
    if kind != "firm" and firm:
        found.append(wrong(
            "firm", "只有企业填信用代码", "only a firm has a credit code here", value=firm,
            remedy_zh="请清空，或把类别改为企业。", remedy_en="Leave it empty, or make it a firm.",
        ))  # fmt: skip
    return found + _place_problems(values["place"])


def change_problems(organisation: Organisation, values: dict[str, Any]) -> list[Problem]:
    """Return what is wrong with changing an organisation to ``values``, its people considered."""
    problems, kind = organisation_problems(values, organisation.pk), values["kind"]
    held = Membership.objects.filter(organisation=organisation).values_list("role", flat=True)
    odd = sorted({role for role in held if Role(role) not in ROLES_OF.get(kind, frozenset())})
    if odd and kind != organisation.kind:
        problems.append(wrong(
            "kind", f"有人在这个单位任 {'、'.join(odd)}，与新类别不符", f"people hold {', '.join(odd)} here",
            value=kind, remedy_zh="请先由安全管理员收回这些角色。", remedy_en="Have these roles revoked first.",
        ))  # fmt: skip
    closes = organisation.active and not values["active"]
    if closes and holds_last_security(Q(organisation=organisation)):
        problems.append(last_security("active"))
    return problems


def _is_firm(code: str) -> bool:
    """Whether a code is a valid credit code, or that of a firm in the register."""
    return uscc.valid(code) or bool(code and rows(store(), "firm", ["firm"], firm=code).height)


def _place_problems(text: str) -> list[Problem]:
    codes = [code for part in text.split(",") if (code := part.strip())]
    bad = [code for code in codes if code != "*" and not code.isalnum()]
    return [
        wrong(
            "place", f"地方代码“{code}”有误", f"“{code}” is not a code of a place", value=code,
            remedy_zh="写行政区划代码，几个用逗号隔开；所有地方写 *。",
            remedy_en="Write codes, several with commas between them; * for every place.",
        )
        for code in bad
    ]  # fmt: skip


def cleaned(name: str, kind: str, place: str, firm: str) -> dict[str, str]:
    """Return the parts of an organisation without stray spaces, place codes once each."""
    codes = [code for part in place.replace("，", ",").split(",") if (code := part.strip())]
    return {
        "name": " ".join(name.split()), "kind": kind, "place": ",".join(dict.fromkeys(codes)),
        "firm": firm.strip().upper(),
    }  # fmt: skip


def account_problems(username: str, name: str) -> list[Problem]:
    """Return what is wrong with the name of a new account."""
    found: list[Problem] = []
    try:
        UnicodeUsernameValidator()(username)
    except ValidationError:
        found.append(wrong(
            "username", f"登录名“{username}”有误", f"“{username}” is not a user name", value=username,
            remedy_zh="只用字母、数字和 @ . + - _。", remedy_en="Letters, digits and @ . + - _ only.",
        ))  # fmt: skip
    if User.objects.filter(username__iexact=username).exists():
        found.append(wrong(
            "username", f"登录名“{username}”已有人用", f"the user name “{username}” is taken", value=username,
            remedy_zh="请换一个；同一个人请在原账号上增加角色。",
            remedy_en="Choose another; give an existing account the role.",
        ))  # fmt: skip
    if not name.strip():
        found.append(wrong(
            "name", "没有姓名", "the name is missing",
            remedy_zh="请写本人姓名，审计日志里会用到。", remedy_en="Write the person's name.",
        ))  # fmt: skip
    return found


def reason_problems(reason: str) -> list[Problem]:
    """Return the problem of a step that needs a reason and has none."""
    if len(reason.strip()) >= 2:
        return []
    return [wrong(
        "reason", "没有写原因", "the reason is missing",
        remedy_zh="请写原因，例如：调离岗位。", remedy_en="Write it, for example: left the office.",
    )]  # fmt: skip


def holds_last_security(who: Q) -> bool:
    """Whether without these memberships nobody would be left who can grant roles."""
    able = Membership.objects.in_force().filter(role=Role.SECURITY.value, user__is_active=True)
    return able.filter(who).exists() and not able.exclude(who).exists()


def last_security(field: str) -> Problem:
    """Return the problem of a step after which nobody could grant roles."""
    return wrong(
        field, "这是最后一名安全管理员", "this is the last security administrator",
        remedy_zh="请先为另一个人授予安全管理员角色。", remedy_en="Make somebody else one first.",
    )  # fmt: skip


def role_problems(person: Person, organisation: Organisation, role: Role) -> list[Problem]:
    """Return what speaks against giving a person a role in an organisation."""
    found: list[Problem] = []
    if role not in ROLES_OF.get(organisation.kind, frozenset()):
        kind = Organisation.Kind(organisation.kind).label
        found.append(wrong(
            "role", f"{kind}里没有这个角色", f"organisations of kind {organisation.kind} have no such role",
            value=role.value, remedy_zh="请换角色或单位。", remedy_en="Choose another role or organisation.",
        ))  # fmt: skip
    held = Membership.objects.filter(user_id=person.user_id)
    if held.filter(organisation=organisation, role=role.value).exists():
        found.append(wrong(
            "role", "此人已有这个角色", "the person has this role already", value=role.value,
            remedy_zh="要改期限，请先收回再授予。", remedy_en="To change its period, revoke it first.",
        ))  # fmt: skip
    other = held.filter(role__in=[one.value for one in ADMINISTRATORS - {role}]).first()
    if role in ADMINISTRATORS and other is not None:
        name = Membership.Role(other.role).label
        found.append(wrong(
            "role", f"此人已是{name}，三类管理员不能由同一人担任",
            f"the person is {other.role} administrator; nobody may be two of the three", value=role.value,
            remedy_zh="请换人，或先收回原角色。", remedy_en="Choose somebody else, or revoke the other role first.",
        ))  # fmt: skip
    return found
