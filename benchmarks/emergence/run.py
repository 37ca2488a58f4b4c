"""Back-test of the entry model on US counties, beside its plain rivals; prints Markdown.

Fit on entries 2017 to 2018, scored on 2018 to 2020. ``--ship`` also writes the portable models.
"""

from __future__ import annotations

import argparse
import resource
import sys
from dataclasses import replace
from pathlib import Path
from time import process_time

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).resolve().parent)]

from panel import load_panel  # noqa: E402

from jiqun.engine.regional.backtest import (  # noqa: E402
    RANKINGS,
    SCOPES,
    BacktestResult,
    Window,
    backtest,
)
from jiqun.engine.regional.entry import ModelSet  # noqa: E402
from jiqun.engine.regional.entry_feature_specs import Family  # noqa: E402
from jiqun.engine.regional.entry_features import entered, entry_features  # noqa: E402
from jiqun.engine.regional.entry_fit import Horizon  # noqa: E402
from jiqun.engine.regional.entry_history import fit_model_set  # noqa: E402

MODELS = ROOT / "jiqun" / "engine" / "regional" / "models"
SHOWN_MODELS = ("additive", "boosted", "additive_hidden", "boosted_hidden")


def main() -> None:
    """Run the tables for the chosen levels."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--digits", type=int, nargs="+", default=[6, 4], choices=(4, 6))
    parser.add_argument("--ship", action="store_true", help="write the portable models")
    chosen = parser.parse_args()
    for digits in chosen.digits:
        run_level(chosen.data, digits, ship=chosen.ship)


def run_level(data: Path, digits: int, *, ship: bool) -> None:
    """Back-test one classification level and print its tables."""
    start = process_time()
    periods = {period.year: period.base for period in load_panel(data, digits)}
    first, second = entry_features(periods[2017]), entry_features(periods[2018])
    target = entered(first, periods[2018].sizes)
    outcome = entered(first, periods[2019].sizes)
    result = entered(second, periods[2020].sizes)
    table = backtest(
        Window(first, target), Window(second, result), horizon=Horizon(2, 1, outcome)
    )
    print(f"\n## NAICS, {digits} digits\n\n{describe(table)}\n")
    for scope in SCOPES:
        print_metrics(table, scope)
    print_calibration(table)
    print_horizons(table, second, result, target, outcome)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"\nCPU time {process_time() - start:.0f} s, peak memory {peak:.1f} GB.")
    if ship:
        write_models(digits, second, result, table)


def describe(table: BacktestResult) -> str:
    """Return one line with the sizes of the windows."""
    facts = table.facts
    return (
        f"Fit: {facts['fit_candidates']:,} candidates, {facts['fit_entries']:,} entries "
        f"(2017 to 2018). Score: {facts['score_candidates']:,} candidates, "
        f"{facts['score_entries']:,} entries (2018 to 2020) in {facts['regions_with_entries']:,} "
        "counties."
    )


def print_metrics(table: BacktestResult, scope: str) -> None:
    """Print the metric rows of one scope."""
    title = "All counties" if scope == "all" else "Small counties (below the median size)"
    print(f"### {title}\n\n| ranking | AUC | AP | x null | P@5 | hit@10 |\n|---|---|---|---|---|---|")
    for spec in RANKINGS:
        rows = [r for r in table.metrics if (r.ranking, r.scope) == (spec.name, scope)]
        for r in rows:
            print(
                f"| {spec.label_en} | {r.auc:.3f} | {r.average_precision:.4f} | "
                f"{r.ap_ratio_to_null:.2f} | {r.p_at_5:.3f} | {r.hit_at_10:.3f} |"
            )
    print()


def print_calibration(table: BacktestResult) -> None:
    """Print deciles and probability bands of the explainable model, and the worst of each model."""
    for kind, title in (("decile", "tenths of the candidates"), ("band", "bands of probability")):
        print(f"### Calibration of the additive model by {title}\n")
        print("| bin | cells | predicted % | observed % | error (points) | standard error |")
        print("|---|---|---|---|---|---|")
        for r in table.calibration:
            if (r.ranking, r.scope, r.kind) == ("additive", "all", kind):
                print(
                    f"| {r.bin} | {r.cells:,} | {r.predicted:.3f} | {r.observed:.3f} | "
                    f"{r.error_points:+.3f} | {r.standard_error:.3f} |"
                )
        print()
    print("| model | worst decile, all (points) | worst decile, small counties |\n|---|---|---|")
    for name in table.models:
        everyone, small = (table.worst_error(name, scope=scope) for scope in SCOPES)
        print(f"| {name} | {everyone:.3f} | {small:.3f} |")


def print_horizons(table: BacktestResult, second, result, target, outcome) -> None:  # noqa: ANN001
    """Print what other ways of reaching the two-year horizon would have given."""
    model = table.models["additive"]
    raw = model.raw(second)
    ratio = outcome.sum() / target.sum()
    top = np.argsort(raw, kind="stable")[-len(raw) // 10 :]
    print(
        f"\nEntries standing after two years / after one year, from 2017: {ratio:.3f} "
        "(a constant yearly hazard would give almost 2).\n"
    )
    print("| two-year probability of the top tenth | predicted % | observed % |\n|---|---|---|")
    said = 100 * table.models["additive"].predict(second)[top].mean()
    seen = 100 * result[top].mean()
    print(f"| calibrated on the window 2017 to 2019 | {said:.2f} | {seen:.2f} |")
    one_year = replace(model.calibration, exposure=2.0)
    hazard = 100 * one_year_probability(model, one_year, raw[top], target, outcome).mean()
    print(f"| constant hazard 1 - (1 - p)^2 | {hazard:.2f} | {seen:.2f} |")
