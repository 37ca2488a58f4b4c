"""Per-mu evaluation: facts to grades as findings, who sees what, paths and trials that hold."""

from __future__ import annotations

import dataclasses
import io
import re
from collections.abc import Callable

import numpy as np
import openpyxl
import polars as pl
import pytest
from django.test import Client

from jiqun.core.access import Role, Viewer
from jiqun.core.models import FirmRead
from jiqun.engine.indices.evaluate import BY_QUOTA, evaluate
from jiqun.engine.indices.nearest import NEVER
from jiqun.engine.indices.quantities import QUANTITIES
from jiqun.errors import JiqunError
from jiqun.modules.land.evaluation import findings
from jiqun.modules.land.evaluation.fairness import moved_rows, other_packs
from jiqun.modules.land.evaluation.findings import chosen_pack, graded_of, run_land, run_places
from jiqun.modules.land.evaluation.paths import path_of, trial_of
from jiqun.modules.land.evaluation.selectors import (
    GradedView,
    grade_counts,
    graded_view,
    masked,
)
from jiqun.modules.land.evaluation.shown import missing_of, parameters
from jiqun.modules.land.evaluation.words import HOLDERS
from tests.console import Demo, text_of

PLACE, YEAR = "990101", "2025"
SignIn = Callable[..., Client]
WORDS = "核对亩均评价"


def official(purpose: str = "") -> Viewer:
    return Viewer(1, "合成", frozenset({Role.ANALYST}), frozenset({PLACE}), purpose=purpose)


@pytest.fixture
def view(demo: Demo) -> GradedView:
    return graded_view(demo.store, official(WORDS))


def test_grades_follow_from_the_facts_by_hand(view: GradedView, demo: Demo) -> None:
    """One firm's total again, from the facts and the published formula of Huangyan's 2022 notice."""
    graded = view.graded
    whole = view.frame.filter((pl.col("group") == "below") & (pl.col("missing") == ""))
    reported = demo.store.polars("firm_indicator").filter(period=YEAR, indicator="land_m2")
    # Of firms that reported what the land check found; what it finds otherwise: test_land_counted.
    same = whole.join(reported, on="firm").filter(
        (pl.col("land_mu") * 10_000 / 15 - pl.col("value")).abs() < 1
    )
    firm = same["firm"][0]
    held = demo.store.polars("firm_indicator").filter(firm=firm, period=YEAR)
    said = dict(held.select("indicator", "value").iter_rows())
    mu = said["land_m2"] / (10_000 / 15)
    tax = said["tax"] / 1_000_000  # 万元
    points = tax / mu / 11.5932 * 50 + said["tax"] / 100 / said["electricity_kwh"] / 0.2352 * 50
    row = whole.filter(firm=firm).row(0, named=True)
    assert row["total"] == pytest.approx(points, abs=0.011), (
        "weights move by a hundredth of a point"
    )
    assert row["land_mu"] == pytest.approx(mu, abs=1e-4)
    assert row["tax_per_mu"] == pytest.approx(tax / mu, abs=1e-4)
    assert graded.scheme.year == int(YEAR)


def test_energy_is_counted_by_equivalent_value_as_huangyan_says(
    view: GradedView, demo: Demo
) -> None:
    units = view.graded.evaluation.units
    at = int(np.flatnonzero(units.figure("energy").known)[0])
    held = demo.store.polars("firm_indicator").filter(firm=units.ids[at], period=YEAR)
    said = dict(held.select("indicator", "value").iter_rows())
    grams = said["energy_kgce"] * 1_000 + said["electricity_kwh"] * 1_000 * (0.302 - 0.1229)
    assert units.figure("energy").value[at] == pytest.approx(grams, abs=2)


def test_quotas_hold_in_every_group(view: GradedView) -> None:
    for code in ("above", "below"):
        mine = view.frame.filter(pl.col("group") == code)
        n = int(mine["counted"].max() or 0)  # pyright: ignore[reportArgumentType]
        best = mine.filter(pl.col("grade") == "A").height
        assert best == round(n * 0.25), "A is a quarter of those counted, vetoed firms among them"
    assert set(view.frame["grade"]) == {"A", "B", "C", "D", "不定等级"}


def test_a_veto_needs_its_document_and_decides(view: GradedView) -> None:
    vetoed = view.frame.filter(pl.col("decisive") == "3")
    assert vetoed.height, "the demo has events with documents"
    assert set(vetoed["grade"]) == {"D"}
    events = view.graded.evaluation.units.events
    assert {one.unit for one in events} == set(vetoed["firm"])
    assert all(one.evidence and one.on for one in events)


def test_what_is_missing_is_named_with_who_holds_it(view: GradedView) -> None:
    lacking_any = view.frame.filter((pl.col("missing") != "") & pl.col("group").is_not_null())
    assert lacking_any.height, "the demo leaves figures out for some firms"
    firm = lacking_any["firm"][0]
    lacking = missing_of(view.graded, view.at(firm))
    holders = {QUANTITIES[name].zh: HOLDERS[name].zh for name in HOLDERS}
    assert lacking
    assert all(one["holder"] == holders[one["input"]] and one["for"] for one in lacking)


