"""Chinese and English complete: messages, column labels, pages."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from html.parser import HTMLParser

import polars as pl
import polib
import pytest
from django.db.models import Model
from django.test import Client
from django.urls import get_resolver

from jiqun.core.models import AuditEntry
from jiqun.core.tabular import Field, specs
from jiqun.core.tabular.fields import UNITS_EN
from jiqun.masters.models import Organisation, Person
from jiqun.modules.chain import catalogue as chain_catalogue
from jiqun.modules.chain import tabular
from jiqun.modules.policy.drafts.settling import PLAIN_KEYS
from jiqun.rules.policies import FOLDER as POLICIES
from tests.conformance import catalogue
from tests.conformance.addresses import pages
from tests.conformance.tenants.world import World
from tests.console import Demo

CHINESE = re.compile(r"[\u4e00-\u9fff]+")
PLACEHOLDER = re.compile(r"%\(\w+\)s")
SPOKEN = {"title", "alt", "placeholder", "aria-label", "label"}
MEASURES = [*tabular.MEASURES]
SPEAKERS = ("official", "firma", "system", "security", "audit")  # together they may open every page
ACCOUNT_PAGES = (
    "/accounts/login/", "/accounts/password/", "/accounts/confirm/", "/accounts/factor/",
    "/accounts/factor/totp/activate/",
)  # fmt: skip
QUOTED = {
    "年",
    "月",
    "元",
    "万",
    "亿",
    "万元",
    "全部",
}  # words of a file that an English message quotes


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
    assert get_resolver().url_patterns  # loads the pages of every module
    for name, module in list(sys.modules.items()):
        for value in vars(module).values() if name.startswith("jiqun.") else ():
            if isinstance(value, Field):
                yield value
            elif isinstance(value, list | tuple):
                yield from (one for one in value if isinstance(one, Field))
    for spec in specs().values():
        yield from spec.fields
    for measure in MEASURES:
        for make in (tabular.leading_fields, tabular.supporting_fields, tabular.potential_fields,
                     tabular.extension_fields):  # fmt: skip
            yield from make(measure, "CNY_fen")


def test_every_column_is_named_in_both_languages() -> None:
    fields = list(_fields())
    assert len(fields) > 200
    for spec in fields:
        assert CHINESE.search(spec.zh) or spec.zh.isupper(), spec  # AUC is AUC
        assert spec.en, spec
        assert not CHINESE.search(spec.en), spec
        assert bool(spec.about_zh) == bool(spec.about_en), spec
        assert not CHINESE.search(UNITS_EN.get(spec.unit or "", spec.unit or "")), spec
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
    """Collects what a page says, without parts in another language and lines quoted of a file."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._foreign = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if self._foreign:
            self._foreign += tag not in {"path", "img", "input", "br"}
        elif tag == "pre" or (tag == "button" and (given.get("lang") or "").startswith("zh")):
            self._foreign = 1
        else:
            self.texts += [value for name, value in attrs if name in SPOKEN and value]

    def handle_endtag(self, tag: str) -> None:
        if self._foreign and tag not in {"path", "img", "input", "br"}:
            self._foreign -= 1

    def handle_data(self, data: str) -> None:
        if not self._foreign:
            self.texts.append(data)


def _names_in_the_rows(world: World) -> set[str]:
    """Runs of Chinese in what people are called, and in what they wrote into rows of the database."""
    texts = [*Person.objects.values_list("name", flat=True)]
    texts += Organisation.objects.values_list("name", flat=True)
    texts += [column.example for spec in specs().values() for column in spec.fields]
    texts += AuditEntry.objects.values_list("reason", flat=True)
    for one in world.rows:
        written = (field for field in one.row._meta.fields if not field.is_relation)
        texts += [str(field.value_from_object(one.row)) for field in written]
    return {run for text in texts for run in CHINESE.findall(text)}


def _names_in_the_data(demo: Demo) -> set[str]:
    """Runs of Chinese that people wrote into the data: names of places, firms, sources, files."""
    texts: set[str] = set()
    for table in (
        "place",
        "industry",
        "firm",
        "chain_record",
        "firm_indicator",
        "trade_link",
        "firm_attribute",
        "parcel",
        "parcel_use",
        "parcel_deal",
    ):
        frame = demo.store.polars(table)
        for name in (name for name, kind in frame.schema.items() if kind == pl.String):
            texts.update(frame[name].unique().drop_nulls())
    fresh = demo.store.freshness()
    texts.update(*(fresh[name].drop_nulls() for name in ("source", "owner")))
    for row in map(json.loads, demo.store.polars("_quarantine")["record"]):
        texts.update(row.get(name) or "" for name in ("file", "sheet", "column", "value"))
    # Policies are quoted as their documents have them: titles, conditions, fields, offices.
    texts.update(path.read_text(encoding="utf-8") for path in POLICIES.rglob("*.yaml"))
    texts.update(PLAIN_KEYS)
    return {run for text in texts for run in CHINESE.findall(text)}


@pytest.mark.once
@pytest.mark.django_db
def test_pages_in_english_speak_english(
    demo: Demo, world: World, rows: Mapping[type[Model], Model]
) -> None:
    names = _names_in_the_data(demo) | _names_in_the_rows(world) | QUOTED
    shown = [one for one in pages(demo, rows) if one.text and "json" not in one.name]
    left: set[tuple[str, str, str]] = set()
    opened: set[str] = set()
    for speaker in SPEAKERS:
        client = world.client(speaker)
        client.post("/i18n/setlang/", {"language": "en"})
        asked = [one.path for one in shown if one.path not in opened]
        for path in [*asked, "/", "/no/such/page", *ACCOUNT_PAGES]:
            response = client.get(path)
            if not response.headers.get("Content-Type", "").startswith("text/html"):
                continue
            if response.status_code == 200:
                opened.add(path)
            reader = _Spoken()
            reader.feed(response.content.decode())
            left |= {
                (speaker, path.split("?")[0], text.strip()[:80])
                for text in reader.texts
                if set(CHINESE.findall(text)) - names
            }
    assert not sorted(left)
    must = {
        "/consent/",
        "/security/people/",
        "/audit/verify/",
        "/masters/people/",
        "/publications/",
    }
    assert must <= opened


@pytest.mark.once
@pytest.mark.django_db
def test_pages_in_chinese_are_the_default(demo: Demo, sign_in: Callable[..., Client]) -> None:
    text = sign_in("analyst").get("/", headers={"Accept-Language": "fr"}).content.decode()
    assert '<html lang="zh-hans"' in text
    assert "县情总览" in text
