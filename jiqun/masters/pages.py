"""Organisations and people: lists, forms, one person's roles. Thin: the verbs decide."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from jiqun.core.access import Role, Viewer, forbidden
from jiqun.core.forms import attempt
from jiqun.core.pages import page, viewer
from jiqun.core.place_names import place_words
from jiqun.core.tabular import Field, html_table, pick
from jiqun.masters import actions
from jiqun.masters.forms import (
    AccountForm,
    OrganisationChangeForm,
    OrganisationForm,
    ReasonForm,
    RoleForm,
)
from jiqun.masters.models import Membership, Organisation, Person
from jiqun.masters.tabular import KINDS, ROLES

SHOWN = 50
STATES = {"open": ("启用", "active"), "closed": ("停用", "closed")}
BADGES = {"open": "good", "closed": "undisclosed"}
ORGANISATIONS = [
    Field("name", "名称", "Name", link="href"), Field("kind", "类别", "Kind", "words", words=KINDS),
    Field("place", "负责地方", "Place"), Field("firm", "统一社会信用代码", "Credit code"),
    Field("people", "人数", "People", "integer", "人"), Field("state", "状态", "State", "words", words=STATES),
]  # fmt: skip
PEOPLE = [
    Field("name", "姓名", "Name", link="href"), Field("username", "登录名", "User name"),
    Field("organisation", "单位", "Organisation"), Field("roles", "角色", "Roles"),
    Field("state", "状态", "State", "words", words=STATES),
]  # fmt: skip
PAGES = ["GET", "POST"]


def _state(*, is_open: bool) -> dict[str, str]:
    state = "open" if is_open else "closed"
    return {"state": state, "state_badge": BADGES[state]}


def _listed(request: HttpRequest, found: Any) -> Any:
    return Paginator(found, SHOWN).get_page(request.GET.get("page"))


def _asked(request: HttpRequest) -> tuple[str, str]:
    return request.GET.get("q", "").strip()[:60], request.GET.get("kind", "")


@require_GET
@page
def organisations(request: HttpRequest) -> HttpResponse:
    """The organisations that the viewer may see, by name, code or kind."""
    who, (words, kind) = viewer(request), _asked(request)
    found = Organisation.objects.visible_to(who).annotate(count=Count("people")).order_by("name")
    if words:
        found = found.filter(
            Q(name__icontains=words) | Q(firm__icontains=words) | Q(place__icontains=words)
        )
    if kind in Organisation.Kind.values:
        found = found.filter(kind=kind)
    listed = _listed(request, found)
    rows = [
        {"name": one.name, "kind": one.kind, "place": place_words(one.place) or None, "firm": one.firm or None,
         "people": one.count, "href": reverse("organisation", args=[one.pk]), **_state(is_open=one.active)}
        for one in listed.object_list
    ]  # fmt: skip
    table = html_table(
        ORGANISATIONS, rows, caption=_("单位"), empty={"message": _("没有符合条件的单位。")}
    )
    content = {
        "title": _("单位"), "table": table, "page": listed, "q": words, "kind": kind,
        "choices": [(code, pick(*words)) for code, words in KINDS.items()],
        "may_open": actions.may_open_organisation(who),
    }  # fmt: skip
    return render(request, "masters/organisations.html", content)


@require_GET
@page
def people(request: HttpRequest) -> HttpResponse:
    """The people whom the viewer may see, by name, organisation or role."""
    who, (words, role) = viewer(request), _asked(request)
    found = (
        Person.objects.visible_to(who).select_related("user", "organisation").order_by("name", "pk")
    )
    if words:
        found = found.filter(
            Q(name__icontains=words)
            | Q(user__username__icontains=words)
            | Q(organisation__name__icontains=words)
        )
    if role in Membership.Role.values:
        held = Membership.objects.visible_to(who).in_force().filter(role=role)
        found = found.filter(user_id__in=held.values("user_id"))
    listed = _listed(request, found)
    shown = list(listed.object_list)
    roles: dict[int, list[str]] = {}
    held = (
        Membership.objects.visible_to(who)
        .in_force()
        .filter(user_id__in=[one.user_id for one in shown])
    )
    for user, code in held.values_list("user_id", "role"):
        roles.setdefault(user, []).append(pick(*ROLES[code]))
    rows = [
        {"name": one.name, "username": one.user.get_username(), "organisation": one.organisation.name,
         "roles": "、".join(roles.get(one.user_id, [])) or None, "href": reverse("person", args=[one.pk]),
         **_state(is_open=one.user.is_active)}
        for one in shown
    ]  # fmt: skip
    table = html_table(
        PEOPLE, rows, caption=_("人员"), empty={"message": _("没有符合条件的人员。")}
    )
    content = {
        "title": _("人员"), "table": table, "page": listed, "q": words, "kind": role,
        "choices": [(code, pick(*words)) for code, words in ROLES.items()],
        "may_open": actions.may_open_account(who) or _firms(who).exists(),
    }  # fmt: skip
    return render(request, "masters/people.html", content)


def _firms(who: Viewer) -> Any:
    """Organisations that the viewer may add colleagues to."""
    own = Organisation.objects.visible_to(who).filter(active=True, firm__in=who.firms)
    return own if who.has(Role.FIRM) else own.none()


def _organisation(who: Viewer, key: int) -> Organisation:
    one = Organisation.objects.visible_to(who).filter(pk=key).first()
    if one is None:
        raise forbidden("查看这个单位", "see this organisation")
    return one


def _person(who: Viewer, key: int) -> Person:
    found = Person.objects.visible_to(who).select_related("user", "organisation")
    one = found.filter(pk=key).first()
    if one is None:
        raise forbidden("查看这个人员", "see this person")
    return one


@require_http_methods(PAGES)
@page
def organisation_new(request: HttpRequest) -> HttpResponse:
    """Open an organisation."""
    who = viewer(request)
    if not actions.may_open_organisation(who):
        raise forbidden("新增单位", "open an organisation")
    form = OrganisationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = attempt(form, lambda: actions.open_organisation(viewer=who, **form.cleaned_data))
        if made is not None:
            messages.success(request, _("已新增。"))
            return redirect("organisation", organisation=made.pk)
    return _form(request, form, _("新增单位"), "organisations")


@require_http_methods(PAGES)
@page
def organisation(request: HttpRequest, organisation: int) -> HttpResponse:
    """One organisation; a system administrator changes it here."""
    who = viewer(request)
    one = _organisation(who, organisation)
    may = actions.may_change_organisation(who)
    if request.method == "POST" and not may:
        raise forbidden("修改单位", "change an organisation")
    initial = {key: getattr(one, key) for key in ("name", "kind", "place", "firm", "active")}
    form = OrganisationChangeForm(request.POST or None, initial=initial) if may else None
    if form is not None and request.method == "POST" and form.is_valid():
        changed = attempt(
            form,
            lambda: actions.change_organisation(viewer=who, organisation=one, **form.cleaned_data),
        )
        if changed is not None:
            messages.success(request, _("已保存。"))
            return redirect("organisation", organisation=one.pk)
        one.refresh_from_db()
    staff = Person.objects.visible_to(who).filter(organisation=one).select_related("user")[:SHOWN]
    content = {
        "title": one.name, "organisation": one, "kind": pick(*KINDS[one.kind]), "form": form,
        "places": place_words(one.place), "staff": staff,
        "may_add": who.has(Role.SYSTEM) or actions.may_add_colleague(who, one),
    }  # fmt: skip
    status = 422 if form is not None and form.errors else 200
    return render(request, "masters/organisation.html", content, status=status)


@require_http_methods(PAGES)
@page
def person_new(request: HttpRequest) -> HttpResponse:
    """Open an account: a system administrator for anybody, a firm's person for a colleague."""
    who = viewer(request)
    administrator = actions.may_open_account(who)
    if not (administrator or _firms(who).exists()):
        raise forbidden("开通账号", "open an account")
    asked = request.GET.get("organisation", "")
    initial = {"organisation": asked} if asked.isdigit() else None
    form = AccountForm(request.POST or None, viewer=who, initial=initial)
    verb = actions.open_account if administrator else actions.add_colleague
    if request.method == "POST" and form.is_valid():
        opened = attempt(form, lambda: verb(viewer=who, **form.cleaned_data))
        if opened is not None:
            content = {"title": _("账号已开通"), "opened": opened, "colleague": not administrator}
            response = render(request, "masters/opened.html", content)
            response["Cache-Control"] = "no-store"
            return response
    note = "" if administrator else _("同事只有企业用户这一个角色，只看本企业的数据。")
    return _form(request, form, _("开通账号"), "people", note)


