"""Sends one message to an address that was checked just now: to that very address, without redirect, in short time."""

import http.client
import threading
from collections.abc import Mapping
from contextlib import closing

from nganam.face.pinned import Pinned, cut
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
    with closing(Pinned(place, address, seconds=SECONDS)) as link:
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
