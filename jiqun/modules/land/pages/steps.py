"""What was done to a batch, and the forms of what can be done next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.forms import Form

from jiqun.core.access import Viewer
from jiqun.core.frame import Part, ask, note
from jiqun.core.tabular import Field, pick
from jiqun.modules.land.batch.office import actions as office
from jiqun.modules.land.models import Batch
from jiqun.modules.land.pages import forms
from jiqun.modules.land.states.batch import TABLE, Event, State

Words = tuple[str, str]
EVENTS: Mapping[str, Words] = {
    "open": ("建立批次", "opened"), "change": ("修改规则和期限", "rules and terms changed"),
    "send_sheets": ("发出一企一单", "sheets sent"), "calculate": ("结束核对并测算", "confirmation ended, calculated"),
    "recalculate": ("重新测算", "calculated again"), "review": ("复核", "reviewed"),
    "return": ("退回", "sent back"), "publish": ("公示", "made public"),
    "close_publicity": ("结束公示", "publicity ended"), "approve": ("审定", "approved"),
    "announce": ("公告", "announced"),
    "start_measures": ("启用措施", "measures in force"), "close": ("办结", "closed"), "withdraw": ("撤销", "withdrawn"),
    "sheet_accepted": ("企业全部认可", "all accepted"), "sheet_objected": ("企业提出异议", "objected"),
    "object": ("登记异议", "objection entered"), "upheld": ("异议成立", "objection upheld"),
    "dismissed": ("异议不成立", "objection dismissed"), "waive": ("暂缓措施", "measures suspended"),
    "end_waiver": ("终止暂缓", "suspension ended"),
}  # fmt: skip
STEPS = (
    Field("at", "时间", "When", "datetime"), Field("event", "办理", "Step"), Field("by", "办理人", "By"),
    Field("office", "单位", "Office"), Field("note", "说明", "Note"),
)  # fmt: skip


def step_rows(steps: list[Any]) -> list[dict[str, Any]]:
    """Steps as pages show them."""
    return [
        {"at": one.at, "event": pick(*EVENTS.get(one.event, (one.event, one.event))),
         "by": one.by.username if one.by else "", "office": one.office, "note": one.note}
        for one in steps
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Offer:
    """A form that a page offers in some states: the verb, its words, its fields, what to know of it.

    ``others`` are who may not do it; they, and who is of another office, are told who does, unless
    ``told`` is false. In the states of ``anywhere`` officials of any office of the place do it.
    """

    verb: str
    states: frozenset[State]
    words: Words
    form: Callable[[Batch], Form] | None
    about: Words
    others: Callable[[Batch], tuple[int | None, ...]] = lambda _one: ()
    told: bool = True
    anywhere: frozenset[State] = frozenset()


def _words(zh: str, en: str, name: str = "words") -> Callable[[Batch], Form]:
    return lambda _one: forms.words_form(zh, en, name)


def _in(*states: State) -> frozenset[State]:
    return frozenset(states)


_S = State
OFFERS = (
    Offer("send", _in(_S.COLLECTING), ("冻结规则并发出一企一单", "Freeze the rules and send the sheets"), None,
          ("发出后规则包和权重不能再改；企业收到通知。", "After that pack and weights are frozen; firms are told.")),
    Offer("change", _in(_S.COLLECTING), ("修改规则和期限", "Change rules and terms"), forms.terms_form, ("", "")),
    Offer("calculate", _in(_S.CONFIRMING), ("结束核对并测算", "End the confirmation and calculate"), None,
          ("期满后办理；没有答复的记为未回复。", "After the last day; silence is recorded as no answer.")),
    Offer("review", _in(_S.CALCULATED), ("复核通过", "Confirm the calculation"), _words("复核意见", "What was checked"),
          ("由测算人以外的人办理。", "By another person than who calculated."), lambda one: (one.calculated_by_id,)),
    Offer("return", _in(_S.CALCULATED, _S.APPROVAL), ("退回重新测算", "Send back"), _words("退回理由", "Why"),
          ("由测算人以外的人办理；退回后由主管部门重新测算。",
           "By another person than who calculated; then it is calculated again."),
          lambda one: (one.calculated_by_id,), told=False, anywhere=_in(_S.APPROVAL)),
    Offer("publish", _in(_S.REVIEWED), ("公示", "Make it public"), None,
          ("按批次的公示期限，只列企业名称和等级。", "For the term of the batch, name and grade alone.")),
    Offer("close_publicity", _in(_S.PUBLICITY), ("结束公示报审定", "End the publicity"), None,
          ("期满且没有待处理的异议时办理。", "After the last day, with no objection open.")),
    Offer("approve", _in(_S.APPROVAL), ("登记审定", "Enter the approval"),
          _words("领导小组审定文号", "Number of the leading group's document", "document"),
          ("由建立、测算、复核以外的人登记。", "By who neither opened, calculated nor reviewed."),
          lambda one: (one.made_by_id, one.calculated_by_id, one.reviewed_by_id), anywhere=_in(_S.APPROVAL)),
    Offer("announce", _in(_S.APPROVED), ("公告", "Announce"), _words("公告文号", "Number of the notice", "document"),
          ("公告后任何人都可查看。", "Everybody can see it then.")),
    Offer("start", _in(_S.ANNOUNCED), ("启用差别化措施", "Put the measures in force"), forms.measures_form, ("", "")),
    Offer("close", _in(_S.MEASURES), ("办结", "Close"), None,
          ("措施期满后办理。", "After the term of the measures.")),
    Offer("recalculate", _in(_S.CALCULATED, _S.RETURNED, _S.REVIEWED, _S.PUBLICITY, _S.APPROVAL),
          ("重新测算", "Calculate again"), _words("原因", "Why", "reason"),
          ("计入成立的异议和更正的数据；基准值沿用；之后重新复核和公示。",
           "Takes in upheld objections and corrections; benchmarks stay; review and publicity follow again."),
          told=False),
    Offer("withdraw", frozenset(state for state, event in TABLE if event == Event.WITHDRAW), ("撤销批次", "Withdraw"),
          _words("原因", "Why", "reason"), ("", "")),
)  # fmt: skip


def next_steps(who: Viewer, one: Batch) -> list[Part]:
    """The forms of what this person can do now; of a step that takes somebody else, who that is."""
    state, parts = State(one.state), list[Part]()
    of_office = office.may_change_batch(who, one)
    for offer in OFFERS:
        if state not in offer.states:
            continue
        if who.user_id in offer.others(one) or not (of_office or state in offer.anywhere):
            if offer.about[0] and offer.told:
                zh, en = offer.words
                parts.append(note((f"{zh}：{offer.about[0]}", f"{en}: {offer.about[1]}"), "info"))
            continue
        form = offer.form(one) if offer.form else None
        parts.append(ask(offer.words, [(offer.verb, offer.words)], form, offer.about))
    return parts
