"""The server as it is deployed: where one HTTP message ends and the next begins."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

SMUGGLED = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _ask(port: int, raw: bytes) -> bytes:
    """Send bytes and return everything that comes back until the server is silent for two seconds."""
    answer = b""
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        connection.settimeout(2)
        connection.sendall(raw)
        try:
            while part := connection.recv(65_536):
                answer += part
        except (TimeoutError, ConnectionResetError):
            pass
    return answer


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Granian with our application, as the guide for deploying starts it."""
    port = _free_port()
    command = [
        str(Path(sys.prefix) / "bin" / "granian"), "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
        "--workers", "1", "--no-ws", "--log-level", "warning", "config.wsgi:application",
    ]  # fmt: skip
    environment = {**os.environ, "JIQUN_VAR": str(tmp_path_factory.mktemp("var"))}
    running = subprocess.Popen(command, cwd=settings.BASE, env=environment)
    for _ in range(300):
        try:
            if _ask(port, b"GET /no/such HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"):
                break
        except OSError:
            time.sleep(0.2)
    yield port
    running.terminate()
    running.wait(20)


@pytest.mark.slow
@pytest.mark.asvs("4.2.1")
@pytest.mark.parametrize(
    "raw",
    [
        b"POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Length: 60\r\n\r\n0\r\n\r\n",
        b"POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nContent-Length: 9\r\n\r\nabcd",
        b"POST /x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        b"POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: +4\r\n\r\nabcd",
    ],
)
def test_an_ambiguous_message_never_hides_a_second_one(server: int, raw: bytes) -> None:
    plain = _ask(server, SMUGGLED + SMUGGLED)
    assert plain.count(b"HTTP/1.1 ") == 2, "or the test below proves nothing"
    assert _ask(server, raw + SMUGGLED).count(b"HTTP/1.1 ") == 1


@pytest.mark.slow
@pytest.mark.asvs("13.4.4")
def test_the_server_names_no_version_and_knows_no_trace(server: int) -> None:
    answer = _ask(
        server, b"TRACE / HTTP/1.1\r\nHost: localhost\r\nX-Probe: 1\r\nConnection: close\r\n\r\n"
    )
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 405")
    assert b"X-Probe" not in body
    named = [line for line in head.lower().split(b"\r\n") if line.startswith(b"server:")]
    assert named in ([], [b"server: granian"])
