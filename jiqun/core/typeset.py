"""One official document: title, number, paragraphs, facts and tables, signed and dated; as PDF.

Measures of the page after GB/T 9704-2012: A4, 37 mm above, 28 mm left, 26 mm right, 35 mm below;
text of size 3 (16 pt), 28 pt from line to line, two characters indented; title of size 2 (22 pt).
Tables are set smaller. Only the bundled typeface is used, so that the file looks the same everywhere.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec

import typst
from django.conf import settings
from django.utils.translation import override

from jiqun.core.tabular import Field, display, label, unit_of
from jiqun.core.tabular.fields import FORMATS

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Table:
    """Headings, rows of text, and which columns hold amounts; ``widths`` are shares of the line."""

    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    amounts: frozenset[int] = frozenset()
    widths: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and values, one under the other."""

    lines: Sequence[tuple[str, str]]


Block = str | Table | Facts


def mark_of(*words: str, synthetic: bool) -> str:
    """Return what stands in the margin of each page."""
    return "　".join([*words, *(["合成数据"] if synthetic else [])])


def printed(
    fields: Sequence[Field],
    rows: Sequence[Mapping[str, Any]],
    widths: Mapping[str, int],
) -> Table:
    """Return rows of a page as a table on paper: the columns of ``widths`` in its order."""
    known = {one.name: one for one in fields}
    chosen = [known[name] for name in widths]
    heads = [label(one).strip() + (f"（{unit_of(one)}）" if unit_of(one) else "") for one in chosen]
    lines = [[display(one, row.get(one.name)) for one in chosen] for row in rows]
    amounts = frozenset(at for at, one in enumerate(chosen) if one.type in FORMATS)
    return Table(heads, lines, amounts, list(widths.values()))


@dataclass(frozen=True, slots=True)
class Document:
    """What is printed. ``heading`` blocks begin with ``# ``; ``mark`` stands in the margin of each page."""

    title: str
    blocks: Sequence[Block]
    number: str = ""
    addressee: str = ""
    signed: str = ""
    day: date | None = None
    landscape: bool = False
    mark: str = ""


def issued(made: Callable[P, Document]) -> Callable[P, Document]:
    """Make a document in Chinese, whatever the language of the page that it is printed from."""

    @wraps(made)
    def chinese(*given: P.args, **named: P.kwargs) -> Document:
        with override("zh-hans"):
            return made(*given, **named)

    return chinese


# A long code does not break: a line before it, if justified, would be torn apart.
_CODE = re.compile(r"[A-Za-z0-9]{12,}")
SOURCE = """
#let data = json("document.json")
#set page(paper: "a4", flipped: data.landscape, numbering: "— 1 —",
  margin: (top: 37mm, left: 28mm, right: 26mm, bottom: 35mm),
  header: align(right, text(size: 9pt, fill: luma(90), data.mark)))
#set text(font: "Noto Sans SC", size: 16pt, lang: "zh", region: "cn")
#set par(leading: 12pt, spacing: 12pt, justify: true, first-line-indent: (amount: 2em, all: true))
#if data.number != "" { align(center, text(size: 14pt, data.number)); v(4mm) }
#align(center, text(size: 22pt, weight: "bold", data.title))
#v(8mm)
#if data.addressee != "" { par(first-line-indent: 0em, data.addressee + "：") }
#for block in data.blocks {
  if block.kind == "text" { par(justify: block.justify, block.text) }
  else if block.kind == "heading" { par(text(weight: "bold", block.text)) }
  else if block.kind == "facts" {
    set text(size: 12pt)
    set par(first-line-indent: 0em, leading: 6pt, justify: false)
    table(columns: (30%, 1fr), stroke: 0.5pt, inset: 6pt,
      ..block.lines.map(line => (line.at(0), line.at(1))).flatten())
  } else {
    set text(size: 10.5pt)
    set par(first-line-indent: 0em, leading: 5pt, justify: false)
    table(columns: block.widths.map(w => w * 1fr), stroke: 0.5pt, inset: 5pt,
      align: block.align.map(a => if a == "right" { right + horizon } else { left + horizon }),
      table.header(..block.headings.map(h => strong(h))),
      ..block.rows.flatten())
  }
}
#if data.signed != "" {
  v(16mm)
  align(right, block(width: 70%, align(center, par(first-line-indent: 0em, data.signed + linebreak() + data.day))))
}
"""


def chinese_day(day: date) -> str:
    """Return a day as documents write it: 2026年11月30日."""
    return f"{day.year}年{day.month}月{day.day}日"


def _block(block: Block) -> dict[str, Any]:
    if isinstance(block, Facts):
        return {"kind": "facts", "lines": [[key, value or "—"] for key, value in block.lines]}
    if isinstance(block, Table):
        count = len(block.headings)
        return {
            "kind": "table", "headings": list(block.headings), "rows": [list(row) for row in block.rows],
            "widths": list(block.widths) or [1] * count,
            "align": ["right" if n in block.amounts else "left" for n in range(count)],
        }  # fmt: skip
    if block.startswith("# "):
        return {"kind": "heading", "text": block[2:]}
    return {"kind": "text", "text": block, "justify": _CODE.search(block) is None}


def content_of(document: Document) -> dict[str, Any]:
    """Return a document as the data of the page; its words are never part of the page's source."""
    return {
        "title": document.title, "number": document.number, "addressee": document.addressee,
        "blocks": [_block(one) for one in document.blocks], "signed": document.signed,
        "day": chinese_day(document.day) if document.day else "", "landscape": document.landscape,
        "mark": document.mark,
    }  # fmt: skip


def pdf(document: Document) -> bytes:
    """Return a document as PDF."""
    with tempfile.TemporaryDirectory() as folder:
        text = json.dumps(content_of(document), ensure_ascii=False)
        Path(folder, "document.json").write_text(text, encoding="utf-8")
        source = Path(folder, "document.typ")
        source.write_text(SOURCE, encoding="utf-8")
        fonts = [str(path) for path in (settings.FRONTEND_DIST / "fonts",) if path.is_dir()]
        return typst.compile(str(source), format="pdf", font_paths=fonts)
