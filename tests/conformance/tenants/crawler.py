"""Asks for anything as anybody, and notices what nobody should have got."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from django.db.models import Model
from django.http import HttpResponse
from django.test import Client

from tests.conformance.tenants.canary import Canary, found, in_text, word
from tests.conformance.tenants.world import TENANTS, World, token_of

Rule = Callable[[str, Canary], bool]
# What of an answer depends on the moment or repeats the address that was asked for.
VOLATILE = re.compile(
    r"csrfmiddlewaretoken\"[^>]*|X-CSRFToken[^}]*|[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f-]{12,}"
    r"|\d{4}-\d\d-\d\d[ T][\d:.]+|next=[^\"&]*|value=\"/[^\"]*\""
)

WRITES = {"POST", "PUT", "PATCH", "DELETE"}
ELSEWHERE = re.compile("logout|i18n")  # these change the sender's own session only


class LeakError(AssertionError):
    """Somebody got or changed what is another's."""

    def __init__(self, sort: str, said: str) -> None:
        super().__init__(f"{sort}: {said}")
        self.sort = sort


@dataclass(frozen=True, slots=True)
class Form:
    """A form that some page offered, to be sent by anybody."""

    action: str
    method: str
    fields: tuple[tuple[str, str], ...]
    texts: tuple[str, ...]
    files: tuple[str, ...] = ()


