"""Cells that a spreadsheet program would run as formulas when it opens a text table.

Our workbooks write text as text; a CSV file has no types, so such a cell gets a leading
apostrophe, which the reader of our own exports takes off again.
"""

from __future__ import annotations

import re

# OWASP, CSV injection: = + - @ tab, carriage return, and their full-width forms.
_RISKY = re.compile(r"^\s*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]|^[\t\r]")
_NUMBER = re.compile(r"^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?%?$")
_GUARDED = re.compile(r"^'(?='*\s*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20])")


def guarded(text: str) -> str:
    """Return the text so that no spreadsheet program runs it; numbers stay as they are.

    >>> guarded("=cmd()"), guarded("-12.5"), guarded("合成一厂")
    ("'=cmd()", '-12.5', '合成一厂')
    """
    if _NUMBER.match(text):
        return text
    return f"'{text}" if _RISKY.match(text) or _GUARDED.match(text) else text


def unguarded(text: str) -> str:
    """Return what ``guarded`` was given.

    >>> unguarded(guarded("=1+1")), unguarded(guarded("'=1+1")), unguarded("'abc")
    ('=1+1', "'=1+1", "'abc")
    """
    return text[1:] if _GUARDED.match(text) else text
