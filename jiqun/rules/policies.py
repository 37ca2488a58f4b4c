"""Loads policy packs: folders of policy documents with a list that says what each rests on.

A folder of packs (``jiqun/rules/policy``, or a county's own) holds ``fields/*.yaml``, the field
dictionary; ``scorecards/*.yaml`` (:mod:`jiqun.rules.scorecards`); and one folder per pack with
``pack.yaml`` and one document per policy version. Nothing is loaded that is not listed, and
nothing is listed that is not there. Reference: docs/reference/policy-packs.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TypeVar

from jiqun.engine.rules.document import strict
from jiqun.engine.rules.document.fields import Dictionary, Field, read_dictionary
from jiqun.engine.rules.document.policies import MARKS
from jiqun.engine.rules.document.policy import Policy
from jiqun.engine.rules.document.reader import Reader
from jiqun.engine.rules.evaluation.evaluate import VERDICT_NAMES
from jiqun.engine.rules.problems import Place, problem, refuse
from jiqun.engine.rules.program.compile import in_force, load_policy
from jiqun.errors import JiqunError, Kind, Problem

T = TypeVar("T")
FOLDER = Path(__file__).parent / "policy"
FIELDS, SCORECARDS, LIST = "fields", "scorecards", "pack.yaml"
_KEYS = ("名称", "英文", "结论用语", "地方", "来源", "说明", "文件")
_ENTRY_KEYS = ("文件", "标记", "所见", "方式", "待确认", "说明")
MODES = ("免申", "即申", "承诺", "竞争性", "申报", "一事一议", "评测", "划分")


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What is said of a verdict: a stable key, and the words in Chinese and English."""

    key: str
    zh: str
    en: str


def _said(*states: tuple[str, str, str]) -> Mapping[int, Conclusion]:
    return {code: Conclusion(*words) for code, words in enumerate(states)}


