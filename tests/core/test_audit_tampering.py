"""Every way to falsify the log, many times over: all are found, and clean logs raise no alarm.

The person who falsifies owns the database: no trigger, no constraint, SQL at will. First somebody
who only edits rows; then one who also recomputes digests, chains and roots.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from django.contrib.auth.models import User

from jiqun.core.access import Role, Viewer
from jiqun.core.audit import read_firms, record
from jiqun.core.audit.canonical import DIGESTS, LEAF, date_of, day_number, entry_text, root_text
from jiqun.core.audit.merkle import tree_root
from jiqun.core.audit.roots import close_days
from jiqun.core.audit.verify import Report, verify
from jiqun.core.models.audit import AuditRoot
from tests.core.auditlog import CHAIN, COLUMNS, ENTRY, READ, ROOT, Clock, Copy

pytestmark = pytest.mark.django_db
TRIES = 1200
DAYS = 4
MASK = (1 << 28) - 1
Tamper = Callable[[Copy, random.Random], object]


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch, settings: object) -> Copy:
    """Four closed days and an open one: 9 targets, both digests, reads of firms."""
    clock = Clock(monkeypatch, datetime(2026, 3, 1, 1, tzinfo=UTC))
    users = [User.objects.create(username=f"u{number}") for number in range(3)]
    officials = [
        Viewer(user.pk, user.username, frozenset({Role.ANALYST}), frozenset({"*"}), purpose="核对补链清单")
        for user in users
    ]  # fmt: skip
    for day in range(DAYS + 1):
        settings.AUDIT_HASH = "sm3" if day % 2 else "sha256"  # type: ignore[attr-defined]
        for step in range(26):
            who = officials[step % 3]
            record(who, f"x.verb{step % 4}", target=f"a:{step % 6}", reason=f"理由 {step}",
                   before={"n": step}, after={"n": step + 1, "名": "值"})  # fmt: skip
            if step % 5 == 0:
                read_firms(
                    who, [f"9133{step:02d}{n}" for n in range(1 + step % 4)], fields="output"
                )
        clock.forward(days=1)
        if day < DAYS:
            close_days()
    assert AuditRoot.objects.count() == DAYS
    return Copy.of_installation()


def _pick(log: Copy, chance: random.Random, table: str) -> tuple[object, ...]:
    return chance.choice(log.all(f"SELECT * FROM {table}"))


def _other(value: object, chance: random.Random) -> object:
    """Something else of the same type, near enough to be overlooked."""
    if value is None:
        return 1
    if isinstance(value, int):
        return value + chance.choice([-1, 1, 1000, 86_400_000_000])
    text = str(value)
    at = chance.randrange(len(text) + 1)
    changes = [
        text[:at] + "0" + text[at:],
        text + " ",
        text.swapcase(),
        text[:at] + text[at + 1 :],
        "",
    ]
    return next((one for one in chance.sample(changes, len(changes)) if one != text), "x")


def _edit_cell(table: str) -> Tamper:
    def edit(log: Copy, chance: random.Random) -> str:
        row = _pick(log, chance, table)
        column = chance.choice(
            [name for name in COLUMNS[table][1:] if (table, name) != (ROOT, "id")]
        )
        old = row[COLUMNS[table].index(column)]
        log.do(f"UPDATE {table} SET {column} = ? WHERE id = ?", _other(old, chance), row[0])
        return column

    return edit


def _same_looking(log: Copy, chance: random.Random) -> object:
    """The same characters or digits as another type, which SQLite allows."""
    table = chance.choice([ENTRY, CHAIN, READ, ROOT])
    row = _pick(log, chance, table)
    column = chance.choice(COLUMNS[table][1:])
    return log.do(f"UPDATE {table} SET {column} = CAST({column} AS BLOB) WHERE id = ?", row[0])


def _not_text(log: Copy, chance: random.Random) -> object:
    """Bytes that are no text at all, marked as text."""
    row = _pick(log, chance, ENTRY)
    return log.do(f"UPDATE {ENTRY} SET reason = CAST(X'ff' AS TEXT) WHERE id = ?", row[0])


def _delete(table: str) -> Tamper:
    return lambda log, chance: log.do(
        f"DELETE FROM {table} WHERE id = ?", _pick(log, chance, table)[0]
    )


def _delete_last(log: Copy, chance: random.Random) -> object:
    chain = _pick(log, chance, CHAIN)[0]
    return log.do(
        f"DELETE FROM {ENTRY} WHERE id = (SELECT max(id) FROM {ENTRY} WHERE id >> 28 = ?)", chain
    )


def _delete_chain(log: Copy, chance: random.Random) -> object:
    """All entries of a target, their firms, and its row, so that nothing points to it."""
    chain = _pick(log, chance, CHAIN)[0]
    log.do(f"DELETE FROM {READ} WHERE entry_id >> 28 = ?", chain)
    log.do(f"DELETE FROM {CHAIN} WHERE id = ?", chain)
    return log.do(f"DELETE FROM {ENTRY} WHERE id >> 28 = ?", chain)


def _cut_in_step(log: Copy, chance: random.Random) -> object:
    """The end of a chain that reaches into a closed day, with its row adjusted in step."""
    closed = log.all(f"SELECT max(day) FROM {ROOT}")[0][0]
    entries = [row for row in log.all(f"SELECT id, at FROM {ENTRY}")
               if str(date_of(day_number(row[1]))) <= closed]  # fmt: skip
    number, _ = chance.choice(entries)
    chain, seq = number >> 28, number & MASK
    log.do(f"DELETE FROM {READ} WHERE entry_id >= ? AND entry_id >> 28 = ?", number, chain)
    log.do(f"DELETE FROM {ENTRY} WHERE id >= ? AND id >> 28 = ?", number, chain)
    head = log.all(f"SELECT digest FROM {ENTRY} WHERE id = ?", number - 1)
    last = head[0][0] if head else ""
    return log.do(f"UPDATE {CHAIN} SET length=?, head=? WHERE id=?", seq - 1, last, chain)


def _swap(log: Copy, chance: random.Random) -> object:
    """Two entries change places, within a chain or between two."""
    a, b = chance.sample([row[0] for row in log.all(f"SELECT id FROM {ENTRY}")], 2)
    for old, new in ((a, -1), (b, a), (-1, b)):
        log.do(f"UPDATE {ENTRY} SET id = ? WHERE id = ?", new, old)
    return a, b


def _swap_contents(log: Copy, chance: random.Random) -> object:
    """Two entries change everything but number, link and digest."""
    a, b = chance.sample(log.all(f"SELECT id, at, user_id, reason, after FROM {ENTRY}"), 2)
    for number, row in ((a[0], b), (b[0], a)):
        log.do(
            f"UPDATE {ENTRY} SET at=?, user_id=?, reason=?, after=? WHERE id=?", *row[1:], number
        )
    return a, b


def _duplicate(log: Copy, chance: random.Random) -> object:
    row = list(_pick(log, chance, ENTRY))
    length = log.all(f"SELECT max(id) FROM {ENTRY} WHERE id >> 28 = ?", int(str(row[0])) >> 28)[0][
        0
    ]
    return log.do(f"INSERT INTO {ENTRY} VALUES ({', '.join('?' * len(row))})", length + 1, *row[1:])


def _insert(log: Copy, chance: random.Random) -> object:
    """A made-up entry at the end of a chain, well formed and linked, the chain's row adjusted."""
    chain, target, length, head = _pick(log, chance, CHAIN)
    row = dict(zip(COLUMNS[ENTRY], _pick(log, chance, ENTRY), strict=True))
    at = int(datetime(2026, 3, 2, 3, tzinfo=UTC).timestamp() * 1_000_000)
    row |= {
        "target": target,
        "prev": head,
        "at": at,
        "id": int(str(chain)) << 28 | int(str(length)) + 1,
    }
    _seal_entry(row)
    log.do(f"INSERT INTO {ENTRY} VALUES ({', '.join('?' * len(row))})", *row.values())
    return log.do(
        f"UPDATE {CHAIN} SET length = length + 1, head = ? WHERE id = ?", row["digest"], chain
    )


