"""Building the index: per source, per audience, only what has changed.

Rows become postings by whole columns (polars); the database takes one row per gram and segment
instead of one per gram and entry, so 10^5 firms are some 10^4 to 10^5 rows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, cast

import polars as pl
from django.db import connection, transaction

from jiqun.core.models.search import (
    SearchEntry,
    SearchPosting,
    SearchSegment,
    SearchState,
    entry_id,
)
from jiqun.core.search.source import Source, complete
from jiqun.core.search.text import grams, normalised

AUDIENCE = ["place", "firm", "user", "roles"]
TEXTS = {"key": 120, "title": 200, "title_en": 200, "subtitle": 300, "body": 4000, "url": 300}
BATCH = 10_000
ENTRY = ("id", "segment", "key", "title_zh", "title_en", "subtitle", "body", "url")
POSTING = ("segment", "gram", "title", "numbers")
Say = Callable[[int, int, str, str], None]


def _quiet(_done: int, _total: int, _zh: str, _en: str) -> None:
    """Say nothing."""


def reindex(source: Source, *, force: bool = False, say: Say = _quiet) -> int:
    """Bring the index of one source up to date and return how many segments were written.

    Args:
        source: What to index.
        force: Build every segment again, also unchanged ones.
        say: Told (done, total, words) after each segment.

    Each segment is replaced in a transaction of its own, so that nobody waits long and a search
    finds the old rows until the new ones are there.
    """
    stamp = source.stamp()
    state = SearchState.objects.filter(source=source.kind).first()
    if not force and stamp and state is not None and state.stamp == stamp:
        return 0
    frame = complete(source.rows(), source)
    parts = frame.partition_by(AUDIENCE, as_dict=True)
    known = {
        (row.place, row.firm, row.user_id, row.roles): row
        for row in SearchSegment.objects.filter(source=source.kind)
    }
    written = 0
    for number, (audience, rows) in enumerate(parts.items(), start=1):
        written += _segment(source, audience, _ordered(rows), known.get(audience), force=force)
        say(number, len(parts), source.zh, source.en)
    for audience, gone in known.items():
        if audience not in parts:
            _delete(gone)
            written += 1
    SearchState.objects.update_or_create(source=source.kind, defaults={"stamp": stamp[:200]})
    return written


def _ordered(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows cut to the columns' lengths, weightiest and shortest title first, numbered."""
    return (
        rows.with_columns(pl.col(name).str.slice(0, length) for name, length in TEXTS.items())
        .unique(subset="key", keep="first", maintain_order=True)
        .sort(
            pl.col("weight"), -pl.col("title").str.len_chars().cast(pl.Int64), "key",
            descending=[True, True, False],
        )
        .with_row_index("number")
    )  # fmt: skip


def _digest(source: Source, rows: pl.DataFrame) -> str:
    """A digest of everything that the index keeps of the rows."""
    text = rows.select(*TEXTS, "number").write_csv()
    return hashlib.sha256(f"{source.grade}\n{text}".encode()).hexdigest()


def _segment(
    source: Source,
    audience: tuple[object, ...],
    rows: pl.DataFrame,
    old: SearchSegment | None,
    *,
    force: bool,
) -> bool:
    """Write one segment when it has changed."""
    digest = _digest(source, rows)
    if old is not None and old.digest == digest and not force:
        return False
    found = postings(rows)
    place, firm, user, roles = audience
    with transaction.atomic():
        if old is not None:
            _delete(old)
        segment = SearchSegment.objects.create(
            source=source.kind, place=place, firm=firm, user_id=user, roles=roles, grade=source.grade,
            digest=digest, rows=rows.height,
        )  # fmt: skip
        _insert(SearchEntry, ENTRY, _entries(segment, rows))
        _insert(SearchPosting, POSTING, _postings(segment, found))
    return True


def _delete(segment: SearchSegment) -> None:
    """Remove a segment, in bulk and without reading its rows."""
    with transaction.atomic():
        for model in (SearchPosting, SearchEntry):
            of_it = model.objects.filter(segment=segment)
            of_it._raw_delete(of_it.db)
        SearchSegment.objects.filter(pk=segment.pk).delete()


def _insert(
    model: type[SearchEntry | SearchPosting], names: Sequence[str], rows: Iterator[tuple[Any, ...]]
) -> None:
    """Insert rows by plain SQL of both databases: five times as fast as a model object per row."""
    quote = connection.ops.quote_name
    columns = ", ".join(quote(cast(Any, model._meta.get_field(name)).column) for name in names)
    sql = f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES ({', '.join(['%s'] * len(names))})"
    with connection.cursor() as cursor:
        while batch := list(islice(rows, BATCH)):
            cursor.executemany(sql, batch)


def _entries(segment: SearchSegment, rows: pl.DataFrame) -> Iterator[tuple[Any, ...]]:
    """Values of ``ENTRY`` for each row."""
    first = entry_id(segment.pk, 0)
    ids = rows.select(
        pl.col("number").cast(pl.Int64) + first, segment=pl.lit(segment.pk, dtype=pl.Int64)
    )
    texts = rows.select("key", "title", "title_en", "subtitle", "body", "url")
    return pl.concat([ids, texts], how="horizontal").iter_rows()


def _postings(segment: SearchSegment, found: pl.DataFrame) -> Iterator[tuple[Any, ...]]:
    """Values of ``POSTING`` for each gram."""
    return found.select(pl.lit(segment.pk), "gram", "title", "numbers").iter_rows()


def postings(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the postings of numbered rows: gram, whether of the title, packed numbers.

    A title's grams are those of both languages' titles; the rest are of key, subtitle and body.
    """
    titles = pl.concat(
        [rows.select("number", text=normalised(pl.col(name))) for name in ("title", "title_en")]
    ).filter(pl.col("text") != "")
    rest = pl.concat_str("key", "subtitle", "body", separator=" ")
    others = rows.select("number", text=normalised(rest))
    both = pl.concat([
        grams(titles, title=True).with_columns(title=pl.lit(value=True)),
        grams(others, title=False).with_columns(title=pl.lit(value=False)),
    ])  # fmt: skip
    lists = (
        both.with_columns(pl.col("number").cast(pl.UInt32))
        .sort("gram", "title", "number")
        .group_by("gram", "title", maintain_order=True)
        .agg("number")
    )
    packed = _packed(lists["number"])
    return lists.select("gram", "title").with_columns(pl.Series("numbers", packed, dtype=pl.Binary))


def _packed(lists: pl.Series) -> list[bytes]:
    """Every list of numbers as bytes, four of them per number; one conversion for all."""
    lengths = lists.list.len().to_list()
    content = lists.explode().to_numpy().astype("<u4").tobytes()
    packed: list[bytes] = []
    at = 0
    for length in lengths:
        packed.append(content[at : at + 4 * length])
        at += 4 * length
    return packed


def drop_unknown(known: Mapping[str, Source]) -> None:
    """Forget sources that no part has any more."""
    for segment in SearchSegment.objects.exclude(source__in=list(known)):
        _delete(segment)
    SearchState.objects.exclude(source__in=list(known)).delete()
