"""Login, lock-out, forced change, sessions: through the pages as a browser uses them."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from config import settings as plain
from jiqun.core.access import Role, Viewer
from jiqun.core.models import AuditEntry, LoginSession, PasswordRecord, RateCounter
from jiqun.core.security import actions, lockout, passwords
from jiqun.core.security.sessions import STATE
from jiqun.errors import JiqunError
from jiqun.masters.models import Membership, Organisation
from tests.console import text_of

pytestmark = pytest.mark.django_db
WORD = "Zwei-Hasen-4711"
OTHER = "Drei-Dachse-0815"
LOGIN = "/accounts/login/"
PASSWORD = "/accounts/password/"
Person = Callable[..., User]


@pytest.fixture
def person() -> Person:
    """Open an account with an own password, in an organisation with a role."""
    organisation = Organisation.objects.create(name="合成示例局", kind="bureau", place="*")

    def opened(name: str, role: Role = Role.ANALYST, *, initial: bool = False) -> User:
        user = User.objects.create_user(name, password=WORD)
        Membership.objects.create(user=user, organisation=organisation, role=role.value)
        passwords.remember(user, initial=initial)
        return user

    return opened


def _sign_in(client: Client, name: str, word: str = WORD, **extra: str) -> int:
    return client.post(LOGIN, {"login": name, "password": word}, **extra).status_code


def _inside(client: Client) -> bool:
    return client.get("/security/sessions/").status_code == 200


def _confirm(client: Client, word: str = WORD) -> None:
    client.post("/accounts/confirm/", {"password": word})


def _actions(user: User) -> list[str]:
    return list(
        AuditEntry.objects.filter(target=f"user:{user.pk}")
        .order_by("pk")
        .values_list("action", flat=True)
    )


@pytest.mark.asvs("16.3.1")
def test_login_failure_and_logout_are_logged(person: Person) -> None:
    user, client = person("mei"), Client()
    assert _sign_in(client, "mei", "wrong") == 200
    assert _sign_in(client, "mei") == 302
    assert _inside(client)
    client.post("/accounts/logout/")
    assert not _inside(client)
    assert _actions(user) == ["security.login_failed", "security.login", "security.logout"]


@pytest.mark.asvs("7.2.4", "7.2.2")
def test_login_and_asking_again_each_make_a_new_session_key(person: Person) -> None:
    person("mei")
    client = Client()
    client.get(LOGIN)
    client.post("/i18n/setlang/", {"language": "en"})
    before = client.session.session_key
    _sign_in(client, "mei")
    first = client.cookies["sessionid"].value
    assert first != before
    assert len(first) >= 32
    _inside(client)
    _confirm(client)
    assert client.cookies["sessionid"].value != first
    assert _inside(client)
    assert LoginSession.objects.count() == 1, "one session, listed once under its new key"


@pytest.mark.asvs("6.3.1")
@pytest.mark.parametrize("name", ["mei", "nobody-of-that-name"])
def test_five_wrong_passwords_lock_an_account_that_exists_and_one_that_does_not(
    person: Person, name: str
) -> None:
    person("mei")
    client = Client()
    answers = [
        client.post(LOGIN, {"login": name, "password": "wrong"}).content.decode() for _ in range(6)
    ]
    assert not any("已锁定" in one for one in answers[:4])
    assert "已锁定" in answers[4]
    assert "15 分钟" in answers[4]
    assert "已锁定" in answers[5]
    _sign_in(client, name)
    assert not _inside(client), "the right password does not help either"


def test_a_lock_is_of_one_address_until_attempts_come_from_many(person: Person) -> None:
    person("mei")
    for _ in range(5):
        _sign_in(Client(), "mei", "wrong", REMOTE_ADDR="203.0.113.1")
    client = Client(REMOTE_ADDR="203.0.113.2")
    _sign_in(client, "mei")
    assert _inside(client), "somebody elsewhere cannot lock a person out with five attempts"
    for n in range(16):
        _sign_in(Client(), "mei", "wrong", REMOTE_ADDR=f"203.0.113.{10 + n}")
    late = Client(REMOTE_ADDR="203.0.113.2")
    _sign_in(late, "mei")
    assert not _inside(late), "twenty failures from everywhere lock the account"


def test_a_lock_ends_after_its_time(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    person("mei")
    client = Client()
    for _ in range(6):
        _sign_in(client, "mei", "wrong")
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 15 * 60 + 1)
    _sign_in(client, "mei")
    assert _inside(client)


def test_a_login_that_works_forgets_the_failures_before(person: Person) -> None:
    person("mei")
    client = Client()
    for _ in range(3):
        for _ in range(4):
            _sign_in(client, "mei", "wrong")
        _sign_in(client, "mei")
        assert _inside(client)
        client.post("/accounts/logout/")


def test_a_typed_name_that_nobody_has_is_not_kept(person: Person) -> None:
    _sign_in(Client(), "MyPassword!1", "wrong")
    kept = [
        *RateCounter.objects.values_list("bucket", flat=True),
        *map(str, AuditEntry.objects.values()),
    ]
    assert kept
    assert not [one for one in kept if "mypassword" in one.lower()]


def test_a_closed_account_answers_like_a_wrong_password(person: Person) -> None:
    user = person("mei")
    wrong = Client().post(LOGIN, {"login": "mei", "password": "wrong"}).content
    User.objects.filter(pk=user.pk).update(is_active=False)
    closed = Client().post(LOGIN, {"login": "mei", "password": WORD})
    strip = lambda text: text.split(b"jq-main", 2)[2].split(b"csrfmiddlewaretoken")[0]  # noqa: E731
    assert closed.status_code == 200
    assert strip(closed.content) == strip(wrong)


@pytest.mark.asvs("7.4.5")
def test_a_security_administrator_unlocks_and_it_is_logged(person: Person) -> None:
    user, keeper = person("mei"), person("wen", Role.SECURITY)
    for _ in range(6):
        _sign_in(Client(), "mei", "wrong")
    client = Client()
    _sign_in(client, "wen")
    page = text_of(client, "/security/people/?show=locked")
    assert "锁定" in page
    assert "mei" in page
    client.post("/security/people/", {"person": user.pk, "verb": "unlock"})
    assert lockout.locked_accounts(), "nothing is done before the administrator has confirmed"
    _confirm(client)
    client.post("/security/people/", {"person": user.pk, "verb": "unlock"})
    assert not lockout.locked_accounts()
    assert _actions(user)[-1] == "security.unlock"
    assert AuditEntry.objects.filter(action="security.unlock", user=keeper).exists()
    again = Client()
    _sign_in(again, "mei")
    assert _inside(again)
    client.post("/security/people/", {"person": user.pk, "verb": "end_sessions"})
    assert not _inside(again)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SECURITY])
def test_only_a_security_administrator_looks_after_accounts(person: Person, role: Role) -> None:
    user, other = person("mei", role), person("lan")
    client = Client()
    client.force_login(user)
    assert client.get("/security/people/").status_code == 403
    who = Viewer(user.pk, "mei", frozenset({role}))
    for verb in (
        actions.unlock,
        actions.reset_factor,
        actions.reset_password,
        actions.end_sessions,
    ):
        with pytest.raises(JiqunError, match="E-FORBIDDEN"):
            verb(viewer=who, user=other)


def test_nobody_looks_after_the_own_account(person: Person) -> None:
    keeper = person("wen", Role.SECURITY)
    who = Viewer(keeper.pk, "wen", frozenset({Role.SECURITY}))
    for verb in (actions.unlock, actions.reset_factor, actions.reset_password):
        with pytest.raises(JiqunError, match="E-FORBIDDEN"):
            verb(viewer=who, user=keeper)


@pytest.mark.asvs("6.4.1", "6.4.3")
def test_an_administrators_password_is_random_and_has_to_be_changed_first(person: Person) -> None:
    user, keeper = person("mei"), person("wen", Role.SECURITY)
    who = Viewer(keeper.pk, "wen", frozenset({Role.SECURITY}))
    made = [actions.reset_password(viewer=who, user=user) for _ in range(2)]
    assert made[0] != made[1]
    user.refresh_from_db()
    assert not passwords.problems_of(made[1])
    client = Client()
    _sign_in(client, "mei", made[1])
    for path in ("/", "/data/", "/security/sessions/"):
        answer = client.get(path)
        assert (answer.status_code, answer["Location"]) == (302, PASSWORD), path
    assert client.get("/api/chain/scopes").status_code == 403
    assert client.get("/api/chain/scopes").json()["code"] == "E-PASSWORD-DUE"
    assert "初始密码" in text_of(client, PASSWORD)
    client.post(PASSWORD, {"oldpassword": made[1], "password1": OTHER, "password2": OTHER})
    assert _inside(client)


def test_a_password_expires_after_ninety_days_under_mlps3_only(
    person: Person, settings: Settings
) -> None:
    user = person("mei")
    PasswordRecord.objects.update(at=timezone.now() - timedelta(days=91))
    assert passwords.change_due(user, now=timezone.now()) == "expired"
    client = Client()
    _sign_in(client, "mei")
    assert client.get("/data/")["Location"] == PASSWORD
    settings.PASSWORD_PROFILE = "asvs"
    assert passwords.change_due(user, now=timezone.now()) == ""
    assert _inside(client)


def test_a_demo_does_not_make_newcomers_change_anything(person: Person, settings: Settings) -> None:
    settings.DEMO = True
    user = person("mei", initial=True)
    client = Client()
    _sign_in(client, "mei")
    assert _inside(client)
    assert passwords.change_due(user, now=timezone.now()) == ""


@pytest.mark.asvs("6.2.2", "6.2.3", "7.4.3")
def test_a_new_password_needs_the_present_one_and_ends_the_other_sessions(person: Person) -> None:
    user = person("mei")
    here, elsewhere = Client(), Client()
    for client in (here, elsewhere):
        _sign_in(client, "mei")
        assert _inside(client)
    new = {"password1": OTHER, "password2": OTHER}
    assert "现在的密码不对" in here.post(PASSWORD, {"oldpassword": "wrong", **new}).content.decode()
    here.post(PASSWORD, {"oldpassword": WORD, **new})
    user.refresh_from_db()
    assert user.check_password(OTHER)
    assert _inside(here)
    assert not _inside(elsewhere)
    assert LoginSession.objects.filter(user=user).count() == 1
    assert "security.password" in _actions(user)


@pytest.mark.asvs("7.3.1", "7.3.2", "7.4.1")
@pytest.mark.parametrize(("minutes", "step"), [(31, 31), (8 * 60 + 1, 20)], ids=["idle", "old"])
def test_a_session_ends_by_itself(
    person: Person, monkeypatch: pytest.MonkeyPatch, minutes: int, step: int
) -> None:
    person("mei")
    client = Client()
    _sign_in(client, "mei")
    assert _inside(client)
    began, key = time.time(), client.cookies["sessionid"].value
    for at in range(step, minutes - 1, step):
        monkeypatch.setattr(time, "time", lambda at=at: began + at * 60)
        assert _inside(client)
    monkeypatch.setattr(time, "time", lambda: began + minutes * 60)
    assert client.get("/data/").status_code == 302
    again = Client()
    again.cookies["sessionid"] = key
    assert not _inside(again), "its key opens nothing any more"
    assert not LoginSession.objects.exists()


def test_a_session_in_use_is_written_once_a_minute(
    person: Person,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: Callable[..., object],
) -> None:
    person("mei")
    client = Client()
    _sign_in(client, "mei")
    _inside(client)
    before = LoginSession.objects.get().seen
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 30)
    _inside(client)
    assert LoginSession.objects.get().seen == before
    monkeypatch.setattr(time, "time", lambda: now + 61)
    _inside(client)
    assert LoginSession.objects.get().seen > before


@pytest.mark.asvs("7.4.2", "7.2.1")
def test_a_closed_account_is_out_at_once(person: Person) -> None:
    user = person("mei")
    client = Client()
    _sign_in(client, "mei")
    assert _inside(client)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert not _inside(client)


def test_a_role_that_is_taken_away_counts_at_once(person: Person) -> None:
    user = person("mei", Role.SECURITY)
    client = Client()
    _sign_in(client, "mei")
    assert client.get("/security/people/").status_code == 200
    Membership.objects.filter(user=user).update(role=Role.ANALYST)
    assert client.get("/security/people/").status_code == 403


@pytest.mark.asvs("7.5.2")
def test_a_person_sees_and_ends_the_own_sessions_and_no_others(person: Person) -> None:
    person("mei")
    person("lan")
    here, there, other = (
        Client(),
        Client(HTTP_USER_AGENT="Mozilla/5.0 (Windows NT 10.0) Firefox/140.0"),
        Client(),
    )
    for client, name in ((here, "mei"), (there, "mei"), (other, "lan")):
        _sign_in(client, name)
        assert _inside(client)
    page = text_of(here, "/security/sessions/")
    assert "Firefox · Windows" in page
    assert page.count("<tr>") == 3  # the heading and two sessions
    row = LoginSession.objects.get(device="Firefox · Windows")
    here.post("/security/sessions/", {"session": row.pk})
    assert _inside(there), "not before the person has confirmed"
    _confirm(here)
    foreign = LoginSession.objects.get(user__username="lan")
    assert here.post("/security/sessions/", {"session": foreign.pk}).status_code == 404
    here.post("/security/sessions/", {"session": row.pk})
    assert not _inside(there)
    assert _inside(here)
    assert _inside(other)


def test_the_state_of_a_session_is_not_handed_to_the_next_person(person: Person) -> None:
    person("mei")
    person("lan")
    client = Client()
    _sign_in(client, "mei")
    _inside(client)
    row = client.session[STATE]["row"]
    client.post("/accounts/logout/")
    _sign_in(client, "lan")
    _inside(client)
    assert client.session[STATE]["row"] != row


@pytest.mark.asvs("11.4.2")
def test_passwords_are_kept_by_a_slow_salted_function(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = plain.PASSWORD_HASHERS
    user = User.objects.create_user("mei", password=WORD)
    algorithm, cost, salt, block, parallel, _ = user.password.split("$")
    # OWASP's password storage cheat sheet lists N=2^14, r=8, p=5 as equal to N=2^17, p=1.
    assert (algorithm, int(cost), int(block), int(parallel)) == ("scrypt", 2**14, 8, 5)
    assert len(salt) >= 16
