"""How agreements and requests to join are opened and drafts changed: one form and one deed for page and interface."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from nganam.cases import parties
from nganam.cases.parties import Writing
from nganam.cases.requirements import allow
from nganam.catalogue.models import SharedDatabase
from nganam.kernel.actors import Actor
from nganam.services.models import Service
from nganam.sharing.agreements import joining, operations, queries
from nganam.sharing.agreements.forms import AskForm, JoinForm
from nganam.sharing.agreements.models import Agreement, Joining
from nganam.sharing.outside.inbound import begin_agreement
from nganam.sharing.outside.models import Inbound
from nganam.sharing.outside.queries import get_inbound_for
from nganam.sharing.outside.workflow import INBOUND
from nganam.sharing.policies import may_work_for_agency

About = Mapping[str, str]
ABOUT = ("service", "database", "item", "inbound")


def subject(about: About) -> tuple[Service | None, SharedDatabase | None, str]:
    """Return what is asked for: a special service, or an item of a database that has none."""
    item = about.get("item", "")
    if about.get("database"):
        return None, queries.special_item(about["database"], item), item
    return queries.special_service(about.get("service", "")), None, ""


def inbound_of(actor: Actor, about: About) -> Inbound | None:
    """Return the case from outside that an agreement is begun for, if it is one; only the lead agency begins it."""
    if not about.get("inbound"):
        return None
    found = get_inbound_for(actor, about["inbound"])
    parties.check(actor, found, INBOUND.transition("begin_agreement"))
    return found


def asking(*, actor: Actor, at: datetime, about: About, case: Agreement | None = None, data: Any = None) -> AskForm:
    """Return the form of what is asked, or of a draft; bound when ``data`` is given."""
    del at
    if case is not None:
        return AskForm.for_draft(data, case)
    inbound = inbound_of(actor, about)
    if inbound is not None:
        return AskForm.for_outside(data, inbound)
    allow(may_work_for_agency(actor))
    return AskForm(data, agency=actor.agency, service=subject(about)[0])


def ask(*, actor: Actor, at: datetime, about: About, form: AskForm, case: Agreement | None = None) -> Agreement:
    """Draft the request a complete form describes."""
    del case
    inbound = inbound_of(actor, about)
    if inbound is not None:
        said = form.asked()
        who = said.pop("representative")
        return begin_agreement(actor=actor, at=at, inbound=inbound, values=said, representative=who, once=form.key)
    service, database, item = subject(about)
    return operations.ask_agreement(
        actor=actor, at=at, application=form.cleaned_data["application"], service=service, database=database,
        item=item, values=form.asked(), once=form.key,
    )  # fmt: skip


def change(*, actor: Actor, at: datetime, about: About, form: AskForm, case: Agreement | None = None) -> Agreement:
    """Change a draft to what a complete form says."""
    del about
    if case is None:
        raise ValueError("there is no draft to change")
    return operations.edit_asked(actor=actor, at=at, agreement=case, values=form.asked(), version=form.seen)


def joining_form(
    *, actor: Actor, at: datetime, about: About, case: Joining | None = None, data: Any = None
) -> JoinForm:
    """Return the form of a request to join; bound when ``data`` is given."""
    del at, about, case
    return JoinForm(data, agency=actor.agency)


def join(*, actor: Actor, at: datetime, about: About, form: JoinForm, case: Joining | None = None) -> Joining:
    """Ask to join the agreement in force with the code in ``about``."""
    del case
    found = queries.agreement_in_force(about.get("agreement", ""))
    said = form.cleaned_data
    return joining.ask_to_join(
        actor=actor, at=at, agreement=found, application=said["application"], purpose=said["purpose"], once=form.key
    )


OPENING = Writing(AskForm, asking, ask, about=ABOUT)
EDITING = Writing(AskForm, asking, change)
JOINING_OPENING = Writing(JoinForm, joining_form, join, about=("agreement",))
