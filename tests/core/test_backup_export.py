"""Leaving: everything in open formats, without data about persons unless asked, and back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from django.contrib.auth.models import User

from jiqun import cli
from jiqun.core.backup import leave, load, rows, save
from jiqun.core.backup.files import Piece, pieces
from jiqun.core.models import ApiToken, Paper
from jiqun.core.papers.files import content_of
from jiqun.errors import JiqunError
from jiqun.masters.models import Membership, Organisation
from tests.core.test_backup import PAPER, Place, contents, filled, migrated, place, server
from tests.core.vendors import EXPORTS

__all__ = ["migrated", "place", "server"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]
SECRETS = ("ein-langes-2026", "zhang", "张", "d" * 64)
# Tables about persons, or with what lets somebody in: only with --personal. A new table that is
# in neither list fails the test below, so that somebody decides.
PERSONAL = {
    "account.emailaddress", "account.emailconfirmation", "auth.user_groups", "auth.user_user_permissions",
    "core.apitoken", "core.auditchain", "core.auditentry", "core.auditroot", "core.delivery", "core.firmread",
    "core.job", "core.notice", "core.noticechoice", "core.paper", "core.paperuse",
    "core.passwordrecord", "core.robot", "masters.person",
    "mfa.authenticator",
    # Accounts of firms, and who decided about their money.
    "policy.batch", "policy.case", "policy.hold", "policy.item", "policy.ledgeraccount",
    "policy.ledgertransfer", "policy.oncekey", "policy.payment", "policy.paymentfile", "policy.pool",
    "policy.receipt", "policy.step",
    # What firms were shown and said, and who decided.
    "land.batch", "land.calculation", "land.objection", "land.sheet", "land.step", "land.waiver",
    "land.landfile", "land.landfileentry", "land.landobjection", "land.landrow", "land.landtable",
    "land.parcel", "land.parcelevent", "land.parcelproposal",
    # Who drafted rules, who corrected and confirmed them.
    "policy.draft", "policy.draftfield", "policy.drafttext",
    # The search index is made again from what it indexes.
    "core.searchentry", "core.searchposting", "core.searchsegment", "core.searchstate",
}  # fmt: skip


def _read(folder: Path) -> str:
    """All that an export says, as text: CSV, schemas, manifest, and the Parquet files' rows."""
    plain = [
        path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.suffix in {".csv", ".json"}
    ]
    tables = [str(pl.read_parquet(path).rows()) for path in folder.rglob("*.parquet")]
    return "\n".join([*plain, *tables])


def _exported(place: Place, lean_folder: Path, tmp_path: Path) -> Path:
    """The folder to which a filled installation was exported whole."""
    out = tmp_path / "out"
    with place("sqlite", tables=True) as folder:
        filled(folder, lean_folder)
        leave.export_everything(out, personal=True)
    return out


