"""Verifies the PAdES signatures of a PDF: who signed, when, is it whole, is the certificate one we trust.

Trust comes from the root certificates and revocation lists the operator put into ``NGANAM_TRUST``, and from nowhere
else. Nothing is fetched: without a list of its issuer, whether a certificate was revoked stays unknown, and the report
says so.
"""

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from django.conf import settings
from django.utils.translation import gettext as _

from nganam.documents import signature_reader
from nganam.documents.letters.content import tidy_text
from nganam.kernel.clock import VIETNAM

LIMIT = 30 * 1024 * 1024
SECONDS = 15
HEAD = 1024
"""Bytes within which a PDF must say that it is one."""


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature. ``reason`` says in Vietnamese why it is not ``good``; "" when it is.

    ``intact``: what it covers was not changed. ``covers_all``: nothing but later signatures and validation data came
    after it. ``time_proven``: ``signed_at`` is from a trusted timestamp, not from the signer's own clock.
    ``listed_on``: when the revocation list was made that was asked; ``None`` when there was none to ask.
    """

    signer: str
    organisation: str
    issuer: str
    serial: str
    signed_at: datetime | None
    time_proven: bool
    intact: bool
    covers_all: bool
    trusted: bool
    reason: str
    listed_on: datetime | None = None

    @property
    def good(self) -> bool:
        """Say whether the signature is whole, covers the document, and is by somebody we can trust."""
        return self.intact and self.covers_all and self.trusted


@dataclass(frozen=True, slots=True)
class SignatureReport:
    """What was found in a file; ``problem`` says in Vietnamese why nothing could be, "" when it could."""

    signatures: tuple[Signature, ...] = ()
    problem: str = ""
    roots: int = 0

    @property
    def good(self) -> bool:
        """Say whether the file is signed and every signature is good."""
        return bool(self.signatures) and all(one.good for one in self.signatures)

    @property
    def intact(self) -> bool:
        """Say whether the file is signed and nothing was changed, whoever the signers may be."""
        return bool(self.signatures) and all(one.intact and one.covers_all for one in self.signatures)

    @property
    def note(self) -> str:
        """Return what is known of revocations, and what is not."""
        listed = [one.listed_on for one in self.signatures]
        if not listed or None in listed:
            return _("Chưa kiểm tra chứng thư có bị thu hồi hay không: chưa có danh sách thu hồi còn hiệu lực.")
        day = min(one for one in listed if one).astimezone(VIETNAM)
        return _("Đã đối chiếu danh sách chứng thư bị thu hồi lập ngày %(day)s.") % {"day": f"{day:%d/%m/%Y}"}


def verify_pdf(source: Path | bytes, *, at: datetime) -> SignatureReport:
    """Return what the signatures of a PDF are worth at ``at``. Never raises for what the file holds.

    Call it outside a transaction: it starts a process of at most ``SECONDS`` seconds, about half a second as a rule.
    """
    size = len(source) if isinstance(source, bytes) else source.stat().st_size
    if size > LIMIT:
        text = _("Tệp lớn hơn %(limit)s MB, không kiểm tra chữ ký được.")
        return SignatureReport(problem=text % {"limit": LIMIT // 1024 // 1024})
    data = source if isinstance(source, bytes) else source.read_bytes()
    if b"%PDF-" not in data[:HEAD]:
        return SignatureReport(problem=_problem("not_pdf"))
    return _report(_ask(data, at))


def _ask(data: bytes, at: datetime) -> dict[str, Any]:
    """Read the file in another process and return its answer; a process that was stopped answers nothing."""
    folder = settings.NGANAM_TRUST
    command = [sys.executable, "-P", "-m", signature_reader.__name__, str(folder) if folder.is_dir() else ""]
    try:
        done = subprocess.run(
            [*command, at.isoformat()], input=data, capture_output=True, timeout=SECONDS, check=False, env={}
        )
        answer = msgspec.json.decode(done.stdout)
    except (subprocess.TimeoutExpired, msgspec.DecodeError):
        return {"problem": "too_complex"}
    return answer if isinstance(answer, dict) else {"problem": "unreadable"}


def _report(answer: Mapping[str, Any]) -> SignatureReport:
    if "problem" in answer:
        return SignatureReport(problem=_problem(answer["problem"]))
    roots = int(answer["roots"])
    found = tuple(_signature(one, roots) for one in answer["signatures"])
    return SignatureReport(found, "" if found else _problem("unsigned"), roots)


def _problem(code: str) -> str:
    return {
        "not_pdf": _("Tệp không phải PDF."),
        "encrypted": _(
            "Tệp PDF có mật khẩu hoặc bị mã hóa, không kiểm tra chữ ký được. Bỏ mật khẩu rồi ký và tải lại."
        ),
        "unsigned": _("Tệp PDF không có chữ ký số nào."),
        "too_complex": _("Tệp PDF có cấu trúc bất thường, không kiểm tra được trong thời gian cho phép."),
    }.get(code) or _("Tệp PDF hỏng hoặc sai cấu trúc, không đọc được.")


def _signature(facts: Mapping[str, Any], roots: int) -> Signature:
    read = "fault" not in facts
    intact, covers = read and bool(facts["intact"]), read and not facts["later"]
    signed_at = facts.get("signed_at")
    return Signature(
        signer=tidy_text(facts["signer"]) or _("(chứng thư không ghi tên)"),
        organisation=tidy_text(facts["organisation"]),
        issuer=tidy_text(facts["issuer"]),
        serial=facts["serial"],
        signed_at=datetime.fromisoformat(signed_at) if signed_at else None,
        time_proven=bool(facts.get("time_proven")),
        intact=intact,
        covers_all=covers,
        trusted=read and roots > 0 and bool(facts["trusted"]),
        reason=_reason(facts, roots),
        listed_on=datetime.fromisoformat(facts["listed_on"]) if facts["listed_on"] else None,
    )


def _reason(facts: Mapping[str, Any], roots: int) -> str:
    """Return the gravest thing that is wrong with a signature, "" when nothing is."""
    if "fault" in facts:
        return _("Không kiểm tra được chữ ký này: dữ liệu chữ ký sai cấu trúc hoặc dùng thuật toán không được hỗ trợ.")
    if not facts["intact"]:
        return _("Nội dung đã bị sửa sau khi ký, hoặc chữ ký không phải của văn bản này.")
    if facts["later"] == "changed":
        return _(
            "Tệp đã bị sửa sau khi ký: phần thêm vào làm thay đổi nội dung, hoặc chữ ký không bao trùm cả văn bản."
        )
    if facts["later"]:
        return _("Sau chữ ký cuối cùng còn phần thêm vào mà không chữ ký nào bao trùm.")
    if facts["trusted"] and roots:
        return ""
    return _untrusted(facts, roots)


def _untrusted(facts: Mapping[str, Any], roots: int) -> str:
    if not roots:
        return _("Chưa có chứng thư gốc để đối chiếu: nền tảng chưa được cấu hình chứng thư gốc tin cậy.")
    if facts["revoked"]:
        return _("Chứng thư đã bị thu hồi.")
    if facts["lifetime"]:
        return _("Chứng thư đã hết hạn.") if facts["lifetime"] == "over" else _("Chứng thư chưa đến ngày có hiệu lực.")
    return {
        "NO_CERTIFICATE_CHAIN_FOUND": _("Chứng thư không do chứng thư gốc nào được nền tảng tin cậy cấp."),
        "CHAIN_CONSTRAINTS_FAILURE": _("Chứng thư không được cấp để ký văn bản."),
        "SIG_CONSTRAINTS_FAILURE": _("Chứng thư không được cấp để ký văn bản."),
        "CRYPTO_CONSTRAINTS_FAILURE": _("Chữ ký dùng thuật toán đã lỗi thời, không còn an toàn."),
        "CRYPTO_CONSTRAINTS_FAILURE_NO_POE": _("Chữ ký dùng thuật toán đã lỗi thời, không còn an toàn."),
    }.get(facts["trust_problem"]) or _("Không xác minh được chứng thư của người ký.")
