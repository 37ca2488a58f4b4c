"""The files of papers."""

from __future__ import annotations

from jiqun.core.models.papers import Paper
from jiqun.errors import JiqunError, Kind
from jiqun.facts.store.durable import write_once


def keep(one: Paper, content: bytes) -> None:
    """Write a paper's file durably, for the server's own account only."""
    one.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_once(one.path, content)
    one.path.chmod(0o600)


def content_of(one: Paper) -> bytes:
    """Return a paper's file; ``E-PAPER-GONE`` when it is not there."""
    try:
        return one.path.read_bytes()
    except FileNotFoundError as error:
        raise JiqunError(
            "E-PAPER-GONE",
            f"材料 {one.key} 的文件不在服务器上",
            f"the file of paper {one.key} is not on the server",
            hint_zh="请联系系统管理员从备份恢复。",
            hint_en="Ask the administrator to restore it from a backup.",
            kind=Kind.INTERNAL,
        ) from error
