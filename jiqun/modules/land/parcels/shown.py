"""How pages and files show a parcel: words of states, rows of tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jiqun.core.access import Viewer
from jiqun.core.tabular import Field, pick, yuan
from jiqun.engine.land.clock.events import KINDS, MILESTONES, Event, Kind, Milestone
from jiqun.engine.land.clock.status import PHASES, Phase, Status
from jiqun.engine.land.control import Compliance, Overall
from jiqun.engine.land.tenure import MILESTONES as MILESTONES_MET
from jiqun.engine.land.tenure import RECENT_GRADES, VETO
from jiqun.engine.land.words import Fact
from jiqun.modules.land.models import ParcelEvent, ParcelProposal
from jiqun.modules.land.parcels.clock import Standing
from jiqun.modules.land.parcels.kinds import OUTCOMES
from jiqun.modules.land.parcels.measured import Measured
from jiqun.modules.land.parcels.reckoning import Reckoning
from jiqun.modules.land.parcels.renewing import Renewing
from jiqun.rules.land.read import rows as pack_rows
from jiqun.rules.loader import pack

Row = dict[str, Any]
PHASE_WORDS = {str(one): words for one, words in PHASES.items()}
MILESTONE_WORDS = {str(one): words for one, words in MILESTONES.items()}
BADGES: Mapping[str, str] = {
    Phase.ON_TRACK: "plain", Phase.DUE_SOON: "warning", Phase.OVERDUE: "missing",
    Phase.EXTENSION_REQUESTED: "warning", Phase.EXTENDED: "plain", Phase.RECTIFYING: "warning", Phase.MET: "good",
    Phase.PARTIALLY_MET: "weak", Phase.BREACHED: "missing", Phase.MEASURE: "missing", Phase.CLOSED: "plain",
    Phase.RESUMED: "plain",
}  # fmt: skip
MEASURED_WORDS = {
    True: ("达到", "kept"),
    False: ("未达到", "not kept"),
    None: ("未知", "not known"),
}
MET_BADGES = {True: "good", False: "missing", None: "undisclosed"}
OVERALL: Mapping[Overall, tuple[str, str]] = {
    Overall.MET: ("硬性指标全部达到", "all hard indicators are kept"),
    Overall.PARTIAL: ("部分达标", "partially met"), Overall.BREACH: ("有硬性指标不达标", "a hard indicator is broken"),
    Overall.UNDETERMINED: ("数据不全，不能判定", "not all is known, it cannot be told"),
}  # fmt: skip
UNITS: Mapping[str, tuple[int, str]] = {
    "fen/mu": (1_000_000, "万元/亩"), "fen/tce": (1_000_000, "万元/吨标准煤"), "fen/m2": (100, "元/平方米"),
    "person": (1, "人"),
}  # fmt: skip
UNITS_EN = {
    "万元/亩": "CNY 10k/mu",
    "万元/吨标准煤": "CNY 10k/tce",
    "元/平方米": "CNY/m²",
    "人": "persons",
}
SHARES = frozenset(
    {"building_density", "building_coefficient", "green", "rd_share", "admin_land", "admin_floor"}
)
MILESTONES_TABLE = (
    Field("milestone", "节点", "Milestone"),
    Field("due", "期限", "Due", "date"),
    Field("reached", "完成日期", "Reached", "date"),
    Field("phase", "状态", "State", "words", words=PHASE_WORDS),
    Field("left", "剩余天数", "Days left", "integer"),
    Field("overdue", "逾期天数", "Days late", "integer"),
    Field("stopped", "中止计时天数", "Days the clock stood", "integer"),
    Field("extensions", "已延期", "Extensions", "integer"),
    Field("handed", "已交材料", "Handed in"),
    Field("lacking", "还缺材料", "Lacking"),
)  # fmt: skip
SELDOM = frozenset({"overdue", "stopped", "extensions"})
STOPS = (
    Field("document", "文号", "Document"), Field("cause", "事由", "Cause"), Field("first", "中止日", "From", "date"),
    Field("after", "恢复日", "Runs again from", "date"),
)  # fmt: skip
CONTROL = (
    Field("indicator", "控制指标", "Indicator"), Field("agreed", "合同约定", "Agreed"),
    Field("actual", "实际", "Actual", about_zh="来自登记与企业数据",
          about_en="from the register and the firm's figures"),
    Field("unit", "单位", "Unit"), Field("rate", "达标率", "Rate", "share"),
    Field("met", "结论", "Result"), Field("note", "说明", "Note"),
)  # fmt: skip
BREACH = (
    Field("what", "项目", "Item"), Field("rate", "达标率或缺口", "Rate or shortage", "share"),
    Field("fen", "金额", "Amount", "money_wan"), Field("note", "说明", "Note"),
)  # fmt: skip
BOND = (
    Field("milestone", "节点", "Milestone"),
    Field("fen", "金额", "Amount", "money_yuan"),
    Field("state", "状态", "State"),
)
RENEWAL = (
    Field("test", "条件", "Condition"), Field("found", "现在", "Now"), Field("result", "结论", "Result"),
    Field("holder", "由谁掌握", "Held by"),
)  # fmt: skip
EVENTS = (
    Field("seq", "序号", "No.", "integer"), Field("day", "发生日期", "Day", "date"),
    Field("event", "事项", "Event"), Field("about", "内容", "Content"), Field("document", "依据文号", "Document"),
    Field("by", "登记", "Entered by"), Field("confirmed", "复核", "Confirmed by"),
    Field("recorded", "登记日期", "Entered", "date"), Field("note", "说明", "Note"),
)  # fmt: skip
WAITING = (
    Field("event", "事项", "Event"), Field("about", "内容", "Content"), Field("day", "日期", "Day", "date"),
    Field("document", "依据文号", "Document"), Field("by", "登记", "Entered by"), Field("note", "说明", "Note"),
)  # fmt: skip


def papers_of(rules: str) -> dict[str, tuple[str, str]]:
    """Return what papers and evidence are called, by code."""
    known = pack("land/milestones", rules)
    return {
        row["code"]: (row["zh"], row["en"])
        for name in ("papers", "evidence")
        for row in pack_rows(known, name)
    }


def listed(codes: Sequence[str], words: Mapping[str, tuple[str, str]]) -> str | None:
    """Return what codes mean in one text, None for none."""
    return pick("、", ", ").join(pick(*words.get(one, (one, one))) for one in codes) or None


def milestone_fields(rows: Sequence[Row]) -> tuple[Field, ...]:
    """The columns of milestones: what seldom happens has one only where it did."""
    return tuple(
        one
        for one in MILESTONES_TABLE
        if one.name not in SELDOM or any(row[one.name] is not None for row in rows)
    )


def milestone_rows(one: Standing) -> list[Row]:
    """Every milestone on the day."""
    words = papers_of(one.parcel.rules)
    return [_milestone(one, at, words) for at in one.milestones]


def _milestone(one: Standing, at: Status, words: Mapping[str, tuple[str, str]]) -> Row:
    handed = sorted(one.state.evidence.get(at.milestone, frozenset()))
    projected = at.deadline is not None and at.deadline.projected
    said = [pick("预计", "projected")] if projected else []
    said += [pick("计时中止", "clock stands still")] if at.stopped and at.reached is None else []
    said += [pick("待联合核查", "awaits its check")] if at.awaits_check else []
    said += (
        [pick(f"整改至 {at.rectify_by}", f"to be rectified by {at.rectify_by}")]
        if at.rectify_by
        else []
    )
    return {
        "milestone": pick(*MILESTONES[at.milestone]), "milestone_note": pick("；", "; ").join(said),
        "due": at.deadline.day if at.deadline else None, "reached": at.reached,
        "phase": str(at.phase), "phase_badge": BADGES[at.phase], "left": at.left,
        "overdue": at.overdue or None, "stopped": (at.deadline.stopped if at.deadline else 0) or None,
        "extensions": at.extensions or None, "handed": listed(handed, words), "lacking": listed(at.lacking, words),
    }  # fmt: skip


def clock_facts(one: Standing) -> list[tuple[str, str]]:
    """A parcel's clock in a few lines: state, the milestone in hand, its day, and how far that is."""
    at = one.next
    lines = [(pick("标准地状态", "State of the contract"), pick(*PHASES[one.phase]))]
    if at is None:
        return lines
    due = at.deadline.day.isoformat() if at.deadline else pick("未定", "not known yet")
    lines += [
        (pick("当前节点", "Milestone"), pick(*MILESTONES[at.milestone])),
        (pick("期限", "Due"), due),
    ]
    if at.overdue:
        lines.append((pick("已逾期", "Late by"), pick(f"{at.overdue} 天", f"{at.overdue} days")))
    elif at.left is not None:
        lines.append((pick("剩余", "Left"), pick(f"{at.left} 天", f"{at.left} days")))
    return lines


