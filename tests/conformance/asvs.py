"""Collects what the test run says about OWASP ASVS 5: which test proves which requirement.

``tests/conftest.py`` takes the two hooks from here. The page and its data are written from the
catalogue ``asvs.yaml`` by a run with ``JIQUN_SNAPSHOTS=write``; a partial run keeps the results
of the tests that it did not run.
"""

from __future__ import annotations

import ast
import json
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = Path(__file__).with_name("asvs.yaml")
DATA = ROOT / "jiqun" / "core" / "security" / "asvs.json"
PAGE = ROOT / "docs" / "reference" / "asvs.md"
WORDS = {
    "pass": ("通过", "pass"), "fail": ("未通过", "fail"), "not met": ("未满足", "not met"),
    "no test": ("尚无测试", "no test yet"), "not applicable": ("不适用", "not applicable"),
}  # fmt: skip
ABOUT = (
    "{} requirements of the OWASP Application Security Verification Standard 5.0.0 (v5.0.0-…) that a program "
    "can check, in our own words, with the test that proves each and its last result. Written by the test run "
    "(`tests/conformance/asvs.py`); the same page is served at `/security/asvs/`. It is neither a certificate "
    "nor an assessment of classified protection (等级保护) or of the use of cryptography (密评)."
)
_outcomes: dict[str, bool] = {}


@cache
def catalogue() -> list[dict[str, Any]]:
    """Return the chapters as the catalogue has them."""
    return list(yaml.safe_load(CATALOGUE.read_text(encoding="utf-8")))


def _marks(decorators: list[ast.expr]) -> Iterator[str]:
    for one in decorators:
        if isinstance(one, ast.Call) and ast.unparse(one.func) == "pytest.mark.asvs":
            yield from (ast.literal_eval(argument) for argument in one.args)


@cache
def tests_in_files() -> dict[str, tuple[str, ...]]:
    """Return every test function of the tree as ``path::name`` with the ids that it is marked with."""
    found: dict[str, tuple[str, ...]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                name = f"{path.relative_to(ROOT).as_posix()}::{node.name}"
                found[name] = tuple(_marks(node.decorator_list))
    return found


def proofs() -> dict[str, list[str]]:
    """Return the tests of each requirement: the marked ones and those that the catalogue names."""
    found: dict[str, list[str]] = {
        row["id"]: list(row.get("tests", ())) for one in catalogue() for row in one["rows"]
    }
    for name, ids in tests_in_files().items():
        for one in ids:
            found.setdefault(one, []).append(name)
    return {one: sorted(set(names)) for one, names in found.items()}


def results() -> dict[str, bool]:
    """Return the last result of each test, as the data file keeps them."""
    return json.loads(DATA.read_text(encoding="utf-8"))["results"] if DATA.exists() else {}


def _state(row: dict[str, Any], tests: list[str], known: dict[str, bool]) -> str:
    if "state" in row:
        return str(row["state"])
    told = [known[one] for one in tests if one in known]
    if not told:
        return "no test"
    return "pass" if all(told) else "fail"


def chapters(known: dict[str, bool]) -> list[dict[str, Any]]:
    """Return what the page shows, from the catalogue, the marks and the results."""
    tests = proofs()
    return [
        {key: one[key] for key in ("id", "zh", "en")}
        | {
            "rows": [
                {
                    "id": row["id"], "zh": row["zh"], "en": row["en"],
                    "state": _state(row, tests[row["id"]], known), "tests": tests[row["id"]],
                    "why_zh": row.get("why_zh", ""), "why_en": row.get("why_en", ""),
                }
                for row in one["rows"]
            ]
        }
        for one in catalogue()
    ]  # fmt: skip


def page(found: list[dict[str, Any]]) -> str:
    """Return the reference page in Markdown."""
    rows = [row for one in found for row in one["rows"]]
    counts = " · ".join(
        f"{zh} {en}: **{sum(row['state'] == state for row in rows)}**"
        for state, (zh, en) in WORDS.items()
    )
    lines = [
        "# Security baseline: OWASP ASVS 5",
        "",
        ABOUT.format(len(rows)),
        "",
        counts,
    ]
    for one in found:
        lines += [
            "",
            f"## {one['id']} {one['zh']} {one['en']}",
            "",
            "| id | requirement | result | test, or reason |",
            "|---|---|---|---|",
        ]
        for row in one["rows"]:
            zh, en = WORDS[row["state"]]
            proof = "<br>".join(f"`{test}`" for test in row["tests"])
            reason = f"{row['why_zh']} / {row['why_en']}" if row["why_en"] else ""
            said = "<br>".join(filter(None, (reason, proof))) or "—"
            lines.append(f"| {row['id']} | {row['zh']} / {row['en']} | {zh} {en} | {said} |")
    return "\n".join(lines) + "\n"


def write(known: dict[str, bool]) -> None:
    """Write the page and its data."""
    found = chapters(known)
    listed = {test for tests in proofs().values() for test in tests}
    kept = {name: known[name] for name in sorted(listed & set(known))}
    DATA.write_text(
        json.dumps({"chapters": found, "results": kept}, ensure_ascii=False, indent=1) + "\n",
        encoding="utf-8",
    )
    PAGE.write_text(page(found), encoding="utf-8")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note each test's result; a test with several cases passes when all of them do."""
    if report.when == "call" or report.failed:
        name = report.nodeid.split("[")[0]
        _outcomes[name] = _outcomes.get(name, True) and report.passed


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the page after a run that was asked to write snapshots; once, not in each worker."""
    if os.environ.get("JIQUN_SNAPSHOTS") == "write" and not hasattr(session.config, "workerinput"):
        write(
            {name: told for name, told in results().items() if name in tests_in_files()} | _outcomes
        )
