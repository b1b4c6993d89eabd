"""What a dispute is to the thing it is about: a refusal is held while it is disputed, then taken up again or upheld.

Every machine of sharing that can be refused has the system's moves ``dispute``, ``reopen`` and ``uphold``; the room of
disputes, above, calls these within its own deeds, which have asked who may.
"""

from datetime import datetime

from django.db import transaction

from nganam.agencies.models import Agency
from nganam.agencies.queries import acts_for, agency
from nganam.cases import operations as cases
from nganam.cases.models import Case
from nganam.cases.queries import last_move
from nganam.deadlines.queries import clocks_of
from nganam.kernel.actors import Actor, Role, system
from nganam.notices import operations as notices
from nganam.sharing.agreements.models import Agreement
from nganam.sharing.outside.following import follow_agreement, is_taken_up_by
from nganam.sharing.policies import officers_of

REGISTER = system("sharing", "Hệ thống quản lý dịch vụ chia sẻ dữ liệu")
CLEARED = ("refusal_reason", "legal_basis")
"""The answer that was given, where a case keeps it: its story tells it, an open case does not show it."""


def may_raise(actor: Actor, case: Case) -> bool:
    """Say whether a page offers to raise a difficulty about a thing: to the focal officers of its two sides (D47, D49).

    What everybody may ask for (a service, its stops) is anybody's but its provider's, who has no other side there.
    """
    if not actor.has(Role.FOCAL) or not actor.agency or case.state == "draft":
        return False
    asks, provides = getattr(case, "consumer", None), getattr(case, "provider", None)
    if provides is not None and acts_for(actor, provides):
        return asks is not None
    return asks is None or acts_for(actor, asks)


def is_held_by(case: Case, opener: Agency) -> bool:
    """Say whether a dispute that ``opener`` raises holds the thing: it is refused, and not by the opener itself."""
    if not any(one.name == "dispute" for one in case.MACHINE.leaving(case.state)):
        return False
    if isinstance(case, Agreement) and not is_taken_up_by(case):
        return False
    if opener == getattr(case, "consumer", None):
        return True
    refused = last_move(case)
    return refused is not None and refused.agency != opener.code


@transaction.atomic
def hold(*, actor: Actor, at: datetime, case: Case, reason: str) -> Case:
    """Put a refused thing in dispute (D47); ``reason`` is the dispute's code."""
    return cases.advance(case, "dispute", actor=REGISTER, at=at, reason=reason, details={"by": actor.code})


@transaction.atomic
def release(*, actor: Actor, at: datetime, case: Case, reason: str, in_favour: bool) -> Case:
    """Take a disputed thing up again, its clock starting anew, or let the answer stand (D50); both sides are told."""
    step = "reopen" if in_favour else "uphold"
    sides = {officers_of(one, at) for one in (getattr(case, name, None) for name in ("consumer", "provider")) if one}
    before = clocks_of(case.MACHINE.code, case.code).last()
    changes = {name: "" for name in CLEARED if in_favour and hasattr(case, name)}
    moved = cases.advance(
        case, step, actor=REGISTER, at=at, reason=reason, changes=changes, details={"by": actor.code},
        # Who had to answer has to again: of an outside provider the lead agency keeps watch.
        clock_agency=officers_of(agency(before.agency), at) if before and before.agency else "",
    )  # fmt: skip
    if in_favour and isinstance(moved, Agreement):
        follow_agreement(moved, step, at=at, reason=reason)
    for side in sorted(sides):
        notices.notify(
            at=at, agency=side, title=f"{moved.code}: {moved.current.vi}", body=reason,
            link=getattr(moved, "get_absolute_url", str)(), event=f"{moved.MACHINE.code}.{step}",
        )  # fmt: skip
    return moved
