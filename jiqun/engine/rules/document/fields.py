"""The field dictionary: what each fact means, in which unit and period, and who holds it.

A rule may use no field that is not here, so a right rule can never read a wrong column by
accident of spelling.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from jiqun.engine.rules.document import strict
from jiqun.engine.rules.document.reader import Reader
from jiqun.engine.rules.language.units import BASES, BY_NAME, MONEY
from jiqun.engine.rules.language.words import is_plain_name
from jiqun.engine.rules.problems import NOWHERE, Place, nearest, problem, refuse
from jiqun.errors import Problem

KINDS: Mapping[str, str] = {
    "是否": "boolean", "整数": "integer", "金额": "money", "数量": "quantity", "比率": "ratio",
    "枚举": "enum", "枚举集": "set", "日期": "date",
}  # fmt: skip
PERIODS: Mapping[str, str] = {
    "时点": "point", "年": "year", "半年": "half", "季": "quarter", "月": "month",
}  # fmt: skip
MOST_OF_A_SET = 62  # one bit each in an int64, the sign left alone
_KEYS = ("名称", "英文", "类型", "单位", "期间", "主管", "来源", "权威", "同义", "取值", "说明")


@dataclass(frozen=True, slots=True)
class Field:
    """One fact about a subject.

    ``kind``: boolean, integer, money (fen), quantity (in ``unit``), ratio (ppm), enum, set
    (several named values at once) or date (days since 1970-01-01). ``authoritative``: its source
    decides, so that a benefit may rest on it without an application.
    """

    name: str
    kind: str
    en: str = ""
    unit: str = ""
    period: str = "point"
    owner: str = ""
    source: str = ""
    authoritative: bool = False
    synonyms: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    note: str = ""
    place: Place = NOWHERE


@dataclass(frozen=True)
class Dictionary:
    """Fields by name; synonyms lead to the same field."""

    fields: Mapping[str, Field]

    @cached_property
    def by_word(self) -> Mapping[str, Field]:
        """Every name and synonym, with its field."""
        return {w: f for f in self.fields.values() for w in (f.name, *f.synonyms)}

    @cached_property
    def words(self) -> frozenset[str]:
        """Every name and synonym."""
        return frozenset(self.by_word)

    def find(self, name: str) -> Field | None:
        """Return the field of a name or synonym, or None."""
        return self.by_word.get(name)

    def unknown(self, name: str, place: Place) -> Problem:
        """Return the problem that there is no such field, with the nearest names."""
        return problem(
            "E-RULE-FIELD",
            f"字段字典里没有“{name}”",
            en=f"the field dictionary has no {name!r}",
            place=place,
            remedy=nearest(name, self.words),
            value=name,
        )


def read_dictionary(text: str, *, file: str = "") -> Dictionary:
    """Read a dictionary from strict YAML: ``字段:`` and a list of fields.

    Raises:
        JiqunError: everything wrong with it at once, each with file, line and column.
    """
    problems: list[Problem] = []
    fields: list[Field] = []
    root = strict.read(text, file=file)
    if isinstance(root, list):
        problems = root
    else:
        reader = Reader(root, problems, what="字段字典", place=Place(file, 1, 1))
        reader.only(("字段",), required=("字段",))
        fields = [_field(one) for one in reader.readers("字段", "字段")]
    problems += _checked(fields)
    refuse(problems, zh="字段字典有误", en="the field dictionary has errors")
    return Dictionary({field.name: field for field in fields})


def _field(reader: Reader) -> Field:
    reader.only(_KEYS, required=("名称", "类型"))
    kind = reader.choice("类型", KINDS, "")
    unit = reader.parsed(
        "单位",
        _base,
        "",
        hint=(f"可写：{'、'.join(BY_NAME)}。", f"One of: {', '.join(sorted(BASES))}."),
    )
    fixed = {"money": MONEY, "ratio": "ppm", "date": "date", "integer": unit or "plain"}
    return Field(
        name=reader.text("名称"),
        kind=kind,
        en=reader.text("英文"),
        unit=fixed.get(kind, unit),
        period=reader.choice("期间", PERIODS, "point"),
        owner=reader.text("主管"),
        source=reader.text("来源"),
        authoritative=reader.flag("权威"),
        synonyms=reader.texts("同义"),
        values=reader.texts("取值"),
        note=reader.text("说明"),
        place=reader.at("名称"),
    )


def _base(written: str) -> str | None:
    if written in BASES:
        return written
    unit = BY_NAME.get(written)
    return (unit.base or None) if unit else None


def _checked(fields: list[Field]) -> list[Problem]:
    problems: list[Problem] = []
    seen: dict[str, Field] = {}
    for field in fields:
        problems += _of_kind(field)
        for word in (field.name, *field.synonyms):
            if word in seen:
                problems.append(
                    _wrong(field, f"“{word}”已被“{seen[word].name}”使用", f"{word!r} is taken")
                )
            elif not is_plain_name(word):
                problems.append(
                    _wrong(
                        field, f"“{word}”不能作字段名", f"{word!r} cannot be the name of a field"
                    )
                )
            seen[word] = field
    return problems


def _of_kind(field: Field) -> list[Problem]:
    listed = field.kind in {"enum", "set"}
    problems: list[Problem] = []
    if field.kind == "quantity" and not field.unit:
        problems.append(
            _wrong(field, f"“{field.name}”是数量，须写单位", f"{field.name!r} needs a unit")
        )
    if listed != bool(field.values):
        problems.append(
            _wrong(
                field, f"“{field.name}”：只有枚举须列取值", f"{field.name!r}: values go with enums"
            )
        )
    if len(set(field.values)) < len(field.values):
        problems.append(
            _wrong(field, f"“{field.name}”的取值有重复", f"{field.name!r} repeats a value")
        )
    if field.kind == "set" and len(field.values) > MOST_OF_A_SET:
        problems.append(
            _wrong(
                field,
                f"枚举集最多 {MOST_OF_A_SET} 个取值",
                f"a set has at most {MOST_OF_A_SET} values",
            )
        )
    return problems


def _wrong(field: Field, zh: str, en: str) -> Problem:
    return problem(
        "E-RULE-DICTIONARY",
        zh,
        en=en,
        place=field.place,
        remedy=(
            "字段名以文字开头、不含空格和标点、不是关键字，并且全字典唯一。",
            "A name begins with a letter, holds no spaces or signs, is no keyword, and is unique.",
        ),
        value=field.name,
    )
