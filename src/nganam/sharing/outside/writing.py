"""How cases across the border are opened and changed: one form and one deed for the page and the JSON interface."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from nganam.agencies.models import Agency
from nganam.agencies.queries import provincial_agency
from nganam.cases.parties import Writing
from nganam.kernel.actors import Actor
from nganam.kernel.clock import local_date
from nganam.services.models import Service
from nganam.services.queries import listed_service
from nganam.sharing.outside import inbound, outbound, queries
from nganam.sharing.outside.forms import ContentForm, InboundForm, ProposalForm, proposal_of
from nganam.sharing.outside.models import Inbound, Outbound

About = Mapping[str, str]


def target(about: About, at: datetime) -> tuple[Service | None, Agency | None]:
    """Return what an outside agency asks for: a published service, or an agency's data (none of them when not said)."""
    service, provider = about.get("service", ""), about.get("provider", "")
    if service:
        return listed_service(service), None
    return None, provincial_agency(provider, local_date(at)) if provider else None


def registering_form(
    *, actor: Actor, at: datetime, about: About, case: Inbound | None = None, data: Any = None, files: Any = None
) -> InboundForm:
    """Return the form to register what is asked for in ``about``."""
    del actor, case
    service, _provider = target(about, at)
    return InboundForm(data, files, service=service, initial={"received_on": local_date(at)})


def correcting_form(
    *, actor: Actor, at: datetime, about: About, case: Inbound | None = None, data: Any = None
) -> ContentForm:
    """Return the form to put the content of a registered request right."""
    del actor, at, about
    return ContentForm(data, service=case.service if case else None, case=case)


def register(*, actor: Actor, at: datetime, about: About, form: InboundForm, case: Inbound | None = None) -> Inbound:
    """Register the request a complete form describes."""
    del case
    service, provider = target(about, at)
    said = form.cleaned_data
    return inbound.register_inbound(
        actor=actor, at=at, requester=said["requester"], service=service, provider=provider, values=form.values(),
        received_on=said["received_on"], scan=form.scanned(), once=form.key,
    )  # fmt: skip


def correct(*, actor: Actor, at: datetime, about: About, form: ContentForm, case: Inbound | None = None) -> Inbound:
    """Put a registered request right as a complete form says."""
    del about
    if case is None:
        raise ValueError("there is no request to put right")
    return inbound.edit_inbound(actor=actor, at=at, inbound=case, values=form.content(), version=form.seen)


def outbound_form(
    *, actor: Actor, at: datetime, about: About, case: Outbound | None = None, data: Any = None
) -> ProposalForm:
    """Return the form of a proposal, empty, begun from the listed service in ``about``, or of a draft."""
    del at
    if case is not None:
        return ProposalForm(data, agency=case.proposer.code, case=case)
    chosen = about.get("dich-vu", "")
    initial = proposal_of(queries.external_service(chosen)) if chosen else {}
    return ProposalForm(data, agency=actor.agency, initial=initial)


def draft(*, actor: Actor, at: datetime, about: About, form: ProposalForm, case: Outbound | None = None) -> Outbound:
    """Draft the proposal a form describes."""
    del about, case
    return outbound.draft_outbound(actor=actor, at=at, values=form.values(), once=form.key)


def change(*, actor: Actor, at: datetime, about: About, form: ProposalForm, case: Outbound | None = None) -> Outbound:
    """Change a draft, or a returned proposal, to what a form says."""
    del about
    if case is None:
        raise ValueError("there is no proposal to change")
    return outbound.edit_outbound(actor=actor, at=at, outbound=case, values=form.values(), version=form.seen)


REGISTERING = Writing(InboundForm, registering_form, register, about=("service", "provider"))
CORRECTING = Writing(ContentForm, correcting_form, correct)
PROPOSING = Writing(ProposalForm, outbound_form, draft)
CHANGING = Writing(ProposalForm, outbound_form, change)
