"""Typed readers of the environment. Every setting is one ``NGANAM_…`` variable with a usable default."""

import os
import secrets
from ipaddress import ip_network
from pathlib import Path

from nganam.kernel.errors import Invalid
from nganam.kernel.sandbox import MARK, is_sandbox

ROOT = Path(__file__).resolve().parents[3]
PORTS = {"PORT_WEB": 8600, "PORT_GATEWAY": 8700, "PORT_SERVING": 8710}
A_PORT = range(1, 65536)
SHORTEST_TOKEN = 32
MOST_NODES = range(1, 10)  # beside each other in ports: 8700 to 8708, 8710 to 8718


class WrongSetting(Invalid, ValueError):
    """A variable has a value that cannot be used; the command line shows the message instead of a stack trace."""


def text(name: str, default: str) -> str:
    """Return the variable, or ``default`` when it is unset or empty."""
    return os.environ.get(f"NGANAM_{name}") or default


def flag(name: str, *, default: bool) -> bool:
    """Return whether the variable says yes (1, true, yes, on)."""
    return text(name, "1" if default else "0").lower() in {"1", "true", "yes", "on"}


def number(name: str, default: int) -> int:
    """Return the variable as a whole number; raise ``WrongSetting`` naming it when it is not one."""
    raw = text(name, str(default))
    try:
        return int(raw)
    except ValueError as error:
        raise WrongSetting(f"NGANAM_{name} phải là số nguyên, nhận được {raw!r}.") from error


def port(name: str) -> int:
    """Return a port of ours by its variable (``PORT_WEB``); raise ``WrongSetting`` naming variable and option."""
    raw = text(name, str(PORTS[name]))
    if raw.isascii() and raw.isdigit() and int(raw) in A_PORT:
        return int(raw)
    word = name.removeprefix("PORT_").lower()
    raise WrongSetting(
        f"Cổng của {word} (--port-{word}, NGANAM_{name}) phải là số nguyên từ 1 đến 65535, nhận được {raw!r}.",
        hint=f"Ví dụ: --port-{word} {PORTS[name]}",
    )


def tls_port() -> int:
    """Return the gateway's port for TLS: the variable, else 43 above its port in clear (8743)."""
    given = text("PORT_GATEWAY_TLS", "")
    if given.isascii() and given.isdigit() and int(given) in A_PORT:
        return int(given)
    if given:
        raise WrongSetting(f"NGANAM_PORT_GATEWAY_TLS phải là số nguyên từ 1 đến 65535, nhận được {given!r}.")
    wanted = port("PORT_GATEWAY") + 43
    return wanted if wanted in A_PORT else wanted - 86


def nodes() -> int:
    """Return how many gateways and data servers run (``NGANAM_NODES``); raise ``WrongSetting`` when it cannot be."""
    found = number("NODES", 1)
    if found not in MOST_NODES:
        raise WrongSetting(
            f"Số nút (--nodes, NGANAM_NODES) phải từ 1 đến {MOST_NODES[-1]}, nhận được {found}.",
            hint="Ví dụ: --nodes 2: hai cổng LGSP và hai máy chủ dữ liệu.",
        )
    return found


def local_address(name: str) -> str:
    """Return the address of a server on this machine, by the name of its port variable (``PORT_WEB``)."""
    return f"http://127.0.0.1:{port(name)}"


def data_dir() -> Path:
    """Return the folder of everything the platform writes (``NGANAM_DATA``, default ``var`` beside the code)."""
    return Path(text("DATA", str(ROOT / "var"))).resolve()


def secret_key(folder: Path) -> str:
    """Return the signing key: the variable, else one made once and kept in ``folder`` readable by its owner only."""
    given = text("SECRET_KEY", "")
    if given:
        return given
    kept = folder / "secret-key"
    try:
        return kept.read_text(encoding="ascii")
    except FileNotFoundError:
        folder.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return kept.read_text(encoding="ascii")
    with os.fdopen(handle, "w", encoding="ascii") as out:
        out.write(secrets.token_urlsafe(50))
    return kept.read_text(encoding="ascii")


def instance() -> str:
    """Return the instance that stands in addresses; raise ``WrongSetting`` when calls would be taken for tests."""
    given = text("INSTANCE", "VN")
    if is_sandbox(given):
        raise WrongSetting(
            f"NGANAM_INSTANCE không được kết thúc bằng {MARK} (nhận được {given!r}): "
            "mọi cuộc gọi thật sẽ bị coi là cuộc gọi thử và không vào số liệu."
        )
    return given


def networks(name: str) -> tuple[str, ...]:
    """Return the networks (CIDR, by commas) of a variable; raise ``WrongSetting`` naming what is none."""
    given = [one.strip() for one in text(name, "").split(",") if one.strip()]
    for one in given:
        try:
            wide = ip_network(one).prefixlen == 0
        except ValueError as error:
            raise WrongSetting(f"NGANAM_{name}: {one!r} không phải mạng dạng 10.0.0.5/32.") from error
        if wide:
            raise WrongSetting(f"NGANAM_{name}: {one!r} là mọi địa chỉ; chỉ ghi mạng của proxy.")
    return tuple(given)


def metrics_token() -> str:
    """Return the token of Prometheus, "" for none; raise ``WrongSetting`` when it could be guessed."""
    given = text("METRICS_TOKEN", "")
    if given and len(given) < SHORTEST_TOKEN:
        raise WrongSetting(f"NGANAM_METRICS_TOKEN phải dài ít nhất {SHORTEST_TOKEN} ký tự: openssl rand -hex 32.")
    return given
