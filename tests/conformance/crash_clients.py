"""At-least-once clients: each write is sent again and again until the server has acknowledged it."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

PERSISTENCE = 90.0  # seconds for one write from the last kill on; before it others may be luckier
EDGE = "----jiqun"
COLUMNS = "编号,类别,名称,地方"
GOOD = 2  # rows of each file that are to be stored


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    text: str

    @property
    def json(self) -> dict[str, Any]:
        """The answer of the API."""
        return json.loads(self.text)


class Away(Exception):  # noqa: N818 - no error: what a client of a killed server sees
    """No whole answer came."""


def file_of(name: str) -> str:
    """Two rows to store, one said twice, one to be refused."""
    rows = [f"{name}-{number},项目,合成示例项目{name},990101" for number in range(GOOD)]
    return "\n".join([COLUMNS, *rows, rows[0], f"{name}-X,不是类别,合成示例项目{name},990101", ""])


def multipart(name: str, content: str) -> bytes:
    """The body of an upload with what has to be stated."""
    stated = {"source": "项目库", "owner": "经信局", "as_of": "2026-11-20", "basis": "公开"}
    parts = [f'--{EDGE}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
             for key, value in stated.items()]  # fmt: skip
    head = f'Content-Disposition: form-data; name="file"; filename="{name}.csv"'
    parts.append(f"--{EDGE}\r\n{head}\r\nContent-Type: text/csv\r\n\r\n{content}\r\n--{EDGE}--\r\n")
    return "".join(parts).encode()


@dataclass
class Sender:
    """One person at one address: an import over the API, a form with a session, a page."""

    port: int
    person: dict[str, str]
    patience: float = 20.0

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        """Send one request over a new connection; :class:`Away` without a whole answer."""
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.patience)
        try:
            link.request(method, path, body or None, headers)
            answer = link.getresponse()
            return Answer(answer.status, answer.read().decode())
        except (OSError, http.client.HTTPException) as error:
            raise Away from error
        finally:
            link.close()

    @property
    def _bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.person['token']}"}

    @property
    def _session(self) -> dict[str, str]:
        return {"Cookie": f"sessionid={self.person['session']}; csrftoken={self.person['csrf']}"}

    def plan(self, name: str, *, key: str) -> Answer:
        """Upload the file of this name, with an idempotency key unless it is empty."""
        given = {"Idempotency-Key": key} if key else {}
        given |= {"Content-Type": f"multipart/form-data; boundary={EDGE}", **self._bearer}
        body = multipart(name, file_of(name))
        return self.ask("POST", "/api/tables/chain_record/imports", body, **given)

    def apply(self, key: str) -> Answer:
        """Have a planned import written."""
        return self.ask("POST", f"/api/tables/imports/{key}/apply", **self._bearer)

    def view(self, name: str) -> Answer:
        """Save a view by the form of the page."""
        given = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-CSRFToken": self.person["csrf"],
        }
        body = urlencode({"name": name, "query": "kind=project"}).encode()
        return self.ask("POST", "/data/chain_record/views/", body, **given, **self._session)

    def page(self, path: str) -> Answer:
        """Read a page."""
        return self.ask("GET", path, **self._session)


@dataclass
class Client(threading.Thread):
    """Writes imports and views in turn until told to stop, and finishes what it has begun."""

    sender: Sender
    number: int
    stop: threading.Event
    keys: bool = True
    imports: list[str] = field(default_factory=list[str])
    views: list[str] = field(default_factory=list[str])
    unexpected: list[str] = field(default_factory=list[str])
    seen: Counter[str] = field(default_factory=Counter[str])

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    __hash__ = threading.Thread.__hash__

    def run(self) -> None:
        """Write, write, write."""
        turn = 0
        while not self.stop.is_set() and not self.unexpected:
            name = f"K{self.number}-{turn}"
            if turn % 3 == 2:
                if self._until(name, "view", 302) is not None:
                    self.views.append(name)
            else:
                self._import(name)
            turn += 1

    def _import(self, name: str) -> None:
        planned = self._until(name, "plan", 200)
        if planned is None:
            return
        done = self._until(planned.json["key"], "apply", 200)
        if done is None:
            return
        if done.json["state"] != "applied":
            self.unexpected.append(done.text)
        self.imports.append(name)

    def _send(self, name: str, verb: str) -> Answer:
        if verb == "plan":
            return self.sender.plan(name, key=f"key-{name}" if self.keys else "")
        return self.sender.apply(name) if verb == "apply" else self.sender.view(name)

    def _until(self, name: str, verb: str, wanted: int) -> Answer | None:
        """Send again until the wanted answer comes; any refusal is noted as unexpected."""
        end = time.monotonic() + PERSISTENCE
        while time.monotonic() < end:
            if not self.stop.is_set():
                end = time.monotonic() + PERSISTENCE
            try:
                answer = self._send(name, verb)
            except Away:
                self.seen["away"] += 1
                time.sleep(0.05)
                continue
            self.seen[f"{verb} {answer.status}"] += 1
            if answer.status == wanted:
                return answer
            if answer.status < 500:
                break
            time.sleep(0.1)
        else:
            answer = Answer(0, "never acknowledged")
        self.unexpected.append(f"{verb} {name}: {answer.status} {answer.text[:400]}")
        return None
