"""The API keeps to its own document, whatever it is sent: schemathesis over every operation.

``JIQUN_NIGHTLY=1`` sends forty times as much.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import schemathesis
from django.contrib.auth.models import User
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.failures import Failure, FailureGroup

from jiqun.core.api import api
from jiqun.core.security.actions import issue_token
from jiqun.masters.viewers import viewer_of
from tests.console import DEMO_SCOPE, Demo
from tests.nightly import NIGHTLY

pytestmark = [pytest.mark.django_db, pytest.mark.once]
load_all_checks()
KEPT = CHECKS.get_by_names(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
        "unsupported_method",
    ]
)
EXAMPLES = 40 * (40 if NIGHTLY else 1)
PEOPLE = ("analyst", "firm", "nobody")
DOCUMENT = api.get_openapi_schema()
SCHEMA = schemathesis.openapi.from_wsgi("/api/openapi.json", get_wsgi_application())
OPERATIONS = [one.ok() for one in SCHEMA.get_all_operations()]
# Real values, so that not every request ends at "no such place".
KNOWN: Mapping[str, tuple[Any, ...]] = {
    "place": (DEMO_SCOPE.place, "9901"),
    "classification": (DEMO_SCOPE.classification,),
    "period": (DEMO_SCOPE.period,),
    "kind": ("leading", "supporting"),
    "slug": ("chain", "fill"),
    "code": ("176",),
}


@pytest.fixture
def one_connection() -> Iterator[None]:
    """Keep the connection between requests, as Django's test client does.

    A request that ends would close it in the middle of the test's transaction, and everything in it
    would be gone (SQLite's in-memory database ignores that; PostgreSQL does not).
    """
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def tokens(demo: Demo, people: Mapping[str, User]) -> dict[str, str]:
    """A token of each of a few people; an empty one stands for a stranger."""
    made = {
        name: issue_token(viewer=viewer_of(people[name]), label="fuzz", scope="write")
        for name in PEOPLE
    }
    return {"": "", **made}


def _known_places(case: schemathesis.Case, choose: Any, demo: Demo) -> None:
    """Put real values into the parameters that have some, all of them or none."""
    known = {**KNOWN, "finding": (demo.finding("leading", "176"),)}
    for part in (case.query, case.path_parameters):
        for name in part or ():
            if name in known:
                part[name] = choose(st.sampled_from(known[name]))


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.label)
def test_the_api_keeps_to_its_document(
    operation: Any, demo: Demo, tokens: Mapping[str, str], one_connection: None
) -> None:
    application = get_wsgi_application()
    seen: set[int] = set()

    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=EXAMPLES == 40, database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )  # fmt: skip
    @given(data=st.data())
    def send(data: st.DataObject) -> None:
        case = data.draw(operation.as_strategy())
        if data.draw(st.booleans()):
            _known_places(case, data.draw, demo)
        token = tokens[data.draw(st.sampled_from(sorted(tokens)))]
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = case.call(app=application, headers=headers)
        seen.add(answer.status_code)
        case.validate_response(answer, checks=KEPT)

    send()
    # A run in which nobody got past the door, or nobody was ever refused, has tested nothing.
    assert 401 in seen
    assert seen - {401, 403}
    unknown = {
        one for one in re.findall(r"{(\w+)}", operation.path) if one not in {*KNOWN, "finding"}
    }
    if operation.method.upper() == "GET" and not unknown:
        assert 200 in seen


def _answering(status: str, kind: str, body: bytes) -> Any:
    def application(_environ: Any, start: Any) -> list[bytes]:
        start(status, [("Content-Type", kind), ("Content-Length", str(len(body)))])
        return [body]

    return application


@pytest.mark.parametrize(
    "application",
    [
        _answering("500 Oops", "application/json", b'{"code": "E-INTERNAL"}'),
        _answering("200 OK", "application/json", b'{"place": "990101"}'),
        _answering("200 OK", "application/json", b'[{"place": 7}]'),
        _answering("200 OK", "text/html", b"<p>hello</p>"),
        _answering("404 Not Found", "application/json", b'{"detail": "not our shape"}'),
        _answering("302 Found", "text/html", b""),
    ],
    ids=["fault", "not a list", "wrong type", "a page", "another error", "elsewhere"],
)
def test_a_wrong_answer_is_noticed(application: Any) -> None:
    (scopes,) = (one for one in OPERATIONS if one.path == "/api/chain/scopes")
    case = scopes.Case()
    answer = case.call(app=application)
    with pytest.raises((FailureGroup, Failure)):
        case.validate_response(answer, checks=KEPT)
