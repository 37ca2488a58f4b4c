"""From a document's text to stored fields, and from stored fields to a document that is checked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from jiqun.engine.drafting.document import Entry, document_text
from jiqun.engine.drafting.fields import UNREAD, DraftedItem, drafted_items
from jiqun.engine.drafting.policy import OPEN
from jiqun.errors import JiqunError
from jiqun.modules.policy.drafts.reading import Read
from jiqun.modules.policy.models import Draft, DraftField
from jiqun.modules.policy.review.checkup import Checked, dry_run
from jiqun.rules.policies import field_dictionary

_State = DraftField.State
# Without these a document cannot be read: they are filled in and never left.
NEEDED = frozenset({"编号", "名称", "施行日期"})
CONDITION = "条件/"
_TRIAL = '编号: "x"\n名称: "x"\n施行日期: "2000-01-01"\n条件:\n  - {{编号: "c1", 表达式: {}}}\n'


def items_of(found: Read) -> tuple[DraftedItem, ...]:
    """Return the items of a text that was read, as fields."""
    return drafted_items(found.document, frozenset(field_dictionary().words))


def fields_of(draft: Draft, item: DraftedItem) -> list[DraftField]:
    """Return the rows of an item's fields, not saved yet.

    A condition that the rule language does not take (a field without its period) is unsure,
    however surely its words were read.
    """
    made: list[DraftField] = []
    for number, one in enumerate(item.fields, start=1):
        sure = one.sure and bool(one.value)
        state = _State.COMPLETE if sure else _State.UNSURE
        if sure and one.manual:
            state = _State.LEFT
        elif sure and one.key.startswith(CONDITION) and not _can_be_read(one.value):
            state = _State.UNSURE
        span = one.span or (None, None)
        made.append(DraftField(
            draft=draft, order=number, key=one.key, clause=one.clause[:200], words=one.words,
            span_from=span[0], span_to=span[1], read=one.value, value=one.value, state=state,
        ))  # fmt: skip
    return made


def _can_be_read(text: str) -> bool:
    try:
        dry_run(_TRIAL.format(_quoted(text)), "", date(2000, 1, 1))
    except JiqunError:
        return False
    return True


def _quoted(text: str) -> str:
    return document_text([Entry("名称", text)]).splitlines()[0].removeprefix("名称: ")


def open_fields(fields: Iterable[DraftField]) -> list[DraftField]:
    """Return the fields that nobody has settled yet."""
    return [one for one in fields if one.state == _State.UNSURE or OPEN in one.value]


def entries_of(fields: Iterable[DraftField]) -> list[Entry]:
    """Return what goes into the document: of fields left to a person only conditions (人工核验)."""
    return [
        Entry(one.key, one.value, one.manual, one.clause)
        for one in fields
        if one.state in {_State.COMPLETE, _State.FILLED} or one.manual
    ]


def composed(fields: Sequence[DraftField], name: str, day: date) -> tuple[str, Checked]:
    """Return the document in its one form, and what the check-up finds in it.

    Conditions are written as the parser writes them, so that two ways of typing give one text.

    Raises:
        JiqunError: ``E-RULE-…`` with everything that the strict reader refuses.
    """
    entries = entries_of(fields)
    read = dry_run(document_text(entries), name, day)
    canonical = {f"{CONDITION}{one.number}": one.text for one in read.policy.conditions}
    text = document_text(
        Entry(one.key, canonical.get(one.key, one.value), one.manual, one.clause) for one in entries
    )
    return text, dry_run(text, name, day)


def is_unread(field: DraftField) -> bool:
    """Whether the field stands for words that were not understood; it never goes into the document."""
    return field.key.startswith(UNREAD)
