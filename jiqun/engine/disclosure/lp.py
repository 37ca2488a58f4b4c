"""One linear program solved many times for different objectives, from the last basis onwards.

HiGHS (Huangfu and Hall 2018, *Mathematical Programming Computation* 10) through its own Python
interface: rebuilding a model for each of thousands of small objectives would cost more than
solving them.
"""

from __future__ import annotations

from typing import Any, cast

import highspy
import numpy as np
from scipy import sparse

from jiqun.engine.disclosure.tables import Floats, Ints
from jiqun.errors import JiqunError, Kind

TOLERANCE = 1e-9
PRIMAL_SIMPLEX = 4  # the last solution stays feasible when only the objective changes


def solver(**options: Any) -> Any:
    """Return a silent solver with one thread and tight tolerances."""
    made = highspy.Highs()
    settings = {
        "output_flag": False, "threads": 1, "primal_feasibility_tolerance": TOLERANCE,
        "dual_feasibility_tolerance": TOLERANCE, **options,
    }  # fmt: skip
    for name, value in settings.items():
        made.setOptionValue(name, value)
    return made


def model(
    rows: sparse.csr_array, row_bounds: tuple[Floats, Floats], columns: tuple[Floats, Floats],
    cost: Floats,
) -> Any:  # fmt: skip
    """Return ``min cost·x`` subject to bounds on the rows and the columns."""
    lp = highspy.HighsLp()
    by_column = sparse.csc_array(rows)
    lp.num_row_, lp.num_col_ = rows.shape
    lp.col_cost_ = cost
    lp.col_lower_, lp.col_upper_ = columns
    lp.row_lower_, lp.row_upper_ = row_bounds
    lp.a_matrix_.start_ = by_column.indptr
    lp.a_matrix_.index_ = by_column.indices
    lp.a_matrix_.value_ = by_column.data
    return lp


class Program:
    """A feasible region; :meth:`highest` maximises one objective after another over it."""

    def __init__(
        self,
        rows: sparse.csr_array,
        row_bounds: tuple[Floats, Floats],
        columns: tuple[Floats, Floats],
    ) -> None:
        """Take ``row_low ≤ rows·x ≤ row_high`` and ``low ≤ x ≤ high``."""
        self._low, self._high = columns
        self._count = rows.shape[1]
        self._solver = solver(presolve="off", simplex_strategy=PRIMAL_SIMPLEX)
        self._solver.passModel(model(rows, row_bounds, columns, np.zeros(self._count)))
        self._priced = np.zeros(0, dtype=np.int32)
        self._moved = np.zeros(0, dtype=np.int32)

    def restrict(self, columns: Ints, low: Floats, high: Floats) -> None:
        """Give some columns other bounds; the next call takes these back first."""
        if len(self._moved):
            self._bounds(self._moved, self._low[self._moved], self._high[self._moved])
        self._moved = columns.astype(np.int32)
        if len(self._moved):
            self._bounds(self._moved, low, high)

    def _bounds(self, columns: Any, low: Floats, high: Floats) -> None:
        self._solver.changeColsBounds(len(columns), columns, low, high)

    def highest(self, columns: Ints, weights: Floats) -> Floats:
        """Return the x that maximises ``weights·x[columns]``.

        Raises:
            JiqunError: ``E-PUBLICATION-SOLVER`` when HiGHS finds no optimum (a fault of ours).
        """
        old, new = self._priced, columns.astype(np.int32)
        if len(old):
            self._solver.changeColsCost(len(old), old, np.zeros(len(old)))
        self._solver.changeColsCost(len(new), new, -weights)
        self._priced = new
        self._solver.run()
        if self._solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            self._solver.clearSolver()
            self._solver.run()
        require_optimal(self._solver)
        return cast(Floats, np.array(self._solver.getSolution().col_value))

    def duals(self) -> tuple[Floats, Floats]:
        """Return the dual values of rows and columns of the last maximisation."""
        found = self._solver.getSolution()
        return -np.array(found.row_dual), -np.array(found.col_dual)


def require_optimal(found: Any) -> None:
    """Raise ``E-PUBLICATION-SOLVER`` unless the solver ended with an optimum."""
    status = found.getModelStatus()
    if status != highspy.HighsModelStatus.kOptimal:
        words = found.modelStatusToString(status)
        raise JiqunError(
            "E-PUBLICATION-SOLVER",
            f"保密审计的线性规划没有求得最优解（{words}），未作任何发布",
            f"the linear program of the disclosure audit ended without an optimum ({words}); "
            "nothing was published",
            hint_zh="请检查该表数值的量级（最大与最小相差是否超过 10 亿倍），并把本信息发给维护者。",
            hint_en="Check the magnitudes in the table and send this message to the maintainers.",
            kind=Kind.INTERNAL,
        )
