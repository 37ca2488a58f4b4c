"""A stored explanation as the page's tree: words in one language, facts looked up in the snapshot."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from jiqun.core.access import Viewer, forbidden
from jiqun.core.tabular import pick
from jiqun.core.units import measure_quantity, money, quantity
from jiqun.facts.contract import contract
from jiqun.facts.store.ledger import Run
from jiqun.facts.store.store import Store
from jiqun.modules.chain.analysis.explain import facts_of
from jiqun.modules.chain.masking import covers, pruned
from jiqun.modules.chain.selectors import facts_at, finding_row, masking_of
from jiqun.modules.chain.tables import is_private
from jiqun.modules.chain.tabular import BADGES, MEASURES, STATUS

FACT_STATUS: Mapping[str, tuple[str, str]] = {
    "published": ("公布", "published"),
    "zero": ("零", "zero"),
    "suppressed": ("保密", "suppressed"),
    "imputed": ("推算", "imputed"),
}


def shown_tree(store: Store, run: Run, row: Mapping[str, Any], who: Viewer) -> dict[str, Any]:
    """Return the tree of a finding for ``core/explain_tree.html`` and the API.

    Who is not an official sees it without the parts from which a withheld figure follows.

    Raises:
        JiqunError: ``E-FORBIDDEN`` when the row is withheld from the viewer.
    """
    hidden = None if who.official else masking_of(store, run.run)
    if hidden is not None and (is_private(row) or covers(hidden, row)):
        raise forbidden(
            "查看不足五家企业或保密单元的数字",
            "see figures of fewer than five firms or withheld cells",
        )
    tree = json.loads(row["explanation"])
    tree = tree if hidden is None else pruned(tree, hidden)
    facts = facts_at(store, run.snapshot, facts_of(tree))
    return _node(tree, facts, row["measure"], row["money_unit"])


def explain_finding(
    store: Store, finding: str, who: Viewer
) -> tuple[Run, dict[str, Any], dict[str, Any]]:
    """Return the run, the row and the shown tree of one finding; errors as its parts raise."""
    run, row = finding_row(store, finding, who)
    return run, row, shown_tree(store, run, row, who)


def _node(
    node: Mapping[str, Any], facts: Mapping[str, Any], measure: str, unit: str
) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "label": pick(node["zh"], node["en"]),
        "value": _value(node, measure, unit),
        "formula": pick(node.get("formula_zh", ""), node.get("formula_en", "")),
        "note": pick(node.get("note_zh", ""), node.get("note_en", "")),
        "terms": [_node(term, facts, measure, unit) for term in node.get("terms", ())],
    }
    if "status" in node:
        shown |= {
            "status": BADGES.get(node["status"], "plain"),
            "status_label": pick(*STATUS[node["status"]]),
        }
    if "rule" in node:
        rule = node["rule"]
        shown["rule"] = {"label": f"{pick(rule['zh'], rule['en'])} = {rule['value']:g}", "url": ""}
    if "fact" in node:
        _attach(shown, node, facts, unit)
    return shown


def _attach(
    shown: dict[str, Any], node: Mapping[str, Any], facts: Mapping[str, Any], unit: str
) -> None:
    """Put the fact's value, status and source onto its leaf; say so where there is no row."""
    key = node["fact"]["key"]
    fact = facts.get(json.dumps(key, sort_keys=True))
    measure = pick(*MEASURES.get(key["measure"], (key["measure"], key["measure"]))[:2])
    shown["label"] = f"{shown['label']} · {key['industry']} · {key['period']} · {measure}"
    if fact is None:
        shown["value"] = pick("表中没有此行", "no such row in the table")
    else:
        shown["value"] = quantity(fact["value"], fact["unit"])
        shown["status_label"] = pick(*FACT_STATUS.get(fact["status"], (fact["status"],) * 2))
        shown["status"] = "undisclosed" if fact["status"] == "suppressed" else "plain"
        title = contract(node["fact"]["contract"]).title
        shown["source"] = {
            "table": f"{pick(title['zh'], title['en'])} · {fact['source']}",
            "file": fact["file"],
            "row": fact["source_row"],
            "date": str(fact["as_of"] or ""),
        }
    if "low" in node:
        high = "∞" if node["high"] is None else measure_quantity(node["high"], key["measure"], unit)
        shown["value"] = f"{measure_quantity(node['low'], key['measure'], unit)} – {high}"
        shown["status"], shown["status_label"] = "undisclosed", pick(*STATUS["undisclosed"])


def _value(node: Mapping[str, Any], measure: str, unit: str) -> str:
    value = node.get("value")
    if value is None or value == "":
        return ""
    kind = node.get("type", "")
    if kind == "share":
        return f"{value:.2%}"
    if kind == "quantity":
        return measure_quantity(value, measure, unit)
    if kind == "money":
        return money(value, unit)
    if kind == "range_money":
        low, high = (money(end, unit) for end in value)
        return low if low == high else f"{low} – {high}"
    return f"{value:,.4g}" if isinstance(value, (int, float)) else str(value)
