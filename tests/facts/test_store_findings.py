"""Findings with all that is needed to compute them again; leaving with everything."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from store_worker import CONTRACT, cells, put

from jiqun.errors import JiqunError
from jiqun.facts.store.ledger import Receipt
from jiqun.facts.store.snapshot import frame_digest
from jiqun.facts.store.store import Store
from jiqun.facts.store.transfer import export_all, import_all

TIERS = pl.DataFrame(
    {"industry": ["1762", "1763"], "tier": ["lead", "gap"], "p": [0.9, 0.25], "rank": [1, None]},
    schema_overrides={"rank": pl.UInt32, "tier": pl.Categorical},
)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "store")
    put(store, 0, 5, key="b0", held=1)
    return store


def write(store: Store, run: str, frame: pl.DataFrame = TIERS, place: str = "990101") -> Receipt:
    return store.write_finding(
        "chain",
        frame,
        run=run,
        snapshot_id=store.snapshot().id,
        params={"beta": 0.5, "名": "值"},
        code_version="0.1.0",
        rules_version="2026",
        scope={"place": place},
        seconds=1.5,
    )


def test_finding_names_what_it_was_computed_from(store: Store) -> None:
    receipt = write(store, "r1")
    (run,) = store.runs("chain")
    assert (run.params, run.scope) == ({"beta": 0.5, "名": "值"}, {"place": "990101"})
    assert (run.rules_version, run.code_version, run.rows, run.seconds) == ("2026", "0.1.0", 2, 1.5)
    assert store.at(run.snapshot) == store.snapshot()
    stored = store.finding("chain", "r1").drop("run").to_polars()
    assert stored["rank"].to_list() == [1, None]
    # An appeal recomputes and compares: with the registry, and with what is stored.
    assert frame_digest(TIERS) == run.digest == receipt.digest == frame_digest(stored)


def test_same_run_again_changes_nothing_another_result_is_refused(store: Store) -> None:
    write(store, "r1")
    assert write(store, "r1").repeated
    assert store.finding("chain").count().execute() == 2
    with pytest.raises(JiqunError, match="E-STORE-BATCH"):
        write(store, "r1", TIERS.with_columns(p=pl.lit(0.5)))


def test_latest_run_by_scope(store: Store) -> None:
    write(store, "r1")
    write(store, "r2", TIERS[:1], place="990102")
    write(store, "r3", TIERS[1:])
    assert [run.run for run in store.runs("chain")] == ["r3", "r2", "r1"]
    assert [run.run for run in store.runs("chain", {"place": "990102"})] == ["r2"]
    assert store.finding("chain").to_polars()["industry"].to_list() == ["1763"]
    assert store.finding("chain", "r1").count().execute() == 2


def test_finding_may_gain_and_lack_columns_but_not_retype(store: Store) -> None:
    write(store, "r1")
    write(store, "r2", TIERS.drop("p").with_columns(why=pl.lit("{}")))
    assert store.finding("chain", "r2").to_polars()["p"].to_list() == [None, None]
    assert "why" not in store.finding("chain", "r1").columns
    with pytest.raises(JiqunError, match="E-STORE-SCHEMA"):
        write(store, "r3", TIERS.with_columns(pl.col("p").cast(pl.String)))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"snapshot_id": "0" * 64}, "E-STORE-SNAPSHOT"),
        ({"engine": "../x"}, "E-STORE-NAME"),
        ({"frame": pl.DataFrame({"a": [[1]]})}, "E-STORE-TYPE"),
    ],
)
def test_bad_finding_is_refused(store: Store, change: dict[str, object], expected: str) -> None:
    good: dict[str, object] = {
        "engine": "chain",
        "frame": TIERS,
        "run": "r",
        "snapshot_id": store.snapshot().id,
        "params": {},
        "code_version": "1",
        "rules_version": "1",
    }
    with pytest.raises(JiqunError, match=expected):
        store.write_finding(**{**good, **change})
    assert store.runs() == []


def test_missing_run_says_what_to_do(store: Store) -> None:
    with pytest.raises(JiqunError, match="E-STORE-RUN") as error:
        store.finding("chain")
    assert "jiqun run chain" in error.value.hint_en


def test_everything_leaves_and_comes_back(store: Store, tmp_path: Path) -> None:
    store.append(CONTRACT, cells(0, 2, value=7), batch="fix", received=2, source="更正")
    write(store, "r1")
    write(store, "r2", TIERS.with_columns(why=pl.lit("因")))
    manifest = export_all(store, tmp_path / "out")
    assert set(manifest["tables"]) == {
        CONTRACT, "_batch", "_quarantine", "finding.chain", "finding._run",
    }  # fmt: skip
    other = Store(tmp_path / "other")
    assert import_all(tmp_path / "out", other)[CONTRACT] == 7
    again = export_all(other, tmp_path / "again")
    for name, table in manifest["tables"].items():
        assert (again["tables"][name]["rows"], again["tables"][name]["digest"]) == (
            table["rows"],
            table["digest"],
        )
    # The later fact still wins, and old keys are still known.
    assert sorted(other.polars(CONTRACT)["value"]) == [1, 1, 1, 7, 7]
    assert other.append(
        CONTRACT, cells(0, 2, value=7), batch="fix", received=2, source="更正"
    ).repeated
    with pytest.raises(JiqunError, match="E-STORE-BATCH"):
        other.append(CONTRACT, cells(0, 2, value=8), batch="fix", received=2, source="更正")
    assert other.finding("chain", "r1").count().execute() == 2
    assert other.finding("chain").to_polars()["why"].to_list() == ["因", "因"]
    assert not put(other, 5, 3, key="new", held=1)
    assert other.current(CONTRACT).count().execute() == 8


def test_exported_csv_and_schema_stand_alone(store: Store, tmp_path: Path) -> None:
    export_all(store, tmp_path / "out")
    text = (tmp_path / "out" / f"{CONTRACT}.csv").read_bytes()
    assert text.startswith(b"\xef\xbb\xbfplace,")
    assert text.count(b"\n") == 6
    schema = json.loads((tmp_path / "out" / f"{CONTRACT}.schema.json").read_text())
    assert {"name": "value", "type": "int64"} in schema["columns"]


def test_damaged_export_is_refused_before_anything_is_stored(store: Store, tmp_path: Path) -> None:
    export_all(store, tmp_path / "out")
    path = tmp_path / "out" / f"{CONTRACT}.parquet"
    pl.read_parquet(path).with_columns(value=pl.lit(2, pl.Int64)).write_parquet(path)
    other = Store(tmp_path / "other")
    with pytest.raises(JiqunError, match="E-STORE-IMPORT"):
        import_all(tmp_path / "out", other)
    assert other.names() == []
    with pytest.raises(JiqunError, match="E-STORE-NOT-EMPTY"):
        import_all(tmp_path / "out", store)
    with pytest.raises(JiqunError, match="E-STORE-NOT-EMPTY"):
        export_all(store, tmp_path / "out")
