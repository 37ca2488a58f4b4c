"""The French firm-aid suite: every verdict and every list of missing facts, on real data."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.firm_aid.run import COLUMNS, compare
from benchmarks.firm_aid.suite import read_suite


@pytest.mark.shared
def test_every_verdict_of_the_suite_agrees(shared_data: Path) -> None:
    suite = read_suite(shared_data / "bench" / "policy_firm_aid")
    report = compare(suite)
    assert report.lines == 22_000
    assert report.imported.refused == {}
    assert [report.agreement(column) for column in COLUMNS] == [1.0, 1.0, 1.0]


@pytest.mark.shared
def test_a_wrong_expectation_is_seen(shared_data: Path) -> None:
    suite = read_suite(shared_data / "bench" / "policy_firm_aid")
    line = replace(suite.verdicts[0], targeted="yes", missing=("x",))
    report = compare(replace(suite, verdicts=[line]))
    assert {one.column for one in report.disagreements} == {"targeted", "missing"}


def folder(place: Path, rules: dict[str, object], lines: list[str]) -> Path:
    """Write a suite of one programme and two firms; the data are invented."""
    goals = {"avec": {"est clair": None}}
    interface = {
        "entreprise": None,
        "entreprise . effectif": None,
        "questionnaire": None,
        "questionnaire . objectif prioritaire": goals,
        "dispositif": {"avec": {"début de validité": None}},
        "date du jour": None,
    }
    programme = {"id": "essai", "début de validité": "01/02/2024", "publicodes": rules}
    firms = [
        {"id": "F1", "entreprise . effectif": 10, "objectives": ["est clair"],
         "date du jour": "2024-02-01", "autre": 3},
        {"id": "F2", "objectives": [], "date du jour": "2024-01-31"},
    ]  # fmt: skip
    (place / "interface.json").write_text(json.dumps(interface), encoding="utf-8")
    for name, value in (("programmes_x", [programme]), ("firms", firms)):
        packed = gzip.compress(json.dumps(value).encode())
        (place / f"{name}.json.gz").write_bytes(packed)
    text = "\n".join(("programme,firm,targeted,eligible,missing", *lines))
    (place / "verdicts_x.csv.gz").write_bytes(gzip.compress(text.encode()))
    return place


def test_any_folder_of_that_shape_is_read(tmp_path: Path) -> None:
    rules: dict[str, object] = {
        "entreprise . est ciblée": {"toutes ces conditions": ["effectif >= 10", "est éligible"]},
        "entreprise . est éligible": {
            "applicable si": "dispositif . début de validité <= date du jour",
            "valeur": "questionnaire . objectif prioritaire . est clair",
        },
    }
    lines = ["essai,F1,yes,yes,", "essai,F2,no,not_applicable,"]
    suite = read_suite(folder(tmp_path, rules, lines))
    assert suite.unread == ("autre",)
    assert compare(suite).disagreements == []


def test_a_programme_that_cannot_be_imported_disagrees_and_says_why(tmp_path: Path) -> None:
    rules: dict[str, object] = {"entreprise . est ciblée": {"barème": {"assiette": "effectif"}}}
    report = compare(read_suite(folder(tmp_path, rules, ["essai,F1,yes,,"])))
    assert {one.found for one in report.disagreements} == {"refused"}
    assert "barème" in report.imported.refused["essai"][0].message_en
