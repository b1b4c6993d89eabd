"""Deeds of disputes beside the machine: report an error in data, say something with evidence, offer terms."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Schema

from nganam.api import files, schemas
from nganam.api.cases import CaseDetail, detail, open_case, router
from nganam.api.mounting import Key
from nganam.api.schemas import REFUSALS
from nganam.disputes import queries, saying, writing
from nganam.disputes.forms import StatementForm, TermsForm
from nganam.disputes.models import Statement

PATH = "/cases/disputes.dispute/{code}"


class StatementOut(Schema):
    """What a side said, with the files it sent; ``side`` is opener or respondent."""

    number: int
    side: str
    agency: str
    by: str
    at: datetime
    text: str
    evidence: list[files.FileOut]


def _statement(one: Statement) -> dict[str, Any]:
    shown = {name: getattr(one, name) for name in ("number", "side", "agency", "at", "text")}
    return {**shown, "by": one.by_name, "evidence": [files.told(kept.name, kept.file) for kept in one.evidence.all()]}


def report_error(request: HttpRequest, sent: Any, idempotency_key: Key = "") -> tuple[int, dict[str, Any]]:
    """Report an error in data received through an account (``subject``: ``sharing.account:TK-…``; D52.2c)."""
    return 201, open_case(request, sent, writing=writing.REPORTING, key=idempotency_key)


report_error.__annotations__["sent"] = schemas.opening_schema(writing.REPORTING, "ReportErrorIn")
router.post("/data-errors", response={201: CaseDetail, **REFUSALS}, summary="Báo sai sót dữ liệu")(report_error)


@router.get(f"{PATH}/statements", response={200: list[StatementOut], **REFUSALS}, summary="Ý kiến và tài liệu")
def statements(request: HttpRequest, code: str) -> list[dict[str, Any]]:
    """List what the sides said, first to last, with the files they sent."""
    found = queries.get_dispute_for(request.actor, code)
    return [_statement(one) for one in found.statements.prefetch_related("evidence__file")]


@router.post(f"{PATH}/statements", response={201: StatementOut, **REFUSALS}, summary="Nêu ý kiến, gửi tài liệu")
@schemas.takes(StatementForm)
def state_view(request: HttpRequest, code: str, sent: Any) -> tuple[int, dict[str, Any]]:
    """Say something for one's side, with evidence."""
    found = queries.get_dispute_for(request.actor, code)
    form = schemas.filled(StatementForm, sent)
    said = saying.state_view(
        actor=request.actor, at=request.at, dispute=found, text=form.cleaned_data["text"], files=form.attached()
    )
    return 201, _statement(said)


@router.get(f"{PATH}/evidence/{{sha256}}", openapi_extra=files.SENT, response=REFUSALS, summary="Tải tài liệu")
def evidence(request: HttpRequest, code: str, sha256: str) -> files.Answer:
    """Send a file of the dispute to somebody who may see it."""
    found = queries.get_evidence(queries.get_dispute_for(request.actor, code), sha256)
    return files.sent(request, found.name, found.file)


@router.post(f"{PATH}/terms", response={200: CaseDetail, **REFUSALS}, summary="Đề nghị nội dung tự thỏa thuận")
@schemas.takes(TermsForm)
def offer_terms(request: HttpRequest, code: str, sent: Any) -> dict[str, Any]:
    """Offer the other side terms of a settlement (D50.1c)."""
    found = queries.get_dispute_for(request.actor, code)
    form = schemas.filled(TermsForm, sent)
    return detail(request, saying.offer_terms(actor=request.actor, at=request.at, dispute=found, **form.cleaned_data))
