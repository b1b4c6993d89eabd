"""What a request across the border says, by the names of the rule set's form ``sharing.request`` (D35.2)."""

from typing import Any

from nganam.sharing.outside.models import Inbound, Outbound

CONTENT = ("purpose", "solution", "fields", "frequency", "other")
"""What either side writes; the rest comes from what the request is bound to."""


def inbound_content(inbound: Inbound) -> dict[str, Any]:
    """Return what the outside agency asked."""
    return {
        "agency": f"{inbound.requester.code} {inbound.requester.name}",
        "application": f"{inbound.application_code} {inbound.application_name}".strip(),
        "service": str(inbound.service) if inbound.service else inbound.provider.name,
        "item_count": len(inbound.fields),
        **{name: getattr(inbound, name) for name in CONTENT},
    }


def outbound_content(outbound: Outbound) -> dict[str, Any]:
    """Return what the unit of the province wants to ask."""
    return {
        "agency": f"{outbound.proposer.code} {outbound.proposer.name}",
        "application": str(outbound.application or ""),
        "service": outbound.service_name,
        "item_count": len(outbound.fields),
        **{name: getattr(outbound, name) for name in CONTENT},
    }
