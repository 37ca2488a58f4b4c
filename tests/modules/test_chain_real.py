"""The chain on real tables: counties whose makers are public knowledge. Needs the real data folder."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from pytest_django import DjangoDbBlocker

from jiqun.facts.load.folder import load_folder
from jiqun.facts.store.store import Store
from jiqun.modules.chain.analysis.inputs import Scope
from jiqun.modules.chain.findings import run_chain
from tests.console import built_once
from tests.nightly import NIGHTLY

pytestmark = [pytest.mark.shared, pytest.mark.slow, pytest.mark.django_db, pytest.mark.once]
ROOT = re.compile(r"^root = .*$", re.MULTILINE)
EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "counties"


def _lately(shared: Path, common: Path) -> Path:
    """The real tables in a folder in which the cells of counties are those of the last two years."""
    folder = common / "real-lately"
    with built_once(folder) as wanted:
        if wanted:
            for path in (path for path in shared.rglob("*") if path.is_file()):
                there = folder / path.relative_to(shared)
                there.parent.mkdir(parents=True, exist_ok=True)
                if path.name.startswith("us_county_naics"):
                    cells = pl.scan_parquet(path)
                    cells.filter(pl.col("year") >= 2019).collect().write_parquet(there)
                else:
                    there.symlink_to(path)
    return folder


def _loaded(name: str, common: Path, shared: Path) -> Store:
    """The example's store, loaded once for all workers."""
    example = EXAMPLES / name / "county.toml"
    if not example.exists():
        pytest.skip(f"examples/counties/{name} is absent")
    folder = common / f"real-{name}"
    with built_once(folder) as wanted:
        if wanted:
            folder.mkdir()
            root = shared if NIGHTLY else _lately(shared, common)
            text, found = ROOT.subn(f'root = "{root}"', example.read_text(encoding="utf-8"))
            assert found == 1
            (folder / "county.toml").write_text(text, encoding="utf-8")
            report = load_folder(folder, Store(folder / "store"))
            assert not [table.file for table in report.tables if table.failed]
    return Store(folder / "store")


@pytest.fixture(scope="module")
def database(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Engines ask the database for consents."""
    with django_db_blocker.unblock():
        yield


@pytest.fixture(scope="module")
def us(shared_data: Path, common_folder: Path, database: None) -> Store:
    return _loaded("us", common_folder, shared_data)


@pytest.fixture(scope="module")
def factories(shared_data: Path, common_folder: Path, database: None) -> Store:
    return _loaded("factories", common_folder, shared_data)


@pytest.fixture(scope="module")
def whitfield(us: Store) -> pl.DataFrame:
    return run_chain(us, Scope("13313", "naics2017", "2020"))[1]


def _codes(found: pl.DataFrame, kind: str) -> list[str]:
    return found.filter(pl.col("kind") == kind).sort("rank")["code"].to_list()


def _supporting(found: pl.DataFrame, code: str) -> dict[str, object]:
    return found.filter(pl.col("kind") == "supporting", pl.col("code") == code).row(0, named=True)


def test_whitfield_makes_carpets(whitfield: pl.DataFrame) -> None:
    # Dalton, Georgia, the county seat, calls itself the carpet capital of the world.
    assert _codes(whitfield, "leading")[0] == "314110"


def test_carpets_need_yarn_and_fibre(whitfield: pl.DataFrame) -> None:
    assert {"313100", "3252A0"} <= set(_codes(whitfield, "supporting"))


def test_withheld_fibre_is_undisclosed_and_no_gap(whitfield: pl.DataFrame) -> None:
    # 325220 is withheld in 2020 while its parent 3252 shows jobs.
    fibre = _supporting(whitfield, "3252A0")
    assert fibre["status"] == "undisclosed"
    assert fibre["size"] is None
    assert isinstance(fibre["size_high"], float)
    assert fibre["size_high"] > 0
    assert "fill" not in str(fibre["lists"])


def test_yarn_is_there(whitfield: pl.DataFrame) -> None:
    yarn = _supporting(whitfield, "313100")
    assert yarn["status"] in {"strong", "weak"}
    assert yarn["establishments"] == 7


@pytest.mark.parametrize(
    ("place", "code"),
    [
        # Elkhart, Indiana, builds most of the travel trailers sold in the United States.
        pytest.param("18039", "336214", id="Elkhart, travel trailers"),
        # Santa Clara County, California, is the Silicon Valley.
        pytest.param("06085", "334413", id="Santa Clara, semiconductors"),
        # Everett in Snohomish County, Washington, has Boeing's wide-body assembly hall, the largest
        # building in the world by volume.
        pytest.param("53061", "336411", id="Snohomish, aircraft"),
    ],
)
def test_counties_of_public_fame(us: Store, place: str, code: str) -> None:
    found = run_chain(us, Scope(place, "naics2017", "2020"))[1]
    assert _codes(found, "leading")[0] == code


@pytest.fixture(scope="module")
def shetou(factories: Store) -> pl.DataFrame:
    # 社頭鄉 of 彰化縣 is known in Taiwan as the home of socks.
    return run_chain(factories, Scope("彰化縣社頭鄉", "tw-prod3", "2020"))[1]


def test_shetou_makes_socks(shetou: pl.DataFrame) -> None:
    first = shetou.filter(pl.col("kind") == "leading", pl.col("rank") == 1).row(0, named=True)
    assert (first["code"], first["name_zh"]) == ("123", "服飾品")


def test_a_complete_register_without_fibre_makers_shows_a_true_gap(shetou: pl.DataFrame) -> None:
    fibre = _supporting(shetou, "051")
    assert (fibre["status"], fibre["establishments"]) == ("missing", 0)
    assert fibre["size"] == 0
    assert not shetou["status"].is_in(["undisclosed"]).any(), "nothing is withheld in a register"
