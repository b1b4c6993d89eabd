"""Every read of disputes."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from nganam.agencies.queries import lineage
from nganam.cases.models import Case, History
from nganam.cases.queries import case_models, link_to
from nganam.cases.story import Event, story_of
from nganam.deadlines.models import Clock
from nganam.disputes.models import FINAL, OF_A_SIDE, Dispute, Evidence, Level, Side, Statement
from nganam.disputes.workflow import DISPUTE
from nganam.documents.models import StoredFile
from nganam.kernel.actors import Actor, Role
from nganam.kernel.clock import local_date
from nganam.kernel.errors import NotFound


def _disputes() -> QuerySet[Dispute]:
    return Dispute.objects.select_related("opener", "respondent", "lead")


def _own(actor: Actor) -> frozenset[str]:
    """Return the codes of the agency a focal officer acts for and of those it took over from."""
    return lineage(actor.agency) if actor.has(Role.FOCAL) and actor.agency else frozenset()


def opened_by(actor: Actor) -> Q:
    """Return the condition that the actor's agency (or one it took over from) raised it."""
    return Q(opener__code__in=_own(actor))


def raised_against(actor: Actor) -> Q:
    """Return the condition that it was raised against the actor's agency."""
    return Q(respondent__code__in=_own(actor))


def disputes_for(actor: Actor) -> QuerySet[Dispute]:
    """Return what an officer sees: the sides theirs, the lead agency all, the Chairman what has reached him."""
    if actor.has(Role.LEAD):
        return _disputes()
    own = _own(actor)
    seen = Q(opener__code__in=own) | Q(respondent__code__in=own)
    if actor.has(Role.CHAIRMAN):
        seen |= Q(level__gte=Level.CHAIRMAN)
    return _disputes().filter(seen)


def get_dispute_for(actor: Actor, code: str) -> Dispute:
    """Return a dispute the actor may see; what is not theirs is not found."""
    found = disputes_for(actor).filter(code=code).first()
    if found is None:
        raise NotFound(_("Không có vướng mắc này."))
    return found


def overdue(found: QuerySet[Dispute], at: datetime) -> QuerySet[Dispute]:
    """Keep those that are late: a running clock past its day; the day of a settlement is one."""
    today = local_date(at)
    late = Clock.objects.filter(
        object_type=DISPUTE.code, object_code=OuterRef("code"), stopped_at__isnull=True, due_on__lt=today
    )
    return found.filter(Exists(late))


def running_clocks(disputes: Iterable[Dispute]) -> dict[str, Clock]:
    """Return the running clock of each of these disputes, by code (one query)."""
    codes = [one.code for one in disputes]
    rows = Clock.objects.filter(object_type=DISPUTE.code, object_code__in=codes, stopped_at__isnull=True)
    return {clock.object_code: clock for clock in rows}


def about(object_type: str, object_code: str) -> Q:
    """Return the condition that a dispute is about this thing."""
    return Q(object_type=object_type, object_code=object_code)


def open_about(object_type: str, object_code: str, opener: str) -> Dispute | None:
    """Return the dispute an agency has open about a thing, if any."""
    found = _disputes().filter(about(object_type, object_code), opener__code=opener, is_error=False)
    return found.exclude(state__in=FINAL).first()


def subject_of(dispute: Dispute) -> Case | None:
    """Return the thing in dispute as it is now, whoever asks: for deeds of this room only."""
    model = case_models().get(dispute.object_type)
    return model._default_manager.filter(code=dispute.object_code).first() if model else None  # noqa: SLF001 - Django's public way to the manager


def moved_with(dispute: Dispute) -> list[Case | None]:
    """Return the thing in dispute, which a dispute holds and gives free again."""
    return [subject_of(dispute)] if dispute.object_code else []


def link_of(dispute: Dispute) -> str:
    """Return the address of the thing in dispute; "" when there is none."""
    if dispute.object_type == "services.service":
        return f"/dich-vu/{dispute.object_code}/"
    return link_to(dispute.object_type, dispute.object_code) if dispute.object_code else ""


def evidence_of(dispute: Dispute) -> QuerySet[Evidence]:
    """Return every file attached to a dispute, first to last."""
    return Evidence.objects.filter(statement__dispute=dispute).select_related("statement", "file")


def files_of(dispute: Dispute) -> list[tuple[str, StoredFile]]:
    """Return the files the sides sent, under the names they gave them."""
    return [(one.name, one.file) for one in evidence_of(dispute)]


