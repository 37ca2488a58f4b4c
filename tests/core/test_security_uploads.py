"""Files that a browser may send: real workbooks pass, traps do not."""

from __future__ import annotations

import io
import zipfile

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from jiqun.core.security.cells import guarded, unguarded
from jiqun.core.security.uploads import CHECKS, TABLES, check_upload, plain_name
from jiqun.errors import JiqunError


def _workbook(rows: int = 20) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        sheet = book.add_worksheet("产值")
        for row in range(rows):
            sheet.write_row(row, 0, [f"合成企业{row}", row * 1.5, "袜业"])
    return buffer.getvalue()


def _zip(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _with(extra: dict[str, bytes]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(_workbook())) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    return _zip({**members, **extra})


def _code(name: str, content: bytes, kinds: frozenset[str] = TABLES) -> str:
    with pytest.raises(JiqunError) as caught:
        check_upload(name, content, kinds=kinds)
    error = caught.value
    assert error.fields[0].file == plain_name(name)
    assert error.hint_zh
    assert error.hint_en
    return error.code


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("产值.xlsx", _workbook(), "xlsx"),
        ("产值.XLSX", _workbook(), "xlsx"),
        ("产值.csv", "企业,产值\n合成一厂,12\n".encode("gb18030"), "csv"),
        ("产值.txt", "企业\t产值\n".encode("utf-16"), "csv"),
        ("产值.parquet", b"PAR1....PAR1", "parquet"),
    ],
)
def test_tables_of_bureaux_pass(name: str, content: bytes, kind: str) -> None:
    found = check_upload(name, io.BytesIO(content), kinds=TABLES)
    assert (found.kind, found.content, found.size) == (kind, content, len(content))
    assert len(found.sha256) == 64


@pytest.mark.asvs("5.2.2")
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("产值.xlsx", b"MZ\x90\x00 a program"),
        ("产值.xlsx", _zip({"a.txt": b"not a workbook"})),
        ("产值.xlsx", "企业,产值".encode()),
        ("产值.csv", _workbook()),
        ("产值.csv", b"%PDF-1.7"),
        ("产值.csv", b"a,b\n\x00\x00\x01"),
        ("产值.exe", b"MZ"),
        ("产值", _workbook()),
        ("产值.php.", b"<?php"),
        ("产值.svg", b"<svg onload='x'/>"),
        ("产值.html", b"<script>"),
        ("产值.pdf", b"%PDF-1.7"),  # a real kind, but not welcome here
        ("空.csv", b""),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_refused(name: str, content: bytes) -> None:
    assert _code(name, content) == "E-UPLOAD-KIND"


@pytest.mark.asvs("5.2.2")
@pytest.mark.parametrize("kind", sorted(set(CHECKS) - {"csv"}))
def test_no_kind_takes_the_content_of_another(kind: str) -> None:
    assert _code(f"x.{kind}", b"GIF89a not at all", frozenset({kind})) == "E-UPLOAD-KIND"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("产值.xlsm", _workbook()),
        ("产值.xlsx", _with({"xl/vbaProject.bin": b"\xd0\xcf"})),
        ("产值.xlsx", _with({"xl/macrosheets/sheet1.xml": b"<x/>"})),
        ("产值.xlsx", _with({"[Content_Types].xml": b'<T t="application/vnd.ms-excel.sheet.macroEnabled.main+xml"/>'})),
        ("产值.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "_VBA_PROJECT".encode("utf-16-le")),
    ],
)  # fmt: skip
def test_macros_are_refused(name: str, content: bytes) -> None:
    assert _code(name, content) == "E-UPLOAD-MACRO"


def test_a_document_with_a_script_is_refused() -> None:
    assert (
        _code("x.pdf", b"%PDF-1.7 /JavaScript (app.alert)", frozenset({"pdf"})) == "E-UPLOAD-MACRO"
    )


