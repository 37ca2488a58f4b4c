"""The page of the global search over the demo county: who finds what, and typed signs stay text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoDbBlocker

from jiqun.core import factstore
from jiqun.core.search import source as source_module
from jiqun.core.search.build import reindex
from jiqun.core.search.source import sources
from tests.console import Demo, main_firm, open_people, standing

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def built(
    demo_folder: Path, django_db_blocker: DjangoDbBlocker
) -> Iterator[tuple[str, Mapping[str, User]]]:
    """The demo county with every source of the core and of the chain in the index, once for the file."""
    named = {"counter": "jiqun.core.search.sources.SOURCES", "chain": "jiqun.modules.chain.search.SOURCES"}  # fmt: skip
    every = source_module.modules()
    manifests = tuple(replace(one, search=named.get(one.name, one.search)) for one in every)
    with (
        standing(demo_folder / "store", django_db_blocker),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(source_module, "modules", lambda: manifests)
        firm = main_firm(factstore.store())
        people = open_people(firm)
        for source in sources().values():
            reindex(source)
        yield firm, people


@pytest.fixture
def first_firm(built: tuple[str, Mapping[str, User]]) -> str:
    return built[0]


@pytest.fixture
def people(built: tuple[str, Mapping[str, User]], demo: Demo) -> Mapping[str, User]:
    return {name: copy(one) for name, one in built[1].items()}


def _page(people: Mapping[str, User], name: str, query: str) -> str:
    client = Client()
    client.force_login(people[name])
    answer = client.get("/search/" + query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_page_finds_firms_industries_segments_tables_and_pages(
    people: Mapping[str, User], demo: Demo
) -> None:
    name = demo.store.polars("firm", ["name"])["name"][0]
    assert "<mark>" in _page(people, "analyst", f"?q={name[:6]}")
    text = _page(people, "analyst", "?q=针织")
    assert 'id="hits-industry"' in text
    assert 'id="hits-segment"' in text
    assert "/chain/industry/leading/176/" in text
    assert 'id="hits-table"' in _page(people, "analyst", "?q=行业分类")
    assert 'id="hits-page"' in _page(people, "analyst", "?q=补强")
    assert 'id="hits-map"' in _page(people, "analyst", "?q=产业链图谱")
    assert "没有找到" in _page(people, "analyst", "?q=没有的词")


def test_people_and_organisations_are_found_by_those_who_keep_accounts(
    people: Mapping[str, User],
) -> None:
    for name, seen in [
        ("system", True),
        ("security", True),
        ("audit", False),
        ("analyst", False),
        ("firm", False),
    ]:
        text = _page(people, name, "?q=elsewhere")
        assert ('id="hits-person"' in text) is seen, name
        assert ('id="hits-organisation"' in text) is seen, name


@pytest.mark.parametrize("name", ["elsewhere", "system", "security", "audit", "nobody"])
def test_those_of_another_place_find_nothing_of_this_one(
    people: Mapping[str, User], demo: Demo, name: str
) -> None:
    register = demo.store.polars("firm", ["name", "firm", "place"])
    register = register.filter(pl.col("place").str.starts_with("990101"))
    firm, code, _ = register.row(0)
    for typed in (firm, firm[:2], code, code[:8], "合成示例县", "990101"):
        text = _page(people, name, f"?q={typed}&kind=firm")
        assert not [one for one in register["firm"] if one in text and one != typed], typed
        text = _page(people, name, f"?q={typed}")
        assert 'id="hits-segment"' not in text, typed
        assert 'href="/?place=990101' not in text, typed
    client = Client()
    client.force_login(people[name])
    assert client.get(f"/search/firm/{code}/").status_code == 404


def test_an_entry_without_a_page_has_one(people: Mapping[str, User], demo: Demo) -> None:
    firm, code = demo.store.polars("firm", ["name", "firm"]).row(0)
    client = Client()
    client.force_login(people["analyst"])
    text = client.get(f"/search/firm/{code}/").content.decode()
    assert firm in text
    assert code in text


def test_kinds_narrow_and_suggestions_are_a_part(people: Mapping[str, User]) -> None:
    assert 'id="hits-segment"' not in _page(people, "analyst", "?q=针织&kind=industry")
    client = Client()
    client.force_login(people["analyst"])
    part = client.get("/search/?q=针织", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert "<mark>针织</mark>" in part


@pytest.mark.asvs("1.2.9")
@pytest.mark.parametrize("typed", [".*", "[[[", "(((((a+)+)+)+)+$", "针.织", "^.织", "%", "_"])
def test_signs_of_patterns_are_letters_like_others(people: Mapping[str, User], typed: str) -> None:
    client = Client()
    client.force_login(people["analyst"])
    page = client.get("/search/", {"q": typed})
    assert page.status_code == 200
    assert "<mark>针织" not in page.content.decode()
    listed = client.get("/data/industry/", {"name_zh": typed})
    assert listed.status_code == 200
    assert "针织" not in listed.content.decode()


@pytest.mark.asvs("1.1.1")
def test_what_is_typed_is_decoded_once(people: Mapping[str, User]) -> None:
    client = Client()
    client.force_login(people["analyst"])
    once = client.get("/search/?q=%E9%92%88%E7%BB%87").content.decode()
    assert "<mark>针织</mark>" in once
    twice = client.get("/search/?q=%25E9%2592%2588%25E7%25BB%2587").content.decode()
    assert "%E9%92%88%E7%BB%87" in twice, "the second layer stays as it was typed"
    assert "<mark>针织</mark>" not in twice
    entity = client.get("/search/", {"q": "&#38024;&#32455;"}).content.decode()
    assert "&amp;#38024;" in entity
    assert client.get(
        "/chain/?place=%25399&classification=gbt4754-2017&period=2025"
    ).status_code in {403, 404, 422}


def test_typed_markup_stays_text(people: Mapping[str, User]) -> None:
    text = _page(people, "analyst", "?q=<script>alert(1)</script>")
    assert "<script>alert" not in text
