"""Organisations from a file: opened and changed by the verbs, refused in the dry run, undone."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from django.contrib.auth.models import User

from jiqun.core.access import Role, Viewer
from jiqun.core.models import AuditEntry
from jiqun.core.tabular import Importer, Upload
from jiqun.masters.models import Organisation
from jiqun.masters.tabular import ORGANISATIONS_IN, TABLES
from tests.console import SignIn

pytestmark = pytest.mark.django_db
HEAD = "名称,类别,负责地方,统一社会信用代码,启用"
FIRM = "91350100M000100Y43"


@pytest.fixture
def system(people: Mapping[str, User]) -> Viewer:
    return Viewer(people["system"].pk, "system", frozenset({Role.SYSTEM}))


def _file(*rows: str) -> Upload:
    return Upload("\n".join((HEAD, *rows)).encode(), "单位.csv")


def _applied(system: Viewer, upload: Upload) -> Mapping[str, object]:
    plan = ORGANISATIONS_IN.plan(system, upload)
    assert not plan.problems
    return ORGANISATIONS_IN.apply(system, upload, plan.digest, b"")


def test_a_file_opens_and_changes_organisations_and_logs_each(system: Viewer) -> None:
    upload = _file(
        f"合成织造有限公司,企业,990101,{FIRM},是", "合成旧园区,园区运营方,990101,,否", "partner,合作机构,990102,,是"
    )  # fmt: skip
    plan = ORGANISATIONS_IN.plan(system, upload)
    assert (plan.counts.received, plan.counts.create, plan.counts.update) == (3, 2, 1)
    _applied(system, upload)
    made = Organisation.objects.get(name="合成织造有限公司")
    assert (made.kind, made.place, made.firm, made.active) == ("firm", "990101", FIRM, True)
    assert not Organisation.objects.get(name="合成旧园区").active
    assert Organisation.objects.get(name="partner").place == "990102"
    logged = AuditEntry.objects.filter(user_id=system.user_id).values_list("action", flat=True)
    assert sorted(logged) == ["masters.change_organisation"] * 2 + ["masters.open_organisation"] * 2
    assert ORGANISATIONS_IN.plan(system, upload).counts.unchanged == 3


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        ("合成织造有限公司,企业,990101,91350100M000100Y44,是", "统一社会信用代码", "有误"),
        (f"合成局,部门,990101,{FIRM},是", "统一社会信用代码", "只有企业填信用代码"),
        ("合成局,部门,99-01,,是", "负责地方", "地方代码“99-01”有误"),
        ("分,部门,990101,,是", "名称", "太短"),
        ("butler,合作机构,990101,,是", "类别", "有人在这个单位任 butler"),
        ("analyst,部门,,,是", "负责地方", "原来负责所有地方"),
        ("security,平台运维,,,否", "启用", "最后一名安全管理员"),
    ],
)
def test_what_the_verbs_would_refuse_is_said_in_the_dry_run(
    system: Viewer, row: str, column: str, words: str
) -> None:
    plan = ORGANISATIONS_IN.plan(system, _file(row))
    assert (plan.counts.received, plan.counts.quarantined, plan.counts.accepted) == (1, 1, 0)
    (problem,) = plan.problems
    assert problem.column == column
    assert words in problem.message_zh
    assert problem.remedy_zh


def test_undoing_closes_what_was_opened_and_puts_changes_back(system: Viewer) -> None:
    receipt = _applied(system, _file("合成局,部门,990101,,是", "partner,合作机构,990102,,是"))
    assert ORGANISATIONS_IN.undo(system, receipt) == (2, 0)
    assert not Organisation.objects.get(name="合成局").active
    assert Organisation.objects.get(name="partner").place == "990101"


def test_people_and_roles_come_out_of_tables_only() -> None:
    """An account needs its first password handed over, a role its security administrator."""
    importers: dict[str, Importer | None] = {one.name: one.importer for one in TABLES}
    assert importers == {"organisations": ORGANISATIONS_IN, "people": None, "roles": None}


def test_the_pages_lead_to_export_and_import(sign_in: SignIn) -> None:
    text = sign_in("system").get("/masters/").content.decode()
    assert "/data/organisations/import/" in text
    assert 'href="/data/organisations/"' in text
    assert 'href="/data/people/"' in sign_in("system").get("/masters/people/").content.decode()
    assert "/data/organisations/import/" not in sign_in("analyst").get("/masters/").content.decode()
