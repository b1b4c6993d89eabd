"""Which processes make up the platform, on which ports, with which commands."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from nganam.kernel.errors import Unavailable
from nganam.site import env, processes
from nganam.site.supervisor import Program, Supervisor, answers_http, read_status, take_lock

LOOPBACK = "127.0.0.1"
HEALTH = "/suc-khoe/"


@dataclass(frozen=True)
class Ports:
    """Where each server listens. Web may face the network (``host``); the data server never does."""

    host: str
    web: int
    gateway: int
    serving: int
    nodes: int = 1

    def named(self) -> dict[str, tuple[str, int]]:
        """Return for each server its host and port, by its name; further nodes take the ports after the first one's."""
        facing, tls = env.text("GATEWAY_HOST", LOOPBACK), env.tls_port()
        numbers = range(1, self.nodes + 1)
        gateways = {node_name("gateway", one): (facing, self.gateway + one - 1) for one in numbers}
        secured = {node_name("gateway-tls", one): (facing, tls + one - 1) for one in numbers}
        return {"web": (self.host, self.web), **gateways, **secured, **self.data_servers()}

    def data_servers(self) -> dict[str, tuple[str, int]]:
        """Return host and port of each data server."""
        return {node_name("serving", one): (LOOPBACK, self.serving + one - 1) for one in range(1, self.nodes + 1)}

    def addresses(self) -> dict[str, str]:
        """Return the address of each server as seen from this machine."""
        schemes = {name: "https" if name.startswith("gateway-tls") else "http" for name in self.named()}
        return {name: f"{schemes[name]}://{LOOPBACK}:{port}" for name, (_, port) in self.named().items()}


def node_name(kind: str, node: int) -> str:
    """Return the name of the process of a node by its number from 1 (``gateway``, ``gateway-2``)."""
    return kind if node == 1 else f"{kind}-{node}"


def ports() -> Ports:
    """Read the ports and the number of nodes from the environment."""
    web_port, gateway_port, serving_port = map(env.port, env.PORTS)
    return Ports(env.text("HOST", LOOPBACK), web_port, gateway_port, serving_port, env.nodes())


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for ports and the data folder; each also has its ``NGANAM_…`` variable."""
    for name, default in env.PORTS.items():
        word = name.removeprefix("PORT_").lower()
        parser.add_argument(f"--port-{word}", metavar="CỔNG", help=f"cổng của {word} (mặc định {default})")
    parser.add_argument(
        "--port-gateway-tls", metavar="CỔNG", help="cổng TLS của gateway (mặc định: cổng của gateway + 43)"
    )
    parser.add_argument("--nodes", metavar="SỐ", help="số cổng LGSP và số máy chủ dữ liệu (mặc định 1)")
    parser.add_argument("--host", metavar="ĐỊA CHỈ", help=f"địa chỉ trang web lắng nghe (mặc định {LOOPBACK})")
    parser.add_argument("--data", metavar="THƯ MỤC", help="thư mục dữ liệu (mặc định var; demo: var/demo)")


def apply_options(options: argparse.Namespace) -> None:
    """Put the options into the environment, where settings and child processes read them."""
    for name in (*env.PORTS, "PORT_GATEWAY_TLS", "HOST", "NODES"):
        given = getattr(options, name.lower())
        if given is not None:
            os.environ[f"NGANAM_{name}"] = str(given)
    ports()  # a wrong one is refused here, before anything is made
    if options.data:
        os.environ["NGANAM_DATA"] = str(Path(options.data).resolve())


def _granian(interface: str, application: str, host: str, port: int, *more: str) -> list[str]:
    return [
        sys.executable, "-P", "-m", "granian", "--interface", interface, "--host", host, "--port", str(port),
        "--no-ws", "--log-level", "warning", "--respawn-failed-workers", "--respawn-interval", "0.3",
        "--workers-kill-timeout", "5", *more, application,
    ]  # fmt: skip


def web(where: Ports, _node: int = 1) -> Program:
    """Return the web server: one worker per core, few threads; a queue that answers 503 rather than grow."""
    workers = env.number("WEB_WORKERS", min(os.cpu_count() or 1, 8))
    command = _granian(
        "wsgi", "nganam.site.wsgi:application", where.host, where.web,
        "--workers", str(workers), "--blocking-threads", str(env.number("WEB_THREADS", 2)),
        "--backlog", "1024", "--backpressure", "128",
    )  # fmt: skip
    address = where.addresses()["web"]
    return Program("web", command, ready=answers_http(address + HEALTH), address=address)


def worker(_where: Ports, _node: int = 1) -> Program:
    """Return the process of background jobs; it is given time to finish the job at hand."""
    return Program("worker", [sys.executable, "-P", "-m", "nganam.jobs.worker"], grace=20)


def serving(where: Ports, node: int = 1) -> Program:
    """Return a data server, on loopback: only the gateways talk to it."""
    name = node_name("serving", node)
    host, port = where.named()[name]
    workers = str(env.number("SERVING_WORKERS", 1))
    command = _granian("asgi", "nganam.serving.app:application", host, port, "--workers", workers)
    address = where.addresses()[name]
    return Program(name, command, ready=answers_http(address), address=address)


def gateway(where: Ports, node: int = 1) -> Program:
    """Return a node of the LGSP gateway; ``nganam.lgsp.gateway`` writes its first configuration, says how to run it."""
    name = node_name("gateway", node)
    host, port = where.named()[name]
    first, *others = (f"{at}:{number}" for at, number in where.data_servers().values())
    command: Sequence[str] = import_module("nganam.lgsp.gateway").command(
        env.data_dir(),
        port=port,
        host=host,
        serving=first,
        others=others,
        web=f"{LOOPBACK}:{where.web}",
        node=name,
        tls_port=where.named()[node_name("gateway-tls", node)][1],
    )
    address = where.addresses()[name]
    return Program(name, command, ready=answers_http(address), address=address)


def keeper(_where: Ports, _node: int = 1) -> Program:
    """Return the gateway's keeper: publishes what was decided, takes in the exchange log. Needs the database only."""
    return Program("keeper", [sys.executable, "-P", "-m", "nganam.lgsp.keeper"])


