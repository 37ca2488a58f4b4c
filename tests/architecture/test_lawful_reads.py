"""Tables about single firms are read through the gate of ``core.factstore`` and in no other way."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from jiqun.facts.contract import contracts

ROOT = Path(__file__).resolve().parents[2] / "jiqun"
# Above the store; the gate itself is below them.
READERS = ("modules", "cockpit", "masters", "core", "cli.py")
GATE = {"core/factstore.py"}
METHODS = {"current", "polars", "table", "files"}
FIRM_LEVEL = {name for name, one in contracts().items() if one.grade == "firm"}
# Reads whose table is named at run time: (file, why no firm-level row gets out of it).
BY_NAME = {
    "core/lawful/fields.py": "reads names of indicators, no row",
    "core/data/visible.py": "narrows to the own firms, or to an official's with a purpose",
    "core/imports/facts.py": "reads codes of the registers of places and firms",
    "core/publication/data.py": "hands the rows to the gate itself",
    "core/publication/pages.py": "reads names of periods and indicators, no row",
    "modules/land/evaluation/findings.py": "reads names of periods and indicators, no row",
}


def _texts(node: ast.expr) -> Iterator[str]:
    """Constants that an expression can stand for; nothing for what is only known at run time."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(v.value if isinstance(v, ast.Constant) else "…" for v in node.values)


def _reads(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and table of each read of the store; ``?`` for one that is named at run time."""
    for call in ast.walk(ast.parse(source)):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.args):
            continue
        # polars' own read functions and ORM querysets have other receivers than a store
        receiver = ast.unparse(call.func.value)
        if call.func.attr in METHODS and ("store" in receiver or receiver in {"facts", "opened"}):
            yield call.lineno, next(_texts(call.args[0]), "?")


def _files() -> list[Path]:
    found: list[Path] = []
    for name in READERS:
        path = ROOT / name
        found += [path] if path.suffix else sorted(path.rglob("*.py"))
    return [path for path in found if path.relative_to(ROOT).as_posix() not in GATE]


@pytest.mark.parametrize("path", _files(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_firm_level_table_is_read_past_the_gate(path: Path) -> None:
    name = path.relative_to(ROOT).as_posix()
    for line, table in _reads(path.read_text(encoding="utf-8")):
        assert table not in FIRM_LEVEL, f"{name}:{line} reads {table} without a purpose"
        assert table != "?" or name in BY_NAME, f"{name}:{line} reads a table named at run time"


def test_a_read_past_the_gate_is_noticed() -> None:
    source = 'store().polars("trade_link")\nfacts.current(name)\nself.store.table("firm_indicator")'
    assert [table for _, table in _reads(source)] == ["trade_link", "?", "firm_indicator"]
    assert {"firm_indicator", "trade_link"} <= FIRM_LEVEL


def test_every_exception_still_exists() -> None:
    for name in BY_NAME:
        assert any(table == "?" for _, table in _reads((ROOT / name).read_text(encoding="utf-8")))
