"""The one fact store of this installation, and the usual way to read rows of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, cast

import ibis.expr.types as ir
import polars as pl
from django.conf import settings

from jiqun.facts.store.snapshot import Snapshot
from jiqun.facts.store.store import Store


@cache
def _open(folder: Path) -> Store:
    return Store(folder)


def store() -> Store:
    """Return the store in the folder that the setting ``STORE`` names."""
    return _open(Path(settings.STORE))


def table(facts: Store, name: str, at: Snapshot | str | None = None, **equal: Any) -> ir.Table:
    """Return current facts as an Ibis table, narrowed to rows that equal every given value.

    A list, tuple or set stands for "one of these".
    """
    found = facts.current(name, at=at)
    for column, value in equal.items():
        field = cast(Any, found[column])
        many = isinstance(value, (list, tuple, set, frozenset))
        found = found.filter(field.isin(list(value)) if many else field == value)
    return found


def rows(
    facts: Store,
    name: str,
    columns: Sequence[str] | None = None,
    at: Snapshot | str | None = None,
    **equal: Any,
) -> pl.DataFrame:
    """Return current facts as a frame; see :func:`table`."""
    found = table(facts, name, at, **equal)
    return (found.select(*columns) if columns is not None else found).to_polars()


def is_synthetic(facts: Store) -> bool:
    """Whether any table says that its figures are made up; every page then says so too."""
    return any(json.loads(meta).get("synthetic") for meta in facts.batches()["meta"])