class _Forms(HTMLParser):
    """Collects forms and the addresses that htmx would write to."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path
        self.found: list[dict[str, Any]] = []
        self.open: dict[str, Any] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        have = {name: value or "" for name, value in attrs}
        for verb in ("hx-post", "hx-delete", "hx-put", "hx-patch"):
            if have.get(verb):
                self.found.append(
                    {"action": have[verb], "method": verb[3:].upper(), "fields": [], "texts": [],
                     "files": []}
                )  # fmt: skip
        if tag == "form":
            self.open = {
                "action": have.get("action") or self.path,
                "method": (have.get("method") or "get").upper(),
                "fields": [],
                "texts": [],
                "files": [],
            }
            self.found.append(self.open)
        if self.open is None or not (have.get("name") or tag == "option"):
            return
        if tag in {"input", "button"}:
            self._input(have)
        elif tag == "textarea":
            self.open["texts"].append(have["name"])
        elif tag == "select":
            self.open["select"] = have["name"]
        elif tag == "option" and have.get("value") and "select" in self.open:
            self.open["fields"].append((self.open["select"], have["value"]))

    def _input(self, have: Mapping[str, str]) -> None:
        assert self.open is not None
        kind = have.get("type", "text")
        if kind == "file":
            self.open["files"].append(have["name"])
        elif kind in {"hidden", "checkbox", "radio", "submit", "button"} or have.get("value"):
            self.open["fields"].append((have["name"], have.get("value", "on")))
        else:
            self.open["texts"].append(have["name"])

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.open = None


def forms_in(answer: HttpResponse, path: str) -> list[Form]:
    """Forms of a page that write something."""
    if "html" not in answer.get("Content-Type", "") or answer.streaming:
        return []
    parser = _Forms(path)
    parser.feed(answer.content.decode(errors="ignore"))
    return [
        Form(one["action"], one["method"], tuple(one["fields"]), tuple(one["texts"]),
             tuple(one["files"]))
        for one in parser.found
        if one["method"] in WRITES and not ELSEWHERE.search(one["action"])
    ]  # fmt: skip


@dataclass
class Crawler:
    """Clients of all tenants, the forms seen so far, and the rules of who may see what."""

    world: World
    allowed: Rule
    writers: Callable[[str, Any], bool]
    clients: dict[str, Client] = field(default_factory=dict)
    forms: list[Form] = field(default_factory=list)
    requests: int = 0
    strangers: Client = field(init=False)

    def __post_init__(self) -> None:
        """Log everybody in."""
        self.clients = {tenant: self.world.client(tenant) for tenant in TENANTS}
        self.strangers = self.world.client("anonymous")

    def get(self, tenant: str, path: str, query: Mapping[str, str] | None = None) -> HttpResponse:
        """Ask as the tenant and look at what comes back; every other time by token where one may."""
        by_token = path.startswith("/api/") and tenant in self.world.users and self.requests % 2
        headers = {"Authorization": f"Bearer {token_of(tenant)}"} if by_token else {}
        client = self.strangers if by_token else self.clients[tenant]
        answer = client.get(path, dict(query or {}), headers=headers)
        self.look(tenant, f"GET {path} {dict(query or {})}", answer)
        for form in forms_in(answer, path):
            if form not in self.forms:
                self.forms.append(form)
        return answer

    def look(self, tenant: str, what: str, answer: HttpResponse) -> None:
        """Raise LeakError for another's canary or an answer that broke down."""
        self.requests += 1
        if answer.status_code >= 500:
            cause = getattr(answer, "exc_info", None)
            raise LeakError("breakdown", f"{tenant} {what} → {answer.status_code} {cause}")
        said = in_text(what)  # repeating what was asked tells nothing
        foreign = {
            one
            for one in found(answer) - said
            if one.owner != tenant and not self.allowed(tenant, one)
        }
        if foreign:
            raise LeakError("read", f"{tenant} {what} shows {sorted(foreign)}")

    def send(self, tenant: str, form: Form, data: Mapping[str, Any], action: str = "") -> None:
        """Send a form as the tenant; nobody else's rows may be other than before."""
        path = action or form.action
        client = self.clients[tenant]

        def ask() -> HttpResponse:
            if form.method == "POST":
                return client.post(path, dict(data))
            return client.generic(form.method, path)

        self._write(tenant, f"{form.method} {path} {dict(data)}", ask)

    def operate(self, tenant: str, method: str, path: str, body: Mapping[str, str]) -> None:
        """Call an operation of the API that writes; see :meth:`send`."""
        client = self.clients[tenant]
        self._write(
            tenant,
            f"{method} {path} {dict(body)}",
            lambda: client.generic(method, path, json.dumps(dict(body)), "application/json"),
        )

    def _write(self, tenant: str, what: str, ask: Callable[[], HttpResponse]) -> None:
        before = self.state()
        self.look(tenant, what, ask())
        after = self.state()
        changed = [
            f"{owner}'s {key}"
            for key, (owner, values) in before.items()
            if after[key][1] != values and owner != tenant and not self.writers(tenant, key[0])
        ]
        if changed:
            raise LeakError("write", f"{tenant} {what} changed {changed}")

    def state(self) -> dict[tuple[str, Any], tuple[str, Any]]:
        """The seeded rows as they stand now, by model and key."""
        owners: dict[type[Model], dict[Any, str]] = {}
        for one in self.world.rows:
            owners.setdefault(type(one.row), {})[one.row.pk] = one.owner
        result: dict[tuple[str, Any], tuple[str, Any]] = {}
        for model, known in owners.items():
            name, key = model._meta.label, model._meta.pk.attname
            found = model._base_manager.filter(pk__in=known).values()
            values = {row[key]: row for row in found}
            result |= {(name, pk): (owner, values.get(pk)) for pk, owner in known.items()}
        return result

    def probe(self, tenant: str, path: str, nowhere: str) -> None:
        """What one may not see and what does not exist must be answered alike."""
        self.get(tenant, nowhere)  # shows what an earlier form left to be said
        hidden, missing = self.get(tenant, path), self.get(tenant, nowhere)
        if hidden.status_code not in {403, 404}:
            return
        named = {*path.split("/"), *nowhere.split("/")} - {""}
        if _shape(hidden, named) != _shape(missing, named):
            raise LeakError("oracle", f"{tenant} {path} is answered otherwise than {nowhere}")


def _shape(answer: HttpResponse, named: set[str]) -> tuple[int, str]:
    """Status and text, without what depends on the moment and without what was asked for."""
    text = VOLATILE.sub("", answer.content.decode(errors="ignore"))
    for part in sorted(named, key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(part)}(?!\w)", "", text)
    return answer.status_code, text


def filling(tenant: str, form: Form, pick: Callable[[list[str]], str]) -> dict[str, str]:
    """Fill a form: one of the offered values, and the sender's own canary in every text."""
    offered: dict[str, list[str]] = {}
    for name, value in form.fields:
        offered.setdefault(name, []).append(value)
    chosen = {name: pick(values) for name, values in offered.items()}
    return chosen | {name: f"核对 {word(tenant, 'typed')}" for name in form.texts}
