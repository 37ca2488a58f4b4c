"""Who may list, read, create, edit, delete, do in bulk and export, for every model and table.

One line per model (``MODELS``) and per table (``TABLES``). People are the tenants of
``tenants.world``; the row that is asked for is the first firm's or the official's
(``conftest.owner_of``), so that everybody else is of another firm, place or role.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models import Model
from django.utils import timezone

from jiqun.core import models as core
from jiqun.core.models.audit import AuditChain, AuditRoot
from jiqun.masters import models as masters
from jiqun.modules.land import models as land
from jiqun.modules.land.lowuse.actions import Found
from jiqun.modules.land.parcels.contract import Deal
from jiqun.modules.policy import models as policy
from tests.conformance.tenants.world import TENANTS, World
from tests.console import Pdf
from tests.core.test_publication_pages import SCOPE

Who = frozenset[str]
Verbs = Mapping[str, Who]
Rows = Mapping[type[Model], Model]


def who(names: str) -> Who:
    """The people of a text of names."""
    return frozenset(names.split())


PUBLIC, NOBODY = frozenset(TENANTS), frozenset[str]()
KNOWN = PUBLIC - {"anonymous"}
MEMBERS = KNOWN - {"nobody"}  # of an organisation
FIRMS, OFFICIALS = who("firma firmb"), who("official elsewhere")
READS = who("firma firmb official audit")  # of the reads that the official made of both firms
NONE: Verbs = {}


@dataclass(frozen=True, slots=True)
class Row:
    """Who sees any row (``lists``) and that row (``reads``); the verbs of each operation.

    A verb stands at the model that it writes, under the operation that it amounts to. An operation
    without a verb is open to nobody.
    """

    lists: Who
    reads: Who
    create: Verbs = field(default_factory=dict[str, Who])
    edit: Verbs = field(default_factory=dict[str, Who])
    delete: Verbs = field(default_factory=dict[str, Who])
    bulk: Verbs = field(default_factory=dict[str, Who])
    export: Verbs = field(default_factory=dict[str, Who])

    @property
    def verbs(self) -> Verbs:
        """Every verb of the model."""
        return {**self.create, **self.edit, **self.delete, **self.bulk, **self.export}


OWN = who("official")
MODELS: dict[type[Model], Row] = {
    AuditChain: Row(NOBODY, NOBODY),
    AuditRoot: Row(PUBLIC, PUBLIC),
    core.AuditEntry: Row(
        KNOWN, who("official audit"),
        create={"core.purpose": OFFICIALS, "core.purpose_end": KNOWN},
        bulk={"audit.verify": who("audit")}, export={"audit.export": KNOWN},
    ),
    core.FirmRead: Row(READS, who("firma official audit")),
    core.Consent: Row(
        FIRMS, who("firma"), create={"consent.grant": who("firma")},
        delete={"consent.withdraw": who("firma")},
    ),
    core.ConsentUse: Row(FIRMS, who("firma")),
    core.Import: Row(
        KNOWN, who("system"), create={"imports.plan": who("system")},
        edit={"imports.revise": who("system")}, delete={"imports.discard": who("system")},
        bulk={"imports.apply": who("system"), "imports.undo": who("system")},
    ),
    core.Job: Row(
        KNOWN, who("official system"), create={"jobs.start": KNOWN},
        delete={"jobs.cancel": who("official system")},
    ),
    core.Duty: Row(who("system"), who("system")),
    core.Paper: Row(
        FIRMS, who("firma"), create={"papers.add": who("firma")}, delete={"papers.remove": who("firma")},
    ),
    core.PaperUse: Row(FIRMS, who("firma")),
    core.Notice: Row(KNOWN, OWN, edit={"notices.read": OWN}),
    core.NoticeChoice: Row(KNOWN, OWN, edit={"notices.choose": KNOWN}),
    core.Robot: Row(
        MEMBERS, OWN, create={"notices.add_robot": OWN}, edit={"notices.try_robot": OWN},
        delete={"notices.remove_robot": OWN},
    ),
    core.Delivery: Row(MEMBERS, OWN),
    core.PublishedTable: Row(
        OFFICIALS, OWN, create={"publication.draft": OWN}, edit={"publication.publish": OWN},
        delete={"publication.withdraw": OWN},
    ),
    core.SearchSegment: Row(KNOWN, who("firma")),
    core.SearchEntry: Row(KNOWN, who("firma")),
    core.SearchPosting: Row(KNOWN, who("firma")),
    core.SearchState: Row(NOBODY, NOBODY),
    core.RateCounter: Row(
        who("security"), who("security"), delete={"security.unlock": who("security")}
    ),
    core.LoginSession: Row(
        KNOWN, who("official security"), delete={"security.end_session": who("official security")},
        bulk={"security.end_sessions": who("official security")},
    ),
    core.PasswordRecord: Row(
        who("security"), who("security"),
        edit={"security.reset_password": who("security"), "security.reset_factor": who("security")},
    ),
    core.ApiToken: Row(
        KNOWN, OWN, create={"security.issue_token": KNOWN},
        delete={"security.revoke_token": who("official security")},
    ),
    core.SavedView: Row(
        KNOWN, OWN, create={"tables.save_view": KNOWN}, delete={"tables.delete_view": OWN}
    ),
    masters.Organisation: Row(
        MEMBERS, who("firma system security"),
        create={"masters.open_organisation": who("system")},
        edit={"masters.change_organisation": who("system")},
    ),
    masters.Person: Row(
        MEMBERS, who("firma system security"),
        create={"masters.open_account": who("system"), "masters.add_colleague": who("firma"),
                "masters.enrol": NOBODY},
        edit={"masters.reopen_account": who("system")},
        delete={"masters.close_account": who("system")},
    ),
    masters.Membership: Row(
        MEMBERS, who("firma system security"), create={"masters.grant_role": who("security")},
        delete={"masters.revoke_role": who("security")},
    ),
}  # fmt: skip
MODELS |= {
    policy.Item: Row(
        KNOWN, KNOWN, create={"policy.save_item": OWN}, edit={"policy.declare_item": NOBODY}
    ),
    policy.Pool: Row(
        OFFICIALS, OWN, create={"policy.open_pool": OWN},
        edit={"policy.fund_pool": OWN, "policy.verify_pool": OWN},
    ),
    policy.LedgerAccount: Row(OFFICIALS, OWN),
    policy.LedgerTransfer: Row(NOBODY, NOBODY),  # officials state a purpose first
    policy.Batch: Row(
        OFFICIALS, OWN, create={"policy.open_batch": OWN},
        # The official brought the batch in: confirming, approving and paying take others.
        bulk={"policy.confirm_cases": NOBODY, "policy.lapse_cases": OWN, "policy.publish_cases": OWN,
              "policy.close_publicity": OWN, "policy.approve_cases": NOBODY, "policy.export_payments": NOBODY},
    ),
    policy.Case: Row(
        FIRMS, who("firma"),
        edit={"policy.answer_case": who("firma"), "policy.object_case": OWN, "policy.settle_objection": OWN,
              "policy.release_instalment": OWN, "policy.review_case": OWN, "policy.claim_back": OWN,
              "policy.note_recovered": OWN},
        delete={"policy.reject_case": OWN},
    ),
    policy.Hold: Row(
        FIRMS, who("firma"), create={"policy.hold_case": OWN}, edit={"policy.lift_hold": OWN}
    ),
    policy.Step: Row(FIRMS, who("firma")),
    policy.Payment: Row(FIRMS, who("firma")),
    policy.PaymentFile: Row(NOBODY, NOBODY),
    policy.Receipt: Row(NOBODY, NOBODY, create={"policy.reconcile": OWN}),
    policy.OnceKey: Row(KNOWN, OWN),
    policy.DraftText: Row(OFFICIALS, OWN, create={"policy.store_drafts": OWN}),
    policy.Draft: Row(
        OFFICIALS, OWN,
        edit={"policy.confirm_draft": OWN, "policy.return_draft": OWN}, delete={"policy.withdraw_draft": OWN},
        export={"policy.take_draft": OWN},
    ),
    policy.DraftField: Row(OFFICIALS, OWN, edit={"policy.settle_draft": OWN}),
}  # fmt: skip
MODELS |= {
    land.Batch: Row(
        OFFICIALS, OWN, create={"land.open_batch": OWN},
        edit={"land.change_batch": OWN, "land.send_sheets": OWN, "land.review_batch": OWN,
              "land.return_batch": OWN, "land.publish_batch": OWN,
              "land.close_publicity": OWN, "land.approve_batch": OWN, "land.announce_batch": OWN,
              "land.start_measures": OWN, "land.close_batch": OWN},
        delete={"land.withdraw_batch": OWN},
    ),
    land.Calculation: Row(OWN, OWN, create={"land.calculate": OWN, "land.recalculate": OWN}),
    land.Sheet: Row(FIRMS, who("firma"), edit={"land.accept_sheet": who("firma")}),
    land.Objection: Row(
        FIRMS, who("firma"),
        create={"land.object_sheet": who("firma"), "land.object_result": who("firma"), "land.object_for": NOBODY},
        edit={"land.decide_objection": NOBODY},  # officials state a purpose first
    ),
    land.Waiver: Row(
        FIRMS, who("firma"), create={"land.add_waiver": NOBODY}, delete={"land.end_waiver": NOBODY}
    ),
    land.Step: Row(FIRMS | OWN, who("firma")),
    land.LandTable: Row(
        OFFICIALS | FIRMS, OWN | FIRMS, create={"land.open_table": OWN},
        edit={"land.publish_table": OWN, "land.freeze_table": OWN}, delete={"land.withdraw_table": OWN},
    ),
    land.LandRow: Row(FIRMS, who("firma")),
    land.LandObjection: Row(
        FIRMS, who("firma"), create={"land.object_line": who("firma")},
        edit={"land.decide_line": OWN},
    ),
    land.Parcel: Row(FIRMS, who("firma"), create={"land.open_parcel": OWN}),
    land.ParcelEvent: Row(
        FIRMS, who("firma"), create={"land.record_event": OWN, "land.hand_in": who("firma")}
    ),
    land.ParcelProposal: Row(
        FIRMS, who("firma"), create={"land.propose_event": OWN}, delete={"land.drop_proposal": OWN},
        edit={"land.confirm_proposal": NOBODY},  # the official entered it: it takes another
    ),
    land.LandFile: Row(
        FIRMS, who("firma"), create={"lowuse.open_file": OWN},
        # The official proposed the plan, and another decided it and reported: the official closes.
        edit={"lowuse.verify_file": OWN, "lowuse.plan_file": OWN, "lowuse.decide_file": NOBODY,
              "lowuse.check_file": OWN, "lowuse.talk_file": OWN, "lowuse.report_file": OWN,
              "lowuse.close_file": OWN, "lowuse.answer_file": who("firma")},
        delete={"lowuse.withdraw_file": OWN},
    ),
    land.LandFileEntry: Row(FIRMS, who("firma")),
}  # fmt: skip
OF_ALL_TABLES: Verbs = {"tables.export": KNOWN}

# ---- what the verbs are asked about -------------------------------------------------------------

Asked = Callable[[World, Rows], object]
# A parameter of a predicate, or that of one verb where the word means something else there.
ARGUMENTS: Mapping[str, Asked] = {
    "firm": lambda world, _: world.firms["firma"],
    "receipt": lambda _, rows: rows[core.Consent].receipt,  # type: ignore[attr-defined]
    "one": lambda _, rows: rows[core.Import],
    "paper": lambda _, rows: rows[core.Paper],
    "job": lambda _, rows: rows[core.Job],
    "notice": lambda _, rows: rows[core.Notice],
    "robot": lambda _, rows: rows[core.Robot],
    "scope": lambda _world, _rows: SCOPE,
    "session": lambda _, rows: rows[core.LoginSession],
    "token": lambda _, rows: rows[core.ApiToken],
    "user": lambda world, _: world.users["official"],
    "view": lambda _, rows: rows[core.SavedView],
    "organisation": lambda _, rows: rows[masters.Organisation],
    "person": lambda _, rows: rows[masters.Person],
    "membership": lambda _, rows: rows[masters.Membership],
    "batch": lambda _, rows: rows[policy.Batch],
    "case": lambda _, rows: rows[policy.Case],
    "held": lambda _, rows: rows[policy.Hold],
    "pool": lambda _, rows: rows[policy.Pool],
    "file": lambda _, rows: rows[policy.PaymentFile],
    "item": lambda _, rows: rows[policy.Item],
    "draft": lambda _, rows: rows[policy.Draft],
    "department": lambda _, rows: rows[policy.Batch].department_id,  # type: ignore[attr-defined]
    "place": lambda _, rows: rows[policy.Batch].place,  # type: ignore[attr-defined]
    "policy.open_pool.organisation": lambda _, rows: rows[policy.Batch].department_id,  # type: ignore[attr-defined]
    "land.decide_line.objection": lambda _, rows: rows[land.LandObjection],
    **{
        f"land.{verb}.table": lambda _, rows: rows[land.LandTable]
        for verb in ("publish_table", "freeze_table", "withdraw_table", "object_line")
    },
    "deal": lambda world, _: Deal("合成宗地", "990101", world.firms["firma"], {}, {}, ()),
    "parcel": lambda _, rows: rows[land.Parcel],
    "proposal": lambda _, rows: rows[land.ParcelProposal],
    "land_file": lambda _, rows: rows[land.LandFile],
    "office": lambda _, rows: rows[land.LandFile].office_id,  # type: ignore[attr-defined]
    "found": lambda _, rows: Found("P9", rows[land.LandFile].place, 100, "low"),  # type: ignore[attr-defined]
    "tables": lambda _world, _rows: ("organisations",),
    "table": lambda _world, _rows: "organisations",
    "publication.publish.table": lambda _, rows: rows[core.PublishedTable],
    "publication.withdraw.table": lambda _, rows: rows[core.PublishedTable],
    "sheet": lambda _, rows: rows[land.Sheet],
    "objection": lambda _, rows: rows[land.Objection],
    "waiver": lambda _, rows: rows[land.Waiver],
    **{
        f"{verb}.batch": lambda _, rows: rows[land.Batch]
        for verb in (*MODELS[land.Batch].verbs, *MODELS[land.Calculation].verbs)
    },
    "notices.add_robot.organisation": lambda _, rows: rows[core.Robot].organisation,  # type: ignore[attr-defined]
}

# ---- tables -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Table:
    """Who may open a table (and so export it), who finds rows in it, who brings rows in.

    ``for_purpose`` are those who find rows once everybody has typed a purpose. The demo county has
    a few firms in the other place too: whose rows an official finds, ``test_tabular`` looks at.
    """

    opens: Who
    rows: Who
    bulk: Who = NOBODY
    for_purpose: Who = NOBODY


COUNTY = who("firma firmb official butler")
REPORTING = FIRMS | OFFICIALS
TABLES: Mapping[str, Table] = {
    "organisations": Table(KNOWN, MEMBERS, who("system"), MEMBERS),
    "people": Table(KNOWN, MEMBERS, NOBODY, MEMBERS),
    "roles": Table(KNOWN, MEMBERS, NOBODY, MEMBERS),
    "place": Table(KNOWN, KNOWN, NOBODY, KNOWN),
    "industry": Table(KNOWN, KNOWN, NOBODY, KNOWN),
    "concordance": Table(KNOWN, KNOWN, NOBODY, KNOWN),
    "input_output": Table(KNOWN, KNOWN, NOBODY, KNOWN),
    "firm": Table(KNOWN, COUNTY | {"elsewhere"}, OFFICIALS, COUNTY | {"elsewhere"}),
    "firm_industry": Table(KNOWN, COUNTY, OFFICIALS, COUNTY),
    "chain_record": Table(KNOWN, COUNTY, OFFICIALS, COUNTY),
    "industry_cell": Table(OFFICIALS, OFFICIALS, OFFICIALS, OFFICIALS),
    "firm_indicator": Table(KNOWN, FIRMS, REPORTING, FIRMS | {"official"}),
    "firm_attribute": Table(KNOWN, FIRMS, REPORTING, FIRMS | {"official"}),
    "list_coverage": Table(KNOWN, COUNTY, OFFICIALS, COUNTY),
    "parcel": Table(KNOWN, COUNTY, OFFICIALS, COUNTY),
    "parcel_use": Table(KNOWN, FIRMS, REPORTING, FIRMS | {"official"}),
    "parcel_deal": Table(KNOWN, COUNTY, OFFICIALS, COUNTY),
    "trade_link": Table(KNOWN, FIRMS, REPORTING, REPORTING),
    "refused": Table(OFFICIALS, OWN, NOBODY, OWN),
    "land_permu": Table(KNOWN, FIRMS, NOBODY, FIRMS | {"official"}),
    "land_sheet": Table(KNOWN, FIRMS, NOBODY, FIRMS | {"official"}),
    "land_objection": Table(KNOWN, FIRMS, NOBODY, FIRMS | {"official"}),
    "land_result": Table(KNOWN, NOBODY, NOBODY, NOBODY),  # nothing is announced
    "land_measure": Table(KNOWN, NOBODY, NOBODY, NOBODY),
    "land_area": Table(KNOWN, FIRMS, NOBODY, FIRMS | {"official"}),
    "land_parcel": Table(KNOWN, FIRMS, NOBODY, FIRMS | {"official"}),
    "land_lowuse": Table(KNOWN, FIRMS, NOBODY, FIRMS | {"official"}),
    "land_file": Table(KNOWN, FIRMS, NOBODY, FIRMS | {"official"}),
    "policy_item": Table(KNOWN, KNOWN, OFFICIALS, KNOWN),
    "policy_case": Table(KNOWN, FIRMS, NOBODY, FIRMS | {"official"}),
    "policy_payment": Table(KNOWN, FIRMS, NOBODY, FIRMS | {"official"}),
    "policy_draft": Table(OFFICIALS, OFFICIALS, NOBODY, OFFICIALS),
}

# ---- writes by address --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Post:
    """A form that carries a verb out: the name of its address and what it sends.

    ``done`` are those whose verb succeeds where they are not all who may: see ``why``.
    """

    address: str
    data: Callable[[World, Rows], Mapping[str, object]] = lambda _world, _rows: {}
    done: Who | None = None
    why: str = ""


def _words(**data: object) -> Callable[[World, Rows], Mapping[str, object]]:
    return lambda _world, _rows: data


def _account(_: World, rows: Rows) -> Mapping[str, object]:
    return {
        "username": "newcomer",
        "name": "合成新人",
        "organisation": rows[masters.Organisation].pk,
    }


def _organisation(world: World, rows: Rows) -> Mapping[str, object]:
    return {"name": "合成改名", "kind": "firm", "place": "990101", "firm": world.firms["firma"],
            "active": "on"}  # fmt: skip


def _role(_: World, rows: Rows) -> Mapping[str, object]:
    """A role that the person does not have yet, in the official's organisation."""
    robot = rows[core.Robot]
    return {"organisation": robot.organisation, "role": "analyst"}  # type: ignore[attr-defined]


