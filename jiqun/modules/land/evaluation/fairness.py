"""Who changes grade if the scheme's settings, or the scheme itself, were others."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np

from jiqun.core.access import MINIMUM_FIRMS, Viewer, may_see_firm_rows
from jiqun.core.tabular import pick
from jiqun.engine.indices.evaluate import Evaluation, evaluate
from jiqun.engine.indices.fairness import Moves, robustness
from jiqun.modules.land.evaluation.findings import Graded, scheme_for, units_for
from jiqun.modules.land.evaluation.selectors import GradedView, masked
from jiqun.modules.land.evaluation.shown import counted
from jiqun.rules.permu_pack import permu_pack, versions

Row = dict[str, Any]
DRAWS = 1_000
SETTINGS: tuple[tuple[tuple[str, str], Moves], ...] = (
    (("权重各 ±20%", "Each weight ±20 %"), Moves(0.2, 0.0, (), DRAWS)),
    (("基准值各 ±20%", "Each benchmark ±20 %"), Moves(0.0, 0.2, (), DRAWS)),
    (("单项上限：1.2、1.5、2.0 倍或不封顶", "Cap of items: 1.2, 1.5, 2.0 × or none"),
     Moves(0.0, 0.0, (1.2, 1.5, 2.0, None), DRAWS)),
    (("三者同时", "All three together"), Moves(draws=DRAWS)),
)  # fmt: skip


class _Same:
    """An evaluation as a cache's key: equal when the digest is."""

    def __init__(self, graded: Graded) -> None:
        self.graded = graded

    def __hash__(self) -> int:
        return hash(self.graded.evaluation.digest)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, _Same)
            and other.graded.evaluation.digest == self.graded.evaluation.digest
        )


@lru_cache(maxsize=8)
def _moved(of: _Same) -> tuple[tuple[str, int, int, float, float, int], ...]:
    """Per group and setting: (group, setting, ranked, mean, 95 %, fragile); kept per evaluation."""
    found: list[tuple[str, int, int, float, float, int]] = []
    for group in of.graded.scheme.groups:
        for place, (_, moves) in enumerate(SETTINGS):
            one = robustness(of.graded.evaluation, group.code, moves=moves)
            if len(one.rows):
                found.append((
                    group.code, place, len(one.rows), float(one.changed.mean()),
                    float(np.quantile(one.changed, 0.95)), int((one.moved > 0.1).sum()),
                ))  # fmt: skip
    return tuple(found)


def moved_rows(view: GradedView, who: Viewer) -> list[Row]:
    """Return how many firms each kind of move puts into another grade; few are hidden without a purpose."""
    evaluation, open_ = view.graded.evaluation, may_see_firm_rows(who)
    groups = {one.code: pick(one.zh, one.en) for one in evaluation.scheme.groups}
    return [
        {
            "group": groups[group], "setting": pick(*SETTINGS[place][0]), "ranked": f"{ranked:,}",
            "changed": f"{mean:,.1f}", "most": f"{most:,.0f}",
            "fragile": counted(None if 0 < fragile < MINIMUM_FIRMS and not open_ else fragile),
        }
        for group, place, ranked, mean, most, fragile in _moved(_Same(view.graded))
    ]  # fmt: skip


@lru_cache(maxsize=32)
def _under(version: str, year: int, of: _Same) -> Evaluation | None:
    """The same firms under another pack; None where it grades nobody of them."""
    scheme = scheme_for(version, year)
    found = evaluate(replace(scheme, unit="firm"), units_for(of.graded, scheme))
    return found if (found.final < len(scheme.grades)).any() else None


def other_packs(view: GradedView, who: Viewer) -> list[Row]:
    """Return the grades of the same firms under every other rule pack that grades them."""
    ours, rows = view.graded.evaluation, list[Row]()
    for version in versions():
        chosen_here = version == view.graded.pack.version
        found = ours if chosen_here else _under(version, int(view.year), _Same(view.graded))
        if found is None or len(found.units.ids) != len(ours.units.ids):
            continue
        pack, labels = permu_pack(version), found.grades()
        counts = {grade: labels.count(grade) for grade in "ABCD"}
        counts["other"] = len(labels) - sum(counts.values())
        shown = counts if may_see_firm_rows(who) else masked(counts)
        moved = sum(a != b for a, b in zip(labels, ours.grades(), strict=True))
        chosen = pick("（本县所选）", " (chosen here)") if found is ours else ""
        rows.append(
            {"pack": f"{pick(pack.title['zh'], pack.title['en'])}{chosen}",
             **{name: counted(value) for name, value in shown.items()},
             "moved": "—" if found is ours else counted(
                 None if 0 < moved < MINIMUM_FIRMS and not may_see_firm_rows(who) else moved)}
        )  # fmt: skip
    return rows
