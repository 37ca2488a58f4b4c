"""What cn2an and jionlp read in the clauses that come on standard input, one JSON list out.

Runs in an environment of its own, which has the two libraries; neither is a dependency of the
project. The comparator of jionlp is its ``definition``: blur+ is at least, blur- at most, two numbers a
range. It does not tell 以上 from 超过, so that strictness counts against it.
"""

from __future__ import annotations

import json
import re
import sys
from typing import Any

import cn2an
import jionlp


def read_jionlp(text: str) -> list[tuple[int, str]]:
    """Return fen and comparator of every sum of money that jionlp finds."""
    found: list[tuple[int, str]] = []
    for one in jionlp.ner.extract_money(text, with_parsing=False):
        try:
            parsed = jionlp.parse_money(one["text"], default_unit="元")
        except (ValueError, TypeError, KeyError, AttributeError, IndexError):
            continue
        found.extend(_bounds(parsed))
    return found


def _bounds(parsed: dict[str, Any]) -> list[tuple[int, str]]:
    number, definition = parsed.get("num"), str(parsed.get("definition", ""))
    numbers = number if isinstance(number, list) else [number]
    fen = [round(float(one) * 100) for one in numbers if one is not None]
    if len(fen) == 2:
        return [(fen[0], ">="), (fen[1], "<=")]
    op = {"blur+": ">=", "blur-": "<="}.get(definition, "=")
    return [(one, op) for one in fen]


def read_cn2an(text: str) -> list[tuple[int, str]]:
    """Return fen of every sum in 元 that cn2an makes Arabic; it has no comparators."""
    found: list[tuple[int, str]] = []
    for word in re.findall(r"[\d.零一二两三四五六七八九十百千万亿点]+(?=元)", text):
        try:
            found.append((round(cn2an.cn2an(word, "smart") * 100), "="))
        except ValueError:
            continue
    return found


if __name__ == "__main__":
    clauses = json.load(sys.stdin)
    json.dump(
        {
            "jionlp": [read_jionlp(one) for one in clauses],
            "cn2an": [read_cn2an(one) for one in clauses],
        },
        sys.stdout,
    )
