"""Every read of agreements and of requests to join them."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db.models import (
    Count,
    DateField,
    Exists,
    F,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    prefetch_related_objects,
)
from django.utils.translation import gettext as _

from nganam.agencies.models import Agency
from nganam.agencies.queries import OUTSIDE_KINDS, agencies_on, lineage
from nganam.catalogue.models import DataItem, SharedDatabase
from nganam.catalogue.proposing import taken_from
from nganam.catalogue.queries import public_entry
from nganam.deadlines import terms
from nganam.deadlines.models import Clock
from nganam.deadlines.queries import calendar
from nganam.documents.models import StoredFile
from nganam.kernel.actors import Actor, Role
from nganam.kernel.clock import local_date
from nganam.kernel.errors import NotFound
from nganam.law.rules import rules_on
from nganam.services.models import Service
from nganam.sharing.accounts.models import OVER, Account
from nganam.sharing.agreements.models import (
    Agreement,
    AgreementConsent,
    AgreementParty,
    AgreementSignature,
    AgreementVersion,
    DeletionReport,
    Joining,
)
from nganam.sharing.agreements.workflow import AGREEMENT, LIVE
from nganam.sharing.policies import acts_for_consumer, led_by_lead

REVIEW_CLOCK = "default_list_review"
AHEAD = "default_review_ahead"
"""The local term that says how long before its day a review is listed as coming."""


def _agreements() -> QuerySet[Agreement]:
    asked = Exists(Joining.objects.filter(agreement=OuterRef("pk")))
    return (
        Agreement.objects.annotate(has_joinings=asked)
        .select_related(
            "consumer",
            "provider",
            "application__agency",
            "service__provider",
            "database__owner",
            "in_force",
            "inbound__requester",
            "inbound__provider",
        )
        .prefetch_related(Prefetch("parties", AgreementParty.objects.select_related("agency", "application__agency")))
    )


def agencies_in(agreement: Agreement, day: date) -> set[str]:
    """Return the codes of the agencies whose officers take part in an agreement: of every party that has some here."""
    return {one.agency.code for one in agreement.parties.all() if not led_by_lead(one.agency, day)}


def agreements_for(actor: Actor) -> QuerySet[Agreement]:
    """Return the agreements an officer may read: the lead agency all that were sent, parties and readers theirs.

    Nobody but the requester (of one outside the province the lead agency, which acts for it) sees a draft.
    """
    found = _agreements()
    if actor.has(Role.LEAD):
        drafts = Q(consumer__code=actor.agency) | Q(consumer__kind__in=OUTSIDE_KINDS)
        return found.filter(~Q(state="draft") | drafts)
    if not actor.agency:
        return found.none()
    mine = lineage(actor.agency) if actor.has(Role.FOCAL) else frozenset({actor.agency})
    return found.filter(_theirs(actor, mine))


def _theirs(actor: Actor, agencies: frozenset[str]) -> Q:
    theirs = Q(pk__in=_read_by(actor).values("pk"))
    if actor.has(Role.FOCAL):
        theirs |= Q(state="draft", consumer__code__in=agencies)
    if actor.has(Role.FOCAL, Role.CHAIRMAN):
        theirs |= ~Q(state="draft") & Q(pk__in=_of_parties(agencies).values("pk"))
    return theirs


def _of_parties(codes: frozenset[str]) -> QuerySet[Agreement]:
    """Return the agreements of parties; who left reads on until it is confirmed that its data are deleted."""
    concerned = Q(parties__left_on=None) | Q(parties__deletion_confirmed_at=None)
    return Agreement.objects.filter(concerned, parties__agency__code__in=codes)


def _read_by(actor: Actor) -> QuerySet[Agreement]:
    return Agreement.objects.filter(readers__agency__code=actor.agency)


def joinings_to(agreement: Agreement) -> QuerySet[Joining]:
    """Return the requests to join an agreement, none without asking when it was read with ``has_joinings``."""
    if not getattr(agreement, "has_joinings", True):
        return Joining.objects.none()
    return Joining.objects.filter(agreement=agreement).select_related("agency")


def get_agreement_for(actor: Actor, code: str) -> Agreement:
    """Return an agreement the officer may read; what is not theirs is not found."""
    found = None
    if actor.agency and not actor.has(Role.LEAD):
        # Most often it is the agency's own; whom it succeeded is asked only when it is not.
        found = _agreements().filter(_theirs(actor, frozenset({actor.agency})), code=code).first()
    found = found or agreements_for(actor).filter(code=code).first()
    if found is None:
        raise NotFound(_("Không có thỏa thuận này."))
    return found


def waiting_for(actor: Actor) -> QuerySet[Agreement]:
    """Return the agreements in which the next word is the actor's agency's: to send, answer, agree, sign, delete."""
    if not actor.has(Role.FOCAL):
        return _agreements().none()
    mine = actor.agency
    newer = AgreementVersion.objects.filter(
        agreement=OuterRef("version__agreement"), number__gt=OuterRef("version__number")
    )
    on_last = {"version__agreement": OuterRef("pk"), "version__set_aside_at": None, "agency": mine}
    not_in_force = Q(version__agreement__in_force=None) | ~Q(version__agreement__in_force=F("version"))
    agreed = AgreementConsent.objects.filter(not_in_force, ~Exists(newer), **on_last)
    signed = AgreementSignature.objects.filter(~Exists(newer), **on_last)
    told = DeletionReport.objects.filter(agreement=OuterRef("pk"), returned_at__isnull=True)
    is_party = Q(pk__in=_of_parties(frozenset({mine})).values("pk"))
    asks = Q(state="draft", consumer__code=mine) | Q(state__in=["checking", "reviewing"], provider__code=mine)
    drafts = is_party & Q(state__in=["drafting", "amending"]) & ~Exists(agreed)
    signs = is_party & Q(state__in=["signing", "amend_signing"]) & ~Exists(signed)
    deletes = is_party & ~Q(provider__code=mine) & Q(state="deleting") & ~Exists(told.filter(agency=mine))
    confirms = Q(state="deleting", provider__code=mine) & Exists(told)
    return _agreements().filter(asks | drafts | signs | deletes | confirms)


def in_force() -> QuerySet[Agreement]:
    """Return the agreements that hold, for an agency that looks for one to join (D36.4): name and parties only."""
    return _agreements().filter(state__in=LIVE).order_by("code")


def agreement_in_force(code: str) -> Agreement:
    """Return an agreement that holds, whoever asks: only what ``in_force`` shows may be shown of it."""
    found = in_force().filter(code=code).first()
    if found is None:
        raise NotFound(_("Không có thỏa thuận này đang có hiệu lực."))
    return found


def party_of(actor: Actor, agreement: Agreement) -> AgreementParty | None:
    """Return the party the actor acts for, or ``None``: for one outside the province the lead agency does (S17.1)."""
    return next((one for one in staying(agreement) if acts_for_consumer(actor, one.agency)), None)


def staying(agreement: Agreement) -> list[AgreementParty]:
    """Return the parties that have not left."""
    return [one for one in agreement.parties.all() if one.left_on is None]


def receiver_of(actor: Actor, agreement: Agreement) -> AgreementParty | None:
    """Return the party the actor acts for that received data: one that left and has still to delete them first."""
    received = [one for one in agreement.parties.all() if one.side == "consumer" and not one.deletion_confirmed_at]
    mine = [one for one in received if acts_for_consumer(actor, one.agency)]
    return next((one for one in mine if one.must_delete), mine[0] if mine else None)


def side_of(actor: Actor, agreement: Agreement) -> str:
    """Return the code of the party's agency the actor acts or signs for; their own when they are no party."""
    party = party_of(actor, agreement)
    return party.agency.code if party else actor.agency