def _seal_entry(row: dict[str, object]) -> None:
    names = ("algorithm", "prev", "target", "seq", "at", "user_id", "user_name", "organisation", "roles",
             "action", "reason", "before", "after", "request_id")  # fmt: skip
    values = [int(str(row["id"])) & MASK if name == "seq" else row[name] for name in names]
    text = entry_text(*values)  # type: ignore[arg-type]
    row["digest"] = DIGESTS[str(row["algorithm"])](LEAF + text.encode()).hex()


def _rehash_chain(log: Copy, chain: int) -> None:
    """Recompute a whole chain and its row, as one who knows the method would."""
    prev = ""
    for values in log.all(f"SELECT * FROM {ENTRY} WHERE id >> 28 = ? ORDER BY id", chain):
        row = dict(zip(COLUMNS[ENTRY], values, strict=True)) | {"prev": prev}
        _seal_entry(row)
        prev = str(row["digest"])
        log.do(
            f"UPDATE {ENTRY} SET prev = ?, digest = ? WHERE id = ?", row["prev"], prev, row["id"]
        )
    log.do(f"UPDATE {CHAIN} SET head = ? WHERE id = ?", prev, chain)


def _rewrite_chain(log: Copy, chance: random.Random) -> object:
    """Change an entry of a closed day and recompute its chain to the end."""
    closed = log.all(f"SELECT max(day) FROM {ROOT}")[0][0]
    number = chance.choice([row[0] for row in log.all(f"SELECT id, at FROM {ENTRY}")
                            if str(date_of(day_number(row[1]))) <= closed])  # fmt: skip
    log.do(f"UPDATE {ENTRY} SET reason = reason || '。' WHERE id = ?", number)
    _rehash_chain(log, number >> 28)
    return number


