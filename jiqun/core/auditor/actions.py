"""What the audit administrator does: verify the log, and take a copy of it away."""

from __future__ import annotations

from collections.abc import Mapping

from jiqun.core.access import Role, Viewer
from jiqun.core.actions import action
from jiqun.core.audit import record
from jiqun.core.audit.verify import Report, verify_log
from jiqun.core.models.audit import AuditEntry
from jiqun.errors import JiqunError, Kind

MOST_VERIFIED = 1_000_000  # entries, on a page; more by the command


def may_verify(viewer: Viewer) -> bool:
    """The audit administrator verifies."""
    return viewer.has(Role.AUDIT)


@action("audit.verify", zh="核验审计日志", en="verify the audit log")
def verify(*, viewer: Viewer) -> Report:
    """Verify the whole log and log the outcome.

    Raises:
        JiqunError: ``E-FORBIDDEN``; ``E-AUDIT-SIZE`` when the log is too long for a page.
    """
    if AuditEntry.objects.order_by("id")[MOST_VERIFIED : MOST_VERIFIED + 1].exists():
        raise JiqunError(
            "E-AUDIT-SIZE",
            f"日志超过 {MOST_VERIFIED:,} 条，网页上不便核验",
            f"the log has more than {MOST_VERIFIED:,} entries, too many for a page",
            hint_zh="在服务器上执行 jiqun audit verify。",
            hint_en="Run jiqun audit verify on the server.",
            kind=Kind.CONFLICT,
        )
    report = verify_log()
    record(
        viewer, "audit.verify", target="audit:log",
        after={"ok": report.ok, "entries": report.entries, "broken": report.broken,
               "last_closed": str(report.last_closed or "")},
    )  # fmt: skip
    return report


def may_export(viewer: Viewer) -> bool:
    """Everybody may take away the entries they see: all of them, or the own."""
    return viewer.known


@action("audit.export", zh="导出审计日志", en="export the audit log")
def export(*, viewer: Viewer, filters: Mapping[str, str], rows: int) -> str:
    """Log that so many entries are taken away, and return the number of that entry."""
    entry = record(
        viewer, "audit.export", target=f"user:{viewer.user_id}",
        after={"filters": dict(filters), "rows": rows},
    )  # fmt: skip
    return str(entry.pk)
