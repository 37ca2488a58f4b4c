"""Documents of standard land, in Chinese as offices issue them: five papers of one parcel.

控制指标表 and 监管协议附件 say what the contract demands, 节点催告书 reminds of a deadline, 达产复核表 and
违约处理决定书 come after. What nobody has decided yet is marked as a draft and printed for officials alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from jiqun.core.access import Viewer
from jiqun.core.tabular import yuan
from jiqun.core.typeset import Block, Document, Facts, Table, chinese_day, issued, mark_of, printed
from jiqun.engine.land.clock.events import MILESTONES, Event, Kind, Milestone
from jiqun.engine.land.clock.status import Phase, Status
from jiqun.errors import JiqunError
from jiqun.errors import Kind as ErrorKind
from jiqun.facts.contract import contracts
from jiqun.modules.land.parcels import shown
from jiqun.modules.land.parcels.clock import WRONG, Standing
from jiqun.modules.land.parcels.contract import DEAL, control_of
from jiqun.modules.land.parcels.dossier import Dossier
from jiqun.modules.land.parcels.kinds import OUTCOMES
from jiqun.rules.land.read import rows as pack_rows

DRAFT = "代拟稿"
BLANK = "　"
SIGNED = ("出让人（盖章）及日期", "监管部门（盖章）及日期", "受让人（盖章）及日期")
CHECKING = ("发展改革", "工业和信息化", "自然资源", "生态环境", "税务")
NO_TERMS = frozenset({"code", "notice", "winner", "location"})  # nothing is kept or broken by them
GAPS = {"what": 7, "rate": 4, "fen": 5, "note": 6}
LATE = frozenset({Phase.DUE_SOON, Phase.OVERDUE})


@dataclass(frozen=True, slots=True)
class Paper:
    """One kind of paper: its name, when there is one, whether it is a draft yet, and how it is made."""

    zh: str
    en: str
    ready: Callable[[Standing], bool]
    draft: Callable[[Standing], bool]
    make: Callable[[Dossier], Document]


def papers_for(who: Viewer, one: Standing) -> dict[str, Paper]:
    """Return what can be printed of a parcel now; drafts for officials alone."""
    return {
        name: paper for name, paper in PAPERS.items()
        if paper.ready(one) and (who.official or not paper.draft(one))
    }  # fmt: skip


@issued
def make(name: str, of: Dossier, *, synthetic: bool) -> Document:
    """Return a paper of a parcel."""
    made = PAPERS[name]
    draft = [DRAFT] if made.draft(of.one) else []
    return replace(made.make(of), mark=mark_of(*draft, synthetic=synthetic))


def no_paper() -> JiqunError:
    """Return the error for a paper that does not exist, or not yet."""
    return JiqunError(
        "E-LAND-PAPER",
        "现在没有这份文书",
        "there is no such paper now",
        hint_zh="请从宗地或档案的页面打开文书；催告书在临期或逾期时、复核表在投产后才有。",
        hint_en="Open papers from the page of the parcel or file; each exists once its step has come.",
        kind=ErrorKind.NOT_FOUND,
    )


# ---- what the contract demands ------------------------------------------------------------------


def _about(of: Dossier) -> Facts:
    parcel, deal = of.one.parcel, of.deal
    area, term, price = deal.area_mu, deal.number("term"), parcel.price_fen
    deal_day = of.one.state.deal
    return Facts([
        ("宗地编号", parcel.code), ("坐落", parcel.location), ("土地用途", str(deal.record.get("use", ""))),
        ("面积", f"{float(area):,.2f} 亩" if area else ""),
        ("受让人", f"{parcel.firm_name}（{parcel.firm}）"),
        ("公告编号", str(deal.record.get("notice", ""))),
        ("成交日期", chinese_day(deal_day) if deal_day else ""),
        ("成交价", f"{yuan(price)} 元" if price else ""), ("出让年期", f"{float(term):g} 年" if term else ""),
    ])  # fmt: skip


def _basis(of: Dossier) -> Facts:
    parcel = of.one.parcel
    return Facts([
        ("计时规则", f"land/milestones/{parcel.rules}"), ("控制指标规则", f"land/control/{parcel.control}"),
        ("数据快照", parcel.snapshot[:12]), ("截至", chinese_day(of.one.today)),
    ])  # fmt: skip


def _agreed(of: Dossier) -> Block:
    items = of.judged.items
    if not items:
        return "公告没有约定控制指标，或都读不出；请对照公告原文填写。"
    rows = shown.control_rows(items, of.found)
    return printed(shown.CONTROL, rows, {"indicator": 8, "agreed": 5, "unit": 4})


def _unread(of: Dossier) -> list[Block]:
    columns = {one.name: one.zh for one in contracts()[DEAL].columns}
    unread = [one for one in of.deal.problems if one.column not in NO_TERMS]
    if not unread:
        return []
    said = "；".join(f"{columns.get(one.column, one.column)}“{one.value}”" for one in unread)
    return [f"公告中以下内容读不出，未列入：{said}。"]


def _signatures(*names: str) -> Facts:
    return Facts([(name, BLANK) for name in names])


def _control(of: Dossier) -> Document:
    assessed = [
        [row["zh"], "", ""] for row in pack_rows(control_of(of.one.parcel), "regional_assessments")
    ]
    return Document("标准地控制指标表", [
        _about(of), "# 一、控制指标", _agreed(of), *_unread(of),
        "# 二、区域评估", "已由区域统一完成的填写成果编号和有效期，项目不再单独办理。",
        Table(("事项", "成果编号", "有效期至"), assessed, widths=(8, 6, 4)),
        "# 三、依据", _basis(of), _signatures(*SIGNED),
    ])  # fmt: skip


def _annex(of: Dossier) -> Document:
    one, rules = of.one, of.one.terms.rules
    causes = "、".join(zh for zh, _ in rules.causes.values())
    window = round(control_of(one.parcel).values()["breach.tax_window"])
    blocks: list[Block] = [
        _about(of), "# 一、控制指标", _agreed(of), *_unread(of),
        "# 二、建设投产节点", _milestones(of),
        (f"每个节点最多延期 {rules.extensions} 次，每次不超过 {rules.extension_months} 个月。"
         f"因下列事由并有文件的，期限中止计算、按日顺延：{causes}。"),
        "# 三、履约保证金", _bond(of),
        "# 四、违约责任的测算",
        (f"税收：考核期为投产后 {window} 个完整年度，每年按（约定亩均税收－实际亩均税收）×面积补差，达标年份为零，"
         "年份之间不相抵。投资强度、容积率：按不足的比例乘以成交价。节点：逾期的按监管协议整改，整改期最长 "
         f"{rules.rectify_months} 个月。具体处理以监管协议和主管部门决定为准。"),
        "# 五、依据", _basis(of), _signatures(*SIGNED),
    ]  # fmt: skip
    return Document("投入产出监管协议附件", blocks)


def _milestones(of: Dossier) -> Block:
    wanted, words = of.one.terms.rules.evidence, shown.papers_of(of.one.parcel.rules)
    lines = [
        [MILESTONES[at.milestone][0], _due(at), shown.listed(wanted.get(at.milestone, ()), words) or "—"]
        for at in of.one.milestones
    ]  # fmt: skip
    return Table(("节点", "期限", "佐证材料"), lines, widths=(4, 6, 9))


def _due(at: Status) -> str:
    if at.deadline is None:
        return "—"
    return chinese_day(at.deadline.day) + (
        "（预计，随前一节点变动）" if at.deadline.projected else ""
    )


def _bond(of: Dossier) -> Block:
    if not of.costs.bond:
        return "履约保证金金额未知，请按出让合同填写。"
    return printed(shown.BOND, shown.bond_rows(of.costs), {"milestone": 6, "fen": 6, "state": 4})


# ---- reminding ----------------------------------------------------------------------------------


def _pressing(one: Standing) -> Status | None:
    """The milestone that a reminder is about: not reached, its deadline near or over."""
    at = one.next
    fine = at is not None and at.reached is None and at.phase in LATE and at.deadline is not None
    return at if fine else None


def _reminder(of: Dossier) -> Document:
    one, at = of.one, _pressing(of.one)
    if at is None or at.deadline is None:
        raise ValueError("no milestone is due")
    name, rules = MILESTONES[at.milestone][0], one.terms.rules
    late = f"已逾期 {at.overdue} 天" if at.overdue else f"距到期还有 {at.left} 天"
    lacking = shown.listed(at.lacking, shown.papers_of(one.parcel.rules))
    left = rules.extensions - at.extensions
    ask = (
        f"确有困难的，请书面申请延期并附证明材料；该节点还可延期 {left} 次，每次不超过 {rules.extension_months} 个月。"
        if left > 0 else "该节点的延期次数已经用完。"
    )  # fmt: skip
    return Document(
        "标准地履约节点催告书",
        [(f"你单位受让的{one.parcel.location or one.parcel.code}（宗地编号 {one.parcel.code}），"
          f"按出让合同和监管协议应于{chinese_day(at.deadline.day)}前完成“{name}”，{late}。现催告如下："),
         f"一、请抓紧完成“{name}”，完成后及时登记并通知我单位核查。",
         f"二、请补交：{lacking}。" if lacking else "二、该节点的佐证材料已交齐。",
         f"三、{ask}",
         "四、逾期未完成又未获准延期的，将按监管协议责令整改并处理履约保证金。", _basis(of)],
        addressee=one.parcel.firm_name, signed=one.parcel.department.name, day=one.today,
    )  # fmt: skip


# ---- the review, and what follows ---------------------------------------------------------------


def _last(one: Standing, kind: Kind, milestone: Milestone | None = None) -> Event | None:
    found = [
        each for each in one.state.live
        if each.kind is kind and milestone in {None, each.milestone}
    ]  # fmt: skip
    return found[-1] if found else None


def _review(of: Dossier) -> Document:
    one, judged = of.one, of.judged
    rows = shown.control_rows(judged.items, of.found)
    taxes = [
        row
        for row in shown.breach_rows(of.costs)
        if row["rate"] is not None or row["fen"] is not None
    ]
    made = _last(one, Kind.CHECKED, Milestone.FULL_PRODUCTION)
    outcome = OUTCOMES[made.outcome][0] if made and made.outcome else ""
    widths = {"indicator": 6, "agreed": 4, "actual": 4, "unit": 4, "rate": 3, "met": 3, "note": 5}
    gaps: list[Block] = ["# 二、缺口测算", printed(shown.BREACH, taxes, GAPS)] if taxes else []
    blocks: list[Block] = [
        _about(of), "# 一、控制指标", printed(shown.CONTROL, rows, widths) if rows else _agreed(of),
        f"按现有数据：{shown.OVERALL[judged.overall][0]}。未知的不按零计，由掌握数据的部门补充。",
        *gaps,
        "# 核查意见", Facts([(f"{name}部门意见（签字）", BLANK) for name in CHECKING]),
        Facts([("联合核查结论", outcome or "□ 达标　□ 部分达标　□ 不达标"),
               ("依据文号", made.document if made else BLANK),
               ("核查日期", chinese_day(made.day) if made else BLANK)]), _basis(of),
    ]  # fmt: skip
    return Document("标准地达产复核表", blocks)


def _in_breach(one: Standing) -> bool:
    return bool(one.state.measures) or one.phase in WRONG


def _undecided(one: Standing) -> bool:
    return not one.state.measures


def _decision(of: Dossier) -> Document:
    one, made = of.one, _last(of.one, Kind.MEASURE)
    at = next(
        (each for each in one.milestones if made and each.milestone is made.milestone), one.next
    )
    name = MILESTONES[at.milestone][0] if at else ""
    order = _last(one, Kind.RECTIFICATION_ORDERED)
    facts = f"你单位受让的{one.parcel.location or one.parcel.code}（宗地编号 {one.parcel.code}），“{name}”"
    if at is not None and at.outcome is not None:
        facts += f"经联合核查，结论为{OUTCOMES[at.outcome][0]}。"
    elif at is not None and at.deadline is not None:
        facts += f"应于{chinese_day(at.deadline.day)}前完成，至今逾期 {at.overdue} 天。"
    if order:
        facts += f"我单位已以{order.document}责令整改 {order.months} 个月。"
    rows = shown.breach_rows(of.costs)
    unknown = any(row["fen"] is None and row["rate"] is None for row in rows)
    blocks: list[Block] = [
        facts, "# 一、按合同测算",
        printed(shown.BREACH, rows, GAPS) if rows else "没有可以测算的缺口。",
        *(["未知的项目没有计入，不等于零；查清后另行测算。"] if unknown else []),
        "# 二、履约保证金", _bond(of), "# 三、处理决定",
        "（决定内容由主管部门填写）" if made is None else "按上述测算和监管协议处理，具体见所附决定事项。",
        "对本决定有异议的，可依法申请复核、仲裁或者提起诉讼。", _basis(of),
    ]  # fmt: skip
    return Document(
        "标准地违约处理决定书", blocks, number=made.document if made else "",
        addressee=one.parcel.firm_name, signed=one.parcel.department.name, day=made.day if made else one.today,
    )  # fmt: skip


def _always(_one: Standing) -> bool:
    return True


def _never(_one: Standing) -> bool:
    return False


PAPERS: Mapping[str, Paper] = {
    "control": Paper("控制指标表", "Control indicators", _always, _never, _control),
    "annex": Paper("监管协议附件", "Annex of the supervision agreement", _always, _never, _annex),
    "reminder": Paper("节点催告书", "Reminder of a milestone", lambda one: _pressing(one) is not None,
                      _always, _reminder),
    "review": Paper("达产复核表", "Review of full production",
                    lambda one: Milestone.PRODUCTION in one.state.reached, _never, _review),
    "decision": Paper("违约处理决定书", "Decision on a breach", _in_breach, _undecided, _decision),
}  # fmt: skip
