"""What a request says, as the rule set's form ``sharing.request`` names it (D35.2 a, b, c, d, đ, e, g)."""

from typing import Any

from nganam.sharing.requests.models import Request

CONTENT = ("purpose", "solution", "fields", "frequency", "other")
"""What the requester writes; agency, application and service come from what the request is bound to."""


WRITTEN = (*CONTENT, "purpose_codes")
"""What a form says besides: the purposes by their codes."""


def content_of(request: Request) -> dict[str, Any]:
    """Return the request by the names of the form's fields."""
    return {
        "agency": f"{request.consumer.code} {request.consumer.name}",
        "application": str(request.application),
        "service": str(request.service),
        "item_count": len(request.fields),
        **{name: getattr(request, name) for name in CONTENT},
    }
