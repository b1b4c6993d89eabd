"""Reads the signatures of one PDF in a process of its own: ``python -m … ROOTS INSTANT < file`` writes JSON.

A PDF is a program written by a stranger for a parser; what it costs is bounded here by the system, not by hope. Only
facts and codes leave; ``documents.signatures`` puts them into words. Nothing is fetched: no AIA, no OCSP; revocation
lists are those the operator put beside the roots.
"""

import json
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

CPU_SECONDS = 10
MEMORY = 1024 * 1024 * 1024
SIGNATURES = 20
"""More than an agreement could have; each costs a walk through the file."""
ENDINGS = frozenset({".pem", ".crt", ".cer"})
LISTS = frozenset({".crl"})
PEM = b"-----BEGIN"


def bound() -> None:
    """Let the system stop this process past its share of time and memory, and write no file at all."""
    import resource  # noqa: PLC0415 - only where this process is the child

    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def read(data: bytes, roots: list[Any], at: datetime, lists: Sequence[Any] = ()) -> dict[str, Any]:
    """Return ``{"problem": code}`` or ``{"signatures": [facts]}``."""
    from pyhanko.pdf_utils.misc import PdfError  # noqa: PLC0415 - after the bounds are set
    from pyhanko.pdf_utils.reader import PdfFileReader  # noqa: PLC0415

    try:
        reader = PdfFileReader(BytesIO(data))
        if reader.encrypted:
            return {"problem": "encrypted"}
        found = list(reader.embedded_regular_signatures)
    except RecursionError:
        return {"problem": "too_complex"}
    except (PdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, AssertionError, OSError):
        return {"problem": "unreadable"}
    if len(found) > SIGNATURES:
        return {"problem": "too_complex"}
    return {"signatures": [_facts(one, roots, at, lists, last=one is found[-1]) for one in found]}


def _facts(found: Any, roots: list[Any], at: datetime, lists: Sequence[Any], *, last: bool) -> dict[str, Any]:
    certificate = found.signer_cert
    facts: dict[str, Any] = {
        "field": str(found.field_name),
        "signer": _named(certificate.subject, "common_name"),
        "organisation": _named(certificate.subject, "organization_name"),
        "issuer": _named(certificate.issuer, "common_name"),
        "serial": f"{certificate.serial_number:x}",
        "lifetime": "early"
        if at < certificate.not_valid_before
        else "over"
        if at > certificate.not_valid_after
        else "",
        "listed_on": _listed_on(certificate, at, lists),
    }
    try:
        status = _status(found, roots, at, lists)
    except RecursionError:
        return {**facts, "fault": "too_complex"}
    except Exception as error:  # noqa: BLE001 - whatever the library meets in it, the signature is not shown to be good
        return {**facts, "fault": "unverifiable", "detail": f"{type(error).__name__}: {error}"[:200]}
    stamp = status.timestamp_validity
    proven = bool(stamp and stamp.valid and stamp.intact and stamp.trusted)
    when = stamp.timestamp if proven else status.signer_reported_dt
    return {
        **facts,
        "signed_at": when.isoformat() if when else "",
        "time_proven": proven,
        "intact": bool(status.intact and status.valid),
        "coverage": status.coverage.name,
        "later": _later(status, last=last),
        "trusted": bool(status.trusted),
        "trust_problem": status.trust_problem_indic.standard_name if status.trust_problem_indic else "",
        "revoked": bool(status.revocation_details),
    }


