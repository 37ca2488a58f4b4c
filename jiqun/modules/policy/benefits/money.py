"""Money as people read and write it: 元 with thousands separators, kept in whole fen."""

from __future__ import annotations

import re
import unicodedata

from jiqun.core.tabular import yuan

__all__ = ["FEN", "capital", "fen_of", "plain", "yuan"]

YUAN = re.compile(r"(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d{1,2}))?(?:元)?")
FEN = 100


def plain(fen: int) -> str:
    """Return an amount as files carry it: ``1234567.00``."""
    return yuan(fen).replace(",", "")


def fen_of(text: str) -> int | None:
    """Return an amount in 元 as fen, or None where the text is not one.

    >>> fen_of("１，２３４．５元"), fen_of("0.005"), fen_of("1.2e3")
    (123450, None, None)
    """
    words = unicodedata.normalize("NFKC", text).replace(" ", "").replace("，", ",")
    found = YUAN.fullmatch(words)
    if found is None:
        return None
    return int(found[1].replace(",", "")) * FEN + int((found[2] or "0").ljust(2, "0"))


def capital(fen: int) -> str:
    """Return an amount in the capital numerals of notices and vouchers (大写).

    Source: 正确填写票据和结算凭证的基本规定 (People's Bank, Annex 1 of the 支付结算办法, 1997).

    >>> capital(100_000_000), capital(10_050), capital(1_000_100_005)
    ('壹佰万元整', '壹佰元伍角整', '壹仟万零壹仟元零伍分')
    """
    whole, rest = divmod(fen, FEN)
    jiao, single = divmod(rest, 10)
    words = f"{_whole(whole)}元" if whole else ""
    if jiao:
        words += f"{_DIGITS[jiao]}角"
    elif single and whole:
        words += "零"
    return words + (f"{_DIGITS[single]}分" if single else "整") if words or single else "零元整"


_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿", "万亿")


def _whole(number: int) -> str:
    words, gap = "", False
    digits = str(number)
    for position, digit in enumerate(digits):
        power = len(digits) - 1 - position
        if digit == "0":
            gap = True
        else:
            words += ("零" if gap and words else "") + _DIGITS[int(digit)] + _PLACES[power % 4]
            gap = False
        group = number // 10 ** (power - power % 4) % 10_000
        if power % 4 == 0 and power and group:
            words += _GROUPS[power // 4]
    return words
