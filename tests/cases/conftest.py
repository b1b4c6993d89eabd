"""A case of the tests' own: a table made for this folder only, outside every room."""

from functools import cache
from typing import ClassVar

import pytest
from django.db import connection

from nganam.audit import registry
from nganam.kernel.machine import Machine, State, Transition

PROBE = Machine(
    code="probe.case", vi="Hồ sơ thử", en="Probe", initial="draft",
    states=(
        State("draft", "Nháp", "Draft"), State("sent", "Đã gửi", "Sent"),
        State("granted", "Đã cấp", "Granted", final=True),
        State("refused", "Từ chối", "Refused", final=True),
    ),
    transitions=(
        Transition("send", ("draft",), "sent", "consumer", "Gửi", "Send", "D35.1", starts=("acct_issue",)),
        Transition("again", ("sent",), "sent", "consumer", "Bổ sung", "Add", starts=("acct_issue",)),
        Transition("grant", ("sent",), "granted", "provider", "Cấp", "Grant", "D35.3", stops=("acct_issue",)),
        Transition(
            "refuse", ("sent",), "refused", "provider", "Từ chối", "Refuse", "D35.3",
            needs=("reason", "legal_basis", "paper", "note"), stops=("acct_issue",),
        ),
        Transition("drop", ("draft", "sent"), "refused", "consumer", "Rút", "Withdraw"),
    ),
)  # fmt: skip
registry.register_machine(PROBE)


@cache
def probe_model():
    """Make the model once Django is ready: this file may be read before it is."""
    from django.db import models

    from nganam.cases.models import Case

    class Probe(Case):
        """A case with a field of its own."""

        MACHINE: ClassVar[Machine] = PROBE
        CODE_PREFIX: ClassVar[str] = "TH"
        note = models.CharField(max_length=200, blank=True)

        class Meta:
            app_label = "probe"

        def get_absolute_url(self):
            return f"/thu/{self.code}/"

    return Probe


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), connection.schema_editor() as editor:
        editor.create_model(probe_model())
    yield
    with django_db_blocker.unblock(), connection.schema_editor() as editor:
        editor.delete_model(probe_model())


@pytest.fixture
def probe():
    return probe_model()
