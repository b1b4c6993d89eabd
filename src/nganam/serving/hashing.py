"""``X-Road-Request-Hash``: ties an answer to the question, by the formula of X-Road's message protocol for REST.

The message is written as X-Road writes it (verb, address, headers, a line each) and hashed with SHA-512; with a body it
is the hash of both hashes. Of the headers those of X-Road itself are in it, in one order and in lower case, so that
whoever asked can work it out again from what was sent and what the answer says. The gateway does the same for calls
that do not pass here (``lgsp/envoy/digest.lua``).
"""

import hashlib
from base64 import b64encode
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
NAME = b"x-road-request-hash"
CLIENT, ID, SAID = b"x-road-client", b"x-road-id", (b"x-road-userid", b"x-road-issue", b"x-road-represented-party")
REQUEST_ID, ADDRESS = b"x-request-id", b"x-envoy-original-path"


class Heard:
    """What is heard of a request: its headers, and its body as it is read."""

    def __init__(self, scope: Message, receive: Receive | None) -> None:
        self._method = scope["method"].encode()
        self._headers = dict(scope["headers"])
        self._receive = receive
        self._body: Any = None  # most have none
        self._whole = self._headers.get(b"content-length", b"0") == b"0" and b"transfer-encoding" not in self._headers

    async def receive(self) -> Message:
        """Hand on the next part of the body."""
        if self._receive is None:
            return {"type": "http.disconnect"}
        message = await self._receive()
        if message["type"] == "http.request":
            part = message.get("body", b"")
            if part:
                self._body = self._body or hashlib.sha512()
                self._body.update(part)
            self._whole = not message.get("more_body", False)
        return message

    def request_hash(self) -> bytes:
        """Return the header's value; empty while the body was not read to its end, or where the gateway said less."""
        head = self._head()
        if not head or not self._whole:
            return b""
        found = hashlib.sha512(head).digest()
        if self._body:
            found = hashlib.sha512(found + self._body.digest()).digest()
        return b64encode(found)

    def _head(self) -> bytes:
        said = self._headers
        if not (ADDRESS in said and CLIENT in said and ID in said and REQUEST_ID in said):
            return b""
        lines = [self._method, said[ADDRESS]]
        lines += [name + b":" + said[name] for name in (CLIENT, ID, *SAID) if name in said]
        lines.append(b"x-road-request-id:" + said[REQUEST_ID])
        return b"\r\n".join(lines) + b"\r\n"
