"""Filters in an address → a query, and back: the same words for pages, exports, views and the API.

``name=袜`` narrows a text, ``status=active&status=closed`` chooses, ``value.min=10`` bounds,
``?`` stands for “not known”. ``sort=-value,name``, ``columns=a,b``, ``page=2``, ``size=50``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from jiqun.core.tabular.fields import FEN_PER_WAN, FEN_PER_YUAN, Field, display, label, pick
from jiqun.core.tabular.spec import PAGE_SIZE, UNKNOWN, Condition, Query, TableSpec
from jiqun.errors import Problem

LARGEST_PAGE = 500
LONGEST = 200  # characters of one filter value
YES, NO = "true", "false"
BOUNDS = (("min", "≥"), ("max", "≤"))


def _given(parameters: QueryDict, name: str) -> tuple[str, ...]:
    found = (str(text).strip()[:LONGEST] for text in parameters.getlist(name))
    return tuple(text for text in found if text)


def typed(spec: Field, text: str) -> Any:
    """Return a bound as the column stores it: percent as a share, 万元 as fen, a date as a date.

    Raises:
        ValueError: The text is no value of the column's type.
    """
    if spec.type in ("date", "datetime"):
        return date.fromisoformat(text)
    number = float(text.replace(",", "").replace("，", "").removesuffix("%"))
    factor = {
        "share": 0.01, "probability": 0.01, "money_wan": FEN_PER_WAN, "money_yuan": FEN_PER_YUAN,
    }.get(spec.type, 1)  # fmt: skip
    return number * factor


def _problem(spec: Field, text: str) -> Problem:
    example = "2025-08-22" if spec.type in ("date", "datetime") else "1200"
    return Problem(
        "E-FILTER",
        f"“{label(spec)}”的筛选条件“{text}”读不懂，已略去",
        f"the filter “{text}” of “{label(spec)}” cannot be read and was left out",
        f"请写成 {example} 这样。",
        f"Write it like {example}.",
        column=spec.name,
        value=text,
    )


def _conditions(spec: Field, parameters: QueryDict, problems: list[Problem]) -> list[Condition]:
    found: list[Condition] = []
    plain = _given(parameters, spec.name)
    if spec.narrowed_by == "one-of" and plain:
        choices = {UNKNOWN, *spec.words, *((YES, NO) if spec.type == "bool" else ())}
        problems += [_problem(spec, text) for text in plain if text not in choices]
        chosen = tuple(text for text in plain if text in choices)
        return [Condition(spec.name, "in", chosen)] if chosen else []
    if UNKNOWN in plain:
        return [Condition(spec.name, "in", (UNKNOWN,))]
    if spec.narrowed_by == "contains" and plain:
        return [Condition(spec.name, "contains", plain[:1])]
    if spec.narrowed_by == "starts" and plain:
        return [Condition(spec.name, "starts", plain[:1])]
    for bound, _ in BOUNDS:
        for text in _given(parameters, f"{spec.name}.{bound}")[:1]:
            try:
                typed(spec, text)
            except ValueError:
                problems.append(_problem(spec, text))
            else:
                found.append(Condition(spec.name, "min" if bound == "min" else "max", (text,)))
    return found


def _whole(text: str, *, default: int, most: int) -> int:
    return min(max(int(text), 1), most) if text.isdecimal() and len(text) < 9 else default


def parse(
    spec: TableSpec, fields: Sequence[Field], parameters: QueryDict
) -> tuple[Query, tuple[Problem, ...]]:
    """Read a query from an address.

    Args:
        spec: The table.
        fields: Columns that the reader may see; nothing can be asked of the others.
        parameters: What the address carries.

    Returns:
        (query, everything in the address that could not be read).
    """
    problems: list[Problem] = []
    where: list[Condition] = []
    for one in fields:
        if one.narrowed_by != "none":
            where += _conditions(one, parameters, problems)
    sortable = {one.name for one in fields if one.sortable}
    wanted = str(parameters.get("sort", "")).split(",")
    sort = tuple(name for name in wanted if name.removeprefix("-") in sortable)
    names = [one.name for one in fields]
    columns = [
        n for given in parameters.getlist("columns") for n in str(given).split(",") if n in names
    ]
    size = _whole(str(parameters.get("size", "")), default=PAGE_SIZE, most=LARGEST_PAGE)
    page = _whole(str(parameters.get("page", "")), default=1, most=10**8)
    ordered = tuple(name for name in names if name in columns)
    query = Query(tuple(where), sort or spec.sort, (page - 1) * size, size, ordered)
    return query, tuple(problems)


def pairs(query: Query, spec: TableSpec) -> list[tuple[str, str]]:
    """Return the address of a query without its page, as pairs of name and value."""
    found: list[tuple[str, str]] = []
    for one in query.where:
        suffix = f".{one.kind}" if one.kind in ("min", "max") else ""
        found += [(f"{one.field}{suffix}", text) for text in one.values]
    if query.sort and query.sort != spec.sort:
        found.append(("sort", ",".join(query.sort)))
    if query.columns:
        found.append(("columns", ",".join(query.columns)))
    if query.limit not in (None, PAGE_SIZE):
        found.append(("size", str(query.limit)))
    return found


def word(spec: Field, text: str) -> str:
    """Return a filter's value as a person reads it."""
    if text == UNKNOWN:
        return pick("未知", "unknown")
    if spec.type == "bool":
        return display(spec, text == YES)
    return display(spec, text) if spec.type == "words" else text