@pytest.mark.parametrize(("source", "target"), EXPORTS)
def test_everything_comes_back_with_equal_counts_and_hashes(
    source: str, target: str, place: Place, demo_folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with place(source, tables=True) as folder:
        filled(folder, demo_folder)
        leave.export_everything(out, personal=True)
        before = contents()
    with place(target, tables=source != target):
        leave.import_everything(out)
        assert contents() == before
        assert content_of(Paper.objects.get()) == PAPER
        assert User.objects.get(username="zhang").check_password("ein-langes-2026")
        assert (
            Organisation.objects.create(name="new", kind="bureau").pk == 3
        )  # 2 was given out before


def test_without_the_flag_nothing_about_persons_leaves_and_the_rest_comes_back(
    place: Place, lean_folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with place("sqlite", tables=True) as folder:
        filled(folder, lean_folder)
        manifest = leave.export_everything(out)
        before, password = contents(), User.objects.get().password
    text = _read(out / "commitments")
    assert [secret for secret in (*SECRETS, password) if secret in text] == []
    assert "合成局" in text
    assert {"core.apitoken", "core.auditentry"} <= set(manifest["left_out"])
    with place("sqlite", tables=True):
        leave.import_everything(out)
        after = contents()
        changed = {name for name in before if before[name] != after[name]}
        assert changed == {"auth.user", "core.apitoken", "core.paper"}
        user = User.objects.get()
        assert (user.username, user.has_usable_password()) == (f"user-{user.pk}", False)
        assert Membership.objects.get().user == user
        assert not ApiToken.objects.exists()


def test_what_asks_for_personal_data_gets_it(
    place: Place, lean_folder: Path, tmp_path: Path
) -> None:
    with place("sqlite", tables=True) as folder:
        filled(folder, lean_folder)
        manifest = leave.export_everything(tmp_path / "out", personal=True)
        password = User.objects.get().password
    assert manifest["left_out"] == []
    text = _read(tmp_path / "out" / "commitments")
    assert all(secret in text for secret in (password, "zhang", "张", "d" * 64))
    assert (tmp_path / "out").stat().st_mode & 0o077 == 0


def test_somebody_has_decided_of_every_table_whether_it_is_about_persons() -> None:
    known = set(rows.tables())
    decided = leave.OPEN | set(leave.MASKS) | PERSONAL
    assert known - decided == set(), "name the table in leave.OPEN or, here, in PERSONAL"
    assert not PERSONAL & (leave.OPEN | set(leave.MASKS))


def test_an_altered_table_is_noticed_and_nothing_stays(
    place: Place, lean_folder: Path, tmp_path: Path
) -> None:
    out = _exported(place, lean_folder, tmp_path)
    path = out / "commitments" / "masters.organisation.parquet"
    frame = pl.read_parquet(path).with_columns(pl.lit("98").alias("place"))
    frame.write_parquet(path)
    with place("sqlite", tables=True) as folder:
        with pytest.raises(JiqunError, match="E-BACKUP-DIFFERS"):
            leave.import_everything(out)
        assert not User.objects.exists()
        assert not list((folder / "store").rglob("*.parquet"))


def test_a_paper_that_is_another_one_is_noticed_and_nothing_stays(
    place: Place, lean_folder: Path, tmp_path: Path
) -> None:
    out = _exported(place, lean_folder, tmp_path)
    (out / "papers" / "CL-00000001.pdf").write_bytes(PAPER + b" altered")
    with place("sqlite", tables=True) as folder:
        with pytest.raises(JiqunError, match="E-IMPORT-FOLDER"):
            leave.import_everything(out)
        assert not Paper.objects.exists()
        assert not (folder / "papers").exists()


def test_a_folder_that_is_no_export_and_a_target_that_is_not_empty_are_told(
    place: Place, lean_folder: Path, tmp_path: Path
) -> None:
    with place("sqlite"), pytest.raises(JiqunError, match="E-IMPORT-FOLDER"):
        leave.import_everything(tmp_path)
    with place("sqlite", tables=True) as folder:
        filled(folder, lean_folder)
        leave.export_everything(tmp_path / "out")
        with pytest.raises(JiqunError, match="E-STORE-NOT-EMPTY"):
            leave.export_everything(tmp_path / "out")
        with pytest.raises(JiqunError, match="E-BACKUP-NOT-EMPTY"):
            leave.import_everything(tmp_path / "out")


def test_the_commands_say_what_they_did(
    place: Place, lean_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch, settings: Any,
) -> None:  # fmt: skip
    monkeypatch.setattr(cli, "console", cli.Console(width=200, color_system=None))
    file, out = str(tmp_path / "b.tar"), str(tmp_path / "out")

    def said(code: int, *words: str) -> str:
        assert cli.main(list(words)) == code
        return capsys.readouterr().out

    with place("sqlite", tables=True) as folder:
        filled(folder, lean_folder)
        assert "secret_key" in said(0, "backup", file)
        assert "E-BACKUP-EXISTS" in said(2, "backup", file)
        assert "nothing was restored" in said(0, "restore", file, "--check")
        assert "E-BACKUP-NOT-EMPTY" in said(2, "restore", file)
        assert "core.apitoken" in said(0, "export", out, "--all")
    with place("sqlite"):
        settings.SECRET_KEY = "another key"
        told = said(0, "restore", file)
        for words in (
            "counts and digests of every table are equal",
            "another signing key",
            "audit chain is whole",
        ):
            assert words in told
    with place("sqlite"):
        assert "✓" in said(0, "import", out)
        assert Organisation.objects.count() == 1
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["personal"] is False


def test_a_paper_whose_file_is_gone_makes_no_backup(
    place: Place, lean_folder: Path, tmp_path: Path
) -> None:
    with place("sqlite", tables=True) as folder:
        filled(folder, lean_folder)
        Paper.objects.get().path.unlink()
        with pytest.raises(JiqunError, match="E-STORE-CORRUPT"):
            save.back_up(tmp_path / "backup.tar")
        with pytest.raises(JiqunError, match="E-PAPER-GONE"):
            leave.export_everything(tmp_path / "out", personal=True)
    assert not list(tmp_path.glob("*backup*"))


def test_a_paper_taken_off_its_shelf_meanwhile_stops_no_backup(
    place: Place, lean_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def listed() -> list[Piece]:
        found = pieces()
        Paper.objects.get().path.unlink()
        return found

    monkeypatch.setattr(save, "pieces", listed)
    with place("sqlite", tables=True) as folder:
        filled(folder, lean_folder)
        save.back_up(tmp_path / "backup.tar")
    with place("sqlite"):
        load.restore(tmp_path / "backup.tar")
        with pytest.raises(JiqunError, match="E-PAPER-GONE"):
            content_of(Paper.objects.get())
