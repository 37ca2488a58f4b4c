"""The second factor: enrolment, login, recovery codes, guessing, resetting."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from jiqun.core.access import ADMINISTRATORS, ANONYMOUS, Role, Viewer
from jiqun.core.models import AuditEntry
from jiqun.core.security import actions, factors, passwords
from jiqun.masters.models import Membership, Organisation
from tests.console import text_of

pytestmark = pytest.mark.django_db
WORD = "Zwei-Hasen-4711"
ENROL = "/accounts/factor/totp/activate/"
CODE = "/accounts/factor/authenticate/"
Person = Callable[..., User]


@pytest.fixture(autouse=True)
def other_process() -> None:
    """Forget what allauth remembers of used codes in this one process only."""
    cache.clear()


@pytest.fixture
def person() -> Person:
    organisation = Organisation.objects.create(name="合成示例局", kind="bureau", place="*")

    def opened(name: str, role: Role = Role.ANALYST) -> User:
        user = User.objects.create_user(name, password=WORD)
        Membership.objects.create(user=user, organisation=organisation, role=role.value)
        passwords.remember(user, initial=False)
        return user

    return opened


def _sign_in(name: str) -> Client:
    client = Client()
    client.post("/accounts/login/", {"login": name, "password": WORD})
    return client


def _inside(client: Client) -> bool:
    return client.get("/security/sessions/").status_code == 200


def code_of(secret: str, *, step: int = 0) -> str:
    """The six digits of RFC 6238 for now, or for ``step`` half minutes later."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + step))


def _enrol(client: Client) -> str:
    """Enrol by the pages and return the secret."""
    client.post("/accounts/confirm/", {"password": WORD})
    secret = re.search(r"<code>([A-Z2-7]{32})</code>", text_of(client, ENROL))
    assert secret
    while True:  # a half minute may end between the code and its check
        began = int(time.time()) // 30
        answer = client.post(ENROL, {"code": code_of(secret[1], step=-1)})
        if answer.status_code == 302 or began == int(time.time()) // 30:
            break
    assert answer.status_code == 302
    return secret[1]


