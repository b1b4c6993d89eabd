"""Jobs of the room."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from nganam.disputes import queries
from nganam.disputes.models import Dispute
from nganam.face.telling import kept
from nganam.jobs.api import job
from nganam.notices.operations import notify


@job(cron="45 7 * * *", max_attempts=5, backoff=60)
def tell_of_overdue_level_one() -> int:
    """Tell each opener once that level 1 let its days pass and level 2 may be asked (D49.2); return how many."""
    return tell_openers(at=timezone.now())


@transaction.atomic
def tell_openers(*, at: datetime) -> int:
    """Tell them at ``at``; repeating it tells nobody twice."""
    told = 0
    for dispute in queries.late_at_level_one(at):
        # Compare and set: of two workers one tells.
        if Dispute.objects.filter(pk=dispute.pk, overdue_told_at__isnull=True).update(overdue_told_at=at):
            notify(
                at=at, agency=dispute.opener.code, title=kept("%(code)s: cấp 1 đã quá hạn") % {"code": dispute.code},
                body=kept("Có thể gửi vướng mắc lên cơ quan đầu mối cấp tỉnh (khoản 2 Điều 49)."),
                link=dispute.get_absolute_url(), event="disputes.dispute.overdue",
            )  # fmt: skip
            told += 1
    return told
