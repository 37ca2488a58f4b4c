"""Backup and restore, between both databases; damage, haste and full disks."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import random
import shutil
import stat
import subprocess
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from django.conf import settings as installation
from django.contrib.auth.models import User
from django.db import connections
from django.db.utils import load_backend
from pytest_django import DjangoDbBlocker

from config.settings import _database as database_entry
from jiqun.core.backup import archive, load, rows, save
from jiqun.core.models import ApiToken, Paper
from jiqun.core.papers.files import content_of, keep
from jiqun.errors import JiqunError
from jiqun.facts.store.store import Store
from jiqun.masters.models import Membership, Organisation
from tests.conformance.postgres import THROWAWAY, Server, running
from tests.core.vendors import BACKUPS

# Databases of both kinds of their own: whose the test run is decides nothing.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]
Place = Callable[..., Any]
PAPER = b"%PDF-1.4 deed"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A PostgreSQL of this module's own."""
    with running(*THROWAWAY) as started:
        yield started


@contextmanager
def on_database(url: str, folder: Path) -> Iterator[None]:
    """Let this thread work on another database than the tests'; SQLite in ``folder`` without URL."""
    told = {**connections["default"].settings_dict, **database_entry(url, folder)}
    told |= {"OPTIONS": database_entry(url, folder).get("OPTIONS", {}), "CONN_MAX_AGE": 0}
    usual = connections["default"]
    other = load_backend(told["ENGINE"]).DatabaseWrapper(told, "default")
    connections["default"] = other
    try:
        yield
    finally:
        other.close()
        connections["default"] = usual


@pytest.fixture(scope="module")
def migrated(
    tmp_path_factory: pytest.TempPathFactory, server: Server, django_db_blocker: DjangoDbBlocker
) -> dict[str, Any]:
    """A database with tables and no rows of either kind, once for all: migrating takes seconds."""
    folder, cluster = tmp_path_factory.mktemp("migrated"), server.fresh()
    with django_db_blocker.unblock():
        for url in ("", cluster.url):
            with on_database(url, folder):
                load.prepare_database()
    return {"sqlite": folder / "jiqun.sqlite3", "postgresql": cluster}


@pytest.fixture
def place(tmp_path: Path, settings: Any, server: Server, migrated: dict[str, Any]) -> Place:
    """Make an installation of its own to be in: a folder and a database of the kind named.

    With ``tables`` the database has its tables already, as that of an installation in use.
    """
    made = iter(range(100))

    @contextmanager
    def enter(kind: str, *, tables: bool = False) -> Iterator[Path]:
        folder = tmp_path / f"installation{next(made)}"
        folder.mkdir()
        before = settings.VAR, settings.STORE
        settings.VAR, settings.STORE = folder, folder / "store"
        if tables and kind == "sqlite":
            shutil.copy(migrated[kind], folder)
        ready = migrated[kind].name if tables and kind == "postgresql" else ""
        try:
            with on_database(server.fresh(ready).url if kind == "postgresql" else "", folder):
                yield folder
        finally:
            settings.VAR, settings.STORE = before

    return enter


def filled(folder: Path, county: Path) -> None:
    """Fill the installation that we are in: people, a token, odd values, a county's store, a file."""
    shutil.copytree(county / "store", folder / "store", dirs_exist_ok=True)
    user = User.objects.create_user("zhang", password="ein-langes-2026", last_name="张")
    bureau = Organisation.objects.create(name='合成局 ‘"\\\n', kind="bureau", place="99")
    Membership.objects.create(user=user, organisation=bureau, role="analyst")
    gone = Organisation.objects.create(name="gone", kind="bureau")
    gone.delete()  # its number must not come back
    ApiToken.objects.create(
        user=user, label="a", digest="d" * 64, expires="2027-01-01T00:00:00.000001Z"
    )
    paper = Paper.objects.create(key="CL-00000001", kind="pdf", size=len(PAPER), made_by=user,
                                 sha256=hashlib.sha256(PAPER).hexdigest())  # fmt: skip
    keep(paper, PAPER)
    (folder / "imports").mkdir()
    (folder / "imports" / "表.csv").write_bytes("企业,产值\n".encode("gb18030"))


