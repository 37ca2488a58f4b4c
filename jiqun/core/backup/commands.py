"""What ``jiqun backup``, ``restore``, ``export --all`` and ``import`` print."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from rich.console import Console

from jiqun.core.backup.leave import export_everything, import_everything
from jiqun.core.backup.load import check
from jiqun.core.backup.load import restore as bring_in
from jiqun.core.backup.save import Progress, back_up

Moving = Callable[[], AbstractContextManager[Progress]]


def export(folder: Path, *, personal: bool, console: Console, moving: Moving) -> int:
    """Export everything and say what was left out."""
    with moving() as move:
        manifest = export_everything(folder, personal=personal, progress=move)
    rows = sum(told["rows"] for told in manifest["tables"].values())
    console.print(
        f"✓ {folder}: {len(manifest['tables'])} 张承诺表 tables of commitments · {rows:,} 行 rows"
    )
    if manifest["left_out"]:
        console.print(f"  未含 left out: {', '.join(manifest['left_out'])}", highlight=False)
    return 0


def bring_back(folder: Path, *, console: Console, moving: Moving) -> int:
    """Import an exported folder and say how much it was."""
    with moving() as move:
        counts = import_everything(folder, progress=move)
    console.print(f"✓ {folder}: {len(counts)} 张表 tables · {sum(counts.values()):,} 行 rows")
    return 0


def backup(target: Path, *, console: Console, moving: Moving) -> int:
    """Make a backup and say what is in it, and what is not."""
    begun = time.perf_counter()
    with moving() as move:
        manifest = back_up(target, progress=move)
    _say(target, manifest, time.perf_counter() - begun, console)
    console.print(
        "  不含会话与签名密钥：请另行保管 secret_key 与环境文件\n"
        "  without sessions and the signing key: keep secret_key and the environment file apart"
    )
    return 0


def restore(source: Path, *, only_check: bool, console: Console, moving: Moving) -> int:
    """Restore or check a backup; 1 when the audit chain that it brought has breaks."""
    begun = time.perf_counter()
    if only_check:
        _say(source, check(source), time.perf_counter() - begun, console)
        console.print("  完整，未恢复任何内容 whole; nothing was restored")
        return 0
    with moving() as move:
        done = bring_in(source, progress=move)
    _say(source, done.manifest, time.perf_counter() - begun, console)
    console.print("  各表行数与摘要核对一致 counts and digests of every table are equal")
    if not done.same_key:
        console.print(
            "  签名密钥不同：须复制原 secret_key，否则已绑定的第二因素失效\n"
            "  another signing key: copy the old secret_key, or second factors have to be set up again"
        )
    if not done.log.ok:
        console.print(f"✗ 审计链有 {done.log.broken} 处断裂 breaks in the audit chain", style="red")
        return 1
    console.print(f"  审计链完整 the audit chain is whole: {done.log.entries:,} 条 entries")
    return 0


def _say(path: Path, manifest: Mapping[str, Any], seconds: float, console: Console) -> None:
    rows = sum(told["rows"] for told in manifest["tables"].values())
    size = sum(one["bytes"] for one in manifest["members"].values())
    files = len(manifest["members"]) - len(manifest["tables"])
    console.print(
        f"✓ {path}: {len(manifest['tables'])} 张表 tables · {rows:,} 行 rows · {files:,} 个文件 files · "
        f"{size / 1e6:.1f} MB · {seconds:.1f} s\n"
        f"  {manifest['made']} · {manifest['database']} · {manifest['version']}",
        highlight=False,
    )
