"""What an input–output table alone tells: linkages, key sectors, and what breaks without each."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl

from jiqun.core.factstore import table as facts_table
from jiqun.core.tabular import Field
from jiqun.core.version import code_version
from jiqun.engine.regional.inputoutput import (
    allocation_coefficients,
    ghosh_inverse,
    leontief_inverse,
    technical_coefficients,
)
from jiqun.engine.regional.linkages import (
    backward_linkages,
    extraction_losses,
    forward_linkages,
)
from jiqun.errors import JiqunError, Kind
from jiqun.facts.store.snapshot import Snapshot
from jiqun.facts.store.store import Store
from jiqun.modules.chain.analysis.links import read_flows, sector_names

ENGINE = "linkages"
CODE = ("engine", "modules/chain")
FIELDS = [
    Field("sector", "部门代码", "Sector"),
    Field("name", "部门", "Name"),
    Field("output_share", "占总产出", "Share of output", "share"),
    Field("backward", "影响力系数", "Backward linkage", "number", decimals=3,
          about_zh="列昂惕夫逆矩阵列和，均值为 1；大于 1 说明拉动上游强于平均",
          about_en="column sums of the Leontief inverse, mean 1"),
    Field("forward", "感应度系数", "Forward linkage", "number", decimals=3,
          about_zh="高斯逆矩阵行和，均值为 1；大于 1 说明对下游支撑强于平均",
          about_en="row sums of the Ghosh inverse, mean 1"),
    Field("key", "关键部门", "Key sector", "words", words={"true": ("是", "yes"), "false": ("否", "no")},
          about_zh="两个系数都大于 1", about_en="both coefficients above 1"),
    Field("extraction", "整体抽除损失", "Loss if extracted", "share",
          about_zh="假设该部门整体消失，全国总产出下降的比例", about_en="fall of total output if the sector vanished"),
]  # fmt: skip


def tables_of(store: Store, at: Snapshot | str | None = None) -> pl.DataFrame:
    """Return the input–output tables in the store: table, place, period, classification."""
    cells = facts_table(store, "input_output", at)
    return (
        cells.select("table", "place", "period", "classification")
        .distinct()
        .to_polars()
        .sort("period", "table")
    )


def linkage_frame(store: Store, at: Snapshot, table: str, classification: str) -> pl.DataFrame:
    """Compute the linkages of one table, one row per sector, largest extraction loss first."""
    flows, _ = read_flows(store, at, table)
    A = technical_coefficients(flows.Z, flows.output)
    inverse = leontief_inverse(A, flows.sectors)
    ghosh = ghosh_inverse(allocation_coefficients(flows.Z, flows.output), flows.sectors)
    final = flows.output - A @ flows.output
    backward, forward = backward_linkages(inverse), forward_linkages(ghosh)
    names = sector_names(store, at, classification)
    pairs = [names.get(code, (code, code)) for code in flows.sectors]
    return pl.DataFrame({
        "table": table,
        "sector": flows.sectors,
        "name_zh": [zh for zh, _ in pairs],
        "name_en": [en for _, en in pairs],
        "output_share": flows.output / flows.output.sum(),
        "backward": backward,
        "forward": forward,
        "key": np.where((backward > 1) & (forward > 1), "true", "false"),
        "extraction": extraction_losses(inverse, final) / flows.output.sum(),
    }).sort("extraction", descending=True)  # fmt: skip


def run_linkages(
    store: Store,
    *,
    place: str = "",
    classification: str = "",
    period: str = "",
    progress: Callable[[str], None] = lambda _text: None,
) -> list[str]:
    """Compute and store the linkages of every table that fits, and return the runs' ids.

    Raises:
        JiqunError: ``E-SCOPE-EMPTY`` when no input–output table fits.
    """
    wanted = {"place": place, "classification": classification, "period": period}
    tables = tables_of(store)
    for name, value in wanted.items():
        tables = tables.filter(pl.col(name) == value) if value else tables
    if tables.is_empty():
        raise JiqunError(
            "E-SCOPE-EMPTY",
            "没有符合条件的投入产出表",
            "no input–output table fits",
            hint_zh="先装载投入产出表：jiqun load 文件夹",
            hint_en="load one first: jiqun load FOLDER",
            kind=Kind.NOT_FOUND,
        )
    at, runs = store.snapshot(), list[str]()
    for row in tables.iter_rows(named=True):
        progress(row["table"])
        runs.append(_run(store, at, row))
    return runs


def _run(store: Store, at: Snapshot, row: dict[str, Any]) -> str:
    parts = (ENGINE, at.id, row["table"], code_version(*CODE))
    run = "l" + hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:12]
    if any(one.run == run for one in store.runs(ENGINE, row)):
        return run
    begun = time.perf_counter()
    store.write_finding(
        ENGINE, linkage_frame(store, at, row["table"], row["classification"]), run=run, snapshot_id=at.id,
        params={}, rules_version="", code_version=code_version(*CODE), scope=row,
        seconds=time.perf_counter() - begun,
    )  # fmt: skip
    return run
