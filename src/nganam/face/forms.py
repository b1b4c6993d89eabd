"""How a page calls a deed: a refused deed goes back into the form, with everything typed still there."""

from collections.abc import Callable
from typing import TypeVar

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from nganam.face.templatetags.nganam import article_text, is_local
from nganam.kernel.errors import Invalid, NganamError, NotFound, RuleBroken, StateMoved

T = TypeVar("T")


def attempt(form: forms.BaseForm, deed: Callable[[], T]) -> T | None:
    """Do the deed; on a refusal put its words on the form's fields and return None."""
    try:
        return deed()
    except Invalid as error:
        _blame(form, error)
    except (RuleBroken, StateMoved) as error:
        form.add_error(None, _words(error))
    return None


def _blame(form: forms.BaseForm, error: Invalid) -> None:
    general = [text for name, texts in error.fields.items() if name not in form.fields for text in texts]
    placed = {name: texts for name, texts in error.fields.items() if name in form.fields}
    if not any(error.message in texts for texts in placed.values()):
        general = [_words(error), *general]
    for name, texts in placed.items():
        # What is refused for one field is said there alone, with what to do.
        form.add_error(name, [_words(error) if text == error.message else text for text in texts])
    if general:
        form.add_error(None, general)


def _words(error: NganamError) -> str:
    """Return the refusal and what to do; a clause is cited with what it forbids, a local rule is told as such last."""
    message, hint = str(error.message), str(error.hint)
    article = error.article if isinstance(error, RuleBroken) else ""
    if is_local(article):
        return f"{message} {hint}".strip() + " " + _("(Quy định nội bộ.)")
    if article:
        message = f"{message.removesuffix('.')} ({article_text(article)})."
    return f"{message} {hint}".strip()


def press(request: HttpRequest, deed: Callable[[], object], *, to: str, done: str) -> HttpResponse:
    """Do the deed behind a button, then go to ``to`` with a word of success or of the refusal."""
    try:
        deed()
    except NotFound:
        raise
    except NganamError as error:
        fields = [text for texts in getattr(error, "fields", {}).values() for text in texts]
        messages.error(request, " ".join([_words(error), *(text for text in fields if text != error.message)]))
    else:
        messages.success(request, done)
    return redirect(to)
