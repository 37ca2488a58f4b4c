"""The verbs of an objection to the land table."""

from __future__ import annotations

from django.utils import timezone

from jiqun.core.access import Role, Viewer
from jiqun.core.actions import action, refuse
from jiqun.core.audit import record
from jiqun.core.factstore import store
from jiqun.core.forms import words_of, wrong
from jiqun.core.papers import hand_in, paper_problems
from jiqun.errors import JiqunError, Kind, Problem
from jiqun.masters.offices import serves
from jiqun.modules.land.attribution.correcting import corrected, figure_of, store_correction
from jiqun.modules.land.attribution.helping import another, locked, target
from jiqun.modules.land.attribution.lines import firm_land, flagged
from jiqun.modules.land.matters import LINE
from jiqun.modules.land.models import LandObjection, LandRow, LandTable
from jiqun.modules.land.shapes import Line, digest_of
from jiqun.modules.land.states.landtable import DISMISSED, OPEN, UPHELD, TableState, refused

KEPT = ("parcel", "lease")  # flags about parcels, which a correction of one line leaves as they are


def may_object_line(viewer: Viewer, table: LandTable, firm: str) -> bool:
    """Only the firm that the row is about, once the table is published."""
    mine = viewer.known and viewer.has(Role.FIRM) and firm in viewer.firms
    return mine and table.state != TableState.DRAFT


@action("land.object_line", zh="对用地表提出异议", en="object to the land table")
def object_line(
    *,
    viewer: Viewer,
    table: LandTable,
    firm: str,
    line: int,
    claimed_m2: str,
    reason: str,
    paper: str,
) -> LandObjection:
    """Say that a line of the own row has another area, on a document.

    Args:
        viewer: The firm's user.
        table: A published table.
        firm: The own firm.
        line: Place of the line in the row, from 0.
        claimed_m2: What the figure should be in m²: the area, or the rented floor of a line that is
            shared by floor.
        reason: In the firm's words.
        paper: Number of the document that shows it.

    Raises:
        JiqunError: ``E-FORBIDDEN``; ``E-INPUT`` with every problem; ``E-LAND-LATE`` when the days are
            over; ``E-LAND-TABLE-STATE``; ``E-LAND-OBJECTED`` for a line with an open objection.
    """
    current = locked(table)
    _in_time(current)
    row = LandRow.objects.filter(table=current, firm=firm).first()
    lines: list[Line] = row.lines if row else []
    area = square_metres(claimed_m2)
    problems = [
        *_claim_problems(area, claimed_m2, reason, paper),
        *paper_problems(viewer, firm, paper, "paper"),
    ]
    if not 0 <= line < len(lines):
        problems.append(wrong("line", "没有这一行", "there is no such line", value=str(line),
                              remedy_zh="请刷新页面。", remedy_en="Reload the page."))  # fmt: skip
    refuse(problems)
    one = lines[line]
    same = {name: one[name] for name in ("parcel", "kind", "document")}
    if LandObjection.objects.open_ones(current.pk).filter(firm=firm, **same).exists():
        raise _objected()
    made = LandObjection.objects.create(
        table=current, firm=firm, firm_name=row.firm_name if row else "", **same,
        stated_dm2=one[figure_of(one)], claimed_dm2=area or 0, reason=" ".join(reason.split())[:500],
        paper=" ".join(paper.split())[:120], made_by_id=viewer.user_id or 0,
        published_by_id=current.published_by_id or 0,
    )  # fmt: skip
    hand_in(
        viewer, firm, [made.paper, made.reason], sort=LINE, target=str(made.pk), place=current.place
    )
    record(
        viewer, "land.object_line", target=target(current), reason=made.reason,
        before={"area_dm2": made.stated_dm2}, after={"objection": made.pk, "area_dm2": made.claimed_dm2},
    )  # fmt: skip
    return made


def square_metres(text: str) -> int | None:
    """Return m² as people write them in 0.01 m²; None where it is no such number."""
    plain = text.replace(",", "").replace("，", "").strip()
    try:
        value = round(float(plain) * 100)
    except (ValueError, OverflowError):
        return None
    return value if 0 <= value <= 10**10 else None


def _claim_problems(area: int | None, text: str, reason: str, paper: str) -> list[Problem]:
    found: list[Problem] = []
    if area is None:
        found.append(wrong(
            "claimed_m2", "面积应为不小于 0 的数", "the area is a number of at least 0", value=text,
            remedy_zh="单位平方米，最多两位小数。", remedy_en="In m², two decimals at most.",
        ))  # fmt: skip
    asked = (("reason", reason, "理由", "a reason"), ("paper", paper, "依据文号", "a document"))
    found += [
        wrong(
            name, f"没有{zh}，至少四个字", f"{en} of at least four characters is needed",
            remedy_zh="依据如不动产权证号、租赁合同编号。", remedy_en="A document such as the deed or the lease.",
        )
        for name, given, zh, en in asked if len(" ".join(given.split())) < 4
    ]  # fmt: skip
    return found


