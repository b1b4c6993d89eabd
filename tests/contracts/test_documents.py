"""What is written down is true: settings, commands, links, generated pages; and nothing private is written at all."""

import json
import re
import subprocess
import sys
import tomllib

import pytest
import yaml
from django.conf import settings

from nganam.law.articles import article
from nganam.lgsp.tokens import LIFETIME
from nganam.site import checks, coverage
from nganam.site.commands import COMMANDS, find, overview
from nganam.site.env import ROOT


def test_help_lists_every_command_with_a_line() -> None:
    lines = overview().splitlines()
    for one in COMMANDS:
        assert any(line.startswith(f"  {one.words} ") and line.endswith(one.vi) for line in lines), one.words


def test_the_launcher_gives_help_with_nothing_but_the_standard_library() -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(ROOT / "nganam"), "help"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == overview()


def test_every_command_leads_to_a_function_that_says_what_it_does() -> None:
    from importlib import import_module

    for one in COMMANDS:
        module, _, name = one.target.partition(":")
        assert getattr(import_module(f"nganam.site.commands.{module}"), name).__doc__, one.words
        assert find(one.words.split()) == (one, [])


def test_every_command_and_variable_is_documented_and_no_document_invents_one() -> None:
    assert checks.undocumented() == []


def test_every_link_between_documents_leads_somewhere() -> None:
    assert checks.broken_links() == []


def test_commands_in_documents_exist() -> None:
    assert checks.wrong_commands() == []


def test_every_test_named_in_a_document_exists() -> None:
    known = set()
    for path in (ROOT / "tests").rglob("*.py"):
        known |= {path.stem, *re.findall(r"^ *def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)}
    for path, text in checks.markdown().items():
        assert set(re.findall(r"\btest_[a-z0-9_]+", text)) <= known, checks.shown(path)


def test_every_page_of_the_documentation_is_listed_in_its_table_of_contents() -> None:
    docs = ROOT / "docs"
    listed = set(re.findall(r"\]\(([^)#]+)", (docs / "README.md").read_text(encoding="utf-8")))
    pages = {path.relative_to(docs).as_posix() for path in docs.rglob("*.md")} - {"README.md"}
    assert pages - listed == set()


def test_what_is_said_of_the_life_of_a_token_follows_from_it() -> None:
    said = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    found = re.search(r"\| ([\d.]+) ms CPU.* A token lives (\w+) minutes, .* about ([\d ]+) applications", said)
    assert found
    minutes = LIFETIME.total_seconds() / 60
    assert {"five": 5, "ten": 10}[found[2]] == minutes
    assert int(found[3].replace(" ", "")) == pytest.approx(minutes * 60_000 / float(found[1]), rel=0.01)


def test_each_dependency_has_its_line_of_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = [project["project"]["dependencies"], *project["dependency-groups"].values()]
    named = {re.split(r"[\[<>=]", one)[0] for group in groups for one in group}
    named |= {re.split(r"[<>=]", one)[0] for one in project["build-system"]["requires"]}
    package = json.loads((ROOT / "frontend" / "package.json").read_text(encoding="utf-8"))
    named |= {*package["dependencies"], *package["devDependencies"]}
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| ([@\w./-]+) \|", page, re.MULTILINE)) - {"Package"} == named


def test_every_clause_that_a_test_proves_is_listed_among_the_articles() -> None:
    for clause, proofs in coverage.collect().items():
        try:
            article(clause)
        except LookupError:
            pytest.fail(f"{proofs[0].where}: add {clause} to src/nganam/law/articles.yaml, or cite what is there")


def test_generated_documents_are_current() -> None:
    assert [checks.shown(path) for path in checks.documents.outdated()] == []


def test_publiccode_says_what_the_project_says() -> None:
    said = yaml.safe_load((ROOT / "publiccode.yml").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert said["softwareVersion"] == project["version"]
    assert said["legal"]["license"] == project["license"]
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## {said['softwareVersion']} - {said['releaseDate']}\n" in changes
    languages = said["localisation"]["availableLanguages"]
    assert set(said["description"]) == set(languages) == {code for code, _ in settings.LANGUAGES}
    for told in said["description"].values():  # bounds of the publiccode.yml standard, 0.4
        assert len(told["shortDescription"]) <= 150
        assert 150 <= len(told["longDescription"]) <= 10_000
        assert all(len(one) <= 100 for one in told["features"])
    python = next(one for one in said["dependsOn"]["open"] if one["name"] == "Python")
    assert project["requires-python"] == f">={python['versionMin']}"


def test_no_tracked_file_names_a_machine_a_registry_or_a_key() -> None:
    assert checks.hygiene() == []


def test_hygiene_recognises_what_it_looks_for() -> None:
    slash = "/"
    assert checks.PRIVATE_PATH.search(f"open('{slash}home{slash}lan{slash}x')")
    assert checks.PRIVATE_PATH.search(f"{slash}root{slash}.cache")
    assert not checks.PRIVATE_PATH.search("https://example.vn/home/lan")
    assert not checks.PRIVATE_PATH.search("/usr/bin/env, /etc/nganam, /var/lib/nganam")
    assert checks.REGISTRY.search("https://registry." + "npm" + "js.org/x")
    assert checks.SECRET.search("-----BEGIN " + "PRIVATE KEY-----")
