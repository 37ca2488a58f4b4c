"""Rows of the relational database as text that does not depend on which database it is.

A row is one line: the JSON list of its columns in the order of the model. Times are UTC in ISO
8601, decimals and identifiers text, bytes base64; the keys of JSON values are sorted, because
PostgreSQL does not keep their order. The digest of a table is the sum of its lines' SHA-256
modulo 2^256: equal for equal rows in any order, since two databases sort text differently.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from itertools import islice
from typing import Any

from django.apps import apps
from django.core.management.color import no_style
from django.db import connection, models
from django.utils.duration import duration_iso_string

# Not kept: whoever finds a backup must not be able to continue a session; counters of seconds.
LEFT_OUT = frozenset({"sessions.session", "core.loginsession", "core.ratecounter"})
# Filled by ``migrate`` itself; a database that holds only these is empty.
FRAMEWORK = frozenset({"contenttypes.contenttype", "auth.permission"})
BATCH = 2_000  # rows in memory at once
Model = type[models.Model]


@dataclass
class Tally:
    """Count and digest of rows, filled while they pass."""

    rows: int = 0
    _sum: int = field(default=0, repr=False)

    def add(self, line: str) -> None:
        """Count one line."""
        self.rows += 1
        self._sum += int.from_bytes(sha256(line.encode()).digest(), "big")

    @property
    def digest(self) -> str:
        """The digest of the rows so far, 64 hexadecimal digits."""
        return f"{self._sum % (1 << 256):064x}"

    def told(self) -> dict[str, Any]:
        """Return both as a manifest keeps them."""
        return {"rows": self.rows, "digest": self.digest}


def tables() -> dict[str, Model]:
    """Return every model with rows of its own that are kept, by its label, in order of the labels."""
    found = {
        model._meta.label_lower: model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy and not model._meta.swapped
    }
    return {label: found[label] for label in sorted(found) if label not in LEFT_OUT}


def columns(model: Model) -> list[models.Field[Any, Any]]:
    """Return the columns of a model's own table that are stored, not computed."""
    return [one for one in model._meta.local_concrete_fields if not one.generated]


def own_kind(column: models.Field[Any, Any]) -> models.Field[Any, Any]:
    """Return a column as Django's own field: what our own kinds of field store, not what they show."""
    kind = next(
        one for one in type(column).__mro__ if one.__module__.startswith("django.db.models.")
    )
    return column if kind is type(column) else kind(null=column.null)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return (value.astimezone(UTC) if value.tzinfo else value).isoformat()
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return duration_iso_string(value)
    if isinstance(value, (bytes, memoryview)):
        return base64.b64encode(value).decode()
    return str(value)


def line_of(values: Sequence[object]) -> str:
    """Return a row as its one line of text, without the line's end."""
    return json.dumps(
        values, default=_plain, ensure_ascii=False, separators=(",", ":"), sort_keys=True
    )


def lines(model: Model, tally: Tally) -> Iterator[str]:
    """Yield every row of a model as a line, and count it in ``tally``."""
    chosen = [
        models.F(one.attname)
        if (kind := own_kind(one)) is one
        else models.ExpressionWrapper(models.F(one.attname), output_field=kind)
        for one in columns(model)
    ]
    found = model._base_manager.order_by("pk").values_list(*chosen)
    for values in found.iterator(chunk_size=BATCH):
        line = line_of(values)
        tally.add(line)
        yield line


def tally_of(model: Model) -> Tally:
    """Return count and digest of a model's rows as they stand in the database."""
    tally = Tally()
    for _ in lines(model, tally):
        pass
    return tally


def _stored(column: models.Field[Any, Any], value: Any) -> Any:
    if isinstance(column, models.JSONField):
        # A column that may not be empty holds the JSON null instead.
        if value is None and not column.null:
            return column.get_db_prep_value(None, connection)
        return column.get_db_prep_save(value, connection)
    return column.get_db_prep_save(column.to_python(value), connection)


def insert(model: Model, source: Iterable[str]) -> None:
    """Insert lines as rows, exactly as they are: no default, no automatic time, no signal."""
    found = columns(model)
    kinds = [own_kind(one) for one in found]
    quote = connection.ops.quote_name
    names = ", ".join(quote(str(one.column)) for one in found)
    marks = ", ".join(["%s"] * len(found))
    statement = f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES ({marks})"
    rest = iter(source)
    with connection.cursor() as cursor:
        while chunk := list(islice(rest, BATCH)):
            rows = [
                [_stored(one, value) for one, value in zip(kinds, json.loads(line), strict=True)]
                for line in chunk
            ]
            # nosemgrep: jiqun-raw-sql - the names are the models' own, the values parameters
            cursor.executemany(statement, rows)


def clear(model: Model) -> None:
    """Remove every row of a table; only for what ``migrate`` made."""
    model._base_manager.all().delete()


# ---- the numbers that the next rows get ------------------------------------------------------


def counters() -> dict[str, int]:
    """Return the highest automatic number that each table has given out, of a row or of a gone one.

    A number that was used once must not come back: the log speaks of things by their numbers.
    """
    found: dict[str, int] = {}
    with connection.cursor() as cursor:
        for label, model in tables().items():
            value = _counter(cursor, model)
            if value:
                found[label] = value
    return found


def _automatic(model: Model) -> models.Field[Any, Any] | None:
    return next((one for one in columns(model) if isinstance(one, models.AutoField)), None)


def _counter(cursor: Any, model: Model) -> int:
    column, table = _automatic(model), model._meta.db_table
    if column is None:
        return 0
    if connection.vendor == "sqlite":
        cursor.execute("SELECT max(seq) FROM sqlite_sequence WHERE name = %s", [table])
    else:
        cursor.execute(
            "SELECT last_value FROM pg_sequences WHERE format('%%I.%%I', schemaname, sequencename)"
            "::regclass = pg_get_serial_sequence(%s, %s)::regclass",
            [connection.ops.quote_name(table), column.column],
        )
    row = cursor.fetchone()
    return int(row[0]) if row and row[0] else 0


def set_counters(given: dict[str, int]) -> None:
    """Let each table go on counting where it was, at least after its highest row."""
    found = tables()
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list(found.values())):
            cursor.execute(statement)
        for label, value in given.items():
            model = found[label]
            column, table = _automatic(model), model._meta.db_table
            if column is None or _counter(cursor, model) >= value:
                continue
            if connection.vendor == "sqlite":
                cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table])
                cursor.execute(
                    "INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, value]
                )
            else:
                cursor.execute(
                    "SELECT setval(pg_get_serial_sequence(%s, %s), %s)",
                    [connection.ops.quote_name(table), column.column, value],
                )
