"""Scorecards: the worked cases, and intervals that always hold the true score."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from jiqun.engine.rules.evaluation.columns import Column, columns_from_facts
from jiqun.errors import JiqunError
from jiqun.rules.policies import FOLDER, SCORECARDS, field_dictionary
from jiqun.rules.scorecards import CardExample, card_program, scorecards
from jiqun.rules.scores import score_columns, scores

CARDS = scorecards()
DICTIONARY = field_dictionary()
PROGRAM = card_program(CARDS, DICTIONARY)
EXAMPLES = [
    pytest.param(position, example, id=f"{card.number}-{number}")
    for position, card in enumerate(CARDS)
    for number, example in enumerate(card.examples)
]


@pytest.mark.parametrize(("position", "example"), EXAMPLES)
def test_worked_cases(position: int, example: CardExample) -> None:
    found = scores(CARDS, PROGRAM, columns=columns_from_facts(PROGRAM, [example.facts]), n=1)
    one = found[position]
    assert (int(one.low[0]), int(one.high[0])) == (example.low, example.high)
    for part, points in example.parts.items():
        assert [int(end[0]) for end in one.parts[part]] == [points, points], part
    assert bool(one.decided[0]) == (example.passed is not None)
    assert bool(one.passed[0]) == bool(example.passed)


def _firms(rng: np.random.Generator, n: int) -> dict[str, Column]:
    """Random facts of every column, all known, near the bands."""
    found: dict[str, Column] = {}
    for key, field in PROGRAM.columns.items():
        assert field is not None
        if field.kind == "boolean":
            values = rng.random(n) < 0.4
        elif field.kind == "enum":
            values = rng.integers(0, len(field.values), n)
        elif field.kind == "set":
            values = rng.integers(0, 1 << len(field.values), n)
        else:
            top = {"money": 10**9, "ratio": 200_000}.get(field.kind, 15)
            values = rng.integers(0, top, n)
        found[key] = Column(values)
    return found


def test_the_interval_holds_the_true_score_and_a_decided_gate_is_right() -> None:
    rng = np.random.default_rng(20260401)
    n = 4000
    whole = _firms(rng, n)
    masked = {key: replace(column, known=rng.random(n) < 0.6) for key, column in whole.items()}
    for card, true, seen in zip(
        CARDS,
        scores(CARDS, PROGRAM, columns=whole, n=n),
        scores(CARDS, PROGRAM, columns=masked, n=n),
        strict=True,
    ):
        settled = true.low == true.high  # not so where a ratio has nothing under it
        assert settled.mean() > 0.9
        assert np.all((seen.low <= true.low) & (true.high <= seen.high))
        assert np.array_equal(seen.passed[seen.decided], true.passed[seen.decided])
        assert 0.02 < seen.decided.mean() < 0.98, card.number
        assert np.all((seen.low >= 0) & (seen.high <= card.full))


def test_nothing_known_is_every_score_and_no_decision() -> None:
    for card, one in zip(CARDS, scores(CARDS, PROGRAM, columns={}, n=2), strict=True):
        assert one.low.max() <= 5, card.number  # 附件1 gives five points for any field
        assert one.high.tolist() == [card.full] * 2
        assert not one.decided.any()


def test_columns_for_the_rules_are_known_only_where_they_are_certain() -> None:
    card = next(card for card in CARDS if card.number == "PF-CXX")
    facts = [card.examples[0].facts, card.examples[2].facts, card.examples[3].facts]
    made = score_columns(CARDS, PROGRAM, columns=columns_from_facts(PROGRAM, facts), n=3)
    total, gate = made["创新型评价得分"], made["创新型评分达标"]
    assert total.known is not None
    assert gate.known is not None
    assert total.known.tolist() == [True, False, False]
    assert total.values[0] == 75
    assert gate.known.tolist() == [True, False, True]
    assert gate.values[gate.known].tolist() == [True, False]


def test_points_given_outside_their_range_are_no_points() -> None:
    position = next(i for i, card in enumerate(CARDS) if card.number == "PF-ZJTX")
    facts = [{"省定特色化得分": text} for text in ("15分", "16分", "-1分", "缺")]
    found = scores(CARDS, PROGRAM, columns=columns_from_facts(PROGRAM, facts), n=4)[position]
    low, high = found.items["省定特色化指标"]
    assert low.tolist() == [15, 0, 0, 0]
    assert high.tolist() == [15, 15, 15, 15]


# ---- what is refused ------------------------------------------------------------------------


def _refused(call: Callable[[], object]) -> JiqunError:
    with pytest.raises(JiqunError) as caught:
        call()
    return caught.value


def test_everything_wrong_with_a_card_is_told_at_once(tmp_path: Path) -> None:
    text = (FOLDER / SCORECARDS / "innovative-2022.yaml").read_text(encoding="utf-8")
    (tmp_path / SCORECARDS).mkdir()
    for old, new in (
        ("满分: 100分", "满分: 90分"),
        ("得分: 15分", "得分: 25分"),
        ("创新能力: 20分", "创新力: 20分"),
        ("总分: 创新型评价得分", "总分: 创新评价得分"),
    ):
        text = text.replace(old, new, 1)
    (tmp_path / SCORECARDS / "spoilt.yaml").write_text(text, encoding="utf-8")
    told = "\n".join(p.message_zh for p in _refused(lambda: scorecards(tmp_path)).fields)
    for expected in ("总满分", "超过满分", "由高到低", "创新力", "创新评价得分"):
        assert expected in told


def test_a_band_on_an_unknown_field_is_refused(tmp_path: Path) -> None:
    text = (FOLDER / SCORECARDS / "technology-sme.yaml").read_text(encoding="utf-8")
    (tmp_path / SCORECARDS).mkdir()
    spoilt = text.replace("二类知识产权数 >= 4项", "二类知产数 >= 4项")
    (tmp_path / SCORECARDS / "spoilt.yaml").write_text(spoilt, encoding="utf-8")
    error = _refused(lambda: scorecards(tmp_path))
    assert error.code == "E-RULE-FIELD"
    assert "二类知产数" in error.message_zh
