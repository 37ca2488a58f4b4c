"""The documents stay true: what the code has is described, what is described exists."""

from __future__ import annotations

import argparse
import ast
import os
import re
import shlex
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands
from django.urls import URLPattern, get_resolver

from jiqun.cli import COMMANDS, parser
from jiqun.core.api import api
from jiqun.rules import loader

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "docs" / "reference"
CODE = re.compile(r"[EWI]-[A-Z][A-Z0-9]*(?:-[A-Z0-9]+)*")
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*$", re.MULTILINE)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)|<img[^>]*\ssrc=\"([^\"]+)\"")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
# What no document may say: (pattern, why).
FORBIDDEN = [
    (re.compile(r"(?<![\w.])/(?:work|root|tmp|home/\w+|Users/\w+)\b"), "a path of one machine"),
    (re.compile(r"\bpypi\.|npmjs|npmmirror|pythonhosted|jsdelivr|unpkg"), "a registry's address"),
    (re.compile(r"\bshared/(?!data\b)"), "a folder that readers do not have"),
    (re.compile(r"\bissue\s*#?\d", re.IGNORECASE), "a number that readers cannot open"),
    (re.compile(r"\b(?:TODO|FIXME|TBD)\b"), "unfinished text"),
    (re.compile(r"\b(?:TIME|SIZE)_[A-Z]+\b"), "a figure that was never filled in"),
]


@cache
def _documents() -> list[Path]:
    away = {".venv", ".tools", "node_modules", "var", "dist", ".git", "test-artifacts"}
    found: list[Path] = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [one for one in folders if one not in away]
        found += [Path(folder, name) for name in names if name.endswith(".md")]
    return sorted(found)


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _reference(name: str) -> str:
    return _text(REFERENCE / name)


def _rows(text: str) -> list[list[str]]:
    """Return the cells of every table row of a document, without the backquotes around a cell."""
    lines = [line.strip() for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]


def _section(text: str, heading: str) -> str:
    """Return the text under a heading, up to the next one of the same or a higher level."""
    found = re.search(rf"^(#+)\s+{re.escape(heading)}\s*$", text, re.MULTILINE)
    assert found, f"no section “{heading}”"
    rest = text[found.end() :]
    end = re.search(rf"^#{{1,{len(found[1])}}}\s", rest, re.MULTILINE)
    return rest[: end.start()] if end else rest


# ---- settings -------------------------------------------------------------------------------


def _settings() -> dict[str, str | None]:
    """Return every variable that the settings read, with its default where it is plain text."""
    readers = {"env", "_flag", "_names"}
    found: dict[str, str | None] = {}
    for call in ast.walk(ast.parse(_text(ROOT / "config" / "settings.py"))):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name)):
            continue
        if call.func.id in readers and call.args and isinstance(call.args[0], ast.Constant):
            given = [*call.args[1:], *(keyword.value for keyword in call.keywords)]
            plain = given[0].value if given and isinstance(given[0], ast.Constant) else None
            found[f"JIQUN_{call.args[0].value}"] = None if plain is None else str(plain)
    return found


def test_every_setting_is_documented_with_its_default() -> None:
    rows = {row[0]: row for row in _rows(_reference("settings.md"))}
    known = _settings()
    assert len(known) > 8
    assert set(known) - set(rows) == set()
    for name, default in known.items():
        if default:
            plain = {"True": "1", "False": "0"}.get(default, default)
            assert rows[name][1] == plain, f"{name}: the default is {plain}"


def test_no_setting_is_documented_that_does_not_exist() -> None:
    written = set(re.findall(r"\bJIQUN_[A-Z_]+\b", " ".join(map(_text, _documents()))))
    # JIQUN_MODULES is a name inside the settings file, not a variable of the environment.
    assert written - set(_settings()) - {"JIQUN_MODULES"} == set()


# ---- error codes ----------------------------------------------------------------------------


