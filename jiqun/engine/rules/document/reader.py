"""Reads typed values out of strict YAML, noting what is wrong and going on."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import TypeVar

from jiqun.engine.rules.document import strict
from jiqun.engine.rules.language.lexer import plain_text
from jiqun.engine.rules.language.units import DATE, MONEY, NUMBER, Quantity, quantity
from jiqun.engine.rules.problems import Place, nearest, problem
from jiqun.errors import Problem

T = TypeVar("T")
YES = {"是": True, "否": False}
_SIGNED = re.compile(r"\s*(?P<sign>-?)\s*(?P<rest>.*?)\s*", re.DOTALL)


class Reader:
    """One mapping of the document: typed reads by key, and the list of problems it adds to."""

    def __init__(
        self, node: strict.Node | None, problems: list[Problem], *, what: str, place: Place
    ) -> None:
        self.what, self.problems = what, problems
        self.place = node.place if node is not None else place
        self.items: Mapping[str, strict.Node] = {}
        self.keys: Mapping[str, Place] = {}
        if isinstance(node, strict.Mapping):
            self.items, self.keys = node.items, node.keys
        elif node is not None:
            self.wrong(f"{what}应写成“键: 值”", f"{what} must be a mapping", self.place)

    def wrong(
        self, zh: str, en: str, place: Place, *, code: str = "E-RULE-VALUE", value: str = ""
    ) -> None:
        """Note that something is wrong."""
        self.problems.append(problem(code, zh, en=en, place=place, value=value))

    def only(self, known: Collection[str], *, required: Sequence[str] = ()) -> None:
        """Note every key that is not known, with the nearest known one, and every one missing."""
        for key in self.items:
            if key not in known:
                remedy = nearest(key, known)
                self.problems.append(
                    problem(
                        "E-RULE-KEY",
                        f"{self.what}没有“{key}”这一项",
                        en=f"{self.what} has no key {key!r}",
                        place=self.keys[key],
                        remedy=remedy
                        if remedy[0]
                        else (f"可用：{'、'.join(known)}", "See the keys listed."),
                        value=key,
                    )
                )
        for key in required:
            if key not in self.items:
                self.problems.append(
                    problem(
                        "E-RULE-KEY",
                        f"{self.what}缺少“{key}”",
                        en=f"{self.what} lacks {key!r}",
                        place=self.place,
                        remedy=(f"请补充“{key}”。", f"Add {key!r}."),
                    )
                )

    def at(self, key: str) -> Place:
        """Return where the value of a key begins."""
        node = self.items.get(key)
        return node.place if node is not None else self.place

    def text(self, key: str, default: str = "") -> str:
        """Return a scalar as the text it is; a collection is noted."""
        node = self.items.get(key)
        if node is None:
            return default
        if isinstance(node, strict.Text):
            return node.value.strip()
        self.wrong(f"“{key}”应是一段文字", f"{key!r} must be text", node.place)
        return default

    def parsed(
        self, key: str, parse: Callable[[str], T | None], default: T, *, hint: tuple[str, str]
    ) -> T:
        """Return a scalar read by ``parse``; what it cannot read is noted with the hint."""
        if key not in self.items:
            return default
        written = self.text(key)
        value = parse(written) if isinstance(self.items[key], strict.Text) else default
        if value is None:
            self.problems.append(
                problem(
                    "E-RULE-VALUE",
                    f"“{key}”不能是“{written}”",
                    en=f"{key!r} cannot be {written!r}",
                    place=self.at(key),
                    remedy=hint,
                    value=written,
                )
            )
            return default
        return value

    def choice(self, key: str, known: Mapping[str, T], default: T) -> T:
        """Return what one of the known words stands for."""
        words = "、".join(known)
        return self.parsed(key, known.get, default, hint=(f"可写：{words}。", f"One of: {words}."))

    def flag(self, key: str, *, default: bool = False) -> bool:
        """Return 是 or 否 as a truth value."""
        return self.choice(key, YES, default)

    def day(self, key: str) -> date | None:
        """Return a day, or None when the key is absent or wrong."""
        hint = ("写成 2025-01-31 或 2025年1月31日。", "Write 2025-01-31.")
        return self.parsed(key, day, None, hint=hint)

    def rate(self, key: str) -> Fraction | None:
        """Return a rate such as 10% or 0.1 as an exact fraction."""
        return self.parsed(key, rate, None, hint=("写成 10%。", "Write 10%."))

    def fen(self, key: str) -> int | None:
        """Return money in fen."""
        return self.parsed(key, fen, None, hint=("写成 500万元，精确到分。", "Write 500万元."))

    def whole(self, key: str, unit: str = "") -> int | None:
        """Return a whole number, with ``unit`` (such as 个工作日) after it or not."""

        def parse(written: str) -> int | None:
            digits = plain_text(written).removesuffix(unit).strip()
            return int(digits) if digits.isdecimal() and len(digits) < 10 else None

        return self.parsed(key, parse, None, hint=(f"写成整数，如 5{unit}。", "A whole number."))

    def mapping(self, key: str, what: str) -> Reader:
        """Return a reader of the mapping under a key; an absent one reads as empty."""
        return Reader(self.items.get(key), self.problems, what=what, place=self.place)

    def readers(self, key: str, what: str) -> list[Reader]:
        """Return a reader for each mapping of the list under a key."""
        return [
            Reader(node, self.problems, what=f"{what}第 {number} 项", place=node.place)
            for number, node in enumerate(self.nodes(key), 1)
        ]

    def nodes(self, key: str) -> tuple[strict.Node, ...]:
        """Return the nodes of the list under a key."""
        node = self.items.get(key)
        if node is None:
            return ()
        if isinstance(node, strict.Items):
            return node.items
        self.wrong(f"“{key}”应是列表", f"{key!r} must be a list", node.place)
        return ()

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts; one text stands for a list of one."""
        if isinstance(self.items.get(key), strict.Text):
            return (self.text(key),)
        found: list[str] = []
        for node in self.nodes(key):
            if isinstance(node, strict.Text):
                found.append(node.value.strip())
            else:
                self.wrong(f"“{key}”的每一项应是文字", f"{key!r} must list texts", node.place)
        return tuple(found)


def day(written: str) -> date | None:
    """Read a day written as 2025-01-31 or 2025年1月31日; None when it is none."""
    match = DATE.fullmatch(plain_text(written).strip())
    if match is None:
        return None
    try:
        return date(int(match["y"]), int(match["m"] or match["m2"]), int(match["d"] or match["d2"]))
    except ValueError:
        return None


def number(written: str) -> Quantity | None:
    """Read a quantity such as -500万元, 3% or 20人; None when it is none."""
    parts = _SIGNED.fullmatch(plain_text(written))
    match = NUMBER.fullmatch(parts["rest"]) if parts else None
    if match is None or parts is None:
        return None
    found = quantity(match)
    return Quantity(-found.value, found.unit, found.under) if parts["sign"] else found


def rate(written: str) -> Fraction | None:
    """Read a rate: 10%, 5‰, 0.1; None when it has a unit."""
    found = number(written)
    return found.in_base if found is not None and not found.base else None


def fen(written: str) -> int | None:
    """Read money as whole fen; None when it is no money or finer than a fen."""
    found = number(written)
    if found is None or found.base != MONEY or found.in_base.denominator != 1:
        return None
    return found.in_base.numerator
