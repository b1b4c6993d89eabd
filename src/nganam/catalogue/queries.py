"""Every read of the catalogue."""

import csv
import io
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from nganam.agencies.queries import lineage
from nganam.catalogue import policies
from nganam.catalogue.freezing import LABELS, Difference, difference, in_words
from nganam.catalogue.models import Edition, EditionEntry, SharedDatabase, SharingForm
from nganam.catalogue.workflow import DATABASE, EDITION
from nganam.kernel.actors import Actor, Role
from nganam.kernel.errors import Invalid, NotFound
from nganam.kernel.machine import Transition
from nganam.law.rules import RequiredField, rules

ISSUED = ("issued", "published", "superseded")
IN_FORCE = ("issued", "published")
SETTLED = ("accepted", "in_catalogue")


# ---- entries ----


def _databases() -> QuerySet[SharedDatabase]:
    return SharedDatabase.objects.select_related("owner")


def databases_for(actor: Actor) -> QuerySet[SharedDatabase]:
    """Return the entries an officer works with: own and inherited ones; the lead agency all but drafts."""
    mine = Q(owner__code__in=lineage(actor.agency)) if actor.has(Role.FOCAL) else Q(pk__in=[])
    if actor.has(Role.LEAD):
        mine |= ~Q(state__in=["draft", "abandoned"])
    return _databases().filter(mine)


def get_database_for(actor: Actor, code: str) -> SharedDatabase:
    """Return an entry the officer works with; what is not theirs is not found."""
    found = databases_for(actor).filter(code=code).first()
    if found is None:
        raise NotFound(_("Không có cơ sở dữ liệu này."), hint=_("Xem danh sách cơ sở dữ liệu của cơ quan bạn."))
    return found


def to_assess() -> QuerySet[SharedDatabase]:
    """Return proposals waiting for the lead agency, oldest first."""
    return _databases().filter(state="proposed").order_by("updated_at")


def database_steps_for(actor: Actor, database: SharedDatabase) -> list[Transition]:
    """Return the moves the actor may make now, for buttons."""
    return [
        one for one in DATABASE.leaving(database.state) if not policies.may_move_database(actor, database, one.role)
    ]


def values_of(database: SharedDatabase) -> dict[str, Any]:
    """Return an entry as the rule set's form ``catalogue.entry`` names its fields."""
    items = [{"name": one.name, "form": one.form, "audience": one.audience} for one in database.items.all()]
    names = ("name", "purpose", "scope", "content", "collection", "updating", "sources")
    return {**{name: getattr(database, name) for name in names}, "items": items}


def missing_of(database: SharedDatabase) -> tuple[RequiredField, ...]:
    """Return what D11.4 still wants before the entry can be proposed."""
    return rules(database.rules).missing("catalogue.entry", values_of(database))


def groundless_items(database: SharedDatabase) -> list[str]:
    """Return the items shared by default whose ground (D34.1) is not stated."""
    return [one.name for one in database.items.all() if one.form == SharingForm.DEFAULT and not one.ground]


def is_editable_by(actor: Actor, database: SharedDatabase) -> bool:
    """Say whether the actor may open the form of the entry now."""
    return database.state in policies.EDITABLE and not policies.may_act_as_owner(actor, database)


def copy_of(database: SharedDatabase, kind: str = Edition.Kind.DATABASES) -> dict[str, Any]:
    """Return the entry as an edition freezes it; the default-data list keeps only items shared by default."""
    grounds = {one.code: one.vi for one in rules(database.rules).vocabulary("default_ground")}
    items = [
        {
            "name": one.name,
            "form": one.form,
            "form_name": one.get_form_display(),
            "audience": one.audience,
            "ground": one.ground,
            "ground_name": grounds.get(one.ground, ""),
        }
        for one in database.items.all()
        if kind == Edition.Kind.DATABASES or one.form == "default"
    ]
    texts = (
        "code", "name", "name_en", "operator", "purpose", "scope", "content", "collection", "updating", "sources",
        "legal_basis", "master_data", "usage_term", "log_months", "needs_authentication", "regulation_link",
    )  # fmt: skip
    regulation_on = f" ({database.regulation_on:%d/%m/%Y})" if database.regulation_on else ""
    return {
        **{name: getattr(database, name) for name in texts},
        "owner": database.owner.code,
        "owner_name": database.owner.name,
        "phase": database.get_phase_display(),
        "personal_data": database.get_personal_data_display(),
        "regulation": f"{database.regulation_number}{regulation_on}".strip(),
        "items": items,
    }


# ---- editions ----


def editions() -> QuerySet[Edition]:
    """Return every edition, newest first (lead agency and Chairman)."""
    return Edition.objects.select_related("previous")


def editions_for(actor: Actor) -> QuerySet[Edition]:
    """Return the editions an actor works with: lead agency and Chairman all, others the issued ones."""
    rows = editions()
    if actor.has(Role.LEAD):
        return rows
    return rows.exclude(state__in=["draft", "abandoned"]) if actor.has(Role.CHAIRMAN) else rows.filter(state__in=ISSUED)


def get_edition_for(actor: Actor, code: str) -> Edition:
    """Return an edition the actor may work with; anything else is not found."""
    found = editions_for(actor).filter(code=code).first()
    if found is None:
        raise NotFound(_("Không có đợt danh mục này."), hint=_("Xem các đợt đã ban hành tại trang Danh mục."))
    return found


def edition_steps_for(actor: Actor, edition: Edition) -> list[Transition]:
    """Return the moves the actor may make now."""
    return [one for one in EDITION.leaving(edition.state) if not policies.may_move_edition(actor, one.role)]


