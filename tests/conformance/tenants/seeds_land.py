"""Rows of land, of every tenant: land tables, batches, files of low-efficiency land, standard land."""

from __future__ import annotations

import datetime as dt

from django.contrib.auth.models import User
from django.db.models import Model
from django.utils import timezone

from jiqun.masters import models as masters
from jiqun.modules.land import models as land
from jiqun.modules.land.evaluation.findings import scheme_for
from tests.conformance.tenants.canary import word
from tests.conformance.tenants.world import PLACE, TENANTS, Owned, World

TODAY = dt.date(2026, 6, 1)
AMOUNT = 12_345
PERMU = "zhejiang-huangyan-2022"


def office_of(user: User) -> masters.Organisation:
    """The first organisation that a person belongs to: a later seed may give it another."""
    return masters.Organisation.objects.filter(membership__user=user).earliest("pk")


def _plain_office(user: User, name: str, place: str) -> masters.Organisation:
    """An office of an official whose name may stand on public pages: no canary is in it."""
    office = masters.Organisation.objects.create(name=name, kind="bureau", place=place)
    masters.Membership.objects.create(user=user, organisation=office, role="analyst")
    return office


def land_tables(world: World, tenant: str) -> list[Model]:
    """A land table of each official; in that of the firms' place a row and an objection of each."""
    if tenant not in {"official", "elsewhere"}:
        return []
    user, place = world.users[tenant], str(TENANTS[tenant][1])  # type: ignore[index]
    until = timezone.localdate() + dt.timedelta(days=9)
    office = _plain_office(user, f"合成国土所 {tenant}", place)
    table = land.LandTable.objects.create(
        key=f"landtable-{tenant}", place=place, year=2025, state="published", snapshot="s", digest="d",
        department=office, made_by=user, published_by=user,
        notes=[[word(tenant, "landnote")] * 2], public_from=until - dt.timedelta(days=12), public_until=until,
    )  # fmt: skip
    if tenant == "official":
        for firm in world.firms:
            world.rows += [Owned(firm, row) for row in _land_of(world, firm, table)]
    return [table]


def _land_of(world: World, firm: str, table: land.LandTable) -> list[Model]:
    """A row with two lines, the first of them objected to."""
    code, user = world.firms[firm], world.users[firm]
    lines = [
        {"firm": code, "parcel": f"合成宗地{number}", "kind": "own", "area": 10_000, "floor": 0, "total_floor": 0,
         "first": None, "last": None, "document": word(firm, "evidence"), "town": table.place, "source": "合成",
         "as_of": None, "counted": 10_000, "problem": None}
        for number in (1, 2)
    ]  # fmt: skip
    return [
        land.LandRow.objects.create(table=table, firm=code, firm_name="合成企业", area_m2=200.0, own_m2=200.0,
                                    towns={table.place: 20_000}, lines=lines),
        land.LandObjection.objects.create(
            table=table, firm=code, firm_name=word(firm, "name"), parcel="合成宗地1", kind="own",
            document=word(firm, "evidence"), stated_dm2=10_000, claimed_dm2=9_000, reason=word(firm, "note"),
            paper=word(firm, "evidence"), made_by=user, published_by=world.users["official"],
        ),
    ]  # fmt: skip


def permu(world: World, tenant: str) -> list[Model]:
    """Batches of the two officials: one in publicity, of an office with a plain name, and one just opened."""
    if tenant not in {"official", "elsewhere"}:
        return []
    user, place = world.users[tenant], str(TENANTS[tenant][1])  # type: ignore[index]
    office = _plain_office(user, f"合成亩均办 {tenant}", place)
    if tenant == "elsewhere":
        return [land.Batch.objects.create(
            key="permu-elsewhere", place=place, year=2025, department=office, rules=PERMU, made_by=user,
            notice_document=word(tenant, "permu"),
        )]  # fmt: skip
    run, today = world.store.runs("land_batch")[0], timezone.localdate()
    digest = scheme_for(PERMU, 2025).digest
    batch = land.Batch.objects.create(
        key="permu-official", place=place, year=2025, department=office, rules=PERMU, rules_digest=digest,
        state="publicity", public_from=today, public_until=today + dt.timedelta(days=9), made_by=user,
        calculated_by=user, reviewed_by=world.users["system"], notice_document=word(tenant, "permu"),
    )  # fmt: skip
    made = land.Calculation.objects.create(
        batch=batch, number=1, reason=word(tenant, "calculation"), run=run.run, snapshot=run.snapshot,
        rules_version=run.rules_version, rules_digest=digest, code_version=run.code_version, benchmarks={},
        inputs_digest=run.params["inputs"], benchmarks_digest=run.params["frozen"], firms=run.rows,
        result_digest=run.params["digest"], made_by=user,
    )  # fmt: skip
    for firm in world.firms:
        world.rows += [Owned(firm, row) for row in _sheet(world, firm, batch)]
    step = land.Step.objects.create(
        batch=batch, event="publish", before="reviewed", after="publicity", by=user, note=word(tenant, "step")
    )  # fmt: skip
    return [batch, made, step]


