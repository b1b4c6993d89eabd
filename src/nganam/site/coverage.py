"""Which clause of the law is proven by which test: read from ``@pytest.mark.law("S8.2c")`` without running anything."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nganam.law import articles
from nganam.site.env import ROOT

DOCUMENT = Path("docs/law/coverage.md")
HEADER = """\
# Điều khoản và kiểm thử

Sinh từ dấu `@pytest.mark.law(…)` bằng `./nganam law coverage --write`; không sửa tay.

*Which clause is proven by which test; generated from the test marks.*
"""

UNPROVEN: dict[str, str] = {}
"""Clauses that no test can prove yet, each with its reason; one that gets a test leaves this list."""


@dataclass(frozen=True, slots=True)
class Proof:
    """One test: its name as a sentence, and its file."""

    sentence: str
    where: str


def collect(root: Path = ROOT) -> dict[str, list[Proof]]:
    """Return the proofs of each clause named by a mark in ``root``'s tests."""
    found: dict[str, list[Proof]] = {}
    for path in sorted((root / "tests").rglob("test_*.py")):
        where = path.relative_to(root).as_posix()
        for name, clause in _marks(ast.parse(path.read_text(encoding="utf-8"))):
            found.setdefault(clause, []).append(Proof(name.removeprefix("test_").replace("_", " "), where))
    return found


def _marks(module: ast.Module) -> Iterator[tuple[str, str]]:
    everywhere = [clause for node in module.body if _is_pytestmark(node) for clause in _clauses(node)]
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            own = [clause for one in node.decorator_list for clause in _clauses(one)]
            yield from ((node.name, clause) for clause in dict.fromkeys([*everywhere, *own]))


def _is_pytestmark(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "pytestmark" for t in node.targets)


def _clauses(tree: ast.AST) -> list[str]:
    return [
        argument.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "law"
        for argument in node.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    ]


def order(clause: str) -> tuple[object, ...]:
    """Return a key that puts ``S8.2`` before ``S10.1``."""
    return tuple((0, int(part)) if part.isdigit() else (1, part) for part in re.findall(r"\d+|[^\d.]+", clause))


def render(found: dict[str, list[Proof]]) -> str:
    """Return the document: per legal text the clauses with their proofs, then the listed clauses without any."""
    lines, instrument = [HEADER], ""
    for clause in sorted(found, key=lambda one: (describe(one)[0], order(one))):
        text, summary = describe(clause)
        if text != instrument:
            instrument = text
            lines += [f"\n## {text}\n", "| Điều khoản | Nội dung | Kiểm thử |", "|---|---|---|"]
        depth = "../" * len(DOCUMENT.parent.parts)
        proofs = "<br>".join(f"[{one.sentence}]({depth}{one.where})" for one in found[clause])
        lines.append(f"| {clause} | {summary} | {proofs} |")
    missing = [code for code in articles.articles() if not any(_within(clause, code) for clause in found)]
    lines += ["\n## Điều khoản được viện dẫn mà chưa có kiểm thử nào mang dấu\n"]
    lines.append(", ".join(one for one in missing if one not in UNPROVEN) or "Không có.")
    lines += ["\n## Chưa chứng minh được, và vì sao\n", "| Điều khoản | Vì sao |", "|---|---|"]
    lines += [f"| {one} | {UNPROVEN[one]} |" for one in sorted(UNPROVEN, key=order)]
    return "\n".join(lines) + "\n"


def describe(clause: str) -> tuple[str, str]:
    """Return the legal text a clause is in and what it says in our words."""
    try:
        found = articles.article(clause)
    except LookupError:
        return "Dấu chưa có trong danh sách điều khoản", ""
    return found.instrument_vi, found.summary


def _within(clause: str, code: str) -> bool:
    """Say whether ``clause`` (``S8.2c``) is ``code`` or a part of it (``S8.2``, ``S8``)."""
    return clause == code or (clause.startswith(code) and not clause[len(code)].isdigit())


def write(found: dict[str, list[Proof]], root: Path = ROOT) -> Path:
    """Write the document and return its path."""
    path = root / DOCUMENT
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render(found), encoding="utf-8")
    return path
