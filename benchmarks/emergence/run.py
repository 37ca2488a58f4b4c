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

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).resolve().parent)]

from panel import load_panel  # noqa: E402

from jiqun.engine.regional.entry.backtest import (  # noqa: E402
    RANKINGS,
    SCOPES,
    BacktestResult,
    Window,
    backtest,
    calibration_table,
    ranking_metrics,
)
from jiqun.engine.regional.entry.features import (  # noqa: E402
    BaseYear,
    Features,
    entered,
    entry_features,
)
from jiqun.engine.regional.entry.fit import Horizon, fit_additive  # noqa: E402
from jiqun.engine.regional.entry.history import fit_model_set  # noqa: E402
from jiqun.engine.regional.entry.model import null_score  # noqa: E402
from jiqun.engine.regional.entry.specs import Family  # noqa: E402

MODELS = ROOT / "jiqun" / "engine" / "regional" / "entry" / "models"
Panel = dict[int, BaseYear]


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
    first = window_to(entry_features(periods[2017]), periods[2018])
    second = window_to(entry_features(periods[2018]), periods[2020])
    outcome = entered(first.features, periods[2019].sizes)
    table = backtest(first, second, horizon=Horizon(2, 1, outcome))
    print(f"\n## NAICS, {digits} digits\n\n{describe(table)}\n")
    for scope in SCOPES:
        print_metrics(table, scope)
    print_calibration(table)
    print_horizons(table, first, second, periods)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"\nCPU time {process_time() - start:.0f} s, peak memory {peak:.1f} GB.")
    if ship:
        write_models(digits, second, table)


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
    print(
        f"### {title}\n\n| ranking | AUC | AP | x null | P@5 | hit@10 |\n|---|---|---|---|---|---|"
    )
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


def print_horizons(table: BacktestResult, first: Window, second: Window, panel: Panel) -> None:
    """Print what the horizon rests on: one year ahead, and two years by constant hazard."""
    plain = first.features.without(Family.HIDDEN)
    hazard = fit_additive(plain, first.entered, horizon=Horizon(2, 1))
    yearly = replace(hazard, calibration=replace(hazard.calibration, exposure=1.0, horizon=1))
    later = entry_features(panel[2019])
    stay = entered(first.features, panel[2019].sizes).sum() / first.entered.sum()
    print(
        f"\n### Horizon\n\nOf the 2017 candidates, those present in 2019 are {stay:.3f} times those "
        "present in 2018; a constant yearly hazard would give almost 2, because it forgets that "
        "newcomers leave again.\n"
    )
    print("| probability | AP | x null | worst decile (points) |\n|---|---|---|---|")
    cases = (
        ("2018 to 2020, calibrated on 2017 to 2019", table.models["additive"], second),
        ("2018 to 2020, constant hazard 1 - (1 - p)^2", hazard, second),
        ("2018 to 2019, one year", yearly, window_to(second.features, panel[2019])),
        ("2019 to 2020, one year", yearly, window_to(later, panel[2020])),
    )
    for label, model, window in cases:
        chance = model.predict(window.features)
        regions = window.features.region_index
        precision = ranking_metrics(chance, window.entered, regions)[1]
        null = ranking_metrics(null_score(window.features), window.entered, regions)[1]
        rows = calibration_table(chance, window.entered, "additive", "all")
        worst = max(abs(r.error_points) for r in rows if r.kind == "decile")
        print(f"| {label} | {precision:.4f} | {precision / null:.2f} | {worst:.3f} |")


def window_to(features: Features, end: BaseYear) -> Window:
    """Return the window from the base year of the features to another year."""
    return Window(features, entered(features, end.sizes))


def write_models(digits: int, window: Window, table: BacktestResult) -> None:
    """Fit the portable models on 2018 to 2020 and write them with the back-test's figures."""
    row, null = table.row("additive"), table.row("null")
    provenance = {
        "data": "US Census Bureau, County Business Patterns 2017-2020 (public domain)",
        "unit": f"county x NAICS 2017, {digits} digits, establishments",
        "presence": "3 or more establishments (smaller cells are withheld)",
        "event": "absent in the base year, location quotient >= 1 two years later",
        "fitted_on": "2018-2020",
        "backtest": {
            "design": "fit 2017-2018, scored 2018-2020",
            "auc": round(row.auc, 4),
            "average_precision": round(row.average_precision, 4),
            "null_average_precision": round(null.average_precision, 4),
            "p_at_5": round(row.p_at_5, 4),
            "hit_at_10": round(row.hit_at_10, 4),
            "worst_decile_error_points": round(table.worst_error("additive"), 3),
        },
        "caution": "proven on US counties only; transfer to another country is unproven",
    }
    name = f"entry-us-naics{digits}"
    # The hidden remainder exists only where a bureau withholds cells, so it is not shipped.
    features = window.features.without(Family.HIDDEN)
    models = fit_model_set(features, window.entered, name=name, years=2, provenance=provenance)
    MODELS.mkdir(exist_ok=True)
    (MODELS / f"{name}.json").write_text(models.to_json(), encoding="utf-8")


if __name__ == "__main__":
    main()