def stop_rows(one: Standing) -> list[Row]:
    """Every stop of the clock."""
    causes = one.terms.rules.causes
    return [
        {"document": stop.document, "cause": listed([stop.cause], causes), "first": stop.first, "after": stop.after}
        for stop in one.state.stops
    ]  # fmt: skip


# ---- control, breach, bond ----------------------------------------------------------------------


def control_rows(items: Sequence[Compliance], found: Measured) -> list[Row]:
    """Agreed and actual values of each indicator; an unknown one says who holds it."""
    return [_control(item, found) for item in items]


def before_review(one: Standing) -> tuple[str, str]:
    """What must be known about the table above while the review of full production is not yet due."""
    review = next((at for at in one.milestones if at.milestone is Milestone.FULL_PRODUCTION), None)
    if review is None or review.reached or not review.deadline or review.deadline.day <= one.today:
        return "", ""
    day = review.deadline.day
    return (
        f"达产复核 {day} 才到期，此前只是按现有数据对照，不作结论。",
        f"The review of full production is due on {day}; until then this compares and concludes nothing. ",
    )


def _control(item: Compliance, found: Measured) -> Row:
    standard, code = item.standard, item.standard.code
    factor, unit = UNITS.get(standard.unit, (1, ""))
    if code in SHARES:
        factor, unit = 1, "%"
    year = found.year.get(code, "")
    note = (
        (pick(f"{year} 年", year) if year else "")
        if item.actual is not None
        else pick(*found.why.get(code, ("", "")))
    )
    hard = "" if standard.hard else pick("（参考）", " (for reference)")

    def said(value: Any) -> str:
        number = float(value / factor) * (100 if unit == "%" else 1)
        return f"{number:,.2f}".rstrip("0").rstrip(".")

    low, high = standard.low, standard.high
    both = low is not None and high is not None
    agreed = (
        f"{said(low)}–{said(high)}"
        if both
        else f"≥{said(low)}"
        if low is not None
        else f"≤{said(high)}"
    )
    return {
        "indicator": pick(standard.zh, standard.en) + hard, "agreed": agreed,
        "actual": None if item.actual is None else said(item.actual),
        "unit": pick(unit, UNITS_EN.get(unit, unit)), "rate": None if item.rate is None else float(item.rate),
        "met": pick(*MEASURED_WORDS[item.met]), "met_badge": MET_BADGES[item.met], "note": note or None,
    }  # fmt: skip


