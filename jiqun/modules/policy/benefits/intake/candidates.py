"""Candidates: what a matching run, a file or another system says is due to whom, and its checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from jiqun.core.factstore import rows, store
from jiqun.core.forms import wrong
from jiqun.errors import Problem
from jiqun.facts.values import uscc
from jiqun.modules.policy.models import Case, Item

NO, YES, MISSING, MANUAL, OUT_OF_FORCE = range(5)
VERDICTS: Mapping[int, tuple[str, str]] = {
    NO: ("不符合", "no"), YES: ("符合", "yes"), MISSING: ("待核实（缺数据）", "undetermined: missing data"),
    MANUAL: ("待核实（人工）", "undetermined: by hand"), OUT_OF_FORCE: ("不在有效期", "out of force"),
}  # fmt: skip
LARGEST = 10**13  # fen; beyond it a spreadsheet no longer keeps every digit


@dataclass(frozen=True, slots=True)
class Candidate:
    """One firm to which one item may be due.

    Attributes:
        policy: Number of the policy, as the list of items has it.
        version: Version of the rule that was applied.
        firm: Unified social credit code, or the id that the register of firms has.
        amount_fen: What is due in all, in whole fen.
        subject: The matter (project, invoice, year): one matter is paid once.
        title: The item in words; the list's own name is used where it has one.
        firm_name: Used where the register has no name.
        trace: ``conditions``: a list of ``{id, text, clause, verdict, value, source, as_of}`` with the
            shared verdict codes; ``amount``: a list of ``{text, fen}``, how the sum came about.
        run: Which run found it; ``snapshot`` over which data.
        instalments: Whole fen that sum to ``amount_fen``; empty for one payment.
        payee: Name of the bank account, with ``bank`` and ``account``, where they are known.
    """

    policy: str
    version: str
    firm: str
    amount_fen: int
    subject: str = ""
    title: str = ""
    firm_name: str = ""
    trace: Mapping[str, Any] = field(default_factory=dict[str, Any])
    run: str = ""
    snapshot: str = ""
    instalments: tuple[int, ...] = ()
    payee: str = ""
    bank: str = ""
    account: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """A candidate that is taken: its item, its name, what is missing, what holds it up."""

    candidate: Candidate
    item: Item
    name: str
    missing: tuple[str, ...]
    holds: tuple[tuple[str, str], ...]


def verdicts(trace: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Return (condition, verdict) of a trace; a verdict that is no code counts as missing."""
    found: list[tuple[str, int]] = []
    for one in trace.get("conditions") or ():
        code = one.get("verdict") if isinstance(one, Mapping) else None
        name = str(one.get("text") or one.get("id") or "?") if isinstance(one, Mapping) else "?"
        found.append((name, code if isinstance(code, int) and code in VERDICTS else MISSING))
    return found


def check_all(
    place: str,
    candidates: Sequence[Candidate],
    items: Mapping[tuple[str, str], Item | None],
    live: Mapping[tuple[str, str, str], Case],
    day: date,
) -> tuple[list[Checked], list[Problem]]:
    """Check every candidate; return those that are taken and every problem of the others.

    Args:
        place: The batch's place.
        candidates: In their order, which is that of the rows in messages, from 1.
        items: (policy, version) → the item, or None.
        live: (policy, firm, subject) → the case that is open or paid for the same matter.

        day: Today; an item that has lapsed pays nothing any more.

    Missing data and doubts about a firm do not refuse a candidate: it waits or is held.
    """
    register = _register([one.firm for one in candidates])
    taken: list[Checked] = []
    problems: list[Problem] = []
    seen: set[tuple[str, str, str]] = set()
    for row, one in enumerate(candidates, start=1):
        item = items.get((one.policy, one.version))
        found = [*_refusals(one, item, row, day), *_twice(one, seen, live, row)]
        problems += found
        seen.add((one.policy, one.firm, one.subject))
        if found or item is None:
            continue
        name, town = register.get(one.firm, ("", ""))
        missing = tuple(text for text, code in verdicts(one.trace) if code == MISSING)
        holds = tuple(_doubts(one, place, name, town))
        taken.append(Checked(one, item, name or one.firm_name or one.firm, missing, holds))
    return taken, problems


