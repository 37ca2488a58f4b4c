"""The bad rows that the demo county plants, so that the quarantine has something to show.

Each is one thing that really happens: a mistyped credit code, a code that a spreadsheet turned
into a number, 亿 in a column of 万元, a month that lost its zero. They are extra rows; no good row
is spoilt by them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from jiqun.demo.codes import issue
from jiqun.demo.places import COUNTY
from jiqun.demo.sheets import Row
from jiqun.facts.values.uscc import ALPHABET, WEIGHTS

# File → code of the problem → number of records that must end in quarantine.
PLANTED: Mapping[str, Mapping[str, int]] = {
    "合成数据_企业名录.csv": {
        "E-USCC-CHECK": 1, "E-USCC-ORGANISATION": 1, "E-CODE-AS-NUMBER": 1, "E-REQUIRED": 1,
        "E-RANGE": 1,
    },
    "合成数据_本县分行业_2019-2024.csv": {
        "E-RANGE": 1, "E-CODE-UNKNOWN": 1, "E-QUANTITY-AMBIGUOUS": 1, "E-PERIOD-AMBIGUOUS": 1,
    },
    "合成数据_企业年报_2025.csv": {"E-QUANTITY": 1, "E-FIRM-UNKNOWN": 1},
    "合成数据_企业购销_2025.csv": {"E-RANGE": 1, "E-FIRM-UNKNOWN": 1},
    "合成数据_企业行业.csv": {"E-RANGE": 1},
    "合成数据_产业链台账.csv": {"E-DATE": 1},
}  # fmt: skip
DUPLICATES: Mapping[str, int] = {"合成数据_企业名录.csv": 1}
# Cells that say “not available” (…) or “not applicable” (—) in the firms' yearly report.
ELLIPSES, DASHES = 12, 5
SPARE = 900_000  # numbers from here on are given to firms that are in no register


def wrong_check(code: str) -> str:
    """Return ``code`` with a false last character."""
    return code[:17] + ALPHABET[(ALPHABET.index(code[17]) + 1) % 31]


def wrong_organisation(code: str) -> str:
    """Return ``code`` with a false character 17 and a right character 18."""
    digit = "1" if code[16] != "1" else "2"
    body = code[:16] + digit
    total = sum(ALPHABET.index(char) * int(w) for char, w in zip(body, WEIGHTS, strict=True))
    return body + ALPHABET[(31 - total % 31) % 31]


def firms(rows: Sequence[Row]) -> list[Row]:
    """Bad rows of the register, in the columns of its good ``rows``; the last repeats a good one."""
    spare = issue(COUNTY, 4, start=SPARE)
    model = list(rows[0])
    rest = model[2:]
    return [
        [wrong_check(spare[0]), "合成校验错误示例有限公司", *rest],
        [wrong_organisation(spare[1]), "合成机构码错误示例有限公司", *rest],
        ["9.1990101E+17", "合成代码成数示例有限公司", *rest],
        [spare[2], None, *rest],
        [spare[3], "合成经度越界示例有限公司", *rest[:-2], 352.1, rest[-1]],
        model,
    ]


def cells() -> list[Row]:
    """Bad rows of the county's yearly table: code, name, year, establishments, staff, money."""
    return [
        ["176", "针织或钩针编织物及其制品制造", 2018, None, -25, None, None, None],
        ["199", "无此行业", 2024, 3, None, None, None, None],
        ["183", "服饰制造", 2018, None, None, "1.1亿", None, None],
        ["182", "针织或钩针编织服装制造", "2018.1", 5, None, None, None, None],
    ]


def yearly(firm: str) -> list[Row]:
    """Bad rows of the yearly report: code, name, output, revenue and eight more."""
    unknown = issue(COUNTY, 1, start=SPARE + 9)[0]
    return [
        [firm, "合成估数示例有限公司", None, "约300", *[None] * 8],
        [unknown, "合成名录外示例有限公司", 128, *[None] * 9],
    ]


def trade(seller: str, buyer: str) -> list[Row]:
    """Bad rows of the trade table: codes, names, product, value, basis."""
    basis = "企业授权书（合成）"
    return [
        [seller, "", buyer, "", "退货未冲销", -36, basis],
        [seller, "", wrong_check(buyer), "", "购方代码有误", 12, basis],
    ]


def shares(firm: str) -> list[Row]:
    """A bad row of the firms' industries: a share above one."""
    return [[firm, "419", 1.4, "否"]]


def records() -> list[Row]:
    """A bad row of the chain records: a day that does not exist."""
    return [
        ["TZ-9001", "项目", "合成日期错误示例项目", "1763", "在建", 100, "经信局", "2026-13-40",
         "期限写错"],
    ]  # fmt: skip
