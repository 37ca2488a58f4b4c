"""统一社会信用代码: both check characters, against the standards' own arithmetic."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jiqun.facts.values.uscc import ALPHABET, check, normalise, valid

# Computed from GB 32100-2015 and GB 11714-1997 (both checks); the third has X inside 9–17.
VALID = ("91350100M000100Y43", "914403001922038216", "11370881004339597L")


def _one(code: str) -> str:
    return check(pl.Series([code], dtype=pl.String))[0]


@pytest.mark.parametrize("code", VALID)
def test_published_codes_are_valid(code: str) -> None:
    assert valid(code)


@pytest.mark.parametrize(
    "written",
    [" 91350100m000100y43", "９１３５０１００Ｍ０００１００Ｙ４３", "91350100 M000100Y 43"],
)
def test_width_case_and_spaces_do_not_matter(written: str) -> None:
    assert valid(written)
    frame = pl.DataFrame({"c": [written]}).select(normalise(pl.col("c")))
    assert frame.item() == "91350100M000100Y43"


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("91350100M000100Y44", "E-USCC-CHECK"),
        ("9135010OM000100Y43", "E-USCC-CHARACTER"),
        ("91350100M000100Y4", "E-USCC-LENGTH"),
        ("350100100012345", "E-USCC-LENGTH"),
        ("9.13501E+17", "E-CODE-AS-NUMBER"),
        ("914403001922038000", "E-USCC-CHECK"),
    ],
)
def test_says_which_check_failed(code: str, problem: str) -> None:
    assert _one(code) == problem


def _recheck(body: str) -> str:
    """Position 18 for 17 characters, written out as the standard does."""
    total = sum(ALPHABET.index(char) * (3**i % 31) for i, char in enumerate(body))
    return body + ALPHABET[(31 - total % 31) % 31]


def test_organisation_code_is_checked_on_its_own() -> None:
    # Position 17 wrong, position 18 made right again: only GB 11714 can notice.
    wrong = _recheck("91350100M000100Y" + "5")
    assert _one(wrong) == "E-USCC-ORGANISATION"


@given(st.sampled_from(VALID), st.integers(0, 17), st.sampled_from(ALPHABET))
def test_every_single_character_error_is_caught(code: str, place: int, char: str) -> None:
    changed = code[:place] + char + code[place + 1 :]
    assert valid(changed) == (changed == code)


def test_a_million_codes_and_nulls_keep_their_order() -> None:
    codes = pl.Series([VALID[0], None, "x", VALID[1]] * 250_000, dtype=pl.String)
    found = check(codes)
    assert found.head(4).to_list() == ["", "", "E-USCC-LENGTH", ""]
    assert (found == "").sum() == 750_000
