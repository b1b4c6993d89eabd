"""One operation, two doors: whatever a page of the rooms of sharing does, the JSON interface does by the same one.

Every address that takes a form is listed; each has an address of the interface that leads to the very same function,
found by following the calls in the code of both, or a reason why it has none.
"""

import inspect
import types
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern

from addresses import patterns
from nganam.agencies import operations as agencies
from nganam.agencies import urging
from nganam.api.beyond import router as beyond_router
from nganam.api.cases import router
from nganam.api.gateway import router as gateway_router
from nganam.api.open_tier import router as open_tier_router
from nganam.api.pushes import router as pushes_router
from nganam.api.upstreams import router as upstreams_router
from nganam.cases import parties
from nganam.deadlines import operations as deadlines
from nganam.desk import bulk
from nganam.disputes import saying
from nganam.disputes import writing as disputes
from nganam.lgsp import certificates
from nganam.lgsp import operations as lgsp
from nganam.lgsp import upstreams as lgsp_upstreams
from nganam.lgsp.beyond import exchanging
from nganam.lgsp.beyond import operations as platforms
from nganam.lgsp.open_tier import operations as open_tier
from nganam.lgsp.pushes import operations as pushes
from nganam.lgsp.snapshots import operations as snapshots
from nganam.lgsp.watching import operations as watching
from nganam.lgsp.webhooks import operations as webhooks
from nganam.services import importing
from nganam.services import writing as services
from nganam.services.upstreams import operations as upstreams
from nganam.sharing.agreements import drafting, ending, signing
from nganam.sharing.agreements import operations as agreements
from nganam.sharing.agreements import writing as agreement_writing
from nganam.sharing.delegations import operations as delegations
from nganam.sharing.outside import external
from nganam.sharing.outside import writing as outside
from nganam.sharing.requests import operations as requests
from nganam.sharing.requests import writing as request_writing
from nganam.sharing.sandbox import operations as sandbox
from nganam.sharing.suspensions import writing as suspensions

ROOMS = ("accounts", "agencies", "deadlines", "desk", "disputes", "lgsp", "services", "sharing")
Deed = Callable[..., Any]