def issued_editions(kind: str = "") -> QuerySet[Edition]:
    """Return issued editions for the public page, newest first."""
    rows = editions().filter(state__in=ISSUED).order_by("-issued_at")
    return rows.filter(kind=kind) if kind else rows


def issued_edition(code: str) -> Edition:
    """Return an issued edition; raise ``NotFound`` for drafts as for unknown codes."""
    found = issued_editions().filter(code=code).first()
    if found is None:
        raise NotFound(_("Không có đợt danh mục đã ban hành với mã này."))
    return found


def current_edition(kind: str = Edition.Kind.DATABASES, at: datetime | None = None) -> Edition | None:
    """Return the edition in force (the newest issued one), if any; with ``at``, the newest issued by then."""
    rows = issued_editions(kind)
    rows = rows.filter(state__in=IN_FORCE) if at is None else rows.filter(issued_at__lte=at)
    return rows.first()


def frozen_entries(edition: Edition) -> list[dict[str, Any]]:
    """Return the frozen copies of an edition in its order."""
    return [one.frozen for one in edition.entries.all()]


def public_entry(code: str) -> tuple[Edition, dict[str, Any]]:
    """Return a database as the edition in force shows it; raise ``NotFound`` when it is not in it."""
    edition = current_edition()
    entry = edition.entries.filter(database__code=code).first() if edition else None
    if edition is None or entry is None:
        raise NotFound(_("Cơ sở dữ liệu này không có trong danh mục đang có hiệu lực."))
    return edition, entry.frozen


def public_entries_of(agency_code: str) -> list[dict[str, Any]]:
    """Return what the edition in force holds of an agency and of those it succeeded (for the agency's page)."""
    edition = current_edition()
    if edition is None:
        return []
    owners = lineage(agency_code)
    return [one for one in frozen_entries(edition) if one["owner"] in owners]


def in_issued_catalogue(database: SharedDatabase, at: datetime) -> bool:
    """Say whether a database stands in the catalogue in force at ``at`` (S5.4)."""
    return not policies.may_enter_build_plan(database, at)


def compare(earlier: str, later: str) -> tuple[Edition, Edition, Difference]:
    """Compare two issued editions of the same list by their codes, the earlier issued first."""
    first, second = sorted((issued_edition(earlier), issued_edition(later)), key=lambda one: (one.issued_at, one.pk))
    if first.kind != second.kind:
        raise Invalid(_("Chỉ so sánh hai đợt của cùng một loại danh mục."))
    return first, second, difference(frozen_entries(first), frozen_entries(second))


def changes_of(edition: Edition, entries: Iterable[EditionEntry] | None = None) -> Difference:
    """Return what an edition would change, or changed, against the one it replaces; ``entries`` if they were read.

    Of what is new a draft's difference says no more than what it is called and whose it is.
    """
    before = frozen_entries(edition.previous) if edition.previous else []
    known = {one["code"]: one for one in before}
    held = entries_of(edition) if entries is None else entries
    after = [one.frozen or _planned(one, edition.kind, known) for one in held]
    return difference(before, after)


def _planned(entry: EditionEntry, kind: str, known: dict[str, dict[str, Any]]) -> dict[str, Any]:
    database = entry.database
    if database.code not in known:
        return {"code": database.code, "name": database.name, "owner": database.owner.code,
                "owner_name": database.owner.name}  # fmt: skip
    return copy_of(database, kind) if database.state in SETTLED else known[database.code]


def candidates(kind: str) -> QuerySet[SharedDatabase]:
    """Return what the next edition of a list may hold.

    Databases: accepted ones, and every one of the edition in force that was not retired (under revision it keeps its
    frozen copy). Default data: databases of the edition in force with an item shared by default.
    """
    edition = current_edition()
    listed = Q(entries__edition=edition) if edition else Q(pk__in=[])
    if kind == Edition.Kind.DATABASES:
        chosen = Q(state="accepted") | (listed & ~Q(state__in=["retired", "abandoned"]))
        return _databases().filter(chosen).distinct().order_by("owner__code", "name")
    return _databases().filter(listed, items__form="default").distinct().order_by("owner__code", "name")


def entries_of(edition: Edition) -> QuerySet[EditionEntry]:
    """Return the entries of an edition with their databases."""
    found = edition.entries.select_related("database", "database__owner")
    # What replaces nothing is compared with nothing: its items are not asked for.
    return found.prefetch_related("database__items") if edition.previous_id else found


def edition_csv(edition: Edition) -> str:
    """Write an issued edition as CSV, one line per data item so that nothing of D11.4 is lost."""
    out = io.StringIO()
    writer = csv.writer(out)
    columns = [name for name in LABELS if name != "items"]
    writer.writerow(["code", *columns, "item", "form", "audience", "ground"])
    for entry in frozen_entries(edition):
        head = [entry["code"], *(in_words(entry.get(name)) for name in columns)]
        for item in entry["items"] or [{}]:
            writer.writerow([*head, *(item.get(name, "") for name in ("name", "form", "audience", "ground"))])
    return out.getvalue()


def moved_with(edition: Edition) -> list[Edition | SharedDatabase]:
    """Return what a deed on an edition may move: the databases it lists, the editions it takes the place of."""
    others = Edition.objects.filter(kind=edition.kind, state__in=IN_FORCE).exclude(pk=edition.pk)
    listed = SharedDatabase.objects.filter(state="accepted", entries__edition=edition) if edition.pk else ()
    return [*others, *listed]
