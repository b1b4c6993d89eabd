"""Every write of the room: notify, announce, dispatch, mail, mark read."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from nganam.kernel.actors import Actor
from nganam.kernel.errors import NotFound
from nganam.notices import queries
from nganam.notices.models import Mail, Notice, OutboxEvent, Read


@transaction.atomic
def notify(
    *,
    at: datetime,
    title: str,
    body: str = "",
    link: str = "",
    person: str | None = None,
    agency: str = "",
    role: str = "",
    event: str = "",
    emails: Iterable[str] = (),
) -> Notice:
    """Write an in-app notice to a person (their actor code), an agency, a role, or a role at an agency.

    ``emails`` also get it by mail. A notice to nobody is a programming error (``ValueError``).
    """
    if not (person or agency or role):
        raise ValueError("a notice needs a person, an agency or a role")
    notice = Notice.objects.create(
        at=at, title=title[:300], body=body, link=link, person=person or "", agency=agency, role=str(role), event=event
    )
    for address in emails:
        send_mail(to=address, subject=title, body=f"{body}\n\n{link}".strip(), at=at)
    return notice


@transaction.atomic
def mark_read(*, actor: Actor, at: datetime, refs: Collection[UUID] | None = None) -> int:
    """Mark notices of the actor's inbox (with no ``refs`` all of them) as read; return how many were unread."""
    unread = queries.unread(actor)
    if refs is not None:
        if queries.inbox(actor).filter(ref__in=set(refs)).count() < len(set(refs)):
            raise NotFound(_("Không có thông báo này trong hộp thư của bạn."))
        unread = unread.filter(ref__in=set(refs))
    marks = [Read(notice_id=key, person=actor.code, at=at) for key in unread.values_list("pk", flat=True)]
    Read.objects.bulk_create(marks, ignore_conflicts=True)
    return len(marks)


@transaction.atomic
def announce(
    event: str, *, at: datetime, object_type: str, object_code: str, payload: Mapping[str, Any] | None = None
) -> OutboxEvent:
    """Write an event to the outbox and hand it to the worker, both in the caller's transaction.

    The worker calls every job that ``NGANAM_SUBSCRIPTIONS`` names for ``event`` with ``(object_code, payload)``.
    """
    heard = bool(queries.reactions(event))
    written = OutboxEvent.objects.create(
        at=at, event=event, object_type=object_type, object_code=object_code, payload=dict(payload or {}),
        dispatched_at=None if heard else at,
    )  # fmt: skip
    if heard:
        from nganam.notices.tasks import dispatch_event  # noqa: PLC0415 - the job calls back into this module

        dispatch_event.enqueue(str(written.ref))
    return written


@transaction.atomic
def dispatch(ref: UUID | str, *, at: datetime) -> int:
    """Enqueue each reaction to an event once and mark it dispatched, together; return how many were enqueued.

    Called again for the same event it does nothing: the event is delivered at least once, enqueued exactly once.
    """
    event = OutboxEvent.objects.select_for_update(no_key=True).get(ref=ref)
    if event.dispatched_at is not None:
        return 0
    paths = queries.reactions(event.event)
    for path in paths:
        import_string(path).enqueue(event.object_code, event.payload)
    OutboxEvent.objects.filter(pk=event.pk).update(dispatched_at=at)
    return len(paths)


@transaction.atomic
def send_mail(*, to: str, subject: str, body: str, at: datetime) -> Mail:
    """Write a mail and hand it to the worker, both in the caller's transaction."""
    from nganam.notices.tasks import deliver_mail  # noqa: PLC0415 - the job calls back into this module

    one_line = " ".join(subject.split())
    mail = Mail.objects.create(at=at, to=to, subject=one_line[:300], body=body)
    deliver_mail.enqueue(str(mail.ref))
    return mail


def mail_sent(mail: Mail, *, at: datetime) -> None:
    """Record that the mail server took the mail."""
    Mail.objects.filter(pk=mail.pk).update(state=Mail.State.SENT, sent_at=at, attempts=F("attempts") + 1, error="")


def mail_failed(mail: Mail, *, error: str, last: bool) -> None:
    """Record a failed attempt; ``last`` gives the mail up."""
    state = Mail.State.FAILED if last else Mail.State.WAITING
    Mail.objects.filter(pk=mail.pk).update(state=state, attempts=F("attempts") + 1, error=error[:300])
