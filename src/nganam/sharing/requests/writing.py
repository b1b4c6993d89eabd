"""How a request is drafted and changed: one form and one deed for the page and for the JSON interface."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from nganam.cases.parties import Writing
from nganam.kernel.actors import Actor
from nganam.services.queries import listed_service
from nganam.sharing.agreements.queries import default_words
from nganam.sharing.requests import operations, queries
from nganam.sharing.requests.forms import RequestForm
from nganam.sharing.requests.models import Request


def form(
    *, actor: Actor, at: datetime, about: Mapping[str, str], case: Request | None = None, data: Any = None
) -> RequestForm:
    """Return the D35.2 form for the service in ``about``, or for a draft; bound when ``data`` is given."""
    del at
    if case is not None:
        return RequestForm(data, instance=case, agency=case.consumer.code, service=case.service)
    service = listed_service(about.get("service", ""))
    words = default_words(actor, about.get("earlier", ""))
    if not words:
        words = prefilled(queries.earlier_request(actor, service, about.get("earlier", "")))
    return RequestForm(data, agency=actor.agency, service=service, initial=words)


def prefilled(earlier: Request | None) -> dict[str, Any]:
    """Return what a new request may say again of the one the agency last asked with; the purpose is said anew."""
    if earlier is None:
        return {}
    kept = {name: getattr(earlier, name) for name in ("solution", "frequency", "other")}
    purpose = {"purpose": earlier.purpose, "purpose_codes": earlier.purpose_codes}
    return {**kept, **purpose, "application": earlier.application.code, "fields_asked": earlier.fields}


def draft(
    *, actor: Actor, at: datetime, about: Mapping[str, str], form: RequestForm, case: Request | None = None
) -> Request:
    """Draft the request a complete form describes."""
    del case
    return operations.draft_request(
        actor=actor, at=at, application=form.chosen_application(), service=listed_service(about.get("service", "")),
        values=form.content(), once=form.key,
    )  # fmt: skip


def change(
    *, actor: Actor, at: datetime, about: Mapping[str, str], form: RequestForm, case: Request | None = None
) -> Request:
    """Change a draft to what a complete form says."""
    del about
    if case is None:
        raise ValueError("there is no draft to change")
    return operations.edit_request(actor=actor, at=at, request=case, values=form.content(), version=form.seen)


OPENING = Writing(RequestForm, form, draft, about=("service",))
EDITING = Writing(RequestForm, form, change)
