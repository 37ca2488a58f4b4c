"""The command line as an analyst types it, against a store of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jiqun import cli
from jiqun.facts.store.store import Store
from tests.console import DEMO_FIRMS, DEMO_SCOPE, Demo

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """A console as wide as a server's log, without colours."""
    monkeypatch.setattr(cli, "console", cli.Console(width=200, color_system=None))


@pytest.mark.once
@pytest.mark.django_db
def test_demo_load_run_status_from_nothing(
    tmp_path: Path, settings: object, capsys: Capture
) -> None:
    settings.STORE = tmp_path / "store"  # type: ignore[attr-defined]
    assert cli.main(["demo", str(tmp_path / "county"), "--firms", "200", "--seed", "7"]) == 0
    assert "合成数据 synthetic, seed 7" in capsys.readouterr().out
    assert cli.main(["load", str(tmp_path / "county")]) == 0
    assert "合成示例县" in capsys.readouterr().out
    assert cli.main(["run", "chain", "--place", DEMO_SCOPE.place]) == 0
    run = Store(tmp_path / "store").runs("chain")[0].run
    assert run in capsys.readouterr().out
    assert cli.main(["status"]) == 0
    out = capsys.readouterr().out
    assert run in out
    assert "industry_cell" in out


def test_loading_again_adds_nothing(own_demo: Demo, demo_folder: Path, capsys: Capture) -> None:
    before = own_demo.store.batches().height
    assert cli.main(["load", str(demo_folder / "county")]) == 0
    assert own_demo.store.batches().height == before


def test_explain_opens_the_tree_and_gives_it_as_json(demo: Demo, capsys: Capture) -> None:
    finding = demo.finding("leading", "176")
    assert cli.main(["explain", finding]) == 0
    shown = capsys.readouterr().out
    for words in (finding, "chain/jiqun-2026.1", "区位商", "←", "行 row"):
        assert words in shown
    assert cli.main(["explain", finding, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["terms"]


def test_export_writes_every_table(demo: Demo, tmp_path: Path, capsys: Capture) -> None:
    assert cli.main(["export", str(tmp_path / "out")]) == 0
    names = {path.stem for path in (tmp_path / "out").rglob("*.parquet")}
    assert {"firm", "industry_cell", "input_output"} <= names
    assert str(tmp_path / "out") in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["load", "no-such-folder"], "E-MAPPING"),
        (["run", "chian"], "E-ENGINE-UNKNOWN"),
        (["run", "chain", "--place", "nowhere"], "E-SCOPE-EMPTY"),
        (["explain", "nothing"], "E-FINDING-UNKNOWN"),
    ],
)
def test_a_mistake_ends_with_code_two_and_both_languages(
    demo: Demo, capsys: Capture, arguments: list[str], code: str
) -> None:
    assert cli.main(arguments) == 2
    lines = [line for line in capsys.readouterr().out.splitlines() if line.strip()]
    assert f"[{code}" in lines[0]
    assert any("\u4e00" <= letter <= "\u9fff" for letter in lines[0]), "Chinese first"
    assert not any("\u4e00" <= letter <= "\u9fff" for letter in lines[1].replace("nowhere", "")), (
        "then English"
    )
    assert any("→" in line for line in lines), "what to do next"


def test_an_empty_file_ends_in_a_message(tmp_path: Path, settings: object, capsys: Capture) -> None:
    settings.STORE = tmp_path / "store"  # type: ignore[attr-defined]
    county = tmp_path / "county"
    county.mkdir()
    (county / "place.csv").write_bytes(b"")
    (county / "county.toml").write_text(
        '[county]\nname = "空"\n[[table]]\nfile = "place.csv"\ncontract = "place"\nsource = "空表"\n',
        encoding="utf-8",
    )
    assert cli.main(["load", str(county)]) == 1
    assert "place.csv" in capsys.readouterr().out


def test_help_names_every_command(capsys: Capture) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    out = capsys.readouterr().out
    assert all(command in out for command in cli.COMMANDS)


def test_the_shared_demo_is_as_large_as_it_says(demo: Demo) -> None:
    firms = demo.store.polars("firm")
    assert firms.filter(firms["place"].str.starts_with("990101")).height >= DEMO_FIRMS * 0.95
