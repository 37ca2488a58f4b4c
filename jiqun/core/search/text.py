"""How text becomes grams: bigrams of Chinese, prefixes of words. The same for rows and queries.

Unicode text is brought to NFKC (full-width becomes half-width) and lower case. A run of Chinese
characters gives every pair of neighbours; each character alone is indexed for titles only. A word
of other letters or digits gives its first 1 to 6 characters. Pairs need no dictionary, so they
find names that no dictionary has (Nie, Gao, Bodik and Gao, 1996; the CJKV analysers of Lucene).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import polars as pl

LONGEST_PREFIX = 6
START = "^"  # before the gram with which a text begins
_RUN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f々〇]+|[^\W_]+")
_HAN_RUN = r"[\p{Han}々〇]+"
_WORD_RUN = r"[\p{L}\p{N}]+"


def normal(text: str) -> str:
    """Return text as it is compared: NFKC, lower case, white space as single blanks."""
    return " ".join(unicodedata.normalize("NFKC", text).lower().split())


def is_han(character: str) -> bool:
    """Whether a character belongs to a run of bigrams."""
    point = ord(character)
    return (
        0x3400 <= point <= 0x4DBF or 0x4E00 <= point <= 0x9FFF or 0xF900 <= point <= 0xFAFF
        or 0x20000 <= point <= 0x3134F or character in "々〇"
    )  # fmt: skip


def runs(text: str) -> list[str]:
    """Return the runs of Chinese characters and the words of normal text, in order."""
    found: list[str] = []
    for match in _RUN.finditer(text):
        start, kind = 0, None
        run = match[0]
        for position, character in enumerate(run):  # a word may touch Chinese: iot平台
            if kind is not None and is_han(character) != kind:
                found.append(run[start:position])
                start = position
            kind = is_han(character)
        found.append(run[start:])
    return found


def grams_of_run(run: str) -> list[str]:
    """Return the grams that an entry must have to contain this run of a query."""
    if not is_han(run[0]):
        return [run[:LONGEST_PREFIX]]
    return [run] if len(run) == 1 else [run[i : i + 2] for i in range(len(run) - 1)]


@dataclass(frozen=True, slots=True)
class Query:
    """What was typed. ``runs`` have to be found in an entry, each as one piece.

    ``text`` is the whole in normal form, ``grams`` those of all runs.
    """

    text: str
    runs: tuple[str, ...]
    grams: tuple[str, ...]

    @property
    def start(self) -> str:
        """The gram of texts that begin as the query does; empty for one-character queries."""
        run = self.runs[0]
        return START + grams_of_run(run)[0] if self.text.startswith(run) else ""


def parse(typed: str) -> Query | None:
    """Return the query, or None when nothing in it can be searched."""
    text = normal(typed[:100])
    found = tuple(dict.fromkeys(runs(text)))
    if not found:
        return None
    return Query(text, found, tuple(dict.fromkeys(g for run in found for g in grams_of_run(run))))


def normalised(column: pl.Expr) -> pl.Expr:
    """The same as :func:`normal`, for a column."""
    return (
        column.fill_null("").str.normalize("NFKC").str.to_lowercase().str.replace_all(r"\s+", " ")
        .str.strip_chars()
    )  # fmt: skip


def _windows(frame: pl.DataFrame, width: int) -> pl.DataFrame:
    """Every window of ``width`` characters of the runs, as columns number and gram."""
    long = frame.filter(pl.col("run").str.len_chars() >= width)
    return (
        long.with_columns(at=pl.int_ranges(0, pl.col("run").str.len_chars() - (width - 1)))
        .explode("at")
        .select("number", gram=pl.col("run").str.slice(pl.col("at"), width))
    )


def grams(frame: pl.DataFrame, *, title: bool) -> pl.DataFrame:
    """Return (number, gram) of texts in normal form.

    Args:
        frame: Columns ``number`` and ``text``.
        title: Also single characters, and the gram with which the text begins.
    """
    han = frame.select("number", run=pl.col("text").str.extract_all(_HAN_RUN)).explode("run")
    han = han.drop_nulls()
    rest = frame.select("number", text=pl.col("text").str.replace_all(_HAN_RUN, " "))
    words = rest.select("number", run=pl.col("text").str.extract_all(_WORD_RUN)).explode("run")
    words = words.drop_nulls().unique()
    parts = [_windows(han, 2)]
    parts += [
        words.filter(pl.col("run").str.len_chars() >= length).select(
            "number", gram=pl.col("run").str.slice(0, length)
        )
        for length in range(1 if title else 2, LONGEST_PREFIX + 1)
    ]
    if title:
        parts.append(_windows(han, 1))
        parts.append(_starts(frame))
    return pl.concat(parts).unique()


def _starts(frame: pl.DataFrame) -> pl.DataFrame:
    """The grams with which texts begin: two Chinese characters, or the prefixes of a word."""
    first = frame.with_columns(
        han=pl.col("text").str.extract(rf"^({_HAN_RUN})"), word=pl.col("text").str.extract(r"^([\p{L}\p{N}]+)")
    )  # fmt: skip
    parts = [
        first.filter(pl.col("han").str.len_chars() >= length).select(
            "number", gram=pl.lit(START) + pl.col("han").str.slice(0, length)
        )
        for length in (1, 2)
    ]
    latin = first.filter(pl.col("han").is_null() & pl.col("word").is_not_null())
    word = pl.col("word").str.replace(rf"{_HAN_RUN}.*$", "")
    parts += [
        latin.filter(word.str.len_chars() >= length).select(
            "number", gram=pl.lit(START) + word.str.slice(0, length)
        )
        for length in range(1, LONGEST_PREFIX + 1)
    ]
    return pl.concat(parts)
