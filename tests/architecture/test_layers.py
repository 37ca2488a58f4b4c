"""The house keeps its shape: layers, public faces, a pure engine, small files."""

from __future__ import annotations

import ast
import configparser
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "jiqun"
MOST_LINES = 400
# Longer files, each with the reason and the length that it may not pass.
LONGER = {
    # One promise of the store per section; every test is short.
    "tests/facts/test_store.py": 560,
    # A table of bad input, one entry per habit of a bureau.
    "tests/facts/test_messy_corpus.py": 440,
    # One promise of the staged import per section; every test is short.
    "tests/facts/test_intake.py": 500,
    # One test per requirement of the standard, in its order.
    "tests/conformance/test_security_baseline.py": 580,
    # One line per model, verb and table: who may do what with it.
    "tests/conformance/matrix.py": 620,
    # One promise of a verb per test, in the order in which a case meets them.
    "tests/modules/policy/test_benefit_verbs.py": 500,
}
# What reads, writes, serves or stores has no place in pure maths.
NOT_IN_ENGINE = {
    "django", "ninja", "polars", "pandas", "deltalake", "duckdb", "ibis", "pyarrow", "openpyxl",
    "xlsxwriter", "python_calamine", "typst", "socket", "urllib", "subprocess", "sqlite3",
}  # fmt: skip
# Builds expressions for a database and executes none.
EXPRESSIONS = {"jiqun/engine/rules/sql/staged.py": {"ibis"}}
MOST_PUBLIC_NAMES = 10


def _sources(*folders: str) -> list[Path]:
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return [path for path in found if "node_modules" not in path.parts]


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _imports(path: Path) -> Iterator[tuple[str, str]]:
    """Yield (module, name) of every import of a file; the name is empty for ``import x``."""
    for found in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(found, ast.Import):
            yield from ((alias.name, "") for alias in found.names)
        elif isinstance(found, ast.ImportFrom) and found.module:
            yield from ((found.module, alias.name) for alias in found.names)


def _foreign_module(path: Path, module: str, name: str) -> str:
    """Return the module of the county that an import reaches into, or nothing if it may."""
    parts = (*module.split("."), name)
    if parts[:2] != ("jiqun", "modules") or len(parts) < 3 or not parts[2]:
        return ""
    own = path.relative_to(PACKAGE).parts[:2] if path.is_relative_to(PACKAGE) else ()
    if own == ("modules", parts[2]):
        return ""
    return "" if parts[3:4] == ("public",) else ".".join(part for part in parts if part)


@pytest.fixture
def loggers_kept() -> Iterator[None]:
    """The linter configures logging for itself, which silences every logger that is there."""
    held = [
        one for one in logging.root.manager.loggerDict.values() if isinstance(one, logging.Logger)
    ]
    before = {one: one.disabled for one in held}
    yield
    for one, disabled in before.items():
        one.disabled = disabled


@pytest.mark.usefixtures("loggers_kept")
def test_the_contracts_of_import_linter_hold() -> None:
    status = lint_imports(config_filename=str(ROOT / ".importlinter"), no_cache=True)
    assert status == EXIT_STATUS_SUCCESS


def test_the_layers_are_the_folders_and_are_explained() -> None:
    linter = configparser.ConfigParser()
    linter.read(ROOT / ".importlinter", encoding="utf-8")
    layers = linter["importlinter:contract:layers"]["layers"].split()
    folders = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
    files = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}
    assert set(layers) == folders | files
    explained = (ROOT / "docs/explanation/architecture.md").read_text(encoding="utf-8")
    order = [explained.find(f"| `{layer}`") for layer in layers]
    assert -1 not in order, f"architecture.md does not explain {layers[order.index(-1)]}"
    assert order == sorted(order), "architecture.md lists the layers in another order"


@pytest.mark.parametrize("path", _sources("jiqun", "config"), ids=_name)
def test_modules_are_used_through_their_public_face(path: Path) -> None:
    reached = {_foreign_module(path, module, name) for module, name in _imports(path)} - {""}
    assert not reached, f"{_name(path)} imports {sorted(reached)}; only .public is allowed"


def test_a_reach_into_a_module_is_noticed() -> None:
    land = PACKAGE / "modules" / "land" / "pages.py"
    assert _foreign_module(land, "jiqun.modules.chain.selectors", "chain_view")
    assert _foreign_module(land, "jiqun.modules.chain", "selectors")
    assert _foreign_module(PACKAGE / "cockpit" / "pages.py", "jiqun.modules.chain", "")
    assert not _foreign_module(land, "jiqun.modules.chain.public", "chain_view")
    assert not _foreign_module(land, "jiqun.modules.land.selectors", "parcels")


@pytest.mark.parametrize("path", sorted((PACKAGE / "modules").glob("*/public.py")), ids=_name)
def test_a_public_face_is_small_and_complete(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    named = next(
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    )
    imported = {name for module, name in _imports(path) if module != "__future__"}
    assert set(named) == imported
    assert len(named) <= MOST_PUBLIC_NAMES


@pytest.mark.parametrize("path", _sources("jiqun/engine"), ids=_name)
def test_the_engine_is_pure(path: Path) -> None:
    used = {module.split(".")[0] for module, _ in _imports(path)}
    assert not used & (NOT_IN_ENGINE - EXPRESSIONS.get(_name(path), set()))


@pytest.mark.parametrize("path", _sources("jiqun", "config", "tests", "benchmarks"), ids=_name)
def test_no_star_imports(path: Path) -> None:
    assert not [module for module, name in _imports(path) if name == "*"]


def test_files_stay_small() -> None:
    paths = [*_sources("jiqun", "config", "tests", "benchmarks"), ROOT / "manage.py"]
    lengths = {
        _name(path): path.read_text(encoding="utf-8").count("\n")
        for path in paths
        if "migrations" not in path.parts
    }
    long = {name: lines for name, lines in lengths.items() if lines > LONGER.get(name, MOST_LINES)}
    assert not long, f"split these, or give a reason in LONGER: {long}"
    assert set(LONGER) <= set(lengths), "LONGER names a file that is gone"
