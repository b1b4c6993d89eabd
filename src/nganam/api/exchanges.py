"""Evidence of calls for an agency's own programs: of the calls the officer's agency is party to."""

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from nganam.api.auth import OfficerKey
from nganam.api.schemas import REFUSALS
from nganam.lgsp import proving

router = Router(auth=OfficerKey(), tags=["Nhật ký trao đổi"])


class EvidenceOut(Schema):
    """An entry with its inclusion proof and a signed checkpoint: what ``verify_evidence.py`` checks."""

    format: str
    log: str
    key: list[str]
    index: int
    entry: str
    proof: list[str]
    checkpoint: str


@router.get(
    "/exchanges/{request_id}/evidence", response={200: EvidenceOut, **REFUSALS}, summary="Bằng chứng của một cuộc gọi"
)
def read_evidence(request: HttpRequest, request_id: str) -> dict[str, Any]:
    """Return the evidence of a call of the caller's agency."""
    return proving.evidence_for(request.actor, request_id)
