"""Who may hold test credentials. Each answer is "" when allowed, else the reason."""

from django.utils.translation import gettext as _

from nganam.kernel.actors import Actor, Role
from nganam.sharing.policies import acts_for_consumer
from nganam.sharing.requests.models import Application
from nganam.sharing.sandbox.models import TestCredential


def may_try(actor: Actor, application: Application) -> str:
    """The focal officer of the application's own agency."""
    if acts_for_consumer(actor, application.agency):
        return ""
    return _("Chỉ cán bộ đầu mối của cơ quan có ứng dụng được nhận khóa thử nghiệm.")


def may_revoke(actor: Actor, credential: TestCredential) -> str:
    """Whoever may hold it, and who runs the LGSP."""
    return "" if actor.has(Role.LEAD) else may_try(actor, credential.application)
