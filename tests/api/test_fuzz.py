"""The JSON interface keeps to its own description whatever is sent: schemathesis makes the calls (slow).

For each machine a real case is read, changed and moved by every address, by an officer of either side and of the lead
agency: no server error, no undescribed status, no other shape or media type may come back.

``NGANAM_FUZZ_EXAMPLES=50 ./nganam test tests/api/test_fuzz.py`` sends fifty calls an operation, drawn anew each time.
"""

import functools
import importlib
import itertools
import os
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
import scenes_disputes
import scenes_open_tier
import scenes_outside
from nganam.accounts import keys
from nganam.kernel.actors import system
from nganam.warehouse import loading
from nganam.warehouse import operations as warehouse

pytestmark = [pytest.mark.slow, pytest.mark.beside, pytest.mark.once, pytest.mark.django_db]
CHECKS = (
    schemathesis.checks.not_a_server_error, status_code_conformance, content_type_conformance,
    response_schema_conformance,
)  # fmt: skip
EXAMPLES = int(os.environ.get("NGANAM_FUZZ_EXAMPLES", "3"))
"""As few as an ordinary run has time for, always the same; more of them are drawn anew each time."""
DRAWN_ANEW = "NGANAM_FUZZ_EXAMPLES" in os.environ
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
def callers(province, one_connection, settings):
    """Return keys of Lan, Phúc and Minh."""
    from django.utils import timezone

    settings.NGANAM_UPSTREAM_NETWORKS = "127.0.0.0/8, ::1/128"
    return [
        keys.issue_api_key(actor=actor, at=timezone.now(), name="Thử", days=1)[1]
        for actor in (scenes.LAN, scenes.PHUC, scenes.MINH)
    ]


@functools.cache
def _described():
    """Return the description, which is long to read: once for all tests of a process."""
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())


@functools.cache
def _operations():
    return tuple(one.ok() for one in _described().get_all_operations())


@pytest.mark.parametrize("kind", sorted(CASES))
def test_whatever_is_sent_about_a_case_is_answered_as_described(callers, kind):
    case = CASES[kind]()
    operations = [one for one in _operations() if f"/cases/{kind}" in one.path]
    answered: set[int] = set()
    for place, operation in enumerate(operations):
        turned = callers[place % len(callers) :] + callers[: place % len(callers)]
        _call_variously(operation, turned, {"code": case.code}, answered)
    assert not operations or answered & {200, 201, 403, 409, 422}, "the calls reach the deeds"


def test_whatever_is_asked_of_the_public_part_is_answered_as_described(callers):
    scenes.published_service()
    scenes_outside.listed()
    operations = [one for one in _operations() if "security" not in one.definition.raw]
    assert len(operations) == 16
    for operation in operations:
        _call_variously(operation, callers, {}, set())


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


def _system():
    import scenes_upstreams

    return {"code": scenes_upstreams.upstream().code}


def _certificate():
    from cryptography.hazmat.primitives.asymmetric import ec

    from gateway_rig import certificate_request
    from nganam.lgsp.certificates import issue_certificate

    account, csr = scenes.account(), certificate_request(ec.generate_private_key(ec.SECP256R1()))
    made = issue_certificate(account, actor=scenes.PHUC, at=scenes.AT, csr=csr)
    return {"code": account.code, "serial": made.serial}


def _webhook():
    from nganam.lgsp.models import Delivery
    from nganam.lgsp.webhooks import operations

    account = scenes.account()
    made, _secret = operations.subscribe(account, actor=scenes.PHUC, at=scenes.AT, url="http://127.0.0.1:9/x")
    operations.try_out(made, actor=scenes.PHUC, at=scenes.AT)
    return {"code": account.code, "message": Delivery.objects.get().message_id}


def _case_with_files():
    """Give a dispute whose answer was a letter, with a file one side sent."""
    from io import BytesIO

    from nganam.disputes import saying
    from nganam.documents.models import Paper, StoredFile

    found = scenes_disputes.unresolved()
    sent = saying.Attached("bien-ban.pdf", BytesIO(b"%PDF-1.7\n1 0 obj\n"))
    saying.state_view(actor=scenes.PHUC, at=scenes.AT, dispute=found, text="Gửi biên bản.", files=[sent])
    paper = Paper.objects.filter(object_type="disputes.dispute").latest("pk")
    sha256 = StoredFile.objects.latest("pk").sha256
    return {"kind": "disputes.dispute", "code": found.code, "paper": paper.code, "form": "pdf", "sha256": sha256}


