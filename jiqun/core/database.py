"""The tables of the database, for commands that may be the first to need them."""

from __future__ import annotations

from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from jiqun.errors import JiqunError, Kind


def require_tables() -> None:
    """Make the tables of a new installation; never change those of an older release by the way.

    Raises:
        JiqunError: ``E-DATABASE-BEHIND`` when the tables are those of an older release.
    """
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not missing:
        return
    if executor.loader.applied_migrations:
        names = "、".join(f"{one.app_label} {one.name}" for one, _ in missing[:5])
        raise JiqunError(
            "E-DATABASE-BEHIND",
            f"数据库的表结构落后于程序，缺 {len(missing)} 步：{names}",
            f"the database is behind this release by {len(missing)} migrations: {names}",
            hint_zh="先备份（jiqun backup），再运行 python3 manage.py migrate",
            hint_en="make a backup (jiqun backup), then run python3 manage.py migrate",
            kind=Kind.CONFLICT,
        )
    call_command("migrate", interactive=False, verbosity=0)
