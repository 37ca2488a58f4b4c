"""``manage.py jobs``: the worker process."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from jiqun.core.jobs.worker import Pace, Worker


class Command(BaseCommand):
    """Runs background jobs and periodic duties until stopped."""

    help = "执行后台任务和定期事务 / run background jobs and periodic duties"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add ``--drain`` and ``--pause``."""
        parser.add_argument(
            "--drain", action="store_true", help="做完等待的任务就退出 / end when none waits"
        )
        parser.add_argument(
            "--pause", type=float, default=0.5, help="每隔几秒查看一次 / seconds between looks"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Work."""
        Worker(Pace(jobs=options["pause"]), drain=options["drain"]).run()
