"""A small synthetic town for batches of the per-mu evaluation: an office, a second one, 24 small firms."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import polars as pl
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from jiqun.core.access import Role, Viewer
from jiqun.facts.store.store import Store
from jiqun.masters.models import Membership, Organisation
from jiqun.masters.viewers import viewer_of
from jiqun.modules.land.batch.firm.actions import accept_sheet
from jiqun.modules.land.batch.office import actions as office
from jiqun.modules.land.models import Batch, Objection, Sheet

PLACE, YEAR, PACK = "990101", 2025, "zhejiang-typical"
FIRMS = 24
PURPOSE = "核对亩均评价"
PEOPLE = {"maker": "bureau", "reviewer": "bureau", "approver": "other", "elsewhere": "away"}
PLACES = {"bureau": PLACE, "other": PLACE, "away": "9902"}
PROVENANCE = {"source_row": 1, "as_of": dt.date(2026, 3, 31), "basis": "合成"}
MU = 10_000 / 15


def code(number: int) -> str:
    """Credit code of a firm; the numbers are invented."""
    return f"9199010100000{number:04d}X"


FIRST = code(0)


def tax_of(number: int) -> int:
    """Tax in fen: ten thousand yuan per number and mu, on ten mu."""
    return (number + 1) * 10 * 1_000_000


def fill(store: Store, years: tuple[int, ...] = (YEAR,)) -> None:
    """Put the firms with tax, land and electricity into a store; none is above the threshold."""
    codes = [code(n) for n in range(FIRMS)]
    register = pl.DataFrame([
        {"firm": one, "id_scheme": "uscc", "name": f"合成小企业{n:02d}", "place": f"{PLACE}001", "status": "active",
         "scale": None, "founded": dt.date(2010, 1, 1), "products": None, "materials": None, "lon": None,
         "lat": None, **PROVENANCE}
        for n, one in enumerate(codes)
    ])  # fmt: skip
    store.append("firm", register, batch="town", received=FIRMS, source="合成数据")
    main = pl.DataFrame([
        {"firm": one, "industry": "1762", "classification": "gbt4754-2017", "main": True, "share": None, **PROVENANCE}
        for one in codes
    ])  # fmt: skip
    store.append("firm_industry", main, batch="town", received=FIRMS, source="合成数据")
    figures = pl.DataFrame([
        {"firm": one, "indicator": name, "period": str(year), "value": value, "unit": unit, "status": "published",
         "lawful_basis": "法定职责（税收征管）", **PROVENANCE}
        for n, one in enumerate(codes) for year in years
        for name, value, unit in (("tax", tax_of(n), "CNY_fen"), ("land_m2", round(10 * MU), "m2"),
                                  ("electricity_kwh", 1_000_000, "kWh"))
    ])  # fmt: skip
    store.append(
        "firm_indicator", figures, batch="town", received=figures.height, source="合成数据"
    )
    listed = pl.DataFrame([
        {"firm": one, "item": "规上企业", "period": str(year), "content": "否", "valid_from": None, "valid_to": None,
         "document": None, "lawful_basis": "法定职责", **PROVENANCE}
        for one in codes for year in years
    ])  # fmt: skip
    store.append("firm_attribute", listed, batch="town", received=listed.height, source="合成数据")


@dataclass
class Town:
    """People as viewers, and the steps that tests go through."""

    users: dict[str, User]
    offices: dict[str, Organisation]
    store: Store

    def viewer(self, name: str, purpose: str = PURPOSE) -> Viewer:
        """A person as the pages know them; officials with a purpose."""
        who = viewer_of(self.users[name])
        return replace(who, purpose=purpose if who.official else "")

    def client(self, name: str, *, purpose: bool = True) -> Client:
        """A client that has logged in; officials state a purpose."""
        made = Client()
        made.force_login(self.users[name])
        if purpose and name in PEOPLE:
            made.post("/purpose/", {"purpose": PURPOSE})
        return made

    def open(self, year: int = YEAR) -> Batch:
        """A batch in which data are being collected."""
        return office.open_batch(
            viewer=self.viewer("maker"), department=self.offices["bureau"].pk, place=PLACE, year=year, rules=PACK
        )  # fmt: skip

    def sent(self, year: int = YEAR) -> Batch:
        """A batch whose sheets are with the firms."""
        batch = self.open(year)
        office.send_sheets(viewer=self.viewer("maker"), batch=batch)
        return fresh(batch)

    def sheet(self, batch: Batch, firm: str = FIRST) -> Sheet:
        """One firm's sheet."""
        return Sheet.objects.select_related("batch").get(batch=batch, firm=firm)

    def calculated(self, year: int = YEAR) -> Batch:
        """A batch whose firms had their time; the first accepted, the others were silent."""
        batch = self.sent(year)
        accept_sheet(viewer=self.viewer(FIRST), sheet=self.sheet(batch))
        days_go_by(batch)
        office.calculate(viewer=self.viewer("maker"), batch=batch)
        return fresh(batch)

    def published(self, year: int = YEAR) -> Batch:
        """A batch in publicity."""
        return self.republished(self.calculated(year))

    def republished(self, batch: Batch) -> Batch:
        """Review and publish a calculated batch."""
        office.review_batch(viewer=self.viewer("reviewer"), batch=batch, words="已逐项复核")
        office.publish_batch(viewer=self.viewer("maker"), batch=batch)
        return fresh(batch)

    def approved(self, batch: Batch) -> Batch:
        """End the publicity of a batch and approve it."""
        days_go_by(batch)
        office.close_publicity(viewer=self.viewer("maker"), batch=batch)
        office.approve_batch(
            viewer=self.viewer("approver"), batch=batch, document="合成纪要〔2026〕5号"
        )
        return fresh(batch)

    def announced(self, year: int = YEAR) -> Batch:
        """A batch whose result was announced."""
        batch = self.approved(self.published(year))
        office.announce_batch(
            viewer=self.viewer("maker"), batch=batch, document="合成亩均办〔2026〕3号"
        )
        return fresh(batch)

    def objection(self, batch: Batch) -> Objection:
        """The newest objection of a batch."""
        return Objection.objects.filter(batch=batch).order_by("-pk")[0]


def fresh(batch: Batch) -> Batch:
    """The batch as it is now."""
    return Batch.objects.select_related("department").get(pk=batch.pk)


def days_go_by(batch: Batch, days: int = 30) -> None:
    """Put the terms of a batch into the past."""
    past = timezone.localdate() - dt.timedelta(days=days)
    current = fresh(batch)
    names = [name for name in ("answer_until", "public_until") if getattr(current, name)]
    Batch.objects.filter(pk=batch.pk).update(**dict.fromkeys(names, past))


def build(store: Store) -> Town:
    """Open offices and people; the first two firms have users."""
    offices = {
        name: Organisation.objects.create(name=f"合成{name}", kind="bureau", place=place)
        for name, place in PLACES.items()
    }
    users: dict[str, User] = {}
    for name, of in PEOPLE.items():
        users[name] = User.objects.create(username=name)
        Membership.objects.create(
            user=users[name], organisation=offices[of], role=Role.ANALYST.value
        )
    for number in (0, 1):
        one = code(number)
        users[one] = User.objects.create(username=one)
        firm = Organisation.objects.create(name=one, kind="firm", place=PLACE, firm=one)
        Membership.objects.create(user=users[one], organisation=firm, role=Role.FIRM.value)
    return Town(users, offices, store)
