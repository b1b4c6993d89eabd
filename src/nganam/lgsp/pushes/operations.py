"""Deeds at the door of a table: let an application push, end that, sign its certificate."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from nganam.audit.operations import record
from nganam.cases.requirements import allow
from nganam.kernel.actors import Actor
from nganam.kernel.errors import Invalid, NganamError, RuleBroken, StateMoved
from nganam.lgsp import certificates
from nganam.lgsp.envoy.decided import PUSH
from nganam.lgsp.models import Certificate
from nganam.lgsp.pushes import policies
from nganam.lgsp.pushes.models import PushDoor, PushRight
from nganam.sharing.models import Application
from nganam.warehouse import partial
from nganam.warehouse.models import Table
from nganam.warehouse.operations import hold
from nganam.warehouse.transforms.planning import model_of

LONGEST = 36


@transaction.atomic
def grant_push(*, actor: Actor, at: datetime, table: Table, application: Application, reason: str) -> PushRight:
    """Let an application of the table's owner push records into it, from the gateway's next snapshot on.

    Raises ``Invalid`` without a reason or for another agency's application, ``RuleBroken`` for a table without a key
    (a record that comes again would stand twice) or with a source (its next load would undo what was pushed).
    """
    allow(policies.may_grant(actor, table))
    reason = reason.strip()
    found = {} if reason else {"reason": [_("Ghi lý do, ví dụ tên hệ thống và việc kết nối.")]}
    if application.agency_id != table.agency_id:
        found["application"] = [_("Chọn ứng dụng của chính cơ quan chủ quản bảng.")]
    if found:
        raise Invalid(_("Chưa mở được quyền đẩy dữ liệu."), fields=found)
    hold(table)
    if reason_not := why_not(table):
        raise RuleBroken(reason_not[0], article="nội bộ", hint=reason_not[1])
    right = PushRight(
        door=_door(table, actor, at), application=application, reason=reason[:500], granted_at=at, granted_by=actor.name
    )
    try:
        with transaction.atomic():
            right.save(force_insert=True)
    except IntegrityError as error:
        text = _("Ứng dụng %(name)s đã có quyền đẩy vào bảng này.") % {"name": application.subject}
        raise StateMoved(text, state="", hint=_("Tải lại trang.")) from error
    _record("granted", right, actor=actor, at=at, reason=right.reason)
    return right


def why_not(table: Table) -> tuple[str, str] | None:
    """Return why a table takes no pushed records and what to do about it; None when it does."""
    if not table.shape.key:
        return (
            _("Bảng chưa có khóa chính nên không nhận dữ liệu đẩy: bản ghi gửi lại sẽ thành hai dòng."),
            _("Khai báo khóa chính của bảng rồi mở lại."),
        )
    if table.source_id is not None:
        return (
            _("Bảng đang nạp từ nguồn “%(name)s”; lượt nạp sau sẽ thay mất dữ liệu đã đẩy.")
            % {"name": table.source.name if table.source else ""},
            _("Bỏ nguồn khỏi khai báo bảng, hoặc khai báo một bảng riêng cho dữ liệu đẩy."),
        )
    if model_of(table) is not None:
        return (
            _("Bảng dẫn xuất lấy mọi dòng từ mô hình nên không nhận dữ liệu đẩy."),
            _("Khai báo một bảng riêng cho dữ liệu đẩy, rồi đọc bảng đó trong mô hình."),
        )
    return None


def why_waiting(table: Table) -> str:
    """Return why what is pushed is not loaded now, "" when it is: the present rows were checked by other rules."""
    try:
        partial.refuse_other_columns(table)
    except NganamError as error:
        return f"{error.message} {error.hint}".strip()
    return ""


def _door(table: Table, actor: Actor, at: datetime) -> PushDoor:
    found = PushDoor.objects.filter(table=table).first()
    if found is not None:
        return found
    code, number = f"{PUSH}{table.code[:LONGEST].strip('-')}", 1
    while PushDoor.objects.filter(code=code).exists():  # tables whose codes begin alike
        number += 1
        code = f"{PUSH}{table.code[: LONGEST - 3].strip('-')}-{number}"
    return PushDoor.objects.create(code=code, table=table, opened_at=at, opened_by=actor.name)


@transaction.atomic
def end_push(*, actor: Actor, at: datetime, right: PushRight, reason: str) -> PushRight:
    """Let an application push no more: refused at once. What was acknowledged is still loaded."""
    allow(policies.may_end(actor, right))
    reason = reason.strip()
    if not reason:
        raise Invalid(_("Cần lý do."), fields={"reason": [_("Ghi lý do đóng quyền đẩy dữ liệu.")]})
    ended = PushRight.objects.filter(pk=right.pk, ended_at__isnull=True)
    if not ended.update(ended_at=at, ended_by=actor.name, end_reason=reason[:500]):
        raise StateMoved(_("Quyền này đã đóng."), state="ended", hint=_("Tải lại trang."))
    right.refresh_from_db()
    _record("ended", right, actor=actor, at=at, reason=reason)
    return right


@transaction.atomic
def certify_push(*, actor: Actor, at: datetime, right: PushRight, csr: str) -> Certificate:
    """Sign a certificate for an application that pushes, though it may have no account here."""
    allow(policies.may_certify(actor, right))
    return certificates.sign_for(right.application, actor=actor, at=at, csr=csr)


def _record(deed: str, right: PushRight, *, actor: Actor, at: datetime, reason: str) -> None:
    table = right.door.table
    record(
        actor=actor, at=at, action=f"lgsp.push.{deed}", object_type="warehouse.table", object_code=table.code,
        agency=table.agency.code,
        details={"application": right.application.subject, "door": right.door.code, "reason": reason},
    )  # fmt: skip