def has_agreed(actor: Actor, agreement: Agreement) -> bool:
    """Say whether the actor's party agreed to the text on the table."""
    text = on_table(agreement)
    return text is not None and text.consents.filter(agency=side_of(actor, agreement)).exists()


def has_signed(actor: Actor, agreement: Agreement) -> bool:
    """Say whether the actor's party signed the text on the table."""
    text = on_table(agreement)
    return text is not None and text.signatures.filter(agency=side_of(actor, agreement)).exists()


def has_deleted(actor: Actor, agreement: Agreement) -> bool:
    """Say whether the actor's party reported the deletion, and its report was not returned."""
    party = receiver_of(actor, agreement)
    return party is not None and any(one.agency == party.agency.code for one in standing_deletions(agreement))


DONE = {
    "agree": has_agreed, "agree_change": has_agreed, "sign": has_signed, "sign_change": has_signed,
    "report_deletion": has_deleted,
}  # fmt: skip
"""Of the moves that every party makes for itself: whether the actor's has."""


# ---- versions ----


def versions_of(agreement: Agreement) -> QuerySet[AgreementVersion]:
    """Return the versions of the text, first to last, with who agreed and signed."""
    return agreement.versions.prefetch_related("consents", "signatures__file")


def latest(agreement: Agreement) -> AgreementVersion | None:
    """Return the last saved version, whatever became of it."""
    return versions_of(agreement).last()


