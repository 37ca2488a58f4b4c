"""What a sheet says about itself: title, unit lines, heading rows (merged or not), notes, totals.

Works on the first rows of a sheet as text; the body is cut by :mod:`jiqun.facts.read.tables`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

from jiqun.facts.values.units import find

Grid = Sequence[Sequence[str]]
# A merged range: (first row, first column), (last row, last column), counted from 0.
Merge = tuple[tuple[int, int], tuple[int, int]]
TOTALS = (
    "合计",
    "总计",
    "小计",
    "共计",
    "总合计",
    "合计数",
    "全部合计",
    "total",
    "subtotal",
    "sum",
)
NOTE = re.compile(
    r"^[\(（【\[]?\s*(注|备注|说明|资料来源|数据来源|来源|填表说明|附注|note|source)s?\s*\d*\s*[:：.、)）】\]]",
    re.I,
)
SIGNATURE = re.compile(
    r"^\s*(?:填表人|填报人|制表人|制表|审核人|复核人|负责人|单位负责人|统计负责人|分管领导|填表日期|填报日期|报出日期|制表日期|联系电话|填报单位（?盖章）?)\s*(?:[:：]|$)"
)
UNIT_LINE = re.compile(r"(?:计量)?单位\s*[:：]\s*([^\s,，;；)）]+)")
BRACKET = re.compile(r"[\(（\[]([^()（）\[\]]+)[\)）\]]\s*$")
MAX_HEADING_ROWS = 4
LOOK = 60  # rows in which a heading must appear


@dataclass(frozen=True, slots=True)
class Heading:
    """One column: its flattened heading, the heading without its unit, and that unit."""

    name: str
    clean: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the parts of a sheet are. Rows count from 0 within the grid."""

    headings: tuple[Heading, ...]
    body: int
    title: str = ""
    unit: str = ""
    notes: tuple[str, ...] = ()
    skipped: tuple[int, ...] = field(default=())
    lines: tuple[str, ...] = ()


