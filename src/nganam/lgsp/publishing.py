"""Publication: what has been decided becomes a numbered snapshot in the files of every node and of the data servers."""

import gc
import http.client
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec
import structlog

from nganam.kernel.actors import Actor, system
from nganam.kernel.digest import sha256_hex
from nganam.kernel.errors import Unavailable
from nganam.lgsp import gateway, keys, queries, reading, swapping
from nganam.lgsp.envoy.compiling import compile_denials, compile_gateway, compile_number, compile_place
from nganam.lgsp.envoy.decided import Gateway
from nganam.lgsp.gateway import Node
from nganam.lgsp.reading import Known
from nganam.lgsp.snapshots import archive, recording, withholding
from nganam.lgsp.snapshots.archive import Kept
from nganam.lgsp.snapshots.models import GatewaySnapshot
from nganam.lgsp.swapping import DENY, NUMBER, BadGateway
from nganam.serving.metaservices import OPENAPI
from nganam.serving.snapshot import Snapshot, read_snapshot, write_snapshot

log = structlog.get_logger(__name__)
KEEPER = system("lgsp", "Cổng LGSP")
TOLD = "serving/snapshot.json"
Files = dict[str, bytes]


@dataclass(frozen=True, slots=True)
class Publication:
    """What a publication changed: files (of the first node), and whether the data servers' snapshot is new."""

    files: tuple[str, ...]
    serving: bool
    number: int = 0

    @property
    def changed(self) -> bool:
        """Say whether anything was replaced."""
        return bool(self.files) or self.serving


@dataclass(frozen=True, slots=True)
class Decided:
    """What is to be told: to the gateway, and to the data servers; ``restores`` names the snapshot it follows."""

    gateway: Gateway
    told: Snapshot
    known: Known
    restores: int | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """A snapshot ready to be put in place: files by node, the data servers' file, and what is kept of it."""

    nodes: Mapping[str, Files]
    checked: Mapping[str, Any]
    told: bytes
    kept: Kept
    documents: Mapping[str, bytes]


def publish_snapshot(*, at: datetime, actor: Actor = KEEPER, known: Known | None = None) -> Publication:
    """Compile, check and put in place on every node; nothing is replaced when nothing changed.

    Denials act first and whatever else happens: they have a lock of their own and wait for no other publisher. When
    Envoy refuses the rest (``BadGateway``) the refusal is recorded and the last good snapshot stays, less what was
    withdrawn since. May be called by several at once.
    """
    keys.ensure_key(actor=actor, at=at)
    denied = deny(at=at)
    nodes = gateway.nodes(queries.data())
    known = known or Known()
    with swapping.held(queries.data() / gateway.FOLDER), _uncollected():
        # Read inside the lock: of two publishers the later one reads, and writes, the newer decisions.
        now = Decided(queries.decided_gateway(at), reading.decided_serving(at, 0, known), known)
        wanted = _held_back(now)
        try:
            return _publish(wanted, nodes, denied, at=at, actor=actor)
        except BadGateway as refusal:
            _refuse(wanted, nodes, refusal, at=at, actor=actor)
            good = recording.last_good()
            if good is not None and wanted.restores != good.number:
                _publish(_as_in(good, now), nodes, denied, at=at, actor=actor)
            raise


