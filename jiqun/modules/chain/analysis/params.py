"""From a rule pack's figures to the engine's parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from jiqun.engine.regional.tiers import LeadingParams, SupportingParams
from jiqun.rules.loader import Pack

TOPIC = "chain"


@dataclass(frozen=True, slots=True)
class ChainParams:
    """Everything that a person may change in a what-if, and the pack that it started from."""

    leading: LeadingParams
    supporting: SupportingParams
    potential_count: int
    potential_weights: Mapping[str, float]
    gap_weights: Mapping[str, float]
    minimum_scale: float
    single_source: float
    version: str
    values: Mapping[str, float]


def _group(values: Mapping[str, float], prefix: str) -> dict[str, float]:
    return {
        name.removeprefix(prefix): value
        for name, value in values.items()
        if name.startswith(prefix)
    }


def chain_params(pack: Pack, overrides: Mapping[str, float] | None = None) -> ChainParams:
    """Return the parameters of ``pack`` with a what-if's changes; JiqunError ``E-PARAMETER``."""
    values = pack.values(overrides)
    return ChainParams(
        leading=LeadingParams(**_group(values, "leading.")),
        supporting=SupportingParams(**_group(values, "supporting.")),
        potential_count=int(values["potential.count"]),
        potential_weights=_group(values, "potential.weight."),
        gap_weights=_group(values, "gap.weight."),
        minimum_scale=values["gap.minimum_scale"],
        single_source=values["single_source"],
        version=pack.version + ("+what-if" if overrides else ""),
        values=values,
    )
