"""An open-loop load: requests leave when their time has come, whatever became of those before.

Started by run.py as a process of its own; reads a plan as JSON from standard input and writes what
it measured to standard output. A request's time runs from the moment it was *due*, so that a server
that stalls is charged for everybody who had to wait (no coordinated omission).
"""

from __future__ import annotations

import asyncio
import json
import random
import resource
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

TIMEOUT = 20.0  # seconds after which a person would have gone
# A connection that was idle for longer is opened anew, as browsers do: the server may be closing it.
IDLE = 10.0


@dataclass
class Measured:
    """What became of the requests of one kind; times in milliseconds since they were due."""

    times: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)


class Connection:
    """One kept-alive HTTP/1.1 connection."""

    def __init__(self, host: str, port: int) -> None:
        self.address = host, port
        self.writer: asyncio.StreamWriter | None = None
        self.used = 0.0

    async def send(self, request: bytes) -> int:
        """Send a request and return the status of the answer, after all of it was read."""
        if time.perf_counter() - self.used > IDLE:
            self.close()
        if self.writer is None or self.writer.is_closing():
            self.reader, self.writer = await asyncio.open_connection(*self.address)
        self.writer.write(request)
        head = await self.reader.readuntil(b"\r\n\r\n")
        status = int(head[9:12])
        lower = head.lower()
        if b"content-length:" in lower:
            length = int(lower.split(b"content-length:")[1].split(b"\r\n")[0])
            await self.reader.readexactly(length)
        elif b"chunked" in lower:
            while size := int(await self.reader.readline(), 16):
                await self.reader.readexactly(size + 2)
            await self.reader.readline()
        self.used = time.perf_counter()
        if b"connection: close" in lower:
            self.close()
        return status

    def close(self) -> None:
        """Forget the connection; the next request opens another."""
        if self.writer is not None:
            self.writer.close()
        self.writer = None


def request_of(
    plan: dict[str, Any], person: dict[str, str], one: dict[str, Any], number: int
) -> bytes:
    """Return the bytes of one request of a person."""
    lines = [f"{one['method']} {one['path']} HTTP/1.1", f"Host: {plan['host']}:{plan['port']}"]
    if one["path"].startswith("/api/"):
        lines.append(f"Authorization: Bearer {person['token']}")
    else:
        lines.append(f"Cookie: sessionid={person['session']}; csrftoken={person['csrf']}")
    body = b""
    if one["method"] == "POST":
        body = urlencode({**one["form"], "purpose": f"核对补链清单 {number}"}).encode()
        lines += [f"X-CSRFToken: {person['csrf']}", "Content-Type: application/x-www-form-urlencoded",
                  f"Content-Length: {len(body)}"]  # fmt: skip
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def schedule(plan: dict[str, Any]) -> list[tuple[float, str, bytes]]:
    """Return (second, kind, request) of everything to send, evenly spaced within each kind."""
    luck = random.Random(plan["seed"])
    found: list[tuple[float, str, bytes]] = []
    for kind in ("read", "write"):
        rate, choices = plan["rates"][kind], plan[kind]
        weights = [one["weight"] for one in choices]
        for number in range(int(rate * plan["seconds"])):
            one = luck.choices(choices, weights)[0]
            person = plan["people"][number % len(plan["people"])]
            due = (number + luck.random()) / rate
            found.append((due, f"{kind} {one['name']}", request_of(plan, person, one, number)))
    return sorted(found, key=lambda sent: sent[0])


async def run(plan: dict[str, Any]) -> dict[str, Any]:
    """Send everything and return what was measured."""
    free: asyncio.LifoQueue[Connection] = asyncio.LifoQueue()
    for _ in range(plan["connections"]):
        free.put_nowait(Connection(plan["host"], plan["port"]))
    measured: dict[str, Measured] = {}
    begun = time.perf_counter() + 0.2

    async def one(due: float, kind: str, request: bytes) -> None:
        connection = await free.get()
        try:
            status = str(await asyncio.wait_for(connection.send(request), TIMEOUT))
        except TimeoutError:
            connection.close()
            status = "timeout"
        except (OSError, asyncio.IncompleteReadError, ValueError) as error:
            connection.close()
            status = type(error).__name__
        finally:
            free.put_nowait(connection)
        found = measured.setdefault(kind, Measured())
        found.statuses[status] += 1
        found.times.append((time.perf_counter() - begun - due) * 1000)

    tasks: set[asyncio.Task[None]] = set()
    late = 0.0
    for due, kind, request in schedule(plan):
        wait = begun + due - time.perf_counter()
        if wait > 0:
            await asyncio.sleep(wait)
        late = max(late, -wait)
        task = asyncio.create_task(one(due, kind, request))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "seconds": time.perf_counter() - begun,
        "latest_start_ms": late * 1000,
        "own_cpu_s": used.ru_utime + used.ru_stime,
        "kinds": {
            kind: {"times": one.times, "statuses": one.statuses} for kind, one in measured.items()
        },
    }


if __name__ == "__main__":
    json.dump(asyncio.run(run(json.load(sys.stdin))), sys.stdout)
