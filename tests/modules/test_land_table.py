"""The land table from the land check to the freeze: attribution by hand, objections, four eyes, later facts."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl
import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction

from jiqun.core.access import Viewer
from jiqun.core.models import AuditEntry, FirmRead
from jiqun.errors import JiqunError
from jiqun.facts.store.store import Store
from jiqun.masters.models import Membership, Organisation
from jiqun.masters.viewers import viewer_of
from jiqun.modules.land.attribution import guards
from jiqun.modules.land.attribution.actions import (
    freeze_table,
    open_table,
    publish_table,
    withdraw_table,
)
from jiqun.modules.land.attribution.lines import land_of
from jiqun.modules.land.attribution.objections.actions import decide_line, object_line
from jiqun.modules.land.attribution.selectors import (
    differences,
    own_row,
    public_rows,
    the_row,
    the_table,
    totals_of,
)
from jiqun.modules.land.models import LandObjection, LandRow, LandTable
from tests.console import Demo

PLACE, YEAR = "990101", 2025
CHECK = "法定职责（用地核查，合成示例）"


@dataclass
class Town:
    """Two officials of one bureau, one firm of the demo's land check, and the store."""

    store: Store
    office: Organisation
    ann: Viewer
    ben: Viewer
    boss: Viewer
    firm: str


def person(name: str, organisation: Organisation, role: str, purpose: str = "") -> Viewer:
    user = User.objects.create(username=name)
    Membership.objects.create(user=user, organisation=organisation, role=role)
    return viewer_of(user, purpose=purpose)


@pytest.fixture
def town(own_demo: Demo) -> Town:
    uses = own_demo.store.polars("parcel_use").filter(pl.col("floor_m2").is_null())
    firm = uses.group_by("firm").len().filter(pl.col("len") == 1).sort("firm")["firm"][0]
    office = Organisation.objects.create(name="合成自然资源局", kind="bureau", place=PLACE)
    own = Organisation.objects.create(name="合成企业", kind="firm", place=PLACE, firm=firm)
    return Town(
        own_demo.store, office, person("ann", office, "analyst", "核对用地"),
        person("ben", office, "analyst", "核对用地"), person("boss", own, "firm"), firm,
    )  # fmt: skip


def drafted(town: Town) -> LandTable:
    return open_table(viewer=town.ann, department=town.office.pk, place=PLACE, year=YEAR)


def published(town: Town) -> LandTable:
    return publish_table(viewer=town.ann, table=drafted(town))


def over(table: LandTable) -> LandTable:
    past = dt.date(2026, 1, 5)
    LandTable.objects.filter(pk=table.pk).update(
        public_from=past, public_until=past + dt.timedelta(9)
    )
    return LandTable.objects.get(pk=table.pk)


def objection(town: Town, table: LandTable, claimed: str = "1,234.5") -> LandObjection:
    return object_line(
        viewer=town.boss, table=table, firm=town.firm, line=0, claimed_m2=claimed, reason="证载面积有误",
        paper="合成不动产第9号",
    )  # fmt: skip


def decided(town: Town, one: LandObjection, *, viewer: Viewer | None = None) -> LandObjection:
    return decide_line(
        viewer=viewer or town.ben, objection=one, upheld=True, words="核实无误", paper="合成核查决〔2026〕1号"
    )  # fmt: skip


def lines_into(facts: Store, rows: list[tuple[object, ...]], batch: str) -> None:
    head = (
        "parcel",
        "firm",
        "kind",
        "area_m2",
        "floor_m2",
        "total_floor_m2",
        "first",
        "last",
        "document",
    )
    frame = pl.DataFrame(
        [dict(zip(head, row, strict=True)) | {"lawful_basis": CHECK} for row in rows],
        schema_overrides={"floor_m2": pl.Float64, "total_floor_m2": pl.Float64, "area_m2": pl.Float64,
                          "first": pl.Date, "last": pl.Date},
    )  # fmt: skip
    facts.append("parcel_use", frame, batch=batch, received=frame.height, source="合成核查",
                 meta={"as_of": "2026-05-20"})  # fmt: skip


def _own(town: Town) -> LandRow:
    """The row of the town's firm as it sees it."""
    row = own_row(town.boss)
    assert row is not None
    return row


