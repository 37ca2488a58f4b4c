"""Programmes changed at random, decided by our planes and by an interpreter of its own."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from benchmarks.firm_aid.suite import ELIGIBLE, TARGETED, read_suite
from jiqun.engine.rules.foreign.publicodes.importer import answer, import_rules
from tests.engine.rules_foreign.publicodes_reference import Reference

NAMES = ("no", "yes", "undefined", "not applicable")
TOWNS = ("Val-d'Or", "Mont Bleu", "Île Verte")
SIGNS = ("<", "<=", ">", ">=", "=")
THRESHOLDS = (5, 50, 250)
FIRST, LAST = date(2023, 3, 1), date(2024, 12, 31)
# A programme of the kind that such suites hold; invented.
PROGRAMME: Mapping[str, Any] = {
    "firme": None,
    "firme . effectif": None,
    "firme . chiffre": {"unité": "k€"},
    "firme . ville": None,
    "firme . secteur": {"avec": {"est bois": None, "est métal": None, "est autre": None}},
    "firme . loue": {"question": "?", "par défaut": "non"},
    "jour": None,
    "Val-d'Or": '"Val-d\'Or"',
    "aide": {"avec": {"début": "01/03/2023", "fin": "31/12/2024"}},
    "firme . est visée": {
        "toutes ces conditions": ["est admise", "est du secteur", "loue = non", "est de taille"]
    },
    "firme . est admise": {
        "applicable si": {"toutes ces conditions": ["aide . début <= jour", "jour <= aide . fin"]},
        "toutes ces conditions": ["est de taille", "est de la ville", "a du chiffre"],
    },
    "firme . est de taille": {"toutes ces conditions": ["effectif >= 5", "effectif <= 249"]},
    "firme . est de la ville": {
        "une de ces conditions": ["ville = Val-d'Or", "ville = 'Mont Bleu'", "secteur . est bois"]
    },
    "firme . est du secteur": {
        "une de ces conditions": ["secteur . est bois", "secteur . est métal"]
    },
    "firme . a du chiffre": {
        "variations": [
            {"si": "effectif < 50", "alors": "chiffre >= 250 k€"},
            {"si": "secteur . est autre", "alors": {"non applicable si": "loue", "valeur": "oui"}},
            {"sinon": {"est défini": "chiffre"}},
        ]
    },
}
TARGETS = ("firme . est visée", "firme . est admise", "firme . a du chiffre")
KINDS: Mapping[str, str] = {
    "firme . effectif": "number", "firme . chiffre": "number", "firme . ville": "text",
    "firme . secteur . est bois": "boolean", "firme . secteur . est métal": "boolean",
    "firme . secteur . est autre": "boolean", "firme . loue": "boolean", "jour": "day",
}  # fmt: skip


def changed(body: Any, rng: random.Random, chance: float) -> Any:
    """Return a body with lists shuffled, parts negated, dropped, bounds moved, joins swapped."""
    if isinstance(body, list):
        items = [changed(item, rng, chance) for item in body if rng.random() > chance / 4]
        rng.shuffle(items)
        return items
    if isinstance(body, str):
        return expression(body, rng, chance)
    if not isinstance(body, dict):
        return body
    found: dict[str, Any] = {}
    for key, value in body.items():
        found[swapped(key, rng, chance, body)] = (
            value if key in {"avec", "question", "unité", "par défaut"}
            else [cases(case, rng, chance) for case in value] if key == "variations"
            else changed(value, rng, chance)
        )  # fmt: skip
    return found


def cases(case: Mapping[str, Any], rng: random.Random, chance: float) -> dict[str, Any]:
    return {key: changed(value, rng, chance) for key, value in case.items()}


def swapped(key: str, rng: random.Random, chance: float, body: Mapping[str, Any]) -> str:
    pairs = [("toutes ces conditions", "une de ces conditions"),
             ("applicable si", "non applicable si"), ("est défini", "est non défini")]  # fmt: skip
    for one, other in pairs:
        if key in (one, other) and one not in body.keys() - {key} and rng.random() < chance:
            return other if key == one else one
    return key


def expression(text: str, rng: random.Random, chance: float) -> Any:
    parts = text.split(" ")
    for place, part in enumerate(parts):
        if part in SIGNS and rng.random() < chance:
            ordered = part != "="
            parts[place] = rng.choice(["<", "<=", ">", ">="] if ordered else ["=", "!="])
        elif part.isdigit() and parts[place - 1] in SIGNS and rng.random() < chance:
            parts[place] = str(int(part) + rng.choice([-1, 1]))
    changed_ = " ".join(parts)
    logical = not changed_.startswith(('"', "'")) and not changed_[:1].isdigit()
    if logical and rng.random() < chance / 2:
        return {rng.choice(["=", "!="]): [changed_, rng.choice(["oui", "non"])]}
    return changed_


def mutated(raw: Mapping[str, Any], rng: random.Random, chance: float) -> dict[str, Any]:
    kept = {"Val-d'Or", "aide", "jour", "firme", *KINDS}
    return {
        name: body if name in kept else changed(body, rng, chance) for name, body in raw.items()
    }


def facts(rng: random.Random, count: int) -> dict[str, list[Any]]:
    """Return facts at and beside every bound, a third of them unknown."""
    near = [bound + step for bound in THRESHOLDS for step in (-1, 0, 1)]
    days = [day + timedelta(step) for day in (FIRST, LAST) for step in (-1, 0, 1)]
    choices: dict[str, Sequence[Any]] = {
        "number": near, "text": TOWNS, "boolean": (True, False), "day": days,
    }  # fmt: skip
    return {
        name: [rng.choice(choices[kind]) if rng.random() > 1 / 3 else None for _ in range(count)]
        for name, kind in KINDS.items()
    }


def plain(value: Any) -> Any:
    return Fraction(value) if isinstance(value, int) and not isinstance(value, bool) else value


@pytest.mark.parametrize("seed", range(6))
def test_changed_programmes_are_decided_as_the_reference_does(seed: int) -> None:
    rng = random.Random(seed)
    given = facts(rng, 60)
    programmes = {f"p{i}": mutated(PROGRAMME, rng, 0.05 + i / 60) for i in range(16)}
    found = answer(import_rules(programmes, targets=TARGETS, supplied=given), given)
    for number, raw in programmes.items():
        for subject in range(60):
            one = {name: plain(values[subject]) for name, values in given.items()}
            reference = Reference(without_units(raw), one)
            for target in TARGETS:
                states = found.states(number, target)
                assert states is not None
                assert NAMES[states[subject]] == reference.state(target), (raw, target, one)


def without_units(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the rules with the one unit left out that stands alike on both sides."""

    def strip(body: Any) -> Any:
        if isinstance(body, str):
            return body.removesuffix(" k€")
        if isinstance(body, list):
            return [strip(item) for item in body]
        return {k: strip(v) for k, v in body.items()} if isinstance(body, dict) else body

    return {name: strip(body) for name, body in raw.items()}


