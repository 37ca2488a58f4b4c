"""A table as CSV that Excel opens rightly and that cannot carry a formula.

The byte-order mark tells Excel the encoding; a text that a spreadsheet program would run as a
formula gets an apostrophe, which the import takes off again (OWASP, CSV injection).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from jiqun.core.security.cells import guarded
from jiqun.core.tabular.fields import Field, cell_value

BOM = b"\xef\xbb\xbf"


def csv_file(
    headings: Sequence[str], fields: Sequence[Field], rows: Sequence[Mapping[str, Any]]
) -> bytes:
    """Return a CSV file in UTF-8 with a byte-order mark, one line per row under ``headings``."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow([guarded(heading) for heading in headings])
    for row in rows:
        cells = [cell_value(spec, row.get(spec.name)) for spec in fields]
        writer.writerow([guarded(c) if isinstance(c, str) else c for c in cells])
    return BOM + buffer.getvalue().encode()
