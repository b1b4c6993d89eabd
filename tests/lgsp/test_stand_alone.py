"""Web, worker, keeper and database gone at once: calls go on under the last snapshot, and each is kept as evidence."""

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from django.db import DatabaseError, connection
from django.utils import timezone

import scenes
import scenes_upstreams
from agency_system_runner import agency_system
from evidence_rig import entries
from gateway_rig import Mint, Stack, free_port, new_key, wait_for
from nganam.lgsp import gateway, swapping
from nganam.lgsp.envoy.decided import Listen
from nganam.lgsp.evidence.log import read_state
from nganam.lgsp.evidence.verifying import verify_log
from nganam.lgsp.snapshots import watching
from nganam.lgsp.swapping import DENY
from nganam.services.models import Service
from nganam.services.queries import gateway_path
from nganam.sharing.suspensions.operations import revoke_account
from node_rig import Cluster, Load

pytestmark = pytest.mark.slow
PATIENT = 60.0
KINDS = ("table", "filtered", "whole")
ENOUGH = 50
"""Calls of each kind that pass before a next step is taken."""


@pytest.fixture
def system():
    with agency_system() as port:
        yield port


@pytest.fixture
def running(data, committed_db, make_province, settings, monkeypatch):
    """Every process of the platform, over one data folder and one database."""
    make_province()
    settings.NGANAM_UPSTREAM_NETWORKS = "127.0.0.0/8"
    monkeypatch.setenv("NGANAM_UPSTREAM_NETWORKS", "127.0.0.0/8")
    stack = Stack(data, Listen(port=free_port(), serving_port=free_port()), web=f"127.0.0.1:{free_port()}")
    try:
        stack.start_web()
        stack._start("worker", [sys.executable, "-m", "nganam.jobs.worker"])
        stack.start_serving()
        stack.start_gateway()
        stack.start_collector()
        stack.start_keeper()
        yield stack
    finally:
        stack.stop()


@contextmanager
def database_gone() -> Iterator[None]:
    """Let nobody reach the database: the file is moved away, or the server throws all out and lets none in."""
    connection.close()
    with _no_file() if connection.vendor == "sqlite" else _no_entry():
        with pytest.raises(DatabaseError):
            connection.ensure_connection()
        yield


@contextmanager
def _no_file() -> Iterator[None]:
    path = Path(connection.settings_dict["NAME"])
    parts = [path.with_name(path.name + end) for end in ("", "-wal", "-shm")]
    moved = [one.rename(one.with_name(f"away-{one.name}")) for one in parts if one.exists()]
    path.mkdir()  # or whoever opens it makes a new, empty one
    try:
        yield
    finally:
        path.rmdir()
        for one in moved:
            one.rename(one.with_name(one.name.removeprefix("away-")))


@contextmanager
def _no_entry() -> Iterator[None]:
    name = connection.settings_dict["NAME"]
    with connection._nodb_cursor() as outside:
        outside.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        try:
            outside.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
            yield
        finally:
            outside.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')


def decided(port):
    """Grant an account of a service of each kind; return for each a path and a token."""
    place = {"endpoints": [f"http://127.0.0.1:{port}/api"], "credential_header": ""}
    services = (
        scenes.published_service(), scenes_upstreams.published(**place),
        scenes_upstreams.published(answers="whole", title="Hệ thống tệp", **place),
    )  # fmt: skip
    Service.objects.update(rate_per_minute=1_000_000)
    application = scenes.application()
    return {
        kind: (path_of(service), scenes_upstreams.token_of(scenes_upstreams.granted(service, application))())
        for kind, service in zip(KINDS, services, strict=True)
    }


def path_of(service):
    return gateway_path(service, "VN") + ("/nguoi/001" if service.upstream else "/00123")


def in_force():
    """Return the number of the snapshot under which calls pass, once it is the last one published."""
    (node,) = watching.node_states()
    return node.current and node.health.snapshot


def revoked(stack):
    """Take back an account of another application; return the token it had got before, which has not ended."""
    service = Service.objects.order_by("pk").first()
    account = scenes_upstreams.granted(service, scenes.application(code="HSSK"))
    token = scenes_upstreams.token_of(account)()
    wait_for(lambda: stack.ask(path_of(service), token).status == 200, PATIENT)
    revoke_account(actor=scenes.LAN, at=timezone.now(), account=account, ground="purpose", reason="Sai mục đích")
    wait_for(lambda: stack.ask(path_of(service), token).status == 403, PATIENT)
    return token