def _import():
    from nganam.services import importing
    from scenes_services import SPREADSHEET_ROW, workbook

    scenes.loaded_table()
    sent = workbook(SPREADSHEET_ROW)
    return {"code": importing.upload(actor=scenes.LAN, at=scenes.AT, name="dv.xlsx", stream=sent).code}


def _tier():
    tier = scenes_open_tier.offered()
    return {"code": tier.code, "service": tier.service.code}


def _stopped():
    """Leave a load that stopped for a column nobody knew."""
    table = scenes.loaded_table()
    columns = [*table.contract["columns"], {"name": "la"}]
    content = scenes.as_csv(columns, [(*row, "x") for row in scenes.ROWS])
    code = warehouse.start_load(
        actor=scenes.LAN, at=scenes.AT, table=table, upload=warehouse.Upload("moi.csv", [content])
    ).code
    return {"code": loading.run_load(actor=system("worker"), now=lambda: scenes.AT, code=code).code}


def _with_lineage():
    from nganam.warehouse import sourcing

    source = sourcing.declare_source(
        actor=scenes.LAN, at=scenes.AT, agency="CT-SYT", kind="file", name="Cơ sở", secret_ref="co-so.csv"
    )
    table = scenes.loaded_table()
    return {"table": table.code, "source": source.code, "code": table.loads.get().code}


BESIDE_CASES = {
    "/tables/{table}": lambda: {"table": scenes.loaded_table().code, "number": 1},
    "/loads/{code}": _stopped,
    "/lineage/": _with_lineage,
    "{code}/papers": _case_with_files,
    "{code}/files": _case_with_files,
    "/service-imports": _import,
    "/open-tiers": _tier,
    "/open-keys": lambda: {"code": scenes_open_tier.key()[0].code},
    "/upstreams": _system,
    "/sharing.account/{code}/certificates": _certificate,
    "/sharing.outbound/{code}/certificates": lambda: {
        "code": scenes_beyond.access(scenes_beyond.platform(instance="QG")).outbound.code
    },
    "/webhook": _webhook,
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


def test_every_address_of_an_officer_is_called(callers):
    # A proof of a call needs the files of a real one: tests of the evidence ask for it.
    parts = (*BESIDE_CASES, *(f"/cases/{kind}" for kind in CASES), "/cases/{kind}/{code}/urge", "/exchanges/")
    left = [one.path for one in _operations() if "security" in one.definition.raw]
    missed = [path for path in left if not any(part in path for part in parts) and path != "/api/v1/cases"]
    assert not missed, "\n".join(missed)


@pytest.mark.parametrize("part", sorted(BESIDE_CASES))
def test_whatever_is_sent_beside_the_cases_is_answered_as_described(callers, part):
    known = BESIDE_CASES[part]()
    operations = [one for one in _operations() if part in one.path and "security" in one.definition.raw]
    assert operations
    answered: set[int] = set()
    for operation in operations:
        _call_variously(operation, callers, known, answered)
    assert answered & {200, 201, 403, 409, 422}, "the calls reach the deeds"


def _call_variously(operation, keys, known, answered):
    """Call an operation with what its description allows, with each key in turn.

    ``known`` stands wherever its names are asked for.
    """
    turns = itertools.cycle(keys)

    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, derandomize=not DRAWN_ANEW,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    def call(case):
        for members, named in ((case.path_parameters, {}), (case.body, in_body)):
            if isinstance(members, dict):
                members.update({name: known[name] for name in (members.keys() | named) & known.keys()})
        response = case.call(headers={"Authorization": f"Bearer {next(turns)}"})
        answered.add(response.status_code)
        case.validate_response(response, checks=CHECKS)

    in_body = _members_of_body(operation)
    given(case=operation.as_strategy())(call)()


def _members_of_body(operation):
    """Return the names of the members the body of an operation may have."""
    content = operation.definition.raw.get("requestBody", {}).get("content", {})
    named = [one["schema"].get("$ref", "").rpartition("/")[2] for one in content.values()]
    known = _described().raw_schema["components"]["schemas"]
    return {member for name in named if name for member in known[name].get("properties", {})}
