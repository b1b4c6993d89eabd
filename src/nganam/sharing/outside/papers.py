"""Gives a deed its paper: a letter issued here with the next number, or the number of one signed elsewhere."""

from datetime import date, datetime

from nganam.agencies.correspondence import Words, letter_of
from nganam.agencies.models import Agency
from nganam.cases import operations as cases
from nganam.documents import operations as documents
from nganam.documents.models import Paper
from nganam.kernel.actors import Actor
from nganam.kernel.clock import local_date
from nganam.sharing.outside.models import Inbound, Outbound


def give(
    case: Inbound | Outbound, words: Words, *, actor: Actor, at: datetime, agency: Agency, signer: str = "",
    on: date | None = None, number: str = "",
) -> Paper:  # fmt: skip
    """Issue the letter within the deed; with a ``number`` enter what ``agency`` signed elsewhere on the day ``on``."""
    cases.hold(case)
    kind, code, day = case.MACHINE.code, case.code, on or local_date(at)
    if number.strip():
        return documents.register_paper(
            actor=actor, at=at, kind=words.kind, number=number, signed_on=day, agency=agency.code,
            title=words.subject, signer=signer or actor.name, object_type=kind, object_code=code,
        )  # fmt: skip
    letter = letter_of(words, agency=agency, on=day, signer=signer, officer=actor.name)
    return documents.issue_letter(actor=actor, at=at, letter=letter, object_type=kind, object_code=code)