def breach_rows(found: Reckoning) -> list[Row]:
    """Tax gaps by year, shortages and the idle fee; unknown years stay unknown."""
    rows: list[Row] = []
    if found.gap is not None:
        for year, gap, rate in zip(found.years, found.gap.gaps, found.gap.rates, strict=True):
            rows.append({
                "what": pick(f"{year} 年税收补差", f"tax compensation of {year}"), "fen": gap,
                "rate": None if rate is None else float(rate),
                "note": None if gap is not None else pick("当年税收未知（税务局掌握）",
                                                          "tax of the year is not known (tax bureau)"),
            })  # fmt: skip
        whole = found.gap.complete and len(found.years) == found.window
        rows.append({
            "what": pick("税收补差合计", "tax compensation in all"), "rate": None,
            "fen": found.gap.total if any(gap is not None for gap in found.gap.gaps) else None,
            "note": None if whole else pick("考核期未满或有年份未知，不是最终数",
                                            "the window is not over or a year is not known: not final"),
        })  # fmt: skip
    for standard, short in found.shortages:
        rows.append({
            "what": pick(f"{standard.zh}不足违约金", f"damages for short {standard.en}"), "fen": short.damages,
            "rate": None if short.ratio is None else float(short.ratio),
            "note": None if short.ratio is not None else pick("实际值未知", "the actual value is not known"),
        })  # fmt: skip
    if found.idle is not None:
        rows.append({"what": pick("土地闲置费", "fee for idle land"), "rate": None, "fen": found.idle,
                     "note": pick("约定开工日后满一年未开工", "no works a year after the agreed start")})  # fmt: skip
    return rows