@cache
def _codes() -> frozenset[str]:
    found: set[str] = set()
    for path in sorted((ROOT / "jiqun").rglob("*.py")):
        for node in ast.walk(ast.parse(_text(path))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found |= {node.value} if CODE.fullmatch(node.value) else set()
    for path in sorted((ROOT / "jiqun").rglob("*.yaml")):
        found |= set(re.findall(rf"^({CODE.pattern}):", _text(path), re.MULTILINE))
    return frozenset(found)


def test_every_error_code_has_its_section_and_every_section_its_code() -> None:
    sections = {title for title in HEADING.findall(_reference("errors.md")) if CODE.match(title)}
    assert _codes() - sections == set(), "codes without a section in docs/reference/errors.md"
    assert sections - _codes() == set(), "sections whose code is raised nowhere"


def test_no_document_names_an_unknown_code() -> None:
    for path in _documents():
        used = {code for code in CODE.findall(_text(path)) if code.count("-") > 1}
        assert used <= _codes(), f"{_name(path)} names {sorted(used - _codes())}"


# ---- command line ---------------------------------------------------------------------------


def _commands() -> dict[str, argparse.ArgumentParser]:
    choices = next(
        action for action in parser()._actions if isinstance(action, argparse._SubParsersAction)
    )
    return dict(choices.choices)


@pytest.mark.parametrize("command", sorted(_commands()))
def test_every_command_and_option_is_documented(command: str) -> None:
    section = _section(_reference("cli.md"), f"jiqun {command}")
    for action in _commands()[command]._actions:
        for name in action.option_strings or [action.dest]:
            if name not in {"-h", "--help"}:
                assert f"`{name}`" in section or f"`{name.upper()}`" in section, name
        if action.option_strings and action.default not in (None, "", False, argparse.SUPPRESS):
            assert f"`{action.default}`" in section, f"{action.dest}: default {action.default}"


def test_the_command_list_is_the_parser_s() -> None:
    assert set(COMMANDS) == set(_commands())


def _command_lines(text: str) -> Iterator[str]:
    """Yield what a document tells the reader to type: fenced shell lines and inline code."""
    fenced = [
        line
        for kind, body in FENCE.findall(text)
        if kind in {"", "sh", "bash", "shell"}
        for line in body.splitlines()
    ]
    for line in [*fenced, *INLINE.findall(FENCE.sub("", text))]:
        found = re.match(r"(?:\$ )?(?:jiqun|python3 manage\.py|\.venv/bin/jiqun)\s+(\S.*)", line)
        if found:
            yield found[1].split(" #")[0].strip()


@pytest.mark.parametrize("path", _documents(), ids=_name)
def test_every_command_a_document_names_exists(path: Path) -> None:
    known = {*COMMANDS, *get_commands(), "test"}
    for line in _command_lines(_text(path)):
        words = shlex.split(line)
        if words[0].isupper():  # COMMAND, in a sentence about all of them
            continue
        assert words[0] in known, line
        if words[0] in COMMANDS and _complete(words):
            parser().parse_args(words)  # leaves with an error when an option does not exist


def _complete(words: list[str]) -> bool:
    """Whether a command line is whole, not only the name of a command in a sentence."""
    needs = [a for a in _commands()[words[0]]._actions if a.required and not a.option_strings]
    return len(words) > len(needs) and not any(re.search(r"[\[\]…|&>]", word) for word in words)


def test_the_read_me_s_commands_are_exactly_these() -> None:
    for name in ("README.md", "README.zh.md"):
        lines = {
            line for _, body in FENCE.findall(_text(ROOT / name)) for line in body.splitlines()
        }
        assert {"python3 manage.py up", "python3 manage.py test"} <= lines, name


# ---- addresses ------------------------------------------------------------------------------


def _endpoints() -> list[tuple[str, str, list[str]]]:
    paths = api.get_openapi_schema()["paths"]
    return [
        (method.upper(), path, [one["name"] for one in operation.get("parameters", [])])
        for path, methods in paths.items()
        for method, operation in methods.items()
    ]


@pytest.mark.parametrize(("method", "path", "parameters"), _endpoints())
def test_every_endpoint_and_parameter_is_documented(
    method: str, path: str, parameters: list[str]
) -> None:
    section = _section(_reference("api.md"), f"{method} {path}")
    assert [name for name in parameters if f"`{name}`" not in section] == []


def _pages() -> dict[str, str]:
    """Return the address of every page of our own by its name."""
    found: dict[str, str] = {}

    def walk(patterns: Iterable[object], prefix: str) -> None:
        for one in patterns:
            if isinstance(one, URLPattern):
                where = re.sub(r"<\w+:(\w+)>", r"<\1>", f"{prefix}{one.pattern}")
                if one.name and not where.startswith(("/accounts/", "/i18n/", "/api/")):
                    found[one.name] = where
            else:
                walk(one.url_patterns, f"{prefix}{one.pattern}")  # type: ignore[attr-defined]

    walk(get_resolver().url_patterns, "/")
    return found


def test_every_page_is_documented_with_its_address() -> None:
    rows = {row[1]: row[0] for row in _rows(_reference("pages.md")) if len(row) > 3}
    pages = _pages()
    assert {"start", "chain-map"} <= set(pages)
    assert {name: rows.get(name) for name in pages} == pages
    ours = {name for name in rows if not rows[name].startswith(("/accounts/", "/i18n/", "/api/"))}
    assert ours - set(pages) - {"name", "---"} == set(), "a page that does not exist"


# ---- rules and modules ----------------------------------------------------------------------


def test_every_rule_parameter_is_documented_as_the_pack_has_it() -> None:
    rows = {row[0]: row[1:5] for row in _rows(_reference("rule-packs.md")) if len(row) > 4}
    # Packs with a shape of their own have a reference of their own.
    own = {*loader.TYPED, "policy"}
    packs = [path for path in loader.FOLDER.glob("*/**/*.yaml") if own.isdisjoint(path.parts)]
    assert packs
    for path in sorted(packs):
        for name, one in yaml.safe_load(_text(path))["parameters"].items():
            expected = [
                f"{one['value']:g}", f"{one['min']:g}–{one['max']:g}", one["unit"], one["mark"],
            ]  # fmt: skip
            assert rows.get(name) == expected, f"{path.name} {name}"


def test_every_module_has_its_page() -> None:
    for name in settings.JIQUN_MODULES:
        assert (ROOT / "docs" / "modules" / f"{name.rsplit('.', 1)[-1]}.md").is_file()


def test_every_decision_is_numbered_once_and_listed() -> None:
    files = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    numbers = [path.name[:4] for path in files]
    assert len(set(numbers)) == len(numbers)
    index = _text(ROOT / "docs" / "README.md")
    assert [path.name for path in files if f"decisions/{path.name}" not in index] == []


# ---- text -----------------------------------------------------------------------------------


def _slug(heading: str) -> str:
    words = re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower())
    return words.replace(" ", "-")