MOVES = {
    "disputes:step": "disputes.dispute",
    "services:step": "services.service",
    "services:revision_step": "services.revision",
    "sharing:step": "sharing.request",
    "sharing:account_step": "sharing.account",
    "sharing:inbound_step": "sharing.inbound",
    "sharing:outbound_step": "sharing.outbound",
    "sharing:stop_step": "sharing.maintenance",
    "sharing:breach_step": "sharing.breach",
    "sharing:termination_step": "sharing.termination",
    "sharing:agreement_step": "sharing.agreement",
    "sharing:joining_step": "sharing.joining",
}
"""The address that makes every move of a machine: the interface has one for each move."""
OWN_PAGE: dict[str, tuple[str, dict[str, Deed]]] = {
    "agencies:step_focal_point": (
        "agencies.focal_point",
        dict.fromkeys(("return", "resubmit", "end", "withdraw"), agencies.move_focal_point),
    ),
    "sharing:agreement_draft": (
        "sharing.agreement",
        {"save": drafting.save_version, "save_change": drafting.save_version},
    ),
    "sharing:agreement_sign": ("sharing.agreement", {"sign": signing.sign, "sign_change": signing.sign}),
    "sharing:agreement_delete": ("sharing.agreement", {"report_deletion": ending.report_deletion}),
}
"""Moves that a page makes by their own deed: the machine, and the deed behind each of these moves."""
WRITING: dict[str, tuple[Deed, str]] = {
    "disputes:new": (disputes.open_from, "opening disputes.dispute"),
    "services:declare": (services.declare, "opening services.service"),
    "services:edit": (services.change, "editing services.service"),
    "services:new_revision": (services.draft_revision, "opening services.revision"),
    "services:edit_revision": (services.change_revision, "editing services.revision"),
    "sharing:new": (request_writing.draft, "opening sharing.request"),
    "sharing:edit": (request_writing.change, "editing sharing.request"),
    "sharing:new_inbound": (outside.register, "opening sharing.inbound"),
    "sharing:edit_inbound": (outside.correct, "editing sharing.inbound"),
    "sharing:new_outbound": (outside.draft, "opening sharing.outbound"),
    "sharing:edit_outbound": (outside.change, "editing sharing.outbound"),
    "sharing:new_stop": (suspensions.plan, "opening sharing.maintenance"),
    "sharing:edit_stop": (suspensions.change_plan, "editing sharing.maintenance"),
    "sharing:new_breach": (suspensions.open_files, "opening sharing.breach"),
    "sharing:new_agreement": (agreement_writing.ask, "opening sharing.agreement"),
    "sharing:edit_agreement": (agreement_writing.change, "editing sharing.agreement"),
    "sharing:agreement_join": (agreement_writing.join, "opening sharing.joining"),
}
"""Cases opened and drafts changed: the deed, and the declaration that gives it its address."""
DEEDS: dict[str, tuple[Deed, str]] = {
    "deadlines:calendar": (deadlines.edit_day, "POST /calendar"),
    "deadlines:local_term": (deadlines.change_local_term, "PUT /local-terms/{key}"),
    "desk:move_many": (bulk.move_all, "POST /desk/moves"),
    "desk:urge_many": (bulk.urge_all, "POST /desk/urges"),
    "desk:urge_one": (urging.urge, "POST /cases/{kind}/{code}/urge"),
    "disputes:new_error": (disputes.report, "POST /data-errors"),
    "disputes:speak": (saying.state_view, "POST /cases/disputes.dispute/{code}/statements"),
    "disputes:offer": (saying.offer_terms, "POST /cases/disputes.dispute/{code}/terms"),
    "lgsp:credentials": (lgsp.register_key, "POST /cases/sharing.account/{code}/credentials"),
    "lgsp:issue": (lgsp.issue_credential, "POST /cases/sharing.account/{code}/credentials"),
    "lgsp:allow": (lgsp.allow_certificates, "POST /cases/sharing.account/{code}/credentials"),
    "lgsp:snapshot_roll_back": (snapshots.roll_back, "POST /gateway/snapshots/{number}/roll-back"),
    "lgsp:snapshot_release": (snapshots.release, "POST /gateway/release"),
    "lgsp:declare_platform": (platforms.declare_platform, "POST /gateway/platforms"),
    "lgsp:edit_platform": (platforms.edit_platform, "PUT /gateway/platforms/{code}"),
    "lgsp:platform_go_live": (platforms.go_live, "POST /gateway/platforms/{code}/open"),
    "lgsp:platform_stop": (platforms.stop, "POST /gateway/platforms/{code}/stop"),
    "lgsp:beyond_enter": (exchanging.enter_service, "POST /gateway/platforms/{code}/services"),
    "lgsp:beyond_service": (exchanging.change_service, "PUT /gateway/platforms/{code}/services/{service}"),
    "lgsp:beyond_end_service": (exchanging.end_service, "POST /gateway/platforms/{code}/services/{service}/end"),
    "lgsp:beyond_open_access": (exchanging.open_access, "POST /gateway/platforms/{code}/accesses"),
    "lgsp:beyond_end_access": (exchanging.end_access, "POST /gateway/platforms/{code}/accesses/{outbound}/end"),
    "lgsp:beyond_admit": (exchanging.admit_member, "POST /gateway/platforms/{code}/members"),
    "lgsp:beyond_dismiss": (exchanging.dismiss_member, "POST /gateway/platforms/{code}/members/{member}/dismiss"),
    "lgsp:open_tier": (open_tier.offer_tier, "POST /open-tiers/{service}/offer"),
    "lgsp:open_tier_open": (open_tier.open_tier, "POST /open-tiers/{code}/open"),
    "lgsp:open_tier_close": (open_tier.close_tier, "POST /open-tiers/{code}/close"),
    "lgsp:pushes": (pushes.grant_push, "POST /tables/{table}/push-rights"),
    "lgsp:push_end": (pushes.end_push, "POST /tables/{table}/push-rights/{right}/end"),
    "lgsp:push_certificates": (pushes.certify_push, "POST /tables/{table}/push-rights/{right}/certificates"),
    "lgsp:push_revoke_certificate": (
        certificates.revoke_certificate,
        "POST /tables/{table}/push-rights/{right}/certificates/{serial}/revoke",
    ),
    "lgsp:open_keys": (open_tier.issue_key, "POST /open-keys"),
    "lgsp:open_key_revoke": (open_tier.revoke_key, "POST /open-keys/{code}/revoke"),
    "lgsp:promise": (watching.promise, "PUT /gateway/quality/{code}/promise"),
    "lgsp:incident_acknowledge": (watching.acknowledge, "POST /gateway/incidents/{code}/acknowledge"),
    "lgsp:incident_note": (watching.add_note, "POST /gateway/incidents/{code}/notes"),
    "lgsp:set_rule": (watching.set_rule, "PUT /gateway/alert-rules/{key}"),
    "lgsp:revoke": (lgsp.revoke_credential, "POST /cases/sharing.account/{code}/credentials/{client_id}/revoke"),
    "lgsp:certify": (certificates.issue_certificate, "POST /cases/sharing.account/{code}/certificates"),
    "lgsp:revoke-certificate": (
        certificates.revoke_certificate,
        "POST /cases/sharing.account/{code}/certificates/{serial}/revoke",
    ),
    "lgsp:beyond_call": (exchanging.certify_access, "POST /cases/sharing.outbound/{code}/certificates"),
    "lgsp:beyond_revoke_certificate": (
        certificates.revoke_certificate,
        "POST /cases/sharing.outbound/{code}/certificates/{serial}/revoke",
    ),
    "lgsp:platform_revoke": (
        certificates.revoke_certificate,
        "POST /cases/sharing.outbound/{code}/certificates/{serial}/revoke",
    ),
    "lgsp:upstream_credential": (lgsp_upstreams.set_credential, "PUT /upstreams/{code}/credential"),
    "lgsp:platform_certificate": (platforms.set_certificate, "PUT /gateway/platforms/{code}/certificate"),
    "lgsp:platform_secret": (platforms.set_secret, "PUT /gateway/platforms/{code}/secret"),
    "lgsp:platform_key": (platforms.make_key, "POST /gateway/platforms/{code}/key"),
    "lgsp:webhook": (webhooks.subscribe, "PUT /cases/sharing.account/{code}/webhook"),
    "lgsp:webhook_stop": (webhooks.stop, "POST /cases/sharing.account/{code}/webhook/stop"),
    "lgsp:webhook_try": (webhooks.try_out, "POST /cases/sharing.account/{code}/webhook/test"),
    "lgsp:webhook_again": (
        webhooks.send_again,
        "POST /cases/sharing.account/{code}/webhook/messages/{message}/replay",
    ),
    "services:declare_upstream": (upstreams.declare_upstream, "POST /upstreams"),
    "services:edit_upstream": (upstreams.edit_upstream, "PUT /upstreams/{code}"),
    "services:imports": (importing.upload, "POST /service-imports"),
    "services:import_file": (importing.draft_all, "POST /service-imports/{code}/drafts"),
    "sharing:edit_application": (requests.edit_application, "PUT /applications/{code}"),
    "sharing:applications": (requests.register_application, "POST /applications"),
    "sharing:test_credentials": (sandbox.issue_test_credential, "POST /test-credentials"),
    "sharing:revoke_test_credential": (sandbox.revoke_test_credential, "POST /test-credentials/{client_id}/revoke"),
    "sharing:delegations": (delegations.record_delegation, "POST /delegations"),
    "sharing:end_delegation": (delegations.end_delegation, "POST /delegations/{code}/end"),
    "sharing:outside_agencies": (agencies.open_agency, "POST /outside-agencies"),
    "sharing:list_external": (external.list_service, "POST /outside-services"),
    "sharing:change_external": (external.change_service, "PUT /outside-services/{code}"),
    "sharing:remove_external": (external.remove_service, "POST /outside-services/{code}/remove"),
    "sharing:agreement_disclose": (agreements.send_to_authority, "POST /cases/sharing.agreement/{code}/authorities"),
}
"""Deeds beside the machines."""
SIGNING_IN = "signing in and second factor are a person's, at a browser"
A_PERSONS_KEY = "a key makes, ends and renews no keys: its holder does, signed in with a second factor"
OWN_SETTINGS = "how an officer's own pages, mail and calendar look; a program keeps its own filters and reads /desk"
KEEPING = "accounts, postings and focal points are kept by persons; no deed of sharing data (Chapter III)"
MACHINES = "an address for machines already (OAuth 2, EST)"
WITHOUT = {
    "account_login": SIGNING_IN,
    "mfa_authenticate": SIGNING_IN,
    "account_logout": SIGNING_IN,
    "account_change_password": SIGNING_IN,
    "account_reauthenticate": SIGNING_IN,
    "mfa_activate_totp": SIGNING_IN,
    "mfa_deactivate_totp": SIGNING_IN,
    "mfa_reauthenticate": SIGNING_IN,
    "mfa_generate_recovery_codes": SIGNING_IN,
    "accounts_api_keys": A_PERSONS_KEY,
    "accounts_revoke_api_key": A_PERSONS_KEY,
    "accounts_open": KEEPING,
    "accounts_reset_password": KEEPING,
    "accounts_set_open": KEEPING,
    "agencies:choose_agency": "a key acts for the agency it was made for",
    "agencies:nominate": KEEPING,
    "agencies:approve": KEEPING,
    "agencies:edit_focal_point": KEEPING,
    "agencies:post_nationally": KEEPING,
    "agencies:postings": KEEPING,
    "agencies:end_posting": KEEPING,
    "desk:choose_digest": OWN_SETTINGS,
    "desk:issue_feed": OWN_SETTINGS,
    "desk:revoke_feed": OWN_SETTINGS,
    "desk:save_view": OWN_SETTINGS,
    "desk:rename_view": OWN_SETTINGS,
    "desk:drop_view": OWN_SETTINGS,
    "desk:verify_audit": "reads the whole record and writes nothing; the operator's command does it too",
    "lgsp:token": MACHINES,
    "lgsp:introspect": MACHINES,
    "lgsp:revoke-token": MACHINES,
    "lgsp:est-enroll": MACHINES,
    "lgsp:est-reenroll": MACHINES,
}
"""Addresses that take a form and have no counterpart, and why. This list only shrinks."""