def _robot(_: World, rows: Rows) -> Mapping[str, object]:
    return {"organisation": rows[core.Robot].organisation, "kind": "wecom", "label": "合成",  # type: ignore[attr-defined]
            "url": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7xxx-4bc4"}  # fmt: skip


def _consent(world: World, _: Rows) -> Mapping[str, object]:
    today = timezone.localdate()
    return {"firm": world.firms["firma"], "fields": ["firm_indicator.output"],
            "valid_from": today, "valid_until": today + timedelta(days=60)}  # fmt: skip


def _of_official(verb: str) -> Callable[[World, Rows], Mapping[str, object]]:
    return lambda world, _: {"person": world.users["official"].pk, "verb": verb}


def _new_item(_: World, rows: Rows) -> Mapping[str, object]:
    batch = rows[policy.Batch]
    return {"verb": "save", "department": batch.department_id, "place": batch.place, "policy": "合成", "version": "9",  # type: ignore[attr-defined]
            "title": "合成事项", "sort": "award", "mode": "quick", "valid_from": "2026-01-01"}  # fmt: skip


def _new_pool(_: World, rows: Rows) -> Mapping[str, object]:
    batch = rows[policy.Batch]
    return {
        "verb": "open",
        "organisation": batch.department_id,
        "place": batch.place,
        "name": "合成资金池",
    }  # type: ignore[attr-defined]


def _new_permu(_: World, rows: Rows) -> Mapping[str, object]:
    batch = rows[policy.Batch]
    return {"verb": "open", "department": batch.department_id, "place": batch.place, "year": "2031",  # type: ignore[attr-defined]
            "rules": "zhejiang-typical", "answer_days": "5", "publicity_days": "5"}  # fmt: skip


def _of_permu(verb: str, why: str = "the batch is in publicity") -> Post:
    return Post("land-batch", _words(verb=verb, words="合成情况记录", reason="合成情况记录", document="合成文件一号",
                                     rules="zhejiang-typical", answer_days="5", publicity_days="5"),
                done=NOBODY, why=why)  # fmt: skip


def _of_sheet(verb: str, why: str) -> Post:
    return Post("land-sheet", _words(verb=verb, field="other", reason="合成情况记录", proof="合成文件一号"),
                done=NOBODY if why else None, why=why)  # fmt: skip


def _new_draft(_: World, rows: Rows) -> Mapping[str, object]:
    batch = rows[policy.Batch]
    return {"verb": "store", "department": batch.department_id, "place": batch.place,  # type: ignore[attr-defined]
            "text": "第一条 对上年度营业收入不低于2000万元的企业，给予一次性奖励20万元。"}  # fmt: skip


def _of_draft(verb: str, *, why: str = "", **data: object) -> Post:
    words = _words(verb=verb, words="合成情况记录", **data)
    return Post("policy-draft-one", words, done=NOBODY if why else None, why=why)


def _of_batch(verb: str, *, why: str = "") -> Post:
    return Post("policy-batch", _words(verb=verb), done=NOBODY if why else None, why=why)


def _of_case(verb: str, why: str = "an official states a purpose first") -> Post:
    return Post("policy-case", _words(verb=verb, words="合成情况记录"), done=NOBODY, why=why)


def _new_land_table(_: World, rows: Rows) -> Mapping[str, object]:
    made: Any = rows[land.LandTable]
    given = {"department": made.department_id, "place": made.place, "year": 2024, "days": 8}
    return given | {"verb": "open"}


def _of_parcel(verb: str, why: str = "an official states a purpose first") -> Post:
    return Post("land-parcel", _words(verb=verb), done=NOBODY, why=why)


def _of_land_file(verb: str, why: str = "an official states a purpose first") -> Post:
    return Post("land-lowuse-file", _words(verb=verb, words="合成情况记录"), done=NOBODY, why=why)


REASON = _words(reason="调离岗位")
POSTS: Mapping[str, Post] = {
    "masters.open_organisation": Post("organisation-new", _words(name="合成新单位", kind="park")),
    "masters.change_organisation": Post("organisation", _organisation),
    "masters.open_account": Post("person-new", _account),
    "masters.add_colleague": Post("person-new", _account),
    "masters.close_account": Post("person-close", REASON),
    "masters.grant_role": Post("person", _role),
    "masters.revoke_role": Post("role-revoke", REASON),
    "notices.read": Post("notice-open"),
    "notices.choose": Post("notice-choices"),
    "notices.add_robot": Post("robots", _robot),
    "notices.remove_robot": Post("robot-remove"),
    "notices.try_robot": Post("robot-try", done=NOBODY, why="its secret is not a sealed one"),
    "jobs.cancel": Post("job-cancel"),
    "papers.add": Post(
        "papers", lambda _world, _rows: {"verb": "add", "title": "合成材料", "file": Pdf()}, done=FIRMS,
        why="each firm to its own shelf",
    ),
    "papers.remove": Post("paper", _words(verb="remove"), done=NOBODY, why="it was handed in"),
    "imports.apply": Post("import-apply"),
    "imports.discard": Post("import-discard"),
    "imports.revise": Post("import-revise"),
    "imports.undo": Post("import-undo", done=NOBODY, why="nothing was applied yet"),
    "core.purpose": Post("purpose", _words(purpose="核对补链清单")),
    "consent.grant": Post("consent-grant", _consent),
    "consent.withdraw": Post("consent-withdraw", _words(confirm="on")),
    "publication.publish": Post("publication", done=NOBODY, why="another than the maker has to"),
    "publication.withdraw": Post(
        "publication", _words(verb="withdraw", reason="有误"), done=NOBODY, why="it is a draft"
    ),
    "policy.save_item": Post("policy-item-new", _new_item),
    "policy.declare_item": Post("policy-item", _words(verb="declare")),
    "policy.open_pool": Post("policy-pools", _new_pool),
    "policy.fund_pool": Post("policy-pool", _words(verb="fund", amount="1.00", words="合成文件一号")),
    "policy.verify_pool": Post("policy-pool", _words(verb="verify")),
    "policy.confirm_cases": _of_batch("confirm"),
    "policy.lapse_cases": _of_batch("lapse", why="the batch waits for answers"),
    "policy.publish_cases": _of_batch("publish", why="no case is at this step"),
    "policy.close_publicity": _of_batch("close", why="no case is at this step"),
    "policy.approve_cases": _of_batch("approve"),
    "policy.export_payments": _of_batch("export"),
    "policy.answer_case": _of_case("waive", "the case was paid"),
    "policy.object_case": _of_case("object"),
    "policy.settle_objection": _of_case("uphold"),
    "policy.release_instalment": _of_case("release"),
    "policy.review_case": _of_case("review"),
    "policy.claim_back": _of_case("claim"),
    "policy.note_recovered": _of_case("recovered"),
    "policy.reject_case": _of_case("reject"),
    "policy.hold_case": _of_case("hold"),
    "policy.lift_hold": _of_case("lift-1"),
    "policy.reconcile": Post(
        "policy-file", _words(verb="reconcile"), done=NOBODY, why="an official states a purpose first"
    ),
    "land.open_batch": Post("land-batch-new", _new_permu),
    "land.change_batch": _of_permu("change"), "land.send_sheets": _of_permu("send"),
    "land.calculate": _of_permu("calculate"),
    "land.recalculate": _of_permu("recalculate", "an objection is open"),
    "land.review_batch": _of_permu("review"), "land.return_batch": _of_permu("return"),
    "land.publish_batch": _of_permu("publish"),
    "land.close_publicity": _of_permu("close_publicity", "its days are running"),
    "land.approve_batch": _of_permu("approve"), "land.announce_batch": _of_permu("announce"),
    "land.start_measures": _of_permu("start"), "land.close_batch": _of_permu("close"),
    "land.withdraw_batch": Post("land-batch", _words(verb="withdraw", reason="合成情况记录")),
    "land.accept_sheet": _of_sheet("accept", "the term of the sheets is over"),
    "land.object_sheet": _of_sheet("object", "the term of the sheets is over"),
    "land.object_result": _of_sheet("result", ""),
    "land.object_for": _of_sheet("behalf", "an official states a purpose first"),
    "land.add_waiver": _of_sheet("waive", "an official states a purpose first"),
    "land.decide_objection": Post(
        "land-objection", _words(verb="dismiss", words="合成情况记录"), done=NOBODY,
        why="an official states a purpose first",
    ),
    "land.end_waiver": Post("land-batch-measures", _words(verb="end-1"), done=NOBODY, why="nothing is announced"),
    "land.open_table": Post("land-tables", _new_land_table),
    "land.publish_table": Post(
        "land-table", _words(verb="publish"), done=NOBODY, why="it is published already"
    ),
    "land.freeze_table": Post(
        "land-table", _words(verb="freeze"), done=NOBODY, why="who published it does not freeze it"
    ),
    "land.withdraw_table": Post("land-table", _words(verb="withdraw", words="合成撤回原因")),
    "land.object_line": Post(
        "land-own-land", _words(verb="object", line=1, claimed_m2=9, reason="合成理由", paper="合成文号一号"),
        done=FIRMS, why="each firm to its own row",
    ),
    "land.decide_line": Post(
        "land-line-objection", _words(verb="dismiss", words="合成理由", paper="合成文号一号"), done=NOBODY,
        why="an official states a purpose first",
    ),
    "land.open_parcel": _of_parcel("open", "it was entered before"),
    "land.record_event": _of_parcel("rectified"),
    "land.hand_in": Post("land-parcel", _words(
        verb="evidence", milestone="contract", papers=["commitment"], day="2026-06-02", document="合成材料")),
    "land.propose_event": _of_parcel("checked"),
    "land.confirm_proposal": _of_parcel("confirm-1"),
    "land.drop_proposal": _of_parcel("drop-1"),
    "lowuse.open_file": Post(
        "land-lowuse-parcel", _words(verb="open"), done=NOBODY, why="an official states a purpose first"
    ),
    "lowuse.verify_file": _of_land_file("verify"),
    "lowuse.plan_file": _of_land_file("plan"),
    "lowuse.decide_file": _of_land_file("decide"),
    "lowuse.check_file": _of_land_file("check"),
    "lowuse.talk_file": _of_land_file("talk"),
    "lowuse.report_file": _of_land_file("report"),
    "lowuse.close_file": _of_land_file("close"),
    "lowuse.withdraw_file": _of_land_file("withdraw"),
    "lowuse.answer_file": Post("land-lowuse-file", _words(verb="answer", words="合成意见")),
    "policy.store_drafts": Post("policy-draft", _new_draft),
    "policy.settle_draft": _of_draft("settle", left=["主题"]),
    "policy.confirm_draft": _of_draft("confirm", why="no field is ticked"),
    "policy.return_draft": _of_draft("return", why="nobody has confirmed it yet"),
    "policy.withdraw_draft": _of_draft("withdraw"),
    "tables.save_view": Post("view-save", _words(name="合成视图", query="")),
    "tables.delete_view": Post("view-delete"),
    "audit.verify": Post("audit-verify"),
    "security.issue_token": Post("api-token", _words(label="合成", days="30")),
    "security.revoke_token": Post(
        "api-token", lambda _, rows: {"revoke": rows[core.ApiToken].pk}, done=OWN,
        why="the page shows the own ones",
    ),
    "security.end_session": Post(
        "security-sessions", lambda _, rows: {"session": rows[core.LoginSession].pk}, done=OWN,
        why="the page shows the own ones",
    ),
    "security.end_sessions": Post(
        "security-people", _of_official("end_sessions"), done=who("security"),
        why="everybody ends the own ones elsewhere",
    ),
    "security.unlock": Post("security-people", _of_official("unlock")),
    "security.reset_factor": Post("security-people", _of_official("reset_factor")),
    "security.reset_password": Post("security-people", _of_official("reset_password")),
}  # fmt: skip
# Verbs without a form of their own, and why.
WITHOUT_FORM: Mapping[str, str] = {
    "audit.export": "reading /audit/export.xlsx", "tables.export": "reading an export",
    "core.purpose_end": "a button of the purpose's form", "imports.plan": "an upload: test_tabular",
    "jobs.start": "called by other verbs", "masters.enrol": "the command line",
    "masters.reopen_account": "the form of close_account, for a closed one",
    "policy.open_batch": "an upload: tests/modules/policy/test_benefit_pages",
    "policy.take_draft": "reading the document: tests/modules/policy/test_draft_confirming",
    "publication.draft": "its form offers nothing to others: test_publication_pages",
}  # fmt: skip
