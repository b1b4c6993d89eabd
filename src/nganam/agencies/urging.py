"""To urge: the lead agency or the Chairman reminds whoever holds a case in writing, once a day (S24.2, S16.2)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from nganam.agencies import policies, queries
from nganam.audit import operations as audit
from nganam.cases.events import URGED
from nganam.cases.models import Seat, Turn, Urge
from nganam.cases.queries import link_to
from nganam.cases.requirements import allow
from nganam.deadlines.models import Clock
from nganam.deadlines.queries import open_clocks
from nganam.face.telling import kept
from nganam.kernel.actors import Actor, Role
from nganam.kernel.clock import local_date
from nganam.kernel.errors import Invalid, NotFound, RuleBroken
from nganam.notices import operations as notices

LONGEST = 1_000
ARTICLE = "S24.2"


@dataclass(frozen=True, slots=True)
class Held:
    """Who holds a case now: an agency, or a role of the province; ``clock`` is the nearest that runs, if any."""

    agency: str
    role: str
    clock: Clock | None


@transaction.atomic
def urge(*, actor: Actor, at: datetime, object_type: str, object_code: str, text: str) -> Urge:
    """Urge whoever holds a case: recorded on it, told in the inbox and by mail; a second time on a day is refused."""
    allow(policies.may_urge(actor))
    words, held = _checked(text), _held(actor, object_type, object_code)
    if held.agency and held.agency == actor.agency:
        raise RuleBroken(_("Hồ sơ %(code)s đang chờ chính cơ quan bạn.") % {"code": object_code}, article="nội bộ")
    urged = _once(actor, at, held, object_type, object_code, words)
    due = held.clock.due_on if held.clock else None
    audit.record(
        actor=actor, at=at, action=URGED, object_type=object_type, object_code=object_code,
        details={"reason": words, "addressee": held.agency or held.role, "due": due},
    )  # fmt: skip
    _tell(urged, held, at)
    return urged


def _checked(text: str) -> str:
    words = text.strip()
    if not words:
        said = _("Ghi nội dung đôn đốc.")
        raise Invalid(said, fields={"text": [said]}, hint=_("Nêu việc cần làm và thời điểm mong nhận kết quả."))
    if len(words) > LONGEST:
        said = _("Nội dung đôn đốc dài quá %(most)s ký tự.") % {"most": LONGEST}
        raise Invalid(said, fields={"text": [said]}, hint=_("Viết ngắn lại."))
    return words


def _held(actor: Actor, kind: str, code: str) -> Held:
    """Find who holds the case: whose clock runs, else whose step is next."""
    seats = Seat.objects.filter(object_type=kind, object_code=code)
    clock = open_clocks().filter(object_type=kind, object_code=code).first()
    roles = [str(role) for role in actor.roles]
    if clock is None and not seats.filter(role__in=roles, agency="").exists():
        raise NotFound(_("Không có hồ sơ này."), hint=_("Kiểm tra lại mã hồ sơ."))
    if clock is not None and clock.agency:
        return Held(clock.agency, "", clock)
    holder = seats.filter(turn=Turn.MINE).order_by("-agency", "role").first()
    if holder is None:
        raise RuleBroken(
            _("Hồ sơ %(code)s không đang chờ cơ quan nào.") % {"code": code}, article="nội bộ",
            hint=_("Xem diễn biến của hồ sơ."),
        )  # fmt: skip
    return Held(holder.agency, "" if holder.agency else holder.role, clock)


def _once(actor: Actor, at: datetime, held: Held, kind: str, code: str, text: str) -> Urge:
    try:
        with transaction.atomic():
            return Urge.objects.create(
                object_type=kind, object_code=code, on=local_date(at), at=at, by=actor.name, agency=held.agency,
                role=held.role, text=text,
            )  # fmt: skip
    except IntegrityError as error:
        first = Urge.objects.get(object_type=kind, object_code=code, on=local_date(at))
        raise RuleBroken(
            _("Hôm nay hồ sơ %(code)s đã được %(name)s đôn đốc.") % {"code": code, "name": first.by},
            article="nội bộ",
            hint=_("Mỗi hồ sơ chỉ được đôn đốc một lần mỗi ngày; hãy chờ đến ngày mai."),
        ) from error


def _tell(urged: Urge, held: Held, at: datetime) -> None:
    link = link_to(urged.object_type, urged.object_code) or "/ban-lam-viec/"
    body = urged.text
    if held.clock is not None:
        due = {"label": held.clock.vi, "date": f"{held.clock.due_on:%d/%m/%Y}", "article": held.clock.article}
        body += "\n" + kept("%(label)s: hạn cuối %(date)s (%(article)s).") % due
    # A mail is read elsewhere: its link is a whole address.
    title = kept("%(code)s: đôn đốc") % {"code": urged.object_code}
    notices.notify(at=at, agency=held.agency, role=held.role, title=title, body=body, link=link, event=URGED)
    for address in addresses_of(held.agency, held.role, local_date(at)):
        mail = f"{body}\n\n{urged.by}\n{settings.NGANAM_PUBLIC_URL}{link}"
        notices.send_mail(to=address, subject=title, body=mail, at=at)


def addresses_of(agency: str, role: str, day: date) -> list[str]:
    """Return the mail addresses of an agency's focal officers, or of those who hold a role of the province."""
    people = queries.people_with_role(agency, str(Role.FOCAL), day) if agency else queries.people_in_role(role, day)
    return sorted({one.email for one in people if one.email})


def urged_on(codes: Iterable[str], day: date) -> set[tuple[str, str]]:
    """Return kind and code of those of the cases ``codes`` that were urged on a day."""
    rows = Urge.objects.filter(object_code__in=list(codes), on=day)
    return {(kind, code) for kind, code in rows.values_list("object_type", "object_code")}