def on_table(agreement: Agreement) -> AgreementVersion | None:
    """Return the version the parties have before them: the last one not in force and not set aside."""
    if agreement.looked_at is not None:
        return _on_table(agreement, agreement.looked_at)
    return _on_table(agreement, agreement.versions.order_by("-number")[:1])


def _on_table(agreement: Agreement, versions: Iterable[AgreementVersion]) -> AgreementVersion | None:
    after = agreement.in_force.number if agreement.in_force else 0
    last = max(versions, key=lambda one: one.number, default=None)
    return last if last and last.number > after and last.set_aside_at is None else None


def look_at(agreement: Agreement) -> list[AgreementVersion]:
    """Return the versions with counts of consents and signatures, and let ``on_table`` answer from them.

    For a page that only reads: what is decided afterwards on the same instance would not be seen.
    """
    counted = agreement.versions.annotate(
        consent_count=Count("consents", distinct=True), signature_count=Count("signatures", distinct=True)
    )
    agreement.looked_at = list(counted.order_by("number"))
    return agreement.looked_at


def version_of(agreement: Agreement, number: int) -> AgreementVersion:
    """Return one version; raise ``NotFound`` when there is none of this number."""
    found = versions_of(agreement).filter(number=number).first()
    if found is None:
        raise NotFound(_("Thỏa thuận không có bản số %(number)s.") % {"number": number})
    return found


def agency_names_in(agreement: Agreement) -> dict[str, str]:
    """Return the names of the parties by code."""
    return {one.agency.code: one.agency.name for one in agreement.parties.all()}


def not_agreed_yet(agreement: Agreement) -> list[str]:
    """Return the names of the parties that have not agreed to the version on the table."""
    version = on_table(agreement)
    return _absent(agreement, version, {one.agency for one in version.consents.all()} if version else set())


def not_signed_yet(agreement: Agreement) -> list[str]:
    """Return the names of the parties that have not signed the version on the table."""
    version = on_table(agreement)
    return _absent(agreement, version, {one.agency for one in version.signatures.all()} if version else set())


def _absent(agreement: Agreement, version: AgreementVersion | None, present: set[str]) -> list[str]:
    names = agency_names_in(agreement)
    wanted = version.parties if version else list(names)
    return [names.get(code, code) for code in wanted if code not in present]


def files_of(agreement: Agreement) -> list[tuple[str, StoredFile]]:
    """Return the files of an agreement: signed PDFs and the evidence of deletions."""
    return [(one.name, one) for one in kept_files(agreement).order_by("pk")]


