"""Whom the register tells of a move: the other side, and those who use the service."""

from datetime import datetime

from nganam.agencies.models import Agency
from nganam.agencies.queries import OUTSIDE_KINDS
from nganam.notices import operations as notices
from nganam.services.consumers import consumers_of
from nganam.services.content import Thing
from nganam.services.models import Service


def tell(thing: Thing, transition: str, *, at: datetime, to_lead: bool, body: str) -> None:
    """Tell the lead agency, or else the provider, that the thing moved."""
    notices.notify(
        at=at,
        role="lead" if to_lead else "",
        agency="" if to_lead else thing.provider.code,
        title=f"{thing.code}: {thing.MACHINE.transition(transition).vi}",
        body=body,
        link=thing.get_absolute_url(),
        event=f"{thing.MACHINE.code}.{transition}",
    )


def tell_consumers(
    service: Service, *, at: datetime, title: str, body: str, event: str, held: dict[str, str] | None = None
) -> list[str]:
    """Tell each agency that uses the service, once, and return them; ``held`` adds words for a single agency.

    For one outside the province the lead agency hears it, by whom it is reached (S17.1).
    """
    told = sorted({one.agency for one in consumers_of(service)})
    outside = set(Agency.objects.filter(code__in=told, kind__in=OUTSIDE_KINDS).values_list("code", flat=True))
    for agency in told:
        own = "\n".join(filter(None, (body, (held or {}).get(agency, ""))))
        whom = {"role": "lead"} if agency in outside else {"agency": agency}
        notices.notify(at=at, title=title, body=own, link=f"/dich-vu/{service.code}/", event=event, **whom)
    return told
