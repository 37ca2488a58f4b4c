"""Scorecards: points by bands, with an interval wherever facts are missing.

Some titles are decided by a published table: so many points for a share of R&D of 3 % and over,
so many for a patent. A scorecard is that table as data. What is not known is never 0 points: an
item then lies between the fewest and the most points that its bands still allow, and so does the
total. A scorecard yields columns for the rules: the total, known where the interval is a point,
and whether the pass marks are reached, known where the interval does not straddle one
(:mod:`jiqun.rules.scores`).

A score that an authority computes itself (工信厅企业〔2024〕75号) is a fact, never a scorecard.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path

from jiqun.engine.rules.document import strict
from jiqun.engine.rules.document.amounts import tree_of_condition
from jiqun.engine.rules.document.fields import Dictionary
from jiqun.engine.rules.document.policies import MARKS
from jiqun.engine.rules.document.policy import Condition, Policy
from jiqun.engine.rules.document.reader import YES, Reader
from jiqun.engine.rules.language import syntax as s
from jiqun.engine.rules.language.parser import parse_condition
from jiqun.engine.rules.problems import NOWHERE, Place, refuse
from jiqun.engine.rules.program.compile import compile_policies
from jiqun.engine.rules.program.program import Program
from jiqun.errors import Problem
from jiqun.rules.policies import FOLDER, SCORECARDS, field_dictionary

# How an item counts: the first band that holds, the sum of all that do, or points given as a fact.
WAYS = {"首档": "first", "累计": "sum", "直接": "given"}
_KEYS = ("编号", "名称", "文号", "标记", "满分", "总分", "判定", "指标", "例证")
_ITEM_KEYS = ("名称", "分项", "满分", "方式", "分档", "其余", "字段", "依据")


@dataclass(frozen=True, slots=True)
class Band:
    """A condition and its points."""

    condition: s.Condition
    points: int
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True)
class Item:
    """One row of the table; ``rest`` are the points where no band holds."""

    name: str
    part: str
    most: int
    way: str
    bands: tuple[Band, ...]
    rest: int
    given: str


@dataclass(frozen=True, slots=True)
class CardExample:
    """A worked case: facts, the least and the most points, parts, and whether it passes."""

    facts: Mapping[str, str]
    low: int | None
    high: int | None
    parts: Mapping[str, int]
    passed: bool | None


@dataclass(frozen=True, slots=True)
class Scorecard:
    """A table of points. ``total``: field of the score; ``gate``: field of whether it passes.

    It passes with ``pass_mark`` points in all and ``parts[p]`` in each part p named.
    """

    number: str
    title: str
    document: str
    mark: str
    full: int
    total: str
    gate: str
    pass_mark: int
    parts: Mapping[str, int]
    items: tuple[Item, ...]
    examples: tuple[CardExample, ...]


# ---- reading --------------------------------------------------------------------------------


@cache
def scorecards(folder: Path = FOLDER) -> tuple[Scorecard, ...]:
    """Read the scorecards of a folder of packs.

    Raises:
        JiqunError: everything wrong with all of them at once.
    """
    dictionary = field_dictionary(*(() if folder == FOLDER else (folder,)))
    problems: list[Problem] = []
    found: list[Scorecard] = []
    for path in sorted((folder / SCORECARDS).glob("*.yaml")):
        root = strict.read(path.read_text(encoding="utf-8"), file=path.name)
        if isinstance(root, list):
            problems += root
            continue
        reader = Reader(root, problems, what="评分表", place=Place(path.name, 1, 1))
        found.append(_card(reader, dictionary))
    refuse(problems, zh="评分表有误", en="the scorecards have errors")
    card_program(found, dictionary)
    return tuple(found)


def _card(reader: Reader, dictionary: Dictionary) -> Scorecard:
    reader.only(_KEYS, required=("编号", "名称", "文号", "标记", "满分", "总分", "判定", "指标"))
    items = tuple(_item(one, dictionary) for one in reader.readers("指标", "指标"))
    gate = reader.mapping("判定", "判定")
    gate.only(("字段", "总分", "分项"), required=("字段", "总分"))
    parts = gate.mapping("分项", "分项")
    card = Scorecard(
        number=reader.text("编号"),
        title=reader.text("名称"),
        document=reader.text("文号"),
        mark=reader.choice("标记", {mark: mark for mark in sorted(MARKS)}, ""),
        full=_points(reader, "满分"),
        total=reader.text("总分"),
        gate=gate.text("字段"),
        pass_mark=_points(gate, "总分"),
        parts={name: _points(parts, name) for name in parts.items},
        items=items,
        examples=tuple(_example(one) for one in reader.readers("例证", "例证")),
    )
    _consistent(card, reader, dictionary)
    return card


def _points(reader: Reader, key: str) -> int:
    return reader.whole(key, "分") or 0


def _item(reader: Reader, dictionary: Dictionary) -> Item:
    reader.only(_ITEM_KEYS, required=("名称", "分项", "满分"))
    way = reader.choice("方式", WAYS, "first")
    bands: list[Band] = []
    for one in reader.readers("分档", "分档"):
        one.only(("条件", "得分"), required=("条件", "得分"))
        tree = tree_of_condition(one, "条件", dictionary.words)
        if tree is not None:
            bands.append(Band(tree, _points(one, "得分"), one.at("条件")))
    item = Item(
        name=reader.text("名称"),
        part=reader.text("分项"),
        most=_points(reader, "满分"),
        way=way,
        bands=tuple(bands),
        rest=_points(reader, "其余"),
        given=reader.text("字段"),
    )
    _sensible(item, reader, dictionary)
    return item


def _sensible(item: Item, reader: Reader, dictionary: Dictionary) -> None:
    points = [band.points for band in item.bands]
    if max([*points, item.rest], default=0) > item.most:
        reader.wrong(f"“{item.name}”有一档超过满分", "a band exceeds the full marks", reader.place)
    if item.way == "first" and points != sorted(points, reverse=True):
        reader.wrong(f"“{item.name}”的档应由高到低", "bands go from high to low", reader.place)
    if (item.way == "given") == bool(item.bands) or (item.way == "given") != bool(item.given):
        reader.wrong(
            f"“{item.name}”：直接得分写“字段”，其余写“分档”", "either 字段 or 分档", reader.place
        )
    elif item.given and dictionary.find(item.given) is None:
        reader.problems.append(dictionary.unknown(item.given, reader.at("字段")))


def _consistent(card: Scorecard, reader: Reader, dictionary: Dictionary) -> None:
    if sum(item.most for item in card.items) != card.full:
        reader.wrong("各指标满分之和不等于总满分", "the items do not add up", reader.at("满分"))
    for name, key in ((card.total, "总分"), (card.gate, "判定")):
        if dictionary.find(name) is None:
            reader.problems.append(dictionary.unknown(name, reader.at(key)))
    for name in sorted(set(card.parts) - {item.part for item in card.items}):
        reader.wrong(f"没有分项“{name}”", f"there is no part {name!r}", reader.at("判定"))


def _example(reader: Reader) -> CardExample:
    reader.only(("企业", "总分", "最低", "最高", "分项", "判定"), required=("企业", "判定"))
    facts, parts = reader.mapping("企业", "例证的事实"), reader.mapping("分项", "分项")
    exact = reader.whole("总分", "分")
    return CardExample(
        facts={name: facts.text(name) for name in facts.items},
        low=exact if exact is not None else reader.whole("最低", "分"),
        high=exact if exact is not None else reader.whole("最高", "分"),
        parts={name: _points(parts, name) for name in parts.items},
        passed=YES.get(reader.text("判定")),
    )


# ---- compiling ------------------------------------------------------------------------------


def card_program(cards: Sequence[Scorecard], dictionary: Dictionary) -> Program:
    """Compile the bands of scorecards, one rule per card with its bands in order.

    Raises:
        JiqunError: ``E-RULE-…`` with everything wrong with any condition.
    """
    return compile_policies(
        [
            Policy(
                number=card.number,
                title=card.title,
                conditions=tuple(
                    Condition(str(position), tree, place=place)
                    for position, (tree, place) in enumerate(_trees(card, dictionary))
                ),
                start=date.min,
            )
            for card in cards
        ],
        dictionary,
    )


def _trees(card: Scorecard, dictionary: Dictionary) -> list[tuple[s.Condition, Place]]:
    """Return the conditions of all items in order; points given as a fact are read by one too."""
    found: list[tuple[s.Condition, Place]] = []
    for item in card.items:
        if item.way != "given":
            found += [(band.condition, band.place) for band in item.bands]
            continue
        tree = parse_condition(f"{item.given} >= 0分", names=dictionary.words)
        assert not isinstance(tree, Problem)  # noqa: S101 - the field was found when it was read
        found.append((tree, NOWHERE))
    return found