def kept_files(agreement: Agreement) -> QuerySet[StoredFile]:
    """Return the files that belong to the agreement: signed PDFs and the evidence of deletions."""
    signed = Q(pk__in=agreement.versions.filter(signatures__file__isnull=False).values("signatures__file"))
    evidence = Q(pk__in=agreement.deletions.filter(file__isnull=False).values("file"))
    return StoredFile.objects.filter(signed | evidence)


def kept_file(agreement: Agreement, sha256: str) -> StoredFile:
    """Return a file that belongs to the agreement by its digest."""
    found = kept_files(agreement).filter(sha256=sha256).first()
    if found is None:
        raise NotFound(_("Thỏa thuận không có tệp này."))
    return found


# ---- what follows ----


def exploiters(agreement: Agreement) -> list[AgreementParty]:
    """Return the parties that receive data under the version in force."""
    return [one for one in staying(agreement) if one.side == "consumer" and not one.is_joining]


def asker(agreement: Agreement) -> Agency:
    """Return the agency that speaks for the exploiting side: who asked, or once it left the next that came."""
    return next((one.agency for one in exploiters(agreement)), agreement.consumer)


def leavers(agreement: Agreement) -> list[AgreementParty]:
    """Return the parties that left and whose deletion is not confirmed yet."""
    return [one for one in agreement.parties.all() if one.must_delete]


def accounts_of(agreement: Agreement) -> QuerySet[Account]:
    """Return the connection accounts opened under an agreement."""
    return Account.objects.filter(agreement=agreement).select_related("application__agency", "service__provider")


def unconnected(agreement: Agreement) -> list[AgreementParty]:
    """Return the exploiting parties whose application has no account of this agreement that still calls."""
    known = accounts_of(agreement) if agreement.accounts_read is None else agreement.accounts_read
    with_one = {one.application_id for one in known if one.state not in OVER}
    return [one for one in exploiters(agreement) if one.application_id and one.application_id not in with_one]


def services_to_connect(agreement: Agreement) -> QuerySet[Service]:
    """Return the published services of the provider that an agreement without one can be served by."""
    found = Service.objects.filter(provider=agreement.provider, state="published").select_related("provider")
    return found.filter(Q(database=agreement.database) | Q(form="special")) if agreement.database_id else found


def default_services(agreement: Agreement) -> QuerySet[Service]:
    """Return the default services of the provider that a request could be sent to instead (D36.1)."""
    return Service.objects.filter(provider=agreement.provider, state="published", form="default").order_by("code")


def not_deleted_yet(agreement: Agreement) -> list[str]:
    """Return the names of the exploiting parties, those that left too, with no standing report of deletion."""
    told = {one.agency for one in standing_deletions(agreement)}
    owing = [*exploiters(agreement), *leavers(agreement)]
    return list(dict.fromkeys(one.agency.name for one in owing if one.agency.code not in told))


def standing_deletions(agreement: Agreement) -> list[DeletionReport]:
    """Return the reports of deletion that wait for an answer."""
    return [one for one in agreement.deletions.all() if one.returned_at is None and one.accepted_at is None]


def deletions_of(agreement: Agreement) -> list[DeletionReport]:
    """Return the reports of deletion with their files, and let the guards answer from them: for a page that reads."""
    if agreement.ended_on is None and all(one.left_on is None for one in agreement.parties.all()):
        return []
    prefetch_related_objects([agreement], Prefetch("deletions", DeletionReport.objects.select_related("file")))
    return list(agreement.deletions.all())


def due_to_begin() -> QuerySet[Agreement]:
    """Return the agreements and amendments that all have signed and whose day is waited for."""
    return _agreements().filter(state__in=["signed", "amend_signed"])


def due_to_expire(on: date) -> QuerySet[Agreement]:
    """Return agreements that no longer hold on a day."""
    return _agreements().filter(state__in=LIVE, valid_until__lte=on)


