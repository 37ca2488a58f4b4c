"""Recomputes the chains of a range of targets in one pass over their entries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

from jiqun.core.audit.canonical import (
    DAY,
    DIGESTS,
    LEAF,
    SHANGHAI,
    date_of,
    day_number,
    entry_text,
)
from jiqun.core.audit.source import Source
from jiqun.core.models.audit import (
    CLOSE_DAY,
    READ_FIRMS,
    SEQUENCE_BITS,
    SEQUENCE_MASK,
    AuditChain,
    AuditEntry,
)

KEPT = 1000  # breaks described; beyond that they are only counted
_ENTRIES = (
    "SELECT id, algorithm, prev, target, at, user_id, user_name, organisation, roles, action, "
    f"reason, before, after, request_id, digest FROM {AuditEntry._meta.db_table} "
    "WHERE id >= {} AND id < {} ORDER BY id"
)
_CHAINS = (
    f"SELECT id, target, length, head FROM {AuditChain._meta.db_table} "
    "WHERE id >= {} AND id < {} ORDER BY id"
)
_NOTED = frozenset({READ_FIRMS, CLOSE_DAY})


@dataclass(frozen=True, slots=True)
class Break:
    """One place where the log is not what was written."""

    kind: str
    where: str
    zh: str
    en: str
    day: date | None = None


@dataclass(slots=True)
class Part:
    """What one pass over a range of chains found.

    ``leaves`` are the recomputed digests of each day, in the order of the ids; ``touched`` the
    number of chains of each day; ``noted`` the entries that rows elsewhere must agree with.
    """

    entries: int = 0
    chains: int = 0
    reads: int = 0
    leaves: dict[int, bytearray] = field(
        default_factory=partial(defaultdict[int, bytearray], bytearray)
    )
    touched: dict[int, set[int]] = field(default_factory=partial(defaultdict[int, set[int]], set))
    noted: list[tuple[int, str, str, str]] = field(default_factory=list[tuple[int, str, str, str]])
    breaks: list[Break] = field(default_factory=list[Break])
    broken: int = 0

    def add(
        self,
        kind: str,
        where: str,
        zh: str,
        en: str,
        *,
        at: int | None = None,
        day: date | None = None,
    ) -> None:
        """Note a break; those beyond the first thousand are only counted."""
        self.broken += 1
        if len(self.breaks) < KEPT:
            if day is None and isinstance(at, int):  # a changed row may hold anything
                day = date_of(day_number(at))
            self.breaks.append(Break(kind, where, zh, en, day))

    def join(self, later: Part) -> None:
        """Take over what was found in a later range of chains."""
        self.entries += later.entries
        self.chains += later.chains
        self.reads += later.reads
        for day, leaves in later.leaves.items():
            self.leaves[day] += leaves
        for day, chains in later.touched.items():
            self.touched[day] |= chains
        self.noted += later.noted
        self.breaks = (self.breaks + later.breaks)[:KEPT]
        self.broken += later.broken


def flat(batches: Iterator[Sequence[tuple[Any, ...]]]) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of batches one by one."""
    for batch in batches:
        yield from batch


def _unknown(_data: bytes) -> bytes:
    """Stand in for a digest that does not exist: equal to nothing that is stored."""
    return b""


class _Ends:
    """The ends of the chains beside the entries, both in the order of their numbers."""

    def __init__(self, part: Part, rows: Iterator[tuple[Any, ...]]) -> None:
        self.part, self.rows = part, rows
        self.chain: tuple[Any, ...] | None = None
        self.next = next(rows, None)

    def begin(self, number: int) -> str | None:
        """Move to the chain ``number`` and return its target; None when it has no row."""
        while self.next is not None and self.next[0] < number:
            self._empty(self.next)
            self.next = next(self.rows, None)
        self.chain = None
        if self.next is None or self.next[0] != number:
            return None
        self.chain, self.next = self.next, next(self.rows, None)
        self.part.chains += 1
        return str(self.chain[1])

    def end(self, length: int, head: str, at: int) -> None:
        """Compare the chain's row with the entries that were found."""
        if self.chain is None:
            return
        _, target, stated, stated_head = self.chain
        if stated != length or stated_head != head:
            self.part.add(
                "end", target,
                f"链“{target}”应有 {stated} 条并以 {stated_head[:12]} 结尾，实有 {length} 条、以 {head[:12]} 结尾",
                f"chain “{target}” should have {stated} entries and end with {stated_head[:12]}; "
                f"it has {length} and ends with {head[:12]}",
                at=at,
            )  # fmt: skip

    def _empty(self, row: tuple[Any, ...]) -> None:
        self.part.add(
            "gone", row[1], f"链“{row[1]}”的 {row[2]} 条记录全部不见了",
            f"all {row[2]} entries of the chain “{row[1]}” are gone",
        )  # fmt: skip

    def finish(self) -> None:
        """Say which chains that are left have no entry."""
        while self.next is not None:
            self._empty(self.next)
            self.next = next(self.rows, None)


