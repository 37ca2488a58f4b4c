"""What people do with their own access, and a security administrator with that of others."""

from __future__ import annotations

from datetime import timedelta

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.utils import timezone

from jiqun.core.access import Role, Viewer
from jiqun.core.actions import action, refuse
from jiqun.core.audit import record
from jiqun.core.models import ApiToken, LoginSession
from jiqun.core.security import lockout, passwords, sessions
from jiqun.core.tokens import LONGEST_DAYS, digest_of, new_token
from jiqun.errors import Problem


def _target(user_id: int | None) -> str:
    return f"user:{user_id}"


def _problems(label: str, days: int, scope: str) -> list[Problem]:
    problems: list[Problem] = []
    if not label.strip():
        problems.append(
            Problem(
                "E-INPUT", "请写令牌的名称", "give the token a name", "例如：月报程序", "for example: monthly report",
                column="label",
            )
        )  # fmt: skip
    if not 1 <= days <= LONGEST_DAYS:
        problems.append(
            Problem(
                "E-INPUT", f"有效天数应为 1–{LONGEST_DAYS}", f"days must be 1 to {LONGEST_DAYS}", column="days",
                value=str(days),
            )
        )  # fmt: skip
    if scope not in ApiToken.Scope.values:
        problems.append(
            Problem(
                "E-INPUT", "权限应为 read 或 write", "scope must be read or write", column="scope", value=scope
            )
        )  # fmt: skip
    return problems


def may_issue_token(viewer: Viewer) -> bool:
    """Everybody who has logged in may have a token with the own rights."""
    return viewer.known


@action("security.issue_token", zh="签发接口令牌", en="issue an API token")
def issue_token(
    *, viewer: Viewer, label: str, days: int = LONGEST_DAYS, scope: str = ApiToken.Scope.READ
) -> str:
    """Make a token with the viewer's own rights and return it; it cannot be read again.

    Args:
        viewer: Whose it will be.
        label: What it is for, so that its owner knows it again.
        days: Until when it counts: 1 to 90.
        scope: ``read`` or ``write``.

    Raises:
        JiqunError: ``E-FORBIDDEN`` for one who has not logged in, ``E-INPUT`` for values out of range.
    """
    refuse(_problems(label, days, scope))
    token = new_token()
    row = ApiToken.objects.create(
        user_id=viewer.user_id,
        label=label.strip()[:80],
        digest=digest_of(token),
        scope=scope,
        expires=timezone.now() + timedelta(days=days),
    )
    record(
        viewer, "security.issue_token", target=_target(viewer.user_id),
        after={"token": row.pk, "label": row.label, "days": days, "scope": scope},
    )  # fmt: skip
    return token


def may_revoke_token(viewer: Viewer, token: ApiToken) -> bool:
    """The owner, or a security administrator."""
    return viewer.known and (token.user_id == viewer.user_id or viewer.has(Role.SECURITY))


@action("security.revoke_token", zh="撤销接口令牌", en="revoke an API token")
def revoke_token(*, viewer: Viewer, token: ApiToken) -> None:
    """Make a token count no more, at once."""
    record(
        viewer, "security.revoke_token", target=_target(token.user_id), before={"token": token.pk, "label": token.label}
    )  # fmt: skip
    token.delete()


def may_end_session(viewer: Viewer, session: LoginSession) -> bool:
    """The person whose session it is, or a security administrator."""
    return viewer.known and (session.user_id == viewer.user_id or viewer.has(Role.SECURITY))


@action("security.end_session", zh="结束会话", en="end a session")
def end_session(*, viewer: Viewer, session: LoginSession) -> None:
    """End one session at once."""
    sessions.end(LoginSession.objects.filter(pk=session.pk))
    record(
        viewer, "security.end_session", target=_target(session.user_id),
        before={"device": session.device, "address": session.address},
    )  # fmt: skip


def may_end_sessions(viewer: Viewer, user: User) -> bool:
    """The person whose they are, or a security administrator."""
    return viewer.known and (user.pk == viewer.user_id or viewer.has(Role.SECURITY))


@action("security.end_sessions", zh="结束某人的全部会话", en="end a person's sessions")
def end_sessions(*, viewer: Viewer, user: User, keep: int | None = None) -> int:
    """End all sessions of a person but the one numbered ``keep``, and return how many."""
    ended = sessions.end(LoginSession.objects.filter(user_id=user.pk).exclude(pk=keep))
    record(viewer, "security.end_sessions", target=_target(user.pk), after={"ended": ended})
    return ended


def may_unlock(viewer: Viewer, user: User) -> bool:
    """A security administrator, but not the own account."""
    return viewer.has(Role.SECURITY) and user.pk != viewer.user_id


@action("security.unlock", zh="解锁账号", en="unlock an account")
def unlock(*, viewer: Viewer, user: User) -> None:
    """Forget the failed logins of an account, so that its owner can try again."""
    locks = lockout.locks_of(user.pk).count()
    lockout.release(user.pk)
    record(viewer, "security.unlock", target=_target(user.pk), before={"locks": locks})


def may_reset_factor(viewer: Viewer, user: User) -> bool:
    """A security administrator, but not the own account."""
    return may_unlock(viewer, user)


@action("security.reset_factor", zh="重置第二因素", en="reset a second factor")
def reset_factor(*, viewer: Viewer, user: User) -> None:
    """Take a person's second factor away (the phone is lost); sessions end, enrolment comes next."""
    removed = Authenticator.objects.filter(user_id=user.pk).delete()[0]
    ended = sessions.end(LoginSession.objects.filter(user_id=user.pk))
    record(
        viewer, "security.reset_factor", target=_target(user.pk), before={"factors": removed, "sessions": ended}
    )  # fmt: skip


def may_reset_password(viewer: Viewer, user: User) -> bool:
    """A security administrator, but not the own account."""
    return may_unlock(viewer, user)


@action("security.reset_password", zh="重设初始密码", en="set an initial password")
def reset_password(*, viewer: Viewer, user: User) -> str:
    """Give a person a new random password, to be changed at the next login, and return it."""
    password = passwords.generated()
    user.set_password(password)
    user.save(update_fields=["password"])
    passwords.remember(user, initial=True)
    ended = sessions.end(LoginSession.objects.filter(user_id=user.pk))
    record(
        viewer, "security.reset_password", target=_target(user.pk), after={"sessions_ended": ended}
    )
    return password
