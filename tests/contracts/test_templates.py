"""Every template compiles; every whole page stands on a layout and has a title; nothing in a page breaks the policy."""

import json
import re
from pathlib import Path

import pytest
from django.template.loader import get_template

from nganam.face import assets
from nganam.site.env import ROOT

ROOMS = ROOT / "src/nganam"
TEMPLATES = sorted(ROOMS.glob("*/templates/**/*.html"))
EXTENDS = re.compile(r"{%\s*extends\s+\"([^\"]+)\"\s*%}")
TITLE = re.compile(r"{%\s*block title\s*%}\s*\S")
LAYOUTS = {"face/skeleton.html", "face/base.html", "face/desk.html", "face/auth.html"}
INLINE = re.compile(r"<[a-z][^>]*\s(style|on[a-z]+)\s*=|<style\b|<script(?![^>]*\bsrc=)[^>]*>", re.IGNORECASE)
ICON = re.compile(r"(?:{%\s*icon\s+|\sicon=)[\"'](?!icon[\"'])([a-z][a-z0-9-]*)[\"']")
ELSEWHERE = re.compile(r"(?:src|href|action)=\"(?:https?:)?//", re.IGNORECASE)
ids = [path.relative_to(ROOMS).as_posix() for path in TEMPLATES]


def name_of(path: Path) -> str:
    return path.as_posix().split("/templates/", 1)[1]


@pytest.mark.parametrize("path", TEMPLATES, ids=ids)
def test_a_template_compiles(path):
    get_template(name_of(path))


@pytest.mark.parametrize("path", TEMPLATES, ids=ids)
def test_a_page_stands_on_a_layout_and_has_a_title(path):
    text = path.read_text(encoding="utf-8")
    extended = EXTENDS.search(text)
    if name_of(path) in LAYOUTS or (extended is None and "<html" not in text):
        return
    assert extended is not None, "a whole page extends face/base.html, face/desk.html or face/auth.html"
    if extended[1] in LAYOUTS:
        assert TITLE.search(text), "fill {% block title %}"


@pytest.mark.parametrize("path", TEMPLATES, ids=ids)
def test_a_template_has_no_inline_script_or_style(path):
    assert not INLINE.findall(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", TEMPLATES, ids=ids)
def test_a_template_fetches_nothing_from_elsewhere(path):
    text = path.read_text(encoding="utf-8")
    assert not [tag for tag in re.findall(r"<(?:link|script|img|iframe|form)\b[^>]*>", text) if ELSEWHERE.search(tag)]


def test_every_icon_named_in_a_template_exists():
    icons = ROOT / "frontend/node_modules/lucide-static/icons"
    if not icons.exists():
        pytest.skip("giao diện chưa được dựng (frontend/node_modules)")
    named = {name for path in TEMPLATES for name in ICON.findall(path.read_text(encoding="utf-8"))}
    named |= set(json.loads((ROOT / "frontend/icons.json").read_text(encoding="utf-8")))
    assert {name for name in named if not (icons / f"{name}.svg").exists()} == set()


def test_an_icon_chosen_in_python_is_in_the_sprites_list():
    listed = set(json.loads((ROOT / "frontend/icons.json").read_text(encoding="utf-8")))
    navigation = (ROOMS / "site/context.py").read_text(encoding="utf-8")
    chosen = set(re.findall(r"Place\(\"[^\"]+\", gettext_noop\(\"[^\"]+\"\), \"([a-z0-9-]+)\"", navigation))
    assert chosen
    assert chosen <= listed


CLASS = re.compile(r"class=\"([^\"]*)\"")
MADE_UP = re.compile(r"-$|^(done|htmx-[a-z]+)$")
"""Classes whose rest a variable holds; their kinds are looked at in a browser."""


def test_every_class_of_a_template_has_a_style():
    built = ROOT / assets.BUILT
    if not built.exists() or (built / assets.STAMP).read_text(encoding="ascii") != assets.digest(ROOT):
        pytest.skip("giao diện chưa được dựng lại (front end not built from these templates): ./nganam prepare")
    styled = {
        one.replace("\\", "") for one in re.findall(r"\.((?:\\.|[\w-])+)", (built / "app.css").read_text("utf-8"))
    }
    unknown: dict[str, str] = {}
    for path in TEMPLATES:
        text = re.sub(r"{%.*?%}|{{.*?}}", " ", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        words = {word for value in CLASS.findall(text) for word in value.split()}
        unknown |= {word: name_of(path) for word in words - styled if not MADE_UP.search(word)}
    assert unknown == {}


USE = re.compile(r"<c-(?!vars|slot)([a-z_-]+)((?:\s+[^\s/>\"'=]+(?:=(?:\"[^\"]*\"|'[^']*'))?)*)\s*/?>")
ATTRIBUTE = re.compile(r":?([a-z_-]+)(?:=(?:\"[^\"]*\"|'[^']*'))?")
TAG = re.compile(r"{%.*?%}|{{.*?}}|{#.*?#}", re.DOTALL)
COTTON = ROOMS / "face/templates/cotton"


@pytest.mark.parametrize("path", TEMPLATES, ids=ids)
def test_a_component_is_given_only_what_it_takes(path):
    text = re.sub(r"{%\s*comment\s*%}.*?{%\s*endcomment\s*%}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    for name, attributes in USE.findall(TAG.sub("x", text)):
        component = COTTON / f"{name.replace('-', '_')}.html"
        assert component.exists(), f"no component c-{name}; see /thanh-phan/"
        takes = component.read_text(encoding="utf-8")
        if "{{ attrs }}" not in takes:
            given = {attribute for attribute in ATTRIBUTE.findall(attributes) if attribute != "class"}
            assert not {one for one in given if not re.search(rf"\b{one}\b", takes)}, f"c-{name} does not take these"
