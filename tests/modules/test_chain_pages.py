"""The chain's pages, files and API as people of each role meet them."""

from __future__ import annotations

import html
import io
import json
import re
from typing import Any

import openpyxl
import pytest
from django.test import Client

from jiqun.core.models import FirmRead
from jiqun.core.security.actions import issue_token
from jiqun.masters.viewers import viewer_of
from jiqun.modules.chain.catalogue import CATALOGUE
from tests.console import DEMO_QUERY, Demo, SignIn, text_of

pytestmark = pytest.mark.django_db
NARROW = (
    "&p.leading.coverage=0.5&p.leading.share_min=0.9"  # knitwear and knitted clothing cover half
)
HOSIERY = f"/chain/industry/leading/176/?{DEMO_QUERY}"


def _book(client: Client, path: str) -> Any:
    response = client.get(path)
    assert response.status_code == 200
    return openpyxl.load_workbook(io.BytesIO(response.content))


def test_the_map_has_its_table_twin_and_its_thresholds(demo: Demo, sign_in: SignIn) -> None:
    text = text_of(sign_in("analyst"), f"/chain/?{DEMO_QUERY}")
    assert "针织或钩针编织物及其制品制造" in text
    assert 'name="p.leading.coverage"' in text
    assert "合成数据" in text
    assert f"/chain/finding/{demo.finding('leading', '176')}/" in text


def test_a_what_if_changes_the_rows_and_says_so(demo: Demo, sign_in: SignIn) -> None:
    client = sign_in("analyst")
    before = client.get(f"/chain/map.json?{DEMO_QUERY}").json()
    after = client.get(f"/chain/map.json?{DEMO_QUERY}{NARROW}").json()
    assert len(after["segments"]) != len(before["segments"])
    changed = text_of(client, f"/chain/?{DEMO_QUERY}{NARROW}")
    assert "这是改了门槛的假设结果" in changed
    assert "这是改了门槛的假设结果" not in text_of(
        client, f"/chain/?{DEMO_QUERY}&p.leading.lq_threshold=1.5"
    )


def test_links_of_a_what_if_keep_its_thresholds(demo: Demo, sign_in: SignIn) -> None:
    client = sign_in("analyst")
    page = text_of(client, f"/chain/?{DEMO_QUERY}{NARROW}")
    links = {html.unescape(link) for link in re.findall(r'href="(/chain/industry/[^"]+)"', page)}
    assert links
    assert "/chain/finding/what-if" not in page
    drawn = client.get(f"/chain/map.json?{DEMO_QUERY}{NARROW}").json()["segments"]
    for link in [*sorted(links)[:3], drawn[0]["href"]]:
        assert "p." in link
        assert "这是改了门槛的假设结果" in text_of(client, link)


def test_impossible_thresholds_are_all_listed_on_the_page(demo: Demo, sign_in: SignIn) -> None:
    query = f"{DEMO_QUERY}&p.leading.coverage=3&p.supporting.weak=abc&p.no.such=1"
    text = text_of(sign_in("analyst"), f"/chain/?{query}", 422)
    for name in ("E-PARAMETER", "leading.coverage", "supporting.weak", "no.such"):
        assert name in text
    problems = sign_in("analyst").get(f"/chain/map.json?{query}").json()
    assert len(problems["fields"]) == 3


def test_the_what_if_goes_into_the_workbook_with_its_filters(demo: Demo, sign_in: SignIn) -> None:
    book = _book(sign_in("analyst"), f"/chain/export.xlsx?{DEMO_QUERY}{NARROW}")
    cover = {row[0]: row[1] for row in book.worksheets[0].values if row[0]}
    assert cover["筛选条件"] == "主导行业合计覆盖范围内产出=50%；单个行业占比达到即入围=90%"
    assert cover["导出人"] == "analyst"
    assert "合成数据" in cover["数据性质"]
    assert demo.run in cover["数据版本"]
    assert "chain/jiqun-2026.1" in cover["规则版本"]


def test_every_saved_map_and_list_opens_and_exports(demo: Demo, sign_in: SignIn) -> None:
    client = sign_in("analyst")
    for scheme, entries in CATALOGUE.items():
        for entry in entries:
            assert entry.zh in text_of(client, f"/chain/lists/{entry.slug}/?{DEMO_QUERY}")
        book = _book(client, f"/chain/lists/{scheme}/export.xlsx?{DEMO_QUERY}")
        assert len(book.sheetnames) == 1 + len(entries)


def test_a_list_shows_only_its_rows(demo: Demo, sign_in: SignIn) -> None:
    book = _book(sign_in("analyst"), f"/chain/lists/panorama/export.xlsx?{DEMO_QUERY}")
    tiers = [row[0] for row in list(book.worksheets[1].values)[1:]]
    assert list(dict.fromkeys(tiers)) == ["主导", "配套"], "in the order of the tiers"


def test_a_firm_that_was_struck_off_is_no_maker(demo: Demo, sign_in: SignIn) -> None:
    firms = demo.store.polars("firm")
    closed = set(firms.filter(status="closed")["name"])
    assert closed
    listed = _book(sign_in("analyst"), f"/chain/lists/firms/export.xlsx?{DEMO_QUERY}").worksheets[1]
    names = {row[1] for row in listed.values}
    assert names & set(firms["name"])
    assert not names & closed
    drawn = sign_in("analyst").get(f"/chain/map.json?{DEMO_QUERY}").json()
    dots = {name for segment in drawn["segments"] for name, _ in segment["firms"]}
    assert not dots & closed


