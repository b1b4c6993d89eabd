"""Runs an Envoy: ``python -m nganam.lgsp.gateway --data DIR --node NAME``, and asks a running one how it is.

The module needs no Django. It becomes Envoy (exec), so whoever started it supervises Envoy itself. Envoy asks the
kernel to end it when the *thread* that started it ends: start this from a main thread only.
"""

import argparse
import http.client
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from nganam.lgsp.envoy import sharing
from nganam.lgsp.envoy.compiling import compile_gateway, compile_place
from nganam.lgsp.envoy.decided import Gateway, Listen
from nganam.lgsp.envoy.identity import CLIENTS, SERVER
from nganam.lgsp.envoy.shapes import Json
from nganam.lgsp.envoy.upstreams import SECRETS
from nganam.lgsp.evidence import guard
from nganam.lgsp.swapping import (
    NUMBER,
    OPTIONAL,
    ORDER,
    WRITTEN,
    as_bytes,
    changed,
    envoy_binary,
    held,
    replace,
    stamped,
    swap,
)
from nganam.serving.secret import shared_secret

FLAGS = (
    "-c", "bootstrap.json", "-l", "warning", "--disable-hot-restart", "--concurrency", "1",
    # The log is evidence: a line waits for one more or 10 ms before it is written. To wait for more would cost a call
    # some 4 % less, and a kill would take what waits.
    "--file-flush-min-size-kb", "1", "--file-flush-interval-msec", "10", "--drain-time-s", "2",
)  # fmt: skip
FOLDER = "gateway"
LISTEN = "listen.json"
NOTE = "published.json"
CONFIRMED = "confirmed"
MOST_NODES = 9
PATIENCE = 1.0  # seconds a node is given to answer about itself
DISCOVERED = {"cluster_manager.cds": "cds.json", "listener_manager.lds": "lds.json"}
OF_FILTER = "extension_config_discovery.http_filter."
SECRET_FILES = frozenset({SERVER, CLIENTS})
NODE = re.compile(r"^gateway(-[a-z0-9]{1,20})?$")


def name_of(number: int) -> str:
    """Return the name of the gateway's node by its number from 1: its folder, and its process, have this name."""
    return FOLDER if number == 1 else f"{FOLDER}-{number}"


@dataclass(frozen=True, slots=True)
class Node:
    """One Envoy: a folder of files, a log and a socket of its own. All nodes are told the same."""

    name: str
    folder: Path
    listen: Listen


def nodes(data: Path) -> list[Node]:
    """Return the nodes of this data folder, the first one always first; publication writes for each."""
    others = sorted(path.parent.name for path in data.glob(f"{FOLDER}-*/{LISTEN}") if NODE.match(path.parent.name))
    return [Node(name, data / name, listening(data, name)) for name in (FOLDER, *others)]


def log_folders(data: Path) -> list[Path]:
    """Return where nodes write their logs, those of nodes that were taken out of use too: their lines count."""
    return [path for path in sorted(data.glob(f"{FOLDER}*/log")) if NODE.match(path.parent.name)]


def keep_nodes(data: Path, number: int) -> None:
    """Take the nodes beyond ``number`` out of use; their folders stay for the sake of the log."""
    kept = {name_of(one) for one in range(1, number + 1)}
    for node in nodes(data):
        if node.name not in kept and node.name.rpartition("-")[2].isdigit():
            (node.folder / LISTEN).unlink(missing_ok=True)


def command(
    data: Path, *, port: int, host: str, serving: str, web: str = "", node: str = FOLDER, others: Sequence[str] = (),
    tls_port: int = 0,
) -> list[str]:  # fmt: skip
    """Write what a node needs to start, and return the command that runs it.

    ``serving``, ``others`` and ``web`` are host:port of the data servers and of the web server. Call it again to move
    the ports.
    """
    at, _, number = serving.rpartition(":")
    web_host, _, web_port = web.rpartition(":")
    listen = Listen(host, port, at, int(number), tuple(others), tls_port, web_host, int(web_port or 0))
    prepare(data, listen, issuer=f"http://{web}", node=node)
    return [sys.executable, "-P", "-m", "nganam.lgsp.gateway", "--data", str(data), "--node", node]


def prepare(data: Path, listen: Listen, *, issuer: str, node: str = FOLDER) -> None:
    """Write down where a node listens; give it its first configuration, or move the present one to the new ports.

    A further node begins with what the first one has. The very first configuration knows no service and accepts no
    token: its key is thrown away. The first publication replaces it within a second of the keeper's start.
    """
    folder = data / node
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with held(data / FOLDER):
        replace(folder / LISTEN, json.dumps(asdict(listen)).encode())
        empty = Gateway("VN", issuer, issuer, shared_secret(data), listen=listen, keys=(_throwaway_key(),))
        if not (folder / "bootstrap.json").exists():
            _copy_first(data, folder) or swap(compile_gateway(empty), folder)
        _copy_secrets(data / FOLDER, folder)
        _move(folder, compile_place(empty), listen)
        _tell_members(data, [one.name for one in nodes(data)])


