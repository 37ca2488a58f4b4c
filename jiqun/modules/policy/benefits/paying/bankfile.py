"""The file for the bank, and the bank's answer: CSV with control totals, read line by line.

First line: ``拨付文件``, number, date, count, total, account sum. Then one line per payment. The
account sum is the sum of all account numbers as integers modulo 10^16: a file in which one digit
was changed does not pass.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from jiqun.modules.policy.benefits.money import fen_of, plain

HEAD = "拨付文件"
COLUMNS = ("序号", "付款编号", "收款人", "收款账号", "开户银行", "金额（元）", "用途")
ANSWER_COLUMNS = ("付款编号", "金额（元）", "结果", "原因")
PAID_WORDS = frozenset({"成功", "已到账", "paid", "ok"})
RETURNED_WORDS = frozenset({"退回", "失败", "退票", "returned", "failed"})
ACCOUNT_MODULUS = 10**16


@dataclass(frozen=True, slots=True)
class Line:
    """One payment of a file."""

    key: str
    payee: str
    account: str
    bank: str
    amount_fen: int
    use: str


@dataclass(frozen=True, slots=True)
class Answer:
    """One line of the bank's answer; ``problem`` when it cannot be read."""

    row: int
    key: str
    amount_fen: int | None
    result: str
    reason: str


def account_sum(lines: Sequence[Line]) -> str:
    """Return the control sum over the account numbers."""
    return f"{sum(int(one.account) for one in lines) % ACCOUNT_MODULUS:016d}"


def bank_file(number: str, day: date, lines: Sequence[Line]) -> str:
    """Return the file's text: a line of control totals, a heading, a line per payment."""
    buffer = io.StringIO()
    write = csv.writer(buffer, lineterminator="\r\n").writerow
    total = sum(one.amount_fen for one in lines)
    write([HEAD, number, day.isoformat(), len(lines), plain(total), account_sum(lines)])
    write(COLUMNS)
    for position, one in enumerate(lines, start=1):
        write([position, one.key, one.payee, one.account, one.bank, plain(one.amount_fen), one.use])
    return buffer.getvalue()


def digest(text: str) -> str:
    """Return the file's SHA-256."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def answer_template(lines: Sequence[Line]) -> str:
    """Return an empty answer to a file, for the bank or the treasury to fill in."""
    buffer = io.StringIO()
    write = csv.writer(buffer, lineterminator="\r\n").writerow
    write(ANSWER_COLUMNS)
    for one in lines:
        write([one.key, plain(one.amount_fen), "", ""])
    return buffer.getvalue()


def _decoded(content: bytes) -> str:
    """Text in UTF-8, else in GB18030, which banks still write."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030", errors="replace")


def read_answers(content: bytes) -> list[Answer] | None:
    """Return the lines of an answer; None when the file has not the columns of one."""
    rows = list(csv.reader(io.StringIO(_decoded(content))))
    start = next(
        (n for n, row in enumerate(rows) if ANSWER_COLUMNS[0] in map(str.strip, row)), None
    )
    if start is None:
        return None
    names = [name.strip() for name in rows[start]]
    if any(name not in names for name in ANSWER_COLUMNS[:3]):
        return None
    found: list[Answer] = []
    for number, row in enumerate(rows[start + 1 :], start=start + 2):
        if not any(cell.strip() for cell in row):
            continue
        cells = dict(zip(names, (cell.strip() for cell in row), strict=False))
        found.append(
            Answer(
                number, cells.get(ANSWER_COLUMNS[0], ""), fen_of(cells.get(ANSWER_COLUMNS[1], "")),
                _result(cells.get(ANSWER_COLUMNS[2], "")), cells.get(ANSWER_COLUMNS[3], "")[:200],
            )
        )  # fmt: skip
    return found


def _result(words: str) -> str:
    lower = words.lower()
    if lower in PAID_WORDS:
        return "paid"
    return "returned" if lower in RETURNED_WORDS else "unclear"