def contents() -> dict[str, Any]:
    """Count and digest of every table of the installation that we are in, and of its store."""
    found = {label: rows.tally_of(model).told() for label, model in rows.tables().items()}
    facts = Store(installation.STORE)
    return found | {name: facts.table(name).count().to_pyarrow().as_py() for name in facts.names()}


@pytest.mark.parametrize(("source", "target"), BACKUPS)
def test_a_backup_comes_back_with_equal_counts_and_hashes(
    source: str, target: str, place: Place, demo_folder: Path, tmp_path: Path
) -> None:
    with place(source, tables=True) as folder:
        filled(folder, demo_folder)
        manifest = save.back_up(tmp_path / "backup.tar")
        before = contents()
    with place(target, tables=source != target) as folder:
        done = load.restore(tmp_path / "backup.tar")
        assert contents() == before
        assert done.log.ok
        assert done.same_key
        assert (folder / "imports" / "表.csv").read_bytes() == "企业,产值\n".encode("gb18030")
        assert content_of(Paper.objects.get()) == PAPER
        assert User.objects.get(username="zhang").check_password("ein-langes-2026")
        # The next row gets a number that was never given out.
        used = manifest["counters"]["masters.organisation"]
        assert Organisation.objects.create(name="new", kind="bureau").pk == used + 1
        assert save.back_up(tmp_path / "again.tar")["tables"].keys() == manifest["tables"].keys()
    assert sum(one["rows"] for one in manifest["tables"].values()) > 20


def test_a_backup_is_one_private_file_that_tar_reads_and_holds_no_session_or_key(
    place: Place, lean_folder: Path, tmp_path: Path, settings: Any
) -> None:
    target = tmp_path / "backup.tar"
    with place("sqlite", tables=True) as folder:
        filled(folder, lean_folder)
        (folder / "secret_key").write_text("the-key")
        save.back_up(target)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    with tarfile.open(target) as tar:
        names = tar.getnames()
        people = gzip.decompress(tar.extractfile("database/auth.user.jsonl.gz").read()).decode()  # type: ignore[union-attr]
    assert "张" in people
    assert not [name for name in names if "session" in name or "secret" in name]
    assert settings.SECRET_KEY.encode() not in target.read_bytes()
    assert b"the-key" not in target.read_bytes()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@pytest.fixture
def backup(place: Place, lean_folder: Path, tmp_path: Path) -> Path:
    """A backup of a filled installation."""
    with place("sqlite", tables=True) as folder:
        filled(folder, lean_folder)
        save.back_up(tmp_path / "backup.tar")
    return tmp_path / "backup.tar"


def untouched(folder: Path) -> bool:
    """Whether a restore that failed has left nothing in the installation that we are in."""
    files = [
        path for path in folder.rglob("*") if path.is_file() and "jiqun.sqlite3" not in path.name
    ]
    return not files and not User.objects.exists()


def test_every_cut_and_every_flipped_byte_is_noticed_before_anything_is_restored(
    backup: Path, place: Place, tmp_path: Path
) -> None:
    whole, luck = backup.read_bytes(), random.Random(7)
    bad = tmp_path / "bad.tar"
    with tarfile.open(backup) as tar:
        last = tar.getmembers()[-1]
    end = last.offset_data + last.size
    with place("sqlite", tables=True) as folder:
        # Everywhere, and closely around the end, where manifest and seal lie.
        for cut in [0, 1, 511, *(luck.randrange(end) for _ in range(60)), last.offset, end - 1]:
            bad.write_bytes(whole[:cut])
            with pytest.raises(JiqunError, match="E-BACKUP-DAMAGED"):
                load.restore(bad)
        for at in [0, 100, *(luck.randrange(end) for _ in range(120)), *range(last.offset, end, 7)]:
            bad.write_bytes(
                whole[:at] + bytes([whole[at] ^ 1 << luck.randrange(8)]) + whole[at + 1 :]
            )
            with pytest.raises(JiqunError, match="E-BACKUP-DAMAGED"):
                load.restore(bad)
        bad.write_bytes(whole + b"more")
        with pytest.raises(JiqunError, match="E-BACKUP-DAMAGED"):
            load.check(bad)
        assert untouched(folder)
    assert load.check(backup)["format"] == save.FORMAT


