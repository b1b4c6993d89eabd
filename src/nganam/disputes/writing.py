"""How a dispute is opened and an error reported: one form and one deed for the pages and the JSON interface."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from nganam.cases.parties import Writing
from nganam.disputes import operations
from nganam.disputes.forms import DisputeForm, ErrorForm
from nganam.disputes.models import Dispute
from nganam.disputes.subjects import Subject, subject_for
from nganam.kernel.actors import Actor
from nganam.kernel.clock import local_date


def subject_in(about: Mapping[str, str], actor: Actor, at: datetime) -> Subject | None:
    """Return the thing ``subject`` names (``sharing.request:YC-…``), ``None`` when it names none."""
    reference = about.get("subject", "")
    return subject_for(actor, reference, local_date(at)) if reference else None


def form(
    *, actor: Actor, at: datetime, about: Mapping[str, str], case: Dispute | None = None, data: Any = None
) -> DisputeForm:
    """Return the form of a difficulty about the thing in ``about``, or with an agency; bound when ``data`` is given."""
    del case
    subject = subject_in(about, actor, at)
    bound = subject is not None and subject.other is not None
    return DisputeForm(data, day=local_date(at), agency=actor.agency, bound=bound)


def open_from(
    *, actor: Actor, at: datetime, about: Mapping[str, str], form: DisputeForm, case: Dispute | None = None
) -> Dispute:
    """Raise the difficulty a complete form describes."""
    del case
    return operations.open_dispute(
        actor=actor, at=at, values=form.content_given(), subject=subject_in(about, actor, at),
        respondent=form.cleaned_data.get("respondent"), once=form.cleaned_data["once"],
    )  # fmt: skip


def error_form(
    *, actor: Actor, at: datetime, about: Mapping[str, str], case: Dispute | None = None, data: Any = None
) -> ErrorForm:
    """Return the form of an error in the data of the account that ``about`` names, which must be the actor's."""
    del case
    subject_for(actor, about.get("subject", ""), local_date(at))
    return ErrorForm(data)


def report(
    *, actor: Actor, at: datetime, about: Mapping[str, str], form: ErrorForm, case: Dispute | None = None
) -> Dispute:
    """Report the error a complete form describes (D52.2c)."""
    del case
    return operations.report_error(
        actor=actor, at=at, values=form.content_given(), once=form.key,
        subject=subject_for(actor, about.get("subject", ""), local_date(at)),
    )  # fmt: skip


OPENING = Writing(DisputeForm, form, open_from, about=("subject",))
REPORTING = Writing(ErrorForm, error_form, report, about=("subject",))
"""A report is a case of the same machine, opened in another way."""