def pages() -> dict[str, URLPattern]:
    """Return the pages of the rooms that take a form, by the name of their address."""
    return {name: one for name, one in _named() if _takes_a_form(one.callback)}


def _named() -> Iterator[tuple[str, URLPattern]]:
    for _route, one in patterns():
        room = _room(one.callback)
        if room in ROOMS:
            prefix = "" if room == "accounts" else f"{room}:"
            yield f"{prefix}{one.name}", one


def _room(callback: Any) -> str:
    module = str(getattr(_inner(callback), "__module__", ""))
    if module.startswith("allauth"):
        return "accounts"
    return module.split(".")[1] if module.startswith("nganam.") else ""


def _inner(callback: Any) -> Any:
    """Return the view within its decorators; one made of a class is not looked into."""
    return inspect.unwrap(callback, stop=lambda one: hasattr(one, "view_class"))


def _takes_a_form(callback: Any) -> bool:
    """Say whether a view does something with a form: it reads ``POST``, or is a class that answers to it."""
    view = _inner(callback)
    if hasattr(view, "view_class"):
        return hasattr(view.view_class, "post")
    source = "\n".join(inspect.getsource(one) for one in _within(view))
    return any(mark in source for mark in ("request.POST", "require_POST", '"POST"'))


def _within(view: Any) -> list[Any]:
    """Return a view and the private functions of its module that it calls, to any depth."""
    return [view, *(one for one in reached(view) if one.__module__ == view.__module__ and one.__name__.startswith("_"))]