def _forged(
    backup: Path, target: Path, change: Callable[[dict[str, Any], dict[str, bytes]], None]
) -> Path:
    """Write a backup again with another manifest or other members, and a seal that fits."""
    with archive.opened(backup) as reader:
        manifest = json.loads(json.dumps(reader.manifest))
        members = {name: reader.open(name).read() for name in manifest.pop("members")}
    change(manifest, members)
    with archive.written(target) as file:
        writer = archive.Writer(file)
        for name, content in members.items():
            writer.add(name, len(content), io.BytesIO(content))
        writer.close(manifest)
    return target


def test_a_backup_of_another_release_is_refused_with_its_name(
    backup: Path, place: Place, tmp_path: Path
) -> None:
    def newer(manifest: dict[str, Any], _: object) -> None:
        manifest |= {"format": 99, "version": "7.7"}

    def other_tables(manifest: dict[str, Any], _: object) -> None:
        manifest["tables"]["auth.user"]["columns"].append("shoe_size")

    def other_migrations(manifest: dict[str, Any], _: object) -> None:
        manifest["migrations"].append("core.0099_later")

    with place("sqlite") as folder:
        for number, (change, words) in enumerate(
            [(newer, "99"), (other_tables, "auth.user"), (other_migrations, "0099_later")]
        ):
            forged = _forged(backup, tmp_path / f"forged{number}.tar", change)
            with pytest.raises(JiqunError, match="E-BACKUP-VERSION") as refused:
                load.restore(forged)
            assert words in str(refused.value)
            assert "7.7" in refused.value.hint_en or words != "99"
        assert untouched(folder)


def test_rows_that_are_not_those_of_the_manifest_are_rolled_back(
    backup: Path, place: Place, tmp_path: Path
) -> None:
    def fewer(_: object, members: dict[str, bytes]) -> None:
        members["database/masters.membership.jsonl.gz"] = gzip.compress(b"")

    with place("sqlite", tables=True) as folder:
        with pytest.raises(JiqunError, match="E-BACKUP-DIFFERS"):
            load.restore(_forged(backup, tmp_path / "forged.tar", fewer))
        assert untouched(folder)
        assert not (folder / "store").exists()


def test_an_archive_cannot_write_outside_its_folder(
    backup: Path, place: Place, tmp_path: Path
) -> None:
    def climb(_: object, members: dict[str, bytes]) -> None:
        members["store/../../evil"] = b"x"

    with place("sqlite"), pytest.raises(JiqunError, match="E-BACKUP-DAMAGED"):
        load.restore(_forged(backup, tmp_path / "forged.tar", climb))
    assert not list(tmp_path.rglob("evil"))


@pytest.mark.parametrize("holds", ["database", "store", "imports"])
def test_only_an_empty_installation_is_filled(backup: Path, place: Place, holds: str) -> None:
    with place("sqlite", tables=True) as folder:
        if holds == "database":
            Organisation.objects.create(name="here already", kind="bureau")
        else:
            (folder / holds / "x").mkdir(parents=True)
            (folder / holds / "x" / "y").write_text("here already")
        with pytest.raises(JiqunError, match="E-BACKUP-NOT-EMPTY") as refused:
            load.restore(backup)
        assert (
            "masters.organisation" if holds == "database" else holds
        ) in refused.value.message_en
        assert not User.objects.exists()


def test_nothing_is_replaced_and_a_missing_file_is_told(backup: Path, tmp_path: Path) -> None:
    before = backup.read_bytes()
    with pytest.raises(JiqunError, match="E-BACKUP-EXISTS"):
        save.back_up(backup)
    assert backup.read_bytes() == before
    with pytest.raises(JiqunError, match="E-BACKUP-MISSING"):
        load.check(tmp_path / "nothing.tar")


