"""What enters the award layers: candidates for an award, and what was paid before.

Amounts are int64 fen. A mask stands beside every amount that may be unknown; the figure under a
False is ignored, never read as zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from jiqun.errors import JiqunError, Problem

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

UNKNOWN_SUBJECT = -1
UNKNOWN_ORDER = int(np.iinfo(np.int64).min)
LARGEST, LARGEST_SUM = 2**50, 2**60  # fen; within them int64 arithmetic is exact


class Verdict(IntEnum):
    """The five answers of a rule."""

    NO = 0
    YES = 1
    MISSING = 2
    MANUAL = 3
    OUT_OF_FORCE = 4


@dataclass(frozen=True, slots=True)
class Candidates:
    """One row per award that may be due; every array has shape (n,).

    Attributes:
        firm: number of the firm.
        policy: position of the policy in ``Terms.policies``.
        subject: number of the matter (project, invoice, title) that the award is for;
            ``UNKNOWN_SUBJECT`` where it is not known whether two awards are for the same.
        verdict: codes of :class:`Verdict`.
        gross_fen: amount by the rule, before caps and groups.
        gross_known: False where the amount cannot be computed yet.
        order: moment of the event (day, second, or serial number; smaller is earlier);
            ``UNKNOWN_ORDER`` where unknown.
        year: budget year.
        score: rank of a selection, higher is better; NaN is unknown.
        chosen: the firm has stated that it wants this one of an exclusive group.
        upper_fen: the upper level's award that was received, for matching.
        upper_proof: True where its receipt is proved.
        spend_fen: actual spend of the matter.
        spend_known: False where it is unknown.
    """

    firm: Ints
    policy: Ints
    subject: Ints
    verdict: npt.NDArray[np.int8]
    gross_fen: Ints
    gross_known: Flags
    order: Ints
    year: Ints
    score: Floats
    chosen: Flags
    upper_fen: Ints
    upper_proof: Flags
    spend_fen: Ints
    spend_known: Flags

    def __len__(self) -> int:
        """Number of candidates."""
        return len(self.firm)

    def take(self, rows: Ints) -> Candidates:
        """Return these rows, in this order."""
        return Candidates(*(getattr(self, one.name)[rows] for one in fields(self)))


def candidates(
    firm: npt.ArrayLike, policy: npt.ArrayLike, *, gross_fen: npt.ArrayLike, **more: npt.ArrayLike
) -> Candidates:
    """Return candidates with what is left out filled in: entitled, known, matter 0, year 0.

    What cannot be assumed is unknown when left out: event order, score, upper award, spend.

    Args:
        firm: shape (n,).
        policy: shape (n,).
        gross_fen: shape (n,).
        more: any other field of :class:`Candidates`.
    """
    count = len(np.asarray(firm))
    filled: dict[str, npt.ArrayLike] = {
        "subject": np.zeros(count), "verdict": np.ones(count), "gross_known": np.ones(count),
        "order": np.full(count, UNKNOWN_ORDER), "year": np.zeros(count),
        "score": np.full(count, np.nan), "chosen": np.zeros(count), "upper_fen": np.zeros(count),
        "upper_proof": np.zeros(count), "spend_fen": np.zeros(count),
        "spend_known": np.zeros(count),
        **more, "firm": firm, "policy": policy, "gross_fen": gross_fen,
    }  # fmt: skip
    kinds = {"verdict": np.int8, "score": np.float64}
    flags = {"gross_known", "chosen", "upper_proof", "spend_known"}
    arrays: dict[str, Any] = {
        name: np.asarray(value, dtype=np.bool_ if name in flags else kinds.get(name, np.int64))
        for name, value in filled.items()
    }
    return Candidates(**arrays)


@dataclass(frozen=True, slots=True)
class History:
    """What was granted before this run; every array has shape (h,).

    Without a history (``None`` in its place) nothing is known about earlier awards, and whatever
    depends on them stays unknown. :func:`no_history` states that there were none.
    """

    firm: Ints
    policy: Ints
    subject: Ints
    year: Ints
    fen: Ints
    known: Flags


def no_history() -> History:
    """Return the statement that nothing was granted before."""
    none = np.zeros(0, dtype=np.int64)
    return History(none, none, none, none, none, np.zeros(0, dtype=np.bool_))


def history(
    firm: npt.ArrayLike, policy: npt.ArrayLike, *, fen: npt.ArrayLike, **more: npt.ArrayLike
) -> History:
    """Return a history with matter 0, year 0 and known amounts where nothing else is given."""
    count = len(np.asarray(firm))
    filled: dict[str, npt.ArrayLike] = {
        "subject": np.zeros(count), "year": np.zeros(count), "known": np.ones(count), **more,
        "firm": firm, "policy": policy, "fen": fen,
    }  # fmt: skip
    arrays: dict[str, Any] = {
        name: np.asarray(value, dtype=np.bool_ if name == "known" else np.int64)
        for name, value in filled.items()
    }
    return History(**arrays)


def largest(given: Candidates, past: History | None) -> int:
    """Return the largest amount in fen that a run of this size may contain."""
    return min(LARGEST, LARGEST_SUM // max(1, len(given) + (0 if past is None else len(past.firm))))


def problems_of(
    given: Candidates, past: History | None, *, policies: int, factor: int = 1
) -> list[Problem]:
    """Return everything that is wrong with the arrays; rows count from 1.

    Args:
        given: the candidates.
        past: what was granted before.
        policies: how many there are.
        factor: by what an upper award may be multiplied, rounded up.
    """
    found = _shapes(given, past)
    if found:
        return found
    for part in (given, past):
        if part is not None:
            bad = (part.policy < 0) | (part.policy >= policies)
            found += _rows(bad, "E-AWARD-POLICY", ("没有这个政策", "no such policy"), part.policy)
    codes = (given.verdict < Verdict.NO) | (given.verdict > Verdict.OUT_OF_FORCE)
    found += _rows(codes, "E-AWARD-VERDICT", ("没有这个结论代码", "no such verdict"), given.verdict)
    found += _amounts(given, past, factor)
    found += _spends(given)
    return found + _doubles(given)


def _shapes(given: Candidates, past: History | None) -> list[Problem]:
    found: list[Problem] = []
    for part in (given, past):
        for one in fields(part) if part is not None else ():
            shape = cast(npt.NDArray[np.generic], getattr(part, one.name)).shape
            if shape != (len(cast(Candidates | History, part).firm),):
                found.append(
                    Problem(
                        "E-AWARD-SHAPE",
                        f"{one.name} 的形状是 {shape}，与 firm 不一致",
                        f"{one.name} has shape {shape}, unlike firm",
                    )
                )
    return found


def _amounts(given: Candidates, past: History | None, factor: int) -> list[Problem]:
    most = largest(given, past) // max(1, factor)
    said = (
        f"金额须在 0 与 {most} 分之间，以保证合计不溢出",
        f"an amount lies between 0 and {most} fen, so that no sum overflows",
    )
    pairs = [
        (given.gross_fen, given.gross_known), (given.upper_fen, given.upper_proof),
        (given.spend_fen, given.spend_known),
    ]  # fmt: skip
    if past is not None:
        pairs.append((past.fen, past.known))
    found: list[Problem] = []
    for amount, known in pairs:
        found += _rows(known & ((amount < 0) | (amount > most)), "E-AWARD-AMOUNT", said, amount)
    return found


def _spends(given: Candidates) -> list[Problem]:
    rows = np.flatnonzero(given.spend_known & (given.subject != UNKNOWN_SUBJECT))
    rows = rows[np.lexsort((given.spend_fen[rows], given.subject[rows], given.firm[rows]))]
    same = same_as_before(given.firm[rows], given.subject[rows])
    differs = same & ~same_as_before(given.spend_fen[rows])
    bad = np.zeros(len(given), dtype=np.bool_)
    bad[rows[differs]] = True
    said = ("同一事项的实际支出前后不一", "one matter has two different spends")
    return _rows(bad, "E-AWARD-SPEND", said, given.spend_fen)


def _doubles(given: Candidates) -> list[Problem]:
    rows = identity(given)
    one = given.take(rows)
    bad = np.zeros(len(given), dtype=np.bool_)
    bad[rows[same_as_before(one.firm, one.policy, one.subject, one.year, one.order)]] = True
    said = (
        "同一企业、政策、事项、年度和事件出现两次",
        "the same firm, policy, matter, year and event twice",
    )
    return _rows(bad, "E-AWARD-TWICE", said, given.firm)


def identity(given: Candidates) -> Ints:
    """Return the order of rows that does not depend on how they were listed."""
    return np.lexsort((given.order, given.year, given.subject, given.policy, given.firm))


def same_as_before(*columns: npt.NDArray[np.generic]) -> Flags:
    """Per row, whether it equals the row before it in every column; False in the first."""
    same = np.zeros(len(columns[0]), dtype=np.bool_)
    if len(same):
        same[1:] = np.logical_and.reduce([column[1:] == column[:-1] for column in columns])
    return same


def _rows(
    bad: Flags, code: str, said: tuple[str, str], values: npt.NDArray[np.generic]
) -> list[Problem]:
    return [
        Problem(code, *said, row=int(row) + 1, value=str(values[row]))
        for row in np.flatnonzero(bad)
    ]


def refuse(found: Sequence[Problem]) -> None:
    """Raise ``E-AWARD-INPUT`` with every problem, if there is one."""
    if found:
        raise JiqunError(
            "E-AWARD-INPUT",
            f"兑付计算的输入有 {len(found)} 处问题，未作任何计算",
            f"the input of the award calculation has {len(found)} problems; nothing was computed",
            hint_zh="逐项更正后再算；行号从 1 起。",
            hint_en="Correct each of them and run again; rows count from 1.",
            fields=found,
        )
