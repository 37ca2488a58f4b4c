"""The five papers of standard land: what stands in them, when there is one, and for whom."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from django.utils import timezone

from jiqun.core.typeset import content_of
from jiqun.engine.land.clock.events import Kind, Milestone
from jiqun.modules.land.models import Parcel
from jiqun.modules.land.parcels.contract import deal_of
from jiqun.modules.land.parcels.documents import PAPERS, make, papers_for
from jiqun.modules.land.parcels.dossier import dossier_of
from jiqun.modules.land.parcels.renewing import renewing
from tests.modules.parcels.county import FIRM, P1, PURPOSE, SOLD, County, append

HANDOVER = SOLD + dt.timedelta(30)
STARTED = HANDOVER + dt.timedelta(300)
BUILT = STARTED + dt.timedelta(600)
PRODUCED = BUILT + dt.timedelta(100)


def printed(county: County, name: str, parcel: Parcel) -> dict[str, Any]:
    return content_of(make(name, dossier_of(county.viewer("maker"), parcel), synthetic=True))


def words(content: dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False)


def test_contract_papers_say_what_was_agreed_and_leave_room_to_sign(county: County) -> None:
    parcel = county.opened()
    control = words(printed(county, "control", parcel))
    for text in (
        "投资强度",
        "≥300",
        "万元/亩",
        "容积率",
        "1–2",
        "水土保持",
        "30.00 亩",
        FIRM,
        "9,000,000.00 元",
    ):
        assert text in control
    annex = words(printed(county, "annex", parcel))
    for text in (
        "竣工",
        "联合验收意见",
        "（预计，随前一节点变动）",
        "300,000.00",
        "3 个完整年度",
        "不超过 12 个月",
    ):
        assert text in annex
    assert printed(county, "annex", parcel)["mark"] == "合成数据"


def test_a_reminder_exists_only_while_a_milestone_is_pressing(county: County) -> None:
    parcel = county.opened()
    county.reach(parcel, SOLD + dt.timedelta(8), HANDOVER)
    text = words(printed(county, "reminder", parcel))
    late = county.stands(parcel).next
    assert late is not None
    assert late.milestone is Milestone.START
    assert f"已逾期 {late.overdue} 天" in text
    for part in ("建筑工程施工许可证", "还可延期 2 次", "合成示例织造有限公司"):
        assert part in text
    assert printed(county, "reminder", parcel)["mark"].startswith("代拟稿")
    county.does(parcel, Kind.REACHED, timezone.localdate(), "start")
    assert "reminder" not in papers_for(county.viewer("maker"), county.stands(parcel))


def test_review_and_decision_carry_the_arithmetic_and_the_recorded_outcome(county: County) -> None:
    parcel = county.opened()
    assert set(papers_for(county.viewer("firm"), county.stands(parcel))) == {"control", "annex"}
    county.reach(parcel, SOLD + dt.timedelta(8), HANDOVER, STARTED, BUILT, PRODUCED)
    county.does(parcel, Kind.CHECKED, BUILT, "completion", outcome="met")
    review = words(printed(county, "review", parcel))
    assert "□ 达标　□ 部分达标　□ 不达标" in review
    assert "未知的不按零计" in review
    today = timezone.localdate()
    county.does(parcel, Kind.REACHED, today, "full_production")
    county.does(
        parcel, Kind.CHECKED, today, "full_production", outcome="breached", document="合成核查9"
    )
    assert "合成核查9" in words(printed(county, "review", parcel))
    official, firm = county.viewer("maker"), county.viewer("firm")
    assert "decision" in papers_for(official, county.stands(parcel))
    assert "decision" not in papers_for(firm, county.stands(parcel))
    draft = printed(county, "decision", parcel)
    assert draft["mark"].startswith("代拟稿")
    assert "结论为不达标" in words(draft)
    county.does(parcel, Kind.MEASURE, today, "full_production", document="合成处理〔2026〕3号")
    decided = printed(county, "decision", parcel)
    assert decided["number"] == "合成处理〔2026〕3号"
    assert decided["mark"] == "合成数据"
    assert "decision" in papers_for(firm, county.stands(parcel))


def test_papers_are_pdf_for_who_may_see_the_parcel(county: County) -> None:
    parcel = county.opened()
    county.reach(parcel, SOLD + dt.timedelta(8), HANDOVER)
    official, firm = county.client("maker", purpose=PURPOSE), county.client("firm")
    page = official.get(f"/land/parcels/{P1}/").content.decode()
    for name in ("control", "annex", "reminder"):
        assert f"/land/parcels/{P1}/{name}.pdf" in page
        response = official.get(f"/land/parcels/{P1}/{name}.pdf")
        assert response.status_code == 200
        assert b"".join(response).startswith(b"%PDF")
    assert "reminder.pdf" not in firm.get(f"/land/parcels/{P1}/").content.decode()
    for client, name in (
        (firm, "reminder"), (firm, "decision"), (official, "nothing"), (county.client("rival"), "control"),
        (county.client("maker"), "control"),
    ):  # fmt: skip
        assert client.get(f"/land/parcels/{P1}/{name}.pdf").status_code == 404
    assert set(PAPERS) == {"control", "annex", "reminder", "review", "decision"}


def test_a_renewal_is_tested_by_grades_milestones_and_vetoes(county: County) -> None:
    parcel = county.opened()
    county.reach(parcel, SOLD + dt.timedelta(8), HANDOVER)
    one, deal = county.stands(parcel), deal_of(parcel)
    found = renewing(county.store, one, deal)
    assert found.ends == HANDOVER.replace(year=HANDOVER.year + 50)
    assert found.grades == ()
    assert found.answer.allowed is False, "the start of works is overdue"
    year = timezone.localdate().year
    for back, grade in ((1, "A"), (2, "B"), (4, "A")):
        _grade(county, year - back, grade)
    found = renewing(county.store, one, deal)
    assert found.grades == ((year - 1, "A"), (year - 2, "B"), (year - 3, None))
    assert {fact.code for fact in found.answer.missing} == {"recent_grades", "vetoed"}
    _grade(county, year - 3, "C")
    found = renewing(county.store, one, deal)
    assert {fact.code for fact in found.answer.against} == {"recent_grades", "milestones_met"}
    page = county.client("firm").get(f"/land/parcels/{P1}/").content.decode()
    for text in (
        "年期与续期检验",
        "现在不符合续期条件",
        f"{year - 3} 年 C",
        "亩均办",
        found.ends.isoformat(),
    ):
        assert text in page
    listed = county.client("firm").get("/api/land/parcels").json()
    assert listed[0]["term_end"] == found.ends.isoformat()


def _grade(county: County, year: int, grade: str) -> None:
    append(county.store, "firm_attribute", [
        {"firm": FIRM, "item": "亩均评价等级", "period": str(year), "content": grade, "valid_from": None,
         "valid_to": None, "document": "合成公告", "lawful_basis": "法定职责"},
    ], batch=f"grade-{year}")  # fmt: skip
