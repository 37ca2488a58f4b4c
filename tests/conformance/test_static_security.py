"""The test of the tests: each local semgrep rule, and bandit, finds what is planted for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / ".semgrep" / "jiqun.yml"
SEMGREP = ROOT / ".tools" / "semgrep" / "bin" / "semgrep"
# rule: (file, lines that it must find, lines that it must leave alone)
PLANTED: Mapping[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "jiqun-unscoped-read": (
        "planted/reads.py",
        (
            "Notice.objects.get(pk=given)",
            "Notice.objects.all()",
            "Notice.objects.filter(firm=given).first()",
            "models.Notice.objects.values_list('id', flat=True)",
            "Notice._default_manager.count()",
            "get_object_or_404(Notice, pk=given)",
        ),
        (
            "Notice.objects.visible_to(viewer)",
            "Notice.objects.visible_to(viewer).get(pk=given)",
            "Notice.objects.visible_to(viewer).filter(firm=given)",
            "get_object_or_404(visible, pk=given)",
            "given.filter(pk=1)",
        ),
    ),
    "jiqun-write-outside-verb": (
        "planted/pages.py",
        (
            "Notice.objects.create(firm=given)",
            "Notice.objects.visible_to(viewer).update(read=True)",
            "Notice.objects.visible_to(viewer).filter(pk=given).delete()",
            "given.save()",
        ),
        ("mark_read(viewer=viewer, notice=given)", "request.session.save()"),
    ),
    "jiqun-mark-safe": (
        "planted/markup.py",
        ("mark_safe(given)", "SafeString(given)", "format_html(f'<b>{given}</b>')"),
        ("format_html('<b>{}</b>', given)", "escape(given)"),
    ),
    "jiqun-raw-sql": (
        "planted/sql.py",
        (
            "cursor.execute(f'SELECT * FROM t WHERE a = {given}')",
            "cursor.execute('SELECT * FROM t WHERE a = ' + given)",
            "cursor.execute('SELECT * FROM t WHERE a = %s' % given)",
            "cursor.execute('SELECT * FROM t WHERE a = {}'.format(given))",
            "RawSQL(given, [])",
            "models.Notice.objects.visible_to(viewer).extra(where=[given])",
        ),
        (
            "cursor.execute('SELECT * FROM t WHERE a = %s', [given])",
            "cursor.execute('SELECT 1')",
            "RawSQL('a > %s', [given])",
        ),
    ),
    "jiqun-no-timeout": (
        "planted/network.py",
        (
            "requests.post(given, json={})",
            "httpx.get(given)",
            "urllib.request.urlopen(given)",
            "smtplib.SMTP(given, 25)",
        ),
        (
            "requests.post(given, json={}, timeout=5)",
            "httpx.get(given, timeout=5)",
            "urllib.request.urlopen(given, timeout=5)",
            "smtplib.SMTP(given, 25, timeout=5)",
        ),
    ),
    "jiqun-csrf-exempt": (
        "planted/forged.py",
        ("csrf_exempt(given)", "given.csrf_exempt = True", "SessionAuth(csrf=False)"),
        ("csrf_protect(given)", "SessionAuth(csrf=True)", "SessionAuth()"),
    ),
    "jiqun-day-of-a-moment": (
        "planted/days.py",
        ("given.made_at.date()", "timezone.now().date()"),
        ("localdate(given.made_at)", "timezone.localdate()", "given.date"),
    ),
    "jiqun-template-safe": (
        "planted/page.html",
        (
            "{{ row.note|safe }}",
            "{{ row.note | safe }}",
            "{{ rows|safeseq|join:', ' }}",
            "{% autoescape off %}",
        ),
        ("{{ row.note }}", "<p>{{ row.safe }}</p>", "{% autoescape on %}"),
    ),
}
MODULES = "import httpx, http.client, requests, smtplib, socket, urllib.request"


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[tuple[str, int]]]:
    """What semgrep finds in the planted files: rule → (file, line)."""
    folder = tmp_path_factory.mktemp("semgrep")
    (folder / ".semgrepignore").touch()  # its own default leaves folders out
    for file, bad, good in PLANTED.values():
        path = folder / file
        path.parent.mkdir(exist_ok=True)
        head = MODULES if path.suffix == ".py" else ""
        path.write_text("\n".join((head, *bad, *good, "")), encoding="utf-8")
    command = [
        str(SEMGREP), "scan", "--metrics=off", "--disable-version-check", "--quiet", "--json", "--strict",
        "--no-git-ignore", "--project-root", str(folder), "--config", str(RULES), str(folder),
    ]  # fmt: skip
    if not SEMGREP.exists():
        pytest.fail("semgrep is missing: python3 manage.py test installs it into .tools/semgrep")
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=clean())
    assert done.returncode == 0, done.stderr
    told: dict[str, set[tuple[str, int]]] = {rule: set() for rule in PLANTED}
    for one in json.loads(done.stdout)["results"]:
        where = (Path(one["path"]).relative_to(folder).as_posix(), one["start"]["line"])
        told[one["check_id"].rpartition(".")[2]].add(where)
    return told


def clean() -> dict[str, str]:
    """The environment without what would make semgrep call home."""
    return {**os.environ, "SEMGREP_SEND_METRICS": "off", "SEMGREP_ENABLE_VERSION_CHECK": "0"}


@pytest.mark.parametrize("rule", PLANTED)
def test_a_rule_finds_what_is_planted_and_nothing_else(
    rule: str, found: dict[str, set[tuple[str, int]]]
) -> None:
    file, bad, good = PLANTED[rule]
    lines = {line for where, line in found[rule] if where == file}
    expected = set(range(2, 2 + len(bad)))
    missed = [bad[line - 2] for line in sorted(expected - lines)]
    false = [(*bad, *good)[line - 2] for line in sorted(lines - expected)]
    assert (missed, false) == ([], [])


def test_every_rule_has_planted_lines() -> None:
    rules = [one["id"] for one in yaml.safe_load(RULES.read_text(encoding="utf-8"))["rules"]]
    assert sorted(rules) == sorted(PLANTED)


def test_bandit_finds_what_is_planted_with_the_project_s_own_settings(tmp_path: Path) -> None:
    bad = tmp_path / "bad.py"
    bad.write_text(
        textwrap.dedent("""\
            import hashlib, pickle, subprocess, tempfile, yaml
            pickle.loads(given)
            subprocess.run(given, shell=True)
            yaml.load(given)
            hashlib.md5(given)
            tempfile.mktemp()
            eval(given)
            """),
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, "-m", "bandit", "-q", "-c", str(ROOT / "pyproject.toml"), "-ll", "-ii",
         "-f", "json", str(bad)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert {one["line_number"] for one in json.loads(done.stdout)["results"]} == {2, 3, 4, 5, 6, 7}