def share_limits(data: Path) -> list[str]:
    """Tell the nodes which of them are alive, so that these share the limits; return their names.

    A node on another machine cannot be asked and counts always; where none answers, all do.
    """
    every = [one.name for one in nodes(data)]
    here = {name_of(number) for number in range(1, MOST_NODES + 1)}
    alive = [name for name in every if name not in here or _is_live(data, name)] if len(every) > 1 else every
    _tell_members(data, alive or every)
    return alive


def _is_live(data: Path, node: str) -> bool:
    with suppress(OSError, http.client.HTTPException):
        return _admin(data, "GET", "/ready", node).strip() == b"LIVE"
    return False


def _tell_members(data: Path, alive: Sequence[str]) -> None:
    for one in nodes(data):
        if one.folder.is_dir():
            _write_members(one.folder / sharing.FILE, alive)


def _write_members(path: Path, alive: Sequence[str]) -> None:
    told = as_bytes(stamped({sharing.FILE: sharing.members(alive)}, 0)[sharing.FILE])
    if not path.exists() or path.read_bytes() != told:
        replace(path, told)


def _copy_first(data: Path, folder: Path) -> bool:
    first = data / FOLDER
    if folder == first or not all((first / name).exists() for name in ORDER if name not in OPTIONAL):
        return False
    for name in (one for one in ORDER if (first / one).exists()):
        replace(folder / name, (first / name).read_bytes())
    return True


def _copy_secrets(first: Path, folder: Path) -> None:
    """Give a node the credentials of agencies' systems that the first one has: publication never writes them."""
    for path in () if folder == first else sorted((first / SECRETS).glob("*.json")):
        replace(folder / SECRETS / path.name, path.read_bytes())


def _move(folder: Path, placed: Mapping[str, Json], listen: Listen) -> None:
    """Put the addresses of ``placed`` into the files: what else was published stays."""
    lds = json.loads((folder / "lds.json").read_bytes())
    cds = json.loads((folder / "cds.json").read_bytes())
    addresses = {one["name"]: one["address"] for one in placed["lds.json"]["resources"]}
    if listen.tls_port:
        addresses["lgsp-tls"] = {"socket_address": {"address": listen.host, "port_value": listen.tls_port}}
    # A port of 0 is nowhere: the listener is left out until the next publication.
    lds["resources"] = [one for one in lds["resources"] if one["name"] in addresses]
    for one in lds["resources"]:
        one["address"] = addresses[one["name"]]
    own = {one["name"]: one for one in placed["cds.json"]["resources"]}
    cds["resources"] = [*own.values(), *(one for one in cds["resources"] if one["name"] not in {*own, "web"})]
    # The bootstrap holds nothing that is published, and an older version's may lack what the rest refers to.
    files = {"cds.json": cds, "lds.json": lds, "bootstrap.json": placed["bootstrap.json"]}
    if changed(files, folder):
        swap(stamped(files, 0), folder)


def _throwaway_key() -> dict[str, str]:
    from joserfc.jwk import ECKey  # noqa: PLC0415 - only a first start needs it

    key = ECKey.generate_key("P-256", {"kid": "none", "alg": "ES256", "use": "sig"})
    return {name: str(value) for name, value in key.as_dict(private=False).items()}


def listening(data: Path, node: str = FOLDER) -> Listen:
    """Return where a node of this data folder was last told to listen."""
    with suppress(FileNotFoundError, ValueError, TypeError):
        told = json.loads((data / node / LISTEN).read_bytes())
        return Listen(**{**told, "others": tuple(told.get("others", ()))})
    return Listen()


@dataclass(frozen=True, slots=True)
class Health:
    """How a running node is: whether it answers and serves, which configuration it has taken or refused.

    ``started`` is in seconds of the epoch; ``snapshot`` is the number under which calls now pass; ``versions`` and
    ``refused`` are by file: the version taken, and how many it refused since it started.
    """

    running: bool
    live: bool = False
    uptime_seconds: int = 0
    started: float = 0.0
    snapshot: int = 0
    versions: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, int] = field(default_factory=dict)

    @property
    def rejected(self) -> int:
        """Return how many files the node refused since it started."""
        return sum(self.refused.values())

    def behind(self, wanted: Mapping[str, str]) -> list[str]:
        """Return the files of which another version than the one ``wanted`` is in use.

        Of the TLS listener's secrets nothing can be said: a node's figures name no version of theirs.
        """
        told = {name: version for name, version in wanted.items() if name not in SECRET_FILES}
        return [name for name, version in told.items() if self.versions.get(name) != version]


