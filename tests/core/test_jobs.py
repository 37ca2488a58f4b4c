"""Background jobs: started, watched, cancelled, failed, taken over."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from jiqun.core.access import ANONYMOUS, Role, Viewer
from jiqun.core.actions import viewer_of_system
from jiqun.core.jobs import progress as progress_module
from jiqun.core.jobs import registry
from jiqun.core.jobs.actions import cancel, start
from jiqun.core.jobs.duties import run_due
from jiqun.core.jobs.leases import held, is_lost, new_lease
from jiqun.core.jobs.progress import Progress, TakenBack
from jiqun.core.jobs.registry import Result, duty, job
from jiqun.core.jobs.work import claim, reap, run_one
from jiqun.core.models import AuditEntry, Duty, Job, Notice
from jiqun.errors import JiqunError, Kind, Problem

pytestmark = pytest.mark.django_db
Calls = list[Any]


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, settings: Settings) -> None:
    settings.VAR = tmp_path


@pytest.fixture(autouse=True)
def own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test registers is gone after it."""
    registry.jobs()
    monkeypatch.setattr(registry, "_JOBS", dict(registry.jobs()))
    monkeypatch.setattr(registry, "_DUTIES", {})


@pytest.fixture
def ann(db: None) -> Viewer:
    user = User.objects.create(username="ann")
    return Viewer(user_id=user.pk, name="ann", roles=frozenset({Role.ANALYST}))


@pytest.fixture
def counted() -> Calls:
    """A registered job ``test.count`` that notes what it was called with."""
    calls: Calls = []

    @job("test.count", zh="数数", en="count")
    def count(*, viewer: Viewer, progress: Progress, upto: int) -> Result:
        calls.append((viewer.name, upto))
        progress.step(upto, upto, "数完了", "counted")
        return Result("/data/", f"数到 {upto}", f"counted to {upto}")

    return calls


def _again(job: Job) -> Job:
    return Job.objects.get(pk=job.pk)


def test_a_job_runs_with_its_owner_s_rights_and_leaves_a_result(
    ann: Viewer, counted: Calls
) -> None:
    waiting = start(viewer=ann, name="test.count", upto=7)
    assert (waiting.state, counted) == ("waiting", [])
    ended = run_one()
    assert ended is not None
    assert ended.pk == waiting.pk
    assert counted == [("ann", 7)]
    assert (ended.state, ended.result_url, ended.message_zh, ended.message_en, ended.attempts) == (
        "done", "/data/", "数到 7", "counted to 7", 1,
    )  # fmt: skip
    assert (ended.done, ended.total) == (7, 7)
    assert run_one() is None


def test_starting_and_cancelling_are_in_the_log(ann: Viewer, counted: Calls) -> None:
    made = start(viewer=ann, name="test.count", upto=1)
    cancel(viewer=ann, job=made)
    written = AuditEntry.objects.filter(target=f"job:{made.pk}").order_by("id")
    assert [entry.action for entry in written] == ["jobs.start", "jobs.cancel"]
    assert run_one() is None
    assert counted == []
    with pytest.raises(JiqunError, match="E-JOB-OVER"):
        cancel(viewer=ann, job=made)


def test_an_unknown_job_is_refused_with_its_code(ann: Viewer) -> None:
    with pytest.raises(JiqunError, match="E-JOB-UNKNOWN"):
        start(viewer=ann, name="test.nothing")
    assert not Job.objects.exists()


def test_a_stranger_starts_nothing_but_the_system_may(counted: Calls) -> None:
    with pytest.raises(JiqunError, match="E-FORBIDDEN"):
        start(viewer=ANONYMOUS, name="test.count", upto=1)
    start(viewer=viewer_of_system("up"), name="test.count", upto=2)
    run_one()
    assert counted == [("job:test.count", 2)]


def test_others_cannot_cancel(ann: Viewer, counted: Calls) -> None:
    made = start(viewer=ann, name="test.count", upto=1)
    other = Viewer(user_id=User.objects.create(username="bob").pk, name="bob")
    with pytest.raises(JiqunError, match="E-FORBIDDEN"):
        cancel(viewer=other, job=made)
    system = Viewer(user_id=other.user_id, name="bob", roles=frozenset({Role.SYSTEM}))
    assert cancel(viewer=system, job=made).state == "cancelled"


def test_a_running_job_stops_at_its_next_step(ann: Viewer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress_module, "BETWEEN_WRITES", 0.0)
    steps: list[int] = []

    @job("test.long", zh="长", en="long")
    def long(*, viewer: Viewer, progress: Progress) -> None:
        for number in range(100):
            progress.step(number, 100)
            steps.append(number)
            if number == 3:
                cancel(viewer=viewer, job=Job.objects.get())

    start(viewer=ann, name="test.long")
    ended = run_one()
    assert ended is not None
    assert (ended.state, steps, ended.done) == ("cancelled", [0, 1, 2, 3], 4)