def _sheet(world: World, firm: str, batch: land.Batch) -> list[Model]:
    """A firm's sheet with an open objection and a waiver."""
    code, user = world.firms[firm], world.users[firm]
    shared = {"batch": batch, "place": batch.place, "firm": code, "firm_name": word(firm, "name")}
    figures = [{"name": "tax", "indicator": "tax", "value": AMOUNT, "unit": "CNY_fen", "source": word(firm, "subject"),
                "as_of": "2026-01-31"}]  # fmt: skip
    return [
        land.Sheet.objects.create(key=f"sheet-{firm}", figures=figures, **shared),
        land.Objection.objects.create(
            key=f"objection-{firm}", stage="publicity", field="tax", shown=AMOUNT, claimed=1,
            reason=word(firm, "evidence"), proof=word(firm, "evidence"), made_by=user, **shared,
        ),
        land.Waiver.objects.create(
            decision=word(firm, "evidence"), commitment=word(firm, "condition"), until=TODAY,
            made_by=world.users["official"], **shared,
        ),
        land.Step.objects.create(
            batch=batch, firm=code, event="object", before="publicity", after="publicity", by=user,
            note=word(firm, "note"),
        ),
    ]  # fmt: skip


def low_use(world: World, tenant: str) -> list[Model]:
    """A firm's file of low-efficiency land: planned by the official, decided and reported by another."""
    if tenant not in world.firms:
        return []
    one, two = (world.users[name] for name in ("official", "system"))
    made = land.LandFile.objects.create(
        key=f"land-{tenant}", parcel=f"P-{tenant}", place=PLACE, location=word(tenant, "location"),
        firm=world.firms[tenant], firm_name=word(tenant, "name"), area_m2=1_000, trace={"reasons": []},
        office=office_of(one), state="reported", tool="improve",
        responsible=word(tenant, "responsible"), due=TODAY, released_m2=400, tax_before_fen=AMOUNT,
        tax_after_fen=AMOUNT, made_by=one, planned_by=one, decided_by=two, reported_by=two,
    )  # fmt: skip
    entry = land.LandFileEntry.objects.create(
        file=made, event="check", before="progress", after="progress", on=TODAY, document=word(tenant, "document"),
        words=word(tenant, "note"), by=one,
    )  # fmt: skip
    return [made, entry]


def standard_land(world: World, tenant: str) -> list[Model]:
    """A firm's parcel under the official's bureau: its deal, and what waits for a second official."""
    if tenant not in world.firms:
        return []
    official = world.users["official"]
    parcel = land.Parcel.objects.create(
        code=f"parcel-{tenant}", place="990101", firm=world.firms[tenant], firm_name=word(tenant, "name"),
        location="合成路", department=office_of(official),
        record={"area": "20000", "notice": "合成公告", "tax": "≥15", "term": "50"}, price_fen=AMOUNT, bond_fen=AMOUNT,
        rules="jiqun-2026.1", control="jiqun-2026.1", reading="jiqun-2026.1", made_by=official,
    )  # fmt: skip
    said = {"parcel": parcel, "day": TODAY, "note": word(tenant, "note"), "made_by": official}
    return [
        parcel,
        land.ParcelEvent.objects.create(seq=1, kind="deal", document="合成公告", recorded=TODAY, **said),
        land.ParcelProposal.objects.create(kind="measure", milestone="contract", document="合成文书", **said),
    ]  # fmt: skip
