"""Security headers, cookies and the API's own description."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from jiqun.core.api import api
from tests.conformance.addresses import pages
from tests.console import Demo

pytestmark = [pytest.mark.django_db, pytest.mark.once]
TEMPLATES = sorted((Path(settings.BASE) / "jiqun").rglob("templates/**/*.html"))
INLINE = re.compile(
    r"<script(?![^>]*\bsrc=)[^>]*>|<style|\sstyle=|\son[a-z]+=|javascript:", re.IGNORECASE
)


def test_every_page_is_locked_down(demo: Demo, sign_in: Callable[..., Client]) -> None:
    client = sign_in("analyst")
    for path in [address.path for address in pages(demo)] + ["/accounts/login/", "/no/such/page"]:
        answer = client.get(path)
        policy = dict(
            part.strip().split(" ", 1)
            for part in answer["Content-Security-Policy"].split(";")
            if part.strip()
        )
        assert "unsafe" not in answer["Content-Security-Policy"], path
        assert policy["default-src"] == "'self'"
        assert policy["object-src"] == "'none'"
        assert policy["frame-ancestors"] == "'none'"
        assert answer["X-Frame-Options"] == "DENY"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_needs_an_inline_script_or_style(path: Path) -> None:
    assert not INLINE.findall(path.read_text(encoding="utf-8"))


def test_cookies_are_kept_from_scripts_and_other_sites(sign_in: Callable[..., Client]) -> None:
    answer = sign_in("analyst").post("/purpose/", {"purpose": "核对补链清单"})
    session = answer.cookies["sessionid"]
    assert session["httponly"]
    assert session["samesite"] == "Lax"
    assert session["max-age"] == 8 * 3600


def test_under_https_everything_is_secure() -> None:
    script = (
        "from config import settings as s; "
        "print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_SSL_REDIRECT, s.SECURE_HSTS_SECONDS > 0)"
    )
    environment = {**os.environ, "JIQUN_HTTPS": "1", "JIQUN_SECRET_KEY": "x" * 50}
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=settings.BASE,
        env=environment,
        capture_output=True,
        check=True,
    )
    assert done.stdout.split() == [b"True"] * 4


def test_a_form_without_its_token_is_refused(people: object) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(people["analyst"])  # type: ignore[index]
    for path in ("/purpose/", "/api-token/", "/accounts/logout/"):
        assert client.post(path, {"purpose": "核对补链清单", "label": "x"}).status_code == 403, path


def test_the_api_describes_itself() -> None:
    schema = api.get_openapi_schema()
    assert schema["openapi"].startswith("3.")
    assert schema["info"]["title"]
    assert schema["info"]["version"]
    assert schema["components"]["securitySchemes"]
    names: list[str] = []
    for route, methods in schema["paths"].items():
        assert route.startswith("/api/")
        for method, operation in methods.items():
            assert method in {"get", "post"}, "nothing is replaced or deleted by its address alone"
            assert re.search(r"[\u4e00-\u9fff].*[a-z]", operation["summary"]), (
                f"{route}: both languages"
            )
            assert "200" in {str(status) for status in operation["responses"]}
            assert operation["security"]
            declared = {
                one["name"] for one in operation.get("parameters", ()) if one["in"] == "path"
            }
            assert declared == set(re.findall(r"\{(\w+)\}", route))
            names.append(operation["operationId"])
    assert len(names) == len(set(names))
    text = str(schema)
    for reference in re.findall(r"#/components/schemas/(\w+)", text):
        assert reference in schema["components"]["schemas"]
