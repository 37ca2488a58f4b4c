"""Codes, classification, sizes and the input–output table of the demo county."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from jiqun.demo import codes, input_output, reference, sizes
from jiqun.facts.values import uscc


def _valid(code: str) -> bool:
    """GB 32100-2015 and GB 11714-1997 written out once more, without the project's own tables."""
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    weights = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28]
    total = sum(alphabet.index(c) * w for c, w in zip(code[:17], weights, strict=True))
    body = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    ninth = (
        11
        - sum(body.index(c) * w for c, w in zip(code[8:16], [3, 7, 9, 10, 5, 8, 4, 2], strict=True))
        % 11
    )
    expected = {10: "X", 11: "0"}.get(ninth, str(ninth))
    return alphabet[(31 - total % 31) % 31] == code[17] and expected == code[16]


def test_the_check_of_this_file_knows_a_right_and_a_wrong_code() -> None:
    assert _valid("91350100M000100Y43")
    assert not _valid("91350100M000100Y44")
    assert not _valid("91350100M000100143")


def test_issued_codes_are_valid_different_and_of_the_invented_region() -> None:
    issued = codes.issue("990101", 3000) + codes.issue("990101", 500, start=3000)
    assert len(set(issued)) == 3500
    assert all(_valid(code) and code.startswith("91990101MA") for code in issued)
    assert (uscc.check(pl.Series(issued)) == "").all()


def test_classification_has_every_manufacturing_group_and_sound_parents() -> None:
    table = reference.industries()
    by_level = dict(table.group_by("level").len().iter_rows())
    divisions = [code for code in table["code"] if len(code) == 2 and code.isdigit()]
    assert [code for code in divisions if "13" <= code <= "43"] == [str(i) for i in range(13, 44)]
    assert by_level == {1: 7, 2: 42, 3: 198, 4: 28}
    known = {*table["code"]}
    assert {*table["parent"].drop_nulls()} <= known
    assert table.filter(pl.col("parent").is_null())["level"].unique().to_list() == [1]


@pytest.mark.shared
def test_codes_and_names_agree_with_the_standard(shared_data: Path) -> None:
    path = shared_data / "china_codes" / "gbt4754_2017.csv"
    with path.open(encoding="utf-8-sig") as file:
        known = {row["code"]: row["name"].replace(" ", "") for row in csv.DictReader(file)}
    # The copy cuts names at twenty characters; a name must begin as the copy does.
    ours = reference.industries().select("code", "name_zh").iter_rows()
    wrong = [(c, n, known.get(c)) for c, n in ours if not n.startswith(known.get(c, "?"))]
    assert not wrong
    groups = {code for code in known if len(code) == 3 and "13" <= code[:2] <= "43"}
    assert groups <= {*reference.groups()}


def test_concordance_weights_sum_to_one_and_reach_every_goods_sector() -> None:
    table = reference.concordance()
    sums = table.group_by("from_code").agg(pl.col("weight").sum())
    assert {*sums["from_code"]} == {*reference.groups()}
    assert np.allclose(sums["weight"], 1.0)
    assert (table["weight"] < 1).sum() == 10  # five groups are split over two sectors
    goods = {f"{i:02d}" for i in range(3, 38)}
    assert goods <= {*table["to_code"]}


def test_input_output_table_balances_in_whole_units() -> None:
    table = input_output.build(np.random.default_rng(7))
    rows = table.flows.sum(axis=1) + table.final.sum(axis=1) + table.export - table.imports
    assert (rows + table.error == table.output).all()
    assert (table.flows.sum(axis=0) + table.value_added.sum(axis=0) == table.output).all()
    assert np.abs(table.error).max() <= 30  # rounding only
    assert (table.value_added > 0).all()
    radius = np.abs(np.linalg.eigvals(table.coefficients)).max()
    assert radius == pytest.approx(0.65, abs=1e-6)


def test_the_sock_chain_is_in_the_coefficients() -> None:
    table = input_output.build(np.random.default_rng(7))
    A = table.coefficients
    at = {code: i for i, code in enumerate(table.codes)}
    knitting = A[:, at["07"]]
    largest = {table.codes[i] for i in np.argsort(-knitting)[:4]}
    assert largest >= {"04", "21", "05"}  # yarn, fibres, finishing
    assert A[at["07"], at["10"]] > 0.1  # accessories take knitted goods
    assert A[at["17"], at["21"]] > 0.3  # fibres are made of synthetic materials


@pytest.mark.parametrize(
    ("group", "staff", "revenue", "expected"),
    [  # 国统字〔2017〕213号; the first five are worked vectors of the rule
        ("176", 1000, 40000, "large"),
        ("176", 1200, 39999, "medium"),
        ("176", 300, 1999, "small"),
        ("176", 19, 50000, "micro"),
        ("176", 20, 300, "small"),
        ("513", 20, 5000, "medium"),
        ("529", 9, 20000, "micro"),
        ("651", 300, 10000, "large"),
        ("745", 10, 0, "small"),
        ("725", 400, 90000, None),  # leasing and business services need assets: unknown
    ],
)
def test_size_class(group: str, staff: int, revenue: int, expected: str | None) -> None:
    found = sizes.scale(
        pl.Series([group]), pl.Series([staff]), pl.Series([revenue]), known=pl.Series([True])
    )
    assert found.to_list() == [expected]


def test_size_of_a_firm_without_reports_is_unknown() -> None:
    found = sizes.scale(
        pl.Series(["176"]), pl.Series([0]), pl.Series([0]), known=pl.Series([False])
    )
    assert found.to_list() == [None]
