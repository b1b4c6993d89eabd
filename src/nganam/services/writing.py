"""How services and their versions are drafted and changed: one form and one deed for page and JSON interface."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from nganam.cases.parties import Writing
from nganam.kernel.actors import Actor
from nganam.kernel.clock import local_date
from nganam.law.rules import rules_on
from nganam.services import operations, queries, revising
from nganam.services.forms import RevisionForm, ServiceForm
from nganam.services.models import Revision, Service, Source
from nganam.services.upstreams.queries import get_upstream_for
from nganam.warehouse.queries import get_table_for


def source_in(about: Mapping[str, str], actor: Actor) -> Source:
    """Return what ``about`` names by its code: an agency's system (``upstream``), else a table of the warehouse."""
    if about.get("upstream"):
        return get_upstream_for(actor, about["upstream"])
    return get_table_for(actor, about.get("table", ""))


def form(
    *, actor: Actor, at: datetime, about: Mapping[str, str], case: Service | None = None, data: Any = None
) -> ServiceForm:
    """Return the D24.3 form for the table or system in ``about``, or for a draft; bound when ``data`` is given."""
    if case is not None:
        return ServiceForm(data, instance=case, source=case.source, rules_version=case.rules)
    return ServiceForm(data, source=source_in(about, actor), rules_version=rules_on(local_date(at)).version)


def declare(
    *, actor: Actor, at: datetime, about: Mapping[str, str], form: ServiceForm, case: Service | None = None
) -> Service:
    """Declare the service a complete form describes."""
    del case
    return operations.declare_service(
        actor=actor, at=at, source=source_in(about, actor), field_names=form.cleaned_data["fields_offered"],
        values=form.description(), once=form.key,
    )  # fmt: skip


def change(
    *, actor: Actor, at: datetime, about: Mapping[str, str], form: ServiceForm, case: Service | None = None
) -> Service:
    """Change a draft to what a complete form says; the row is read anew, since the form has written on ``case``."""
    del about
    if case is None:
        raise ValueError("there is no draft to change")
    return operations.edit_service(
        actor=actor, at=at, service=queries.get_service_for(actor, case.code),
        field_names=form.cleaned_data["fields_offered"], values=form.description(), version=form.seen,
    )  # fmt: skip


def revision_form(
    *, actor: Actor, at: datetime, about: Mapping[str, str], case: Revision | None = None, data: Any = None
) -> RevisionForm:
    """Return the form of a new version of the service in ``about``, or of a draft of one."""
    del at
    if case is not None:
        return RevisionForm(data, service=case.service, revision=case)
    return RevisionForm(data, service=queries.get_service_for(actor, about.get("service", "")))


def draft_revision(
    *, actor: Actor, at: datetime, about: Mapping[str, str], form: RevisionForm, case: Revision | None = None
) -> Revision:
    """Draft the version a complete form describes."""
    del case
    return revising.draft_revision(
        actor=actor, at=at, service=queries.get_service_for(actor, about.get("service", "")),
        field_names=form.cleaned_data["fields_offered"], values=form.description(),
        summary=form.cleaned_data["summary"], once=form.key,
    )  # fmt: skip


def change_revision(
    *, actor: Actor, at: datetime, about: Mapping[str, str], form: RevisionForm, case: Revision | None = None
) -> Revision:
    """Change a draft of a version to what a complete form says."""
    del about
    if case is None:
        raise ValueError("there is no draft to change")
    return revising.edit_revision(
        actor=actor, at=at, revision=case, field_names=form.cleaned_data["fields_offered"],
        values=form.description(), summary=form.cleaned_data["summary"], version=form.seen,
    )  # fmt: skip


OPENING = Writing(ServiceForm, form, declare, about=("table", "upstream"))
EDITING = Writing(ServiceForm, form, change)
REVISION_OPENING = Writing(RevisionForm, revision_form, draft_revision, about=("service",))
REVISION_EDITING = Writing(RevisionForm, revision_form, change_revision)