@pytest.mark.parametrize(
    ("kind", "start"), [("svg", b"<svg"), ("png", b"\x89PNG"), ("pdf", b"%PDF")]
)
def test_the_map_as_a_file(demo: Demo, sign_in: SignIn, kind: str, start: bytes) -> None:
    response = sign_in("analyst").get(f"/chain/map.{kind}?{DEMO_QUERY}")
    assert response.status_code == 200
    assert (
        response.content.lstrip()
        .removeprefix(b'<?xml version="1.0" encoding="UTF-8"?>')
        .lstrip()
        .startswith(start)
    )
    assert kind in response["Content-Disposition"]


def test_an_official_sees_output_only_after_stating_a_purpose(
    demo: Demo, sign_in: SignIn, first_firm: str
) -> None:
    assert "产值 <span" not in text_of(sign_in("analyst"), HOSIERY).split("谁在做")[-1]
    assert not FirmRead.objects.exists()
    assert (
        "产值 <span"
        in text_of(sign_in("analyst", purpose="核对补链清单"), HOSIERY).split("谁在做")[-1]
    )
    read = FirmRead.objects.get(firm=first_firm)
    assert (read.entry.reason, read.entry.user_name) == ("核对补链清单", "analyst")


def test_a_firm_sees_who_read_it(demo: Demo, sign_in: SignIn) -> None:
    sign_in("analyst", purpose="核对补链清单").get(HOSIERY)
    text = text_of(sign_in("firm"), "/")
    assert "核对补链清单" in text
    assert "核对补链清单" not in text_of(sign_in("butler"), "/")


@pytest.mark.parametrize("purpose", ["x", "  短  "])
def test_a_purpose_that_says_nothing_is_refused(demo: Demo, sign_in: SignIn, purpose: str) -> None:
    client = sign_in("analyst")
    answer = client.post("/purpose/", {"purpose": purpose})
    assert answer.status_code == 422
    assert "用途写具体" in answer.content.decode()
    client.get(HOSIERY)
    assert not FirmRead.objects.exists()


def test_a_purpose_can_be_taken_back(demo: Demo, sign_in: SignIn) -> None:
    client = sign_in("analyst", purpose="核对补链清单")
    client.post("/purpose/", {"end": "1"})
    client.get(HOSIERY)
    assert not FirmRead.objects.exists()


def test_a_purpose_does_not_lead_to_another_site(demo: Demo, sign_in: SignIn) -> None:
    answer = sign_in("analyst").post(
        "/purpose/", {"purpose": "核对补链", "next": "https://evil.example/"}
    )
    assert answer["Location"] == "/"


def test_a_token_acts_with_its_owners_rights(demo: Demo, people: Any) -> None:
    for name, status in (("analyst", 200), ("elsewhere", 403), ("nobody", 403)):
        token = issue_token(viewer=viewer_of(people[name]), label="test")
        headers = {"Authorization": f"Bearer {token}"}
        answer = Client().get(f"/api/chain/rows?{DEMO_QUERY}&kind=leading", headers=headers)
        assert answer.status_code == status
    assert (
        Client().get("/api/chain/scopes", headers={"Authorization": "Bearer jq_wrong"}).status_code
        == 401
    )


def test_the_api_gives_rows_and_trees_with_their_versions(demo: Demo, sign_in: SignIn) -> None:
    client = sign_in("analyst")
    answer = client.get(f"/api/chain/rows?{DEMO_QUERY}&kind=leading").json()
    assert answer["run"] == demo.run
    assert {row["kind"] for row in answer["rows"]} == {"leading"}
    one = client.get(f"/api/chain/finding/{demo.finding('leading', '176')}").json()
    assert (one["run"], one["snapshot"]) == (demo.run, answer["snapshot"])
    assert one["tree"]["terms"]
    firms = client.get(f"/api/chain/lists/firms?{DEMO_QUERY}").json()["rows"]
    assert firms
    assert "output" not in json.dumps(firms)
    assert client.get("/api/chain/scopes").json()[0]["place"] == "990101"


def test_the_api_masks_small_segments_as_the_pages_do(demo: Demo, sign_in: SignIn) -> None:
    rows = sign_in("butler").get(f"/api/chain/rows?{DEMO_QUERY}").json()["rows"]
    small = [row for row in rows if 0 < (row["establishments"] or 0) < 5]
    assert small
    assert {row["size"] for row in small} == {None}


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (f"/chain/industry/leading/999/?{DEMO_QUERY}", 404, "E-INDUSTRY-UNKNOWN"),
        ("/chain/finding/nothing/", 404, "E-FINDING-UNKNOWN"),
        (f"/chain/lists/nothing/?{DEMO_QUERY}", 404, "E-LIST-UNKNOWN"),
        ("/chain/?place=990201&classification=gbt4754-2017&period=2025", 404, "E-RUN-MISSING"),
        ("/no/such/page", 404, "E-NOT-FOUND"),
        (
            "/chain/map.json?place=990201&classification=gbt4754-2017&period=2025",
            404,
            "E-RUN-MISSING",
        ),
        (f"/api/chain/lists/nothing?{DEMO_QUERY}", 404, "E-LIST-UNKNOWN"),
    ],
)
def test_what_is_not_there_is_explained(
    demo: Demo, sign_in: SignIn, path: str, status: int, code: str
) -> None:
    assert code in text_of(sign_in("analyst"), path, status)


def test_one_who_belongs_to_nothing_gets_a_way_on(demo: Demo, sign_in: SignIn) -> None:
    assert "E-SCOPE-NONE" in text_of(sign_in("nobody"), "/chain/", 404)
    assert "E-SCOPE-NONE" in text_of(sign_in("elsewhere"), "/chain/", 404)
