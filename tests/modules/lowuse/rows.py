"""Files of low-efficiency land for the suites that look at every table."""

from __future__ import annotations

import datetime as dt

from django.contrib.auth.models import User

from jiqun.masters.models import Organisation
from jiqun.modules.land.models import LandFile


def make_files(office: Organisation, people: list[User], firm: str, place: str) -> None:
    """Make a closed file of a firm's parcel, by two people."""
    one, two, *_ = people
    LandFile.objects.create(
        key="DX-1", parcel="990101001001GB00001", place=place, location="合成1号地块", firm=firm, firm_name="合成企业",
        area_m2=1_000, trace={}, office=office, state="closed", tool="improve", responsible="合成责任人",
        due=dt.date(2026, 12, 31), released_m2=400, tax_before_fen=12_345, tax_after_fen=23_456, made_by=one,
        planned_by=one, decided_by=two, reported_by=one, closed_by=two,
    )  # fmt: skip
