"""Reminders of clocks: to the responsible agency, once before the last day and once after it."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_noop

from nganam.cases import seats
from nganam.cases.holding import hold
from nganam.cases.queries import cases_named, link_to
from nganam.deadlines.operations import Reminder, take_reminders
from nganam.deadlines.queries import late_untold
from nganam.notices.operations import notify

FALLBACK_LINK = "/ban-lam-viec/"
DUE, OVERDUE = "deadlines.clock.due", "deadlines.clock.overdue"
LATE_TITLE, SOON_TITLE = gettext_noop("%(code)s: quá hạn"), gettext_noop("%(code)s: sắp hết hạn")
BODY = gettext_noop("%(label)s: hạn cuối %(date)s (%(article)s).")
SENTENCES = (LATE_TITLE, SOON_TITLE, BODY)


@transaction.atomic
def remind(*, at: datetime) -> int:
    """Write one notice for each reminder due at ``at``; clocks nobody answers for go to the lead agency.

    The cases whose seats are written are held first, as every deed holds its case before the clocks of it.
    """
    late = list(late_untold(at))
    hold(*cases_named((one.object_type, one.object_code) for one in late))
    taken = take_reminders(at=at, among=late)
    for one in taken:
        _tell(one, at)
        if one.is_overdue:  # whose step is next may depend on it
            seats.write_of(one.clock.object_type, one.clock.object_code, at=at)
    return len(taken)


def _tell(one: Reminder, at: datetime) -> None:
    clock = one.clock
    values = {"code": clock.object_code, "label": clock.vi, "date": f"{clock.due_on:%d/%m/%Y}"}
    title = LATE_TITLE if one.is_overdue else SOON_TITLE
    body = BODY % {**values, "article": clock.article}
    notify(
        at=at, title=title % values, body=body, agency=clock.agency, role="" if clock.agency else "lead",
        link=link_to(clock.object_type, clock.object_code) or FALLBACK_LINK,
        event=OVERDUE if one.is_overdue else DUE,
    )  # fmt: skip
