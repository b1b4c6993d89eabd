"""Reads of notices, outbox and mail."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.module_loading import import_string

from nganam.kernel.actors import Actor
from nganam.notices.models import Mail, Notice, OutboxEvent, Read

SHOWN = 200


def inbox(person: Actor) -> QuerySet[Notice]:
    """Return the notices addressed to the actor, to their agency, or to a role they hold; newest first.

    Each carries ``is_read`` for this person.
    """
    return Notice.objects.filter(_addressed(person)).annotate(is_read=_read_by(person))


def unread(person: Actor) -> QuerySet[Notice]:
    """Return the notices of the inbox that this person has not read."""
    return Notice.objects.filter(_addressed(person)).exclude(_read_by(person))


def unread_count(person: Actor) -> int:
    """Return how many notices this person has not read; 0 for a visitor."""
    return unread(person).count() if person.is_person else 0


def _read_by(person: Actor) -> Exists:
    return Exists(Read.objects.filter(notice=OuterRef("pk"), person=person.code))


def _addressed(person: Actor) -> Q:
    if not person.is_person:
        return Q(pk__in=[])
    roles = [str(role) for role in person.roles]
    to_group = Q(person="", agency__in=["", person.agency], role__in=["", *roles])
    return Q(person=person.code) | to_group


def was_told(*, event: str, link: str, body: str) -> bool:
    """Say whether a notice of an event says just this of a page already: a job that runs again tells nobody twice."""
    return Notice.objects.filter(event=event, link=link, body=body).exists()


def reactions(event: str) -> tuple[str, ...]:
    """Return the import paths of the jobs that react to ``event`` (from ``settings.NGANAM_SUBSCRIPTIONS``)."""
    return tuple(_table().get(event, ()))


def _table() -> Mapping[str, tuple[str, ...]]:
    named: Any = settings.NGANAM_SUBSCRIPTIONS
    table: Mapping[str, tuple[str, ...]] = import_string(named) if isinstance(named, str) else named
    return table


def waiting_events() -> QuerySet[OutboxEvent]:
    """Return events not yet handed to their reactions, oldest first."""
    return OutboxEvent.objects.filter(dispatched_at__isnull=True)


def mail(ref: UUID | str) -> Mail:
    """Return a mail by its reference."""
    return Mail.objects.get(ref=ref)


def failed_mails() -> QuerySet[Mail]:
    """Return the mails that were given up, newest first."""
    return Mail.objects.filter(state=Mail.State.FAILED)
