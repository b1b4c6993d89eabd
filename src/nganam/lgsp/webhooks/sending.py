"""Sends one message to an address that was checked just now: to that very address, without redirect, in short time."""

import http.client
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import closing

from nganam.face.reaching import Place, checked, read_place
from nganam.services.upstreams.operations import allowed_networks

SECONDS = 10.0
TAKEN = range(200, 300)


def send(url: str, body: bytes, headers: Mapping[str, str]) -> str:
    """Post a message; return "" when it was taken, else why not, in few words without the answer's content."""
    try:
        place = read_place(url)
        address = checked(place, allowed_networks())[0]
    except ValueError as error:
        return str(error)
    try:
        return _posted(place, address, body, headers)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return f"{type(error).__name__}"


def _posted(place: Place, address: str, body: bytes, headers: Mapping[str, str]) -> str:
    with closing(Pinned(place, address)) as link:
        link.connect()
        # A timeout counts each piece; a receiver that sends one byte at a time would hold us for ever.
        timer = threading.Timer(SECONDS, cut, [link])
        timer.start()
        try:
            link.request("POST", place.base or "/", body, dict(headers))
            status = link.getresponse().status
        finally:
            timer.cancel()
    return "" if status in TAKEN else f"HTTP {status}"


def cut(link: http.client.HTTPConnection) -> None:
    """End a connection that takes too long."""
    if link.sock is not None:
        link.sock.shutdown(socket.SHUT_RDWR)


class Pinned(http.client.HTTPConnection):
    """A connection to a checked address under the name it was asked for: the name is not looked up again."""

    def __init__(self, place: Place, address: str, context: ssl.SSLContext | None = None) -> None:
        super().__init__(place.host, place.port, timeout=SECONDS)
        self._context = context
        self._place = place
        self._address = address

    def connect(self) -> None:
        """Connect to the address; for https check the certificate against the name, by ``context`` if there is one."""
        self.sock = socket.create_connection((self._address, self._place.port), timeout=SECONDS)
        if self._place.scheme == "https":
            context = self._context or ssl.create_default_context()
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            self.sock = context.wrap_socket(self.sock, server_hostname=self._place.host)
