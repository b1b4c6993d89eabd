"""Who the parties of sharing are, for every family of it. Each answer is "" when allowed, else the reason."""

from datetime import date, datetime
from typing import Protocol

from django.utils.translation import gettext as _

from nganam.agencies.models import Agency
from nganam.agencies.queries import OUTSIDE_KINDS, acts_for, is_without_successor, lead_agency
from nganam.kernel.actors import Actor, Role
from nganam.kernel.clock import local_date
from nganam.services.models import Service


class Shared(Protocol):
    """What has an agency that asks and one that answers."""

    @property
    def consumer(self) -> Agency:
        """The agency that asks."""

    @property
    def provider(self) -> Agency:
        """The agency that answers."""


class OverService(Shared, Protocol):
    """What is shared by a service of the register."""

    service: Service


def may_work_for_agency(actor: Actor) -> str:
    """A focal officer requests data and registers applications for the agency acted for (S21.1)."""
    if actor.has(Role.FOCAL) and actor.agency:
        return ""
    return _("Chỉ cán bộ đầu mối của cơ quan được làm việc này.")


def acts_for_consumer(actor: Actor, agency: Agency) -> bool:
    """Say whether the actor may act for an agency that asks; the lead agency does for one without officers here.

    Those are agencies outside the province, and those recorded as closed with no successor (``led_by_lead``).
    """
    if acts_for(actor, agency):
        return True
    return actor.has(Role.LEAD) and (agency.kind in OUTSIDE_KINDS or is_without_successor(agency))


def led_by_lead(agency: Agency, day: date) -> bool:
    """Say whether the lead agency acts for an agency that has no officers here.

    It does for one outside the province (S17.1), and for one that was closed with nobody to take over from it: what it
    still owes has to be seen to by somebody (local choice).
    """
    return agency.kind in OUTSIDE_KINDS or is_gone(agency, day)


def is_gone(agency: Agency, day: date) -> bool:
    """Say whether an agency has ended by ``day`` with nobody to take over from it."""
    return agency.valid_until is not None and agency.valid_until <= day and is_without_successor(agency)


def officers_of(agency: Agency, at: datetime) -> str:
    """Return the code of the agency whose officers act for ``agency`` here: itself, or the lead where it has none."""
    day = local_date(at)
    return lead_agency(day).code if led_by_lead(agency, day) else agency.code


def agencies_here(case: Shared, day: date) -> set[str]:
    """Return the codes of the sides that have officers here on ``day``: for any other the lead agency acts."""
    return {one.code for one in (case.consumer, case.provider) if not led_by_lead(one, day)}


def may_act_as_consumer(actor: Actor, case: Shared) -> str:
    """The asking agency's focal officer; the lead agency for one outside the province (S17.1)."""
    if acts_for_consumer(actor, case.consumer):
        return ""
    return _("Chỉ cán bộ đầu mối của cơ quan yêu cầu được làm việc này.")


def may_act_as_provider(actor: Actor, case: Shared) -> str:
    """The focal officer of the agency that provides decides (D35.3, D51.1).

    For one that was closed with no successor the lead agency sees to what is left: a deletion to be confirmed.
    """
    if acts_for(actor, case.provider) or (actor.has(Role.LEAD) and is_without_successor(case.provider)):
        return ""
    return _("Chỉ cán bộ đầu mối của cơ quan cung cấp được quyết định.")


def may_act_as_lead(actor: Actor, case: object) -> str:
    """The lead agency of the province, which also runs the LGSP (S9.1, S16.2)."""
    del case
    return "" if actor.has(Role.LEAD) else _("Chỉ cơ quan đầu mối cấp tỉnh được làm việc này.")
