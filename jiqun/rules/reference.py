"""Writes the tables of docs/reference/policy-packs.md from the packs themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from jiqun.rules.policies import (
    FOLDER,
    Entry,
    PolicyPack,
    field_dictionary,
    origin,
    pack_names,
    policy_pack,
)
from jiqun.rules.scorecards import Scorecard, scorecards

PAGE = "policy-packs.md"
BEGIN, END = "<!-- packs -->", "<!-- /packs -->"
_HEAD = (
    "policy",
    "名称",
    "seen in",
    "from",
    "to",
    "mark",
    "mode",
    "machine",
    "manual",
    "left open",
)


def write_policy_reference(folder: Path) -> None:
    """Replace the tables between the marks of the page in ``folder``."""
    path = folder / PAGE
    before, _, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    path.write_text(f"{before}{BEGIN}\n{policy_tables()}{END}{after}", encoding="utf-8")


def policy_tables() -> str:
    """Return the tables of all packs of this project, in Markdown."""
    packs = [policy_pack(name) for name in pack_names(FOLDER)]
    parts = [_summary(packs), *(_pack(pack) for pack in packs), _cards(scorecards()), _fields()]
    return "\n".join(parts)


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    heads = list(head)
    lines = [heads, ["---"] * len(heads), *(list(row) for row in rows)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _counts(entries: Iterable[Entry]) -> tuple[int, int]:
    """How many conditions a machine checks, and how many a person does."""
    conditions = [condition for entry in entries for condition in entry.policy.conditions]
    machine = sum(condition.tree is not None for condition in conditions)
    return machine, len(conditions) - machine


def _summary(packs: Iterable[PolicyPack]) -> str:
    rows: list[list[str]] = []
    for pack in packs:
        machine, manual = _counts(pack.entries)
        examples = sum(len(entry.policy.examples) for entry in pack.entries)
        numbers = (len(pack.entries), machine, manual, examples)
        link = f"[`{pack.name}`](#{pack.name})"
        rows.append([link, pack.zh, pack.en, pack.wording, *map(str, numbers)])
    head = ("pack", "名称", "what", "结论用语", "documents", "machine", "manual", "examples")
    return _table(head, rows)


def _pack(pack: PolicyPack) -> str:
    text = f"### {pack.name}\n\n{pack.zh}。{pack.en}. {pack.source}\n\n"
    text += f"{pack.note}\n\n" if pack.note else ""
    return text + _table(_HEAD, map(_row, pack.entries))


def _row(entry: Entry) -> Iterator[str]:
    policy = entry.policy
    machine, manual = _counts([entry])
    yield f"`{policy.key}`"
    yield policy.title
    yield entry.seen
    yield policy.start.isoformat()
    yield policy.end.isoformat() if policy.end else "—"
    yield from (entry.mark, entry.mode, str(machine), str(manual))
    yield "、".join(entry.open) or "—"


def _cards(cards: Iterable[Scorecard]) -> str:
    head = ("scorecard", "名称", "document", "mark", "items", "pass", "total", "gate")
    rows = [
        (f"`{card.number}`", card.title, card.document, card.mark, str(len(card.items)),
         _marks(card), card.total, card.gate)
        for card in cards
    ]  # fmt: skip
    return f"### scorecards\n\n{_table(head, rows)}"


def _marks(card: Scorecard) -> str:
    parts = "、".join(f"{name}≥{points}" for name, points in card.parts.items())
    return f"≥{card.pass_mark}/{card.full}" + (f"，{parts}" if parts else "")


def _fields() -> str:
    fields = field_dictionary().fields.values()
    tally = Counter(origin(field)[0] for field in fields)
    authoritative = Counter(origin(field)[0] for field in fields if field.authoritative)
    rows = [(f"`{table}`", str(n), str(authoritative[table])) for table, n in sorted(tally.items())]
    total = ("all", str(sum(tally.values())), str(sum(authoritative.values())))
    return f"### fields\n\n{_table(('origin', 'fields', 'authoritative'), [*rows, total])}"
