"""Makes the schema of a deed's inputs from the form a page shows, and fills that form from JSON: one set of rules."""

import base64
import binascii
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, TypeVar, get_origin

from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from ninja import Schema
from pydantic import ConfigDict, Field, create_model, field_validator
from pydantic_core import PydanticCustomError

from nganam.cases.forms import INPUTS
from nganam.cases.parties import Writing
from nganam.kernel.errors import Invalid
from nganam.kernel.machine import Transition

F = TypeVar("F", bound=forms.BaseForm)
View = Callable[..., Any]
LONGEST = 20_000
MOST = 100
MOST_CHOICES = 500
LAST_VERSION = 2**31 - 1
MANY = (forms.MultipleChoiceField, forms.ModelMultipleChoiceField)
LARGEST_FILE = 20 * 1024 * 1024


def _has_nul(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_has_nul(one) for pair in value.items() for one in pair)
    return any(map(_has_nul, value)) if isinstance(value, list) else isinstance(value, str) and "\0" in value


class Sent(Schema):
    """What every deed's inputs are: nothing unknown is taken, so a wrong name is told and not overlooked."""

    model_config = ConfigDict(extra="forbid", str_max_length=LONGEST)

    @field_validator("*", mode="before")
    @classmethod
    def holds_no_nul(cls, value: Any) -> Any:
        """Refuse NUL wherever it stands: PostgreSQL keeps none."""
        if _has_nul(value):
            raise PydanticCustomError("nul", "Có ký tự NUL; bỏ ký tự này rồi gửi lại.")
        return value


class Window(Schema):
    """Which part of a list."""

    limit: int = Field(20, ge=1, le=MOST)
    offset: int = Field(0, ge=0, le=10_000)

    def cut(self, rows: Any) -> list[Any]:
        """Return that part of ``rows``."""
        return list(rows[self.offset : self.offset + self.limit])


class Refusal(Schema):
    """A refusal (RFC 9457), the same for every door."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    hint: str = ""
    article: str = ""
    fields: dict[str, list[str]] = {}
    request_id: str


REFUSALS: dict[int, Any] = dict.fromkeys((400, 401, 403, 404, 409, 422, 503), Refusal)


class FileIn(Sent):
    """A file within JSON."""

    name: str = Field(max_length=255)
    content: str = Field(description="Base64", max_length=LARGEST_FILE * 4 // 3 + 4)

    model_config = ConfigDict(extra="forbid", str_max_length=None)


def step_schema(step: Transition, own: Any, name: str) -> type[Schema]:
    """Return the schema of a move: its form's own fields and those its table needs."""
    fields = dict(getattr(own, "base_fields", {}))
    fields |= {need: INPUTS[need]() for need in step.needs if need in INPUTS and need not in fields}
    return create_model(name, __base__=Sent, **_members(fields) | _seen())


def opening_schema(writing: Writing, name: str) -> type[Schema]:
    """Return the schema of a case that is opened: what it is about, and its form's fields."""
    about: dict[str, Any] = {one: (str, Field("", max_length=120)) for one in writing.about}
    return create_model(name, __base__=Sent, **about | _members(writing.form_class.base_fields))


def editing_schema(writing: Writing, name: str) -> type[Schema]:
    """Return the schema of a draft that is changed: its form's fields, and the version seen where the form asks."""
    fields = writing.form_class.base_fields
    return create_model(name, __base__=Sent, **_members(fields) | (_seen() if "version" in fields else {}))


def takes(form_class: type[forms.BaseForm], **more: Any) -> Callable[[View], View]:
    """Let a view's ``sent`` be what the fields of a form are filled with, and ``more`` (pairs of type and field)."""

    def decorate(view: View) -> View:
        name = "".join(part.title() for part in view.__name__.split("_"))
        fields: Mapping[str, forms.Field] = form_class.base_fields  # type: ignore[attr-defined]  # every form has them
        seen = _seen() if "version" in fields else {}
        view.__annotations__["sent"] = create_model(f"{name}In", __base__=Sent, **_members(fields) | more | seen)
        return view

    return decorate


def _members(fields: Mapping[str, forms.Field]) -> dict[str, Any]:
    return {name: _member(field) for name, field in fields.items() if name not in {"once", "version"}}


def _seen() -> dict[str, Any]:
    words = "Phiên bản hồ sơ đã xem; đã khác thì bị từ chối"
    return {"version": (int | None, Field(None, ge=0, le=LAST_VERSION, description=words))}


def filled(make: Callable[..., F], sent: Schema | Mapping[str, Any]) -> F:
    """Return the form that ``make(data, files)`` makes of what was sent; raise ``Invalid`` when it is not valid."""
    form = make(*form_data(sent))
    must_be_valid(form)
    return form


def _member(field: forms.Field) -> tuple[Any, Any]:
    words = str(field.label or "") + (f". {field.help_text}" if field.help_text else "")
    kind: Any = _kind(field)
    # What a field needs may depend on the case (its rules, its service): the form itself has the last word.
    limits: dict[str, Any] = {"max_length": MOST_CHOICES} if get_origin(kind) is list else {}
    if isinstance(field.widget, forms.PasswordInput):  # it goes in and is in no answer
        limits["json_schema_extra"] = {"writeOnly": True}
    return kind | None, Field(None, description=words, **limits)


def _kind(field: forms.Field) -> Any:
    kinds: tuple[tuple[type[forms.Field], Any], ...] = (
        (forms.MultipleChoiceField, list[str]),
        (forms.ModelMultipleChoiceField, list[str]),
        (forms.FileField, list[FileIn] if getattr(field.widget, "allow_multiple_selected", False) else FileIn),
        (forms.DateTimeField, datetime),
        (forms.DateField, date),
        (forms.BooleanField, bool),
        (forms.FloatField, float),
        (forms.IntegerField, int),
    )
    return next((made for cls, made in kinds if isinstance(field, cls)), str)


def form_data(sent: Schema | Mapping[str, Any]) -> tuple[QueryDict, MultiValueDict[str, Any]]:
    """Return what a form is bound to (data, files) from the members that were sent."""
    members = sent.model_dump(exclude_none=True) if isinstance(sent, Schema) else dict(sent)
    data, files = QueryDict(mutable=True), MultiValueDict[str, Any]()
    for name, value in members.items():
        if isinstance(value, dict):
            files[name] = _file(name, value)
        elif isinstance(value, list) and any(isinstance(one, dict) for one in value):
            files.setlist(name, [_file(name, one) for one in value])
        elif isinstance(value, list):
            data.setlist(name, [str(one) for one in value])
        elif isinstance(value, bool):
            data.update({name: "on"} if value else {})
        else:
            data[name] = value.isoformat() if isinstance(value, date) else str(value)
    return data, files


def _file(name: str, value: Mapping[str, str]) -> SimpleUploadedFile:
    try:
        content = base64.b64decode(value["content"], validate=True)
    except (binascii.Error, ValueError) as error:
        text = _("Nội dung tệp không phải Base64.")
        raise Invalid(text, fields={name: [text]}) from error
    return SimpleUploadedFile(value["name"], content)


def must_be_valid(form: forms.BaseForm) -> None:
    """Raise ``Invalid`` with the form's own words for each field that is wrong."""
    if form.is_valid():
        return
    fields = {name: [str(text) for text in texts] for name, texts in form.errors.items()}
    raise Invalid(_("Thông tin gửi lên chưa hợp lệ."), fields=fields, hint=_("Sửa các mục được nêu rồi gửi lại."))
