"""Organisations, accounts, roles: who may do what to whom, and what everybody sees of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from jiqun.core.access import ADMINISTRATORS, ANONYMOUS, Role, Viewer
from jiqun.core.models import AuditEntry
from jiqun.errors import JiqunError
from jiqun.masters import actions
from jiqun.masters.models import Membership, Organisation, Person
from jiqun.masters.viewers import viewer_of
from tests.console import PEOPLE, Demo, SignIn, text_of

pytestmark = pytest.mark.django_db
CODE = "91350100M000100Y43"
Who = Callable[[str], Viewer]


@pytest.fixture
def who(people: Mapping[str, User]) -> Who:
    """The viewer of one of ``people``."""
    return lambda name: viewer_of(people[name])


def _person(name: str) -> Person:
    return Person.objects.get(user__username=name)


def _fields(caught: pytest.ExceptionInfo[JiqunError]) -> list[str]:
    return [problem.column for problem in caught.value.fields]


def _refused(verb: Callable[[], object]) -> None:
    before = AuditEntry.objects.count()
    with pytest.raises(JiqunError, match="E-FORBIDDEN"):
        verb()
    assert AuditEntry.objects.count() == before


# ---- who may ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*PEOPLE, "nobody", "anonymous"])
def test_each_step_has_one_hand(who: Who, name: str) -> None:
    viewer = ANONYMOUS if name == "anonymous" else who(name)
    bureau = Organisation.objects.get(name="analyst")
    target, role = _person("butler"), Membership.objects.get(user__username="butler")
    steps: dict[str, Callable[[], object]] = {
        "open organisation": lambda: actions.open_organisation(viewer=viewer, name="新单位", kind="bureau"),
        "change organisation": lambda: actions.change_organisation(
            viewer=viewer, organisation=bureau, name="改名单位", kind="bureau"),
        "open account": lambda: actions.open_account(
            viewer=viewer, username="new1", name="新人", organisation=bureau),
        "grant role": lambda: actions.grant_role(
            viewer=viewer, person=target, organisation=bureau, role=Role.ANALYST),
        "revoke role": lambda: actions.revoke_role(viewer=viewer, membership=role, reason="调离"),
        "close account": lambda: actions.close_account(viewer=viewer, person=target, reason="调离"),
        "reopen account": lambda: actions.reopen_account(viewer=viewer, person=target, reason="回来"),
    }  # fmt: skip
    by_system = {key for key in steps if "role" not in key}
    allowed = {"system": by_system, "security": set(steps) - by_system}.get(name, set())
    for step, verb in steps.items():
        if step in allowed:
            before = AuditEntry.objects.count()
            verb()
            assert AuditEntry.objects.count() == before + 1, step
        else:
            _refused(verb)


def test_nobody_grants_or_takes_the_own_role(who: Who) -> None:
    viewer, own = who("security"), _person("security")
    held = Membership.objects.get(user__username="security")
    _refused(lambda: actions.grant_role(
        viewer=viewer, person=own, organisation=own.organisation, role=Role.SYSTEM))  # fmt: skip
    _refused(lambda: actions.revoke_role(viewer=viewer, membership=held, reason="不想干了"))
    _refused(
        lambda: actions.close_account(
            viewer=who("system"), person=_person("system"), reason="不想干了"
        )
    )


@pytest.mark.parametrize("second", sorted(ADMINISTRATORS))
@pytest.mark.parametrize("first", sorted(ADMINISTRATORS))
def test_a_person_is_one_administrator_at_most(who: Who, first: Role, second: Role) -> None:
    office = Organisation.objects.get(name="system")
    actor = who("security")
    user = User.objects.create(username="third")
    target = Person.objects.create(user=user, organisation=office, name="第三人")
    actions.grant_role(viewer=actor, person=target, organisation=office, role=first)
    with pytest.raises(JiqunError) as caught:
        actions.grant_role(viewer=actor, person=target, organisation=office, role=second)
    assert _fields(caught) == ["role"]
    other = Organisation.objects.get(name="audit")
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.create(user=user, organisation=other, role=second.value)


def test_the_last_security_administrator_stays(who: Who) -> None:
    office = Organisation.objects.get(name="security")
    system = who("system")
    with pytest.raises(JiqunError, match="最后一名安全管理员"):
        actions.close_account(viewer=system, person=_person("security"), reason="调离岗位")
    with pytest.raises(JiqunError, match="最后一名安全管理员"):
        actions.change_organisation(
            viewer=system, organisation=office, name="security", kind="operator", active=False
        )
    actions.grant_role(
        viewer=who("security"), person=_person("elsewhere"), organisation=office, role=Role.SECURITY
    )
    second = Membership.objects.get(user__username="elsewhere", role="security")
    actions.revoke_role(viewer=who("security"), membership=second, reason="试用结束")
    actions.grant_role(
        viewer=who("security"), person=_person("elsewhere"), organisation=office, role=Role.SECURITY
    )
    actions.close_account(viewer=system, person=_person("security"), reason="调离岗位")
    assert viewer_of(User.objects.get(username="security")).roles == frozenset()


def test_roles_fit_the_kind_of_organisation(who: Who) -> None:
    actor = who("security")
    for name, role in (
        ("firm", Role.ANALYST),
        ("analyst", Role.FIRM),
        ("butler", Role.SECURITY),
        ("partner", Role.BUTLER),
    ):
        with pytest.raises(JiqunError) as caught:
            actions.grant_role(
                viewer=actor,
                person=_person(name),
                organisation=_person(name).organisation,
                role=role,
            )
        assert _fields(caught) == ["role"]


@pytest.mark.parametrize(
    ("begin", "end", "counts"), [(0, None, True), (0, 0, True), (-3, -1, False), (1, None, False)]
)
def test_a_role_counts_within_its_period(
    who: Who, begin: int, end: int | None, counts: bool  # noqa: FBT001
) -> None:  # fmt: skip
    today = timezone.localdate()
    user = User.objects.create(username="temp")
    target = Person.objects.create(
        user=user, organisation=_person("analyst").organisation, name="临时"
    )
    actions.grant_role(
        viewer=who("security"), person=target, organisation=target.organisation, role=Role.ANALYST,
        valid_from=today + timedelta(days=begin),
        valid_until=None if end is None else today + timedelta(days=end),
    )  # fmt: skip
    assert viewer_of(user).has(Role.ANALYST) is counts
    assert bool(viewer_of(user).places) is counts


def test_a_closed_organisation_gives_its_people_nothing(who: Who) -> None:
    office = Organisation.objects.get(name="analyst")
    actions.change_organisation(
        viewer=who("system"),
        organisation=office,
        name="analyst",
        kind="bureau",
        place="*",
        active=False,
    )
    assert not who("analyst").roles
    assert not who("analyst").places


# ---- what is wrong with a form ------------------------------------------------------------------


def test_every_problem_is_named_at_once(demo: Demo, who: Who) -> None:
    with pytest.raises(JiqunError) as caught:
        actions.open_organisation(
            viewer=who("system"), name="x", kind="firm", place="9901-01", firm="91X"
        )
    assert _fields(caught) == ["name", "firm", "place"]
    with pytest.raises(JiqunError) as caught:
        actions.open_organisation(viewer=who("system"), name="analyst", kind="bureau", firm=CODE)
    assert _fields(caught) == ["name", "firm"]
    office = Organisation.objects.get(name="analyst")
    with pytest.raises(JiqunError) as caught:
        actions.open_account(
            viewer=who("system"), username="ANALYST", name=" ", organisation=office
        )
    assert _fields(caught) == ["username", "name"]
    with pytest.raises(JiqunError) as caught:
        actions.close_account(viewer=who("system"), person=_person("butler"), reason=" ")
    assert _fields(caught) == ["reason"]
    for one in caught.value.fields:
        assert one.remedy_zh
        assert one.remedy_en


def test_an_organisation_is_kept_tidy(demo: Demo, who: Who) -> None:
    made = actions.open_organisation(
        viewer=who("system"),
        name=" 合成  纺织厂 ",
        kind="firm",
        place="990101，990102, 990101",
        firm=CODE.lower(),
    )
    assert (made.name, made.place, made.firm) == ("合成 纺织厂", "990101,990102", CODE)
    assert made.places == {"990101", "990102"}


def test_a_first_password_is_shown_and_not_logged(who: Who) -> None:
    office = Organisation.objects.get(name="analyst")
    opened = actions.open_account(
        viewer=who("system"), username="new1", name="新人", organisation=office
    )
    assert opened.person.user.check_password(opened.password)
    assert not viewer_of(opened.person.user).roles, "no role until somebody else gives one"
    entry = AuditEntry.objects.latest("pk")
    assert entry.target == f"user:{opened.person.user_id}"
    assert opened.password not in repr(entry.__dict__)


# ---- colleagues ---------------------------------------------------------------------------------


def test_a_firm_brings_in_colleagues_of_its_own_only(who: Who) -> None:
    firm, own = who("firm"), _person("firm").organisation
    opened = actions.add_colleague(viewer=firm, organisation=own, username="second", name="同事")
    colleague = viewer_of(opened.person.user)
    assert (colleague.roles, colleague.firms) == ({Role.FIRM}, firm.firms)
    bureau = Organisation.objects.get(name="analyst")
    _refused(
        lambda: actions.add_colleague(viewer=firm, organisation=bureau, username="x1", name="外人")
    )
    _refused(
        lambda: actions.add_colleague(
            viewer=who("system"), organisation=own, username="x1", name="外人"
        )
    )
    held = Membership.objects.get(user=opened.person.user)
    foreign = Membership.objects.get(user__username="analyst")
    _refused(lambda: actions.revoke_role(viewer=firm, membership=foreign, reason="不行"))
    actions.revoke_role(viewer=firm, membership=held, reason="离职")
    assert not viewer_of(opened.person.user).roles


# ---- what is seen -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*PEOPLE, "nobody"])
def test_people_see_their_own_organisation_and_keepers_see_all(who: Who, name: str) -> None:
    viewer = who(name)
    everything = name in {"system", "security"}
    own = set() if name == "nobody" else {name}
    for model, path in (
        (Organisation, "name"),
        (Person, "user__username"),
        (Membership, "user__username"),
    ):
        seen = set(model.objects.visible_to(viewer).values_list(path, flat=True))
        assert seen == (set(PEOPLE) if everything else own), model
        assert not model.objects.visible_to(ANONYMOUS).exists()


@pytest.mark.parametrize("name", ["analyst", "firm", "butler", "partner", "audit", "nobody"])
def test_pages_show_others_nothing_of_other_organisations(
    demo: Demo, sign_in: SignIn, people: Mapping[str, User], name: str
) -> None:
    client, foreign = sign_in(name), _person("elsewhere")
    for path in (
        "/masters/",
        "/masters/people/",
        "/masters/?q=elsewhere",
        "/masters/people/?kind=analyst",
    ):
        assert "elsewhere 本人" not in text_of(client, path)
    for path in (
        f"organisation/{foreign.organisation_id}/", f"people/{foreign.pk}/", f"people/{foreign.pk}/close/",
        f"roles/{Membership.objects.get(user=foreign.user).pk}/revoke/", "people/99999/", "new/",
    ):  # fmt: skip
        assert "elsewhere 本人" not in text_of(client, f"/masters/{path}", 403)
    assert client.get("/masters/people/new/").status_code == (200 if name == "firm" else 403)


def test_a_system_administrator_opens_and_closes_on_the_pages(demo: Demo, sign_in: SignIn) -> None:
    client = sign_in("system")
    wrong = client.post("/masters/new/", {"name": "x", "kind": "firm", "place": "", "firm": "1"})
    assert wrong.status_code == 422
    assert wrong.content.decode().count("jq-field-error") == 2
    client.post(
        "/masters/new/", {"name": "合成税务局", "kind": "bureau", "place": "990101", "firm": ""}
    )
    office = Organisation.objects.get(name="合成税务局")
    assert "合成税务局" in text_of(client, "/masters/?q=税务&kind=bureau")
    assert "合成税务局" not in text_of(client, "/masters/?q=税务&kind=firm")
    answer = client.post(
        "/masters/people/new/",
        {"organisation": office.pk, "username": "tax1", "name": "税某", "phone": ""},
    )
    made = _person("tax1")
    password = answer.content.decode().split("首次密码</dt><dd><code>")[1].split("<")[0]
    assert made.user.check_password(password)
    assert answer["Cache-Control"] == "no-store"
    assert "授予角色</h2>" not in text_of(client, f"/masters/people/{made.pk}/")
    assert (
        client.post(
            f"/masters/people/{made.pk}/", {"organisation": office.pk, "role": "analyst"}
        ).status_code
        == 403
    )
    assert client.post(f"/masters/people/{made.pk}/close/", {"reason": ""}).status_code == 422
    client.post(f"/masters/people/{made.pk}/close/", {"reason": "开错了"})
    made.user.refresh_from_db()
    assert not made.user.is_active
    client.post(f"/masters/people/{made.pk}/close/", {"reason": "没有开错"})
    made.user.refresh_from_db()
    assert made.user.is_active


def test_a_security_administrator_grants_and_revokes_on_the_pages(
    demo: Demo, sign_in: SignIn
) -> None:
    client, target = sign_in("security"), _person("butler")
    path = f"/masters/people/{target.pk}/"
    wrong = client.post(path, {"organisation": target.organisation_id, "role": "security"})
    assert wrong.status_code == 422
    assert "没有这个角色" in wrong.content.decode()
    office = Organisation.objects.get(name="analyst")
    client.post(path, {"organisation": office.pk, "role": "analyst", "valid_until": ""})
    held = Membership.objects.get(user=target.user, role="analyst")
    assert held.granted_by is not None
    assert held.granted_by.get_username() == "security"
    client.post(f"/masters/roles/{held.pk}/revoke/", {"reason": "试用结束"})
    assert not Membership.objects.filter(pk=held.pk).exists()
    entry = AuditEntry.objects.latest("pk")
    assert entry.action == "masters.revoke_role"
    assert "/masters/people/new/" not in text_of(client, "/masters/people/")
