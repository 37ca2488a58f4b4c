"""Tags and filters of the page frame: the built scripts, icons, words in the reader's language."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import TypedDict, cast

from django import template
from django.conf import settings
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect
from django.templatetags.static import static
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from jiqun.core.scope import classification_words
from jiqun.core.templatetags.icons import ICONS

log = logging.getLogger(__name__)
register = template.Library()


class _Chunk(TypedDict, total=False):
    """One entry of the bundler's manifest: the file, its styles, whether a page may ask for it."""

    name: str
    file: str
    css: list[str]
    imports: list[str]
    isEntry: bool


register.filter("classification", classification_words)


@register.simple_tag
def vite(entry: str) -> SafeString:
    """Return the script and style tags of a built entry, such as ``main`` or ``chain-map``.

    A page without the built front-end still works, because every page is complete HTML; so a
    missing build is a comment in the page and a warning in the log, never an error.
    """
    manifest = _manifest()
    chunk = next(
        (c for c in manifest.values() if c.get("name") == entry and c.get("isEntry")), None
    )
    if chunk is None:
        log.warning("front-end entry %s is not built: run python3 manage.py up", entry)
        return mark_safe("<!-- front-end not built: run python3 manage.py up -->")
    styles = format_html_join(
        "\n",
        '<link rel="stylesheet" href="{}">',
        ((static(path),) for path in _styles(chunk, manifest)),
    )
    script = format_html('<script type="module" src="{}"></script>', static(chunk.get("file", "")))
    return format_html("{}{}", styles, script)


def _manifest() -> Mapping[str, _Chunk]:
    """Return the manifest, read again only when its file has changed."""
    path = Path(settings.FRONTEND_DIST) / "manifest.json"
    try:
        changed = path.stat().st_mtime_ns
    except FileNotFoundError:
        return {}
    return _read_manifest(path, changed)


@lru_cache(maxsize=2)
def _read_manifest(path: Path, changed: int) -> Mapping[str, _Chunk]:  # noqa: ARG001
    """Read the manifest; ``changed`` is part of the cache key."""
    return cast("Mapping[str, _Chunk]", json.loads(path.read_text(encoding="utf-8")))


def _styles(chunk: _Chunk, manifest: Mapping[str, _Chunk]) -> list[str]:
    """Return the style sheets of a chunk and of what it imports, each once."""
    found = list(chunk.get("css", []))
    for name in chunk.get("imports", []):
        found += [path for path in _styles(manifest[name], manifest) if path not in found]
    return found


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """Return an icon as inline SVG: hidden from screen readers unless it has a label.

    An unknown name gives a plain dot, so that a module's manifest cannot break a page.
    """
    return _spoken(name, label) if label else _mute(name)


@cache
def _mute(name: str) -> SafeString:
    return _spoken(name, "")


def _spoken(name: str, label: str) -> SafeString:
    outline = ICONS.get(name, "M12 11v2")
    spoken = format_html('role="img" aria-label="{}"', label) if label else 'aria-hidden="true"'
    return format_html(
        '<svg class="jq-icon" viewBox="0 0 24 24" {}><path d="{}"/></svg>',
        SafeString(spoken),
        outline,
    )


@register.filter
def said(thing: object, part: str) -> str:
    """Return ``<part>_zh`` or ``<part>_en`` of an error or problem, in the reader's language.

    >>> from jiqun.errors import Problem
    >>> said(Problem("x", "缺列", "column missing"), "message")
    '缺列'
    """
    language = "en" if (get_language() or "zh").startswith("en") else "zh"
    return str(getattr(thing, f"{part}_{language}", ""))


@register.filter
def beside(row: Sequence[object], columns: Sequence[object]) -> list[tuple[object, object]]:
    """Return a table row's cells, each beside its column."""
    return list(zip(columns, row, strict=True))


@register.filter
def inside(cell: Mapping[str, str]) -> SafeString:
    """Return what a table's cell shows: its text, as a link or a tag where it is one, and its note.

    >>> inside({"text": "临期", "badge": "warning", "note": "预计"})
    '<span class="jq-tag is-warning">临期</span> <small class="jq-hint">预计</small>'
    """
    text, href, badge, note = (cell.get(name, "") for name in ("text", "href", "badge", "note"))
    if href:
        held = format_html('<a href="{}">{}</a>', href, text)
    elif badge:
        held = format_html('<span class="jq-tag is-{}">{}</span>', badge, text)
    else:
        held = conditional_escape(text)
    return format_html('{} <small class="jq-hint">{}</small>', held, note) if note else held


@register.filter
def is_choice(field: BoundField) -> bool:
    """Tell whether a form field is a tick box or a list of them, whose label stands after it."""
    widget = field.field.widget
    return isinstance(widget, CheckboxInput | RadioSelect | CheckboxSelectMultiple)


@register.filter
def described(field: BoundField) -> SafeString:
    """Return a form field's widget, tied to its hint and its error for screen readers."""
    parts = [f"{field.auto_id}-hint"] if field.help_text else []
    attributes: dict[str, str | bool] = {}
    if field.errors:
        parts.append(f"{field.auto_id}-error")
        attributes["aria-invalid"] = "true"
    if parts:
        attributes["aria-describedby"] = " ".join(parts)
    return SafeString(field.as_widget(attrs=attributes))
