"""Everything a case's page lets one take home: its letters as PDF and DOCX, the files its sides sent."""

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Schema

from nganam.api import files
from nganam.api.cases import router
from nganam.api.schemas import REFUSALS
from nganam.cases import parties
from nganam.cases.models import Case
from nganam.cases.papers import FORMATS, file_of, files_of, papers_of
from nganam.documents import keeping
from nganam.documents.models import Paper
from nganam.kernel.errors import NotFound

CASE = "/cases/{kind}/{code}"


class PaperOut(Schema):
    """A paper of a case; ``formats`` is what it can be had as, at ``papers/<code>/<format>``."""

    code: str
    kind: str
    number: str
    title: str
    signer: str
    signed_on: date
    registered_at: datetime
    withdrawn_at: datetime | None
    replaced_by: str
    formats: list[str]


def _case(request: HttpRequest, kind: str, code: str) -> Case:
    return parties.find_for(request.actor, kind, code)


def _told(paper: Paper) -> dict[str, Any]:
    shown = ("code", "kind", "number", "title", "signer", "signed_on", "registered_at", "withdrawn_at")
    after = paper.replaced_by.code if paper.replaced_by else ""
    return {name: getattr(paper, name) for name in shown} | {
        "replaced_by": after, "formats": list(keeping.forms_of(paper)),
    }  # fmt: skip


@router.get(f"{CASE}/papers", response={200: list[PaperOut], **REFUSALS}, summary="Văn bản của hồ sơ")
def papers(request: HttpRequest, kind: str, code: str) -> list[dict[str, Any]]:
    """List the papers issued or entered for a case, first to last."""
    return [_told(one) for one in papers_of(_case(request, kind, code))]


@router.get(f"{CASE}/papers/{{paper}}/{{form}}", openapi_extra=files.SENT, response=REFUSALS, summary="Tải văn bản")
def paper_file(request: HttpRequest, kind: str, code: str, paper: str, form: str) -> files.Answer:
    """Send a paper of the case as ``pdf`` or ``docx``, the bytes the page gives."""
    found = papers_of(_case(request, kind, code)).filter(code=paper).first()
    if found is None or form not in keeping.forms_of(found):
        raise NotFound(_("Hồ sơ không có văn bản này ở dạng “%(form)s”.") % {"form": form[:10]})
    made, media_type = FORMATS[form]
    name = f"{keeping.file_name(found)}.{form}"
    return files.sent_bytes(request, name, made(found), media_type, f"{found.content_sha256 or found.code}-{form}")


@router.get(f"{CASE}/files", response={200: list[files.FileOut], **REFUSALS}, summary="Tệp của hồ sơ")
def case_files(request: HttpRequest, kind: str, code: str) -> list[dict[str, Any]]:
    """List the files the sides sent with a case: scans, signed PDFs, evidence."""
    return [files.told(name, stored) for name, stored in files_of(_case(request, kind, code))]


@router.get(f"{CASE}/files/{{sha256}}", openapi_extra=files.SENT, response=REFUSALS, summary="Tải tệp của hồ sơ")
def case_file(request: HttpRequest, kind: str, code: str, sha256: str) -> files.Answer:
    """Send a file of a case to who may see the case."""
    return files.sent(request, *file_of(_case(request, kind, code), sha256))
