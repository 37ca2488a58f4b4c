"""The pages of a batch as people press them, in both languages; who sees what; files; measures."""

from __future__ import annotations

import datetime as dt
import io
import json
from typing import Any

import openpyxl
import polars as pl
import pytest
from django.test import Client
from django.utils import timezone

from jiqun.core.models import FirmRead
from jiqun.core.typeset import content_of
from jiqun.errors import JiqunError
from jiqun.modules.land.batch.documents import measures_notice, notice, reply, sheet_file
from jiqun.modules.land.batch.firm.actions import object_sheet
from jiqun.modules.land.batch.measures import actions as measures
from jiqun.modules.land.batch.measures.applying import measure_rows
from jiqun.modules.land.batch.objections.entering import Claim
from jiqun.modules.land.batch.selectors import newest_calculation, public_rows
from jiqun.modules.land.documents import DRAFT
from jiqun.modules.land.models import Batch
from tests.modules.permu.town24 import (
    FIRMS,
    FIRST,
    PACK,
    PLACE,
    PROVENANCE,
    YEAR,
    Town,
    code,
    days_go_by,
    fresh,
)

NAME = "合成小企业00"


def text(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status, answer.content.decode()[:2000]
    return answer.content.decode()


def press(who: Client, path: str, verb: str, **data: Any) -> None:
    answer = who.post(path, {"verb": verb, **data})
    assert answer.status_code == 302, text(answer, answer.status_code)


def english(path: str, who: Client) -> str:
    return text(who.get(path, headers={"accept-language": "en"}))


def test_the_whole_way_by_the_pages(permu: Town) -> None:
    maker, reviewer, approver = (permu.client(name) for name in ("maker", "reviewer", "approver"))
    firm = permu.client(FIRST)
    form = {"department": permu.offices["bureau"].pk, "place": PLACE, "year": YEAR, "rules": PACK,
            "answer_days": "3", "publicity_days": "5"}  # fmt: skip
    press(maker, "/land/batches/new/", "open", **form)
    batch = Batch.objects.get()
    path = f"/land/batches/{batch.key}/"
    press(maker, path, "send")
    assert "数据确认单" not in text(maker.get(path))
    sheet = f"/land/sheets/{permu.sheet(batch).key}/"
    assert permu.sheet(batch).key in text(firm.get("/land/mine/"))
    page = text(firm.get(sheet))
    for words in (
        "评价税收",
        "10 万元",
        "合成数据",
        "2026-03-31",
        "自然资源和规划局",
        "全部认可",
        "证明材料编号",
    ):
        assert words in page
    wrong = firm.post(sheet, {"verb": "object", "value_tax": "很多"})
    assert "不是可用的数" in text(wrong, 422)
    press(
        firm, sheet, "object", value_tax="2000", reason_tax="汇总纳税漏计", proof_tax="完税证明 17"
    )
    one = permu.objection(batch)
    decide = f"/land/objections/{one.key}/"
    assert "由测算人" not in text(firm.get(decide))
    assert "FOUR" not in text(maker.post(decide, {"verb": "dismiss", "words": "证据不足"}), 403)
    press(
        reviewer,
        decide,
        "uphold",
        words="税务局核实属实",
        value="2,000",
        document="税函〔2026〕8号",
    )
    days_go_by(batch)
    press(maker, path, "calculate")
    page = text(maker.get(f"{path}calculations/2/"))
    for words in ("逐字节一致", NAME, "等级变动的企业"):
        assert words in page
    press(reviewer, path, "review", words="已逐项复核")
    assert Client().get(f"/land/public/{batch.key}/").status_code == 404
    press(maker, path, "publish")
    assert batch.key in text(Client().get("/land/public/"))
    shown = text(Client().get(f"/land/public/{batch.key}/"))
    assert NAME in shown
    assert "测算稿" in shown
    assert FIRST not in shown, "name and grade alone"
    press(permu.client(code(1)), f"/land/sheets/{permu.sheet(batch, code(1)).key}/", "result", field="other",
          reason="应为规上企业", proof="统函〔2026〕2号")  # fmt: skip
    press(reviewer, f"/land/objections/{permu.objection(batch).key}/", "dismiss", words="名录无误")
    days_go_by(batch)
    press(maker, path, "close_publicity")
    assert Client().get(f"/land/public/{batch.key}/").status_code == 404, (
        "between publicity and announcement"
    )
    press(approver, path, "approve", document="合成纪要〔2026〕5号")
    press(maker, path, "announce", document="合成亩均办〔2026〕3号")
    shown = text(Client().get(f"/land/public/{batch.key}/"))
    assert "合成亩均办〔2026〕3号" in shown
    assert "测算稿" not in shown
    press(maker, path, "start", first="2026-07-01", last="2027-06-30")
    assert fresh(batch).state == "measures"


def test_pages_speak_both_languages_and_hide_firms_without_a_purpose(permu: Town) -> None:
    batch = permu.published()
    plain, asked = permu.client("maker", purpose=False), permu.client("maker")
    key = permu.sheet(batch).key
    object_path = f"/land/sheets/{key}/"
    for path, zh, en in (
        ("/land/batches/", "评价批次", "Batches of the evaluation"),
        ("/land/batches/new/", "公示期限", "Days of publicity"),
        (f"/land/batches/{batch.key}/", "未回复", "No answer"),
        (f"/land/batches/{batch.key}/calculations/1/", "逐字节一致", "the same to the byte"),
        ("/land/public/", "公示中", "in publicity"), (f"/land/public/{batch.key}/", "测算稿", "not a result"),
        (object_path, "代为登记异议", "Enter an objection for somebody"),
    ):  # fmt: skip
        assert zh in text(asked.get(path))
        assert en in english(path, asked)
    assert plain.get(object_path).status_code == 404
    assert NAME not in text(plain.get(f"/land/batches/{batch.key}/"))
    assert FirmRead.objects.filter(firm=FIRST).exists()


@pytest.mark.parametrize(("name", "status"), [
    ("maker", 200), ("approver", 200), ("elsewhere", 404), (FIRST, 200), (code(1), 404),
])  # fmt: skip
def test_who_opens_a_sheet(permu: Town, name: str, status: int) -> None:
    batch = permu.sent()
    who = permu.client(name)
    assert who.get(f"/land/sheets/{permu.sheet(batch).key}/").status_code == status
    expected = status if name in {"maker", "approver", "elsewhere"} else 404
    assert who.get(f"/land/batches/{batch.key}/").status_code == expected
    assert Client().get(f"/land/public/{batch.key}/").status_code == 404, "not public yet"


def test_the_papers_say_calculation_until_the_approval(permu: Town) -> None:
    batch = permu.sent()
    object_sheet(viewer=permu.viewer(FIRST), sheet=permu.sheet(batch),
                 claims=[Claim("tax", "12", "少计两万元", "完税证明 17")])  # fmt: skip
    answer = reply(permu.objection(batch), synthetic=False)
    assert content_of(answer)["addressee"] == NAME

    def marks(one: Batch) -> tuple[str, str]:
        made = notice(one, newest_calculation(one), public_rows(one), synthetic=True)
        return made.mark, made.title

    assert DRAFT in sheet_file(permu.sheet(batch), synthetic=True).mark
    assert DRAFT in marks(batch)[0]
    pdf = permu.client("maker").get(f"/land/batches/{batch.key}/notice.pdf")
    assert pdf.content[:5] == b"%PDF-"


def test_the_announcement_is_printed_and_exported(permu: Town) -> None:
    batch = permu.announced()
    made = notice(batch, newest_calculation(batch), public_rows(batch), synthetic=False)
    assert (made.mark, made.number) == ("", "合成亩均办〔2026〕3号")
    assert "公告" in made.title
    assert "合成纪要〔2026〕5号" in str(content_of(made))
    assert Client().get(f"/land/public/{batch.key}/notice.pdf").content[:5] == b"%PDF-"
    answer = permu.client(FIRST).get("/data/land_result/export.xlsx?grade=D")
    rows = list(openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets[1].values)
    assert [row[list(rows[0]).index("企业名称")] for row in rows[1:]] == [NAME]


# ---- measures -----------------------------------------------------------------------------------


def test_years_in_a_row_count_over_announced_batches(permu: Town) -> None:
    permu.announced(YEAR - 1)
    second = permu.announced()
    rows = measure_rows(permu.store, second, timezone.localdate())
    mine = {row["code"]: row for row in rows if row["firm"] == FIRST}
    assert set(mine) == {"electricity_2", "power_market_d"}, (
        "the second step of the surcharge, not the first"
    )
    assert mine["electricity_2"]["years"] == 2
    assert mine["electricity_2"]["estimate_fen"] == 30_000_000, "1,000,000 kWh at 0.30 yuan"
    assert not mine["electricity_2"]["in_force"]


def printed_measures(town: Town, batch: Batch, firm: str) -> dict[str, Any]:
    rows = measure_rows(town.store, batch, timezone.localdate())
    mine = [row for row in rows if row["firm"] == firm]
    return content_of(measures_notice(town.sheet(batch, firm), mine, synthetic=True))


def test_results_from_before_the_first_batch_count_where_no_batch_speaks(permu: Town) -> None:
    brought = pl.DataFrame([
        {"firm": FIRST, "item": "亩均评价等级", "period": str(year), "content": grade, "valid_from": None,
         "valid_to": None, "document": "合成公告", "lawful_basis": "法定职责", **PROVENANCE}
        for year, grade in ((YEAR - 1, "D"), (YEAR - 2, "D"), (YEAR - 3, "未评价"), (YEAR - 4, "D"))
    ])  # fmt: skip
    permu.store.append("firm_attribute", brought, batch="before", received=4, source="合成往年结果")
    second = permu.announced()
    rows = measure_rows(permu.store, second, timezone.localdate())
    mine = {row["code"]: row["years"] for row in rows if row["firm"] == FIRST}
    assert set(mine.values()) == {3}, "three years in a row; the unrated year ends the count"
    sheet = permu.sheet(second)
    for client in (permu.client(FIRST), permu.client("maker")):
        assert "差别化措施通知" in client.get(f"/land/sheets/{sheet.key}/").content.decode()
        notice = client.get(f"/land/sheets/{sheet.key}/measures.pdf")
        assert b"".join(notice).startswith(b"%PDF")  # type: ignore[arg-type]
    assert permu.client(code(1)).get(f"/land/sheets/{sheet.key}/measures.pdf").status_code == 404
    assert "优先" in json.dumps(
        printed_measures(permu, second, code(FIRMS - 1)), ensure_ascii=False
    )
    said = json.dumps(printed_measures(permu, second, FIRST), ensure_ascii=False)
    for words in ("等级为D，连续3年", "合成小企业00", "元/kWh", "执行"):
        assert words in said


def test_a_waiver_suspends_the_measures_and_leaves_the_grade(permu: Town) -> None:
    batch, maker, today = permu.announced(), permu.viewer("maker"), timezone.localdate()
    measures.start_measures(
        viewer=maker, batch=batch, first=today, last=today + dt.timedelta(days=365)
    )
    given = {
        "decision": "合成决〔2026〕1号",
        "commitment": "一年内完成技改",
        "until": today + dt.timedelta(days=90),
    }
    sheet = permu.sheet(fresh(batch))
    made = measures.add_waiver(viewer=maker, sheet=sheet, **given)
    with pytest.raises(JiqunError):
        measures.add_waiver(viewer=maker, sheet=sheet, **given)
    rows = [row for row in measure_rows(permu.store, fresh(batch), today) if row["firm"] == FIRST]
    assert {(row["grade"], row["waiver"], row["in_force"]) for row in rows} == {
        ("D", "合成决〔2026〕1号", False)
    }
    later = measure_rows(permu.store, fresh(batch), today + dt.timedelta(days=91))
    assert all(row["in_force"] for row in later)
    page = text(permu.client("maker").get(f"/land/batches/{batch.key}/measures/"))
    for words in (NAME, "0.1 元/kWh", "一年内完成技改", "暂缓到"):
        assert words in page
    press(
        permu.client("maker"),
        f"/land/batches/{batch.key}/measures/",
        f"end-{made.pk}",
        words="没有履行承诺",
    )
    rows = [row for row in measure_rows(permu.store, fresh(batch), today) if row["firm"] == FIRST]
    assert all(row["in_force"] for row in rows)
    with pytest.raises(JiqunError) as early:
        measures.close_batch(viewer=maker, batch=batch)
    assert early.value.code == "E-LAND-DAYS"


def test_the_table_of_measures_is_the_firms_own_or_for_a_purpose(permu: Town) -> None:
    permu.announced()
    path = "/api/tables/land_measure"

    def firms(who: Client) -> set[str]:
        return {row["firm"] for row in who.get(path).json()["rows"]}

    assert firms(permu.client(FIRST)) == {FIRST}
    assert firms(permu.client("maker", purpose=False)) == set()
    assert FIRST in firms(permu.client("maker"))
    assert firms(permu.client("elsewhere")) == set()


def test_bad_terms_of_measures_and_waivers_are_refused(permu: Town) -> None:
    batch, maker = permu.published(), permu.viewer("maker")
    with pytest.raises(JiqunError) as refused:
        measures.start_measures(viewer=maker, batch=batch, first=dt.date(2026, 7, 1), last=None)
    assert refused.value.code == "E-INPUT"
    with pytest.raises(JiqunError) as refused:
        measures.add_waiver(
            viewer=maker, sheet=permu.sheet(batch), decision="", commitment="", until=None
        )
    assert [one.column for one in refused.value.fields] == [
        "decision",
        "commitment",
        "until",
        "batch",
    ]


def test_who_reviews_and_who_enters_the_approval_can_send_a_result_back(permu: Town) -> None:
    batch = permu.calculated()
    maker, reviewer, approver = (permu.client(name) for name in ("maker", "reviewer", "approver"))
    path = f"/land/batches/{batch.key}/"
    assert "退回理由" not in text(maker.get(path)), "not by who calculated"
    assert text(maker.post(path, {"verb": "return", "words": "自己退回自己"}), 403)
    assert "至少四个字" in text(reviewer.post(path, {"verb": "return", "words": "重"}), 422)
    press(reviewer, path, "return", words="两家企业名称不一致")
    page = text(maker.get(path))
    assert "已退回，待重新测算" in page
    assert "两家企业名称不一致" in page, "why is on record"
    text(reviewer.post(path, {"verb": "review", "words": "已逐项复核"}), 409)
    text(maker.post(path, {"verb": "publish"}), 409)
    press(maker, path, "recalculate", reason="已核对企业名称")
    permu.republished(batch)
    days_go_by(batch)
    press(maker, path, "close_publicity")
    press(approver, path, "return", words="请补充分组依据")
    assert fresh(batch).state == "returned"
    press(maker, path, "recalculate", reason="已补充分组依据")
    permu.republished(batch)
    days_go_by(batch)
    press(maker, path, "close_publicity")
    press(approver, path, "approve", document="合成纪要〔2026〕5号")
