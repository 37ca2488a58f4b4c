"""Input–output tables of China and the United States: balance, identities, linkages and times.

Prints Markdown tables. Needs the real data folder ``../shared/data``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from time import process_time

import numpy as np
import polars as pl
from threadpoolctl import threadpool_limits

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from jiqun.engine.regional import inputoutput as io  # noqa: E402
from jiqun.engine.regional import linkages as ln  # noqa: E402

SHARED = ROOT.parent / "shared" / "data"

FINAL_USE = ("FU101", "FU102", "FU103", "FU201", "FU202", "EX", "ERR")
CHINA = {"2012": 139, "2015": 42, "2017": 149, "2018": 153}


def read_china(year: str, sectors: int) -> tuple[io.IOTable, list[str]]:
    """Return the competitive table of a year and the names of its sectors."""
    path = SHARED / "china_io" / f"china_io_{year}_{sectors}.csv.gz"
    frame = pl.read_csv(path, infer_schema_length=1000)
    names = frame["DescriptionInChinese"].to_list()[:sectors]
    frame = frame.fill_null(0.0)
    codes, body = frame.columns[3 : 3 + sectors], frame.head(sectors)
    uses = [column for column in FINAL_USE if column in frame.columns]
    table = io.IOTable(
        codes=tuple(codes),
        intermediate=body.select(codes).to_numpy(),
        final=body.select(uses).to_numpy().sum(axis=1),
        value_added=frame.filter(pl.col("Code") == "TVA").select(codes).to_numpy()[0],
        output=body["GO"].to_numpy(),
        imports=body["IM"].to_numpy(),
        exports=body["EX"].to_numpy(),
    )
    return table, names


def separate_extractions(A: np.ndarray, final: np.ndarray) -> np.ndarray:
    """Return the losses by one linear solve per sector."""
    total = np.linalg.solve(np.eye(final.size) - A, final).sum()
    losses = np.empty(final.size)
    for k in range(final.size):
        keep = np.arange(final.size) != k
        rest = np.eye(final.size - 1) - A[np.ix_(keep, keep)]
        losses[k] = total - np.linalg.solve(rest, final[keep]).sum()
    return losses


def milliseconds(function: Callable[[], object], repeats: int = 9) -> float:
    """Return the smallest CPU time of several calls, in milliseconds."""
    times: list[float] = []
    for _ in range(repeats):
        start = process_time()
        function()
        times.append(process_time() - start)
    return 1e3 * min(times)


def china_row(year: str, sectors: int) -> str:
    """Check one Chinese table and return its row."""
    table, _ = read_china(year, sectors)
    io.require_balance(table, tolerance=1e-9)
    rows = table.intermediate.sum(axis=1) + table.final - np.asarray(table.imports)
    gap = np.abs(rows / table.output - 1.0).max()
    A = io.technical_coefficients(table.intermediate, table.output)
    L, final = io.leontief_inverse(A), table.final - np.asarray(table.imports)
    closed = ln.extraction_losses(L, final)
    start = process_time()
    separate = separate_extractions(A, final)
    slow = 1e3 * (process_time() - start)
    error = np.abs(closed - separate).max() / table.output.sum()
    return (
        f"| {year} | {sectors} | {table.value_added.sum() / 1e8:.2f} | {gap:.0e} "
        f"| {io.spectral_radius(A):.3f} | {error:.0e} | {slow:.0f} "
        f"| {milliseconds(lambda: ln.extraction_losses(L, final)):.3f} "
        f"| {milliseconds(lambda: io.leontief_inverse(A)):.2f} "
        f"| {milliseconds(lambda: ln.average_propagation_lengths(L)):.2f} |"
    )


def linkages_2018() -> None:
    """Print the strongest linkages and the largest extraction of China 2018."""
    table, names = read_china("2018", CHINA["2018"])
    L = io.leontief_inverse(io.technical_coefficients(table.intermediate, table.output))
    G = io.ghosh_inverse(io.allocation_coefficients(table.intermediate, table.output))
    loss = ln.extraction_losses(L, table.final - np.asarray(table.imports))
    measures = {
        "backward (Leontief)": ln.backward_linkages(L),
        "forward (Ghosh)": ln.forward_linkages(G),
        "loss by extraction, share of output": loss / table.output.sum(),
    }
    print("\n| China 2018, 153 sectors | first five |\n|---|---|")
    for title, values in measures.items():
        top = "; ".join(f"{names[k]} {values[k]:.3f}" for k in np.argsort(-values)[:5])
        print(f"| {title} | {top} |")


def united_states() -> None:
    """Derive industry-by-industry coefficients from the detail tables and compare."""
    folder = SHARED / "us"
    use = pl.read_csv(folder / "bea2017_detail_use_pro_after_redef.csv.gz", infer_schema_length=999)
    make = pl.read_csv(
        folder / "bea2017_detail_make_after_redef.csv.gz", infer_schema_length=999
    ).filter(pl.col("industry") != "T007")
    industries = make["industry"].to_list()
    goods = [column for column in make.columns[1:] if column != "T008"]
    output = use.filter(pl.col("commodity") == "T008").select(industries).to_numpy()[0]
    inputs = use.filter(pl.col("commodity").is_in(goods)).select(industries).to_numpy()
    A = io.industry_by_industry(inputs, make.select(goods).to_numpy(), industry_output=output)
    stored = pl.read_parquet(folder / "bea2017_A_industry_by_industry.parquet")
    gap = np.abs(A - stored.select(industries).to_numpy()).max()
    wrong = [code for code, total in zip(industries, A.sum(axis=0), strict=True) if total >= 1]
    print(
        f"\nUnited States 2017, {len(industries)} industries: largest difference from the stored "
        f"coefficients {gap:.1e} (the file keeps eight digits), spectral radius "
        f"{io.spectral_radius(A):.3f}, column sum ≥ 1: {', '.join(wrong)}."
    )


def main() -> None:
    """Print everything."""
    print(
        "| China | sectors | value added, trillion yuan | largest relative row gap | spectral "
        "radius | extraction: closed form − separate solves, share of output | separate, ms | "
        "closed form, ms | Leontief inverse, ms | propagation lengths, ms |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    with threadpool_limits(1):
        for year, sectors in CHINA.items():
            print(china_row(year, sectors))
        linkages_2018()
        united_states()


if __name__ == "__main__":
    main()
