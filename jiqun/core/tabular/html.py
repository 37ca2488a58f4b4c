"""A table for a page."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from jiqun.core.tabular.fields import FORMATS, Field, display, label, pick, unit_of

DATE = re.compile(r"\d{4}-\d\d-\d\d\b.{0,12}")
PHRASE, LONG = 9, 24  # characters, from which on a cell is a phrase, and prose


def html_table(
    fields: Sequence[Field],
    rows: Sequence[Mapping[str, Any]],
    *,
    caption: str,
    empty: Mapping[str, str],
    export_href: str = "",
) -> dict[str, Any]:
    """Return what ``core/table.html`` draws.

    ``empty`` has a ``message`` for a table without rows and may name the ``holder`` of the data.

    A field's ``link`` names the row's key that holds an address; ``<name>_badge``,
    ``<name>_title`` and ``<name>_note`` in a row decorate that cell. ``sheet`` keeps the columns
    and rows, so that a page of tables can be written to one workbook.
    """
    return {
        "caption": caption,
        "empty": empty,
        "export_url": export_href,
        "sheet": (caption, fields, rows),
        "columns": [
            {
                "name": spec.name,
                "label": label(spec),
                "unit": unit_of(spec),
                "align": "end" if spec.type in FORMATS else "",
                "help": pick(spec.about_zh, spec.about_en),
            }
            for spec in fields
        ],
        "rows": [[_cell(spec, row) for spec in fields] for row in rows],
    }


def _cell(spec: Field, row: Mapping[str, Any]) -> dict[str, Any]:
    text = display(spec, row.get(spec.name))
    length = "long" if len(text) >= LONG else "phrase" if len(text) >= PHRASE else ""
    look = "date" if DATE.fullmatch(text) else length
    cell = {
        "text": text,
        "look": look,
        "href": row.get(spec.link, "") if spec.link else "",
        "badge": row.get(f"{spec.name}_badge", ""),
        "title": row.get(f"{spec.name}_title", ""),
    }
    note = row.get(f"{spec.name}_note", "")
    return cell | {"note": note} if note else cell
