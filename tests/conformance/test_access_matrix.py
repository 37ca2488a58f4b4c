"""Every address × every kind of person: exactly who gets in, and whether foreign data leaks.

The samples in the addresses are rows of the first firm and of the place's official
(``conftest.rows``): to everybody else they are another's.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import openpyxl
import pytest
from django.db.models import Model
from django.http import HttpResponse

from jiqun.core.tabular import display
from jiqun.modules.chain.industry import OWN_VALUE
from tests.conformance.addresses import Address, operations, pages
from tests.conformance.query_counts import PEOPLE, counted, differences
from tests.conformance.tenants.world import TENANTS, World
from tests.console import DEMO_QUERY, Demo

pytestmark = [pytest.mark.django_db, pytest.mark.once]
KNOWN = frozenset(TENANTS) - {"anonymous"}
OFFICIALS = frozenset({"official", "elsewhere"})
FIRMS = frozenset({"firma", "firmb"})
OF_THE_PLACE = FIRMS | {"official", "butler"}
KEEPERS = frozenset({"system", "security"})
PUBLIC = frozenset(TENANTS)
STRANGERS = frozenset({"elsewhere", "partner", "system", "security", "audit", "nobody"})


@pytest.fixture
def world(shared_world: World) -> World:
    return shared_world


@dataclass(frozen=True, slots=True)
class Rule:
    """Who is let in; what the others who have logged in are answered; what those let in are."""

    who: frozenset[str]
    refused: int = 403
    right: int = 200


EVERYBODY = Rule(KNOWN)
WRITES_ONLY = Rule(frozenset(), 405)
OWN_FIRM = Rule(frozenset({"firma"}))
PLACED = Rule(OF_THE_PLACE)
# What shows one thing hides others' with 404, but for what people know to exist: firms, accounts.
BY_NAME: Mapping[str, Rule] = {
    # pages of every module
    "start": EVERYBODY, "tables": EVERYBODY, "table": EVERYBODY, "table-xlsx": EVERYBODY,
    "table-csv": EVERYBODY, "table-template": EVERYBODY, "view-save": WRITES_ONLY,
    "view-delete": WRITES_ONLY, "quarantine": Rule(OFFICIALS), "search": EVERYBODY,
    "search-entry": Rule(frozenset({"firma"}), 404),
    "imports": EVERYBODY, "import-new": Rule(frozenset({"system"})),
    "import": Rule(frozenset({"system"}), 404), "import-faulty": Rule(frozenset({"system"}), 404),
    "import-revise": WRITES_ONLY, "import-apply": WRITES_ONLY, "import-undo": WRITES_ONLY,
    "import-discard": WRITES_ONLY,
    "papers": Rule(FIRMS | OFFICIALS), "paper": Rule(frozenset({"firma"}), 404),
    "paper-file": Rule(frozenset({"firma"}), 404),
    "jobs": EVERYBODY, "job": Rule(frozenset({"official", "system"}), 404),
    "job-json": Rule(frozenset({"official", "system"}), 404), "job-cancel": WRITES_ONLY,
    "notices": EVERYBODY, "notices-read": WRITES_ONLY, "notice-open": WRITES_ONLY,
    "notice-choices": EVERYBODY, "robots": EVERYBODY, "robot-try": WRITES_ONLY,
    "robot-remove": WRITES_ONLY,
    # consent, publication
    "purpose": Rule(OFFICIALS), "consent": Rule(FIRMS), "consent-grant": Rule(FIRMS),
    "consent-allowed": Rule(OFFICIALS), "consent-receipt": OWN_FIRM, "consent-withdraw": OWN_FIRM,
    "consent-file": OWN_FIRM, "publications": EVERYBODY, "publication-new": Rule(OFFICIALS),
    "publication": Rule(frozenset({"official"}), 404),
    "publication-xlsx": Rule(frozenset({"official"}), 404),
    # the log, security
    "audit-log": EVERYBODY, "audit-export": EVERYBODY, "audit-reads": EVERYBODY,
    "audit-entry": Rule(frozenset({"official", "audit"}), 404),
    "audit-entry-proof": Rule(frozenset({"official", "audit"}), 404),
    "audit-read-proof": Rule(frozenset({"firma", "official", "audit"}), 404),
    "audit-verify": Rule(frozenset({"audit"})),
    "audit-roots": Rule(PUBLIC), "audit-roots-json": Rule(PUBLIC), "security-asvs": Rule(PUBLIC),
    "api-token": EVERYBODY, "security-sessions": EVERYBODY,
    "security-people": Rule(frozenset({"security"})),
    # organisations and people
    "organisations": EVERYBODY, "people": EVERYBODY,
    "organisation-new": Rule(frozenset({"system"})), "person-new": Rule(FIRMS | {"system"}),
    "organisation": Rule(KEEPERS | {"firma"}), "person": Rule(KEEPERS | {"firma"}),
    "person-close": Rule(frozenset({"system"})), "role-revoke": Rule(frozenset({"security"})),
    # the chain, and the API beside its tables
    "chain-linkages": EVERYBODY, "chain-finding": Rule(OF_THE_PLACE, 404),
    "jiqun_modules_chain_rest_finding": Rule(OF_THE_PLACE, 404),
    "jiqun_modules_chain_rest_scopes": EVERYBODY,
    "jiqun_core_data_rest_catalogue": EVERYBODY, "jiqun_core_search_rest_search": EVERYBODY,
    "jiqun_core_data_rest_shown": Rule(frozenset({"system"}), 404),
    "jiqun_core_data_rest_send": WRITES_ONLY, "jiqun_core_data_rest_apply": WRITES_ONLY,
    "jiqun_core_data_rest_undo": WRITES_ONLY,
    "jiqun_core_data_rest_table_refused": Rule(OFFICIALS, 404),
    # policies: counts for officials of the place, cases for their firm, files for those who pay
    "policy-public": Rule(PUBLIC), "policy-batches": Rule(OFFICIALS), "policy-batch-new": Rule(OFFICIALS),
    "policy-batch": Rule(frozenset({"official"}), 404), "policy-results": Rule(frozenset({"official"}), 404),
    "policy-notice-file": Rule(frozenset({"official"}), 404),
    "policy-case": Rule(frozenset({"firma"}), 404), "policy-recovery-file": Rule(frozenset({"firma"}), 404),
    "policy-mine": Rule(FIRMS), "policy-pools": Rule(OFFICIALS),
    "policy-pool": Rule(frozenset({"official"}), 404),
    "policy-file": Rule(frozenset(), 404), "policy-file-take": Rule(frozenset(), 404),
    "policy-match": Rule(frozenset({"official"})), "policy-match-one": Rule(frozenset({"official"})),
    # an official who has stated no purpose is told that there is no such firm
    "policy-match-why": Rule(frozenset({"official"}), 403, 404),
    "policy-checkup": Rule(frozenset({"official"})), "policy-checkup-try": Rule(OFFICIALS),
    "policy-checkup-xlsx": Rule(frozenset({"official"})),
    "policy-checkup-one": Rule(frozenset({"official"})),
    "policy-draft": Rule(OFFICIALS), "policy-drafts": Rule(OFFICIALS),
    "policy-draft-one": Rule(frozenset({"official"}), 404),
    # the official's draft was confirmed by nobody: there is no document yet
    "policy-draft-file": Rule(frozenset({"official"}), 404, 409),
    "policy-plan": Rule(frozenset({"official"})), "policy-plan-one": Rule(frozenset({"official"})),
    "policy-plan-together": Rule(frozenset({"official"})),
    # the workbooks ask for a purpose first
    **dict.fromkeys(("policy-plan-xlsx", "policy-plan-one-xlsx", "policy-plan-together-xlsx"),
                    Rule(frozenset())),
    "jiqun_modules_policy_rest_matching_verdicts": Rule(frozenset({"official"})),
    "jiqun_modules_policy_rest_matching_verdict": Rule(frozenset({"official"}), 403, 404),
    "jiqun_modules_policy_rest_matching_calculator": Rule(FIRMS),
    "policy-own-match": Rule(FIRMS), "policy-own-why": Rule(FIRMS),
    "policy-items": EVERYBODY, "policy-items-file": EVERYBODY, "policy-item-new": Rule(OFFICIALS),
    "policy-item": EVERYBODY, "policy-item-file": EVERYBODY,
    # land: sums for officials of the place, single firms for a purpose, the own sheet
    "land-permu": Rule(frozenset({"official"})), "land-rules": Rule(frozenset({"official"})),
    "land-fairness": Rule(frozenset({"official"})), "land-firm": Rule(frozenset({"official"}), 403, 404),
    "land-own": Rule(FIRMS), "land-own-sheet": Rule(FIRMS), "land-draft": Rule(frozenset({"official"})),
    "land-firm-sheet": Rule(frozenset({"official"}), 403, 404), "land-tenure": EVERYBODY,
    "land-batches": Rule(OFFICIALS), "land-batch-new": Rule(OFFICIALS),
    "land-batch": Rule(frozenset({"official"}), 404), "land-batch-calculation": Rule(frozenset({"official"}), 404),
    "land-batch-notice": Rule(frozenset({"official"}), 404), "land-batch-measures": Rule(frozenset(), 404),
    "land-mine": Rule(FIRMS), "land-sheet": Rule(frozenset({"firma"}), 404),
    "land-sheet-file": Rule(frozenset({"firma"}), 404), "land-objection": Rule(frozenset({"firma"}), 404),
    "land-objection-reply": Rule(frozenset(), 404),  # it is not decided
    "land-sheet-measures": Rule(frozenset(), 404),  # nothing is announced
    "land-public": Rule(PUBLIC), "land-public-batch": Rule(PUBLIC), "land-public-file": Rule(PUBLIC),
    # the land table: counts for officials of the place and the firms in it, a firm's own lines for it
    "land-tables": EVERYBODY, "land-table": Rule(FIRMS | {"official"}, 404), "land-table-public": Rule(PUBLIC),
    "land-own-land": Rule(FIRMS, 404), "land-line-objection": Rule(frozenset({"firma"}), 404),
    "land-table-sheet": Rule(frozenset(), 404),
    "land-table-firm": Rule(frozenset(), 404),  # the sample is the place's first firm, for a purpose
    # low-efficiency land: sums for officials of the place, files for a purpose, a firm its own
    "land-lowuse": Rule(frozenset({"official"})), "land-lowuse-own": Rule(FIRMS),
    "land-lowuse-thresholds": Rule(frozenset({"official"})), "land-lowuse-portfolio": Rule(frozenset({"official"})),
    "land-lowuse-portfolio-xlsx": Rule(frozenset()), "land-lowuse-parcel": Rule(frozenset(), 404),
    "land-lowuse-file": Rule(frozenset({"firma"}), 404), "land-lowuse-paper": Rule(frozenset({"firma"}), 404),
    "jiqun_modules_land_lowuse_rest_summary": Rule(frozenset({"official"})),
    "jiqun_modules_land_lowuse_rest_parcel": Rule(frozenset(), 404),
    "land-parcels": Rule(FIRMS | OFFICIALS), "land-parcel": Rule(frozenset({"firma"}), 404),
    "land-parcel-paper": Rule(frozenset({"firma"}), 404),
    "land-parcel-shapes": Rule(OFFICIALS), "jiqun_modules_land_rest_parcels_parcels": EVERYBODY,
    "jiqun_modules_land_rest_parcels_one_parcel": Rule(frozenset({"firma"}), 404),
    "land-map": EVERYBODY, "land-map-data": EVERYBODY, "land-map-svg": EVERYBODY,
    "land-map-card": Rule(OF_THE_PLACE, 404), "land-map-export": WRITES_ONLY,
    "jiqun_modules_land_rest_summary": Rule(frozenset({"official"})),
    "jiqun_modules_land_rest_own": Rule(FIRMS),
    "jiqun_modules_land_rest_firm": Rule(frozenset({"official"}), 403, 404),
    "jiqun_modules_policy_rest_results": Rule(frozenset({"official"}), 404),
    "jiqun_modules_policy_rest_payments": Rule(frozenset({"official"}), 404),
    "jiqun_modules_policy_rest_bring": WRITES_ONLY, "jiqun_modules_policy_rest_answer": WRITES_ONLY,
    # cells of few firms stand in it
    "jiqun_core_data_rest_table_industry_cell": Rule(OFFICIALS, 404),
    "jiqun_core_data_rest_table_policy_draft": Rule(OFFICIALS, 404),
}  # fmt: skip
# The register of organisations names the places that they answer for.
REGISTER = ("/masters/", "/data/organisations/")
TABLES_OF_THE_API = "jiqun_core_data_rest_table_"


def _rule(address: Address) -> Rule:
    """The rule of an address; KeyError for a new one of which nothing has been said."""
    if address.name in BY_NAME:
        return BY_NAME[address.name]
    if address.placed:
        return PLACED
    if address.name.startswith(TABLES_OF_THE_API):
        return EVERYBODY  # who sees which rows: test_matrix
    raise KeyError(f"say in BY_NAME who may open “{address.name}”")


def _expected(name: str, address: Address) -> int:
    """The one right status of an address for a person."""
    rule = _rule(address)
    if name == "anonymous" and name not in rule.who and address.method == "GET":
        return 401 if address.path.startswith("/api/") else 302
    return rule.right if name in rule.who else rule.refused


def _everything(demo: Demo, rows: Mapping[type[Model], Model] | None = None) -> list[Address]:
    return [*pages(demo, rows), *operations(demo, rows)]


def _words(answer: HttpResponse, address: Address) -> str:
    """What a person can read in an answer, also inside a workbook."""
    if answer.streaming:
        return b"".join(answer).decode("utf-8", errors="ignore")  # type: ignore[arg-type]
    if address.path.split("?")[0].endswith(".xlsx") and answer.status_code == 200:
        book = openpyxl.load_workbook(io.BytesIO(answer.content), read_only=True)
        return "\n".join(str(row) for sheet in book for row in sheet.iter_rows(values_only=True))
    return answer.content.decode("utf-8", errors="ignore")


def _largest_other(demo: Demo, own: Iterable[str]) -> int:
    """Output of the largest knitwear firm that is none of ``own``, in fen."""
    main = demo.store.polars("firm_industry").filter(main=True)
    knit = main.filter(main["industry"].str.starts_with("176"))["firm"]
    figures = demo.store.polars("firm_indicator").filter(indicator="output", period="2025")
    others = figures.filter(figures["firm"].is_in(knit.implode()) & ~figures["firm"].is_in(own))
    return int(others.sort("value")["value"][-1])


@pytest.mark.parametrize("name", TENANTS)
def test_everybody_gets_exactly_what_is_theirs(
    world: World, rows: Mapping[type[Model], Model], demo: Demo, name: str
) -> None:
    """One walk over all addresses: their statuses, no word of a foreign place, no foreign figure.

    Reading them starts no run either, and asks the database as often as is known (``query_counts``).
    """
    client, before = world.client(name), demo.store.runs("chain")
    firms = demo.store.polars("firm", ["name"])["name"].head(20)
    place = ("合成示例县", "合成袜业园", *firms) if name in STRANGERS else ()
    figure = _largest_other(demo, world.firms.values())
    wrong, counts = list[str](), dict[str, int]()
    for address in _everything(demo, rows):
        answer, expected = client.get(address.path), _expected(name, address)
        if answer.status_code != expected:
            wrong.append(f"{address.name} {address.path}: {answer.status_code}, not {expected}")
        if name == "anonymous" and expected == 302:
            assert answer["Location"].startswith("/accounts/login/"), address
        text = _words(answer, address)
        foreign = () if _rule(address).who == PUBLIC else place  # publicity names firms
        foreign = foreign[1:] if address.path.startswith(REGISTER) else foreign
        wrong += [f"{address.path} says {word}" for word in foreign if word in text]
        if f"{display(OWN_VALUE, figure)}<" in text or str(figure) in text:
            wrong.append(f"{address.path} says a firm's figure")
        if name in PEOPLE and address.method == "GET" and answer.status_code == 200:
            counts[address.name] = counted(client, address.path)
    wrong += differences(name, counts) if name in PEOPLE else []
    assert not wrong, "\n".join(wrong)
    assert demo.store.runs("chain") == before


def test_everything_with_a_rule_is_still_there(demo: Demo) -> None:
    assert set(BY_NAME) <= {address.name for address in _everything(demo)}


@pytest.mark.parametrize(
    "path", ["/data/{}/", "/data/{}/export.xlsx", "/data/{}/import/", "/api/tables/{}"]
)
def test_a_table_that_is_not_for_one_looks_like_none(world: World, demo: Demo, path: str) -> None:
    client = world.client("firma")
    hidden, missing = client.get(path.format("refused")), client.get(path.format("no_such"))
    assert (hidden.status_code, missing.status_code) == (404, 404)


def test_the_figure_is_there_for_an_official_with_a_purpose(world: World, demo: Demo) -> None:
    value, official = _largest_other(demo, world.firms.values()), world.client("official")
    official.post("/purpose/", {"purpose": "核对补链清单"})
    shown = official.get(f"/chain/industry/leading/176/?{DEMO_QUERY}").content.decode()
    assert f"{display(OWN_VALUE, value)}<" in shown, "or the walk above proves nothing"


def test_a_firm_sees_its_own_figure(world: World, demo: Demo) -> None:
    figures = demo.store.polars("firm_indicator").filter(
        indicator="output", period="2025", firm=world.firms["firma"]
    )
    page = world.client("firma").get(f"/chain/industry/leading/176/?{DEMO_QUERY}")
    assert f"{display(OWN_VALUE, figures['value'][0])}<" in page.content.decode()
