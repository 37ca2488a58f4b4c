"""Candidates come in as one batch, all or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from django.utils import timezone

from jiqun.core.access import Viewer
from jiqun.core.actions import action, refuse
from jiqun.core.audit import record
from jiqun.core.forms import wrong
from jiqun.errors import Problem
from jiqun.modules.policy.benefits.helping import new_key
from jiqun.modules.policy.benefits.intake.candidates import Candidate, Checked, check_all
from jiqun.modules.policy.benefits.intake.opening import Account, Terms, make_cases
from jiqun.modules.policy.benefits.moving import move
from jiqun.modules.policy.benefits.once import Result, once
from jiqun.modules.policy.machine import Event, State
from jiqun.modules.policy.models import Batch, Case, Item, Pool
from jiqun.modules.policy.models.base import serves
from jiqun.modules.policy.models.cases import NOT_PAID


def may_open_batch(viewer: Viewer, department: int, place: str) -> bool:
    """An official of the bureau in charge, for a place that it answers for."""
    return serves(viewer, department, place)


@action("policy.open_batch", zh="导入兑付候选", en="bring in candidates for payment")
def open_batch(
    *,
    viewer: Viewer,
    title: str,
    place: str,
    department: int,
    pool: Pool,
    candidates: Sequence[Candidate],
    terms: Terms | None = None,
    key: str = "",
) -> Result:
    """Take a run of candidates, all or none, and check each.

    A candidate about a matter whose case waits for data completes that case. Doubts hold a case,
    missing data let it wait; neither refuses it.

    Args:
        viewer: An official of the bureau.
        title: What the batch is called.
        place: Code of the place.
        department: The bureau's organisation.
        pool: The fund that is to pay; of the same place.
        candidates: In the order of the source.
        terms: Default rule and terms; :class:`Terms` by default.
        key: The sender's idempotency key.

    Returns:
        ``{batch, cases, completed, pending, held}``.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-INPUT`` with every problem, ``E-POLICY-KEY``.
    """
    rules = terms or Terms()
    body = {
        "title": title, "place": place, "department": department, "pool": pool.key,
        "terms": asdict(rules), "candidates": [asdict(one) for one in candidates],
    }  # fmt: skip

    def run() -> Result:
        return _opened(viewer, _Asked(title, place, department, pool, rules), candidates)

    return once(viewer, "policy.open_batch", key, body, run)


class _Asked:
    """What the rows of a batch are made of."""

    def __init__(self, title: str, place: str, department: int, pool: Pool, terms: Terms) -> None:
        self.title, self.place, self.pool, self.terms = " ".join(title.split()), place, pool, terms
        self.department = department

    def problems(self, count: int) -> list[Problem]:
        """What is wrong with the batch itself."""
        found: list[Problem] = []
        if not self.title:
            found.append(wrong("title", "没有批次名称", "the batch has no name",
                               remedy_zh="请写明政策和年度。", remedy_en="Name policy and year."))  # fmt: skip
        if self.pool.place != self.place and not self.place.startswith(self.pool.place):
            found.append(wrong("pool", "资金池不属于本地", "the pool is another place's",
                               remedy_zh="请选择本地的资金池。", remedy_en="Choose one of the place."))  # fmt: skip
        if not count:
            found.append(wrong("candidates", "没有候选", "there is no candidate",
                               remedy_zh="文件至少要有一行。", remedy_en="The file needs a row at least."))  # fmt: skip
        known = self.terms.on_silence in Batch.Silence.values
        if not known or min(self.terms.answer_days, self.terms.publicity_days) < 1:
            found.append(wrong("terms", "期限或默认规则有误", "a term or the default rule is wrong",
                               remedy_zh="期限至少一个工作日。", remedy_en="One working day at least."))  # fmt: skip
        return found


def _opened(viewer: Viewer, asked: _Asked, candidates: Sequence[Candidate]) -> Result:
    versions = {(one.policy, one.version) for one in candidates}
    items = {pair: Item.objects.of(asked.place, *pair) for pair in versions}
    waiting, live = _live(candidates)
    taken, problems = check_all(asked.place, candidates, items, live, timezone.localdate())
    foreign = {
        item.policy for item in items.values() if item and item.department_id != asked.department
    }
    problems += [
        wrong("policy", f"“{policy}”由其他部门主管", f"another bureau answers for “{policy}”", value=policy,
              remedy_zh="请由主管部门导入。", remedy_en="That bureau brings it in.")
        for policy in sorted(foreign)
    ]  # fmt: skip
    refuse([*asked.problems(len(candidates)), *problems])
    batch = Batch.objects.create(
        key=new_key("PC"), title=asked.title[:120], place=asked.place, pool=asked.pool,
        department_id=asked.department, run=candidates[0].run[:80],
        snapshot=candidates[0].snapshot[:64], made_by_id=viewer.user_id, **asdict(asked.terms),
    )  # fmt: skip
    new = [one for one in taken if _matter(one.candidate) not in waiting]
    completed = [
        _completed(viewer, waiting[_matter(one.candidate)], one)
        for one in taken if _matter(one.candidate) in waiting and not one.missing
    ]  # fmt: skip
    made = make_cases(viewer, batch, new, _accounts([one.candidate.firm for one in new]))
    result: Result = {
        "batch": batch.key, "cases": len(made), "completed": len(completed),
        "pending": sum(bool(one.missing) for one in new), "held": sum(one.held for one in made),
    }  # fmt: skip
    record(viewer, "policy.open_batch", target=f"batch:{batch.key}", after=result)
    return result


def _matter(one: Candidate) -> tuple[str, str, str]:
    return one.policy, one.firm, one.subject


def _live(
    candidates: Sequence[Candidate],
) -> tuple[dict[tuple[str, str, str], Case], dict[tuple[str, str, str], Case]]:
    """Cases about the same matters: those that wait for data, and those that stand in the way."""
    firms = {one.firm for one in candidates}
    found = Case.objects.filter(firm__in=firms, policy__in={one.policy for one in candidates})
    waiting: dict[tuple[str, str, str], Case] = {}
    live: dict[tuple[str, str, str], Case] = {}
    for one in found.exclude(state__in=NOT_PAID).select_for_update():
        into = waiting if one.state == State.PENDING_DATA else live
        into[one.policy, one.firm, one.subject] = one
    return waiting, live


def _completed(viewer: Viewer, case: Case, one: Checked) -> Case:
    """Take over what a later run found about a case that was waiting for data."""
    said = one.candidate
    case.item, case.amount_fen = one.item, said.amount_fen
    case.instalments = list(said.instalments) or [said.amount_fen]
    case.trace = {**dict(said.trace), "run": said.run, "snapshot": said.snapshot, "version": said.version}  # fmt: skip
    case.made_by_id = viewer.user_id or case.made_by_id
    return move(viewer, case, Event.PASS, note=f"数据已补齐：{said.run}", verb="policy.open_batch")


def _accounts(firms: Sequence[str]) -> dict[str, Account]:
    """The account that each firm was paid on last."""
    found = Case.objects.filter(firm__in=set(firms), account__gt="", paid_fen__gt=0).order_by("pk")
    return {
        firm: (payee, bank, account)
        for firm, payee, bank, account in found.values_list("firm", "payee", "bank", "account")
    }
