"""Tiers, rates and caps: overlaps, gaps, tiers that nobody reaches, rates without an end."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from jiqun.engine.rules.document.policy import Amount, Policy, Tier
from jiqun.engine.rules.program.program import Program
from jiqun.engine.rules.review.finding import ERROR, WARNING, Finding, finding
from jiqun.engine.rules.review.intervals import Box, narrow_by, shown

OPEN = {"rate", "match", "unit", "marginal"}


def check(policy: Policy, program: Program) -> Iterator[Finding]:
    """Find what is wrong with the amount of a policy."""
    amount = policy.amount
    if amount is None:
        return
    yield from _caps(amount)
    bands = [tier for tier in amount.tiers if tier.condition is None]
    if bands and len(bands) == len(amount.tiers):
        yield from _bands(bands, marginal=amount.mode == "marginal")
    elif amount.mode == "tiers":
        yield from _order(amount, program)


def _caps(amount: Amount) -> Iterator[Finding]:
    ends = amount.cap is not None
    rated = [tier for tier in amount.tiers if tier.rate is not None]
    unlimited = amount.mode in OPEN or (rated and amount.mode == "tiers")
    if unlimited and not ends and not (rated and all(t.cap is not None for t in rated)):
        yield finding(ERROR, "no-cap", "按比例或数量计算而没有上限", "no upper limit", amount.place)
    for tier in amount.tiers:
        if amount.cap is not None and tier.fen is not None and tier.fen > amount.cap:
            told = "有一档的金额高于上限"
            yield finding(ERROR, "cap-below-tier", told, "a tier above the cap", tier.place)
        if amount.cap is not None and tier.cap is not None and tier.cap > amount.cap:
            told = "有一档自己的上限高于总上限"
            yield finding(WARNING, "tier-cap", told, "a tier's cap above the cap", tier.place)
    if amount.mode == "fixed" and amount.cap is not None and (amount.fen or 0) > amount.cap:
        yield finding(ERROR, "cap-below-tier", "定额高于上限", "more than the cap", amount.place)
    if amount.floor is not None and amount.cap is not None and amount.floor > amount.cap:
        yield finding(ERROR, "floor-above-cap", "下限高于上限", "floor above cap", amount.place)


def _bands(tiers: list[Tier], *, marginal: bool) -> Iterator[Finding]:
    ordered = sorted(tiers, key=lambda tier: -1 if tier.low is None else tier.low)
    for one, other in pairwise(ordered):
        if one.high is None:
            if not marginal:
                told = "两档重叠：前一档没有“止”"
                yield finding(ERROR, "tiers-overlap", told, "tiers overlap", other.place)
        elif other.low is None or one.high > other.low:
            yield finding(ERROR, "tiers-overlap", "两档重叠", "tiers overlap", other.place)
        elif one.high < other.low:
            told = f"两档之间有空档：{one.high} 至 {other.low}（基本单位）"
            yield finding(ERROR, "tiers-gap", told, "a gap between tiers", other.place)


def _order(amount: Amount, program: Program) -> Iterator[Finding]:
    """Find tiers that an earlier one takes everything from: they can never be the first to hold."""
    plan = program.rules[0].plan
    steps = [step.reference for step in plan.steps if step.reference is not None] if plan else []
    for position, reference in enumerate(steps):
        for earlier in steps[:position]:
            box = Box()
            narrow_by(box, reference, program=program)
            narrow_by(box, earlier ^ 1, program=program)
            subject = box.empty()
            if subject is not None or reference == earlier:
                place = amount.tiers[position].place
                about = f"（{shown(subject)}）" if subject else ""
                told = f"第 {position + 1} 档永远轮不到：前面的档已包含它{about}"
                yield finding(ERROR, "tier-unreachable", told, "this tier is never reached", place)
                break
