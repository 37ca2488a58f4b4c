"""Agreement with the French firm-aid suite, by column and programme; exit code 1 below 100 %."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from benchmarks.firm_aid.suite import ELIGIBLE, TARGETED, Suite, Verdict, read_suite  # noqa: E402
from jiqun.engine.rules.foreign.publicodes.importer import (  # noqa: E402
    Answers,
    Imported,
    State,
    answer,
    import_rules,
)

WORDS = {
    State.NO: "no",
    State.YES: "yes",
    State.UNDEFINED: "unknown",
    State.NOT_APPLICABLE: "not_applicable",
}
COLUMNS = ("targeted", "eligible", "missing")
MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One cell that differs."""

    column: str
    expected: Verdict
    found: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a comparison found; times in seconds."""

    imported: Imported
    lines: int
    disagreements: Sequence[Disagreement]
    times: dict[str, float]

    def agreement(self, column: str) -> float:
        """Return the share of the lines that agree in a column."""
        wrong = sum(one.column == column for one in self.disagreements)
        return 1 - wrong / self.lines if self.lines else 0.0


def compare(suite: Suite) -> Report:
    """Import, evaluate and compare every line of the verdicts."""
    begin = perf_counter()
    targets = (TARGETED, ELIGIBLE)
    imported = import_rules(suite.programmes, targets=targets, supplied=suite.facts, strict=False)
    compiled = perf_counter()
    answers = answer(imported, suite.facts)
    words = {
        (number, target): _words(answers, number, target, len(suite.firms))
        for number in suite.programmes
        for target in targets
    }
    decided = perf_counter()
    places = {firm: place for place, firm in enumerate(suite.firms)}
    wrong: list[Disagreement] = []
    for line in suite.verdicts:
        place = places.get(line.firm)
        found = _line(answers, words, line, place)
        expected = (line.targeted, line.eligible, "|".join(line.missing))
        wrong += [
            Disagreement(column, line, got)
            for column, got, wanted in zip(COLUMNS, found, expected, strict=True)
            if got != wanted
        ]
    listed = perf_counter()
    times = {
        "import": compiled - begin,
        "verdicts": decided - compiled,
        "missing facts and comparison": listed - decided,
    }
    return Report(imported, len(suite.verdicts), wrong, times)


def _words(answers: Answers, number: str, target: str, n: int) -> list[str]:
    if number in answers.imported.refused:
        return ["refused"] * n
    states = answers.states(number, target)
    return [""] * n if states is None else [WORDS[State(code)] for code in states.tolist()]


def _line(
    answers: Answers,
    words: dict[tuple[str, str], list[str]],
    line: Verdict,
    place: int | None,
) -> tuple[str, str, str]:
    if place is None or (line.programme, TARGETED) not in words:
        return "absent", "absent", "absent"
    targeted = words[line.programme, TARGETED][place]
    eligible = words[line.programme, ELIGIBLE][place]
    if targeted != WORDS[State.UNDEFINED]:
        return targeted, eligible, ""
    missing = answers.missing(line.programme, TARGETED, place)
    return targeted, eligible, "|".join(missing)


def show(suite: Suite, report: Report) -> None:
    """Print the tables."""
    print(f"{len(suite.programmes)} programmes, {len(suite.firms)} firms, {report.lines} lines\n")
    print("| column | agree | disagree |\n|---|---|---|")
    count = Counter(one.column for one in report.disagreements)
    for column in COLUMNS:
        print(f"| {column} | {100 * report.agreement(column):.3f} % | {count[column]} |")
    print("\n| programme | targeted | eligible | missing |\n|---|---|---|---|")
    by_programme = Counter((one.expected.programme, one.column) for one in report.disagreements)
    lines = Counter(line.programme for line in suite.verdicts)
    for number in dict.fromkeys((*suite.programmes, *lines)):
        wrong = (by_programme[number, column] for column in COLUMNS)
        shares = " | ".join(f"{lines[number] - one}/{lines[number]}" for one in wrong)
        print(f"| {number} | {shares} |")
    program = report.imported.program
    print(
        f"\n{len(program.rules)} policies, {len(program.atoms)} atoms, {len(program.gates)} gates"
    )
    for what, seconds in report.times.items():
        print(f"{what}: {seconds:.3f} s")
    pairs = len(suite.programmes) * len(suite.firms)
    print(f"verdicts of both columns: {pairs / report.times['verdicts']:.0f} pairs/s")
    for number, problems in report.imported.refused.items():
        print(f"refused: {number}: {'; '.join(one.message_en for one in problems)}")
    for number, rule, key in report.imported.ignored:
        print(f"passed by: {number}: {rule}: {key}")
    for name in suite.unread:
        print(f"no programme reads: {name}")
    _show_wrong(report)


def _show_wrong(report: Report) -> None:
    for one in report.disagreements[:MOST_SHOWN]:
        line = one.expected
        wanted = "|".join(line.missing) if one.column == "missing" else getattr(line, one.column)
        print(f"{line.programme} {line.firm} {one.column}: {one.found!r}, expected {wanted!r}")
    if len(report.disagreements) > MOST_SHOWN:
        print(f"and {len(report.disagreements) - MOST_SHOWN} more")


def main() -> int:
    """Compare one folder; 0 when all agrees, 1 when not, 2 when there is nothing to compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    default = ROOT.parent / "shared" / "data" / "bench" / "policy_firm_aid"
    parser.add_argument("folder", type=Path, nargs="?", default=default)
    folder: Path = parser.parse_args().folder
    if not (folder / "interface.json").is_file():
        print(f"no interface.json in {folder}", file=sys.stderr)
        return 2
    suite = read_suite(folder)
    if not suite.verdicts:
        print(f"no verdicts*.csv.gz in {folder}", file=sys.stderr)
        return 2
    report = compare(suite)
    show(suite, report)
    return 1 if report.disagreements else 0


if __name__ == "__main__":
    sys.exit(main())
