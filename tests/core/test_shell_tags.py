"""The tags of the page frame."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from django import forms
from django.utils.translation import override

from jiqun.core.templatetags.icons import ICONS
from jiqun.core.templatetags.jiqun import beside, described, icon, is_choice, said, vite
from jiqun.errors import Problem

MANIFEST = {
    "main.ts": {"name": "main", "file": "assets/main-1.js", "css": ["assets/main-1.css"], "isEntry": True},
    "map.ts": {"name": "map", "file": "assets/map-1.js", "imports": ["_shared.js"], "isEntry": True},
    "_shared.js": {"name": "shared", "file": "assets/shared-1.js", "css": ["assets/shared-1.css"]},
}  # fmt: skip


@pytest.fixture
def dist(tmp_path: Path, settings: pytest.FixtureRequest) -> Path:
    settings.FRONTEND_DIST = tmp_path  # type: ignore[attr-defined]
    settings.STATIC_URL = "/static/"  # type: ignore[attr-defined]
    (tmp_path / "manifest.json").write_text(json.dumps(MANIFEST))
    return tmp_path


def test_vite_names_the_built_files(dist: Path) -> None:
    out = vite("main")
    assert '<link rel="stylesheet" href="/static/assets/main-1.css">' in out
    assert '<script type="module" src="/static/assets/main-1.js"></script>' in out


def test_vite_brings_the_styles_of_what_is_imported(dist: Path) -> None:
    assert "shared-1.css" in vite("map")
    assert "shared-1.js" not in vite("map")


def test_vite_reads_again_after_a_build(dist: Path) -> None:
    vite("main")
    path = dist / "manifest.json"
    path.write_text(path.read_text().replace("main-1.js", "main-2.js"))
    os.utime(path, ns=(1, 1))
    assert "main-2.js" in vite("main")


@pytest.mark.parametrize("entry", ["shared", "nothing"])
def test_vite_leaves_a_comment_for_what_is_not_built(dist: Path, entry: str) -> None:
    assert vite(entry) == "<!-- front-end not built: run python3 manage.py up -->"


def test_vite_without_any_build(dist: Path) -> None:
    (dist / "manifest.json").unlink()
    assert vite("main").startswith("<!--")


def test_icon_is_silent_unless_labelled() -> None:
    assert 'aria-hidden="true"' in icon("map")
    assert 'aria-label="&lt;图&gt;"' in icon("map", "<图>")
    assert ICONS["map"] in icon("map")
    assert "<path" in icon("no-such-icon")


def test_said_follows_the_language() -> None:
    problem = Problem("x", "缺列", "column missing")
    with override("zh-hans"):
        assert said(problem, "message") == "缺列"
    with override("en"):
        assert said(problem, "message") == "column missing"
    assert said(problem, "nothing") == ""


def test_a_row_as_long_as_its_columns() -> None:
    assert beside([1, 2], ["a", "b"]) == [("a", 1), ("b", 2)]
    with pytest.raises(ValueError, match="shorter"):
        beside([1], ["a", "b"])


class Person(forms.Form):
    name = forms.CharField(help_text="全名")
    agree = forms.BooleanField(required=False)


def test_fields_are_tied_to_hint_and_error() -> None:
    form = Person({"name": ""})
    form.is_valid()
    assert 'aria-describedby="id_name-hint id_name-error"' in described(form["name"])
    assert 'aria-invalid="true"' in described(form["name"])
    assert "aria-describedby" not in described(form["agree"])
    assert is_choice(form["agree"])
    assert not is_choice(form["name"])