@contextmanager
def _uncollected() -> Iterator[None]:
    """Put off the search for values in cycles: it took a third of the time, and a publication makes none."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _held_back(now: Decided) -> Decided:
    """Return what is to be told now: what was decided, or what a pinned snapshot leaves of it."""
    pin = recording.pin()
    return _as_in(pin.snapshot, now) if pin else now


def _as_in(row: GatewaySnapshot, now: Decided) -> Decided:
    kept = archive.find(queries.data(), row.number)
    if kept is None:
        raise Unavailable(
            f"Không đọc được bản cấu hình số {row.number} trong thư mục snapshots.",
            hint="Khôi phục tệp đó từ sao lưu, hoặc bỏ giữ bản cấu hình. Việc chặn vẫn có hiệu lực.",
        )
    return Decided(
        withholding.withheld_gateway(kept.gateway, now.gateway),
        withholding.withheld_told(kept.told, now.told),
        now.known,
        row.number,
    )


def deny(*, at: datetime) -> list[str]:
    """Put the denials in place on every node, waiting for nothing else; return the files replaced on the first."""
    nodes = gateway.nodes(queries.data())
    with swapping.held(queries.data() / gateway.FOLDER, DENY):
        files = _encoded(compile_denials(queries.decided_denials(at)), 0)
        done = [swapping.swap(files, node.folder) for node in nodes]
    return done[0]


def _rest(files: Files) -> Files:
    """Return the files without the denials: those are replaced by :func:`deny` alone, which may know newer ones."""
    return {name: content for name, content in files.items() if name != DENY}


def _encoded(files: Mapping[str, Any], number: int) -> Files:
    return {name: swapping.as_bytes(value) for name, value in swapping.stamped(files, number).items()}


def _publish(wanted: Decided, nodes: list[Node], denied: list[str], *, at: datetime, actor: Actor) -> Publication:
    current = recording.in_force()
    made = _make(wanted, nodes, current.number if current else 0)
    if current and current.digest == made.kept.digest:
        return _repaired(made, nodes, denied, current.number, at)
    files = [name for name in made.nodes[nodes[0].name] if name not in {DENY, NUMBER}]
    if any(swapping.changed({name: made.nodes[node.name][name] for name in files}, node.folder) for node in nodes):
        swapping.check(made.checked, nodes[0].folder)
    made = _make(wanted, nodes, recording.next_number(), made)
    row = recording.record(made.kept, restores=wanted.restores, at=at, actor=actor)
    done = _put(made, nodes, denied, row.number, at)
    archive.keep(queries.data(), made.kept)
    recording.describe(row, made.kept, archive.find(queries.data(), current.number) if current else None)
    return done


def _repaired(made: Made, nodes: list[Node], denied: list[str], number: int, at: datetime) -> Publication:
    """Put back what is missing on a node (a new one, one whose files were lost, a publication that was killed)."""
    differ = [node for node in nodes if swapping.changed(_rest(made.nodes[node.name]), node.folder)]
    if not archive.file_of(queries.data(), number).exists():
        archive.keep(queries.data(), made.kept)
    if not differ and not denied and _told_digest() == made.kept.files[TOLD]:
        return Publication((), serving=False, number=number)
    return _put(made, nodes, denied, number, at)


def _make(wanted: Decided, nodes: list[Node], number: int, before: Made | None = None) -> Made:
    """Return the snapshot as files under ``number``; ``before`` is the same under another number."""
    if before is not None:
        again = _encoded(compile_number(replace(wanted.gateway, snapshot=number)), number)
        told = msgspec.structs.replace(wanted.told, number=number)
        kept = msgspec.structs.replace(before.kept, number=number, told=told)
        return replace(before, nodes={name: {**one, **again} for name, one in before.nodes.items()},
                       told=write_snapshot(told), kept=kept)  # fmt: skip
    decided = replace(wanted.gateway, snapshot=number)
    compiled = compile_gateway(decided)
    shared = _encoded(compiled, number)
    placed = {
        node.name: {**shared, **_encoded(compile_place(_at(decided, node, place, len(nodes))), number)}
        for place, node in enumerate(nodes)
    }
    told = msgspec.structs.replace(wanted.told, number=number)
    kept = Kept(number, decided, told, _digests(placed, told))
    return Made(placed, compiled, write_snapshot(told), kept, reading.openapi_documents(wanted.known))


def _at(decided: Gateway, node: Node, place: int, nodes: int) -> Gateway:
    """Return what one node is told: where it listens, and which part it has of what all may do together."""
    return replace(decided, listen=node.listen, place=place, nodes=nodes)


def _digests(placed: Mapping[str, Files], told: Snapshot) -> dict[str, str]:
    """Return the digest of each file; the number under which they are published is not part of it."""
    contents = {id(content): content for files in placed.values() for content in files.values()}
    digests = {key: sha256_hex(content) for key, content in contents.items()}  # most files are the same on every node
    found = {
        f"{node}/{name}": digests[id(content)]
        for node, files in placed.items()
        for name, content in files.items()
        if name != NUMBER
    }
    return {**found, TOLD: _content_digest(told)}


def _content_digest(told: Snapshot) -> str:
    timeless = msgspec.structs.replace(told, number=0, published_at=datetime.min)  # noqa: DTZ901 - stands for "at no time"
    return sha256_hex(msgspec.json.encode(timeless, order="deterministic"))


def _told_digest() -> str:
    before = _read()
    return _content_digest(before) if before else ""


def _put(made: Made, nodes: list[Node], denied: list[str], number: int, at: datetime) -> Publication:
    """Replace what changed: the data servers first (they alone never open anything), then node by node."""
    told = _told_digest() != made.kept.files[TOLD]
    if told:
        _tell_documents(made.documents)
        swapping.replace(queries.data() / TOLD, made.told)
    for node in nodes:
        # Before the files: from now on the node is compared with these versions.
        _note(node, made, number, at)
    done = [swapping.swap(_rest(made.nodes[node.name]), node.folder) for node in nodes]
    return Publication((*denied, *done[0]), told, number)


def _tell_documents(documents: Mapping[str, bytes]) -> None:
    """Write the OpenAPI documents the data servers hand out."""
    folder = queries.data() / "serving" / OPENAPI
    for code, content in documents.items():
        path = folder / f"{code}.json"
        if not path.exists() or path.read_bytes() != content:
            swapping.replace(path, content)


def _read() -> Snapshot | None:
    try:
        return read_snapshot(queries.data() / TOLD)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, msgspec.MsgspecError):
        log.exception("snapshot_unreadable")
        return None


def _note(node: Node, made: Made, number: int, at: datetime) -> None:
    """Write down beside a node's files which version of each it is to have: what it is compared with."""
    versions = swapping.versions(made.nodes[node.name])
    refused: dict[str, int] = {}
    with suppress(OSError, http.client.HTTPException):
        refused = gateway.refusals(queries.data(), node.name)
    note = {"at": at.isoformat(), "number": number, "versions": versions, "refused": refused}
    swapping.replace(node.folder / gateway.NOTE, json.dumps(note).encode())


def _refuse(wanted: Decided, nodes: list[Node], refusal: BadGateway, *, at: datetime, actor: Actor) -> None:
    made = _make(wanted, nodes, 0)
    log.error("snapshot_refused", hint=refusal.hint)
    if recording.was_refused(made.kept.digest):
        return  # told already; it is tried again until something is decided
    made = _make(wanted, nodes, recording.next_number(), made)
    archive.keep(queries.data(), made.kept)
    recording.refuse(made.kept, problem=f"{refusal.message} {refusal.hint}".strip(), at=at, actor=actor)


def last_publication() -> datetime | None:
    """Return when the gateway's or the data servers' files last changed."""
    told = gateway.published(queries.data() / gateway.FOLDER)
    return datetime.fromisoformat(told["at"]) if told else None
