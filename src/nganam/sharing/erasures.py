"""Who was given data of a table learns that rows were erased there by decision, and what is left for them to do."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_noop

from nganam.face.telling import kept
from nganam.kernel.actors import Role
from nganam.notices.operations import notify
from nganam.notices.queries import was_told
from nganam.sharing.accounts.models import OVER, Account

EVENT = "sharing.account.rows_erased"
TITLE = gettext_noop("%(code)s: dữ liệu của %(service)s đã xóa theo quyết định")
BODY = gettext_noop(
    "%(rows)s dòng đã rời khỏi bảng mà dịch vụ đọc (%(erasure)s). Đọc lại toàn bộ từ dịch vụ, xóa ở hệ thống của mình "
    "những bản ghi không còn."
)


@transaction.atomic
def tell(*, at: datetime, erasure: str, table: str, rows: int) -> int:
    """Tell the consumers of each live account that reads ``table``; once for each erasure. Returns how many."""
    live = Account.objects.filter(service__table__code=table).exclude(state__in=OVER)
    told = 0
    for one in live.select_related("application__agency", "service").order_by("pk"):
        link = one.get_absolute_url()
        words = {"code": one.code, "service": one.service.name, "rows": rows, "erasure": erasure}
        body = kept(BODY) % words
        if was_told(event=EVENT, link=link, body=body):
            continue
        notify(at=at, title=kept(TITLE) % words, body=body, link=link, agency=one.consumer.code, role=Role.FOCAL,
               event=EVENT)  # fmt: skip
        told += 1
    return told
