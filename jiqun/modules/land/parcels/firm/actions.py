"""The holder of a parcel asks for an extension and hands in evidence."""

from __future__ import annotations

from jiqun.core import papers
from jiqun.core.access import Role, Viewer
from jiqun.core.actions import action, refuse
from jiqun.core.forms import wrong
from jiqun.modules.land.matters import PARCEL
from jiqun.modules.land.models import Parcel, ParcelEvent
from jiqun.modules.land.parcels.appending import Entry, append, checked
from jiqun.modules.land.parcels.kinds import BY_FIRM


def may_hand_in(viewer: Viewer, parcel: Parcel) -> bool:
    """Only the firm that holds the parcel."""
    return viewer.known and viewer.has(Role.FIRM) and parcel.firm in viewer.firms


@action("land.hand_in", zh="为这宗地提交申请或材料", en="hand something in for this parcel")
def hand_in(*, viewer: Viewer, parcel: Parcel, entry: Entry) -> ParcelEvent:
    """Record a firm's request for an extension, or evidence for a milestone.

    Raises:
        JiqunError: ``E-FORBIDDEN``, ``E-INPUT`` for another kind, ``E-LAND-EVENT``.
    """
    event = checked(entry)
    if event.kind not in BY_FIRM:
        refuse([wrong(
            "kind", "企业只能申请延期或提交佐证材料", "a firm asks for an extension or hands in evidence",
            value=entry.kind, remedy_zh="其他事项由主管部门登记。", remedy_en="The office records all else.",
        )])  # fmt: skip
    refuse(papers.paper_problems(viewer, parcel.firm, entry.document, "document"))
    note = " ".join(entry.note.split())[:500]
    made = append(viewer, Parcel.objects.locked(parcel.pk), event, verb="land.hand_in", note=note)
    papers.hand_in(
        viewer,
        parcel.firm,
        [event.document, note],
        sort=PARCEL,
        target=parcel.code,
        place=parcel.place,
    )
    return made
