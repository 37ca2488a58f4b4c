"""``crash_setup.py prepare|census``: fills an installation for the crash tests, or counts what is in it."""

from __future__ import annotations

import json
import os
import sys
import warnings
from collections import Counter
from typing import Any

import django

warnings.filterwarnings("ignore")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()  # before anything that holds models

# ruff: noqa: E402
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from jiqun.core.access import Role
from jiqun.core.audit.verify import verify_log
from jiqun.core.backup.load import prepare_database
from jiqun.core.models import AuditEntry, Import, SavedView
from jiqun.core.opened import store
from jiqun.core.security.actions import issue_token
from jiqun.masters.models import Membership, Organisation
from jiqun.masters.viewers import viewer_of

CLIENTS = 6


def prepare() -> list[dict[str, str]]:
    """Make the tables and six officials, each with a token that may write and a session."""
    prepare_database()
    bureau = Organisation.objects.create(name="合成示例局", kind="bureau", place="*")
    people: list[dict[str, str]] = []
    for number in range(CLIENTS):
        user = User.objects.create_user(f"officer{number}", password=None)
        Membership.objects.create(user=user, organisation=bureau, role=Role.ANALYST.value)
        client = Client(headers={"host": "127.0.0.1"})
        client.force_login(user)
        client.get("/purpose/")
        token = issue_token(viewer=viewer_of(user), label="crash", scope="write")
        cookies = {name: one.value for name, one in client.cookies.items()}
        people.append(
            {"token": token, "session": cookies["sessionid"], "csrf": cookies["csrftoken"]}
        )
    return people


def _whole() -> str:
    """What SQLite says of its own file; PostgreSQL looks at its pages whenever it reads them."""
    if connection.vendor != "sqlite":
        return "ok"
    with connection.cursor() as cursor:
        return str(cursor.execute("PRAGMA integrity_check").fetchone()[0])


def census() -> dict[str, Any]:
    """Count everything that the clients may have written, in the database and in the fact store."""
    facts = store()
    batches = facts.batches()
    ever = facts.table("chain_record").select("record").to_polars()["record"].to_list()
    log = verify_log()
    applied = AuditEntry.objects.filter(action="imports.apply").values_list("target", flat=True)
    again = AuditEntry.objects.filter(action="imports.plan", reason="repeated request")
    imports = Import.objects.values("key", "digest", "state", "counts", "idempotency", "file_name")
    return {
        "imports": list(imports),
        "applied": Counter(applied),
        "repeated": again.count(),
        "facts": Counter(ever),
        "batches": batches.select(
            "batch", "received", "accepted", "quarantined", "duplicate"
        ).to_dicts(),
        "refused": facts.table("_quarantine").to_polars().height,
        "views": Counter(SavedView.objects.values_list("name", flat=True)),
        "view_entries": AuditEntry.objects.filter(action="tables.save_view").count(),
        "log": {"entries": log.entries, "broken": log.broken, "breaks": [str(one) for one in log.breaks]},
        "whole": _whole(),
    }  # fmt: skip


if __name__ == "__main__":
    json.dump({"prepare": prepare, "census": census}[sys.argv[1]](), sys.stdout, ensure_ascii=False)
