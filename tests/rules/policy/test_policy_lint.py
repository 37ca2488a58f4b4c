"""What the linter says of the packs is pinned: model items wait for a county, old clauses stay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from jiqun.engine.rules.document.policy import Policy
from jiqun.engine.rules.review import lint as lint_module
from jiqun.engine.rules.review.boundary import boundary_cases, run_boundary_cases
from jiqun.engine.rules.review.finding import ERROR
from jiqun.engine.rules.review.lint import blocks, lint, lint_set
from jiqun.engine.rules.review.remedies import REMEDIES
from jiqun.rules.policies import field_dictionary, policy_pack
from tests.rules.policy.cases import PACKS, POLICIES

DICTIONARY = field_dictionary()
# Errors beyond what every document of the pack shares.
CLAUSES: Mapping[str, set[str]] = {
    "MB-05": {"newcomers-only"}, "MB-24": {"no-cap"}, "MB-27": {"no-cap"},
    **{f"LH2023-{n:02d}": {"tax-linked"} for n in (7, 8, 17)},
    **{f"LH2023-{n:02d}": {"no-cap"} for n in (1, 2, 42, 43)},
    **{f"LH2023-{n:02d}": {"tax-linked", "no-cap"} for n in (3, 4, 5, 12, 32, 40, 41)},
    **{f"LH2023-{n:02d}": {"tax-linked", "no-cap", "newcomers-only"} for n in (9, 10, 11)},
    "LH2023-06": {"named-firm"}, "LH2023-33": {"named-firm", "tax-linked", "no-cap"},
}  # fmt: skip
COMMON: Mapping[str, set[str]] = {
    "items28": {"department", "budget", "review-missing"},
    "liuhe2023": {"budget", "review-missing"},
    "ladder": {"review-missing"}, "titles": {"review-missing"}, "size": {"review-missing"},
    "cluster": {"review-missing"},
    "demo990101": set(),  # the demo county publishes and pays by these
}  # fmt: skip


@pytest.mark.parametrize("name", PACKS)
def test_errors_are_those_expected(name: str) -> None:
    for policy in policy_pack(name).policies:
        common = COMMON[name] - (set() if policy.amount else {"budget"})
        found = {one.code for one in lint(policy, DICTIONARY) if one.level == ERROR}
        assert found == common | CLAUSES.get(policy.number, set()), policy.key


def test_warnings_are_what_the_sources_do_not_tell() -> None:
    found = {
        one.code for policy in POLICIES for one in lint(policy, DICTIONARY) if one.level != ERROR
    }
    assert found == {"no-end", "issuer", "document-number"}


def test_what_lapsed_cannot_be_published() -> None:
    for number, on, lapsed in (
        ("LH2023-20", date(2026, 2, 8), False),
        ("LH2023-20", date(2026, 2, 9), True),
        ("MB-25", date(2026, 1, 1), True),
    ):
        policy = next(policy for policy in POLICIES if policy.number == number)
        codes = {one.code for one in lint(policy, DICTIONARY, on=on)}
        assert ("expired" in codes) == lapsed
        assert blocks(lint(policy, DICTIONARY, on=on))


def test_groups_agree_and_a_group_of_one_is_told_from_the_steps_of_one_title() -> None:
    """Alone stands only the demo county's invoice, of which one policy may be chosen."""
    for name in PACKS:
        found = lint_set(policy_pack(name).policies)
        alone = {one.zh.partition("“")[2].partition("”")[0] for one in found}
        assert {one.code for one in found} <= {"group-of-one"}
        assert alone == ({"设备发票"} if name == "demo990101" else set()), name


def test_versions_that_follow_each_other_need_not_agree() -> None:
    (one,) = (policy for policy in POLICIES if policy.key == "HC-03@1")
    assert one.end is not None
    later = replace(one, version="2", start=one.end + timedelta(days=1), end=None, stacking="stack")
    assert "group-rules" not in {found.code for found in lint_set([one, later])}
    at_once = replace(later, start=one.end)
    assert "group-rules" in {found.code for found in lint_set([one, at_once])}


def test_every_code_of_the_linter_has_a_remedy() -> None:
    folder = Path(lint_module.__file__).parent
    checks = [path for path in sorted(folder.glob("*.py")) if path.stem != "remedies"]
    text = "".join(path.read_text(encoding="utf-8") for path in checks)
    assert {code for policy in POLICIES for code in _codes(policy)} <= set(REMEDIES)
    assert not [code for code in REMEDIES if f'"{code}"' not in text], "a remedy without a check"


def _codes(policy: Policy) -> set[str]:
    return {one.code for one in lint(policy, DICTIONARY, on=date(2026, 11, 30))}


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.key)
def test_one_base_unit_around_every_threshold_by_the_exact_reading(policy: Policy) -> None:
    assert run_boundary_cases(policy, DICTIONARY) == []


def test_there_are_boundary_cases_to_run() -> None:
    assert sum(len(boundary_cases(policy, DICTIONARY)) for policy in POLICIES) > 1000
