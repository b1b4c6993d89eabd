"""Every read of test credentials."""

from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from nganam.kernel.actors import Actor, Role
from nganam.kernel.errors import NotFound
from nganam.sharing.requests.models import Application
from nganam.sharing.requests.queries import applications_for
from nganam.sharing.sandbox.models import TestCredential

LONGEST = 40


def credentials_for(actor: Actor) -> QuerySet[TestCredential]:
    """Return the test credentials of the officer's agency; the lead agency, which runs the LGSP, sees all."""
    every = TestCredential.objects.select_related("application__agency")
    return every if actor.has(Role.LEAD) else every.filter(application__in=applications_for(actor).order_by())


def get_credential_for(actor: Actor, client_id: str) -> TestCredential:
    """Return a test credential the officer may see; what is not theirs is not found."""
    found = credentials_for(actor).filter(client_id=client_id.replace("\0", "\ufffd")[:LONGEST]).first()
    if found is None:
        raise NotFound(_("Không có khóa thử nghiệm này."))
    return found


def live(application: Application, at: datetime) -> QuerySet[TestCredential]:
    """Return an application's credentials that get tokens at ``at``."""
    return TestCredential.objects.filter(application=application, revoked_at__isnull=True, expires_at__gt=at)


def application_for(actor: Actor, code: str) -> Application:
    """Return an application of the officer's own agency; what is not theirs is not found."""
    found = applications_for(actor).filter(code=code).first()
    if found is None:
        raise NotFound(_("Cơ quan không có ứng dụng này."), hint=_("Đăng ký ứng dụng trước."))
    return found


def credential_of(client_id: str) -> TestCredential | None:
    """Return the credential a client names, with its application."""
    chosen = TestCredential.objects.select_related("application__agency")
    return chosen.filter(client_id=client_id.replace("\0", "\ufffd")[:LONGEST]).first()
