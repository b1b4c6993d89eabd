"""The snapshot: which services are served and what each consumer may see. Written by the control plane, read here."""

from datetime import datetime
from pathlib import Path

import msgspec

from nganam.kernel.hours import Window

FORMAT = 1
MAX_PAGE = 1000
SMALLEST_GROUP = 5


class Field(msgspec.Struct, frozen=True):
    """A column a service offers; ``type`` is the contract's word and decides how a value is written in JSON."""

    name: str
    type: str = "text"


class Operation(msgspec.Struct, frozen=True):
    """One operation of an agency's system; ``parameters`` are the names it takes in a query, ``None`` any."""

    code: str
    method: str
    path: str
    parameters: tuple[str, ...] | None = None


class Soap(msgspec.Struct, frozen=True):
    """The JSON face of one operation of a SOAP system: what is written into its message and read out of its answer.

    ``parameters`` are the elements of the call, in order, with the query's names; ``records`` is the path of the
    elements that are records below the body, without namespaces.
    """

    operation: str
    action: str
    namespace: str
    element: str
    parameters: tuple[tuple[str, str], ...] = ()
    records: str = ""
    version: str = "1.1"


class Remote(msgspec.Struct, frozen=True):
    """An agency's own system that answers JSON. What is not named here of an answer is left out of it.

    ``records`` is the dotted path to the records ("" the answer itself), ``envelope`` the plain members kept around
    them. An answer larger than ``most_bytes`` is refused, not cut.
    """

    operations: tuple[Operation, ...]
    records: str = ""
    envelope: tuple[str, ...] = ()
    seconds: int = 15
    most_bytes: int = 4 * 1024 * 1024
    soap: tuple[Soap, ...] = ()


class Service(msgspec.Struct, frozen=True):
    """A published service over one replicated table, or over an agency's own system (``remote``).

    ``personal`` names the columns with personal data: who was not granted one cannot filter by it either.
    ``smallest_group`` is the number of records below which no figure is told of a group.
    ``sandbox`` marks a twin over made-up rows: whoever the gateway lets through sees every field, without a grant.
    ``title`` is what people call the service.
    """

    path: str
    table: str
    fields: tuple[Field, ...]
    lookup: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    page_limit: int = MAX_PAGE
    types: dict[str, str] = {}
    personal: tuple[str, ...] = ()
    remote: Remote | None = None
    sandbox: bool = False
    smallest_group: int = SMALLEST_GROUP
    title: str = ""

    def type_of(self, name: str) -> str:
        """Return the type of a column; ``types`` names those asked by but not offered as fields."""
        return self.types.get(name) or next((one.type for one in self.fields if one.name == name), "text")


class Grant(msgspec.Struct, frozen=True):
    """What one consumer may see of one service: fields, rows (``where``: column to allowed values), until when.

    ``operations`` are codes of an agency's system's; ``hours`` the windows of the week it may call in (none: always);
    ``concurrent`` how many of its calls may be under way at once (0: no limit of its own).
    """

    account: str
    fields: tuple[str, ...]
    where: dict[str, tuple[str, ...]] = {}
    until: datetime | None = None
    operations: tuple[str, ...] = ()
    hours: tuple[Window, ...] = ()
    concurrent: int = 0


class Listed(msgspec.Struct, frozen=True):
    """A service as the exchange tells of it: where it is, and its endpoints as (method, path with ``*``).

    ``operations`` are those of a service that has any, each with the code by which it is granted.
    """

    code: str
    member: str
    subsystem: str
    endpoints: tuple[tuple[str, str], ...] = ()
    operations: tuple[tuple[str, str, str], ...] = ()


class Member(msgspec.Struct, frozen=True):
    """An agency on the exchange and its subsystems: the applications it calls with, the systems it offers."""

    code: str
    name: str
    subsystems: tuple[str, ...] = ()


class Push(msgspec.Struct, frozen=True):
    """A table that takes records pushed to it: its columns, the key, and who may push (AGENCY/APPLICATION)."""

    path: str
    table: str
    fields: tuple[str, ...]
    key: tuple[str, ...]
    callers: tuple[str, ...]


class Snapshot(msgspec.Struct, frozen=True):
    """Everything the data server has been told. ``grants`` is consumer, then service code.

    ``portal`` is the portal's address, where the kinds of problem are explained; ``gateway`` is the LGSP's, by which
    answers link to each other. ``listed`` and ``members`` answer the questions about the exchange itself; they name
    services of other servers too. ``pushes`` are by the code of the door.
    """

    number: int
    published_at: datetime
    services: dict[str, Service]
    grants: dict[str, dict[str, Grant]]
    format: int = FORMAT
    portal: str = ""
    instance: str = "VN"
    listed: tuple[Listed, ...] = ()
    members: tuple[Member, ...] = ()
    pushes: dict[str, Push] = {}
    gateway: str = ""


def read_snapshot(path: Path) -> Snapshot:
    """Read and check a snapshot; raise ``ValueError`` for one this version cannot serve."""
    snapshot = msgspec.json.decode(path.read_bytes(), type=Snapshot)
    if snapshot.format != FORMAT:
        raise ValueError(f"snapshot format {snapshot.format}, expected {FORMAT}")
    return snapshot


def write_snapshot(snapshot: Snapshot) -> bytes:
    """Return the snapshot as the bytes of its file; the same snapshot always gives the same bytes."""
    return msgspec.json.format(msgspec.json.encode(snapshot, order="deterministic"), indent=1)