def test_dropping_a_fact_never_turns_yes_into_no_without_defaults() -> None:
    rng = random.Random(99)
    raw = {name: body for name, body in PROGRAMME.items() if name != "firme . a du chiffre"}
    raw |= {"firme . a du chiffre": "chiffre >= 250", "firme . loue": None}
    given = {name: [value if value is not None else facts(rng, 1)[name][0] for value in values]
             for name, values in facts(rng, 200).items()}  # fmt: skip
    less = {name: [None if rng.random() < 0.3 else value for value in values]
            for name, values in given.items()}  # fmt: skip
    imported = import_rules({"p": raw}, targets=TARGETS[:2], supplied=given)
    full, part = answer(imported, given), answer(imported, less)
    for target in TARGETS[:2]:
        before, after = full.states("p", target), part.states("p", target)
        assert before is not None
        assert after is not None
        known = after != 2
        assert known.any()
        assert not known.all()
        assert (before[known] == after[known]).all()


@pytest.mark.shared
def test_the_suite_s_programmes_changed_at_random(shared_data: Path) -> None:
    suite = read_suite(shared_data / "bench" / "policy_firm_aid")
    rng = random.Random(7)
    subjects = rng.sample(range(len(suite.firms)), 40)
    given = {name: [values[i] if rng.random() > 0.1 else None for i in subjects]
             for name, values in suite.facts.items()}  # fmt: skip
    fixed = set(suite.facts) | {"dispositif", "date du jour"}
    programmes = {
        number: {name: body if name in fixed or not isinstance(body, dict) or "avec" in body
                 else changed(body, rng, 0.15) for name, body in raw.items()}
        for number, raw in suite.programmes.items()
    }  # fmt: skip
    found = answer(import_rules(programmes, targets=(TARGETED, ELIGIBLE), supplied=given), given)
    seen: set[str] = set()
    for number, raw in programmes.items():
        for place in range(len(subjects)):
            one = {name: plain(values[place]) for name, values in given.items()}
            reference = Reference(raw, one)
            for target in (TARGETED, ELIGIBLE):
                states = found.states(number, target)
                if states is not None:
                    wanted = reference.state(target)
                    seen.add(wanted)
                    assert NAMES[states[place]] == wanted, (number, target, one)
    assert seen == set(NAMES)
