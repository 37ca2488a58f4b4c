"""Thresholds of the rule pack: read from an address, offered in a form, written in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest

from jiqun.core.tabular import pick
from jiqun.modules.chain import tables
from jiqun.modules.chain.findings import current_pack
from jiqun.modules.chain.selectors import ChainView


def overrides(request: HttpRequest) -> dict[str, float]:
    """Thresholds that the address changes; the default values are not a change."""
    defaults = current_pack().values()
    changes: dict[str, float] = {}
    for key in request.GET:
        text = str(request.GET[key])
        name = key.removeprefix(tables.PREFIX)
        if key == name or not text.strip():
            continue
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if name not in defaults or abs(value - defaults[name]) > 1e-9 or value != value:  # noqa: PLR0124
            changes[name] = value
    return changes


def knobs(view: ChainView) -> list[dict[str, Any]]:
    """Thresholds that the map offers to change, as its form draws them."""
    pack = current_pack()
    groups = ("leading.", "supporting.", "potential.count", "gap.minimum_scale", "single_source")
    return [
        {
            "name": tables.PREFIX + name,
            "label": pick(parameter.zh, parameter.en),
            "value": f"{view.changed.get(name, parameter.value):g}",
            "default": f"{parameter.value:g}",
            "min": f"{parameter.min:g}",
            "max": f"{parameter.max:g}",
            "unit": parameter.unit,
            "mark": parameter.mark,
            "changed": name in view.changed,
        }
        for name, parameter in pack.parameters.items()
        if name.startswith(groups)
    ]


def in_words(values: Mapping[str, float]) -> dict[str, str]:
    """Thresholds as a reader knows them: their names in words, shares in percent."""
    pack = current_pack().parameters
    return {
        pick(pack[name].zh, pack[name].en): f"{100 * value:g}%"
        if pack[name].unit == "share"
        else f"{value:g} {pack[name].unit}".strip()
        for name, value in values.items()
    }
