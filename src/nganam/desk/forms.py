"""Forms of the desk."""

from django import forms
from django.utils.translation import gettext_lazy as _

from nganam.agencies.urging import LONGEST
from nganam.desk.models import DigestChoice, Place
from nganam.desk.operations import LONGEST_NAME


class ViewForm(forms.Form):
    """A name for the list as it is filtered now."""

    name = forms.CharField(label=_("Tên bộ lọc"), max_length=LONGEST_NAME)
    place = forms.ChoiceField(choices=Place.choices, widget=forms.HiddenInput)
    query = forms.CharField(required=False, max_length=2_000, widget=forms.HiddenInput)


class FeedForm(forms.Form):
    """What a calendar address is for."""

    name = forms.CharField(label=_("Dùng cho"), max_length=80, help_text=_("Ví dụ: điện thoại, Outlook ở cơ quan."))


class DigestForm(forms.Form):
    """How often one's work comes by mail."""

    often = forms.ChoiceField(
        label=_("Thư tóm tắt công việc"), choices=DigestChoice.Often.choices, widget=forms.RadioSelect
    )


class UrgeForm(forms.Form):
    """What whoever holds the case is told."""

    text = forms.CharField(
        label=_("Nội dung đôn đốc"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Gửi đến cơ quan đang giữ hồ sơ trong thông báo và thư điện tử; được ghi vào diễn biến hồ sơ."),
    )