def scan(source: Source, first: int, last: int) -> Part:
    """Recompute the chains with numbers from ``first`` to before ``last``."""
    part = Part()
    low, high = first << SEQUENCE_BITS, last << SEQUENCE_BITS
    ends = _Ends(part, flat(source.rows(_CHAINS.format(first, last))))
    reached = [low]
    try:
        _chains(part, ends, source.rows(_ENTRIES.format(low, high)), reached)
        ends.finish()
    # A value that the database itself cannot give back, or of another type than its column.
    except Exception as error:  # noqa: BLE001 - every driver has errors of its own
        part.add(
            "unreadable", place(reached[0]),
            f"记录 {place(reached[0])} 之后有一行无法读取，本段未再核验：{error}",
            f"a row after {place(reached[0])} cannot be read; this range was not checked further: {error}",
        )  # fmt: skip
    return part


def _chains(  # noqa: C901 - one loop without calls is twice as fast
    part: Part, ends: _Ends, batches: Iterator[Sequence[tuple[Any, ...]]], reached: list[int]
) -> None:
    """The inner loop: about two microseconds a row beside the digest, so it is written plainly."""
    digest_of = DIGESTS.get
    wanted, chain, last_digest, owner, at, today = -1, -1, "", None, 0, None
    leaves, touched = bytearray(), set[int]()
    for batch in batches:
        part.entries += len(batch)
        for (number, algorithm, prev, target, at_now, user, name, organisation, roles, action,
             reason, before, after, request, digest) in batch:  # fmt: skip
            if number != wanted:
                if number >> SEQUENCE_BITS != chain:
                    if chain >= 0:
                        ends.end((wanted & SEQUENCE_MASK) - 1, last_digest, at)
                    chain, last_digest, today = number >> SEQUENCE_BITS, "", None
                    owner = ends.begin(chain)
                    wanted = chain << SEQUENCE_BITS | 1
                if number != wanted:
                    _gap(part, target, wanted, number, at_now)
            at = at_now
            own = digest_of(algorithm, _unknown)(
                LEAF
                + entry_text(
                    algorithm, prev, target, number & SEQUENCE_MASK, at, user, name, organisation,
                    roles, action, reason, before, after, request,
                ).encode()
            )  # fmt: skip
            if own.hex() != digest or prev != last_digest or target != owner:
                _explain(part, (number, target, at), (own.hex(), digest, prev, last_digest, owner))
            last_digest = digest
            wanted = number + 1
            if (day := (at + SHANGHAI) // DAY) != today:
                today, leaves, touched = day, part.leaves[day], part.touched[day]
                touched.add(chain)
            leaves += own
            if action in _NOTED:
                part.noted.append((number, action, algorithm, after))
        reached[0] = wanted - 1
    if chain >= 0:
        ends.end((wanted & SEQUENCE_MASK) - 1, last_digest, at)


def place(number: int) -> str:
    """Return an entry's number as people read it: chain and place in the chain."""
    return f"{number >> SEQUENCE_BITS}.{number & SEQUENCE_MASK}"


def _gap(part: Part, target: str, wanted: int, found: int, at: int) -> None:
    want, have = wanted & SEQUENCE_MASK, found & SEQUENCE_MASK
    part.add(
        "gap", f"{target} #{want}", f"“{target}”缺第 {want} 条，其后是第 {have} 条",
        f"entry {want} of “{target}” is missing; the next is {have}", at=at,
    )  # fmt: skip


def _explain(
    part: Part, row: tuple[int, str, int], digests: tuple[str, str, str, str, Any]
) -> None:
    number, target, at = row
    own, stored, prev, before, owner = digests
    where = f"{target} #{number & SEQUENCE_MASK}"
    if owner is None:
        part.add("chain", where, f"记录 {where} 的链 {number >> SEQUENCE_BITS} 没有登记",
                 f"entry {where} belongs to the chain {number >> SEQUENCE_BITS}, which has no row", at=at)  # fmt: skip
    elif target != owner:
        part.add("target", where, f"记录 {where} 属于“{owner}”的链",
                 f"entry {where} stands in the chain of “{owner}”", at=at)  # fmt: skip
    if own != stored:
        part.add("digest", where, f"记录 {where} 的内容与其摘要不符",
                 f"the content of entry {where} is not what its digest was made of", at=at)  # fmt: skip
    if prev != before:
        part.add("link", where, f"记录 {where} 不接在前一条之后",
                 f"entry {where} does not follow from the one before it", at=at)  # fmt: skip
