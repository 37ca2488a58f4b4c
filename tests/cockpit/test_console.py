"""The start page, the tables, the quarantine, the token page, languages and errors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.test.client import RequestFactory

from jiqun.core.health import server_error
from jiqun.core.models import AuditEntry
from jiqun.demo import flaws
from tests.console import Demo, SignIn, text_of

pytestmark = pytest.mark.django_db


def test_the_county_at_a_glance_and_how_fresh_it_is(demo: Demo, sign_in: SignIn) -> None:
    text = text_of(sign_in("analyst"), "/")
    for words in ("合成示例县", "主导行业", "补链条目", "各数据表有多新", "统计局", "合成数据"):
        assert words in text


def test_an_empty_installation_says_what_to_do(
    tmp_path: Path, sign_in: SignIn, settings: object
) -> None:
    client = sign_in("analyst")
    settings.STORE = tmp_path / "empty"  # type: ignore[attr-defined]
    for path, words in (
        ("/", "jiqun load"),
        ("/data/", "还没有装载数据"),
        ("/data/quarantine/", "说明用途后才显示"),
    ):
        assert words in text_of(client, path)
    assert "E-SCOPE-NONE" in text_of(client, "/chain/", 404)


def test_every_table_balances(demo: Demo, sign_in: SignIn) -> None:
    text = text_of(sign_in("nobody"), "/data/")
    assert "收到 = 接收 + 隔离 + 重复" in text
    for row in demo.store.batches().iter_rows(named=True):
        assert row["received"] == row["accepted"] + row["quarantined"] + row["duplicate"]


def test_quarantined_rows_name_the_remedy(demo: Demo, sign_in: SignIn) -> None:
    text = text_of(sign_in("analyst", purpose="核对补链清单"), "/data/quarantine/")
    held = demo.store.polars("_quarantine")
    refused = [row for row in map(json.loads, held["record"]) if row["code"].startswith("E-")]
    assert len(refused) == sum(n for codes in flaws.PLANTED.values() for n in codes.values())
    for row in refused:
        assert row["remedy_zh"] in text
        assert row["remedy_en"]
    for name, status in (
        ("elsewhere", 200),
        ("system", 403),
        ("security", 403),
        ("audit", 403),
        ("firm", 403),
        ("butler", 403),
        ("nobody", 403),
    ):
        assert ("E-FORBIDDEN" in text_of(sign_in(name), "/data/quarantine/", status)) == (
            status == 403
        )


@pytest.mark.parametrize(
    "name", ["firm", "butler", "partner", "system", "security", "audit", "nobody"]
)
def test_only_officials_state_a_purpose(demo: Demo, sign_in: SignIn, name: str) -> None:
    assert "E-FORBIDDEN" in text_of(sign_in(name), "/purpose/", 403)
    assert sign_in(name).post("/purpose/", {"purpose": "核对补链清单"}).status_code == 403
    assert not AuditEntry.objects.exists()


def test_a_person_chooses_the_language(demo: Demo, sign_in: SignIn) -> None:
    client = sign_in("analyst")
    assert '<html lang="zh-hans"' in text_of(client, "/")
    client.post("/i18n/setlang/", {"language": "en", "next": "/"})
    assert '<html lang="en"' in text_of(client, "/")
    client.post("/i18n/setlang/", {"language": "zh-hans", "next": "/"})
    assert '<html lang="zh-hans"' in text_of(client, "/")


@pytest.mark.parametrize(
    ("language", "words"), [("zh-hans", "没有这个页面"), ("en", "there is no such page")]
)
def test_an_error_speaks_the_persons_language(
    demo: Demo, sign_in: SignIn, language: str, words: str
) -> None:
    client = sign_in("analyst")
    client.post("/i18n/setlang/", {"language": language})
    assert words in text_of(client, "/no/such/page", 404)


def test_our_own_mistake_shows_no_detail(rf: RequestFactory) -> None:
    answer = server_error(rf.get("/"))
    assert answer.status_code == 500
    assert "E-INTERNAL" in answer.content.decode()


def test_an_error_of_a_script_is_json(demo: Demo, sign_in: SignIn) -> None:
    answer = sign_in("nobody").get("/chain/map.json")
    assert answer.json()["code"] == "E-SCOPE-NONE"


@pytest.mark.parametrize(
    "path", ["/accounts/signup/", "/accounts/password/reset/", "/accounts/email/"]
)
def test_nobody_signs_up_or_in_by_another_door(path: str) -> None:
    assert Client().get(path).status_code == 404


def test_a_person_changes_the_own_password(sign_in: SignIn, people: Mapping[str, User]) -> None:
    people["butler"].set_password("ein-langes-2026")
    people["butler"].save()
    client = sign_in("butler")
    words = {"password1": "ein-anderes-2026", "password2": "ein-anderes-2026"}
    wrong = client.post("/accounts/password/", {"oldpassword": "wrong", **words})
    assert "jq-summary" in wrong.content.decode()
    client.post("/accounts/password/", {"oldpassword": "ein-langes-2026", **words})
    assert User.objects.get(username="butler").check_password("ein-anderes-2026")


def test_health_needs_no_login() -> None:
    assert Client().get("/health").json() == {"ok": True}


def test_demo_logins_are_shown_only_in_a_demo(tmp_path: Path, settings: object) -> None:
    settings.VAR = tmp_path  # type: ignore[attr-defined]
    (tmp_path / "demo-logins.json").write_text(
        '[["分析员", "analyst", "pass-word-1"]]', encoding="utf-8"
    )
    assert "pass-word-1" not in text_of(Client(), "/accounts/login/")
    settings.DEMO = True  # type: ignore[attr-defined]
    assert "pass-word-1" in text_of(Client(), "/accounts/login/")