def _register(firms: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Name and place of the firms, as the public register has them."""
    if not firms:
        return {}
    found = rows(store(), "firm", ["firm", "name", "place"], firm=sorted(set(firms)))
    return {firm: (name or "", place or "") for firm, name, place in found.iter_rows()}


def _problem(row: int, column: str, zh: str, en: str, fix: tuple[str, str], value: str) -> Problem:
    about = wrong(column, zh, en, remedy_zh=fix[0], remedy_en=fix[1], value=value)
    return Problem(
        about.code,
        f"第 {row} 行：{zh}",
        f"row {row}: {en}",
        *fix,
        row=row,
        column=column,
        value=value,
    )


def _refusals(one: Candidate, item: Item | None, row: int, day: date) -> list[Problem]:
    found: list[Problem] = []
    name = f"{one.policy} {one.version}"
    if item is None:
        found.append(_problem(
            row, "policy", f"事项清单里没有“{name}”", f"the list of items has no “{name}”",
            ("请先登记事项。", "List the item first."), name,
        ))  # fmt: skip
    elif not item.fit:
        found.append(_problem(
            row, "policy", f"“{name}”没有认定为免申即享", f"“{name}” is not declared fit for this",
            ("请由另一人审定后再导入。", "Have another official declare it first."), name,
        ))  # fmt: skip
    elif item.valid_until is not None and item.valid_until < day:
        found.append(_problem(
            row, "policy", f"“{name}”已于 {item.valid_until} 失效", f"“{name}” lapsed on {item.valid_until}",
            ("失效后不再兑付；有新文件请登记新版本。", "Nothing is paid after it; list a new version."), name,
        ))  # fmt: skip
    if not 0 < one.amount_fen <= LARGEST:
        found.append(_problem(
            row, "amount_fen", "金额必须是正数", "the amount must be positive",
            ("金额以分计，为整数。", "A whole number of fen."), str(one.amount_fen),
        ))  # fmt: skip
    if one.instalments and (sum(one.instalments) != one.amount_fen or min(one.instalments) <= 0):
        found.append(_problem(
            row, "instalments", "分期之和不等于总额", "the instalments do not sum to the amount",
            ("请按分核对。", "Check them to the fen."), str(list(one.instalments)),
        ))  # fmt: skip
    return found + _against(one, row)


def _against(one: Candidate, row: int) -> list[Problem]:
    """Conditions that are not met, or that nobody but a person can judge."""
    return [
        _problem(
            row, "trace", f"条件“{text}”的结论是“{VERDICTS[code][0]}”", f"condition “{text}” is “{VERDICTS[code][1]}”",
            ("免申即享只收机器核验全部符合的候选。", "Only what a machine has checked is taken."),
            text,
        )
        for text, code in verdicts(one.trace) or [("—", MANUAL)]
        if code in (NO, MANUAL, OUT_OF_FORCE)
    ]  # fmt: skip


def _twice(
    one: Candidate,
    seen: set[tuple[str, str, str]],
    live: Mapping[tuple[str, str, str], Case],
    row: int,
) -> list[Problem]:
    matter = (one.policy, one.firm, one.subject)
    if matter in seen:
        fix = ("请合并，或写明不同的事由。", "Merge them, or name different matters.")
        return [
            _problem(
                row,
                "firm",
                "同一事由在本批中重复",
                "the matter stands twice in this batch",
                fix,
                one.firm,
            )
        ]
    if matter in live:
        key = live[matter].key
        fix = ("同一事由只兑付一次。", "One matter is paid once.")
        return [
            _problem(
                row, "firm", f"同一事由已有 {key}", f"{key} is about the same matter", fix, one.firm
            )
        ]
    return []


def _doubts(one: Candidate, place: str, name: str, town: str) -> list[tuple[str, str]]:
    """Reasons to hold a candidate from the start, with their evidence."""
    if not name:
        code = "有效" if uscc.valid(one.firm) else "无效"
        return [("ambiguous_firm", f"企业名录里没有 {one.firm}（信用代码校验{code}）")]
    if town and not town.startswith(place):
        return [("moved_out", f"企业名录中的所在地是 {town}")]
    return []
