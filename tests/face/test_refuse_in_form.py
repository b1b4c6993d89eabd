"""A refused deed goes back into the form: each reason once, by its field, with what to do."""

import pytest
from django import forms
from django.contrib.messages import get_messages
from django.contrib.messages.storage.fallback import FallbackStorage
from django.test import RequestFactory

from nganam.face.forms import attempt, press
from nganam.kernel.errors import Invalid


class Wish(forms.Form):
    reason = forms.CharField(required=False)


def refuse(error):
    def deed():
        raise error

    return deed


def refused(error):
    form = Wish({"reason": ""})
    assert form.is_valid()
    assert attempt(form, refuse(error)) is None
    return form


def test_what_is_refused_for_one_field_is_said_there_alone_with_what_to_do():
    form = refused(Invalid("Cần lý do.", fields={"reason": ["Cần lý do."]}, hint="Ghi một câu."))
    assert form.errors == {"reason": ["Cần lý do. Ghi một câu."]}


def test_a_general_word_stays_beside_what_the_fields_say():
    form = refused(Invalid("Chưa hợp lệ.", fields={"reason": ["Quá dài."]}, hint="Sửa rồi ghi lại."))
    assert form.errors == {"__all__": ["Chưa hợp lệ. Sửa rồi ghi lại."], "reason": ["Quá dài."]}


def test_what_no_field_of_the_form_can_say_is_said_for_all():
    form = refused(Invalid("Cần lý do.", fields={"other": ["Thiếu tệp."]}))
    assert form.errors == {"__all__": ["Cần lý do.", "Thiếu tệp."]}


@pytest.mark.parametrize(("fields", "told"), [(["Ghi lý do."], "Ghi lý do."), (["Quá dài."], "Ghi lý do. Quá dài.")])
def test_behind_a_button_nothing_is_said_twice(fields, told):
    request = RequestFactory().post("/x/")
    request.session = {}
    request._messages = FallbackStorage(request)
    press(request, refuse(Invalid("Ghi lý do.", fields={"reason": fields})), to="/x/", done="Xong.")
    assert [str(one) for one in get_messages(request)] == [told]
