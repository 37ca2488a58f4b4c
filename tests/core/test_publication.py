"""Drafting, publishing and withdrawing tables of aggregates over the demo county."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from jiqun.core.access import Role, Viewer
from jiqun.core.models.publication import PublishedTable
from jiqun.core.publication.actions import draft, publish, withdraw
from jiqun.core.publication.data import Scope
from jiqun.errors import JiqunError
from tests.console import Demo

SCOPE = Scope("990101", "2025", "output", "gbt4754-2017", ("town", "industry2"))
pytestmark = pytest.mark.django_db


def official(name: str, place: str = "990101") -> Viewer:
    """An official of the demo county."""
    user = User.objects.create(username=name)
    return Viewer(user.pk, name, frozenset({Role.ANALYST}), frozenset({place}))


@pytest.fixture
def maker() -> Viewer:
    return official("maker")


@pytest.fixture
def checker() -> Viewer:
    return official("checker")


def test_a_draft_is_safe_and_a_second_official_publishes_it(
    demo: Demo, maker: Viewer, checker: Viewer
) -> None:
    table = draft(viewer=maker, scope=SCOPE, title_zh="产值（合成）")
    assert table.report["passed"]
    assert table.report["recoverable"] == 0
    out = publish(viewer=checker, table=table)
    assert out.state == "published"
    withheld = [cell for cell in out.cells if cell["status"] != "published"]
    assert withheld
    assert all(cell["value"] is None and cell["count"] is None for cell in withheld)
