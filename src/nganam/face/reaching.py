"""Where the platform may connect to: agencies' systems and databases, and those who are sent notices.

A private, loopback, link-local or otherwise special address is refused unless the operator allows its network. What a
name means is asked here and the answer kept: who connects uses the kept addresses and asks no more.
"""

import ipaddress
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.utils.translation import gettext as _


class NoSuchHost(ValueError):
    """A name that means no address now: an outage of the name server, or a mistake."""


Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
# Never, whatever is allowed: the machine's own metadata services hold its keys.
NEVER = tuple(ipaddress.ip_network(one) for one in ("169.254.0.0/16", "fe80::/10", "fd00:ec2::254/128", "0.0.0.0/8"))
LARGEST_PORT = 65_535
LONGEST = 300


@dataclass(frozen=True, slots=True)
class Place:
    """An address as typed, in its parts."""

    scheme: str
    host: str
    port: int
    base: str

    @property
    def text(self) -> str:
        """Return the address in one form."""
        default = {"http": 80, "https": 443}[self.scheme]
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}{'' if self.port == default else f':{self.port}'}{self.base}"


def read_place(text: str) -> Place:
    """Return a typed address in its parts; raise ``ValueError`` with what is wrong with it, in Vietnamese."""
    try:
        parts = urlsplit(text.strip())
        port = parts.port
        host = (parts.hostname or "").rstrip(".").encode("idna").decode("ascii").lower()
    except (ValueError, UnicodeError) as error:
        raise ValueError(_("Địa chỉ không đọc được: %(text)s.") % {"text": text[:80]}) from error
    if parts.scheme not in {"http", "https"} or not host or len(text) > LONGEST:
        raise ValueError(_("Địa chỉ phải bắt đầu bằng https:// (hoặc http://): %(text)s.") % {"text": text[:80]})
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError(_("Địa chỉ không mang tên đăng nhập, tham số hay dấu #: khóa đặt ở trang riêng."))
    if port == 0 or any(part in {".", ".."} for part in parts.path.split("/")) or "%" in parts.path:
        raise ValueError(_("Địa chỉ có cổng hoặc đường dẫn không dùng được: %(text)s.") % {"text": text[:80]})
    return Place(parts.scheme, host, port or {"http": 80, "https": 443}[parts.scheme], parts.path.rstrip("/"))


def read_networks(text: str) -> tuple[Network, ...]:
    """Return the networks an operator allows, from ``10.0.0.0/8, 192.168.7.0/24``; raise ``ValueError``."""
    return tuple(ipaddress.ip_network(one.strip()) for one in text.replace(";", ",").split(",") if one.strip())


def refusal(address: str, allowed: Iterable[Network]) -> str:
    """Return why an address may not be connected to, or ""."""
    found = _plain(ipaddress.ip_address(address))
    if any(found in network for network in NEVER if network.version == found.version):
        return _("%(address)s là địa chỉ nội bộ của máy, không bao giờ được gọi.") % {"address": address}
    if any(found in network for network in allowed if network.version == found.version):
        return ""
    if found.is_global and not found.is_multicast:
        return ""
    return _("%(address)s là địa chỉ riêng; người vận hành chưa cho phép mạng này.") % {"address": address}


def is_allowed_private(address: str, allowed: Iterable[Network]) -> bool:
    """Say whether an address lies in a network the operator allows: there a call may go without TLS."""
    found = _plain(ipaddress.ip_address(address))
    return any(found in network for network in allowed if network.version == found.version)


def _plain(address: Address) -> Address:
    """Return the address a form for the other family stands for: it is that one which is reached."""
    if isinstance(address, ipaddress.IPv6Address):
        for inner in (address.ipv4_mapped, address.sixtofour, address.teredo[1] if address.teredo else None):
            if inner is not None:
                return inner
        if address in ipaddress.ip_network("64:ff9b::/96"):
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses a name means now, sorted; raise ``OSError`` when it means none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return sorted({str(one[4][0]).partition("%")[0] for one in found})


def checked(place: Place, allowed: Sequence[Network]) -> list[str]:
    """Return the addresses of a place; raise ``ValueError`` when it has none, or one that may not be called.

    One refused address refuses the whole name: which of several is used is nobody's choice here.
    """
    found = permitted(place.host, place.port, allowed)
    for one in found:
        if place.scheme == "http" and not is_allowed_private(one, allowed):
            raise ValueError(_("%(host)s: ngoài mạng riêng được phép thì phải dùng https.") % {"host": place.host})
    return found


def permitted(host: str, port: int, allowed: Sequence[Network]) -> list[str]:
    """Return the addresses a name means now; raise ``NoSuchHost``, or ``ValueError`` when one may not be called."""
    try:
        found = resolve(host, port)
    except (OSError, UnicodeError) as error:
        raise NoSuchHost(_("Không tìm thấy máy chủ %(host)s.") % {"host": host}) from error
    for one in found:
        reason = refusal(one, allowed)
        if reason:
            raise ValueError(reason)
    return found
