"""The front end is built whole or not at all, and only when something changed."""

import json
from pathlib import Path

import pytest

from nganam.face import assets
from nganam.kernel.errors import Unavailable
from nganam.site.env import ROOT


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout whose front end has no packages and whose program writes one file."""
    frontend = tmp_path / "frontend"
    frontend.mkdir()
    (frontend / "package.json").write_text('{"name": "x", "version": "1.0.0"}', encoding="utf-8")
    lock = {"name": "x", "version": "1.0.0", "lockfileVersion": 3, "packages": {"": {"name": "x", "version": "1.0.0"}}}
    (frontend / "package-lock.json").write_text(json.dumps(lock), encoding="utf-8")
    write_program(tmp_path, "one")
    (tmp_path / "src/nganam/face/static/face").mkdir(parents=True)
    return tmp_path


def write_program(root: Path, text: str) -> None:
    (root / "frontend/build.mjs").write_text(
        "import {mkdirSync, writeFileSync} from 'node:fs';"
        f"mkdirSync(process.argv[2], {{recursive: true}}); writeFileSync(process.argv[2] + '/app.css', '{text}');",
        encoding="utf-8",
    )


def test_a_first_build_then_nothing_until_an_input_changes(root):
    (root / "frontend/node_modules").mkdir()
    assets.build(root)
    built = root / assets.BUILT / "app.css"
    first = built.stat().st_mtime_ns
    assets.build(root)
    assert (built.read_text(), built.stat().st_mtime_ns) == ("one", first)
    write_program(root, "two")
    assets.build(root)
    assert built.read_text() == "two"
    assert [path.name for path in built.parent.parent.iterdir()] == ["built"]


def test_a_new_template_is_an_input(root):
    before = assets.digest(root)
    page = root / "src/nganam/phong/templates/phong/x.html"
    page.parent.mkdir(parents=True)
    page.write_text("<p class='p-4'></p>", encoding="utf-8")
    assert assets.digest(root) != before


def test_a_failed_build_says_why_and_leaves_the_old_one(root):
    (root / "frontend/node_modules").mkdir()
    assets.build(root)
    (root / "frontend/build.mjs").write_text("throw new Error('hỏng rồi')", encoding="utf-8")
    with pytest.raises(Unavailable) as refused:
        assets.build(root)
    assert "hỏng rồi" in refused.value.message
    assert refused.value.hint
    assert (root / assets.BUILT / "app.css").read_text() == "one"


def test_a_checkout_without_its_front_end_says_so(tmp_path):
    with pytest.raises(Unavailable, match="frontend"):
        assets.build(tmp_path)


def test_an_installed_package_needs_no_front_end(tmp_path):
    (tmp_path / assets.BUILT).mkdir(parents=True)
    assets.build(tmp_path)


def test_the_lock_file_names_no_registry():
    lock = json.loads((ROOT / "frontend/package-lock.json").read_text(encoding="utf-8"))
    assert not [name for name, package in lock["packages"].items() if "resolved" in package]
    assert all("integrity" in package for name, package in lock["packages"].items() if name)
