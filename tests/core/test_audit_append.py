"""Writing the log: what an entry holds, chains, firm-level reads, many writers, append-only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import ProtectedError

from jiqun.core.access import Role, Viewer
from jiqun.core.audit import entries_written, read_firms, record
from jiqun.core.audit.guards import install_guards, remove_guards
from jiqun.core.audit.verify import verify_log
from jiqun.core.models.audit import AuditChain, AuditEntry, AuditRoot, FirmRead
from jiqun.errors import JiqunError

pytestmark = pytest.mark.django_db
PURPOSE = "核对 2025 年补链清单"


@pytest.fixture
def user() -> User:
    return User.objects.create(username="one")


def _official(user: User, purpose: str = PURPOSE, request: str = "r1") -> Viewer:
    return Viewer(
        user.pk, "one", frozenset({Role.ANALYST}), frozenset({"*"}), purpose=purpose, request_id=request
    )  # fmt: skip


def test_an_entry_says_who_did_what_when_why_and_what_changed(user: User) -> None:
    before = datetime.now(UTC)
    record(
        _official(user), "chain.confirm", target="segment:21", reason="现场核实\n两家",
        before={"status": "weak"}, after={"status": "强", "firms": 2},
    )  # fmt: skip
    entry = AuditEntry.objects.get()
    assert (entry.user, entry.user_name, entry.roles) == (user, "one", "analyst")
    assert (entry.action, entry.target, entry.seq) == ("chain.confirm", "segment:21", 1)
    assert (entry.reason, entry.request_id) == ("现场核实\n两家", "r1")
    assert (entry.before, entry.after) == ({"status": "weak"}, {"status": "强", "firms": 2})
    assert before - timedelta(seconds=1) < entry.at < datetime.now(UTC) + timedelta(seconds=1)
    assert entry.at.tzinfo is UTC


def test_what_is_returned_is_what_is_stored(user: User) -> None:
    made = record(_official(user), "x.y", target="a:1", after={"n": 1})
    stored = AuditEntry.objects.get(pk=made.pk)
    names = [field.attname for field in AuditEntry._meta.concrete_fields]
    assert [getattr(made, name) for name in names] == [getattr(stored, name) for name in names]


def test_entries_of_one_target_follow_one_another_and_others_stand_apart(user: User) -> None:
    who = _official(user)
    one, other, two = (record(who, "x.y", target=target) for target in ("a:1", "b:1", "a:1"))
    assert (one.seq, other.seq, two.seq) == (1, 1, 2)
    assert (one.prev, other.prev, two.prev) == ("", "", one.digest)
    chain = AuditChain.objects.get(target="a:1")
    assert (chain.length, chain.head) == (2, two.digest)
    assert verify_log().ok


def test_an_instant_is_kept_as_whole_microseconds(user: User) -> None:
    made = record(_official(user), "x.y", target="a:1")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT at FROM {AuditEntry._meta.db_table}")
        (number,) = cursor.fetchone()
    assert isinstance(number, int)
    assert datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=number) == made.at
    assert AuditEntry.objects.filter(at__gte=made.at, at__lte=made.at).exists()


@pytest.mark.parametrize("algorithm", ["sha256", "sm3"])
def test_a_chain_may_change_its_digest_in_mid_life(
    user: User, settings: object, algorithm: str
) -> None:
    record(_official(user), "x.y", target="a:1")
    settings.AUDIT_HASH = algorithm  # type: ignore[attr-defined]
    record(_official(user), "x.y", target="a:1", reason="字符")
    settings.AUDIT_HASH = "sha256"  # type: ignore[attr-defined]
    record(_official(user), "x.y", target="a:1")
    assert [one.algorithm for one in AuditEntry.objects.order_by("id")] == [
        "sha256", algorithm, "sha256",
    ]  # fmt: skip
    assert verify_log().ok


def test_an_unknown_digest_keeps_the_verb_from_happening(user: User, settings: object) -> None:
    settings.AUDIT_HASH = "md5"  # type: ignore[attr-defined]
    with pytest.raises(JiqunError) as caught, transaction.atomic():
        record(_official(user), "x.y", target="a:1")
    assert caught.value.code == "E-AUDIT-HASH"
    assert not AuditChain.objects.exists()


def test_nothing_stays_of_what_is_rolled_back(user: User) -> None:
    written = entries_written()
    with transaction.atomic():
        record(_official(user), "x.y", target="a:1")
        transaction.set_rollback(True)
    assert entries_written() == written + 1
    assert not AuditEntry.objects.exists()
    assert not AuditChain.objects.exists()
    assert record(_official(user), "x.y", target="a:1").seq == 1


def test_an_entry_costs_three_statements_and_on_postgresql_a_lock(
    user: User, django_assert_num_queries: Callable[[int], object]
) -> None:
    record(_official(user), "x.y", target="a:1")
    with django_assert_num_queries(3 if connection.vendor == "sqlite" else 4):  # type: ignore[attr-defined]
        record(_official(user), "x.y", target="a:1")


# ---- reads of firms -------------------------------------------------------------------------


def test_reads_of_others_are_one_entry_with_a_row_per_firm(user: User) -> None:
    assert read_firms(_official(user), ["B", "A"], fields="output") == {"A", "B"}
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.reason, entry.target) == (
        "core.read_firms", PURPOSE, f"user:{user.pk}",
    )  # fmt: skip
    assert (entry.after["fields"], entry.after["count"]) == ("output", 2)
    assert list(entry.reads.order_by("position").values_list("firm", flat=True)) == ["A", "B"]
    assert verify_log().reads == 2


def test_own_reads_are_not_logged(user: User) -> None:
    firm = Viewer(user.pk, roles=frozenset({Role.FIRM}), firms=frozenset({"A"}))
    assert read_firms(firm, ["A", "B"], fields="output") == {"A"}
    assert not FirmRead.objects.exists()


def test_an_official_without_a_purpose_reads_nothing(user: User) -> None:
    assert read_firms(_official(user, ""), ["A"], fields="output") == frozenset()
    assert not AuditEntry.objects.exists()


def test_a_read_by_no_account_is_refused_not_left_unlogged(monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = Viewer(roles=frozenset({Role.ANALYST}), places=frozenset({"*"}), purpose=PURPOSE)
    assert read_firms(nobody, ["A"], fields="output") == frozenset()
    monkeypatch.setattr(
        "jiqun.core.audit.reads.visible_firms", lambda _viewer, firms: frozenset(firms)
    )
    with pytest.raises(JiqunError) as caught:
        read_firms(nobody, ["A"], fields="output")
    assert caught.value.code == "E-FORBIDDEN"


def test_a_read_without_a_purpose_cannot_be_stored(user: User) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        record(_official(user), "core.read_firms", target="user:1", reason="")


def test_a_page_of_three_thousand_firms_is_one_entry(
    user: User, django_assert_max_num_queries: Callable[[int], object]
) -> None:
    firms = [f"{number:018d}" for number in range(3000)]
    batches = 12 if connection.vendor == "sqlite" else 2  # SQLite takes 999 values a statement
    with django_assert_max_num_queries(batches + 6):  # type: ignore[attr-defined]
        assert len(read_firms(_official(user), firms, fields="output")) == 3000
    assert AuditEntry.objects.count() == 1
    assert verify_log().reads == 3000


def test_the_same_read_is_logged_once_in_a_request_and_again_in_the_next(
    user: User, django_capture_on_commit_callbacks: Callable[..., object]
) -> None:
    def read(firms: list[str], request: str = "r1", fields: str = "output") -> int:
        with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
            read_firms(_official(user, request=request), firms, fields=fields)
        return FirmRead.objects.count()

    assert read(["A", "B"]) == 2
    assert read(["B", "A"]) == 2
    assert read(["A", "C"]) == 3, "only the firm that is new"
    assert read(["A"], fields="employment") == 4, "another field is another read"
    assert read(["A"], request="r2") == 5
    assert read(["A"], request="") == 6
    assert read(["A"], request="") == 7, "without a request nothing is taken for known"


def test_a_read_that_was_rolled_back_is_logged_when_it_happens_again(user: User) -> None:
    with transaction.atomic():
        read_firms(_official(user), ["A"], fields="output")
        transaction.set_rollback(True)
    read_firms(_official(user), ["A"], fields="output")
    assert FirmRead.objects.count() == 1


# ---- who sees it ----------------------------------------------------------------------------


def test_who_sees_which_rows(user: User) -> None:
    other = User.objects.create(username="two")
    read_firms(_official(user), ["A", "B"], fields="output")
    record(Viewer(other.pk, "two"), "x.y", target="a:1")
    auditor = Viewer(99, roles=frozenset({Role.AUDIT}))
    firm = Viewer(98, roles=frozenset({Role.FIRM}), firms=frozenset({"A"}))
    system = Viewer(97, roles=frozenset({Role.SYSTEM, Role.ANALYST}), places=frozenset({"*"}))

    def seen(viewer: Viewer) -> tuple[int, int]:
        entries, reads = AuditEntry.objects.visible_to(viewer), FirmRead.objects.visible_to(viewer)
        return entries.count(), reads.count()

    assert seen(auditor) == (2, 2)
    assert seen(_official(user)) == (1, 2)
    assert seen(Viewer(other.pk)) == (1, 0)
    assert seen(firm) == (0, 1)
    assert seen(system) == seen(Viewer()) == (0, 0)
    assert AuditRoot.objects.visible_to(Viewer()).count() == 0
    assert not AuditChain.objects.visible_to(auditor).exists()


# ---- append-only ----------------------------------------------------------------------------


@pytest.fixture
def guarded(db: None) -> Iterator[None]:
    install_guards(connection)
    yield
    remove_guards(connection)


@pytest.mark.usefixtures("guarded")
def test_the_database_itself_refuses_to_change_the_log(user: User) -> None:
    read_firms(_official(user), ["A"], fields="output")
    record(_official(user), "x.y", target="a:1")
    AuditRoot.objects.create(
        day="2026-11-20", entries=0, chains=0, algorithm="sha256", root="", made=datetime.now(UTC), seal="0"
    )  # fmt: skip
    entry, read, chain, root = (
        model._meta.db_table for model in (AuditEntry, FirmRead, AuditChain, AuditRoot)
    )
    statements = [
        f"UPDATE {entry} SET reason = 'x'", f"DELETE FROM {entry}", f"UPDATE {read} SET firm = 'B'",
        f"DELETE FROM {read}", f"UPDATE {root} SET seal = '1'", f"DELETE FROM {root}",
        f"DELETE FROM {chain}", f"UPDATE {chain} SET length = 0", f"UPDATE {chain} SET target = 'b'",
        f"UPDATE {chain} SET length = length + 2",
    ]  # fmt: skip
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # else TRUNCATE fails for that reason
        statements += [f"TRUNCATE {table} CASCADE" for table in (entry, read, chain, root)]
    for statement in statements:
        with (
            connection.cursor() as cursor,
            pytest.raises(DatabaseError, match="append-only"),
            transaction.atomic(),
        ):
            cursor.execute(statement)
    record(_official(user), "x.y", target="a:1")
    assert AuditEntry.objects.count() == 3


def test_people_in_the_log_cannot_be_deleted(user: User) -> None:
    record(_official(user), "x.y", target="a:1")
    with pytest.raises(ProtectedError):
        user.delete()
