"""Drafting, publishing and withdrawing tables of aggregates over the demo county."""

from __future__ import annotations

import polars as pl
import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from jiqun.core.access import Role, Viewer
from jiqun.core.models.audit import AuditEntry
from jiqun.core.models.publication import PublishedTable
from jiqun.core.publication.actions import draft, publish, withdraw
from jiqun.core.publication.data import Scope
from jiqun.errors import JiqunError
from jiqun.facts.contract import contracts
from tests.console import Demo

SCOPE_TOWN = Scope("990101", "2025", "output", "gbt4754-2017", ("town",))
SCOPE = Scope("990101", "2025", "output", "gbt4754-2017", ("town", "industry2"))
pytestmark = pytest.mark.django_db


def official(name: str, place: str = "990101") -> Viewer:
    """An official of the demo county."""
    user = User.objects.create(username=name)
    return Viewer(user.pk, name, frozenset({Role.ANALYST}), frozenset({place}))


@pytest.fixture
def maker() -> Viewer:
    return official("maker")


@pytest.fixture
def checker() -> Viewer:
    return official("checker")


def test_a_draft_is_safe_and_a_second_official_publishes_it(
    demo: Demo, maker: Viewer, checker: Viewer
) -> None:
    table = draft(viewer=maker, scope=SCOPE, title_zh="产值（合成）")
    assert table.report["passed"]
    assert table.report["recoverable"] == 0
    out = publish(viewer=checker, table=table)
    assert out.state == "published"
    withheld = [cell for cell in out.cells if cell["status"] != "published"]
    assert withheld
    assert all(cell["value"] is None and cell["count"] is None for cell in withheld)