def _rewrite_everything(log: Copy, chance: random.Random) -> object:
    """Change an entry, then recompute all chains, all roots, and the entries of their closing."""
    number = _rewrite_chain(log, chance)
    closings = log.all(f"SELECT id FROM {ENTRY} WHERE action = 'core.close_day' ORDER BY id")
    previous = ""
    for (closing,), day in zip(
        closings, log.all(f"SELECT day FROM {ROOT} ORDER BY day"), strict=True
    ):
        previous = _reseal(log, day[0], previous)
        after = f'{{"day":"{day[0]}","seal":"{previous}"}}'
        log.do(f"UPDATE {ENTRY} SET after = ? WHERE id = ?", after, closing)
        _rehash_chain(log, closing >> 28)
    return number


def _reseal(log: Copy, day: str, previous: str) -> str:
    rows = [row for row in log.all(f"SELECT id, at, digest FROM {ENTRY} ORDER BY id")
            if str(date_of(day_number(row[1]))) == day]  # fmt: skip
    ((algorithm, made),) = log.all(f"SELECT algorithm, made FROM {ROOT} WHERE day = ?", day)
    digest = DIGESTS[algorithm]
    root = tree_root(b"".join(bytes.fromhex(row[2]) for row in rows), digest).hex()
    chains = len({row[0] >> 28 for row in rows})
    seal = digest(root_text(algorithm, previous, day, len(rows), chains, root, made).encode()).hex()
    log.do(f"UPDATE {ROOT} SET root=?, previous=?, entries=?, chains=?, seal=? WHERE day=?",
           root, previous, len(rows), chains, seal, day)  # fmt: skip
    return seal


def _drop_last_root(log: Copy, _chance: random.Random) -> object:
    return log.do(f"DELETE FROM {ROOT} WHERE day = (SELECT max(day) FROM {ROOT})")


def _swap_firms(log: Copy, chance: random.Random) -> object:
    a, b = chance.sample(log.all(f"SELECT id, firm FROM {READ}"), 2)
    if a[1] == b[1]:
        return log.do(f"DELETE FROM {READ} WHERE id = ?", a[0])
    log.do(f"UPDATE {READ} SET firm = ? WHERE id = ?", b[1], a[0])
    return log.do(f"UPDATE {READ} SET firm = ? WHERE id = ?", a[1], b[0])


def _hide_read(log: Copy, chance: random.Random) -> object:
    """A firm is taken out of the end of a list: positions stay without a gap."""
    entry = chance.choice(log.all(f"SELECT DISTINCT entry_id FROM {READ}"))[0]
    return log.do(f"DELETE FROM {READ} WHERE id = (SELECT id FROM {READ} WHERE entry_id = ? "
                  "ORDER BY position DESC LIMIT 1)", entry)  # fmt: skip


def _add_read(log: Copy, chance: random.Random) -> object:
    entry = chance.choice(log.all(f"SELECT id FROM {ENTRY}"))[0]
    count = log.all(f"SELECT count(*) FROM {READ} WHERE entry_id = ?", entry)[0][0]
    columns = "(entry_id, position, firm, salt)"
    return log.do(f"INSERT INTO {READ} {columns} VALUES (?, ?, 'Z', '00')", entry, count)


