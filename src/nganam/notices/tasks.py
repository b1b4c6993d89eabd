"""Jobs of the room: hand events to their reactions, send mails."""

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import timezone

from nganam.jobs.api import job
from nganam.notices import operations, queries
from nganam.notices.models import Mail

MAIL_ATTEMPTS = 6


@job(max_attempts=8, backoff=2)
def dispatch_event(ref: str) -> int:
    """Enqueue the reactions to one event; return how many."""
    return operations.dispatch(ref, at=timezone.now())


@job(max_attempts=MAIL_ATTEMPTS, backoff=30)
def deliver_mail(ref: str) -> bool:
    """Send one mail unless it was sent; say whether it was sent now.

    The Message-ID is the mail's own reference, so a mail sent twice after a crash is recognised as one by mail readers.
    """
    mail = queries.mail(ref)
    if mail.state != Mail.State.WAITING:
        return False
    try:
        _message(mail).send()
    except OSError as error:  # SMTPException is one too
        operations.mail_failed(mail, error=str(error), last=mail.attempts + 1 >= MAIL_ATTEMPTS)
        raise
    operations.mail_sent(mail, at=timezone.now())
    return True


def _message(mail: Mail) -> EmailMessage:
    headers = {"Message-ID": f"<{mail.ref}@{settings.DEFAULT_FROM_EMAIL.rpartition('@')[2].rstrip('>')}>"}
    return EmailMessage(subject=mail.subject, body=mail.body, to=[mail.to], headers=headers)
