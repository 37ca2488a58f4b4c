"""``jiqun audit close|verify|proof``: what the operator does with the log on the server."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

from jiqun.core.audit.proof import entry_proof, read_proof
from jiqun.core.audit.roots import close_days, open_days
from jiqun.core.audit.sealed import outside_roots
from jiqun.core.audit.verify import verify_log
from jiqun.core.models.audit import SEQUENCE_BITS, AuditChain, AuditEntry, FirmRead
from jiqun.errors import JiqunError, Kind

Say = Callable[[str], object]
SHOWN = 40  # breaks printed


def close(say: Say, until: str = "") -> int:
    """Close every day that is over, up to ``until`` (a date; yesterday when empty)."""
    made = close_days(date.fromisoformat(until) if until else None)
    for root in made:
        say(f"✓ {root.day} {root.seal} · {root.entries} 条 entries · {root.algorithm}")
    if not made:
        say("没有待封存的日子 no day to close")
    return 0


def verify(say: Say, roots: str = "", jobs: int = 1) -> int:
    """Verify the log; 1 when anything is not what was written.

    Args:
        say: Prints a line.
        roots: File of roots that were published and kept elsewhere.
        jobs: Processes that share the work.
    """
    outside = outside_roots(Path(roots)) if roots else {}
    report = verify_log(outside=outside, jobs=jobs)
    say(f"{report.entries:,} 条 entries · {report.chains:,} 条链 chains · {report.reads:,} 次企业查看 reads · "
        f"{report.roots} 个日根 roots · {len(outside)} 个外部日根 kept elsewhere · {report.seconds:.1f} s")  # fmt: skip
    if days := open_days():
        say(
            f"未封存 not closed: {', '.join(map(str, days[:7]))}{' …' if len(days) > 7 else ''} → jiqun audit close"
        )
    say(
        f"最后封存 last closed: {report.last_closed or '—'}；"
        f"其后只有链保护 since then under chains only: {report.open_entries:,}"
    )
    for one in report.breaks[:SHOWN]:
        say(f"✗ {one.day or ''} {one.zh}\n  {one.en}")
    if report.broken > SHOWN:
        say(f"… 共 {report.broken:,} 处 in all")
    say(
        "✓ 日志完好 the log is intact"
        if report.ok
        else f"✗ {report.broken:,} 处不符 places are not what was written"
    )
    return 0 if report.ok else 1


def proof(say: Say, entry: str = "", read: str = "") -> int:
    """Print the proof of an entry (``target#seq``, or its number) or of a read of a firm.

    Raises:
        JiqunError: ``E-AUDIT-ENTRY`` when there is none of that name.
    """
    found = read_proof(_read(read)) if read else entry_proof(_entry(entry))
    say(json.dumps(found, ensure_ascii=False, indent=1))
    return 0


def _read(number: str) -> FirmRead:
    found = (
        FirmRead.objects.select_related("entry")
        .filter(pk=int(number) if number.isdecimal() else 0)
        .first()
    )
    if found is None:
        raise _unknown(number)
    return found


def _entry(name: str) -> AuditEntry:
    target, _, seq = name.rpartition("#")
    number = int(seq) if seq.isdecimal() else 0
    if target:
        chain = AuditChain.objects.filter(target=target).values_list("pk", flat=True).first()
        number |= (chain or 0) << SEQUENCE_BITS
    found = AuditEntry.objects.filter(pk=number).first()
    if found is None:
        raise _unknown(name)
    return found


def _unknown(name: str) -> JiqunError:
    return JiqunError(
        "E-AUDIT-ENTRY",
        f"日志中没有记录“{name}”",
        f"the log has no entry “{name}”",
        hint_zh="写成 对象#序号，例如 user:3#12；两者都在审计日志页上。",
        hint_en="Write it as target#number, such as user:3#12; both stand on the page of the log.",
        kind=Kind.NOT_FOUND,
    )
