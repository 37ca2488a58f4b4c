"""What the tests of parcels start from. Days are relative to today, since verbs record today."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, replace
from typing import Any

import polars as pl
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from jiqun.core.access import Role, Viewer
from jiqun.engine.land.clock.events import Kind, Milestone
from jiqun.facts.store.store import Store
from jiqun.masters.models import Membership, Organisation
from jiqun.masters.viewers import viewer_of
from jiqun.modules.land.models import Parcel, ParcelEvent
from jiqun.modules.land.models.parcels import FOUR_EYES
from jiqun.modules.land.parcels.appending import Entry
from jiqun.modules.land.parcels.clock import Standing, standing
from jiqun.modules.land.parcels.contract import Deal, deals_of
from jiqun.modules.land.parcels.firm.actions import hand_in
from jiqun.modules.land.parcels.office.actions import (
    confirm_proposal,
    open_parcel,
    propose_event,
    record_event,
)

PLACE, TOWN, AWAY = "990101", "990101001", "9902"
FIRM, OTHER, FAR = "91350100M000100Y43", "914403001922038216", "11370881004339597L"
P1, P2, P3 = (
    f"{place}001001GB{n:05d}" for n, place in enumerate(("990101", "990101", "990201"), start=1)
)
PURPOSE = "核对标准地履约情况"
PAPERS = ("grant_contract", "supervision_agreement", "commitment")
THIS_YEAR = dt.date.today().year  # noqa: DTZ011 - the years of the figures
SOLD = dt.date(THIS_YEAR - 5, 3, 1)
SQUARE = [[152.0, 32.0], [152.001, 32.0], [152.001, 32.001], [152.0, 32.001], [152.0, 32.0]]
WELL = {
    "winner": "合成示例织造有限公司", "notice": "合成土告〔2026〕1号", "location": "合成路北侧", "use": "工业用地",
    "area": "20000", "term": "50", "investment": "≥300万元/亩", "tax": "15", "plot_ratio": "1.0-2.0",
    "green": "不超过20%", "deal_price": "900", "bond": "100",
}  # fmt: skip
BADLY = WELL | {
    "winner": "合成示例染整有限公司", "investment": "约300万元/亩", "plot_ratio": "2.5-1.0",
    "deal_day": "2024年13月5日", "bond": "",
}  # fmt: skip


@dataclass
class County:
    """People as viewers, and what they do in short."""

    users: dict[str, User]
    offices: dict[str, Organisation]
    store: Store

    def viewer(self, name: str, purpose: str = PURPOSE) -> Viewer:
        """A person as the pages know them; officials with a purpose."""
        who = viewer_of(self.users[name])
        return replace(who, purpose=purpose if who.official else "")

    def client(self, name: str, *, purpose: str = "") -> Client:
        """A browser in which the person has logged in."""
        made = Client()
        made.force_login(self.users[name])
        if purpose:
            made.post("/purpose/", {"purpose": purpose})
        return made

    def deal(self, code: str = P1) -> Deal:
        """A deal as an official reads it."""
        everywhere = replace(self.viewer("maker"), duty=frozenset({"*"}), places=frozenset({"*"}))
        return deals_of(self.store, everywhere, reading="jiqun-2026.1", parcels=[code])[0]

    def opened(self, code: str = P1, **given: Any) -> Parcel:
        """A parcel that is entered."""
        return open_parcel(
            viewer=self.viewer("maker"), deal=self.deal(code), department=self.offices["bureau"].pk, **given
        )  # fmt: skip

    def does(
        self, parcel: Parcel, kind: Kind, day: dt.date, about: str = "", **given: Any
    ) -> ParcelEvent:
        """Something happens: by one official, or by two where it takes two."""
        number = given.pop("document", f"合成〔{day.year}〕{kind}{about}{day.toordinal()}")
        entry = Entry(kind, day, number, about, **given)
        if kind in FOUR_EYES:
            made = propose_event(viewer=self.viewer("maker"), parcel=parcel, entry=entry)
            return confirm_proposal(viewer=self.viewer("other"), proposal=made)
        return record_event(viewer=self.viewer("maker"), parcel=parcel, entry=entry)

    def reach(self, parcel: Parcel, *days: dt.date) -> None:
        """Reach the first milestones on these days."""
        for milestone, day in zip(Milestone, days, strict=False):
            papers = PAPERS if milestone is Milestone.CONTRACT else ()
            self.does(parcel, Kind.REACHED, day, str(milestone), papers=papers)

    def asks(self, parcel: Parcel, milestone: Milestone, months: int) -> ParcelEvent:
        """The firm asks for more time."""
        today = timezone.localdate()
        entry = Entry(Kind.EXTENSION_REQUESTED, today, f"合成申请{months}", str(milestone), months)
        return hand_in(viewer=self.viewer("firm"), parcel=parcel, entry=entry)

    def stands(self, parcel: Parcel, today: dt.date | None = None) -> Standing:
        """Where a parcel stands."""
        rows = ParcelEvent.objects.of([parcel.pk])[parcel.pk]
        return standing(parcel, rows, today=today or timezone.localdate())


def append(store: Store, table: str, rows: list[dict[str, Any]], batch: str = "") -> None:
    """Put rows of facts into the store."""
    origin = {"as_of": dt.date(2026, 1, 31), "basis": "公开登记信息"}
    frame = pl.DataFrame([row | {"source_row": n} | origin for n, row in enumerate(rows, start=2)])
    store.append(
        table, frame, batch=batch or f"county-{table}", received=len(rows), source="合成数据", meta={"synthetic": "1"}
    )  # fmt: skip


def _facts(store: Store) -> None:
    append(store, "place", [
        {"place": place, "name_zh": "合成地方", "name_en": "Synthetic place", "parent": None, "level": level,
         "lon": None, "lat": None, "population": None, "area_km2": None}
        for place, level in ((PLACE, "county"), (TOWN, "town"), ("990201001", "town"))
    ])  # fmt: skip
    empty = dict.fromkeys(("scale", "founded", "products", "materials", "lon", "lat"))
    firms = {
        FIRM: (WELL["winner"], TOWN),
        OTHER: (BADLY["winner"], TOWN),
        FAR: ("合成外县企业", "990201001"),
    }
    append(store, "firm", [
        {"firm": code, "id_scheme": "uscc", "name": name, "place": place, "status": "active", **empty}
        for code, (name, place) in firms.items()
    ])  # fmt: skip
    shape = json.dumps({"type": "Polygon", "coordinates": [SQUARE]})
    append(store, "parcel", [
        {"parcel": code, "location": "合成路北侧", "place": place, "use": "工业用地", "holder": holder,
         "area_m2": 20_000.0, "floor_m2": 25_000.0, "footprint_m2": None, "planned_ratio": None, "datum": datum,
         "geometry": drawn}
        for code, place, holder, datum, drawn in (
            (P1, TOWN, FIRM, None, None), (P2, TOWN, OTHER, "cgcs2000", shape), (P3, "990201001", FAR, None, None))
    ])  # fmt: skip
    names = list(WELL | BADLY | {"deal_day": ""})
    extra = dict.fromkeys((
        "code", "industry", "output", "building_density", "building_coefficient", "energy", "rd_share", "staff",
        "start_price", "deposit", "start_due", "completion_due",
    ))  # fmt: skip
    deals = ((P1, TOWN, FIRM, WELL | {"deal_day": SOLD.isoformat()}), (P2, TOWN, OTHER, BADLY),
             (P3, "990201001", FAR, WELL | {"deal_day": SOLD.isoformat()}))  # fmt: skip
    append(store, "parcel_deal", [
        {"parcel": code, "place": place, "firm": firm, **{name: said.get(name) or None for name in names}, **extra}
        for code, place, firm, said in deals
    ])  # fmt: skip
    figures = [
        ("tax", year, mu * 30)
        for year, mu in zip(range(THIS_YEAR - 3, THIS_YEAR), (9, 12, 14), strict=True)
    ]
    figures.append(("project_investment", THIS_YEAR - 4, 240 * 30 - 900))
    append(store, "firm_indicator", [
        {"firm": FIRM, "indicator": name, "period": str(year), "value": wan * 1_000_000, "unit": "CNY_fen",
         "status": "published", "lawful_basis": "法定职责（合成示例）"}
        for name, year, wan in figures
    ])  # fmt: skip


def build(store: Store) -> County:
    """Bring in the facts, open the offices and people."""
    _facts(store)
    offices = {
        name: Organisation.objects.create(name=f"合成{name}", kind=kind, place=place, firm=firm)
        for name, kind, place, firm in (
            ("bureau", "bureau", PLACE, ""), ("away", "bureau", AWAY, ""), ("firm", "firm", PLACE, FIRM),
            ("rival", "firm", PLACE, OTHER),
        )
    }  # fmt: skip
    users: dict[str, User] = {}
    for name, office, role in (
        ("maker", "bureau", Role.ANALYST), ("other", "bureau", Role.ANALYST), ("stranger", "away", Role.ANALYST),
        ("firm", "firm", Role.FIRM), ("rival", "rival", Role.FIRM),
    ):  # fmt: skip
        users[name] = User.objects.create(username=name)
        Membership.objects.create(user=users[name], organisation=offices[office], role=role.value)
    return County(users, offices, store)
