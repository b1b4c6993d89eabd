"""The mail of the morning: what waits for an officer and what is due, on working days, at most once a day."""

from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from nganam.accounts.models import Person
from nganam.agencies.queries import acting_choices, actor_for
from nganam.deadlines.queries import calendar
from nganam.desk import queries, terms
from nganam.desk.models import Digest, DigestChoice
from nganam.desk.worklist import ME, Desk, Wanted, Work, works
from nganam.kernel.clock import local_date
from nganam.kernel.workdays import Calendar
from nganam.notices.operations import send_mail

SHOWN = 20


def send_digests(*, at: datetime) -> int:
    """Send the mail of the day of ``at`` to whoever wants one and has work; return how many were written."""
    day, working = local_date(at), calendar()
    if not working.is_working(day):
        return 0
    sent = Digest.objects.filter(on=day).values("person")
    people = Person.objects.filter(is_active=True).exclude(email="").exclude(pk__in=sent)
    people = people.select_related("digest_choice")
    return sum(_send(one, at) for one in people if _wanted(one, day, working))


def _wanted(person: Person, day: date, working: Calendar) -> bool:
    chosen = getattr(person, "digest_choice", None)
    often = chosen.often if chosen else DigestChoice.Often.DAILY
    if often == DigestChoice.Often.WEEKLY:
        monday = day - timedelta(days=day.weekday())
        return working.next_working(monday) == day
    return often == DigestChoice.Often.DAILY


def _send(person: Person, at: datetime) -> bool:
    """Write one person's mail, if there is anything to say; the mark of the day and the mail stand or fall together."""
    with translation.override("vi"):
        subject, body = compose(person, at)
    if not body:
        return False
    try:
        with transaction.atomic():
            Digest.objects.create(person=person, on=local_date(at))
            send_mail(to=person.email, subject=subject, body=body, at=at)
    except IntegrityError:  # another worker wrote it meanwhile
        return False
    return True


def compose(person: Person, at: datetime) -> tuple[str, str]:
    """Return subject and text of a person's mail; no text when nothing waits and nothing is due."""
    agencies = acting_choices(person, at)
    parts = [_of_agency(person, one.code, one.name if len(agencies) > 1 else "", at) for one in agencies]
    said = [part for part in parts if part]
    if not said:
        return "", ""
    subject = _("Công việc ngày %(date)s") % {"date": f"{local_date(at):%d/%m/%Y}"}
    hello = _("Kính gửi %(name)s,") % {"name": str(person)}
    ways = _("Chọn mức nhận thư này tại %(address)s") % {
        "address": f"{settings.NGANAM_PUBLIC_URL}/ban-lam-viec/tuy-chon/"
    }
    return subject, "\n\n".join([hello, *said, ways]) + "\n"


def _of_agency(person: Person, agency: str, name: str, at: datetime) -> str:
    actor, today = actor_for(person, at, agency), local_date(at)
    desk, wanted = Desk(actor, at), Wanted(whose=ME)
    waiting, number = works(desk.rows(wanted)[:SHOWN]), desk.count(whose=ME)
    # What is the whole province's is for the page of those who urge: a mail tells of the agency's own.
    own = desk.clocks().filter(agency=agency).filter(due_on__lte=today + terms.soon())
    due = queries.due(desk, own, SHOWN)
    parts = [
        _block(_("Chờ bạn xử lý: %(number)s") % {"number": number}, [_work_line(one) for one in waiting], number),
        _block(
            _("Quá hạn hoặc sắp đến hạn: %(number)s") % {"number": own.count()},
            [_due_line(one, today) for one in due], own.count(),
        ),
    ]  # fmt: skip
    said = "\n\n".join(part for part in parts if part)
    return f"{name.upper()}\n\n{said}" if said and name else said


def _block(heading: str, lines: list[str], number: int) -> str:
    if not number:
        return ""
    more = [_("… và %(number)s hồ sơ khác.") % {"number": number - len(lines)}] if number > len(lines) else []
    return "\n".join([heading, *lines, *more])


def _work_line(work: Work) -> str:
    due = "; " + _("hạn %(date)s") % {"date": f"{work.due:%d/%m/%Y}"} if work.due else ""
    step = work.step.vi if work.step else ""
    return f"- {work.code} {work.title}: {step}{due}\n  {settings.NGANAM_PUBLIC_URL}{work.url}"


def _due_line(row: queries.Due, today: date) -> str:
    state = _("QUÁ HẠN từ") if row.clock.due_on < today else _("hạn")
    basis = _("nội bộ") if row.clock.is_local else row.clock.article
    return f"- {row.clock.object_code} {row.clock.vi}: {state} {row.clock.due_on:%d/%m/%Y} ({basis})"
