"""A stand-in for WeCom and DingTalk, and the people and helpers of the tests of notices."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from jiqun.core.access import Role, Viewer
from jiqun.core.models import Robot
from jiqun.core.notices import kinds as kinds_module
from jiqun.core.notices.actions import add_robot
from jiqun.core.notices.kinds import kind
from jiqun.core.notices.outbox import Words, notify
from jiqun.masters.models import Membership, Organisation

SECRET = "SEC0123456789abcdef"
TOKEN = "abcdefgh-0123-4567"
TITLE = Words("合成示例织造有限公司的授权到期", "Consent of a firm ends")


class Service(HTTPServer):
    """A stand-in for WeCom and DingTalk that keeps what it is sent and answers as told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.got: list[tuple[str, dict[str, list[str]], dict[str, Any]]] = []
        self.answers: list[tuple[int, dict[str, Any]]] = []

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Service

    def do_POST(self) -> None:
        parts = urlsplit(self.path)
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.got.append((parts.path, parse_qs(parts.query), body))
        queue = self.server.answers
        status, said = queue.pop(0) if queue else (200, {"errcode": 0, "errmsg": "ok"})
        self.send_response(status)
        if status == 302:
            self.send_header("Location", f"{self.server.base}/elsewhere")
        self.end_headers()
        self.wfile.write(json.dumps(said).encode())

    def log_message(self, *_args: Any) -> None:
        """Stay quiet."""


@pytest.fixture
def service(settings: Settings) -> Iterator[Service]:
    made = Service()
    settings.ROBOT_HOSTS = [made.base]
    settings.PUBLIC_URL = "https://chain.example.org"
    thread = threading.Thread(target=made.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.fixture
def own_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kinds_module, "_KINDS", dict(kinds_module.kinds()))
    kind("test.consent", zh="授权到期", en="Consent ends")


@pytest.fixture
def bureau() -> Organisation:
    return Organisation.objects.create(name="合成示例局", kind="bureau", place="*")


def member(name: str, organisation: Organisation, email: str = "") -> Viewer:
    user = User.objects.create(username=name, email=email)
    Membership.objects.create(user=user, organisation=organisation, role=Role.ANALYST.value)
    return Viewer(user_id=user.pk, name=name, roles=frozenset({Role.ANALYST}))


@pytest.fixture
def ann(bureau: Organisation) -> Viewer:
    return member("ann", bureau, "ann@example.org")


@pytest.fixture
def outsider(db: None) -> Viewer:
    return member("bob", Organisation.objects.create(name="合成另一局", kind="bureau"))


def tell(*users: Viewer, key: str = "k", **more: Any) -> int:
    ids = [user.user_id for user in users if user.user_id]
    return notify(ids, kind="test.consent", title=TITLE, dedupe_key=key, link="/jobs/", **more)


def robot_of(
    who: Viewer, organisation: Organisation, service: Service, sort: str, secret: str = ""
) -> Robot:
    path, name = {
        "wecom": ("/cgi-bin/webhook/send", "key"),
        "dingtalk": ("/robot/send", "access_token"),
    }[sort]
    url = f"{service.base}{path}?{name}={TOKEN}"
    return add_robot(
        viewer=who, organisation=organisation.pk, kind=sort, label="一群", url=url, secret=secret
    )
