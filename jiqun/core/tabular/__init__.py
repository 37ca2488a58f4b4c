"""One column spec per table, many faces: list page, Excel, CSV, import, API, reference page.

A :class:`TableSpec` says once what a table's columns are called, what they hold, who may read the
rows and how they are read. ``html_table`` feeds the table partial of the pages, ``workbook``
writes Excel with a first sheet that says where the figures come from.
"""

from __future__ import annotations

from jiqun.core.tabular.fields import (
    Field,
    FieldType,
    cell_value,
    chance,
    display,
    english,
    label,
    pick,
    unit_of,
    yuan,
)
from jiqun.core.tabular.html import html_table
from jiqun.core.tabular.models import model_read
from jiqun.core.tabular.plan import (
    Change,
    ChangeKind,
    Counts,
    Faulty,
    Importer,
    Plan,
    UnknownColumn,
    Upload,
    changed_since,
)
from jiqun.core.tabular.query import parse
from jiqun.core.tabular.spec import Condition, Query, Rows, Source, TableSpec, specs, table_spec
from jiqun.core.tabular.workbook import Provenance, workbook

__all__ = [
    "Change", "ChangeKind", "Condition", "Counts", "Faulty", "Field", "FieldType", "Importer", "Plan",
    "Provenance", "Query", "Rows", "Source", "TableSpec", "UnknownColumn", "Upload", "cell_value",
    "chance", "changed_since",    "display", "english", "html_table", "label", "model_read", "parse", "pick",
    "specs", "table_spec", "unit_of", "workbook",
    "yuan",
]  # fmt: skip
