"""Background work of land; importing this registers it."""

from __future__ import annotations

from datetime import timedelta

from jiqun.core.jobs.registry import duty
from jiqun.modules.land.parcels.reminding import remind

duty("land.remind", every=timedelta(hours=12))(remind)
