"""Mail: sent once, tried again when the server is away, given up in the end."""

import smtplib

import pytest
from django.core import mail as outbox
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from nganam.jobs.runner import run_one, run_pending
from nganam.notices import queries
from nganam.notices.models import Mail
from nganam.notices.operations import send_mail
from nganam.notices.tasks import MAIL_ATTEMPTS, deliver_mail

pytestmark = pytest.mark.django_db


def test_a_mail_is_sent_with_a_reference_of_its_own(at):
    written = send_mail(to="lan@a.invalid", subject="Chào", body="Nội dung", at=at)
    assert run_pending() == 1
    (sent,) = outbox.outbox
    assert (sent.to, sent.subject, sent.body) == (["lan@a.invalid"], "Chào", "Nội dung")
    assert sent.message()["Message-ID"] == f"<{written.ref}@nganam.invalid>"
    kept = queries.mail(written.ref)
    assert (kept.state, kept.attempts, kept.sent_at is None) == ("sent", 1, False)


def test_a_mail_delivered_twice_is_sent_once(at):
    written = send_mail(to="lan@a.invalid", subject="Chào", body="x", at=at)
    assert deliver_mail.call(str(written.ref)) is True
    assert deliver_mail.call(str(written.ref)) is False
    assert len(outbox.outbox) == 1


def test_a_server_that_is_away_is_tried_again_and_the_mail_given_up_in_the_end(at, monkeypatch):
    def away(_self, _messages):
        raise smtplib.SMTPServerDisconnected("bận")

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", away)
    written = send_mail(to="lan@a.invalid", subject="Chào", body="x", at=at)
    for attempt in range(1, MAIL_ATTEMPTS + 1):
        assert run_one()
        kept = queries.mail(written.ref)
        assert (kept.attempts, kept.error) == (attempt, "bận")
        assert kept.state == ("failed" if attempt == MAIL_ATTEMPTS else "waiting")
        DBTaskResult.objects.update(run_after=timezone.now())
    assert not run_one()
    assert list(queries.failed_mails()) == [kept]
    assert DBTaskResult.objects.get().status == "FAILED"


def test_a_subject_with_line_breaks_cannot_add_headers(at):
    send_mail(to="lan@a.invalid", subject="Chào\r\nBcc: x@a.invalid", body="x", at=at)
    run_pending()
    assert "Bcc" not in outbox.outbox[0].message()
    assert Mail.objects.get().state == "sent"
