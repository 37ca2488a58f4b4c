"""Every table of every module: round trip, bad cells, filters, who sees what, number of queries.

A module joins by naming its specs in its manifest; nothing here knows a table by name but where a
column has to hold something in particular.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import openpyxl
import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import localdate
from django.utils.translation import override
from pytest_django import DjangoDbBlocker

from jiqun.core import factstore
from jiqun.core.access import Role, Viewer
from jiqun.core.data.listing import asked, write_file
from jiqun.core.tabular import Field, Plan, Query, TableSpec, Upload, parse, specs
from jiqun.core.tabular.fields import cell_value
from jiqun.masters.models import Organisation
from jiqun.modules.land.models import LandRow, LandTable
from tests.console import Demo, SignIn, main_firm, open_people, standing
from tests.modules.lowuse.rows import make_files
from tests.modules.parcels.rows import make_parcel
from tests.modules.permu.rows import make_permu
from tests.modules.policy.rows import make_rows

pytestmark = [pytest.mark.django_db, pytest.mark.once]
TABLES = [*specs()]
IMPORTABLE = [name for name, spec in specs().items() if spec.importer is not None]
FACTS = [name for name in IMPORTABLE if specs()[name].importer.asks]  # type: ignore[union-attr]
ROWS = 400
MOST_QUERIES = 14
# What no reader may take for a value of the type. Free text and codes take anything.
BAD: Mapping[str, str] = {
    "words": "没有这个选项", "integer": "三点五", "number": "很多", "quantity": "大约一百", "date": "不是日期",
    "period": "不是期间", "bool": "也许", "firm_id": "9.1350100M+17",
}  # fmt: skip


@pytest.fixture
def official(people: Mapping[str, User]) -> Viewer:
    """An official of every place who has stated a purpose."""
    return Viewer(
        people["analyst"].pk,
        "analyst",
        frozenset({Role.ANALYST}),
        frozenset({"*"}),
        purpose="核对数据",
    )


@pytest.fixture(scope="module")
def built(
    demo_folder: Path, django_db_blocker: DjangoDbBlocker
) -> Iterator[tuple[str, Mapping[str, User]]]:
    """The accounts, and rows of the tables that the demo county's files do not have."""
    with standing(demo_folder / "store", django_db_blocker):
        store = factstore.store()
        firm = main_firm(store)
        people = open_people(firm)
        office = Organisation.objects.get(membership__user=people["analyst"])
        four = [people[name] for name in ("analyst", "system", "security", "audit")]
        make_rows(office, four, firm, "990101")
        make_files(office, four, firm, "990101")
        make_permu(store, office, four, firm)
        make_parcel(office, four[0], firm, "990101")
        table = LandTable.objects.create(
            key="YD2025-1", place="990101", year=2025, snapshot="s", digest="d", department=office, made_by=four[0]
        )  # fmt: skip
        LandRow.objects.create(
            table=table, firm=firm, firm_name="合成企业", town="990101001", area_m2=200.25, own_m2=200.25,
            reported_m2=190.0, flags=["differs"],
        )  # fmt: skip
        yield firm, people


@pytest.fixture
def first_firm(built: tuple[str, Mapping[str, User]]) -> str:
    return built[0]


@pytest.fixture
def people(built: tuple[str, Mapping[str, User]], demo: Demo) -> Mapping[str, User]:
    return {name: copy(one) for name, one in built[1].items()}


@pytest.fixture
def bringer(people: Mapping[str, User], official: Viewer, request: pytest.FixtureRequest) -> Viewer:
    """Somebody who may bring rows into the test's table: the official, else who keeps accounts."""
    importer = specs()[request.getfixturevalue("name")].importer
    assert importer is not None
    system = Viewer(people["system"].pk, "system", frozenset({Role.SYSTEM}))
    found = [one for one in (official, system) if importer.may(one)]
    return found[0] if found else official


def _upload(content: bytes, name: str) -> Upload:
    return Upload(
        content, name, source="往返", owner="统计局", as_of=dt.date(2026, 1, 1), basis="往返检验"
    )