def test_codes_are_those_of_rfc_6238() -> None:
    # Appendix B, SHA-1: at 59 s the code is 94287082, of which the last six digits are shown.
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    assert format_hotp_value(hotp_value(secret, 59 // 30)) == "287082"
    assert format_hotp_value(hotp_value(secret, 1111111109 // 30)) == "081804"


@pytest.mark.parametrize(
    ("policy", "needing"),
    [
        ("off", frozenset()),
        ("admins", ADMINISTRATORS),
        ("officials", ADMINISTRATORS | {Role.ANALYST, Role.BUTLER}),
        ("all", frozenset(Role)),
    ],
)
def test_the_setting_says_who_needs_one(
    settings: Settings, policy: str, needing: frozenset[Role]
) -> None:
    settings.MFA = policy
    assert {
        role for role in Role if factors.demanded(Viewer(1, roles=frozenset({role})))
    } == needing
    assert factors.demanded(Viewer(1)) is (policy == "all")
    assert not factors.demanded(ANONYMOUS)


@pytest.mark.asvs("6.3.2", "6.3.3")
def test_who_needs_one_gets_nowhere_before_enrolling(person: Person, settings: Settings) -> None:
    settings.MFA = "officials"
    user = person("mei")
    client = _sign_in("mei")
    for path in ("/", "/data/", "/security/sessions/"):
        assert client.get(path)["Location"] == ENROL, path
    assert client.get("/api/chain/scopes").json()["code"] == "E-FACTOR-DUE"
    _enrol(client)
    assert _inside(client)
    stored = Authenticator.objects.get(user=user, type="totp").data["secret"]
    assert stored.startswith("gAAAA"), "closed, not as it is"


def test_a_firm_needs_none_under_the_default(person: Person, settings: Settings) -> None:
    settings.MFA = "officials"
    person("lan", Role.FIRM)
    assert _inside(_sign_in("lan"))


@pytest.mark.asvs("6.5.1")
def test_the_password_alone_is_not_enough_and_each_code_counts_once(person: Person) -> None:
    person("mei")
    secret = _enrol(_sign_in("mei"))
    client = _sign_in("mei")
    assert not _inside(client)
    code = code_of(secret)
    assert client.post(CODE, {"code": code}).status_code == 302
    assert _inside(client)
    thief = _sign_in("mei")
    cache.clear()
    assert "已用过" in thief.post(CODE, {"code": code}).content.decode()
    assert not _inside(thief)


@pytest.mark.asvs("6.5.5")
def test_a_code_is_over_after_a_minute(person: Person) -> None:
    person("mei")
    secret = _enrol(_sign_in("mei"))
    for step in (-3, -2, 2, 3):
        client = _sign_in("mei")
        client.post(CODE, {"code": code_of(secret, step=step)})
        assert not _inside(client), step


@pytest.mark.asvs("6.6.3", "6.3.1")
def test_five_wrong_codes_lock(person: Person) -> None:
    user = person("mei")
    secret = _enrol(_sign_in("mei"))
    client = _sign_in("mei")
    wrong = [
        code
        for code in ("000000", "111111", "222222", "333333", "444444", "555555", "666666")
        if code not in {code_of(secret, step=s) for s in (-1, 0, 1)}
    ]
    answers = [client.post(CODE, {"code": code}).content.decode() for code in wrong[:5]]
    assert "已锁定" not in answers[3]
    assert "已锁定" in answers[4]
    client.post(CODE, {"code": code_of(secret)})
    assert not _inside(client)
    assert (
        AuditEntry.objects.filter(action="security.factor_failed", target=f"user:{user.pk}").count()
        == 5
    )


@pytest.mark.asvs("6.5.1", "6.5.3", "6.5.4")
def test_recovery_codes_are_random_and_count_once(person: Person) -> None:
    person("mei")
    client = _sign_in("mei")
    _enrol(client)
    page = text_of(client, "/accounts/factor/recovery-codes/")
    codes = re.findall(r"<code>(\d{8})</code>", page)
    assert len(set(codes)) == 10  # 10^8 > 2^20 each
    again = _sign_in("mei")
    again.post(CODE, {"code": codes[0]})
    assert _inside(again)
    thief = _sign_in("mei")
    thief.post(CODE, {"code": codes[0]})
    assert not _inside(thief)


@pytest.mark.asvs("7.5.1")
def test_the_factor_changes_only_after_the_person_has_confirmed(person: Person) -> None:
    user = person("mei")
    client = _sign_in("mei")
    assert "/accounts/confirm/" in client.get(ENROL)["Location"]
    _enrol(client)
    later = _sign_in("mei")
    later.force_login(user)
    for path in ("/accounts/factor/totp/deactivate/", "/accounts/factor/recovery-codes/generate/"):
        assert later.post(path)["Location"].startswith("/accounts/"), path
    assert Authenticator.objects.filter(user=user, type="totp").exists()


def test_where_it_is_demanded_nobody_takes_it_off_alone(person: Person, settings: Settings) -> None:
    user = person("mei")
    client = _sign_in("mei")
    _enrol(client)
    settings.MFA = "officials"
    client.post("/accounts/factor/totp/deactivate/")
    assert Authenticator.objects.filter(user=user, type="totp").exists()


def test_a_lost_phone_is_reset_by_a_security_administrator(person: Person) -> None:
    user, keeper = person("mei"), person("wen", Role.SECURITY)
    client = _sign_in("mei")
    _enrol(client)
    assert _inside(client)
    who = Viewer(keeper.pk, "wen", frozenset({Role.SECURITY}))
    actions.reset_factor(viewer=who, user=user)
    assert not _inside(client), "the sessions end with it"
    assert not Authenticator.objects.filter(user=user).exists()
    assert _inside(_sign_in("mei"))
    assert AuditEntry.objects.filter(action="security.reset_factor", user=keeper).exists()


def test_a_secret_closed_under_another_key_opens_nothing(settings: Settings) -> None:
    adapter = factors.FactorAdapter()
    closed = adapter.encrypt("GEZDGNBVGY3TQOJQ")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "b" * 50
    assert adapter.decrypt(closed) == "GEZDGNBVGY3TQOJQ"
    settings.SECRET_KEY_FALLBACKS = []
    assert adapter.decrypt(closed) == ""


def test_the_pages_of_the_factor_are_ours(person: Person) -> None:
    person("mei")
    client = _sign_in("mei")
    client.post("/accounts/confirm/", {"password": WORD})
    page = text_of(client, ENROL)
    assert "data:image/svg+xml;base64," in page
    _enrol(client)
    pages = [
        text_of(client, f"/accounts/factor/{path}")
        for path in ("", "totp/deactivate/", "recovery-codes/", "recovery-codes/generate/")
    ]
    pages.append(text_of(_sign_in("mei"), CODE))
    pages.append(text_of(client, "/accounts/factor/reauthenticate/"))
    for one in (page, *pages):
        assert "jq-header" in one
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=", one)
