"""One row of every sort for every tenant, with its canary in each free text.

A new model joins by adding a line to ``SEEDS`` (or to ``OWNERLESS``, with the reason); a test
fails until it has.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import asdict
from hashlib import sha256

from django.db.models import Model
from django.utils import timezone

from jiqun.core import models as core
from jiqun.core.access import Grade
from jiqun.core.audit import read_firms, record
from jiqun.core.models.audit import AuditChain, AuditRoot
from jiqun.core.models.search import entry_id
from jiqun.engine.disclosure.rules import Rule
from jiqun.masters import models as masters
from jiqun.masters.viewers import viewer_of
from tests.conformance.tenants.canary import word
from tests.conformance.tenants.world import PLACE, TENANTS, Owned, World, token_of
from tests.console import DEMO_SCOPE

KINDS = {Grade.PERSONAL: "person", Grade.FIRM: "firm"}
Seed = Callable[[World, str], list[Model]]
TODAY = dt.date(2026, 6, 1)
# Rows that belong to nobody: nothing of a tenant stands in them.
OWNERLESS: Mapping[type[Model], str] = {
    AuditChain: "the length of a chain; has no addresses and is visible to nobody",
    AuditRoot: "a digest over a day, public by design",
    core.Duty: "periodic work of the system",
    core.RateCounter: "a count under a keyed digest",
    core.SearchPosting: "made of the entries, which have seeds",
    core.SearchState: "how far each source is indexed",
}


def _tokens(world: World, tenant: str) -> list[Model]:
    return [
        core.ApiToken.objects.create(
            user=world.users[tenant], label=word(tenant, "token"), digest=sha256(token_of(tenant).encode()).hexdigest(),
            expires=timezone.now() + dt.timedelta(days=1),
        )
    ]  # fmt: skip


def _sessions(world: World, tenant: str) -> list[Model]:
    user = world.users[tenant]
    return [
        core.LoginSession.objects.create(
            user=user, key=f"{tenant:0<40}", device=word(tenant, "device"), address="192.0.2.1"
        ),
        core.PasswordRecord.objects.create(user=user, encoded=word(tenant, "password")),
    ]


def _entries(world: World, tenant: str) -> list[Model]:
    viewer = viewer_of(world.users[tenant])
    return [
        record(
            viewer, "test.seed", target=f"user:{viewer.user_id}", reason=word(tenant, "reason"),
            after={"word": word(tenant, "after")},
        )
    ]  # fmt: skip


def _reads(world: World, tenant: str) -> list[Model]:
    """The official looked at each firm, for a purpose of its own."""
    if tenant != "official":
        return []
    for firm, code in world.firms.items():
        viewer = viewer_of(world.users[tenant], purpose=f"核对 {word(tenant, f'readof{firm}')}")
        read_firms(viewer, [code], fields="output")
    return list(core.FirmRead.objects.filter(entry__user=world.users[tenant]))


def _consents(world: World, tenant: str) -> list[Model]:
    if tenant not in world.firms:
        return []
    one = core.Consent.objects.create(
        receipt=f"receipt-{tenant}", firm=world.firms[tenant], purpose="chain",
        fields=["firm_indicator.output"], valid_from=TODAY, valid_until=TODAY.replace(year=2028),
        text_version=word(tenant, "consent")[:20], granted_by=world.users[tenant],
    )  # fmt: skip
    use = core.ConsentUse.objects.create(
        consent=one, reference=word(tenant, "use"), fields=["firm_indicator.output"], rows=1
    )
    return [one, use]


def _imports(world: World, tenant: str) -> list[Model]:
    made = core.Import.objects.create(
        user=world.users[tenant], table="firm_indicator", file_name=f"{word(tenant, 'file')}.xlsx",
        digest="0" * 64, key=f"import{tenant}", said={"source": word(tenant, "source")},
    )  # fmt: skip
    return [made]


def _jobs(world: World, tenant: str) -> list[Model]:
    return [
        core.Job.objects.create(
            user=world.users[tenant], name="import.apply", title_zh=word(tenant, "job"),
            title_en=word(tenant, "job"), arguments={"key": word(tenant, "argument")},
            purpose=word(tenant, "purpose"), message_zh=word(tenant, "message"),
            message_en=word(tenant, "message"), state=core.Job.State.DONE,
        )
    ]  # fmt: skip


def _notices(world: World, tenant: str) -> list[Model]:
    user = world.users[tenant]
    return [
        core.Notice.objects.create(
            user=user, kind="job.done", title_zh=word(tenant, "notice"), key=f"seed{tenant}",
            title_en=word(tenant, "notice"), body_zh=word(tenant, "body"), link=f"/jobs/?{tenant}",
        ),
        core.NoticeChoice.objects.create(user=user, kind="job.done", channel="mail", on=False),
    ]  # fmt: skip


def _robots(world: World, tenant: str) -> list[Model]:
    organisation = masters.Organisation.objects.filter(membership__user=world.users[tenant]).first()
    if organisation is None:
        return []
    robot = core.Robot.objects.create(
        organisation=organisation.pk, kind="wecom", label=word(tenant, "robot"),
        base="https://qyapi.weixin.qq.com", sealed=word(tenant, "secret"),
    )  # fmt: skip
    delivery = core.Delivery.objects.create(
        channel="robot", robot=robot, title_zh=word(tenant, "delivery"), key=f"seed{tenant}",
        title_en=word(tenant, "delivery"), due=timezone.now(), state=core.Delivery.State.FAILED,
        problem_zh=word(tenant, "problem"), problem_en=word(tenant, "problem"),
    )  # fmt: skip
    return [robot, delivery]


def _publications(world: World, tenant: str) -> list[Model]:
    if tenant not in {"official", "elsewhere"}:
        return []
    return [
        core.PublishedTable.objects.create(
            key=f"draft-{tenant}", title_zh=word(tenant, "draft"), place=str(TENANTS[tenant][1]),  # type: ignore[index]
            period=DEMO_SCOPE.period, measure="output", unit="CNY_fen", dimensions=["town"],
            parameters={"rule": asdict(Rule()), "merges": [], "note": ["", ""]}, snapshot="s",
            code_version="c", firms=[], cells=[], digest="d", made_by=world.users[tenant],
            report={"cells": [], "nearest_share": None, "gap": None},
        )
    ]  # fmt: skip


def _found(world: World, tenant: str) -> list[Model]:
    """Something that the search finds for this person alone, and for a firm its own row."""
    user, firm = world.users[tenant], world.firms.get(tenant, "")
    rows: list[Model] = []
    for number, (grade, owner, code) in enumerate(
        [(Grade.PERSONAL, user, ""), *([(Grade.FIRM, None, firm)] if firm else [])]
    ):
        segment = core.SearchSegment.objects.create(
            source=KINDS[grade], user=owner, firm=code, place=PLACE if code else "", grade=grade,
            digest="d", rows=1,
        )  # fmt: skip
        title = f"合成 {word(tenant, 'found')}"
        entry = core.SearchEntry.objects.create(
            id=entry_id(segment.pk, 0), segment=segment, key=f"{tenant}{number}", title_zh=title,
            url="/", subtitle=title, body=title,
        )  # fmt: skip
        for gram in ("合成", "zq"):
            core.SearchPosting.objects.create(
                segment=segment, gram=gram, title=True, numbers=(0).to_bytes(4, "little")
            )
        rows += [segment, entry]
    return rows


def _views(world: World, tenant: str) -> list[Model]:
    return [
        core.SavedView.objects.create(
            user=world.users[tenant], table="firm", name=word(tenant, "view"),
            query=f"name={word(tenant, 'query')}",
        )
    ]  # fmt: skip


def _register(world: World, tenant: str) -> list[Model]:
    user = world.users[tenant]
    return [
        *masters.Membership.objects.filter(user=user),
        *masters.Organisation.objects.filter(membership__user=user),
        *masters.Person.objects.filter(user=user),
    ]


SEEDS: Mapping[Seed, tuple[type[Model], ...]] = {
    _tokens: (core.ApiToken,),
    _sessions: (core.LoginSession, core.PasswordRecord),
    _entries: (core.AuditEntry,),
    _reads: (core.FirmRead,),
    _consents: (core.Consent, core.ConsentUse),
    _imports: (core.Import,),
    _jobs: (core.Job,),
    _notices: (core.Notice, core.NoticeChoice),
    _robots: (core.Robot, core.Delivery),
    _publications: (core.PublishedTable,),
    _found: (core.SearchSegment, core.SearchEntry),
    _views: (core.SavedView,),
    _register: (masters.Membership, masters.Organisation, masters.Person),
}


def seed(world: World) -> None:
    """Give every tenant with an account its rows."""
    for tenant in world.users:
        for make in SEEDS:
            world.rows += [Owned(tenant, row) for row in make(world, tenant)]