def test_an_acknowledged_file_that_is_gone_makes_no_backup(
    place: Place, lean_folder: Path, tmp_path: Path
) -> None:
    with place("sqlite", tables=True) as folder:
        filled(folder, lean_folder)
        next((folder / "store" / "facts" / "firm").glob("*.parquet")).unlink()
        with pytest.raises(JiqunError, match="E-STORE-CORRUPT"):
            save.back_up(tmp_path / "backup.tar")
    assert not list(tmp_path.glob("*backup*"))


def test_a_full_disk_leaves_nothing_half(
    place: Place, lean_folder: Path, backup: Path, tmp_path: Path
) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = (
        os.geteuid() == 0
        and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=300k", "jiqun", str(small)], check=False
        ).returncode
    )
    if not mounted:
        pytest.fail("a small file system cannot be mounted here: run as root")
    try:
        with place("sqlite", tables=True) as folder:
            filled(folder, lean_folder)
            with pytest.raises(JiqunError, match="E-STORE-FULL"):
                save.back_up(small / "backup.tar")
        assert list(small.iterdir()) == []
        with place("sqlite", tables=True) as folder:
            installation.STORE = small / "store"
            with pytest.raises(JiqunError, match="E-STORE-FULL"):
                load.restore(backup)
            assert list(small.iterdir()) == []
            assert untouched(folder)
    finally:
        subprocess.run(["umount", str(small)], check=True)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_backup_while_others_write_is_one_moment(
    kind: str, place: Place, server: Server, lean_folder: Path, tmp_path: Path
) -> None:
    """Each writer adds an organisation, then a member to it, then a batch; never the other order."""
    stop = threading.Event()
    with place(kind, tables=True) as folder:
        filled(folder, lean_folder)
        url = server_url() if kind == "postgresql" else ""
        user = User.objects.get().pk

        def write() -> None:
            facts = Store(folder / "store")
            frame = facts.polars("place").head(1).select("place", "name_zh")
            number = 0
            with on_database(url, folder):
                while not stop.is_set():
                    number += 1
                    one = Organisation.objects.create(name=f"局{number}", kind="bureau")
                    Membership.objects.create(user_id=user, organisation=one, role="analyst")
                    batch = f"while-{number}"
                    _append(facts, frame, number, batch)

        writer = threading.Thread(target=write)
        writer.start()
        try:
            manifests = [save.back_up(tmp_path / f"{number}.tar") for number in range(6)]
        finally:
            stop.set()
            writer.join()
    growing = [one["tables"]["masters.organisation"]["rows"] for one in manifests]
    assert growing[-1] > growing[0], "nobody wrote meanwhile"
    for number in (0, 3, 5):
        with place("sqlite", tables=True):
            load.restore(tmp_path / f"{number}.tar")
            lonely = Organisation.objects.filter(membership=None, name__startswith="局").count()
            assert lonely <= 1  # at most the one whose member came after that moment
            facts = Store(installation.STORE)  # opening fails when a ledger knows of more
            told = facts.batches().filter(pl.col("batch").str.starts_with("while-"))
            there = set(facts.polars("place")["batch"].to_list())
            assert set(told["batch"]) <= there


def server_url() -> str:
    """The address of the database that this thread works on."""
    told = connections["default"].settings_dict
    return f"postgresql://{told['USER']}:{told['PASSWORD']}@{told['HOST']}:{told['PORT']}/{told['NAME']}"


def _append(facts: Store, frame: pl.DataFrame, number: int, batch: str) -> None:
    contract = facts.tables.contract("place")
    columns = [one.name for one in contract.columns]
    row = facts.polars("place").select(columns).head(1)
    row = row.with_columns(pl.lit(f"98{number:04d}").alias("place"))
    facts.append("place", row, batch=batch, received=1, source="写入")
