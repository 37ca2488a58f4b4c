"""Group robots of WeCom (企业微信) and DingTalk (钉钉): addresses, message shapes, signature.

Sources: developer.work.weixin.qq.com/document/path/91770 (WeCom group robots) and
open.dingtalk.com/document/robots/custom-robot-access (DingTalk custom robots): both answer HTTP
200 with ``errcode`` in the body and take 20 messages a minute.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib import request
from urllib.error import HTTPError, URLError
from urllib.parse import parse_qs, urlencode, urlsplit

from django.conf import settings

from jiqun.core.models.notices import Robot
from jiqun.errors import JiqunError, Kind, Problem

PATHS = {Robot.Kind.WECOM: "/cgi-bin/webhook/send", Robot.Kind.DINGTALK: "/robot/send"}
TOKENS = {Robot.Kind.WECOM: "key", Robot.Kind.DINGTALK: "access_token"}
HOSTS = ("https://qyapi.weixin.qq.com", "https://oapi.dingtalk.com")
TIMEOUT = 8  # seconds
LARGEST_ANSWER = 65_536  # bytes
# Answers that say "later": WeCom 45009 and -1, DingTalk 130101 and -1 (system busy).
LATER = frozenset({-1, 45009, 130101})


@dataclass(frozen=True, slots=True)
class Address:
    """Where a robot listens: the scheme and host, and the token of its address."""

    base: str
    token: str


class NotNow(Exception):  # noqa: N818 - what the other side said, not a fault
    """The other side asks to try later, or could not be reached."""


class Refused(Exception):  # noqa: N818
    """The other side will never take this message: wrong token, signature or keyword."""


def allowed_bases() -> tuple[str, ...]:
    """Scheme and host of the services that messages may be sent to; nothing else is ever called."""
    return tuple(getattr(settings, "ROBOT_HOSTS", HOSTS))


def read_address(kind: str, url: str) -> Address:
    """Take a robot's address apart, as the group's settings show it.

    Raises:
        JiqunError: ``E-ROBOT-ADDRESS`` when it is not one of ``allowed_bases`` or has no token.
    """
    parts = urlsplit(url.strip())
    base = f"{parts.scheme}://{parts.netloc}"
    found = parse_qs(parts.query).get(TOKENS[Robot.Kind(kind)], [])
    if (
        base not in allowed_bases()
        or parts.path != PATHS[Robot.Kind(kind)]
        or len(found) != 1
        or not re.fullmatch(r"[\w-]{8,128}", found[0], re.ASCII)
    ):
        raise JiqunError(
            "E-ROBOT-ADDRESS",
            "这不是允许的群机器人地址",
            "this is not the address of a group robot that may be used",
            hint_zh=f"请从群设置里完整复制 Webhook 地址；允许的服务：{'、'.join(allowed_bases())}。",
            hint_en="Copy the whole webhook address from the group's settings; allowed services: "
            + ", ".join(allowed_bases()),
            fields=[
                Problem("E-ROBOT-ADDRESS", "地址的服务、路径或密钥不对", "host, path or key do not fit", column="url")
            ],
        )  # fmt: skip
    return Address(base, found[0])


def signature(secret: str, timestamp: int) -> str:
    """DingTalk's signature: base64 of HMAC-SHA256, keyed with the secret.

    What is signed is the timestamp, a line feed, and the secret.

    Args:
        secret: The robot's secret (``SEC…``).
        timestamp: Milliseconds since 1970.
    """
    text = f"{timestamp}\n{secret}".encode()
    return base64.b64encode(hmac.new(secret.encode(), text, hashlib.sha256).digest()).decode()


def _plain(text: str) -> str:
    """One line in which nothing is markup."""
    return re.sub(r"([\\`*_{}\[\]()#+!<>|@~])", r"\\\1", " ".join(text.split()))


def message(kind: str, title: str, link: str) -> dict[str, Any]:
    """Return the body: markdown of one title, linked where there is an address to link to."""
    shown = f"[{_plain(title)}]({link})" if link else _plain(title)
    if Robot.Kind(kind) is Robot.Kind.WECOM:
        return {"msgtype": "markdown", "markdown": {"content": shown}}
    return {"msgtype": "markdown", "markdown": {"title": " ".join(title.split()), "text": shown}}


def address_of(robot: Robot, secret: Mapping[str, str], timestamp: int) -> str:
    """Return where to post to, with DingTalk's signature where the robot has a secret."""
    query = {TOKENS[Robot.Kind(robot.kind)]: secret["token"]}
    if robot.kind == Robot.Kind.DINGTALK and secret.get("secret"):
        query |= {
            "timestamp": str(timestamp),
            "sign": signature(secret["secret"], timestamp),
        }
    return f"{robot.base}{PATHS[Robot.Kind(robot.kind)]}?{urlencode(query)}"


class _NoRedirect(request.HTTPRedirectHandler):
    """A redirect would lead away from the hosts that are allowed."""

    def redirect_request(self, *_args: Any, **_kwargs: Any) -> None:
        """Follow none."""


def post(robot: Robot, secret: Mapping[str, str], title: str, link: str) -> None:
    """Send one message.

    Raises:
        NotNow: Try again later.
        Refused: Never try again.
    """
    if robot.base not in allowed_bases():
        raise Refused("host not allowed any more")
    call = request.Request(  # noqa: S310 - the base is on the list of allowed ones
        address_of(robot, secret, int(time.time() * 1000)),
        data=json.dumps(message(robot.kind, title, link), ensure_ascii=False).encode(),
        headers={"Content-Type": "application/json; charset=utf-8"},
        method="POST",
    )
    try:
        with request.build_opener(_NoRedirect).open(call, timeout=TIMEOUT) as answer:
            said = json.loads(answer.read(LARGEST_ANSWER))
            code, words = int(said["errcode"]), str(said.get("errmsg", ""))
    except HTTPError as error:
        if error.code < 500 and error.code != 429:
            raise Refused(f"HTTP {error.code}") from None
        raise NotNow(f"HTTP {error.code}") from None
    except (URLError, TimeoutError, OSError) as error:  # its text may hold the address: name only
        raise NotNow(type(error).__name__) from None
    except (ValueError, KeyError, TypeError) as error:
        raise NotNow(f"answer not understood ({type(error).__name__})") from None
    if code in LATER:
        raise NotNow(f"errcode {code}")
    if code:
        raise Refused(f"errcode {code} {words[:120]}")


def unreachable(robot: Robot) -> JiqunError:
    """Return the error for a robot that did not take a trial message."""
    return JiqunError(
        "E-ROBOT-REFUSED",
        f"群机器人“{robot.label}”没有收下试发的消息",
        f"the robot “{robot.label}” did not take the trial message",
        hint_zh="请在群里检查机器人的安全设置（加签密钥、关键词、IP）和是否仍在群中。",
        hint_en="Check the robot's security settings in the group (secret, keyword, IP) and that it is still there.",
        kind=Kind.EXTERNAL,
    )
