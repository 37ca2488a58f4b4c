"""Rate limits: which rule counts what, the answer, and counting over several processes."""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.contrib.auth.models import User
from django.test import Client, RequestFactory
from pytest_django import DjangoDbBlocker, Settings

from jiqun.core.access import Viewer
from jiqun.core.models import RateCounter
from jiqun.core.security import limits
from jiqun.core.security.actions import issue_token
from jiqun.core.security.middleware import rule_of
from jiqun.core.security.origin import OneLine, client_address, drop_untrusted_headers


@pytest.mark.parametrize(
    ("method", "path", "name", "kind", "rule"),
    [
        ("POST", "/accounts/login/", "account_login", "application/x-www-form-urlencoded", "login"),
        ("GET", "/accounts/login/", "account_login", "", ""),
        ("POST", "/accounts/factor/authenticate/", "mfa_authenticate", "", "login"),
        ("POST", "/api-token/", "api-token", "", "token"),
        ("POST", "/import/", "import", "multipart/form-data; boundary=x", "upload"),
        ("GET", "/chain/export.xlsx", "chain-export", "", "export"),
        ("GET", "/chain/map.pdf", "chain-map-pdf", "", "export"),
        ("GET", "/search/", "search", "", "search"),
        ("POST", "/api/chain/x", "x", "application/json", "write"),
        ("DELETE", "/api/chain/x", "x", "", "write"),
        ("GET", "/api/chain/x", "x", "", ""),
        ("GET", "/", "start", "", ""),
    ],
)
def test_which_rule_counts_what(method: str, path: str, name: str, kind: str, rule: str) -> None:
    assert rule_of(method, path, name, kind) == rule


def test_the_setting_changes_single_rules() -> None:
    assert limits.read_rules("") == limits.RULES
    assert limits.read_rules("off") == {}
    changed = limits.read_rules("export=3/60, search=1/2")
    assert changed["export"] == limits.Rule(3, 60)
    assert changed["search"] == limits.Rule(1, 2)
    assert changed["login"] == limits.RULES["login"]
    for wrong in ("exprt=3/60", "export=3", "export=a/b"):
        with pytest.raises(ValueError):  # noqa: PT011 - the number's message is Python's
            limits.read_rules(wrong)


@pytest.mark.django_db
@pytest.mark.asvs("2.4.1")
def test_too_many_get_429_with_the_seconds_to_wait(settings: Settings) -> None:
    settings.RATE_LIMITS = "token=3/600"
    client = Client()
    client.force_login(User.objects.create_user("mei", password="Zwei-Hasen-4711"))
    answers = [client.post("/api-token/", {"label": "x"}) for _ in range(4)]
    assert [one.status_code for one in answers] == [302, 302, 302, 429]
    assert 590 <= int(answers[3]["Retry-After"]) <= 600
    page = answers[3].content.decode()
    assert "E-TOO-MANY" in page
    assert "操作过于频繁" in page
    other = Client()
    other.force_login(User.objects.create_user("lan", password="Zwei-Hasen-4711"))
    assert other.post("/api-token/", {"label": "x"}).status_code == 302, "others are not affected"


@pytest.mark.django_db
@pytest.mark.asvs("2.4.1")
def test_the_api_says_it_as_json_and_counts_by_token(settings: Settings) -> None:
    settings.RATE_LIMITS = "write=2/600"
    user = User.objects.create_user("mei", password="Zwei-Hasen-4711")
    token = issue_token(viewer=Viewer(user.pk), label="x")
    headers = {"Authorization": f"Bearer {token}"}
    answers = [
        Client().post("/api/chain/scopes", "{}", "application/json", headers=headers)
        for _ in range(3)
    ]
    assert answers[2].status_code == 429
    assert answers[2].json()["code"] == "E-TOO-MANY"
    assert int(answers[2]["Retry-After"]) > 0


@pytest.mark.django_db
def test_logins_are_counted_by_address(settings: Settings) -> None:
    settings.RATE_LIMITS = "login=4/300"
    told = [
        Client().post("/accounts/login/", {"login": f"n{n}", "password": "x"}).status_code
        for n in range(5)
    ]
    assert told == [200] * 4 + [429]
    elsewhere = Client(REMOTE_ADDR="203.0.113.9")
    assert elsewhere.post("/accounts/login/", {"login": "n", "password": "x"}).status_code == 200


