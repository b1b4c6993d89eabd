"""What has been decided, as the compiler takes it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from nganam.kernel.hours import Window

AUDIENCE = "lgsp"
SANDBOX_AUDIENCE, SANDBOX_SCOPE = "lgsp-thu", "thu-nghiem"
"""Whom a test token is for, and what stands in it where others name services (whose codes are in capitals)."""
OPEN_AUDIENCE, OPEN_SCOPE = "lgsp-mo", "mo"
"""Whom a key of the open tier is for, and what stands in it where tokens name services."""
CLAIM_SERVICES, CLAIM_ACCOUNTS, CLAIM_CLIENT, CLAIM_TOKEN = "svc", "acc", "client_id", "jti"
CLAIM_OPERATIONS = "ops"
CLAIM_CERTIFICATE = "x5t_hex"
"""The bound certificate's SHA-256 as Envoy writes it (lower-case hex), beside RFC 8705's ``cnf`` in base64url."""

SAFE = ("GET", "HEAD", "OPTIONS")
SCHEME = "lgsp:"
PLATFORM = "NK"
"""What the codes of platforms beyond the province begin with."""
PUSH = "DAY-"
"""What the codes of doors for pushed records begin with."""
METASERVICES = ("listClients", "listMethods", "allowedMethods", "getOpenAPI")
"""The questions of X-Road about the exchange itself; the data server answers them."""


def identity_of(instance: str, subject: str) -> str:
    """Return the URI in the certificates of an application: ``lgsp:INSTANCE/GOV/AGENCY/APPLICATION``."""
    return f"{SCHEME}{instance}/GOV/{subject}"


def operation_code(service: str, method: str, path: str) -> str:
    """Return the code tokens and routes name an operation by: the same whatever its place in the list."""
    return f"{service}:{sha256(f'{method} {path}'.encode()).hexdigest()[:10]}"


def sandbox_issuer(issuer: str) -> str:
    """Return who issues test tokens: another than who issues real ones, so that neither passes for the other."""
    return f"{issuer}/thu-nghiem"


def open_issuer(issuer: str) -> str:
    """Return who issues keys of the open tier: what they open is open data."""
    return f"{issuer}/mo"


@dataclass(frozen=True, slots=True)
class Listen:
    """Where a node of the gateway listens, in clear and (``tls_port``, 0: not) with TLS; where its servers are.

    ``others`` are further data servers as ``host:port``; ``web_…`` is the web server.
    """

    host: str = "127.0.0.1"
    port: int = 8700
    serving_host: str = "127.0.0.1"
    serving_port: int = 8710
    others: tuple[str, ...] = ()
    tls_port: int = 0
    web_host: str = ""
    web_port: int = 0

    def data_servers(self) -> list[tuple[str, int]]:
        """Return host and port of every data server."""
        more = (one.rpartition(":") for one in self.others)
        return [(self.serving_host, self.serving_port), *((host, int(port)) for host, _colon, port in more)]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where an agency's system answers: the checked address the gateway connects to, and the name it is called by."""

    address: str
    port: int
    host: str


@dataclass(frozen=True, slots=True)
class Upstream:
    """An agency's own system. ``credential`` names the header the gateway fills from its private file ("" none).

    ``ca`` is a private authority in PEM; without one the system's roots are trusted. ``headers`` are set on every call;
    a value may hold ``{consumer}``, ``{message_id}``, ``{user_id}``, ``{issue}`` and ``{request_id}``.
    A platform beyond the province is one too: ``certificate`` says that the gateway shows the certificate of its
    private file there, ``speaks_as`` is the ``X-Road-Client`` we are known by at a platform that speaks X-Road.
    """

    code: str
    endpoints: tuple[Endpoint, ...]
    tls: bool = True
    ca: str = ""
    credential: str = ""
    credential_prefix: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    timeout_seconds: int = 15
    concurrent: int = 64
    failures: int = 5
    health_path: str = ""
    certificate: bool = False
    speaks_as: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing a service lets be done: a method on paths. ``*`` is one part of a path, ``**`` at the end the rest.

    ``to`` is the path at the agency's system, with as many ``*``; "" means the same path. ``sent_as`` is the method the
    data server asks it with where that is another: a question that becomes a SOAP message is a POST.
    """

    code: str
    method: str
    path: str
    to: str = ""
    sent_as: str = ""

    @property
    def is_safe(self) -> bool:
        """Say whether the call may be tried again: it only reads (RFC 9110 9.2.1)."""
        return self.method in SAFE


@dataclass(frozen=True, slots=True)
class Service:
    """A service on the LGSP. A suspended one keeps its address and answers that it is suspended.

    Without ``upstream`` the data server answers from the warehouse. With one, the calls that fit an operation go to the
    agency's system, under ``base``; when ``filtered`` by the data server, which lets granted fields through only.
    Without endpoints it answers 503. ``large`` lets bodies
    through up to the gateway's ``large_limit``.

    A service of a platform beyond the province keeps the name it has there: ``instance`` and ``member_class``. Tokens
    say nothing of it: ``callers`` are the identities (:func:`identity_of`) that may call it, by token or certificate.
    So it is with the door of a table that takes pushed records (``pushed``): there the data server takes POST too.
    """

    code: str
    member: str
    subsystem: str
    rate_per_minute: int = 600
    suspended: bool = False
    upstream: Upstream | None = None
    operations: tuple[Operation, ...] = ()
    base: str = ""
    filtered: bool = False
    large: bool = False
    instance: str = ""
    member_class: str = "GOV"
    name: str = ""
    callers: tuple[str, ...] | None = None
    pushed: bool = False

    def path(self, instance: str) -> str:
        """Return the identifier in X-Road's form: INSTANCE/CLASS/MEMBER/SUBSYSTEM/SERVICE."""
        at = f"{self.instance or instance}/{self.member_class}/{self.member}/{self.subsystem}"
        return f"{at}/{self.name or self.code}"


