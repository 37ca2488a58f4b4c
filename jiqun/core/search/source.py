"""What can be searched: sources that the manifests of the parts name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

import polars as pl

from jiqun.core.access import Grade, Role
from jiqun.core.registry import load, modules

COLUMNS: dict[str, pl.DataType] = {
    "key": pl.String(), "title": pl.String(), "title_en": pl.String(), "subtitle": pl.String(),
    "body": pl.String(), "url": pl.String(), "place": pl.String(), "firm": pl.String(),
    "user": pl.Int64(), "roles": pl.String(), "weight": pl.Float64(),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Source:
    """One kind of thing that can be found.

    ``rows`` returns a frame with ``key`` and ``title`` and any other of ``COLUMNS``: ``title_en``,
    ``subtitle``, ``body`` (more words to search, never shown whole), ``url`` (empty: a page of the
    entry's own), ``place``, ``firm``, ``user`` and ``roles`` (who may see the row), ``weight``
    (larger comes first among equals).

    ``stamp`` returns a short text that changes when the rows may have; empty: look each time.
    ``roles`` are the only ones that find anything of it; empty: everybody who has logged in, within
    the row's place and grade. Personal rows need roles or a ``user``.
    """

    kind: str
    zh: str
    en: str
    rows: Callable[[], pl.DataFrame]
    stamp: Callable[[], str] = lambda: ""
    grade: Grade = Grade.PUBLIC
    roles: frozenset[Role] = frozenset()


def roles_text(roles: frozenset[Role]) -> str:
    """Return roles as a segment keeps them: ``,system,security,``, or nothing."""
    return f",{','.join(sorted(roles))}," if roles else ""


def sources() -> dict[str, Source]:
    """Return every source of the installation by kind, in the order of the manifests."""
    found: dict[str, Source] = {}
    for module in modules():
        if module.search:
            for source in cast("Sequence[Source]", load(module.search)):
                found[source.kind] = source
    return found


def complete(frame: pl.DataFrame, source: Source) -> pl.DataFrame:
    """Return the rows with every column, each of its type; roles of the source where a row has none."""
    missing = [
        pl.lit(None, dtype=kind).alias(name)
        for name, kind in COLUMNS.items()
        if name not in frame.columns
    ]
    text = [name for name, kind in COLUMNS.items() if kind == pl.String()]
    roles = roles_text(source.roles)
    return (
        frame.with_columns(missing)
        .select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
        .with_columns(pl.col(text).fill_null(""), pl.col("weight").fill_null(0.0))
        .with_columns(
            roles=pl.when(pl.col("roles") == "").then(pl.lit(roles)).otherwise(pl.col("roles"))
        )
        .filter(pl.col("title") != "")
    )
