"""The page of the security baseline is complete, up to date and claims no more than was tested."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from django.test import Client

from tests.conformance import asvs

# Automatically checkable requirements of each chapter, counted from the standard.
CHAPTERS = {"V1": 14, "V2": 8, "V3": 16, "V4": 4, "V5": 8, "V6": 24, "V7": 13, "V8": 5}
REST = {"V11": 5, "V12": 5, "V13": 7, "V14": 5, "V15": 9, "V16": 13}


def test_the_catalogue_has_each_requirement_once() -> None:
    rows = [row["id"] for one in asvs.catalogue() for row in one["rows"]]
    assert len(rows) == len(set(rows)) == 136
    assert {one["id"]: len(one["rows"]) for one in asvs.catalogue()} == CHAPTERS | REST
    for one in asvs.catalogue():
        assert all(row["id"].startswith(one["id"][1:] + ".") for row in one["rows"])


def test_every_mark_names_a_requirement_and_every_named_test_exists() -> None:
    known = {row["id"] for one in asvs.catalogue() for row in one["rows"]}
    assert set(asvs.proofs()) == known
    named = {
        test for one in asvs.catalogue() for row in one["rows"] for test in row.get("tests", ())
    }
    assert named - set(asvs.tests_in_files()) == set()


def test_what_is_not_decided_by_tests_has_its_reason() -> None:
    for one in asvs.catalogue():
        for row in one["rows"]:
            if "state" in row:
                assert row["state"] in {"not met", "not applicable"}
                assert row["why_zh"]
                assert row["why_en"]


def test_the_page_is_up_to_date_with_the_tests() -> None:
    known = {name: told for name, told in asvs.results().items() if name in asvs.tests_in_files()}
    found = asvs.chapters(known)
    missing = {
        test
        for one in found
        for row in one["rows"]
        for test in row["tests"]
        if "state" not in row and test not in known
    }
    assert not missing, "run the tests with JIQUN_SNAPSHOTS=write"
    assert asvs.PAGE.read_text(encoding="utf-8") == asvs.page(found), (
        "run the tests with JIQUN_SNAPSHOTS=write"
    )


def test_a_requirement_without_test_is_never_shown_as_met() -> None:
    rows = [row for one in asvs.chapters({}) for row in one["rows"]]
    assert {row["state"] for row in rows} == {"no test", "not met", "not applicable"}
    failed = asvs.chapters(dict.fromkeys(asvs.tests_in_files(), False))
    assert "pass" not in {row["state"] for one in failed for row in one["rows"]}


@pytest.mark.django_db
def test_the_page_is_public_and_shows_the_same_counts() -> None:
    page = Client().get("/security/asvs/")
    assert page.status_code == 200
    text = page.content.decode()
    rows = [row for one in asvs.chapters(asvs.results()) for row in one["rows"]]
    for row in rows:
        assert f">{row['id']}<" in text
    told = Counter(row["state"] for row in rows)
    assert [int(n) for n in re.findall(r"<dd><strong>(\d+)</strong></dd>", text)] == [
        told[state] for state in asvs.WORDS
    ]
