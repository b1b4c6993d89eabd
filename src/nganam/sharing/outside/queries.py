"""Every read of sharing beyond the province."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from nganam.agencies.models import Agency
from nganam.agencies.queries import OUTSIDE_KINDS
from nganam.cases import parties
from nganam.documents.models import StoredFile
from nganam.kernel.actors import Actor, Role
from nganam.kernel.errors import NotFound
from nganam.kernel.machine import State, Transition
from nganam.kernel.text import fold
from nganam.sharing.accounts.models import OVER, Account
from nganam.sharing.agreements.models import Agreement
from nganam.sharing.outside.models import ExternalService, Form, Inbound, Opinion, Outbound


def outside_agencies() -> QuerySet[Agency]:
    """Return the agencies of the register that are not of the province and still exist."""
    return Agency.objects.filter(kind__in=OUTSIDE_KINDS, valid_until__isnull=True).order_by("name")


# ---- requests from outside ----


def _inbound() -> QuerySet[Inbound]:
    return Inbound.objects.select_related(
        "requester", "provider", "scan", "service__provider", "service__database", "request__account"
    ).prefetch_related("opinions")


def inbound_for(actor: Actor) -> QuerySet[Inbound]:
    """Return the requests an officer sees: the lead agency all, the owner its own, the Chairman those submitted."""
    if actor.has(Role.LEAD):
        return _inbound()
    if actor.has(Role.CHAIRMAN):
        return _inbound().exclude(submission_number="")
    return _inbound().filter(provider__code=actor.agency) if actor.has(Role.FOCAL) else _inbound().none()


def get_inbound_for(actor: Actor, code: str) -> Inbound:
    """Return one of them; what is not theirs is not found."""
    found = inbound_for(actor).filter(code=code).first()
    if found is None:
        raise NotFound(_("Không có yêu cầu ngoài tỉnh này."))
    return found


def fresh_inbound(inbound: Inbound) -> Inbound:
    """Return the case read anew, with the opinions it has now."""
    return _inbound().get(pk=inbound.pk)


def inbound_of_request(code: str) -> Inbound | None:
    """Return the inbound case that the connection request with this code was opened for, if any."""
    return Inbound.objects.filter(request__code=code).select_related("request", "service").first()


def account_of(inbound: Inbound) -> Account | None:
    """Return the account the outside agency's application calls by: of its request, or of its agreement that holds."""
    if inbound.request is not None:
        return getattr(inbound.request, "account", None)
    own = {"application__agency": inbound.requester_id, "application__code": inbound.application_code}
    return Account.objects.filter(agreement__inbound=inbound, **own).exclude(state__in=OVER).last()


def agreements_of(inbound: Inbound) -> QuerySet[Agreement]:
    """Return the special agreements begun for a case from outside, first to last: one that failed, then another."""
    return inbound.agreements.order_by("created_at", "pk")


def sides_of(inbound: Inbound) -> list[tuple[str, Opinion | None]]:
    """Return both sides by name, each with its opinion or none yet."""
    given = {one.side: one for one in inbound.opinions.all()}
    return [(str(label), given.get(side)) for side, label in Opinion.Side.choices]


# ---- proposals to use outside data ----


def _outbound() -> QuerySet[Outbound]:
    return Outbound.objects.select_related("proposer", "provider", "application__agency", "external__provider")


def outbound_for(actor: Actor) -> QuerySet[Outbound]:
    """Return the proposals an officer sees: the lead agency all that were made, a unit its own."""
    own = _outbound().filter(proposer__code=actor.agency)
    if actor.has(Role.LEAD):
        return _outbound().exclude(state="draft") | own
    return own if actor.has(Role.FOCAL) else own.none()


def connections_of(case: Outbound) -> list[Any]:
    """Return what lets or let the proposal's application call through the gateway; a room above keeps these."""
    kept: Any = getattr(case, "accesses", None)
    if kept is None or case.answer_on is None:
        return []  # nothing opens before the provider has answered
    return list(kept.select_related("service__platform"))


