"""A connection to an address that was checked: the name it was asked for is not looked up again."""

import http.client
import socket
import ssl
from contextlib import suppress
from typing import Final

from nganam.face.reaching import Place

SECONDS: Final = 10.0


class Pinned(http.client.HTTPConnection):
    """A connection to a checked address under the name it was asked for: the name is not looked up again."""

    def __init__(
        self, place: Place, address: str, context: ssl.SSLContext | None = None, *, seconds: float = SECONDS
    ) -> None:
        super().__init__(place.host, place.port, timeout=seconds)
        self._context = context
        self._place = place
        self._address = address
        self.line: socket.socket | None = None

    def connect(self) -> None:
        """Connect to the address; for https check the certificate against the name, by ``context`` if there is one."""
        self.sock = socket.create_connection((self._address, self._place.port), timeout=self.timeout)
        if self._place.scheme == "https":
            context = self._context or ssl.create_default_context()
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            self.sock = context.wrap_socket(self.sock, server_hostname=self._place.host)
        self.line = self.sock


def cut(link: Pinned) -> None:
    """End a connection that takes too long, also while the answer of a server that closes after it is read."""
    if link.line is not None:  # http.client forgets ``sock`` once such an answer begins
        with suppress(OSError):
            link.line.shutdown(socket.SHUT_RDWR)
