"""The own sessions and tokens; the security administrator's list of people; the ASVS page."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.db.models import Count, Max, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET

from jiqun.core.access import Role, forbidden
from jiqun.core.models import ApiToken, LoginSession
from jiqun.core.pages import page, viewer
from jiqun.core.security import actions, asvs, lockout, passwords, sessions
from jiqun.core.security.confirm import confirmed
from jiqun.core.tabular import Field, html_table, pick
from jiqun.core.tokens import LONGEST_DAYS

PER_PAGE = 50
ASVS = [
    Field("id", "编号", "Id", "code"),
    Field("text", "要求", "Requirement"),
    Field("state", "结果", "Result", "words", words=asvs.STATES),
    Field("proof", "证明它的测试，或原因", "Test that proves it, or the reason"),
]
DAYS = (7, 30, LONGEST_DAYS)


@page
@confirmed
def own_sessions(request: HttpRequest) -> HttpResponse:
    """Where one is logged in, and ending the others."""
    who = viewer(request)
    rows = LoginSession.objects.visible_to(who).filter(user_id=who.user_id)
    this = (sessions.state(request) or {}).get("row")
    if request.method == "POST":
        if request.POST.get("session"):
            row = get_object_or_404(rows.exclude(pk=this), pk=_number(request.POST["session"]))
            actions.end_session(viewer=who, session=row)
            messages.success(request, _("已结束该会话。"))
        else:
            # nosemgrep: jiqun-unscoped-read - the own account
            user = User.objects.get(pk=who.user_id)
            ended = actions.end_sessions(viewer=who, user=user, keep=this)
            messages.success(request, _("已结束其他 %(n)d 个会话。") % {"n": ended})
        return redirect("security-sessions")
    content = {
        "title": _("登录的设备"),
        "rows": rows,
        "this": this,
        "factor": _has_factor(who.user_id),
    }
    return render(request, "security/sessions.html", content)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 19 else 0


def _has_factor(user_id: int | None) -> bool:
    # nosemgrep: jiqun-unscoped-read - one account, of which the caller decides
    return Authenticator.objects.filter(user_id=user_id, type=Authenticator.Type.TOTP).exists()


@page
@confirmed
def api_token(request: HttpRequest) -> HttpResponse:
    """The own API tokens: make one (it is shown once), revoke one."""
    who, token = viewer(request), ""
    rows = ApiToken.objects.visible_to(who)
    if request.method == "POST":
        if revoked := request.POST.get("revoke"):
            actions.revoke_token(viewer=who, token=get_object_or_404(rows, pk=_number(revoked)))
            messages.success(request, _("已撤销该令牌，立即失效。"))
            return redirect("api-token")
        token = actions.issue_token(
            viewer=who,
            label=request.POST.get("label", ""),
            days=_number(request.POST.get("days", str(LONGEST_DAYS))),
            scope=request.POST.get("scope", ApiToken.Scope.READ),
        )
    content = {
        "title": _("接口令牌"),
        "token": token,
        "rows": rows.all(),
        "days": DAYS,
        "now": timezone.now(),
    }
    return render(request, "security/tokens.html", content)


VERBS = {
    "unlock": actions.unlock,
    "reset_factor": actions.reset_factor,
    "end_sessions": actions.end_sessions,
}


def _asked(request: HttpRequest) -> dict[str, str]:
    return {"q": request.GET.get("q", "").strip()[:60], "show": request.GET.get("show", "")}


def _shown(asked: dict[str, str], locked: dict[int, int]) -> Any:
    """Return the accounts that were asked for, with what stands beside each."""
    factor = Count(
        "authenticator", filter=Q(authenticator__type=Authenticator.Type.TOTP), distinct=True
    )
    # nosemgrep: jiqun-unscoped-read - the page is the security administrator's
    people = User.objects.annotate(
        factors=factor,
        open_sessions=Count("loginsession", distinct=True),
        changed=Max("passwordrecord__at"),
    ).order_by("username")
    if asked["q"]:
        people = people.filter(
            Q(username__icontains=asked["q"]) | Q(last_name__icontains=asked["q"]) | Q(first_name__icontains=asked["q"])
        )  # fmt: skip
    if asked["show"] == "locked":
        people = people.filter(pk__in=list(locked))
    elif asked["show"] == "without":
        people = people.filter(factors=0, is_active=True)
    elif asked["show"] == "expired" and (days := passwords.profile().days):
        oldest = timezone.now() - timedelta(days=days)
        people = people.filter(Q(changed__isnull=True) | Q(changed__lte=oldest), is_active=True)
    return people


@page
@sensitive_post_parameters()
@confirmed
def people(request: HttpRequest) -> HttpResponse:
    """Accounts that are locked, without second factor or with an old password, and what to do."""
    who = viewer(request)
    if not who.has(Role.SECURITY):
        raise forbidden("管理账号安全", "look after the security of accounts")
    asked, password, given_to = _asked(request), "", ""
    if request.method == "POST":
        # nosemgrep: jiqun-unscoped-read - the verb asks whether the viewer may
        user = get_object_or_404(User, pk=_number(request.POST.get("person", "")))
        verb = request.POST.get("verb", "")
        if verb == "reset_password":
            password, given_to = actions.reset_password(viewer=who, user=user), user.get_username()
        elif verb in VERBS:
            VERBS[verb](viewer=who, user=user)
            messages.success(request, _("已处理：%(name)s") % {"name": user.get_username()})
            return redirect(request.get_full_path())
    locked = lockout.locked_accounts()
    listed = Paginator(_shown(asked, locked), PER_PAGE).get_page(request.GET.get("page"))
    for one in listed:
        until = locked.get(one.pk, 0)
        one.locked_minutes = -(-max(0, until - int(time.time())) // 60) if until else 0
        one.changed_words = f"{localtime(one.changed):%Y-%m-%d}" if one.changed else "—"
    content = {
        "title": _("账号安全"), "people": listed, "asked": asked, "password": password, "given_to": given_to,
        "own": who.user_id,
    }  # fmt: skip
    return render(request, "security/people.html", content)


@require_GET
def asvs_page(request: HttpRequest) -> HttpResponse:
    """Which requirements of OWASP ASVS 5 a test proves, and which are not met; open to everybody."""
    words = asvs.STATES
    tables = [
        html_table(
            ASVS,
            [
                row | {"text": pick(row["zh"], row["en"]), "state_badge": asvs.BADGES[row["state"]],
                       "proof": "、".join(row["tests"]) or pick(row["why_zh"], row["why_en"])}
                for row in chapter["rows"]
            ],
            caption=f"{chapter['id']} {pick(chapter['zh'], chapter['en'])}",
            empty={"message": ""},
        )
        for chapter in asvs.chapters()
    ]  # fmt: skip
    counts = [
        {"label": pick(*words[state]), "number": number} for state, number in asvs.counts().items()
    ]
    return render(
        request, "security/asvs.html", {"title": _("安全基线"), "tables": tables, "counts": counts}
    )
