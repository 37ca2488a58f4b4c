"""What the demo county shows of low-efficiency land: five files, each at another step."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from django.contrib.auth.models import User
from django.utils import timezone

from jiqun.core.access import Viewer
from jiqun.facts.store.store import Store
from jiqun.masters.offices import own_offices
from jiqun.masters.viewers import viewer_of
from jiqun.modules.land.lowuse import actions as verbs
from jiqun.modules.land.lowuse.actions import Noted, Plan, Result
from jiqun.modules.land.lowuse.found import found_of
from jiqun.modules.land.lowuse.selectors import ScreenView, low_rows, newest_runs, screen_view
from jiqun.modules.land.lowuse.tools import usual_tool
from jiqun.modules.land.models import LandFile

PEOPLE = ("analyst", "reviewer")
PURPOSE = "演示低效用地一地一档（合成数据）"
FILES = 5
TERM = 300  # days until the deadline
Step = Callable[[Viewer, Viewer, LandFile], object]


def demo_lowuse(facts: Store) -> None:
    """Open five files and bring them to different steps, once, by the verbs that the pages use.

    Without the demo's accounts, without a screening, or where a file is there, nothing is done.
    """
    people = {one.username: one for one in User.objects.filter(username__in=PEOPLE)}
    if len(people) < len(PEOPLE) or LandFile.objects.exists() or not newest_runs(facts):
        return
    first, second = (viewer_of(people[name], purpose=PURPOSE) for name in PEOPLE)
    view = screen_view(facts, first)
    rows = sorted(low_rows(view, first), key=lambda row: (-row["area_m2"], row["parcel"]))[:FILES]
    office = own_offices(first)[0].pk
    for number, row in enumerate(rows):
        made = verbs.open_land_file(
            viewer=first, office=office, found=found_of(view, row), words="筛查发现（合成数据）"
        )
        for step in _steps(view, str(row["kinds"]).split(";"))[: (0, 1, 3, 6, 8)[number]]:
            step(first, second, made)


def _noted(words: str, number: int) -> Noted:
    return Noted(timezone.localdate(), f"合成照片〔2026〕{number}号", words)


def _steps(view: ScreenView, kinds: list[str]) -> tuple[Step, ...]:
    due = timezone.localdate() + dt.timedelta(days=TERM)
    plan = Plan(usual_tool(view.pack, kinds) or "improve", "合成责任人（分管副县长）", due)
    return (
        lambda one, _two, file: verbs.verify_land_file(viewer=one, land_file=file, noted=_noted("现场与筛查一致", 1)),
        lambda one, _two, file: verbs.talk_land_file(viewer=one, land_file=file, noted=_noted("企业愿意配合盘活", 2)),
        lambda one, _two, file: verbs.plan_land_file(viewer=one, land_file=file, plan=plan, words="分两期实施"),
        lambda _one, two, file: verbs.decide_land_file(viewer=two, land_file=file, agreed=True, words="同意方案"),
        lambda one, _two, file: verbs.check_land_file(viewer=one, land_file=file, noted=_noted("一期已动工", 3)),
        lambda one, _two, file: verbs.check_land_file(viewer=one, land_file=file, noted=_noted("二期已动工", 4)),
        lambda one, _two, file: verbs.report_land_file(
            viewer=one, land_file=file, noted=_noted("已腾出并引入新项目", 5),
            result=Result(int(file.area_m2 * 0.4), 32_000_000, 118_000_000)),
        lambda _one, two, file: verbs.close_land_file(viewer=two, land_file=file, agreed=True, words="同意销号"),
    )  # fmt: skip
