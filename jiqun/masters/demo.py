"""The first accounts of an installation, with passwords made on the spot.

A demo installation gets one of each role but the partner, and of officials four: paying out needs
two people in the bureau and two in the finance office. One with real data gets an analyst and the
three administrators, who open everything else on the pages.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import polars as pl
from django.contrib.auth.models import User
from django.utils import timezone

from jiqun.core.access import Role
from jiqun.core.consent.actions import grant_consent, withdraw_consent
from jiqun.core.models.consent import Consent
from jiqun.facts.store.store import Store
from jiqun.masters.viewers import viewer_of

Login = tuple[str, str, str]
MANUFACTURING = (pl.lit("13"), pl.lit("43"))  # divisions of GB/T 4754
DEMO_CONSENTS = (
    ("chain", ["trade_link.value"], 365),
    ("benchmark", ["firm_indicator.output", "firm_indicator.electricity_kwh"], 180),
    ("finance", ["firm_indicator.revenue", "firm_indicator.tax"], 90),
)


@dataclass(frozen=True, slots=True)
class Account:
    """One demo account; ``place`` ``*`` is every place that is loaded."""

    username: str
    label: str
    organisation: str
    kind: str
    role: Role
    place: str = ""
    firm: str = ""


def first_accounts(facts: Store, *, synthetic: bool) -> list[Account]:
    """Accounts to open: each role over synthetic data, else only those who set the rest up."""
    bureau = "合成示例县经信局" if synthetic else "牵头部门"
    accounts = [
        Account("analyst", "部门分析员 analyst", bureau, "bureau", Role.ANALYST, "*"),
        Account("system", "系统管理员 system administrator", "平台运维", "operator", Role.SYSTEM),
        Account(
            "security", "安全管理员 security administrator", "平台运维", "operator", Role.SECURITY
        ),
        Account("audit", "审计管理员 audit administrator", "平台运维", "operator", Role.AUDIT),
    ]
    if not synthetic:
        return accounts
    first = _first_firm(facts)
    if first.height:
        firm, name, place = first.row(0)
        county = _county(facts, place)
        treasury = "合成示例县财政局"
        accounts += [
            Account(
                "reviewer",
                "部门复核员 second official of the bureau",
                bureau,
                "bureau",
                Role.ANALYST,
                "*",
            ),
            Account(
                "finance",
                "财政审核员 finance office, approves",
                treasury,
                "bureau",
                Role.ANALYST,
                county,
            ),
            Account(
                "payer", "财政支付员 finance office, pays", treasury, "bureau", Role.ANALYST, county
            ),
            Account("butler", "园区管家 park butler", "合成示例园区", "park", Role.BUTLER, county),
            Account("firm", "企业用户 firm", name, "firm", Role.FIRM, county, firm),
        ]
    return accounts


def _first_firm(facts: Store) -> pl.DataFrame:
    """The first manufacturer of the register, so that every page of a firm has something; else the first firm."""
    firms = facts.polars("firm", ["firm", "name", "place"]).sort("firm")
    main = facts.polars("firm_industry", ["firm", "industry", "main"]).filter("main")
    made = main.filter(pl.col("industry").str.slice(0, 2).is_between(*MANUFACTURING))
    makers = firms.filter(pl.col("firm").is_in(made["firm"].implode()))
    return (makers if makers.height else firms).head(1)


def _county(facts: Store, place: str) -> str:
    """The county that a town or park lies in; the place itself where that is not known."""
    places = {code: (parent, level) for code, parent, level in
              facts.current("place").select("place", "parent", "level").to_polars().iter_rows()}  # fmt: skip
    seen: set[str] = set()
    while place in places and places[place][1] in {"town", "park"} and place not in seen:
        seen.add(place)
        place = places[place][0] or place
    return place


def demo_consents() -> None:
    """Let the demo's firm grant and withdraw, once: two consents in force, one taken back."""
    user = User.objects.filter(username="firm").first()
    if user is None or Consent.objects.exists():
        return
    who, today = viewer_of(user), timezone.localdate()
    for firm in sorted(who.firms):
        made = {
            code: grant_consent(
                viewer=who, firm=firm, purpose=code, fields=fields, valid_from=today,
                valid_until=today + timedelta(days=days),
            )
            for code, fields, days in DEMO_CONSENTS
        }  # fmt: skip
        withdraw_consent(viewer=who, receipt=made["finance"].receipt)


def write_logins(path: Path, new: Sequence[Login]) -> list[Login]:
    """Keep the demo logins in a file that only its owner reads, and return all of them."""
    kept: list[Login] = (
        [tuple(row) for row in json.loads(path.read_text())] if path.exists() else []
    )
    known = {username for _, username, _ in new}
    logins = [row for row in kept if row[1] not in known] + list(new)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        json.dump(logins, handle, ensure_ascii=False)
    return logins
