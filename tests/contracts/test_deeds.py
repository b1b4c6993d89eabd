"""Every transition can be recorded and read in both languages; the schema and its migrations agree."""

from io import StringIO

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db.migrations.loader import MigrationLoader

from nganam.audit import registry
from nganam.cases.models import Case
from nganam.kernel.machine import Machine
from nganam.site.documents import machines

IN_USE = {model.MACHINE.code for model in apps.get_models() if issubclass(model, Case)}


@pytest.mark.parametrize("machine", machines(), ids=lambda machine: machine.code)
def test_every_transition_has_an_audit_action_in_both_languages(machine: Machine) -> None:
    if machine.code not in IN_USE:
        pytest.skip("the room has no table for it yet")
    for name in ("opened", *(one.name for one in machine.transitions)):
        action = registry.action(f"{machine.code}.{name}")
        assert action.vi
        assert action.en
        assert action.vi != action.en


def test_every_case_moves_by_a_machine_stated_in_workflow() -> None:
    assert {machine.code for machine in machines()} >= IN_USE


@pytest.mark.django_db
def test_models_and_migrations_agree() -> None:
    said = StringIO()
    try:
        call_command("makemigrations", check=True, dry_run=True, stdout=said, stderr=said)
    except (SystemExit, CommandError):
        pytest.fail(f"run makemigrations:\n{said.getvalue()}")


def test_each_room_has_one_migration_head() -> None:
    loader = MigrationLoader(None)
    assert loader.detect_conflicts() == {}