TAMPERINGS: dict[str, Tamper] = {
    "a cell of an entry": _edit_cell(ENTRY), "a cell of a chain": _edit_cell(CHAIN),
    "a cell of a root": _edit_cell(ROOT), "a cell of a firm read": _edit_cell(READ),
    "a value of another type": _same_looking, "bytes that are no text": _not_text,
    "an entry deleted": _delete(ENTRY), "a chain's row deleted": _delete(CHAIN),
    "a root deleted": _delete(ROOT), "a firm read deleted": _delete(READ),
    "the last entry of a chain deleted": _delete_last, "a whole chain deleted": _delete_chain,
    "the end cut off, the chain's row in step": _cut_in_step, "two entries swapped": _swap,
    "two entries' contents swapped": _swap_contents, "an entry duplicated": _duplicate,
    "an entry made up for a closed day": _insert, "an entry changed, its chain recomputed": _rewrite_chain,
    "the last root deleted": _drop_last_root, "two firms swapped": _swap_firms,
    "the last firm of a list hidden": _hide_read, "a firm read added": _add_read,
}  # fmt: skip


def _state(log: Copy) -> list[list[tuple[object, ...]]]:
    """Everything that is stored, with the type of each value, text as bytes."""
    log.link.text_factory = bytes
    state = [
        log.all(f"SELECT *, {', '.join(f'typeof({c})' for c in COLUMNS[t])} FROM {t} ORDER BY 1")
        for t in (ENTRY, CHAIN, ROOT, READ)
    ]
    log.link.text_factory = str
    return state


def test_a_clean_log_raises_no_alarm(log: Copy) -> None:
    report = verify(log)
    assert (report.broken, report.breaks) == (0, ())
    assert report.roots == DAYS
    assert report.last_closed == date(2026, 3, DAYS)
    assert report.entries == log.all(f"SELECT count(*) FROM {ENTRY}")[0][0]
    assert report.reads == log.all(f"SELECT count(*) FROM {READ}")[0][0]
    assert report.chains == 10
    assert report.open_entries == 26 + 6 + 1


@pytest.mark.slow
def test_every_tampering_is_found(log: Copy) -> None:
    before = _state(log)
    missed: Counter[str] = Counter()
    done: Counter[str] = Counter()
    names = list(TAMPERINGS)
    number = 0
    while sum(done.values()) < TRIES:
        number += 1
        chance = random.Random(number)
        name = names[number % len(names)]
        copy = log.again()
        told = TAMPERINGS[name](copy, chance)
        assert _state(copy) != before, name
        done[name] += 1
        if verify(copy).ok:
            missed[f"{name} {told} (seed {number})"] += 1
    assert not missed
    assert min(done.values()) > 30


@pytest.mark.parametrize("column", COLUMNS[ENTRY][1:])
def test_every_column_of_an_entry_is_covered(log: Copy, column: str) -> None:
    row = log.all(f"SELECT id, {column} FROM {ENTRY} WHERE action = 'x.verb1' LIMIT 1")[0]
    log.do(
        f"UPDATE {ENTRY} SET {column} = ? WHERE id = ?", _other(row[1], random.Random(1)), row[0]
    )
    report = verify(log)
    assert not report.ok
    assert any(str(row[0] & MASK) in one.where for one in report.breaks)


def test_a_complete_rewrite_is_found_only_by_roots_kept_elsewhere(log: Copy) -> None:
    kept = {date.fromisoformat(day): seal for day, seal in log.all(f"SELECT day, seal FROM {ROOT}")}
    assert verify(log, outside=kept).ok
    _rewrite_everything(log, random.Random(3))
    assert verify(log).ok, "inside, everything fits: that is why copies are kept elsewhere"
    report = verify(log, outside=kept)
    assert {one.kind for one in report.breaks} == {"root"}
    assert report.breaks[-1].day == date(2026, 3, DAYS)


def test_a_break_says_what_where_and_on_which_day(log: Copy) -> None:
    number = log.all(f"SELECT id FROM {ENTRY} WHERE target = 'a:3' ORDER BY id LIMIT 1 OFFSET 6")[
        0
    ][0]
    log.do(f"UPDATE {ENTRY} SET reason = '别的' WHERE id = ?", number)
    report = verify(log)
    first = report.breaks[0]
    assert (first.kind, first.where, first.day) == (
        "digest",
        f"a:3 #{number & MASK}",
        date(2026, 3, 2),
    )
    assert "a:3" in first.zh
    assert "a:3" in first.en
    assert ("root", date(2026, 3, 2)) in {(one.kind, one.day) for one in report.breaks}


def test_breaks_beyond_the_first_thousand_are_counted(
    log: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jiqun.core.audit.scan.KEPT", 5)
    log.do(f"UPDATE {ENTRY} SET reason = reason || 'x'")
    report: Report = verify(log)
    assert len(report.breaks) == 5
    assert report.broken > report.entries
