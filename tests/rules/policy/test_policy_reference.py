"""The page of the packs says what the packs say."""

from __future__ import annotations

import re
from pathlib import Path

from jiqun.engine.rules.program.compile import load_policy
from jiqun.rules.policies import WORDINGS, field_dictionary
from jiqun.rules.reference import BEGIN, END, PAGE, policy_tables
from tests.rules.policy.cases import POLICIES

TEXT = (Path(__file__).parents[3] / "docs" / "reference" / PAGE).read_text(encoding="utf-8")


def test_the_tables_are_current() -> None:
    written = TEXT.partition(BEGIN)[2].partition(END)[0]
    assert written.strip() == policy_tables().strip()
    for policy in POLICIES:
        assert f"`{policy.key}`" in written


def test_the_words_of_the_page_are_those_of_the_loader() -> None:
    rows = [line.split("|")[1:-1] for line in TEXT.splitlines() if re.match(r"\| [0-4] ", line)]
    for code, row in enumerate(rows):
        told = [cell.strip() for cell in row[1:]]
        assert told == [WORDINGS[wording][code].zh for wording in ("兑付", "认定", "划分")]
    assert len(rows) == 5


def test_the_template_of_the_page_loads() -> None:
    template = TEXT.partition("```yaml\n")[2].partition("```")[0]
    policy = load_policy(template, field_dictionary(), file="template.yaml")
    assert policy.automatic
