"""The unified social credit code (统一社会信用代码) and both of its check characters.

Sources: GB 32100-2015 (18 characters, check character modulo 31) and GB 11714-1997 (the
organisation code in positions 9–17, check character modulo 11).
"""

from __future__ import annotations

import numpy as np
import polars as pl

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # no I O S V Z
WEIGHTS = np.array([3**i % 31 for i in range(17)], dtype=np.int64)
ORGANISATION_WEIGHTS = np.array([3, 7, 9, 10, 5, 8, 4, 2], dtype=np.int64)
ORGANISATION_CHECKS = "0123456789X"
LENGTH, CHARACTER, CHECK = "E-USCC-LENGTH", "E-USCC-CHARACTER", "E-USCC-CHECK"
ORGANISATION, AS_NUMBER = "E-USCC-ORGANISATION", "E-CODE-AS-NUMBER"
# What a spreadsheet leaves of a long code once it has been a number: 9.135E+17
SCIENTIFIC = r"^[+-]?\d(?:\.\d+)?[eE]\+?\d+$|^\d{15,}\.0+$"


def normalise(codes: pl.Expr) -> pl.Expr:
    """Full-width to half-width, upper case, without any space."""
    return codes.str.normalize("NFKC").str.replace_all(r"[\s\u200b\ufeff]", "").str.to_uppercase()


def _value_table(alphabet: str) -> np.ndarray:
    table = np.full(128, -1, dtype=np.int64)
    for value, char in enumerate(alphabet):
        table[ord(char)] = value
    return table


_VALUES = _value_table(ALPHABET)
_BASE36 = _value_table("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_ORGANISATION_VALUES = _value_table(ORGANISATION_CHECKS)
_ORGANISATION_VALUES[ord("X")] = 10


def _check_wellformed(codes: pl.Series) -> pl.Series:
    """Check characters of codes that are known to be 18 characters of the alphabet."""
    chars = np.frombuffer("".join(codes.to_list()).encode("ascii"), np.uint8).reshape(-1, 18)
    total = _VALUES[chars[:, :17]] @ WEIGHTS
    good = (31 - total % 31) % 31 == _VALUES[chars[:, 17]]
    # GB 11714: c = 11 − Σ mod 11, with 10 written X and 11 written 0.
    organisation = _BASE36[chars[:, 8:16]] @ ORGANISATION_WEIGHTS
    expected = (11 - organisation % 11) % 11
    good_organisation = expected == _ORGANISATION_VALUES[chars[:, 16]]
    found = np.where(good, np.where(good_organisation, "", ORGANISATION), CHECK)
    return pl.Series(found.tolist(), dtype=pl.String)


def check(codes: pl.Series) -> pl.Series:
    """Return for each normalised code '' when valid, else the code of the check that failed.

    Args:
        codes: text, already through :func:`normalise`; null gives ''.

    Returns:
        '' or E-USCC-LENGTH, E-USCC-CHARACTER, E-USCC-CHECK (position 18), E-USCC-ORGANISATION
        (position 17), E-CODE-AS-NUMBER (the code has been a number and lost its digits).
    """
    unique = codes.unique().drop_nulls().alias("code")
    frame = pl.DataFrame({"code": unique}).with_columns(
        pl.when(pl.col("code").str.contains(SCIENTIFIC))
        .then(pl.lit(AS_NUMBER))
        .when(pl.col("code").str.len_chars() != 18)
        .then(pl.lit(LENGTH))
        .when(~pl.col("code").str.contains(f"^[{ALPHABET}]*$"))
        .then(pl.lit(CHARACTER))
        .otherwise(pl.lit(""))
        .alias("found")
    )
    bad, formed = frame.filter(pl.col("found") != ""), frame.filter(pl.col("found") == "")
    if formed.height:
        formed = formed.with_columns(_check_wellformed(formed["code"]).alias("found"))
    known = pl.concat([bad, formed])
    joined = (
        codes.alias("code").to_frame().join(known, on="code", how="left", maintain_order="left")
    )
    return joined["found"].fill_null("")


def valid(code: str) -> bool:
    """Is one code valid in both check characters (after normalising it)?

    >>> valid("91350100M000100Y43"), valid("91350100M000100Y44")
    (True, False)
    """
    series = pl.Series([code], dtype=pl.String).to_frame("code").select(normalise(pl.col("code")))
    return check(series.to_series())[0] == ""
