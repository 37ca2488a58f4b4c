"""Reads of matches for pages and the API: always with the viewer, logged where they name firms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from jiqun.core.access import MINIMUM_FIRMS, Viewer, forbidden, may_see_firm_rows, require_place
from jiqun.core.audit import read_firms
from jiqun.engine.rules.evaluation.explain import Explanation, explain
from jiqun.engine.rules.evaluation.insight import Blocker, blockers
from jiqun.errors import JiqunError, Kind
from jiqun.facts.store.ledger import Run
from jiqun.facts.store.store import Store
from jiqun.modules.policy.matching.findings import ENGINE, Matched, matched_for_firm, matched_of
from jiqun.modules.policy.models import Case

Row = dict[str, Any]
NO, YES, MISSING, MANUAL, OUT = range(5)


@dataclass(frozen=True)
class MatchView:
    """A stored run and what it was computed from."""

    run: Run
    frame: pl.DataFrame
    matched: Matched

    @property
    def place(self) -> str:
        """The place whose firms were matched."""
        return str(self.run.scope["place"])

    @property
    def event(self) -> date:
        """The day that the rules were applied to."""
        return date.fromisoformat(str(self.run.scope["event"]))


def match_view(facts: Store, who: Viewer, place: str = "") -> MatchView:
    """Return the latest run of a place, or of the first place that the viewer may see.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-POLICY-NO-RUN``, ``E-POLICY-CHANGED``.
    """
    if not who.official:
        raise forbidden("查看政策匹配总表", "see the table of all matches")
    for run in facts.runs(ENGINE):
        here = str(run.scope["place"])
        if place and here != place:
            continue
        require_place(who, here)
        frame = facts.finding(ENGINE, run.run).to_polars()
        return MatchView(run, frame, matched_of(facts, run))
    raise JiqunError(
        "E-POLICY-NO-RUN",
        "还没有做过政策匹配",
        "no policies have been matched yet",
        hint_zh="请分析员执行 jiqun run policy。",
        hint_en="An analyst runs: jiqun run policy",
        kind=Kind.NOT_FOUND,
    )


def policy_rows(view: MatchView, who: Viewer) -> list[Row]:
    """Return a row per policy in force: how many firms have which verdict, and how much is due.

    Whoever has stated no purpose sees neither counts from one to four firms nor the money that
    goes with them: a figure of one firm follows from them.
    """
    rules = view.matched.rules
    counted = view.frame.group_by("policy").agg(
        *(
            (pl.col("verdict") == code).sum().alias(name)
            for code, name in ((YES, "yes"), (NO, "no"), (MISSING, "missing"), (MANUAL, "manual"))
        ),
        (pl.col("near") != "").sum().alias("near"),
        pl.col("due").sum().alias("fen"),
        ((pl.col("verdict") == YES) & pl.col("due").is_null()).sum().alias("unpriced"),
    )
    paid = _paid(who, view.place)
    open_ = may_see_firm_rows(who)
    rows: list[Row] = []
    for row in counted.sort("fen", "yes", descending=True).iter_rows(named=True):
        entry, pack = rules.entries[row["policy"]], rules.packs[row["policy"]]
        policy = entry.policy
        rows.append(
            _masked(row, open_=open_) | {
                "title": policy.title, "pack": pack, "mark": entry.mark, "mode": entry.mode,
                "department": policy.department, "end": policy.end, "start": policy.start,
                "pays": rules.pays(row["policy"]), "automatic": policy.automatic,
                "paid": paid.get(policy.number, 0) if open_ else None,
            }
        )  # fmt: skip
    return sorted(rows, key=lambda one: not one["pays"])


def _masked(row: Mapping[str, Any], *, open_: bool) -> Row:
    """Hide counts of one to four firms; one more count with them, or the sum would give it away."""
    if open_:
        return dict(row)
    names = ("yes", "missing", "manual", "near")
    shown = {name: None if 0 < row[name] < MINIMUM_FIRMS else row[name] for name in names}
    few = 0 < row["yes"] < MINIMUM_FIRMS
    hidden = {"no": None} if None in shown.values() or row["no"] < MINIMUM_FIRMS else {}
    return dict(row) | shown | hidden | ({"fen": None, "unpriced": None} if few else {})


def _paid(who: Viewer, place: str) -> dict[str, int]:
    """Fen paid by policy; nothing without a purpose."""
    found: dict[str, int] = {}
    cases = Case.objects.visible_to(who).filter(place=place, paid_fen__gt=0)
    for policy, fen in cases.values_list("policy", "paid_fen"):
        found[policy] = found.get(policy, 0) + fen
    return found


def firm_rows(view: MatchView, who: Viewer, key: str, verdicts: tuple[int, ...]) -> list[Row]:
    """Return the firms with one of some verdicts on a policy, those that the viewer may see; logged.

    Without a purpose there are none.
    """
    mine = view.frame.filter(
        (pl.col("policy") == key) & (pl.col("verdict").is_in(verdicts) | (pl.col("near") != ""))
    )
    seen = read_firms(who, mine["firm"].to_list(), fields="policy_match: verdict, fen, near")
    names = view.matched.gathered.firms.select("firm", "name", "place", "scale")
    found = mine.filter(pl.col("firm").is_in(sorted(seen))).join(names, on="firm", how="left")
    return found.sort("verdict", "fen", "firm", descending=[False, True, False]).to_dicts()


def explanation_of(view: MatchView, who: Viewer, key: str, firm: str) -> tuple[Explanation, Row]:
    """Return why a firm has its verdict on a policy, and the firm; the look is logged.

    Raises:
        JiqunError: ``E-POLICY-MISSING`` for a firm that is not there or not for this viewer.
    """
    position = view.matched.rules.position(key)
    firms = view.matched.firms
    if firm not in firms or firm not in read_firms(who, [firm], fields=f"policy_match: {key}"):
        raise unknown_firm()
    subject = firms.index(firm)
    return explain(view.matched.found, position, subject), _firm(view.matched, subject)


def unknown_firm() -> JiqunError:
    """Return the error for a firm that is not there, or not for this viewer: both look the same."""
    return JiqunError(
        "E-POLICY-MISSING",
        "没有这家企业，或您不能查看它",
        "there is no such firm, or you may not see it",
        hint_zh="官员查看企业的事项须先说明用途；请从列表进入。",
        hint_en="An official states a purpose before looking at a firm's case; enter from the list.",
        kind=Kind.NOT_FOUND,
    )


def _firm(matched: Matched, subject: int) -> Row:
    return dict(matched.gathered.firms.row(subject, named=True))


def missing_facts(view: MatchView) -> list[Blocker]:
    """Return the facts missing for policies that pay here, by the decisions that each alone blocks."""
    return blockers(view.matched.found, view.matched.rules.paying)


def own_match(facts: Store, who: Viewer, *, event: date) -> Matched:
    """Return the match of the viewer's own firm over all that is held about it.

    Raises:
        JiqunError: ``E-FORBIDDEN`` for who is no firm's user.
    """
    if not who.firms:
        raise forbidden("查看企业的政策匹配", "see a firm's matches")
    return matched_for_firm(facts, who, min(who.firms), event=event)


def reach(view: MatchView, who: Viewer) -> pl.DataFrame:
    """Return entitled pairs and money by town and size of firm: who is reached, who is not.

    Columns: place, scale, firms, entitled (firms with at least one yes), fen, paid_fen.
    """
    rules = view.matched.rules
    paying = [key for key in rules.entries if rules.pays(key)]
    firms = view.matched.gathered.firms.select("firm", "place", "scale")
    due = (
        view.frame.filter(pl.col("policy").is_in(paying) & (pl.col("verdict") == YES))
        .group_by("firm")
        .agg(pl.col("due").sum().alias("fen"))
    )
    paid = pl.DataFrame(
        list(Case.objects.visible_to(who).filter(place=view.place, paid_fen__gt=0).values_list("firm", "paid_fen")),
        schema={"firm": pl.String, "paid_fen": pl.Int64}, orient="row",
    ).group_by("firm").agg(pl.col("paid_fen").sum())  # fmt: skip
    return (
        firms.join(due, on="firm", how="left")
        .join(paid, on="firm", how="left")
        .with_columns(pl.col("place").str.slice(0, 9), pl.col("scale").fill_null(""))
        .group_by("place", "scale")
        .agg(
            pl.len().alias("firms"),
            pl.col("fen").is_not_null().sum().alias("entitled"),
            pl.col("fen").sum(),
            pl.col("paid_fen").is_not_null().sum().alias("paid"),
            pl.col("paid_fen").sum(),
        )
        .sort("place", "scale")
    )
