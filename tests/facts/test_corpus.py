"""The corpus: every file adds up, nothing is silently wrong, and what is certain is read."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from jiqun.facts.intake.apply import apply
from jiqun.facts.intake.hints import Hints
from jiqun.facts.intake.plan import Plan, plan
from jiqun.facts.store.store import Store
from tests.facts.corpus.outcome import FILES, codes, count, county, facts, page, planned
from tests.facts.corpus.spec import CONTEXT, File
from tests.facts.test_messy_corpus import CASES, CELL, Case

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "intake-corpus.md"


_MADE: dict[str, Plan] = {}


def unhelped(store: Store, one: File) -> Plan:
    """Each file is planned once for all tests that only look."""
    if one.name not in _MADE:
        _MADE[one.name] = planned(store, one)
    return _MADE[one.name]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return county(tmp_path_factory.mktemp("corpus"))


@pytest.mark.parametrize("one", FILES, ids=lambda one: one.name)
def test_file(one: File, store: Store) -> None:
    made = unhelped(store, one)
    outcome = count(made, one.truth)
    assert outcome.received == outcome.accepted + outcome.quarantined + outcome.duplicate
    assert outcome.wrong == 0, facts(made)
    assert outcome.held == 0 or one.blocks, facts(made)  # what waits for an answer is held back
    whole = {code for code, row in made.problems.select("code", "row").iter_rows() if row is None}
    assert {code for code in whole if code.startswith("E-")} == one.blocks
    assert one.said <= whole
    assert made.blocked == bool(one.blocks)
    if not made.blocked:
        assert codes(made) == dict(one.held)
        assert (made.repeated, made.blank) == (one.duplicate, one.blank)


@pytest.mark.parametrize(
    "one", [one for one in FILES if one.helped is not None], ids=lambda one: one.name
)
def test_an_answer_settles_what_was_asked(one: File, store: Store) -> None:
    made = planned(store, one, helped=True)
    outcome = count(made, one.helped or ())
    assert not made.blocked
    assert (outcome.wrong, outcome.held) == (0, 0), facts(made)


@pytest.mark.parametrize("one", FILES, ids=lambda one: one.name)
def test_every_problem_says_where_what_and_what_next(one: File, store: Store) -> None:
    problems = unhelped(store, one).problems
    for row in problems.iter_rows(named=True):
        assert row["message_zh"]
        assert row["message_en"]
        assert row["remedy_zh"]
        assert row["file"] == one.file
        assert row["cell"] == (
            f"{row['letter']}{row['row']}" if row["letter"] and row["row"] else ""
        )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_files_that_have_a_mapping_are_never_wrong_without_it(
    case: Case, store: Store, tmp_path: Path
) -> None:
    """The other corpus is loaded by county.toml; on its own each file may only hold back."""
    made = plan(
        store, "industry_cell", case.content(tmp_path), case.file, source="messy",
        hints=Hints(constants=CONTEXT),
    )  # fmt: skip
    assert made.received == made.accepted + made.quarantined + made.duplicate
    taken = Counter(made.rows.select(CELL).rows())
    assert not taken - Counter(case.cells) - Counter(LITERAL.get(case.name, ()))


# Without a mapping these files say something else, and rightly so: a zero that the mapping calls
# a hiding one, a column that it leaves out, a period that it forbids.
_X = ("990101", "1762", "2025")
LITERAL: dict[str, list[tuple[object, ...]]] = {
    "a zero that hides": [(*_X, "employment", 0, "person", "zero")],
    "bureau sheet: merged head, unit line, numbering, total, note": [
        ("990101", "1762", "2024", "output", 11_000_000, "CNY_fen", "published"),
        ("990101", "1763", "2024", "output", 10_000_000, "CNY_fen", "published"),
    ],
    "a cumulative in a column of months": [
        ("990101", "1762", "2025-01/08", "output", 8_000_000, "CNY_fen", "published")
    ],
}


def test_the_corpus_is_large_and_nearly_all_of_it_is_read_without_help(store: Store) -> None:
    rows = [
        (one.name, count(made := unhelped(store, one), one.truth), made.blocked) for one in FILES
    ]
    certain = sum(outcome.cells for _, outcome, _ in rows)
    assert len({one.name for one in FILES}) == len(FILES) >= 60
    assert sum(outcome.wrong for _, outcome, _ in rows) == 0
    assert sum(outcome.right for _, outcome, _ in rows) >= 0.95 * certain
    assert PAGE.read_text(encoding="utf-8") == page(rows)


def test_applying_every_file_leaves_exactly_what_was_shown(store: Store) -> None:
    for one in FILES:
        made = planned(store, one)
        if made.blocked or not made.received:
            continue
        receipt = apply(store, made)
        assert (receipt.received, receipt.accepted, receipt.quarantined, receipt.duplicate) == (
            made.received, made.accepted, made.quarantined, made.duplicate,
        )  # fmt: skip
