"""``manage.py search``: the index from the command line."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from jiqun.core.search.build import drop_unknown, reindex
from jiqun.core.search.source import sources


class Command(BaseCommand):
    """Brings the search index up to date."""

    help = "更新搜索索引 / bring the search index up to date"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add ``reindex``, ``--force`` and ``--source``."""
        parser.add_argument("verb", choices=["reindex"])
        parser.add_argument(
            "--force", action="store_true", help="全部重建 / build everything again"
        )
        parser.add_argument("--source", default="", help="只做这一种 / only this kind")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Index each source and say what it cost."""
        known = sources()
        for source in known.values():
            if options["source"] in {"", source.kind}:
                begun = time.perf_counter()
                written = reindex(source, force=options["force"])
                self.stdout.write(f"{source.kind}: {written} ({time.perf_counter() - begun:.1f} s)")
        drop_unknown(known)
