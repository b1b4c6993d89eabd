"""What a caller sends in the body of a request: read once, whole, and digested whoever it is for.

The digest is evidence of what was asked (RFC 9530). It is made of all that came, also where the call is refused, or
where it is more than a system is sent.
"""

import asyncio
import hashlib
from base64 import b64encode
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from nganam.serving.problems import bad_request

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
MOST_SENT = 8 * 1024 * 1024


def rfc9530(digest: bytes) -> str:
    """Return a SHA-256 as headers and the log write it."""
    return f"sha-256=:{b64encode(digest).decode()}:"


@dataclass(frozen=True, slots=True)
class Body:
    """What came: its beginning, at most ``MOST_SENT`` and a chunk, how much it was, and its digest."""

    content: bytes
    size: int
    digest: str

    def whole(self) -> bytes:
        """Return the body; raise ``Refused`` when it is larger than what may be passed on."""
        if self.size > MOST_SENT:
            raise bad_request("Nội dung gửi lên quá lớn.", "Chia nhỏ nội dung rồi gọi lại.")
        return self.content


NOTHING = Body(b"", 0, rfc9530(hashlib.sha256(b"").digest()))


async def read_body(receive: Receive) -> Body:
    """Read to the end; a caller that goes away ends the call."""
    found, size, hashed = bytearray(), 0, hashlib.sha256()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise asyncio.CancelledError
        part = message.get("body", b"")
        hashed.update(part)
        size += len(part)
        if len(found) <= MOST_SENT:
            found += part
        if not message.get("more_body"):
            return Body(bytes(found), size, rfc9530(hashed.digest()))
