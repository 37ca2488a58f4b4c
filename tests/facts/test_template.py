"""Templates and generated reference pages."""

from __future__ import annotations

import io
import re
from pathlib import Path

import openpyxl
import pytest

from jiqun.facts.contract import contracts
from jiqun.facts.messages import messages, problem
from jiqun.facts.read.raw import Options
from jiqun.facts.read.tables import read_bytes
from jiqun.facts.template import (
    ABOUT_SHEET,
    DATA_SHEET,
    EXAMPLE_SHEET,
    contracts_page,
    errors_section,
    units_table,
    workbook,
)
from tests.facts.messy import load

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "docs" / "reference"
FACTS = ROOT / "jiqun" / "facts"
CODE = re.compile(r'"([EIW]-[A-Z0-9-]*[A-Z0-9])"')
READING = ("read/*.py", "load/*.py", "values/*.py", "intake/*.py")
# Raised with words of their own, because they are about a request and not about a cell.
REQUESTS = {"E-INTAKE-BLOCKED", "E-INTAKE-STALE", "E-INTAKE-DAMAGED"}


def test_the_reference_of_contracts_is_up_to_date() -> None:
    assert (REFERENCE / "contracts.md").read_text(encoding="utf-8") == contracts_page()


def test_the_reference_of_codes_is_up_to_date() -> None:
    assert errors_section() in (REFERENCE / "errors.md").read_text(encoding="utf-8")


def test_the_reference_of_units_is_up_to_date() -> None:
    assert units_table() in (REFERENCE / "quantities.md").read_text(encoding="utf-8")


def test_every_code_in_the_source_has_a_message_and_every_message_is_used() -> None:
    sources = [path.read_text(encoding="utf-8") for glob in READING for path in FACTS.glob(glob)]
    used = {code for text in sources for code in CODE.findall(text)}
    # Made from the kind of reference: E-PLACE-UNKNOWN, E-FIRM-UNKNOWN.
    used |= {"E-PLACE-UNKNOWN", "E-FIRM-UNKNOWN"}
    assert used - REQUESTS == set(messages())


@pytest.mark.parametrize("code", sorted(messages()))
def test_messages_are_complete_in_both_languages(code: str) -> None:
    text = messages()[code]
    assert re.search(r"[\u4e00-\u9fff]", text.message_zh)
    assert re.search(r"[\u4e00-\u9fff]", text.remedy_zh)
    assert re.search(r"[a-z]", text.message_en)
    assert re.search(r"[a-z]", text.remedy_en)
    made = problem(code, value="V", extra="X", column="C")
    assert "{" not in made.message_zh + made.message_en


@pytest.mark.parametrize("name", sorted(contracts()))
def test_template_has_every_heading_and_no_row(name: str) -> None:
    spec = contracts()[name]
    raw = read_bytes(workbook(spec), file="t.xlsx")
    assert [item.clean for item in raw.headings] == [column.zh for column in spec.columns]
    assert raw.frame.height == 0  # an example row left in place would become a fact
    assert (raw.sheet, raw.others, raw.aside) == (DATA_SHEET, (), ())


@pytest.mark.parametrize("name", sorted(contracts()))
def test_template_offers_lists_and_an_example(name: str) -> None:
    spec = contracts()[name]
    book = openpyxl.load_workbook(io.BytesIO(workbook(spec)))
    assert book.sheetnames == [DATA_SHEET, EXAMPLE_SHEET, ABOUT_SHEET]
    lists = [c for c in spec.columns if c.type in ("enum", "bool")]
    assert len(book[DATA_SHEET].data_validations.dataValidation) == len(lists)
    example = read_bytes(workbook(spec), file="t.xlsx", options=Options(sheet=EXAMPLE_SHEET))
    assert example.frame.height == 1
    described = [row[1].value for row in book[ABOUT_SHEET].iter_rows(min_row=5)]
    assert described == list(spec.names)


@pytest.mark.parametrize("name", ["place", "industry", "firm", "concordance", "industry_cell"])
def test_the_example_row_of_a_template_loads_without_any_mapping(name: str, tmp_path: Path) -> None:
    table = f'[[table]]\nfile = "t.xlsx"\ncontract = "{name}"\nsource = "t"\nsheet = "{EXAMPLE_SHEET}"\n'
    report, _ = load(tmp_path, table, {"t.xlsx": workbook(contracts()[name])})
    found = next(one for one in report.tables if one.file == "t.xlsx")
    codes = set(found.codes or {})
    assert found.received == 1
    # The examples name places and parents that the test county does not have.
    assert codes <= {"E-PLACE-UNKNOWN", "E-PARENT-UNKNOWN", "E-CODE-UNKNOWN"}
    assert not [p for p in found.problems if p.code == "E-COLUMN-MISSING"]
