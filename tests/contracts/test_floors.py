"""Imports and foreign keys only point down; files and functions stay small; what is public is described."""

import ast
import statistics
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps

from nganam.site.env import ROOT

SRC = ROOT / "src" / "nganam"
LONGEST_FILE = 600
MEDIAN_FUNCTION = 12
FloorsOf = dict[str, int]
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


def floors() -> FloorsOf:
    """Return the height of each room; rooms of one floor have the same."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contract = next(one for one in config["tool"]["importlinter"]["contracts"] if one["id"] == "floors")
    levels = list(reversed(contract["layers"]))
    return {name.strip(" ()"): height for height, level in enumerate(levels) for name in level.split("|")}


def sources(folder: Path = SRC) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*.py")) if "migrations" not in path.parts)


def functions(path: Path) -> Iterator[tuple[FunctionNode, bool]]:
    """Yield each function of a file, and whether it is public: reachable by a name without underscore."""

    def walk(node: ast.AST, *, public: bool) -> Iterator[tuple[FunctionNode, bool]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, FunctionNode):
                yield child, public and not child.name.startswith("_")
                yield from walk(child, public=False)
            else:
                inner = not (isinstance(child, ast.ClassDef) and child.name.startswith("_"))
                yield from walk(child, public=public and inner)

    return walk(ast.parse(path.read_text(encoding="utf-8")), public=True)


def test_imports_only_go_down() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_every_room_stands_on_a_floor() -> None:
    rooms = {path.parent.name for path in SRC.glob("*/__init__.py")}
    assert rooms <= floors().keys()


def test_foreign_keys_are_strings_and_point_down() -> None:
    height, wrong = floors(), []
    for model in apps.get_models():
        room = model._meta.app_label
        if not model.__module__.startswith("nganam."):
            continue
        for field in model._meta.get_fields():
            other = field.related_model if field.concrete and field.is_relation else None
            if other is None or other._meta.app_label not in height:
                continue
            if height[other._meta.app_label] >= height[room] and other._meta.app_label != room:
                wrong.append(f"{model.__name__}.{field.name} → {other._meta.label}")
    assert wrong == []


def test_foreign_keys_between_rooms_are_written_as_strings() -> None:
    keys = {"ForeignKey", "OneToOneField", "ManyToManyField"}
    wrong = []
    for path in SRC.glob("*/models*.py"):
        own = {
            node.name
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.ClassDef)
        }
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in keys:
                target = node.args[0] if node.args else next((k.value for k in node.keywords if k.arg == "to"), None)
                if isinstance(target, ast.Name) and target.id not in own:
                    wrong.append(f"{path.relative_to(ROOT)}:{node.lineno} {target.id}")
    assert wrong == []


def test_no_room_listens_to_signals() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}"
        for path in sources()
        if "django.db.models.signals" in path.read_text(encoding="utf-8")
        or "@receiver" in path.read_text(encoding="utf-8")
    ]
    assert wrong == []


def test_no_file_is_longer_than_600_lines() -> None:
    everything = [*sources(), *sources(ROOT / "tests"), ROOT / "nganam"]
    long = {
        str(path.relative_to(ROOT)): count
        for path in everything
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST_FILE
    }
    assert long == {}


def test_the_median_function_is_short() -> None:
    lengths = [(node.end_lineno or 0) - node.lineno + 1 for path in sources() for node, _ in functions(path)]
    assert statistics.median(lengths) < MEDIAN_FUNCTION


def test_public_functions_say_what_they_do() -> None:
    silent = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in sources()
        for node, public in functions(path)
        if public and not ast.get_docstring(node) and not any(_is_overload(one) for one in node.decorator_list)
    ]
    assert silent == []


def _is_overload(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "overload"


@pytest.mark.parametrize("room", sorted(path.parent.name for path in SRC.glob("*/__init__.py")))
def test_every_room_has_a_doorplate(room: str) -> None:
    text = ast.get_docstring(ast.parse((SRC / room / "__init__.py").read_text(encoding="utf-8")))
    assert text, f"nganam/{room}/__init__.py says nothing about its purpose"
