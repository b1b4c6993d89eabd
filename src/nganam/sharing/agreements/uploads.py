"""The signed PDF of an agreed text that a party hands in. Kept outside any transaction."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

from django.utils.translation import gettext as _

from nganam.documents import keeping, media
from nganam.documents.models import Paper, StoredFile
from nganam.documents.operations import store_file
from nganam.documents.signatures import LIMIT as PDF_LIMIT
from nganam.documents.signatures import Signature, SignatureReport, verify_pdf
from nganam.kernel.actors import Actor
from nganam.kernel.errors import Invalid
from nganam.kernel.text import fold
from nganam.sharing.agreements.models import AgreementVersion
from nganam.sharing.evidence import Upload


@dataclass(frozen=True, slots=True)
class Proof:
    """A signed PDF that was kept, and what its signatures are worth; ``own`` is the one its bringer added."""

    file: StoredFile
    report: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Signatory:
    """Who is said to sign: the person as written down, and the name of the party's agency."""

    name: str
    agency: str


def keep_signed(file: Upload, version: AgreementVersion, who: Signatory, *, actor: Actor, at: datetime) -> Proof:
    """Verify that a PDF is the very paper of a version, signed well by somebody no other party brought, and keep it.

    Where the certificate names another person or organisation than ``who``, the report says so to every party: a deputy
    signs for the head, and a certificate may still carry an agency's former name, so this is for people to weigh.
    """
    data = file.read(PDF_LIMIT + 1)
    _must_be_the_paper(version.paper, data)
    report = verify_pdf(data, at=at)
    own = _own_signature(report, version)
    kept = store_file(file.name, BytesIO(data), actor=actor, at=at, allowed_types=(media.PDF,), limit=PDF_LIMIT)
    return Proof(kept, {**_plain(report, own), "differs": _differs(own, who)})


def _must_be_the_paper(paper: Paper | None, data: bytes) -> None:
    """Signing adds to a PDF and leaves what it had: so the text that was signed is byte for byte the one agreed to."""
    if paper is None:
        raise _refused(_("Bản này chưa có văn bản để ký số; hãy xác nhận trên hệ thống."))
    found = keeping.compare(paper, data)
    if found.same:
        raise _refused(_("Tệp này chưa có chữ ký số nào."))
    if not found.extended:
        raise _refused(
            _("Tệp không phải văn bản số %(number)s của bản đang ký, hoặc đã bị đổi trước khi ký.")
            % {"number": paper.number}
        )


def _own_signature(report: SignatureReport, version: AgreementVersion) -> Signature:
    if not report.good:
        reasons = [f"{one.signer}: {one.reason}" for one in report.signatures if one.reason]
        raise _refused(" ".join([report.problem, *reasons]).strip())
    used = set(_brought(version))
    own = [one for one in report.signatures if (one.issuer, one.serial) not in used]
    if not own:
        raise _refused(_("Tệp chỉ có chữ ký mà bên khác đã nộp; hãy ký thêm chữ ký của bên bạn."))
    return own[-1]


def _differs(own: Signature, who: Signatory) -> list[str]:
    """Return which of the certificate's names are not those written down: "signer", "organisation"."""
    organisation, agency = fold(own.organisation), fold(who.agency)
    same = {
        "signer": fold(own.signer) == fold(who.name),
        "organisation": bool(organisation) and (organisation in agency or agency in organisation),
    }
    return [name for name, agrees in same.items() if not agrees]


def _brought(version: AgreementVersion) -> Collection[tuple[str, str]]:
    """Return the certificates the other parties have signed this version with."""
    reports = (one.report for one in version.signatures.all() if one.report)
    return [(report["own"]["issuer"], report["own"]["serial"]) for report in reports]


def _plain(report: SignatureReport, own: Signature) -> dict[str, Any]:
    """Return a report as it is kept with the signature."""
    found = [_written(one) for one in report.signatures]
    return {"signatures": found, "own": _written(own), "roots": report.roots, "note": report.note}


def _written(one: Signature) -> dict[str, Any]:
    moments = {"signed_at": one.signed_at, "listed_on": one.listed_on}
    return {**asdict(one), **{name: value.isoformat() if value else "" for name, value in moments.items()}}


def _refused(text: str) -> Invalid:
    return Invalid(
        text, fields={"file": [text]}, hint=_("Tải văn bản PDF ở trang này về, ký số đúng tệp ấy rồi tải lên.")
    )