def _status(found: Any, roots: list[Any], at: datetime, lists: Sequence[Any]) -> Any:
    from pyhanko.sign.validation import validate_pdf_signature  # noqa: PLC0415
    from pyhanko.sign.validation.settings import KeyUsageConstraints  # noqa: PLC0415
    from pyhanko_certvalidator import ValidationContext  # noqa: PLC0415
    from pyhanko_certvalidator.policy_decl import CertRevTrustPolicy, RevocationCheckingPolicy  # noqa: PLC0415
    from pyhanko_certvalidator.policy_decl import RevocationCheckingRule as Rule  # noqa: PLC0415

    # The softer rules look at lists only where the certificate names an address; ours lie in the folder.
    listed = Rule.CRL_REQUIRED if _listed_on(found.signer_cert, at, lists) else Rule.CHECK_IF_DECLARED_SOFT
    policy = CertRevTrustPolicy(RevocationCheckingPolicy(listed, Rule.CHECK_IF_DECLARED_SOFT))
    # An empty list, not None: None would mean the roots of the operating system, which sign no officials.
    told: dict[str, Any] = {"trust_roots": roots, "moment": at, "allow_fetching": False, "crls": list(lists)}
    context = ValidationContext(**told, revinfo_policy=policy)
    stamps = ValidationContext(**told, revocation_mode="soft-fail")
    usage = KeyUsageConstraints(key_usage={"digital_signature", "non_repudiation"}, match_all_key_usages=False)
    return validate_pdf_signature(
        found, signer_validation_context=context, ts_validation_context=stamps, key_usage_settings=usage
    )


def _listed_on(certificate: Any, at: datetime, lists: Sequence[Any]) -> str:
    """Return when the newest list of the certificate's issuer that holds at ``at`` was made, "" when there is none."""
    made = [
        one["tbs_cert_list"]["this_update"].native
        for one in lists
        if one.issuer == certificate.issuer and _holds(one["tbs_cert_list"], at)
    ]
    return max(made).isoformat() if made else ""


def _holds(told: Any, at: datetime) -> bool:
    until = told["next_update"].native
    return until is not None and bool(told["this_update"].native <= at <= until)


def _later(status: Any, *, last: bool) -> str:
    """Return what was added after the signature: "" nothing that matters, "changed", or "unsigned" additions."""
    from pyhanko.sign.diff_analysis import ModificationLevel  # noqa: PLC0415
    from pyhanko.sign.validation import SignatureCoverageLevel  # noqa: PLC0415

    if status.coverage == SignatureCoverageLevel.ENTIRE_FILE:
        return ""
    level = status.modification_level
    if status.coverage != SignatureCoverageLevel.ENTIRE_REVISION or level is None or not status.docmdp_ok:
        return "changed"
    allowed = ModificationLevel.LTA_UPDATES if last else ModificationLevel.FORM_FILLING
    return "" if level <= allowed else "unsigned"


def _named(name: Any, part: str) -> str:
    found = name.native.get(part, "")
    return (", ".join(map(str, found)) if isinstance(found, list) else str(found))[:200]


def load_roots(folder: Path) -> list[Any]:
    """Return the certificates in the ``.pem``, ``.crt`` and ``.cer`` files of a folder; a broken file is passed by."""
    found = []
    for path in sorted(one for one in folder.glob("*") if one.suffix.lower() in ENDINGS):
        with suppress(ValueError, TypeError, OSError):
            found += _certificates(path.read_bytes())
    return found


def load_lists(folder: Path) -> list[Any]:
    """Return the revocation lists in the ``.crl`` files of a folder; a broken file is passed by."""
    from asn1crypto import crl, pem  # noqa: PLC0415 - after the bounds are set

    found = []
    for path in sorted(one for one in folder.glob("*") if one.suffix.lower() in LISTS):
        with suppress(ValueError, TypeError, OSError):
            data = path.read_bytes()
            one = crl.CertificateList.load(pem.unarmor(data)[2] if PEM in data else data, strict=True)
            _ = one.issuer.native, one["tbs_cert_list"]["this_update"].native
            found.append(one)
    return found


def _certificates(data: bytes) -> list[Any]:
    from asn1crypto import pem, x509  # noqa: PLC0415 - after the bounds are set

    ders = [der for _kind, _headers, der in pem.unarmor(data, multiple=True)] if PEM in data else [data]
    found = [x509.Certificate.load(der, strict=True) for der in ders]
    for one in found:
        _ = one.subject.native  # parsed when asked for: a wrong one fails here
    return found


def main(roots: str, instant: str) -> None:
    """Read the file on the standard input and write what was found."""
    bound()
    data = sys.stdin.buffer.read()
    try:
        known = load_roots(Path(roots)) if roots else []
        lists = load_lists(Path(roots)) if roots else []
        found = {**read(data, known, datetime.fromisoformat(instant), lists), "roots": len(known)}
    except MemoryError:
        found = {"problem": "too_complex"}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
