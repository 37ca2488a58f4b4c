"""Strict YAML: every scalar is text, every key stands once, nothing refers to anything else.

``no``, ``0777`` and ``12:30`` stay the text that they are; anchors, aliases, tags, merge keys and
several documents in one file are refused, as are documents too large or too deep to be meant.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

import yaml

from jiqun.engine.rules.problems import Place, problem
from jiqun.errors import Problem

MOST_BYTES = 2_000_000
MOST_DEPTH = 20
MOST_NODES = 200_000
_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


@dataclass(frozen=True, slots=True)
class Text:
    """A scalar; ``place`` is that of its first character, inside its quotes if it has any."""

    value: str
    place: Place


@dataclass(frozen=True, slots=True)
class Items:
    """A sequence."""

    items: tuple[Node, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Mapping:
    """A mapping in the order written, with the place of each key."""

    items: dict[str, Node]
    keys: dict[str, Place]
    place: Place


Node = Text | Items | Mapping


@dataclass(slots=True)
class _Open:
    """A collection that has not ended: its children so far; ``key`` waits for its value."""

    mapping: bool
    place: Place
    children: list[Node] = field(default_factory=list)


def read(text: str, *, file: str = "") -> Node | list[Problem]:
    """Read one document.

    Args:
        text: the document.
        file: its name, for messages.

    Returns:
        The root node, or everything that is wrong with the text as YAML.
    """
    if len(text.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        return [_limit(Place(file), f"文件超过 {MOST_BYTES // 1000} KB", "the file is too large")]
    try:
        return _built(text, file)
    except yaml.YAMLError as error:
        return [_broken(error, file)]
    except RecursionError:
        return [_limit(Place(file), "嵌套过深", "nested too deeply")]


def _built(text: str, file: str) -> Node | list[Problem]:
    problems: list[Problem] = []
    stack: list[_Open] = []
    root: Node | None = None
    for count, event in enumerate(yaml.parse(text, Loader=_LOADER)):
        mark = cast(yaml.Mark, event.start_mark)
        place = Place(file, mark.line + 1, mark.column + 1)
        if count > MOST_NODES or len(stack) > MOST_DEPTH:
            return [_limit(place, "嵌套过深或内容过多", "nested too deeply, or too much of it")]
        problems += _forbidden(event, place)
        node = _node(event, place, stack, problems)
        if node is None:
            continue
        if stack:
            stack[-1].children.append(node)
        elif root is None:
            root = node
        else:
            problems.append(_yaml(place, "一个文件只能有一份文档", "one document per file"))
    if root is None and not problems:
        problems.append(_yaml(Place(file, 1, 1), "文件是空的", "the file is empty"))
    return problems or root or []


def _node(
    event: yaml.Event, place: Place, stack: list[_Open], problems: list[Problem]
) -> Node | None:
    """Return the node that an event completes, opening and closing collections on the way."""
    if isinstance(event, yaml.ScalarEvent):
        return Text(str(event.value), place.moved(1) if event.style in {"'", '"'} else place)
    if isinstance(event, yaml.AliasEvent):
        return Text("", place)
    if isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
        stack.append(_Open(isinstance(event, yaml.MappingStartEvent), place))
    if isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
        closed = stack.pop()
        if closed.mapping:
            return _mapping(closed, problems)
        return Items(tuple(closed.children), closed.place)
    return None


def _mapping(closed: _Open, problems: list[Problem]) -> Mapping:
    items: dict[str, Node] = {}
    keys: dict[str, Place] = {}
    for key, value in zip(closed.children[::2], closed.children[1::2], strict=True):
        if not isinstance(key, Text):
            problems.append(_yaml(key.place, "键必须是文字", "a key must be text"))
        elif key.value in items:
            problems.append(
                _yaml(
                    key.place,
                    f"键“{key.value}”重复（首次在第 {keys[key.value].line} 行）",
                    f"the key {key.value!r} stands twice (first in line {keys[key.value].line})",
                )
            )
        else:
            items[key.value], keys[key.value] = value, key.place
    return Mapping(items, keys, closed.place)


def _forbidden(event: yaml.Event, place: Place) -> list[Problem]:
    if isinstance(event, yaml.AliasEvent):
        return [_yaml(place, "不允许引用（*）", "aliases (*) are not allowed")]
    found: list[Problem] = []
    if getattr(event, "anchor", None):
        found.append(_yaml(place, "不允许锚点（&）", "anchors (&) are not allowed"))
    if getattr(event, "tag", None):
        found.append(_yaml(place, "不允许标签（!）", "tags (!) are not allowed"))
    if isinstance(event, yaml.ScalarEvent) and event.value == "<<" and not event.style:
        found.append(_yaml(place, "不允许合并键（<<）", "merge keys (<<) are not allowed"))
    return found


def _yaml(place: Place, zh: str, en: str) -> Problem:
    return problem(
        "E-RULE-YAML",
        zh,
        en=en,
        place=place,
        remedy=("请逐项写明，每个键只写一次。", "Write it out; give each key once."),
    )


def _limit(place: Place, zh: str, en: str) -> Problem:
    return problem(
        "E-RULE-LIMIT",
        zh,
        en=en,
        place=place,
        remedy=("请拆成多个文件或多条政策。", "Split it into several files or policies."),
    )


def _broken(error: yaml.YAMLError, file: str) -> Problem:
    mark = getattr(error, "problem_mark", None)
    place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)
    told = str(getattr(error, "problem", None) or error)
    return problem(
        "E-RULE-YAML",
        f"不是合法的 YAML（{told}）",
        en=f"not valid YAML ({told})",
        place=place,
        remedy=(
            "检查缩进与冒号；花括号或方括号里含 [ ] 、冒号或逗号的文字要加引号。",
            "Check indent and colons; inside { } or [ ], quote text that holds brackets or commas.",
        ),
    )
