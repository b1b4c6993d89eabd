"""Quality, incidents and thresholds of the LGSP for agencies' own programs, by the same deeds as the pages."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from ninja import Query, Schema
from pydantic import Field, field_validator

from nganam.api.gateway import SnapshotWindow, router
from nganam.api.schemas import REFUSALS
from nganam.lgsp import monitoring
from nganam.lgsp.queries import plain
from nganam.lgsp.watching import measuring, operations, queries, rules
from nganam.lgsp.watching.measuring import Figures, Kept
from nganam.lgsp.watching.models import Incident


class FiguresOut(Schema):
    """What some calls came to; milliseconds of answered calls, rounded up by 9 % at most."""

    calls: int
    answered: int
    refused: int
    failed: int
    stopped: int
    records: int
    request_bytes: int
    response_bytes: int
    availability: float | None
    p50: int | None
    p95: int | None
    p99: int | None


class PairOut(Schema):
    """The calls of one consumer to one service."""

    service: str
    provider: str
    consumer: str
    figures: FiguresOut


class TrafficOut(Schema):
    """Calls of the caller's side since an instant, the busiest pairs first."""

    since: datetime
    figures: FiguresOut
    pairs: list[PairOut]


class QualityOut(Schema):
    """A service's promise beside what was measured in the last days; ``null`` where nothing was promised."""

    service: str
    provider: str
    days: int
    promised_availability: float | None
    promised_p95_ms: int | None
    keeps_availability: bool | None
    keeps_time: bool | None
    stopped_minutes: int
    figures: FiguresOut


class NoteOut(Schema):
    """What an officer wrote about an incident."""

    at: datetime
    by: str
    agency: str
    text: str


class IncidentOut(Schema):
    """An incident; ``figures`` are those at its opening."""

    code: str
    rule: str
    service: str
    provider: str
    consumer: str
    opened_at: datetime
    seen_at: datetime
    closed_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str
    figures: dict[str, Any]
    notes: list[NoteOut]


class NoteIn(Schema):
    """A word about an incident."""

    note: str = Field(max_length=operations.LONGEST_NOTE)


class RuleIn(Schema):
    """The thresholds of a rule."""

    is_on: bool
    minutes: int
    least: int
    threshold: int
    calm_minutes: int


class RuleOut(RuleIn):
    """A rule with its thresholds."""

    key: str


class PromiseIn(Schema):
    """What a provider promises."""

    availability: Decimal = Field(gt=0, le=100, max_digits=6, decimal_places=3)
    p95_ms: int


class TrafficIn(Schema):
    """Whole days with today, 0 for the last sixty minutes; narrowed to a service."""

    days: int = Field(1, ge=0, le=365)
    service: str = Field("", max_length=40)

    @field_validator("days")
    @classmethod
    def _known(cls, days: int) -> int:
        if days not in monitoring.PERIODS:
            raise ValueError(f"one of {', '.join(map(str, monitoring.PERIODS))}")
        return days


def _figures(one: Figures) -> dict[str, Any]:
    return {name: getattr(one, name) for name in FiguresOut.model_fields}


def _quality(one: Kept) -> dict[str, Any]:
    promise = one.promise
    return {
        "service": one.service.code, "provider": one.service.provider.code, "days": measuring.JUDGED_DAYS,
        "promised_availability": float(promise.availability) if promise else None,
        "promised_p95_ms": promise.p95_ms if promise else None, "keeps_availability": one.keeps_availability,
        "keeps_time": one.keeps_time, "stopped_minutes": one.stopped_minutes, "figures": _figures(one.figures),
    }  # fmt: skip


def _incident(one: Incident) -> dict[str, Any]:
    shown = {name: getattr(one, name) for name in IncidentOut.model_fields if name != "notes"}
    return {
        **shown,
        "notes": [{name: getattr(note, name) for name in NoteOut.model_fields} for note in one.notes.all()],
    }


