"""Forms of signing in, in Vietnamese; allauth's checks stay as they are."""

from typing import Any

from allauth.account import forms as account
from allauth.mfa.base import forms as mfa
from allauth.mfa.totp.forms import ActivateTOTPForm
from django import forms
from django.utils.translation import gettext_lazy as _

LABELS: dict[str, Any] = {
    "login": _("Tên đăng nhập"),
    "password": _("Mật khẩu"),
    "remember": _("Giữ đăng nhập trên máy này"),
    "oldpassword": _("Mật khẩu hiện tại"),
    "password1": _("Mật khẩu mới"),
    "password2": _("Nhập lại mật khẩu mới"),
    "code": _("Mã xác thực"),
}


class OurWords(forms.Form):
    """Puts our labels on a form and takes its placeholders away: a label stays, a placeholder vanishes while typing."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Build the form, then rename its fields."""
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = LABELS.get(name, field.label)
            field.widget.attrs.pop("placeholder", None)
            if name in {"password", "oldpassword"}:
                field.help_text = ""
        if "code" in self.fields:
            self.fields["code"].widget.attrs.update(inputmode="numeric", autocomplete="one-time-code")


class SignInForm(OurWords, account.LoginForm):  # type: ignore[misc]  # allauth is untyped for us
    """Username and password."""


class ChangePasswordForm(OurWords, account.ChangePasswordForm):  # type: ignore[misc]  # as above
    """The old password and the new one twice."""


class AskAgainForm(OurWords, account.ReauthenticateForm):  # type: ignore[misc]  # as above
    """The password once more, before something sensitive."""


class SecondFactorForm(OurWords, mfa.AuthenticateForm):  # type: ignore[misc]  # as above
    """The code of the authenticator app, or a recovery code."""


class AskCodeAgainForm(OurWords, mfa.ReauthenticateForm):  # type: ignore[misc]  # as above
    """The code once more, before something sensitive."""


class SetUpTotpForm(OurWords, ActivateTOTPForm):  # type: ignore[misc]  # as above
    """The first code of a newly scanned app."""


class AccountForm(forms.Form):
    """An officer's account, filled in by the administrator."""

    username = forms.CharField(
        label=_("Tên đăng nhập"), max_length=60, help_text=_("Chữ không dấu, số và các dấu @ . + - _")
    )
    full_name = forms.CharField(label=_("Họ và tên"), max_length=120)
    email = forms.EmailField(label=_("Thư điện tử công vụ"), required=False)
    phone = forms.CharField(label=_("Điện thoại công vụ"), max_length=20, required=False)


class ApiKeyForm(forms.Form):
    """What a key is for and how long it lives."""

    name = forms.CharField(
        label=_("Dùng cho"), max_length=80, help_text=_("Phần mềm nào dùng khóa này, ví dụ: Quản lý văn bản.")
    )
    days = forms.IntegerField(label=_("Số ngày có hiệu lực"), min_value=1, max_value=365, initial=90)
