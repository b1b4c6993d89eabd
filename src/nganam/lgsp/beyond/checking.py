"""What may stand in the declaration of a platform. Functions raise ``ValueError`` in Vietnamese."""

import re
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from django.utils.translation import gettext as _

PART = r"[A-Za-z0-9'()+,\-.=_]{1,60}"
INSTANCE = re.compile(rf"^{PART}$")
CLIENT = re.compile(rf"^{PART}(/{PART}){{2,3}}$")
IDENTIFIER = re.compile(rf"^{PART}(/{PART}){{3}}$")
SUBSYSTEM = re.compile(rf"^{PART}(/{PART}){{2}}$")
HOST = re.compile(r"^(?=.{4,200}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,62}$")
BASE = re.compile(r"^(/[A-Za-z0-9._~-]{1,80}){0,8}$")
SMALLEST_RSA = 2048
CURVES = ("secp256r1", "secp384r1")
"""By name: what the gateway can show and everybody can check, also for a curve the library learns later."""
LONGEST_PEM = 64_000


def read_authority(pem: str) -> str:
    """Return the certificates of an authority as PEM, without anything else; "" for nothing."""
    if not pem.strip():
        return ""
    found = _certificates(pem)
    for one in found:
        try:
            basic = one.extensions.get_extension_for_class(x509.BasicConstraints).value
        except x509.ExtensionNotFound as error:
            raise ValueError(_("Đây không phải chứng thư của cơ quan chứng thực (thiếu BasicConstraints).")) from error
        if not basic.ca:
            raise ValueError(_("Đây là chứng thư của máy chủ hay ứng dụng, không phải của cơ quan chứng thực."))
    return "".join(one.public_bytes(Encoding.PEM).decode() for one in found)


def _certificates(pem: str) -> list[x509.Certificate]:
    if "PRIVATE KEY" in pem:
        raise ValueError(_("Có khóa riêng trong nội dung gửi; chỉ gửi chứng thư, và thay khóa riêng này vì đã bị lộ."))
    if len(pem) > LONGEST_PEM:
        raise ValueError(_("Tệp chứng thư quá dài."))
    try:
        return x509.load_pem_x509_certificates(pem.encode())
    except ValueError as error:
        raise ValueError(_("Không đọc được chứng thư (PEM).")) from error


def read_pair(chain: str, key: str, at: datetime) -> tuple[str, str, datetime]:
    """Return a certificate with its chain, its key, and the instant it ends; they must belong together."""
    found = _certificates(chain)
    try:
        private = load_pem_private_key(key.strip().encode(), None)
    except (ValueError, TypeError) as error:
        raise ValueError(_("Không đọc được khóa riêng (PEM, không đặt mật khẩu).")) from error
    if not isinstance(private, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise ValueError(_("Chỉ nhận khóa EC hoặc RSA."))  # noqa: TRY004 - of a text, as everything here
    if isinstance(private, ec.EllipticCurvePrivateKey) and private.curve.name not in CURVES:
        raise ValueError(_("Chỉ nhận khóa EC P-256 hoặc P-384."))
    if isinstance(private, rsa.RSAPrivateKey) and private.key_size < SMALLEST_RSA:
        raise ValueError(_("Khóa RSA phải từ 2048 bit."))
    if _public(private.public_key()) != _public(found[0].public_key()):
        raise ValueError(_("Khóa riêng không phải của chứng thư này."))
    if not found[0].not_valid_before_utc <= at < found[0].not_valid_after_utc:
        raise ValueError(_("Chứng thư chưa hoặc không còn hiệu lực."))
    pem = "".join(one.public_bytes(Encoding.PEM).decode() for one in found)
    return pem, key.strip() + "\n", found[0].not_valid_after_utc


def _public(key: object) -> bytes:
    found: bytes = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined]
    return found
