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
from jiqun.core.papers.files import keep
from jiqun.engine.disclosure.rules import Rule
from jiqun.masters import models as masters
from jiqun.masters.viewers import viewer_of
from jiqun.modules.land import models as land
from jiqun.modules.policy import models as policy
from jiqun.modules.policy.benefits.ledger.posting import make_accounts
from tests.conformance.tenants.canary import word
from tests.conformance.tenants.seeds_land import (
    AMOUNT,
    TODAY,
    land_tables,
    low_use,
    office_of,
    permu,
    standard_land,
)
from tests.conformance.tenants.world import PLACE, TENANTS, Owned, World, token_of
from tests.console import DEMO_SCOPE

KINDS = {Grade.PERSONAL: "person", Grade.FIRM: "firm"}
Seed = Callable[[World, str], list[Model]]
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


def _papers(world: World, tenant: str) -> list[Model]:
    """One paper of each firm that was handed in; officials of the place may open it for a purpose."""
    if tenant not in world.firms:
        return []
    content = f"%PDF-1.4 {word(tenant, 'document')}".encode()
    paper = core.Paper.objects.create(
        key=f"paper-{tenant}", firm=world.firms[tenant], title=word(tenant, "document"), kind="pdf",
        file_name=f"{word(tenant, 'document')}.pdf", size=len(content),
        sha256=sha256(content).hexdigest(), made_by=world.users[tenant],
    )  # fmt: skip
    keep(paper, content)
    use = core.PaperUse.objects.create(
        paper=paper, sort="land.parcel", target=f"parcel-{tenant}", place=PLACE, made_by=world.users[tenant]
    )  # fmt: skip
    return [paper, use]


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


def _benefits(world: World, tenant: str) -> list[Model]:
    """Items, funds and batches of the two officials."""
    if tenant not in {"official", "elsewhere"}:
        return []
    user, place = world.users[tenant], str(TENANTS[tenant][1])  # type: ignore[index]
    office = office_of(user)
    item = policy.Item.objects.create(
        place=place, policy=word(tenant, "policy"), version="1", title=word(tenant, "item"), valid_from=TODAY,
        department=office, made_by=user,
    )  # fmt: skip
    declared = policy.Item.objects.create(
        place=place, policy=f"合成政策{tenant}", version="1", title="合成事项", valid_from=TODAY,
        department=masters.Organisation.objects.create(name=f"合成主管部门 {tenant}", kind="bureau"),
        made_by=user, declared_by=world.users["system"],
    )  # fmt: skip
    pool = policy.Pool.objects.create(
        key=f"pool-{tenant}",
        name=word(tenant, "pool"),
        place=place,
        year=2026,
        organisation=office,
        made_by=user,
    )
    make_accounts(pool)
    accounts = list(pool.accounts.all())  # type: ignore[attr-defined]
    transfer = policy.LedgerTransfer.objects.create(
        key=f"appropriate-{tenant}", kind="appropriate", reference=word(tenant, "reference"), amount_fen=100,
        debit=accounts[0], debit_seq=1, debit_total=100, credit=accounts[1], credit_seq=1, credit_total=100,
        made_by=user,
    )  # fmt: skip
    batch = policy.Batch.objects.create(
        key=f"batch-{tenant}",
        title=word(tenant, "batch"),
        place=place,
        department=office,
        pool=pool,
        made_by=user,
    )
    file = policy.PaymentFile.objects.create(
        number=f"file-{tenant}", pool=pool, batch=batch, count=0, total_fen=0, account_sum="0",
        content=word(tenant, "content"), digest="d", made_by=user,
    )  # fmt: skip
    receipt = policy.Receipt.objects.create(
        file=file, name=word(tenant, "answer"), digest="d", lines=[], made_by=user
    )
    if tenant == "official":
        for number, firm in enumerate(world.firms):
            world.rows += [
                Owned(firm, row) for row in _case(world, firm, number, declared, batch, file)
            ]
    return [item, declared, pool, *accounts, transfer, batch, file, receipt]


