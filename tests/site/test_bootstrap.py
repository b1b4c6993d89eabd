"""The launcher: what it says when something is missing, what it does again and what it does not."""

import importlib.util
import shutil
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import pytest

from nganam.site import checks
from nganam.site.env import ROOT


@pytest.fixture
def launcher(tmp_path: Path) -> ModuleType:
    """Load the launcher as a module that works on an empty checkout."""
    loader = SourceFileLoader("launcher", str(ROOT / "nganam"))
    spec = importlib.util.spec_from_loader("launcher", loader)
    assert spec
    module = importlib.util.module_from_spec(spec)
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    loader.exec_module(module)
    sys.dont_write_bytecode = before
    module.ROOT = str(tmp_path)
    module.ENVIRONMENT = str(tmp_path / ".venv")
    module.STAMPS = str(tmp_path / ".venv" / ".nganam")
    module.TOOLS = str(tmp_path / ".uv")
    return module


def refusal(capsys: pytest.CaptureFixture[str], act: object, *args: object) -> str:
    with pytest.raises(SystemExit) as end:
        act(*args)  # type: ignore[operator]
    assert end.value.code == 1
    return capsys.readouterr().err


def test_an_old_python_is_told_which_one_to_install(
    launcher: ModuleType, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launcher, "OLDEST", (3, 99))
    monkeypatch.setattr(launcher, "newer_python", str)
    said = refusal(capsys, launcher.need_python)
    assert "cần Python 3.11 trở lên" in said
    assert "apt install python3.11" in said


def test_a_python_without_venv_is_told_the_package(
    launcher: ModuleType, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert "sudo apt install python3-venv" in refusal(capsys, launcher.find_uv)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("error: dns error: failed to lookup address information", "Kiểm tra mạng"),
        ("ERROR: Could not find a version that satisfies the requirement uv==1", "Kiểm tra mạng"),
        ("error: No space left on device", "xem thông báo ở trên"),
    ],
)
def test_a_network_that_is_down_is_told_from_other_failures(
    launcher: ModuleType, capsys: pytest.CaptureFixture[str], said: str, expected: str
) -> None:
    assert expected in refusal(capsys, launcher.failed, "không cài được thư viện", "not installed", said)


def test_the_environment_is_made_again_only_when_the_lock_changes(launcher: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text("1")
    (tmp_path / "pyproject.toml").write_text("1")
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    launcher.PYTHON = str(python)
    assert not launcher.environment_is_current()
    launcher.stamp("environment", launcher.environment_digest())
    assert launcher.environment_is_current()
    (tmp_path / "uv.lock").write_text("2")
    assert not launcher.environment_is_current()
    launcher.stamp("environment", launcher.environment_digest())
    python.unlink()
    python.symlink_to(tmp_path / "gone")  # the system's Python was replaced
    assert not launcher.environment_is_current()


def test_the_front_end_is_built_again_only_when_a_source_changes(launcher: ModuleType, tmp_path: Path) -> None:
    page = tmp_path / "src" / "nganam" / "face" / "templates" / "a.html"
    page.parent.mkdir(parents=True)
    page.write_text("a")
    waiting = launcher.stale()
    assert set(waiting) == {"assets"}
    launcher.stamp("assets", waiting["assets"])
    assert set(launcher.stale()) == {"assets"}  # nothing is built yet
    (tmp_path / "src" / "nganam" / "face" / "static" / "face" / "built").mkdir(parents=True)
    assert launcher.stale() == {}
    page.write_text("ab")
    assert set(launcher.stale()) == {"assets"}


@pytest.mark.slow
def test_two_launchers_at_once_in_a_fresh_copy_make_one_environment(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    for path in checks.tracked():
        target = copy / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)
    command = [sys.executable, str(copy / "nganam"), "version"]
    first, second = (subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in "12")
    said = [one.communicate(timeout=300) for one in (first, second)]
    if any("Kiểm tra mạng" in err for _, err in said):
        pytest.skip("no network")
    assert [out.split()[0] for out, _ in said] == ["nganam", "nganam"], said
    assert sum("chuẩn bị môi trường" in err for _, err in said) == 1
    assert sum("chờ một tiến trình khác" in err for _, err in said) == 1
    again = subprocess.run(command, capture_output=True, text=True, check=True)
    assert again.stderr == ""
