"""Verifies the whole log: chains, ends of chains, reads of firms, daily roots, outside roots.

Finds every altered, deleted, inserted or reordered row of a closed day, also when somebody who can
write to the database recomputes what depends on it, as long as one later root is known elsewhere.
"""

from __future__ import annotations

import gc
import json
import multiprocessing
import time
from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections

from jiqun.core.audit.canonical import DIGESTS, number_of
from jiqun.core.audit.merkle import SIZE, tree_root
from jiqun.core.audit.reads import read_leaves
from jiqun.core.audit.scan import Break, Part, flat, place, scan
from jiqun.core.audit.sealed import (
    Sealed,
    check_closings,
    check_outside,
    check_roots,
    stored_roots,
)
from jiqun.core.audit.source import DjangoSource, Source
from jiqun.core.models.audit import (
    CLOSE_DAY,
    READ_FIRMS,
    SEQUENCE_BITS,
    AuditEntry,
    FirmRead,
)

_ENTRIES, _READS = AuditEntry._meta.db_table, FirmRead._meta.db_table
_ALL_CHAINS = (0, 1 << 34)


@dataclass(frozen=True, slots=True)
class Report:
    """What a verification found; ``broken`` counts all breaks, ``breaks`` describes the first."""

    entries: int
    chains: int
    reads: int
    roots: int
    open_entries: int
    last_closed: date | None
    seconds: float
    breaks: tuple[Break, ...]
    broken: int

    @property
    def ok(self) -> bool:
        """Whether the log is what was written."""
        return self.broken == 0


def verify_log(
    *, outside: Mapping[date, str] | None = None, jobs: int = 1, alias: str = DEFAULT_DB_ALIAS
) -> Report:
    """Verify this installation's log.

    Args:
        outside: Seals by day, as they were published and kept elsewhere.
        jobs: Processes that share the chains; more than one only from a command, never from a
            server with threads.
        alias: Name of the database.
    """
    if jobs <= 1:
        return verify(DjangoSource(connections[alias]), outside=outside)
    started = time.perf_counter()
    source = DjangoSource(connections[alias])
    roots = stored_roots(source)
    ranges = _ranges(source, jobs)
    connections.close_all()  # a connection must not be shared with a child
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("fork")) as pool:
        parts = list(pool.map(_in_child, [(alias, *one) for one in ranges]))
    # Every entry of a day with a root was there before the scan; a root made since then is only
    # compared with the entry of its closing.
    return _report(source, parts, (roots, stored_roots(source)), outside or {}, started)


def verify(source: Source, *, outside: Mapping[date, str] | None = None) -> Report:
    """Verify the log that ``source`` holds, in one process and over one state of the database."""
    started = time.perf_counter()
    with _no_collection(), source.snapshot():
        roots = stored_roots(source)
        part = _part(source, *_ALL_CHAINS)
        return _report(source, [part], (roots, roots), outside or {}, started)


@contextmanager
def _no_collection() -> Generator[None]:
    """Keep Python from looking for cycles, of which the verifier makes none: a fifth of its time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _in_child(task: tuple[str, int, int]) -> Part:
    alias, first, last = task
    source = DjangoSource(connections[alias])
    with _no_collection(), source.snapshot():
        return _part(source, first, last)


def _part(source: Source, first: int, last: int) -> Part:
    part = scan(source, first, last)
    _check_reads(part, source, first << SEQUENCE_BITS, last << SEQUENCE_BITS)
    return part


def _ranges(source: Source, jobs: int) -> list[tuple[int, int]]:
    """Split the chains so that each range has about the same number of entries."""
    total = next(flat(source.rows(f"SELECT count(*) FROM {_ENTRIES}")))[0]
    cuts = [_ALL_CHAINS[0]]
    for job in range(1, jobs):
        sql = f"SELECT id FROM {_ENTRIES} ORDER BY id LIMIT 1 OFFSET {total * job // jobs}"
        found = next(flat(source.rows(sql)), None)
        if found is not None:
            cuts.append(max(cuts[-1], found[0] >> SEQUENCE_BITS))
    return list(pairwise([*cuts, _ALL_CHAINS[1]]))


def _check_reads(part: Part, source: Source, low: int, high: int) -> None:
    """Compare the index rows of firms with the roots over them in their entries."""
    rows = flat(
        source.rows(
            f"SELECT entry_id, position, salt, firm FROM {_READS} "
            f"WHERE entry_id >= {low} AND entry_id < {high} ORDER BY entry_id, position"
        )
    )
    wanted = {
        number: (algorithm, after)
        for number, action, algorithm, after in part.noted
        if action == READ_FIRMS
    }
    for number, group in groupby(rows, key=itemgetter(0)):
        found = list(group)
        part.reads += len(found)
        algorithm, after = wanted.pop(number, ("", "{}"))
        if _firms_root(algorithm, found) != _stated(after).get("firms"):
            part.add("read", place(number), f"记录 {place(number)} 的被查看企业清单与其摘要不符",
                     f"the list of firms of entry {place(number)} is not what was logged")  # fmt: skip
    for number in wanted:
        part.add("read", place(number), f"记录 {place(number)} 的被查看企业清单不见了",
                 f"the list of firms of entry {place(number)} is gone")  # fmt: skip


def _firms_root(algorithm: str, rows: Sequence[tuple[Any, ...]]) -> str:
    digest = DIGESTS.get(algorithm)
    if digest is None or [row[1] for row in rows] != list(range(len(rows))):
        return ""
    return tree_root(read_leaves(((row[2], row[3]) for row in rows), digest), digest).hex()


def _stated(after: str) -> dict[str, Any]:
    try:
        found = json.loads(after)
    except ValueError:  # the digest of the entry has already told
        return {}
    return found if isinstance(found, dict) else {}


def _report(
    source: Source,
    parts: Sequence[Part],
    roots: tuple[Sequence[Sealed], Sequence[Sealed]],
    outside: Mapping[date, str],
    started: float,
) -> Report:
    """Put the parts together and compare them with the roots of before and after the scan."""
    whole = _joined(parts)
    before, after = roots
    check_roots(whole, before)
    closings: dict[str, str] = {}
    for _, action, _, text in whole.noted:
        if action == CLOSE_DAY:
            stated = _stated(text)
            closings[str(stated.get("day"))] = str(stated.get("seal"))
    check_closings(whole, closings, before, after)
    check_outside(whole, outside, after)
    _check_types(whole, source)
    last = before[-1].day if before else None
    still_open = sum(
        len(leaves) // SIZE
        for day, leaves in whole.leaves.items()
        if last is None or day > number_of(last)
    )
    return Report(
        whole.entries, whole.chains, whole.reads, len(after), still_open, last,
        time.perf_counter() - started, tuple(whole.breaks), whole.broken,
    )  # fmt: skip


def _joined(parts: Sequence[Part]) -> Part:
    """Put parts together; they come in the order of their chains, so leaves stay in order."""
    whole = parts[0]
    for part in parts[1:]:
        whole.join(part)
    return whole


def _check_types(part: Part, source: Source) -> None:
    """Find an empty text in place of no account.

    SQLite keeps any value in any column; every other one of a wrong type is written differently
    into the text of which the digest is made.
    """
    if source.vendor != "sqlite":
        return
    sql = f"SELECT count(*) FROM {_ENTRIES} WHERE typeof(user_id) NOT IN ('integer', 'null')"
    count = next(flat(source.rows(sql)))[0]
    if count:
        part.add("type", _ENTRIES, f"有 {count} 条记录的操作人不是编号",
                 f"{count} entries name their person by something that is no number")  # fmt: skip
