"""Input–output tables: balance, coefficients, supply–use models and inverses.

Sources: Miller and Blair, *Input–Output Analysis* (2nd ed. 2009) for coefficients, inverses and
the supply–use models. What an inverse says is in :mod:`jiqun.engine.regional.linkages`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from jiqun.errors import JiqunError, Problem

Array = npt.NDArray[np.float64]


class Origin(StrEnum):
    """Whether the flows of a table contain imports (competitive) or not (non-competitive)."""

    COMPETITIVE = "competitive"
    DOMESTIC = "domestic"


@dataclass(frozen=True, slots=True)
class IOTable:
    """A symmetric table of n sectors, in one money unit.

    ``final`` contains exports, stock changes and any statistical discrepancy. In a competitive
    table ``imports`` is subtracted from the row; in a domestic one ``imported`` holds the
    imported inputs, which belong to the column.
    """

    codes: tuple[str, ...]
    intermediate: Array  # (n, n), row sells to column
    final: Array  # (n,)
    value_added: Array  # (n,)
    output: Array  # (n,)
    origin: Origin = Origin.COMPETITIVE
    imports: Array | None = None  # (n,)
    exports: Array | None = None  # (n,), the part of final that leaves the country
    imported: Array | None = None  # (n, n)


def check_balance(table: IOTable, *, tolerance: float = 1e-6) -> list[Problem]:
    """Return one problem per sector whose row or column does not add up to its output.

    Args:
        table: the table.
        tolerance: largest gap as a share of the sector's output; sectors below a thousandth of
            the mean output are measured against that thousandth.

    Returns:
        Problems with the sector's code in ``column`` and the gap in ``value``; empty if balanced.
    """
    rows = table.intermediate.sum(axis=1) + table.final
    if table.origin is Origin.COMPETITIVE and table.imports is not None:
        rows = rows - table.imports
    columns = table.intermediate.sum(axis=0) + table.value_added
    if table.imported is not None:
        columns = columns + table.imported.sum(axis=0)
    allowed = tolerance * np.maximum(np.abs(table.output), np.abs(table.output).mean() * 1e-3)
    sides = (("行", "row", "使用", "uses", rows), ("列", "column", "投入", "inputs", columns))
    return [
        _imbalance(table, k, total, words)
        for *words, total in sides
        # A comparison that is false for NaN as well: an unknown entry cannot balance.
        for k in np.flatnonzero(~(np.abs(total - table.output) <= allowed)).tolist()
    ]


def _imbalance(table: IOTable, k: int, total: Array, words: Sequence[str]) -> Problem:
    side_zh, side_en, what_zh, what_en = words
    code, made, used = table.codes[k], float(table.output[k]), float(total[k])
    return Problem(
        code="E-IO-UNBALANCED",
        message_zh=f"部门 {code} 的{side_zh}不平衡：{what_zh}合计 {used:,.6g}，"
        f"总产出 {made:,.6g}，相差 {used - made:,.6g}。",
        message_en=f"The {side_en} of sector {code} does not balance: {what_en} add up to "
        f"{used:,.6g}, output is {made:,.6g}, the gap is {used - made:,.6g}.",
        remedy_zh="检查单位、进口列与误差列，以及是否漏读行列或把小计当成部门。",
        remedy_en="Check the unit, the import and discrepancy columns, and whether a row or "
        "column was missed or a subtotal read as a sector.",
        column=code,
        value=f"{used - made:.6g}",
    )


def require_balance(table: IOTable, *, tolerance: float = 1e-6) -> None:
    """Raise E-IO-UNBALANCED listing every sector that does not balance.

    Raises:
        JiqunError: with one problem per sector and side in ``fields``.
    """
    problems = check_balance(table, tolerance=tolerance)
    if problems:
        worst = "、".join(dict.fromkeys(problem.column for problem in problems[:8]))
        raise JiqunError(
            "E-IO-UNBALANCED",
            f"投入产出表有 {len(problems)} 处不平衡（部门 {worst} 等）。",
            f"The input–output table does not balance in {len(problems)} places (sectors {worst}).",
            hint_zh="逐项查看下列部门与差额，更正后重新载入。",
            hint_en="See the sectors and gaps below, correct them and load again.",
            fields=problems,
        )


def domestic_table(table: IOTable) -> IOTable:
    """Turn a competitive table into a domestic one by import proportionality.

    Every user of a product is assumed to buy the same share of it from abroad:
    ``imports / (intermediate + final − exports)``; exports are assumed to be home-made. A share
    above 1 (re-export) is cut to 1, and the imports that this leaves over stay out of the table,
    so such a row no longer balances and :func:`check_balance` names it.

    Raises:
        JiqunError: E-IO-NO-IMPORTS when the table has no import column.
    """
    if table.origin is Origin.DOMESTIC:
        return table
    if table.imports is None:
        raise JiqunError(
            "E-IO-NO-IMPORTS",
            "竞争型投入产出表没有进口列，无法拆分国内与进口。",
            "The competitive table has no import column, so home and imported cannot be split.",
            hint_zh="请在映射中指明进口列。",
            hint_en="Name the import column in the mapping.",
        )
    exports = np.zeros_like(table.final) if table.exports is None else table.exports
    absorbed = table.intermediate.sum(axis=1) + table.final - exports
    share = np.divide(table.imports, absorbed, out=np.zeros_like(absorbed), where=absorbed > 0)
    share = np.clip(share, 0.0, 1.0)
    imported = share[:, None] * table.intermediate
    return replace(
        table,
        intermediate=table.intermediate - imported,
        final=(1.0 - share) * (table.final - exports) + exports,
        origin=Origin.DOMESTIC,
        imports=None,
        imported=imported,
    )


def technical_coefficients(intermediate: Array, output: Array) -> Array:
    """Return inputs per unit of output, ``A = Z x̂⁻¹``, (n, n); 0 where output is 0."""
    return np.divide(
        intermediate, output, out=np.zeros_like(intermediate), where=(output != 0)[None, :]
    )


def allocation_coefficients(intermediate: Array, output: Array) -> Array:
    """Return sales shares, ``x̂⁻¹ Z``, (n, n); 0 where output is 0."""
    return technical_coefficients(intermediate.T, output).T


def market_share_matrix(make: Array) -> Array:
    """Return D, the share of each industry in the output of each commodity.

    Args:
        make: make table, shape (industries, commodities).

    Returns:
        Same shape; columns sum to 1 (to 0 where a commodity is not made at home).
    """
    return technical_coefficients(make, make.sum(axis=0))


def industry_by_industry(use: Array, make: Array, *, industry_output: Array | None = None) -> Array:
    """Return the industry-by-industry coefficients ``D B`` (fixed product sales structure).

    Args:
        use: intermediate use, shape (commodities, industries).
        make: make table, shape (industries, commodities).
        industry_output: by default the row sums of the make table.
    """
    total = make.sum(axis=1) if industry_output is None else industry_output
    return market_share_matrix(make) @ technical_coefficients(use, total)


def commodity_by_commodity(
    use: Array,
    make: Array,
    *,
    industry_output: Array | None = None,
    commodity_technology: bool = False,
) -> Array:
    """Return commodity-by-commodity coefficients.

    Industry technology (``B D``, every product of an industry is made alike; never negative) or
    commodity technology (``B C⁻¹``, a product is made alike wherever it is made; needs a square
    make table and can give small negatives, which are returned as they are).

    Raises:
        JiqunError: E-IO-NOT-SQUARE when commodity technology meets a rectangular make table.
    """
    total = make.sum(axis=1) if industry_output is None else industry_output
    inputs = technical_coefficients(use, total)
    if not commodity_technology:
        return inputs @ market_share_matrix(make)
    if make.shape[0] != make.shape[1]:
        raise JiqunError(
            "E-IO-NOT-SQUARE",
            f"产品工艺假定要求产出表为方阵，收到 {make.shape[0]}×{make.shape[1]}。",
            f"Commodity technology needs a square make table; got "
            f"{make.shape[0]} × {make.shape[1]}.",
            hint_zh="改用产业工艺假定，或先合并副产品。",
            hint_en="Use industry technology, or merge by-products first.",
        )
    product_mix = technical_coefficients(make.T, total)
    return np.asarray(np.linalg.solve(product_mix.T, inputs.T).T, dtype=np.float64)


def spectral_radius(A: Array) -> float:
    """Return the largest absolute eigenvalue."""
    return float(np.abs(np.linalg.eigvals(A)).max())


def leontief_inverse(A: Array, codes: Sequence[str] = ()) -> Array:
    """Return total requirements ``(I − A)⁻¹``, shape (n, n).

    Raises:
        JiqunError: E-IO-NOT-PRODUCTIVE naming the sectors whose inputs reach their output (they
            have no value added: subsidised public enterprises, or a unit error), or E-IO-UNKNOWN
            when a coefficient is NaN.
    """
    columns = np.asarray(A.sum(axis=0), dtype=np.float64)
    _require_productive(A, columns, codes, strict=True)
    return np.asarray(np.linalg.inv(np.eye(A.shape[0]) - A), dtype=np.float64)


def ghosh_inverse(B: Array, codes: Sequence[str] = ()) -> Array:
    """Return ``(I − B)⁻¹`` of allocation coefficients, shape (n, n).

    Raises:
        JiqunError: E-IO-NOT-PRODUCTIVE when the spectral radius reaches 1. A row sum above 1 is
            allowed: in a competitive table a product sells more than is made at home.
    """
    rows = np.asarray(B.sum(axis=1), dtype=np.float64)
    _require_productive(B.T, rows, codes, strict=False)
    return np.asarray(np.linalg.inv(np.eye(B.shape[0]) - B), dtype=np.float64)


def _require_productive(A: Array, sums: Array, codes: Sequence[str], *, strict: bool) -> None:
    """Refuse unknown coefficients, and tables whose rounds of demand do not die out."""
    if not np.isfinite(sums).all():
        raise _unknown_error(codes, ~np.isfinite(sums))
    wrong = sums >= 1.0
    # Absolute column sums below 1 bound the spectral radius; only otherwise is it computed.
    safe = bool((np.abs(A).sum(axis=0) < 1.0).all())
    if (strict and wrong.any()) or (not safe and spectral_radius(A) >= 1.0):
        raise _productive_error(codes, sums, wrong if wrong.any() else sums == sums.max())


def _named(codes: Sequence[str], wrong: npt.NDArray[np.bool_]) -> list[str]:
    return [codes[k] if codes else f"#{k}" for k in np.flatnonzero(wrong).tolist()]


def _productive_error(
    codes: Sequence[str], sums: Array, wrong: npt.NDArray[np.bool_]
) -> JiqunError:
    names = _named(codes, wrong)
    return JiqunError(
        "E-IO-NOT-PRODUCTIVE",
        f"{len(names)} 个部门的中间投入（或中间使用）不小于总产出：{'、'.join(names)}。",
        f"In {len(names)} sectors intermediate flows reach or exceed output: {', '.join(names)}.",
        hint_zh="多为受补贴的公营企业或单位错误；请剔除或更正这些部门后再求逆。",
        hint_en="Usually subsidised public enterprises or a unit error; drop or correct these "
        "sectors before inverting.",
        fields=[
            Problem(
                code="E-IO-NOT-PRODUCTIVE",
                message_zh=f"部门 {name} 的系数合计为 {value:.4f}。",
                message_en=f"The coefficients of sector {name} sum to {value:.4f}.",
                column=name,
                value=f"{value:.6g}",
            )
            for name, value in zip(names, sums[wrong], strict=True)
        ],
    )


def _unknown_error(codes: Sequence[str], wrong: npt.NDArray[np.bool_]) -> JiqunError:
    names = _named(codes, wrong)
    return JiqunError(
        "E-IO-UNKNOWN",
        f"部门 {'、'.join(names)} 含未知系数，无法求逆。",
        f"Sectors {', '.join(names)} have unknown coefficients, so no inverse exists.",
        hint_zh="请补齐或合并这些部门；未知不能当作零。",
        hint_en="Complete or merge these sectors; unknown must not be taken as zero.",
    )
