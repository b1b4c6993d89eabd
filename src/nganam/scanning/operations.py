"""Every write of the room: run a scan and keep its record."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from nganam.audit.operations import record
from nganam.face import telling
from nganam.kernel.actors import Actor, Role
from nganam.kernel.errors import RuleBroken
from nganam.notices.operations import notify
from nganam.scanning import rules
from nganam.scanning.models import Result, Scan

TABLE = "warehouse.table"


def scan(
    *,
    actor: Actor,
    at: datetime,
    object_type: str,
    object_code: str,
    columns: Sequence[rules.ColumnSample] = (),
    text: str = "",
    agency: str = "",
) -> Scan:
    """Scan columns and text of a thing and keep the outcome; the police role is told of a secrecy mark (S27)."""
    findings = rules.scan_columns(columns) + (rules.scan_text(text) if text else [])
    result = _result(findings)
    with transaction.atomic():
        kept = Scan.objects.create(
            object_type=object_type,
            object_code=object_code,
            agency=agency or actor.agency,
            at=at,
            by=actor.name,
            result=result,
            findings=[asdict(one) for one in findings],
        )
        kinds = sorted({one.kind for one in findings})
        record(
            actor=actor,
            at=at,
            action="scanning.scanned",
            object_type=object_type,
            object_code=object_code,
            agency=kept.agency,
            details={"result": str(result), "kinds": kinds},
        )
        if result == Result.SECRET:
            _tell_police(kept, at)
    return kept


def refuse_unless_open(
    object_code: str, columns: Sequence[rules.ColumnSample], *, actor: Actor, at: datetime, agency: str = ""
) -> Scan:
    """Scan a table about to be opened; raise ``RuleBroken`` when it holds secrecy marks or personal data.

    Call it outside a transaction: the record of a refused scan must stay.
    """
    kept = scan(actor=actor, at=at, object_type=TABLE, object_code=object_code, columns=columns, agency=agency)
    found = [rules.Finding(**{**one, "level": rules.Level(one["level"])}) for one in kept.findings]
    why = rules.blocks_opening(found)
    if why:
        raise RuleBroken(
            why,
            article="S10",
            hint=_("Bỏ hoặc ẩn các cột đã nêu ở nguồn rồi nạp lại; nếu nghi lộ bí mật, báo Công an tỉnh."),
        )
    return kept


def _result(findings: Sequence[rules.Finding]) -> Result:
    if rules.secrecy_in(findings):
        return Result.SECRET
    if rules.blocks_opening(findings):
        return Result.PERSONAL
    return Result.NOTICE if findings else Result.CLEAN


def _tell_police(kept: Scan, at: datetime) -> None:
    notify(
        at=at,
        title=telling.kept("Phát hiện dấu hiệu bí mật nhà nước trong “%(code)s”") % {"code": kept.object_code},
        body=telling.kept(
            "Dữ liệu đã bị chặn công bố. Xem vị trí phát hiện trong trang rà quét; nội dung không được lưu."
        ),
        link="/ra-quet/",
        role=Role.POLICE,
        event="scanning.scanned",
    )
