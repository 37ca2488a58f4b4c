"""Chinese and English complete: messages, column labels, pages."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from types import ModuleType

import polars as pl
import polib
import pytest
from django.test import Client

from jiqun.cockpit import pages as cockpit
from jiqun.core.tabular import Field
from jiqun.masters.models import Organisation, Person
from jiqun.modules.chain import catalogue as chain_catalogue
from jiqun.modules.chain import industry, tabular
from tests.conformance import catalogue
from tests.conformance.addresses import pages
from tests.console import Demo

CHINESE = re.compile(r"[\u4e00-\u9fff]+")
PLACEHOLDER = re.compile(r"%\(\w+\)s")
SPOKEN = {"title", "alt", "placeholder", "aria-label", "label"}
MEASURES = [*tabular.MEASURES]
SPEAKERS = ("analyst", "firm", "system", "security", "audit")  # together they may open every page
ACCOUNT_PAGES = (
    "/accounts/login/", "/accounts/password/change/", "/accounts/reauthenticate/", "/accounts/2fa/",
    "/accounts/2fa/totp/activate/",
)  # fmt: skip
QUOTED = {"年", "月", "元", "万", "亿", "万元"}  # words of a file that an English message quotes


def test_every_message_has_an_english_translation() -> None:
    known = {(entry.msgid, entry.msgid_plural): entry for entry in catalogue.catalogue()}
    said = catalogue.messages()
    hint = "run: python -m tests.conformance.catalogue, then translate in jiqun/locale/en"
    assert not sorted(set(said) - set(known)), f"missing; {hint}"
    assert not sorted(set(known) - set(said)), f"obsolete; {hint}"
    assert not [entry.msgid for entry in known.values() if not entry.translated()], hint


def test_translations_keep_their_placeholders_and_are_english() -> None:
    for entry in catalogue.catalogue():
        for text in [entry.msgstr] if entry.msgstr else entry.msgstr_plural.values():
            assert set(PLACEHOLDER.findall(text)) == set(PLACEHOLDER.findall(entry.msgid)), text
            assert not CHINESE.search(text), text


def test_the_compiled_catalogue_is_that_of_the_text() -> None:
    compiled = {(e.msgid, e.msgstr, str(e.msgstr_plural)) for e in polib.mofile(str(catalogue.MO))}
    written = {(e.msgid, e.msgstr, str(e.msgstr_plural)) for e in catalogue.catalogue()}
    assert compiled == written, "run: python -m tests.conformance.catalogue"


def _fields() -> Iterator[Field]:
    modules: tuple[ModuleType, ...] = (tabular, industry, cockpit)
    for module in modules:
        for value in vars(module).values():
            if isinstance(value, Field):
                yield value
            elif isinstance(value, list):
                yield from (one for one in value if isinstance(one, Field))
    for measure in MEASURES:
        for make in (tabular.leading_fields, tabular.supporting_fields, tabular.potential_fields,
                     tabular.extension_fields):  # fmt: skip
            yield from make(measure, "CNY_fen")


def test_every_column_is_named_in_both_languages() -> None:
    fields = list(_fields())
    assert len(fields) > 40
    for spec in fields:
        assert CHINESE.search(spec.zh), spec
        assert spec.en, spec
        assert not CHINESE.search(spec.en), spec
        assert bool(spec.about_zh) == bool(spec.about_en), spec
        for zh, en in spec.words.values():
            assert bool(zh) == bool(en)
            assert not CHINESE.search(en)


def test_every_saved_query_is_named_in_both_languages() -> None:
    for entries in chain_catalogue.CATALOGUE.values():
        for entry in entries:
            assert entry.en
            assert bool(entry.holder_zh) == bool(entry.holder_en)
            assert not CHINESE.search(entry.en + entry.holder_en)


class _Spoken(HTMLParser):
    """Collects what a page says, leaving out parts marked as being in another language."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._foreign = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if self._foreign:
            self._foreign += tag not in {"path", "img", "input", "br"}
        elif tag == "button" and (given.get("lang") or "").startswith("zh"):
            self._foreign = 1
        else:
            self.texts += [value for name, value in attrs if name in SPOKEN and value]

    def handle_endtag(self, tag: str) -> None:
        if self._foreign and tag not in {"path", "img", "input", "br"}:
            self._foreign -= 1

    def handle_data(self, data: str) -> None:
        if not self._foreign:
            self.texts.append(data)


def _names_of_people() -> set[str]:
    """Runs of Chinese in what people and their organisations are called."""
    called = [*Person.objects.values_list("name", flat=True)]
    called += Organisation.objects.values_list("name", flat=True)
    return {run for text in called for run in CHINESE.findall(text)}


def _names_in_the_data(demo: Demo) -> set[str]:
    """Runs of Chinese that people wrote into the data: names of places, firms, sources, files."""
    texts: set[str] = set()
    for table in ("place", "industry", "firm", "chain_record"):
        frame = demo.store.polars(table)
        for name in (name for name, kind in frame.schema.items() if kind == pl.String):
            texts.update(frame[name].unique().drop_nulls())
    fresh = demo.store.freshness()
    texts.update(*(fresh[name].drop_nulls() for name in ("source", "owner")))
    for row in map(json.loads, demo.store.polars("_quarantine")["record"]):
        texts.update(row.get(name) or "" for name in ("file", "sheet", "column", "value"))
    return {run for text in texts for run in CHINESE.findall(text)}


@pytest.mark.django_db
def test_pages_in_english_speak_english(
    demo: Demo, sign_in: Callable[..., Client]
) -> None:
    names = _names_in_the_data(demo) | _names_of_people()
    shown = [one.path for one in pages(demo) if one.text and "map.json" not in one.path]
    left: set[tuple[str, str, str]] = set()
    opened: set[str] = set()
    for person in SPEAKERS:
        client = sign_in(person)
        client.post("/i18n/setlang/", {"language": "en"})
        asked = [path for path in shown if path not in opened]
        for path in [*asked, "/", "/no/such/page", *ACCOUNT_PAGES]:
            response = client.get(path)
            if response.status_code == 200:
                opened.add(path)
            reader = _Spoken()
            reader.feed(response.content.decode())
            left |= {
                (person, path.split("?")[0], text.strip()[:80])
                for text in reader.texts
                if set(CHINESE.findall(text)) - names - QUOTED
            }
    assert not sorted(left)
    assert {"/consent/", "/security/people/", "/audit/verify/", "/masters/people/"} <= opened


@pytest.mark.django_db
def test_pages_in_chinese_are_the_default(demo: Demo, sign_in: Callable[..., Client]) -> None:
    text = sign_in("analyst").get("/", headers={"Accept-Language": "fr"}).content.decode()
    assert '<html lang="zh-hans"' in text
    assert "县情总览" in text
