"""What a person writes into the fields of a draft: checked all at once, then applied."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from jiqun.core.forms import wrong
from jiqun.engine.drafting.fields import AMOUNT, EXAMPLE, HEAD, TAIL, TIER
from jiqun.engine.drafting.policy import OPEN
from jiqun.errors import Problem
from jiqun.modules.policy.drafts.composing import CONDITION, NEEDED, is_unread
from jiqun.modules.policy.models import Draft, DraftField

COMPLETE, FILLED, LEFT, DROPPED = "complete", "filled", "left", "dropped"
LONGEST, MOST_FIELDS = 500, 200
_CONDITION = re.compile(r"条件/c[1-9]\d?")
_TIER = re.compile(rf"金额/分档/[1-9]\d?/({'|'.join(TIER)})")
_EXAMPLE = re.compile(rf"例证/[1-9]\d?/({'|'.join(EXAMPLE)})")
PLAIN_KEYS = (*HEAD, *(f"金额/{one}" for one in AMOUNT), *TAIL)
Stand = tuple[str, str]  # state and value


@dataclass
class Settlement:
    """The state and value that each changed field gets, and everything that is wrong."""

    stands: dict[str, Stand] = field(default_factory=dict[str, Stand])
    problems: list[Problem] = field(default_factory=list[Problem])


def is_key(key: str) -> bool:
    """Whether a document has such a field."""
    return key in PLAIN_KEYS or any(
        pattern.fullmatch(key) for pattern in (_CONDITION, _TIER, _EXAMPLE)
    )


def settlement(
    fields: Mapping[str, DraftField],
    values: Mapping[str, str],
    left: Collection[str],
    dropped: Collection[str],
) -> Settlement:
    """Return what was asked for; nothing is changed yet."""
    made = Settlement()
    written = {key: " ".join(value.split()) for key, value in values.items() if value.strip()}
    for key in dict.fromkeys((*written, *left, *dropped)):
        known, value = fields.get(key), written.get(key, "")
        stand = _stand(known, value, left=key in left, dropped=key in dropped)
        problem = _problem(key, known, stand, both=key in left and key in dropped)
        if problem is not None:
            made.problems.append(problem)
        elif known is None or stand != (known.state, known.value):
            made.stands[key] = stand
    if len(set(fields) | set(made.stands)) > MOST_FIELDS:
        made.problems.append(
            _said("", f"一份草稿不超过 {MOST_FIELDS} 项", f"at most {MOST_FIELDS} fields")
        )
    return made


def _stand(known: DraftField | None, value: str, *, left: bool, dropped: bool) -> Stand:
    before = known.value if known is not None else ""
    if dropped:
        return DROPPED, before
    if left:
        words = " ".join(known.words.split())[:LONGEST] if known is not None else ""
        return LEFT, value or words or before
    if known is not None and value == known.value and known.state == COMPLETE:
        return COMPLETE, value
    return FILLED, value


def _problem(key: str, known: DraftField | None, stand: Stand, *, both: bool) -> Problem | None:
    """The first thing that is wrong with what one field is to become."""
    state, value = str(stand[0]), stand[1]
    filled, left, dropped = state == FILLED, state == LEFT, state == DROPPED
    unread = known is not None and is_unread(known)
    checks = (
        (known is None and not is_key(key), f"规则文件没有“{key}”这一项", f"a document has no field {key!r}"),
        (known is None and not filled, f"没有“{key}”这一项可标记", f"there is no field {key!r} to mark"),
        (both, f"{key} 不能既留待人工又删去", f"{key} is either left or dropped"),
        (key in NEEDED and (left or dropped), f"{key} 必须填写，不能留空", f"{key} has to be filled in"),
        (unread and dropped, "没有读懂的原文不能删去，请注明怎样处理", "words not understood are not dropped"),
        (len(value) > LONGEST, f"{key} 超过 {LONGEST} 字", f"{key} is longer than {LONGEST}"),
        (filled and OPEN in value, f"{key} 里还有“{OPEN}”", f"{key} still says {OPEN}"),
        (left and key.startswith(CONDITION) and not value, f"{key} 留待人工时须写明核验什么",
         f"say what a person verifies for {key}"),
    )  # fmt: skip
    return next((_said(key, zh, en) for wrong_, zh, en in checks if wrong_), None)


def _said(key: str, zh: str, en: str) -> Problem:
    return wrong(
        key, zh, en, value=key, remedy_zh="请对照原文。", remedy_en="Compare with the text."
    )


def apply(
    draft: Draft, fields: Mapping[str, DraftField], asked: Settlement, person: int
) -> dict[str, tuple[Stand, Stand]]:
    """Write a settlement down; return before and after of each changed field."""
    changed: dict[str, tuple[Stand, Stand]] = {}
    last = max((one.order for one in fields.values()), default=0)
    for key, (state, value) in asked.stands.items():
        row = fields.get(key)
        if row is None:
            last += 1
            row = DraftField(draft=draft, order=last, key=key, clause=_clause(draft, key))
        changed[key] = (row.state, row.value), (state, value)
        row.state, row.value = DraftField.State(state), value
        row.settled_by_id = person
        row.save()
    return changed


def _clause(draft: Draft, key: str) -> str:
    return draft.clause if key.startswith((CONDITION, "金额/")) else ""
