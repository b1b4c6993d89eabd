"""From a review to the default list (D34.2): the proposal, and the way to a filled-in request once it is taken up."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_noop

from nganam.catalogue import proposing
from nganam.kernel.actors import Actor
from nganam.sharing.agreements.models import Agreement
from nganam.sharing.agreements.telling import KEEPER, tell_parties
from nganam.sharing.agreements.workflow import AGREEMENT

LISTED = gettext_noop("Dữ liệu đã vào danh mục chia sẻ mặc định (đợt %(code)s): mở thỏa thuận để gửi yêu cầu điền sẵn.")
"""What the parties of an agreement are told once an edition took its data up."""


def propose(agreement: Agreement, *, actor: Actor, at: datetime, reason: str) -> None:
    """List the data of an agreement for the next edition of the default list."""
    service = agreement.service
    proposing.propose(
        actor=actor, at=at, source_type=AGREEMENT.code, source=agreement.code, name=agreement.about,
        owner=agreement.provider, database=agreement.database or (service.database if service else None),
        reason=reason.strip(),
    )  # fmt: skip


def drop(agreement: Agreement, *, actor: Actor, at: datetime, reason: str) -> None:
    """Take the data off that list again, if they are on it."""
    proposing.drop(actor=actor, at=at, source_type=AGREEMENT.code, source=agreement.code, reason=reason.strip())


def is_taken_up(agreement: Agreement) -> bool:
    """Say whether the data of an agreement stand in an issued default list by its review."""
    return proposing.taken_from(AGREEMENT.code, agreement.code)


@transaction.atomic
def tell_taken_up(*, at: datetime, edition: str) -> int:
    """Tell the parties of each agreement whose data an edition took up how to ask by default; harmless to repeat."""
    told = proposing.not_told(edition)
    for one in told:
        agreement = Agreement.objects.filter(code=one.source).first() if one.source_type == AGREEMENT.code else None
        if agreement is not None:
            body = LISTED % {"code": edition}
            tell_parties(agreement, actor=KEEPER, at=at, event="default_list", body=body)
        proposing.note_told(one, at=at)
    return len(told)
