"""A third agency asks to join an agreement that holds (D36.4): taken in by a new version, or not, with a reason."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from nganam.agencies import correspondence
from nganam.cases import operations as cases
from nganam.cases import parties
from nganam.cases.requirements import allow
from nganam.face.telling import kept
from nganam.kernel.actors import Actor
from nganam.kernel.errors import NotAllowed, RuleBroken
from nganam.sharing import refusing
from nganam.sharing.agreements import drafting, letters, policies
from nganam.sharing.agreements.models import Agreement, Joining
from nganam.sharing.agreements.telling import tell_of_joining
from nganam.sharing.agreements.workflow import JOINING
from nganam.sharing.requests.models import Application


@transaction.atomic
def ask_to_join(
    *, actor: Actor, at: datetime, agreement: Agreement, application: Application, purpose: str, once: str = ""
) -> Joining:
    """Ask the parties of an agreement in force to be taken in; the provider answers within a local term."""
    allow(policies.may_ask_to_join(actor, agreement))
    if application.agency.code != actor.agency:
        raise NotAllowed(_("Ứng dụng này không thuộc cơ quan của bạn."))
    joining = Joining(agreement=agreement, agency=application.agency, application=application, purpose=purpose)
    try:
        with transaction.atomic():
            return _opened(joining, actor=actor, at=at, once=once)
    except IntegrityError as error:
        raise RuleBroken(
            _("Cơ quan của bạn đang có một đề nghị tham gia thỏa thuận này."), article="D36.4",
            hint=_("Chờ trả lời, hoặc rút đề nghị ấy trước."),
        ) from error  # fmt: skip


def _opened(joining: Joining, *, actor: Actor, at: datetime, once: str) -> Joining:
    opened = cases.open_case(
        joining, actor=actor, at=at, details={"agreement": joining.agreement.code}, once=once,
        clock_agency=joining.provider.code,
    )  # fmt: skip
    if opened is not joining:  # the same form, sent again
        return opened
    tell_of_joining(opened, at=at, event="opened", agency=opened.provider.code, body=opened.purpose)
    return opened


@transaction.atomic
def accept(*, actor: Actor, at: datetime, joining: Joining, signer: str = "", version: int | None = None) -> Joining:
    """Take the agency in: a new version names it, and holds once every party, the new one too, has signed it."""
    moved = cases.advance(joining, "accept", actor=actor, at=at, version=version)
    note = kept("Thêm bên %(name)s theo đề nghị %(code)s") % {"name": moved.agency.name, "code": moved.code}
    drafting.add_party(actor=actor, at=at, joining=moved, note=note)
    words = letters.taken_in(moved)
    correspondence.send(words, actor=actor, at=at, case=moved, agency=moved.provider, signer=signer)
    tell_of_joining(moved, at=at, event="accept", agency=moved.agency.code)
    return moved


@transaction.atomic
def refuse(
    *, actor: Actor, at: datetime, joining: Joining, reason: str, legal_basis: str = "", signer: str = "",
    version: int | None = None,
) -> Joining:  # fmt: skip
    """Answer that the agency is not taken in, why and on what legal basis (N194.16); it may open a dispute."""
    parties.check(actor, joining, JOINING.transition("refuse"))
    refusing.need_basis(joining, legal_basis)
    moved = cases.advance(
        joining, "refuse", actor=actor, at=at, reason=reason, legal_basis=legal_basis, version=version
    )
    words = letters.not_taken_in(moved, reason, legal_basis)
    correspondence.send(words, actor=actor, at=at, case=moved, agency=moved.provider, signer=signer)
    tell_of_joining(moved, at=at, event="refuse", agency=moved.agency.code, body=reason)
    refusing.copy_to_lead(moved, at=at, reason=reason, event="refuse")
    return moved


@transaction.atomic
def withdraw_joining(*, actor: Actor, at: datetime, joining: Joining, version: int | None = None) -> Joining:
    """Take a request to join back before it is answered."""
    moved = cases.advance(joining, "withdraw", actor=actor, at=at, version=version)
    tell_of_joining(moved, at=at, event="withdraw", agency=moved.provider.code)
    return moved
