"""What an evaluation counts as land: the frozen table, the land check, reports; and shared units."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from django.contrib.auth.models import User
from django.test import Client

from jiqun.core.access import Role, Viewer
from jiqun.facts.store.store import Store
from jiqun.masters.models import Membership, Organisation
from jiqun.masters.viewers import viewer_of
from jiqun.modules.land.attribution.actions import freeze_table, open_table, publish_table
from jiqun.modules.land.evaluation.findings import Graded, graded_of, run_land
from jiqun.modules.land.evaluation.gather import gather
from jiqun.modules.land.evaluation.selectors import GradedView, graded_view, veiled
from jiqun.modules.land.evaluation.shown import sources_of, tree_of
from jiqun.modules.land.models import LandRow, LandTable
from tests.console import Demo, text_of

PLACE, YEAR = "990101", 2025
ANN = Viewer(1, "合成", frozenset({Role.ANALYST}), frozenset({PLACE}), purpose="核对亩均评价")
SignIn = Callable[..., Client]


@pytest.fixture
def view(demo: Demo) -> GradedView:
    return graded_view(demo.store, ANN)


def kinds(graded: Graded, firm: str) -> set[str]:
    found = graded.gathered.land.attributed(firm)
    return {str(line["kind"]) for line in found.lines} if found else set()


def land_node(node: dict[str, Any]) -> dict[str, Any] | None:
    if node["label"] == "用地面积":
        return node
    return next((found for term in node.get("terms", ()) if (found := land_node(term))), None)


def test_the_demo_changes_only_where_the_land_check_differs(demo: Demo, view: GradedView) -> None:
    graded = view.graded
    assert view.run.params["land"] == "lines"
    assert len(str(view.run.params["land_digest"])) == 64
    at = demo.store.at(view.run.snapshot)
    reported = gather(demo.store, at, PLACE, scheme=graded.scheme).units.figure("land")
    counted = graded.gathered.units.figure("land")
    moved = {
        graded.gathered.firms["firm"][row]
        for row in range(len(graded.gathered.units.ids))
        if reported.known[row] and abs(int(counted.value[row]) - int(reported.value[row])) > 100
    }
    assert moved
    assert all(kinds(graded, firm) & {"occupied", "excluded"} for firm in moved)


def test_firms_without_a_line_count_what_they_reported_and_it_is_said(view: GradedView) -> None:
    graded = view.graded
    without = view.frame.filter(pl.col("land_basis") == "reported")["firm"].to_list()
    assert all(graded.gathered.land.attributed(firm) is None for firm in without)
    said = [zh for zh, _ in graded.gathered.notes if "用地表中未知" in zh]
    assert len(said) == (1 if without else 0)


def test_land_opens_into_terms_and_lines_with_their_source(view: GradedView) -> None:
    rented = next(
        firm for firm in view.frame["firm"]
        if "rented_in" in kinds(view.graded, firm) and view.frame.filter(firm=firm)["group"][0]
    )  # fmt: skip
    node = land_node(tree_of(view.graded, rented, title="等级"))
    assert node
    term = next(one for one in node["terms"] if one["label"] == "租入分摊")
    line = term["terms"][0]
    assert "÷" in line["note"]
    assert line["source"]["file"] == "合成数据·用地核查2025年"
    assert sources_of(view.graded, rented)["land_m2"][0].startswith("用地核查数据")


def frozen(facts: Store) -> LandTable:
    del facts
    office = Organisation.objects.create(name="合成自然资源局", kind="bureau", place=PLACE)
    people: list[Viewer] = []
    for name in ("ann", "ben"):
        user = User.objects.create(username=name)
        Membership.objects.create(user=user, organisation=office, role="analyst")
        people.append(viewer_of(user))
    table = open_table(viewer=people[0], department=office.pk, place=PLACE, year=YEAR)
    publish_table(viewer=people[0], table=table)
    past = dt.date(2026, 1, 5)
    LandTable.objects.filter(pk=table.pk).update(public_from=past, public_until=past)
    return freeze_table(viewer=people[1], table=table)


def test_a_frozen_table_counts_whatever_comes_later(own_demo: Demo) -> None:
    facts = own_demo.store
    before = graded_view(facts, ANN)
    table = frozen(facts)
    uses = facts.polars("parcel_use").filter(pl.col("kind") == "own").sort("firm")
    known = set(before.graded.gathered.firms["firm"])
    row = next(one for one in uses.iter_rows(named=True) if one["firm"] in known)
    more = pl.DataFrame([row]).with_columns(area_m2=pl.col("area_m2") * 3)
    more = more.drop("batch", "source", "source_sha256", strict=False)
    facts.append("parcel_use", more, batch="later", received=1, source="更正")
    run, _ = run_land(facts, PLACE)
    after = graded_view(facts, ANN)
    assert after.run.run == run
    assert (after.run.params["land"], after.run.params["land_table"]) == ("table", table.key)
    assert after.run.params["land_digest"] == table.digest
    firm = row["firm"]
    kept = LandRow.objects.get(table=table, firm=firm)
    place = after.graded.row(firm)
    assert int(after.graded.gathered.units.figure("land").value[place]) == round(
        (kept.area_m2 or 0) * 100
    )
    assert graded_of(facts, before.run).evaluation.digest == before.run.params["digest"]
    assert graded_of(facts, after.run).evaluation.digest == after.run.params["digest"]
    assert sources_of(after.graded, firm)["land_m2"][0] == f"已冻结的用地表 {table.key}"


def test_tenants_share_the_grade_of_their_parcel(
    own_demo: Demo, sign_in: SignIn, first_firm: str
) -> None:
    facts = own_demo.store
    place = facts.polars("place").filter(place=PLACE)
    facts.append(
        "place", place.with_columns(population=pl.col("population") + 1).drop("batch", "source"), received=1,
        batch="county", source="合成",
        meta={"permu": "zhejiang-huangyan-2022", "permu_unit": "parcel", "focus": PLACE},
    )  # fmt: skip
    run_land(facts, PLACE)
    view = graded_view(facts, ANN)
    assert view.run.params["unit"] == "parcel"
    shared = view.frame.filter(pl.col("members").str.contains(";"))
    assert shared.height
    assert shared.group_by("unit").agg(pl.col("grade").n_unique(), pl.col("members").n_unique()).select(
        pl.col("grade", "members").max()
    ).row(0) == (1, 1)  # fmt: skip
    tenant = next(firm for firm in shared["firm"] if kinds(view.graded, firm) == {"rented_in"})
    inside = view.graded.firms_with(tenant)
    land = view.graded.gathered.units.figure("land")
    total = sum(int(land.value[view.graded.row(firm)]) for firm in inside)
    assert int(view.graded.evaluation.units.figure("land").value[view.graded.at(tenant)]) == total
    unit_node = tree_of(view.graded, tenant, title="等级")["terms"][0]
    assert unit_node["label"] == "评价单位"
    assert all(view.frame.filter(firm=one)["name"][0] in unit_node["note"] for one in inside)
    mixed = shared.filter(pl.col("apart_grade").is_not_null())
    assert mixed.height, "landlords that let are evaluated by themselves as well"
    few = next(firm for firm in shared["firm"] if veiled(view, firm))
    Organisation.objects.filter(firm=first_firm).update(firm=few)
    text = text_of(sign_in("firm"), "/land/own/")
    assert "各项得分会透露其他企业的数字" in text
    assert "指标值" not in text, "the unit's figures would tell of the others"
    assert text_of(sign_in("analyst", purpose="核对亩均评价"), f"/land/firms/{few}/").count(
        "指标值"
    )
