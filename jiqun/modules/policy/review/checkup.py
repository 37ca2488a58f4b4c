"""政策体检: what the linter, the worked examples and the thresholds say of each document of a place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path

from jiqun.core.access import Viewer, forbidden, require_place
from jiqun.core.factstore import own_places
from jiqun.engine.rules.document.fields import Dictionary
from jiqun.engine.rules.document.policy import Policy
from jiqun.engine.rules.program.compile import load_policy
from jiqun.engine.rules.review.boundary import boundary_cases, run_boundary_cases
from jiqun.engine.rules.review.examples import ExampleResult, run_examples
from jiqun.engine.rules.review.finding import ERROR, Finding
from jiqun.engine.rules.review.lint import lint, lint_set
from jiqun.engine.rules.review.remedies import REMEDIES
from jiqun.errors import JiqunError, Kind
from jiqun.facts.store.store import Store
from jiqun.modules.policy.matching.rule_set import policy_folders, stamp_of
from jiqun.rules.policies import (
    FOLDER,
    WORDINGS,
    PolicyPack,
    field_dictionary,
    pack_names,
    policy_pack,
)

ANYWHERE = "any"


@dataclass(frozen=True)
class Checked:
    """One document: its findings, its examples, how many thresholds were tried and came out wrong.

    In the list of all documents the examples and thresholds of models are not ``tried``: there are
    over a thousand, and nobody publishes a model. Opened alone it is.
    """

    policy: Policy
    pack: str
    wording: str
    own: bool
    findings: tuple[Finding, ...]
    examples: tuple[ExampleResult, ...]
    thresholds: int
    mismatches: int
    tried: bool = True

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """The findings that keep it from being published."""
        return tuple(one for one in self.findings if one.level == ERROR)

    @property
    def wrong_examples(self) -> int:
        """How many examples come out otherwise than officials have worked them."""
        return sum(not one.passed for one in self.examples)

    @property
    def fit(self) -> bool:
        """Whether it may be published: nothing blocks, every example and threshold comes out."""
        return not (self.blocking or self.wrong_examples or self.mismatches)


@dataclass(frozen=True)
class Checkup:
    """Every document of a place, its own first; ``stamp`` names the texts that were read."""

    place: str
    day: date
    stamp: str
    documents: tuple[Checked, ...]
    dictionary: Dictionary

    def of(self, key: str) -> Checked:
        """Return the document of a key.

        Raises:
            JiqunError: ``E-POLICY-UNKNOWN``.
        """
        for one in self.documents:
            if one.policy.key == key:
                return one if one.tried else _tried(one, self.dictionary)
        raise JiqunError(
            "E-POLICY-UNKNOWN", f"本地方没有政策 {key}", f"this place has no policy {key}",
            hint_zh="请从政策列表进入；版本更替后编号后的版本号会变。",
            hint_en="Enter from the list of policies; a new version has another number after @.",
            kind=Kind.NOT_FOUND,
        )  # fmt: skip

    def versions(self, number: str) -> list[Checked]:
        """Return the versions of a number, the earliest first."""
        found = [one for one in self.documents if one.policy.number == number]
        return sorted(found, key=lambda one: one.policy.start)


def checkup_of(facts: Store, who: Viewer, day: date, place: str = "") -> Checkup:
    """Return the check-up of a place, or of the first own place.

    Raises:
        JiqunError: ``E-FORBIDDEN``; everything wrong with a pack that cannot be read.
    """
    if not who.official:
        raise forbidden("查看政策体检", "see the check-up of policies")
    own = [*own_places(facts), *sorted(who.duty_places - {"*"})]
    here = place or next(iter(own), "")
    require_place(who, here)
    return _checkup(here, tuple(policy_folders()), stamp_of(policy_folders()), day)


@lru_cache(maxsize=4)
def _checkup(place: str, folders: tuple[Path, ...], stamp: str, day: date) -> Checkup:
    packs = [
        pack
        for folder in folders
        for pack in (policy_pack(name, folder) for name in pack_names(folder))
        if pack.place == ANYWHERE or place.startswith(pack.place)
    ]
    dictionary = field_dictionary(*(folder for folder in folders if folder != FOLDER))
    found = [one for pack in packs for one in _of_pack(pack, dictionary, day)]
    documents = tuple(sorted(found, key=lambda one: not one.own))
    return Checkup(place, day, stamp, documents, dictionary)


def _of_pack(pack: PolicyPack, dictionary: Dictionary, day: date) -> Iterator[Checked]:
    together = lint_set(pack.policies)
    own = pack.place != ANYWHERE
    for policy in pack.policies:
        more = [one for one in together if one.place.file == policy.file]
        found = (*lint(policy, dictionary, on=day), *more)
        one = Checked(policy, pack.zh, pack.wording, own, found, (), 0, 0, tried=False)
        yield _tried(one, dictionary) if own else one


def _tried(one: Checked, dictionary: Dictionary) -> Checked:
    policy = one.policy
    return replace(
        one, examples=tuple(run_examples(policy, dictionary)), thresholds=len(boundary_cases(policy, dictionary)),
        mismatches=len(run_boundary_cases(policy, dictionary)), tried=True,
    )  # fmt: skip


def dry_run(text: str, name: str, day: date) -> Checked:
    """Read and check a document that is not stored.

    Raises:
        JiqunError: ``E-RULE-…``: everything wrong with the text, each with line and column.
    """
    dictionary = field_dictionary(*(folder for folder in policy_folders() if folder != FOLDER))
    policy = load_policy(text, dictionary, file=name)
    found = tuple(lint(policy, dictionary, on=day))
    return _tried(Checked(policy, "", "兑付", True, found, (), 0, 0), dictionary)


def verdict_words(one: Checked, code: int) -> tuple[str, str]:
    """Return how a document's pack words a verdict: never 符合 where only an authority recognises."""
    said = WORDINGS[one.wording][code]
    return said.zh, said.en


def clause_of(policy: Policy, finding: Finding) -> str:
    """Return the clause that a finding speaks of: of its condition, or of the amount on that line."""
    for one in policy.conditions:
        if finding.number == one.number or (finding.place.line and finding.place == one.place):
            return one.clause
    amount = policy.amount
    if amount is not None and finding.place == policy.at("金额"):
        return amount.clause
    return ""


def words_of(finding: Finding) -> tuple[str, str]:
    """Return what a finding says, without the place that stands beside it."""
    where = str(finding.place)
    return finding.zh.removeprefix(f"{where}："), finding.en.removeprefix(f"{where}: ")


def remedy_of(finding: Finding) -> tuple[str, str]:
    """Return what to do about a finding."""
    return REMEDIES[finding.code]
