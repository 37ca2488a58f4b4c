"""Bytes to text: the fixed order, Big5 refused, the stated encoding obeyed."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jiqun.errors import JiqunError
from jiqun.facts.read.encoding import decode

SHORT = "企业,产值\n示例织造,12\n"
LONG = "地区,行业,从业人员,备注\n" + "示例县,针织或钩针编织物制造,1200,已核实。\n" * 40
RARE = "姓名,村\n示例𬭎,㑇村\n" + "示例县,示例镇\n" * 5  # four-byte GB18030 characters
MOSTLY_ASCII = "code,name,value\n" + "1762,abc,12\n" * 50 + "1763,袜,13\n"
TRADITIONAL = "縣市,鄉鎮,產業別,工廠數\n" + "彰化縣,社頭鄉,襪類製造業,512\n" * 3
ENCODINGS = ("gb18030", "gbk", "utf-8", "utf-8-sig", "utf-16")


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("text", [SHORT, LONG, MOSTLY_ASCII])
def test_reads_mainland_habits_exactly(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)).text == text


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig", "utf-16"])
def test_reads_four_byte_characters(encoding: str) -> None:
    assert decode(RARE.encode(encoding)).text == RARE


def test_says_which_encoding_and_shows_the_first_lines() -> None:
    found = decode(LONG.encode("gbk"))
    assert found.encoding == "gb18030"
    assert found.preview[0] == "地区,行业,从业人员,备注"
    assert len(found.preview) == 5


def test_gzip_is_transparent() -> None:
    assert decode(gzip.compress(SHORT.encode("gbk"))).text == SHORT


@pytest.mark.parametrize("text", [TRADITIONAL, "縣市,工廠數\n彰化縣,12\n", TRADITIONAL * 200])
def test_big5_is_refused_with_the_remedy(text: str) -> None:
    with pytest.raises(JiqunError) as failure:
        decode(text.encode("big5"), file="廠.csv")
    assert failure.value.code == "E-ENCODING-BIG5"
    assert 'encoding = "big5"' in failure.value.hint_zh
    assert 'encoding = "big5"' in failure.value.hint_en
    assert failure.value.fields[0].file == "廠.csv"


def test_stated_encoding_wins() -> None:
    assert decode(TRADITIONAL.encode("big5"), encoding="big5").text == TRADITIONAL


def test_traditional_text_in_gb18030_is_not_taken_for_big5() -> None:
    assert decode(TRADITIONAL.encode("gb18030")).text == TRADITIONAL


def test_unknown_bytes_are_refused() -> None:
    with pytest.raises(JiqunError) as failure:
        decode(b"a,b\n\xff\xfe\xff\x80\x80,1\n")
    assert failure.value.code == "E-ENCODING"


def test_stated_encoding_that_does_not_fit_is_refused() -> None:
    with pytest.raises(JiqunError) as failure:
        decode(SHORT.encode("gbk"), encoding="utf-8")
    assert failure.value.code == "E-ENCODING"


def test_utf16_without_mark_is_refused() -> None:
    with pytest.raises(JiqunError) as failure:
        decode("code,value\n1,2\n".encode("utf-16-le"))
    assert failure.value.code == "E-ENCODING"


def test_damaged_gzip_is_refused() -> None:
    with pytest.raises(JiqunError) as failure:
        decode(gzip.compress(LONG.encode())[:-30])
    assert failure.value.code == "E-FILE-UNREADABLE"


COMMON = "县市区乡镇产业企业人员工资税收合计单位生产农业年月地方名称代码示例"


@given(st.lists(st.text(alphabet=COMMON + "0123456789,.\n", min_size=2, max_size=30), min_size=1))
def test_everyday_gb_text_is_read_exactly_or_refused_never_wrong(lines: list[str]) -> None:
    text = "\n".join(lines)
    try:
        assert decode(text.encode("gb18030")).text == text
    except JiqunError as failure:
        # 位 alone is the bytes of λ in UTF-8: only a person can tell.
        assert failure.code == "E-ENCODING-DOUBT"  # noqa: PT017
        assert sum(ord(char) > 127 for char in text) < 40


def test_one_character_that_is_also_utf8_is_refused() -> None:
    with pytest.raises(JiqunError) as failure:
        decode("0,位\n".encode("gbk"))
    assert failure.value.code == "E-ENCODING-DOUBT"


@pytest.mark.parametrize("text", ["Doña Ana County,218\n", "area,km²\n1,2\n", "São Paulo,Rhône\n"])
def test_latin_words_in_utf8_are_not_doubted(text: str) -> None:
    assert decode(text.encode()).text == text
