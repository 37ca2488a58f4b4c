"""``county.toml``: every mistake at once, with the nearest right word."""

from __future__ import annotations

from pathlib import Path

import pytest

from jiqun.errors import JiqunError
from jiqun.facts.contract import contracts
from jiqun.facts.load import county_file
from jiqun.facts.load.mapping import nearest

GOOD = """
[county]
name = "x"
root = "data"
[[table]]
file = "a.csv"
contract = "industry_cell"
source = "s"
columns = { industry = ["行业代码", "代码"], place = { join = ["县", "镇"], with = "/" } }
measures = [{ column = "人数", measure = "employment", unit = "人" }]
keep = { "年" = "2025" }
"""


def _codes(text: str) -> dict[str, str]:
    with pytest.raises(JiqunError) as failure:
        county_file.parse(text, folder=Path("/x"))
    return {
        problem.value: f"{problem.code} {problem.message_en}" for problem in failure.value.fields
    }


def test_reads_every_part() -> None:
    county = county_file.parse(GOOD, folder=Path("/x"))
    table = county.tables[0]
    assert county.root == Path("/x/data")
    assert table.columns["industry"].headings == ("行业代码", "代码")
    assert table.columns["place"].join == ("县", "镇")
    assert table.measures[0].set == {"measure": "employment"}
    assert table.keep == {"年": ("2025",)}


def test_fingerprint_changes_with_the_mapping() -> None:
    one = county_file.parse(GOOD, folder=Path("/x")).tables[0]
    two = county_file.parse(GOOD.replace("人数", "员工"), folder=Path("/x")).tables[0]
    assert one.fingerprint() != two.fingerprint()


def test_every_mistake_is_reported_at_once_with_the_nearest_word() -> None:
    text = """
[county]
nam = "x"
[[table]]
file = "a.csv"
contract = "industry_cel"
source = "s"
colums = { }
[[table]]
file = "b.csv"
contract = "industry_cell"
source = "s"
columns = { industri = "代码" }
unit = "斛"
[[table]]
file = "c.csv"
contract = "place"
source = "s"
absent = "never"
skip = "two"
"""
    found = _codes(text)
    assert found["nam"].startswith("E-MAPPING-KEY")
    assert "name" in found["nam"]
    assert "columns" in found["colums"]
    assert "industry_cell" in found["industry_cel"]
    assert found["industri"].startswith("E-MAPPING-COLUMN")
    assert "industry" in found["industri"]
    assert found["斛"].startswith("E-UNIT")
    assert found["never"].startswith("E-MAPPING-VALUE")
    assert found["two"].startswith("E-MAPPING-VALUE")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[county", "E-MAPPING-SYNTAX"),
        ("[[table]]\nunits = { 产值 = '万元' }\n", "E-MAPPING-SYNTAX"),
        ("[county]\nname = 'x'\n", "E-MAPPING-VALUE"),
        ("[[table]]\ncontract = 'place'\n", "E-MAPPING-VALUE"),
        ("[[table]]\ncontract='place'\nsource='s'\nfile='f'\nkeep={a='re:['}\n", "E-MAPPING-VALUE"),
        (
            "[[table]]\ncontract='place'\nsource='s'\nfile='f'\nmelt={to='level'}\n",
            "E-MAPPING-VALUE",
        ),
    ],
)
def test_single_mistakes(text: str, code: str) -> None:
    with pytest.raises(JiqunError) as failure:
        county_file.parse(text, folder=Path("/x"))
    assert code in {problem.code for problem in failure.value.fields}


def test_a_folder_without_mapping_says_what_to_write(tmp_path: Path) -> None:
    with pytest.raises(JiqunError) as failure:
        county_file.load(tmp_path)
    assert failure.value.code == "E-MAPPING-FILE"
    assert "load-your-county" in failure.value.hint_en


def test_nearest_offers_nothing_for_nonsense() -> None:
    assert nearest("qqqqqq", contracts()) == ""
    assert nearest("industrycell", contracts()) == "industry_cell"


@pytest.mark.parametrize("name", ["us", "china-io", "factories"])
def test_the_shipped_mappings_are_valid(name: str) -> None:
    folder = Path(__file__).resolve().parents[2] / "examples" / "counties" / name
    assert county_file.load(folder).tables
