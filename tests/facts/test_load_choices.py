"""What a county chooses in county.toml takes effect when only county.toml has changed."""

from __future__ import annotations

import json
from pathlib import Path

from jiqun.facts.load.folder import load_folder
from jiqun.facts.store.store import Store
from jiqun.modules.land.evaluation.findings import chosen_pack

TOML = """
[county]
name = "合成示例县"
focus = ["990101"]
{choice}

[[table]]
contract = "place"
source = "s"
rows = [{{ place = "990101", name_zh = "合成示例县", level = "county" }}]

[[table]]
contract = "firm"
source = "s"
rows = [{{ firm = "91330681MA2BD1AB3X", id_scheme = "other", name = "合成甲", place = "990101", status = "active" }}]
"""


def _load(folder: Path, store: Store, choice: str) -> list[bool]:
    """Load with a choice; say of each table whether it was there already."""
    (folder / "county.toml").write_text(TOML.format(choice=choice), "utf-8")
    report = load_folder(folder, store)
    assert [one.quarantined for one in report.tables] == [0, 0]
    return [one.repeated for one in report.tables]


def _chosen(store: Store) -> list[str]:
    """What the batches of firms say, oldest first."""
    rows = store.batches().sort("recorded_at")
    return [
        json.loads(meta).get("permu", "")
        for contract, meta in rows.select("contract", "meta").iter_rows() if contract == "firm"
    ]  # fmt: skip


def test_another_choice_makes_another_batch_and_can_be_taken_back(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    first, second = 'permu = "zhejiang-typical"', 'permu = "zhejiang-huangyan-2022"'
    assert _load(tmp_path, store, first) == [False, False]
    assert _load(tmp_path, store, first) == [True, True]
    assert _load(tmp_path, store, second) == [True, False]
    assert _load(tmp_path, store, second) == [True, True]
    assert chosen_pack(store, "990101") == "zhejiang-huangyan-2022"
    assert _load(tmp_path, store, first) == [True, False]
    assert chosen_pack(store, "990101") == "zhejiang-typical"
    assert _load(tmp_path, store, "") == [True, False]
    assert chosen_pack(store, "990101") == ""
    assert _load(tmp_path, store, "") == [True, True]
    assert _chosen(store) == ["zhejiang-typical", "zhejiang-huangyan-2022", "zhejiang-typical", ""]
    assert store.current("firm").count().to_pyarrow().as_py() == 1, "the same firm, told again"
