"""Forms of focal points and postings."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from nganam.accounts.models import Person
from nganam.agencies.models import Agency, FocalPoint, PostingRole
from nganam.agencies.operations import FOCAL_FIELDS
from nganam.agencies.workflow import FOCAL_POINT
from nganam.cases.forms import StepForm


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class FocalPointForm(forms.ModelForm):  # type: ignore[type-arg]
    """The officer's contact that D7.1 wants published, and the expertise S20.2 asks for."""

    class Meta:
        """The fields in the order of the page."""

        model = FocalPoint
        fields = FOCAL_FIELDS


class ApprovalForm(forms.Form):
    """The decision on a list of nominations (S20.3)."""

    codes = forms.MultipleChoiceField(label=_("Cán bộ được phê duyệt"), widget=forms.CheckboxSelectMultiple)
    number = forms.CharField(label=_("Số quyết định"), max_length=60)
    signed_on = forms.DateField(label=_("Ngày quyết định"), widget=_day())
    signer = forms.CharField(label=_("Người ký"), max_length=200, required=False)

    def __init__(self, *args: Any, points: QuerySet[FocalPoint], **kwargs: Any) -> None:
        """Offer ``points``, the nominations waiting."""
        super().__init__(*args, **kwargs)
        choices = [(one.code, f"{one.full_name}, {one.position} · {one.agency.label}") for one in points]
        self.fields["codes"].choices = choices  # type: ignore[attr-defined]  # a choice field


class ApproveForm(StepForm):
    """The decision on one nomination."""

    number = ApprovalForm.base_fields["number"]
    signed_on = ApprovalForm.base_fields["signed_on"]
    signer = ApprovalForm.base_fields["signer"]

    def __init__(self, *args: Any, case: FocalPoint, **kwargs: Any) -> None:
        super().__init__(*args, step=FOCAL_POINT.transition("approve"), case=case, **kwargs)
        del self.fields["paper"]  # its number and day are asked for: the deed registers it


STEP_FORMS = {"approve": ApproveForm}
"""The moves that ask for more than the table's needs."""


class NationalForm(forms.Form):
    """The day of posting on the national portal (S20.4)."""

    on = forms.DateField(label=_("Đăng trên Cổng dữ liệu quốc gia ngày"), widget=_day())


class PostingForm(forms.Form):
    """A new posting."""

    person = forms.ModelChoiceField(
        label=_("Người dùng"), queryset=Person.objects.none(), to_field_name="username", empty_label="–"
    )
    agency = forms.ModelChoiceField(
        label=_("Cơ quan"), queryset=Agency.objects.none(), to_field_name="code", empty_label="–"
    )
    role = forms.ChoiceField(label=_("Vai trò"), choices=PostingRole.choices)
    valid_from = forms.DateField(label=_("Từ ngày"), widget=_day())
    basis = forms.CharField(label=_("Căn cứ phân công"), max_length=200, required=False)

    def __init__(
        self, *args: Any, people: QuerySet[Person], agencies: QuerySet[Agency], roles: list[str], **kwargs: Any
    ) -> None:
        """Offer the people, agencies and roles the actor may name."""
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = people  # type: ignore[attr-defined]  # a model choice
        self.fields["agency"].queryset = agencies  # type: ignore[attr-defined]  # a model choice
        offered = [(value, label) for value, label in PostingRole.choices if value in roles]
        self.fields["role"].choices = offered  # type: ignore[attr-defined]  # a choice field
