"""Accounts as they stand in the database, published as the keeper does: each reaches what was granted, nothing else.

Every world changes the rows of six accounts (two applications, three services), publishes, and tries everything with a
token and with a certificate. ``NGANAM_REACH_ROWS_EXAMPLES`` says how many worlds.
"""

import json
import os
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import scenes
import scenes_upstreams
from agency_system import PEOPLE
from agency_system_runner import agency_system
from gateway_rig import Stack, certificate_request, free_port, held, wait_for
from nganam.kernel.clock import VIETNAM
from nganam.lgsp import certificates, operations, tokens
from nganam.lgsp.authority import Issued
from nganam.lgsp.envoy.decided import Listen
from nganam.lgsp.models import Credential
from nganam.lgsp.operations import publish_snapshot
from nganam.lgsp.snapshots import watching
from nganam.services.models import Service
from nganam.services.queries import gateway_path
from nganam.sharing.accounts.operations import hand_over
from nganam.sharing.models import Account
from nganam.sharing.requests import operations as requests

pytestmark = [pytest.mark.once, pytest.mark.slow, pytest.mark.django_db]
EXAMPLES = int(os.environ.get("NGANAM_REACH_ROWS_EXAMPLES", "3"))
FIELDS = {
    "table": ("ma_co_so", "ten_co_so", "dien_thoai"), "json": ("id", "ho_ten", "ma_xa", "dia_chi.thon"), "whole": (),
}  # fmt: skip
SCOPES = {"table": {"loai": ["Trạm y tế"]}, "json": {"ma_xa": ["31732"]}, "whole": {}}
PROBES = {
    "table": (("GET", "/00123"), ("GET", "/00200"), ("POST", "/00123")),
    "json": (("GET", "/nguoi/001"), ("GET", "/nguoi/002"), ("POST", "/phieu"), ("DELETE", "/nguoi/001")),
}
PROBES["whole"] = PROBES["json"]


@st.composite
def decisions(draw: Any) -> list[dict[str, Any]]:
    """Return what is decided of the six accounts, in the order of :meth:`World.make`."""
    return [decision(draw, kind) for kind in ("table", "json", "whole") * 2]


def decision(draw: Any, kind: str) -> dict[str, Any]:
    lines = st.sets(st.sampled_from(scenes_upstreams.ALL))
    return {
        "state": draw(st.sampled_from(["active", "active", "active", "locked", "revoked"])),
        "granted_fields": sorted(draw(st.sets(st.sampled_from(FIELDS[kind]), min_size=1))) if FIELDS[kind] else [],
        "granted_operations": [] if kind == "table" else sorted(draw(lines)),
        "rows": draw(st.sampled_from([{}, SCOPES[kind]])),
        "hours": draw(st.sampled_from(["", "", "T2-CN 00:00-24:00", "never"])),
        "certificate": draw(st.booleans()),
    }


class World:
    """The running data plane, the six accounts, and what proves their applications."""

    def __init__(self, stack: Stack, folder: Any) -> None:
        self.stack, self.folder = stack, folder
        self.accounts: list[Account] = []
        self.kinds = ("table", "json", "whole") * 2
        self.shown: list[Any] = []
        self.secrets: dict[int, tuple[str, str]] = {}

    def make(self, port: int) -> None:
        place = {"endpoints": [f"http://127.0.0.1:{port}/api"], "credential_header": ""}
        services = [
            scenes.published_service(), scenes_upstreams.published(**place),
            scenes_upstreams.published(answers="whole", title="Hệ thống hồ sơ", **place),
        ]  # fmt: skip
        Service.objects.update(rate_per_minute=1_000_000)
        for code in ("MCDT", "HSSK"):
            application = scenes.application(code=code)
            for service in services:
                self._account(application, service)

    def _account(self, application: Any, service: Any) -> None:
        wanted = [one.name for one in service.fields.all()][:2]
        asked = requests.draft_request(
            actor=scenes.PHUC, at=scenes.AT, application=application, service=service,
            values=scenes.REQUEST | {"fields": wanted},
        )  # fmt: skip
        asked = requests.send_request(actor=scenes.PHUC, at=scenes.AT, request=asked)
        account = requests.grant_request(actor=scenes.LAN, at=scenes.AT, request=asked, granted=wanted)
        account = hand_over(actor=scenes.PHUC, at=scenes.AT, account=account)
        row, secret = operations.issue_credential(account, actor=scenes.PHUC, at=timezone.now())
        self.secrets[account.pk] = (row.client_id, secret)
        key = ec.generate_private_key(ec.SECP256R1())
        signed = certificates.issue_certificate(
            account, actor=scenes.PHUC, at=timezone.now(), csr=certificate_request(key), days=30
        )
        folder = self.folder / account.code
        folder.mkdir()
        issued = Issued(signed.pem, signed.serial, signed.fingerprint, signed.key_digest, signed.not_after)
        self.shown.append(held(folder, key, issued))
        self.accounts.append(account)

    def decide(self, decided: list[dict[str, Any]]) -> list[str]:
        """Write what was decided into the rows; return tokens got while each account was still active and open."""
        got = []
        for account, said in zip(self.accounts, decided, strict=True):
            rights = {name: said[name] for name in ("granted_fields", "granted_operations", "rows")}
            self._update(account, state="active", hours="", **rights)
            client, secret = self.secrets[account.pk]
            got.append(tokens.issue_token(tokens.Proof(client, secret=secret), at=timezone.now()).text)
            self._update(account, state=said["state"], hours=never() if said["hours"] == "never" else said["hours"])
            revoked = None if said["certificate"] else timezone.now()
            Credential.objects.filter(account=account, kind=Credential.Kind.CERTIFICATE).update(revoked_at=revoked)
        return got

    def _update(self, account: Account, **values: Any) -> None:
        Account.objects.filter(pk=account.pk).update(updated_at=timezone.now(), **values)

    def publish(self) -> None:
        publish_snapshot(at=timezone.now())
        wait_for(lambda: all(one.current for one in [*watching.node_states(), *watching.server_states()]), 60)