def health(data: Path, node: str = FOLDER) -> Health:
    """Ask a node by its private socket."""
    try:
        about = json.loads(_admin(data, "GET", "/server_info", node))
        versions = _by_file(_admin(data, "GET", "/stats?filter=version_text&type=TextReadouts", node).decode())
        seconds = int(float(about["uptime_current_epoch"].rstrip("s")))
        number = versions.get(NUMBER, "")
        return Health(
            running=True, live=about["state"] == "LIVE", uptime_seconds=seconds, versions=versions,
            started=time.time() - seconds,
            snapshot=int(number) if number.isdigit() else 0,
            refused=refusals(data, node),
        )  # fmt: skip
    except (OSError, ValueError, LookupError, http.client.HTTPException):
        return Health(running=False)


def refusals(data: Path, node: str = FOLDER) -> dict[str, int]:
    """Return how often a node has refused each file since it started; raise ``OSError`` when it does not answer."""
    found = _by_file(_admin(data, "GET", "/stats?filter=update_rejected", node).decode())
    return {name: int(count) for name, count in found.items()}


def _by_file(figures: str) -> dict[str, str]:
    """Return Envoy's figures (``scope.name: value`` lines) by the file each subscription follows."""
    found = {}
    for line in figures.splitlines():
        scope, _colon, value = line.partition(": ")
        scope = scope.rpartition(".")[0]
        if scope.startswith(OF_FILTER):
            found[f"ecds_{scope.removeprefix(OF_FILTER)}.json"] = value.strip('"')
        elif ".rds.egress" in scope:
            found["rds_egress.json"] = value.strip('"')
        elif ".rds." in scope:
            found["rds.json"] = value.strip('"')
        elif scope in DISCOVERED:
            found[DISCOVERED[scope]] = value.strip('"')
    return found


def published(folder: Path) -> dict[str, Any]:
    """Return what the last publication wrote down in a node's folder; empty before the first.

    ``number``, ``at``, ``written`` (seconds of the epoch), ``versions`` of files, and ``refused``: how often the node
    had refused each file before.
    """
    with suppress(FileNotFoundError, ValueError):
        found: dict[str, Any] = json.loads((folder / NOTE).read_bytes())
        return {**found, "written": (folder / NOTE).stat().st_mtime}
    return {}


def confirm(data: Path, at: str) -> None:
    """Write down when the snapshot was published that every node has taken."""
    path = data / FOLDER / CONFIRMED
    if at and (not path.exists() or path.read_text(encoding="ascii") != at):
        replace(path, at.encode())


def confirmed(data: Path) -> datetime | None:
    """Return when the last snapshot was published that every node has taken, as far as anybody has looked."""
    with suppress(FileNotFoundError, ValueError):
        return datetime.fromisoformat((data / FOLDER / CONFIRMED).read_text(encoding="ascii"))
    return None


def reopen_logs(data: Path, node: str = FOLDER) -> None:
    """Let a node open its log file anew, after the old one was renamed."""
    _admin(data, "POST", "/reopen_logs", node)


class _Local(http.client.HTTPConnection):
    def __init__(self, folder: Path) -> None:
        super().__init__("localhost", timeout=PATIENCE)
        self._folder = folder

    def connect(self) -> None:
        """Connect by an open folder: a socket's path may have 107 bytes only, a data folder's may be longer."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(PATIENCE)
        handle = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            self.sock.connect(f"/proc/self/fd/{handle}/admin.sock")
        finally:
            os.close(handle)


def _admin(data: Path, method: str, path: str, node: str = FOLDER) -> bytes:
    with closing(_Local(data / node)) as link:
        link.request(method, path)
        return link.getresponse().read()


def become_envoy(folder: Path) -> None:
    """Replace this process by Envoy, run in the folder of its files (their paths are relative)."""
    os.chdir(folder)
    for name in WRITTEN:
        Path(name).mkdir(mode=0o700, exist_ok=True)
    for name in ("admin.sock", "egress.sock"):  # left by a killed one; Envoy refuses to bind over it
        Path(name).unlink(missing_ok=True)
    os.umask(0o077)
    if not Path("pressure").exists():
        Path("pressure").write_text("0\n", encoding="ascii")
    if not Path(sharing.FILE).exists():
        _write_members(Path(sharing.FILE), [folder.name])
    # Our number is Envoy's in a moment: the guard of the disk ends with it.
    subprocess.Popen(
        [sys.executable, "-I", "-S", guard.__file__, str(folder), str(os.getpid())], stdin=subprocess.DEVNULL
    )
    os.environ["LGSP_NODE"] = folder.name
    os.execv(envoy_binary(), ["envoy", *FLAGS])  # noqa: S606 - a list of arguments, no shell


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="nganam.lgsp.gateway")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--node", default=FOLDER)
    options = parser.parse_args()
    become_envoy(options.data.resolve() / options.node)
