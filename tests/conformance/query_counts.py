"""Database queries of each page, pinned: a page that asks more often is noticed.

``query_counts.json`` holds address → person → queries. The people are those for whom the pages are
longest: an official, a firm, and the administrators, who see the rows of everybody, so that a query
per row shows as many more than ``MOST``. The suite that opens every address as everybody
(``test_access_matrix``) counts them; with ``JIQUN_SNAPSHOTS=write`` it rewrites the file
(in one process: without ``-n``).
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

SNAPSHOT = Path(__file__).with_name("query_counts.json")
PEOPLE = ("official", "firma", "system", "security", "audit")
MOST = 25


def counted(client: Client, path: str) -> int:
    """Queries of a page that has been opened just before, so that nothing has to warm up."""
    with CaptureQueriesContext(connection) as queries:
        client.get(path)
    return len(queries)


def differences(name: str, counts: Mapping[str, int]) -> list[str]:
    """What a person's counts have otherwise than the snapshot, in words; and pages that ask too often."""
    known: dict[str, dict[str, int]] = json.loads(SNAPSHOT.read_text(encoding="utf-8"))
    if os.environ.get("JIQUN_SNAPSHOTS") == "write":
        for address in {*known, *counts}:
            known.setdefault(address, {}).pop(name, None)
            if address in counts:
                known[address][name] = counts[address]
        known = {address: by for address, by in known.items() if by}
        text = json.dumps(known, indent=2, sort_keys=True)
        SNAPSHOT.write_text(text + "\n", encoding="utf-8")
    was = {address: by[name] for address, by in known.items() if name in by}
    found = [
        f"{address}: {counts.get(address)} queries, not {was.get(address)}"
        for address in sorted({*was, *counts})
        if counts.get(address) != was.get(address)
    ]
    many = [f"{one}: {n} queries: look for one per row" for one, n in counts.items() if n > MOST]
    return [*found, *many]
