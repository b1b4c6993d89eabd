"""Who is told what of an agreement; the platform's own actor for what follows by itself."""

from datetime import datetime

from nganam.face.telling import kept
from nganam.kernel.actors import Actor, Role, system
from nganam.kernel.clock import local_date
from nganam.notices import operations as notices
from nganam.sharing.agreements.models import Agreement, AgreementParty, Joining
from nganam.sharing.policies import led_by_lead

KEEPER = system("sharing", "Hệ thống quản lý dịch vụ chia sẻ dữ liệu")


def tell_parties(agreement: Agreement, *, actor: Actor, at: datetime, event: str, body: str = "") -> None:
    """Tell every party but the actor's own agency; the lead agency stands for one without officers here (S17.1)."""
    sides, day = [one.agency for one in agreement.parties.all() if one.left_on is None], local_date(at)
    here = {one.code for one in sides if not led_by_lead(one, day)}
    for code in sorted(here - {actor.agency}):
        _tell(agreement, at=at, event=event, body=body, agency=code)
    if len(here) < len(sides) and not actor.has(Role.LEAD):
        _tell(agreement, at=at, event=event, body=body, role="lead")


def tell_party(agreement: Agreement, party: AgreementParty, *, at: datetime, event: str, body: str = "") -> None:
    """Tell one party, also one that has left."""
    if led_by_lead(party.agency, local_date(at)):
        _tell(agreement, at=at, event=event, body=body, role="lead")
    else:
        _tell(agreement, at=at, event=event, body=body, agency=party.agency.code)


def tell_lead(agreement: Agreement, *, at: datetime, event: str, body: str = "") -> None:
    """Tell the lead agency: of a refusal (D51.1a), of what it has to do."""
    _tell(agreement, at=at, event=event, body=body, role="lead")


def tell_provider(agreement: Agreement, *, at: datetime, event: str, title: str, body: str = "") -> None:
    """Tell the provider in words of the deed's own."""
    notices.notify(
        at=at, agency=agreement.provider.code, title=f"{agreement.code}: {title}", body=body,
        link=agreement.get_absolute_url(), event=f"sharing.agreement.{event}",
    )  # fmt: skip


def tell_of_joining(joining: Joining, *, at: datetime, event: str, agency: str, body: str = "") -> None:
    """Tell an agency where a request to join stands."""
    notices.notify(
        at=at, agency=agency, title=f"{joining.code}: {joining.current.vi}", body=body,
        link=joining.get_absolute_url(), event=f"sharing.joining.{event}",
    )  # fmt: skip


def _tell(agreement: Agreement, *, at: datetime, event: str, body: str, agency: str = "", role: str = "") -> None:
    title = kept("%(code)s: %(state)s") % {"code": agreement.code, "state": agreement.current.vi}
    notices.notify(
        at=at, agency=agency, role=role, title=title, body=body, link=agreement.get_absolute_url(),
        event=f"sharing.agreement.{event}",
    )  # fmt: skip
