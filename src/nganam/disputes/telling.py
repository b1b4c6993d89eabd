"""Who is told what of a dispute: the sides, from level 2 on the lead agency, from level 3 on the Chairman."""

from datetime import datetime

from nganam.disputes.models import Dispute, Level
from nganam.kernel.actors import Actor, Role
from nganam.notices import operations as notices


def tell(dispute: Dispute, *, actor: Actor, at: datetime, event: str, body: str) -> None:
    """Tell everybody the dispute concerns but the one who acted."""
    sides = {dispute.opener.code, dispute.respondent.code} - {actor.agency}
    roles = [(Role.LEAD, Level.LEAD), (Role.CHAIRMAN, Level.CHAIRMAN)]
    heard = [role for role, level in roles if dispute.level >= level and not actor.has(role)]
    said = {
        "at": at, "title": f"{dispute.code}: {dispute.current.vi}", "body": body, "link": dispute.get_absolute_url(),
        "event": f"{dispute.MACHINE.code}.{event}",
    }  # fmt: skip
    for agency in sorted(sides):
        notices.notify(agency=agency, **said)  # type: ignore[arg-type]  # one shape for both
    for role in heard:
        notices.notify(role=role, **said)  # type: ignore[arg-type]  # as above
