"""Timestamps of RFC 3161 on sealed checkpoints, from the authority an operator has named."""

import threading
import urllib.error
import urllib.request
from pathlib import Path

import structlog
from asn1crypto import cms, tsp
from cryptography.x509 import load_pem_x509_certificates
from rfc3161_client import (
    HashAlgorithm,
    PKIStatus,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from nganam.lgsp.evidence.log import STAMPS, replace
from nganam.lgsp.evidence.notes import Checkpoint

log = structlog.get_logger("nganam.lgsp.collector")
SECONDS = 20
LARGEST_ANSWER = 1024 * 1024


class StampRefused(Exception):
    """The authority gave no timestamp."""


def stamp_file(folder: Path, checkpoint: Checkpoint) -> Path:
    """Return where the timestamp of a checkpoint is kept."""
    return folder / STAMPS / f"{checkpoint.size}-{checkpoint.at}.tsr"


def request_stamp(url: str, content: bytes) -> bytes:
    """Return the authority's answer for the SHA-256 of ``content``; raise ``StampRefused``."""
    query = TimestampRequestBuilder().data(content).hash_algorithm(HashAlgorithm.SHA256).nonce(nonce=True).build()
    asked = urllib.request.Request(  # noqa: S310 - an operator's setting, and http or https below
        url, data=query.as_bytes(), headers={"Content-Type": "application/timestamp-query"}
    )
    if asked.type not in {"http", "https"}:
        raise StampRefused("the address of the authority is not http or https")
    try:
        with urllib.request.urlopen(asked, timeout=SECONDS) as answer:  # noqa: S310
            raw = bytes(answer.read(LARGEST_ANSWER))
        found = _decoded(raw)
    except (OSError, ValueError, urllib.error.URLError) as error:
        raise StampRefused(str(error)) from error
    _check_answer(found, query.nonce)
    return raw


def _decoded(raw: bytes) -> TimeStampResponse:
    """Read an answer; raise ``ValueError`` when it is none.

    Authorities built on OpenSSL put their certificates in no order, which DER, and this library, do not allow. The
    certificates are not signed: they are put in order first.
    """
    answer = tsp.TimeStampResp.load(raw)
    if answer["time_stamp_token"].native is not None:
        signed = answer["time_stamp_token"]["content"]
        if signed["certificates"].native:
            found = sorted(one.dump() for one in signed["certificates"])
            signed["certificates"] = cms.CertificateSet([cms.CertificateChoices.load(one) for one in found])
    return decode_timestamp_response(answer.dump())


def _check_answer(found: TimeStampResponse, nonce: int | None) -> None:
    if PKIStatus(found.status) not in {PKIStatus.GRANTED, PKIStatus.GRANTED_WITH_MODS}:
        raise StampRefused(f"status {found.status}")
    if found.tst_info.nonce != nonce:
        raise StampRefused("the answer is to another question")


def verify_stamp(raw: bytes, content: bytes, roots: bytes) -> int:
    """Return the instant (Unix seconds) of a timestamp over ``content``; ``roots`` are certificates in PEM.

    Raises ``StampRefused``.
    """
    try:
        found = _decoded(raw)
        builder = VerifierBuilder()
        for one in load_pem_x509_certificates(roots):
            builder = builder.add_root_certificate(one)
        builder.build().verify_message(found, content)
    except (ValueError, VerificationError) as error:
        raise StampRefused(str(error)) from error
    return int(found.tst_info.gen_time.timestamp())


class Stamper:
    """Asks for timestamps beside the collector: an authority that does not answer must not stop it."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url
        self.trouble = ""
        self._busy: threading.Thread | None = None

    def stamp(self, checkpoint: Checkpoint | None) -> None:
        """Ask for a timestamp, unless the last question is still open."""
        if checkpoint is None or (self._busy and self._busy.is_alive()):
            return
        self._busy = threading.Thread(target=self._ask, args=(checkpoint,), daemon=True)
        self._busy.start()

    def _ask(self, checkpoint: Checkpoint) -> None:
        try:
            raw = request_stamp(self.url, checkpoint.note.encode())
            replace(stamp_file(self.folder, checkpoint), raw)
            self.trouble = ""
        except (StampRefused, OSError) as error:
            self.trouble = str(error)[:200]
            log.warning("no_timestamp", error=self.trouble)

    def wait(self, seconds: float) -> None:
        """Wait for the open question."""
        if self._busy:
            self._busy.join(seconds)
