"""Several gateways before several data servers, on one data folder, and clients that turn to the other node."""

import http.client
import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from gateway_rig import Reply, Stack, answers, free_port, wait_for
from nganam.lgsp import gateway
from nganam.lgsp.envoy.decided import Listen


@dataclass
class Cluster:
    """``size`` gateways and ``size`` data servers; started, killed and started again by name (``gateway-2``)."""

    data: Path
    size: int = 2
    env: dict[str, str] = field(default_factory=dict)
    tls: bool = False
    processes: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.gateways = [free_port() for _ in range(self.size)]
        self.tls_ports = [free_port() if self.tls else 0 for _ in range(self.size)]
        self.servers = [free_port() for _ in range(self.size)]

    def start(self, kind: str, node: int = 1) -> None:
        name = kind if node == 1 else f"{kind}-{node}"
        self._spawn(name, self._serving(node) if kind == "serving" else self._gateway(node))
        if kind == "serving":
            wait_for(lambda: answers(self.servers[node - 1]))
        else:
            wait_for(lambda: gateway.health(self.data, name).live and answers(self.gateways[node - 1]))

    def start_all(self) -> None:
        for kind in ("serving", "gateway"):
            for node in range(1, self.size + 1):
                self.start(kind, node)

    def start_keeper(self) -> None:
        self._spawn("keeper", [sys.executable, "-m", "nganam.lgsp.keeper"])

    def _serving(self, node: int) -> list[str]:
        command = [sys.executable, "-m", "granian", "--interface", "asgi", "--no-ws", "--log-level", "warning"]
        return [*command, "--port", str(self.servers[node - 1]), "nganam.serving.app:application"]

    def _gateway(self, node: int) -> list[str]:
        first, *others = (f"127.0.0.1:{port}" for port in self.servers)
        return gateway.command(
            self.data, port=self.gateways[node - 1], host="127.0.0.1", serving=first, others=others,
            node=gateway.name_of(node), tls_port=self.tls_ports[node - 1],
        )  # fmt: skip

    def by(self, node: int) -> Stack:
        """Return one node as a stack to be asked; its processes stay the cluster's."""
        return Stack(self.data, Listen(port=self.gateways[node - 1], tls_port=self.tls_ports[node - 1]))

    def _spawn(self, name: str, command: list[str]) -> None:
        env = {**os.environ, "NGANAM_DATA": str(self.data), **self.env}
        self.processes[name] = subprocess.Popen(command, env=env, start_new_session=True)

    def kill(self, name: str) -> None:
        process = self.processes.pop(name)
        os.killpg(process.pid, 9)
        process.wait()

    def stop(self) -> None:
        for name in list(self.processes):
            self.kill(name)

    def ask(self, path: str, token: str, node: int = 1) -> Reply:
        link = http.client.HTTPConnection("127.0.0.1", self.gateways[node - 1], timeout=10)
        try:
            link.request("GET", path, headers={"Authorization": f"Bearer {token}"})
            answer = link.getresponse()
            return Reply(answer.status, {key.lower(): value for key, value in answer.getheaders()}, answer.read())
        finally:
            link.close()

    def log_text(self) -> str:
        return "".join(
            path.read_text(encoding="utf-8")
            for folder in gateway.log_folders(self.data)
            for path in folder.glob("access*.log")
        )


@dataclass
class Load:
    """Clients that call without pause over open connections; a broken one is made anew at the next node."""

    cluster: Cluster
    path: str
    token: str
    clients: int = 8
    answered: dict[int, int] = field(default_factory=dict)
    request_ids: list[str] = field(default_factory=list)
    turned: int = 0
    given_up: int = 0
    bodies: list[bytes] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._run, args=(number,)) for number in range(self.clients)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _run(self, number: int) -> None:
        node, link = number % self.cluster.size, None
        while not self._stopping.is_set():
            for _attempt in range(4):
                try:
                    link = link or http.client.HTTPConnection("127.0.0.1", self.cluster.gateways[node], timeout=10)
                    link.request("GET", self.path, headers={"Authorization": f"Bearer {self.token}"})
                    answer = link.getresponse()
                    self._note(answer.status, answer.getheader("x-request-id") or "", answer.read())
                    break
                except (OSError, http.client.HTTPException):
                    with suppress(OSError):
                        if link:
                            link.close()
                    node, link = (node + 1) % self.cluster.size, None
                    with self._lock:
                        self.turned += 1
                    time.sleep(0.02)
            else:
                with self._lock:
                    self.given_up += 1

    def _note(self, status: int, request_id: str, body: bytes) -> None:
        with self._lock:
            self.answered[status] = self.answered.get(status, 0) + 1
            self.request_ids.append(request_id)
            if status != 200 and len(self.bodies) < 5:
                self.bodies.append(body)
