"""Energy in grams of coal equivalent by dated coefficients (折标煤, GB/T 2589-2020).

The coefficients come from a rule pack (topic ``energy``). Electricity counts by its calorific
value (当量) or by what thermal stations burn for it (等价), which changes every year.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from jiqun.engine.indices.exact import Ints, divided
from jiqun.engine.indices.quantities import Figure
from jiqun.errors import JiqunError, Problem

STEP = 100_000  # coefficients are whole 10⁻⁵ kgce per unit
MOST = 10**13  # amounts, in thousandths of a unit, whose product with a coefficient is exact


def coal_equivalent(
    amounts: Mapping[str, Figure], coefficients: Mapping[str, float], *, electricity: str
) -> Figure:
    """Return energy in g of coal equivalent (1 tce = 10⁶ g), each carrier rounded half up once.

    A unit of which one carrier is unknown is unknown; one that does not use a carrier has a
    known 0.

    Args:
        amounts: by carrier, whole thousandths of kg, m³, MJ or kWh (so g, L, kJ, Wh), (n,).
            Electricity is called ``electricity``.
        coefficients: kgce per kg, m³, MJ or kWh, at most five decimals; electricity as
            ``electricity.calorific`` and ``electricity.equivalent``.
        electricity: ``calorific`` (当量) or ``equivalent`` (等价).

    Raises:
        JiqunError: ``E-PERMU-ENERGY`` with every carrier that has no coefficient, every negative
            amount and every one beyond the exact range.
    """
    names = {
        name: f"electricity.{electricity}" if name == "electricity" else name for name in amounts
    }
    problems = [
        problem
        for name, key in names.items()
        for problem in _wrong(name, key, amounts, coefficients)
    ]
    if problems or not amounts:
        raise JiqunError(
            "E-PERMU-ENERGY",
            "能耗不能折算：" + "；".join(one.message_zh for one in problems),
            "energy cannot be converted: " + "; ".join(one.message_en for one in problems),
            hint_zh="请核对能源品种、计量单位和折标系数的版本。",
            hint_en="Check the carrier, its unit and the version of the coefficients.",
            fields=problems,
        )
    shape = next(iter(amounts.values())).value.shape
    sums: Ints = np.zeros(shape, dtype=np.int64)
    known = np.ones(shape, dtype=np.bool_)
    for name, figure in amounts.items():
        whole = round(coefficients[names[name]] * STEP)
        sums += divided(figure.clean() * whole, STEP)
        known &= figure.known
    return Figure(np.where(known, sums, 0), known)


def _wrong(
    name: str, key: str, amounts: Mapping[str, Figure], coefficients: Mapping[str, float]
) -> list[Problem]:
    found: list[Problem] = []
    if key not in coefficients:
        found.append(_problem(name, f"没有 {key} 的折标系数", f"no coefficient for {key}"))
    values = amounts[name].clean()
    if (values < 0).any():
        found.append(_problem(name, f"{name} 有负数", f"{name} has negative amounts"))
    if (values > MOST).any():
        found.append(
            _problem(name, f"{name} 数量过大，单位可能有误", f"{name} is too large; check its unit")
        )
    return found


def _problem(name: str, zh: str, en: str) -> Problem:
    return Problem("E-PERMU-ENERGY", zh, en, column=name)
