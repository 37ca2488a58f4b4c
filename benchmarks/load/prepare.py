"""Fills an installation for the load: people with sessions and tokens. Prints what to send as JSON."""

from __future__ import annotations

import json
import sys

import django

django.setup()  # before anything that holds models

# ruff: noqa: E402
from django.contrib.auth.models import User
from django.test import Client

from jiqun.core.access import Role
from jiqun.core.backup.load import prepare_database
from jiqun.core.opened import store
from jiqun.core.security.actions import issue_token
from jiqun.masters.models import Membership, Organisation
from jiqun.masters.viewers import viewer_of

PEOPLE = 60
READS = [  # name, path, weight
    ("start", "/", 3),
    ("map", "/chain/?{scope}", 2),
    ("tables", "/data/", 2),
    ("list", "/chain/lists/recruitment/?{scope}", 1),
    ("api", "/api/chain/rows?{scope}&kind=supporting", 2),
]


def main() -> None:
    """Make tables, people and sessions; print people and requests."""
    prepare_database()
    scope = store().runs("chain")[0].scope
    query = "&".join(f"{name}={value}" for name, value in scope.items())
    bureau = Organisation.objects.create(name="合成示例局", kind="bureau", place="*")
    people: list[dict[str, str]] = []
    for number in range(PEOPLE):
        user = User.objects.create_user(f"officer{number}", password=None)
        Membership.objects.create(user=user, organisation=bureau, role=Role.ANALYST.value)
        client = Client(headers={"host": "127.0.0.1"})
        client.force_login(user)
        client.get("/purpose/")
        cookies = {name: one.value for name, one in client.cookies.items()}
        people.append(
            {
                "session": cookies["sessionid"],
                "csrf": cookies["csrftoken"],
                "token": issue_token(viewer=viewer_of(user), label="load"),
            }
        )
    reads = [
        {"name": name, "method": "GET", "path": path.format(scope=query), "weight": weight}
        for name, path, weight in READS
    ]
    form = {"next": "/health"}
    write = {"name": "purpose", "method": "POST", "path": "/purpose/", "weight": 1, "form": form}
    json.dump({"seed": 7, "people": people, "read": reads, "write": [write]}, sys.stdout)


if __name__ == "__main__":
    main()