def test_a_run_is_the_same_to_the_byte_when_computed_again(view: GradedView, demo: Demo) -> None:
    again = evaluate(
        view.graded.scheme, view.graded.gathered.units, frozen=view.graded.evaluation.frozen
    )
    assert again.digest == view.run.params["digest"]
    assert run_land(demo.store, PLACE)[0] == view.run.run


def test_figures_that_came_later_do_not_change_an_old_run(own_demo: Demo) -> None:
    facts = own_demo.store
    old = graded_view(facts, official(WORDS))
    firm = old.frame.filter((pl.col("group") == "below") & (pl.col("grade") == "C"))["firm"][0]
    row = facts.polars("firm_indicator").filter(firm=firm, period=YEAR, indicator="tax")
    more = row.select("firm", "indicator", "period", pl.col("value") * 40, "unit", "status", "lawful_basis",
                      "source_row", "as_of", "basis")  # fmt: skip
    facts.append("firm_indicator", more, batch="corrected", received=1, source="更正")
    run, frame = run_land(facts, PLACE)
    assert run != old.run.run
    assert frame.filter(pl.col("firm") == firm)["grade"][0] == "A"
    assert graded_of(facts, old.run).evaluation.digest == old.run.params["digest"]


def test_changed_rules_are_said_and_not_shown(
    demo: Demo, view: GradedView, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = dataclasses.replace(
        findings.permu_pack("zhejiang-huangyan-2022").scheme, least_known=9_000
    )
    pack = dataclasses.replace(view.graded.pack, scheme=other)
    monkeypatch.setattr(findings, "permu_pack", lambda _version: pack)
    with pytest.raises(JiqunError) as refused:
        graded_of(demo.store, view.run)
    assert refused.value.code == "E-LAND-CHANGED"


def test_a_place_without_a_pack_is_told_how_to_choose_one(demo: Demo) -> None:
    with pytest.raises(JiqunError) as refused:
        run_land(demo.store, "990102")
    assert refused.value.code == "E-LAND-PACK"
    assert "county.toml" in refused.value.hint_zh
    assert chosen_pack(demo.store, PLACE) == "zhejiang-huangyan-2022"


def test_a_store_without_figures_says_so(demo: Demo) -> None:
    with pytest.raises(JiqunError) as refused:
        run_land(demo.store, PLACE, year=1999, version="zhejiang-huangyan-2022")
    assert refused.value.code == "E-LAND-NO-DATA"


def test_statistical_figures_are_not_used(demo: Demo) -> None:
    run, frame = "", pl.DataFrame()
    with pytest.raises(JiqunError):  # figures of 2024 were collected as statistics: nothing is left
        run, frame = run_land(demo.store, PLACE, year=2024)
    assert run == ""
    assert frame.is_empty()


def test_the_nearest_path_is_reached_and_one_step_less_is_not(view: GradedView) -> None:
    mine = view.frame.filter((pl.col("group") == "below") & (pl.col("decisive") == str(BY_QUOTA)))
    firm = mine.filter(pl.col("grade") == "B").sort("rank")["firm"][3]
    graded = view.graded
    found = path_of(graded, firm)
    assert found.target == "A"
    need = next(row for row in found.single if row["figure"] == "评价税收")
    text = float(re.sub(r"[^\d.]", "", need["then"].split(" ")[0]))
    assert trial_of(graded, firm, {"tax": f"{text}"}).after["grade"] == "A"
    assert trial_of(graded, firm, {"tax": f"{text - 0.1:.4f}"}).after["grade"] == "B"
    assert found.cost != NEVER


def test_a_trial_says_what_it_cannot_read(view: GradedView) -> None:
    firm = view.frame["firm"][0]
    found = trial_of(view.graded, firm, {"tax": "很多", "land": "1e99"})
    assert [one.column for one in found.problems] == ["tax", "land"]
    assert found.before == found.after


def test_small_counts_are_hidden_with_a_second_one() -> None:
    assert masked({"A": 10, "B": 20, "C": 9, "D": 3, "other": 0}) == {
        "A": 10, "B": 20, "C": None, "D": None, "other": 0,
    }  # fmt: skip
    assert masked({"A": 10, "B": 3, "C": 2}) == {"A": 10, "B": None, "C": None}
    assert masked({"A": 10, "B": 6}) == {"A": 10, "B": 6}


def test_without_a_purpose_nobody_can_compute_the_hidden_count(view: GradedView) -> None:
    for row in grade_counts(view, official()):
        hidden = [name for name in (*"ABCD", "other") if row[name] is None]
        assert len(hidden) != 1


def test_fairness_counts_move_with_the_settings(view: GradedView) -> None:
    rows = moved_rows(view, official(WORDS))
    assert {row["group"] for row in rows} == {"规上工业企业", "规下工业企业"}
    together = [row for row in rows if row["setting"].startswith("三者")]
    assert all(float(row["changed"]) > 0 for row in together)
    assert rows == moved_rows(view, official(WORDS)), "the same draws come again"


def test_other_rules_grade_the_same_firms_otherwise(view: GradedView, demo: Demo) -> None:
    rows = other_packs(view, official(WORDS))
    assert len(rows) >= 3
    assert sum("本县所选" in row["pack"] for row in rows) == 1
    assert any(row["moved"] not in {"—", "0"} for row in rows)


def test_every_parameter_that_is_shown_carries_a_mark() -> None:
    found = parameters("zhejiang-huangyan-2022")
    assert ("groups.above.indicators.tax_per_mu.benchmark", "fixed 24.097", "✔") in found
    assert ("rules.count_veto", "True", "◆") not in found
    assert {mark for _, _, mark in found} == {"✔", "✎", "◆"}


# ---- pages ----------------------------------------------------------------------------------


def test_an_official_states_a_purpose_and_the_firm_sees_the_look(
    demo: Demo, sign_in: SignIn, first_firm: str
) -> None:
    plain = sign_in("analyst")
    page = text_of(plain, "/land/")
    assert "亩均效益评价" in page
    assert "zhejiang-huangyan-2022" in page
    assert "用途" in page
    text_of(plain, f"/land/firms/{first_firm}/", 404)
    asked = sign_in("analyst", purpose=WORDS)
    page = text_of(asked, f"/land/firms/{first_firm}/")
    for words in ("怎么得出来的", "基准值", "合成数据·企业年报2025年", "2026-03-31"):
        assert words in page
    assert FirmRead.objects.filter(firm=first_firm).exists()


def test_a_firm_sees_its_own_sheet_and_no_other(
    demo: Demo, sign_in: SignIn, first_firm: str
) -> None:
    mine = sign_in("firm")
    page = text_of(mine, "/land/own/")
    assert first_firm in page
    assert "一企一单" in page
    other = demo.store.polars("firm").filter(pl.col("firm") != first_firm)["firm"][0]
    assert mine.get(f"/land/firms/{other}/").status_code == 403
    rows = mine.get("/api/tables/land_permu").json()["rows"]
    assert [row["firm"] for row in rows] == [first_firm]
    assert mine.get("/api/land/permu/own").json()["firm"] == first_firm
    assert mine.get("/land/").status_code == 403


def test_a_trial_by_address(demo: Demo, sign_in: SignIn) -> None:
    page = text_of(sign_in("firm"), "/land/own/?tax=100000")
    assert "试算结果" in page
    assert "读不懂" not in page
    assert "读不懂" in text_of(sign_in("firm"), "/land/own/?tax=abc")


def test_the_table_filters_and_goes_to_excel(demo: Demo, sign_in: SignIn) -> None:
    asked = sign_in("analyst", purpose=WORDS)
    page = text_of(asked, "/data/land_permu/?grade=D")
    assert "/land/firms/" in page
    answer = asked.get("/data/land_permu/export.xlsx?grade=D")
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    rows = list(book.worksheets[1].iter_rows(values_only=True))
    grade = [str(cell) for cell in rows[0]].index("等级") if "等级" in rows[0] else None
    assert grade is not None
    assert {row[grade] for row in rows[1:]} == {"D"}


def test_an_official_of_another_place_is_not_led_to_this_one(demo: Demo) -> None:
    other = dataclasses.replace(official(WORDS), places=frozenset({"9902"}))
    for place, code in (("", "E-FORBIDDEN"), (PLACE, "E-FORBIDDEN"), ("990201", "E-LAND-NO-RUN")):
        with pytest.raises(JiqunError) as refused:
            graded_view(demo.store, other, place)
        assert refused.value.code == code


def test_nobody_elsewhere_sees_it(demo: Demo, sign_in: SignIn) -> None:
    elsewhere = sign_in("elsewhere", purpose=WORDS)
    assert elsewhere.get("/land/").status_code == 403
    assert elsewhere.get("/api/tables/land_permu").json()["rows"] == []


def test_rules_and_fairness_pages_open(demo: Demo, sign_in: SignIn) -> None:
    page = text_of(sign_in("analyst"), "/land/rules/")
    assert "待确认" in page
    for words in ("固定值 24.097", "不计，权重分给其余各项", "累计 25%", "直接定为 D"):
        assert words in page
    page = text_of(sign_in("analyst", purpose=WORDS), "/land/fairness/")
    assert "按行业大类" in page
    assert "换一套规则" in page


def test_run_places_leaves_out_places_without_a_pack(demo: Demo) -> None:
    said: list[str] = []
    assert len(run_places(demo.store, progress=said.append)) == 1
    assert any(PLACE in one for one in said)


def test_the_store_keeps_from_what_it_was_computed(view: GradedView) -> None:
    assert view.run.rules_version == "permu/zhejiang-huangyan-2022"
    assert set(view.run.params) == {
        "year", "pack", "digest", "frozen", "inputs", "unit", "apart_m2", "land", "land_table", "land_digest",
    }  # fmt: skip
