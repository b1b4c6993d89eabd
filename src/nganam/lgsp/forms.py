"""Forms of the room."""

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from nganam.lgsp.authority import LONGEST_DAYS
from nganam.lgsp.certificates import USUAL_DAYS


class UpstreamSecretForm(forms.Form):
    """The credential of an agency's system; it is never shown again, not even in a refused form."""

    value = forms.CharField(
        label=_("Khóa"), max_length=4096, widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("Chỉ phần sau tiền tố. Khóa được giữ trong tệp riêng của cổng và không bao giờ hiện lại."),
    )  # fmt: skip


class TermForm(forms.Form):
    """Until when a credential may be used, if it is to end by itself.

    ``seen`` carries the newest credential the officer was looking at: sent twice, or by two, the form issues one.
    """

    seen = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    valid_until = forms.DateField(
        label=_("Tự hết hạn từ ngày"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Bỏ trống: dùng cho đến khi thu hồi."),
    )

    def inputs(self) -> dict[str, Any]:
        """Return what was filled in; ``seen`` is ``None`` when the form did not carry it."""
        return {**self.cleaned_data, "seen": self.cleaned_data["seen"] if "seen" in self.data else None}


class CertificateForm(forms.Form):
    """A certificate request for the application's own key."""

    csr = forms.CharField(
        label=_("Yêu cầu cấp chứng thư (CSR, PEM)"),
        max_length=16_384,
        help_text=_("Khóa EC P-256, P-384 hoặc Ed25519. Tên trong CSR không được dùng: chứng thư mang tên ứng dụng."),
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false"}),
    )
    days = forms.IntegerField(
        label=_("Thời hạn (ngày)"), min_value=1, max_value=LONGEST_DAYS, initial=USUAL_DAYS,
        help_text=_("Nhiều nhất 398 ngày."),
    )  # fmt: skip


class KeyForm(TermForm):
    """A public key as JWK."""

    field_order = ("jwk", "valid_until")
    jwk = forms.CharField(
        label=_("Khóa công khai (JWK)"),
        max_length=4000,
        help_text=_("Khóa EC P-256 hoặc OKP Ed25519 dạng JSON. Không bao giờ gửi khóa riêng (thành phần d)."),
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
    )

    def clean_jwk(self) -> dict[str, Any]:
        """Read the JSON object."""
        try:
            found = json.loads(self.cleaned_data["jwk"])
        except ValueError as error:
            raise ValidationError(_("Đây không phải JSON.")) from error
        if not isinstance(found, dict):
            raise ValidationError(_("JWK là một đối tượng JSON."))
        return found
