"""Measure the search index beside SQLite's FTS5 (trigram, unicode61) and LIKE, on synthetic names.

    python benchmarks/search/run.py [--firms 100000] [--json FILE]

Everything runs on one SQLite file in a temporary folder (WAL, synchronous=FULL), or on the
PostgreSQL that ``JIQUN_DATABASE_URL`` names, where the FTS5 rows are left out.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SEED = 20261122
PLACES = [f"9901{town:02}" for town in range(1, 31)]
QUERIES = {
    "two characters": ["袜业", "机械", "棉纱", "华城", "针织"],
    "three and more": ["合成大唐", "纺织机械", "运动袜", "有限公司"],
    "one character": ["袜"],
    "start of a code": ["91330681", "9133068100"],
}
A = "大小东西南北中上下金银铜铁锡水火山石田林花草云雨风雪江河湖海星月日光明华丰盛昌隆兴旺瑞祥和顺安康"
B = "城唐溪岭坪港湾桥塘浦庄堂源泉峰谷"
TRADES = ["袜业", "针织", "机械", "纺织", "化纤", "印染", "包装", "电子", "塑料", "五金"]
GOODS = ["棉袜", "运动袜", "丝袜", "棉纱", "锦纶", "袜机", "配件", "包装盒", "染料", "拉链"]


def register(count: int) -> list[dict[str, Any]]:
    """Make names like those of a register; all of it synthetic."""
    dice = random.Random(SEED)
    rows: list[dict[str, Any]] = []
    for number in range(count):
        name = f"合成{dice.choice(A)}{dice.choice(B)}{dice.choice(A)}{dice.choice(A)}"
        rows.append(
            {
                "key": f"91330681{number:010}",
                "title": f"{name}{dice.choice(TRADES)}{dice.choice(TRADES)}有限公司",
                "subtitle": "合成示例县 · 在产",
                "body": ";".join(dice.sample(GOODS, 3)),
                "place": dice.choice(PLACES),
                "weight": float(dice.randrange(4)),
            }
        )
    return rows


def times(ask: Callable[[str], int], queries: list[str], rounds: int = 20) -> dict[str, float]:
    """Milliseconds per query: median and 95th percentile, after one warm-up each."""
    for query in queries:
        ask(query)
    took: list[float] = []
    for _ in range(rounds):
        for query in queries:
            begun = time.perf_counter()
            ask(query)
            took.append(1000 * (time.perf_counter() - begun))
    took.sort()
    return {"p50": statistics.median(took), "p95": took[int(0.95 * (len(took) - 1))]}


def ours(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Build and ask the index of the project; imported here because Django has to be set up first."""
    import polars as pl  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415

    from jiqun.core.access import Role, Viewer  # noqa: PLC0415
    from jiqun.core.models.search import SearchPosting  # noqa: PLC0415
    from jiqun.core.search.build import reindex  # noqa: PLC0415
    from jiqun.core.search.find import find  # noqa: PLC0415
    from jiqun.core.search.source import Source  # noqa: PLC0415

    call_command("migrate", run_syncdb=True, verbosity=0)
    frame = pl.DataFrame(rows)
    source = Source("firm", "企业", "Firms", lambda: frame)
    begun = time.perf_counter()
    reindex(source, force=True)
    built = time.perf_counter() - begun
    begun = time.perf_counter()
    reindex(source)
    again = time.perf_counter() - begun
    viewers = {
        "whole county": Viewer(user_id=1, roles=frozenset({Role.ANALYST}), places=frozenset({"*"})),
        "one town": Viewer(
            user_id=1, roles=frozenset({Role.BUTLER}), places=frozenset({PLACES[0]})
        ),
    }
    result: dict[str, Any] = {
        "index seconds": built,
        "unchanged seconds": again,
        "posting rows": SearchPosting.objects.count(),
    }
    for who, viewer in viewers.items():
        for kind, queries in QUERIES.items():
            result[f"{who}, {kind}"] = times(lambda q, v=viewer: len(find(v, q)), queries)
    wide = viewers["whole county"]
    result["hits"] = {
        query: sum(group.count for group in find(wide, query))
        for query in QUERIES["two characters"]
    }
    return result


def fts(rows: list[dict[str, Any]], tokenizer: str, folder: Path) -> dict[str, Any]:
    """The same rows in a full-text table of SQLite."""
    base = sqlite3.connect(folder / f"{tokenizer}.sqlite3")
    base.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;")
    begun = time.perf_counter()
    base.execute(f"CREATE VIRTUAL TABLE f USING fts5(title, body, code, tokenize='{tokenizer}')")
    with base:
        base.executemany(
            "INSERT INTO f VALUES (?, ?, ?)", [(r["title"], r["body"], r["key"]) for r in rows]
        )
    built = time.perf_counter() - begun

    def ask(query: str) -> int:
        match = f'"{query}"' + ("*" if tokenizer == "unicode61" else "")
        return len(
            base.execute("SELECT rowid FROM f WHERE f MATCH ? LIMIT 300", [match]).fetchall()
        )

    result: dict[str, Any] = {"index seconds": built}
    for kind, queries in QUERIES.items():
        result[f"whole county, {kind}"] = times(ask, queries)
    result["hits"] = {query: ask(query) for query in QUERIES["two characters"]}
    return result


def like(rows: list[dict[str, Any]], folder: Path) -> dict[str, Any]:
    """The same rows in a plain table, asked with LIKE and ordered by weight."""
    base = sqlite3.connect(folder / "like.sqlite3")
    base.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;")
    begun = time.perf_counter()
    base.execute("CREATE TABLE f (title, body, code, weight)")
    with base:
        base.executemany(
            "INSERT INTO f VALUES (?, ?, ?, ?)",
            [(r["title"], r["body"], r["key"], r["weight"]) for r in rows],
        )
    built = time.perf_counter() - begun
    sql = "SELECT rowid FROM f WHERE title LIKE ?1 OR body LIKE ?1 OR code LIKE ?1 ORDER BY weight DESC LIMIT 300"

    def ask(query: str) -> int:
        return len(base.execute(sql, [f"%{query}%"]).fetchall())

    result: dict[str, Any] = {"index seconds": built}
    for kind, queries in QUERIES.items():
        result[f"whole county, {kind}"] = times(ask, queries, rounds=5)
    result["hits"] = {query: ask(query) for query in QUERIES["two characters"]}
    return result


def main() -> int:
    """Run everything and print it; exit 1 when a two-character term that is there is not found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--firms", type=int, default=100_000)
    parser.add_argument("--json", default="")
    arguments = parser.parse_args()
    rows = register(arguments.firms)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ |= {"JIQUN_VAR": name, "DJANGO_SETTINGS_MODULE": "config.settings"}
        sys.path.insert(0, str(ROOT))
        import django  # noqa: PLC0415
        from django.conf import settings  # noqa: PLC0415

        django.setup()
        settings.MIGRATION_MODULES = dict.fromkeys(
            ["auth", "contenttypes", "sessions", "core", "masters", "account", "mfa"]
        )
        found = {"bigrams (Jiqun)": ours(rows)}
        if not os.environ.get("JIQUN_DATABASE_URL"):
            found |= {f"FTS5 {kind}": fts(rows, kind, folder) for kind in ("trigram", "unicode61")}
            found["LIKE"] = like(rows, folder)
    text = json.dumps({"firms": arguments.firms, **found}, ensure_ascii=False, indent=1)
    print(text)
    if arguments.json:
        Path(arguments.json).write_text(text + "\n")
    return 0 if all(found["bigrams (Jiqun)"]["hits"].values()) else 1


if __name__ == "__main__":
    raise SystemExit(main())
