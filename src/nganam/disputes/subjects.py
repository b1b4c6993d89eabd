"""The thing a dispute is about: any case that names who asks and who provides, or none."""

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from nganam.agencies.models import Agency
from nganam.agencies.queries import acts_for, current_successors
from nganam.cases import parties
from nganam.cases.models import Case
from nganam.kernel.actors import Actor
from nganam.kernel.errors import NotFound, RuleBroken
from nganam.services.models import Service
from nganam.services.queries import listed_service
from nganam.sharing.models import Account

ACCOUNT, SERVICE = Account.MACHINE.code, Service.MACHINE.code


@dataclass(frozen=True, slots=True)
class Subject:
    """A thing the actor is party to, and the agency on its other side: ``None`` when the register does not know it."""

    case: Case
    other: Agency | None
    title: str

    @property
    def reference(self) -> str:
        """Return how addresses name it: ``sharing.request:YC-2026-0001``."""
        return f"{self.case.MACHINE.code}:{self.case.code}"


def subject_for(actor: Actor, reference: str, day: date) -> Subject:
    """Return the thing ``<object_type>:<code>`` names if the actor is party to it; raise ``NotFound`` if not."""
    object_type, _colon, code = reference.partition(":")
    # Anybody may ask for a service of the register; the rest is seen by its parties only.
    case: Case = listed_service(code) if object_type == SERVICE else parties.find_for(actor, object_type, code)
    if case.state == "draft":
        raise RuleBroken(_("Hồ sơ chưa gửi nên chưa có vướng mắc để giải quyết."), article="D49.1")
    other = _other(actor, case)
    return Subject(case, _holder_on(other, day) if other else None, title_of(case))


def title_of(case: Case) -> str:
    """Return what the thing is about, for people."""
    service = getattr(case, "service", None)
    return str(getattr(service or case, "name", "") or case.title or case.MACHINE.vi)


def _other(actor: Actor, case: Case) -> Agency | None:
    """Return the agency on the other side of a thing the actor's agency asks for or provides."""
    asks, provides = getattr(case, "consumer", None), getattr(case, "provider", None)
    if provides is not None and acts_for(actor, provides):
        other = asks
    elif asks is None or acts_for(actor, asks):
        # Of a thing everybody may ask for (a service), whoever does not provide it is on the asking side.
        other = provides
    else:
        raise _no_side()
    if asks is None and other is None:
        raise _no_side()
    return other


def _no_side() -> NotFound:
    return NotFound(
        _("Cơ quan của bạn không phải là một bên của việc này."),
        hint=_("Nêu vướng mắc với một cơ quan, không gắn với việc nào, nếu cần."),
    )


def _holder_on(agency: Agency, day: date) -> Agency:
    """Return who answers for ``agency`` on ``day``: itself, or who took over from it."""
    return agency if agency.holds(day) else next(iter(current_successors(agency.code, day)), agency)
