"""Forms of delegations."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from nganam.sharing.delegations import queries


class DelegationForm(forms.Form):
    """Which database, by which paper, from when until when."""

    database: Any = forms.ModelChoiceField(
        label=_("Cơ sở dữ liệu"),
        queryset=None,
        to_field_name="code",
        required=False,
        empty_label=_("Mọi dịch vụ của cơ quan"),
    )
    paper = forms.CharField(label=_("Số, ký hiệu văn bản ủy quyền"), max_length=60, help_text=_("Ví dụ 12/QĐ-SYT."))
    valid_from = forms.DateField(label=_("Từ ngày"), widget=forms.DateInput(attrs={"type": "date"}))
    valid_until = forms.DateField(
        label=_("Đến trước ngày"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Bỏ trống: cho đến khi một bên kết thúc."),
    )

    def __init__(self, *args: Any, agency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["database"].queryset = queries.databases_of(agency)  # type: ignore[attr-defined]
