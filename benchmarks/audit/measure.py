"""Fills a log, verifies it in two ways, and records; ``run.py`` says where."""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
django.setup()

from django.apps import apps  # noqa: E402  (models need the settings first)
from django.db import connection, transaction  # noqa: E402

from jiqun.core.access import Viewer  # noqa: E402
from jiqun.core.audit import record  # noqa: E402
from jiqun.core.audit.append import now_micros  # noqa: E402
from jiqun.core.audit.canonical import (  # noqa: E402
    DAY,
    DIGESTS,
    LEAF,
    day_number,
    day_start,
    entry_text,
)
from jiqun.core.audit.merkle import tree_root  # noqa: E402
from jiqun.core.audit.reads import read_leaves  # noqa: E402
from jiqun.core.audit.roots import close_days  # noqa: E402
from jiqun.core.audit.verify import verify_log  # noqa: E402
from jiqun.core.models.audit import AuditEntry, canonical_json, micros  # noqa: E402

DAYS, PER_CHAIN, FIRMS = 40, 50, 5


def _used() -> float:
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in both)


@contextmanager
def timed(label: str) -> Iterator[None]:
    """Print the seconds of the block, and the processor time of all processes in it."""
    start, used = time.perf_counter(), _used()
    yield
    elapsed, used = time.perf_counter() - start, _used() - used
    print(f"{label:58s} {elapsed:8.2f} s {used:8.2f} s CPU", flush=True)


def make_tables() -> None:
    """Make the tables that the log needs."""
    with connection.schema_editor() as editor:
        for model in apps.get_models():
            if model._meta.app_label in {"auth", "contenttypes", "core"} and not model._meta.proxy:
                editor.create_model(model)


def rows(
    entries: int, algorithm: str, start: int
) -> Iterator[tuple[tuple[Any, ...], list[tuple[Any, ...]]]]:
    """Yield entries with the rows of the firms that they are about; one in fifty is a read."""
    digest, prev = DIGESTS[algorithm], ""
    for number in range(entries):
        chain, seq = number // PER_CHAIN + 1, number % PER_CHAIN + 1
        prev = "" if seq == 1 else prev
        at = start + (seq - 1) * DAYS // PER_CHAIN * DAY + number
        firms = [
            (f"{(number * 7 + one) % 10**16:016x}", f"9133{number % 10**10:010d}{one:04d}")
            for one in range(FIRMS)
        ]
        read = seq == 7
        after = {"role": "analyst", "new": True, "organisation": chain % 300}
        if read:
            after = {
                "fields": "output",
                "count": FIRMS,
                "firms": tree_root(read_leaves(firms, digest), digest).hex(),
            }
        row = {
            "algorithm": algorithm, "prev": prev, "target": f"user:{chain}", "seq": seq, "at": at, "user_id": None,
            "user_name": f"user{chain % 500}", "organisation": "经济和信息化局", "roles": "analyst",
            "action": "core.read_firms" if read else "masters.enrol", "reason": "核对 2025 年补链清单中的本地供给",
            "before": "{}", "after": canonical_json(after),
            "request_id": f"{number:032x}",
        }  # fmt: skip
        prev = digest(LEAF + entry_text(*row.values()).encode()).hex()
        key = chain << 28 | seq
        del row["seq"]
        listed = [(key, position, firm, salt) for position, (salt, firm) in enumerate(firms)]
        yield (key, *row.values(), prev), listed if read else []


ENTRY_COLUMNS = ("id", "algorithm", "prev", "target", "at", "user_id", "user_name", "organisation", "roles", "action",
                 "reason", "before", "after", "request_id", "digest")  # fmt: skip
READ_COLUMNS = ("entry_id", "position", "firm", "salt")


def fill(entries: int, algorithm: str) -> None:
    """Write a log of so many entries over forty days, and close the days."""
    start = day_start(day_number(now_micros()) - DAYS) + 1000
    batch: list[tuple[Any, ...]] = []
    reads: list[tuple[Any, ...]] = []
    chains: dict[int, tuple[str, int, str]] = {}
    for entry, listed in rows(entries, algorithm, start):
        batch.append(entry)
        reads += listed
        chains[entry[0] >> 28] = (entry[3], entry[0] & (1 << 28) - 1, entry[-1])
        if len(batch) == 50_000:
            write(batch, reads)
            batch, reads = [], []
    write(batch, reads)
    put(
        "core_auditchain",
        ("id", "target", "length", "head"),
        [(key, *chain) for key, chain in chains.items()],
    )
    close_days()


def write(entries: list[tuple[Any, ...]], reads: list[tuple[Any, ...]]) -> None:
    """Write a batch of entries with their firms."""
    put("core_auditentry", ENTRY_COLUMNS, entries)
    put("core_firmread", READ_COLUMNS, reads)


def put(table: str, columns: tuple[str, ...], values: list[tuple[Any, ...]]) -> None:
    """Insert rows as fast as each database can."""
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            marks = ", ".join(["%s"] * len(columns))
            cursor.executemany(
                f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", values
            )
            return
        with cursor.cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
            for value in values:
                copy.write_row(value)
        if table == "core_auditchain":
            cursor.execute(
                "SELECT setval('core_auditchain_id_seq', (SELECT max(id) FROM core_auditchain))"
            )


def ordinary() -> int:
    """Verify the chains as one would first write it: a loop over the model, a dictionary of heads."""
    heads: dict[str, str] = {}
    broken = 0
    for one in AuditEntry.objects.order_by("id").iterator():
        text = entry_text(
            one.algorithm, one.prev, one.target, one.seq, micros(one.at), one.user_id, one.user_name, one.organisation,
            one.roles, one.action, one.reason, canonical_json(one.before), canonical_json(one.after), one.request_id,
        )  # fmt: skip
        digest = DIGESTS[one.algorithm](LEAF + text.encode()).hex()
        broken += digest != one.digest or one.prev != heads.get(one.target, "")
        heads[one.target] = digest
    return broken


def measure(arguments: argparse.Namespace) -> None:
    """Fill, verify in both ways, and record."""
    make_tables()
    with timed(f"write {arguments.entries:,} entries, {arguments.hash}, close {DAYS} days"):
        fill(arguments.entries, arguments.hash)
    for jobs in [*range(1, arguments.jobs + 1)]:
        with timed(f"verify, {jobs} process(es) ({connection.vendor})"):
            report = verify_log(jobs=jobs)
        if not report.ok or report.roots != DAYS:
            sys.exit(f"not intact: {report.breaks[:3]}")
    print(
        f"    {report.entries:,} entries, {report.chains:,} chains, {report.reads:,} reads, {report.roots} roots"
    )
    if arguments.ordinary:
        with timed("the same entries by a loop over the model (no roots)"):
            if ordinary():
                sys.exit("the loop finds breaks where there are none")
    who = Viewer(name="bench", request_id="r")
    with timed("record 2,000 entries, a transaction each"):
        for number in range(2000):
            record(who, "x.y", target=f"bench:{number % 50}", after={"n": number})
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"    peak memory {peak:,.0f} MB")


def main() -> None:
    """Measure in the database that the settings name."""
    reader = argparse.ArgumentParser()
    reader.add_argument("--entries", type=int, default=1_000_000)
    reader.add_argument("--hash", default="sha256")
    reader.add_argument("--jobs", type=int, default=2)
    reader.add_argument("--ordinary", action="store_true", help="time the ordinary loop as well")
    measure(reader.parse_args())


if __name__ == "__main__":
    main()
