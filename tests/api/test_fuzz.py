"""The JSON interface keeps to its own description whatever is sent: schemathesis makes the calls (slow).

For each machine a real case is read, changed and moved by every address, by an officer of either side and of the lead
agency: no server error, no undescribed status, no other shape or media type may come back.
"""

import importlib
from pathlib import Path

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

import scenes
import scenes_accounts
import scenes_beyond
import scenes_outside
from nganam.accounts import keys

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
CHECKS = (
    schemathesis.checks.not_a_server_error, status_code_conformance, content_type_conformance,
    response_schema_conformance,
)  # fmt: skip
EXAMPLES = 3
CASES = {
    code: make
    for path in sorted(Path(__file__).parents[1].glob("scenes*.py"))
    for code, make in getattr(importlib.import_module(path.stem), "CASES", {}).items()
}


@pytest.fixture
def one_connection():
    """Keep the test's connection over the calls, as Django's own test client does: it holds what the test wrote."""
    from django.core.signals import request_finished, request_started
    from django.db import close_old_connections

    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def interface(province, one_connection):
    """Return the description, read from the running application, and keys of Lan, Phúc and Minh."""
    from django.utils import timezone

    texts = [
        keys.issue_api_key(actor=actor, at=timezone.now(), name="Thử", days=1)[1]
        for actor in (scenes.LAN, scenes.PHUC, scenes.MINH)
    ]
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application()), texts


@pytest.mark.parametrize("kind", sorted(CASES))
def test_whatever_is_sent_about_a_case_is_answered_as_described(interface, kind):
    schema, texts = interface
    case = CASES[kind]()
    operations = [one.ok() for one in schema.get_all_operations() if f"/cases/{kind}" in one.ok().path]
    answered: set[int] = set()
    for place, operation in enumerate(operations):
        _call_variously(operation, texts[place % len(texts)], {"code": case.code}, answered)
    assert not operations or answered & {200, 201, 403, 409, 422}, "the calls reach the deeds"


def test_whatever_is_asked_of_the_public_part_is_answered_as_described(interface):
    schema, texts = interface
    scenes.published_service()
    scenes_outside.listed()
    operations = [one for one in _operations(schema) if "security" not in one.definition.raw]
    assert len(operations) == 9
    for operation in operations:
        _call_variously(operation, texts[0], {}, set())


def _operations(schema):
    return [one.ok() for one in schema.get_all_operations()]


def _credential(account):
    """Give a handed-over account a credential; return its name."""
    from nganam.lgsp import operations

    return operations.issue_credential(account, actor=scenes.PHUC, at=scenes.AT)[0].client_id


def _local_term():
    from nganam.deadlines.models import LocalTerm

    return LocalTerm.objects.create(key="opinion", value=2, vi="Cho ý kiến", en="Opinion", unit="days")


def _named_credential():
    account = scenes.account()
    return {"code": account.code, "client_id": _credential(account)}


def _incident():
    from nganam.lgsp.models import Incident, Tally
    from nganam.lgsp.watching import operations

    service = scenes.account().service.code
    Tally.objects.create(
        grain="minute", starts_at=scenes.AT, provider="CT-SYT", service=service, consumer="CT-X31507/MCDT", calls=40,
        failed=40,
    )  # fmt: skip
    operations.judge(at=scenes.AT)
    return Incident.objects.get()


def _test_credential():
    from nganam.sharing.sandbox.operations import issue_test_credential

    application = scenes.application()
    made, _secret = issue_test_credential(application, actor=scenes.PHUC, at=scenes.AT)
    return {"application": application.code, "client_id": made.client_id}


BESIDE_CASES = {
    "/applications": lambda: {"made": scenes.application()},
    "/test-credentials": _test_credential,
    "/delegations": lambda: {"code": scenes_accounts.delegation().code},
    "/outside-agencies": lambda: {"made": scenes_outside.ministry()},
    "/outside-services": lambda: {"code": scenes_outside.listed().code},
    "/data-errors": lambda: {"subject": f"sharing.account:{scenes.account().code}"},
    "/calendar": lambda: {"year": 2026},
    "/local-terms": lambda: {"key": _local_term().key},
    "/desk/": lambda: {"made": scenes.sent_request()},
    "/credentials": _named_credential,
    "/gateway/platforms": lambda: {"code": scenes_beyond.platform().code},
    "/gateway/": lambda: {"number": 1},  # nothing was published yet
    "/gateway/incidents": lambda: {"code": _incident().code},
    "/gateway/quality": lambda: {"code": scenes.account().service.code},
    "/gateway/alert-rules": lambda: {"key": "down"},
}
"""What the other addresses of an officer begin with: something of each kind, and what their path names."""


def test_every_address_of_an_officer_is_called(interface):
    schema, _texts = interface
    # A proof of a call needs the files of a real one: tests of the evidence ask for it.
    parts = (*BESIDE_CASES, *(f"/cases/{kind}" for kind in CASES), "/cases/{kind}/{code}/urge", "/exchanges/")
    left = [one.path for one in _operations(schema) if "security" in one.definition.raw]
    assert [path for path in left if not any(part in path for part in parts) and path != "/api/v1/cases"] == []


@pytest.mark.parametrize("part", sorted(BESIDE_CASES))
def test_whatever_is_sent_beside_the_cases_is_answered_as_described(interface, part):
    schema, texts = interface
    known = BESIDE_CASES[part]()
    operations = [one for one in _operations(schema) if part in one.path and "security" in one.definition.raw]
    assert operations
    answered: set[int] = set()
    for operation in operations:
        for text in texts:
            _call_variously(operation, text, known, answered)
    assert answered & {200, 201, 403, 409, 422}, "the calls reach the deeds"


def _call_variously(operation, key, known, answered):
    """Call an operation with what its description allows; ``known`` stands wherever its names are asked for."""

    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    def call(case):
        for members in (case.path_parameters, case.body):
            if isinstance(members, dict):
                members.update({name: known[name] for name in members.keys() & known.keys()})
        response = case.call(headers={"Authorization": f"Bearer {key}"})
        answered.add(response.status_code)
        case.validate_response(response, checks=CHECKS)

    given(case=operation.as_strategy())(call)()
