"""Reads a folder of the French firm-aid suite: programmes, firms, verdicts, interface."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from jiqun.engine.rules.foreign.publicodes.facts import Supplied

TARGETED, ELIGIBLE = "entreprise . est ciblée", "entreprise . est éligible"
VALIDITY = ("début de validité", "fin de validité")
# Columns of the firms that stand for one yes-or-no rule per possible value.
SECTION, GOALS = "entreprise . code NAF niveau 1", "questionnaire . objectif prioritaire"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Verdict:
    """One line of the verdicts; ``missing`` as listed there."""

    programme: str
    firm: str
    targeted: str
    eligible: str
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Suite:
    """Programmes as rule bases, facts by rule name in the order of ``firms``, and verdicts.

    ``unread``: columns of the firms that no programme has a rule for.
    """

    programmes: Mapping[str, Mapping[str, object]]
    firms: Sequence[str]
    facts: Mapping[str, Sequence[Supplied]]
    verdicts: Sequence[Verdict]
    unread: Sequence[str]


def read_suite(folder: Path) -> Suite:
    """Read every ``programmes*``, ``firms*`` and ``verdicts*`` file of a folder."""
    interface = json.loads((folder / "interface.json").read_text(encoding="utf-8"))
    programmes: dict[str, Mapping[str, object]] = {}
    for path in sorted(folder.glob("programmes*.json.gz")):
        for one in json.loads(_text(path)):
            programmes[one["id"]] = rules_of(one, interface)
    firms: dict[str, Mapping[str, object]] = {}
    for path in sorted(folder.glob("firms*.json.gz")):
        firms |= {one["id"]: one for one in json.loads(_text(path))}
    verdicts = [
        _verdict(row)
        for path in sorted(folder.glob("verdicts*.csv.gz"))
        for row in csv.DictReader(io.StringIO(_text(path)))
    ]
    facts = facts_of(list(firms.values()), interface)
    named = {name for rules in programmes.values() for name in names_of(rules)}
    return Suite(
        programmes=programmes,
        firms=tuple(firms),
        facts={name: values for name, values in facts.items() if name in named},
        verdicts=verdicts,
        unread=tuple(name for name in facts if name not in named),
    )


def rules_of(
    programme: Mapping[str, object], interface: Mapping[str, object]
) -> Mapping[str, object]:
    """Return the rule base of a programme: the interface, its rules, and its first and last day."""
    own = programme.get("publicodes")
    rules = {**interface, **(own if isinstance(own, dict) else {})}
    days = {key: programme[key] for key in VALIDITY if programme.get(key)}
    space = rules.get("dispositif")
    space = dict(space) if isinstance(space, dict) else {}
    inside = space.get("avec")
    declared = inside if isinstance(inside, dict) else {}
    return {**rules, "dispositif": {**space, "avec": {**declared, **days}}}


def facts_of(
    firms: Sequence[Mapping[str, object]], interface: Mapping[str, object]
) -> Mapping[str, Sequence[Supplied]]:
    """Return the values of each rule that the firms answer, None where one does not."""
    names = dict.fromkeys(key for firm in firms for key in firm)
    found = {
        key: [_value(firm.get(key)) for firm in firms]
        for key in names
        if key not in {"id", "naf1", "objectives"}
    }
    for option in _options(interface, SECTION):
        letter = option.removeprefix("est ")
        found[f"{SECTION} . {option}"] = [_same(firm.get("naf1"), letter) for firm in firms]
    for option in _options(interface, GOALS):
        found[f"{GOALS} . {option}"] = [_among(firm.get("objectives"), option) for firm in firms]
    return found


def names_of(rules: Mapping[str, object], within: str = "") -> Iterator[str]:
    """Yield the full name of every rule, those declared inside others included."""
    for name, body in rules.items():
        full = f"{within} . {name}" if within else name
        yield full
        inside = body.get("avec") if isinstance(body, dict) else None
        if isinstance(inside, dict):
            yield from names_of(inside, full)


def _options(interface: Mapping[str, object], name: str) -> list[str]:
    rule = interface.get(name)
    inside = rule.get("avec") if isinstance(rule, dict) else None
    return list(inside) if isinstance(inside, dict) else []


def _same(value: object, wanted: str) -> bool | None:
    return None if value is None else value == wanted


def _among(values: object, wanted: str) -> bool | None:
    return wanted in values if isinstance(values, list) else None


def _value(value: object) -> Supplied:
    if isinstance(value, str) and _DAY.fullmatch(value):
        return date.fromisoformat(value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise ValueError(f"no value of a fact: {value!r}")


def _verdict(row: Mapping[str, str]) -> Verdict:
    missing = tuple(filter(None, (row.get("missing") or "").split("|")))
    return Verdict(row["programme"], row["firm"], row["targeted"], row["eligible"], missing)


def _text(path: Path) -> str:
    return gzip.decompress(path.read_bytes()).decode()
