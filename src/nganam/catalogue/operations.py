"""Every write of the catalogue: declare, edit and move an entry; compile, submit, issue and publish an edition."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from nganam.agencies import queries as agencies
from nganam.audit import operations as audit
from nganam.cases import operations as cases
from nganam.cases.queries import last_move
from nganam.cases.requirements import allow, refuse_incomplete
from nganam.catalogue import policies, proposing, queries
from nganam.catalogue.models import DataItem, Edition, EditionEntry, SharedDatabase, SharingForm
from nganam.catalogue.workflow import DATABASE, EDITION
from nganam.documents import operations as documents
from nganam.face.telling import kept
from nganam.kernel.actors import Actor, system
from nganam.kernel.clock import local_date
from nganam.kernel.digest import canonical_json, sha256_hex
from nganam.kernel.errors import Invalid, NotFound, RuleBroken, StateMoved
from nganam.law.rules import rules, rules_on
from nganam.notices import operations as notices

Item = Mapping[str, str]
DESCRIPTION = (
    "name",
    "name_en",
    "purpose",
    "scope",
    "content",
    "collection",
    "updating",
    "sources",
    "operator",
    "legal_basis",
    "phase",
    "plan_year",
    "personal_data",
    "master_data",
    "code_lists",
    "regulation_number",
    "regulation_on",
    "regulation_link",
    "usage_term",
    "log_months",
    "needs_authentication",
    "gaps",
)


# ---- entries ----


@transaction.atomic
def declare_database(
    *, actor: Actor, at: datetime, values: Mapping[str, Any], items: Sequence[Item] = ()
) -> SharedDatabase:
    """Open a draft entry for the agency acted for; it may stay incomplete until it is proposed."""
    allow(policies.may_declare(actor))
    _check_name(values)
    version = rules_on(local_date(at)).version
    rows = _checked_items(items, version)
    database = SharedDatabase(
        owner=agencies.agency(actor.agency),
        rules=version,
        **{name: values[name] for name in DESCRIPTION if name in values},
    )
    try:
        with transaction.atomic():
            database = cases.open_case(database, actor=actor, at=at, details={"name": database.name})
    except IntegrityError as error:
        raise _name_taken() from error
    _write_items(database, rows)
    return database


@transaction.atomic
def edit_database(
    *,
    actor: Actor,
    at: datetime,
    database: SharedDatabase,
    values: Mapping[str, Any],
    items: Sequence[Item] | None = None,
) -> SharedDatabase:
    """Change a draft, returned or reopened entry; an accepted or listed one changes by ``revise`` only.

    ``items=None`` leaves the data items as they are.
    """
    allow(policies.may_act_as_owner(actor, database))
    if database.state not in policies.EDITABLE:
        raise RuleBroken(
            _("Không sửa được bản khai ở trạng thái “%(state)s”.") % {"state": DATABASE.state(database.state).vi},
            article="S5.2",
            hint=_("Bản khai trong danh mục: chọn “Sửa để cập nhật danh mục” trước."),
        )
    _check_name({"name": values.get("name", database.name)})
    rows = None if items is None else _checked_items(items, database.rules)
    changes = {name: values[name] for name in DESCRIPTION if name in values}
    _write_description(database, changes, at)
    if rows is not None:
        _write_items(database, rows)
    audit.record(
        actor=actor,
        at=at,
        action="catalogue.database.edited",
        object_type="catalogue.database",
        object_code=database.code,
        details={"changed": sorted(name for name in changes if changes[name] != getattr(database, name))},
    )
    database.refresh_from_db()
    return database


def _write_description(database: SharedDatabase, changes: Mapping[str, Any], at: datetime) -> None:
    rows = SharedDatabase.objects.filter(pk=database.pk, version=database.version, state=database.state)
    try:
        with transaction.atomic():
            moved = rows.update(**changes, version=F("version") + 1, updated_at=at)
    except IntegrityError as error:
        raise _name_taken() from error
    if not moved:
        raise StateMoved(
            _("Người khác vừa sửa bản khai này."), state=database.state, hint=_("Tải lại trang rồi sửa lại.")
        )


def _name_taken() -> Invalid:
    text = _("Cơ quan đã khai một cơ sở dữ liệu với tên này.")
    return Invalid(text, fields={"name": [text]}, hint=_("Mở bản khai đã có để sửa."))


def _check_name(values: Mapping[str, Any]) -> None:
    if not str(values.get("name", "")).strip():
        text = _("Cần điền tên cơ sở dữ liệu (D11.4a).")
        raise Invalid(text, fields={"name": [text]})


def _checked_items(items: Sequence[Item], rules_version: str) -> list[dict[str, str]]:
    grounds = {one.code for one in rules(rules_version).vocabulary("default_ground")}
    rows: list[dict[str, str]] = []
    seen: set[tuple[str, str]] = set()
    for number, item in enumerate(items, start=1):
        row = {name: str(item.get(name, "")).strip() for name in ("name", "form", "audience", "ground")}
        if not row["name"] or not row["audience"] or row["form"] not in SharingForm.values:
            text = _("Hạng mục %(number)d: cần đủ tên, hình thức và đối tượng khai thác (D11.4d).") % {"number": number}
            raise Invalid(text, fields={"items": [text]})
        if row["ground"] and (row["form"] != SharingForm.DEFAULT or row["ground"] not in grounds):
            text = _("Hạng mục %(number)d: căn cứ chia sẻ mặc định chỉ ghi cho dữ liệu chia sẻ mặc định.")
            raise Invalid(text % {"number": number}, fields={"items": [text % {"number": number}]})
        if (row["name"], row["audience"]) in seen:
            text = _("Hạng mục %(number)d: trùng tên và đối tượng với hạng mục khác.") % {"number": number}
            raise Invalid(text, fields={"items": [text]})
        seen.add((row["name"], row["audience"]))
        rows.append(row)
    return rows


def _write_items(database: SharedDatabase, rows: Sequence[Item]) -> None:
    database.items.all().delete()
    DataItem.objects.bulk_create(
        DataItem(database=database, position=position, **row) for position, row in enumerate(rows)
    )


@transaction.atomic
def move_database(
    *,
    actor: Actor,
    at: datetime,
    database: SharedDatabase,
    transition: str,
    reason: str = "",
    version: int | None = None,
) -> SharedDatabase:
    """Make one move of an entry: propose (complete by D11.4), return, accept, revise, retire, abandon."""
    step = DATABASE.transition(transition)
    allow(policies.may_move_database(actor, database, step.role))
    still = policies.may_change_now(database)
    if still:
        raise RuleBroken(still, article="S5.1")
    changes: dict[str, Any] = {}
    if transition == "propose":
        _check_complete(database)
        changes = {"received_at": at}
    moved: SharedDatabase = cases.advance(
        database, transition, actor=actor, at=at, reason=reason, changes=changes, version=version
    )
    _tell(moved, transition, at=at, reason=reason)
    return moved


def _check_complete(database: SharedDatabase) -> None:
    message = _("Bản khai còn thiếu thông tin theo khoản 4 Điều 11 Nghị định 47/2020/NĐ-CP.")
    refuse_incomplete("catalogue.entry", queries.values_of(database), rules_version=database.rules, message=message)
    groundless = queries.groundless_items(database)
    if groundless:
        raise RuleBroken(
            _("Chưa nêu căn cứ chia sẻ mặc định của: %(items)s.") % {"items": "; ".join(groundless)}, article="D34.1",
            hint=_("Mở bản khai, chọn căn cứ cho từng hạng mục chia sẻ mặc định, hoặc đổi sang chia sẻ đặc thù."),
        )  # fmt: skip


def _tell(database: SharedDatabase, transition: str, *, at: datetime, reason: str) -> None:
    to_lead = transition in {"propose", "retire"}
    lead = agencies.lead_agency(local_date(at)).code if to_lead else ""
    notices.notify(
        at=at,
        agency=lead or database.owner.code,
        role="lead" if to_lead else "focal",
        title=f"{database.code}: {DATABASE.transition(transition).vi}",
        body=reason or database.name,
        link=f"/danh-muc/co-so-du-lieu/{database.code}/",
        event=f"catalogue.database.{transition}",
    )


# ---- editions ----


@transaction.atomic
def compile_edition(
    *, actor: Actor, at: datetime, kind: str, title: str, codes: Sequence[str], proposals: Sequence[str] = ()
) -> Edition:
    """Compile a draft edition of the databases ``codes``, all candidates; one draft of a list at a time.

    ``proposals`` names the cases whose proposals for the default list it takes up (D34.2).
    """
    allow(policies.may_assess(actor))
    if not title.strip():
        raise Invalid(_("Cần đặt tên cho đợt danh mục."), fields={"title": [_("Không được để trống.")]})
    edition = Edition(
        kind=kind, title=title.strip(), previous=queries.current_edition(kind), rules=rules_on(local_date(at)).version
    )
    try:
        with transaction.atomic():
            edition = cases.open_case(edition, actor=actor, at=at, details={"kind": kind, "databases": list(codes)})
    except IntegrityError as error:
        raise RuleBroken(
            _("Đang có một đợt của danh mục này chưa ban hành."), article="nội bộ", hint=_("Hoàn thành hoặc bỏ đợt đó.")
        ) from error
    _write_entries(edition, codes)
    proposing.choose(edition, proposals, codes)
    return edition


@transaction.atomic
def edit_edition(
    *, actor: Actor, at: datetime, edition: Edition, title: str, codes: Sequence[str], proposals: Sequence[str] = (),
    version: int | None = None,
) -> Edition:  # fmt: skip
    """Change title and content of a draft edition, and the proposals it takes up.

    ``version`` is the one they were chosen from: what somebody else wrote meanwhile is not written over.
    """
    allow(policies.may_assess(actor))
    if version not in {None, edition.version}:
        raise StateMoved(
            _("Người khác vừa sửa đợt danh mục này."), state=edition.state, hint=_("Tải lại trang rồi sửa lại.")
        )
    moved = Edition.objects.filter(pk=edition.pk, state="draft", version=edition.version).update(
        title=title, version=F("version") + 1, updated_at=at
    )
    if not moved:
        raise StateMoved(_("Đợt danh mục không còn ở trạng thái Dự thảo."), state=edition.state)
    _write_entries(edition, codes)
    audit.take_turn()  # a review takes proposals behind the head
    proposing.choose(edition, proposals, codes)
    audit.record(
        actor=actor,
        at=at,
        action="catalogue.edition.edited",
        object_type="catalogue.edition",
        object_code=edition.code,
        details={"databases": list(codes)},
    )
    edition.refresh_from_db()
    return edition


def _write_entries(edition: Edition, codes: Sequence[str]) -> None:
    allowed = {one.code: one for one in queries.candidates(edition.kind)}
    strangers = [code for code in codes if code not in allowed]
    if strangers or not codes:
        text = (
            _("Không đưa được vào danh mục: %(codes)s.") % {"codes": ", ".join(strangers)}
            if strangers
            else _("Chọn ít nhất một cơ sở dữ liệu.")
        )
        raise Invalid(text, fields={"codes": [text]}, hint=_("Chỉ chọn bản khai đã được đánh giá đạt."))
    edition.entries.all().delete()
    EditionEntry.objects.bulk_create(
        EditionEntry(edition=edition, database=allowed[code], position=position)
        for position, code in enumerate(dict.fromkeys(codes))
    )


@transaction.atomic
def submit_edition(
    *, actor: Actor, at: datetime, edition: Edition, number: str, signed_on: date, version: int | None = None
) -> Edition:
    """Submit a draft to the Chairman with the number and date of the tờ trình (S5.1)."""
    allow(policies.may_move_edition(actor, EDITION.transition("submit").role))
    _check_paper(number, signed_on, at)
    _check_still_candidates(edition)
    cases.hold(edition)
    paper = documents.register_paper(
        actor=actor,
        at=at,
        kind="TTr",
        number=number,
        signed_on=signed_on,
        agency=actor.agency,
        title=kept("Trình ban hành: %(title)s") % {"title": edition.title},
    )
    changes = {"submission_number": number, "submission_on": signed_on}
    moved: Edition = cases.advance(
        edition, "submit", actor=actor, at=at, paper=paper.code, changes=changes, version=version
    )
    notices.notify(
        at=at,
        agency=agencies.province_agency(local_date(at)).code,
        role="chairman",
        title=kept("Danh mục trình ban hành"),
        body=edition.title,
        link=f"/danh-muc/dot/{edition.code}/",
        event="catalogue.edition.submit",
    )
    return moved


def _check_still_candidates(edition: Edition) -> None:
    allowed = set(queries.candidates(edition.kind).values_list("code", flat=True))
    gone = [one.database.code for one in queries.entries_of(edition) if one.database.code not in allowed]
    if gone:
        raise RuleBroken(
            _("Có bản khai không còn đạt: %(codes)s.") % {"codes": ", ".join(gone)},
            article="S5.3",
            hint=_("Bỏ các mục này khỏi dự thảo hoặc chờ đánh giá lại."),
        )


def _check_paper(number: str, signed_on: date, at: datetime) -> None:
    fields: dict[str, list[str]] = {}
    if not number.strip():
        fields["number"] = [_("Cần số văn bản.")]
    if signed_on > local_date(at):
        fields["signed_on"] = [_("Ngày ký không thể ở tương lai.")]
    if fields:
        raise Invalid(_("Thông tin văn bản chưa hợp lệ."), fields=fields)


def _locked(edition: Edition, transition: str) -> Edition:
    """Lock an edition; whoever comes second learns who was first, before a paper with the same number is refused."""
    cases.hold(edition)
    fresh = Edition.objects.get(pk=edition.pk)
    if fresh.state not in EDITION.transition(transition).source:
        last = last_move(fresh)
        raise StateMoved(
            _("Đợt danh mục đang ở trạng thái “%(state)s”.") % {"state": EDITION.state(fresh.state).vi},
            state=fresh.state,
            by=last.actor_name if last else "",
            at=last.at if last else None,
            hint=_("Tải lại trang để xem kết quả."),
        )
    return fresh


@transaction.atomic
def issue_edition(
    *,
    actor: Actor,
    at: datetime,
    edition: Edition,
    number: str,
    signed_on: date,
    signer: str = "",
    version: int | None = None,
) -> Edition:
    """Issue a submitted edition with the number and date of the decision (S5.1, D11.3).

    Every entry is frozen as it stands now; accepted databases become listed. Of two who issue at once, one gets
    ``StateMoved``.
    """
    allow(policies.may_issue(actor))
    edition = _locked(edition, "issue")
    _check_paper(number, signed_on, at)
    if edition.submission_on and signed_on < edition.submission_on:
        text = _("Quyết định không thể ký trước tờ trình.")
        raise Invalid(text, fields={"signed_on": [text]})
    paper = documents.register_paper(
        actor=actor,
        at=at,
        kind="QĐ",
        number=number,
        signed_on=signed_on,
        agency=actor.agency,
        signer=signer or actor.name,
        title=kept("Ban hành: %(title)s") % {"title": edition.title},
    )
    changes = {"decision_number": number, "decision_on": signed_on, "paper": paper.code, "issued_at": at}
    # The compare-and-set on the edition comes first: whoever loses it has changed nothing.
    issued: Edition = cases.advance(
        edition, "issue", actor=actor, at=at, paper=paper.code, changes=changes, version=version
    )
    frozen = _freeze(issued, at)
    Edition.objects.filter(pk=issued.pk).update(digest=sha256_hex(canonical_json(frozen)))
    issued.refresh_from_db()
    proposing.take_up(issued, actor=actor, at=at)
    return issued


def _freeze(edition: Edition, at: datetime) -> list[dict[str, Any]]:
    before = {one.database_id: one.frozen for one in edition.previous.entries.all()} if edition.previous else {}
    entries = list(queries.entries_of(edition))
    for entry in entries:
        # An entry under revision has not been assessed: the edition keeps what was issued before.
        settled = entry.database.state in queries.SETTLED or entry.database_id not in before
        entry.frozen = queries.copy_of(entry.database, edition.kind) if settled else before[entry.database_id]
        if entry.database.state == "accepted" and edition.kind == Edition.Kind.DATABASES:
            cases.advance(entry.database, "list", actor=system("catalogue"), at=at)
    EditionEntry.objects.bulk_update(entries, ["frozen"])
    return [entry.frozen for entry in entries]


@transaction.atomic
def publish_edition(*, actor: Actor, at: datetime, edition: Edition, version: int | None = None) -> Edition:
    """Publish an issued edition; the one it replaces is superseded on the same instant."""
    allow(policies.may_move_edition(actor, EDITION.transition("publish").role))
    for old in Edition.objects.filter(kind=edition.kind, state__in=queries.IN_FORCE).exclude(pk=edition.pk):
        cases.advance(old, "supersede", actor=system("catalogue"), at=at)
    published: Edition = cases.advance(
        edition, "publish", actor=actor, at=at, changes={"published_at": at}, version=version
    )
    return published


@transaction.atomic
def move_edition(
    *, actor: Actor, at: datetime, edition: Edition, transition: str, reason: str = "", version: int | None = None
) -> Edition:
    """Send back or abandon an edition; submission, issue and publication have their own verbs."""
    if transition not in {"send_back", "abandon"}:
        raise NotFound(_("Không có bước này."))
    allow(policies.may_move_edition(actor, EDITION.transition(transition).role))
    moved: Edition = cases.advance(edition, transition, actor=actor, at=at, reason=reason, version=version)
    if transition == "abandon":
        proposing.release(moved)
    return moved


DATABASE_MOVES: dict[str, Callable[..., object]] = {
    one.name: partial(move_database, transition=one.name) for one in DATABASE.transitions if one.role != "system"
}
EDITION_MOVES: dict[str, Callable[..., object]] = {
    "submit": submit_edition,
    "issue": issue_edition,
    "publish": publish_edition,
    **{name: partial(move_edition, transition=name) for name in ("send_back", "abandon")},
}
"""The deed behind each transition that somebody makes."""
