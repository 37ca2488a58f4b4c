"""Every address × every kind of person: who gets in, and whether foreign data leaks."""

from __future__ import annotations

import io
from collections.abc import Mapping

import openpyxl
import pytest
from django.http import HttpResponse
from django.test import Client

from jiqun.core.tabular import display
from jiqun.modules.chain.industry import OWN_VALUE
from tests.conformance.addresses import Address, operations, pages
from tests.console import DEMO_QUERY, PEOPLE, Demo, SignIn

pytestmark = pytest.mark.django_db
INSIDERS = ("analyst", "firm", "butler")
OUTSIDERS = ("elsewhere", "partner", "system", "security", "audit", "nobody")
EVERYBODY = {*PEOPLE, "nobody"}
# Pages of which a role, not a place, decides: name → who may open it. What shows one thing of a
# person or a firm (a receipt, an account) is asked for here with a number that nothing has.
BY_ROLE: Mapping[str, set[str]] = {
    "start": EVERYBODY,
    "chain-linkages": EVERYBODY,
    "quarantine": {"analyst", "elsewhere"},
    "purpose": {"analyst", "elsewhere"},
    "consent": {"firm"},
    "consent-grant": {"firm"},
    "consent-allowed": {"analyst", "elsewhere"},
    "consent-receipt": set(),
    "consent-withdraw": set(),
    "consent-file": set(),
    "organisations": EVERYBODY,
    "organisation-new": {"system"},
    "people": EVERYBODY,
    "person-new": {"system", "firm"},
    "role-revoke": set(),
}


def _expected(name: str, address: Address) -> set[int]:
    """Status codes that are right; a page of another topic decides by itself, but never breaks."""
    if address.placed:
        return {200} if name in INSIDERS else {403}
    if address.name in BY_ROLE:
        return {200} if name in BY_ROLE[address.name] else {403}
    return {200, 302, 403, 404, 405}


def _everything(demo: Demo) -> list[Address]:
    return [*pages(demo), *operations(demo)]


def _words(answer: HttpResponse, address: Address) -> str:
    """What a person can read in an answer, also inside a workbook."""
    if address.path.split("?")[0].endswith(".xlsx") and answer.status_code == 200:
        book = openpyxl.load_workbook(io.BytesIO(answer.content), read_only=True)
        return "\n".join(str(row) for sheet in book for row in sheet.iter_rows(values_only=True))
    return answer.content.decode("utf-8", errors="ignore")


def test_a_stranger_gets_nowhere(demo: Demo) -> None:
    client = Client()
    for address in pages(demo):
        answer = client.get(address.path)
        assert answer.status_code == 302, address
        assert answer["Location"].startswith("/accounts/login/"), address
    for address in operations(demo):
        assert client.get(address.path).status_code == 401, address


@pytest.mark.parametrize("name", INSIDERS)
def test_people_of_the_place_get_in(demo: Demo, sign_in: SignIn, name: str) -> None:
    client = sign_in(name)
    for address in _everything(demo):
        assert client.get(address.path).status_code in _expected(name, address), address


@pytest.mark.parametrize("name", OUTSIDERS)
def test_others_see_nothing_of_the_place(demo: Demo, sign_in: SignIn, name: str) -> None:
    canaries = (
        "合成示例县",
        "合成袜业园",
        *demo.store.polars("firm", ["name"])["name"].head(20),
    )
    client = sign_in(name)
    for address in _everything(demo):
        answer = client.get(address.path)
        assert answer.status_code in _expected(name, address), address
        if address.name != "quarantine":
            text = _words(answer, address)
            assert not [word for word in canaries if word in text], address


def _largest_other(demo: Demo, own: str) -> tuple[str, int]:
    """Output of the largest knitwear firm that is not ``own``: industry code, value in fen."""
    main = demo.store.polars("firm_industry").filter(main=True)
    knit = main.filter(main["industry"].str.starts_with("176"))["firm"]
    figures = demo.store.polars("firm_indicator").filter(indicator="output", period="2025")
    others = figures.filter(figures["firm"].is_in(knit.implode()) & (figures["firm"] != own))
    row = others.sort("value").row(-1, named=True)
    return row["firm"], int(row["value"])


@pytest.mark.parametrize("name", [*PEOPLE, "nobody"])
def test_no_firms_figure_is_seen_by_others(
    demo: Demo, sign_in: SignIn, first_firm: str, name: str
) -> None:
    _, value = _largest_other(demo, first_firm)
    canaries = (display(OWN_VALUE, value), str(value))
    client = sign_in(name)
    for address in _everything(demo):
        text = _words(client.get(address.path), address)
        assert not [word for word in canaries if f"{word}<" in text or str(value) in text], address


def test_the_figure_is_there_for_an_official_with_a_purpose(
    demo: Demo, sign_in: SignIn, first_firm: str
) -> None:
    _, value = _largest_other(demo, first_firm)
    path = f"/chain/industry/leading/176/?{DEMO_QUERY}"
    shown = sign_in("analyst", purpose="核对补链清单").get(path).content.decode()
    assert f"{display(OWN_VALUE, value)}<" in shown, "or the test above proves nothing"


def test_a_firm_sees_its_own_figure(demo: Demo, sign_in: SignIn, first_firm: str) -> None:
    figures = demo.store.polars("firm_indicator").filter(
        indicator="output", period="2025", firm=first_firm
    )
    path = f"/chain/industry/leading/176/?{DEMO_QUERY}"
    assert (
        f"{display(OWN_VALUE, figures['value'][0])}<" in sign_in("firm").get(path).content.decode()
    )


def test_no_address_changes_anything_by_reading(demo: Demo, sign_in: SignIn) -> None:
    before = demo.store.runs("chain")
    client = sign_in("analyst")
    for address in _everything(demo):
        client.get(address.path)
    assert demo.store.runs("chain") == before
