"""The bootstrap: standard library alone, and steps that run only when their inputs changed."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

import manage

SOURCE = Path(manage.__file__)


def test_everything_before_the_hand_over_is_the_standard_library() -> None:
    tree = ast.parse(SOURCE.read_text(encoding="utf-8"))
    names = {
        alias.name.split(".")[0]
        for statement in tree.body
        if isinstance(statement, ast.Import)
        for alias in statement.names
    } | {
        (statement.module or "").split(".")[0]
        for statement in tree.body
        if isinstance(statement, ast.ImportFrom)
    }
    assert names <= sys.stdlib_module_names


def test_a_digest_follows_names_and_contents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manage, "ROOT", tmp_path)
    first, second = tmp_path / "a.txt", tmp_path / "b.txt"
    first.write_text("1")
    before = manage.digest([first])
    assert manage.digest([first]) == before
    first.write_text("2")
    assert manage.digest([first]) != before
    second.write_text("2")
    assert manage.digest([first]) != manage.digest([second])


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """A project folder with locks and nothing else; commands are written down, not run."""
    for group in ("run", "dev"):
        (tmp_path / "locks").mkdir(exist_ok=True)
        (tmp_path / "locks" / f"{group}.txt").write_text(group)
    monkeypatch.setattr(manage, "ROOT", tmp_path)
    monkeypatch.setattr(manage, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(manage, "PYTHON", tmp_path / ".venv" / "bin" / "python")
    monkeypatch.setattr(
        manage, "LOCKS", {group: tmp_path / "locks" / f"{group}.txt" for group in ("run", "dev")}
    )
    monkeypatch.setattr(manage, "find_uv", lambda: "uv")
    ran: list[tuple[str, ...]] = []

    def write_down(*command: str | Path, cwd: Path = tmp_path) -> None:
        ran.append(tuple(map(str, command)))
        (tmp_path / ".venv" / "bin").mkdir(parents=True, exist_ok=True)

    monkeypatch.setattr(manage, "run", write_down)
    return ran


def test_packages_are_installed_once_and_checked_by_hash(bare: list[tuple[str, ...]]) -> None:
    manage.install("run")
    assert [command[1:3] for command in bare] == [("venv", "--quiet"), ("pip", "sync")]
    assert "--no-python-downloads" in bare[0]
    assert "--require-hashes" in bare[1]
    manage.install("run")
    assert len(bare) == 2


def test_the_test_tools_serve_up_as_well_but_not_the_reverse(bare: list[tuple[str, ...]]) -> None:
    manage.install("dev")
    before = len(bare)
    manage.install("run")
    assert len(bare) == before
    manage.LOCKS["dev"].write_text("dev, changed")
    manage.install("dev")
    assert len(bare) > before


def test_an_old_python_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 0))
    with pytest.raises(SystemExit, match=r"3\.11"):
        manage.bootstrap(["up"])


def test_a_failed_step_stops_with_its_code() -> None:
    with pytest.raises(SystemExit) as stopped:
        manage.run(sys.executable, "-c", "raise SystemExit(7)")
    assert stopped.value.code == 7
