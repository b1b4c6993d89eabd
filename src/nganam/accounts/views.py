"""Pages of signing in (allauth's, under our addresses, words and layout) and of keeping accounts."""

from collections.abc import Callable
from typing import Any, cast

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from nganam.accounts import forms, keys, operations, queries
from nganam.face.doors import Audience, door
from nganam.face.forms import attempt, press
from nganam.kernel.actors import Role
from nganam.kernel.errors import Invalid

public = door(Audience.PUBLIC)
signed_in = door(Audience.SIGNED_IN)
officer = door(Audience.OFFICER)
admin = door(Audience.OFFICER, roles=(Role.ADMIN,))


def _page(view: type[View], template: str, **options: Any) -> Callable[..., HttpResponseBase]:
    """Mount a class view of allauth with our template."""
    return view.as_view(template_name=f"accounts/{template}.html", **options)


sign_in = public(_page(account.LoginView, "sign_in", form_class=forms.SignInForm))
sign_out = signed_in(_page(account.LogoutView, "sign_out"))
inactive = public(_page(account.AccountInactiveView, "inactive"))
change_password = signed_in(_page(account.PasswordChangeView, "change_password", form_class=forms.ChangePasswordForm))
ask_again = signed_in(_page(account.ReauthenticateView, "ask_again", form_class=forms.AskAgainForm))
second_factor = public(_page(mfa.AuthenticateView, "second_factor", form_class=forms.SecondFactorForm))
ask_code_again = signed_in(_page(mfa.ReauthenticateView, "ask_again", form_class=forms.AskCodeAgainForm))
factors = signed_in(_page(mfa.IndexView, "factors"))
set_up_totp = signed_in(_page(totp.ActivateTOTPView, "set_up_totp", form_class=forms.SetUpTotpForm))
drop_totp = signed_in(_page(totp.DeactivateTOTPView, "drop_totp"))
recovery_codes = signed_in(_page(codes.ViewRecoveryCodesView, "recovery_codes"))
new_recovery_codes = signed_in(_page(codes.GenerateRecoveryCodesView, "new_recovery_codes"))
download_recovery_codes = signed_in(
    codes.DownloadRecoveryCodesView.as_view(template_name="accounts/recovery_codes.txt")
)


@public
@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    """Say how to get an account or a new password: by the administrator, not by a form."""
    return render(request, "accounts/help.html")


@signed_in
@require_safe
def profile(request: HttpRequest) -> HttpResponse:
    """Show a person their own account."""
    return render(request, "accounts/profile.html")


@admin
@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """List accounts."""
    text = request.GET.get("q", "").strip()
    return render(request, "accounts/people.html", {"people": queries.people(text)[:200], "q": text})


@admin
@require_http_methods(["GET", "POST"])
def open_account(request: HttpRequest) -> HttpResponse:
    """Open an account; the first password is shown once on the answer to this form."""
    form = forms.AccountForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        password = operations.new_password()
        try:
            made = operations.open_account(
                actor=cast("Any", request).actor, at=cast("Any", request).at, password=password, **form.cleaned_data
            )
        except Invalid as error:
            _show(form, error)
        else:
            return _once(request, made.username, password)
    return render(request, "accounts/open_account.html", {"form": form}, status=422 if form.errors else 200)


@admin
@require_POST
def reset_password(request: HttpRequest, username: str) -> HttpResponse:
    """Give a new first password, shown once."""
    password = operations.new_password()
    operations.reset_password(
        actor=cast("Any", request).actor, at=cast("Any", request).at, username=username, password=password
    )
    return _once(request, username, password)


@admin
@require_POST
def set_open(request: HttpRequest, username: str) -> HttpResponse:
    """Close an account or open it again."""
    is_open = request.POST.get("open") == "1"
    operations.set_account_open(
        actor=cast("Any", request).actor, at=cast("Any", request).at, username=username, is_open=is_open
    )
    messages.success(request, _("Đã mở khóa tài khoản.") if is_open else _("Đã khóa tài khoản."))
    return redirect("accounts_people")


@officer
@require_http_methods(["GET", "POST"])
def api_keys(request: HttpRequest) -> HttpResponse:
    """List the officer's API keys and issue another, whose text is shown once on the answer."""
    actor, at = cast("Any", request).actor, cast("Any", request).at
    form = forms.ApiKeyForm(request.POST or None)
    issued = None
    if request.method == "POST" and form.is_valid():
        issued = attempt(form, lambda: keys.issue_api_key(actor=actor, at=at, **form.cleaned_data))
    context = {
        "form": forms.ApiKeyForm() if issued else form,
        "issued": issued,
        "keys": queries.api_keys_of(actor.code),
        "at": at,
    }
    response = render(request, "accounts/api_keys.html", context, status=422 if form.errors else 200)
    response["Cache-Control"] = "no-store"
    return response


@officer
@require_POST
def revoke_api_key(request: HttpRequest, prefix: str) -> HttpResponse:
    """Revoke one of the officer's API keys."""
    actor, at = cast("Any", request).actor, cast("Any", request).at
    return press(
        request, lambda: keys.revoke_api_key(actor=actor, at=at, prefix=prefix), to="/tai-khoan/khoa-api/",
        done=_("Đã thu hồi khóa API."),
    )  # fmt: skip


def _once(request: HttpRequest, username: str, password: str) -> HttpResponse:
    response = render(request, "accounts/password_once.html", {"username": username, "password": password})
    response["Cache-Control"] = "no-store"
    return response


def _show(form: forms.AccountForm, error: Invalid) -> None:
    for name, texts in error.fields.items():
        for text in texts:
            form.add_error(name if name in form.fields else None, text)
