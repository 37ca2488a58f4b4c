"""Integer sums over columns, exact: plain int64 where it cannot overflow, else row by row."""

from __future__ import annotations

from typing import cast

import numpy as np

from jiqun.engine.rules.evaluation.columns import Integers, Table, Truth
from jiqun.engine.rules.program.atoms import Form

LARGEST = 2**63 - 1
SMALLEST = -(2**63)


def fits(form: Form, table: Table) -> bool:
    """Whether no sum of known values of this form can leave int64."""
    reach = abs(form.constant)
    for column, factor in zip(form.columns, form.factors, strict=True):
        reach += abs(factor) * table.columns[column].bound
    return reach <= LARGEST


def sums(form: Form, table: Table, rows: slice | Integers) -> Integers:
    """Return the sums of some rows in int64; only for a form that ``fits``.

    Rows that are not known hold anything.
    """
    total = cast(Integers, table.columns[form.columns[0]].values[rows])
    if form.factors[0] != 1:
        total = total * np.int64(form.factors[0])
    for column, factor in zip(form.columns[1:], form.factors[1:], strict=True):
        values = cast(Integers, table.columns[column].values[rows])
        total = total + (values if factor == 1 else values * np.int64(factor))
    return total + np.int64(form.constant) if form.constant else total


def exact(form: Form, table: Table, row: int) -> int:
    """Return the sum of one row as a Python integer of any size."""
    total = form.constant
    for column, factor in zip(form.columns, form.factors, strict=True):
        total += factor * int(table.columns[column].values[row])
    return total


def at_least(form: Form, bound: int, *, table: Table, rows: slice) -> Truth:
    """Return ``form >= bound`` of some rows, exactly, whatever the size of the values."""
    if fits(form, table) and SMALLEST <= bound <= LARGEST:
        return sums(form, table, rows) >= bound
    return np.array([exact(form, table, i) >= bound for i in _indices(rows)], np.bool_)


def equal(form: Form, bound: int, *, table: Table, rows: slice) -> Truth:
    """Return ``form = bound`` of some rows, exactly."""
    if fits(form, table) and SMALLEST <= bound <= LARGEST:
        return sums(form, table, rows) == bound
    return np.array([exact(form, table, i) == bound for i in _indices(rows)], np.bool_)


def _indices(rows: slice) -> range:
    return range(rows.start, rows.stop)
