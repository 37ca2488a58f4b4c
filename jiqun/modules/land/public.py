"""What other modules and the cockpit may use of land."""

from __future__ import annotations

from jiqun.modules.land.demo import demo_batch
from jiqun.modules.land.evaluation.findings import Graded, run_land
from jiqun.modules.land.evaluation.selectors import GradedView, graded_view, newest_runs
from jiqun.modules.land.lowuse.demo import demo_lowuse
from jiqun.modules.land.parcels.demo import demo_parcels

__all__ = [
    "Graded",
    "GradedView",
    "demo_batch",
    "demo_lowuse",
    "demo_parcels",
    "graded_view",
    "newest_runs",
    "run_land",
]