def squeeze(text: str) -> str:
    """NFKC without any space, lower case: how headings are compared."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).lower()


def is_total(text: str) -> bool:
    """Does this cell name a totals row (合　计, 总计, 小计, Total)?"""
    return squeeze(text).rstrip(":：") in TOTALS


def is_note(row: Sequence[str]) -> bool:
    """Is this a line of notes: one text that begins with 注：, 资料来源： and the like?"""
    texts = {cell.strip() for cell in row if cell.strip()}
    return len(texts) == 1 and bool(NOTE.match(texts.pop()))


def unit_of_line(row: Sequence[str]) -> str:
    """Unit of a “单位：万元” line; '' when the row is none.

    The line may also hold the date or the reporting office, never table headings. It may name
    several units (万元、人).
    """
    texts = [cell.strip() for cell in row if cell.strip()]
    if not texts or len(texts) > 3:
        return ""
    for text in texts:
        found = UNIT_LINE.search(text)
        if not found or (len(texts) > 1 and len(text) >= 40):
            continue
        units = [part for part in re.split("[、/及和]", found.group(1)) if part]
        if units and all(find(part) for part in units):
            return found.group(1)
    return ""


def _numeric(text: str) -> bool:
    return bool(
        re.fullmatch(r"[-+▲△(]?[\d,.，．]+%?\)?", unicodedata.normalize("NFKC", text.strip()))
    )


def _distinct(row: Sequence[str]) -> list[str]:
    seen: dict[str, None] = {}
    for cell in row:
        if cell.strip():
            seen.setdefault(cell.strip())
    return list(seen)


def _filled(row: Sequence[str]) -> int:
    return sum(bool(cell.strip()) for cell in row)


def _first_heading(grid: Grid, width: int) -> int | None:
    """Row where the headings start: the first that is wide, textual and no title, unit or note."""
    need = max(2, (width + 1) // 2) if width > 1 else 1
    for number, row in enumerate(grid[:LOOK]):
        plain = is_note(row) or unit_of_line(row)
        if not plain and len(_distinct(row)) >= min(need, 2) and _filled(row) >= need:
            return number
    # A wide table whose upper heading row is sparse (group titles only).
    for number, row in enumerate(grid[:LOOK]):
        if len(_distinct(row)) >= min(2, width) and not unit_of_line(row) and not is_note(row):
            return number
    return None


def _sparse_above(grid: Grid, first: int) -> int:
    """Step up over group rows (a row whose first cell is open continues the one above)."""
    while first > 0 and not grid[first][0].strip():
        above = grid[first - 1]
        if len(_distinct(above)) < 2 or unit_of_line(above) or is_note(above):
            return first
        first -= 1
    return first


def _continues(upper: Sequence[str], row: Sequence[str]) -> bool:
    """Is ``row`` a second heading row under ``upper``: it fills what ``upper`` leaves open."""
    texts = [cell for cell in row if cell.strip()]
    if not texts or any(
        _numeric(cell) and not re.fullmatch(r"\s*(19|20)\d\d\s*", cell) for cell in texts
    ):
        return False
    first_open = not row[0].strip() or row[0] == upper[0]
    fills = any(
        cell.strip() and not upper[i].strip() for i, cell in enumerate(row) if i < len(upper)
    )
    return first_open and fills


def _merged_bottom(merges: Sequence[Merge], first: int) -> int:
    """Last heading row that merged cells of row ``first`` imply."""
    bottom = first
    for (top, left), (low, right) in merges:
        if top == first and low > top:
            bottom = max(bottom, low)
        elif top == first and right > left and low == top:
            bottom = max(bottom, first + 1)
    return min(bottom, first + MAX_HEADING_ROWS - 1)


def _numbering(row: Sequence[str], headings: int) -> bool:
    """甲 乙 1 2 3: the column numbers that statistical forms put under their headings.

    Strict, because a row taken for one is no data: every column is filled, letters run from 甲,
    numbers from 1.
    """
    texts = [cell.strip() for cell in row if cell.strip()]
    letters = [text for text in texts if not text.isdigit()]
    numbers = texts[len(letters) :]
    counted = [str(number) for number in range(1, len(numbers) + 1)]
    in_order = letters == list("甲乙丙丁戊己")[: len(letters)] and numbers == counted
    enough = bool(letters and numbers) or len(numbers) >= 3
    return len(texts) == headings and in_order and enough


def _units_row(row: Sequence[str]) -> bool:
    texts = [cell.strip() for cell in row if cell.strip()]
    named = [text for text in texts if find(text)]
    return bool(named) and all(find(t) or t in ("单位", "计量单位", "-", "—") for t in texts)


def _expand(rows: list[list[str]], merges: Sequence[Merge], first: int) -> list[list[str]]:
    """Write each merged heading into every cell of its range; else spread upper rows rightwards."""
    last = first + len(rows) - 1
    touched = False
    for (top, left), (low, right) in merges:
        if top < first or top > last:
            continue
        touched = True
        for r in range(top, min(low, last) + 1):
            for c in range(left, min(right, len(rows[0]) - 1) + 1):
                rows[r - first][c] = rows[top - first][left]
    if not touched and len(rows) > 1:
        for upper in rows[:-1]:
            for c in range(1, len(upper)):
                below = any(row[c].strip() for row in rows[rows.index(upper) + 1 :])
                if not upper[c].strip() and below:
                    upper[c] = upper[c - 1]
    return rows


def heading(parts: Sequence[str], unit: str = "") -> Heading:
    """Flatten the texts above one column to “A/B”; a bracketed unit at the end is taken apart."""
    texts: list[str] = []
    for part in parts:
        text = re.sub(r"\s+", "", part) if re.search(r"[\u4e00-\u9fff]", part) else part.strip()
        text = re.sub(r"\s+", " ", text)
        if text and (not texts or texts[-1] != text):
            texts.append(text)
    name = "/".join(texts)
    found = BRACKET.search(name)
    if found and find(found.group(1)):
        return Heading(name, name[: found.start()].strip(), found.group(1).strip())
    return Heading(name, name, unit)


def _unique(headings: list[Heading]) -> tuple[Heading, ...]:
    seen: dict[str, int] = {}
    result: list[Heading] = []
    for number, item in enumerate(headings):
        name = item.name or f"列{number + 1}"
        seen[name] = seen.get(name, 0) + 1
        name = name if seen[name] == 1 else f"{name} ({seen[name]})"
        result.append(Heading(name, item.clean, item.unit))
    return tuple(result)


def _heading_rows(grid: Grid, merges: Sequence[Merge], width: int) -> tuple[int, int] | None:
    full = _first_heading(grid, width)
    if full is None:
        return None
    first = _sparse_above(grid, full)
    last = max(full, _merged_bottom(merges, first))
    while last + 1 < len(grid) and last - first + 1 < MAX_HEADING_ROWS and not merges:
        if not _continues(grid[last], grid[last + 1]):
            break
        last += 1
    return first, last


def _title(above: Grid) -> str:
    """First line of text that is no unit line and no note; else what stands beside the unit."""
    rows = [row for row in above if not is_note(row) and _distinct(row)]
    plain = [_distinct(row)[0] for row in rows if not unit_of_line(row)]
    beside = [
        text for row in rows if unit_of_line(row) for text in _distinct(row)
        if not UNIT_LINE.search(text)
    ]  # fmt: skip
    return next(iter([*plain, *beside]), "")


def lay_out(
    grid: Grid, merges: Sequence[Merge] = (), *, heading_rows: tuple[int, int] | None = None
) -> Layout | None:
    """Find the headings of a sheet.

    Args:
        grid: first rows of the sheet, each padded to the same width.
        merges: merged ranges (spreadsheets only).
        heading_rows: first and last heading row from 0, where the mapping states them.

    Returns:
        Layout, or None when no row looks like headings.
    """
    width = max((_filled(row) for row in grid), default=0)
    found = heading_rows or (_heading_rows(grid, merges, width) if width else None)
    if found is None:
        return None
    first, last = found
    rows = _expand([list(row) for row in grid[first : last + 1]], merges, first)
    body, units, skipped = last + 1, [""] * len(rows[0]), list[int]()
    named = sum(any(row[c].strip() for row in rows) for c in range(len(rows[0])))
    while body < len(grid) and (_numbering(grid[body], named) or _units_row(grid[body])):
        if _units_row(grid[body]):
            units = [cell.strip() if find(cell) else "" for cell in grid[body]]
        skipped.append(body)
        body += 1
    columns = [heading([row[c] for row in rows], units[c]) for c in range(len(rows[0]))]
    above = grid[:first]
    return Layout(
        headings=_unique(columns),
        body=body,
        title=_title(above),
        unit=next((unit for row in above if (unit := unit_of_line(row))), ""),
        notes=tuple(_distinct(row)[0] for row in above if is_note(row)),
        skipped=tuple(skipped),
        lines=tuple(text for row in above for text in _distinct(row)),
    )
