"""Who may keep accounts. The answer is "" when allowed, else the reason."""

from django.utils.translation import gettext as _

from nganam.kernel.actors import Actor, Kind, Role


def may_keep_accounts(actor: Actor) -> str:
    """Accounts are opened and closed by the administrator; set-up commands act as the system."""
    if actor.kind is Kind.SYSTEM or actor.has(Role.ADMIN):
        return ""
    return _("Chỉ quản trị hệ thống được mở, khóa tài khoản người dùng.")
