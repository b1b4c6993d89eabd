"""A page makes a move: done and told, or refused with everything typed still there."""

import pytest
from django.contrib.messages import get_messages
from django.contrib.messages.storage.cookie import CookieStorage
from django.http import HttpResponse
from django.test import RequestFactory

from nganam.cases import parties
from nganam.cases.operations import advance, open_case
from nganam.cases.pages import take_step

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(probe, monkeypatch, phuc, at):
    monkeypatch.setattr(parties, "_declared", dict(parties._declared))
    everybody = dict.fromkeys(("provider", "consumer"), lambda actor, case: "")
    moves = {
        one.name: lambda *, actor, at, case, name=one.name, **inputs: advance(case, name, actor=actor, at=at, **inputs)
        for one in probe.MACHINE.transitions
    }
    parties.declare(
        probe.MACHINE, parties=everybody, find=lambda actor, code: None, word="case", moves=moves,
        listing=lambda actor: probe.objects.all(),
    )  # fmt: skip
    return open_case(probe(), actor=phuc, at=at)


def press(case, transition, phuc, at, **values):
    request = RequestFactory().post("/", values)
    request.actor, request.at = phuc, at
    request._messages = CookieStorage(request)
    answer = take_step(
        request, case, transition, to="/xong/", done="Đã gửi.", again=lambda form: HttpResponse(str(form.errors))
    )
    return answer, [str(one) for one in get_messages(request)]


def test_a_move_made_goes_on_and_says_so(draft, phuc, at):
    answer, said = press(draft, "send", phuc, at, version="0")
    assert (answer.status_code, answer["Location"], said) == (302, "/xong/", ["Đã gửi."])
    draft.refresh_from_db()
    assert draft.state == "sent"


def test_a_form_that_lacks_something_is_shown_again(draft, phuc, at):
    draft = advance(draft, "send", actor=phuc, at=at)
    answer, said = press(draft, "refuse", phuc, at, reason="có")
    assert (answer.status_code, said) == (200, [])
    assert "legal_basis" in answer.content.decode()


def test_a_page_that_is_stale_moves_nothing_and_says_who_was_first(draft, phuc, at, probe):
    seen = probe.objects.get(pk=draft.pk)
    advance(draft, "send", actor=phuc, at=at)
    answer, said = press(seen, "send", phuc, at, version="0")
    assert said == []
    assert "Thạch Phúc đã chuyển hồ sơ" in answer.content.decode()
    draft.refresh_from_db()
    assert draft.version == 1