def to_review(actor: Actor) -> QuerySet[Agreement]:
    """Return the agreements in force with the day their review for default sharing is due, nearest first (D34.2)."""
    running = Clock.objects.filter(
        object_type=AGREEMENT.code, object_code=OuterRef("code"), key=REVIEW_CLOCK, stopped_at__isnull=True
    )
    due = Subquery(running.values("due_on")[:1], output_field=DateField())
    found = agreements_for(actor).filter(state__in=LIVE).annotate(review_due=due)
    return found.prefetch_related("default_reviews").order_by("review_due", "code")


def review_is_near(at: datetime) -> Q:
    """Return the condition that a review is due within the days the page looks ahead, a term of the province's own."""
    today = local_date(at)
    ahead = terms.length_of(AHEAD, rules_on(today).version)
    return Q(review_due__lte=terms.due_on(ahead, today, calendar()))


# ---- what may be asked for ----


def special_service(code: str) -> Service:
    """Return a published service shared by agreement only; raise ``NotFound`` for any other."""
    found = Service.objects.select_related("provider").filter(code=code, state="published", form="special").first()
    if found is None:
        raise NotFound(
            _("Không có dịch vụ chia sẻ đặc thù này."),
            hint=_("Dịch vụ chia sẻ mặc định được yêu cầu tại trang của dịch vụ."),
        )
    return found


def special_item(code: str, name: str) -> SharedDatabase:
    """Return a database of the catalogue in force that has this item shared as special; else ``NotFound``."""
    public_entry(code)
    known = DataItem.objects.filter(database__code=code, name=name, form="special")
    found = SharedDatabase.objects.select_related("owner").filter(code=code).first()
    if found is None or not known.exists():
        raise NotFound(_("Cơ sở dữ liệu không có hạng mục đặc thù này."))
    return found


def default_words(actor: Actor, code: str) -> dict[str, Any]:
    """Return what a default request starts from when an agreement was sent to default sharing; nothing otherwise.

    So does one whose data a review brought into the default list (D34.2).
    """
    found = agreements_for(actor).filter(code=code).first() if code else None
    if found is None or not (found.state == "redirected" or taken_from(AGREEMENT.code, found.code)):
        return {}
    said = {name: getattr(found, name) for name in ("purpose", "purpose_codes", "solution", "frequency")}
    more = {"application": found.application.code, "fields_asked": found.fields, "other": found.wanted}
    return {**said, **more}


# ---- joining ----


def _joinings() -> QuerySet[Joining]:
    return Joining.objects.select_related(
        "agency", "application__agency", "agreement__provider", "agreement__consumer", "agreement__service"
    )


def joinings_for(actor: Actor) -> QuerySet[Joining]:
    """Return the requests to join an officer sees: their own, those to agreements of theirs, the lead agency all."""
    if actor.has(Role.LEAD):
        return _joinings()
    if not actor.has(Role.FOCAL):
        return _joinings().none()
    mine = lineage(actor.agency)
    own = Q(agency__code__in=mine)
    return _joinings().filter(own | Q(agreement__in=_of_parties(mine).values("pk")))


def waiting_joinings(actor: Actor) -> QuerySet[Joining]:
    """Return the requests to join that wait for an answer, with what a line about each says and no more."""
    found = joinings_for(actor).filter(state="asked").select_related(None)
    return found.select_related("agency", "agreement__service").only(
        "code", "agency__name", "agreement__code", "agreement__item", "agreement__wanted", "agreement__service__name"
    )


def get_joining_for(actor: Actor, code: str) -> Joining:
    """Return a request to join the officer may see; what is not theirs is not found."""
    found = joinings_for(actor).filter(code=code).first()
    if found is None:
        raise NotFound(_("Không có đề nghị này."))
    return found


def readable_agencies(agreement: Agreement, at: datetime) -> QuerySet[Agency]:
    """Return the agencies the agreement may still be sent to."""
    known = [
        *agreement.parties.filter(left_on=None).values_list("agency_id", flat=True),
        *agreement.readers.values_list("agency_id", flat=True),
    ]
    return agencies_on(local_date(at)).exclude(pk__in=known)