def _form(request: HttpRequest, form: Any, title: str, back: str, note: str = "") -> HttpResponse:
    content = {"title": title, "form": form, "back": reverse(back), "note": note}
    return render(request, "masters/form.html", content, status=422 if form.errors else 200)


def _role_row(who: Viewer, one: Membership) -> dict[str, Any]:
    today = localdate()
    over = one.valid_until is not None and one.valid_until < today
    return {
        "pk": one.pk,
        "name": pick(*ROLES[one.role]),
        "organisation": one.organisation,
        "from": one.valid_from,
        "until": one.valid_until,
        "granted_by": one.granted_by.get_username() if one.granted_by else "",
        "granted_at": one.granted_at,
        "in_force": not over and one.valid_from <= today and one.organisation.active,
        "may_revoke": actions.may_revoke_role(who, one),
    }


@require_http_methods(PAGES)
@page
def person(request: HttpRequest, person: int) -> HttpResponse:
    """One person: account, roles with who granted them and when; a security administrator adds one."""
    who = viewer(request)
    one = _person(who, person)
    may = actions.may_grant_role(who, one)
    if request.method == "POST" and not may:
        raise forbidden("授予角色", "grant a role")
    form = RoleForm(request.POST or None, viewer=who, person=one) if may else None
    if form is not None and request.method == "POST" and form.is_valid():
        made = attempt(
            form, lambda: actions.grant_role(viewer=who, person=one, **form.cleaned_data)
        )
        if made is not None:
            messages.success(request, _("角色已授予。"))
            return redirect("person", person=one.pk)
    held = Membership.objects.visible_to(who).filter(user_id=one.user_id)
    roles = [_role_row(who, role) for role in held.select_related("organisation", "granted_by")]
    content = {
        "title": one.name, "person": one, "roles": roles, "form": form,
        "phone": one.phone if who.has(Role.SYSTEM, Role.SECURITY) or one.user_id == who.user_id else "",
        "may_close": actions.may_close_account(who, one),
    }  # fmt: skip
    status = 422 if form is not None and form.errors else 200
    return render(request, "masters/person.html", content, status=status)