_VERDICT_KEYS = ("no", "yes", "missing", "manual", "out_of_force")
# By 结论用语: verdict code (0 no, 1 yes, 2 missing, 3 manual, 4 out of force) → what is said.
# 认定: only the authority recognises, so nobody is ever told 符合 (methods, 3.5).
WORDINGS: Mapping[str, Mapping[int, Conclusion]] = {
    "兑付": {
        code: Conclusion(_VERDICT_KEYS[code], *words) for code, words in VERDICT_NAMES.items()
    },
    "认定": _said(
        ("not_yet", "暂不满足", "not met for now"),
        ("good_chance", "较有希望", "good prospects"),
        ("needs_data", "需补数据", "data needed"),
        ("chance", "有机会", "a chance, subject to review"),
        ("not_applicable", "不适用", "does not apply"),
    ),
    "划分": _said(
        ("outside", "不属于", "not in this class"),
        ("inside", "属于", "in this class"),
        ("needs_data", "需补数据", "data needed"),
        ("to_review", "须人工判定", "to be decided by a person"),
        ("not_applicable", "不适用", "does not apply"),
    ),
}
_CRITERIA = _said(
    ("unmet", "未达到", "unmet"),
    ("met", "已达到", "met"),
    ("unknown", "未知", "unknown"),
    ("manual_review", "需人工核验", "manual review"),
    ("not_applicable", "不适用", "not applicable"),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One document of a pack, and what it rests on.

    ``mark``: ✔ ◐ ✎ ◆ of the document as a whole; ``seen``: where the text was seen; ``mode``: how
    it is had (免申, 即申, …); ``open``: what the source leaves open and a county has to fill in.
    """

    policy: Policy
    mark: str
    seen: str
    mode: str
    open: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True)
class PolicyPack:
    """Documents that belong together; ``wording`` is a key of ``WORDINGS``."""

    name: str
    zh: str
    en: str
    wording: str
    place: str
    source: str
    note: str
    entries: tuple[Entry, ...]

    @property
    def policies(self) -> tuple[Policy, ...]:
        """The documents, all versions, in the order listed."""
        return tuple(entry.policy for entry in self.entries)

    def say(self, verdict: int) -> Conclusion:
        """Return how this pack words a verdict code."""
        return WORDINGS[self.wording][verdict]


def criterion(state: int, *, manual: bool = False, applies: bool = True) -> Conclusion:
    """Return what is said of one criterion.

    Args:
        state: 0 fails, 1 holds, 2 unknown.
        manual: whether a person verifies it; then unknown means that nobody has yet.
        applies: False where the document is out of force on the day.
    """
    if not applies:
        return _CRITERIA[4]
    return _CRITERIA[3 if manual and state == 2 else state]


# ---- dictionary -----------------------------------------------------------------------------


@cache
def field_dictionary(*folders: Path) -> Dictionary:
    """Read the field dictionary of this project, and those of a county's folders beside it.

    Raises:
        JiqunError: everything wrong in any file at once; a word that two files use is an error.
    """
    problems: list[Problem] = []
    fields: dict[str, Field] = {}
    words: dict[str, Place] = {}
    for folder in (FOLDER, *folders):
        for path in sorted((folder / FIELDS).glob("*.yaml")):
            read = _tried(lambda path=path: read_dictionary(_text(path), file=path.name), problems)
            for field in read.fields.values() if read else ():
                for word in (field.name, *field.synonyms):
                    if word in words:
                        problems.append(_taken(field, word, words[word]))
                    words[word] = field.place
                fields[field.name] = field
    refuse(problems, zh="字段字典有误", en="the field dictionary has errors")
    return Dictionary(fields)


def origin(field: Field) -> tuple[str, str]:
    """Return where a fact comes from, as its 说明 says: ``facts: firm_indicator.revenue``.

    The first part is a fact contract, or one of ``list`` (a list of recognised firms), ``register``
    (a bureau's own records), ``finding``, ``derived`` and ``scorecard``. Two empty texts when the
    field does not say.
    """
    head = field.note.split("；", 1)[0]
    if not head.startswith("facts: "):
        return "", ""
    table, _, name = head.removeprefix("facts: ").partition(".")
    return table, name


def _taken(field: Field, word: str, first: Place) -> Problem:
    return problem(
        "E-RULE-DICTIONARY",
        f"“{word}”已在 {first} 使用",
        en=f"{word!r} is taken by {first}",
        place=field.place,
        remedy=("字段名与同义词在全部文件里唯一。", "Names and synonyms are unique in all files."),
        value=word,
    )


# ---- packs ----------------------------------------------------------------------------------


def pack_names(folder: Path = FOLDER) -> tuple[str, ...]:
    """Return the packs of a folder, sorted."""
    return tuple(sorted(path.parent.name for path in folder.glob(f"*/{LIST}")))


@cache
def policy_pack(name: str, folder: Path = FOLDER) -> PolicyPack:
    """Load one pack with every document checked against the dictionary.

    Args:
        name: the pack's folder.
        folder: where it stands; a county's folder may bring fields of its own.

    Raises:
        JiqunError: ``E-PACK-UNKNOWN`` names those there are; otherwise everything wrong in the
            list and in all documents at once.
    """
    if name not in pack_names(folder):
        raise JiqunError(
            "E-PACK-UNKNOWN",
            f"没有政策包 {name}",
            f"there is no policy pack {name}",
            hint_zh="可用：" + "、".join(pack_names(folder)),
            hint_en="known: " + ", ".join(pack_names(folder)),
            kind=Kind.NOT_FOUND,
        )
    dictionary = field_dictionary(*(() if folder == FOLDER else (folder,)))
    problems: list[Problem] = []
    pack = _pack(folder / name, dictionary, problems)
    refuse(problems, zh=f"政策包 {name} 有误", en=f"the policy pack {name} has errors")
    assert pack is not None  # noqa: S101 - without a pack there was a problem
    return pack


def policies(names: Sequence[str] = (), *, folder: Path = FOLDER) -> tuple[Policy, ...]:
    """Return the documents of some packs, by default of all, every version."""
    return tuple(
        policy
        for name in names or pack_names(folder)
        for policy in policy_pack(name, folder).policies
    )


def versions(number: str, *, folder: Path = FOLDER) -> tuple[Policy, ...]:
    """Return the versions of one policy, the earliest first; choose by ``in_force(…, day)``."""
    found = [policy for policy in policies(folder=folder) if policy.number == number]
    return tuple(sorted(found, key=lambda policy: policy.start))


def governing(number: str, on: date, *, folder: Path = FOLDER) -> Policy | None:
    """Return the version of a policy that governs an event of a day, or None."""
    return in_force(versions(number, folder=folder), on)


def _pack(folder: Path, dictionary: Dictionary, problems: list[Problem]) -> PolicyPack | None:
    file = f"{folder.name}/{LIST}"
    root = strict.read(_text(folder / LIST), file=file)
    if isinstance(root, list):
        problems += root
        return None
    reader = Reader(root, problems, what="政策包", place=Place(file, 1, 1))
    reader.only(_KEYS, required=("名称", "英文", "结论用语", "来源", "文件"))
    entries = tuple(_entries(reader, folder, dictionary))
    return PolicyPack(
        name=folder.name,
        zh=reader.text("名称"),
        en=reader.text("英文"),
        wording=reader.choice("结论用语", {word: word for word in WORDINGS}, "兑付"),
        place=reader.text("地方", "any"),
        source=reader.text("来源"),
        note=reader.text("说明"),
        entries=entries,
    )


def _entries(reader: Reader, folder: Path, dictionary: Dictionary) -> Iterator[Entry]:
    there = {path.stem for path in folder.glob("*.yaml")} - {Path(LIST).stem}
    listed: set[str] = set()
    keys: set[str] = set()
    for one in reader.readers("文件", "文件"):
        one.only(_ENTRY_KEYS, required=("文件", "标记", "所见", "方式"))
        name = one.text("文件")
        if name in listed or name not in there:
            told = "列了两次" if name in listed else "不存在"
            one.wrong(f"文件“{name}”{told}", f"{name!r} is listed twice or absent", one.place)
            continue
        listed.add(name)
        policy = _document(folder / f"{name}.yaml", dictionary, reader.problems)
        if policy is None:
            continue
        if policy.key in keys:
            one.wrong(f"{policy.key} 出现两次", f"{policy.key} stands twice", one.place)
        keys.add(policy.key)
        yield Entry(
            policy,
            mark=one.choice("标记", {mark: mark for mark in sorted(MARKS)}, ""),
            seen=one.text("所见"),
            mode=one.choice("方式", {mode: mode for mode in MODES}, ""),
            open=one.texts("待确认"),
            note=one.text("说明"),
        )
    for name in sorted(there - listed):
        reader.wrong(f"文件“{name}”没有列入", f"{name!r} is not listed", reader.at("文件"))


def _document(path: Path, dictionary: Dictionary, problems: list[Problem]) -> Policy | None:
    file = f"{path.parent.name}/{path.name}"
    return _tried(lambda: load_policy(_text(path), dictionary, file=file), problems)


def _tried(read: Callable[[], T], problems: list[Problem]) -> T | None:
    try:
        return read()
    except JiqunError as error:
        problems += error.fields
        return None


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")
