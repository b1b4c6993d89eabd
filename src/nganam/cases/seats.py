"""Keeps the seats: which agencies and roles of the province a case lies with, and whose step is next.

A seat is asked of the declared parties and listing of the machine by an actor who is nobody in particular, only an
officer of that agency or role. Written with every move; what changes without one (a delegation) is set right at night.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from nganam.cases.models import Case, Seat, Turn
from nganam.cases.parties import Conduct, conduct_of, declared, is_idle
from nganam.cases.queries import case_models
from nganam.kernel.actors import Actor, Kind, Role
from nganam.kernel.clock import local_date
from nganam.kernel.machine import Transition

PROVINCE_ROLES = (Role.LEAD, Role.CHAIRMAN, Role.POLICE, Role.FINANCE, Role.ADMIN)
"""Roles that act for the whole province: their seats are of the role, whichever agency holds the duty now."""
KEY = ("object_type", "object_code", "agency", "role")
COPIED = ("parties", "state", "turn", "step", "opened_at", "since", "title", "link")
DELEGATED = frozenset({"issuer"})
"""Party words that somebody holds beside the agency because it was delegated to them: the step waits for both."""
MARK = "|"
BATCH = 200


@transaction.atomic
def write(case: Case, *, at: datetime) -> None:
    """Write the seats of a case anew, as it stands at ``at``; the caller holds its row, so that writers take turns."""
    conduct = conduct_of(case.MACHINE.code)
    if conduct is None:
        return
    # Asked of a copy: what policies keep on a case must not outlive the deed that is under way on this one.
    rows = type(case)._default_manager.select_related()  # noqa: SLF001 - Django's public way to a model's manager
    fresh = rows.prefetch_related(*conduct.beside).get(pk=case.pk)
    seats = list(_seats(conduct, fresh, at, lambda holder: conduct.listing(holder).filter(pk=case.pk).exists()))
    _keep(seats, case.MACHINE.code, [case.code])


def write_of(object_type: str, object_code: str, *, at: datetime) -> None:
    """Write the seats of the case with this code, if it is there: for what changes by time and not by a deed."""
    model = case_models().get(object_type)
    rows = model._default_manager if model else None  # noqa: SLF001 - Django's public way to a model's manager
    case = rows.select_for_update(no_key=True).filter(code=object_code).first() if rows else None
    if case is not None:
        write(case, at=at)


def _keep(seats: list[Seat], kind: str, codes: list[str]) -> None:
    """Write ``seats``, every one of the cases ``codes``, and drop those there are no more."""
    written = {(one.object_code, one.agency, one.role) for one in seats}
    Seat.objects.bulk_create(seats, update_conflicts=True, unique_fields=KEY, update_fields=COPIED)
    kept = Seat.objects.filter(object_type=kind, object_code__in=codes).values_list(
        "pk", "object_code", "agency", "role"
    )
    stale = [key for key, *seat in kept if tuple(seat) not in written]
    if stale:
        Seat.objects.filter(pk__in=stale).delete()


def _seats(conduct: Conduct, case: Case, at: datetime, sees: Callable[[Actor], bool]) -> Iterator[Seat]:
    copied = {
        "object_type": case.MACHINE.code, "object_code": case.code, "state": case.state,
        "opened_at": case.created_at, "since": case.updated_at, "title": title_of(case), "link": link_of(case),
    }  # fmt: skip
    taken: set[str] = set()
    for holder in _holders(conduct, case, local_date(at)):
        words = {word for word, policy in conduct.parties.items() if not policy(holder, case)}
        steps = waiting_steps(holder, case, words, at)
        if holder.agency:
            taken |= {one.name for one in steps}
        else:
            steps = [one for one in steps if one.name not in taken or DELEGATED & words & {*one.roles}]
        if sees(holder):
            step, role = steps[0].name if steps else "", str(next(iter(holder.roles)))
            said = {"parties": marked(words), "step": step, "turn": _turn(case, step)}
            yield Seat(**copied, **said, agency=holder.agency, role=role)


def _turn(case: Case, step: str) -> Turn:
    if case.current.is_end:
        return Turn.NOBODYS
    return Turn.MINE if step else Turn.OTHERS


def _holders(conduct: Conduct, case: Case, day: date) -> Iterator[Actor]:
    """Yield an officer of each agency of the case, then of each role of the province.

    The order matters: what an agency of the case may do waits for it, and not for the province's officers who may do
    it in its stead.
    """
    for code in sorted(conduct.agencies_of(case, day)):
        yield Actor(Kind.PERSON, "", "", code, frozenset({Role.FOCAL}))
    for role in PROVINCE_ROLES:
        yield Actor(Kind.PERSON, "", "", "", frozenset({role}))


def waiting_steps(holder: Actor, case: Case, words: Iterable[str], at: datetime) -> list[Transition]:
    """Return the steps that wait for a holder of the party ``words`` where the case is."""
    asked = set(words)
    steps = () if case.current.is_end else case.MACHINE.leaving(case.state)
    return [one for one in steps if asked.intersection(one.roles) and not is_idle(holder, case, one, at)]


def marked(words: Iterable[str]) -> str:
    """Write party words so that one of them can be looked for: ``|consumer|issuer|``."""
    return MARK + MARK.join(sorted(words)) + MARK


def title_of(case: Case) -> str:
    """Return what a list says a case is about: its own title, or the service it is about."""
    return str(case.title or getattr(case, "service", None) or "")[:200]


def link_of(case: Case) -> str:
    """Return the page of a case, "" when it has none."""
    return str(getattr(case, "get_absolute_url", str)())


def rebuild(codes: Iterable[str] = (), *, at: datetime) -> int:
    """Write the seats of every case of every declared machine (or of these machines) anew; return how many cases."""
    wanted = set(codes)
    models = case_models()
    chosen = [one for one in declared() if one.machine.code in models and (not wanted or one.machine.code in wanted)]
    return sum(_rebuild(one, models[one.machine.code], at) for one in chosen)


def _rebuild(conduct: Conduct, model: type[Case], at: datetime) -> int:
    rows = model._default_manager.order_by("pk")  # noqa: SLF001 - Django's public way to a model's manager
    keys = list(rows.values_list("pk", flat=True))
    for start in range(0, len(keys), BATCH):
        _rebuild_some(conduct, rows, keys[start : start + BATCH], at)
    return len(keys)


@transaction.atomic
def _rebuild_some(conduct: Conduct, rows: QuerySet[Any], keys: list[int], at: datetime) -> None:
    """Write the seats of a few cases, their rows held: a deed on one of them waits no longer than that."""
    list(rows.filter(pk__in=keys).select_for_update(no_key=True).values_list("pk", flat=True))
    cases = list(rows.filter(pk__in=keys).select_related().prefetch_related(*conduct.beside))
    seen: dict[Actor, set[int]] = {}

    def sees(case: Case, holder: Actor) -> bool:
        if holder not in seen:
            seen[holder] = set(conduct.listing(holder).filter(pk__in=keys).values_list("pk", flat=True))
        return case.pk in seen[holder]

    seats = [seat for case in cases for seat in _seats(conduct, case, at, partial(sees, case))]
    _keep(seats, conduct.machine.code, [case.code for case in cases])