def _in_time(table: LandTable) -> None:
    until = table.public_until
    if table.state == TableState.PUBLISHED and until and timezone.localdate() > until:
        raise JiqunError(
            "E-LAND-LATE",
            f"公示已于 {until} 截止，不能再提出异议",
            f"the publicity ended on {until}; no objection is taken any more",
            hint_zh="请向主管部门书面反映；更正须另作决定。",
            hint_en="Write to the bureau in charge; a correction takes a decision of its own.",
            kind=Kind.CONFLICT,
        )
    if table.state != TableState.PUBLISHED:
        raise refused(TableState(table.state))


def _objected() -> JiqunError:
    return JiqunError(
        "E-LAND-OBJECTED",
        "这一行已有异议在办理",
        "there is an open objection to this line",
        hint_zh="请等待决定；决定后公示期内仍可再提。",
        hint_en="Wait for the decision; within the publicity another may follow.",
        kind=Kind.CONFLICT,
    )


def _decided() -> JiqunError:
    return JiqunError(
        "E-LAND-DECIDED",
        "这条异议已有决定",
        "this objection is decided already",
        hint_zh="请刷新页面；别人可能刚处理过。",
        hint_en="Reload the page; somebody may just have dealt with it.",
        kind=Kind.CONFLICT,
    )


def may_decide_line(viewer: Viewer, objection: LandObjection) -> bool:
    """An official of the bureau in charge; the verb refuses who published or objected."""
    return serves(viewer, objection.table.department_id, objection.table.place)


@action("land.decide_line", zh="决定对用地表的异议", en="decide an objection to the land table")
def decide_line(
    *,
    viewer: Viewer,
    objection: LandObjection,
    upheld: bool,
    words: str,
    paper: str,
    area_m2: str = "",
) -> LandObjection:
    """Uphold an objection with the area that holds, which becomes a later fact, or dismiss it.

    The firm's row is summed again at once. An objection may be decided after the days are over.

    Args:
        viewer: An official who did not publish the table.
        objection: An open one.
        upheld: Whether the line changes.
        words: Why.
        paper: Number of the decision's document; the source of the corrected fact.
        area_m2: What the line's figure should be; what the firm claimed when it is empty.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-LAND-FOUR-EYES``, ``E-INPUT``, ``E-LAND-TABLE-STATE``,
            ``E-LAND-DECIDED``.
    """
    row = LandObjection.objects.select_for_update().select_related("table").get(pk=objection.pk)
    table = locked(row.table)
    another(viewer, row.published_by_id, row.made_by_id)
    if table.state != TableState.PUBLISHED:
        raise refused(TableState(table.state))
    if row.state != OPEN:
        raise _decided()
    area = square_metres(area_m2) if area_m2.strip() else row.claimed_dm2
    said = words_of(words)
    document = " ".join(paper.split())[:120]
    refuse(_claim_problems(area, area_m2, said, document))
    row.state, row.decided_by_id, row.decided_at = (
        (UPHELD if upheld else DISMISSED),
        viewer.user_id,
        timezone.now(),
    )
    row.decision, row.decision_paper = said, document
    if upheld:
        row.decided_dm2 = area or 0
        _correct(viewer, table, row)
    row.save()
    record(
        viewer, "land.decide_line", target=target(table), reason=said,
        before={"objection": row.pk, "area_dm2": row.stated_dm2},
        after={"state": row.state, "area_dm2": row.decided_dm2, "document": document},
    )  # fmt: skip
    return row


def _correct(viewer: Viewer, table: LandTable, objection: LandObjection) -> None:
    """Put the decided figure into the row of the table, and as a later fact into the store."""
    kept = LandRow.objects.select_for_update().get(table=table, firm=objection.firm)
    area, paper, today = objection.decided_dm2 or 0, objection.decision_paper, timezone.localdate()
    key = (objection.parcel, objection.kind, objection.document)
    lines = list[Line](kept.lines)
    at = next(
        n for n, one in enumerate(lines) if (one["parcel"], one["kind"], one["document"]) == key
    )
    old, lines[at] = lines[at], corrected(lines[at], area, year=table.year, paper=paper, day=today)
    if lines[at]["problem"]:
        zh, en = lines[at]["problem"]
        refuse([wrong("area_m2", f"这样这一行不能使用：{zh}", f"the line could not be used: {en}",
                      remedy_zh="请核对面积。", remedy_en="Check the area.")])  # fmt: skip
    before = kept.land()
    summed = firm_land(before.firm, before.name, before.place, lines, reported=before.reported)
    kept.take(flagged(summed, others=[name for name in KEPT if name in before.flags]))
    kept.save()
    table.digest = digest_of(LandRow.objects.lands(table.pk))
    table.save()
    store_correction(
        store(), old, area, number=objection.pk, paper=paper, day=today, by=viewer.name, place=table.place
    )  # fmt: skip
