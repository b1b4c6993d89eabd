"""The question as a form: its fields are the parameters of the address."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from nganam.analysis.asking import (
    AGGREGATES,
    COUNT,
    MOST_GROUPS,
    OF_NUMBERS,
    OF_ONE,
    OPERATORS,
    ORDERED,
    SPANS,
    WITHOUT_VALUE,
    Ask,
    Filter,
)
from nganam.analysis.scope import Scope
from nganam.analysis.words import AGGREGATE_NAMES, OPERATOR_NAMES, SPAN_NAMES
from nganam.warehouse.engine.contract import Column

FILTERS = 4
NOTHING = ("", _("(không)"))
YES, NO = {"có", "co", "true", "1"}, {"không", "khong", "false", "0"}
ORDERS = (("gia-tri", _("giá trị lớn trước")), ("nhom", _("theo nhóm")))


class AskForm(forms.Form):
    """A question over one scope; ``ask()`` returns it once the form is valid."""

    nhom = forms.ChoiceField(label=_("Theo nhóm"), required=False)
    nhom2 = forms.ChoiceField(label=_("và theo nhóm"), required=False)
    theo = forms.ChoiceField(label=_("Nhóm thời gian theo"), choices=list(SPAN_NAMES.items()), required=False)
    tinh = forms.ChoiceField(label=_("Tính"), choices=list(AGGREGATE_NAMES.items()), required=False)
    cot = forms.ChoiceField(label=_("của cột"), required=False)
    xep = forms.ChoiceField(label=_("Xếp"), choices=ORDERS, required=False)
    toi_da = forms.IntegerField(label=_("Nhiều nhất (nhóm)"), min_value=1, max_value=MOST_GROUPS, required=False)

    def __init__(self, data: Mapping[str, Any] | None = None, *, scope: Scope) -> None:
        super().__init__(data)
        self.scope = scope
        columns = [(one.name, one.title or one.name) for one in scope.columns]
        for name in ("nhom", "nhom2", "cot"):
            self.fields[name].choices = [NOTHING, *columns]  # type: ignore[attr-defined]
        if scope.hides_small:
            told = [(name, label) for name, label in AGGREGATE_NAMES.items() if name not in OF_ONE]
            self.fields["tinh"].choices = told  # type: ignore[attr-defined]
        for place in range(1, FILTERS + 1):
            self.fields[f"loc{place}"] = forms.ChoiceField(
                label=_("Lọc theo cột"), choices=[NOTHING, *columns], required=False
            )
            self.fields[f"phep{place}"] = forms.ChoiceField(
                label=_("Phép so"), choices=list(OPERATOR_NAMES.items()), required=False
            )
            self.fields[f"tri{place}"] = forms.CharField(label=_("Giá trị"), max_length=200, required=False)
        for one in self.fields.values():
            one.wanted = True  # type: ignore[attr-defined]  # an empty one is an answer too: nothing need be said of it

    @property
    def filter_rows(self) -> list[tuple[forms.BoundField, ...]]:
        """Return the fields of each condition."""
        rows = range(1, FILTERS + 1)
        return [tuple(self[f"{name}{place}"] for name in ("loc", "phep", "tri")) for place in rows]

    @property
    def is_filtered(self) -> bool:
        """Say whether a condition is set, so that the page opens them."""
        return any(self.data.get(f"loc{place}") for place in range(1, FILTERS + 1))

    def clean(self) -> dict[str, Any]:
        """Refuse what cannot be computed, at the field that says so."""
        said: dict[str, Any] = super().clean() or {}
        if said.get("nhom2") and said["nhom2"] == said.get("nhom"):
            self.add_error("nhom2", gettext("Chọn hai cột khác nhau."))
        aggregate = said.get("tinh") or COUNT
        of = self.scope.column(said.get("cot", ""))
        if aggregate != COUNT and of is None:
            self.add_error("cot", gettext("Chọn cột cần tính."))
        elif of and aggregate in OF_NUMBERS and of.type not in {"integer", "decimal"}:
            self.add_error("cot", gettext("Cột “%(name)s” không phải số.") % {"name": of.title or of.name})
        elif of and aggregate in {"nho-nhat", "lon-nhat"} and of.type not in ORDERED:
            self.add_error("cot", gettext("Chỉ số và ngày có nhỏ nhất, lớn nhất."))
        said["filters"] = [made for place in range(1, FILTERS + 1) if (made := self._filter(said, place))]
        return said

    def ask(self) -> Ask:
        """Return the question; the form must be valid."""
        said = self.cleaned_data
        groups = [said["nhom"], said["nhom2"]] if said["nhom"] else [said["nhom2"]]
        aggregate = said["tinh"] or COUNT
        return Ask(
            groups=tuple(found for name in groups if (found := self.scope.column(name))),
            span=said["theo"] or "thang", aggregate=aggregate,
            of=None if aggregate == COUNT else self.scope.column(said["cot"]),
            filters=tuple(said["filters"]), by_value=said["xep"] != "nhom", limit=said["toi_da"] or 50,
        )  # fmt: skip

    def asked(self) -> dict[str, Any]:
        """Return the question as parameters, without what was left empty."""
        return {name: value for name in self.fields if (value := self.data.get(name)) not in {None, ""}}

    def _filter(self, said: Mapping[str, Any], place: int) -> Filter | None:
        column = self.scope.column(said.get(f"loc{place}", ""))
        if column is None:
            return None
        operator, text = said.get(f"phep{place}") or "bang", said.get(f"tri{place}", "").strip()
        if operator in WITHOUT_VALUE:
            return Filter(column, operator)
        try:
            return Filter(column, operator, read_value(column, operator, text))
        except ValidationError as error:
            self.add_error(f"tri{place}", error)
            return None


def read_value(column: Column, operator: str, text: str) -> Any:
    """Read a condition's value as the column's type; raise ``ValidationError`` saying what it should be."""
    if not text:
        raise ValidationError(gettext("Ghi giá trị cần so."))
    if operator == "chua" and column.type not in {"text", "commune"}:
        raise ValidationError(gettext("Chỉ cột chữ mới hỏi “chứa” được."))
    if operator in {"tu", "den"} and column.type not in ORDERED:
        raise ValidationError(gettext("Chỉ số và ngày mới so lớn nhỏ được."))
    if column.type in {"integer", "decimal"}:
        return _number(text)
    if column.type in {"date", "datetime"}:
        return _day(text)
    if column.type == "boolean":
        if text.lower() not in YES | NO:
            raise ValidationError(gettext("Ghi có hoặc không."))
        return text.lower() in YES
    return text


def _number(text: str) -> float | int:
    plain = text.replace(" ", "").replace("\u00a0", "")
    if re.fullmatch(r"-?\d{1,3}(\.\d{3})+(,\d+)?", plain) or re.fullmatch(r"-?\d+,\d+", plain):
        plain = plain.replace(".", "").replace(",", ".")
    if not re.fullmatch(r"-?\d{1,18}(\.\d{1,9})?", plain):
        raise ValidationError(gettext("Ghi một số, ví dụ 1.250 hoặc 3,5."))
    return float(plain) if "." in plain else int(plain)


def _day(text: str) -> date:
    parts = re.fullmatch(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})", text)
    try:
        return date(int(parts[3]), int(parts[2]), int(parts[1])) if parts else date.fromisoformat(text)
    except ValueError as error:
        raise ValidationError(gettext("Ghi một ngày, ví dụ 31/12/2025.")) from error


class SaveForm(forms.Form):
    """Under which name a question is kept."""

    title = forms.CharField(
        label=_("Tên câu hỏi"), max_length=200, error_messages={"required": _("Đặt tên cho câu hỏi.")}
    )


class SqlForm(forms.Form):
    """One SELECT over the tables an analyst sees."""

    sql = forms.CharField(
        label=_("Câu SELECT"), max_length=10_000, strip=True,
        widget=forms.Textarea(attrs={"rows": 8, "class": "code", "spellcheck": "false"}),
        error_messages={"required": _("Viết một câu SELECT.")},
    )  # fmt: skip


assert set(AGGREGATES) == set(AGGREGATE_NAMES)  # noqa: S101 - two tables of one thing
assert set(SPANS) == set(SPAN_NAMES)  # noqa: S101
assert set(OPERATORS) == set(OPERATOR_NAMES)  # noqa: S101
