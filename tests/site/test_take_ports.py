"""A taken port is a clear message: which port, who holds it, and the option that changes it."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from nganam.kernel.errors import Unavailable
from nganam.site import env, plan, processes
from nganam.site.commands import main


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Hold the web server's port, and put the others where nothing is."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        monkeypatch.setenv("NGANAM_PORT_WEB", str(port))
        for name in ("GATEWAY", "GATEWAY_TLS", "SERVING"):
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                monkeypatch.setenv(f"NGANAM_PORT_{name}", str(probe.getsockname()[1]))
        yield port


def test_the_message_names_port_holder_and_option(taken: int) -> None:
    with pytest.raises(Unavailable) as refusal:
        plan.check_ports("demo")
    assert f"Cổng {taken} (web) đang bị tiến trình {os.getpid()}" in refusal.value.message
    assert "./nganam demo --port-web " in refusal.value.hint


def test_the_port_it_suggests_is_free(taken: int) -> None:
    with pytest.raises(Unavailable) as refusal:
        plan.check_ports("up")
    assert processes.port_is_free("127.0.0.1", int(refusal.value.hint.rpartition(" ")[2]))


def test_the_demo_says_so_without_a_stack_trace(taken: int, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "nganam.site.commands", "demo", "--check", "--data", str(tmp_path / "demo")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert f"Cổng {taken} (web)" in done.stderr
    assert "Traceback" not in done.stderr


def test_free_ports_are_accepted(taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        monkeypatch.setenv("NGANAM_PORT_WEB", str(probe.getsockname()[1]))
    plan.check_ports("demo")


@pytest.mark.parametrize("wrong", ["tám", "0", "-1", "65536", "99999", "8600.5", "٣"])
def test_a_port_that_cannot_be_is_named_with_its_option(
    taken: int, wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NGANAM_PORT_WEB", wrong)
    with pytest.raises(env.WrongSetting, match="phải là số nguyên từ 1 đến 65535") as refusal:
        plan.ports()
    assert "--port-web, NGANAM_PORT_WEB" in refusal.value.message


@pytest.mark.parametrize("wrong", ["99999", "abc"])
def test_a_wrong_port_on_the_command_line_is_refused_in_vietnamese(
    wrong: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (*env.PORTS, "HOST", "DATA"):
        monkeypatch.setenv(f"NGANAM_{name}", "")
    assert main(["up", "--port-web", wrong]) == 1
    said = capsys.readouterr().err
    assert f"phải là số nguyên từ 1 đến 65535, nhận được '{wrong}'" in said
    assert "Traceback" not in said


def test_two_processes_cannot_have_one_port(taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    shared = os.environ["NGANAM_PORT_GATEWAY"]
    monkeypatch.setenv("NGANAM_PORT_WEB", shared)
    with pytest.raises(Unavailable) as refusal:
        plan.check_ports("demo")
    assert refusal.value.message == f"Cổng {shared} được đặt cho cả web và gateway."
    assert "./nganam demo --port-gateway " in refusal.value.hint
    assert refusal.value.hint.rpartition(" ")[2] not in {shared, os.environ["NGANAM_PORT_SERVING"]}
