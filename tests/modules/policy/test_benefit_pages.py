"""The pages as people press them: the whole way by forms; what is shown to whom; files; the API."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from jiqun.core.models import FirmRead, PaperUse
from jiqun.core.papers.actions import add_paper
from jiqun.core.security.uploads import check_upload
from jiqun.modules.policy.benefits.firm.actions import answer_case
from jiqun.modules.policy.benefits.intake.files import csv_of, read_candidates, record_of
from jiqun.modules.policy.benefits.office.actions import confirm_cases, publish_cases
from jiqun.modules.policy.benefits.recovery.actions import claim_back
from jiqun.modules.policy.models import Batch, Case, Item, PaymentFile, Pool
from tests.modules.policy.town import FIRM, FIRMS, PLACE, POLICY, TRACE, VERSION, Town, account

OTHER = list(FIRMS)[1]


def client(town: Town, name: str, *, purpose: bool = True) -> Client:
    made = Client()
    if name:
        made.force_login(town.users[name])
        if purpose and name not in FIRMS:
            made.post("/purpose/", {"purpose": "审核惠企政策申报"})
    return made


def text(answer: Any) -> str:
    return answer.content.decode()


def press(who: Client, path: str, verb: str, **data: Any) -> Any:
    answer = who.post(path, {"verb": verb, **data})
    assert answer.status_code == 302, text(answer)
    return answer


def candidates_csv() -> bytes:
    rows = [["政策编号", "版本", "统一社会信用代码", "事由", "金额（元）", "比对过程"]]
    rows += [
        [POLICY, VERSION, firm, "2026", "300,000.00", json.dumps(TRACE, ensure_ascii=False)]
        for firm in FIRMS
    ]
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue().encode("gb18030")


def test_the_whole_way_by_the_pages(town: Town) -> None:
    made = client(town, "maker").post("/policy/new/", {
        "verb": "open", "title": "2026 年首次入规奖励", "department": town.offices["bureau"].pk, "pool": town.pool.key,
        "on_silence": "wait", "answer_days": "5", "publicity_days": "5",
        "file": SimpleUploadedFile("候选.csv", candidates_csv()),
    })  # fmt: skip
    assert made.status_code == 302, text(made)
    path = made["Location"]
    press(client(town, "confirmer"), path, "confirm")
    for case in Case.objects.all():
        firm = client(town, case.firm)
        assert case.key in text(firm.get("/policy/mine/"))
        bank = account(case)
        press(
            firm,
            f"/policy/cases/{case.key}/",
            "accept",
            payee=bank.payee,
            bank=bank.bank,
            account=bank.account,
        )
    press(client(town, "maker"), path, "publish")
    assert "合成示例织造有限公司" in text(Client().get("/policy/public/"))
    town.days_go_by(Batch.objects.get())
    assert "合成示例织造有限公司" not in text(Client().get("/policy/public/"))
    press(client(town, "maker"), path, "close")
    press(client(town, "approver"), path, "approve")
    press(client(town, "payer"), path, "export")
    file = PaymentFile.objects.get()
    payer = client(town, "payer")
    answer = payer.get(f"/policy/files/{file.number}/take/template").content.decode("utf-8-sig")
    filled = answer.replace(",,\r\n", ",成功,\r\n").encode()
    press(
        payer,
        f"/policy/files/{file.number}/",
        "reconcile",
        file=SimpleUploadedFile("回单.csv", filled),
    )
    assert set(Case.objects.values_list("state", flat=True)) == {"paid"}
    page = text(client(town, FIRM).get("/policy/mine/"))
    assert "300,000.00" in page
    assert "6222020200112233445" not in page
    assert "****3445" in page


def test_a_case_is_opened_to_the_clause_and_the_look_is_logged(town: Town) -> None:
    town.open(town.candidate())
    key = Case.objects.get().key
    page = text(client(town, "maker").get(f"/policy/cases/{key}/"))
    for word in ("首次入规", "第三条第一款", "统计局名录", "2026-10-31", "符合", "run-1"):
        assert word in page
    assert FirmRead.objects.get().firm == FIRM


@pytest.mark.parametrize(("name", "purpose", "status"), [
    ("maker", False, 404), ("maker", True, 200), ("stranger", True, 200), ("elsewhere", True, 404),
    (FIRM, False, 200), (OTHER, False, 404),
])  # fmt: skip
def test_who_opens_a_case(town: Town, name: str, purpose: bool, status: int) -> None:  # noqa: FBT001
    town.open(town.candidate())
    path = f"/policy/cases/{Case.objects.get().key}/"
    assert client(town, name, purpose=purpose).get(path).status_code == status


@pytest.mark.parametrize(
    ("name", "status"),
    [("payer", 200), ("approver", 200), ("maker", 404), ("stranger", 404), (FIRM, 404)],
)
def test_account_numbers_are_whole_for_those_who_pay_only(
    town: Town, name: str, status: int
) -> None:
    file = town.sent(town.candidate())
    who = client(town, name)
    answer = who.get(f"/policy/files/{file.number}/")
    assert answer.status_code == status
    assert ("6222020200112233445" in text(answer)) == (status == 200)
    case = who.get(f"/policy/cases/{Case.objects.get().key}/")
    assert "6222020200112233445" not in text(case)


def test_without_a_purpose_a_batch_shows_counts_and_no_firm(town: Town) -> None:
    batch = town.open()
    page = text(client(town, "maker", purpose=False).get(f"/policy/batches/{batch.key}/"))
    assert "待部门确认" in page
    assert not [name for name in FIRMS.values() if name in page]
    assert "300,000" not in page
    results = client(town, "maker", purpose=False).get(f"/policy/batches/{batch.key}/results.json")
    assert json.loads(results.content)["candidates"] == []


def test_the_public_page_says_name_item_and_amount_and_nothing_else(town: Town) -> None:
    batch = town.open(town.candidate(), town.candidate(OTHER))
    confirm_cases(viewer=town.viewer("confirmer"), batch=batch)
    town.accept(batch)
    publish_cases(viewer=town.viewer("maker"), batch=batch, keys=[f"{batch.key}-00001"])
    page = text(Client().get("/policy/public/"))
    assert all(word in page for word in ("合成示例织造有限公司", "首次入规奖励", "300,000.00"))
    for hidden in (FIRM, "合成示例染整有限公司", "6222", "3445", batch.key, "第三条第一款"):
        assert hidden not in page


def test_what_is_refused_is_said_on_the_page(town: Town) -> None:
    batch = town.approved(town.candidate())
    answer = client(town, "approver").post(f"/policy/batches/{batch.key}/", {"verb": "export"})
    assert answer.status_code == 403
    assert "另一个人" in text(answer)
    answer = client(town, FIRM).post(f"/policy/cases/{Case.objects.get().key}/", {"verb": "accept"})
    assert answer.status_code == 409


def test_results_come_back_in_as_they_went_out(town: Town) -> None:
    town.open(town.candidate(instalments=(18_000_000, 12_000_000)), town.candidate(OTHER))
    records = [record_of(case) for case in Case.objects.all()]
    again = read_candidates("比对结果.csv", csv_of(records).encode())
    assert [(one.firm, one.amount_fen, one.subject, one.run, one.firm_name) for one in again] == [
        (case.firm, case.amount_fen, case.subject, "run-1", case.firm_name) for case in Case.objects.all()]  # fmt: skip
    assert again[0].instalments == (18_000_000, 12_000_000)
    assert again[0].trace["conditions"] == TRACE["conditions"]
    from_json = read_candidates("x.json", json.dumps(records).encode())
    assert [one.amount_fen for one in from_json] == [30_000_000, 30_000_000]


@pytest.mark.parametrize(("name", "content"), [
    ("a.json", b"{"), ("a.json", b'{"candidates": 1}'), ("a.csv", b"a,b\n1,2"), ("a.csv", b""),
    ("a.csv", "政策编号,版本,统一社会信用代码,金额（元）,比对过程\nP,1,F,1.234,{}".encode()),
    ("a.csv", "政策编号,版本,统一社会信用代码,金额（元）,比对过程\n,,F,1,[1]".encode()),
])  # fmt: skip
def test_a_bad_file_is_refused_with_its_rows(town: Town, name: str, content: bytes) -> None:
    answer = client(town, "maker").post("/policy/new/", {
        "verb": "open", "title": "批次", "department": town.offices["bureau"].pk, "pool": town.pool.key,
        "on_silence": "wait", "answer_days": "5", "publicity_days": "5", "file": SimpleUploadedFile(name, content),
    })  # fmt: skip
    assert answer.status_code == 422, text(answer)
    assert not Batch.objects.exists()


def test_items_and_funds_by_the_pages(town: Town) -> None:
    maker = client(town, "maker")
    made = maker.post("/policy/items/new/", {
        "verb": "save", "department": town.offices["bureau"].pk, "place": PLACE, "policy": "KQ-2", "version": "1",
        "title": "绿色工厂奖励", "sort": "award", "mode": "quick", "valid_from": "2026-01-01",
    })  # fmt: skip
    assert made.status_code == 302, text(made)
    press(client(town, "confirmer"), made["Location"], "declare")
    assert Item.objects.get(policy="KQ-2").declared_by == town.users["confirmer"]
    finance = client(town, "approver")
    press(
        finance,
        "/policy/funds/",
        "open",
        organisation=town.offices["finance"].pk,
        place=PLACE,
        name="第二资金池",
        warn="1,000",
    )
    pool = Pool.objects.get(name="第二资金池")
    assert pool.warn_fen == 100_000
    path = f"/policy/funds/{pool.key}/"
    assert "请补充" in text(finance.get(path))
    press(finance, path, "fund", amount="2,000.50", words="某财预〔2026〕9号")
    press(finance, path, "verify")
    page = text(finance.get(path))
    assert "2,000.50" in page
    assert "0 处不符" in page


@pytest.mark.parametrize("kind", ["guide", "handbook", "review"])
def test_an_items_papers_are_printed(town: Town, kind: str) -> None:
    answer = client(town, "maker").get(f"/policy/items/{town.item.pk}/{kind}.pdf")
    assert answer.content.startswith(b"%PDF")


def test_lists_notices_and_the_payment_list_are_printed(town: Town) -> None:
    file = town.sent()
    town.answer(file, a="成功", b="成功", c="成功")
    case = Case.objects.earliest("pk")
    claim_back(viewer=town.viewer("confirmer"), case=case, amount_fen=100, words="提前迁出，应退回")
    payer = client(town, "payer")
    for path in ("/policy/items.pdf", f"/policy/batches/{file.batch.key}/notice.pdf",
                 f"/policy/files/{file.number}/take/pdf", f"/policy/cases/{case.key}/recovery.pdf"):  # fmt: skip
        assert payer.get(path).content.startswith(b"%PDF"), path
    book = openpyxl.load_workbook(
        io.BytesIO(payer.get(f"/policy/files/{file.number}/take/xlsx").content)
    )
    sheet = book.worksheets[1]
    assert [cell.value for cell in sheet[2]][:5] == [
        f"{case.key}-1-1", case.firm_name, "6222020200112233445", "合成银行示例县支行", 300_000]  # fmt: skip


# ---- the API ------------------------------------------------------------------------------------


def run_of(town: Town, **given: Any) -> dict[str, Any]:
    one = {
        "policy": POLICY,
        "version": VERSION,
        "firm": FIRM,
        "amount_fen": 30_000_000,
        "trace": TRACE,
    }
    return {"title": "批次", "place": PLACE, "department": town.offices["bureau"].pk, "pool": town.pool.key,
            "candidates": [one | given]}  # fmt: skip


def test_candidates_and_answers_over_the_api_once(town: Town) -> None:
    maker = client(town, "maker")

    def send(body: dict[str, Any], key: str) -> Any:
        return maker.post(
            "/api/policy/batches",
            json.dumps(body),
            "application/json",
            headers={"Idempotency-Key": key},
        )

    first = send(run_of(town), "k1")
    assert first.status_code == 200, text(first)
    assert send(run_of(town), "k1").json() == first.json()
    clash = send(run_of(town, amount_fen=1), "k1")
    assert (clash.status_code, clash.json()["code"]) == (409, "E-POLICY-KEY")
    found = maker.get(f"/api/policy/batches/{first.json()['batch']}/results").json()
    assert (found[0]["amount_fen"], found[0]["trace"]["conditions"]) == (
        30_000_000,
        TRACE["conditions"],
    )
    batch = Batch.objects.get()
    confirm_cases(viewer=town.viewer("confirmer"), batch=batch)
    case = Case.objects.get()
    answer_case(viewer=town.viewer(FIRM), case=case, answer="accept", bank=account(case))
    assert maker.get("/api/tables/policy_case").json()["rows"][0]["amount_fen"] == 30_000_000


def test_an_answer_over_the_api(town: Town) -> None:
    file = town.sent(town.candidate())
    key = file.payments.get().key
    body = json.dumps({"content": f"付款编号,金额（元）,结果\n{key},300000.00,成功\n"})
    payer = client(town, "payer")
    for _ in range(2):
        said = payer.post(f"/api/policy/files/{file.number}/receipts", body, "application/json")
        assert said.json()["counts"] == {"matched": 1}
    paid = payer.get(f"/api/policy/batches/{file.batch.key}/payments").json()
    assert [(one["key"], one["state"], "account" in one) for one in paid] == [(key, "paid", False)]


def test_a_paper_cited_with_the_answer_is_handed_in(town: Town) -> None:
    batch = town.open(town.candidate(), town.candidate(OTHER))
    confirm_cases(viewer=town.viewer("confirmer"), batch=batch)
    case, firm = Case.objects.get(firm=FIRM), client(town, FIRM)
    upload = check_upload("审计报告.pdf", b"%PDF-1.4 audit", kinds=frozenset({"pdf"}))
    paper = add_paper(viewer=town.viewer(FIRM), firm=FIRM, title="审计报告", upload=upload)
    path, bank = f"/policy/cases/{case.key}/", account(case)
    assert paper.key in text(firm.get(path)), "the form offers it"
    sent = {"payee": bank.payee, "bank": bank.bank, "account": bank.account}
    refused = firm.post(path, {"verb": "accept", **sent, "words": "CL-00000000"})
    assert refused.status_code == 422
    press(firm, path, "accept", **sent, words=f"附 {paper.key}")
    assert (PaperUse.objects.get().sort, PaperUse.objects.get().place) == ("policy.case", PLACE)
    assert paper.key in text(client(town, "confirmer").get(path))
    assert client(town, OTHER).get(f"/papers/{paper.key}/").status_code == 404
