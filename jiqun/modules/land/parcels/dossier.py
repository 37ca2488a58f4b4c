"""A parcel with everything that its page and its papers are made from, each part read when it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from django.utils import timezone

from jiqun.core.access import Viewer
from jiqun.core.factstore import store
from jiqun.engine.land.control import Verdict
from jiqun.modules.land.models import Parcel, ParcelEvent
from jiqun.modules.land.parcels.clock import Standing, standing
from jiqun.modules.land.parcels.contract import Deal, deal_of
from jiqun.modules.land.parcels.measured import Measured, measured, verdict
from jiqun.modules.land.parcels.reckoning import Reckoning, reckon
from jiqun.modules.land.parcels.selectors import events_of


@dataclass(frozen=True)
class Dossier:
    """A parcel that the viewer may see: what happened to it, where it stands today, its contract."""

    viewer: Viewer
    one: Standing
    rows: Sequence[ParcelEvent]
    deal: Deal

    @cached_property
    def found(self) -> Measured:
        """What the facts say of the project, as far as the viewer may use them; firms see the look."""
        return measured(store(), self.viewer, self.one.parcel, self.deal)

    @cached_property
    def judged(self) -> Verdict:
        """What the contract demands beside what was reached."""
        return verdict(self.one.parcel, self.deal, self.found)

    @cached_property
    def costs(self) -> Reckoning:
        """What a breach would cost, and the parts of the bond."""
        return reckon(self.one, self.deal, self.found)


def dossier_of(viewer: Viewer, parcel: Parcel) -> Dossier:
    """Return the dossier of a parcel that the viewer may see."""
    rows = events_of(viewer, parcel)
    return Dossier(
        viewer, standing(parcel, rows, today=timezone.localdate()), rows, deal_of(parcel)
    )
