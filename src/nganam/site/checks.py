"""Our own static checks: documentation, translations, and what must not stand in a public repository.

``python -m nganam.site.checks NAME`` prints what is wrong and exits 1. No Django.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote

from nganam.site import documents
from nganam.site.commands import COMMANDS, find
from nganam.site.env import PORTS, ROOT

INTERNAL = {"NGANAM_REEXEC", "NGANAM_SUPERVISED"}
"""Variables the platform sets for its own processes."""
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")
BLOCK = re.compile(r"```.*?```", re.DOTALL)
SHELL_BLOCK = re.compile(r"```(?:sh|bash|console|shell)\n(.*?)```", re.DOTALL)
READERS = {"text", "networks", "flag", "number"}
LOCKS = {"uv.lock", "package-lock.json"}
BINARY = {
    ".png",
    ".jpg",
    ".jpeg",
    ".webp",
    ".woff2",
    ".ttf",
    ".otf",
    ".ico",
    ".xlsx",
    ".docx",
    ".pdf",
    ".parquet",
    ".gz",
}


# -- the tracked files --


@cache
def tracked() -> tuple[Path, ...]:
    """Return the files under version control (those git would add counted in); every file when there is no git."""
    git = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(git, capture_output=True, text=True, check=False)
    if done.returncode:
        return tuple(path for path in ROOT.rglob("*") if path.is_file() and ".venv" not in path.parts)
    return tuple(path for name in done.stdout.split("\0") if name and (path := ROOT / name).is_file())


def texts(*suffixes: str) -> Iterator[tuple[Path, str]]:
    """Yield the tracked text files (with one of ``suffixes``) and what they say."""
    for path in tracked():
        if path.suffix in BINARY or (suffixes and path.suffix not in suffixes):
            continue
        try:
            yield path, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def shown(path: Path) -> str:
    """Return a path as people write it."""
    return path.relative_to(ROOT).as_posix()


# -- documentation --


def markdown() -> dict[Path, str]:
    """Return README, CONTRIBUTING and everything under ``docs/``."""
    return dict(texts(".md"))


def environment_variables() -> set[str]:
    """Return every ``NGANAM_…`` variable that the code reads."""
    found = {f"NGANAM_{name}" for name in PORTS}
    for path, text in texts(".py"):
        if path.is_relative_to(ROOT / "src"):
            found |= {name for node in ast.walk(ast.parse(text)) if (name := _variable(node))}
    return found - INTERNAL


def _variable(node: ast.AST) -> str:
    """Return the variable that a call like ``env.text("HOSTS", …)`` or ``environ.get("NGANAM_DATA")`` reads, or ""."""
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Attribute) and node.value.attr == "environ":
        return _literal(node.slice)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in READERS and node.args:
        word = _literal(node.args[0], "")  # env.py itself reads without a prefix
        return f"NGANAM_{word}" if re.fullmatch(r"[A-Z][A-Z_]+", word) else ""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or not node.args:
        return ""
    owner, name = node.func.value, node.func.attr
    if isinstance(owner, ast.Name) and owner.id == "env" and name in READERS:
        word = _literal(node.args[0], "")
        return f"NGANAM_{word}" if word else ""
    if isinstance(owner, ast.Attribute) and owner.attr == "environ":
        return _literal(node.args[0])
    return ""


def _literal(node: ast.AST, prefix: str = "NGANAM_") -> str:
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return node.value if is_text and node.value.startswith(prefix) else ""  # type: ignore[attr-defined]


def undocumented() -> list[str]:
    """List commands and variables that no document names, and variables that documents name but nothing reads."""
    everything = "\n".join(markdown().values())
    known = environment_variables()
    found = [
        f"lệnh chưa có trong tài liệu: ./nganam {one.words}"
        for one in COMMANDS
        if f"./nganam {one.words}" not in everything
    ]
    found += [f"biến chưa có trong tài liệu: {name}" for name in sorted(known) if name not in everything]
    named = set(re.findall(r"\bNGANAM_[A-Z][A-Z0-9_]*[A-Z0-9]\b", everything))
    return found + [f"tài liệu nhắc biến không ai đọc: {name}" for name in sorted(named - known - INTERNAL)]


def broken_links() -> list[str]:
    """List links between documents that lead nowhere."""
    found = []
    for path, text in markdown().items():
        for target in LINK.findall(BLOCK.sub("", text)):
            place, _, anchor = unquote(target).partition("#")
            if re.match(r"[a-z]+:", target) or place.startswith("//"):
                continue
            other = (ROOT / place.lstrip("/") if place.startswith("/") else path.parent / place) if place else path
            if not other.exists():
                found.append(f"{shown(path)}: liên kết hỏng {target}")
            elif anchor and other.suffix == ".md" and anchor not in anchors(other.read_text(encoding="utf-8")):
                found.append(f"{shown(path)}: không có mục #{anchor} trong {shown(other.resolve())}")
    return found


def anchors(text: str) -> set[str]:
    """Return the anchors of a document's headings, as forges make them."""
    heads = re.findall(r"^#+\s+(.+?)\s*$", BLOCK.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", re.sub(r"[`*_]", "", head).lower()).replace(" ", "-") for head in heads}


def wrong_commands() -> list[str]:
    """List command lines in shell blocks of documents that name no command of ours."""
    found = []
    for path, text in markdown().items():
        for line in (
            line.strip().removeprefix("$ ") for block in SHELL_BLOCK.findall(text) for line in block.splitlines()
        ):
            words = line.split("#")[0].split()
            while words and re.match(r"[A-Z_]+=", words[0]):
                words = words[1:]
            if words[:1] == ["./nganam"] and find(words[1:]) is None:
                found.append(f"{shown(path)}: không có lệnh {line}")
    return found


def documentation() -> list[str]:
    """Check everything written: settings, commands, links, generated pages."""
    stale = [f"{shown(path)} đã cũ: chạy ./nganam docs" for path in documents.outdated()]
    return [*undocumented(), *broken_links(), *wrong_commands(), *stale]


# -- what must not stand in a public repository --

SLASH = "/"
HOMES = ("home", "Users", "root", "work", "workspace", "mnt")
PRIVATE_PATH = re.compile(rf"(?<![\w.:/<>$}}{{-]){SLASH}(?:{'|'.join(HOMES)}){SLASH}[\w.-]+")
REGISTRY = re.compile(
    r"\b(?:" + "|".join((r"registry\." + r"[a-z]+js", "py" + "pi", "test." + "py" + "pi")) + r")\.org\b"
)
SECRET = re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36}\b")
PUBLIC_INDEX = re.compile(rf"https?:{SLASH}{SLASH}([^/\"\s]+)")


def hygiene() -> list[str]:
    """List machine paths, registry hosts, keys, and lock files that were made against another index."""
    found = []
    for path, text in texts():
        if path.name in LOCKS:
            found += _foreign_hosts(path, text)
            continue
        for number, line in enumerate(text.splitlines(), 1):
            for what, pattern in (("đường dẫn máy", PRIVATE_PATH), ("kho gói", REGISTRY), ("khóa bí mật", SECRET)):
                if pattern.search(line):
                    found.append(f"{shown(path)}:{number}: {what}")
    return found


def _foreign_hosts(path: Path, text: str) -> list[str]:
    hosts = set(PUBLIC_INDEX.findall("\n".join(re.findall(r'(?:registry|url|"resolved")\s*[=:]\s*".*?"', text))))
    allowed = re.compile(REGISTRY.pattern + "|files." + "python" + r"hosted\.org")
    return [f"{shown(path)}: máy chủ lạ {host}" for host in sorted(hosts) if not allowed.fullmatch(host)]


def translations() -> list[str]:
    """List texts without a translation, or with a broken one."""
    if find_spec("nganam.face.messages") is None:
        return []
    return [str(one) for one in import_module("nganam.face.messages").problems()]


CHECKS: dict[str, Callable[[], list[str]]] = {
    "documentation": documentation,
    "hygiene": hygiene,
    "translations": translations,
}


def main(names: list[str]) -> int:
    """Print what the named checks find."""
    found = [problem for name in names or CHECKS for problem in CHECKS[name]()]
    sys.stdout.write("".join(f"{problem}\n" for problem in found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