@dataclass(frozen=True, slots=True)
class Denial:
    """Who may no longer call a service: tokens of the account although young, and certificates of the identity.

    Either may be empty. ``why`` is the word its reply is chosen by. With ``before`` only tokens issued before that
    second are refused: the rights of the account have changed, and a new token says the new ones.
    """

    account: str
    service: str
    identity: str = ""
    why: str = "revoked"
    before: int = 0


@dataclass(frozen=True, slots=True)
class Closed:
    """What names its callers itself (beyond the province, a door for pushes), closed to these, or to everybody."""

    service: str
    callers: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Dismissed:
    """One who may no longer call in from another platform: by its name there and what it was here; "" is everybody."""

    platform: str
    named: str = ""
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Member:
    """One who calls in from another platform: how the certificate names it (or the platform's ``X-Road-Client``).

    ``client`` is its X-Road identifier, ``subject`` the AGENCY/APPLICATION it is here.
    """

    named: str
    client: str
    subject: str


@dataclass(frozen=True, slots=True)
class Incoming:
    """A platform whose members call in under ``host``, by certificates of ``ca`` (PEM), which opens nothing else.

    ``identity`` is where a certificate names its holder: ``uri``, ``dns`` or ``subject``. With ``platform`` every
    connection shows the platform's own certificate of that name, and the member is what it says in ``X-Road-Client``.
    """

    code: str
    host: str
    ca: str
    identity: str
    platform: str = ""
    members: tuple[Member, ...] = ()


@dataclass(frozen=True, slots=True)
class Tls:
    """What the TLS listener needs, all PEM: its chain, its key, the authorities whose clients it believes."""

    chain: str
    key: str
    trusted: str


@dataclass(frozen=True, slots=True)
class Bound:
    """When an identity may call by certificate: ``until`` (seconds of the epoch, 0 without end), hours of the week."""

    identity: str
    until: int = 0
    hours: tuple[Window, ...] = ()


@dataclass(frozen=True, slots=True)
class Spent:
    """A caller (AGENCY/APPLICATION) that has used up what it may call of a service until the next period."""

    consumer: str
    service: str


@dataclass(frozen=True, slots=True)
class Terms:
    """What one caller may call of one service a minute, where it differs from what the service offers everybody."""

    consumer: str
    service: str
    rate_per_minute: int
    burst: int = 0


@dataclass(frozen=True, slots=True)
class OpenTier:
    """A service whose open fields anybody may read: calls a minute of one address, of all of them, of one key."""

    service: str
    per_minute: int
    per_minute_together: int
    key_per_minute: int


@dataclass(frozen=True, slots=True)
class Gateway:
    """Everything the gateway is told. ``keys`` are public JWKs; ``gate_secret`` shows the data server who calls.

    ``denied_tokens`` are token ids, ``denied_certificates`` SHA-256 fingerprints in hex; ``closed`` and ``dismissed``
    are denials of platforms beyond the province. ``certified`` is, for each
    service without operations and for each operation (by their codes), the identities that may call it with a
    certificate alone; ``bounded`` those of them with an end or hours. Without ``tls`` there is no TLS listener.
    ``snapshot`` is the number under which this is published; calls carry it into the log.
    ``day_ends`` and ``month_ends`` are HTTP dates: when those who have spent their quota may call again. ``roots`` is
    the file of certificate authorities the machine trusts, for agencies' systems without a private one. ``incoming``
    are the platforms whose members call in, on the TLS listener only. ``otlp`` is where traces go, if anywhere, and
    ``otlp_percent`` how many of the calls are traced. ``open_tiers`` are in force, with the public keys that prove the
    tier's keys; ``denied_tiers`` are the services whose tier is not (any more). ``nodes`` is how many gateways share
    the limits. ``proxies`` are the networks (CIDR) of those who may say in ``X-Forwarded-For`` for whom they call.
    """

    instance: str
    issuer: str
    public_url: str
    gate_secret: str
    listen: Listen = field(default_factory=Listen)
    keys: tuple[Mapping[str, str], ...] = ()
    services: tuple[Service, ...] = ()
    denied_accounts: tuple[Denial, ...] = ()
    denied_clients: tuple[str, ...] = ()
    denied_tokens: tuple[str, ...] = ()
    denied_certificates: tuple[str, ...] = ()
    closed: tuple[Closed, ...] = ()
    dismissed: tuple[Dismissed, ...] = ()
    certified: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tls: Tls | None = None
    terms: tuple[Terms, ...] = ()
    spent_day: tuple[Spent, ...] = ()
    spent_month: tuple[Spent, ...] = ()
    day_ends: str = ""
    month_ends: str = ""
    roots: str = ""
    body_limit: int = 1024 * 1024
    large_limit: int = 32 * 1024 * 1024
    snapshot: int = 0
    incoming: tuple[Incoming, ...] = ()
    otlp: str = ""
    otlp_percent: int = 100
    open_tiers: tuple[OpenTier, ...] = ()
    open_keys: tuple[Mapping[str, str], ...] = ()
    denied_tiers: tuple[str, ...] = ()
    proxies: tuple[str, ...] = ()
    nodes: int = 1
    place: int = 0
    bounded: Mapping[str, tuple[Bound, ...]] = field(default_factory=dict)

    def share_of(self, most: int) -> int:
        """Return this node's part of what all nodes together may have under way; one at least, or it could do nothing.

        ``place`` is the node's among ``nodes``, from 0; the first ones take what does not divide.
        """
        return max(1, most // self.nodes + int(self.place < most % self.nodes))