@require_http_methods(PAGES)
@page
def person_close(request: HttpRequest, person: int) -> HttpResponse:
    """Ask once more and for a reason, then close the account, or reopen a closed one."""
    who = viewer(request)
    one = _person(who, person)
    if not actions.may_close_account(who, one):
        raise forbidden("停用或恢复账号", "close or reopen an account")
    is_open = one.user.is_active
    verb = actions.close_account if is_open else actions.reopen_account
    title = _("停用账号") if is_open else _("恢复账号")
    warning = (
        _("停用立即生效：正在使用的会话会结束，角色不再有效。账号和日志保留，可以恢复。")
        if is_open
        else _("恢复后此人可以再次登录，并重新得到现有角色。")
    )
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        done = attempt(form, lambda: verb(viewer=who, person=one, **form.cleaned_data) or one)
        if done is not None:
            messages.success(request, _("已停用。") if is_open else _("已恢复。"))
            return redirect("person", person=one.pk)
    return _confirm(request, form, title, warning, one)


@require_http_methods(PAGES)
@page
def role_revoke(request: HttpRequest, membership: int) -> HttpResponse:
    """Ask once more and for a reason, then take a role away."""
    who = viewer(request)
    held = Membership.objects.visible_to(who).select_related("organisation").filter(pk=membership)
    role = held.first()
    if role is None or not actions.may_revoke_role(who, role):
        raise forbidden("收回这个角色", "revoke this role")
    one = Person.objects.visible_to(who).select_related("user").filter(user_id=role.user_id).get()
    warning = _("收回立即生效。此人在“%(place)s”不再是%(role)s。") % {
        "place": role.organisation.name, "role": pick(*ROLES[role.role]),
    }  # fmt: skip
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            form,
            lambda: actions.revoke_role(viewer=who, membership=role, **form.cleaned_data) or one,
        )
        if done is not None:
            messages.success(request, _("角色已收回。"))
            return redirect("person", person=one.pk)
    return _confirm(request, form, _("收回角色"), warning, one)


def _confirm(
    request: HttpRequest, form: ReasonForm, title: str, warning: str, one: Person
) -> HttpResponse:
    content = {"title": title, "form": form, "warning": warning, "person": one}
    return render(request, "masters/confirm.html", content, status=422 if form.errors else 200)
