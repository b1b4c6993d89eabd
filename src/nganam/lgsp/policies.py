"""Who may do what on the LGSP. Each answer is "" when allowed, else the reason in Vietnamese."""

from django.utils.translation import gettext as _

from nganam.kernel.actors import Actor, Role
from nganam.lgsp.models import Certificate, Credential
from nganam.sharing import policies as parties
from nganam.sharing.accounts import policies as sharing
from nganam.sharing.accounts.models import Account


def may_issue_credential(actor: Actor, account: Account) -> str:
    """The consumer's focal officer, while the account is in force."""
    reason = sharing.may_hold_credentials(actor, account)
    if reason:
        return reason
    if account.state not in {"created", "active"}:
        return _("Tài khoản kết nối không ở trạng thái hoạt động nên không cấp khóa.")
    return ""


def may_revoke_certificate(actor: Actor, certificate: Certificate) -> str:
    """The consumer's focal officer, or who runs the LGSP: it opens accounts of other providers too."""
    if actor.has(Role.LEAD) or parties.acts_for_consumer(actor, certificate.application.agency):
        return ""
    return _("Chỉ cơ quan sử dụng hoặc đơn vị vận hành LGSP được thu hồi chứng thư của ứng dụng.")


def may_revoke_credential(actor: Actor, credential: Credential) -> str:
    """Whoever holds the account, provides the service, or runs the LGSP (D44)."""
    account = credential.account
    agencies = {account.application.agency.code, account.service.provider.code}
    if actor.has(Role.LEAD) or (actor.has(Role.FOCAL) and actor.agency in agencies):
        return ""
    return _("Chỉ các bên của tài khoản hoặc đơn vị vận hành LGSP được thu hồi khóa.")


def may_change_snapshot(actor: Actor) -> str:
    """Whoever runs the LGSP: the lead agency."""
    if actor.has(Role.LEAD):
        return ""
    return _("Chỉ đơn vị vận hành LGSP được đổi bản cấu hình của cổng.")
