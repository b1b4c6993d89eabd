"""Whom the register tells of a move: the other side, and those who use the service."""

from datetime import datetime

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
    """Tell each agency that uses the service, once, and return them; ``held`` adds words for a single agency."""
    told = sorted({one.agency for one in consumers_of(service)})
    for agency in told:
        own = "\n".join(filter(None, (body, (held or {}).get(agency, ""))))
        notices.notify(at=at, agency=agency, title=title, body=own, link=f"/dich-vu/{service.code}/", event=event)
    return told