def never() -> str:
    """Return hours of a day that is neither today nor one beside it."""
    return f"T{(timezone.now().astimezone(VIETNAM).weekday() + 3) % 6 + 2} 00:00-24:00"


@pytest.fixture
def world(data, province, settings, tmp_path):
    settings.NGANAM_UPSTREAM_NETWORKS = "127.0.0.0/8"
    listen = Listen(port=free_port(), serving_port=free_port(), tls_port=free_port())
    stack = Stack(data, listen)
    with agency_system() as port:
        try:
            stack.start_gateway()
            made = World(stack, tmp_path)
            made.make(port)
            publish_snapshot(at=timezone.now())
            stack.start_serving()
            yield made
        finally:
            stack.stop()


def is_open(said: dict[str, Any]) -> bool:
    return said["state"] == "active" and said["hours"] != "never"


def expected(kind: str, said: dict[str, Any], method: str, rest: str) -> Any:  # noqa: PLR0911 - one line each
    """Return what the account must get of its own service: ``None`` nothing, ``...`` whatever the system says."""
    if not is_open(said):
        return None
    if kind == "table":
        row = dict(zip([one["name"] for one in scenes.COLUMNS], by_key(rest[1:]), strict=True))
        if method != "GET" or (said["rows"] and row["loai"] != "Trạm y tế"):
            return None
        return {name: row[name] or None for name in said["granted_fields"]}
    if not any(one.split("/")[:2] == f"{method} {rest}".split("/")[:2] and fits(one, rest) for one in
               said["granted_operations"]):  # fmt: skip
        return None
    if kind == "whole":
        return ...
    if rest == "/phieu":  # answered with an object that has no granted item
        return None if said["rows"] else {}
    person = next(one for one in PEOPLE if rest.endswith(one["id"]))
    if said["rows"] and person["ma_xa"] != "31732":
        return None
    made: dict[str, Any] = {}
    for name in said["granted_fields"]:
        head, _dot, tail = name.partition(".")
        made[head] = {tail: person[head][tail]} if tail else person[head]
    return made


def by_key(key: str) -> tuple[Any, ...]:
    return next(row for row in scenes.ROWS if row[0] == key)


def fits(operation: str, rest: str) -> bool:
    return operation.partition(" ")[2].count("/") == rest.count("/")


@given(decisions())
@settings(
    max_examples=EXAMPLES, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
def test_every_account_in_the_database_reaches_exactly_what_was_granted(world, decided):
    proofs = world.decide(decided)
    world.publish()
    for at, token in enumerate(proofs):
        for other, service in enumerate(world.accounts[:3]):
            own = other == at % 3
            for method, rest in PROBES[world.kinds[other]]:
                path = gateway_path(service.service, "VN") + rest
                wanted = expected(world.kinds[at], decided[at], method, rest) if own else None
                check(world.stack.ask(path, token, method), world.kinds[other], wanted, (decided[at], method, path))
    for application in (0, 3):
        shown = world.shown[application]
        allowed: dict[str, set[tuple[str, str]]] = {}
        for at in range(application, application + 3):
            said, kind = decided[at], world.kinds[at]
            code = world.accounts[at].service.code
            if is_open(said) and kind != "table":
                allowed[code] = {tuple(one.split(" ")) for one in said["granted_operations"]}
            for method, rest in PROBES[kind]:
                path = gateway_path(world.accounts[at].service, "VN") + rest
                wanted = expected(kind, said, method, rest) if said["certificate"] else None
                check(world.stack.ask_tls(path, shown, method=method), kind, wanted, (said, method, path))
        told = world.stack.ask_tls("/r1/VN/GOV/CT-SYT/HT/allowedMethods", shown)
        listed = {
            one["service_code"]: {(end["method"], end["path"]) for end in one["endpoint_list"]}
            for one in json.loads(told.body)["service"]
        }
        assert listed == allowed


def check(reply: Any, kind: str, wanted: Any, why: Any) -> None:
    told = (why, reply.status, reply.body[:300])
    if wanted is None:
        assert reply.status in {401, 403, 404, 405, 502, 503}, told
        assert not any(one["cccd"].encode() in reply.body for one in PEOPLE), told
        assert "Trạm y tế".encode() not in reply.body, told
    elif wanted is ...:
        assert reply.status == 200, told
    else:
        assert reply.status == 200, told
        assert (reply.json["data"] if kind == "table" else reply.json) == wanted, told
