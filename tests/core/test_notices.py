"""Notices: told once, counted, chosen, mailed, posted to robots with the right shape and signature."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.db import transaction
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from jiqun.core.access import Grade, Role, Viewer
from jiqun.core.models import AuditEntry, Delivery, Notice, NoticeChoice, Robot
from jiqun.core.notices import kinds as kinds_module
from jiqun.core.notices.actions import add_robot, choose, read, remove_robot, try_robot
from jiqun.core.notices.deliver import RATE, deliver
from jiqun.core.notices.kinds import kind
from jiqun.core.notices.outbox import Words, notify
from jiqun.core.notices.robots import message, read_address, signature
from jiqun.core.notices.sealing import seal, unseal
from jiqun.errors import JiqunError
from jiqun.masters.models import Membership, Organisation

pytestmark = pytest.mark.django_db
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


@pytest.fixture(autouse=True)
def own_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kinds_module, "_KINDS", dict(kinds_module.kinds()))
    kind("test.consent", zh="授权到期", en="Consent ends")


@pytest.fixture
def bureau() -> Organisation:
    return Organisation.objects.create(name="合成示例局", kind="bureau", place="*")


def _member(name: str, organisation: Organisation, email: str = "") -> Viewer:
    user = User.objects.create(username=name, email=email)
    Membership.objects.create(user=user, organisation=organisation, role=Role.ANALYST.value)
    return Viewer(user_id=user.pk, name=name, roles=frozenset({Role.ANALYST}))


@pytest.fixture
def ann(bureau: Organisation) -> Viewer:
    return _member("ann", bureau, "ann@example.org")


@pytest.fixture
def outsider(db: None) -> Viewer:
    return _member("bob", Organisation.objects.create(name="合成另一局", kind="bureau"))


def _tell(*users: Viewer, key: str = "k", **more: Any) -> int:
    ids = [user.user_id for user in users if user.user_id]
    return notify(ids, kind="test.consent", title=TITLE, dedupe_key=key, link="/jobs/", **more)


def _robot(
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


# ---- console --------------------------------------------------------------------------------


def test_the_same_event_is_told_once(ann: Viewer, outsider: Viewer) -> None:
    assert _tell(ann) == 1
    assert _tell(ann, outsider) == 1, "only the one who was not told yet"
    assert _tell(ann, outsider) == 0
    assert Notice.objects.count() == 2


def test_an_organisation_is_told_with_all_its_active_people(
    ann: Viewer, bureau: Organisation, outsider: Viewer
) -> None:
    gone = _member("gone", bureau)
    User.objects.filter(pk=gone.user_id).update(is_active=False)
    assert _tell(organisation=bureau.pk) == 1
    assert Notice.objects.get().user_id == ann.user_id


def test_what_is_undone_is_not_told(ann: Viewer) -> None:
    def undone() -> None:
        with transaction.atomic():
            _tell(ann)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        undone()
    assert not Notice.objects.exists()
    assert not Delivery.objects.exists()


def test_reading_is_one_s_own(ann: Viewer, outsider: Viewer) -> None:
    _tell(ann, outsider)
    mine = Notice.objects.get(user_id=ann.user_id)
    with pytest.raises(JiqunError, match="E-FORBIDDEN"):
        read(viewer=outsider, notice=mine)
    assert read(viewer=ann) == 1
    assert read(viewer=ann) == 0
    assert Notice.objects.filter(read=None).get().user_id == outsider.user_id


def test_the_bell_counts_what_is_unread(ann: Viewer) -> None:
    client = Client()
    client.force_login(User.objects.get(pk=ann.user_id))
    assert "jq-count" not in client.get("/notices/").content.decode()
    for number in range(3):
        _tell(ann, key=f"k{number}")
    assert '<span class="jq-count">3<' in client.get("/notices/").content.decode()
    found = Notice.objects.first()
    assert found is not None
    assert client.post(f"/notices/{found.pk}/open/")["Location"] == "/jobs/"
    assert '<span class="jq-count">2<' in client.get("/notices/").content.decode()
    client.post("/notices/read/")
    assert "jq-count" not in client.get("/notices/").content.decode()


def test_a_notice_leads_nowhere_outside(ann: Viewer, outsider: Viewer) -> None:
    client = Client()
    client.force_login(User.objects.get(pk=ann.user_id))
    notify(
        [ann.user_id or 0], kind="test.consent", title=TITLE, dedupe_key="x", link="//evil.example/"
    )
    found = Notice.objects.get()
    assert client.post(f"/notices/{found.pk}/open/")["Location"] == "/notices/"
    client.force_login(User.objects.get(pk=outsider.user_id))
    assert client.post(f"/notices/{found.pk}/open/").status_code == 404


def test_what_a_person_does_not_want_is_not_shown(ann: Viewer) -> None:
    choose(viewer=ann, chosen={("test.consent", "console"): False})
    _tell(ann)
    assert not Notice.objects.get().shown
    client = Client()
    client.force_login(User.objects.get(pk=ann.user_id))
    text = client.get("/notices/").content.decode()
    assert TITLE.zh not in text
    assert "jq-count" not in text


def test_choices_on_the_page_are_kept_and_logged(ann: Viewer) -> None:
    client = Client()
    client.force_login(User.objects.get(pk=ann.user_id))
    text = client.get("/notices/choices/").content.decode()
    assert 'name="test.consent.mail" checked' in text
    assert 'name="test.consent.robot">' in text
    client.post("/notices/choices/", {"test.consent.console": "on", "test.consent.robot": "on"})
    kept = {(row.channel, row.on) for row in NoticeChoice.objects.filter(kind="test.consent")}
    assert kept == {("mail", False), ("robot", True)}
    assert AuditEntry.objects.filter(action="notices.choose").count() == 1


def test_unknown_choices_are_refused_all_at_once(ann: Viewer) -> None:
    with pytest.raises(JiqunError) as refused:
        choose(viewer=ann, chosen={("x", "mail"): True, ("test.consent", "fax"): True})
    assert len(refused.value.fields) == 2


# ---- mail -----------------------------------------------------------------------------------


def test_mail_has_title_and_link_and_goes_once(ann: Viewer, settings: Settings) -> None:
    settings.MAIL = True
    settings.PUBLIC_URL = "https://chain.example.org/"
    _tell(ann, body=Words("产值 123 万元", "output"))
    assert deliver() == 1
    assert deliver() == 0
    sent = mail.outbox[0]
    assert sent.to == ["ann@example.org"]
    assert TITLE.zh in sent.subject
    assert "https://chain.example.org/jobs/" in sent.body
    assert "123" not in sent.body
    assert len(mail.outbox) == 1


def test_without_a_mail_server_or_address_nothing_waits(
    ann: Viewer, outsider: Viewer, settings: Settings
) -> None:
    _tell(ann)
    settings.MAIL = True
    _tell(outsider, key="other")
    assert not Delivery.objects.exists()


# ---- robots ---------------------------------------------------------------------------------


def test_the_signature_is_dingtalk_s() -> None:
    # printf '1577262236757\n<secret>' | openssl dgst -sha256 -hmac '<secret>' -binary | base64
    assert signature(SECRET, 1577262236757) == "Pgr6tpIpjVrMPPJUPkaI9sivFPPTYOy5zIOMF2GPFMA="


def test_wecom_gets_markdown_at_its_address(
    ann: Viewer, bureau: Organisation, service: Service
) -> None:
    _robot(ann, bureau, service, "wecom")
    _tell(organisation=bureau.pk, grade=Grade.AGGREGATE)
    assert deliver() == 1
    path, query, body = service.got[0]
    assert (path, query) == ("/cgi-bin/webhook/send", {"key": [TOKEN]})
    content = f"[{TITLE.zh}](https://chain.example.org/jobs/)"
    assert body == {"msgtype": "markdown", "markdown": {"content": content}}


def test_dingtalk_gets_markdown_and_a_signature(
    ann: Viewer, bureau: Organisation, service: Service
) -> None:
    _robot(ann, bureau, service, "dingtalk", SECRET)
    _tell(organisation=bureau.pk, grade=Grade.PUBLIC)
    assert deliver() == 1
    path, query, body = service.got[0]
    stamp = int(query["timestamp"][0])
    assert (path, query["access_token"]) == ("/robot/send", [TOKEN])
    assert query["sign"] == [signature(SECRET, stamp)]
    assert abs(stamp / 1000 - timezone.now().timestamp()) < 60
    assert body["markdown"]["title"] == TITLE.zh


def test_firm_level_words_do_not_reach_a_group(
    ann: Viewer, bureau: Organisation, service: Service
) -> None:
    _robot(ann, bureau, service, "wecom")
    _tell(organisation=bureau.pk, body=Words("产值", "output"))
    deliver()
    assert service.got[0][2]["markdown"]["content"] == "[授权到期](https://chain.example.org/jobs/)"


def test_a_person_s_group_is_told_only_when_chosen(
    ann: Viewer, bureau: Organisation, service: Service
) -> None:
    _robot(ann, bureau, service, "wecom")
    _tell(ann)
    assert not Delivery.objects.exists()
    choose(viewer=ann, chosen={("test.consent", "robot"): True})
    _tell(ann, key="second")
    assert Delivery.objects.get().channel == "robot"


def test_markup_in_a_title_stays_text() -> None:
    made = message("wecom", "甲](http://evil.example)\n# *乙*", "https://chain.example.org/")
    shown = made["markdown"]["content"]
    assert shown == r"[甲\]\(http://evil.example\) \# \*乙\*](https://chain.example.org/)"


@pytest.mark.parametrize(
    ("status", "said", "state"),
    [
        (200, {"errcode": 45009, "errmsg": "api freq out of limit"}, "waiting"),
        (200, {"errcode": 130101, "errmsg": "send too fast"}, "waiting"),
        (500, {}, "waiting"),
        (429, {}, "waiting"),
        (200, {"no": "code"}, "waiting"),
        (200, {"errcode": 93000, "errmsg": "invalid webhook url"}, "failed"),
        (200, {"errcode": 310000, "errmsg": "sign not match"}, "failed"),
        (302, {}, "failed"),
        (404, {}, "failed"),
    ],
)
def test_answers_decide_between_later_and_never(
    ann: Viewer,
    bureau: Organisation,
    service: Service,
    status: int,
    said: Mapping[str, Any],
    state: str,
) -> None:
    _robot(ann, bureau, service, "wecom")
    _tell(organisation=bureau.pk)
    service.answers = [(status, dict(said))]
    assert deliver() == 0
    left = Delivery.objects.get()
    assert (left.state, left.attempts, len(service.got)) == (state, 1, 1)
    assert left.problem_zh
    assert TOKEN not in left.problem_zh + left.problem_en
    assert deliver() == 0, "not before its time"
    assert len(service.got) == 1


def test_waiting_doubles_and_ends(ann: Viewer, bureau: Organisation, service: Service) -> None:
    _robot(ann, bureau, service, "wecom")
    _tell(organisation=bureau.pk)
    waits: list[int] = []
    for _ in range(8):
        service.answers = [(500, {})]
        Delivery.objects.update(due=timezone.now())
        before = timezone.now()
        deliver()
        waits.append(round((Delivery.objects.get().due - before).total_seconds()))
    assert waits == [30, 60, 120, 240, 480, 960, 1920, 3840]
    assert Delivery.objects.get().state == "failed"


def test_a_robot_gets_at_most_twenty_a_minute(
    ann: Viewer, bureau: Organisation, service: Service
) -> None:
    _robot(ann, bureau, service, "wecom")
    for number in range(RATE + 5):
        _tell(organisation=bureau.pk, key=f"k{number}")
    assert (deliver(), deliver()) == (20, 0)
    Delivery.objects.filter(state="sent").update(sent=timezone.now() - timedelta(seconds=61))
    assert deliver() == 5
    assert len(service.got) == 25


def test_a_message_whose_sender_died_is_sent_again(
    ann: Viewer, bureau: Organisation, service: Service
) -> None:
    _robot(ann, bureau, service, "wecom")
    _tell(organisation=bureau.pk)
    Delivery.objects.update(state="sending", due=timezone.now() + timedelta(seconds=60))
    assert deliver() == 0
    Delivery.objects.update(due=timezone.now())
    assert deliver() == 1


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/cgi-bin/webhook/send?key=abcdefgh-0123",
        "http://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=abcdefgh-0123",
        "https://qyapi.weixin.qq.com@evil.example/cgi-bin/webhook/send?key=abcdefgh-0123",
        "https://qyapi.weixin.qq.com:8443/cgi-bin/webhook/send?key=abcdefgh-0123",
        "https://qyapi.weixin.qq.com/cgi-bin/other?key=abcdefgh-0123",
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send",
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=a%0d%0abcdefgh",
        "file:///etc/passwd",
        "http://169.254.169.254/latest/",
    ],
)
def test_only_the_services_addresses_are_taken(url: str) -> None:
    with pytest.raises(JiqunError, match="E-ROBOT-ADDRESS"):
        read_address("wecom", url)
    good = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=abcdefgh-0123"
    assert read_address("wecom", good).token == "abcdefgh-0123"


def test_a_host_that_is_no_longer_allowed_is_not_called(
    ann: Viewer, bureau: Organisation, service: Service, settings: Settings
) -> None:
    _robot(ann, bureau, service, "wecom")
    _tell(organisation=bureau.pk)
    settings.ROBOT_HOSTS = []
    deliver()
    assert service.got == []
    assert Delivery.objects.get().state == "failed"


def test_secrets_are_encrypted_and_shown_nowhere(
    ann: Viewer, bureau: Organisation, service: Service
) -> None:
    robot = _robot(ann, bureau, service, "dingtalk", SECRET)
    assert unseal(robot.sealed) == {"token": TOKEN, "secret": SECRET}
    client = Client()
    client.force_login(User.objects.get(pk=ann.user_id))
    written = json.dumps(list(AuditEntry.objects.values()), default=str)
    for text in (robot.sealed, client.get("/notices/robots/").content.decode(), written):
        assert TOKEN not in text
        assert SECRET not in text


def test_another_key_cannot_open_them(settings: Settings) -> None:
    sealed = seal({"token": "x"})
    settings.SECRET_KEY = "another"
    with pytest.raises(JiqunError, match="E-ROBOT-SECRET"):
        unseal(sealed)


def test_robots_belong_to_their_organisation(
    ann: Viewer, outsider: Viewer, bureau: Organisation, service: Service
) -> None:
    robot = _robot(ann, bureau, service, "wecom")
    with pytest.raises(JiqunError, match="E-FORBIDDEN"):
        _robot(outsider, bureau, service, "wecom")
    for verb in (remove_robot, try_robot):
        with pytest.raises(JiqunError, match="E-FORBIDDEN"):
            verb(viewer=outsider, robot=robot)
    client = Client()
    client.force_login(User.objects.get(pk=outsider.user_id))
    assert "一群" not in client.get("/notices/robots/").content.decode()
    assert client.post(f"/notices/robots/{robot.pk}/remove/").status_code == 404


def test_registering_trying_and_removing_on_the_page(
    ann: Viewer, bureau: Organisation, service: Service
) -> None:
    client = Client()
    client.force_login(User.objects.get(pk=ann.user_id))
    form = {
        "organisation": bureau.pk,
        "kind": "wecom",
        "label": "一群",
        "url": "https://evil.example/",
    }
    answer = client.post("/notices/robots/", form)
    assert answer.status_code == 422
    assert "这不是允许的群机器人地址" in answer.content.decode()
    form["url"] = f"{service.base}/cgi-bin/webhook/send?key={TOKEN}"
    assert client.post("/notices/robots/", form).status_code == 302
    robot = Robot.objects.get()
    assert client.post(f"/notices/robots/{robot.pk}/try/").status_code == 302
    assert len(service.got) == 1
    service.answers = [(200, {"errcode": 93000, "errmsg": "invalid"})]
    assert client.post(f"/notices/robots/{robot.pk}/try/").status_code == 502
    assert client.post(f"/notices/robots/{robot.pk}/remove/").status_code == 302
    assert not Robot.objects.exists()


def test_failures_are_seen_by_the_robot_s_owner(
    ann: Viewer, bureau: Organisation, service: Service
) -> None:
    _robot(ann, bureau, service, "wecom")
    _tell(organisation=bureau.pk)
    service.answers = [(200, {"errcode": 93000, "errmsg": "invalid webhook url"})]
    deliver()
    client = Client()
    client.force_login(User.objects.get(pk=ann.user_id))
    assert (
        "对方拒收：errcode 93000 invalid webhook url"
        in client.get("/notices/robots/").content.decode()
    )
