"""Compares the daily roots with the entries, with one another, and with copies kept elsewhere."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from jiqun.core.audit.canonical import DIGESTS, number_of, root_text
from jiqun.core.audit.merkle import tree_root
from jiqun.core.audit.scan import Part, flat
from jiqun.core.audit.source import Source
from jiqun.core.models.audit import AuditRoot
from jiqun.errors import JiqunError

_ROOTS = (
    "SELECT day, algorithm, previous, entries, chains, root, made, seal "
    f"FROM {AuditRoot._meta.db_table} ORDER BY day"
)
_LINE = re.compile(r"^\s*(\d{4}-\d{2}-\d{2})[\s,;]+([0-9a-f]{64})\s*$")


@dataclass(frozen=True, slots=True)
class Sealed:
    """A row of the daily roots as it is stored."""

    day: date
    algorithm: str
    previous: str
    entries: int
    chains: int
    root: str
    made: int
    seal: str


def stored_roots(source: Source) -> list[Sealed]:
    """Return the daily roots, oldest first."""
    return [_as_sealed(row) for row in flat(source.rows(_ROOTS))]


def _as_sealed(row: tuple[Any, ...]) -> Sealed:
    """Take a row as it is; what is of a wrong type becomes a value that nothing agrees with."""

    def text(value: Any) -> str:
        return value if isinstance(value, str) else "?"

    def number(value: Any) -> int:
        return value if isinstance(value, int) else -1

    day, algorithm, previous, entries, chains, root, made, seal = row
    return Sealed(
        _as_day(day), text(algorithm), text(previous), number(entries), number(chains), text(root),
        number(made), text(seal),
    )  # fmt: skip


def _as_day(value: Any) -> date:
    if isinstance(value, date):
        return value
    try:
        day = date.fromisoformat(value)
    except (TypeError, ValueError):
        return date.min
    return day if str(day) == value else date.min


def check_roots(part: Part, roots: Sequence[Sealed]) -> None:
    """Recompute every root and seal from what the scan found; breaks are added to ``part``."""
    previous: Sealed | None = None
    for root in roots:
        digest = DIGESTS.get(root.algorithm)
        if digest is None:
            _note(part, root.day, "摘要算法不明", "names no known digest")
            continue
        _sequence(part, root, previous)
        number = number_of(root.day)
        leaves = bytes(part.leaves.get(number, b""))
        if (len(leaves) // 32, len(part.touched.get(number, ()))) != (root.entries, root.chains):
            _note(part, root.day, f"应有 {root.entries} 条，实有 {len(leaves) // 32} 条",
                  f"should cover {root.entries} entries and covers {len(leaves) // 32}")  # fmt: skip
        if tree_root(leaves, digest).hex() != root.root:
            _note(
                part, root.day, "与当日记录算出的根不符", "is not the root over the day's entries"
            )
        text = root_text(
            root.algorithm, root.previous, root.day, root.entries, root.chains, root.root, root.made
        )
        if digest(text.encode()).hex() != root.seal:
            _note(part, root.day, "封印与内容不符", "has a seal that is not made of its content")
        previous = root
    _uncovered(part, roots)


def _sequence(part: Part, root: Sealed, previous: Sealed | None) -> None:
    if previous is not None and root.day != previous.day + timedelta(days=1):
        _note(
            part,
            root.day,
            f"与 {previous.day} 之间缺日根",
            f"and that of {previous.day} have none between",
        )
    if root.previous != (previous.seal if previous else ""):
        _note(part, root.day, "不接在前一日之后", "does not follow from the day before")


def _uncovered(part: Part, roots: Sequence[Sealed]) -> None:
    """Entries dated before the first root were put in later: closing begins with the first entry."""
    if not roots:
        return
    first = number_of(roots[0].day)
    for number in sorted(number for number in part.leaves if number < first):
        count = len(part.leaves[number]) // 32
        _note(part, roots[0].day, f"之前有 {count} 条更早的记录", f"comes after {count} entries")


def check_closings(
    part: Part, closings: Mapping[str, str], before: Sequence[Sealed], after: Sequence[Sealed]
) -> None:
    """Compare the roots with the entries that their closing left in the log.

    Args:
        part: Where breaks are added.
        closings: Seals by day, out of the entries of their closing.
        before: The roots as they were before the entries were read; each has its entry.
        after: The roots as they were afterwards; each entry has its root.
    """
    stored = {str(root.day): root.seal for root in after}
    for day in sorted({*closings, *(str(root.day) for root in before)}):
        if closings.get(day) != stored.get(day):
            _note(part, day, "与日志中的封存记录不符", "is not what the log says was sealed")


def check_outside(part: Part, outside: Mapping[date, str], roots: Sequence[Sealed]) -> None:
    """Compare the roots with copies that were kept elsewhere."""
    stored = {root.day: root.seal for root in roots}
    for day, seal in sorted(outside.items()):
        if stored.get(day) != seal:
            _note(
                part,
                day,
                f"与外部留存的 {seal[:12]} 不符",
                f"is not the copy {seal[:12]} of elsewhere",
            )


def _note(part: Part, day: date | str, zh: str, en: str) -> None:
    when = day if isinstance(day, date) else None
    part.add("root", str(day), f"{day} 的日根{zh}", f"the root of {day} {en}", day=when)


def outside_roots(path: Path) -> dict[date, str]:
    """Read published roots that were kept elsewhere.

    Args:
        path: The JSON of the public page, or lines of day and seal.

    Raises:
        JiqunError: ``E-AUDIT-ROOTS`` with the lines that are neither.
    """
    text = path.read_text(encoding="utf-8-sig")
    if text.lstrip().startswith("{"):
        rows = [(row["day"], row["seal"]) for row in json.loads(text)["roots"]]
        return {date.fromisoformat(day): seal for day, seal in rows}
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    found = [(line, _LINE.match(line)) for line in lines]
    wrong = [line for line, match in found if match is None]
    if wrong or not found:
        raise JiqunError(
            "E-AUDIT-ROOTS",
            f"文件 {path.name} 不是日根清单：{wrong[0] if wrong else '空文件'}",
            f"{path.name} is no list of roots: {wrong[0] if wrong else 'it is empty'}",
            hint_zh="每行写日期和封印（64 位十六进制），或用公开页的 JSON。",
            hint_en="Each line holds a day and a seal of 64 hexadecimal digits; or use the public page's JSON.",
        )
    return {date.fromisoformat(match[1]): match[2] for _, match in found if match}