def get_evidence(dispute: Dispute, sha256: str) -> Evidence:
    """Return a file of this dispute by its digest; raise ``NotFound`` for any other file."""
    found = evidence_of(dispute).filter(file__sha256=sha256).first()
    if found is None:
        raise NotFound(_("Không có tài liệu này trong hồ sơ vướng mắc."))
    return found


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that happened to a dispute: a deed, or what a side said with its files."""

    event: Event
    files: list[Evidence] = field(default_factory=list)
    spoken: bool = False


def story(dispute: Dispute, deeds: Iterable[Event] | None = None) -> list[Told]:
    """Return the deeds on a dispute (``deeds`` when they have been read) and what the sides said, in order of time."""
    files: dict[int, list[Evidence]] = {}
    for one in evidence_of(dispute):
        files.setdefault(one.statement_id, []).append(one)
    titles = {Side.OPENER: _("Ý kiến của bên nêu vướng mắc"), Side.RESPONDENT: _("Ý kiến của bên kia")}
    said = [
        Told(
            Event(title=str(titles[Side(one.side)]), at=one.at, who=one.by_name, agency=one.agency, reason=one.text),
            files.get(one.pk, []), spoken=True,
        )
        for one in dispute.statements.all()
    ]  # fmt: skip
    done = story_of(dispute) if deeds is None else deeds
    return sorted([*(Told(event) for event in done), *said], key=lambda told: told.event.at)


def events(dispute: Dispute) -> list[Event]:
    """Return the story without its files, as the story of any other case is told."""
    return [one.event for one in story(dispute)]


def waiting_for(actor: Actor) -> list[Dispute]:
    """Return the disputes that may wait for the actor, longest waiting first; which step it is the table says."""
    found = disputes_for(actor).filter(_may_wait_for(actor)).order_by("updated_at", "pk")[:MOST]
    return _with_partisans(list(found))


MOST = 50


def _may_wait_for(actor: Actor) -> Q:
    """Return the condition that a party the actor is of may have the next word."""
    late = Clock.objects.filter(
        object_type=DISPUTE.code, object_code=OuterRef("code"), key="dispute_l1", stopped_at__isnull=True,
        overdue_told_at__isnull=False,
    )  # fmt: skip
    ours = Q(state__in=("unresolved", "error_answered", "settled", "reported")) | Q(Exists(late), state="level_one")
    found = opened_by(actor) & ours
    found |= raised_against(actor) & Q(state__in=("level_one", "error_reported", "settled", "reported"))
    if actor.has(Role.LEAD):
        found |= Q(state__in=("level_two", "central", "reported"))
    if actor.has(Role.CHAIRMAN):
        found |= Q(state__in=("level_three", "central", "reported"))
    return found


def _with_partisans(disputes: list[Dispute]) -> list[Dispute]:
    """Read for all of them at once who acted for a side (two queries), where each would ask by itself."""
    known: dict[str, set[str]] = {one.code: set() for one in disputes}
    moves = History.objects.filter(object_type=DISPUTE.code, object_code__in=known, transition__in=OF_A_SIDE)
    said = Statement.objects.filter(dispute__in=disputes)
    pairs = [*moves.values_list("object_code", "actor_code"), *said.values_list("dispute__code", "by")]
    for code, person in pairs:
        known[code].add(person)
    for one in disputes:
        one.partisans = frozenset(known[one.code])
    return disputes


def raised_and_waiting(actor: Actor) -> QuerySet[Dispute]:
    """Return the actor's own disputes that lie with somebody else."""
    elsewhere = ("level_one", "level_two", "level_three", "central", "error_reported")
    return disputes_for(actor).filter(opened_by(actor), state__in=elsewhere)


def late_at_level_one(at: datetime) -> QuerySet[Dispute]:
    """Return the disputes level 1 let its days pass on, whose opener has not been told yet."""
    return overdue(_disputes().filter(state="level_one", overdue_told_at__isnull=True), at)


@dataclass(frozen=True, slots=True)
class Counted:
    """How many disputes of one kind stand in one state with one outcome."""

    kind: str
    is_error: bool
    state: str
    outcome: str
    number: int


def counts() -> list[Counted]:
    """Return how many disputes there are of each kind, state and outcome; nobody is named."""
    names = ("kind", "is_error", "state", "outcome")
    rows = Dispute.objects.values_list(*names).annotate(number=Count("pk")).order_by(*names)
    return [Counted(*row) for row in rows]
