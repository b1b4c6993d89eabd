"""Forms of the door of a table."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from nganam.lgsp.pushes import queries
from nganam.sharing.models import Application
from nganam.warehouse.models import Table


class GrantForm(forms.Form):
    """Which application of the owner may push, and why."""

    application = forms.ModelChoiceField(
        label=_("Ứng dụng"), queryset=Application.objects.none(), empty_label=_("Chọn ứng dụng"),
        help_text=_("Ứng dụng của chính cơ quan chủ quản bảng; chưa có thì đăng ký ở trang Ứng dụng."),
    )  # fmt: skip
    reason = forms.CharField(
        label=_("Lý do"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Hệ thống nào, đẩy dữ liệu gì, từ khi nào. Vào nhật ký kiểm toán."),
    )  # fmt: skip

    def __init__(self, *args: Any, table: Table, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["application"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = queries.applications_for(table)