def collector(_where: Ports, _node: int = 1) -> Program:
    """Return the collector of evidence: from the logs to the signed tree. It needs neither web nor database."""
    command = [sys.executable, "-P", "-m", "nganam.lgsp.evidence.collector", "--data", str(env.data_dir())]
    return Program("collector", command)


ALL = {
    "web": web, "worker": worker, "serving": serving, "gateway": gateway, "collector": collector, "keeper": keeper,
}  # fmt: skip


BY_NODE = ("serving", "gateway")


def names() -> list[str]:
    """Return the name of every process, in the order of starting."""
    return [node_name(kind, node) for kind, node in _kinds(env.nodes())]


def _kinds(nodes: int) -> list[tuple[str, int]]:
    return [(kind, node) for kind in ALL for node in range(1, (nodes if kind in BY_NODE else 1) + 1)]


def programs() -> list[Program]:
    """Return every process, in the order of starting; nodes of an earlier run that are too many are no longer told."""
    where = ports()
    import_module("nganam.lgsp.gateway").keep_nodes(env.data_dir(), where.nodes)
    return [ALL[kind](where, node) for kind, node in _kinds(where.nodes)]


def claim(command: str) -> None:
    """Make sure that the data folder is nobody's and the ports are free, ending what a killed run left behind."""
    folder = env.data_dir()
    (folder / "run").mkdir(parents=True, exist_ok=True)
    with take_lock(folder / "run" / "supervisor.lock", folder):
        processes.end(processes.marked(folder), grace=3)
        check_ports(command)


def check_ports(command: str) -> None:
    """Raise ``Unavailable`` naming every port that is taken, by whom, and the option that changes it."""
    named = ports().named()
    check_apart(command, named)
    taken = [(name, port) for name, (host, port) in named.items() if not processes.port_is_free(host, port)]
    if not taken:
        return
    used = {port for _, port in named.values()}
    lines = [f"cổng {port} ({name}) đang bị {_who(port)} chiếm" for name, port in taken]
    options = " ".join(f"--port-{_kind(name)} {_free_near(port, used)}" for name, port in taken)
    message = "; ".join(lines)
    raise Unavailable(
        f"{message[0].upper()}{message[1:]}.",
        hint=f"Dừng tiến trình đó, hoặc dùng cổng khác: ./nganam {command} {options}",
    )


def check_apart(command: str, named: Mapping[str, tuple[str, int]]) -> None:
    """Raise ``Unavailable`` when two processes were given one port: each server must have its own."""
    by_port: dict[int, list[str]] = {}
    for name, (_host, port) in named.items():
        by_port.setdefault(port, []).append(name)
    shared = [(port, names) for port, names in by_port.items() if len(names) > 1]
    if not shared:
        return
    used = set(by_port)
    message = "; ".join(f"cổng {port} được đặt cho cả {' và '.join(names)}" for port, names in shared)
    options = [f"--port-{_kind(name)} {_free_near(port, used)}" for port, names in shared for name in names[1:]]
    raise Unavailable(
        f"{message[0].upper()}{message[1:]}.",
        hint=f"Mỗi tiến trình cần một cổng riêng: ./nganam {command} {' '.join(options)}",
    )


def _kind(name: str) -> str:
    """Return the word of the option that moves a server's port: one option moves all nodes of a kind."""
    return name.partition("-")[0]


def _who(port: int) -> str:
    holder = processes.port_holder(port)
    return f"tiến trình {holder[0]} ({holder[1][:80]})" if holder else "một tiến trình khác"


def _free_near(port: int, used: set[int]) -> int:
    for number in range(port + 1, min(port + 200, 65536)):
        if number not in used and processes.port_is_free(LOOPBACK, number):
            used.add(number)
            return number
    return 0


def running() -> dict[str, object] | None:
    """Return the status of the platform that runs on this data folder, or ``None``."""
    return read_status(env.data_dir())


def main(arguments: Sequence[str]) -> int:
    """Run every process under a supervisor until told to stop; ``--quiet`` keeps the children's lines in their logs."""
    with Supervisor(programs(), env.data_dir(), quiet="--quiet" in arguments) as supervisor:
        return supervisor.run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