def loads_of(stack, calls):
    """Return clients that will call each kind without pause."""
    node = Cluster(stack.data, size=1)
    node.gateways = [stack.listen.port]
    return {kind: Load(node, path, token, clients=2) for kind, (path, token) in calls.items()}


@contextmanager
def calling(loads: dict[str, Load]) -> Iterator[None]:
    with ExitStack() as clients:
        for one in loads.values():
            clients.enter_context(one)
        yield


def wait_for_more(loads):
    """Wait until each kind has answered enough more calls with 200."""
    wanted = {kind: load.answered.get(200, 0) + ENOUGH for kind, load in loads.items()}
    wait_for(lambda: all(loads[kind].answered.get(200, 0) >= many for kind, many in wanted.items()), PATIENT)


def refusals(stack, calls, token):
    """Call with what must not pass; return the answers by the identifiers of their calls."""
    paths = {kind: path for kind, (path, _token) in calls.items()}
    claims = {"sub": "CT-X31507/MCDT", "svc": [paths["table"].split("/")[-2]]}
    asked = [
        (paths["table"], token, 403), (paths["filtered"], calls["table"][1], 403), (paths["whole"], token, 403),
        *((path, Mint(new_key()).token(**claims), 401) for path in paths.values()), (paths["whole"], "", 401),
    ]  # fmt: skip
    answers = [stack.ask(path, shown) for path, shown, _status in asked]
    assert [one.status for one in answers] == [status for *_, status in asked], [one.body for one in answers]
    return {one.headers["x-request-id"]: one.status for one in answers}


def answers(stack, calls):
    """Call each kind once; return what was answered, and with what status by the identifiers of the calls."""
    replies = {kind: stack.ask(path, token) for kind, (path, token) in calls.items()}
    told = {kind: one.json["data"] if kind == "table" else one.json for kind, one in replies.items()}
    return told, {one.headers["x-request-id"]: one.status for one in replies.values()}


def is_kept(stack, answered):
    """Wait until all these calls are entries of the tree; say whether each is there once and as it was answered."""
    folder = stack.data / "evidence"
    wait_for(lambda: answered.keys() <= {one.get("xRequestId") for one in entries(stack.data)}, PATIENT)
    kept = [one for one in entries(stack.data) if one.get("xRequestId") in answered]
    found = verify_log(folder, 1)
    assert found.ok, found.message
    assert found.size == read_state(folder).size >= len(answered)
    return Counter((one["xRequestId"], one["statusCode"]) for one in kept) == Counter(answered.items())


def test_without_web_worker_keeper_and_database_calls_of_every_kind_go_on_and_are_kept(running, system):
    calls = decided(system)
    taken_back = revoked(running)
    for path, token in calls.values():
        wait_for(lambda path=path, token=token: running.ask(path, token).status == 200, PATIENT)
    told, answered = answers(running, calls)
    loads = loads_of(running, calls)
    with ExitStack() as gone:
        with calling(loads):
            wait_for_more(loads)
            # Not in the middle of a publication: what is half in place is for the next start to finish.
            with swapping.held(running.data / gateway.FOLDER), swapping.held(running.data / gateway.FOLDER, DENY):
                for name in ("web", "worker", "keeper"):
                    running.kill(name)
            gone.enter_context(database_gone())
            last = wait_for(in_force, PATIENT)
            wait_for_more(loads)
            answered |= refusals(running, calls, taken_back)
            wait_for_more(loads)
        for one in loads.values():
            assert (set(one.answered), one.turned, one.given_up) == ({200}, 0, 0), (one.answered, one.bodies)
            answered |= dict.fromkeys(one.request_ids, 200)
        assert is_kept(running, answered)

        # Nor do those that are left need any of it to start anew.
        for name, start in (
            ("serving", running.start_serving), ("gateway", running.start_gateway),
            ("collector", running.start_collector),
        ):  # fmt: skip
            running.kill(name)
            start()
        again, late = answers(running, calls)
        assert (again, set(late.values()), wait_for(in_force)) == (told, {200}, last)
        assert is_kept(running, answered | late | refusals(running, calls, taken_back))
