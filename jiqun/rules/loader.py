"""Loads rule packs: dated, sourced, versioned YAML. A pack that contradicts itself does not load."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, cast

from jiqun import yamlfile
from jiqun.errors import JiqunError, Kind, Problem

FOLDER = Path(__file__).parent
# ✔ confirmed in a published source, ◐ secondary source only, ✎ unverified, ◆ this project's own.
MARKS = {"✔", "◐", "✎", "◆"}
# Topics whose packs have another shape and a loader of their own.
TYPED = frozenset({"permu"})


@dataclass(frozen=True, slots=True)
class Parameter:
    """One figure of a pack: its value, the range a what-if may move it in, and what it rests on."""

    name: str
    value: float
    min: float
    max: float
    unit: str
    zh: str
    en: str
    mark: str
    note: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Pack:
    """One version of the rules on one topic."""

    topic: str
    version: str
    title: Mapping[str, str]
    in_force: date
    place: str
    status: str
    source: Mapping[str, str]
    parameters: Mapping[str, Parameter]
    scopes: Mapping[str, Mapping[str, Any]]
    vectors: tuple[Mapping[str, Any], ...]
    tables: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])

    def values(self, overrides: Mapping[str, float] | None = None) -> dict[str, float]:
        """Return every parameter's value, with a what-if's changes laid over.

        Raises:
            JiqunError: ``E-PARAMETER`` naming every unknown or out-of-range change at once.
        """
        result = {name: parameter.value for name, parameter in self.parameters.items()}
        problems: list[Problem] = []
        for name, value in (overrides or {}).items():
            parameter = self.parameters.get(name)
            if parameter is None:
                problems.append(_unknown(name))
            elif not parameter.min <= value <= parameter.max:
                problems.append(_out_of_range(parameter, value))
            else:
                result[name] = value
        if problems:
            raise JiqunError(
                "E-PARAMETER",
                "参数不可用：" + "；".join(problem.message_zh for problem in problems),
                "unusable parameters: " + "; ".join(problem.message_en for problem in problems),
                hint_zh="请改正后重试，或恢复默认值。",
                hint_en="Correct them, or go back to the defaults.",
                fields=problems,
            )
        return result


def _unknown(name: str) -> Problem:
    return Problem(
        "E-PARAMETER", f"没有名为 {name} 的参数", f"no parameter is called {name}", column=name
    )


def _out_of_range(parameter: Parameter, value: float) -> Problem:
    return Problem(
        "E-PARAMETER",
        f"{parameter.zh}应在 {parameter.min:g} 与 {parameter.max:g} 之间，得到 {value:g}",
        f"{parameter.en} must lie between {parameter.min:g} and {parameter.max:g}, got {value:g}",
        column=parameter.name,
        value=f"{value:g}",
    )


def _check(pack: Pack, path: Path) -> None:
    wrong = [
        f"{name}: {what}"
        for name, parameter in pack.parameters.items()
        for what, bad in (
            ("value outside min..max", not parameter.min <= parameter.value <= parameter.max),
            (f"unknown mark {parameter.mark!r}", parameter.mark not in MARKS),
        )
        if bad
    ]
    wrong += [
        f"table {name}: {what}"
        for name, table in pack.tables.items()
        for what, bad in (
            (f"unknown mark {table.get('mark')!r}", table.get("mark") not in MARKS),
            ("no Chinese or English words", not (table.get("zh") and table.get("en"))),
            ("no rows", not table.get("rows")),
        )
        if bad
    ]
    if path.stem != pack.version:
        wrong.append(f"version {pack.version!r} differs from the file's name")
    if wrong:
        raise JiqunError(
            "E-PACK",
            f"规则包 {path.name} 自相矛盾：{'；'.join(wrong)}",
            f"rule pack {path.name} contradicts itself: {'; '.join(wrong)}",
            kind=Kind.INTERNAL,
        )


@cache
def pack(topic: str, version: str) -> Pack:
    """Load one pack; JiqunError ``E-PACK-UNKNOWN`` names those there are."""
    path = FOLDER / topic / f"{version}.yaml"
    files = () if topic in TYPED else (FOLDER / topic).glob("*.yaml")
    known = sorted(file.stem for file in files)
    if version not in known:
        raise JiqunError(
            "E-PACK-UNKNOWN",
            f"没有规则包 {topic}/{version}",
            f"there is no rule pack {topic}/{version}",
            hint_zh="可用：" + "、".join(known),
            hint_en="known: " + ", ".join(known),
            kind=Kind.NOT_FOUND,
        )
    raw = cast(dict[str, Any], yamlfile.content(path))
    parameters = {
        name: Parameter(name=name, **value) for name, value in raw.pop("parameters").items()
    }
    vectors, scopes = tuple(raw.pop("vectors", ())), raw.pop("scopes", {})
    loaded = Pack(parameters=parameters, scopes=scopes, vectors=vectors, **raw)
    _check(loaded, path)
    return loaded


def latest(topic: str, on: date) -> Pack:
    """Return the pack of ``topic`` that is in force on a day: the latest that has begun."""
    versions = [pack(topic, file.stem) for file in sorted((FOLDER / topic).glob("*.yaml"))]
    begun = [candidate for candidate in versions if candidate.in_force <= on]
    if not begun:
        raise JiqunError(
            "E-PACK-UNKNOWN",
            f"{on} 尚无生效的 {topic} 规则包",
            f"no {topic} rule pack is in force on {on}",
            kind=Kind.NOT_FOUND,
        )
    return max(begun, key=lambda candidate: (candidate.in_force, candidate.version))
