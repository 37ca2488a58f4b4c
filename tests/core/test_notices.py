"""Notices: told once, counted, chosen, mailed."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.db import transaction
from django.test import Client
from pytest_django import Settings

from jiqun.core.access import Viewer
from jiqun.core.models import AuditEntry, Delivery, Notice, NoticeChoice
from jiqun.core.notices.actions import choose, read
from jiqun.core.notices.deliver import deliver
from jiqun.core.notices.outbox import Words, notify
from jiqun.errors import JiqunError
from jiqun.masters.models import Organisation
from tests.core.notice_service import TITLE, member, tell

pytest_plugins = ["tests.core.notice_service"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_kinds")]


# ---- console --------------------------------------------------------------------------------


def test_the_same_event_is_told_once(ann: Viewer, outsider: Viewer) -> None:
    assert tell(ann) == 1
    assert tell(ann, outsider) == 1, "only the one who was not told yet"
    assert tell(ann, outsider) == 0
    assert Notice.objects.count() == 2


def test_an_organisation_is_told_with_all_its_active_people(
    ann: Viewer, bureau: Organisation, outsider: Viewer
) -> None:
    gone = member("gone", bureau)
    User.objects.filter(pk=gone.user_id).update(is_active=False)
    assert tell(organisation=bureau.pk) == 1
    assert Notice.objects.get().user_id == ann.user_id


def test_what_is_undone_is_not_told(ann: Viewer) -> None:
    def undone() -> None:
        with transaction.atomic():
            tell(ann)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        undone()
    assert not Notice.objects.exists()
    assert not Delivery.objects.exists()


def test_reading_is_one_s_own(ann: Viewer, outsider: Viewer) -> None:
    tell(ann, outsider)
    mine = Notice.objects.get(user_id=ann.user_id)
    with pytest.raises(JiqunError, match="E-FORBIDDEN"):
        read(viewer=outsider, notice=mine)
    assert read(viewer=ann) == 1
    assert read(viewer=ann) == 0
    assert Notice.objects.filter(read=None).get().user_id == outsider.user_id


def test_the_bell_counts_what_is_unread(ann: Viewer) -> None:
    client = Client()
    client.force_login(User.objects.get(pk=ann.user_id))
    assert "jq-count" not in client.get("/notices/").content.decode()
    for number in range(3):
        tell(ann, key=f"k{number}")
    assert '<span class="jq-count">3<' in client.get("/notices/").content.decode()
    found = Notice.objects.first()
    assert found is not None
    assert client.post(f"/notices/{found.pk}/open/")["Location"] == "/jobs/"
    assert '<span class="jq-count">2<' in client.get("/notices/").content.decode()
    client.post("/notices/read/")
    assert "jq-count" not in client.get("/notices/").content.decode()


def test_a_notice_leads_nowhere_outside(ann: Viewer, outsider: Viewer) -> None:
    client = Client()
    client.force_login(User.objects.get(pk=ann.user_id))
    notify(
        [ann.user_id or 0], kind="test.consent", title=TITLE, dedupe_key="x", link="//evil.example/"
    )
    found = Notice.objects.get()
    assert client.post(f"/notices/{found.pk}/open/")["Location"] == "/notices/"
    client.force_login(User.objects.get(pk=outsider.user_id))
    assert client.post(f"/notices/{found.pk}/open/").status_code == 404


def test_what_a_person_does_not_want_is_not_shown(ann: Viewer) -> None:
    choose(viewer=ann, chosen={("test.consent", "console"): False})
    tell(ann)
    assert not Notice.objects.get().shown
    client = Client()
    client.force_login(User.objects.get(pk=ann.user_id))
    text = client.get("/notices/").content.decode()
    assert TITLE.zh not in text
    assert "jq-count" not in text


def test_choices_on_the_page_are_kept_and_logged(ann: Viewer) -> None:
    client = Client()
    client.force_login(User.objects.get(pk=ann.user_id))
    text = client.get("/notices/choices/").content.decode()
    assert 'name="test.consent.mail" checked' in text
    assert 'name="test.consent.robot">' in text
    client.post("/notices/choices/", {"test.consent.console": "on", "test.consent.robot": "on"})
    kept = {(row.channel, row.on) for row in NoticeChoice.objects.filter(kind="test.consent")}
    assert kept == {("mail", False), ("robot", True)}
    assert AuditEntry.objects.filter(action="notices.choose").count() == 1


def test_unknown_choices_are_refused_all_at_once(ann: Viewer) -> None:
    with pytest.raises(JiqunError) as refused:
        choose(viewer=ann, chosen={("x", "mail"): True, ("test.consent", "fax"): True})
    assert len(refused.value.fields) == 2


# ---- mail -----------------------------------------------------------------------------------


def test_mail_has_title_and_link_and_goes_once(ann: Viewer, settings: Settings) -> None:
    settings.MAIL = True
    settings.PUBLIC_URL = "https://chain.example.org/"
    tell(ann, body=Words("产值 123 万元", "output"))
    assert deliver() == 1
    assert deliver() == 0
    sent = mail.outbox[0]
    assert sent.to == ["ann@example.org"]
    assert TITLE.zh in sent.subject
    assert "https://chain.example.org/jobs/" in sent.body
    assert "123" not in sent.body
    assert len(mail.outbox) == 1


@pytest.mark.asvs("1.3.11")
def test_a_line_break_in_a_title_makes_no_header(ann: Viewer, settings: Settings) -> None:
    settings.MAIL = True
    tell(ann)
    Delivery.objects.update(title_zh="导入完成\r\nBcc: all@example.org\r\n\r\n正文")
    assert deliver() == 1
    raw = mail.outbox[0].message()
    assert raw["Bcc"] is None
    assert mail.outbox[0].recipients() == ["ann@example.org"]
    assert "\n" not in mail.outbox[0].subject
    assert "Bcc: all@example.org" in mail.outbox[0].subject, "said as text, not obeyed"


def test_without_a_mail_server_or_address_nothing_waits(
    ann: Viewer, outsider: Viewer, settings: Settings
) -> None:
    tell(ann)
    settings.MAIL = True
    tell(outsider, key="other")
    assert not Delivery.objects.exists()
