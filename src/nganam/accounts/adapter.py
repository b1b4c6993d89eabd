"""How allauth behaves here: nobody signs up, words are Vietnamese, sign-ins and failed ones are recorded (S4)."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.contrib import messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nganam.accounts.models import Person
from nganam.audit import operations as audit
from nganam.kernel.actors import VISITOR, Actor, Kind

MESSAGES = {
    "account/messages/logged_in.txt": _("Bạn đã đăng nhập."),
    "account/messages/logged_out.txt": _("Bạn đã đăng xuất."),
    "account/messages/password_changed.txt": _("Đã đổi mật khẩu."),
    "mfa/messages/totp_activated.txt": _("Đã bật xác thực hai lớp."),
    "mfa/messages/totp_deactivated.txt": _("Đã tắt xác thực hai lớp."),
    "mfa/messages/recovery_codes_generated.txt": _("Đã tạo bộ mã dự phòng mới."),
}


class ClosedDoorAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is untyped for us
    """No sign-up: officers are entered by the administrator with a posting (S20), visitors need no account (D17)."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "account_inactive": _("Tài khoản này đang bị khóa."),
        "enter_current_password": _("Mật khẩu hiện tại không đúng."),
        "incorrect_code": _("Mã không đúng."),
        "incorrect_password": _("Mật khẩu không đúng."),
        "invalid_login": _("Không đăng nhập được."),
        "too_many_login_attempts": _("Đăng nhập sai quá nhiều lần. Hãy thử lại sau ít phút."),
        "username_password_mismatch": _("Tên đăng nhập hoặc mật khẩu không đúng."),
        "rate_limited": _("Bạn gửi quá nhiều lần. Hãy chờ ít phút rồi thử lại."),
        "same_as_current": _("Giá trị mới phải khác giá trị hiện tại."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Say no to everybody."""
        del request
        return False

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        """Say our words instead of allauth's templates; what we have no words for is not said."""
        del message_context
        text = message or MESSAGES.get(message_template or "")
        if text:
            messages.add_message(request, level, str(text), extra_tags=extra_tags)

    def login(self, request: HttpRequest, user: Person) -> None:
        """Sign in (after the second factor, if there is one) and record it."""
        super().login(request, user)
        actor = Actor(Kind.PERSON, user.username, user.full_name)
        _record(request, actor, "accounts.signed_in", user.username)

    def logout(self, request: HttpRequest) -> None:
        """Record and sign out."""
        if isinstance(request.user, Person):
            actor = Actor(Kind.PERSON, request.user.username, request.user.full_name)
            _record(request, actor, "accounts.signed_out", actor.code)
        super().logout(request)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Record a failed attempt; an unknown name is not kept, since people mistype passwords into that box."""
        typed = str(credentials.get("username", "")).lower()
        known = Person.objects.filter(username=typed).exists()
        _record(request, VISITOR, "accounts.sign_in_failed", typed if known else "?")


class WordsOfMfa(DefaultMFAAdapter):  # type: ignore[misc]  # allauth is untyped for us
    """Words of the second factor."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "cannot_delete_authenticator": _("Không tắt được xác thực hai lớp."),
        "cannot_generate_recovery_codes": _("Hãy bật xác thực hai lớp trước khi tạo mã dự phòng."),
        "incorrect_code": _("Mã không đúng."),
        "unverified_email": _("Hãy xác nhận thư điện tử trước."),
    }

    def get_totp_issuer(self) -> str:
        """Return the name that the authenticator app shows."""
        return "Ngã Năm"


def _record(request: HttpRequest, actor: Actor, action: str, username: str) -> None:
    at = getattr(request, "at", None) or timezone.now()
    audit.record(actor=actor, at=at, action=action, object_type="accounts.person", object_code=username)
