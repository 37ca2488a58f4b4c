"""The reference of the rule language says what the parser does, word for word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from jiqun.engine.rules.document.policies import KEYS
from jiqun.engine.rules.language import syntax
from jiqun.engine.rules.language.parser import parse_condition
from jiqun.engine.rules.language.units import SCALES, UNITS
from jiqun.engine.rules.language.words import PERIODS, WORDS, period
from jiqun.engine.rules.program.compile import load_policy
from jiqun.errors import JiqunError, Problem
from jiqun.rules.policies import field_dictionary

PAGE = (Path(__file__).parents[3] / "docs/reference/rule-language.md").read_text(encoding="utf-8")
DICTIONARY = field_dictionary()
DOCUMENT = """\
编号: A
名称: 例
施行日期: 2026-01-01
条件:
  - {{编号: c1, 表达式: "{}", 依据: 第一条}}
"""


def rows(section: str) -> Iterator[list[str]]:
    """Cells of the table under a heading, without its head."""
    text = PAGE.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("|")]
    for line in lines[2:]:
        yield [cell.strip() for cell in line.strip("|").split("|")]


@pytest.mark.parametrize("row", [*rows("Conditions")], ids=lambda row: row[0])
def test_every_example_is_kept_as_the_page_says(row: list[str]) -> None:
    written, kept = (cell.strip("`") for cell in row[:2])
    read = parse_condition(written, names=DICTIONARY.words)
    assert not isinstance(read, Problem), read
    assert syntax.text(read) == kept
    again = parse_condition(kept, names=DICTIONARY.words)
    assert again == read


@pytest.mark.parametrize("row", [*rows("What is refused")], ids=lambda row: row[0])
def test_what_the_page_says_is_refused_is(row: list[str]) -> None:
    with pytest.raises(JiqunError) as caught:
        load_policy(DOCUMENT.format(row[0].strip("`")), DICTIONARY)
    (code,) = re.findall(r"\[(E-[A-Z-]+)\]", row[1])
    assert caught.value.fields[0].code == code


def test_every_word_and_no_other_is_listed() -> None:
    listed = {
        word: row[1].strip("`") for row in rows("Words") for word in re.findall("`([^`]+)`", row[2])
    }
    assert listed == {word: value for word, (_, value) in WORDS.items()}


def test_every_period_is_listed_with_what_it_is_called_otherwise() -> None:
    listed = list(rows("Periods"))
    assert {row[0].strip("`"): (row[1], int(row[2])) for row in listed} == {
        name: (one.kind, one.back) for name, one in PERIODS.items()
    }
    for row in listed:
        assert {period(word.strip()) for word in row[3].split("·") if word.strip()} <= {
            row[0].strip("`")
        }


def test_every_unit_scale_and_key_is_listed() -> None:
    assert [row[0] for row in rows("Units")] == [unit.name for unit in UNITS]
    assert [row[2] for row in rows("Units")] == [str(unit.factor) for unit in UNITS]
    assert f"Scales: {'、'.join(SCALES)}." in PAGE
    assert "、".join(f"`{key}`" for key in KEYS) in PAGE