def test_nobody_publishes_the_own_draft_not_even_past_the_verb(demo: Demo, maker: Viewer) -> None:
    table = draft(viewer=maker, scope=SCOPE_TOWN, title_zh="产值（合成）")
    with pytest.raises(JiqunError, match="E-FORBIDDEN"):
        publish(viewer=maker, table=table)
    with pytest.raises(IntegrityError), transaction.atomic():
        PublishedTable.objects.filter(pk=table.pk).update(
            state="published", approved_by_id=maker.user_id
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        PublishedTable.objects.filter(pk=table.pk).update(state="published")


@pytest.mark.asvs("2.3.1")
def test_no_step_of_a_table_can_be_skipped_or_taken_twice(
    demo: Demo, maker: Viewer, checker: Viewer
) -> None:
    table = draft(viewer=maker, scope=SCOPE_TOWN, title_zh="产值（合成）")
    with pytest.raises(JiqunError, match="E-PUBLICATION-STATE"):
        withdraw(viewer=checker, table=table, reason="尚未发布就要撤回")
    publish(viewer=checker, table=table)
    with pytest.raises(JiqunError, match="E-PUBLICATION-STATE"):
        publish(viewer=checker, table=table)
    withdraw(viewer=checker, table=table, reason="口径有误需要更正")
    for verb in (
        lambda: publish(viewer=checker, table=table),
        lambda: withdraw(viewer=checker, table=table, reason="再撤回一次看看"),
    ):
        with pytest.raises(JiqunError, match="E-PUBLICATION-STATE"):
            verb()


def test_officials_of_another_place_and_other_roles_may_not(demo: Demo, maker: Viewer) -> None:
    with pytest.raises(JiqunError, match="E-FORBIDDEN"):
        draft(viewer=official("stranger", "990202"), scope=SCOPE_TOWN, title_zh="产值（合成）")
    table = draft(viewer=maker, scope=SCOPE_TOWN, title_zh="产值（合成）")
    user = User.objects.create(username="firm-person")
    firm = Viewer(user.pk, "firm-person", frozenset({Role.FIRM}), frozenset({"990101"}))
    for viewer in (firm, official("stranger2", "990202")):
        with pytest.raises(JiqunError, match="E-FORBIDDEN"):
            publish(viewer=viewer, table=table)
        with pytest.raises(JiqunError, match="E-FORBIDDEN"):
            withdraw(viewer=viewer, table=table, reason="数据口径有误")


def test_every_step_is_in_the_log_of_the_table(demo: Demo, maker: Viewer, checker: Viewer) -> None:
    table = draft(viewer=maker, scope=SCOPE_TOWN, title_zh="产值（合成）")
    publish(viewer=checker, table=table)
    withdraw(viewer=checker, table=table, reason="数据口径有误")
    entries = AuditEntry.objects.filter(target=f"table:{table.key}").order_by("id")
    assert [one.action for one in entries] == [
        "publication.draft", "publication.publish", "publication.withdraw",
    ]  # fmt: skip
    with pytest.raises(JiqunError, match="E-PUBLICATION-STATE"):
        publish(viewer=checker, table=table)


def _add_firm(demo: Demo, town: str) -> None:
    """One more firm in a town, brought by a later batch, as late reports are."""
    firm = "91990101MA0LATE017"
    known = demo.store.polars("firm").filter(demo.store.polars("firm")["place"] == town).head(1)
    figure = demo.store.polars(
        "firm_indicator", where=lambda t: (t["indicator"] == "output") & (t["period"] == "2025")
    ).head(1)
    main = (
        demo.store.polars("firm_industry")
        .filter(demo.store.polars("firm_industry")["main"])
        .head(1)
    )
    extra = {
        "firm": known.with_columns(pl.lit(firm).alias("firm")),
        "firm_indicator": figure.with_columns(
            pl.lit(firm).alias("firm"), pl.lit(123_456_700, dtype=pl.Int64).alias("value")
        ),
        "firm_industry": main.with_columns(pl.lit(firm).alias("firm")),
    }
    for name, frame in extra.items():
        columns = contracts()[name].names
        demo.store.append(
            name, frame.select(*columns),
            batch=f"late-{name}", received=1, source="迟报（合成）",
        )  # fmt: skip


def test_a_second_release_does_not_give_away_the_firm_that_came_late(
    own_demo: Demo, maker: Viewer, checker: Viewer
) -> None:
    """Two totals that differ by one firm are that firm's figure: the town's cell is withheld."""
    first = publish(
        viewer=checker, table=draft(viewer=maker, scope=SCOPE_TOWN, title_zh="一版（合成）")
    )
    town = next(
        c["coordinate"] for c in first.cells if c["status"] == "published" and c["coordinate"]
    )
    _add_firm(own_demo, town)
    second = draft(viewer=maker, scope=SCOPE_TOWN, title_zh="二版（合成）")
    assert second.report["passed"]
    assert second.report["linked"] == [first.key]
    states = {cell["coordinate"]: cell["status"] for cell in second.cells}
    assert states[town] != "published"
    assert states[""] != "published"
    shown = {cell["coordinate"]: cell["value"] for cell in first.cells}
    same = [c for c in second.cells if c["status"] == "published"]
    assert same
    assert all(shown[c["coordinate"]] == c["value"] for c in same)


def test_publishing_is_refused_when_another_table_came_out_meanwhile(
    own_demo: Demo, maker: Viewer, checker: Viewer
) -> None:
    """Each draft is safe alone; beside each other they give the late firm away."""
    early = draft(viewer=maker, scope=SCOPE_TOWN, title_zh="一版（合成）")
    town = next(
        c["coordinate"] for c in early.cells if c["status"] == "published" and c["coordinate"]
    )
    _add_firm(own_demo, town)
    late = draft(viewer=maker, scope=SCOPE_TOWN, title_zh="二版（合成）")
    assert late.report["passed"]
    publish(viewer=checker, table=early)
    with pytest.raises(JiqunError, match="E-PUBLICATION-EXPOSED") as refused:
        publish(viewer=checker, table=late)
    assert [one.column for one in refused.value.fields] == [town]
    assert "123,456,700–123,456,700" in refused.value.fields[0].message_zh
    late.refresh_from_db()
    assert late.state == "draft"
    # Withdrawing does not make readers forget.
    withdraw(viewer=checker, table=early, reason="数据口径有误")
    with pytest.raises(JiqunError, match="E-PUBLICATION-EXPOSED"):
        publish(viewer=checker, table=late)


def test_the_report_holds_no_withheld_figure(demo: Demo, maker: Viewer) -> None:
    table = draft(viewer=maker, scope=SCOPE, title_zh="产值（合成）")
    assert table.withheld
    assert not {"total", "largest", "second"} & set(table.report["cells"][0])
    assert table.report["nearest_share"] >= 0.1 - 1e-6


def test_a_measure_without_figures_is_refused_with_what_to_do(demo: Demo, maker: Viewer) -> None:
    nothing = Scope("990101", "1990", "output", "gbt4754-2017", ("town",))
    with pytest.raises(JiqunError, match="E-PUBLICATION-EMPTY"):
        draft(viewer=maker, scope=nothing, title_zh="产值（合成）")
