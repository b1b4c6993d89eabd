"""Proposals for the default list (D34.2): listed, chosen into a draft edition, taken up when it is issued."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from nganam.agencies.models import Agency
from nganam.audit import operations as audit
from nganam.catalogue.models import DefaultProposal, Edition, SharedDatabase
from nganam.kernel.actors import Actor
from nganam.kernel.errors import Invalid

PROPOSED, DROPPED, TAKEN = (f"catalogue.default.{verb}" for verb in ("proposed", "dropped", "taken"))
WRITTEN = ("name", "owner", "database", "reason", "person_name")
"""What a later review of the same data says anew."""


def open_proposals() -> QuerySet[DefaultProposal]:
    """Return what still waits for an edition, oldest first."""
    waiting = DefaultProposal.objects.filter(taken_at__isnull=True, dropped_at__isnull=True)
    return waiting.select_related("owner", "database", "edition")


def offered_to(edition: Edition | None) -> QuerySet[DefaultProposal]:
    """Return what a draft may take up: what waits, is of a declared database and is not in another draft."""
    found = open_proposals().filter(database__isnull=False)
    return found.filter(edition__isnull=True) | found.filter(edition=edition) if edition else found


def proposals_of(edition: Edition) -> QuerySet[DefaultProposal]:
    """Return what an edition takes up, or took."""
    return edition.proposals.select_related("owner", "database")


def taken_from(source_type: str, source: str) -> bool:
    """Say whether what a case's review proposed stands in an issued edition."""
    return DefaultProposal.objects.filter(source_type=source_type, source=source, taken_at__isnull=False).exists()


def propose(
    *, actor: Actor, at: datetime, source_type: str, source: str, name: str, owner: Agency,
    database: SharedDatabase | None, reason: str,
) -> DefaultProposal:  # fmt: skip
    """List data for the next edition of the default list; called within the deed that reviewed them.

    Reviewed again before an edition took them up, they stay the same proposal with the newest reason.
    """
    known = open_proposals().select_for_update(of=("self",)).filter(source_type=source_type, source=source).first()
    made = known or DefaultProposal(source_type=source_type, source=source, proposed_at=at)
    made.name, made.owner, made.database = name[:200], owner, database
    made.reason, made.person_name = reason, actor.name
    made.save(force_insert=known is None, update_fields=WRITTEN if known else None)
    _record(PROPOSED, made, actor=actor, at=at, reason=reason)
    return made


def drop(*, actor: Actor, at: datetime, source_type: str, source: str, reason: str) -> bool:
    """Take a proposal off the list that a later review does not uphold; say whether there was one."""
    known = open_proposals().select_for_update(of=("self",)).filter(source_type=source_type, source=source).first()
    if known is None:
        return False
    DefaultProposal.objects.filter(pk=known.pk).update(dropped_at=at, edition=None)
    _record(DROPPED, known, actor=actor, at=at, reason=reason)
    return True


def choose(edition: Edition, sources: Sequence[str], codes: Sequence[str]) -> None:
    """Let a draft take up the proposals of ``sources``; each must be of a database the draft holds.

    Called within the deed that writes the draft. What is not chosen goes on waiting for the next edition.
    """
    offered = {one.source: one for one in offered_to(edition)}
    strangers = [source for source in sources if source not in offered]
    apart = [source for source in sources if source in offered and _code(offered[source]) not in set(codes)]
    text = ""
    if strangers or (sources and edition.kind != Edition.Kind.DEFAULT_DATA):
        text = _("Không có đề xuất này để đưa vào đợt: %(codes)s.") % {"codes": ", ".join(strangers or sources)}
    elif apart:
        text = _("Chọn cả cơ sở dữ liệu của đề xuất: %(codes)s.") % {"codes": ", ".join(apart)}
    if text:
        raise Invalid(text, fields={"proposals": [text]}, hint=_("Bỏ chọn đề xuất, hoặc thêm cơ sở dữ liệu của nó."))
    release(edition)
    DefaultProposal.objects.filter(pk__in=[offered[source].pk for source in sources]).update(edition=edition)


def _code(proposal: DefaultProposal) -> str:
    return proposal.database.code if proposal.database else ""


def release(edition: Edition) -> None:
    """Let what a draft was to take up wait again."""
    open_proposals().filter(edition=edition).order_by().update(edition=None)


def take_up(edition: Edition, *, actor: Actor, at: datetime) -> None:
    """Note that the issued edition took up what was chosen into it; called within the deed that issues it."""
    for one in open_proposals().filter(edition=edition):
        DefaultProposal.objects.filter(pk=one.pk).update(taken_at=at)
        _record(TAKEN, one, actor=actor, at=at, reason=edition.code)


def not_told(code: str) -> list[DefaultProposal]:
    """Return what the edition ``code`` took up and nobody told those concerned of, each held for the caller."""
    held = DefaultProposal.objects.select_for_update(of=("self",))
    found = held.filter(edition__code=code, taken_at__isnull=False)
    return list(found.filter(told_at__isnull=True))


def note_told(proposal: DefaultProposal, *, at: datetime) -> None:
    """Remember that those concerned were told."""
    DefaultProposal.objects.filter(pk=proposal.pk).update(told_at=at)


def _record(action: str, one: DefaultProposal, *, actor: Actor, at: datetime, reason: str) -> None:
    audit.record(
        actor=actor, at=at, action=action, object_type=one.source_type, object_code=one.source,
        details={"name": one.name, "reason": reason},
    )  # fmt: skip
