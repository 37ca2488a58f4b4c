"""A parcel of standard land for the suites that look at every table."""

from __future__ import annotations

import datetime as dt

from django.contrib.auth.models import User

from jiqun.masters.models import Organisation
from jiqun.modules.land.models import Parcel, ParcelEvent


def make_parcel(office: Organisation, maker: User, firm: str, place: str) -> None:
    """Make a parcel of a firm whose deal is recorded."""
    day = dt.date(2026, 6, 1)
    parcel = Parcel.objects.create(
        code="990101001001GB00001", place=place, firm=firm, firm_name="合成企业", location="合成1号地块",
        department=office, record={"area": "20000", "notice": "合成公告", "tax": "≥15", "term": "50"},
        price_fen=12_345, bond_fen=1_234, rules="jiqun-2026.1", control="jiqun-2026.1", reading="jiqun-2026.1",
        made_by=maker,
    )  # fmt: skip
    ParcelEvent.objects.create(
        parcel=parcel, seq=1, kind="deal", document="合成公告", day=day, recorded=day, made_by=maker
    )
