"""Compiles policies into one program in which equal atoms and equal gates exist once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from jiqun.engine.rules.document.fields import Dictionary, Field
from jiqun.engine.rules.document.policies import read_policy
from jiqun.engine.rules.document.policy import Policy
from jiqun.engine.rules.language import syntax as s
from jiqun.engine.rules.problems import Place, problem, refuse
from jiqun.engine.rules.program.amount import TypedAmount, check_amount, plan_of
from jiqun.engine.rules.program.atoms import Atom, Form
from jiqun.engine.rules.program.check import Checker, Typed
from jiqun.engine.rules.program.program import Outline, Program, Rule
from jiqun.errors import JiqunError, Problem


@dataclass(slots=True)
class _Interner:
    """Numbers atoms and gates, each distinct one once. Gates are numbered apart until the end."""

    atoms: dict[Atom, int] = field(default_factory=dict[Atom, int])
    gates: dict[tuple[int, ...], int] = field(default_factory=dict[tuple[int, ...], int])

    def atom(self, atom: Atom) -> int:
        return 2 * self.atoms.setdefault(atom, len(self.atoms))

    def gate(self, references: Sequence[int]) -> int:
        """Return the reference of a conjunction; atoms were all numbered before."""
        parts = tuple(sorted(set(references)))
        if len(parts) == 1:
            return parts[0]
        return 2 * (len(self.atoms) + self.gates.setdefault(parts, len(self.gates)))


@dataclass(frozen=True, slots=True)
class _Checked:
    """A policy whose conditions are typed, in an order in which references come first."""

    policy: Policy
    typed: Mapping[str, Typed]
    amount: TypedAmount | None
    columns: Mapping[str, Field]


def load_policy(text: str, dictionary: Dictionary, *, file: str = "") -> Policy:
    """Read and check one policy document.

    Args:
        text: strict YAML (notes in ``jiqun.engine.rules``).
        dictionary: the fields that its conditions may use.
        file: its name, for messages.

    Raises:
        JiqunError: everything wrong with it at once; the code is that of the first problem.
    """
    policy, problems = read_policy(text, names=dictionary.words, file=file)
    if policy is not None:
        problems += _check(policy, dictionary)[1]
    refuse(problems, zh="政策文件有误", en="the policy document has errors")
    assert policy is not None  # noqa: S101 - without a policy there was a problem
    return policy


def compile_policies(policies: Sequence[Policy], dictionary: Dictionary) -> Program:
    """Compile policies, of one or several documents and versions, into one program.

    Raises:
        JiqunError: ``E-RULE-…`` with every problem of every policy; two policies of one number
        and version are a problem.
    """
    problems: list[Problem] = []
    checked: list[_Checked] = []
    seen: set[str] = set()
    for policy in policies:
        if policy.key in seen:
            problems.append(_twice(policy))
        seen.add(policy.key)
        one, wrong = _check(policy, dictionary)
        problems += wrong
        checked.append(one)
    refuse(problems, zh="政策不能编译", en="the policies cannot be compiled")
    return _assembled(checked, dictionary)


def in_force(versions: Sequence[Policy], on: date) -> Policy | None:
    """Return the version that governs an event of a day, or None when none does.

    The day is that of the event, never today. Of several in force the latest to begin governs.
    """
    valid = [policy for policy in versions if policy.in_force(on)]
    return max(valid, key=lambda policy: (policy.start, policy.version), default=None)


def _twice(policy: Policy) -> Problem:
    return problem(
        "E-RULE-REFERENCE",
        f"编号与版本 {policy.key} 出现两次",
        en=f"{policy.key} stands twice",
        place=policy.at("编号"),
        remedy=("改过的政策须用新的版本号。", "Give a changed policy a new version."),
    )


# ---- checking -------------------------------------------------------------------------------


def _check(policy: Policy, dictionary: Dictionary) -> tuple[_Checked, list[Problem]]:
    checker = Checker(dictionary, year=policy.basis.year)
    order, problems = _ordered(policy)
    typed: dict[str, Typed] = {}
    for condition in policy.conditions:
        if condition.tree is not None:
            one = checker.condition(condition.tree, place=condition.place)
            if one is not None:
                typed[condition.number] = one
    for name in policy.basis.sources:
        if dictionary.find(name) is None:
            problems.append(dictionary.unknown(name, policy.at("口径")))
    amount = check_amount(policy.amount, checker) if policy.amount else None
    arranged = {number: typed[number] for number in order if number in typed}
    checked = _Checked(policy, arranged, amount, checker.columns)
    return checked, checker.problems + problems


def _ordered(policy: Policy) -> tuple[list[str], list[Problem]]:
    """Return the conditions so that each stands after those it refers to, and what is wrong."""
    needs = {c.number: set(_references(c.tree)) for c in policy.conditions if c.tree is not None}
    problems: list[Problem] = []
    for condition in policy.conditions:
        for name in sorted(needs.get(condition.number, set()) - set(needs)):
            manual = any(other.number == name for other in policy.conditions)
            why = "须人工核验，不能被引用" if manual else "不存在"
            problems.append(_reference(policy, condition.number, f"条件“{name}”{why}", name))
            needs[condition.number].discard(name)
    for tier in policy.amount.tiers if policy.amount else ():
        problems += [
            _reference(policy, "", f"分档引用的条件“{name}”不存在", name, place=tier.place)
            for name in sorted(set(_references(tier.condition)) - set(needs))
        ]
    order: list[str] = []
    ready = [name for name in needs if not needs[name]]
    users: dict[str, list[str]] = {name: [] for name in needs}
    for name, wanted in needs.items():
        for other in wanted:
            users[other].append(name)
    while ready:
        name = ready.pop()
        order.append(name)
        for user in users[name]:
            needs[user].discard(name)
            ready += [user] if not needs[user] else []
    left = sorted(set(needs) - set(order))
    if left:
        told = f"条件互相引用成环：{'、'.join(left[:10])}"
        problems.append(_reference(policy, left[0], told, "a cycle of " + ", ".join(left[:10])))
    return order, problems


def _references(tree: s.Condition | None) -> Iterator[str]:
    match tree:
        case s.Reference():
            yield tree.name
        case s.Every() | s.Some():
            for item in tree.items:
                yield from _references(item)
        case s.Not():
            yield from _references(tree.item)
        case _:
            return


def _reference(
    policy: Policy, number: str, zh: str, name: str, *, place: Place | None = None
) -> Problem:
    place = place or next(c.place for c in policy.conditions if c.number == number)
    return problem(
        "E-RULE-REFERENCE",
        f"条件“{number}”：{zh}" if number else zh,
        en=f"condition {number!r} refers to {name}" if number else f"a tier refers to {name}",
        place=place,
        remedy=(
            "“@编号”只能引用本政策里由机器判定的条件，且不能循环。",
            "@number refers to machine-checked conditions of the same policy, never in a circle.",
        ),
    )


# ---- assembling -----------------------------------------------------------------------------


def _assembled(checked: Sequence[_Checked], dictionary: Dictionary) -> Program:
    interner = _Interner()
    for one in checked:
        for atom in _atoms(one):
            interner.atom(atom)
    rules = tuple(_rule(one, interner) for one in checked)
    columns: dict[str, Field | None] = {}
    for one, rule in zip(checked, rules, strict=True):
        columns |= one.columns
        columns |= {column: None for _, column in rule.manual}
    return Program(
        rules=rules,
        atoms=tuple(interner.atoms),
        gates=tuple(interner.gates),
        columns=dict(sorted(columns.items())),
        dictionary=dictionary,
    )


def _atoms(one: _Checked) -> Iterator[Atom]:
    amount = one.amount.conditions if one.amount else ()
    for typed in (*one.typed.values(), *amount):
        yield from _atoms_of(typed)
    for condition in one.policy.conditions:
        if condition.tree is None:
            yield _manual(one.policy, condition.number)


def _atoms_of(typed: Typed) -> Iterator[Atom]:
    if typed.atom is not None:
        yield typed.atom
    for item in typed.items:
        yield from _atoms_of(item)


def _manual(policy: Policy, number: str) -> Atom:
    return Atom("flag", Form((f"{policy.key}#{number}",), (1,)))


def _rule(one: _Checked, interner: _Interner) -> Rule:
    policy = one.policy
    known: dict[str, int] = {}
    outlines: dict[str, Outline] = {}
    for number, typed in one.typed.items():
        outlines[number] = _outline(typed, interner, known)
        known[number] = outlines[number].reference
    numbers = tuple(c.number for c in policy.conditions if c.tree is not None)
    manual = [c.number for c in policy.conditions if c.tree is None]
    atoms = {number: _manual(policy, number) for number in manual}
    plan = None
    if one.amount is not None:
        references = [_outline(t, interner, known).reference for t in one.amount.conditions]
        plan = plan_of(one.amount, references)
    return Rule(
        policy=policy,
        numbers=numbers,
        conditions=tuple(known[number] for number in numbers),
        outlines=tuple(outlines[number] for number in numbers),
        manual=tuple((number, atoms[number].columns[0]) for number in manual),
        manual_references=tuple(interner.atom(atoms[number]) for number in manual),
        plan=plan,
    )


def _outline(typed: Typed, interner: _Interner, known: Mapping[str, int]) -> Outline:
    if typed.atom is not None:
        return Outline("atom", typed.text, interner.atom(typed.atom) + typed.negated)
    if typed.word == "@":
        if typed.number not in known:
            raise JiqunError("E-RULE-REFERENCE", f"条件“{typed.number}”不存在", "no such condition")
        return Outline("@", typed.text, known[typed.number], number=typed.number)
    parts = tuple(_outline(item, interner, known) for item in typed.items)
    if typed.word == "非":
        return Outline("非", typed.text, parts[0].reference ^ 1, parts)
    flip = typed.word == "或"
    reference = interner.gate([part.reference ^ flip for part in parts]) ^ flip
    return Outline(typed.word, typed.text, reference, parts)
