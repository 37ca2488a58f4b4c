"""Rules written in publicodes, one construct at a time, and what each of the four states becomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pytest

from jiqun.engine.rules.evaluation.explain import explain
from jiqun.engine.rules.foreign.publicodes.importer import (
    Answers,
    State,
    answer,
    import_rules,
)
from jiqun.engine.rules.language import syntax as s
from jiqun.engine.rules.language.parser import parse_condition
from jiqun.errors import JiqunError

NO, YES, OPEN, OFF = State.NO, State.YES, State.UNDEFINED, State.NOT_APPLICABLE


def answers(rules: Mapping[str, Any], facts: Mapping[str, Sequence[Any]]) -> Answers:
    imported = import_rules({"p": rules}, targets=["but"], supplied=facts)
    return answer(imported, facts)


def states(rules: Mapping[str, Any], facts: Mapping[str, Sequence[Any]]) -> list[int]:
    found = answers(rules, facts).states("p", "but")
    assert found is not None
    return found.tolist()


def refused(rules: Mapping[str, Any], facts: Mapping[str, Sequence[Any]]) -> str:
    with pytest.raises(JiqunError) as caught:
        answers(rules, facts)
    assert caught.value.code == "E-RULE-FOREIGN"
    assert caught.value.message_zh
    return caught.value.message_en


# What the language's own engine (1.0.0-beta.73) answers; a, b and n are facts.
A = [True, False, None]
N = [4, 5, 6, None]
CASES: list[tuple[str, Any, Mapping[str, Sequence[Any]], list[int]]] = [
    ("all", {"toutes ces conditions": ["a", "b"]},
     {"a": [True, True, True, False, None], "b": [True, False, None, None, None]},
     [YES, NO, OPEN, NO, OPEN]),
    ("any", {"une de ces conditions": ["a", "b"]},
     {"a": [True, False, False, None], "b": [None, False, None, None]}, [YES, NO, OPEN, OPEN]),
    ("no conditions at all", {"toutes ces conditions": []}, {"a": A}, [YES, YES, YES]),
    ("constant yes", "oui", {"a": A}, [YES, YES, YES]),
    ("constant no", "non", {"a": A}, [NO, NO, NO]),
    ("not", "a = non", {"a": A}, [NO, YES, OPEN]),
    ("differs from no", "a != non", {"a": A}, [YES, NO, OPEN]),
    ("at least", "n >= 5", {"n": N}, [NO, YES, YES, OPEN]),
    ("above", "n > 5", {"n": N}, [NO, NO, YES, OPEN]),
    ("below", "n < 5", {"n": N}, [YES, NO, NO, OPEN]),
    ("at most", "n <= 5", {"n": N}, [YES, YES, NO, OPEN]),
    ("equal", "n = 5", {"n": N}, [NO, YES, NO, OPEN]),
    ("unequal", "n != 5", {"n": N}, [YES, NO, YES, OPEN]),
    ("never equal to a fraction", "n = 4.5", {"n": N}, [NO, NO, NO, OPEN]),
    ("decimal facts", "n >= 4.5", {"n": [4.4, 4.5, 4.6, None]}, [NO, YES, YES, OPEN]),
    ("constant on the left", "5 <= n", {"n": N}, [NO, YES, YES, OPEN]),
    ("two facts", "n > m", {"n": [1, 2, None], "m": [1, 1, 1]}, [NO, YES, OPEN]),
    ("a fact with itself", "n >= n", {"n": [1, None]}, [YES, OPEN]),
    ("text", "t = 'vert clair'", {"t": ["vert clair", "bleu", None]}, [YES, NO, OPEN]),
    ("text differs", 't != "bleu"', {"t": ["vert clair", "bleu", None]}, [YES, NO, OPEN]),
    ("text nobody has", "t = 'gris'", {"t": ["bleu", None]}, [NO, OPEN]),
    ("a constant by name", "t = Côte d'Or", {"t": ["Côte d'Or", "Ain", None]}, [YES, NO, OPEN]),
    ("text is no number", "t = 5", {"t": ["bleu", None]}, [NO, OPEN]),
    ("from a day on", "d >= 02/03/2024",
     {"d": [date(2024, 3, 1), date(2024, 3, 2), None]}, [NO, YES, OPEN]),
    ("a month is its first day", "d < 03/2024",
     {"d": [date(2024, 2, 29), date(2024, 3, 1), None]}, [YES, NO, OPEN]),
    ("days are never equal, as there", "d = 01/03/2024", {"d": [date(2024, 3, 1), None]},
     [NO, OPEN]),
    ("applicable", {"applicable si": "a", "valeur": "b"},
     {"a": [True, True, False, None, True], "b": [True, False, True, False, None]},
     [YES, NO, OFF, OPEN, OPEN]),
    ("not applicable if", {"non applicable si": "a", "valeur": "b"},
     {"a": [False, False, True, None], "b": [True, False, True, True]}, [YES, NO, OFF, OPEN]),
    ("what does not apply fails among all", {"toutes ces conditions": ["aide", "oui"]},
     {"a": [True, False, None]}, [YES, NO, OPEN]),
    ("what does not apply is no", "aide = non", {"a": [True, False, None]}, [NO, YES, OPEN]),
    ("a comparison with what does not apply", {">=": ["taille", "3"]},
     {"a": [True, False, None], "n": [5, 5, 5]}, [YES, OFF, OPEN]),
    ("a sum leaves out what does not apply", {">=": [{"somme": ["taille", "2"]}, "3"]},
     {"a": [True, False, None, True], "n": [1, 9, 9, None]}, [YES, NO, OPEN, OPEN]),
    ("difference", "n - m >= 2", {"n": [3, 2, None], "m": [1, 1, 1]}, [YES, NO, OPEN]),
    ("product by a constant", "2 * n > 9", {"n": [4, 5, None]}, [NO, YES, OPEN]),
    ("quotient by a constant", "n / 4 >= 1.25", {"n": [4, 5, None]}, [NO, YES, OPEN]),
    ("units convert", "1 k€ + 500 € > n", {"n": [1, 2, None]}, [YES, NO, OPEN]),
    ("zero times the unknown", {"=": [{"*": ["0", "n"]}, "0"]}, {"n": [None, 1]}, [YES, YES]),
    ("defined", {"est défini": "a"}, {"a": A}, [YES, YES, NO]),
    ("not defined", {"est non défini": "n"}, {"n": N}, [NO, NO, NO, YES]),
    ("defined though not applicable", {"est défini": "aide"}, {"a": A}, [YES, YES, NO]),
    ("applies", {"est applicable": "aide"}, {"a": A}, [YES, NO, OPEN]),
    ("does not apply", {"est non applicable": "taille"},
     {"a": [True, False, None, True], "n": [1, 1, 1, None]}, [NO, YES, OPEN, NO]),
    ("default", {"valeur": "a", "par défaut": "oui"}, {"a": A}, [YES, NO, YES]),
    ("default of a rule", "suppose", {"a": A}, [YES, NO, NO]),
    ("one condition or the other", {"condition": {"si": "a", "alors": "b", "sinon": "n > 5"}},
     {"a": [True, False, None, True], "b": [True, None, True, None], "n": [None, 5, 6, 6]},
     [YES, NO, OPEN, OPEN]),
    ("an open test leaves all open", {"condition": {"si": "a", "alors": "oui", "sinon": "oui"}},
     {"a": A}, [YES, YES, OPEN]),
    ("variations", {"variations": [{"si": "n < 5", "alors": "a"}, {"si": "n = 5", "alors": "oui"},
                                   {"sinon": "non"}]},
     {"n": N, "a": [True, None, True, True]}, [YES, YES, NO, OPEN]),
    ("no case holds", {"variations": [{"si": "n < 5", "alors": "oui"}]},
     {"n": [4, 5, None]}, [YES, OFF, OPEN]),
    ("number by cases", {">=": [{"variations": [{"si": "a", "alors": "n"}, {"sinon": "7"}]}, "6"]},
     {"a": [True, True, False, None], "n": [5, 6, None, 9]}, [NO, YES, YES, OPEN]),
    ("ceiling", {"=": [{"valeur": "n", "plafond": "5"}, "5"]}, {"n": N}, [NO, YES, YES, OPEN]),
    ("floor", {"=": [{"valeur": "n", "plancher": "5"}, "5"]}, {"n": N}, [YES, YES, NO, OPEN]),
    ("allowance", {">": [{"valeur": "n", "abattement": "5"}, "0"]}, {"n": N}, [NO, NO, YES, OPEN]),
    ("largest", {">=": [{"le maximum de": ["n", "taille"]}, "5"]},
     {"n": [4, 5, None], "a": [False, False, False]}, [NO, YES, OPEN]),
    ("smallest", {"<": [{"le minimum de": ["n", "5"]}, "5"]}, {"n": [4, 5, None]},
     [YES, NO, OPEN]),
    ("et, ou and = as keys", {"et": ["a", {"ou": ["b", {"=": ["n", "5"]}]}]},
     {"a": [True, True, False], "b": [False, False, None], "n": [5, 4, None]}, [YES, NO, NO]),
    ("one of many", "couleur . est rouge",
     {"couleur . est rouge": [True, False, None]}, [YES, NO, OPEN]),
    ("a choice by name", "choix = 'premier'", {"choix": ["premier", "second", None]},
     [YES, NO, OPEN]),
    ("a child of what is no", "porte . ouverte",
     {"n": [5, 4, None, None], "porte . ouverte": [True, True, True, False]},
     [YES, OFF, YES, NO]),
]  # fmt: skip
AROUND: Mapping[str, Any] = {
    "a": None, "b": None, "n": None, "m": None, "t": None, "d": None,
    "Côte d'Or": '"Côte d\'Or"',
    "aide": {"applicable si": "a", "valeur": "oui"},
    "taille": {"applicable si": "a", "valeur": "n"},
    "suppose": {"valeur": "a", "par défaut": "non"},
    "couleur": {"avec": {"est rouge": None, "est bleu": None}},
    "choix": {"une possibilité": ["premier", "second"], "avec": {"premier": None, "second": None}},
    "porte": "n >= 5",
    "porte . ouverte": None,
}  # fmt: skip


@pytest.mark.parametrize(("body", "facts", "wanted"), [case[1:] for case in CASES],
                         ids=[case[0] for case in CASES])  # fmt: skip
def test_construct(body: Any, facts: Mapping[str, Sequence[Any]], wanted: list[int]) -> None:
    assert states({**AROUND, "but": body}, facts) == wanted


# ---- names ----------------------------------------------------------------------------------


def test_the_nearest_namespace_wins_and_a_rule_means_itself_last() -> None:
    rules = {
        "zone": "non",
        "firme": None,
        "firme . zone": "oui",
        "but": {"toutes ces conditions": ["firme . vaut", "firme . choisie . zone"]},
        "firme . vaut": "zone",
        "firme . choisie": {"valeur": "oui", "avec": {"zone": "zone = non"}},
    }
    # Inside "firme . choisie . zone" the word zone means "firme . zone", not the rule itself.
    assert states(rules, {"firme": [None]}) == [NO]


def test_a_child_stands_before_a_sibling_and_a_sibling_before_the_top() -> None:
    rules = {
        "x": "non",
        "f": None,
        "f . x": "non",
        "f . r": {"valeur": "x", "avec": {"x": "oui"}},
        "but": "f . r",
    }
    assert states(rules, {"f": [None]}) == [YES]


def test_private_rules_are_for_neighbours_only() -> None:
    inside = {"k": {"valeur": "h", "avec": {"[privé] h": "oui"}}}
    assert states({**inside, "but": "k", "a": None}, {"a": [None]}) == [YES]
    assert "private" in refused({**inside, "z": None, "but": "z . o", "z . o": "k . h"}, {})


# ---- missing facts --------------------------------------------------------------------------


def test_missing_facts_are_those_that_could_still_decide() -> None:
    rules = {**AROUND, "but": {"toutes ces conditions": [
        {"une de ces conditions": ["a", "b"]}, "n >= 5", "t = 'bleu'"]}}  # fmt: skip
    facts = {"a": [False, True, None], "b": [None] * 3, "n": [None, 6, None], "t": [None] * 3}
    found = answers(rules, facts)
    assert found.missing("p", "but", 0) == ("b", "n", "t")
    assert found.missing("p", "but", 1) == ("t",)
    assert found.missing("p", "but", 2) == ("a", "b", "n", "t")


def test_a_default_is_used_and_its_fact_is_still_listed() -> None:
    rules = {
        "ancienne": {"question": "?", "par défaut": "oui"},
        "n": None,
        "but": {"toutes ces conditions": ["ancienne", "n > 1"]},
    }
    found = answers(rules, {"n": [None, 5], "ancienne": [None, None]})
    assert found.states("p", "but").tolist() == [OPEN, YES]
    assert found.missing("p", "but", 0) == ("ancienne", "n")
    assert found.missing("p", "but", 1) == ("ancienne",)


def test_what_the_outside_says_of_a_computed_rule_replaces_its_formula() -> None:
    rules = {"n": None, "petite": "n < 5", "but": {"applicable si": "petite", "valeur": "oui"}}
    facts = {"n": [9, 9, None], "petite": [True, None, False]}
    assert states(rules, facts) == [YES, OFF, OFF]


def test_the_verdict_is_that_of_a_policy_of_ours_with_its_reasons() -> None:
    rules = {**AROUND, "but": {"toutes ces conditions": ["n >= 5", "t = 'vert clair'"]}}
    facts = {"n": [4], "t": ["bleu"]}
    imported = import_rules({"p": rules}, targets=["but"], supplied=facts)
    found = answer(imported, facts).found
    told = explain(found, imported.targets["p", "but"].yes, 0)
    assert told.verdict_text[0] == "不符合"
    texts = [reason.part.text for reason in told.reasons]
    assert texts == ["n >= 5", 't 属于 {"vert clair"}']
    assert [fact.text for reason in told.reasons for fact in reason.part.facts] == ["4", "bleu"]


def test_imported_conditions_read_back_from_their_text() -> None:
    rules = {
        "firme . n de salariés": None,
        "firme . l'été": None,
        "firme": None,
        "in": None,
        "but": {
            "une de ces conditions": [
                "firme . n de salariés >= 50",
                {"toutes ces conditions": ["firme . l'été", "in = non"]},
            ]
        },
    }
    imported = import_rules({"p": rules}, targets=["but"], supplied={})
    names = imported.program.dictionary.words
    for rule in imported.program.rules:
        for condition in rule.policy.conditions:
            assert condition.tree is not None
            assert parse_condition(s.text(condition.tree), names=names) == condition.tree


def test_several_programmes_share_facts_and_atoms() -> None:
    one = {"n": None, "but": "n >= 5"}
    other = {"n": None, "but": "n < 5"}
    facts = {"n": [4, 5, None]}
    imported = import_rules({"p": one, "q": other}, targets=["but", "sans"], supplied=facts)
    found = answer(imported, facts)
    assert len(imported.program.atoms) == 1
    assert found.states("p", "but").tolist() == [NO, YES, OPEN]
    assert found.states("q", "but").tolist() == [YES, NO, OPEN]
    assert found.states("p", "sans") is None


def test_seventy_subjects_cross_the_words_of_a_plane() -> None:
    facts = {"n": [None if i % 7 == 0 else i for i in range(70)]}
    wanted = [OPEN if i % 7 == 0 else (YES if i >= 50 else NO) for i in range(70)]
    assert states({"n": None, "but": "n >= 50"}, facts) == wanted


# ---- refused --------------------------------------------------------------------------------

REFUSED: list[tuple[Any, str]] = [
    ({"barème": {"assiette": "n", "tranches": []}}, "'barème' is not supported"),
    ({"valeur": "a", "remplace": "b"}, "'remplace' is not supported"),
    ({"valeur": "a", "rend non applicable": "b"}, "'rend non applicable' is not supported"),
    ({"toutes ces condition": ["a"]}, ""),
    ({"valeur": {"toutes ces condition": ["a"]}}, "is not supported"),
    ({"toutes ces conditions": ["a"], "une de ces conditions": ["b"]}, "several mechanisms"),
    ({"toutes ces conditions": [True]}, "write oui or non"),
    ({"toutes ces conditions": "a"}, "a list is needed"),
    ({"toutes ces conditions": ["inconnu"]}, "there is no 'inconnu'"),
    ("a >= b >= n", "is no expression"),
    ("n >=5", "is no expression"),
    ("d >= 31/02/2024", "there is no day"),
    ("t >= 5", "compares two numbers or two days"),
    ("n * m > 3", "multiplying facts"),
    ("3 / n > 3", "dividing by a fact"),
    ("n / 0 > 3", "division by zero"),
    ("3 kg > 2 €", "cannot be converted"),
    ("n", "yes or no is needed"),
    ("boucle", "circle"),
    ({"toutes ces conditions": ["n"]}, "yes or no is needed"),
    (["a"], "an expression or a mapping"),
    ({"valeur": None}, "a value is empty"),
]


@pytest.mark.parametrize(("body", "told"), REFUSED, ids=[str(case[0])[:40] for case in REFUSED])
def test_what_cannot_be_expressed_is_refused_by_name(body: Any, told: str) -> None:
    rules = {**AROUND, "boucle": "boucle bis", "boucle bis": "boucle = non", "but": body}
    facts = {"a": [True], "n": [1], "m": [1], "t": ["x"], "d": [date(2024, 1, 1)], "b": [True]}
    if not told:  # on the level of a rule the language passes by what it does not know
        assert states(rules, facts) == [OPEN]
        return
    assert told in refused(rules, facts)


def test_a_rule_nothing_rests_on_may_be_beyond_us_and_is_noted() -> None:
    rules = {**AROUND, "montant": {"barème": {}}, "but": "a"}
    imported = import_rules({"p": rules}, targets=["but"], supplied={"a": [True]})
    assert ("p", "montant", "the mechanism 'barème' is not supported") in imported.ignored


def test_one_bad_programme_may_be_left_out_of_many() -> None:
    good, bad = {"a": None, "but": "a"}, {"a": None, "but": "a >"}
    facts = {"a": [True]}
    imported = import_rules({"g": good, "b": bad}, targets=["but"], supplied=facts, strict=False)
    assert set(imported.refused) == {"b"}
    found = answer(imported, facts)
    assert found.states("g", "but").tolist() == [YES]
    assert found.states("b", "but") is None


def test_a_fact_that_no_rule_names_is_refused() -> None:
    assert "no such rule" in refused({"a": None, "but": "a"}, {"autre": [True]})


def test_a_fact_of_two_types_is_refused() -> None:
    rules = {"x": None, "but": {"ou": ["x > 3", "x = 'bleu'"]}}
    assert "is used as" in refused(rules, {})
    assert "is used as" in refused({"x": None, "but": "x > 3"}, {"x": [1, "bleu"]})


def test_a_later_value_of_another_kind_is_refused() -> None:
    rules = {"n": None, "but": "n > 3"}
    imported = import_rules({"p": rules}, targets=["but"], supplied={"n": [1, 2]})
    with pytest.raises(JiqunError) as caught:
        answer(imported, {"n": ["beaucoup"]})
    assert caught.value.code == "E-RULE-FOREIGN"
    with pytest.raises(JiqunError):
        answer(imported, {"n": [1.5]})  # whole numbers were promised
    found = answer(imported, {"n": [None, 4]}).states("p", "but")
    assert found is not None
    assert found.tolist() == [OPEN, YES]


def test_a_rule_twice_is_refused() -> None:
    rules = {"f": {"avec": {"x": "oui"}}, "f . x": "non", "but": "f . x"}
    assert "defined twice" in refused(rules, {})


def test_thousands_of_nested_cases_end_in_a_message_not_in_a_hang() -> None:
    rules: dict[str, Any] = {f"f{i}": None for i in range(40)} | {"r0": "f0"}
    for i in range(1, 40):
        rules[f"r{i}"] = {"variations": [
            {"si": f"r{i - 1}", "alors": f"f{i}"}, {"si": f"f{i} = non", "alors": f"r{i - 1}"}]}  # fmt: skip
    assert "too large" in refused({**rules, "but": "r39"}, {})


def test_deep_nesting_is_refused() -> None:
    body: Any = "a"
    for _ in range(200):
        body = {"valeur": body}
    assert "nested too deeply" in refused({"a": None, "but": body}, {})


def test_nobody_and_nothing_are_decided_too() -> None:
    assert states({"n": None, "but": "n > 3"}, {"n": []}) == []
    imported = import_rules({"p": {"n": None}}, targets=["but"], supplied={"n": [1]})
    assert answer(imported, {"n": [1]}).states("p", "but") is None
