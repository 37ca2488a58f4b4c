"""A wrong entry is voided by two people with a reason, stays to be seen, and is entered again."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from jiqun.engine.land.clock.events import Kind, Milestone
from jiqun.errors import JiqunError
from jiqun.modules.land.models import ParcelEvent, ParcelProposal
from jiqun.modules.land.models.parcels import OPEN
from jiqun.modules.land.parcels.appending import Entry
from jiqun.modules.land.parcels.office.actions import propose_event
from tests.console import text_of
from tests.modules.parcels.county import P1, PURPOSE, SOLD, County

HANDOVER = SOLD + dt.timedelta(30)
PAGE = f"/land/parcels/{P1}/"


def test_a_wrong_day_is_voided_by_the_pages_and_entered_again(county: County) -> None:
    parcel = county.opened()
    wrong = HANDOVER + dt.timedelta(400)
    county.reach(parcel, SOLD + dt.timedelta(8), HANDOVER, wrong)
    maker, other = (county.client(name, purpose=PURPOSE) for name in ("maker", "other"))
    today = timezone.localdate().isoformat()
    form = text_of(maker, PAGE)
    assert "作废一条登记" in form
    assert f"4 · 节点完成 · 开工 · {wrong}" in form
    assert "1 · 成交" not in form, "the deal is not offered"
    assert "3 · 节点完成 · 交地" not in form, "a later entry rests on it"
    sent = {"verb": "voided", "of": "4", "day": today, "document": "合成更正1", "note": ""}
    refused = maker.post(PAGE, sent)
    assert refused.status_code == 422
    assert "请写明情况" in refused.content.decode()
    assert maker.post(PAGE, sent | {"note": "开工日期录错了"}).status_code == 302
    assert county.stands(parcel).state.reached[Milestone.START] == wrong, (
        "nothing counts before the second person"
    )
    waiting = ParcelProposal.objects.get(state=OPEN)
    assert "第 4 条" in text_of(other, PAGE)
    assert maker.post(PAGE, {"verb": f"confirm-{waiting.pk}"}).status_code != 302
    assert other.post(PAGE, {"verb": f"confirm-{waiting.pk}"}).status_code == 302
    assert Milestone.START not in county.stands(parcel).state.reached
    right = HANDOVER + dt.timedelta(300)
    again = {
        "verb": "reached",
        "milestone": "start",
        "day": right.isoformat(),
        "document": "合成施工证1",
    }
    assert maker.post(PAGE, again).status_code == 302
    one = county.stands(parcel)
    assert one.state.reached[Milestone.START] == right
    assert one.state.voided == {4}
    seen = text_of(maker, PAGE)
    assert "已作废" in seen
    assert str(wrong) in seen
    told = county.client("firm").get(f"/api/land/parcels/{P1}").json()
    assert [event["of"] for event in told["events"] if event["kind"] == "voided"] == [4]
    assert county.stands(parcel, today=timezone.localdate()).milestones[2].reached == right


def test_the_database_refuses_what_the_engine_would(county: County) -> None:
    parcel = county.opened()
    county.reach(parcel, SOLD + dt.timedelta(8), HANDOVER)
    today = timezone.localdate()
    county.does(parcel, Kind.VOIDED, today, of=3, note="交地日期录错了")
    row = ParcelEvent.objects.get(kind="voided")
    same = {"parcel": parcel, "kind": "voided", "document": "再来", "day": today, "recorded": today,
            "made_by": row.made_by, "confirmed_by": row.confirmed_by}  # fmt: skip
    for change in (
        {"of": 3},
        {"of": None},
        {"of": 2, "confirmed_by": None},
        {"of": 2, "confirmed_by": row.made_by},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            ParcelEvent.objects.create(seq=9, **same | change)
    with pytest.raises(JiqunError, match="voided before"):
        propose_event(viewer=county.viewer("maker"), parcel=parcel,
                      entry=Entry(Kind.VOIDED, today, "合成更正2", note="再作废一次", of=3))  # fmt: skip
    with pytest.raises(JiqunError, match="no entry 99"):
        propose_event(viewer=county.viewer("maker"), parcel=parcel,
                      entry=Entry(Kind.VOIDED, today, "合成更正2", note="没有这一条", of=99))  # fmt: skip
