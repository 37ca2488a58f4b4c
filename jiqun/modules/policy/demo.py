"""What the demo county shows of benefits without application: items, a fund, one batch on its way."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from django.contrib.auth.models import User
from django.utils import timezone

from jiqun.core.access import Viewer
from jiqun.facts.store.store import Store
from jiqun.masters.viewers import viewer_of
from jiqun.modules.policy.benefits.intake.actions import open_batch
from jiqun.modules.policy.benefits.intake.candidates import Candidate
from jiqun.modules.policy.benefits.intake.opening import Terms
from jiqun.modules.policy.benefits.items.actions import declare_item, save_item
from jiqun.modules.policy.benefits.ledger.actions import fund_pool, open_pool
from jiqun.modules.policy.benefits.office.actions import (
    confirm_cases,
    lapse_cases,
    publish_cases,
)
from jiqun.modules.policy.drafts.actions import store_drafts
from jiqun.modules.policy.machine import State
from jiqun.modules.policy.matching.candidates import candidates_of, item_values, payable
from jiqun.modules.policy.matching.findings import ENGINE
from jiqun.modules.policy.matching.selectors import MatchView, match_view
from jiqun.modules.policy.models import Batch, Case, Item, Pool
from jiqun.modules.policy.models.base import own_offices

PEOPLE = ("analyst", "reviewer", "finance", "payer")
PURPOSE = "演示免申即享全流程（合成数据）"
LISTED = ("HC-01@1", "HC-04@1")  # declared items; of the first a visitor opens the batch
UNDER_WAY = "HC-04@1"
FUND_FEN = 5_000_000_000  # fifty million yuan: both listed items in a county of 3,000 firms
WARN_FEN = 100_000_000
DOCUMENT = """\
合成示例县支持制造业企业发展若干措施（合成数据）
合成政发〔2026〕9号
第一条 对上年度营业收入不低于2000万元的规模以上工业企业，给予一次性奖励20万元。
第二条 对企业实施技术改造，当年设备投资额不低于500万元的，按设备投资额的8%给予补助，最高不超过200万元。
第三条 同一企业同一事项按就高不重复原则执行。
第四条 本措施自2026年1月1日起施行，有效期至2027年12月31日。
"""
OVER = 30  # days since the publicity of the batch that is under way


def demo_benefits(facts: Store) -> None:
    """List two items, fill a fund and bring one batch to the end of its publicity, once.

    Everything goes by the verbs that the pages use, with the demo's four officials, so that the
    log, the ledger and the four eyes are real; only the terms for the firms' answers and of the
    publicity are put into the past, which the title of the batch says. Without the demo's
    accounts, without matches, or where an item is listed already, nothing is done.
    """
    people = {one.username: one for one in User.objects.filter(username__in=PEOPLE)}
    if len(people) < len(PEOPLE) or Item.objects.exists() or not facts.runs(ENGINE):
        return
    who = {name: viewer_of(user, purpose=PURPOSE) for name, user in people.items()}
    view = match_view(facts, who["analyst"])
    listed = [key for key in LISTED if key in view.matched.rules.entries]
    for key in listed:
        _listed(who, view, key)
    pool = _pool(who, view.place)
    _drafted(who, view.place)
    if UNDER_WAY in listed and not payable(view, UNDER_WAY).is_empty():
        _under_way(who, view, pool)


def _listed(who: dict[str, Viewer], view: MatchView, key: str) -> None:
    office = own_offices(who["analyst"])[0]
    values = {**item_values(view.matched.rules, key), "contact": "0000-0000000（合成）"}
    made = save_item(viewer=who["analyst"], department=office.pk, place=view.place, values=values)
    declare_item(viewer=who["reviewer"], item=made)


def _drafted(who: dict[str, Viewer], place: str) -> None:
    """A document read into drafts: what was read beside its words, the rest open."""
    office = own_offices(who["analyst"])[0]
    store_drafts(viewer=who["analyst"], department=office.pk, place=place, text=DOCUMENT)


def _pool(who: dict[str, Viewer], place: str) -> Pool:
    office = own_offices(who["finance"])[0]
    made = open_pool(
        viewer=who["finance"], organisation=office.pk, place=place, name="惠企资金池（合成数据）",
        warn_fen=WARN_FEN,
    )  # fmt: skip
    fund_pool(viewer=who["finance"], pool=made, amount_fen=FUND_FEN, document="合成财预〔2026〕1号")
    return made


def _under_way(who: dict[str, Viewer], view: MatchView, pool: Pool) -> None:
    title = view.matched.rules.entries[UNDER_WAY].policy.title
    found = candidates_of(view, who["analyst"], UNDER_WAY)
    # One firm has no account on file: its case is held, so that a hold is to be seen too.
    found = [*(_with_account(one, n) for n, one in enumerate(found[:-1], start=1)), found[-1]]
    done = open_batch(
        viewer=who["analyst"], title=f"{title} {view.event.year}，公示期已满", place=view.place,
        department=own_offices(who["analyst"])[0].pk, pool=pool, candidates=found,
        terms=Terms(on_silence=Batch.Silence.ACCEPT), key=f"match {view.run.run} {UNDER_WAY}",
    )  # fmt: skip
    batch = Batch.objects.get(key=done["batch"])
    past = timezone.localdate() - dt.timedelta(days=OVER)
    confirm_cases(viewer=who["reviewer"], batch=batch)
    _put_back(batch, State.FIRM, answer_until=past)
    lapse_cases(viewer=who["analyst"], batch=batch)
    publish_cases(viewer=who["analyst"], batch=batch)
    _put_back(batch, State.PUBLICITY, public_from=past, public_until=past + dt.timedelta(days=7))


def _with_account(one: Candidate, number: int) -> Candidate:
    return replace(
        one, payee=one.firm_name, bank="合成银行示例县支行", account=f"622202{number:013d}"
    )


def _put_back(batch: Batch, state: State, **days: dt.date) -> None:
    Case.objects.filter(batch=batch, state=state).update(**days)