@router.get(
    "/gateway/traffic", response={200: TrafficOut, **REFUSALS}, operation_id="gateway_traffic",
    summary="Số liệu cuộc gọi qua LGSP",
)  # fmt: skip
def traffic(request: HttpRequest, asked: Query[TrafficIn]) -> dict[str, Any]:
    """Return the figures of the caller's side."""
    made = monitoring.picture(
        request.actor, monitoring.Asked(days=asked.days, service=plain(asked.service)), request.at
    )
    pairs = [{**one, "figures": _figures(one["figures"])} for one in measuring.busiest(made)]
    return {"since": made.window.since, "figures": _figures(made.total), "pairs": pairs}


@router.get(
    "/gateway/quality", response={200: list[QualityOut], **REFUSALS}, operation_id="gateway_quality",
    summary="Chất lượng dịch vụ: cam kết và thực tế",
)  # fmt: skip
def quality(request: HttpRequest) -> list[dict[str, Any]]:
    """Return promise and measure of every service the caller provides or uses."""
    return [_quality(one) for one in measuring.kept(measuring.services_for(request.actor), request.at)]


@router.put(
    "/gateway/quality/{code}/promise", response={200: QualityOut, **REFUSALS}, operation_id="gateway_promise",
    summary="Ghi cam kết chất lượng dịch vụ",
)  # fmt: skip
def promise(request: HttpRequest, code: str, sent: PromiseIn) -> dict[str, Any]:
    """Write down what the caller's agency promises of its service."""
    found = measuring.get_service_for(request.actor, code)
    operations.promise(found, actor=request.actor, at=request.at, availability=sent.availability, p95_ms=sent.p95_ms)
    return _quality(measuring.kept([measuring.get_service_for(request.actor, code)], request.at)[0])


@router.get(
    "/gateway/incidents", response={200: list[IncidentOut], **REFUSALS}, operation_id="gateway_incidents",
    summary="Các sự cố LGSP",
)  # fmt: skip
def incidents(request: HttpRequest, window: Query[SnapshotWindow]) -> list[dict[str, Any]]:
    """List the incidents that concern the caller's agency, open ones first."""
    found = queries.listed_for(request.actor).prefetch_related("notes")
    return [_incident(one) for one in found[window.offset : window.offset + window.limit]]


@router.get(
    "/gateway/incidents/{code}", response={200: IncidentOut, **REFUSALS}, operation_id="gateway_incident",
    summary="Một sự cố LGSP",
)  # fmt: skip
def incident(request: HttpRequest, code: str) -> dict[str, Any]:
    """Return an incident with its notes."""
    return _incident(queries.get_incident_for(request.actor, code))


@router.post(
    "/gateway/incidents/{code}/acknowledge", response={200: IncidentOut, **REFUSALS},
    operation_id="gateway_acknowledge", summary="Nhận xử lý sự cố LGSP",
)  # fmt: skip
def acknowledge(request: HttpRequest, code: str, sent: NoteIn) -> dict[str, Any]:
    """Take an incident on."""
    found = queries.get_incident_for(request.actor, code)
    return _incident(operations.acknowledge(found, actor=request.actor, at=request.at, note=sent.note))


@router.post(
    "/gateway/incidents/{code}/notes", response={200: IncidentOut, **REFUSALS}, operation_id="gateway_note",
    summary="Ghi chú sự cố LGSP",
)  # fmt: skip
def note(request: HttpRequest, code: str, sent: NoteIn) -> dict[str, Any]:
    """Write something down about an incident."""
    found = queries.get_incident_for(request.actor, code)
    return _incident(operations.add_note(found, actor=request.actor, at=request.at, note=sent.note))


@router.put(
    "/gateway/alert-rules/{key}", response={200: RuleOut, **REFUSALS}, operation_id="gateway_alert_rule",
    summary="Đặt ngưỡng cảnh báo LGSP",
)  # fmt: skip
def alert_rule(request: HttpRequest, key: str, sent: RuleIn) -> dict[str, Any]:
    """Set the thresholds of a rule."""
    row = operations.set_rule(key, actor=request.actor, at=request.at, **sent.model_dump())
    return {"key": row.key, **{name: getattr(row, name) for name in rules.SET}}