def bond_rows(found: Reckoning) -> list[Row]:
    """Parts of the bond."""
    return [
        {"milestone": pick(*MILESTONES[one.milestone]), "fen": one.fen,
         "state": pick("已退还", "returned") if one.returned else pick("在管", "held"),
         "state_badge": "good" if one.returned else "plain"}
        for one in found.bond
    ]  # fmt: skip


# ---- renewal ------------------------------------------------------------------------------------


def renewal_rows(found: Renewing) -> list[Row]:
    """The conditions of a renewal by agreement, what is known of each, and the result."""
    grades = pick("；", "; ").join(
        pick(f"{year} 年 {grade or '未知'}", f"{year}: {grade or 'unknown'}") for year, grade in found.grades
    )  # fmt: skip
    yes_no = {
        True: pick("是", "yes"),
        False: pick("否", "no"),
        None: pick("尚未全部到期或未知", "still open or unknown"),
    }
    now = {
        RECENT_GRADES: grades or pick("还没有评价结果", "no evaluation yet"),
        MILESTONES_MET: yes_no[found.milestones],
        VETO: yes_no[found.vetoed] if found.vetoed is not None else pick("未知", "unknown"),
    }  # fmt: skip
    return [
        {"test": pick(fact.zh, fact.en), "found": said, "holder": pick(fact.holder_zh, fact.holder_en),
         **_tested(_result_of(found, fact))}
        for fact, said in now.items()
    ]  # fmt: skip


def _result_of(found: Renewing, fact: Fact) -> bool | None:
    if fact in found.answer.missing:
        return None
    return fact not in found.answer.against


def _tested(result: bool | None) -> Row:  # noqa: FBT001 - a three-valued answer
    return {"result": pick(*MEASURED_WORDS[result]), "result_badge": MET_BADGES[result]}


# ---- events -------------------------------------------------------------------------------------


def content(one: Standing, event: Event) -> str | None:
    """What an event says beside its kind: milestone, months, outcome, amount, papers."""
    words = papers_of(one.parcel.rules)
    said = [pick(*MILESTONES[event.milestone])] if event.milestone else []
    said += [pick(f"{event.months} 个月", f"{event.months} months")] if event.months else []
    said += [pick(*OUTCOMES[event.outcome])] if event.outcome else []
    said += [pick(f"{yuan(event.fen)} 元", f"{yuan(event.fen)} CNY")] if event.fen else []
    said += [
        text
        for text in (
            listed([event.cause] if event.cause else [], one.terms.rules.causes),
            listed(event.papers, words),
            event.stop,
        )
        if text
    ]
    said += [pick(f"第 {event.of} 条", f"entry {event.of}")] if event.of else []  # fmt: skip
    return " · ".join(said) or None


def event_rows(one: Standing, rows: Sequence[ParcelEvent], who: Viewer) -> list[Row]:
    """The history, newest first; a firm reads the office, an official the person."""
    return [
        {"seq": row.seq, "day": row.day, "event": pick(*KINDS[Kind(row.kind)]), "document": row.document,
         "about": content(one, row.event(row.recorded)), "by": _by(row.made_by, row.office, who),
         "confirmed": _by(row.confirmed_by, row.office, who), "recorded": row.recorded,
         "note": _with_void(one, row)}
        for row in reversed(rows)
    ]  # fmt: skip


def _with_void(one: Standing, row: ParcelEvent) -> str | None:
    gone = [pick("已作废", "voided")] if row.seq in one.state.voided else []
    return pick("；", "; ").join([*gone, *([row.note] if row.note else [])]) or None


def _by(user: Any, office: str, who: Viewer) -> str | None:
    if user is None:
        return None
    return user.get_username() if who.official else office or None


def waiting_row(one: Standing, row: ParcelProposal) -> Row:
    """What waits for a second official."""
    return {
        "event": pick(*KINDS[Kind(row.kind)]), "about": content(one, row.event(row.day)), "day": row.day,
        "document": row.document, "by": row.made_by.get_username(), "note": row.note or None,
    }  # fmt: skip
