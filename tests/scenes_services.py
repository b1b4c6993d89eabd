"""Scenes of the register: a service and its versions, moved as the pages move them."""

import io
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import Any

import remembered
import scenes
from nganam.kernel.actors import Actor, system

LATER = scenes.AT + timedelta(days=1)
SUSPENDING = system("sharing", "Hệ thống")
TEST: dict[str, Any] = {
    "tested_on": date(2026, 11, 3), "tester": "Trần Văn Minh", "calls": 12, "result": "12 cuộc gọi đúng cấu trúc.",
}  # fmt: skip
REVISED: dict[str, Any] = {"capacity": "1 200 cuộc gọi mỗi phút, 24/7."}
WITHOUT_TELEPHONE = ["ma_co_so", "ten_co_so", "loai"]
NATIONAL: dict[str, Any] = {"listed_on": date(2026, 11, 3), "reference": "QG-000123"}

SPREADSHEET_ROW: dict[str, Any] = {
    "agency": "CT-SYT", "table": "co-so-kham-chua-benh", "name": "Tra cứu cơ sở", "form": "Dữ liệu chia sẻ mặc định",
    "method": "query", "fields": "ma_co_so; ten_co_so", "lookup_columns": "ma_co_so", "filter_columns": "",
    "description": "Thông tin cơ sở.", "parameters": "Theo mã.", "technical_docs": "OpenAPI.", "structure": "JSON.",
    "capacity": "600/phút", "rate_per_minute": 300, "usage_term_days": "",
}  # fmt: skip


def move(actor: Actor, case: Any, transition: str, *, at: datetime = scenes.AT, **inputs: Any) -> Any:
    """Make one move through the deed behind it, as every door does, and return the case as it is then."""
    from nganam.cases import parties

    parties.move(actor, case, transition, at=at, inputs=inputs)
    case.refresh_from_db()
    return case


def findings(**changed: str) -> dict[str, str]:
    """Return a sheet on which every line is met with a remark; ``structure="unmet"`` changes one."""
    from nganam.services import checklist

    met = dict.fromkeys(checklist.CODES, "met")
    return met | {f"{code}_remark": "Đã xem." for code in checklist.CODES} | changed


@remembered.scene
def submitted(service: Any = None) -> Any:
    """Hand a service in."""
    return move(scenes.LAN, service or scenes.declared_service(), "submit")


@remembered.scene
def appraising(case: Any = None) -> Any:
    """Begin the appraisal of a service or version, handed in first if it is not."""
    case = case or scenes.declared_service()
    return move(scenes.MINH, submitted(case) if case.state in {"draft", "returned"} else case, "appraise")


@remembered.scene
def passed(case: Any = None) -> Any:
    """Pass a service or version."""
    case = move(scenes.MINH, appraising(case), "assess", **findings())
    return move(scenes.MINH, case, "pass")


@remembered.scene
def on_test(service: Any = None) -> Any:
    """Put a service on the LGSP and start its test."""
    service = move(scenes.MINH, passed(service), "deploy")
    return move(scenes.MINH, service, "start_test")


@remembered.scene
def ready(service: Any = None) -> Any:
    """Take a service to the point where connections can be made."""
    return move(scenes.MINH, on_test(service), "mark_ready", **TEST)


def published(service: Any = None) -> Any:
    """Take a service all the way to publication."""
    return move(scenes.LAN, ready(service), "publish")


def suspended(service: Any) -> Any:
    """Suspend a published service as the room of suspensions does."""
    from nganam.services import operations

    return operations.suspend_service(actor=SUSPENDING, at=scenes.AT, service=service, reason="Bảo trì")


@remembered.scene
def drafted_version(service: Any = None, *, fields: list[str] | None = None, **changes: Any) -> Any:
    """Draft a version: without inputs a minor one (capacity), with ``fields`` a major one."""
    from nganam.services import revising

    service = service or scenes.published_service()
    names = fields or [one.name for one in service.fields.all()]
    values = changes or ({} if fields else REVISED)
    return revising.draft_revision(
        actor=scenes.LAN, at=scenes.AT, service=service, field_names=names, values=values, summary="Nâng cấp hạ tầng."
    )


@remembered.scene
def passed_version(service: Any = None) -> Any:
    """Take a version without the telephone through its appraisal."""
    drafted = drafted_version(service, fields=WITHOUT_TELEPHONE)
    return passed(drafted)


def workbook(*rows: dict[str, Any], columns: Iterable[str] = tuple(SPREADSHEET_ROW), above: int = 0) -> Any:
    """Return a spreadsheet of services as an officer fills it in, with ``above`` lines over its heading."""
    import xlsxwriter

    from nganam.services import spreadsheet

    titles = {column.name: column.title for column in spreadsheet.COLUMNS}
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Dịch vụ")
        for line in range(above):
            sheet.write(line, 1, "Danh sách dịch vụ của Sở Y tế")
        for place, column in enumerate(columns):
            sheet.write(above, place, f"{titles.get(column, column)} *")
            for line, row in enumerate(rows, above + 1):
                sheet.write(line, place, row.get(column, ""))
    out.seek(0)
    return out


@remembered.scene
def lone_version() -> Any:
    """Return a draft of a version that may be put into any state: no other version of its service is there."""
    drafted = drafted_version()
    drafted.service.revisions.exclude(pk=drafted.pk).delete()
    return drafted


CASES: dict[str, Callable[[], Any]] = {
    "services.service": scenes.declared_service,
    "services.revision": lone_version,
}
