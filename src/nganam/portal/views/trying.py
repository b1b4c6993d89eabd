"""Try a service: samples for everybody, a real call to its sandbox twin for officers."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from nganam.face.doors import Audience, door
from nganam.face.forms import attempt
from nganam.kernel.actors import Role
from nganam.lgsp import queries as lgsp
from nganam.lgsp import trying as calling
from nganam.lgsp.trying import Answer, Question
from nganam.portal.samples import samples
from nganam.portal.trying import LIVE, CallForm, QuestionForm, lack_of
from nganam.services.models import Service
from nganam.services.queries import listed_service
from nganam.services.sandbox import has_twin
from nganam.sharing.requests.queries import applications_for
from nganam.sharing.sandbox.queries import application_for
from nganam.warehouse import sandbox


@never_cache
@door(Audience.PUBLIC)
@require_safe
def try_service(request: HttpRequest, code: str) -> HttpResponse:
    """Show how a service is called, the parameters of the address in the samples; officers get a form that calls."""
    service = listed_service(code)
    asked = QuestionForm(request.GET, service=service) if "cach" in request.GET else None
    form = _form(request, service, None)
    if asked is None:
        return _page(request, service, form)
    if not isinstance(form, CallForm):
        return _page(request, service, asked)
    # The address of a question is good for an officer too: it fills the form, which also wants to know for whom.
    form.initial = {name: request.GET[name] for name in asked.fields if name in request.GET}
    return _page(request, service, form, question=asked.question() if asked.is_valid() else None)


@never_cache
@sensitive_post_parameters("token")
@require_POST
@door(Audience.OFFICER, roles=(Role.FOCAL,))
def call_service(request: HttpRequest, code: str) -> HttpResponse:
    """Make the call and show what came back. The token that was pasted is not shown again."""
    service = listed_service(code)
    form = _form(request, service, request.POST)
    answer = attempt(form, lambda: _called(request, service, form)) if form.is_valid() else None
    return _page(request, service, form, answer)


def _form(request: HttpRequest, service: Service, data: Any) -> QuestionForm:
    examples = sandbox.examples(service.table, service.lookup_columns) if service.table else []
    own = list(applications_for(request.actor)) if has_twin(service) else []
    if not own:
        return QuestionForm(data, service=service, examples=examples)
    accounts = list(calling.accounts_for(request.actor, service, request.at))
    return CallForm(data, service=service, examples=examples, applications=own, accounts=accounts)


def _called(request: HttpRequest, service: Service, form: QuestionForm) -> Answer:
    said, question, actor = form.cleaned_data, form.question(), request.actor
    application = application_for(actor, said.get("ung-dung", ""))
    if said["noi"] == LIVE:
        token = said.get("token", "")
        return calling.try_live(service, question, application, actor=actor, at=request.at, token=token)
    return calling.try_sandbox(service, question, application, actor=actor, at=request.at)


def _page(
    request: HttpRequest, service: Service, form: QuestionForm, answer: Answer | None = None,
    question: Question | None = None,
) -> HttpResponse:  # fmt: skip
    question = question or (form.question() if form.is_bound and form.is_valid() else form.example())
    twin, live = has_twin(service), form.is_bound and form.data.get("noi") == LIVE
    accounts = list(calling.accounts_for(request.actor, service, request.at)) if request.actor.agency else []
    address = lgsp.sandbox_url(service) if twin and not live else lgsp.service_url(service)
    context = {
        "service": service,
        "form": form,
        "has_twin": twin,
        "may_call": isinstance(form, CallForm),
        "is_focal": request.actor.has(Role.FOCAL) and bool(request.actor.agency),
        "examples": sandbox.examples(service.table, service.lookup_columns) if service.table else [],
        "accounts": accounts,
        "address": address,
        "is_live": live,
        "answer": answer,
        "lack": lack_of(answer, service, accounts, live=live, pasted=bool(form.data.get("token"))) if answer else None,
        "samples": samples(address, lgsp.token_url(), question),
    }
    return render(request, "portal/try_service.html", context, status=422 if form.errors else 200)
