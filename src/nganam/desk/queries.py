"""What the desk reads beside lists of cases: what is due, one's own views and calendars, the record of deeds."""

import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.http import QueryDict
from django.urls import resolve
from django.utils.translation import gettext as _

from nganam.accounts.queries import LONGEST_KEY, hashed_key
from nganam.agencies.queries import actor_for
from nganam.audit import queries as audit
from nganam.audit.models import Entry
from nganam.cases.models import Seat
from nganam.cases.parties import declared
from nganam.deadlines.models import Clock
from nganam.desk import oversight, terms, worklist
from nganam.desk.models import DigestChoice, Feed, Place, SavedView
from nganam.desk.worklist import Desk
from nganam.kernel.actors import VISITOR, Actor, Role
from nganam.kernel.clock import local_date
from nganam.kernel.errors import NotFound
from nganam.warehouse import queries as warehouse

# ---- what is due ----


@dataclass(frozen=True, slots=True)
class Due:
    """A running clock and the case it runs for."""

    clock: Clock
    title: str
    url: str


def due(desk: Desk, found: QuerySet[Clock], most: int) -> list[Due]:
    """Return the first of ``found`` with the name and page of their case: one query."""
    return [Due(one, one.title or "", one.link or "") for one in named(desk, found)[:most]]


def named(desk: Desk, found: QuerySet[Clock]) -> QuerySet[Any]:
    """Let clocks carry ``title`` of the case they run for, and ``link`` to its page when the desk's officer sees it."""
    seats = Seat.objects.filter(object_type=OuterRef("object_type"), object_code=OuterRef("object_code")).order_by()
    own = seats.filter(desk.mine)
    return found.annotate(title=Subquery(seats.values("title")[:1]), link=Subquery(own.values("link")[:1]))


def due_by(found: QuerySet[Clock], at: datetime) -> tuple[int, int]:
    """Return how many clocks are overdue, and how many end within the next days."""
    today = local_date(at)
    near = found.order_by().filter(due_on__lte=today + terms.soon())
    counted = near.aggregate(all=Count("pk"), late=Count("pk", filter=Q(due_on__lt=today)))
    return counted["late"], counted["all"] - counted["late"]


# ---- one's own views ----

KNOWN = {Place.CASES: tuple(worklist.WORDS), Place.OVERSIGHT: oversight.WORDS}


def views_of(actor: Actor) -> QuerySet[SavedView]:
    """Return what the actor saved, by name."""
    return SavedView.objects.filter(person__username=actor.code)


def view_of(actor: Actor, name: str) -> SavedView:
    """Return one of the actor's views; raise ``NotFound`` for any other."""
    found = views_of(actor).filter(name=name).first()
    if found is None:
        raise NotFound(_("Không có bộ lọc này."), hint=_("Tải lại trang."))
    return found


def tidied(place: str, query: str) -> str:
    """Return the part of an address's query that a list knows, so that a saved view says nothing else."""
    asked = QueryDict(query.lstrip("?")[:2_000])
    kept = [(word, asked[word][:60]) for word in KNOWN[Place(place)] if asked.get(word)]
    return urlencode(kept)[:500]


# ---- calendars and mail ----


def feeds_of(actor: Actor) -> QuerySet[Feed]:
    """Return the actor's calendar addresses, newest first."""
    return Feed.objects.filter(person__username=actor.code)


def feed_of(token: str) -> Feed | None:
    """Return the calendar that a secret address is of, if it was not revoked."""
    prefix, _dot, secret = token.partition(".")
    if not secret or len(token) > LONGEST_KEY or not token.isascii():
        return None
    found = Feed.objects.select_related("person").filter(prefix=prefix).first()
    # Compared also when nothing was found, so that time does not tell which prefixes exist.
    right = hmac.compare_digest(hashed_key(prefix, secret), found.hash if found else "-" * 64)
    return found if found is not None and right and found.revoked_at is None else None


def holder_of(feed: Feed, at: datetime) -> Actor:
    """Return who reads a calendar: its person at its agency, a visitor when they no longer work there."""
    actor = actor_for(feed.person, at, feed.agency)
    return actor if actor.agency == feed.agency else VISITOR


def often_of(actor: Actor) -> str:
    """Return how often the actor wants their work by mail."""
    chosen = DigestChoice.objects.filter(person__username=actor.code).values_list("often", flat=True).first()
    return chosen or DigestChoice.Often.DAILY


# ---- the record of deeds ----


def links_of(actor: Actor, entries: Iterable[Entry]) -> dict[tuple[str, str], str]:
    """Return the pages of the things in ``entries`` that the actor may open, by type and code; one query per type."""
    codes: dict[str, set[str]] = {}
    for entry in entries:
        codes.setdefault(entry.object_type, set()).add(entry.object_code)
    known = listings()
    seen = {kind: known[kind](actor).filter(code__in=found) for kind, found in codes.items() if kind in known}
    pages = ((kind, case.code, case.get_absolute_url()) for kind, cases in seen.items() for case in cases)
    return {(kind, code): page for kind, code, page in pages if _lets_in(actor, page)}


def _lets_in(actor: Actor, page: str) -> bool:
    roles = getattr(resolve(page).func, "roles", ())
    return not roles or actor.has(*roles)


def listings() -> dict[str, Callable[[Actor], QuerySet[Any]]]:
    """Return what an actor may see of each kind of thing the record names; what is not here has no page of its own."""
    cases = {one.machine.code: one.listing for one in declared()}
    return {**cases, "warehouse.load": warehouse.loads_for, "warehouse.table": warehouse.tables_for}


OVERSIGHT = (Role.LEAD, Role.POLICE, Role.ADMIN)
"""Who reads the whole record of deeds; nobody else reads any of it here (a case's page shows its own history)."""


def audit_entries(actor: Actor, **asked: Any) -> QuerySet[Entry]:
    """Return the deeds the actor may read, newest first; ``action``, ``object_code`` and ``actor_code`` narrow them."""
    found = audit.entries(**asked)
    return found if actor.has(*OVERSIGHT) else found.none()
