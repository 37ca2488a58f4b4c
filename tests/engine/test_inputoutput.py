"""Input–output identities, and the official tables of China and the United States."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from jiqun.engine.regional import inputoutput as io
from jiqun.engine.regional import linkages as ln
from jiqun.errors import JiqunError

FINAL_USE = ("FU101", "FU102", "FU103", "FU201", "FU202", "EX", "ERR")


def small_table() -> io.IOTable:
    """Two sectors of Miller and Blair, chapter 2: outputs 1000 and 2000."""
    flows = np.array([[150.0, 500.0], [200.0, 100.0]])
    return io.IOTable(
        codes=("1", "2"),
        intermediate=flows,
        final=np.array([350.0, 1700.0]),
        value_added=np.array([650.0, 1400.0]),
        output=np.array([1000.0, 2000.0]),
    )


def read_china(folder: Path, name: str, sectors: int) -> io.IOTable:
    frame = pl.read_csv(folder / "china_io" / name, infer_schema_length=1000).fill_null(0.0)
    codes = frame.columns[3 : 3 + sectors]
    body = frame.head(sectors)
    uses = [column for column in FINAL_USE if column in frame.columns]
    added = frame.filter(pl.col("Code") == "TVA").select(codes).to_numpy()[0]
    return io.IOTable(
        codes=tuple(codes),
        intermediate=body.select(codes).to_numpy(),
        final=body.select(uses).to_numpy().sum(axis=1),
        value_added=added,
        output=body["GO"].to_numpy(),
        imports=body["IM"].to_numpy(),
        exports=body["EX"].to_numpy(),
    )


def test_leontief_inverse_of_the_textbook() -> None:
    """Miller and Blair (2009), section 2.3: L = [[1.254, .330], [.264, 1.122]]."""
    table = small_table()
    assert io.check_balance(table) == []
    A = io.technical_coefficients(table.intermediate, table.output)
    assert pytest.approx(np.array([[0.15, 0.25], [0.2, 0.05]])) == A
    L = io.leontief_inverse(A)
    assert pytest.approx(np.array([[1.2541, 0.33], [0.264, 1.1221]]), abs=5e-5) == L
    assert L @ np.array([600.0, 1500.0]) == pytest.approx([1247.5, 1841.6], abs=0.05)
    assert L @ table.final == pytest.approx(table.output)


def test_ghosh_explains_output_by_value_added() -> None:
    table = small_table()
    G = io.ghosh_inverse(io.allocation_coefficients(table.intermediate, table.output))
    assert table.value_added @ G == pytest.approx(table.output)
    assert ln.forward_linkages(G).mean() == pytest.approx(1.0)


def test_imbalance_names_sector_side_and_size() -> None:
    table = small_table()
    wrong = replace(table, final=np.array([350.0, 1690.0]), value_added=np.array([650.0, np.nan]))
    problems = io.check_balance(wrong)
    assert [(p.column, "row" in p.message_en) for p in problems] == [("2", True), ("2", False)]
    assert problems[0].value == "-10"
    with pytest.raises(JiqunError) as caught:
        io.require_balance(wrong)
    assert caught.value.code == "E-IO-UNBALANCED"
    assert len(caught.value.fields) == 2
    io.require_balance(table)


def test_unproductive_sector_is_named() -> None:
    A = np.array([[0.2, 0.6], [0.3, 0.5]])
    with pytest.raises(JiqunError) as caught:
        io.leontief_inverse(A, ["ok", "subsidised"])
    assert caught.value.code == "E-IO-NOT-PRODUCTIVE"
    assert [p.column for p in caught.value.fields] == ["subsidised"]
    with pytest.raises(JiqunError) as caught:
        io.leontief_inverse(np.array([[0.2, np.nan], [0.3, 0.1]]), ["a", "b"])
    assert caught.value.code == "E-IO-UNKNOWN"
    with pytest.raises(JiqunError) as caught:
        io.ghosh_inverse(np.array([[0.5, 0.6], [0.6, 0.5]]), ["a", "b"])
    assert caught.value.code == "E-IO-NOT-PRODUCTIVE"


def test_supply_use_models_keep_totals() -> None:
    rng = np.random.default_rng(0)
    make = np.diag(rng.uniform(50, 90, 4)) + rng.uniform(0, 5, (4, 4))
    use = rng.uniform(0, 8, (4, 4))
    output = make.sum(axis=1)
    A = io.industry_by_industry(use, make)
    assert (A * output).sum(axis=0) == pytest.approx(use.sum(axis=0))
    # Product balance: intermediate + final = production, under both technologies.
    production = make.sum(axis=0)
    for pure in (False, True):
        Ac = io.commodity_by_commodity(use, make, commodity_technology=pure)
        assert Ac @ production == pytest.approx(use.sum(axis=1))
    assert io.market_share_matrix(make).sum(axis=0) == pytest.approx(np.ones(4))
    with pytest.raises(JiqunError) as caught:
        io.commodity_by_commodity(use[:, :3], make[:3], commodity_technology=True)
    assert caught.value.code == "E-IO-NOT-SQUARE"


def test_import_proportionality() -> None:
    table = small_table()
    imports = np.array([100.0, 0.0])
    competitive = replace(
        table, final=table.final + imports, imports=imports, exports=np.array([50.0, 0.0])
    )
    assert io.check_balance(competitive) == []
    home = io.domestic_table(competitive)
    assert io.check_balance(home) == []
    assert home.imported is not None
    share = 100.0 / (650.0 + 450.0 - 50.0)
    assert home.imported[0] == pytest.approx(share * table.intermediate[0])
    assert home.imported[1] == pytest.approx([0.0, 0.0])
    A = io.technical_coefficients(home.intermediate, home.output)
    content = ln.value_added_multipliers(io.leontief_inverse(A), home.value_added, home.output)
    assert (content < 1.0).all()
    assert io.domestic_table(home) is home
    with pytest.raises(JiqunError) as caught:
        io.domestic_table(table)
    assert caught.value.code == "E-IO-NO-IMPORTS"


def test_propagation_length_equals_its_series() -> None:
    A = np.array([[0.1, 0.2, 0.0], [0.0, 0.1, 0.3], [0.0, 0.0, 0.2]])
    lengths = ln.average_propagation_lengths(io.leontief_inverse(A))
    power, weighted, total = np.eye(3), np.zeros((3, 3)), np.zeros((3, 3))
    for k in range(1, 200):
        power = power @ A
        weighted, total = weighted + k * power, total + power
    connected = total > 0
    assert lengths[connected] == pytest.approx(weighted[connected] / total[connected])
    assert np.isnan(lengths[~connected]).all()


def test_requirement_shares() -> None:
    L = io.leontief_inverse(np.array([[0.1, 0.2], [0.3, 0.0]]))
    shares = ln.total_requirement_shares(L)
    assert shares.sum(axis=0) == pytest.approx([1.0, 1.0])
    assert shares[1, 0] == pytest.approx(L[1, 0] / (L[0, 0] - 1 + L[1, 0]))
    assert ln.total_requirement_shares(np.eye(2)).tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert ln.output_multipliers(L) == pytest.approx(L.sum(axis=0))


def separate_extractions(A: np.ndarray, final: np.ndarray) -> np.ndarray:
    total = np.linalg.solve(np.eye(final.size) - A, final).sum()
    losses = np.empty(final.size)
    for k in range(final.size):
        keep = np.arange(final.size) != k
        rest = np.eye(final.size - 1) - A[np.ix_(keep, keep)]
        losses[k] = total - np.linalg.solve(rest, final[keep]).sum()
    return losses


def test_extraction_in_closed_form_equals_separate_solves() -> None:
    A = np.random.default_rng(1).dirichlet(np.ones(41), 40)[:, :40].T * 0.7
    final = np.random.default_rng(2).uniform(1, 9, 40)
    L = io.leontief_inverse(A)
    losses = ln.extraction_losses(L, final)
    assert np.abs(losses - separate_extractions(A, final)).max() < 1e-14 * (L @ final).sum()
    by_sector = ln.extraction_loss_by_sector(L, final)
    assert by_sector.sum(axis=0) == pytest.approx(losses)
    assert np.diag(by_sector) == pytest.approx(L @ final)


CHINA = [
    ("china_io_2012_139.csv.gz", 139, 53.68),
    ("china_io_2015_42.csv.gz", 42, 68.03),
    ("china_io_2017_149.csv.gz", 149, 82.32),
    ("china_io_2018_153.csv.gz", 153, 92.21),
]


@pytest.mark.shared
@pytest.mark.parametrize(("name", "sectors", "trillion"), CHINA)
def test_china_balances(shared_data: Path, name: str, sectors: int, trillion: float) -> None:
    table = read_china(shared_data, name, sectors)
    assert io.check_balance(table, tolerance=1e-9) == []
    assert table.value_added.sum() / 1e8 == pytest.approx(trillion, abs=5e-3)
    A = io.technical_coefficients(table.intermediate, table.output)
    assert 0.63 <= io.spectral_radius(A) <= 0.695
    assert table.imports is not None
    final = table.final - table.imports
    L = io.leontief_inverse(A, table.codes)
    gap = ln.extraction_losses(L, final) - separate_extractions(A, final)
    assert np.abs(gap).max() < 2e-15 * table.output.sum()
    assert io.check_balance(io.domestic_table(table)) == []
    wrong = replace(table, final=np.where(np.arange(sectors) == 3, 0.0, table.final))
    assert {problem.column for problem in io.check_balance(wrong)} == {table.codes[3]}


@pytest.mark.shared
def test_linkages_of_china_2018(shared_data: Path) -> None:
    table = read_china(shared_data, "china_io_2018_153.csv.gz", 153)
    frame = pl.read_csv(
        shared_data / "china_io" / "china_io_2018_153.csv.gz", infer_schema_length=999
    )
    names = frame["DescriptionInChinese"].to_list()
    L = io.leontief_inverse(io.technical_coefficients(table.intermediate, table.output))
    backward = ln.backward_linkages(L)
    assert names[int(np.argmax(backward))] == "计算机"
    assert backward.max() == pytest.approx(1.455, abs=5e-4)
    G = io.ghosh_inverse(io.allocation_coefficients(table.intermediate, table.output))
    forward = ln.forward_linkages(G)
    assert forward.max() == pytest.approx(3.662, abs=5e-4)
    assert int(((backward > 1) & (forward > 1)).sum()) == 31


@pytest.mark.shared
def test_united_states_402_industries(shared_data: Path) -> None:
    folder = shared_data / "us"
    use = pl.read_csv(folder / "bea2017_detail_use_pro_after_redef.csv.gz", infer_schema_length=999)
    make = pl.read_csv(
        folder / "bea2017_detail_make_after_redef.csv.gz", infer_schema_length=999
    ).filter(pl.col("industry") != "T007")
    stored = pl.read_parquet(folder / "bea2017_A_industry_by_industry.parquet")
    industries = make["industry"].to_list()
    goods = [column for column in make.columns[1:] if column != "T008"]
    inputs = use.filter(pl.col("commodity").is_in(goods)).select(industries).to_numpy()
    output = use.filter(pl.col("commodity") == "T008").select(industries).to_numpy()[0]
    A = io.industry_by_industry(inputs, make.select(goods).to_numpy(), industry_output=output)
    # The stored file is rounded to eight digits.
    assert np.abs(A - stored.select(industries).to_numpy()).max() <= 5.1e-9
    assert io.spectral_radius(A) == pytest.approx(0.494, abs=5e-4)
    with pytest.raises(JiqunError) as caught:
        io.leontief_inverse(A, industries)
    # Public enterprises whose subsidies make value added negative: inputs exceed output, so
    # every unit of their output would "create" more than itself upstream.
    wrong = {problem.column for problem in caught.value.fields}
    assert wrong == {"S00201", "S00102"}
    keep = np.array([code not in wrong for code in industries])
    L = io.leontief_inverse(A[np.ix_(keep, keep)])
    assert (np.diag(L) >= 1.0).all()
    assert 1.0 <= ln.output_multipliers(L).min() < ln.output_multipliers(L).max() < 3.5