def _anchors(path: Path) -> set[str]:
    return {_slug(heading) for heading in HEADING.findall(FENCE.sub("", _text(path)))}


@pytest.mark.parametrize("path", _documents(), ids=_name)
def test_every_relative_link_leads_somewhere(path: Path) -> None:
    broken: list[str] = []
    for target in (a or b for a, b in LINK.findall(FENCE.sub("", _text(path)))):
        if target.startswith(("http:", "https:", "mailto:")):
            continue
        file, _, anchor = unquote(target).partition("#")
        goal = (path.parent / file).resolve() if file else path
        known = goal.exists() and (not anchor or goal.suffix != ".md" or anchor in _anchors(goal))
        broken += [] if known else [target]
    assert not broken


@pytest.mark.parametrize("path", _documents(), ids=_name)
def test_no_document_says_what_it_must_not(path: Path) -> None:
    found = [
        f"{why}: {match[0]}"
        for pattern, why in FORBIDDEN
        for match in pattern.finditer(_text(path))
    ]
    assert not found


def test_forbidden_words_are_noticed() -> None:
    bad = [
        "see /" + "work/main",
        "/" + "root/x",
        "https://pypi.example",
        "../shared/notes",
        "SIZE_UP",
    ]
    assert all(any(pattern.search(text) for pattern, _ in FORBIDDEN) for text in bad)
    good = ["a frame", "../shared/data", "framework/x", "example.org/rooted", "var/store", "TIMES"]
    assert not any(pattern.search(text) for pattern, _ in FORBIDDEN for text in good)


def test_lock_files_name_no_registry() -> None:
    files = [*sorted((ROOT / "locks").glob("*.txt")), ROOT / "frontend" / "package-lock.json"]
    assert len(files) > 2
    for path in files:
        assert '"resolved": "http' not in _text(path), _name(path)
        if path.suffix == ".txt":
            assert "://" not in _text(path), _name(path)
            assert "--hash=sha256:" in _text(path), _name(path)
