"""Database queries of each page, pinned: a page that asks more often is noticed.

``JIQUN_SNAPSHOTS=write`` rewrites ``query_counts.json``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.conformance.addresses import operations, pages
from tests.console import Demo

SNAPSHOT = Path(__file__).with_name("query_counts.json")


@pytest.mark.django_db
def test_queries_per_page(demo: Demo, sign_in: Callable[..., Client]) -> None:
    client = sign_in("analyst")
    counts: dict[str, int] = {}
    for address in [*pages(demo), *operations(demo)]:
        client.get(address.path)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get(address.path)
        counts[address.name] = len(queries)
    if os.environ.get("JIQUN_SNAPSHOTS") == "write":
        SNAPSHOT.write_text(json.dumps(counts, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    assert counts == json.loads(SNAPSHOT.read_text(encoding="utf-8"))
