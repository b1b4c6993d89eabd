"""Form of a webhook."""

from django import forms
from django.utils.translation import gettext_lazy


class WebhookForm(forms.Form):
    """The address that takes messages."""

    url = forms.CharField(
        label=gettext_lazy("Địa chỉ nhận"), max_length=300,
        help_text=gettext_lazy(
            "Ví dụ https://ung-dung.example/thong-bao. Đăng ký lại thì địa chỉ và khóa ký cũ hết dùng."
        ),
    )  # fmt: skip
