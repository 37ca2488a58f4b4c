"""The ways to use a parcel better, as the rule pack lists them, and which one a type usually takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils import timezone

from jiqun.modules.land.lowuse.words import Words
from jiqun.rules.land.read import in_force, rows
from jiqun.rules.loader import Pack

PRICED = ("resume", "buy_back", "replace", "improve")
OTHER = "other"


def rules_now() -> Pack:
    """Return the screening pack in force today."""
    return in_force("screening", timezone.localdate())


def tools() -> Mapping[str, Words]:
    """Return the tools in force today by code."""
    return {row["code"]: (row["zh"], row["en"]) for row in rows(rules_now(), "tools")}


def kind_words(pack: Pack) -> Mapping[str, Words]:
    """Return the types of low-efficient land by code."""
    return {row["code"]: (row["zh"], row["en"]) for row in rows(pack, "kinds")}


def usual_tool(pack: Pack, kinds: Sequence[str]) -> str:
    """Return the tool that the first of a parcel's types usually takes; empty where it has none."""
    by_kind = {row["kind"]: row["tool"] for row in rows(pack, "kind_tools")}
    return next((by_kind[kind] for kind in by_kind if kind in kinds), "")


def priced(tool: str) -> str:
    """Return under which name the pack has a tool's cost and share."""
    return tool if tool in PRICED else OTHER
