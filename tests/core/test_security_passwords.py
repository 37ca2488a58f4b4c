"""Both password profiles, with what GB/T 22239 and OWASP ASVS ask of each."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings as configured
from django.contrib.auth.hashers import check_password
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import CommonPasswordValidator, validate_password
from django.core.exceptions import ValidationError
from django.test import Client
from pytest_django import Settings

from jiqun.core.models import PasswordRecord
from jiqun.core.security import passwords
from jiqun.masters.accounts import ClosedSignup
from jiqun.masters.models import Membership, Organisation

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["mlps3", "asvs"])
def each_profile(request: pytest.FixtureRequest, settings: Settings) -> str:
    settings.PASSWORD_PROFILE = request.param
    return str(request.param)


@pytest.fixture
def asvs(settings: Settings) -> None:
    settings.PASSWORD_PROFILE = "asvs"


def test_the_default_profile_is_the_one_of_classified_protection() -> None:
    assert configured.PASSWORD_PROFILE == "mlps3"


@pytest.mark.parametrize(
    ("word", "wrong"),
    [
        ("Kurz-4711", 1),  # nine characters
        ("zweihasen471", 1),  # two kinds
        ("zweihasenimgras", 1),  # one kind
        ("Zwei-Hasen-4711", 0),
        ("zwei-hasen-4711", 0),  # three kinds
        ("春风又绿江南岸Abc7", 0),
        ("kurze", 2),  # every problem at once
    ],
)
def test_mlps3_asks_for_length_and_kinds_of_character(word: str, wrong: int) -> None:
    assert len(passwords.problems_of(word)) == wrong


def test_mlps3_refuses_the_last_five_passwords(django_user_model: type[User]) -> None:
    user = django_user_model.objects.create_user("mei")
    words = [f"Zwei-Hasen-{n}{n + 3}{n + 1}" for n in range(7)]
    for word in words:
        assert not passwords.problems_of(word, user)
        user.set_password(word)
        user.save()
        passwords.remember(user, initial=False)
    refused = [bool(passwords.problems_of(word, user)) for word in words]
    assert refused == [False, False, True, True, True, True, True]
    assert PasswordRecord.objects.filter(user=user).count() <= 6


@pytest.mark.asvs("6.2.1")
def test_asvs_asks_for_fifteen_characters_and_mlps3_for_ten(settings: Settings) -> None:
    assert passwords.profile().shortest == 10
    settings.PASSWORD_PROFILE = "asvs"
    assert passwords.problems_of("vierzehnhasen!")
    assert not passwords.problems_of("fuenfzehn hasen")


@pytest.mark.asvs("6.2.5")
@pytest.mark.parametrize(
    "word",
    [
        "zweihasenimgrase",
        "ZWEIHASENIMGRASE",
        "一二三四五六七八九十百千万亿兆京",
        "        ~zwei hasen~",
        "31415926535897932384",
    ],
)
def test_asvs_has_no_rule_of_composition(asvs: None, word: str) -> None:
    assert not passwords.problems_of(word)


@pytest.mark.asvs("6.2.4")
def test_common_passwords_are_refused_by_both_profiles(each_profile: str) -> None:
    listed = CommonPasswordValidator().passwords
    assert len(listed) >= 3000
    for word in ("password", "qwertyuiop", "iloveyou", "1qaz2wsx3edc4rfv"):
        assert word in listed
        assert passwords.problems_of(word)
    long_enough = [word for word in listed if len(word) >= passwords.profile().shortest]
    assert long_enough
    assert all(passwords.problems_of(word) for word in long_enough)


@pytest.mark.asvs("6.2.4")
@pytest.mark.parametrize(
    "word", ["Password-2026!", "2026-Sunshine", "Aaaaaaaaaa-1", "Ab1-Ab1-Ab1-Ab1-", "Dragon123456!"]
)
def test_decorated_common_words_and_patterns_are_refused(word: str) -> None:
    assert passwords.problems_of(word)


@pytest.mark.asvs("6.2.11")
@pytest.mark.parametrize(
    "word",
    [
        "meixiang-Hasen-47",
        "Zwei-Jiqun-4711-Gras",
        "Zwei-集群-4711-gras-a",
        "ZhongGuo-Gras-4711",
        "合成袜业局-Hasen-4711",
    ],
)
def test_words_of_the_context_are_refused_by_both_profiles(each_profile: str, word: str) -> None:
    user = User.objects.create_user("meixiang", first_name="香")
    bureau = Organisation.objects.create(name="合成袜业局", kind="bureau", place="9901")
    Membership.objects.create(user=user, organisation=bureau, role="analyst")
    with pytest.raises(ValidationError):
        ClosedSignup().clean_password(word, user)


@pytest.mark.asvs("6.2.8")
@pytest.mark.parametrize("word", [" Zwei-Hasen-4711 ", "Zwei-Hasen-4711" * 9, "Ｚwei-Ｈasen-4711"])
def test_a_password_counts_exactly_as_typed(word: str) -> None:
    user = User.objects.create_user("mei", password=word)
    passwords.remember(user, initial=False)
    for typed, inside in (
        (word, True), (word.strip() + "x", False), (word[:72] + ("" if len(word) <= 72 else "x"), len(word) <= 72),
        (word.swapcase(), False), (word.replace("Ｚ", "Z").replace("Ｈ", "H").strip(), False),
    ):  # fmt: skip
        if typed == word and not inside:
            continue
        client = Client()
        client.post("/accounts/login/", {"login": "mei", "password": typed})
        assert (client.get("/security/sessions/").status_code == 200) is inside, typed
        assert check_password(typed, user.password) is inside


@pytest.mark.asvs("6.2.9")
def test_long_passwords_are_welcome_up_to_a_limit(each_profile: str) -> None:
    long = "Zwei Hasen im Gras 47 " * 9
    assert len(long) > 64
    assert not passwords.problems_of(long)
    assert passwords.problems_of(long + "Ab1-" * 30), (
        "beyond 256 a password is an attack on the server"
    )


@pytest.mark.asvs("6.2.6", "6.2.7", "6.4.2")
def test_password_fields_are_masked_and_take_pastes_and_password_managers() -> None:
    client = Client()
    pages = [client.get("/accounts/login/").content.decode()]
    client.force_login(User.objects.create_user("mei", password="Zwei-Hasen-4711"))
    pages += [
        client.get(path).content.decode() for path in ("/accounts/password/", "/accounts/confirm/")
    ]
    for page in pages:
        assert 'type="password"' in page
        assert 'autocomplete="current-password"' in page
        assert 'autocomplete="off"' not in page.split("jq-main")[2]
        assert "hint_question" not in page
        assert "密码提示问题" not in page
    assert pages[1].count('autocomplete="new-password"') == 2
    scripts = Path(configured.BASE) / "frontend"
    sources = [
        path.read_text()
        for folder in ("behaviours", "elements")
        for path in (scripts / folder).rglob("*.ts")
    ]
    assert sources
    assert not [one for one in sources if '"paste"' in one], "nothing listens to pasting"


def test_every_problem_is_said_at_once_in_the_readers_language() -> None:
    with pytest.raises(ValidationError) as caught:
        validate_password("admin", None)
    assert len(caught.value.messages) == 4  # short, one kind, common, a word of the house


def test_generated_passwords_suit_both_profiles(each_profile: str) -> None:
    made = {passwords.generated() for _ in range(50)}
    assert len(made) == 50
    assert not [word for word in made if passwords.problems_of(word)]
    # four groups of four out of 56 characters: 92 bits
    assert all(len(word.replace("-", "")) == 16 for word in made)
