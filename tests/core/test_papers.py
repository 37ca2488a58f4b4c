"""A firm's shelf of documents: once uploaded, cited by number, seen only where it was handed in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from jiqun.core.access import Viewer
from jiqun.core.models import AuditEntry, FirmRead, Paper, PaperUse
from jiqun.core.papers import cited, hand_in, paper_problems
from jiqun.core.papers.actions import MOST, add_paper, remove_paper
from jiqun.core.papers.guards import GUARDS
from jiqun.core.papers.shown import matters
from jiqun.core.security.uploads import check_upload
from jiqun.core.triggers import install, remove
from jiqun.errors import JiqunError
from jiqun.masters.viewers import viewer_of
from tests.console import SignIn, text_of

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.4 deed of the parcel"
PLACE = "990101"


@pytest.fixture
def firm(people: Mapping[str, User]) -> Viewer:
    return viewer_of(people["firm"])


@pytest.fixture
def official(people: Mapping[str, User]) -> Viewer:
    return viewer_of(people["analyst"], purpose="核对证明材料")


@pytest.fixture
def paper(firm: Viewer, first_firm: str) -> Paper:
    upload = check_upload("不动产权证.pdf", PDF, kinds=frozenset({"pdf"}))
    return add_paper(viewer=firm, firm=first_firm, title="不动产权证", upload=upload)


def _handed_in(viewer: Viewer, paper: Paper, place: str = PLACE) -> None:
    hand_in(viewer, paper.firm, [f"见 {paper.key}"], sort="land.parcel", target="P1", place=place)


def test_numbers_are_found_however_they_are_typed() -> None:
    assert cited("材料 cl-0a1b2c3d；ＣＬ－0A1B2C3E。CL-0A1B2C3D") == ["CL-0A1B2C3D", "CL-0A1B2C3E"]
    assert cited("XCL-0A1B2C3D CL-0A1B2C3 CL-0A1B2C3D4 某办〔2026〕3号") == []


def test_a_paper_is_kept_as_it_came(paper: Paper, first_firm: str) -> None:
    assert cited(paper.key) == [paper.key]
    assert (paper.path.read_bytes(), paper.size, paper.file_name) == (
        PDF,
        len(PDF),
        "不动产权证.pdf",
    )
    assert paper.path.stat().st_mode & 0o077 == 0
    assert AuditEntry.objects.filter(action="papers.add", target=f"paper:{paper.key}").count() == 1


def test_nobody_else_sees_a_paper_before_it_is_handed_in(
    paper: Paper, firm: Viewer, official: Viewer, people: Mapping[str, User]
) -> None:
    elsewhere = viewer_of(people["elsewhere"], purpose="核对证明材料")
    idle = viewer_of(people["analyst"])

    def seen(who: Viewer) -> bool:
        return Paper.objects.visible_to(who).filter(pk=paper.pk).exists()

    assert (seen(firm), seen(official)) == (True, False)
    _handed_in(firm, paper)
    assert (seen(firm), seen(official), seen(idle), seen(elsewhere)) == (True, True, False, False)
    _handed_in(firm, paper, "990201")
    assert not seen(elsewhere), "the same matter counts once, where it was first handed in"
    hand_in(firm, paper.firm, [paper.key], sort="land.parcel", target="P2", place="990201")
    assert seen(elsewhere)
    assert Paper.objects.visible_to(official).count() == 1, "two uses make one row"


def test_an_official_opens_it_and_the_firm_sees_the_look(
    paper: Paper, firm: Viewer, sign_in: SignIn, first_firm: str
) -> None:
    _handed_in(firm, paper)
    client = sign_in("analyst", purpose="核对证明材料")
    assert "不动产权证" in text_of(client, "/papers/")
    assert "标准地履约" in text_of(client, f"/papers/{paper.key}/")
    answer = client.get(f"/papers/{paper.key}/file")
    assert answer.content == PDF
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("attachment;")
    assert answer["X-Content-Type-Options"] == "nosniff"
    looks = FirmRead.objects.filter(firm=first_firm).select_related("entry")
    assert "paper" in {one.entry.after["fields"] for one in looks}


def test_without_a_purpose_the_list_says_so_and_the_paper_is_not_there(
    paper: Paper, firm: Viewer, sign_in: SignIn
) -> None:
    _handed_in(firm, paper)
    client = sign_in("analyst")
    assert "不动产权证" not in text_of(client, "/papers/")
    text_of(client, f"/papers/{paper.key}/file", 404)


def test_the_page_of_the_firm_uploads_and_names_what_is_wrong(sign_in: SignIn) -> None:
    client = sign_in("firm")
    sent = {"verb": "add", "title": "2025 年度审计报告", "valid_until": "2099-12-31"}
    file = SimpleUploadedFile("审计报告.pdf", PDF)
    page = client.post("/papers/", {**sent, "file": file}, follow=True).content.decode()
    made = Paper.objects.get()
    assert f"已保存，编号 {made.key}" in page
    assert "2099-12-31" in page
    again = client.post("/papers/", {**sent, "file": SimpleUploadedFile("又一份.pdf", PDF)})
    assert again.status_code == 409
    assert f"这个文件已经上传过，编号 {made.key}" in again.content.decode()
    for changed, words in (
        ({"file": SimpleUploadedFile("表.xlsm", b"PK")}, "宏"),
        ({"file": SimpleUploadedFile("空.pdf", b"")}, "是空文件"),
        ({"file": SimpleUploadedFile("假.pdf", b"MZ.....")}, "内容不是 pdf 文件"),
        ({}, "没有选择文件"),
        ({"file": SimpleUploadedFile("甲.pdf", b"%PDF-2"), "title": " "}, "请写明是什么材料"),
        ({"file": SimpleUploadedFile("乙.pdf", b"%PDF-3"), "valid_until": "去年"}, "不是日期"),
        ({"file": SimpleUploadedFile("丙.pdf", b"%PDF-4"), "valid_until": "2020-01-01"}, "到期"),
    ):
        answer = client.post("/papers/", {**sent, **changed})
        assert answer.status_code == 422, words
        assert words in answer.content.decode()
    assert Paper.objects.count() == 1


def test_a_number_that_is_on_no_shelf_of_the_firm_is_told(
    paper: Paper, firm: Viewer, official: Viewer, first_firm: str
) -> None:
    problems = paper_problems(firm, first_firm, f"{paper.key} CL-00000000", "proof")
    assert [(one.column, one.value) for one in problems] == [("proof", "CL-00000000")]
    assert paper_problems(firm, "another", paper.key, "proof")
    assert paper_problems(official, first_firm, paper.key, "proof"), (
        "not handed in: as if it were not there"
    )


def test_an_official_hands_nothing_of_a_shelf_in(
    paper: Paper, firm: Viewer, official: Viewer
) -> None:
    assert (
        hand_in(official, paper.firm, [paper.key], sort="land.objection", target="O1", place=PLACE)
        == []
    )
    assert not PaperUse.objects.exists()
    _handed_in(firm, paper)
    assert paper_problems(official, paper.firm, paper.key, "proof") == []
    hand_in(official, paper.firm, [paper.key], sort="land.objection", target="O1", place=PLACE)
    assert PaperUse.objects.count() == 2, "what was handed in before can be cited for the firm"


def test_what_was_handed_in_stays_and_the_rest_can_go(
    paper: Paper, firm: Viewer, official: Viewer, first_firm: str,
    django_capture_on_commit_callbacks: object,
) -> None:  # fmt: skip
    with pytest.raises(JiqunError) as caught:
        remove_paper(viewer=official, paper=paper)
    assert caught.value.code == "E-FORBIDDEN"
    _handed_in(firm, paper)
    with pytest.raises(JiqunError) as caught:
        remove_paper(viewer=firm, paper=paper)
    assert caught.value.code == "E-PAPER-USED"
    upload = check_upload("另一份.pdf", PDF + b"2", kinds=frozenset({"pdf"}))
    other = add_paper(viewer=firm, firm=first_firm, title="另一份", upload=upload)
    path = other.path
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        remove_paper(viewer=firm, paper=other)
    assert (path.exists(), paper.path.exists()) == (False, True)


def test_only_the_firm_fills_its_shelf_and_not_without_end(
    firm: Viewer, official: Viewer, people: Mapping[str, User], first_firm: str
) -> None:
    upload = check_upload("不动产权证.pdf", PDF, kinds=frozenset({"pdf"}))
    with pytest.raises(JiqunError) as caught:
        add_paper(viewer=official, firm=first_firm, title="不动产权证", upload=upload)
    assert caught.value.code == "E-FORBIDDEN"
    Paper.objects.bulk_create(
        Paper(key=f"CL-{n:08X}", firm=first_firm, title="合成材料", kind="pdf", size=1, sha256=f"{n:064x}",
              made_by=people["firm"])
        for n in range(MOST)
    )  # fmt: skip
    with pytest.raises(JiqunError) as caught:
        add_paper(viewer=firm, firm=first_firm, title="不动产权证", upload=upload)
    assert "最多保存" in caught.value.fields[0].message_zh


def test_the_database_refuses_a_change(paper: Paper, firm: Viewer) -> None:
    _handed_in(firm, paper)
    install(connection, GUARDS)
    try:
        for change in (
            lambda: Paper.objects.filter(pk=paper.pk).update(title="改"),
            lambda: PaperUse.objects.update(target="P9"),
            lambda: PaperUse.objects.all()._raw_delete(PaperUse.objects.db),
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                change()
    finally:
        remove(connection, GUARDS)


def test_a_paper_that_ended_is_marked(
    paper: Paper, sign_in: SignIn, people: Mapping[str, User]
) -> None:
    Paper.objects.create(
        key="CL-0000000A", firm=paper.firm, title="过期许可", kind="pdf", size=1, sha256="0" * 64,
        valid_until=timezone.localdate() - timedelta(days=1), made_by=people["firm"],
    )  # fmt: skip
    assert "已过期" in text_of(sign_in("firm"), "/papers/")


def test_every_matter_has_words_and_an_address() -> None:
    assert len(matters()) >= 5
    assert all(one.zh and one.en and one.address for one in matters().values())


def test_others_have_no_shelf(sign_in: SignIn) -> None:
    text_of(sign_in("butler"), "/papers/", 403)