@pytest.mark.django_db
def test_a_window_ends_and_old_counters_go(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [limits.count("a", 10).count for _ in range(3)] == [1, 2, 3]
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 11)
    assert limits.count("a", 10).count == 1
    monkeypatch.setattr(time, "time", lambda: now + 2 * 86_400)
    limits.count("b", 10)
    assert list(RateCounter.objects.values_list("bucket", flat=True)) == ["b"]


def _two_processes(database: Path, mode: str, times: int) -> list[int]:
    command = [sys.executable, "-m", "tests.core.limits_worker", str(database), mode, str(times)]
    begun = [
        subprocess.Popen(command, cwd=configured.BASE, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    return [int(one.communicate(timeout=120)[0]) for one in begun]


@pytest.fixture
def shared_database(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Path:
    """A SQLite file with our tables, for processes of their own."""
    path = tmp_path / "shared.sqlite3"
    script = (
        "import sys, django; from django.conf import settings; "
        "settings.DATABASES['default']['NAME'] = sys.argv[1]; django.setup(); "
        "from django.db import connection; from django.contrib.auth.models import User; "
        "from django.contrib.contenttypes.models import ContentType; "
        "from django.contrib.auth.models import Group, Permission; "
        "from jiqun.core.models import RateCounter; "
        "editor = connection.schema_editor(); editor.__enter__(); "
        "[editor.create_model(one) for one in (ContentType, Permission, Group, User, RateCounter)]; "
        "editor.__exit__(None, None, None)"
    )
    environment = {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PATH": "",
        "JIQUN_VAR": str(tmp_path),
    }
    subprocess.run(
        [sys.executable, "-c", script, str(path)], cwd=configured.BASE, env=environment, check=True
    )
    return path


@pytest.mark.asvs("6.3.1", "2.4.1")
def test_two_processes_count_together(shared_database: Path) -> None:
    assert sum(_two_processes(shared_database, "count", 60)) == 50


@pytest.mark.asvs("6.3.1")
def test_two_processes_lock_together(shared_database: Path) -> None:
    assert sum(_two_processes(shared_database, "lock", 20)) == configured.LOCK_AFTER


@pytest.mark.asvs("4.1.3", "15.3.4")
@pytest.mark.parametrize(
    ("nearest", "forwarded", "address"),
    [
        (
            "203.0.113.5",
            "198.51.100.1",
            "203.0.113.5",
        ),  # not a proxy of ours: its word counts nothing
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        (
            "10.0.0.1",
            "6.6.6.6, 198.51.100.1",
            "198.51.100.1",
        ),  # the left one was written by the client
        ("10.0.0.1", "6.6.6.6, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("", "198.51.100.1", ""),
    ],
)
def test_the_address_is_the_one_that_our_own_proxy_saw(
    settings: Settings, nearest: str, forwarded: str, address: str
) -> None:
    settings.TRUSTED_PROXIES = ["10.0.0.0/24"]
    request = RequestFactory().get("/", REMOTE_ADDR=nearest, HTTP_X_FORWARDED_FOR=forwarded)
    drop_untrusted_headers(request)
    assert client_address(request) == address


@pytest.mark.asvs("4.1.3")
def test_a_client_cannot_say_that_it_came_by_https(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = ["10.0.0.0/24"]
    for nearest, kept in (("203.0.113.5", False), ("10.0.0.1", True)):
        request = RequestFactory().get("/", REMOTE_ADDR=nearest, HTTP_X_FORWARDED_PROTO="https")
        drop_untrusted_headers(request)
        assert ("HTTP_X_FORWARDED_PROTO" in request.META) is kept


@pytest.mark.asvs("16.4.1", "16.2.1", "16.2.4")
def test_a_line_of_the_log_carries_the_request_and_stays_one_line() -> None:
    form = OneLine("{asctime} {levelname} {request_id} {name} {message}", style="{")
    record = logging.LogRecord(
        "jiqun", logging.WARNING, "x.py", 1, "user %s", ("a\nERROR fake\r\u2028b",), None
    )
    line = form.format(record)
    assert len(line.splitlines()) == 1
    assert "user a\\nERROR fake\\r\\u2028b" in line


def test_a_body_that_is_too_large_is_refused_before_it_is_read(
    settings: Settings, db: None
) -> None:
    settings.MAX_UPLOAD = 1000
    answer = Client().post("/accounts/login/", b"x" * 2_000_000, content_type="text/plain")
    assert answer.status_code == 413
    assert "E-TOO-LARGE" in answer.content.decode()