def get_outbound_for(actor: Actor, code: str) -> Outbound:
    """Return one of them; what is not theirs is not found."""
    found = outbound_for(actor).filter(code=code).first()
    if found is None:
        raise NotFound(_("Không có đề xuất ngoài tỉnh này."))
    return found


def alike(outbound: Outbound) -> QuerySet[Outbound]:
    """Return other live proposals asked of the same agency: what the reviewer of a duplicate looks at."""
    over = [one.name for one in Outbound.MACHINE.states if one.final] + ["draft", "refused"]
    rows = _outbound().exclude(pk=outbound.pk).exclude(state__in=over)
    if outbound.provider_id:
        return rows.filter(provider=outbound.provider_id)
    return rows.filter(provider__isnull=True, provider_name__iexact=outbound.provider_name)


# ---- services known outside ----


def external_services(*, text: str = "", provider: str = "") -> QuerySet[ExternalService]:
    """Return what the public list shows, narrowed by words (with or without marks) and by agency (S14.4)."""
    rows = ExternalService.objects.filter(removed_at__isnull=True).select_related("provider")
    for word in fold(text).split():
        rows = rows.filter(folded__contains=word)
    return rows.filter(provider__code=provider) if provider else rows


def external_service(code: str) -> ExternalService:
    """Return one listed service; raise ``NotFound`` for a code that is unknown or was removed."""
    found = external_services().filter(code=code).first()
    if found is None:
        raise NotFound(_("Không có dịch vụ ngoài tỉnh này."), hint=_("Xem danh sách dịch vụ ngoài tỉnh."))
    return found


def external_providers() -> QuerySet[Agency]:
    """Return the outside agencies that have a listed service."""
    return Agency.objects.filter(external_services__removed_at__isnull=True, external_services__isnull=False).distinct()


# ---- work ----


def beside(case: Inbound | Outbound) -> frozenset[str]:
    """Return the moves a page need not offer: an opinion already given, a way that the form of sharing closes."""
    given = {f"{one.side}_{verb}" for one in opinions(case) for verb in ("agrees", "disagrees")}
    special = {"grant", "send"} if case.form == Form.SPECIAL else {"send_special"}
    return frozenset(given | special)


def steps_for(actor: Actor, case: Inbound | Outbound) -> list[Transition]:
    """Return the moves the actor may make now that make sense for the case."""
    closed = beside(case)
    return [one for one in parties.steps_for(actor, case) if one.name not in closed]


def opinions(case: Inbound | Outbound) -> list[Opinion]:
    """Return the opinions given on a case so far; a proposal to go outside needs none."""
    return list(case.opinions.all()) if isinstance(case, Inbound) else []


def undecided_for(actor: Actor) -> list[Inbound | Outbound]:
    """Return the cases the officer sees in which something waits for somebody."""
    waiting = {model: [one.name for one in model.MACHINE.states if not one.is_end] for model in (Inbound, Outbound)}
    into = inbound_for(actor).filter(state__in=waiting[Inbound])
    return [*into, *outbound_for(actor).filter(state__in=waiting[Outbound])]


# ---- counting ----


@dataclass(frozen=True, slots=True)
class Counted:
    """How many cases stand in a state."""

    state: State
    number: int


def counted(rows: QuerySet[Any]) -> list[Counted]:
    """Return the states that have cases, in the order of the machine, each with their number (one query)."""
    found: Mapping[str, int] = dict(
        rows.order_by().values("state").annotate(number=Count("pk")).values_list("state", "number")
    )
    return [Counted(state, found[state.name]) for state in rows.model.MACHINE.states if state.name in found]


def counts() -> dict[str, list[Counted]]:
    """Return every case of both directions by state, drafts left out: what the public statistics say (S17.1)."""
    return {
        "inbound": counted(Inbound.objects.all()),
        "outbound": counted(Outbound.objects.exclude(state="draft")),
    }


def files_of(inbound: Inbound) -> list[tuple[str, StoredFile]]:
    """Return the scan of the outside agency's document, if there is one."""
    return [(inbound.scan.name, inbound.scan)] if inbound.scan else []
