"""How a page makes a move: the deed is tried, what was typed stays when it is refused."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from nganam.cases import parties
from nganam.cases.forms import StepForm, form_for
from nganam.cases.models import Case
from nganam.face.forms import attempt


def take_step(
    request: HttpRequest, case: Case, transition: str, *, to: str, done: str,
    again: Callable[[StepForm], HttpResponse],
) -> HttpResponse:  # fmt: skip
    """Make the move from the form that was sent and go to ``to`` saying ``done``; else show the page ``again``."""
    form = form_for(case, transition, request.POST, request.FILES)
    if form.is_valid() and attempt(form, lambda: _made(request, case, form)):
        messages.success(request, done)
        return redirect(to)
    return again(form)


def _made(request: HttpRequest, case: Case, form: StepForm) -> bool:
    parties.move(request.actor, case, form.step.name, at=request.at, inputs=form.inputs())
    return True
