"""Forms of the open tier."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from nganam.lgsp.open_tier.operations import NUMBERS
from nganam.lgsp.open_tier.policies import openable
from nganam.services.models import Service


class OfferForm(forms.Form):
    """Which fields are open, and how often may be called."""

    open_fields = forms.MultipleChoiceField(label=_("Mục tin mở"), widget=forms.CheckboxSelectMultiple)
    note = forms.CharField(
        label=_("Lý do mở"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Cơ quan đầu mối đọc khi duyệt."),
    )  # fmt: skip
    per_minute = forms.IntegerField(
        label=_("Cuộc gọi mỗi phút của một địa chỉ, không khóa"), min_value=1, max_value=6000, initial=30
    )
    per_minute_together = forms.IntegerField(
        label=_("Cuộc gọi mỗi phút của mọi địa chỉ, không khóa"), min_value=1, max_value=100_000, initial=600,
        help_text=_("Để tầng mở không lấn các ứng dụng có mã truy cập."),
    )  # fmt: skip
    key_per_minute = forms.IntegerField(
        label=_("Cuộc gọi mỗi phút của một khóa"), min_value=1, max_value=100_000, initial=300
    )
    key_per_day = forms.IntegerField(
        label=_("Cuộc gọi mỗi ngày của một khóa"), min_value=1, max_value=100_000_000, initial=20_000
    )

    def __init__(self, *args: Any, service: Service, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = openable(service)
        titles = {one.name: one.title for one in service.fields.all()}
        self.fields["open_fields"].choices = [(one, f"{titles[one]} ({one})") for one in names]  # type: ignore[attr-defined]
        self.initial.setdefault("open_fields", names)

    def inputs(self) -> dict[str, Any]:
        """Return what the deed takes."""
        said = self.cleaned_data
        limits = {name: said[name] for name in NUMBERS}
        return {"open_fields": said["open_fields"], "note": said["note"], **limits}


class KeyForm(forms.Form):
    """What a key is for."""

    purpose = forms.CharField(
        label=_("Dùng cho"), max_length=200, help_text=_("Tên phần mềm, trang web hoặc nghiên cứu sẽ gọi.")
    )
