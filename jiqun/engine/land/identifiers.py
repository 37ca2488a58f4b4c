"""Codes of parcels and real-estate units (GB/T 37346), checked by their structure.

Twenty-eight characters: six of the county, three of the cadastral district, three of the
sub-district, two letters of the parcel's kind, five of its number, one letter of what stands on it
and eight of the unit. The first nineteen are the parcel. There is no check digit: a structure that
is right does not prove that the code exists. Letters from memory of the standard, to be confirmed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from jiqun.errors import Problem

PROVINCES = frozenset(
    str(code)
    for first, last in (
        (11, 15),
        (21, 23),
        (31, 37),
        (41, 46),
        (50, 54),
        (61, 65),
        (71, 71),
        (81, 82),
    )
    for code in range(first, last + 1)
)
OWNERS = {"G": ("国有", "state"), "J": ("集体", "collective"), "Z": ("未确定", "not settled")}
RIGHTS = {
    "A": ("集体土地所有权", "collective ownership"),
    "B": ("建设用地使用权（地表）", "right to build, surface"),
    "S": ("建设用地使用权（地上）", "right to build, above ground"),
    "X": ("建设用地使用权（地下）", "right to build, below ground"),
    "C": ("宅基地使用权", "homestead"),
    "D": ("土地承包经营权（耕地）", "contracted arable land"),
    "E": ("林地", "forest"),
    "F": ("草地", "grassland"),
    "L": ("林地使用权", "right to use forest"),
    "N": ("农用地使用权", "right to use farmland"),
    "H": ("海域使用权", "right to use sea"),
    "G": ("无居民海岛", "uninhabited island"),
    "W": ("未确定或有争议", "not settled or disputed"),
    "Y": ("其他", "other"),
}
ON_COLLECTIVE_LAND = frozenset("AC")
STANDING = {
    "F": ("房屋等建筑物、构筑物", "buildings"),
    "L": ("森林或林木", "forest or trees"),
    "Q": ("其他类型定着物", "other fixtures"),
    "W": ("无定着物", "nothing"),
}
PARCEL = re.compile(r"(\d{6})(\d{3})(\d{3})([A-Z])([A-Z])(\d{5})")
UNIT = re.compile(r"([A-Z])(\d{8})")


@dataclass(frozen=True, slots=True)
class Code:
    """A parcel, and the unit on it where the code has one.

    Attributes:
        parcel: nineteen characters.
        unit: the nine further ones, empty for a parcel alone.
        county: six digits of GB/T 2260.
        owner: letter of :data:`OWNERS`.
        right: letter of :data:`RIGHTS`.
        standing: letter of :data:`STANDING`, empty for a parcel alone.
    """

    parcel: str
    unit: str
    county: str
    owner: str
    right: str
    standing: str


def plain(text: str) -> str:
    """Return a code in half-width capitals without spaces, as it is compared."""
    return re.sub(r"[\s·\-]", "", unicodedata.normalize("NFKC", text)).upper()


def read_code(text: str, *, county: str = "") -> tuple[Code | None, tuple[Problem, ...]]:
    """Read a parcel code of 19 or a unit code of 28 characters.

    Args:
        text: as written; width, case, spaces and dashes do not matter.
        county: six digits that it must begin with, where one county is meant.

    Returns:
        The code and no problem, or None with everything that is wrong (``E-LAND-PARCEL-CODE``).
    """
    code = plain(text)
    if len(code) not in {19, 28}:
        return None, (
            _wrong(text, f"应为 19 位宗地代码或 28 位不动产单元号，得到 {len(code)} 位",
                   f"19 characters of a parcel or 28 of a unit are needed, got {len(code)}"),
        )  # fmt: skip
    parcel, unit = PARCEL.fullmatch(code[:19]), UNIT.fullmatch(code[19:])
    if parcel is None or (len(code) == 28 and unit is None):
        return None, (
            _wrong(text, "字母与数字的位置不对", "letters and digits are not where they belong"),
        )
    found = Code(code[:19], code[19:], parcel[1], parcel[4], parcel[5], unit[1] if unit else "")
    said = _contradictions(found, county)
    problems = tuple(_wrong(text, zh, en) for zh, en in said)
    return (None if problems else found), problems


def _contradictions(code: Code, county: str) -> Sequence[tuple[str, str]]:
    tests = [
        (code.county[:2] not in PROVINCES, f"没有代码为 {code.county[:2]} 的省份",
         f"no province has the code {code.county[:2]}"),
        (bool(county) and code.county != county, f"不在 {county}，而在 {code.county}",
         f"it lies in {code.county}, not in {county}"),
        (code.owner not in OWNERS, f"没有土地所有权类型 {code.owner}", f"no ownership is called {code.owner}"),
        (code.right not in RIGHTS, f"没有宗地特征码 {code.right}", f"no kind of parcel is called {code.right}"),
        (code.right in ON_COLLECTIVE_LAND and code.owner == "G", f"{code.right} 类宗地不能是国有土地",
         f"a parcel of kind {code.right} cannot be state land"),
        (code.parcel[14:] == "00000", "宗地顺序号为 00000", "the parcel's number is 00000"),
        (code.standing not in {*STANDING, ""}, f"没有定着物特征码 {code.standing}",
         f"nothing that stands on land is called {code.standing}"),
        (code.standing == "W" and code.unit[1:] != "0" * 8, "无定着物时单元编号应为 00000000",
         "without anything standing on it the unit is 00000000"),
    ]  # fmt: skip
    return [(zh, en) for wrong, zh, en in tests if wrong]


def _wrong(text: str, zh: str, en: str) -> Problem:
    return Problem(
        "E-LAND-PARCEL-CODE",
        f"宗地代码“{text}”：{zh}",
        f"parcel code “{text}”: {en}",
        "请按不动产权证核对",
        "check it against the certificate",
        column="code",
        value=text,
    )