def test_the_worked_example_by_town_and_by_days(own_demo: Demo) -> None:
    """Methods 1.13: 20,000 + 2,000 − 3,200 = 18,800 m² = 28.2 亩; hand-back and towns beside it."""
    facts = own_demo.store
    east, west = (
        facts.polars("parcel")
        .group_by("place")
        .agg(pl.col("parcel").min())
        .sort("place")
        .head(2)
        .rows()
    )
    lines_into(facts, [
        (east[1], "A1", "own", 20_000, None, None, None, None, "证1"),
        (east[1], "A1", "rented_out", 20_000, 4_000, 25_000, None, None, "租1"),
        (west[1], "A1", "rented_in", 30_000, 3_000, 45_000, None, None, "租2"),
        (east[1], "B1", "own", 3_650, None, None, None, dt.date(2025, 7, 1), "证2"),
        (east[1], "C1", "excluded", 500, None, None, None, None, "储1"),
        (east[1], "D1", "own", 500, 100, None, None, None, "证3"),
        (east[1], "E1", "own", 700, None, None, dt.date(2026, 1, 1), None, "证4"),
        (east[1], "F1", "own", 0, None, None, None, None, "证5"),
    ], "worked")  # fmt: skip
    found = land_of(facts, facts.snapshot(), PLACE, year=YEAR).firms
    worked = found["A1"]
    assert worked.area == 1_880_000
    assert worked.area / (200_000 / 3) == pytest.approx(28.2)
    assert worked.terms == {"own": 2_000_000, "rented_in": 200_000, "rented_out": -320_000}
    assert worked.towns == {east[0]: 1_680_000, west[0]: 200_000}
    assert "lease" in worked.flags, "nobody rents what A1 lets"
    assert found["B1"].area == 182_000, "3,650 m² × 182 of 365 days"
    assert (found["C1"].area, found["C1"].flags[0]) == (-50_000, "not_positive")
    assert (found["D1"].area, found["D1"].flags[0]) == (None, "unusable")
    assert "E1" not in found, "a line of the next year is none of this year"
    assert found["F1"].area == 0


def test_a_firm_in_no_line_or_with_a_withheld_one_is_unknown(own_demo: Demo, town: Town) -> None:
    facts = own_demo.store
    land = land_of(facts, facts.snapshot(), PLACE, year=YEAR)
    bare = [one for one in land.firms.values() if not one.lines]
    assert all(one.area is None and one.flags == ("no_line",) for one in bare)
    row = facts.polars("parcel_use").filter(firm=town.firm).row(0, named=True)
    frame = pl.DataFrame([{
        "parcel": row["parcel"], "firm": town.firm, "kind": "own", "area_m2": 10.0, "floor_m2": None,
        "total_floor_m2": None, "first": None, "last": None, "document": "统计台账", "lawful_basis": "统计调查",
    }])  # fmt: skip
    facts.append("parcel_use", frame, batch="statistics", received=1, source="统计")
    mine = land_of(facts, facts.snapshot(), PLACE, year=YEAR).firms[town.firm]
    assert mine.area is None, "a part of its land is not its land"
    assert "withheld" in mine.flags


def test_only_the_land_check_makes_a_difference_in_the_demo(demo: Demo) -> None:
    land = land_of(demo.store, demo.store.snapshot(), PLACE, year=YEAR)
    checked = {
        one.firm for one in land.firms.values()
        if any(line["kind"] in {"occupied", "excluded"} for line in one.lines)
    }  # fmt: skip
    differ = {one.firm for one in land.firms.values() if "differs" in one.flags}
    assert differ
    assert differ <= checked
    assert not any("lease" in one.flags or "unusable" in one.flags for one in land.firms.values())


def test_a_draft_can_be_made_anew_and_publicity_counts_working_days(town: Town) -> None:
    first = drafted(town)
    assert drafted(town).pk == first.pk
    assert LandRow.objects.filter(table=first).count() == totals_of(first).firms > 200
    shown = publish_table(viewer=town.ann, table=first)
    assert shown.public_until
    assert shown.public_from
    assert (shown.public_until - shown.public_from).days >= 10, "eight working days"
    rows = public_rows(shown.public_from)
    assert len(rows) == totals_of(shown).firms
    assert set(rows[0]) == {"firm_name", "town", "area_m2", "table__public_until",
                            "table__department__name", "table__contact"}  # fmt: skip
    assert not public_rows(shown.public_until + dt.timedelta(1))
    with pytest.raises(JiqunError) as refused:
        drafted(town)
    assert refused.value.code == "E-LAND-TABLE-STATE"


def test_an_upheld_objection_is_a_later_fact_and_counts_at_once(town: Town) -> None:
    table = published(town)
    before = town.store.snapshot()
    made = objection(town, table)
    with pytest.raises(JiqunError) as again:
        objection(town, table)
    assert again.value.code == "E-LAND-OBJECTED"
    with pytest.raises(JiqunError) as same:
        decided(town, made, viewer=town.ann)
    assert same.value.code == "E-LAND-FOUR-EYES"
    decided(town, made)
    row = the_row(town.ann, LandTable.objects.get(pk=table.pk), town.firm)
    assert row.area_m2 == 1_234.5
    assert row.lines[0]["source"] == "用地表异议决定 合成核查决〔2026〕1号"
    assert FirmRead.objects.filter(firm=town.firm).exists(), "the firm sees who looked"
    key = {"firm": town.firm, "parcel": made.parcel, "document": made.document}
    now = town.store.polars("parcel_use").filter(**key).row(0, named=True)
    assert (now["area_m2"], now["source"]) == (1_234.5, "用地表异议决定 合成核查决〔2026〕1号")
    then = town.store.polars("parcel_use", at=before).filter(**key).row(0, named=True)
    assert then["area_m2"] * 100 == made.stated_dm2, "earlier snapshots keep what was there"
    assert not differences(town.store, table), "the corrected facts give the corrected table"
    with pytest.raises(JiqunError) as twice:
        decided(town, made)
    assert twice.value.code == "E-LAND-DECIDED"


