"""Reads of files of low-efficiency land: narrowed by ``visible_to``, logged where firms are named."""

from __future__ import annotations

from jiqun.core.access import Viewer
from jiqun.core.audit import note_read
from jiqun.errors import JiqunError, Kind
from jiqun.modules.land.models import LandFile, LandFileEntry
from jiqun.modules.land.states.lowuse import STATES, State

SHOWN = 200


def the_file(viewer: Viewer, key: str) -> LandFile:
    """Return a file and log the look; ``E-LAND-LOWUSE-FILE`` when it is not for the viewer."""
    found = LandFile.objects.visible_to(viewer).select_related("office").filter(key=key).first()
    if found is None:
        raise JiqunError(
            "E-LAND-LOWUSE-FILE",
            "没有这份档案，或您不能查看它",
            "there is no such file, or you may not see it",
            hint_zh="官员查看须先说明用途；请从清单进入。",
            hint_en="An official states a purpose first; enter from the list.",
            kind=Kind.NOT_FOUND,
        )
    note_read(viewer, [found.firm], "land_file")
    return found


def files_of(viewer: Viewer, parcel: str = "") -> list[LandFile]:
    """Return the files that the viewer may see, newest first, and log the look."""
    found = LandFile.objects.visible_to(viewer).select_related("office")
    rows = list((found.filter(parcel=parcel) if parcel else found)[:SHOWN])
    note_read(viewer, {one.firm for one in rows}, "land_file")
    return rows


def live_tools(viewer: Viewer) -> dict[str, tuple[str, str]]:
    """Return parcel → (file, tool) of the files that have not ended."""
    rows = [one for one in files_of(viewer) if not one.ended]
    return {one.parcel: (one.key, one.tool) for one in rows}


def entries_of(viewer: Viewer, one: LandFile) -> list[LandFileEntry]:
    """Return what was done and said in a file, in order."""
    return list(LandFileEntry.objects.visible_to(viewer).filter(file=one).select_related("by"))


def state_sums(viewer: Viewer) -> dict[State, dict[str, int]]:
    """Return files, m² and tax by state in the official's places: sums, so that no purpose is needed."""
    found = LandFile.objects.sums(viewer)
    names = ("files", "released", "before", "after")
    return {
        state: {name: int(found[state.value][name] or 0) for name in names}
        for state in STATES
        if state.value in found
    }