def _rows(spec: TableSpec, viewer: Viewer, limit: int = ROWS) -> Sequence[Mapping[str, Any]]:
    return spec.present(spec.read(viewer, Query(sort=spec.sort, limit=limit)).rows)


def _plan(spec: TableSpec, viewer: Viewer, content: bytes, name: str) -> Plan:
    assert spec.importer is not None
    return spec.importer.plan(viewer, _upload(content, name))


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("name", IMPORTABLE)
def test_an_export_comes_back_unchanged(
    demo: Demo, bringer: Viewer, name: str, language: str, kind: str
) -> None:
    spec = specs()[name]
    with override(language):
        rows = _rows(spec, bringer)
        assert rows, "the demo has no row of this table, so the test would prove nothing"
        content = write_file(asked(spec, bringer, QueryDict()), rows, kind, "D1")
        plan = _plan(spec, bringer, content, f"导出.{kind}")
    assert not [one for one in plan.problems if not one.code.startswith("W-")]
    assert (plan.counts.received, plan.counts.unchanged) == (len(rows), len(rows))
    assert (plan.counts.accepted, plan.counts.quarantined, plan.blocked) == (0, 0, False)


@pytest.mark.parametrize("name", IMPORTABLE)
def test_an_export_has_the_columns_of_the_template(demo: Demo, official: Viewer, name: str) -> None:
    spec = specs()[name]
    assert spec.importer is not None
    template = openpyxl.load_workbook(io.BytesIO(spec.importer.template())).worksheets[0]
    content = write_file(asked(spec, official, QueryDict()), [], "xlsx", "D1")
    export = openpyxl.load_workbook(io.BytesIO(content)).worksheets[1]
    assert [cell.value for cell in export[1]] == [cell.value for cell in template[1]]


@pytest.mark.parametrize("name", IMPORTABLE)
def test_the_template_filled_in_with_its_examples_is_understood(
    demo: Demo, bringer: Viewer, name: str
) -> None:
    spec = specs()[name]
    content = _csv(spec.template_fields, [[one.example for one in spec.template_fields]])
    plan = _plan(spec, bringer, content, "模板.csv")
    assert (plan.blocked, plan.unknown, plan.missing) == (False, (), ())
    assert plan.counts.received == 1
    # The examples' places and firms are not those of the demo county.
    assert {one.code for one in plan.problems if not one.code.startswith("W-")} <= {
        "E-PLACE-UNKNOWN", "E-FIRM-UNKNOWN", "E-CODE-UNKNOWN", "E-PARENT-UNKNOWN",
    }  # fmt: skip