def test_every_problem_of_an_objection_is_said_at_once_and_the_deadline_holds(town: Town) -> None:
    table = published(town)
    with pytest.raises(JiqunError) as refused:
        object_line(
            viewer=town.boss,
            table=table,
            firm=town.firm,
            line=7,
            claimed_m2="许多",
            reason="",
            paper="",
        )
    assert {one.column for one in refused.value.fields} == {"claimed_m2", "reason", "paper", "line"}
    with pytest.raises(JiqunError) as foreign:
        object_line(
            viewer=town.boss,
            table=table,
            firm="X",
            line=0,
            claimed_m2="1",
            reason="理由理由",
            paper="文号文号",
        )
    assert foreign.value.code == "E-FORBIDDEN"
    with pytest.raises(JiqunError) as late:
        objection(town, over(table))
    assert late.value.code == "E-LAND-LATE"


def test_it_is_frozen_by_another_after_the_days_with_nothing_open(town: Town) -> None:
    table = published(town)
    made = objection(town, table)
    with pytest.raises(JiqunError) as same:
        freeze_table(viewer=town.ann, table=table)
    assert same.value.code == "E-LAND-FOUR-EYES"
    for shown in (table, over(table)):
        with pytest.raises(JiqunError) as waits:
            freeze_table(viewer=town.ben, table=shown)
        assert waits.value.code == "E-LAND-NOT-OVER"
    decided(town, made)
    frozen = freeze_table(viewer=town.ben, table=table)
    row = _own(town).land()
    lines_into(
        town.store,
        [(made.parcel, town.firm, "own", 9, None, None, None, None, made.document)],
        "later",
    )
    assert _own(town).land() == row, "a later fact does not change it"
    assert differences(town.store, frozen) == {town.firm: (123_450, 900)}, "the difference is shown"
    with pytest.raises(JiqunError) as refused:
        withdraw_table(viewer=town.ben, table=frozen, words="想要撤回")
    assert refused.value.code == "E-LAND-TABLE-STATE"
    verbs = AuditEntry.objects.filter(target=f"landtable:{frozen.key}").values_list(
        "action", flat=True
    )
    assert {"land.publish_table", "land.decide_line", "land.freeze_table"} <= set(verbs)


def test_the_database_itself_keeps_four_eyes_and_frozen_rows(town: Town) -> None:
    table = published(town)
    made = objection(town, table)
    one = {
        "state": "upheld",
        "decided_dm2": 1,
        "decision_paper": "文号",
        "decided_at": dt.datetime.now(dt.UTC),
    }
    for who in (town.ann, town.boss):
        with pytest.raises(IntegrityError), transaction.atomic():
            LandObjection.objects.filter(pk=made.pk).update(**one, decided_by=who.user_id)
    with pytest.raises(IntegrityError), transaction.atomic():
        LandTable.objects.filter(pk=table.pk).update(
            state="frozen",
            frozen_by=town.ann.user_id,
            frozen_at=dt.datetime.now(dt.UTC),
            frozen_snapshot="s",
        )
    decided(town, made)
    over(table)
    freeze_table(viewer=town.ben, table=table)
    guards.install_guards(connection)
    try:
        for change in (
            lambda: LandRow.objects.filter(table=table, firm=town.firm).update(area_m2=1.0),
            lambda: LandRow.objects.filter(table=table, firm=town.firm).delete(),
            lambda: LandTable.objects.filter(pk=table.pk).update(state="published"),
            lambda: LandObjection.objects.filter(pk=made.pk).update(decided_dm2=2),
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                change()
    finally:
        guards.remove_guards(connection)


def test_who_sees_what(town: Town) -> None:
    table = drafted(town)
    assert own_row(town.boss) is None, "a draft is for officials"
    with pytest.raises(JiqunError):
        the_table(town.boss, table.key)
    publish_table(viewer=town.ann, table=table)
    assert _own(town).firm == town.firm
    other = LandRow.objects.filter(table=table).exclude(firm=town.firm).first()
    assert other is not None
    with pytest.raises(JiqunError) as hidden:
        the_row(town.boss, table, other.firm)
    assert hidden.value.code == "E-LAND-TABLE"
    idle = viewer_of(User.objects.get(username="ann"))
    with pytest.raises(JiqunError):
        the_row(idle, table, town.firm)  # no purpose
