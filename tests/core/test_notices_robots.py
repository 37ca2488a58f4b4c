"""Group robots: the shape and signature of messages, later or never, whose they are, secrets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from jiqun.core.access import Grade, Viewer
from jiqun.core.models import AuditEntry, Delivery, Robot
from jiqun.core.notices.actions import choose, remove_robot, try_robot
from jiqun.core.notices.deliver import RATE, deliver
from jiqun.core.notices.outbox import Words
from jiqun.core.notices.robots import message, read_address, signature
from jiqun.core.notices.sealing import seal, unseal
from jiqun.errors import JiqunError
from jiqun.masters.models import Organisation
from tests.core.notice_service import SECRET, TITLE, TOKEN, Service, robot_of, tell

pytest_plugins = ["tests.core.notice_service"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_kinds")]


# ---- robots ---------------------------------------------------------------------------------


def test_the_signature_is_dingtalk_s() -> None:
    # printf '1577262236757\n<secret>' | openssl dgst -sha256 -hmac '<secret>' -binary | base64
    assert signature(SECRET, 1577262236757) == "Pgr6tpIpjVrMPPJUPkaI9sivFPPTYOy5zIOMF2GPFMA="


def test_wecom_gets_markdown_at_its_address(
    ann: Viewer, bureau: Organisation, service: Service
) -> None:
    robot_of(ann, bureau, service, "wecom")
    tell(organisation=bureau.pk, grade=Grade.AGGREGATE)
    assert deliver() == 1
    path, query, body = service.got[0]
    assert (path, query) == ("/cgi-bin/webhook/send", {"key": [TOKEN]})
    content = f"[{TITLE.zh}](https://chain.example.org/jobs/)"
    assert body == {"msgtype": "markdown", "markdown": {"content": content}}


def test_dingtalk_gets_markdown_and_a_signature(
    ann: Viewer, bureau: Organisation, service: Service
) -> None:
    robot_of(ann, bureau, service, "dingtalk", SECRET)
    tell(organisation=bureau.pk, grade=Grade.PUBLIC)
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
    robot_of(ann, bureau, service, "wecom")
    tell(organisation=bureau.pk, body=Words("产值", "output"))
    deliver()
    assert service.got[0][2]["markdown"]["content"] == "[授权到期](https://chain.example.org/jobs/)"


def test_a_person_s_group_is_told_only_when_chosen(
    ann: Viewer, bureau: Organisation, service: Service
) -> None:
    robot_of(ann, bureau, service, "wecom")
    tell(ann)
    assert not Delivery.objects.exists()
    choose(viewer=ann, chosen={("test.consent", "robot"): True})
    tell(ann, key="second")
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
    robot_of(ann, bureau, service, "wecom")
    tell(organisation=bureau.pk)
    service.answers = [(status, dict(said))]
    assert deliver() == 0
    left = Delivery.objects.get()
    assert (left.state, left.attempts, len(service.got)) == (state, 1, 1)
    assert left.problem_zh
    assert TOKEN not in left.problem_zh + left.problem_en
    assert deliver() == 0, "not before its time"
    assert len(service.got) == 1


def test_waiting_doubles_and_ends(ann: Viewer, bureau: Organisation, service: Service) -> None:
    robot_of(ann, bureau, service, "wecom")
    tell(organisation=bureau.pk)
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
    robot_of(ann, bureau, service, "wecom")
    for number in range(RATE + 5):
        tell(organisation=bureau.pk, key=f"k{number}")
    assert (deliver(), deliver()) == (20, 0)
    Delivery.objects.filter(state="sent").update(sent=timezone.now() - timedelta(seconds=61))
    assert deliver() == 5
    assert len(service.got) == 25


def test_a_message_whose_sender_died_is_sent_again(
    ann: Viewer, bureau: Organisation, service: Service
) -> None:
    robot_of(ann, bureau, service, "wecom")
    tell(organisation=bureau.pk)
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
    robot_of(ann, bureau, service, "wecom")
    tell(organisation=bureau.pk)
    settings.ROBOT_HOSTS = []
    deliver()
    assert service.got == []
    assert Delivery.objects.get().state == "failed"


def test_secrets_are_encrypted_and_shown_nowhere(
    ann: Viewer, bureau: Organisation, service: Service
) -> None:
    robot = robot_of(ann, bureau, service, "dingtalk", SECRET)
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
    robot = robot_of(ann, bureau, service, "wecom")
    with pytest.raises(JiqunError, match="E-FORBIDDEN"):
        robot_of(outsider, bureau, service, "wecom")
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
    robot_of(ann, bureau, service, "wecom")
    tell(organisation=bureau.pk)
    service.answers = [(200, {"errcode": 93000, "errmsg": "invalid webhook url"})]
    deliver()
    client = Client()
    client.force_login(User.objects.get(pk=ann.user_id))
    assert (
        "对方拒收：errcode 93000 invalid webhook url"
        in client.get("/notices/robots/").content.decode()
    )