def _case(
    world: World,
    firm: str,
    number: int,
    item: policy.Item,
    batch: policy.Batch,
    file: policy.PaymentFile,
) -> list[Model]:
    """A firm's case that was paid once and claimed back, and is held."""
    code, people = (
        world.firms[firm],
        [world.users[n] for n in ("official", "system", "security", "audit")],
    )
    maker, confirmer, approver, payer = people
    case = policy.Case.objects.create(
        key=f"case-{firm}", batch=batch, item=item, place=batch.place, firm=code, firm_name=word(firm, "name"),
        policy=f"合成政策{number}", subject=word(firm, "subject"), amount_fen=AMOUNT, instalments=[AMOUNT],
        trace={"conditions": [{"text": word(firm, "condition"), "verdict": 1}]}, state="recovery", held=True,
        paid_fen=AMOUNT, claimed_fen=100, payee=word(firm, "payee"), bank=word(firm, "bank"),
        account="62220000000000", made_by=maker, confirmed_by=confirmer, approved_by=approver,
    )  # fmt: skip
    payment = policy.Payment.objects.create(
        key=f"payment-{firm}", case=case, file=file, place=case.place, firm=code, instalment=1, attempt=1,
        amount_fen=AMOUNT, payee=case.payee, bank=case.bank, account=case.account, state="paid",
        reason=word(firm, "returned"), made_by=maker, confirmed_by=confirmer, approved_by=approver, paid_by=payer,
    )  # fmt: skip
    return [
        case, payment,
        policy.Hold.objects.create(case=case, reason="dispute", evidence=word(firm, "evidence"), made_by=confirmer),
        policy.Step.objects.create(case=case, event="claim", before="paid", after="recovery", by=confirmer,
                                   note=word(firm, "note")),
    ]  # fmt: skip


def _keys(world: World, tenant: str) -> list[Model]:
    return [
        policy.OnceKey.objects.create(
            verb="policy.open_batch",
            user=world.users[tenant],
            key=word(tenant, "key"),
            digest="d",
            result={},
        )
    ]


def _drafts(world: World, tenant: str) -> list[Model]:
    """A draft of each official, as it was read."""
    if tenant not in {"official", "elsewhere"}:
        return []
    user, place = world.users[tenant], str(TENANTS[tenant][1])  # type: ignore[index]
    text = policy.DraftText.objects.create(
        place=place,
        title=word(tenant, "document"),
        text=word(tenant, "text"),
        digest="d",
        made_by=user,
    )
    draft = policy.Draft.objects.create(
        key=f"draft-{tenant}", text=text, place=place, title=word(tenant, "drafttitle"), made_by=user,
        department=office_of(user), clause=word(tenant, "clause"),
        reason=word(tenant, "draftreason"),
    )  # fmt: skip
    field = policy.DraftField.objects.create(
        draft=draft, order=1, key="主题", words=word(tenant, "words"), read=word(tenant, "read"),
        value=word(tenant, "value"), state="unsure",
    )  # fmt: skip
    return [text, draft, field]


SEEDS: Mapping[Seed, tuple[type[Model], ...]] = {
    _tokens: (core.ApiToken,),
    _sessions: (core.LoginSession, core.PasswordRecord),
    _entries: (core.AuditEntry,),
    _reads: (core.FirmRead,),
    _consents: (core.Consent, core.ConsentUse),
    _imports: (core.Import,),
    _papers: (core.Paper, core.PaperUse),
    _jobs: (core.Job,),
    _notices: (core.Notice, core.NoticeChoice),
    _robots: (core.Robot, core.Delivery),
    _publications: (core.PublishedTable,),
    _found: (core.SearchSegment, core.SearchEntry),
    _views: (core.SavedView,),
    _register: (masters.Membership, masters.Organisation, masters.Person),
    _benefits: (
        policy.Item, policy.Pool, policy.LedgerAccount, policy.LedgerTransfer, policy.Batch, policy.PaymentFile,
        policy.Receipt, policy.Case, policy.Payment, policy.Hold, policy.Step,
    ),
    land_tables: (land.LandTable, land.LandRow, land.LandObjection),
    low_use: (land.LandFile, land.LandFileEntry),
    _keys: (policy.OnceKey,),
    permu: (land.Batch, land.Calculation, land.Sheet, land.Objection, land.Waiver, land.Step),
    standard_land: (land.Parcel, land.ParcelEvent, land.ParcelProposal),
    _drafts: (policy.DraftText, policy.Draft, policy.DraftField),
}  # fmt: skip


def seed(world: World) -> None:
    """Give every tenant with an account its rows."""
    for tenant in world.users:
        for make in SEEDS:
            world.rows += [Owned(tenant, row) for row in make(world, tenant)]