@pytest.mark.asvs("5.2.3")
def test_a_bomb_is_refused_without_being_unpacked_into_memory() -> None:
    assert (
        _code("x.xlsx", _with({"xl/worksheets/sheet9.xml": b"\x00" * 60_000_000}))
        == "E-UPLOAD-BOMB"
    )
    assert (
        _code("x.zip", _zip({f"{n}.txt": b"" for n in range(5001)}), frozenset({"zip"}))
        == "E-UPLOAD-BOMB"
    )


@pytest.mark.asvs("5.2.3")
def test_what_an_archive_says_of_its_own_size_is_not_believed() -> None:
    honest = bytearray(_with({"xl/worksheets/sheet9.xml": b"\x00" * 60_000_000}))
    true, lie = (60_000_000).to_bytes(4, "little"), (1000).to_bytes(4, "little")
    assert honest.count(true) >= 1
    assert _code("x.xlsx", bytes(honest.replace(true, lie))) in {
        "E-UPLOAD-BOMB",
        "E-UPLOAD-DAMAGED",
    }


@pytest.mark.asvs("5.2.1")
def test_a_file_larger_than_allowed_is_not_read_to_its_end(settings: Settings) -> None:
    settings.MAX_UPLOAD = 1 << 20

    class Endless(io.RawIOBase):
        read_so_far = 0

        def read(self, size: int = -1) -> bytes:
            assert 0 < size <= (1 << 20) + 1
            self.read_so_far += size
            return b"a" * size

    stream = Endless()
    assert _code("x.csv", stream) == "E-UPLOAD-SIZE"  # type: ignore[arg-type]
    assert stream.read_so_far <= (1 << 20) + 1


@pytest.mark.parametrize(
    "content", [_workbook()[:-200], _workbook()[:500], b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 locked"]
)
def test_damaged_and_locked_workbooks_say_so(content: bytes) -> None:
    assert _code("x.xlsx", content) == "E-UPLOAD-DAMAGED"


@pytest.mark.asvs("5.3.2")
@pytest.mark.parametrize(
    ("given_name", "plain"),
    [
        ("../../etc/passwd", "passwd"), ("C:\\Users\\mei\\产值.xlsx", "产值.xlsx"), ("a\x00b\n.csv", "ab.csv"),
        ("\u202egnp.exe", "gnp.exe"), ('a"<b>|.csv', "ab.csv"), ("..", "file"), ("", "file"), (".htaccess", "htaccess"),
    ],
)  # fmt: skip
def test_names_carry_no_path_and_no_tricks(given_name: str, plain: str) -> None:
    assert plain_name(given_name) == plain


@pytest.mark.asvs("5.3.2")
@pytest.mark.parametrize("member", ["../x.txt", "/x.txt", "a/../../x.txt", "C:/x.txt", "..\\x.txt"])
def test_an_archive_with_paths_that_lead_out_is_refused(member: str) -> None:
    assert _code("x.zip", _zip({member: b"x"}), frozenset({"zip"})) == "E-UPLOAD-DAMAGED"


@given(st.binary(max_size=300), st.sampled_from(sorted(CHECKS)))
def test_any_bytes_are_answered_by_an_upload_or_by_our_own_error(content: bytes, kind: str) -> None:
    head = CHECKS[kind][0]
    told = kind
    try:
        told = check_upload(f"x.{kind}", head + content, kinds=frozenset({kind})).kind
    except JiqunError as error:
        told = error.code
    assert told == kind or told.startswith("E-UPLOAD-")


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1+1", "－x"],
)
def test_a_formula_is_text_in_a_text_table(text: str) -> None:
    assert guarded(text) == f"'{text}"


@pytest.mark.parametrize(
    "text", ["12", "-12.5", "+3", "-1e5", "-0.5%", "合成一厂", "a=b", "", "'tis"]
)
def test_numbers_and_plain_words_stay_as_they_are(text: str) -> None:
    assert guarded(text) == text


@given(st.text(alphabet="=+-@\t\r' a1＝", max_size=8))
def test_what_is_guarded_comes_back_the_same(text: str) -> None:
    assert unguarded(guarded(text)) == text
