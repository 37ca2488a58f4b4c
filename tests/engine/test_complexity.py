"""Relatedness and complexity against hand-worked answers and brute-force definitions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from threadpoolctl import threadpool_limits

from jiqun.engine.regional import binary
from jiqun.engine.regional import complexity as c
from jiqun.errors import JiqunError

HAND = np.array([[1, 1, 0], [1, 0, 1], [0, 1, 1], [1, 1, 1]])


def nested_table(regions: int, industries: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    size = rng.lognormal(0, 1.0, regions)[:, None] * rng.lognormal(0, 1.0, industries)
    kinds = rng.normal(size=(regions, 4)) @ rng.normal(size=(4, industries))
    return size * np.exp(0.4 * kinds + 0.7 * rng.normal(size=(regions, industries)))


def slow_measures(X: np.ndarray) -> dict[str, np.ndarray]:
    """The definitions, written with the dense non-symmetric eigenproblem."""
    share = X / X.sum(axis=1, keepdims=True) / (X.sum(axis=0) / X.sum())
    M = (share >= 1).astype(float)
    d, u = M.sum(axis=1), M.sum(axis=0)
    with threadpool_limits(1):
        values, vectors = np.linalg.eig((M / u).T @ (M / d[:, None]))
    pci = np.real(vectors[:, np.argsort(-values.real)[1]])
    eci = (M / d[:, None]) @ pci
    sign = np.sign(np.corrcoef(d, eci)[0, 1])
    eci, pci = eci * sign, pci * sign
    both = M.T @ M
    phi = np.minimum(both / u, both / u[:, None])
    density = M @ (phi / phi.sum(axis=0))
    coi = (density * (1 - M)) @ pci
    gain = (1 - M) * ((1 - M) @ (phi * (pci / phi.sum(axis=0))[:, None])) / eci.std()
    return {
        "rca": share,
        "proximity": phi,
        "density": density,
        "eci": (eci - eci.mean()) / eci.std(),
        "pci": (pci - eci.mean()) / eci.std(),
        "coi": (coi - coi.mean()) / coi.std(),
        "cog": gain,
    }


def test_hand_worked_proximity_and_density() -> None:
    phi = c.proximity(HAND)
    assert phi == pytest.approx(np.where(np.eye(3, dtype=bool), 1.0, 2 / 3), abs=1e-12)
    only_first = np.array([[1, 0, 0]])
    assert c.relatedness_density(only_first, phi, include_self=False)[0, 2] == pytest.approx(0.5)
    assert c.relatedness_density(only_first, phi)[0, 2] == pytest.approx(2 / 7)


@pytest.mark.parametrize("shape", [(60, 40), (40, 60), (500, 320), (320, 500)])
def test_seven_measures_equal_their_definitions(shape: tuple[int, int]) -> None:
    X = nested_table(*shape)
    found, expected = c.complexity(X), slow_measures(X)
    for name, values in expected.items():
        assert np.abs(getattr(found, name) - values).max() < 1e-9, name


def test_single_functions_agree_with_the_joint_pass() -> None:
    X = nested_table(150, 60)
    joint = c.complexity(X)
    M = c.binary_specialisation(X)
    eci, pci, values = c.eci_pci(M)
    assert np.allclose(eci, joint.eci, atol=1e-10)
    assert np.allclose(pci, joint.pci, atol=1e-10)
    assert values == pytest.approx(joint.eigenvalues)
    assert np.allclose(c.relatedness_density(M, c.proximity(M)), joint.density, atol=1e-12)
    # The joint pass takes the unshifted index; the shift adds the gain of a constant index.
    constant = c.cog(M, joint.proximity, np.ones(60))
    offset = (joint.cog - c.cog(M, joint.proximity, pci))[~M] / constant[~M]
    assert np.ptp(offset) < 1e-9
    # ECI is the mean PCI of what a region has.
    assert np.allclose((M @ joint.pci) / M.sum(axis=1), joint.eci, atol=1e-9)


def test_outlook_functions_equal_their_formulas() -> None:
    M = np.array([[1, 1, 0, 0], [1, 0, 1, 0], [0, 1, 1, 1]])
    phi, pci = c.proximity(M), np.array([0.5, -1.0, 2.0, 1.0])
    density = c.relatedness_density(M, phi)
    total = phi.sum(axis=0)
    gain = np.zeros((3, 4))
    outlook = np.zeros(3)
    for r in range(3):
        for j in range(4):
            if not M[r, j]:
                outlook[r] += density[r, j] * pci[j]
                gain[r, j] = sum((1 - M[r, i]) * phi[i, j] * pci[i] / total[i] for i in range(4))
    assert np.allclose(c.coi(density, M, pci), outlook)
    assert np.allclose(c.cog(M, phi, pci), gain)


def test_product_of_mixed_density_is_exact() -> None:
    rng = np.random.default_rng(1)
    fill = rng.random((1100, 1)) * rng.random((1, 90)) * 1.6
    mask = rng.random((1100, 90)) < fill
    mask[5], mask[:, 7] = False, True
    weights = rng.normal(size=(90, 33))
    assert np.allclose(binary.binary_product(mask, weights), mask @ weights, atol=1e-12)


def test_identical_industries_need_a_large_enough_gap() -> None:
    blocks = np.kron(np.eye(3), np.ones((4, 4)))
    with pytest.raises(JiqunError) as caught:
        c.eci_pci(blocks)
    assert caught.value.code == "E-COMPLEXITY-DEGENERATE"
    assert "unconnected" in caught.value.message_en


def test_double_second_eigenvalue_is_refused() -> None:
    """Three blocks joined by one common industry: by symmetry the second value is double."""
    blocks = np.hstack((np.kron(np.eye(3), np.ones((4, 4))), np.ones((12, 1))))
    with pytest.raises(JiqunError) as caught:
        c.eci_pci(blocks)
    assert caught.value.code == "E-COMPLEXITY-DEGENERATE"
    assert "nearly equal" in caught.value.message_en


def test_double_eigenvalue_is_seen_by_the_iteration() -> None:
    """The same symmetry on the large side of the switch to block iteration."""
    rng = np.random.default_rng(2)
    part = rng.random((140, 120)) < 0.3
    blocks = np.hstack((np.kron(np.eye(3, dtype=bool), part), np.ones((420, 1), dtype=bool)))
    assert blocks.shape[1] > binary.DENSE_SIDE
    with pytest.raises(JiqunError) as caught:
        c.eci_pci(blocks)
    assert caught.value.code == "E-COMPLEXITY-DEGENERATE"


def test_unknown_is_refused_not_read_as_absent() -> None:
    X = nested_table(20, 10)
    X[3, 4] = np.nan
    for function in (c.complexity, c.binary_specialisation):
        with pytest.raises(JiqunError) as caught:
            function(X)
        assert caught.value.code == "E-COMPLEXITY-UNKNOWN"
    assert np.isnan(c.rca(X)[3, 4])
    X[3, 4] = -1.0
    with pytest.raises(JiqunError) as caught:
        c.complexity(X)
    assert caught.value.code == "E-COMPLEXITY-NEGATIVE"


def test_empty_rows_are_refused_where_no_result_can_be_nan() -> None:
    with pytest.raises(JiqunError) as caught:
        c.eci_pci(np.array([[1, 1, 0], [0, 0, 0], [1, 0, 1]]))
    assert caught.value.code == "E-COMPLEXITY-EMPTY"


def test_tiny_units_come_back_as_unknown() -> None:
    X = nested_table(80, 30)
    X[7] *= 1e-9
    X[:, 3] = 0.0
    limit = c.ComplexityOptions(min_region_total=1e-3)
    found = c.complexity(X, limit)
    keep_rows, keep_columns = np.arange(80) != 7, np.arange(30) != 3
    smaller = c.complexity(X[np.ix_(keep_rows, keep_columns)])
    assert np.isnan(found.eci[7])
    assert np.isnan(found.pci[3])
    assert np.isnan(found.density[:, 3]).all()
    assert not found.present[7].any()
    assert np.allclose(found.eci[keep_rows], smaller.eci)
    assert np.allclose(found.cog[np.ix_(keep_rows, keep_columns)], smaller.cog)
    assert found.eigenvalues == pytest.approx(smaller.eigenvalues)


def test_include_self_changes_only_the_measures_of_distance() -> None:
    X = nested_table(80, 30)
    with_self = c.complexity(X)
    without = c.complexity(X, c.ComplexityOptions(include_self=False))
    assert np.array_equal(with_self.eci, without.eci)
    absent = ~with_self.present
    assert (without.density[absent] >= with_self.density[absent]).all()


@pytest.mark.shared
def test_trade_fixture(shared_data: Path) -> None:
    frame = pl.read_parquet(shared_data / "trade" / "world_trade_avg_1998_2000_sitc4.parquet")
    table = (
        frame.pivot(on="product", index="country", values="value").fill_null(0.0).sort("country")
    )
    X = table.drop("country").to_numpy()
    assert X.shape == (226, 785)
    found, expected = c.complexity(X), slow_measures(X)
    for name, values in expected.items():
        assert np.abs(getattr(found, name) - values).max() < 1e-8, name
    names = np.array(table["country"])
    large = c.complexity(X, c.ComplexityOptions(min_region_total=float(np.median(X.sum(axis=1)))))
    ranked = names[np.argsort(-np.nan_to_num(large.eci, nan=-np.inf))][:12].tolist()
    assert {"jpn", "deu", "che", "swe"} <= set(ranked)
