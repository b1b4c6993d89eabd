"""Cursors of pages: where to go on, sealed so that a caller can neither read nor change them to any use."""

import base64
import binascii
import hashlib
import hmac

import msgspec

from nganam.serving.problems import bad_request

SEAL = 16
Value = str | int | float | None


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """The last key of a page and the question it belongs to."""

    last: tuple[Value, ...]


def seal(cursor: Cursor, question: bytes, secret: bytes) -> str:
    """Return the cursor as text; ``question`` (consumer, service, filters) is bound into the seal."""
    body = msgspec.json.encode(cursor)
    mac = _mac(body, question, secret)
    return base64.urlsafe_b64encode(mac + _hidden(body, mac, secret)).rstrip(b"=").decode()


def unseal(text: str, question: bytes, secret: bytes) -> Cursor:
    """Return the cursor; raise ``Refused`` when it was changed or belongs to another question."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise _refuse() from error
    mac = raw[:SEAL]
    body = _hidden(raw[SEAL:], mac, secret)
    if not hmac.compare_digest(mac, _mac(body, question, secret)):
        raise _refuse()
    return msgspec.json.decode(body, type=Cursor)


def _mac(body: bytes, question: bytes, secret: bytes) -> bytes:
    return hmac.new(secret, question + b"\0" + body, hashlib.sha256).digest()[:SEAL]


def _hidden(body: bytes, mac: bytes, secret: bytes) -> bytes:
    """Hide the body, or show it again: the key of the last record may be a field that was not granted (D35.3).

    The seal depends on the whole body and the question, so it serves as the synthetic nonce of the key stream (SIV).
    """
    stream = hashlib.shake_256(secret + b"\0hide\0" + mac).digest(len(body))
    return bytes(one ^ other for one, other in zip(body, stream, strict=True))


def _refuse() -> Exception:
    return bad_request(
        "Tham số cursor không đúng hoặc thuộc về câu hỏi khác.",
        "Lấy nguyên văn trường next của trang trước và giữ nguyên các tham số lọc.",
    )
