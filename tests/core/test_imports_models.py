"""Imports into a table of commitments: verbs, refusals, undo that spares later changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from jiqun.core.access import Role, Viewer
from jiqun.core.imports.models import Writer, model_importer
from jiqun.core.tabular import Field, Query, Upload, model_read
from jiqun.errors import JiqunError
from jiqun.masters.models import Organisation

pytestmark = pytest.mark.django_db
KINDS = {"bureau": ("部门", "Bureau"), "park": ("园区运营方", "Park operator")}
FIELDS = (
    Field("name", "名称", "Name", required=True, example="示例局"),
    Field("kind", "类别", "Kind", "words", words=KINDS, required=True, example="bureau"),
    Field("place", "负责地方", "Place", "code", example="990101", check=lambda text: None
          if text.isdigit() else ("地方代码只有数字", "a place code has digits only")),
    Field("people", "人数", "People", "integer", importable=False, source="membership__count"),
)  # fmt: skip
KEPT = FIELDS[:3]
WHO = Viewer(1, "system", frozenset({Role.SYSTEM}))


def _create(viewer: Viewer, values: Mapping[str, Any]) -> int:
    return Organisation.objects.create(
        name=values["name"], kind=values["kind"], place=values["place"] or ""
    ).pk


def _update(viewer: Viewer, pk: Any, values: Mapping[str, Any]) -> None:
    Organisation.objects.filter(pk=pk).update(kind=values["kind"], place=values["place"] or "")


def _remove(viewer: Viewer, pk: Any) -> None:
    Organisation.objects.filter(pk=pk).delete()


def _check(
    viewer: Viewer, values: Mapping[str, Any], before: Mapping[str, Any] | None
) -> Sequence[tuple[str, str, str, str, str]]:
    if str(values["place"] or "").startswith("98"):
        return [("place", "不是本省", "another province", "请核对", "check it")]
    return []


IMPORTER = model_importer(
    "organisations", FIELDS, ("name",),
    Writer(
        may=lambda viewer: viewer.has(Role.SYSTEM), visible=lambda _viewer: Organisation.objects.all(),
        create=_create, update=_update, remove=_remove, check=_check,
    ),
)  # fmt: skip


def _upload(text: str, **more: Any) -> Upload:
    return Upload(text.encode("gb18030"), "单位.csv", **more)


FILE = """名称,类别,负责地方
示例统计局,部门,990101
示例园区,园区运营方,990102
示例坏一,不知道,990101
示例坏二,部门,九九
示例坏三,部门,980101
"""


def test_the_plan_says_what_each_row_becomes() -> None:
    Organisation.objects.create(name="示例园区", kind="bureau", place="990102")
    plan = IMPORTER.plan(WHO, _upload(FILE))
    counts = plan.counts
    assert (counts.received, counts.accepted, counts.quarantined, counts.duplicate) == (5, 2, 3, 0)
    assert (counts.create, counts.update, counts.unchanged) == (1, 1, 0)
    assert [(one.kind, one.key, one.before, one.after) for one in plan.changes] == [
        ("update", "示例园区", {"kind": "bureau"}, {"kind": "park"}),
        ("create", "示例统计局", {}, {"name": "示例统计局", "kind": "bureau", "place": "990101"}),
    ]
    assert dict(zip(plan.cells, (one.value for one in plan.problems), strict=True)) == {
        "B4": "不知道", "C5": "九九", "C6": "980101",
    }  # fmt: skip
    assert [(one.row, one.cells["名称"]) for one in plan.faulty] == [
        (4, "示例坏一"), (5, "示例坏二"), (6, "示例坏三"),
    ]  # fmt: skip


def test_apply_then_undo_restores_what_nobody_has_changed_since() -> None:
    old = Organisation.objects.create(name="示例园区", kind="bureau", place="990102")
    plan = IMPORTER.plan(WHO, _upload(FILE))
    receipt = IMPORTER.apply(WHO, _upload(FILE), plan.digest, b"")
    old.refresh_from_db()
    assert (old.kind, Organisation.objects.count()) == ("park", 2)
    assert IMPORTER.undo(WHO, receipt) == (2, 0)
    old.refresh_from_db()
    assert (old.kind, Organisation.objects.count()) == ("bureau", 1)
    plan = IMPORTER.plan(WHO, _upload(FILE))
    receipt = IMPORTER.apply(WHO, _upload(FILE), plan.digest, b"")
    Organisation.objects.filter(name="示例统计局").update(place="990199")
    assert IMPORTER.undo(WHO, receipt) == (1, 1)
    assert Organisation.objects.get(name="示例统计局").place == "990199"


def test_a_plan_that_no_longer_fits_is_not_applied() -> None:
    plan = IMPORTER.plan(WHO, _upload(FILE))
    Organisation.objects.create(name="示例统计局", kind="park", place="990101")
    with pytest.raises(JiqunError) as error:
        IMPORTER.apply(WHO, _upload(FILE), plan.digest, b"")
    assert error.value.code == "E-IMPORT-CHANGED"
    assert Organisation.objects.count() == 1


def test_an_unknown_column_stops_until_it_is_settled() -> None:
    text = FILE.replace("负责地方", "负责的地区")
    plan = IMPORTER.plan(WHO, _upload(text))
    assert plan.blocked
    assert [(one.heading, one.nearest) for one in plan.unknown] == [("负责的地区", "place")]
    settled = IMPORTER.plan(WHO, _upload(text, renames={"负责的地区": "place"}))
    assert (settled.blocked, settled.counts.accepted) == (False, 2)
    left_out = IMPORTER.plan(WHO, _upload(text, ignored=("负责的地区",)))
    assert (left_out.blocked, left_out.counts.accepted) == (False, 4)


def test_a_column_that_the_file_does_not_have_stays_as_it_is() -> None:
    Organisation.objects.create(name="示例统计局", kind="park", place="990101")
    text = "名称,类别\n示例统计局,部门\n"
    plan = IMPORTER.plan(WHO, _upload(text))
    changes = [(one.before, one.after) for one in plan.changes]
    assert changes == [({"kind": "park"}, {"kind": "bureau"})]
    IMPORTER.apply(WHO, _upload(text), plan.digest, b"")
    assert Organisation.objects.get().place == "990101"
    emptied = IMPORTER.plan(WHO, _upload("名称,类别,负责地方\n示例统计局,部门,\n"))
    changes = [(one.before, one.after) for one in emptied.changes]
    assert changes == [({"place": "990101"}, {"place": None})]


def test_a_file_without_a_required_column_is_blocked_in_words() -> None:
    plan = IMPORTER.plan(WHO, _upload("名称,负责地方\n示例局,990101\n"))
    assert plan.blocked
    assert "E-COLUMN-MISSING" in {one.code for one in plan.problems}


def test_an_apostrophe_of_our_own_csv_is_taken_off_again() -> None:
    plan = IMPORTER.plan(WHO, _upload("名称,类别,负责地方\n'=示例局,部门,990101\n"))
    assert plan.changes[0].after["name"] == "=示例局"


def test_a_model_table_is_narrowed_ordered_and_paged_by_the_database() -> None:
    for number in range(7):
        place = "" if number else "990101"
        Organisation.objects.create(name=f"示例{number}局", kind="bureau", place=place)
    read = model_read(lambda _viewer: Organisation.objects.all(), KEPT)
    found = read(WHO, Query(sort=("-name",), start=2, limit=3))
    assert (found.total, [row["name"] for row in found.rows]) == (
        7, ["示例4局", "示例3局", "示例2局"],
    )  # fmt: skip
    assert found.rows[0]["place"] is None, "empty text is unknown"
