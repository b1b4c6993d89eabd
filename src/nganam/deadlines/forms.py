"""Forms of the room: shape only; whether the day makes sense is for the operation to say."""

from django import forms
from django.utils.translation import gettext_lazy as _

from nganam.deadlines.models import CalendarDay, LocalTerm


class DayForm(forms.Form):
    """One day of the working calendar."""

    day = forms.DateField(label=_("Ngày"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    kind = forms.ChoiceField(
        label=_("Loại"),
        required=False,
        choices=[*CalendarDay.Kind.choices, ("", _("Ngày thường"))],
        initial=CalendarDay.Kind.OFF,
    )
    name = forms.CharField(label=_("Tên ngày"), max_length=120, required=False)


class TermForm(forms.Form):
    """The days chosen locally for one step."""

    value = forms.IntegerField(
        label=_("Số lượng"), min_value=1, max_value=999,
        error_messages={"min_value": _("Thời hạn phải từ 1 trở lên."), "max_value": _("Thời hạn tối đa là 999.")},
    )  # fmt: skip
    unit = forms.ChoiceField(
        label=_("Đơn vị"), choices=LocalTerm.Unit.choices,
        error_messages={"invalid_choice": _("Chọn ngày làm việc, ngày hoặc tháng.")},
    )  # fmt: skip
