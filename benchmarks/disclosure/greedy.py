"""The peer: greedy rectangles, the method that office scripts use for two-way tables.

For each exposed cell, the rectangle of inner cells that needs the fewest (then the smallest)
further suppressions is withheld; the attack is repeated until it finds nothing new to add.
"""

from __future__ import annotations

from itertools import product

import numpy as np

from jiqun.engine.disclosure.attack import audit
from jiqun.engine.disclosure.tables import Flags, System


def _inner(system: System) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for coordinate, cell in zip(
        system.places["coordinate"], system.places["cell"].tolist(), strict=True
    ):
        row, column = coordinate.split("|")
        if row and column:
            found[row, column] = cell
    return found


def rectangles(system: System, *, rounds: int = 20) -> Flags:
    """Return the cells that greedy rectangles withhold."""
    cells = _inner(system)
    rows, columns = ({key[n] for key in cells} for n in (0, 1))
    at = {cell: key for key, cell in cells.items()}
    totals = system.totals
    hidden = system.primary()
    for _ in range(rounds):
        cells_now = audit(system, hidden, with_insiders=False).cells
        exposed = cells_now["cell"][cells_now["exposed"]].tolist()
        before = hidden.copy()
        for target in exposed:
            if target not in at:
                continue
            row, column = at[target]
            best: tuple[int, float, list[int]] | None = None
            for other_row, other_column in product(rows - {row}, columns - {column}):
                corners = [(row, other_column), (other_row, column), (other_row, other_column)]
                if any(corner not in cells for corner in corners):
                    continue
                new = [cells[c] for c in corners if not hidden[cells[c]]]
                score = (len(new), float(totals[new].sum()), new)
                if new and (best is None or score[:2] < best[:2]):
                    best = score
            if best is not None:
                hidden[best[2]] = True
        if np.array_equal(before, hidden):
            break
    return hidden
