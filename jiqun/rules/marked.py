"""Reading of packs whose parameters carry their mark in place: ``weight: 30 ✔``.

A :class:`Reading` collects every problem with file, key and remedy, so that a pack is refused
once, with all that is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast

import yaml

from jiqun.errors import JiqunError, Kind, Problem
from jiqun.rules.loader import MARKS

MARKED = re.compile(r"(.*?)\s*(\S)$", re.DOTALL)
Node = Mapping[str, Any]
T = TypeVar("T")


class _Strict(yaml.SafeLoader):
    """Refuses a key that is written twice, of which YAML would silently keep the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001 - as YAML calls it
        seen: set[Any] = set()
        for key, _ in node.value:
            name = self.construct_object(key, deep=deep)
            if name in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {name!r} is there twice", key.start_mark
                )
            seen.add(name)
        return super().construct_mapping(node, deep=deep)


@dataclass
class Reading:
    """One file being read: its problems so far, and the mark of every parameter taken."""

    file: str
    problems: list[Problem] = field(default_factory=list[Problem])
    marks: dict[str, str] = field(default_factory=dict[str, str])

    def bad(self, key: str, zh: str, en: str, *, remedy: tuple[str, str] = ("", "")) -> None:
        """Note one problem of a key."""
        self.problems.append(
            Problem("E-PACK", zh, en, remedy[0], remedy[1], file=self.file, column=key)
        )

    def part(self, node: Node, path: str, key: str, *, needed: bool = True) -> Node:
        """Return a mapping below ``node``; an empty one, and a problem, where it is not."""
        found = node.get(key)
        if isinstance(found, Mapping):
            return cast(Node, found)
        if needed or found is not None:
            self.bad(join(path, key), "缺少这一组内容", "this part is missing or not a mapping",
                     remedy=("补上该键及其下级各键", "add the key with the keys below it"))  # fmt: skip
        return {}

    def only(self, node: Node, path: str, keys: Sequence[str]) -> None:
        """Note every key that nobody reads: a misspelt rule must not be ignored."""
        for key in node:
            if key not in keys:
                self.bad(join(path, str(key)), f"不认识的键；可用：{'、'.join(keys)}",
                         f"an unknown key; known: {', '.join(keys)}",
                         remedy=("改正拼写或删去", "correct its spelling or take it out"))  # fmt: skip

    def words(self, node: Node, path: str) -> tuple[str, str]:
        """Return the Chinese and English name of a part; a problem where one is missing."""
        for key in ("zh", "en"):
            if not str(node.get(key) or "").strip():
                self.bad(join(path, key), "缺少名称", "the name is missing",
                         remedy=("中英文都要写", "write both languages"))  # fmt: skip
        return str(node.get("zh") or ""), str(node.get("en") or "")

    def text(self, node: Node, path: str, key: str) -> str:
        """Return a plain text that has to be there."""
        value = node.get(key)
        if value is None or not str(value).strip():
            self.bad(join(path, key), "缺少这一项", "this is missing",
                     remedy=("补上内容", "add it"))  # fmt: skip
        return "" if value is None else str(value)

    def take(self, node: Node, path: str, key: str, parse: Callable[[str], T], *, instead: T) -> T:
        """Return a marked parameter, parsed; ``instead`` and a problem where it cannot be.

        ``parse`` raises ValueError with what it wants.
        """
        at = join(path, key)
        if key not in node:
            self.bad(at, "缺少这个参数", "this parameter is missing",
                     remedy=("补上数值和依据标记，例如 30 ✔", "add value and mark, such as 30 ✔"))  # fmt: skip
            return instead
        found = MARKED.fullmatch(str(node[key]).strip())
        if found is None or found[2] not in MARKS:
            self.bad(at, f"“{node[key]}”没有依据标记", f"{node[key]!r} carries no mark",
                     remedy=("在数值后加 ✔ ◐ ✎ 或 ◆", "put ✔ ◐ ✎ or ◆ behind the value"))  # fmt: skip
            return instead
        self.marks[at] = found[2]
        try:
            return parse(found[1])
        except (ValueError, KeyError) as error:
            self.bad(at, f"“{found[1]}”不可用：{error}", f"{found[1]!r} cannot be used: {error}",
                     remedy=("改为允许的写法", "write it in an allowed form"))  # fmt: skip
            return instead

    def done(self) -> None:
        """Refuse the pack when there is any problem.

        Raises:
            JiqunError: ``E-PACK`` with every problem: file, key, remedy.
        """
        if not self.problems:
            return
        zh = "；".join(f"{one.column}：{one.message_zh}" for one in self.problems)
        en = "; ".join(f"{one.column}: {one.message_en}" for one in self.problems)
        raise JiqunError(
            "E-PACK",
            f"规则包 {self.file} 不完整或自相矛盾：{zh}",
            f"rule pack {self.file} is incomplete or contradicts itself: {en}",
            hint_zh="请按每条所附办法更正文件；更正前不使用该规则包。",
            hint_en="Correct the file as each problem says; the pack is not used before.",
            kind=Kind.INTERNAL,
            fields=self.problems,
        )


def join(path: str, key: str) -> str:
    """Return the place of a key below a place."""
    return f"{path}.{key}" if path else key


def read(path: Path, reading: Reading) -> Node:
    """Return the content of a pack's file; an empty mapping, and a problem, where it is not YAML."""
    try:
        # A SafeLoader with one more refusal.
        raw = _Strict(path.read_text(encoding="utf-8")).get_single_data()
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        reading.bad("", f"不能读作 YAML：{error}", f"not readable as YAML: {error}",
                    remedy=("检查缩进、引号和编码", "check indents, quotes and encoding"))  # fmt: skip
        return {}
    if not isinstance(raw, Mapping):
        reading.bad("", "文件没有内容", "the file holds no mapping",
                    remedy=("以已有的规则包为样板", "start from a pack that there is"))  # fmt: skip
        return {}
    return cast(Node, raw)


def number(text: str) -> float:
    """Parse a decimal number."""
    try:
        return float(text)
    except ValueError:
        raise ValueError("a number is wanted") from None


def whole(text: str) -> int:
    """Parse a whole number that is not negative."""
    if not text.isdigit():
        raise ValueError("a whole number is wanted")
    return int(text)


def maybe(parse: Callable[[str], T]) -> Callable[[str], T | None]:
    """Parse as ``parse`` does, or ``none``."""
    return lambda text: None if text == "none" else parse(text)


def flag(text: str) -> bool:
    """Parse ``true`` or ``false``."""
    if text not in {"true", "false"}:
        raise ValueError("true or false is wanted")
    return text == "true"


def choice(*options: str) -> Callable[[str], str]:
    """Parse one of some words."""

    def parse(text: str) -> str:
        if text not in options:
            raise ValueError(f"one of {', '.join(options)} is wanted")
        return text

    return parse