def reached(start: Deed) -> list[Deed]:
    """Return every function of ours that the code of ``start`` leads to, through other functions of ours."""
    found: dict[int, Deed] = {}
    waiting: list[Deed] = [start]
    while waiting:
        for one in _named_in(waiting.pop()):
            if id(one) not in found:
                found[id(one)] = one
                waiting.append(one)
    return list(found.values())


def _named_in(function: Any) -> Iterator[Deed]:
    """Yield the functions of ours a function names: ``deed`` or ``module.deed``, in it or in a function within it."""
    plain = inspect.unwrap(function)
    words = set(_words(plain.__code__)) if hasattr(plain, "__code__") else set()
    known = getattr(plain, "__globals__", {})
    for value in [known[word] for word in words if word in known]:
        if isinstance(value, types.ModuleType):
            yield from (getattr(value, word) for word in words if _is_ours(getattr(value, word, None)))
        elif _is_ours(value):
            yield value


def _words(code: types.CodeType) -> Iterator[str]:
    yield from code.co_names
    for one in code.co_consts:
        if isinstance(one, types.CodeType):
            yield from _words(one)


def _is_ours(value: Any) -> bool:
    return inspect.isfunction(value) and value.__module__.startswith("nganam.")


def calls(function: Deed, deed: Deed) -> bool:
    """Say whether the code of ``function`` leads to ``deed`` itself."""
    return deed is function or any(one is deed for one in reached(function))


