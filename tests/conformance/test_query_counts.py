"""Database queries of each page, pinned: a page that asks more often is noticed.

``JIQUN_SNAPSHOTS=write`` rewrites ``query_counts.json``: address → person → queries. The people are
those for whom the pages are longest: an official, a firm, and the administrators, who see the rows
of everybody, so that a query per row shows as many more than ``MOST``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from django.db import connection
from django.db.models import Model
from django.test.utils import CaptureQueriesContext

from tests.conformance.addresses import operations, pages
from tests.conformance.tenants.world import World
from tests.console import Demo

SNAPSHOT = Path(__file__).with_name("query_counts.json")
PEOPLE = ("official", "firma", "system", "security", "audit")
MOST = 25


@pytest.mark.once
@pytest.mark.django_db
def test_queries_per_page(world: World, rows: Mapping[type[Model], Model], demo: Demo) -> None:
    counts: dict[str, dict[str, int]] = {}
    for name in PEOPLE:
        client = world.client(name)
        for address in [*pages(demo, rows), *operations(demo, rows)]:
            if address.method != "GET" or client.get(address.path).status_code != 200:
                continue
            with CaptureQueriesContext(connection) as queries:
                client.get(address.path)
            counts.setdefault(address.name, {})[name] = len(queries)
    if os.environ.get("JIQUN_SNAPSHOTS") == "write":
        SNAPSHOT.write_text(json.dumps(counts, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    assert counts == json.loads(SNAPSHOT.read_text(encoding="utf-8"))
    many = {one: by for one, by in counts.items() if max(by.values()) > MOST}
    assert not many, f"more than {MOST} queries: look for one per row"
