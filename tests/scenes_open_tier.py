"""Scenes of the open tier: a service whose open data may be offered to everybody, an offer of it, a key."""

from datetime import datetime
from typing import Any

import remembered
import scenes
from nganam.kernel.actors import Actor

LIMITS = {"per_minute": 5, "per_minute_together": 600, "key_per_minute": 20, "key_per_day": 1000}
NAMES = ["ma_co_so", "ten_co_so"]
OPEN_FIELDS = ["ma_co_so", "ten_co_so", "loai"]


@remembered.scene
def open_service() -> Any:
    """Publish a service over a table whose open dataset stands published."""
    import scenes_services
    from nganam.services import operations as services

    dataset = scenes.published_dataset()
    declared = services.declare_service(
        actor=scenes.LAN, at=scenes.AT, source=dataset.table, field_names=OPEN_FIELDS, values=scenes.DESCRIPTION
    )
    return scenes_services.published(declared)


@remembered.scene
def offered(service: Any = None, at: datetime = scenes.AT, **changes: Any) -> Any:
    """Offer a service to everybody."""
    from nganam.lgsp.open_tier import operations

    values = {"open_fields": NAMES, "note": "Ai cũng cần.", **LIMITS} | changes
    return operations.offer_tier(service or open_service(), actor=scenes.LAN, at=at, **values)


@remembered.scene
def opened(service: Any = None, at: datetime = scenes.AT, **changes: Any) -> Any:
    """Open it."""
    from nganam.lgsp.open_tier import operations

    return operations.open_tier(offered(service, at, **changes), actor=scenes.MINH, at=at)


def key(actor: Actor = scenes.PHUC, at: datetime = scenes.AT) -> Any:
    """Take a key; return it and its text."""
    from nganam.lgsp.open_tier import operations

    return operations.issue_key(actor=actor, at=at, purpose="Bản đồ y tế")