def test_progress_is_written_at_most_once_a_second(
    ann: Viewer, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    @job("test.many", zh="多", en="many")
    def many(*, viewer: Viewer, progress: Progress) -> None:
        with django_assert_max_num_queries(4):  # two beats of two queries, were it to take 1–2 s
            for number in range(20_000):
                progress.step(number, 20_000)

    start(viewer=ann, name="test.many")
    ended = run_one()
    assert ended is not None
    assert ended.state == "done", ended.error


def test_a_refusal_is_kept_with_all_its_problems(ann: Viewer) -> None:
    @job("test.refused", zh="拒", en="refused")
    def refused(*, viewer: Viewer, progress: Progress) -> None:
        fields = [
            Problem("E-INPUT", "第一处", "first", row=3),
            Problem("E-INPUT", "第二处", "second"),
        ]
        raise JiqunError("E-INPUT", "有两处", "two", hint_zh="改", hint_en="mend", fields=fields)

    start(viewer=ann, name="test.refused")
    ended = run_one()
    assert ended is not None
    assert ended.error is not None
    assert (ended.state, ended.error["code"], ended.error["message_en"]) == (
        "failed",
        "E-INPUT",
        "two",
    )
    assert [(one["message_zh"], one["row"]) for one in ended.error["fields"]] == [
        ("第一处", 3),
        ("第二处", None),
    ]
    assert Notice.objects.get().title_zh == "后台任务失败：拒"


def test_our_own_fault_shows_no_detail(ann: Viewer, caplog: pytest.LogCaptureFixture) -> None:
    @job("test.broken", zh="坏", en="broken")
    def broken(*, viewer: Viewer, progress: Progress) -> None:
        raise ValueError("secret detail")

    start(viewer=ann, name="test.broken")
    ended = run_one()
    assert ended is not None
    assert ended.error is not None
    assert (ended.state, ended.error["code"]) == ("failed", "E-INTERNAL")
    assert "secret detail" not in str(ended.error)
    assert "secret detail" in caplog.text


def test_a_job_of_a_closed_account_does_not_run(ann: Viewer, counted: Calls) -> None:
    start(viewer=ann, name="test.count", upto=1)
    User.objects.update(is_active=False)
    ended = run_one()
    assert ended is not None
    assert ended.error is not None
    assert (ended.error["code"], counted) == ("E-JOB-OWNER", [])


def test_only_one_worker_gets_a_job(ann: Viewer, counted: Calls) -> None:
    start(viewer=ann, name="test.count", upto=1)
    assert claim("a") is not None
    assert claim("b") is None


def test_a_dead_worker_s_job_is_tried_once_more_and_then_fails(ann: Viewer, counted: Calls) -> None:
    made = start(viewer=ann, name="test.count", upto=1)
    for expected in ("waiting", "failed"):
        lease = new_lease()
        with held(lease):
            assert claim(lease) is not None
            assert reap() == [], "its worker lives"
        assert [found.pk for found in reap()] == [made.pk]
        assert _again(made).state == expected
    error = _again(made).error
    assert error is not None
    assert error["code"] == "E-JOB-LOST"
    assert Notice.objects.filter(key=f"job:{made.pk}:failed").count() == 1


def test_a_lost_job_that_was_cancelled_stays_cancelled(ann: Viewer, counted: Calls) -> None:
    made = start(viewer=ann, name="test.count", upto=1)
    claim(new_lease())
    cancel(viewer=ann, job=_again(made))
    reap()
    assert _again(made).state == "cancelled"


def test_a_worker_elsewhere_is_judged_by_its_heartbeat(ann: Viewer, counted: Calls) -> None:
    made = start(viewer=ann, name="test.count", upto=1)
    claimed = claim("another-machine:1")
    assert claimed is not None
    assert not is_lost(claimed)
    Job.objects.update(heartbeat=timezone.now() - timedelta(seconds=91))
    assert is_lost(_again(made))


def test_an_attempt_that_was_given_up_can_change_nothing(ann: Viewer, counted: Calls) -> None:
    made = start(viewer=ann, name="test.count", upto=1)
    first = claim("another-machine:1")
    assert first is not None
    late = Progress(first, inline=True)
    Job.objects.filter(pk=made.pk).update(lease="another-machine:2")
    with pytest.raises(TakenBack):
        late.step(50, 100)
    assert _again(made).done == 0


def test_a_worker_that_shall_end_gives_its_job_back(ann: Viewer) -> None:
    @job("test.stopped", zh="停", en="stopped")
    def stopped(*, viewer: Viewer, progress: Progress) -> None:
        progress.stop()
        progress.step(1, 2)

    made = start(viewer=ann, name="test.stopped")
    run_one()
    assert (_again(made).state, _again(made).attempts) == ("waiting", 0)


def test_immediate_mode_runs_after_the_transaction(
    ann: Viewer, counted: Calls, settings: Settings, django_capture_on_commit_callbacks: Any
) -> None:
    settings.JOBS = "immediate"
    with django_capture_on_commit_callbacks(execute=True):
        made = start(viewer=ann, name="test.count", upto=3)
        assert counted == []
    assert (_again(made).state, counted) == ("done", [("ann", 3)])


# ---- duties ---------------------------------------------------------------------------------


def test_a_duty_runs_when_due_and_not_before() -> None:
    ran: list[int] = []
    duty("test.hourly", every=timedelta(hours=1))(lambda: ran.append(1))
    now = timezone.now()
    assert run_due(now) == ["test.hourly"]
    assert run_due(now + timedelta(minutes=59)) == []
    assert run_due(now + timedelta(days=3)) == ["test.hourly"], "missed ones are made up for once"
    assert run_due(now + timedelta(days=3, minutes=1)) == []
    assert len(ran) == 2


def test_a_duty_that_fails_is_noted_and_does_not_stop_the_others() -> None:
    ran: list[int] = []
    duty("test.a", every=timedelta(hours=1))(lambda: 1 / 0)
    duty("test.b", every=timedelta(hours=1))(lambda: ran.append(1))
    assert run_due() == ["test.a", "test.b"]
    assert Duty.objects.get(name="test.a").problem == "ZeroDivisionError: division by zero"
    assert (Duty.objects.get(name="test.b").problem, ran) == ("", [1])


def test_the_core_s_own_duties_are_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert {"notices.deliver", "search.refresh", "jobs.forget"} <= set(registry.duties())


def test_old_jobs_are_forgotten(
    ann: Viewer, counted: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    for _ in range(2):
        Job.objects.create(user_id=ann.user_id, name="x", title_zh="x", title_en="x", state="done")
    Job.objects.filter(pk=Job.objects.first().pk).update(
        finished=timezone.now() - timedelta(days=91)
    )  # type: ignore[union-attr]
    registry.duties()["jobs.forget"].run()
    assert Job.objects.count() == 1


# ---- pages ----------------------------------------------------------------------------------


@pytest.fixture
def page_of(people: Mapping[str, User], counted: Calls) -> tuple[Job, Callable[[str], Client]]:
    def client(name: str) -> Client:
        made = Client()
        made.force_login(people[name])
        return made

    owner = Viewer(user_id=people["analyst"].pk, name="analyst", roles=frozenset({Role.ANALYST}))
    return start(viewer=owner, name="test.count", title_zh="数到九 <b>", upto=9), client


def test_the_page_shows_state_bar_and_cancel_to_its_owner(page_of: Any) -> None:
    made, client = page_of
    own = client("analyst")
    text = own.get(f"/jobs/{made.pk}/").content.decode()
    assert "数到九 &lt;b&gt;" in text
    assert "<progress" in text
    assert 'hx-trigger="every 1s"' in text
    assert f'action="/jobs/{made.pk}/cancel/"' in text
    run_one()
    text = own.get(f"/jobs/{made.pk}/").content.decode()
    assert "every 1s" not in text
    assert "数到 9" in text
    assert 'href="/data/"' in text
    part = own.get(f"/jobs/{made.pk}/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    state = own.get(f"/jobs/{made.pk}/state.json").json()
    assert (state["state"], state["percent"], state["result_url"]) == ("done", 100, "/data/")


def test_others_get_nothing_and_the_administrator_no_content(page_of: Any) -> None:
    made, client = page_of
    run_one()
    for name in ("elsewhere", "firm", "security", "audit", "nobody"):
        assert client(name).get(f"/jobs/{made.pk}/").status_code == 404, name
        assert client(name).post(f"/jobs/{made.pk}/cancel/").status_code == 404, name
        assert "test.count" not in client(name).get("/jobs/").content.decode()
    for address in (f"/jobs/{made.pk}/", "/jobs/", f"/jobs/{made.pk}/state.json"):
        text = client("system").get(address).content.decode()
        assert "test.count" in text, address
        assert "数到" not in text, address


def test_cancelling_on_the_page(page_of: Any) -> None:
    made, client = page_of
    answer = client("analyst").post(f"/jobs/{made.pk}/cancel/")
    assert answer["Location"] == f"/jobs/{made.pk}/"
    assert _again(made).state == "cancelled"
    assert client("analyst").post(f"/jobs/{made.pk}/cancel/").status_code == 409


def test_a_failure_is_explained_on_its_page(page_of: Any, people: Mapping[str, User]) -> None:
    _, client = page_of
    error = JiqunError(
        "E-INPUT",
        "有一处",
        "one",
        hint_zh="请改正",
        kind=Kind.INVALID,
        fields=[Problem("E-INPUT", "值不对", "wrong", "改", row=12, value="<x>")],
    )
    made = Job.objects.create(
        user=people["analyst"], name="x", title_zh="甲", title_en="a", state="failed", error=error.to_dict()
    )  # fmt: skip
    text = client("analyst").get(f"/jobs/{made.pk}/").content.decode()
    assert all(word in text for word in ("有一处", "请改正", "E-INPUT", "值不对", "&lt;x&gt;"))


def test_the_worker_command_drains_the_queue_and_ends(counted: Calls) -> None:
    begun = time.monotonic()
    call_command("jobs", drain=True)
    assert time.monotonic() - begun < 10
