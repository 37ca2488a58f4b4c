"""A synthetic national input–output table that balances exactly, laid out as the published ones.

Competitive: imports are not told apart in the cells and stand as a (subtracted) column.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from jiqun.demo.reference import settings

FINAL = ("FU101", "FU102", "FU103", "FU201", "FU202")
VALUE_ADDED = ("VA001", "VA002", "VA003", "VA004")
# Shares of pay, net production tax, depreciation; the rest is operating surplus.
VALUE_ADDED_SHARES = (0.52, 0.11, 0.14)
LABELS = {
    "TII": ("Total intermediate input", "中间投入合计"),
    "VA001": ("Compensation of employees", "劳动者报酬"),
    "VA002": ("Net taxes on production", "生产税净额"),
    "VA003": ("Depreciation of fixed assets", "固定资产折旧"),
    "VA004": ("Operating surplus", "营业盈余"),
    "TVA": ("Total value added", "增加值合计"),
    "TI": ("Total input", "总投入"),
}
COLUMNS = ("TIU", *FINAL, "EX", "IM", "ERR", "GO")


@dataclass(frozen=True, slots=True)
class Table:
    """The table in whole 万元; ``n`` sectors.

    ``flows`` is n×n (row supplies column), ``final`` n×5 in the order of ``FINAL``, ``export``,
    ``imports``, ``error`` and ``output`` n, ``value_added`` 4×n in the order of ``VALUE_ADDED``.
    """

    codes: tuple[str, ...]
    flows: np.ndarray
    final: np.ndarray
    export: np.ndarray
    imports: np.ndarray
    error: np.ndarray
    output: np.ndarray
    value_added: np.ndarray

    @property
    def coefficients(self) -> np.ndarray:
        """Technical coefficients, n×n: input from the row per unit of the column's output."""
        return self.flows / self.output


def _coefficients(sectors: list[dict[str, Any]], codes: list[str]) -> np.ndarray:
    """Coefficients from the recipes, scaled so that the spectral radius is as set."""
    place = {code: i for i, code in enumerate(codes)}
    A = np.zeros((len(codes), len(codes)))
    for j, sector in enumerate(sectors):
        recipe = {**settings("sector")["common"], **sector["inputs"]}
        for code, share in recipe.items():
            A[place[code], j] = share
        A[:, j] *= (1 - sector["va"]) / A[:, j].sum()
    radius = float(np.abs(np.linalg.eigvals(A)).max())
    return A * (settings("sector")["radius"] / radius)


def build(rng: np.random.Generator) -> Table:
    """Return the table: recipes with a little noise, output by Leontief's equation, then rounding.

    Rounding to whole 万元 leaves the columns exact by the operating surplus and the rows exact by
    the error column (a few 万元 at most).
    """
    sectors = settings("sector")["sectors"]
    codes = [sector["code"] for sector in sectors]
    A = _coefficients(sectors, codes)
    demand = np.array([sector["final"] for sector in sectors], dtype=float) * 1e4  # 亿元 → 万元
    demand *= rng.uniform(0.97, 1.03, demand.shape)
    share = np.array([sector["import"] for sector in sectors])
    home = 1 - share[:, None]
    # Competitive table: imports are a share of domestic use, x = (I − (I−M)A)⁻¹((I−M)f + e).
    output = np.linalg.solve(
        np.eye(len(codes)) - home * A, (home * demand[:, :5]).sum(axis=1) + demand[:, 5]
    )
    x = np.rint(output).astype(np.int64)
    flows = np.rint(A * x).astype(np.int64)
    final = np.rint(demand[:, :5]).astype(np.int64)
    export = np.rint(demand[:, 5]).astype(np.int64)
    imports = np.rint(share * (flows.sum(axis=1) + final.sum(axis=1))).astype(np.int64)
    error = x - (flows.sum(axis=1) + final.sum(axis=1) + export - imports)
    total = x - flows.sum(axis=0)
    parts = [np.rint(total * part).astype(np.int64) for part in VALUE_ADDED_SHARES]
    value_added = np.array([*parts, total - np.sum(parts, axis=0)])
    return Table(tuple(codes), flows, final, export, imports, error, x, value_added)


def _margins(table: Table) -> tuple[np.ndarray, np.ndarray]:
    """Right-hand block (n×10, in the order of ``COLUMNS``) and lower block (7×n)."""
    right = np.column_stack(
        [table.flows.sum(axis=1), table.final, table.export, table.imports, table.error,
         table.output]
    )  # fmt: skip
    lower = np.vstack(
        [table.flows.sum(axis=0), table.value_added, table.value_added.sum(axis=0), table.output]
    )
    return right, lower


def layout(table: Table) -> tuple[list[str], list[list[object]]]:
    """Return heading and rows as published: code, names, sectors, TIU, final use, EX, IM, ERR, GO.

    The value-added rows are empty right of TIU.
    """
    names = {s["code"]: (s["en"], s["zh"]) for s in settings("sector")["sectors"]}
    right, lower = _margins(table)
    header = ["Code", "Description", "DescriptionInChinese", *table.codes, *COLUMNS]
    rows: list[list[object]] = []
    for i, code in enumerate(table.codes):
        rows.append([code, *names[code], *table.flows[i].tolist(), *right[i].tolist()])
    sums = [right.sum(axis=0).tolist()[0], *lower[1:].sum(axis=1).tolist()]
    for label, line, total in zip(LABELS, lower.tolist(), sums, strict=True):
        rows.append([label, *LABELS[label], *line, total, *[None] * (len(COLUMNS) - 1)])
    return header, rows


def sectors_frame() -> pl.DataFrame:
    """Return the sectors as a flat classification: code, name_zh, name_en, parent, level 1."""
    sectors = settings("sector")["sectors"]
    return pl.DataFrame(
        {
            "code": [s["code"] for s in sectors],
            "name_zh": [s["zh"] for s in sectors],
            "name_en": [s["en"] for s in sectors],
        }
    ).with_columns(pl.lit(None, pl.String).alias("parent"), pl.lit(1).alias("level"))