def _csv(fields: Sequence[Field], rows: Sequence[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([one.zh for one in fields])
    writer.writerows(rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode()


@pytest.mark.parametrize("name", IMPORTABLE)
def test_a_bad_cell_of_any_column_is_named_with_address_value_and_remedy(
    demo: Demo, bringer: Viewer, name: str
) -> None:
    spec = specs()[name]
    fields = spec.template_fields
    spoilt = [one for one in fields if one.type in BAD]
    needed = [one for one in fields if one.required and one.default is None]
    spoilt += [one for one in needed if one.type in ("text", "code")]
    rows = [
        {one.name: cell_value(one, row.get(one.name)) for one in fields}
        for row in _rows(spec, bringer)
    ]
    assert len(rows) >= len(spoilt)
    for number, one in enumerate(spoilt):
        rows[number] = rows[number] | {one.name: BAD.get(one.type, "")}
    content = _csv(fields, [[row[one.name] for one in fields] for row in rows[: len(spoilt)]])
    plan = _plan(spec, bringer, content, "坏单元格.csv")
    letters = {one.name: openpyxl.utils.get_column_letter(n) for n, one in enumerate(fields, 1)}
    found = {cell: problem for problem, cell in zip(plan.problems, plan.cells, strict=True) if cell}
    for number, one in enumerate(spoilt):
        # A unit is read together with its value, so the problem stands at the value.
        column = "value" if one.name == "unit" else one.name
        problem = found.get(f"{letters[column]}{number + 2}")
        assert problem is not None, f"{one.name}: no problem at {letters[column]}{number + 2}"
        for text in (problem.message_zh, problem.message_en, problem.remedy_zh, problem.remedy_en):
            assert text.strip(), one.name
        if one.name == "unit":
            continue
        assert problem.value == BAD.get(one.type, ""), one.name
        assert problem.column == one.zh, one.name
    assert plan.counts.quarantined == len(spoilt)
    assert {one.row for one in plan.faulty} == set(range(2, len(spoilt) + 2))


@pytest.mark.parametrize("name", IMPORTABLE)
def test_an_unknown_column_stops_the_import_and_names_the_nearest(
    demo: Demo, bringer: Viewer, name: str
) -> None:
    spec = specs()[name]
    fields = spec.template_fields
    wrong = Field("wrong", f"{fields[1].zh}备查甲", "wrong")
    rows = [
        [*(cell_value(one, row.get(one.name)) for one in fields), "甲"]
        for row in _rows(spec, bringer)[:3]
    ]
    content = _csv([*fields, wrong], rows)
    plan = _plan(spec, bringer, content, "多一列.csv")
    assert plan.blocked
    assert [one.heading for one in plan.unknown] == [wrong.zh]
    assert plan.unknown[0].nearest
    assert spec.importer is not None
    upload = _upload(content, "多一列.csv")
    settled = spec.importer.plan(
        bringer,
        Upload(**{n: getattr(upload, n) for n in Upload.__slots__} | {"ignored": (wrong.zh,)}),
    )
    assert (settled.blocked, settled.counts.unchanged) == (False, len(rows))


def _filter_of(one: Field, value: Any) -> str:
    text = localdate(value).isoformat() if isinstance(value, dt.datetime) else str(value)
    if one.narrowed_by == "range":
        factor = {"share": 100, "probability": 100, "money_wan": 1e-6, "money_yuan": 1e-2}.get(
            one.type, 1
        )
        bound = text if one.type in ("date", "datetime") else f"{float(value) * factor:.12g}"
        return urlencode({f"{one.name}.min": bound, f"{one.name}.max": bound})
    return urlencode({one.name: text.lower() if one.type == "bool" else text})


@pytest.mark.parametrize("name", TABLES)
def test_every_column_can_be_narrowed_down_and_put_in_order(
    demo: Demo, official: Viewer, name: str
) -> None:
    spec = specs()[name]
    viewer = official
    rows = spec.read(viewer, Query(limit=ROWS)).rows
    if not rows:
        viewer = Viewer(official.user_id, "system", frozenset({Role.SYSTEM}), frozenset({"*"}))
        rows = spec.read(viewer, Query(limit=ROWS)).rows
    assert rows, "no row to filter"
    for one in spec.fields_for(viewer):
        known = next((row[one.name] for row in rows if row[one.name] not in (None, "")), None)
        if one.sortable:
            for sort in (one.name, f"-{one.name}"):
                assert spec.read(viewer, Query(sort=(sort,), limit=2)).rows, sort
        if one.narrowed_by == "none":
            continue
        shown = spec.present([row for row in rows if row[one.name] == known][:1])
        if known is not None:
            query, problems = parse(
                spec, spec.fields, QueryDict(_filter_of(one, shown[0][one.name]))
            )
            assert not problems, one.name
            found = spec.read(viewer, query)
            assert found.total >= 1, one.name
            assert all(_like(row[one.name], known, one) for row in found.rows), one.name
        query, _ = parse(spec, spec.fields, QueryDict(f"{one.name}=?"))
        missing = spec.read(viewer, query)
        assert all(row[one.name] in (None, "") for row in missing.rows), one.name
        assert missing.total == 0 or missing.rows, one.name


def _like(value: Any, wanted: Any, one: Field) -> bool:
    if one.narrowed_by in ("contains", "starts"):
        return str(wanted).lower() in str(value).lower()
    if isinstance(wanted, dt.datetime):
        return bool(localdate(value) == localdate(wanted))
    return bool(value == wanted) or one.type == "quantity"


@pytest.mark.parametrize("name", TABLES)
def test_nobody_without_a_place_sees_rows_of_a_place_or_firm(
    demo: Demo, people: Mapping[str, User], name: str
) -> None:
    spec = specs()[name]
    viewer = Viewer(people["nobody"].pk, "nobody")
    found = spec.read(viewer, Query(limit=None))
    columns = {one.name for one in spec.fields}
    if spec.grade in ("firm", "aggregate") or "firm" in columns:
        assert found.total == 0
    assert not [row for row in found.rows if any(c.isdigit() for c in str(row.get("place") or ""))]


@pytest.mark.parametrize("name", FACTS)
def test_an_official_of_another_place_sees_that_place_only(
    demo: Demo, people: Mapping[str, User], name: str
) -> None:
    spec = specs()[name]
    viewer = Viewer(
        people["elsewhere"].pk, "elsewhere", frozenset({Role.ANALYST}), frozenset({"9902"}), purpose="核对数据"
    )  # fmt: skip
    places = dict(demo.store.polars("firm", ["firm", "place"]).iter_rows())
    for row in spec.read(viewer, Query(limit=None)).rows:
        place = row.get("place")
        assert (
            place is None or place.startswith("9902") or "9902".startswith(place) or place.isalpha()
        )
        firms = [row[one.name] for one in spec.fields if one.type == "firm_id"]
        assert not firms or any(places.get(firm, "").startswith("9902") for firm in firms)


@pytest.mark.parametrize("name", [name for name in FACTS if specs()[name].grade == "firm"])
def test_a_firm_sees_its_own_rows_and_an_official_none_without_a_purpose(
    demo: Demo, people: Mapping[str, User], first_firm: str, name: str
) -> None:
    spec = specs()[name]
    places, firms = frozenset({"990101"}), frozenset({first_firm})
    firm = Viewer(people["firm"].pk, "firm", frozenset({Role.FIRM}), places, firms)
    rows = spec.read(firm, Query(limit=None)).rows
    named = [one.name for one in spec.fields if one.type == "firm_id"]
    assert all(first_firm in [row[column] for column in named] for row in rows)
    assert rows or name == "trade_link"
    official = Viewer(people["analyst"].pk, "analyst", frozenset({Role.ANALYST}), frozenset({"*"}))
    assert spec.read(official, Query()).total == 0


@pytest.mark.parametrize("name", FACTS)
def test_rows_of_others_are_refused_without_saying_whether_they_exist(
    demo: Demo, official: Viewer, people: Mapping[str, User], name: str
) -> None:
    spec = specs()[name]
    role, places = frozenset({Role.ANALYST}), frozenset({"9902"})
    near = Viewer(people["elsewhere"].pk, "e", role, places, purpose="核对数据")
    assert spec.importer is not None
    columns = {one.name for one in spec.fields}
    if not spec.importer.may(near):
        assert "place" not in columns or name in ("place", "input_output")
        return
    found = _rows(spec, official)
    theirs = dict(demo.store.polars("firm", ["firm", "place"]).iter_rows())
    firms = [one.name for one in spec.fields if one.type == "firm_id"]
    rows = [
        row
        for row in found
        if str(row.get("place", "990101")).startswith("990101")
        and not any(theirs.get(row[name], "").startswith("9902") for name in firms)
    ][:5]
    assert rows
    content = write_file(asked(spec, official, QueryDict()), rows, "csv", "D1")
    plan = _plan(spec, near, content, "别人的.csv")
    assert plan.counts.quarantined == len(rows)
    assert (plan.counts.unchanged, plan.counts.update, plan.changes) == (0, 0, ())
    assert {one.code for one in plan.problems if one.row} == {"E-NOT-YOURS"}


@pytest.mark.parametrize("name", TABLES)
def test_the_list_page_asks_the_database_a_bounded_number_of_times(
    demo: Demo, sign_in: SignIn, name: str
) -> None:
    client = sign_in("analyst")
    client.get(f"/data/{name}/?view=0")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        answer = client.get(f"/data/{name}/?view=0&size=200")
    assert answer.status_code == 200
    assert len(queries) <= MOST_QUERIES
