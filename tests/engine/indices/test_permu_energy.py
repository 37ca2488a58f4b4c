"""Energy in tonnes of coal equivalent: the worked example both ways, and what is unknown."""

from __future__ import annotations

import numpy as np
import pytest

from jiqun.engine.indices.energy import coal_equivalent
from jiqun.engine.indices.quantities import Figure
from jiqun.errors import JiqunError
from jiqun.rules import loader
from tests.engine.indices.permu_county import figure

COEFFICIENTS = loader.pack("energy", "gbt2589-2020").values({"electricity.equivalent": 0.302})


@pytest.mark.parametrize(("way", "tce"), [("calorific", 250.6955), ("equivalent", 465.6155)])
def test_electricity_and_gas(way: str, tce: float) -> None:
    """1.2 GWh and 85,000 m³ of gas (GB/T 2589-2020)."""
    amounts = {"electricity": figure([1_200_000_000]), "natural_gas": figure([85_000_000])}
    found = coal_equivalent(amounts, COEFFICIENTS, electricity=way)
    assert found.value[0] / 1e6 == pytest.approx(tce, abs=1e-9)


def test_every_coefficient_is_its_heating_value_over_that_of_coal() -> None:
    """29,307.6 kJ/kg; lower heating values in kJ as the standard's annex lists them."""
    values = {"raw_coal": 20_934, "coke": 28_470, "crude_oil": 41_868, "diesel": 42_705,
              "petrol": 43_124, "lpg": 50_242, "electricity.calorific": 3_600}  # fmt: skip
    for name, kilojoules in values.items():
        assert COEFFICIENTS[name] == pytest.approx(kilojoules / 29_307.6, abs=1e-4), name


def test_one_unknown_carrier_makes_the_whole_unknown() -> None:
    amounts = {
        "electricity": figure([1_000_000, 1_000_000]),
        "diesel": Figure(np.array([0, 0]), np.array([True, False])),
    }
    found = coal_equivalent(amounts, COEFFICIENTS, electricity="calorific")
    assert found.known.tolist() == [True, False]
    assert found.value.tolist() == [122_900, 0]


def test_what_cannot_be_converted_is_named_at_once() -> None:
    amounts = {
        "peat": figure([1]),
        "diesel": figure([-1]),
        "electricity": figure([10**14]),
    }
    with pytest.raises(JiqunError) as caught:
        coal_equivalent(amounts, COEFFICIENTS, electricity="calorific")
    assert caught.value.code == "E-PERMU-ENERGY"
    assert [one.column for one in caught.value.fields] == ["peat", "diesel", "electricity"]
    with pytest.raises(JiqunError):
        coal_equivalent({}, COEFFICIENTS, electricity="calorific")