def view_at(address: str) -> Deed:
    """Return the function behind an address of the interface, ``POST /applications``."""
    method, path = address.split(" ")
    found = next(
        one
        for one in (router, gateway_router, beyond_router, open_tier_router, pushes_router, upstreams_router)
        if path in one.path_operations
    )
    operations = found.path_operations[path].operations
    return next(one.view_func for one in operations if method in one.methods)


PAGES = pages()


def test_every_page_that_takes_a_form_has_its_counterpart_or_a_reason() -> None:
    tables = (MOVES, OWN_PAGE, WRITING, DEEDS, WITHOUT)
    known = [name for table in tables for name in table]
    assert len(known) == len(set(known))
    assert set(PAGES) - set(known) == set(), "give it an address in nganam.api and a line here"
    assert set(known) - set(PAGES) == set(), "no page takes a form there any more"


def test_a_page_that_only_reads_is_told_from_one_that_writes() -> None:
    named = dict(_named())
    assert {"sharing:applications", "sharing:step", "services:imports", "lgsp:issue", "account_login"} <= PAGES.keys()
    assert not {"sharing:requests", "sharing:request", "disputes:evidence", "desk:home", "lgsp:monitor"} & PAGES.keys()
    assert "sharing:requests" in named


@pytest.mark.parametrize("name", sorted(DEEDS))
def test_a_deed_is_behind_the_page_and_behind_the_interface(name: str) -> None:
    deed, address = DEEDS[name]
    assert calls(PAGES[name].callback, deed), f"the page does not call {deed.__qualname__}"
    assert calls(view_at(address), deed) or _declares(address, deed), f"{address} does not call {deed.__qualname__}"


def _declares(address: str, deed: Deed) -> bool:
    """Say whether the view names a ``Writing`` whose deed this is: forms and deeds of openings come in one piece."""
    view = view_at(address)
    modules = [value for value in view.__globals__.values() if isinstance(value, types.ModuleType)]
    named = [getattr(module, word, None) for module in modules for word in _words(view.__code__)]
    return any(isinstance(one, parties.Writing) and one.deed is deed for one in named)


@pytest.mark.parametrize("name", sorted(WRITING))
def test_a_case_is_opened_and_changed_by_one_deed_at_both_doors(name: str) -> None:
    deed, (way, kind) = WRITING[name][0], WRITING[name][1].split(" ")
    conduct = parties.conduct_of(kind)
    assert conduct is not None
    writing = getattr(conduct, way)
    assert writing.deed is deed
    assert calls(PAGES[name].callback, deed), f"the page does not call {deed.__qualname__}"
    assert callable(view_at(f"POST /cases/{kind}" if way == "opening" else f"PUT /cases/{kind}/{{code}}"))


@pytest.mark.parametrize("name", sorted(MOVES))
def test_every_move_of_a_page_has_an_address(name: str) -> None:
    conduct = parties.conduct_of(MOVES[name])
    assert conduct is not None
    assert calls(PAGES[name].callback, parties.move)
    for transition in conduct.moves:
        view = view_at(f"POST /cases/{MOVES[name]}/{{code}}/{transition}")
        assert calls(view, parties.move), transition


@pytest.mark.parametrize("name", sorted(OWN_PAGE))
def test_a_move_with_a_page_of_its_own_is_made_by_the_deed_of_the_interface(name: str) -> None:
    kind, deeds = OWN_PAGE[name]
    conduct = parties.conduct_of(kind)
    assert conduct is not None
    for transition, deed in deeds.items():
        behind = conduct.moves[transition]
        assert calls(behind.func if isinstance(behind, partial) else behind, deed)
        assert calls(PAGES[name].callback, deed)
        assert calls(view_at(f"POST /cases/{kind}/{{code}}/{transition}"), parties.move)


def test_every_machine_of_the_rooms_has_its_moves_on_a_page() -> None:
    conducted = {one.machine.code for one in parties.declared() if one.machine.code.split(".")[0] in ROOMS}
    assert conducted == set(MOVES.values()) | {kind for kind, _deeds in OWN_PAGE.values()}


@pytest.mark.django_db
def test_the_description_has_every_address_the_tables_name(client: Client) -> None:
    told = client.get("/api/v1/openapi.json").json()["paths"]
    for _deed, address in DEEDS.values():
        method, path = address.split(" ")
        assert method.lower() in told[f"/api/v1{path}"], address
