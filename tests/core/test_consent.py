"""Consent: granting, withdrawing, the gate before firm-level rows, what the firm sees of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import polars as pl
import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from jiqun.core.access import ANONYMOUS, Role, Viewer
from jiqun.core.consent.actions import grant_consent, months_later, withdraw_consent
from jiqun.core.consent.selectors import held, reach
from jiqun.core.factstore import lawful_rows, own_rows, rows
from jiqun.core.lawful.catalogue import basis_kind, basis_kinds, purposes
from jiqun.core.lawful.gate import lawful, open_by_basis, state_of
from jiqun.core.models import AuditEntry, Consent, ConsentUse
from jiqun.core.registry import engines
from jiqun.errors import JiqunError
from jiqun.facts.contract import contract
from tests.console import Demo, SignIn, text_of

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate
SALES, FIGURES = contract("trade_link"), contract("firm_indicator")


@pytest.fixture
def user() -> User:
    return User.objects.create(username="rep")


def _firm(user: User, *firms: str) -> Viewer:
    return Viewer(user.pk, "rep", frozenset({Role.FIRM}), firms=frozenset(firms or ("A",)))


def _grant(who: Viewer, firm: str = "A", **changes: object) -> Consent:
    wanted = {
        "purpose": "chain", "fields": ["trade_link.value"], "valid_from": TODAY(),
        "valid_until": TODAY() + timedelta(days=90),
    } | changes  # fmt: skip
    return grant_consent(viewer=who, firm=firm, **wanted)  # type: ignore[arg-type]


def _sales(*sold: tuple[str, str, str]) -> pl.DataFrame:
    return pl.DataFrame(
        [(seller, buyer, basis) for seller, buyer, basis in sold],
        schema=["seller", "buyer", "lawful_basis"], orient="row",
    )  # fmt: skip


def _figures(*told: tuple[str, str, str]) -> pl.DataFrame:
    return pl.DataFrame(list(told), schema=["firm", "indicator", "lawful_basis"], orient="row")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("授权:chain", "consent"), ("授权：chain", "consent"), ("consent:benchmark", "consent"),
        ("企业授权书 2025-001", "letter"), ("企业授权书（合成）", "letter"),
        ("统计调查制度（合成示例）", "statistical"), ("规上企业联网直报", "statistical"),
        ("《统计法》第二十八条", "statistical"), ("税务数据共享协议 2025-03", "agreement"),
        ("企业自报（一企一单确认）", "own"), ("法定职责（节约能源法第五十三条）", "statutory"),
        ("", "unknown"), (None, "unknown"), ("听说", "unknown"), ("授权", "unknown"),
    ],
)  # fmt: skip
def test_a_basis_is_read_by_the_vocabulary(text: str | None, kind: str) -> None:
    assert basis_kind(text).code == kind


def test_the_catalogue_is_consistent() -> None:
    kinds = set(basis_kinds())
    for one in purposes().values():
        assert one.bases < kinds
        assert not one.bases & {"consent", "unknown"}, "these never open by themselves"
        assert set(one.engines) <= set(engines())
        assert one.about_zh
        assert one.about_en
        if one.level == "firm":
            assert "statistical" not in one.bases, "micro-data are for statistics only"
    for one in basis_kinds().values():
        assert basis_kind(one.example).code == one.code


def test_the_basis_decides_without_any_consent() -> None:
    frame = _figures(
        ("A", "output", "统计调查制度"), ("B", "output", "企业自报"), ("C", "output", "听说"),
        ("D", "output", "授权:chain"), ("E", "output", "企业授权书 1"),
    )  # fmt: skip
    use = {code: lawful(frame, FIGURES, purposes()[code], columns=["firm"], reference="x")
           for code in ("chain", "official", "finance")}  # fmt: skip
    assert [use[code][0]["firm"].to_list() for code in use] == [["A", "B", "E"], ["B", "E"], []]
    read = use["chain"][1]
    assert (read.total, read.used, read.left_out) == (5, 3, {"consent": 1, "unknown": 1})
    assert read.grantors == ("D",)
    note = read.note("企业指标", "firm indicators")
    assert note is not None
    assert "2 行" in note[0]
    assert "1 家企业授权" in note[0]
    assert use["finance"][1].grantors == ("B", "D", "E"), "no consent opens statistics or hearsay"
    assert not ConsentUse.objects.exists()


def test_a_consent_opens_its_field_for_its_purpose_and_each_use_is_logged(
    user: User, demo: Demo
) -> None:
    frame = _figures(
        ("A", "output", "授权:chain"), ("A", "tax", "授权:chain"), ("B", "output", "授权:chain")
    )
    consent = _grant(_firm(user), fields=["firm_indicator.output"])
    found, read = lawful(frame, FIGURES, purposes()["chain"], columns=["value"], reference="run c1")
    assert found.rows() == [("A", "output", "授权:chain")]
    assert (read.consents, read.left_out, read.grantors) == (1, {"consent": 2}, ("A", "B"))
    use = ConsentUse.objects.get()
    assert (use.consent, use.reference, use.fields, use.rows) == (
        consent, "run c1", ["firm_indicator.output"], 1,
    )  # fmt: skip
    other, _ = lawful(frame, FIGURES, purposes()["finance"], columns=["value"], reference="x")
    assert other.is_empty()
    assert ConsentUse.objects.count() == 1


def test_a_withdrawal_stops_use_at_once_and_keeps_past_use(user: User, demo: Demo) -> None:
    frame = _sales(("A", "B", "授权:chain"), ("A", "C", "企业授权书 7"), ("D", "C", "企业授权书 8"))
    read = lambda: lawful(frame, SALES, purposes()["chain"], columns=["value"], reference="r")  # noqa: E731
    who = _firm(user)
    before = state_of("chain")
    assert read()[0]["seller"].to_list() == ["A", "D"], "letters count until they are taken back"
    consent = _grant(who)
    granted = state_of("chain")
    assert read()[0]["buyer"].to_list() == ["B", "C", "C"]
    withdraw_consent(viewer=who, receipt=consent.receipt)
    assert read()[0]["seller"].to_list() == ["D"], "a withdrawal closes the letter as well"
    assert len({before, granted, state_of("chain")}) == 3, "no cache and no run survives a change"
    assert ConsentUse.objects.count() == 1
    _grant(who)
    assert read()[0].height == 3, "a later consent opens it again"


def test_of_a_sale_one_consent_suffices_and_one_withdrawal_closes(user: User, demo: Demo) -> None:
    frame = _sales(("A", "B", "授权:chain"))
    read = lambda: lawful(frame, SALES, purposes()["chain"], columns=["value"], reference="r")[0]  # noqa: E731
    who = _firm(user, "A", "B")
    _grant(who, "B")
    assert read().height == 1
    withdraw_consent(viewer=who, receipt=_grant(who, "A").receipt)
    assert read().is_empty()


def test_a_list_shows_what_the_basis_opens_and_no_consent_does(
    demo: Demo, user: User, first_firm: str
) -> None:
    shown = lambda name, code: (  # noqa: E731
        (table := demo.store.current(name))
        .filter(open_by_basis(table, contract(name), purposes()[code]))
        .select("lawful_basis").distinct().to_polars()["lawful_basis"].to_list()
    )  # fmt: skip
    assert shown("firm_indicator", "official") == ["企业自报（一企一单确认，合成示例）"]
    assert len(shown("firm_indicator", "chain")) == 3
    assert shown("trade_link", "chain") == ["企业授权书（合成）"]
    assert shown("trade_link", "finance") == []
    sellers = demo.store.polars("trade_link").filter(lawful_basis="企业授权书（合成）")["seller"]
    who = _firm(user, sellers[0])
    withdraw_consent(viewer=who, receipt=_grant(who, sellers[0]).receipt)
    table = demo.store.current("trade_link")
    left = table.filter(open_by_basis(table, SALES, purposes()["chain"])).to_polars()
    assert 0 < left.height < (sellers != "").sum()
    assert sellers[0] not in {*left["seller"], *left["buyer"]}


@pytest.mark.parametrize(
    ("begin", "end", "used"), [(0, 0, True), (0, 5, True), (1, 5, False), (-9, -1, False)]
)
def test_a_consent_counts_within_its_period_only(
    user: User, demo: Demo, begin: int, end: int, used: bool  # noqa: FBT001
) -> None:  # fmt: skip
    Consent.objects.create(
        receipt="r", firm="A", purpose="chain", fields=["trade_link.value"], text_version="1",
        valid_from=TODAY() + timedelta(days=begin), valid_until=TODAY() + timedelta(days=end), granted_by=user,
    )  # fmt: skip
    found, _ = lawful(
        _sales(("A", "B", "授权:chain")),
        SALES,
        purposes()["chain"],
        columns=["value"],
        reference="r",
    )
    assert bool(found.height) is used


@pytest.mark.asvs("2.2.3")
def test_every_problem_of_a_consent_is_named_at_once(user: User, demo: Demo) -> None:
    with pytest.raises(JiqunError) as caught:
        _grant(
            _firm(user), fields=["trade_link.colour", "place.name_zh"],
            valid_from=TODAY() - timedelta(days=1), valid_until=TODAY() - timedelta(days=2),
        )  # fmt: skip
    assert [p.column for p in caught.value.fields] == [
        "fields",
        "fields",
        "valid_from",
        "valid_until",
    ]
    assert all(p.remedy_zh and p.remedy_en for p in caught.value.fields)
    with pytest.raises(JiqunError) as caught:
        _grant(_firm(user), purpose="finance", fields=[], valid_until=TODAY() + timedelta(days=400))
    assert [p.column for p in caught.value.fields] == ["fields", "valid_until"]
    assert not Consent.objects.exists()
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [(date(2026, 1, 31), 1, date(2026, 2, 28)), (date(2027, 12, 15), 2, date(2028, 2, 15)),
     (date(2027, 8, 31), 6, date(2028, 2, 29)), (date(2026, 3, 31), 1, date(2026, 4, 30))],
)  # fmt: skip
def test_months_end_with_the_month(start: date, months: int, end: date) -> None:
    assert months_later(start, months) == end


@pytest.mark.parametrize("role", [None, *Role])
def test_only_the_firm_itself_grants_and_withdraws(
    user: User, demo: Demo, role: Role | None
) -> None:
    own = _grant(_firm(user))
    other = Viewer(
        user.pk, roles=frozenset({role} if role else ()), places=frozenset({"*"}),
        firms=frozenset({"B"}), purpose="核对补链清单",
    )  # fmt: skip
    for who in (other, ANONYMOUS):
        with pytest.raises(JiqunError, match="E-FORBIDDEN"):
            _grant(who)
        for receipt in (own.receipt, "none"):
            with pytest.raises(JiqunError, match="E-FORBIDDEN"):
                withdraw_consent(viewer=who, receipt=receipt)
    assert not Consent.objects.visible_to(other).exists()
    assert not ConsentUse.objects.visible_to(ANONYMOUS).exists()


def test_both_verbs_are_in_the_log_of_the_firm(user: User, demo: Demo) -> None:
    consent = _grant(_firm(user))
    withdraw_consent(viewer=_firm(user), receipt=consent.receipt)
    entries = list(AuditEntry.objects.order_by("id").values_list("action", "target"))
    assert entries == [("consent.grant", "firm:A"), ("consent.withdraw", "firm:A")]
    with pytest.raises(JiqunError, match="E-CONSENT-WITHDRAWN"):
        withdraw_consent(viewer=_firm(user), receipt=consent.receipt)


def test_a_consent_is_never_edited(user: User, demo: Demo) -> None:
    consent = _grant(_firm(user))
    consent.fields = ["firm_indicator.tax"]
    with pytest.raises(TypeError):
        consent.save()
    for broken in ({"valid_until": consent.valid_from - timedelta(days=1)}, {"withdrawn_by": user}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Consent.objects.update(**broken)


def test_firm_level_tables_are_read_through_the_gate_only(
    demo: Demo, first_firm: str, user: User
) -> None:
    for name in ("firm_indicator", "trade_link"):
        with pytest.raises(JiqunError, match="E-PURPOSE-NEEDED"):
            rows(demo.store, name)
    with pytest.raises(JiqunError, match="E-PURPOSE-UNKNOWN"):
        lawful_rows(demo.store, "trade_link", ["value"], purpose="curiosity", reference="x")
    assert own_rows(demo.store, "firm_indicator", Viewer(user.pk)).is_empty()
    mine = own_rows(demo.store, "trade_link", _firm(user, first_firm))
    whole = demo.store.polars("trade_link")
    assert mine.height == whole.filter(
        (pl.col("seller") == first_firm) | (pl.col("buyer") == first_firm)
    ).height  # fmt: skip


def test_what_is_held_about_a_firm_is_all_of_it(demo: Demo, first_firm: str, user: User) -> None:
    listed = held(demo.store, _firm(user, first_firm))
    figures = demo.store.polars("firm_indicator").filter(firm=first_firm)
    mine = [row for row in listed if row["name"].startswith("firm_indicator.")]
    assert sum(row["rows"] for row in mine) == figures.height > 0
    assert {row["basis"] for row in mine} == set(figures["lawful_basis"])
    statistics = [row for row in mine if row["kind"] == "统计调查"]
    assert statistics
    assert all(row["used_for"] == "产业链分析、发布汇总表" for row in statistics)


def test_officials_see_how_many_never_whom(demo: Demo, user: User) -> None:
    firms = (
        demo.store.polars("firm").filter(pl.col("place").str.starts_with("990101"))["firm"].head(5)
    )
    official = Viewer(user.pk, roles=frozenset({Role.ANALYST}), places=frozenset({"990101"}))
    count = lambda: {one.purpose.code: one.firms for one in reach(official, demo.store)}["chain"]  # noqa: E731
    assert count() == 0
    for number, firm in enumerate(firms, start=1):
        _grant(_firm(user, firm), firm)
        assert count() == (None if number < 5 else 5)
    elsewhere = Viewer(user.pk, roles=frozenset({Role.ANALYST}), places=frozenset({"9902"}))
    assert {one.firms for one in reach(elsewhere, demo.store)} == {0}


def test_a_firm_grants_and_withdraws_on_its_pages(
    demo: Demo, sign_in: SignIn, first_firm: str
) -> None:
    client = sign_in("firm")
    text = text_of(client, "/consent/")
    for words in ("本企业的数据", first_firm, "产业链分析", "统计调查", "购销金额", "还没有授权"):
        assert words in text
    wrong = client.post(
        "/consent/grant/finance/",
        {"firm": first_firm, "valid_from": "2020-01-01", "valid_until": "x"},
    )
    assert wrong.status_code == 422
    assert "jq-summary" in wrong.content.decode()
    day = TODAY()
    answer = client.post("/consent/grant/finance/", {
        "firm": first_firm, "fields": ["firm_indicator.output", "firm_indicator.tax"],
        "valid_from": day.isoformat(), "valid_until": (day + timedelta(days=30)).isoformat(),
    })  # fmt: skip
    consent = Consent.objects.get()
    assert answer["Location"] == f"/consent/{consent.receipt}/"
    assert "工业总产值" in text_of(client, answer["Location"])
    assert client.get(f"{answer['Location']}receipt.pdf").content.startswith(b"%PDF")
    record = client.get(f"{answer['Location']}receipt.json").json()
    assert (record["record_id"], record["principal"], record["state"]) == (
        consent.receipt,
        first_firm,
        "active",
    )
    assert client.get(f"{answer['Location']}receipt.exe").status_code == 404
    assert "确认撤回" in text_of(client, f"{answer['Location']}withdraw/")
    client.post(f"{answer['Location']}withdraw/")
    assert "已撤回" in text_of(client, answer["Location"])
    assert client.post(f"{answer['Location']}withdraw/").status_code == 409


@pytest.mark.parametrize(
    "name", ["analyst", "butler", "partner", "system", "security", "audit", "nobody"]
)
def test_nobody_else_opens_a_firms_pages(
    demo: Demo, sign_in: SignIn, people: Mapping[str, User], first_firm: str, name: str
) -> None:
    own = Viewer(people["firm"].pk, "firm", frozenset({Role.FIRM}), firms=frozenset({first_firm}))
    receipt = _grant(own, first_firm).receipt
    client = sign_in(name)
    for path in (
        "",
        "grant/chain/",
        f"{receipt}/",
        f"{receipt}/withdraw/",
        f"{receipt}/receipt.json",
    ):
        assert first_firm not in text_of(client, f"/consent/{path}", 403)
    assert client.post(f"/consent/{receipt}/withdraw/").status_code == 403
    assert Consent.objects.in_force(TODAY()).exists()
    assert client.get("/consent/allowed/").status_code == (200 if name == "analyst" else 403)
