"""Are locked packages known to be vulnerable? Three answers: no, yes, and *not checked*.

``python -m config.dependencies`` compares ``locks/*.txt`` with a snapshot of advisories in the OSV
format (https://ossf.github.io/osv-schema/), so that it needs no service. It fails closed: without
a snapshot, or with one that is old or damaged, the answer is *not checked*, which is a failure
unless a dated waiver says until when that is accepted; and even then it is never called a pass.
docs/decisions/0028-security-tools.md explains both files.
"""

from __future__ import annotations

import json
import os
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

ROOT = Path(__file__).resolve().parents[1]
WAIVER = ROOT / ".audit-waiver.toml"
OLDEST_SNAPSHOT = timedelta(days=14)
LONGEST_WAIVER = timedelta(days=90)
FEWEST_ADVISORIES = 1_000  # of the whole index; fewer is a part of it, which proves nothing
PASSED, VULNERABLE, NOT_CHECKED = 0, 1, 3
PIN = re.compile(r"^([A-Za-z0-9][\w.\-]*)==([^\s;\\]+)", re.MULTILINE)
Advisory = Mapping[str, Any]


class NotCheckedError(Exception):
    """The snapshot cannot answer; the message says why."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One locked version that an advisory names."""

    package: str
    version: str
    advisory: str
    summary: str

    def __str__(self) -> str:
        return f"{self.package} {self.version}: {self.advisory} {self.summary}"


def pinned(locks: Sequence[Path]) -> list[tuple[str, str]]:
    """Return (canonical name, version) of everything locked; NotCheckedError when that is nothing."""
    texts = [path.read_text(encoding="utf-8") for path in locks]
    found = sorted({(canonicalize_name(n), v) for text in texts for n, v in PIN.findall(text)})
    if not found:
        raise NotCheckedError("no locked packages were found")
    return [(str(name), version) for name, version in found]


def advisories(folder: Path, today: date) -> dict[str, list[Advisory]]:
    """Return the advisories of a snapshot by canonical package name.

    The folder holds one JSON file per advisory and ``snapshot.json`` with ``made`` (a date) and
    ``advisories`` (how many files there are).

    Raises:
        NotCheckedError: missing, older than two weeks, incomplete or unreadable.
    """
    if not (folder / "snapshot.json").is_file():
        raise NotCheckedError(f"no snapshot of advisories in {folder}")
    try:
        about = json.loads((folder / "snapshot.json").read_text(encoding="utf-8"))
        made, expected = date.fromisoformat(about["made"]), int(about["advisories"])
        files = [path for path in folder.glob("*.json") if path.name != "snapshot.json"]
        read = [json.loads(path.read_text(encoding="utf-8")) for path in files]
        found = _by_package(read)
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise NotCheckedError(f"the snapshot in {folder} cannot be read: {error!r}") from error
    if not today - OLDEST_SNAPSHOT <= made <= today + timedelta(days=1):
        raise NotCheckedError(
            f"the snapshot is of {made}; it may be {OLDEST_SNAPSHOT.days} days old"
        )
    if len(read) != expected or expected < FEWEST_ADVISORIES:
        raise NotCheckedError(f"the snapshot has {len(read)} advisories of {expected}, not all")
    return found


def _by_package(read: Sequence[Advisory]) -> dict[str, list[Advisory]]:
    found: dict[str, list[Advisory]] = {}
    for one in read:
        if one.get("withdrawn"):
            continue
        for affected in one.get("affected", ()):
            if affected["package"]["ecosystem"] == "PyPI":
                name = str(canonicalize_name(affected["package"]["name"]))
                found.setdefault(name, []).append({**one, "affected": [affected]})
    return found


def affects(advisory: Advisory, version: str) -> bool:
    """Whether an advisory names a version: by its list, or by a range of the ecosystem."""
    affected = advisory["affected"][0]
    if version in affected.get("versions", ()):
        return True
    try:
        mine = Version(version)
        return any(_within(mine, one["events"]) for one in affected.get("ranges", ())
                   if one["type"] == "ECOSYSTEM")  # fmt: skip
    except InvalidVersion:
        return True  # what cannot be compared is not called safe


def _within(version: Version, events: Sequence[Mapping[str, str]]) -> bool:
    """Follow the events of a range in order of version, as the OSV schema's evaluation does."""
    inside = False
    for _, kind, value in sorted(_ordered(events), key=lambda one: (one[0], one[1])):
        if kind == "introduced" and (value == "0" or version >= Version(value)):
            inside = True
        elif (kind == "fixed" and version >= Version(value)) or (
            kind == "last_affected" and version > Version(value)
        ):
            inside = False
    return inside


def _ordered(events: Sequence[Mapping[str, str]]) -> Iterator[tuple[Version, str, str]]:
    for event in events:
        for kind, value in event.items():
            yield Version(value), kind, value


def hits(locked: Sequence[tuple[str, str]], known: Mapping[str, list[Advisory]]) -> list[Hit]:
    """Return every locked version that an advisory names."""
    return [
        Hit(name, version, str(one["id"]), str(one.get("summary") or one.get("details", ""))[:120])
        for name, version in locked
        for one in known.get(name, ())
        if affects(one, version)
    ]


def waived_until(path: Path, today: date) -> tuple[date, str] | None:
    """Return until when, and why, *not checked* is accepted; None when it is not.

    A waiver names ``since``, ``until`` (at most 90 days later), ``who`` and ``reason``; one that
    lacks any of them, or has run out, waives nothing.
    """
    if not path.is_file():
        return None
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
        since, until = cast(date, said["since"]), cast(date, said["until"])
        reason = f"{str(said['reason']).strip()} ({str(said['who']).strip()})"
        good = since <= until <= since + LONGEST_WAIVER and len(reason) > 20
    except (tomllib.TOMLDecodeError, KeyError, TypeError):
        return None
    return (until, reason) if good and today <= until else None


def main() -> int:
    """Print the answer; 0 none known, 1 vulnerable or not checked, 3 not checked but waived."""
    today = datetime.now(UTC).date()
    folder = Path(os.environ.get("ADVISORIES", ROOT / "var" / "advisories"))
    try:
        locked = pinned(sorted((ROOT / "locks").glob("*.txt")))
        known = advisories(folder, today)
    except NotCheckedError as error:
        sys.stdout.write(f"○ NOT CHECKED 未核查: {error}\n")
        waiver = waived_until(WAIVER, today)
        if waiver is None:
            sys.stdout.write(f"✗ no valid waiver in {WAIVER.name}: this fails\n")
            return VULNERABLE
        sys.stdout.write(f"  accepted until {waiver[0]}: {waiver[1]}\n")
        return NOT_CHECKED
    bad = hits(locked, known)
    for hit in bad:
        sys.stdout.write(f"✗ {hit}\n")
    if not bad:
        sys.stdout.write(f"✓ {len(locked)} locked packages: none is in the snapshot's advisories\n")
    return VULNERABLE if bad else PASSED


if __name__ == "__main__":
    raise SystemExit(main())
