"""Where a request comes from, and the one id that its answer, its log lines and its entries share."""

from __future__ import annotations

import logging
import re
from contextvars import ContextVar
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from uuid import uuid4

from django.conf import settings
from django.http import HttpRequest

FORWARDED = (
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_FORWARDED",
    "HTTP_X_REAL_IP",
)
_request_id: ContextVar[str] = ContextVar("request_id", default="-")


@lru_cache(maxsize=8)
def _networks(given: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(one, strict=False) for one in given)


def trusted_networks() -> tuple[IPv4Network | IPv6Network, ...]:
    """Return the machines and networks of the installation's own proxies.

    Raises:
        ValueError: One is no address and no network.
    """
    return _networks(tuple(settings.TRUSTED_PROXIES))


def _trusted(address: str) -> bool:
    """Whether a machine is one of the installation's own proxies."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in trusted_networks())


def drop_untrusted_headers(request: HttpRequest) -> None:
    """Forget what a client says about itself, unless a proxy of ours says it."""
    if not _trusted(request.META.get("REMOTE_ADDR", "")):
        for name in FORWARDED:
            request.META.pop(name, None)


def client_address(request: HttpRequest) -> str:
    """Return the address of the person's machine.

    Read from the right of ``X-Forwarded-For``: the first one that is no proxy of ours, because
    everything left of it was written by the client.
    """
    nearest = request.META.get("REMOTE_ADDR", "")
    if not _trusted(nearest):
        return nearest[:45]
    for one in reversed(request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")):
        hop = one.strip()
        if not hop:
            continue
        try:
            ip_address(hop)
        except ValueError:
            break
        nearest = hop
        if not _trusted(hop):
            break
    return nearest[:45]


def new_request_id() -> str:
    """Begin a request: make its id, known to everything that runs in this thread."""
    made = uuid4().hex
    _request_id.set(made)
    return made


def current_request_id() -> str:
    """Return the id of the request that this thread is answering, ``-`` outside of one."""
    return _request_id.get()


class OneLine(logging.Formatter):
    """Formats a record with the request's id; a value cannot begin a line of its own."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; the message's control characters are shown as escapes."""
        record.request_id = current_request_id()
        record.msg = re.sub(r"[\x00-\x1f\x7f\u2028\u2029]", _escaped, record.getMessage())
        record.args = None
        return super().format(record)


def _escaped(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode()