def in_words(query: Query, spec: TableSpec) -> list[tuple[str, str, Condition]]:
    """Return each condition as (column, what is asked of it, the condition)."""
    found: list[tuple[str, str, Condition]] = []
    for one in query.where:
        about = spec.field(one.field)
        said = pick("、", ", ").join(word(about, text) for text in one.values)
        marks = {
            "contains": pick(f"含“{said}”", f"contains “{said}”"),
            "starts": pick(f"以“{said}”开头", f"starts with “{said}”"),
            "min": f"≥ {said}",
            "max": f"≤ {said}",
        }
        missing = one.values == (UNKNOWN,)
        found.append((label(about), said if missing else marks.get(one.kind, said), one))
    return found


def chips(query: Query, spec: TableSpec) -> list[dict[str, str]]:
    """Active filters, each with the address of the page without it."""
    return [
        {
            "label": f"{column}：{said}" if pick("zh", "en") == "zh" else f"{column}: {said}",
            "href": "?" + urlencode(_without(query, spec, condition)),
        }
        for column, said, condition in in_words(query, spec)
    ]


def _without(query: Query, spec: TableSpec, condition: Condition) -> list[tuple[str, str]]:
    kept = tuple(one for one in query.where if one is not condition)
    return pairs(Query(kept, query.sort, 0, query.limit, query.columns), spec)


def form_fields(query: Query, fields: Sequence[Field]) -> list[dict[str, Any]]:
    """Return the filter form: one entry per column, with the choices or bounds and what is set."""
    set_now: Mapping[tuple[str, str], tuple[str, ...]] = {
        (one.field, one.kind): one.values for one in query.where
    }
    return [_entry(one, set_now) for one in fields if one.narrowed_by != "none"]


def _entry(spec: Field, now: Mapping[tuple[str, str], tuple[str, ...]]) -> dict[str, Any]:
    kind = spec.narrowed_by
    entry: dict[str, Any] = {"name": spec.name, "label": label(spec), "kind": kind}
    chosen = now.get((spec.name, "in"), ())
    if kind == "one-of":
        values = [*spec.words] if spec.type == "words" else [YES, NO]
        entry["choices"] = [
            {"value": value, "label": word(spec, value), "on": value in chosen}
            for value in [*values, UNKNOWN]
        ]
    elif kind == "range":
        day = spec.type in ("date", "datetime")
        entry["input"] = "date" if day else "text"
        entry["bounds"] = [
            {"name": f"{spec.name}.{bound}", "mark": mark,
             "value": "".join(now.get((spec.name, bound), ()))}
            for bound, mark in BOUNDS
        ]  # fmt: skip
    else:
        entry["value"] = "".join(now.get((spec.name, kind), ()) or chosen)
    entry["open"] = bool(chosen) or any(name == spec.name for name, _ in now)
    return entry
