"""Pages of the log, its commands, and the proof that a firm takes home."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest
from django.contrib.auth.models import User
from django.test import Client

from jiqun.core.access import Role, Viewer
from jiqun.core.actions import actions
from jiqun.core.audit import read_firms, record
from jiqun.core.audit.roots import close_days
from jiqun.core.auditor import commands
from jiqun.core.models.audit import AuditEntry, AuditRoot, FirmRead
from jiqun.errors import JiqunError
from jiqun.masters.models import Membership, Organisation
from tests.core import verb_table
from tests.core.auditlog import Clock

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]
PURPOSE = "核对 2025 年补链清单"
FIRM, OTHER = "91330600MA0000001X", "91330600MA0000002Y"
Log = Callable[[str], Client]


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Log:
    """A log of two days, read by an official, and clients of everybody."""
    clock = Clock(monkeypatch, datetime(2026, 3, 1, 1, tzinfo=UTC))
    users: dict[str, User] = {}
    for name, role, kind, firm in (
        ("official", Role.ANALYST, "bureau", ""), ("auditor", Role.AUDIT, "operator", ""),
        ("firm", Role.FIRM, "firm", FIRM), ("system", Role.SYSTEM, "operator", ""),
    ):  # fmt: skip
        users[name] = User.objects.create(username=name)
        organisation = Organisation.objects.create(
            name=f"合成单位 {name}", kind=kind, place="*" if role is Role.ANALYST else "", firm=firm
        )
        Membership.objects.create(user=users[name], organisation=organisation, role=role.value)
    official = Viewer(
        users["official"].pk, "official", frozenset({Role.ANALYST}), frozenset({"*"}), purpose=PURPOSE, request_id="r1"
    )  # fmt: skip
    read_firms(official, [FIRM, OTHER], fields="output")
    record(
        official, "chain.confirm", target="segment:21", reason="现场核实", after={"status": "强"}
    )
    clock.forward(days=1)
    close_days()
    record(official, "chain.confirm", target="segment:22", reason="<b>粗体</b>")

    def client(name: str) -> Client:
        made = Client()
        if name != "nobody":
            made.force_login(users[name])
        return made

    return client


def _text(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, (path, answer.status_code)
    return answer.content.decode()


def test_the_auditor_sees_all_and_everybody_else_the_own(log: Log) -> None:
    everything = _text(log("auditor"), "/audit/")
    assert "segment:21" in everything
    assert "&lt;b&gt;粗体&lt;/b&gt;" in everything
    assert "合成单位 official" in everything
    assert "segment:21" in _text(log("official"), "/audit/")
    for name in ("firm", "system"):
        assert "segment:21" not in _text(log(name), "/audit/")


@pytest.mark.parametrize(("query", "found", "absent"), [
    ("person=offic", "segment:21", "audit:roots"), ("action=chain.confirm", "segment:22", PURPOSE),
    ("target=segment:21", "segment:21", "segment:22"), ("day=2026-03-02", "segment:22", "segment:21"),
    ("words=现场+强", "segment:21", "segment:22"), ("day=yesterday", "segment:22", "nothing of that name"),
])  # fmt: skip
def test_the_log_is_narrowed(log: Log, query: str, found: str, absent: str) -> None:
    text = _text(log("auditor"), f"/audit/?{query}")
    table = text[text.index("<tbody>") :]
    assert found in table
    assert absent not in table


def test_an_export_has_the_filters_and_is_logged_itself(log: Log) -> None:
    answer = log("auditor").get("/audit/export.xlsx?action=chain.confirm")
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    cover = "\n".join(str(cell.value) for row in book.worksheets[0] for cell in row)
    assert "chain.confirm" in cover
    rows = list(book.worksheets[1].iter_rows(values_only=True))
    assert len(rows) == 3
    assert "segment:22" in str(rows[1])
    entry = AuditEntry.objects.get(action="audit.export")
    assert entry.after == {"filters": {"action": "chain.confirm"}, "rows": 2}
    assert entry.user_name == "auditor"


def test_one_entry_shows_what_changed_to_those_who_may_see_it(log: Log) -> None:
    number = AuditEntry.objects.get(target="segment:21").pk
    assert "强" in _text(log("auditor"), f"/audit/entry/{number}/")
    assert "强" in _text(log("official"), f"/audit/entry/{number}/")
    assert "强" not in _text(log("firm"), f"/audit/entry/{number}/", 404)


def test_a_firm_sees_who_read_it_and_nothing_about_others(log: Log) -> None:
    text = _text(log("firm"), "/audit/reads/")
    assert all(
        word in text for word in ("official", "合成单位 official", PURPOSE, "产值", "2026-03-01")
    )
    assert OTHER not in text
    assert OTHER in _text(log("official"), "/audit/reads/")
    assert FIRM in _text(log("auditor"), "/audit/reads/")
    assert FIRM not in _text(log("system"), "/audit/reads/")


def _program() -> str:
    """The program that the guide prints for a reader without this software."""
    guide = (ROOT / "docs" / "guides" / "verify-the-log.md").read_text()
    return next(code for code in re.findall(r"```python\n(.*?)```", guide, re.DOTALL))


def _checked(tmp_path: Path, proof: dict[str, object]) -> subprocess.CompletedProcess[str]:
    (tmp_path / "check.py").write_text(_program())
    (tmp_path / "proof.json").write_text(json.dumps(proof))
    return subprocess.run(
        [sys.executable, "-I", "check.py", "proof.json"], cwd=tmp_path, capture_output=True, text=True, check=False
    )  # fmt: skip


def test_a_firm_takes_home_a_proof_that_the_printed_program_accepts(
    log: Log, tmp_path: Path
) -> None:
    own = FirmRead.objects.get(firm=FIRM)
    answer = log("firm").get(f"/audit/reads/{own.pk}/proof.json")
    assert OTHER not in answer.content.decode()
    proof = json.loads(answer.content)
    done = _checked(tmp_path, proof)
    assert done.returncode == 0, done.stderr
    assert AuditRoot.objects.get(day="2026-03-01").seal in done.stdout
    assert FIRM in done.stdout
    for part, name, value in (
        ("entry", "reason", "别的用途"), ("entry", "user_name", "x"), ("read", "firm", OTHER),
        ("day", "entries", 99), ("day", "root", "0" * 64),
    ):  # fmt: skip
        changed = json.loads(answer.content)
        changed[part][name] = value
        assert _checked(tmp_path, changed).returncode == 1, name


def test_nobody_takes_the_proof_about_another_firm(log: Log) -> None:
    other = FirmRead.objects.get(firm=OTHER)
    assert log("firm").get(f"/audit/reads/{other.pk}/proof.json").status_code == 404
    assert log("nobody").get(f"/audit/reads/{other.pk}/proof.json").status_code == 302


def test_an_entry_of_an_open_day_has_no_root_yet(log: Log, tmp_path: Path) -> None:
    number = AuditEntry.objects.get(target="segment:22").pk
    proof = log("auditor").get(f"/audit/entry/{number}/proof.json").json()
    assert proof["day"] is None
    assert _checked(tmp_path, proof).returncode == 2


def test_roots_are_public_and_say_nothing_about_anybody(log: Log) -> None:
    seal = AuditRoot.objects.get().seal
    for path in ("/audit/roots/", "/audit/roots.json"):
        text = _text(log("nobody"), path)
        assert seal in text
        assert not [word for word in ("official", FIRM, "segment", PURPOSE) if word in text]
    assert log("nobody").post("/audit/roots/").status_code == 405


def test_the_page_says_when_days_are_not_closed(log: Log) -> None:
    AuditRoot.objects.all().delete()
    assert "1 天尚未封存" in _text(log("nobody"), "/audit/roots/")
    assert "1 天尚未封存" in _text(log("auditor"), "/audit/verify/")


def test_the_auditor_verifies_on_the_page_and_the_outcome_is_logged(log: Log) -> None:
    client = log("auditor")
    assert "日志完好" in client.post("/audit/verify/").content.decode()
    AuditEntry.objects.filter(target="segment:21").update(reason="别的")
    text = client.post("/audit/verify/").content.decode()
    assert "segment:21 #1" in text
    logged = AuditEntry.objects.filter(action="audit.verify").order_by("id")
    assert [one.after["ok"] for one in logged] == [True, False]
    for name in ("official", "firm", "system"):
        assert log(name).get("/audit/verify/").status_code == 403
        assert log(name).post("/audit/verify/").status_code == 403


# ---- commands -------------------------------------------------------------------------------


def test_commands_close_verify_and_prove(log: Log, tmp_path: Path) -> None:
    said: list[str] = []
    assert commands.close(said.append) == 0
    assert "没有待封存" in said[-1]
    assert commands.verify(said.append) == 0
    kept = tmp_path / "roots.json"
    kept.write_text(_text(log("nobody"), "/audit/roots.json"))
    assert commands.verify(said.append, str(kept)) == 0
    kept.write_text("# kept at the province\n2026-03-01 " + "0" * 64 + "\n")
    assert commands.verify(said.append, str(kept)) == 1
    assert any("外部留存" in line for line in said)
    assert commands.proof(said.append, entry="segment:21#1") == 0
    assert json.loads(said[-1])["entry"]["reason"] == "现场核实"
    assert commands.proof(said.append, read=str(FirmRead.objects.get(firm=FIRM).pk)) == 0
    assert json.loads(said[-1])["read"]["firm"] == FIRM


@pytest.mark.parametrize(
    "asked", [{"entry": "segment:21#2"}, {"entry": "x"}, {"read": "0"}, {"read": "a"}]
)
def test_a_proof_of_nothing_is_refused(log: Log, asked: dict[str, str]) -> None:
    with pytest.raises(JiqunError) as caught:
        commands.proof(print, **asked)
    assert caught.value.code == "E-AUDIT-ENTRY"


def test_a_file_that_is_no_list_of_roots_is_refused(log: Log, tmp_path: Path) -> None:
    for text in ("", "2026-03-01 abc"):
        (tmp_path / "roots.txt").write_text(text)
        with pytest.raises(JiqunError) as caught:
            commands.verify(print, str(tmp_path / "roots.txt"))
        assert caught.value.code == "E-AUDIT-ROOTS"


# ---- every verb -----------------------------------------------------------------------------


def test_every_verb_stands_in_the_reference_with_its_predicate() -> None:
    assert verb_table.stated() == verb_table.table(), "write it by python -m tests.core.verb_table"


def test_every_predicate_says_who_may() -> None:
    verb_table.table()
    assert len(actions()) > 2
    assert [name for name, one in actions().items() if not one.may.__doc__] == []
    assert [name for name, one in actions().items() if not sys.modules[one.module].__doc__] == []
