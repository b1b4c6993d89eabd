"""Issues the papers of a dispute within the deeds they belong to; each function returns the paper's number."""

from datetime import date, datetime

from nganam.agencies.correspondence import Words, send
from nganam.agencies.queries import agency as agency_of
from nganam.cases import operations as cases
from nganam.disputes.models import Dispute
from nganam.documents.operations import register_paper
from nganam.kernel.actors import Actor


def issue(dispute: Dispute, words: Words, *, actor: Actor, at: datetime, signer: str) -> str:
    """Issue a letter of the actor's agency; without a ``signer`` the officer signs under their own name."""
    agency = agency_of(actor.agency)
    return send(words, actor=actor, at=at, case=dispute, agency=agency, signer=signer).number


def issue_or_enter(
    dispute: Dispute, words: Words, *, actor: Actor, at: datetime, number: str, signed_on: date
) -> str:  # fmt: skip
    """Issue a paper the actor signs, or enter the one signed elsewhere under ``number`` on ``signed_on``."""
    if not number.strip():
        return issue(dispute, words, actor=actor, at=at, signer=actor.name)
    cases.hold(dispute)
    paper = register_paper(
        actor=actor, at=at, kind=words.kind, number=number, signed_on=signed_on, agency=actor.agency,
        signer=actor.name, title=words.subject, object_type=dispute.MACHINE.code, object_code=dispute.code,
    )  # fmt: skip
    return paper.number
